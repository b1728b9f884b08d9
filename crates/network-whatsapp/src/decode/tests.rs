mod kinds;

use super::*;
use proptest::prelude::*;
use wa::message as m;
use whatsapp_rust::buffa::MessageField;
use whatsapp_rust::waproto::codec;

fn some<T: Default>(value: T) -> MessageField<T> {
    MessageField::some(value)
}

fn said(words: &str) -> wa::Message {
    wa::Message {
        conversation: Some(words.to_owned()),
        ..Default::default()
    }
}

fn wrapped(inner: wa::Message) -> MessageField<m::FutureProofMessage> {
    some(m::FutureProofMessage { message: some(inner) })
}

fn nobody(_: &PersonKey) -> Option<Name> {
    None
}

#[track_caller]
fn check_text(message: &wa::Message, expect: &str) {
    match decode(message, &nobody) {
        Some(Content::Text(text)) => assert_eq!(text.body, expect),
        other => panic!("expected text, got {other:?}"),
    }
}

#[track_caller]
fn check_kind(message: &wa::Message, kind: PlaceholderKind, words: Option<&str>) {
    match decode(message, &nobody) {
        Some(Content::Placeholder(found)) => {
            assert_eq!(found.kind, kind);
            assert_eq!(found.text.map(|text| text.body).as_deref(), words);
        }
        other => panic!("expected {kind:?}, got {other:?}"),
    }
}

#[test]
fn words_are_text() {
    check_text(&said("hello"), "hello");
    let extended = m::ExtendedTextMessage {
        text: Some("with a preview".into()),
        ..Default::default()
    };
    check_text(
        &wa::Message {
            extended_text_message: some(extended),
            ..Default::default()
        },
        "with a preview",
    );
    let buttons = m::ButtonsMessage {
        content_text: Some("choose".into()),
        ..Default::default()
    };
    check_text(
        &wa::Message {
            buttons_message: some(buttons),
            ..Default::default()
        },
        "choose",
    );
}

#[test]
fn words_in_wrappers_are_text() {
    check_text(
        &wa::Message {
            ephemeral_message: wrapped(said("soon gone")),
            ..Default::default()
        },
        "soon gone",
    );
    let sent = m::DeviceSentMessage {
        message: some(wa::Message {
            ephemeral_message: wrapped(said("from my phone")),
            ..Default::default()
        }),
        ..Default::default()
    };
    check_text(
        &wa::Message {
            device_sent_message: some(sent),
            ..Default::default()
        },
        "from my phone",
    );
}

#[test]
fn a_mention_is_read_with_the_name() {
    let context = wa::ContextInfo {
        mentioned_jid: vec!["900000000000002@lid".into()],
        ..Default::default()
    };
    let message = wa::Message {
        extended_text_message: some(m::ExtendedTextMessage {
            text: Some("hi @900000000000002!".into()),
            context_info: some(context),
            ..Default::default()
        }),
        ..Default::default()
    };
    let dora = |person: &PersonKey| (person.id == "900000000000002@lid").then(|| Name::new("dora").unwrap());
    let Some(Content::Text(text)) = decode(&message, &dora) else {
        panic!("expected text")
    };
    assert_eq!(text.body, "hi @dora!");
    assert_eq!(text.spans.len(), 1);
}

#[test]
fn what_serves_the_protocol_is_nothing() {
    use m::protocol_message::Type;
    let key = m::SenderKeyDistributionMessage {
        group_id: Some("1@g.us".into()),
        ..Default::default()
    };
    let share = m::ProtocolMessage {
        r#type: Some(Type::APP_STATE_SYNC_KEY_SHARE),
        ..Default::default()
    };
    for message in [
        wa::Message::default(),
        said(""),
        wa::Message {
            sender_key_distribution_message: some(key),
            ..Default::default()
        },
        wa::Message {
            protocol_message: some(share),
            ..Default::default()
        },
        wa::Message {
            protocol_message: some(Default::default()),
            ..Default::default()
        },
        wa::Message {
            pin_in_chat_message: some(Default::default()),
            ..Default::default()
        },
        wa::Message {
            album_message: some(Default::default()),
            ..Default::default()
        },
    ] {
        assert_eq!(decode(&message, &nobody), None);
    }
}

#[test]
fn what_is_not_known_is_a_line_and_not_silence() {
    check_kind(
        &wa::Message {
            order_message: some(Default::default()),
            ..Default::default()
        },
        PlaceholderKind::Unknown,
        None,
    );
    let event = m::EventMessage {
        name: Some("picnic".into()),
        ..Default::default()
    };
    check_kind(
        &wa::Message {
            event_message: some(event),
            ..Default::default()
        },
        PlaceholderKind::Unknown,
        Some("picnic"),
    );
    let mut deep = said("deep");
    for _ in 0..50 {
        deep = wa::Message {
            ephemeral_message: wrapped(deep),
            ..Default::default()
        };
    }
    check_kind(&deep, PlaceholderKind::Unknown, None);
}

#[test]
fn a_body_is_bounded_on_a_character() {
    let Some(Content::Text(text)) = decode(&said(&"é".repeat(limits::BODY_BYTES)), &nobody) else {
        panic!("text")
    };
    assert!(text.body.len() <= limits::BODY_BYTES);
    assert!(text.body.ends_with("too long]"));
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        if let Ok(message) = codec::message_decode(&bytes) {
            let _ = decode(&message, &nobody);
        }
    }

    #[test]
    fn no_words_or_mentions_make_it_panic(words in ".{0,200}", jids in proptest::collection::vec(".{0,20}", 0..4)) {
        let context = wa::ContextInfo { mentioned_jid: jids, ..Default::default() };
        let extended = m::ExtendedTextMessage { text: Some(words), context_info: some(context), ..Default::default() };
        let _ = decode(&wa::Message { extended_text_message: some(extended), ..Default::default() }, &nobody);
    }
}
