use super::*;
use crate::translate::degrade::degrade;
use crate::translate::testing::{self, Readable, arbitrary_text, name_of, shape};
use matrimony_domain::{Mark, NetworkKind};
use proptest::prelude::*;

fn bob() -> PersonKey {
    PersonKey::new(NetworkKind::Signal, "0b0b")
}

fn style(start: i64, length: i64, style: Style) -> Range {
    let what = What::Style(style);
    Range { start, length, what }
}

fn mention(start: i64, length: i64, name: Option<&str>) -> Range {
    let name = name.and_then(Name::new);
    let what = What::Mention { person: bob(), name };
    Range { start, length, what }
}

fn check(body: &str, ranges: &[Range], expect: &str) {
    assert_eq!(shape(&parse(body, ranges)), expect, "{body}");
}

#[test]
fn styles_are_read_in_utf16() {
    check("a🚀b c", &[style(1, 3, Style::Bold)], "a‹bold:🚀b› c");
    let all = [
        style(0, 1, Style::Italic),
        style(1, 1, Style::Strikethrough),
        style(2, 1, Style::Spoiler),
        style(3, 1, Style::Monospace),
    ];
    check("abcd", &all, "‹italic:a›‹strike:b›‹spoiler:c›‹code:d›");
    check("x\na\nb\ny", &[style(2, 3, Style::Monospace)], "x\n‹block:a\nb›\ny");
    check("xa\nby", &[style(1, 3, Style::Monospace)], "x‹code:a›\n‹code:b›y");
}

#[test]
fn mentions_are_read() {
    check("hi \u{fffc}!", &[mention(3, 1, Some("Bob"))], "hi ‹mention 0b0b:@Bob›!");
    check("\u{fffc}", &[mention(0, 1, None)], "‹mention 0b0b:@someone›");
    check("\u{fffc}\u{fffc}", &[mention(0, 1, Some("Bob"))], "‹mention 0b0b:@Bob›");
    let bold = style(0, 6, Style::Bold);
    check(
        "hi \u{fffc} ho",
        &[bold, mention(3, 1, Some("Bob"))],
        "‹bold:hi ‹mention 0b0b:@Bob› h›o",
    );
}

#[test]
fn garbage_ranges_do_no_harm() {
    let bold = |start, length| [style(start, length, Style::Bold)];
    check("ab", &bold(-1, 2), "ab");
    check("ab", &bold(0, -1), "ab");
    check("ab", &bold(0, 0), "ab");
    check("ab", &bold(5, 1), "ab");
    check("ab", &bold(2, 1), "ab");
    check("ab", &bold(1, i64::MAX), "a‹bold:b›");
    check("ab", &bold(i64::MAX, i64::MAX), "ab");
    check("🚀b", &bold(1, 2), "🚀b");
    check("a🚀", &bold(0, 2), "a🚀");
    check("", &bold(0, 1), "");
    check(
        "ab",
        &[mention(0, 1, Some("B")), mention(0, 2, Some("B"))],
        "‹mention 0b0b:@B›b",
    );
}

#[test]
fn many_ranges_are_bounded() {
    let ranges: Vec<Range> = (0..50_000).map(|at| style(at, 70_000 - at, Style::Monospace)).collect();
    testing::assert_sound(&parse(&"a\n".repeat(40_000), &ranges));
    let ranges: Vec<Range> = (0..50_000).map(|at| mention(at, 1, Some("Bob"))).collect();
    testing::assert_sound(&parse(&"\u{fffc}".repeat(50_000), &ranges));
}

#[test]
fn line_ends_move_the_marks_along() {
    check("a\r\n\u{8}b\rc", &[style(4, 1, Style::Bold)], "a\n‹bold:b›\nc");
}

#[test]
fn a_text_is_written_as_signal_cli_reads_it() {
    let mut text = Text::plain("🚀 hi @Bob and @Nina\nq");
    let person = |network, id: &str| Mark::Mention(PersonKey::new(network, id));
    text.mark(0..12, Mark::Bold);
    text.mark(8..12, Mark::Mention(bob()));
    text.mark(17..22, person(NetworkKind::Matrix, "@nina:hs.example"));
    text.mark(23..24, Mark::Quote);
    let out = render(&text, &|person| (*person == bob()).then(|| person.id.clone()));
    assert_eq!(out.text, "🚀 hi \u{fffc} and @Nina\n> q");
    let printed: Vec<String> = out.styles.iter().map(ToString::to_string).collect();
    assert_eq!(printed, ["0:7:BOLD"]);
    let printed: Vec<String> = out.mentions.iter().map(ToString::to_string).collect();
    assert_eq!(printed, ["6:1:0b0b"]);
}

#[test]
fn a_style_reads_back_what_it_prints() {
    for name in ["BOLD", "ITALIC", "SPOILER", "STRIKETHROUGH", "MONOSPACE"] {
        assert_eq!(name.parse::<Style>().unwrap().as_str(), name);
    }
    assert!("BLINK".parse::<Style>().is_err());
}

/// Signal does not tell a code block from code.
fn one_code(mut marks: Vec<(char, Vec<Mark>)>) -> Vec<(char, Vec<Mark>)> {
    for mark in marks.iter_mut().flat_map(|(_, marks)| marks) {
        if *mark == Mark::CodeBlock {
            *mark = Mark::Code;
        }
    }
    marks
}

fn any_range() -> impl Strategy<Value = Range> {
    let offset = prop_oneof![4 => -2..40_i64, 1 => any::<i64>()];
    let what = prop_oneof![
        Just(What::Style(Style::Bold)),
        Just(What::Style(Style::Monospace)),
        Just(What::Mention {
            person: bob(),
            name: None
        }),
    ];
    (offset.clone(), offset, what).prop_map(|(start, length, what)| Range { start, length, what })
}

proptest! {
    #[test]
    fn any_ranges_are_read(body in testing::garbage(&["\u{fffc}", "🚀", "\r\n"]), ranges in proptest::collection::vec(any_range(), 0..20)) {
        testing::assert_sound(&parse(&body, &ranges));
    }

    #[test]
    fn a_round_trip_keeps_text_and_marks(Readable(text) in arbitrary_text()) {
        let out = render(&text, &|person| Some(person.id.clone()));
        let styles = out.styles.iter().map(|at| (at.start, at.length, What::Style(at.style)));
        let mentions = out.mentions.iter().map(|at| {
            let person = PersonKey::new(NetworkKind::Matrix, at.recipient.as_str());
            let name = Name::new(&name_of(&person));
            (at.start, at.length, What::Mention { person, name })
        });
        let ranges: Vec<Range> = styles.chain(mentions).map(|(start, length, what)| Range {
            start: i64::try_from(start).unwrap(),
            length: i64::try_from(length).unwrap(),
            what,
        }).collect();
        let back = parse(&out.text, &ranges);
        let shown = degrade(&text, &SHOWN);
        prop_assert_eq!(&back.body, &shown.body);
        let marks = |text| one_code(testing::marks_by_character(text, |_| true));
        prop_assert_eq!(marks(&back), marks(&shown));
    }
}
