use super::*;
use matrimony_domain::{Placeholder, PlaceholderKind, Text};
use proptest::prelude::*;
use serde_json::{Value, json};

fn names() -> Names {
    Names::new("mx.test".try_into().unwrap(), "matrimony", "_").unwrap()
}

/// Nina's event of a type with a content, in a room of version 12.
#[expect(clippy::needless_pass_by_value, reason = "tables of cases read better with values")]
fn event(kind: &str, content: Value) -> Value {
    json!({
        "event_id": "$e:1", "room_id": "!abc", "sender": "@nina:mx.test", "user_id": "@nina:mx.test", "age": 3,
        "origin_server_ts": 7, "type": kind, "content": content, "unsigned": { "age": 3 },
    })
}

#[expect(clippy::needless_pass_by_value, reason = "tables of cases read better with values")]
fn check(given: &Value, expect: What) {
    let read = read(given.to_string().as_bytes(), &names()).unwrap();
    assert_eq!(read.what, expect, "{given}");
}

fn line(kind: PlaceholderKind, text: Option<&str>) -> What {
    What::Said(Content::Placeholder(Placeholder {
        kind,
        text: text.map(Text::plain),
    }))
}

fn message(content: Value) -> Value {
    event("m.room.message", content)
}

#[test]
fn the_envelope_says_where_who_and_when() {
    let given = message(json!({ "msgtype": "m.text", "body": "hello" }));
    let read = read(given.to_string().as_bytes(), &names()).unwrap();
    assert_eq!((read.room.as_str(), read.sender.as_str()), ("!abc", "@nina:mx.test"));
    assert_eq!((read.id.as_str(), read.at), ("$e:1", UnixMillis(7)));
    assert_eq!(read.what, What::Said(Content::Text(Text::plain("hello"))));
}

#[test]
fn what_people_say() {
    check(
        &message(json!({ "msgtype": "m.emote", "body": "waves" })),
        What::Said(Content::Emote(Text::plain("waves"))),
    );
    let media = |kind: &str| json!({ "msgtype": kind, "body": "a.bin", "url": "mxc://mx.test/a" });
    for (kind, expect) in [
        ("m.image", PlaceholderKind::Image),
        ("m.video", PlaceholderKind::Video),
        ("m.file", PlaceholderKind::File),
        ("m.audio", PlaceholderKind::Audio),
    ] {
        check(&message(media(kind)), line(expect, None));
        let mut captioned = media(kind);
        captioned["filename"] = json!("b.bin");
        captioned["body"] = json!("look");
        check(&message(captioned), line(expect, Some("look")));
    }
    let mut voice = media("m.audio");
    voice["org.matrix.msc3245.voice"] = json!({});
    check(&message(voice), line(PlaceholderKind::Voice, None));
    let place = json!({ "msgtype": "m.location", "body": "here", "geo_uri": "geo:1,2" });
    check(&message(place), line(PlaceholderKind::Location, None));
    check(
        &message(json!({ "msgtype": "org.example.new", "body": "fallback" })),
        line(PlaceholderKind::Unknown, Some("fallback")),
    );
}

#[test]
fn what_people_do_to_messages() {
    let edit = json!({
        "msgtype": "m.text", "body": "* new", "m.new_content": { "msgtype": "m.text", "body": "new" },
        "m.relates_to": { "rel_type": "m.replace", "event_id": "$e:0" },
    });
    check(&message(edit), line(PlaceholderKind::Edit, Some("new")));
    let reaction = json!({ "m.relates_to": { "rel_type": "m.annotation", "event_id": "$e:0", "key": "👍" } });
    check(
        &event("m.reaction", reaction),
        line(PlaceholderKind::Reaction, Some("👍")),
    );
    let target = || What::TookBack("$e:0".try_into().unwrap());
    check(&event("m.room.redaction", json!({ "redacts": "$e:0" })), target());
    let mut old_form = event("m.room.redaction", json!({}));
    old_form["redacts"] = json!("$e:0");
    check(&old_form, target());
    check(&event("m.room.redaction", json!({})), What::Nothing);
}

#[test]
fn other_kinds_become_lines() {
    let unstable = json!({ "org.matrix.msc3381.poll.start": { "question": { "org.matrix.msc1767.text": "when?" } } });
    check(
        &event("org.matrix.msc3381.poll.start", unstable),
        line(PlaceholderKind::Poll, Some("when?")),
    );
    let stable = json!({ "m.poll": { "question": { "m.text": [{ "body": "where?" }] } } });
    check(
        &event("m.poll.start", stable),
        line(PlaceholderKind::Poll, Some("where?")),
    );
    check(
        &event("m.poll.start", json!({ "m.poll": 5 })),
        line(PlaceholderKind::Poll, None),
    );
    check(
        &event("m.sticker", json!({ "body": "cat", "url": 1 })),
        line(PlaceholderKind::Sticker, None),
    );
    check(
        &event("m.call.invite", json!({ "call_id": "1" })),
        line(PlaceholderKind::Call, None),
    );
    check(&event("m.call.candidates", json!({ "call_id": "1" })), What::Nothing);
    check(
        &event("m.room.encrypted", json!({ "ciphertext": "x" })),
        What::Encrypted,
    );
}

#[test]
fn what_is_not_for_other_networks() {
    check(
        &message(json!({ "msgtype": "m.notice", "body": "beep" })),
        What::Nothing,
    );
    check(&message(json!({})), What::Nothing);
    let edited_notice = json!({
        "msgtype": "m.notice", "body": "* beep", "m.new_content": { "msgtype": "m.notice", "body": "beep" },
        "m.relates_to": { "rel_type": "m.replace", "event_id": "$e:0" },
    });
    check(&message(edited_notice), What::Nothing);
}

#[test]
fn who_comes_and_who_is_asked() {
    let member = |user: &str, content: Value| {
        let mut given = event("m.room.member", content);
        given["state_key"] = json!(user);
        given
    };
    check(
        &member(
            "@matrimony:mx.test",
            json!({ "membership": "invite", "is_direct": true }),
        ),
        What::Invited { direct: true },
    );
    check(
        &member("@matrimony:mx.test", json!({ "membership": "leave" })),
        What::Member {
            user: "@matrimony:mx.test".try_into().unwrap(),
            name: None,
        },
    );
    check(
        &member("@nina:mx.test", json!({ "membership": "join", "displayname": "Nina" })),
        What::Member {
            user: "@nina:mx.test".try_into().unwrap(),
            name: Name::new("Nina"),
        },
    );
    check(&member("garbage", json!({ "membership": "join" })), What::Nothing);
    check(&member("@nina:mx.test", json!({ "membership": 5 })), What::Nothing);
    let mut renamed = event("m.room.name", json!({ "name": "Family" }));
    renamed["state_key"] = json!("");
    check(&renamed, What::Renamed);
}

#[test]
fn strange_events_are_recorded_and_not_understood() {
    for given in [
        event("org.example.unknown", json!({ "a": 1 })),
        message(json!({ "msgtype": 5, "body": "x" })),
        message(json!({ "body": "x" })),
        event("org.example.unknown", json!(["no", "object"])),
    ] {
        let read = read(given.to_string().as_bytes(), &names()).unwrap();
        assert!(matches!(read.what, What::Unreadable(_)), "{given}");
    }
}

#[test]
fn an_event_without_a_place_is_an_error_that_quotes_nothing() {
    for given in [
        "",
        "5",
        "{}",
        "[]",
        "{\"event_id\":\"secret\"}",
        "\u{0}",
        &"[".repeat(200_000),
    ] {
        let reason = read(given.as_bytes(), &names()).unwrap_err();
        assert!(!reason.as_str().contains("secret"));
    }
    assert!(read(&[0xff, 0xfe], &names()).is_err());
}

#[test]
fn a_huge_event_is_read() {
    let body = "x".repeat(10 * 1024 * 1024);
    let given = message(json!({ "msgtype": "m.text", "body": body }));
    let read = read(given.to_string().as_bytes(), &names()).unwrap();
    assert!(matches!(read.what, What::Said(Content::Text(text)) if text.body.len() <= body.len()));
}

proptest! {
    #[test]
    fn no_content_breaks_the_reader(kind in "(m\\.room\\.message|m\\.reaction|m\\.poll\\.start|m\\.sticker|[a-z.]{1,20})",
                                    key in "(msgtype|body|m\\.relates_to|m\\.new_content|[a-z]{1,9})", value in "\\PC{0,40}") {
        let given = event(&kind, json!({ "msgtype": "m.text", "body": "x", key: value }));
        prop_assert!(read(given.to_string().as_bytes(), &names()).is_ok());
    }
}
