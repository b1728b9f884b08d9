//! `m.bridge` state: clients show with which chats a room is united.

use super::MatrixSession;
use crate::client::CallError;
use matrimony_domain::NetworkKind;
use matrimony_network::BridgedChat;
use ruma::RoomId;
use ruma::api::client::state::{get_state_events, send_state_event};
use ruma::events::StateEventType;
use ruma::serde::Raw;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The stable type and the one that clients have read for years.
const TYPES: [&str; 2] = ["m.bridge", "uk.half-shot.bridge"];
/// What our state keys begin with.
const PREFIX: &str = "org.matrimony://";

/// State keys and contents, by type.
type Bridges = BTreeMap<(String, String), Value>;

impl MatrixSession {
    /// Brings the room's bridge state of ours to `bridged`. What is right already is not written again.
    pub(super) async fn write_bridges(&self, room: &RoomId, bridged: &[BridgedChat]) -> Result<(), CallError> {
        let before = self.bridges_of(room).await?;
        let wanted = self.bridges_for(bridged);
        let gone = before
            .keys()
            .filter(|key| !wanted.contains_key(key))
            .map(|key| (key.clone(), json!({})));
        let gone: Bridges = gone.filter(|(key, empty)| before.get(key) != Some(empty)).collect();
        for ((kind, key), content) in wanted.into_iter().chain(gone) {
            if before.get(&(kind.clone(), key.clone())) == Some(&content) {
                continue;
            }
            let body = Raw::new(&content).map_err(|_| CallError::Unsayable)?.cast_unchecked();
            let kind = StateEventType::from(kind);
            let request = send_state_event::v3::Request::new_raw(room.to_owned(), kind, key, body);
            self.home.client.call(self.home.names.bot(), request).await?;
        }
        Ok(())
    }

    async fn bridges_of(&self, room: &RoomId) -> Result<Bridges, CallError> {
        #[derive(Deserialize)]
        struct State {
            r#type: String,
            state_key: String,
            content: Value,
        }
        let request = get_state_events::v3::Request::new(room.to_owned());
        let state = self.home.client.call(self.home.names.bot(), request).await?.room_state;
        let ours = state
            .iter()
            .filter_map(|raw| raw.deserialize_as_unchecked::<State>().ok())
            .filter(|state| TYPES.contains(&state.r#type.as_str()) && state.state_key.starts_with(PREFIX));
        Ok(ours
            .map(|state| ((state.r#type, state.state_key), state.content))
            .collect())
    }

    fn bridges_for(&self, bridged: &[BridgedChat]) -> Bridges {
        let others = bridged
            .iter()
            .filter(|bridged| bridged.chat.network != NetworkKind::Matrix);
        let entries = others.flat_map(|bridged| {
            let network = bridged.chat.network;
            let key = format!("{PREFIX}{network}/{}", bridged.chat.id);
            let mut channel = json!({ "id": bridged.chat.id });
            if let Some(name) = &bridged.name {
                channel["displayname"] = json!(name.reveal());
            }
            let content = json!({
                "bridgebot": self.home.names.bot(),
                "creator": self.home.names.bot(),
                "protocol": { "id": network.as_str(), "displayname": network.label() },
                "channel": channel,
            });
            TYPES.map(|kind| ((kind.to_owned(), key.clone()), content.clone()))
        });
        entries.collect()
    }
}
