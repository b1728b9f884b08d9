use super::*;
use matrimony_domain::{Mark, NetworkKind, PersonKey, Placeholder, PlaceholderKind, Text};

fn marked() -> Text {
    let mut text = Text::plain("héllo @dora, see here");
    text.mark(0..6, Mark::Bold);
    text.mark(
        7..12,
        Mark::Mention(PersonKey::new(NetworkKind::WhatsApp, "100000000001@lid")),
    );
    text.mark(14..22, Mark::Link("https://example.org/".to_owned()));
    text.mark(14..17, Mark::CodeBlock);
    text
}

#[test]
fn content_comes_back_as_it_was() {
    let cases = [
        Content::Text(Text::plain("")),
        Content::Text(marked()),
        Content::Emote(Text::plain("waves \u{1f44b}\nand \"leaves\"\\")),
        Content::Placeholder(Placeholder {
            kind: PlaceholderKind::ViewOnce,
            text: None,
        }),
        Content::Placeholder(Placeholder {
            kind: PlaceholderKind::ReactionRemoved,
            text: Some(marked()),
        }),
    ];
    for content in cases {
        assert_eq!(decode_content(&encode_content(&content)), Ok(content));
    }
}

#[test]
fn the_stored_form_is_frozen() {
    let mut text = Text::plain("hi");
    text.mark(0..2, Mark::Italic);
    let content = Content::Placeholder(Placeholder {
        kind: PlaceholderKind::PollVote,
        text: Some(text),
    });
    assert_eq!(
        encode_content(&content),
        r#"{"type":"placeholder","kind":"poll_vote","text":{"body":"hi","spans":[{"start":0,"end":2,"mark":"italic"}]}}"#
    );
}

#[test]
fn garbage_is_an_error_and_never_shown() {
    let garbage = [
        "",
        "null",
        "{",
        "[]",
        r#"{"type":"text"}"#,
        r#"{"type":"sculpture","text":{"body":"secret"}}"#,
        r#"{"type":"text","text":{"body":7}}"#,
        r#"{"type":"placeholder","kind":"hologram"}"#,
        r#"{"type":"text","text":{"body":"a","spans":[{"start":-1,"end":1,"mark":"bold"}]}}"#,
        r#"{"type":"text","text":{"body":"a","spans":[{"start":0,"end":1,"mark":{"mention":{"network":"fax","id":"1"}}}]}}"#,
    ];
    for row in garbage {
        let error = decode_content(row).expect_err(row);
        assert!(!error.to_string().contains("secret"));
    }
}

#[test]
fn marks_that_do_not_fit_are_dropped() {
    let row = r#"{"type":"text","text":{"body":"é","spans":[{"start":0,"end":1,"mark":"bold"},{"start":1,"end":0,"mark":"bold"}]}}"#;
    assert_eq!(decode_content(row), Ok(Content::Text(Text::plain("é"))));
}
