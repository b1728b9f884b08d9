//! Requests of clients. Every one gets an answer: clients wait up to 75 seconds for those that do not come.

use tracing::debug;
use whatsapp_rust::NodeBuilder;
use whatsapp_rust::wacore_binary::{Node, NodeContent};

use crate::relay::accounts::DeviceKey;
use crate::relay::login::{self, Guest};
use crate::relay::pairing::code;
use crate::relay::state::State;
use crate::relay::{Malformed, app_state, groups, keys, usync};
use crate::wire::stanza::{SERVER, Stanza, empty};

/// An iq answered with an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Refusal {
    code: u16,
    text: &'static str,
}

impl Refusal {
    pub(crate) const BAD_REQUEST: Self = Self::new(400, "bad-request");
    pub(crate) const FORBIDDEN: Self = Self::new(403, "forbidden");
    pub(crate) const NOT_FOUND: Self = Self::new(404, "item-not-found");
    pub(crate) const NOT_ACCEPTABLE: Self = Self::new(406, "not-acceptable");
    pub(crate) const CONFLICT: Self = Self::new(409, "conflict");
    pub(crate) const INTERNAL: Self = Self::new(500, "internal-server-error");

    const fn new(code: u16, text: &'static str) -> Self {
        Self { code, text }
    }

    /// The `<error>` child.
    pub(crate) fn node(self) -> Node {
        NodeBuilder::new("error")
            .attr("code", self.code)
            .attr("text", self.text)
            .build()
    }
}

/// Answers an iq, or takes a client's answer to one of ours.
pub(crate) fn handle(state: &mut State, guest: &Guest, node: &Node) -> Result<(), Malformed> {
    let id = node.text("id").ok_or(Malformed("an id"))?;
    let kind = node.text("type").unwrap_or_default();
    if kind == "result" || kind == "error" {
        return state.take_result(guest, &id, node);
    }
    match answer(state, guest, node, &kind, &id) {
        Ok(Some(answer)) => state.answer(guest, answer),
        Ok(None) => {}
        Err(refusal) => state.answer(guest, reply(node, &id, "error", vec![refusal.node()])),
    }
    if let Some(device) = guest.device.filter(|_| login::asks_for_queue(node)) {
        login::go_active(state, device);
    }
    Ok(())
}

/// The answer to send, or `None` if the handler sent its own because of the order.
fn answer(state: &mut State, guest: &Guest, node: &Node, kind: &str, id: &str) -> Result<Option<Node>, Refusal> {
    if let Some(request) = node.get_optional_child("link_code_companion_reg") {
        return code::handle(state, guest, request, reply(node, id, "result", Vec::new()));
    }
    let children = match guest.device {
        Some(device) => children_for(state, device, node, kind)?,
        None => Vec::new(),
    };
    Ok(Some(reply(node, id, "result", children)))
}

fn children_for(state: &mut State, device: DeviceKey, node: &Node, kind: &str) -> Result<Vec<Node>, Refusal> {
    let namespace = node.text("xmlns").unwrap_or_default();
    match (namespace.as_str(), kind) {
        ("encrypt", "get") => keys::get(state, device, node),
        ("encrypt", _) => keys::set(state, device, node),
        ("usync", _) => usync::answer(state, node),
        ("w:sync:app:state", _) => app_state::sync(state, device, node),
        ("w:g2", _) => groups::iq::handle(state, device, node),
        ("w:m", _) => Ok(vec![media_connection(state)]),
        ("md", "set") => unlink(state, device, node),
        ("abt", _) => Ok(vec![properties()]),
        ("blocklist", _) => Ok(vec![empty("list")]),
        ("privacy", "get") => Ok(vec![privacy()]),
        ("w:profile:picture", "get") => Err(Refusal::NOT_FOUND),
        ("w:mex", _) => Err(Refusal::BAD_REQUEST),
        _ => {
            debug!(%namespace, kind, "answered an iq with an empty result");
            Ok(Vec::new())
        }
    }
}

fn reply(request: &Node, id: &str, kind: &'static str, children: Vec<Node>) -> Node {
    let mut reply = NodeBuilder::new("iq").attr("type", kind).attr("id", id);
    reply = match request.jid("to") {
        Some(to) => reply.attr("from", to),
        None => reply.attr("from", SERVER),
    };
    let content = (!children.is_empty()).then_some(NodeContent::Nodes(children));
    reply.apply_content(content).build()
}

fn unlink(state: &mut State, device: DeviceKey, node: &Node) -> Result<Vec<Node>, Refusal> {
    if node.get_optional_child("remove-companion-device").is_some() && !login::unlink(state, device) {
        return Err(Refusal::NOT_FOUND);
    }
    Ok(Vec::new())
}

fn media_connection(state: &State) -> Node {
    let host = NodeBuilder::new("host")
        .attr("hostname", state.media_host.clone())
        .attr("type", "primary")
        .build();
    NodeBuilder::new("media_conn")
        .attr("auth", "sim")
        .attr("ttl", 300_u64)
        .attr("auth_ttl", 21_600_u64)
        .attr("max_buckets", 12_u64)
        .children([host])
        .build()
}

fn properties() -> Node {
    NodeBuilder::new("props")
        .attr("protocol", "1")
        .attr("ab_key", "sim")
        .attr("hash", "sim")
        .attr("refresh", 86_400_u64)
        .attr("refresh_id", 1_u64)
        .build()
}

fn privacy() -> Node {
    let category = NodeBuilder::new("category")
        .attr("name", "readreceipts")
        .attr("value", "all");
    NodeBuilder::new("privacy").children([category.build()]).build()
}
