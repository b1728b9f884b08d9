use super::*;
use crate::translate::testing::{Readable, arbitrary_text, shape};
use matrimony_domain::{NetworkKind, PersonKey};
use proptest::prelude::*;

fn check(body: &str, room: usize, expect: &[&str]) {
    let parts = split(&Text::plain(body), room);
    let bodies: Vec<&str> = parts.iter().map(|part| part.body.as_str()).collect();
    assert_eq!(bodies, expect, "{body}");
}

#[test]
fn the_best_break_is_taken() {
    check("short", 10, &["short"]);
    check("aa. bb\ncc\n\ndd ee", 14, &["aa. bb\ncc", "dd ee"]);
    check("aa bb\ncc dd ee", 10, &["aa bb", "cc dd ee"]);
    check("aa bb. cc dd", 10, &["aa bb.", "cc dd"]);
    check("aa bb cc dd", 7, &["aa bb", "cc dd"]);
    check("aa bb cc", 5, &["aa bb", "cc"]);
    check("abcdefgh", 3, &["abc", "def", "gh"]);
    check("x\n    indented code", 12, &["x", "    indented", "code"]);
    check("      ", 2, &[]);
}

#[test]
fn characters_stay_whole() {
    check("ééé", 3, &["é", "é", "é"]);
    check("👩\u{200d}🚀👩\u{200d}🚀", 12, &["👩\u{200d}🚀", "👩\u{200d}🚀"]);
    check("🇩🇪🇫🇷", 12, &["🇩🇪", "🇫🇷"]);
    check("ae\u{301}", 3, &["a", "e\u{301}"]);
    check("👩\u{200d}🚀", 4, &["👩", "\u{200d}", "🚀"]);
    check("éa", 0, &["é", "a"]);
}

#[test]
fn a_mention_stays_whole() {
    let mut text = Text::plain("hello @Ann Lee bye");
    text.mark(6..14, Mark::Mention(PersonKey::new(NetworkKind::Signal, "ann")));
    let shapes = |room| split(&text, room).iter().map(shape).collect::<Vec<_>>();
    assert_eq!(shapes(11), ["hello ", "‹mention ann:@Ann Lee›", "bye"]);
    assert_eq!(shapes(8), ["hello", "‹mention ann:@Ann Lee›", "bye"]);
}

#[test]
fn marks_go_on_in_the_next_part() {
    let mut text = Text::plain("one two");
    text.mark(0..7, Mark::Bold);
    text.mark(4..7, Mark::Italic);
    let shapes: Vec<String> = split(&text, 5).iter().map(shape).collect();
    assert_eq!(shapes, ["‹bold:one›", "‹bold:‹italic:two››"]);
}

#[test]
fn what_is_left_after_the_last_part_is_named() {
    let text = Text::plain("word ".repeat(10_000));
    let parts = split(&text, 500);
    assert_eq!(parts.len(), limits::PARTS);
    assert!(parts.iter().all(|part| part.body.len() <= 500));
    let (last, whole) = parts.split_last().unwrap();
    let (sent, note) = last.body.rsplit_once("\n… ").unwrap();
    let words: usize = whole.iter().map(|part| part.body.split_whitespace().count()).sum();
    let words = words + sent.split_whitespace().count();
    let more: usize = note.strip_suffix(" more characters not sent").unwrap().parse().unwrap();
    assert_eq!(words * 5 + more, 50_000 + 1);
}

#[test]
fn hard_texts_are_bounded() {
    for piece in ["\u{301}", "🇩", "👩\u{200d}", " ", "\n", ".", "a"] {
        let text = Text::plain(piece.repeat(limits::BODY_BYTES / piece.len()));
        for room in [0, 1, 100, 2_000, 60_000] {
            assert!(split(&text, room).len() <= limits::PARTS, "{piece:?} {room}");
        }
    }
}

proptest! {
    #[test]
    fn nothing_is_lost(Readable(text) in arbitrary_text(), room in 0..60_usize) {
        let parts = split(&text, room);
        let seen = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
        prop_assert!(parts.len() <= limits::PARTS);
        let fits = |part: &Text| part.body.len() <= room.max(4);
        if parts.len() < limits::PARTS {
            let whole: String = parts.iter().map(|part| seen(&part.body)).collect();
            prop_assert_eq!(whole, seen(&text.body));
            prop_assert!(parts.iter().all(fits));
        }
        for part in &parts {
            crate::translate::testing::assert_sound(part);
        }
    }
}
