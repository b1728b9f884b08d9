//! The two families of addresses that a group can use.

use serde::{Deserialize, Serialize};
use whatsapp_rust::{Jid, NodeBuilder};

use crate::relay::accounts::{Account, DeviceKey, PHONE};
use crate::relay::state::State;

/// The family of addresses in which a group names its members. The other family stands beside it as an alias.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Addressing {
    /// By LID, as groups are made today.
    #[default]
    Lid,
    /// By phone number, as older groups still are.
    Pn,
}

impl Addressing {
    /// As the attribute `addressing_mode` has it.
    pub(super) fn mode(self) -> &'static str {
        match self {
            Self::Lid => "lid",
            Self::Pn => "pn",
        }
    }

    /// How the group names a device.
    pub(crate) fn jid(self, account: &Account, device: u16) -> Jid {
        match self {
            Self::Lid => account.lid(device),
            Self::Pn => account.pn(device),
        }
    }

    /// Says on a stanza to the group which device it comes from.
    pub(crate) fn sign(self, stanza: NodeBuilder, state: &State, sender: DeviceKey) -> NodeBuilder {
        let account = state.accounts.get(sender.account);
        let stanza = stanza
            .attr("participant", self.jid(account, sender.device))
            .attr("addressing_mode", self.mode());
        match self {
            Self::Lid => stanza.attr("participant_pn", account.pn(sender.device)),
            Self::Pn => stanza.attr("participant_lid", account.lid(sender.device)),
        }
    }

    /// `<participant>` of a list of members: clients resolve them by the alias.
    pub(super) fn participant(self, account: &Account) -> NodeBuilder {
        let participant = NodeBuilder::new("participant").attr("jid", self.jid(account, PHONE));
        match self {
            Self::Lid => participant.attr("phone_number", account.pn(PHONE)),
            Self::Pn => participant.attr("lid", account.lid(PHONE)),
        }
    }
}
