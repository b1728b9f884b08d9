//! What clients ask of groups (the `w:g2` namespace). Phones use the same verbs through [`create`] and
//! [`change_members`].

use whatsapp_rust::wacore_binary::Node;
use whatsapp_rust::{Jid, NodeBuilder};

use crate::clock::unix_seconds;
use crate::limits;
use crate::relay::accounts::{AccountId, DeviceKey};
use crate::relay::groups::model::{Description, Group, Member, Role, participant};
use crate::relay::iq::Refusal;
use crate::relay::state::State;
use crate::wire::stanza::{Stanza, empty};

/// A change of who is in a group, or of what they may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MemberChange {
    Add,
    Remove,
    Promote,
    Demote,
}

impl MemberChange {
    fn from_tag(tag: &str) -> Option<Self> {
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

/// Answers one request.
pub(crate) fn handle(state: &mut State, device: DeviceKey, request: &Node) -> Result<Vec<Node>, Refusal> {
    let by = device.account;
    let to = request.jid("to").ok_or(Refusal::BAD_REQUEST)?;
    let verb = request
        .children()
        .and_then(<[Node]>::first)
        .ok_or(Refusal::BAD_REQUEST)?;
    if is_serverwide(verb) && !state.groups.contains_key(to.user.as_str()) {
        return serverwide(state, by, verb);
    }
    let group = state.groups.get(to.user.as_str()).ok_or(Refusal::NOT_FOUND)?;
    if !group.has(by) {
        return Err(Refusal::FORBIDDEN);
    }
    let id = group.id.clone();
    match verb.tag.as_ref() {
        "query" => Ok(vec![group.node(&state.accounts)]),
        "invite" => Ok(vec![invite(state, &id, request)]),
        "subject" => set_subject(state, by, &id, &text_of(verb)),
        "description" => set_description(state, by, &id, verb),
        tag => match MemberChange::from_tag(tag) {
            Some(change) => {
                let users = verb
                    .get_children_by_tag("participant")
                    .filter_map(|member| member.jid("jid"));
                let users: Vec<String> = users.map(|jid| jid.user.to_string()).collect();
                Ok(vec![change_members(state, by, &id, change, &users)?])
            }
            None => set_property(state, by, &id, verb),
        },
    }
}

/// Makes a group of its creator and others, and tells them all.
pub(crate) fn create(
    state: &mut State,
    creator: AccountId,
    subject: &str,
    others: &[AccountId],
) -> Result<Group, Refusal> {
    if others.len() >= limits::GROUP_MEMBERS {
        return Err(Refusal::NOT_ACCEPTABLE);
    }
    let now = unix_seconds();
    let random = u64::from_be_bytes(state.entropy.bytes()) % 100_000_000_000;
    let mut group = Group {
        id: format!("1203630{random:011}"),
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
    let (mut done, mut answers, mut departed) = (Vec::new(), Vec::new(), Vec::new());
    for user in users {
        let Some(account) = state.accounts.find(user) else {
            let unknown = NodeBuilder::new("participant").attr("jid", Jid::pn(user.clone()));
            answers.push(unknown.attr("error", 404).build());
            continue;
        };
        match change {
            MemberChange::Add if group.members.len() >= limits::GROUP_MEMBERS => return Err(Refusal::NOT_ACCEPTABLE),
            MemberChange::Add => group.add(account.id),
            MemberChange::Remove => {
                group.remove(account.id);
                departed.push(account.id);
            }
            MemberChange::Promote => group.set_admin(account.id, true),
            MemberChange::Demote => group.set_admin(account.id, false),
        }
        let node = participant(account).build();
        done.push(node.clone());
        answers.push(node);
    }
    let group = group.clone();
    let list = |children| NodeBuilder::new(change.tag()).children(children).build();
    state.notify_group(&group, by, &departed, list(done));
    Ok(list(answers))
}

fn is_serverwide(verb: &Node) -> bool {
    matches!(verb.tag.as_ref(), "create" | "leave" | "participating" | "invite")
}

/// Requests to `g.us` itself.
fn serverwide(state: &mut State, by: AccountId, verb: &Node) -> Result<Vec<Node>, Refusal> {
    match verb.tag.as_ref() {
        "create" => {
            let members = verb
                .get_children_by_tag("participant")
                .filter_map(|member| member.jid("jid"));
            let members: Vec<AccountId> = members
                .filter_map(|jid| state.accounts.find(&jid.user).map(|account| account.id))
                .collect();
            let group = create(state, by, &verb.text("subject").unwrap_or_default(), &members)?;
            Ok(vec![group.node(&state.accounts)])
        }
        "participating" => {
            let mine = state.groups.values().filter(|group| group.has(by));
            let nodes = mine.map(|group| group.node(&state.accounts));
            Ok(vec![NodeBuilder::new("groups").children(nodes).build()])
        }
        "leave" => {
            let left: Vec<_> = verb
                .get_children_by_tag("group")
                .filter_map(|group| group.jid("id"))
                .collect();
            for jid in left {
                leave(state, by, &jid.user)?;
            }
            Ok(vec![empty("leave")])
        }
        "invite" => join(state, by, &verb.text("code").unwrap_or_default()),
        _ => Err(Refusal::BAD_REQUEST),
    }
}

fn leave(state: &mut State, by: AccountId, id: &str) -> Result<(), Refusal> {
    let group = state.groups.get_mut(id).ok_or(Refusal::NOT_FOUND)?;
    group.remove(by);
    let group = group.clone();
    let node = participant(state.accounts.get(by)).build();
    let change = NodeBuilder::new("remove").children([node]).build();
    state.notify_group(&group, by, &[by], change);
    Ok(())
}

fn join(state: &mut State, by: AccountId, code: &str) -> Result<Vec<Node>, Refusal> {
    let group = state.groups.values_mut().find(|group| group.invite_code == code);
    let group = group.ok_or(Refusal::NOT_FOUND)?;
    group.add(by);
    let group = group.clone();
    let node = participant(state.accounts.get(by)).build();
    let change = NodeBuilder::new("add")
        .attr("reason", "invite")
        .children([node])
        .build();
    state.notify_group(&group, by, &[], change);
    Ok(vec![NodeBuilder::new("group").attr("jid", group.jid()).build()])
}

/// The invite code; a `set` makes a new one.
fn invite(state: &mut State, id: &str, request: &Node) -> Node {
    let fresh = state.entropy.id::<11>();
    let code = state.groups.get_mut(id).map_or_else(String::new, |group| {
        if request.text("type").as_deref() == Some("set") {
            group.invite_code = fresh;
        }
        group.invite_code.clone()
    });
    NodeBuilder::new("invite").attr("code", code).build()
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
        .attr("s_o", state.accounts.get(by).lid(0))
        .build();
    state.notify_group(&group, by, &[], change);
    Ok(Vec::new())
}

fn set_description(state: &mut State, by: AccountId, id: &str, verb: &Node) -> Result<Vec<Node>, Refusal> {
    let group = editable(state, by, id)?;
    group.description = verb.get_optional_child("body").map(|body| Description {
        id: verb.text("id").unwrap_or_default(),
        body: text_of(body),
    });
    let group = group.clone();
    state.notify_group(&group, by, &[], verb.clone());
    Ok(Vec::new())
}

/// Switches such as `locked`, `announcement` and `ephemeral`; unknown ones are passed on to the members as they are.
fn set_property(state: &mut State, by: AccountId, id: &str, verb: &Node) -> Result<Vec<Node>, Refusal> {
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

fn text_of(node: &Node) -> String {
    node.content_as_string()
        .map(|text| text.to_string())
        .unwrap_or_default()
}
