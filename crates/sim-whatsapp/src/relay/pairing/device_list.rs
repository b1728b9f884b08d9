//! Telling others that an account has gained or lost a companion.

use whatsapp_rust::NodeBuilder;
use whatsapp_rust::wacore_binary::Node;

use crate::clock::unix_seconds;
use crate::relay::accounts::{Account, AccountId, PHONE};
use crate::relay::state::State;
use crate::relay::usync::key_index_list;
use crate::wire::stanza::leaf;

impl State {
    /// Notifies the companions of everybody else (`devices`) and the account's own (`account_sync`). `change` is
    /// `add` or `remove`. Everybody in the simulator counts as a contact of everybody.
    pub(crate) fn announce_device_list(&mut self, account: AccountId, change: &'static str, device: u16, index: u32) {
        let id = self.entropy.id::<8>();
        let changed = self.accounts.get(account);
        let signed = key_index_list(changed, self.entropy.rng());
        let to_contacts = contact_notification(changed, change, device, index, signed, id.clone());
        let to_self = own_notification(changed, id);
        let everybody: Vec<AccountId> = self.accounts.iter().map(|account| account.id).collect();
        for other in everybody {
            let notification = if other == account { &to_self } else { &to_contacts };
            self.deliver_to_companions(other, None, notification);
        }
    }
}

fn contact_notification(
    account: &Account,
    change: &'static str,
    device: u16,
    index: u32,
    signed_index_list: Vec<u8>,
    id: String,
) -> Node {
    let mut index_list = leaf("key-index-list", signed_index_list);
    index_list.attrs.insert("ts", unix_seconds());
    let entry = NodeBuilder::new("device")
        .attr("jid", account.pn(device))
        .attr("key-index", index)
        .build();
    NodeBuilder::new("notification")
        .attr("type", "devices")
        .attr("from", account.pn(PHONE))
        .attr("lid", account.lid(PHONE))
        .attr("id", id)
        .attr("t", unix_seconds())
        .children([NodeBuilder::new(change).children([entry, index_list]).build()])
        .build()
}

fn own_notification(account: &Account, id: String) -> Node {
    let mut devices = vec![NodeBuilder::new("device").attr("jid", account.pn(PHONE)).build()];
    devices.extend(account.devices.values().map(|device| {
        NodeBuilder::new("device")
            .attr("jid", account.pn(device.id))
            .attr("key-index", device.key_index)
            .build()
    }));
    NodeBuilder::new("notification")
        .attr("type", "account_sync")
        .attr("from", account.pn(PHONE))
        .attr("id", id)
        .attr("t", unix_seconds())
        .children([NodeBuilder::new("devices").children(devices).build()])
        .build()
}
