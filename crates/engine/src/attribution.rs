//! Whose words these are, said in the message where the chat cannot show it.

use matrimony_domain::{Mark, Name, Text, limits};

/// How a text relates to its author.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// The author's words: "**Amy**: hello".
    Says,
    /// What the author says to do: "* **Amy** waves".
    Does,
    /// What we say of the author: "**Amy** sent a photo …".
    Tells,
}

/// The line in front of what a relay says for someone: a bold name, as relays of this field write it.
///
/// The name is one mark over its own characters, and a [`Name`] holds no line end: whatever a person calls themself, the
/// encoders show it as that name, in front, and nothing else of the message looks like it.
pub(crate) struct Attribution<'a> {
    pub(crate) name: &'a Name,
    pub(crate) manner: Manner,
    /// The chat shows bold.
    pub(crate) bold: bool,
}

impl Attribution<'_> {
    /// Most bytes that go in front of a part.
    pub(crate) fn room(&self) -> usize {
        let count = format!(" ({0}/{0}):\n", limits::PARTS);
        "* ".len() + self.name.reveal().len() + count.len()
    }

    /// The only part, or the first of several.
    pub(crate) fn first(&self, text: &Text) -> Text {
        match self.manner {
            Manner::Says => self.before(text, ":"),
            Manner::Does | Manner::Tells => self.before(text, ""),
        }
    }

    /// A further part: `part` counts from 1.
    pub(crate) fn further(&self, part: usize, parts: usize, text: &Text) -> Text {
        self.before(text, &format!(" ({part}/{parts}):"))
    }

    fn before(&self, text: &Text, sign: &str) -> Text {
        let mut out = Text::plain(if self.manner == Manner::Does { "* " } else { "" });
        let start = out.body.len();
        out.push_str(self.name.reveal());
        if self.bold {
            out.mark(start..out.body.len(), Mark::Bold);
        }
        out.push_str(sign);
        out.push_str(if begins_with_block(text) { "\n" } else { " " });
        out.push(text);
        out
    }
}

/// What the chat, or its reader, only takes for a quote, code or a list at the start of a line.
fn begins_with_block(text: &Text) -> bool {
    let marked = |mark: &Mark| matches!(mark, Mark::Quote | Mark::CodeBlock);
    let signs = ["> ", "- ", "* ", "• "];
    let number = text.body.trim_start_matches(|c: char| c.is_ascii_digit());
    text.spans
        .iter()
        .any(|span| span.range.start == 0 && marked(&span.mark))
        || signs.iter().any(|sign| text.body.starts_with(sign))
        || (number.len() < text.body.len() && number.starts_with(". "))
}

/// What a chat is told that can speak as the author.
pub(crate) fn in_own_voice(name: &Name, manner: Manner, text: Text) -> Text {
    match manner {
        Manner::Says | Manner::Tells => text,
        Manner::Does => {
            let mut out = Text::plain(format!("* {} ", name.reveal()));
            out.push(&text);
            out
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::translate::testing::shape;
    use crate::translate::{html, marks, ranges};
    use matrimony_domain::Span;
    use proptest::prelude::*;

    fn attributed(name: &str, manner: Manner, text: &Text) -> Text {
        let name = Name::new(name).unwrap();
        let bold = true;
        Attribution {
            name: &name,
            manner,
            bold,
        }
        .first(text)
    }

    fn check(manner: Manner, body: &str, expect: &str) {
        assert_eq!(shape(&attributed("Amy", manner, &Text::plain(body))), expect);
    }

    #[test]
    fn a_bold_name_stands_in_front() {
        check(Manner::Says, "hi", "‹bold:Amy›: hi");
        check(Manner::Says, "hi\nho", "‹bold:Amy›: hi\nho");
        check(Manner::Does, "waves", "* ‹bold:Amy› waves");
        check(Manner::Tells, "called", "‹bold:Amy› called");
    }

    #[test]
    fn a_block_begins_on_its_own_line() {
        check(Manner::Says, "- a\n- b", "‹bold:Amy›:\n- a\n- b");
        check(Manner::Says, "1. a", "‹bold:Amy›:\n1. a");
        check(Manner::Says, "1.5 a", "‹bold:Amy›: 1.5 a");
        check(Manner::Says, ". a", "‹bold:Amy›: . a");
        let mut quote = Text::plain("q\nx");
        quote.mark(0..1, Mark::Quote);
        let shown = shape(&attributed("Amy", Manner::Says, &quote));
        assert_eq!(shown, "‹bold:Amy›:\n‹quote:q›\nx");
    }

    #[test]
    fn further_parts_are_counted() {
        let name = Name::new("Amy").unwrap();
        let attribution = Attribution {
            name: &name,
            manner: Manner::Says,
            bold: false,
        };
        let part = attribution.further(2, 3, &Text::plain("more"));
        assert_eq!(part.body, "Amy (2/3): more");
        assert_eq!(part.spans, []);
        let longest = attribution.further(limits::PARTS, limits::PARTS, &Text::plain("> x"));
        assert!(longest.body.len() - 3 <= attribution.room());
    }

    proptest! {
        /// On every network the message begins with exactly the author's name, all of it bold and nothing else: no name
        /// and no text makes it look as if someone else had spoken.
        #[test]
        fn an_author_cannot_be_forged(raw in "[A-Za-z*_~`>@:<\\[\\]() \n\u{202e}👩]{1,20}", body in "[a-z*_~`>: \n]{1,20}") {
            let Some(name) = Name::new(&raw) else { return Ok(()) };
            prop_assume!(!body.trim().is_empty());
            let text = attributed(name.reveal(), Manner::Says, &Text::plain(body));
            let nobody = |_: &_| None;
            let on_matrix = html::parse(&html::render(&text, &nobody).html.unwrap());
            let signal = ranges::render(&text, &nobody);
            let styles = signal.styles.iter().map(|at| ranges::Range {
                start: i64::try_from(at.start).unwrap(),
                length: i64::try_from(at.length).unwrap(),
                what: ranges::What::Style(at.style),
            });
            let on_signal = ranges::parse(&signal.text, &styles.collect::<Vec<_>>());
            let on_whatsapp = marks::parse(&marks::render(&text, &nobody).text, &[]);
            for seen in [on_matrix, on_signal, on_whatsapp] {
                let front = format!("{}:", name.reveal());
                prop_assert!(seen.body.starts_with(&front), "{:?} in {:?}", front, seen.body);
                let bold = Span { range: 0..name.reveal().len(), mark: Mark::Bold };
                prop_assert_eq!(seen.spans, [bold]);
            }
        }
    }
}
