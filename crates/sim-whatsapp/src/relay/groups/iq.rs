//! What clients ask of groups (the `w:g2` namespace).

use whatsapp_rust::NodeBuilder;
use whatsapp_rust::wacore_binary::Node;

use crate::relay::accounts::{AccountId, DeviceKey};
use crate::relay::groups::addressing::Addressing;
use crate::relay::groups::verbs::{
    MemberChange, change_members, create, join, leave, set_description, set_property, set_subject,
};
use crate::relay::iq::Refusal;
use crate::relay::state::State;
use crate::wire::stanza::{Stanza, empty};

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
        "subject" => set_subject(state, by, &id, &verb.words()),
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
            let subject = verb.text("subject").unwrap_or_default();
            let group = create(state, by, &subject, &members, Addressing::default())?;
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
