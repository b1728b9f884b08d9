//! Signal ranges: a plain body, with styles and mentions as ranges counted in UTF-16 code units.
//!
//! A round trip keeps the text and these marks: bold, italic, strike, spoiler, code, mentions of people who have an ACI.
//! A code block of one line comes back as code within a line. Links and quotes are written out before
//! ([`degrade`](super::degrade)). U+FFFC itself is not text: outside of mentions it is left out.

mod read;
mod write;

#[cfg(test)]
mod tests;

use matrimony_domain::{Marks, Name, PersonKey, Text};
use std::fmt;

/// The marks that this form shows.
pub const SHOWN: Marks = Marks {
    bold: true,
    italic: true,
    strike: true,
    code: true,
    spoiler: true,
    quote: false,
    link: false,
};

/// A style or a mention over a part of a body, as the network gives it: nothing about it is trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Range {
    /// Where it starts, in UTF-16 code units.
    pub start: i64,
    /// How long it is, in UTF-16 code units.
    pub length: i64,
    /// What it says.
    pub what: What,
}

/// What a [`Range`] says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// A style.
    Style(Style),
    /// Someone, for whom a placeholder stands in the body.
    Mention {
        /// Who.
        person: PersonKey,
        /// Their name, if known; without one the text reads `@someone` and the engine fills the name in at delivery.
        name: Option<Name>,
    },
}

/// The styles of Signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Style {
    /// Bold.
    Bold,
    /// Italic.
    Italic,
    /// Hidden until asked for.
    Spoiler,
    /// Struck through.
    Strikethrough,
    /// Monospaced.
    Monospace,
}

impl Style {
    /// The name on the wire; [`FromStr`](std::str::FromStr) reads it back.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bold => "BOLD",
            Self::Italic => "ITALIC",
            Self::Spoiler => "SPOILER",
            Self::Strikethrough => "STRIKETHROUGH",
            Self::Monospace => "MONOSPACE",
        }
    }
}

/// The name is no style that this version knows.
#[derive(Debug, thiserror::Error)]
#[error("unknown text style")]
pub struct UnknownStyle;

impl std::str::FromStr for Style {
    type Err = UnknownStyle;

    fn from_str(name: &str) -> Result<Self, UnknownStyle> {
        [
            Self::Bold,
            Self::Italic,
            Self::Spoiler,
            Self::Strikethrough,
            Self::Monospace,
        ]
        .into_iter()
        .find(|style| style.as_str() == name)
        .ok_or(UnknownStyle)
    }
}

/// A text as Signal carries it.
#[derive(Clone, PartialEq, Eq)]
pub struct Rendered {
    /// The body; U+FFFC stands for each mention.
    pub text: String,
    /// The styles.
    pub styles: Vec<StyleAt>,
    /// The mentions.
    pub mentions: Vec<MentionAt>,
}

/// A style over a part of a body. Prints as signal-cli reads it: `start:length:STYLE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StyleAt {
    /// In UTF-16 code units.
    pub start: usize,
    /// In UTF-16 code units.
    pub length: usize,
    /// Which.
    pub style: Style,
}

/// A mention in a body. Prints as signal-cli reads it: `start:length:recipient`.
#[derive(Clone, PartialEq, Eq)]
pub struct MentionAt {
    /// In UTF-16 code units.
    pub start: usize,
    /// In UTF-16 code units.
    pub length: usize,
    /// Who, as the resolver named them.
    pub recipient: String,
}

impl fmt::Display for StyleAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.start, self.length, self.style.as_str())
    }
}

impl fmt::Display for MentionAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.start, self.length, self.recipient)
    }
}

/// Reads a body and its ranges. What reaches past the end is clamped; a range that is negative, empty, outside of the
/// body or that begins or ends inside a surrogate pair is ignored.
pub fn parse(body: &str, ranges: &[Range]) -> Text {
    read::read(body, ranges)
}

/// Writes a text. `resolve` gives the ACI of a person, where they have one; other mentions stay names.
pub fn render(text: &Text, resolve: &dyn Fn(&PersonKey) -> Option<String>) -> Rendered {
    write::write(text, resolve)
}

/// Stands in a body for a mention.
const PLACEHOLDER: char = '\u{fffc}';
