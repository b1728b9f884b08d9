use super::*;
use crate::translate::testing::{Readable, arbitrary_text, shape};
use crate::translate::{html, marks, ranges};
use matrimony_domain::{Mark, Marks, NetworkKind, Placeholder, PlaceholderKind, SendIds};
use proptest::prelude::*;

fn key(network: NetworkKind, id: &str) -> PersonKey {
    PersonKey::new(network, id)
}

fn people() -> Vec<RoomPerson> {
    let person = |network, id, name| RoomPerson {
        key: key(network, id),
        alias: None,
        name: Name::new(name),
    };
    vec![
        person(NetworkKind::Signal, "alice", "Alice"),
        person(NetworkKind::WhatsApp, "dora", "Dora"),
        person(NetworkKind::Signal, "dora too", "Dora"),
    ]
}

/// What a chat of these capabilities is told, each part as [`shape`] shows it, with the author where it speaks as them.
fn told(
    sender: &PersonKey,
    content: Option<&Content>,
    own_voice: bool,
    marks: Marks,
    text_bytes: usize,
) -> Vec<String> {
    let people = people();
    let chat = ChatKey::new(NetworkKind::WhatsApp, "group");
    let event = EventView {
        sender,
        sender_name: None,
        at: UnixMillis(7),
        content,
    };
    let destination = Destination {
        chat: &chat,
        capabilities: Capabilities {
            own_voice,
            text_bytes,
            marks,
            send_ids: SendIds::Ours,
        },
        people: &people,
    };
    match render(&event, &destination) {
        Rendering::Skip(reason) => vec![format!("skip: {reason}")],
        Rendering::Send(actions) => {
            let each = actions.iter().map(|action| {
                assert_eq!((&action.chat, action.at), (&chat, UnixMillis(7)));
                match &action.voice {
                    Voice::Relay => shape(&action.text),
                    Voice::Author(author) => format!("[{}] {}", author.name.reveal(), shape(&action.text)),
                }
            });
            each.collect()
        }
    }
}

fn check(sender: &str, content: &Content, relayed: &str, own: &str) {
    let sender = key(NetworkKind::Signal, sender);
    assert_eq!(told(&sender, Some(content), false, marks::SHOWN, 1_000), [relayed]);
    assert_eq!(told(&sender, Some(content), true, html::SHOWN, 1_000), [own]);
}

fn text(body: &str) -> Content {
    Content::Text(Text::plain(body))
}

#[test]
fn a_message_names_its_author() {
    check("alice", &text("hi"), "‹bold:Alice›: hi", "[Alice] hi");
    check(
        "dora too",
        &text("hi"),
        "‹bold:Dora (Signal)›: hi",
        "[Dora (Signal)] hi",
    );
    check(
        "stranger",
        &text("hi"),
        "‹bold:Someone (Signal)›: hi",
        "[Someone (Signal)] hi",
    );
    let waves = Content::Emote(Text::plain("waves"));
    check("alice", &waves, "* ‹bold:Alice› waves", "[Alice] * Alice waves");
    let photo = Content::Placeholder(Placeholder {
        kind: PlaceholderKind::Image,
        text: Some(Text::plain("look")),
    });
    let line = "‹italic:sent a photo, which is not carried over yet›\nlook";
    check(
        "alice",
        &photo,
        &format!("‹bold:Alice› {line}"),
        &format!("[Alice] {line}"),
    );
}

#[test]
fn a_mention_is_named_as_the_room_knows_the_person() {
    let mut words = Text::plain("hi @15550100001");
    words.mark(3..15, Mark::Mention(key(NetworkKind::WhatsApp, "dora")));
    let mention = "‹mention dora:@Dora (WhatsApp)›";
    let content = Content::Text(words);
    check(
        "alice",
        &content,
        &format!("‹bold:Alice›: hi {mention}"),
        &format!("[Alice] hi {mention}"),
    );
}

#[test]
fn what_a_chat_does_not_show_is_written_out() {
    let mut words = Text::plain("docs");
    words.mark(0..4, Mark::Link("https://a.example".into()));
    let relayed = "‹bold:Alice›: docs (https://a.example)";
    check(
        "alice",
        &Content::Text(words),
        relayed,
        "[Alice] ‹link https://a.example:docs›",
    );
}

#[test]
fn a_long_text_is_split_and_every_part_is_named() {
    let alice = key(NetworkKind::Signal, "alice");
    let parts = told(
        &alice,
        Some(&text("one two three four five six")),
        false,
        ranges::SHOWN,
        28,
    );
    let expect = [
        "‹bold:Alice›: one two",
        "‹bold:Alice› (2/3): three four",
        "‹bold:Alice› (3/3): five six",
    ];
    assert_eq!(parts, expect);
    let parts = told(&alice, Some(&text("one two three")), true, html::SHOWN, 8);
    assert_eq!(parts, ["[Alice] one two", "[Alice] three"]);
}

#[test]
fn nothing_to_say_is_skipped_with_a_reason() {
    let alice = key(NetworkKind::Signal, "alice");
    let skipped = told(&alice, None, false, ranges::SHOWN, 100);
    assert_eq!(skipped, ["skip: its content is not kept, or could not be understood"]);
    let skipped = told(&alice, Some(&text(" \n ")), true, ranges::SHOWN, 100);
    assert_eq!(skipped, ["skip: there is nothing to read in it"]);
}

proptest! {
    #[test]
    fn every_text_is_sent_within_the_limit(Readable(words) in arbitrary_text(), own_voice: bool, text_bytes in 0..400_usize) {
        let alice = key(NetworkKind::Signal, "alice");
        let blank = words.is_blank();
        let content = Content::Text(words);
        let parts = told(&alice, Some(&content), own_voice, ranges::SHOWN, text_bytes);
        prop_assert!(!parts.is_empty());
        prop_assert_eq!(parts[0].starts_with("skip: "), blank);
    }
}
