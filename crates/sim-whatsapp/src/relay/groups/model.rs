//! A group as the server knows it.

use whatsapp_rust::wacore_binary::Node;
use whatsapp_rust::{Jid, NodeBuilder};

use crate::relay::accounts::{Account, AccountId, Accounts, PHONE};
use crate::relay::groups::addressing::Addressing;

/// A group chat. Members are kept in the order of their joining.
#[derive(Debug, Clone)]
pub(crate) struct Group {
    /// The user part of its address.
    pub(crate) id: String,
    pub(crate) addressing: Addressing,
    pub(crate) subject: String,
    /// When and by whom the subject was set.
    pub(crate) subject_set: (u64, AccountId),
    pub(crate) description: Option<Description>,
    pub(crate) creator: AccountId,
    pub(crate) created: u64,
    pub(crate) members: Vec<Member>,
    pub(crate) invite_code: String,
    /// Only admins may write.
    pub(crate) announcement: bool,
    /// Only admins may change the group's subject and description.
    pub(crate) locked: bool,
    /// Seconds until messages disappear; 0 for never.
    pub(crate) ephemeral: u32,
}

/// A description and the id clients name it by.
#[derive(Debug, Clone)]
pub(crate) struct Description {
    pub(crate) id: String,
    pub(crate) body: String,
}

/// One member.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Member {
    pub(crate) account: AccountId,
    pub(crate) role: Role,
}

/// What a member may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Member,
    Admin,
    Creator,
}

impl Group {
    pub(crate) fn jid(&self) -> Jid {
        Jid::group(self.id.clone())
    }

    pub(crate) fn has(&self, account: AccountId) -> bool {
        self.role(account).is_some()
    }

    pub(crate) fn is_admin(&self, account: AccountId) -> bool {
        self.role(account).is_some_and(|role| role != Role::Member)
    }

    fn role(&self, account: AccountId) -> Option<Role> {
        let member = self.members.iter().find(|member| member.account == account)?;
        Some(member.role)
    }

    /// Adds a member, once.
    pub(crate) fn add(&mut self, account: AccountId) {
        if !self.has(account) {
            self.members.push(Member {
                account,
                role: Role::Member,
            });
        }
    }

    /// Removes a member. A group whose last admin is gone gets its oldest member as one.
    pub(crate) fn remove(&mut self, account: AccountId) {
        self.members.retain(|member| member.account != account);
        if self.first_admin().is_none()
            && let Some(oldest) = self.members.first_mut()
        {
            oldest.role = Role::Admin;
        }
    }

    /// In whose name the group can be changed; `None` once it is empty.
    pub(crate) fn first_admin(&self) -> Option<AccountId> {
        let admin = self.members.iter().find(|member| member.role != Role::Member)?;
        Some(admin.account)
    }

    /// Makes a member an admin, or an admin a member. The creator stays what it is.
    pub(crate) fn set_admin(&mut self, account: AccountId, admin: bool) {
        for member in &mut self.members {
            if member.account == account && member.role != Role::Creator {
                member.role = if admin { Role::Admin } else { Role::Member };
            }
        }
    }

    /// The members' accounts.
    pub(crate) fn accounts<'a>(&'a self, accounts: &'a Accounts) -> impl Iterator<Item = &'a Account> {
        self.members.iter().map(|member| accounts.get(member.account))
    }

    /// `<group>`, as queries and notifications carry it.
    pub(crate) fn node(&self, accounts: &Accounts) -> Node {
        let creator = accounts.get(self.creator);
        let (subject_time, subject_owner) = self.subject_set;
        let mut children: Vec<Node> = self
            .members
            .iter()
            .map(|member| member_node(self.addressing, accounts.get(member.account), member.role))
            .collect();
        if let Some(description) = &self.description {
            children.push(description.node());
        }
        for (set, tag) in [(self.announcement, "announcement"), (self.locked, "locked")] {
            if set {
                children.push(NodeBuilder::new(tag).build());
            }
        }
        if self.ephemeral > 0 {
            children.push(NodeBuilder::new("ephemeral").attr("expiration", self.ephemeral).build());
        }
        NodeBuilder::new("group")
            .attr("id", self.id.clone())
            .attr("subject", self.subject.clone())
            .attr("addressing_mode", self.addressing.mode())
            .attr("creation", self.created)
            .attr("creator", self.addressing.jid(creator, PHONE))
            .attr("creator_pn", creator.pn(PHONE))
            .attr("s_t", subject_time)
            .attr("s_o", self.addressing.jid(accounts.get(subject_owner), PHONE))
            .attr("size", self.members.len() as u64)
            .children(children)
            .build()
    }
}

impl Description {
    pub(crate) fn node(&self) -> Node {
        let body = NodeBuilder::new("body").string_content(self.body.clone()).build();
        NodeBuilder::new("description")
            .attr("id", self.id.clone())
            .children([body])
            .build()
    }
}

fn member_node(addressing: Addressing, account: &Account, role: Role) -> Node {
    let node = addressing.participant(account);
    match role {
        Role::Member => node.build(),
        Role::Admin => node.attr("type", "admin").build(),
        Role::Creator => node.attr("type", "superadmin").build(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(members: &[(AccountId, Role)]) -> Group {
        let members = members.iter().map(|(account, role)| Member {
            account: *account,
            role: *role,
        });
        let members: Vec<Member> = members.collect();
        Group {
            id: "1203630".to_owned(),
            addressing: Addressing::Lid,
            subject: "Garden".to_owned(),
            subject_set: (0, members[0].account),
            description: None,
            creator: members[0].account,
            created: 0,
            members,
            invite_code: String::new(),
            announcement: false,
            locked: false,
            ephemeral: 0,
        }
    }

    #[test]
    fn a_group_keeps_an_admin_while_it_has_members() {
        let [dora, emil, nina] = AccountId::first();
        let mut group = group(&[(dora, Role::Creator), (emil, Role::Member), (nina, Role::Member)]);
        group.remove(dora);
        assert_eq!(group.first_admin(), Some(emil));
        group.remove(emil);
        assert_eq!(group.first_admin(), Some(nina));
        group.remove(nina);
        assert_eq!(group.first_admin(), None);
    }

    #[test]
    fn nobody_joins_twice_and_the_creator_is_not_demoted() {
        let [dora, emil, _] = AccountId::first();
        let mut group = group(&[(dora, Role::Creator)]);
        group.add(emil);
        group.add(emil);
        assert_eq!(group.members.len(), 2);
        group.set_admin(dora, false);
        group.set_admin(emil, true);
        assert!(group.is_admin(dora) && group.is_admin(emil));
    }
}
