//! What members hear of a group's changes.

use whatsapp_rust::NodeBuilder;
use whatsapp_rust::wacore_binary::Node;

use crate::clock::unix_seconds;
use crate::relay::accounts::{AccountId, PHONE};
use crate::relay::groups::model::Group;
use crate::relay::state::State;

impl State {
    /// Tells all members' devices of one change, the actor's too, and those who left by it.
    pub(super) fn notify_group(&mut self, group: &Group, actor: AccountId, departed: &[AccountId], change: Node) {
        let by = self.accounts.get(actor);
        let notification = NodeBuilder::new("notification");
        let notification = group
            .addressing
            .sign(notification, self, by.key(PHONE))
            .attr("type", "w:gp2")
            .attr("id", self.entropy.id::<8>())
            .attr("from", group.jid())
            .attr("notify", by.name.clone())
            .attr("t", unix_seconds())
            .children([change])
            .build();
        let members = group.members.iter().map(|member| member.account);
        let told: Vec<AccountId> = members.chain(departed.iter().copied()).collect();
        for account in told {
            self.deliver(self.accounts.get(account).key(PHONE), notification.clone());
            self.deliver_to_companions(account, None, &notification);
        }
    }
}
