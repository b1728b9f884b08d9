//! What members do to groups, from a companion's request or on a phone: every change is told to everybody it concerns.

use whatsapp_rust::wacore_binary::Node;
use whatsapp_rust::{Jid, NodeBuilder};

use crate::clock::unix_seconds;
use crate::limits;
use crate::relay::accounts::{AccountId, PHONE};
use crate::relay::groups::addressing::Addressing;
use crate::relay::groups::model::{Description, Group, Member, Role};
use crate::relay::iq::Refusal;
use crate::relay::state::State;
use crate::wire::stanza::Stanza;

/// A change of who is in a group, or of what they may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MemberChange {
    Add,
    Remove,
    Promote,
    Demote,
}

impl MemberChange {
    pub(super) fn from_tag(tag: &str) -> Option<Self> {
        Some(match tag {
            "add" => Self::Add,
            "remove" => Self::Remove,
            "promote" => Self::Promote,
            "demote" => Self::Demote,
            _ => return None,
        })
    }

    fn tag(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Remove => "remove",
            Self::Promote => "promote",
            Self::Demote => "demote",
        }
    }
}

/// Makes a group of its creator and others, and tells them all.
pub(crate) fn create(
    state: &mut State,
    creator: AccountId,
    subject: &str,
    others: &[AccountId],
    addressing: Addressing,
) -> Result<Group, Refusal> {
    if others.len() >= limits::GROUP_MEMBERS || state.groups.len() >= limits::GROUPS {
        return Err(Refusal::NOT_ACCEPTABLE);
    }
    let now = unix_seconds();
    let random = u64::from_be_bytes(state.entropy.bytes()) % 100_000_000_000;
    let mut group = Group {
        id: format!("1203630{random:011}"),
        addressing,
        subject: subject.to_owned(),
        subject_set: (now, creator),
        description: None,
        creator,
        created: now,
        members: vec![Member {
            account: creator,
            role: Role::Creator,
        }],
        invite_code: state.entropy.id::<11>(),
        announcement: false,
        locked: false,
        ephemeral: 0,
    };
    others.iter().for_each(|account| group.add(*account));
    state.groups.insert(group.id.clone(), group.clone());
    let node = group.node(&state.accounts);
    let change = NodeBuilder::new("create").attr("type", "new").children([node]).build();
    state.notify_group(&group, creator, &[], change);
    Ok(group)
}

/// Adds, removes, promotes or demotes, tells everybody, and returns the list of what was done.
pub(crate) fn change_members(
    state: &mut State,
    by: AccountId,
    id: &str,
    change: MemberChange,
    users: &[String],
) -> Result<Node, Refusal> {
    let group = state.groups.get_mut(id).ok_or(Refusal::NOT_FOUND)?;
    if change != MemberChange::Add && !group.is_admin(by) {
        return Err(Refusal::FORBIDDEN);
    }
    if change == MemberChange::Add && group.members.len() + users.len() > limits::GROUP_MEMBERS {
        return Err(Refusal::NOT_ACCEPTABLE);
    }
    let (mut done, mut answers, mut departed) = (Vec::new(), Vec::new(), Vec::new());
    for user in users {
        let Some(account) = state.accounts.find(user) else {
            let unknown = NodeBuilder::new("participant").attr("jid", Jid::pn(user.clone()));
            answers.push(unknown.attr("error", 404).build());
            continue;
        };
        match change {
            MemberChange::Add => group.add(account.id),
            MemberChange::Remove => {
                group.remove(account.id);
                departed.push(account.id);
            }
            MemberChange::Promote => group.set_admin(account.id, true),
            MemberChange::Demote => group.set_admin(account.id, false),
        }
        let node = group.addressing.participant(account).build();
        done.push(node.clone());
        answers.push(node);
    }
    let group = group.clone();
    let list = |children| NodeBuilder::new(change.tag()).children(children).build();
    state.notify_group(&group, by, &departed, list(done));
    Ok(list(answers))
}

/// Takes a member out by their own wish.
pub(super) fn leave(state: &mut State, by: AccountId, id: &str) -> Result<(), Refusal> {
    let group = state.groups.get_mut(id).ok_or(Refusal::NOT_FOUND)?;
    group.remove(by);
    let group = group.clone();
    let node = group.addressing.participant(state.accounts.get(by)).build();
    let change = NodeBuilder::new("remove").children([node]).build();
    state.notify_group(&group, by, &[by], change);
    Ok(())
}

/// Takes whoever knows the invite code in.
pub(super) fn join(state: &mut State, by: AccountId, code: &str) -> Result<Vec<Node>, Refusal> {
    let group = state.groups.values_mut().find(|group| group.invite_code == code);
    let group = group.ok_or(Refusal::NOT_FOUND)?;
    group.add(by);
    let group = group.clone();
    let node = group.addressing.participant(state.accounts.get(by)).build();
    let change = NodeBuilder::new("add")
        .attr("reason", "invite")
        .children([node])
        .build();
    state.notify_group(&group, by, &[], change);
    Ok(vec![NodeBuilder::new("group").attr("jid", group.jid()).build()])
}

/// Renames a group and tells its members.
pub(crate) fn set_subject(state: &mut State, by: AccountId, id: &str, subject: &str) -> Result<Vec<Node>, Refusal> {
    let now = unix_seconds();
    let group = editable(state, by, id)?;
    subject.clone_into(&mut group.subject);
    group.subject_set = (now, by);
    let group = group.clone();
    let change = NodeBuilder::new("subject")
        .attr("subject", subject)
        .attr("s_t", now)
        .attr("s_o", group.addressing.jid(state.accounts.get(by), PHONE))
        .build();
    state.notify_group(&group, by, &[], change);
    Ok(Vec::new())
}

/// Sets or deletes the description.
pub(super) fn set_description(state: &mut State, by: AccountId, id: &str, verb: &Node) -> Result<Vec<Node>, Refusal> {
    let group = editable(state, by, id)?;
    group.description = verb.get_optional_child("body").map(|body| Description {
        id: verb.text("id").unwrap_or_default(),
        body: body.words(),
    });
    let group = group.clone();
    state.notify_group(&group, by, &[], verb.clone());
    Ok(Vec::new())
}

/// Switches such as `locked`, `announcement` and `ephemeral`; unknown ones are passed on to the members as they are.
pub(super) fn set_property(state: &mut State, by: AccountId, id: &str, verb: &Node) -> Result<Vec<Node>, Refusal> {
    let group = state.groups.get_mut(id).ok_or(Refusal::NOT_FOUND)?;
    if !group.is_admin(by) {
        return Err(Refusal::FORBIDDEN);
    }
    match verb.tag.as_ref() {
        "announcement" => group.announcement = true,
        "not_announcement" => group.announcement = false,
        "locked" => group.locked = true,
        "unlocked" => group.locked = false,
        "ephemeral" => group.ephemeral = verb.text("expiration").and_then(|text| text.parse().ok()).unwrap_or(0),
        "not_ephemeral" => group.ephemeral = 0,
        _ => {}
    }
    let group = group.clone();
    state.notify_group(&group, by, &[], verb.clone());
    Ok(Vec::new())
}

fn editable<'a>(state: &'a mut State, by: AccountId, id: &str) -> Result<&'a mut Group, Refusal> {
    let group = state.groups.get_mut(id).ok_or(Refusal::NOT_FOUND)?;
    if group.locked && !group.is_admin(by) {
        return Err(Refusal::FORBIDDEN);
    }
    Ok(group)
}
