//! `usync`: which devices an address has, which LID a number has, who is on WhatsApp.

use rand::rngs::StdRng;
use whatsapp_rust::wacore_binary::Node;
use whatsapp_rust::waproto::buffa::Message as _;
use whatsapp_rust::waproto::whatsapp::{ADVKeyIndexList, ADVSignedKeyIndexList};
use whatsapp_rust::{Jid, NodeBuilder};

use crate::clock::unix_seconds;
use crate::relay::accounts::Account;
use crate::relay::iq::Refusal;
use crate::relay::state::State;
use crate::wire::stanza::{Stanza, empty, leaf};

const KEY_INDEX_LIST_PREFIX: [u8; 2] = [6, 2];

/// Answers one child per queried protocol for every user of the list.
pub(crate) fn answer(state: &mut State, request: &Node) -> Result<Vec<Node>, Refusal> {
    let usync = request.get_optional_child("usync").ok_or(Refusal::BAD_REQUEST)?;
    let protocols: Vec<String> = usync
        .get_optional_child("query")
        .and_then(Node::children)
        .unwrap_or_default()
        .iter()
        .map(|protocol| protocol.tag.to_string())
        .collect();
    let list = usync.get_optional_child("list").ok_or(Refusal::BAD_REQUEST)?;
    let users: Vec<Node> = list
        .get_children_by_tag("user")
        .filter_map(|user| answer_user(state, user, &protocols))
        .collect();
    let results = protocols
        .iter()
        .filter(|tag| *tag == "devices")
        .map(|_| empty("devices"));
    let attribute = |key| usync.text(key).unwrap_or_default();
    let answer = NodeBuilder::new("usync")
        .attr("sid", attribute("sid"))
        .attr("index", "0")
        .attr("last", "true")
        .attr("mode", attribute("mode"))
        .attr("context", attribute("context"))
        .children([
            NodeBuilder::new("result").children(results).build(),
            NodeBuilder::new("list").children(users).build(),
        ]);
    Ok(vec![answer.build()])
}

fn answer_user(state: &mut State, user: &Node, protocols: &[String]) -> Option<Node> {
    let number = user
        .get_optional_child("contact")
        .and_then(Node::content_as_string)
        .map(|number| number.trim_start_matches('+').to_owned());
    let jid = user.jid("jid").or_else(|| number.clone().map(Jid::pn))?.to_non_ad();
    let asked_number = number.map(|number| format!("+{number}"));
    let mut answer = NodeBuilder::new("user").attr("jid", jid.clone());
    let Some(account) = state.accounts.find(&jid.user) else {
        return Some(answer.children([contact("out", asked_number)]).build());
    };
    if jid.is_lid() {
        answer = answer.attr("pn_jid", Jid::pn(account.number.clone()));
    }
    let children: Vec<Node> = protocols
        .iter()
        .filter_map(|protocol| match protocol.as_str() {
            "devices" => Some(devices(account, state.entropy.rng())),
            "lid" => {
                let lid = Jid::lid(account.lid.clone());
                Some(NodeBuilder::new("lid").attr("val", lid).build())
            }
            "contact" => Some(contact("in", asked_number.clone())),
            _ => None,
        })
        .collect();
    Some(answer.children(children).build())
}

fn contact(kind: &'static str, number: Option<String>) -> Node {
    let contact = NodeBuilder::new("contact").attr("type", kind);
    match number {
        Some(number) => contact.string_content(number).build(),
        None => contact.build(),
    }
}

fn devices(account: &Account, rng: &mut StdRng) -> Node {
    let mut list = vec![NodeBuilder::new("device").attr("id", 0_u64).build()];
    list.extend(account.devices.values().map(|device| {
        NodeBuilder::new("device")
            .attr("id", device.id)
            .attr("key-index", device.key_index)
            .build()
    }));
    let mut index_list = leaf("key-index-list", key_index_list(account, rng));
    index_list.attrs.insert("ts", unix_seconds());
    NodeBuilder::new("devices")
        .children([NodeBuilder::new("device-list").children(list).build(), index_list])
        .build()
}

/// The phone's signed statement of which key indexes are valid; a device that is not in it is ignored by clients.
pub(crate) fn key_index_list(account: &Account, rng: &mut StdRng) -> Vec<u8> {
    let valid: Vec<u32> = std::iter::once(0)
        .chain(account.devices.values().map(|device| device.key_index))
        .collect();
    let details = ADVKeyIndexList {
        raw_id: Some(account.raw_id),
        timestamp: Some(unix_seconds()),
        current_index: valid.last().copied(),
        valid_indexes: valid,
        ..Default::default()
    }
    .encode_to_vec();
    let message = [&KEY_INDEX_LIST_PREFIX[..], &details].concat();
    let signature = account
        .identity
        .private_key
        .calculate_signature(&message, rng)
        .expect("signing with a generated key cannot fail");
    ADVSignedKeyIndexList {
        details: Some(details),
        account_signature: Some(signature.to_vec()),
        ..Default::default()
    }
    .encode_to_vec()
}
