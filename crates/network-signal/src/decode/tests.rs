//! `samples.jsonl` was written by signal-cli 0.13.19; the shapes of 0.14 are from its source. People and numbers are
//! invented.

use super::*;
use proptest::prelude::*;
use serde_json::{Value, json};

const RELAY: &str = "+15550100000";
const ALICE: &str = "7e672da2-45d5-4ca6-b33f-b3196e1937a0";
const GROUP: &str = "sJp0jGSirKzLFGxSW43H3NGxiniO3JYTEuo37bR2p0c=";

fn decode(line: &[u8]) -> Decoded {
    let login = LoginId(1);
    super::decode(line, Reader { login, account: RELAY })
}

/// A decoded line in one: place, author, kind, words.
fn told(decoded: &Decoded) -> String {
    match decoded {
        Decoded::Nothing => "nothing".to_owned(),
        Decoded::Resync => "resync".to_owned(),
        Decoded::Unreadable(reason) => format!("unreadable: {reason}"),
        Decoded::Stray(reason) => format!("stray: {reason}"),
        Decoded::Inbound(happened) => {
            let place = if happened.chat.id.starts_with("g:") {
                "group"
            } else {
                "direct"
            };
            let update = if happened.group.as_ref().is_some_and(|group| group.updated) {
                " changed"
            } else {
                ""
            };
            let inbound = happened.inbound.as_ref().map(said).unwrap_or_default();
            format!("{place}{update}{inbound}")
        }
    }
}

fn said(inbound: &Inbound) -> String {
    let name = inbound.sender.name.as_ref().map_or("?", Name::reveal);
    let body = match &inbound.body {
        InboundBody::Message(Content::Text(text) | Content::Emote(text)) => text.body.clone(),
        InboundBody::Message(Content::Placeholder(Placeholder { kind, text })) => {
            format!("[{kind:?}] {}", text.as_ref().map_or("", |text| &text.body))
        }
        InboundBody::Unreadable(_) => "[unreadable]".to_owned(),
    };
    format!(" {name}: {}", body.trim_end())
}

/// A line from alice with this envelope.
fn line(message: &Value) -> Vec<u8> {
    let mut envelope = json!({"sourceUuid": ALICE, "sourceNumber": "+15550100001", "sourceName": "alice",
        "timestamp": 1_795_342_558_350_i64});
    for (name, value) in message.as_object().unwrap() {
        envelope[name] = value.clone();
    }
    json!({"envelope": envelope, "account": RELAY}).to_string().into_bytes()
}

/// A message of alice in the group.
fn in_group(mut message: Value) -> Vec<u8> {
    message["timestamp"] = json!(1_795_342_558_461_i64);
    message["groupInfo"] = json!({"groupId": GROUP, "groupName": "Boat club", "revision": 3, "type": "DELIVER"});
    line(&json!({"dataMessage": message}))
}

#[test]
fn every_sample_is_understood() {
    let expected = [
        "resync",
        "nothing",
        "nothing",
        "direct alice: hello 1:1",
        "group alice: hello group",
        "group bob: sealed hi",
        "group bob: hey @someone bold",
        "group alice: [Image] pic",
        "group bob: replying",
        "group bob: [Reaction] 👍",
        "group bob: [ReactionRemoved] 👍",
        "group alice: tpyo",
        "group alice: [Edit] typo",
        "group alice: gone",
        "group alice: [Deletion]",
        "nothing",
        "nothing",
        "group relay: from my phone",
        "direct relay: dm from my phone",
        "group relay: x1",
        "group relay: [Edit] x2",
        "group alice: yyyyyyyyyyyyyyyyyyyy",
        "direct alice: exp",
        "group changed",
        "group changed",
        "group changed",
        "group changed",
        "nothing", // another account
        "nothing",
        "nothing",
        "nothing",
    ];
    let samples = include_bytes!("samples.jsonl");
    let lines = samples.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let got: Vec<String> = lines.map(|line| told(&decode(line))).collect();
    assert_eq!(got, expected);
}

#[test]
fn the_three_wrappings_say_the_same() {
    let bare = json!({"account": RELAY, "envelope": {"sourceUuid": ALICE, "timestamp": 7,
        "dataMessage": {"timestamp": 7, "message": "hi"}}});
    let notified = json!({"jsonrpc": "2.0", "method": "receive", "params": bare});
    let subscribed = json!({"jsonrpc": "2.0", "method": "receive", "params": {"subscription": 0, "result": bare}});
    let first = decode(bare.to_string().as_bytes());
    assert_eq!(told(&first), "direct ?: hi");
    for wrapped in [notified, subscribed] {
        assert_eq!(decode(wrapped.to_string().as_bytes()), first);
    }
}

#[test]
fn a_message_is_named_by_time_and_author() {
    let Decoded::Inbound(happened) = decode(&in_group(json!({"message": "ahoy"}))) else {
        panic!()
    };
    let inbound = happened.inbound.unwrap();
    assert_eq!(inbound.remote_id.0, format!("1795342558461/{ALICE}"));
    assert_eq!(inbound.chat.id, format!("g:{GROUP}"));
    assert_eq!(inbound.sender.person.id, ALICE);
    assert_eq!(inbound.sender.alias.unwrap().id, "+15550100001");
    assert_eq!(inbound.at, UnixMillis(1_795_342_558_461));
    let group = happened.group.unwrap();
    assert_eq!((group.revision, group.updated), (Some(3), false));
}

#[test]
fn no_kind_is_silence() {
    let voice = json!([{"contentType": "audio/aac", "id": "a.aac"}]);
    let two = json!([{"contentType": "image/png"}, {"contentType": "application/pdf", "filename": "a.pdf"}]);
    let table = [
        (json!({"attachments": voice}), "[Voice]"),
        (
            json!({"attachments": [{"contentType": "audio/mpeg", "filename": "a.mp3"}]}),
            "[Audio]",
        ),
        (
            json!({"attachments": [{"contentType": "video/mp4"}], "message": "look"}),
            "[Video] look",
        ),
        (json!({"attachments": two}), "[File]"),
        (json!({"sticker": {"packId": "00", "stickerId": 1}}), "[Sticker]"),
        (
            json!({"viewOnce": true, "attachments": [{"contentType": "image/png"}], "message": "secret"}),
            "[ViewOnce]",
        ),
        (json!({"contacts": [{"name": {}}]}), "[Contact]"),
        (json!({"isExpirationUpdate": true, "expiresInSeconds": 60}), "[Timer]"),
        (json!({"payment": {}}), "[Unknown]"),
        // 0.13.23 and 0.14:
        (
            json!({"pollCreate": {"question": "when?", "allowMultiple": false, "options": ["now", "later"]}}),
            "[Poll] when?\nnow\nlater",
        ),
        (json!({"pollVote": {"optionIndexes": [0]}}), "[PollVote]"),
        (json!({"pollTerminate": {"targetSentTimestamp": 1}}), "[Unknown]"),
        (json!({"pinMessage": {"targetSentTimestamp": 1}}), "[Unknown]"),
        (json!({"adminDelete": {"targetSentTimestamp": 1}}), "[Deletion]"),
        (json!({"message": "hi", "someNewField": {"a": [1]}}), "hi"),
    ];
    for (message, expected) in table {
        assert_eq!(
            told(&decode(&in_group(message.clone()))),
            format!("group alice: {expected}"),
            "{message}"
        );
    }
}

#[test]
fn calls_and_stories_are_told_and_the_rest_is_not() {
    let table = [
        (
            json!({"callMessage": {"offerMessage": {"id": 18_446_744_073_709_551_615_u64}}}),
            "direct alice: [Call]",
        ),
        (json!({"callMessage": {"hangupMessage": {"id": 1}}}), "nothing"),
        (
            json!({"storyMessage": {"allowsReplies": true, "groupId": GROUP}}),
            "group alice: [Story]",
        ),
        (json!({"typingMessage": {"action": "STARTED"}}), "nothing"),
        (json!({"receiptMessage": {"when": 1}}), "nothing"),
        (json!({}), "nothing"),
        (json!({"syncMessage": {"readMessages": []}}), "nothing"),
        (
            json!({"dataMessage": {"timestamp": 1, "message": null, "expiresInSeconds": 0}}),
            "direct",
        ),
        (
            json!({"dataMessage": {"timestamp": 1, "message": null, "expiresInSeconds": 60}}),
            "direct alice: [Timer]",
        ),
    ];
    for (message, expected) in table {
        assert_eq!(told(&decode(&line(&message))), expected, "{message}");
    }
}

#[test]
fn a_long_text_names_the_file_with_its_rest() {
    let file = json!([{"contentType": "text/x-signal-plain", "id": "abc.txt"}]);
    let Decoded::Inbound(happened) = decode(&in_group(json!({"message": "beginning", "attachments": file}))) else {
        panic!()
    };
    assert_eq!(happened.long_text.as_deref(), Some("abc.txt"));
    assert_eq!(said(&happened.inbound.unwrap()), " alice: beginning");
}

#[test]
fn a_name_that_is_a_number_is_none() {
    let nameless = json!({"sourceName": "+15550100001", "dataMessage": {"timestamp": 1, "message": "hi"}});
    assert_eq!(told(&decode(&line(&nameless))), "direct ?: hi");
}

#[test]
fn what_cannot_be_understood_is_told_with_its_place_if_it_has_one() {
    let unknown = in_group(json!({"message": {"now": "an object"}}));
    assert_eq!(told(&decode(&unknown)), "group alice: [unreadable]");
    let table: [(&[u8], &str); 6] = [
        (b"\xff\xfe {}", "stray: signal-cli wrote a line that is not UTF-8"),
        (
            b"{\"account\":\"+15550100000\", \xff",
            "unreadable: signal-cli wrote a line that is not UTF-8",
        ),
        (
            b"{\"account\":\"+15550100000\",",
            "unreadable: signal-cli wrote a line that is not a message as JSON",
        ),
        (b"42", "stray: signal-cli wrote a line that is not a message as JSON"),
        (b"{}", "stray: signal-cli wrote a message without an account"),
        (b"  ", "nothing"),
    ];
    for (bytes, expected) in table {
        assert_eq!(told(&decode(bytes)), expected);
    }
    let nobody = json!({"account": RELAY, "envelope": {"timestamp": 1,
        "dataMessage": {"timestamp": 1, "message": "hi", "groupInfo": {"groupId": GROUP}}}});
    assert!(told(&decode(nobody.to_string().as_bytes())).contains("does not say who sent it"));
}

#[test]
fn what_could_not_be_decrypted_is_told_without_the_exceptions_words() {
    let mut failed = json!({"account": RELAY, "envelope": {"sourceUuid": ALICE, "timestamp": 1},
        "exception": {"message": "from +15550100001", "type": "ProtocolDuplicateMessageException"}});
    let got = told(&decode(failed.to_string().as_bytes()));
    assert_eq!(
        got,
        "unreadable: signal-cli could not decrypt a message (ProtocolDuplicateMessageException)"
    );
    failed["exception"]["type"] = json!("+1 555 0100001");
    assert!(told(&decode(failed.to_string().as_bytes())).ends_with("(of unknown kind)"));
    failed["envelope"]["dataMessage"] = json!({"groupInfo": {"groupId": GROUP}});
    assert_eq!(told(&decode(failed.to_string().as_bytes())), "group ?: [Undecryptable]");
}

/// Fields of the messages.
const FIELDS: &[&str] = &[
    "message",
    "groupInfo",
    "groupId",
    "mentions",
    "textStyles",
    "start",
    "length",
    "style",
    "uuid",
    "timestamp",
    "attachments",
    "reaction",
    "emoji",
    "sentMessage",
    "dataMessage",
    "editMessage",
    "type",
];

/// JSON that resembles a message here and there.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
        Just(json!(ALICE)),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((prop::sample::select(FIELDS), inner), 0..6).prop_map(|fields| fields
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect()),
        ]
    })
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        decode(&bytes);
    }

    #[test]
    fn no_message_panics(message in any_json(), kind in prop::sample::select(
        &["dataMessage", "editMessage", "syncMessage", "callMessage", "storyMessage"][..])) {
        decode(&line(&json!({kind: message})));
    }

    #[test]
    fn any_text_with_any_ranges_stays_text(text in "\\PC{1,20}", start in any::<i64>(), length in any::<i64>()) {
        let message = json!({"message": format!("x{text}"),
            "textStyles": [{"style": "BOLD", "start": start, "length": length}],
            "mentions": [{"uuid": ALICE, "start": length, "length": start}]});
        let decoded = decode(&in_group(message));
        prop_assert!(matches!(&decoded, Decoded::Inbound(happened) if happened.inbound.is_some()), "{decoded:?}");
    }
}
