//! App state: settings and chat marks that an account's devices keep in step through numbered, encrypted patches.
//!
//! The relay stores patches without reading them. The one patch it starts with is made by the phone: the push name.

use std::collections::HashMap;

use whatsapp_rust::NodeBuilder;
use whatsapp_rust::wacore::appstate::encode::encode_record;
use whatsapp_rust::wacore::appstate::expand_app_state_keys;
use whatsapp_rust::wacore::appstate::hash::{HashState, generate_patch_mac};
use whatsapp_rust::wacore_binary::Node;
use whatsapp_rust::waproto::buffa::{Message as _, MessageField};
use whatsapp_rust::waproto::whatsapp::sync_action_value::PushNameSetting;
use whatsapp_rust::waproto::whatsapp::syncd_mutation::SyncdOperation;
use whatsapp_rust::waproto::whatsapp::{KeyId, SyncActionValue, SyncdPatch, SyncdVersion};

use crate::clock::unix_seconds;
use crate::relay::accounts::DeviceKey;
use crate::relay::iq::Refusal;
use crate::relay::state::State;
use crate::wire::stanza::{Stanza, from_server, leaf};

/// The id of the one key that phones share with their companions.
pub(crate) const SYNC_KEY_ID: [u8; 6] = [0, 0, 0, 0, 0, 1];
/// The collection that holds the push name.
const CRITICAL: &str = "critical_block";

/// An account's collections by name. Patch `n` of a collection leads to its version `n`.
#[derive(Debug, Default)]
pub(crate) struct AppState {
    collections: HashMap<String, Vec<Vec<u8>>>,
}

impl AppState {
    /// Collections that say nothing but the push name.
    pub(crate) fn with_push_name(name: &str, sync_key: &[u8], iv: &[u8; 16]) -> Self {
        let patch = push_name_patch(name, sync_key, iv);
        Self {
            collections: HashMap::from([(CRITICAL.to_owned(), vec![patch])]),
        }
    }

    fn version(&self, collection: &str) -> u64 {
        self.collections.get(collection).map_or(0, Vec::len) as u64
    }

    /// Patches that lead on from a version.
    fn after(&self, collection: &str, version: u64) -> &[Vec<u8>] {
        let patches = self.collections.get(collection).map(Vec::as_slice).unwrap_or_default();
        usize::try_from(version)
            .ok()
            .and_then(|from| patches.get(from..))
            .unwrap_or_default()
    }

    /// Adds a client's patch, if it was made on the latest version.
    fn push(&mut self, collection: &str, base: u64, patch: &[u8]) -> Result<(), Refusal> {
        if self.version(collection) != base {
            return Err(Refusal::CONFLICT);
        }
        let mut patch = SyncdPatch::decode_from_slice(patch).map_err(|_| Refusal::BAD_REQUEST)?;
        patch.version = MessageField::some(SyncdVersion {
            version: Some(base + 1),
        });
        let patches = self.collections.entry(collection.to_owned()).or_default();
        patches.push(patch.encode_to_vec());
        Ok(())
    }
}

/// `<sync>`: every named collection is brought up to date, or takes the client's patch.
pub(crate) fn sync(state: &mut State, device: DeviceKey, request: &Node) -> Result<Vec<Node>, Refusal> {
    let sync = request.get_optional_child("sync").ok_or(Refusal::BAD_REQUEST)?;
    let mut changed = Vec::new();
    let mut answers = Vec::new();
    for collection in sync.get_children_by_tag("collection") {
        let name = collection.text("name").ok_or(Refusal::BAD_REQUEST)?;
        let version = collection
            .text("version")
            .and_then(|text| text.parse().ok())
            .unwrap_or(0);
        let app_state = &mut state.accounts.get_mut(device.account).app_state;
        let answer = match collection.get_optional_child("patch") {
            None => Ok(app_state.after(&name, version)),
            Some(patch) => app_state.push(&name, version, &patch.bytes()).map(|()| [].as_slice()),
        };
        if answer.is_ok() && app_state_changed(collection) {
            changed.push(name.clone());
        }
        answers.push(collection_node(name, answer, version));
    }
    for name in changed {
        announce(state, device, &name);
    }
    Ok(vec![NodeBuilder::new("sync").children(answers).build()])
}

fn app_state_changed(collection: &Node) -> bool {
    collection.get_optional_child("patch").is_some()
}

fn collection_node(name: String, answer: Result<&[Vec<u8>], Refusal>, asked_version: u64) -> Node {
    let node = NodeBuilder::new("collection")
        .attr("name", name)
        .attr("version", asked_version);
    match answer {
        Err(refusal) => node.attr("type", "error").children([refusal.node()]).build(),
        Ok([]) => node.build(),
        Ok(patches) => {
            let patches = patches.iter().map(|patch| leaf("patch", patch.clone()));
            node.children([NodeBuilder::new("patches").children(patches).build()])
                .build()
        }
    }
}

/// Tells the account's other companions that a collection has changed.
fn announce(state: &mut State, by: DeviceKey, name: &str) {
    let version = state.accounts.get(by.account).app_state.version(name);
    let collection = NodeBuilder::new("collection")
        .attr("name", name)
        .attr("version", version);
    let notification = from_server("notification")
        .attr("type", "server_sync")
        .attr("id", state.entropy.id::<8>())
        .attr("t", unix_seconds())
        .children([collection.build()])
        .build();
    state.deliver_to_companions(by.account, Some(by), &notification);
}

fn push_name_patch(name: &str, sync_key: &[u8], iv: &[u8; 16]) -> Vec<u8> {
    let keys = expand_app_state_keys(sync_key);
    let value = SyncActionValue {
        timestamp: i64::try_from(unix_seconds() * 1000).ok(),
        push_name_setting: MessageField::some(PushNameSetting {
            name: Some(name.to_owned()),
        }),
        ..Default::default()
    };
    let index = br#"["setting_pushName"]"#;
    let (mutation, _) = encode_record(SyncdOperation::SET, index, &value, &keys, &SYNC_KEY_ID, iv, 1);
    let mut hash = HashState {
        version: 1,
        ..Default::default()
    };
    let record = mutation.record.as_option().cloned();
    hash.update_hash_from_records(&record.into_iter().collect::<Vec<_>>());
    let mut patch = SyncdPatch {
        version: MessageField::some(SyncdVersion { version: Some(1) }),
        mutations: vec![mutation],
        key_id: MessageField::some(KeyId {
            id: Some(SYNC_KEY_ID.to_vec()),
        }),
        snapshot_mac: Some(hash.generate_snapshot_mac(CRITICAL, &keys.snapshot_mac)),
        ..Default::default()
    };
    patch.patch_mac = Some(generate_patch_mac(&patch, CRITICAL, &keys.patch_mac, 1));
    patch.encode_to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state() -> AppState {
        AppState::with_push_name("dora", &[7; 32], &[1; 16])
    }

    #[test]
    fn a_new_companion_gets_the_push_name_and_then_nothing_more() {
        assert_eq!(state().after(CRITICAL, 0).len(), 1);
        assert!(state().after(CRITICAL, 1).is_empty());
        assert!(state().after(CRITICAL, u64::MAX).is_empty());
        assert!(state().after("regular", 0).is_empty());
    }

    #[test]
    fn a_patch_on_an_old_version_is_a_conflict_and_changes_nothing() {
        let mut state = state();
        let patch = SyncdPatch::default().encode_to_vec();
        assert_eq!(state.push(CRITICAL, 0, &patch), Err(Refusal::CONFLICT));
        assert_eq!(state.push(CRITICAL, 1, &patch), Ok(()));
        assert_eq!(state.version(CRITICAL), 2);
    }

    #[test]
    fn a_patch_that_does_not_decode_is_refused() {
        assert_eq!(state().push("regular", 0, &[0xff; 9]), Err(Refusal::BAD_REQUEST));
    }
}
