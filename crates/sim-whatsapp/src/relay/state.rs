//! Everything the relay remembers, and how a stanza reaches a device.

use std::collections::{BTreeMap, HashMap};

use tracing::{error, warn};
use whatsapp_rust::Jid;
use whatsapp_rust::wacore_binary::Node;

use crate::entropy::Entropy;
use crate::limits;
use crate::phone::errand::Errand;
use crate::relay::accounts::{AccountId, Accounts, DeviceKey, PHONE};
use crate::relay::faults::{self, Faults};
use crate::relay::groups::model::Group;
use crate::relay::journal::Journal;
use crate::relay::login::Guest;
use crate::relay::outbox::Outbox;
use crate::relay::pairing::Pairing;
use crate::wire::noise::Pattern;
use crate::wire::stanza::Stanza;

/// The relay's memory. It outlives connections and pauses of the server.
pub(crate) struct State {
    pub(crate) entropy: Entropy,
    pub(crate) accounts: Accounts,
    pub(crate) groups: BTreeMap<String, Group>,
    pub(crate) pairing: Pairing,
    pub(crate) online: HashMap<DeviceKey, Online>,
    /// Who is told of whose availability, and under which address they asked.
    pub(crate) subscriptions: HashMap<(DeviceKey, AccountId), Jid>,
    pub(crate) faults: Faults,
    pub(crate) journal: Journal,
    /// `host:port` of the HTTP server that keeps media.
    pub(crate) media_host: String,
}

/// A logged-in connection.
pub(crate) struct Online {
    pub(crate) outbox: Outbox,
    pub(crate) handshake: Pattern,
    /// Set once the client asked for its queue; before that, live stanzas only queue.
    pub(crate) active: bool,
    /// Whether the client announced itself as available.
    pub(crate) available: bool,
}

impl State {
    pub(crate) fn new(entropy: Entropy) -> Self {
        Self {
            entropy,
            accounts: Accounts::default(),
            groups: BTreeMap::new(),
            pairing: Pairing::default(),
            online: HashMap::new(),
            subscriptions: HashMap::new(),
            faults: Faults::default(),
            journal: Journal::default(),
            media_host: String::new(),
        }
    }

    /// Hands a stanza to a device: to the phone at once; to a companion through its queue, which keeps the stanza
    /// until it is acknowledged.
    pub(crate) fn deliver(&mut self, to: DeviceKey, mut node: Node) {
        if node.tag == "message" && self.faults.corrupts_message(to) {
            faults::corrupt(&mut node);
        }
        self.journal.sent(&self.accounts, Some(to), &node);
        if to.device == PHONE {
            self.tell_phone(to.account, Errand::Stanza(node));
            return;
        }
        let Some(device) = self.accounts.device_mut(to) else {
            return;
        };
        if device.queue.len() >= limits::QUEUED_STANZAS {
            error!(device = to.device, "the queue of a device is full: a stanza is lost");
            return;
        }
        device.queue.push_back(node.clone());
        if let Some(online) = self.online.get(&to).filter(|online| online.active) {
            online.outbox.send(node);
        }
    }

    /// Hands a stanza to every companion of an account, except one.
    pub(crate) fn deliver_to_companions(&mut self, account: AccountId, except: Option<DeviceKey>, node: &Node) {
        let devices: Vec<u16> = self.accounts.get(account).devices.keys().copied().collect();
        for device in devices {
            let key = DeviceKey { account, device };
            if Some(key) != except {
                self.deliver(key, node.clone());
            }
        }
    }

    /// Sends a stanza to the connection that asked for it.
    pub(crate) fn answer(&mut self, guest: &Guest, node: Node) {
        self.journal.sent(&self.accounts, guest.device, &node);
        guest.outbox.send(node);
    }

    /// Sends a stanza on an open connection only, never queued.
    pub(crate) fn send_now(&mut self, to: DeviceKey, node: Node) {
        if let Some(online) = self.online.get(&to) {
            self.journal.sent(&self.accounts, Some(to), &node);
            online.outbox.send(node);
        }
    }

    /// Forgets queued stanzas of one tag that a device has acknowledged.
    pub(crate) fn acknowledged(&mut self, device: DeviceKey, tag: &str, ids: &[String]) {
        if let Some(device) = self.accounts.device_mut(device) {
            device
                .queue
                .retain(|queued| queued.tag != tag || queued.text("id").is_none_or(|id| !ids.contains(&id)));
        }
    }

    /// Gives an account's phone something to do.
    pub(crate) fn tell_phone(&self, account: AccountId, errand: Errand) {
        if self.accounts.get(account).phone_line.try_send(errand).is_err() {
            warn!("a phone has stopped or is too far behind: it misses a stanza");
        }
    }
}
