//! Faults on request: what a test asks the server to do wrong.

use std::collections::{HashMap, VecDeque};

use serde::{Deserialize, Serialize};
use whatsapp_rust::NodeBuilder;
use whatsapp_rust::wacore_binary::{Node, NodeContent};

use crate::relay::accounts::{AccountId, DeviceKey};

/// What happens to the server's answer (`ack`) to a companion's message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AckFault {
    /// The message is delivered, its answer never comes.
    Drop,
    /// The message is delivered, its answer waits until it is released.
    Hold,
    /// The message is lost before the server took it: no delivery, no answer.
    LoseMessage,
}

/// How the server answers a login.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoginRefusal {
    /// `reason` of the `<failure>`: 401 and 403 unlink, 402 is a temporary ban, 405 an outdated client, 500 and 503
    /// pass by themselves.
    pub reason: u16,
    /// `code` of a ban: 101 to 106.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<u16>,
    /// Seconds until a ban ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expire: Option<u64>,
    /// How many logins are refused; without it all, until logins are allowed again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
}

impl LoginRefusal {
    /// Refuses every login with one reason, until logins are allowed again.
    #[must_use]
    pub fn reason(reason: u16) -> Self {
        Self {
            reason,
            code: None,
            expire: None,
            times: None,
        }
    }

    pub(crate) fn stanza(&self) -> Node {
        let mut failure = NodeBuilder::new("failure")
            .attr("reason", self.reason)
            .attr("location", "sim");
        if let Some(code) = self.code {
            failure = failure.attr("code", code);
        }
        if let Some(seconds) = self.expire {
            failure = failure.attr("expire", seconds);
        }
        failure.build()
    }
}

/// Faults that are waiting for their occasion.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    acks: HashMap<AccountId, (AckFault, u32)>,
    held_acks: VecDeque<(DeviceKey, Node)>,
    refusals: HashMap<AccountId, LoginRefusal>,
    corrupt: HashMap<DeviceKey, u32>,
    /// While set, receipts are answered and go no further.
    pub(crate) drop_receipts: bool,
}

impl Faults {
    /// The next `count` messages of an account's companions get this fault; 0 ends an earlier one.
    pub(crate) fn plan_acks(&mut self, account: AccountId, fault: AckFault, count: u32) {
        if count == 0 {
            self.acks.remove(&account);
        } else {
            self.acks.insert(account, (fault, count));
        }
    }

    /// Takes the answers that were held back, in order.
    pub(crate) fn release_acks(&mut self) -> Vec<(DeviceKey, Node)> {
        self.held_acks.drain(..).collect()
    }

    pub(crate) fn refuse_logins(&mut self, account: AccountId, refusal: Option<LoginRefusal>) {
        match refusal {
            Some(refusal) => self.refusals.insert(account, refusal),
            None => self.refusals.remove(&account),
        };
    }

    /// The refusal that meets a login now.
    pub(crate) fn refuses_login(&mut self, account: AccountId) -> Option<LoginRefusal> {
        let refusal = self.refusals.get_mut(&account)?;
        let answer = refusal.clone();
        if let Some(times) = &mut refusal.times {
            *times = times.saturating_sub(1);
            if *times == 0 {
                self.refusals.remove(&account);
            }
        }
        Some(answer)
    }

    pub(crate) fn corrupt_next(&mut self, device: DeviceKey, count: u32) {
        self.corrupt.insert(device, count);
    }

    pub(crate) fn corrupts_message(&mut self, to: DeviceKey) -> bool {
        spend(&mut self.corrupt, to)
    }

    pub(crate) fn loses_message(&mut self, from: DeviceKey) -> bool {
        matches!(self.acks.get(&from.account), Some((AckFault::LoseMessage, _))) && self.spend_ack(from).is_some()
    }

    /// The answer as it may leave now, if it may.
    pub(crate) fn passes_ack(&mut self, to: DeviceKey, ack: Node) -> Option<Node> {
        match self.spend_ack(to) {
            None | Some(AckFault::LoseMessage) => Some(ack),
            Some(AckFault::Drop) => None,
            Some(AckFault::Hold) => {
                self.held_acks.push_back((to, ack));
                None
            }
        }
    }

    fn spend_ack(&mut self, device: DeviceKey) -> Option<AckFault> {
        let (fault, left) = self.acks.get_mut(&device.account)?;
        let fault = *fault;
        *left -= 1;
        if *left == 0 {
            self.acks.remove(&device.account);
        }
        Some(fault)
    }
}

fn spend(counts: &mut HashMap<DeviceKey, u32>, key: DeviceKey) -> bool {
    let Some(left) = counts.get_mut(&key) else {
        return false;
    };
    *left = left.saturating_sub(1);
    if *left == 0 {
        counts.remove(&key);
    }
    true
}

/// Flips bits near the end of every `<enc>`, where the authentication code is: it arrives, but does not decrypt.
pub(crate) fn corrupt(message: &mut Node) {
    let Some(NodeContent::Nodes(children)) = &mut message.content else {
        return;
    };
    for child in children.iter_mut().filter(|child| child.tag == "enc") {
        if let Some(NodeContent::Bytes(bytes)) = &mut child.content {
            let at = bytes.len().saturating_sub(12);
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 0x55;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device() -> DeviceKey {
        let [account] = AccountId::first();
        DeviceKey { account, device: 1 }
    }

    fn ack(id: &str) -> Node {
        NodeBuilder::new("ack").attr("id", id).build()
    }

    #[test]
    fn a_fault_is_spent_by_as_many_messages_as_were_asked_for() {
        let mut faults = Faults::default();
        faults.plan_acks(device().account, AckFault::Drop, 2);
        let passed: Vec<bool> = (0..4)
            .map(|_| faults.passes_ack(device(), ack("A")).is_some())
            .collect();
        assert_eq!(passed, [false, false, true, true]);
    }

    #[test]
    fn held_answers_are_released_in_order() {
        let mut faults = Faults::default();
        faults.plan_acks(device().account, AckFault::Hold, 2);
        for id in ["A", "B"] {
            assert!(faults.passes_ack(device(), ack(id)).is_none());
        }
        assert_eq!(faults.release_acks(), [(device(), ack("A")), (device(), ack("B"))]);
        assert!(faults.release_acks().is_empty());
    }

    #[test]
    fn only_lost_messages_are_lost() {
        let mut faults = Faults::default();
        faults.plan_acks(device().account, AckFault::Drop, 1);
        assert!(!faults.loses_message(device()));
        faults.plan_acks(device().account, AckFault::LoseMessage, 1);
        assert!(faults.loses_message(device()));
        assert!(!faults.loses_message(device()));
    }

    #[test]
    fn a_refusal_can_be_counted_or_stay() {
        let mut faults = Faults::default();
        let once = LoginRefusal {
            times: Some(1),
            ..LoginRefusal::reason(503)
        };
        faults.refuse_logins(device().account, Some(once));
        assert!(faults.refuses_login(device().account).is_some());
        assert!(faults.refuses_login(device().account).is_none());
        faults.refuse_logins(device().account, Some(LoginRefusal::reason(401)));
        assert!((0..9).all(|_| faults.refuses_login(device().account).is_some()));
        faults.refuse_logins(device().account, None);
        assert!(faults.refuses_login(device().account).is_none());
    }

    #[test]
    fn corruption_changes_what_is_encrypted_and_nothing_else() {
        let enc = NodeBuilder::new("enc").bytes(vec![0; 40]).build();
        let other = NodeBuilder::new("device-identity").bytes(vec![0; 40]).build();
        let mut message = NodeBuilder::new("message")
            .children([enc.clone(), other.clone()])
            .build();
        corrupt(&mut message);
        let children = message.children().expect("children");
        assert_ne!(children[0], enc);
        assert_eq!(children[1], other);
    }
}
