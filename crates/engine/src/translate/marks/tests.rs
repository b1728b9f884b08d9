use super::*;
use crate::translate::degrade::degrade;
use crate::translate::testing::{self, Readable, arbitrary_text, name_of, shape};
use matrimony_domain::NetworkKind;
use proptest::prelude::*;

fn dora() -> PersonKey {
    PersonKey::new(NetworkKind::WhatsApp, "dora")
}

fn user_of(person: &PersonKey) -> Option<String> {
    let digits = person.id.chars().filter(char::is_ascii_digit).collect::<String>();
    Some(format!("1555010000{digits}"))
}

/// Reads `raw`, in which `@15550100001` is dora.
fn check(raw: &str, expect: &str) {
    let name = Name::new("Dora");
    let user = "15550100001".into();
    let mentioned = Mentioned {
        user,
        person: dora(),
        name,
    };
    assert_eq!(shape(&parse(raw, &[mentioned])), expect, "{raw}");
}

/// Writes a text with marks; what is written reads back as the same.
fn check_written(body: &str, given: &[(std::ops::Range<usize>, Mark)], expect: &str) {
    let mut text = Text::plain(body);
    for (range, mark) in given {
        text.mark(range.clone(), mark.clone());
    }
    let out = render(&text, &|_| None);
    assert_eq!(out.text.replace(JOINER, "·"), expect, "{body}");
    assert_eq!(parse(&out.text, &[]).body, degrade(&text, &SHOWN).body, "{body}");
}

#[test]
fn marks_are_read_at_the_edges_of_words() {
    check("*a* _b_ ~c~ `d`", "‹bold:a› ‹italic:b› ‹strike:c› ‹code:d›");
    check("*_a_* (*b*), *c d*!", "‹bold:‹italic:a›› (‹bold:b›), ‹bold:c d›!");
    check("2*3*4 snake_case_name a * b *", "2*3*4 snake_case_name a * b *");
    check("* a* *b *", "* a* *b *");
    check("*a\nb*", "*a\nb*");
    check("**", "**");
    check("*a _b* c_", "‹bold:a _b› c_");
    check("`*a*`", "‹code:*a*›");
    check("*é*", "‹bold:é›");
}

#[test]
fn blocks_quotes_and_lists_are_read() {
    check("x\n```a\n b```\ny", "x\n‹block:a\n b›\ny");
    check("```\na\n```", "‹block:a›");
    check("see ```a``` there", "see ‹code:a› there");
    check("```", "```");
    check("``````", "``````");
    check("> a\n> b\nc", "‹quote:a\nb›\nc");
    check("> a\n> \n> *b*", "‹quote:a\n\n‹bold:b››");
    check(">a\nb > c", ">a\nb > c");
    check("- a\n* b\n1. c", "- a\n* b\n1. c");
}

#[test]
fn mentions_are_read() {
    check("hi @15550100001!", "hi ‹mention dora:@Dora›!");
    check("*@15550100001*", "‹bold:‹mention dora:@Dora››");
    check("@155501000012 @1555010000", "@155501000012 @1555010000");
    let unnamed = Mentioned {
        user: "15550100001".into(),
        person: dora(),
        name: None,
    };
    assert_eq!(parse("@15550100001", &[unnamed]).body, "@someone");
}

#[test]
fn marks_are_written() {
    check_written("a b", &[(0..1, Mark::Bold), (2..3, Mark::Italic)], "*a* _b_");
    check_written("abc", &[(0..3, Mark::Bold), (0..3, Mark::Strike)], "*~abc~*");
    check_written("a b c", &[(0..3, Mark::Bold), (2..5, Mark::Italic)], "*a _b_* _c_");
    check_written("a\nb", &[(0..3, Mark::Bold)], "*a*\n*b*");
    check_written(" a ", &[(0..3, Mark::Bold)], " *a* ");
    check_written("abc", &[(1..2, Mark::Bold)], "abc");
    check_written("x\na\nb", &[(2..5, Mark::CodeBlock)], "x\n```a\nb```");
    check_written("a\n\nb", &[(0..4, Mark::Quote)], "> a\n> \n> b");
    check_written("a b", &[(0..3, Mark::Code), (0..1, Mark::Bold)], "`a b`");
    check_written("a`b", &[(0..3, Mark::Code)], "a`b");
    check_written("a\nb", &[(0..3, Mark::Quote), (0..3, Mark::CodeBlock)], "> `a`\n> `b`");
}

#[test]
fn plain_text_does_not_become_a_mark() {
    check_written("*a*", &[], "*·a*·");
    check_written("5 * 3 *", &[], "5 * 3 *");
    check_written("~5 or ~6", &[], "~5 or ~6");
    check_written("a_b_c", &[], "a_b_c");
    check_written("*a", &[], "*a");
    check_written("*a b", &[(3..4, Mark::Bold)], "*·a *b*");
    check_written("> a", &[], ">· a");
    check_written("```a```", &[], "`·`·`·a`·`·`·");
    check_written("*a*", &[(0..3, Mark::Bold)], "**·a*·*");
}

#[test]
fn mentions_are_written_for_the_network() {
    let mut text = Text::plain("@Dora, @Dora2 and @15550100007");
    text.mark(0..5, Mark::Mention(dora()));
    text.mark(7..12, Mark::Mention(dora()));
    let out = render(&text, &|_| Some("15550100007".into()));
    assert_eq!(out.text, "@15550100007, @15550100007\u{2060}2 and @\u{2060}15550100007");
    assert!(out.mentioned == [dora()]);
    let out = render(&text, &|_| None);
    assert_eq!((out.text, out.mentioned), (text.body, Vec::new()));
}

/// Emphasis that WhatsApp can show wherever it stands: the round trip may lose others, never add.
fn is_kept(mark: &Mark) -> bool {
    matches!(mark, Mark::Quote | Mark::Mention(_))
}

#[test]
fn garbage_is_bounded() {
    for piece in [
        "*",
        "*a* ",
        "_*a ",
        "`",
        "```",
        "> ",
        "> *a*\n",
        "@1",
        "@",
        "\u{2060}",
        "*a _b* c_ ",
    ] {
        let mentioned = Mentioned {
            user: "1".into(),
            person: dora(),
            name: None,
        };
        let text = parse(&piece.repeat(100_000 / piece.len()), &[mentioned]);
        testing::assert_sound(&text);
        let back = parse(&render(&text, &|_| None).text, &[]);
        testing::assert_sound(&back);
    }
}

proptest! {
    #[test]
    fn any_text_is_read(raw in testing::garbage(&["*", "_", "~", "`", "```", "> ", "@1", "\u{2060}", "\n"])) {
        let mentioned = Mentioned { user: "1".into(), person: dora(), name: None };
        testing::assert_sound(&parse(&raw, &[mentioned]));
    }

    #[test]
    fn a_round_trip_keeps_the_text_and_adds_no_mark(Readable(text) in arbitrary_text()) {
        let out = render(&text, &user_of);
        let people = (0..3).map(|n| PersonKey::new(NetworkKind::Matrix, format!("@{n}:hs.example")));
        let mentions: Vec<Mentioned> = people.map(|person| Mentioned {
            user: user_of(&person).unwrap(),
            name: Name::new(&name_of(&person)),
            person,
        }).collect();
        let back = parse(&out.text, &mentions);
        let shown = degrade(&text, &SHOWN);
        prop_assert_eq!(&back.body, &shown.body, "{:?}", out.text);
        let outside_code = |text: &Text| {
            let mut marks = testing::marks_by_character(text, |_| true);
            marks.retain(|(_, marks)| !marks.iter().any(|mark| matches!(mark, Mark::Code | Mark::CodeBlock)));
            marks
        };
        let seen = testing::marks_by_character(&back, |_| true);
        let given = testing::marks_by_character(&shown, |_| true);
        for ((c, seen), (_, given)) in seen.iter().zip(&given) {
            let in_code = given.contains(&Mark::Code) || given.contains(&Mark::CodeBlock);
            for mark in seen {
                prop_assert!(given.contains(mark) || (in_code && *mark == Mark::Code), "{c:?} {mark:?} in {:?}", out.text);
            }
            for mark in given.iter().filter(|mark| is_kept(mark)) {
                prop_assert!(seen.contains(mark) || in_code, "{c:?} {mark:?} in {:?}", out.text);
            }
        }
        prop_assert!(outside_code(&back).len() >= outside_code(&shown).len());
    }

    /// Marks over whole words, outside of code, are all kept.
    #[test]
    fn marks_over_words_are_kept(words in proptest::collection::vec(("[a-z]{1,4}", 0..4_usize), 1..8)) {
        let mut text = Text::default();
        for (word, mark) in &words {
            if !text.body.is_empty() {
                text.push_str(" ");
            }
            let start = text.body.len();
            text.push_str(word);
            let mark = [Mark::Bold, Mark::Italic, Mark::Strike, Mark::Code][*mark].clone();
            text.mark(start..text.body.len(), mark);
        }
        let back = parse(&render(&text, &|_| None).text, &[]);
        prop_assert_eq!(shape(&back), shape(&text));
    }
}
