//! What signal-cli writes, 0.13.19 to 0.14.x. Fields that are not used are left out, unknown ones are ignored, absent
//! ones are `None`: a new version must not stop messages.

use serde::Deserialize;
use serde_json::Value;

/// A notification, in each of the shapes that it comes in: a line of a child's standard output is bare, on a socket it
/// is the `params` of a request, and under a subscription the `result` within.
#[derive(Deserialize)]
pub(crate) struct Line {
    pub(crate) method: Option<String>,
    pub(crate) params: Option<Params>,
    #[serde(flatten)]
    pub(crate) bare: Received,
}

#[derive(Deserialize)]
pub(crate) struct Params {
    pub(crate) result: Option<Received>,
    #[serde(flatten)]
    pub(crate) bare: Received,
}

/// One envelope for one account.
#[derive(Default, Deserialize)]
pub(crate) struct Received {
    pub(crate) account: Option<String>,
    pub(crate) envelope: Option<Envelope>,
    pub(crate) exception: Option<Exception>,
}

/// Why an envelope could not be decrypted.
#[derive(Deserialize)]
pub(crate) struct Exception {
    /// The name of a Java class.
    #[serde(rename = "type")]
    pub(crate) kind: Option<String>,
}

/// At most one of the messages is there. They stay unparsed, so that one of an unknown shape can still be placed.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Envelope {
    pub(crate) source_uuid: Option<String>,
    pub(crate) source_number: Option<String>,
    pub(crate) source_name: Option<String>,
    pub(crate) timestamp: Option<i64>,
    pub(crate) data_message: Option<Value>,
    pub(crate) edit_message: Option<Value>,
    pub(crate) sync_message: Option<Value>,
    pub(crate) call_message: Option<Value>,
    pub(crate) story_message: Option<Value>,
}

/// A message as its author sent it.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct DataMessage {
    pub(crate) timestamp: Option<i64>,
    pub(crate) message: Option<String>,
    pub(crate) expires_in_seconds: Option<i64>,
    pub(crate) is_expiration_update: Option<bool>,
    pub(crate) view_once: Option<bool>,
    pub(crate) mentions: Option<Vec<Mention>>,
    pub(crate) text_styles: Option<Vec<TextStyle>>,
    pub(crate) attachments: Option<Vec<Attachment>>,
    pub(crate) group_info: Option<GroupInfo>,
    pub(crate) reaction: Option<Reaction>,
    pub(crate) poll_create: Option<PollCreate>,
    pub(crate) remote_delete: Option<Value>,
    pub(crate) admin_delete: Option<Value>,
    pub(crate) sticker: Option<Value>,
    pub(crate) contacts: Option<Vec<Value>>,
    pub(crate) payment: Option<Value>,
    pub(crate) poll_vote: Option<Value>,
    pub(crate) poll_terminate: Option<Value>,
    pub(crate) pin_message: Option<Value>,
    pub(crate) unpin_message: Option<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EditMessage {
    pub(crate) data_message: DataMessage,
}

/// What the account did on another of its devices.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct SyncMessage {
    pub(crate) sent_message: Option<SentMessage>,
    #[serde(rename = "type")]
    pub(crate) kind: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct SentMessage {
    pub(crate) destination_uuid: Option<String>,
    pub(crate) edit_message: Option<EditMessage>,
    #[serde(flatten)]
    pub(crate) message: DataMessage,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct CallMessage {
    pub(crate) offer_message: Option<Value>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct StoryMessage {
    pub(crate) group_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GroupInfo {
    pub(crate) group_id: String,
    pub(crate) group_name: Option<String>,
    pub(crate) revision: Option<i64>,
    #[serde(rename = "type")]
    pub(crate) kind: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct Mention {
    pub(crate) name: Option<String>,
    pub(crate) uuid: Option<String>,
    pub(crate) start: i64,
    pub(crate) length: i64,
}

#[derive(Deserialize)]
pub(crate) struct TextStyle {
    pub(crate) style: String,
    pub(crate) start: i64,
    pub(crate) length: i64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Attachment {
    pub(crate) content_type: Option<String>,
    pub(crate) filename: Option<String>,
    pub(crate) id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Reaction {
    pub(crate) emoji: Option<String>,
    #[serde(default)]
    pub(crate) is_remove: bool,
}

#[derive(Deserialize)]
pub(crate) struct PollCreate {
    pub(crate) question: Option<String>,
    #[serde(default)]
    pub(crate) options: Vec<Value>,
}

/// The group of a message whose shape is not known otherwise.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Placed {
    pub(crate) group_info: Option<GroupInfo>,
    pub(crate) timestamp: Option<i64>,
}

/// What a send answers, and what the error of a send that reached nobody carries along.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct SendResult {
    pub(crate) timestamp: Option<i64>,
    pub(crate) results: Vec<RecipientResult>,
}

/// How it went for one recipient.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct RecipientResult {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    /// A captcha is asked for.
    pub(crate) token: Option<String>,
    pub(crate) retry_after_seconds: Option<u64>,
}

/// A group as `listGroups` tells it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Group {
    pub(crate) id: String,
    pub(crate) name: Option<String>,
    #[serde(default)]
    pub(crate) is_member: bool,
    #[serde(default)]
    pub(crate) members: Vec<Address>,
}

/// A member of a group.
#[derive(Deserialize)]
pub(crate) struct Address {
    pub(crate) number: Option<String>,
    pub(crate) uuid: Option<String>,
}

/// A person as `listContacts` tells them.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Contact {
    pub(crate) number: Option<String>,
    pub(crate) uuid: Option<String>,
    pub(crate) nick_name: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) profile: Option<Profile>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Profile {
    pub(crate) given_name: Option<String>,
    pub(crate) family_name: Option<String>,
}
