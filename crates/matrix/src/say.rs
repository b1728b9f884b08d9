//! Texts as the content of `m.room.message`.

use crate::limits;
use crate::names::Names;
use matrimony_domain::{PersonKey, Text};
use matrimony_engine::translate::html;
use serde::Serialize;

/// The content of a message.
#[derive(Serialize)]
pub(crate) struct Message {
    msgtype: &'static str,
    body: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    format: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    formatted_body: Option<String>,
    /// Always there: without it clients guess mentions from the text.
    #[serde(rename = "m.mentions")]
    mentions: Mentions,
}

#[derive(Serialize)]
struct Mentions {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    user_ids: Vec<String>,
}

impl Message {
    /// What a person says.
    pub(crate) fn text(text: &Text, names: &Names) -> Self {
        Self::of("m.text", text, names)
    }

    /// What the bot says.
    pub(crate) fn notice(text: &Text, names: &Names) -> Self {
        Self::of("m.notice", text, names)
    }

    fn of(msgtype: &'static str, text: &Text, names: &Names) -> Self {
        let resolve = |person: &PersonKey| names.user_of(person).map(|user| user.to_string());
        let rendered = html::render(text, &resolve);
        let message = Self {
            msgtype,
            body: rendered.body,
            format: rendered.html.is_some().then_some("org.matrix.custom.html"),
            formatted_body: rendered.html,
            mentions: Mentions {
                user_ids: rendered.mentioned,
            },
        };
        message.within_an_event()
    }

    /// Drops the formatting where it would make the event too large: the words matter more.
    fn within_an_event(mut self) -> Self {
        let size = serde_json::to_vec(&self).map_or(0, |json| json.len());
        if size > limits::CONTENT_BYTES {
            self.format = None;
            self.formatted_body = None;
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use matrimony_domain::{Mark, NetworkKind};
    use serde_json::json;

    fn names() -> Names {
        Names::new("mx.test".try_into().unwrap(), "matrimony", "_").unwrap()
    }

    fn content(text: &Text) -> serde_json::Value {
        serde_json::to_value(Message::text(text, &names())).unwrap()
    }

    #[test]
    fn plain_words_carry_no_formatting_and_say_that_nobody_is_mentioned() {
        assert_eq!(
            content(&Text::plain("a < b")),
            json!({ "msgtype": "m.text", "body": "a < b", "m.mentions": {} })
        );
    }

    #[test]
    fn a_mention_of_a_bridged_person_notifies_their_ghost() {
        let mut text = Text::plain("@alice hi");
        text.mark(0..6, Mark::Mention(PersonKey::new(NetworkKind::Signal, "a-1")));
        let content = content(&text);
        assert_eq!(content["m.mentions"]["user_ids"], json!(["@_signal_a-1:mx.test"]));
        let html = content["formatted_body"].as_str().unwrap();
        assert!(html.contains("_signal_a-1"), "{html}");
    }

    #[test]
    fn an_event_never_outgrows_its_limit() {
        let mut text = Text::plain("<&\"".repeat(limits::TEXT_BYTES / 3));
        text.mark(0..3, Mark::Bold);
        let json = serde_json::to_vec(&Message::text(&text, &names())).unwrap();
        assert!(json.len() <= limits::CONTENT_BYTES, "{}", json.len());
    }
}
