//! What the tests of all forms share.

use super::spans::tidy;
use matrimony_domain::{Mark, NetworkKind, PersonKey, Text, limits};
use proptest::prelude::*;
use std::fmt::Write;

/// A text whose debug form shows it: the one of [`Text`] is redacted.
#[derive(Clone)]
pub(crate) struct Readable(pub(crate) Text);

impl std::fmt::Debug for Readable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} {:?}", self.0.body, self.0.spans)
    }
}

/// The text with each mark written as `‹kind:…›`; overlapping marks are told by where they end.
pub(crate) fn shape(text: &Text) -> String {
    let text = tidy(text);
    let mut out = String::new();
    for at in 0..=text.body.len() {
        for _ in text.spans.iter().filter(|span| span.range.end == at) {
            out.push('›');
        }
        for span in text.spans.iter().filter(|span| span.range.start == at) {
            write!(out, "‹{}:", kind(&span.mark)).expect("a string takes it");
        }
        out.extend(
            text.body[text.body.floor_char_boundary(at)..]
                .chars()
                .next()
                .filter(|_| text.body.is_char_boundary(at)),
        );
    }
    out
}

fn kind(mark: &Mark) -> String {
    match mark {
        Mark::CodeBlock => "block".into(),
        Mark::Link(address) => format!("link {address}"),
        Mark::Mention(person) => format!("mention {}", person.id),
        plain => format!("{plain:?}").to_lowercase(),
    }
}

/// Each visible character with the marks on it that `kept` chooses: equal for texts that look the same.
pub(crate) fn marks_by_character(text: &Text, kept: impl Fn(&Mark) -> bool) -> Vec<(char, Vec<Mark>)> {
    let text = tidy(text);
    let visible = text.body.char_indices().filter(|(_, c)| !c.is_whitespace());
    visible
        .map(|(at, c)| {
            let over = text
                .spans
                .iter()
                .filter(|span| span.range.contains(&at) && kept(&span.mark));
            let mut marks: Vec<Mark> = over.map(|span| span.mark.clone()).collect();
            marks.sort();
            (c, marks)
        })
        .collect()
}

/// What every reader promises.
pub(crate) fn assert_sound(text: &Text) {
    assert!(text.body.len() <= limits::BODY_BYTES);
    assert!(text.spans.len() <= limits::SPANS);
    for span in &text.spans {
        assert!(span.range.start < span.range.end && text.body.get(span.range.clone()).is_some());
    }
    let mut sorted = text.clone();
    sorted.sort();
    assert!(sorted == *text, "spans are sorted");
    assert!(!text.body.contains('\r'));
}

/// Texts of words, signs and hard cases of Unicode, with marks anywhere: nested, overlapping, touching.
pub(crate) fn arbitrary_text() -> impl Strategy<Value = Readable> {
    let piece = prop_oneof![
        4 => "[a-z]{1,4}",
        3 => " {1,2}",
        2 => "\n{1,2}",
        2 => "[*_~`>@\\-.()#]{1,3}",
        1 => Just("👩\u{200d}🚀".to_owned()),
        1 => Just("🇩🇪".to_owned()),
        1 => Just("e\u{301}".to_owned()),
        1 => Just("שלום".to_owned()),
        1 => Just("👍🏽".to_owned()),
        1 => Just("<b>&amp;".to_owned()),
        // Without the characters that Signal and WhatsApp text cannot hold.
        1 => "\\PC{1,3}".prop_map(|text| text.replace(['\u{fffc}', '\u{2060}'], "")),
    ];
    let body = proptest::collection::vec(piece, 0..25).prop_map(|pieces| pieces.concat());
    (
        body,
        proptest::collection::vec((any::<u16>(), 1..12_u16, arbitrary_mark()), 0..8),
    )
        .prop_map(|(body, marks)| {
            let edges: Vec<usize> = body.char_indices().map(|(at, _)| at).chain([body.len()]).collect();
            let mut text = Text::plain(body);
            for (start, length, mark) in marks {
                let start = usize::from(start) % edges.len();
                let end = (start + usize::from(length)).min(edges.len() - 1);
                text.mark(edges[start]..edges[end], mark);
            }
            text.sort();
            Readable(named(&tidy(&text)))
        })
}

/// Mentions read `@name`, so that each form can write the name again.
fn named(text: &Text) -> Text {
    use super::rewrite::{Edit, rewrite};
    let mentions = text.spans.iter().filter_map(|span| match &span.mark {
        Mark::Mention(person) => Some(Edit::replace(span.range.clone(), format!("@{}", name_of(person)))),
        _ => None,
    });
    tidy(&rewrite(text, mentions.collect()))
}

/// The name that test people have.
pub(crate) fn name_of(person: &PersonKey) -> String {
    format!("N{}", person.id.trim_matches(|c: char| !c.is_ascii_digit()))
}

fn arbitrary_mark() -> impl Strategy<Value = Mark> {
    let person = (0..3_u8).prop_map(|n| PersonKey::new(NetworkKind::Matrix, format!("@{n}:hs.example")));
    prop_oneof![
        3 => Just(Mark::Bold),
        3 => Just(Mark::Italic),
        2 => Just(Mark::Strike),
        2 => Just(Mark::Code),
        1 => Just(Mark::CodeBlock),
        2 => Just(Mark::Spoiler),
        1 => Just(Mark::Quote),
        1 => (0..3_u8).prop_map(|n| Mark::Link(format!("https://{n}.example"))),
        2 => person.prop_map(Mark::Mention),
    ]
}

/// Noise mixed with the signs of a form.
pub(crate) fn garbage(signs: &'static [&'static str]) -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        proptest::sample::select(signs).prop_map(str::to_owned),
        "\\PC{0,4}",
        any::<String>(),
    ];
    proptest::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
}
