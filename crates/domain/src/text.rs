//! The neutral form of formatted text, between Matrix HTML, WhatsApp marks and Signal ranges.

use crate::ids::PersonKey;
use std::fmt;
use std::ops::Range;

/// A body and the marks on it. Debug output is redacted.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Text {
    /// Plain text, lines separated by `\n`. A mention stands in it as its readable form (`@Ann`).
    pub body: String,
    /// Marks over `body`, sorted by start, then longest first. Spans may nest and overlap.
    pub spans: Vec<Span>,
}

/// One mark over a part of a [`Text`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// Byte offsets into the body, on character boundaries, not empty.
    pub range: Range<usize>,
    /// What the mark says.
    pub mark: Mark,
}

/// What a [`Span`] says about its text.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mark {
    /// Strong emphasis.
    Bold,
    /// Emphasis.
    Italic,
    /// Struck through.
    Strike,
    /// Monospaced, within a line.
    Code,
    /// Monospaced, whole lines.
    CodeBlock,
    /// Hidden until the reader asks.
    Spoiler,
    /// Whole lines quoted from elsewhere.
    Quote,
    /// A link; the text is its label. The address is `http`, `https`, `mailto` or `matrix`.
    Link(String),
    /// A person, whose name the text is.
    Mention(PersonKey),
}

impl Text {
    /// Text without marks.
    pub fn plain(body: impl Into<String>) -> Self {
        Self {
            body: body.into(),
            spans: Vec::new(),
        }
    }

    /// Adds a mark; ignored where it is empty, out of bounds or not on character boundaries, so that a decoder cannot
    /// make a text that breaks its readers.
    pub fn mark(&mut self, range: Range<usize>, mark: Mark) {
        let whole = range.start < range.end && self.body.get(range.clone()).is_some();
        if whole && self.spans.len() < crate::limits::SPANS {
            self.spans.push(Span { range, mark });
        }
    }

    /// Brings the spans into their order. Decoders call it once, at their end.
    pub fn sort(&mut self) {
        self.spans.sort_by(|a, b| {
            (a.range.start, std::cmp::Reverse(a.range.end), &a.mark).cmp(&(
                b.range.start,
                std::cmp::Reverse(b.range.end),
                &b.mark,
            ))
        });
        self.spans.dedup();
    }

    /// Appends `other`, its marks moved along.
    pub fn push(&mut self, other: &Text) {
        let offset = self.body.len();
        self.body.push_str(&other.body);
        self.spans.extend(other.spans.iter().map(|s| Span {
            range: s.range.start + offset..s.range.end + offset,
            mark: s.mark.clone(),
        }));
    }

    /// Appends plain text.
    pub fn push_str(&mut self, plain: &str) {
        self.body.push_str(plain);
    }

    /// Nothing to read.
    pub fn is_blank(&self) -> bool {
        self.body.trim().is_empty()
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Text({} bytes, {} spans)", self.body.len(), self.spans.len())
    }
}

impl fmt::Debug for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bold => "Bold",
            Self::Italic => "Italic",
            Self::Strike => "Strike",
            Self::Code => "Code",
            Self::CodeBlock => "CodeBlock",
            Self::Spoiler => "Spoiler",
            Self::Quote => "Quote",
            Self::Link(_) => "Link",
            Self::Mention(person) => return write!(f, "Mention({person:?})"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_that_would_break_a_reader_is_ignored() {
        let mut text = Text::plain("héllo");
        text.mark(0..0, Mark::Bold);
        text.mark(0..99, Mark::Bold);
        text.mark(0..2, Mark::Bold); // inside é
        assert!(text.spans.is_empty());
        text.mark(0..3, Mark::Bold);
        assert_eq!(text.spans.len(), 1);
    }

    #[test]
    fn appended_marks_move_along() {
        let mut text = Text::plain("ab");
        let mut tail = Text::plain("cd");
        tail.mark(1..2, Mark::Italic);
        text.push(&tail);
        assert_eq!(text.body, "abcd");
        assert_eq!(
            text.spans,
            vec![Span {
                range: 3..4,
                mark: Mark::Italic
            }]
        );
    }

    #[test]
    fn a_text_is_not_printed() {
        assert!(!format!("{:?}", Text::plain("secret")).contains("secret"));
    }
}
