use super::*;
use crate::translate::testing::{self, Readable, arbitrary_text};
use matrimony_domain::{NetworkKind, PersonKey};
use proptest::prelude::*;

fn check(body: &str, given: &[(Range<usize>, Mark)], expect: &[(Range<usize>, Mark)]) {
    let spans = |list: &[(Range<usize>, Mark)]| -> Vec<Span> {
        let each = list.iter().cloned();
        each.map(|(range, mark)| Span { range, mark }).collect()
    };
    let text = Text {
        body: body.into(),
        spans: spans(given),
    };
    assert_eq!(tidy(&text).spans, spans(expect), "{body}");
}

#[test]
fn broken_spans_go() {
    #[expect(clippy::reversed_empty_ranges, reason = "what a broken decoder might give")]
    let broken = [
        (2..1, Mark::Bold),
        (0..99, Mark::Bold),
        (0..1, Mark::Bold),
        (2..2, Mark::Bold),
    ];
    check("é", &broken, &[]);
}

#[test]
fn the_same_mark_is_joined() {
    let given = [(4..6, Mark::Bold), (0..2, Mark::Bold), (1..4, Mark::Bold)];
    check("abcdef", &given, &[(0..6, Mark::Bold)]);
}

#[test]
fn blocks_cover_whole_lines() {
    check("ab\ncd\nef", &[(4..5, Mark::Quote)], &[(3..5, Mark::Quote)]);
    check("ab\ncd", &[(0..3, Mark::CodeBlock)], &[(0..2, Mark::CodeBlock)]);
    check(
        "a\nb",
        &[(0..1, Mark::Quote), (2..3, Mark::Quote)],
        &[(0..3, Mark::Quote)],
    );
    let apart = [(0..1, Mark::CodeBlock), (2..3, Mark::CodeBlock)];
    check("a\nb", &apart, &apart);
    check("\n", &[(0..1, Mark::Quote)], &[]);
}

#[test]
fn code_stays_in_its_line_and_out_of_blocks() {
    check(
        "a\n\nb",
        &[(0..4, Mark::Code)],
        &[(0..1, Mark::Code), (3..4, Mark::Code)],
    );
    check(
        "a",
        &[(0..1, Mark::Code), (0..1, Mark::CodeBlock)],
        &[(0..1, Mark::CodeBlock)],
    );
}

#[test]
fn nothing_begins_or_ends_inside_a_mention() {
    let ann = || Mark::Mention(PersonKey::new(NetworkKind::Signal, "ann"));
    let link = || Mark::Link("https://a.example".into());
    check(
        "a @Ann b",
        &[(0..4, Mark::Bold), (2..6, ann())],
        &[(0..6, Mark::Bold), (2..6, ann())],
    );
    check(
        "@Ann",
        &[(0..4, ann()), (1..4, ann()), (0..4, link())],
        &[(0..4, ann())],
    );
}

proptest! {
    #[test]
    fn tidy_is_idempotent_and_segments_cover_the_body(Readable(text) in arbitrary_text()) {
        testing::assert_sound(&text);
        prop_assert!(tidy(&text) == text);
        let pieces: Vec<&str> = segments(&text).iter().map(|segment| &text.body[segment.range.clone()]).collect();
        prop_assert_eq!(pieces.concat(), text.body.as_str());
    }
}
