//! What a phone sends a companion that was just linked: the app-state key, and its history.

use std::collections::BTreeMap;
use std::io::Write as _;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use whatsapp_rust::wacore::messages::MessageUtils;
use whatsapp_rust::waproto::buffa::{Message as _, MessageField};
use whatsapp_rust::waproto::whatsapp as wa;
use whatsapp_rust::waproto::whatsapp::history_sync::HistorySyncType as SyncType;
use whatsapp_rust::waproto::whatsapp::message::protocol_message::Type;
use whatsapp_rust::waproto::whatsapp::message::{
    AppStateSyncKey, AppStateSyncKeyData, AppStateSyncKeyFingerprint, AppStateSyncKeyId, AppStateSyncKeyShare,
    HistorySyncNotification, HistorySyncType, ProtocolMessage,
};
use whatsapp_rust::{Jid, NodeBuilder};

use crate::clock::unix_seconds;
use crate::phone::{Phone, PhoneError};
use crate::relay::app_state::SYNC_KEY_ID;

impl Phone {
    /// Without the key a client waits ten seconds before it counts itself as connected; some wait for the history.
    pub(super) async fn onboard(&self, device: u16) -> Result<(), PhoneError> {
        self.share_key(device).await?;
        let history = ProtocolMessage {
            r#type: Some(Type::HISTORY_SYNC_NOTIFICATION),
            history_sync_notification: MessageField::some(HistorySyncNotification {
                sync_type: Some(HistorySyncType::INITIAL_BOOTSTRAP),
                initial_hist_bootstrap_inline_payload: Some(compress(&self.history().encode_to_vec())),
                chunk_order: Some(1),
                progress: Some(100),
                ..Default::default()
            }),
            ..Default::default()
        };
        self.send_to_companion(device, history).await
    }

    /// Sends the app-state key, to a new companion or to one that asks for it.
    pub(super) async fn share_key(&self, device: u16) -> Result<(), PhoneError> {
        let share = ProtocolMessage {
            r#type: Some(Type::APP_STATE_SYNC_KEY_SHARE),
            app_state_sync_key_share: MessageField::some(self.key_share(device)),
            ..Default::default()
        };
        self.send_to_companion(device, share).await
    }

    async fn send_to_companion(&self, device: u16, message: ProtocolMessage) -> Result<(), PhoneError> {
        let message = wa::Message {
            protocol_message: MessageField::some(message),
            ..Default::default()
        };
        let to = self.relay.state().accounts.get(self.account).pn(device);
        let signal = &mut *self.signal.lock().await;
        let sealed = self
            .encrypt(signal, &to, &MessageUtils::encode_and_pad(&message))
            .await?
            .build();
        let stanza = NodeBuilder::new("message")
            .attr("to", to)
            .attr("id", signal.entropy.id::<9>())
            .attr("type", "text")
            .attr("category", "peer")
            .attr("push_priority", "high")
            .children([sealed])
            .build();
        self.relay.message_from_phone(self.key(), &stanza)?;
        Ok(())
    }

    /// A key without a fingerprint is dropped by clients.
    fn key_share(&self, device: u16) -> AppStateSyncKeyShare {
        let raw_id = self.relay.state().accounts.get(self.account).raw_id;
        let data = AppStateSyncKeyData {
            key_data: Some(self.sync_key.to_vec()),
            fingerprint: MessageField::some(AppStateSyncKeyFingerprint {
                raw_id: Some(raw_id),
                current_index: Some(0),
                device_indexes: vec![0, u32::from(device)],
            }),
            timestamp: i64::try_from(unix_seconds() * 1000).ok(),
        };
        AppStateSyncKeyShare {
            keys: vec![AppStateSyncKey {
                key_id: MessageField::some(AppStateSyncKeyId {
                    key_id: Some(SYNC_KEY_ID.to_vec()),
                }),
                key_data: MessageField::some(data),
            }],
        }
    }

    /// The chats the phone knows: its groups and whoever it has written with, with names but without messages.
    fn history(&self) -> wa::HistorySync {
        let mut chats: BTreeMap<String, String> = BTreeMap::new();
        let state = self.relay.state();
        for group in state.groups.values().filter(|group| group.has(self.account)) {
            chats.insert(group.jid().to_string(), group.subject.clone());
        }
        for chat in self.screen.chats() {
            let person = chat.parse::<Jid>().ok().and_then(|jid| state.accounts.find(&jid.user));
            if let Some(person) = person {
                chats.insert(chat, person.name.clone());
            }
        }
        let conversations = chats.into_iter().map(|(id, name)| wa::Conversation {
            id,
            name: Some(name),
            ..Default::default()
        });
        wa::HistorySync {
            sync_type: SyncType::INITIAL_BOOTSTRAP,
            conversations: conversations.collect(),
            ..Default::default()
        }
    }
}

fn compress(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    encoder
        .write_all(bytes)
        .and_then(|()| encoder.finish())
        .expect("writing to memory cannot fail")
}
