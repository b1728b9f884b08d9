//! WhatsApp marks: `*bold*`, `_italic_`, `~strike~`, `` `code` ``, ```` ```block``` ````, `> quote`.
//!
//! A mark opens where no letter or digit is in front of it and no white space behind it, and closes where no white space
//! is in front of it and no letter or digit behind it, on the same line. Code holds no other marks. Lists (`- `, `* `,
//! `1. `) are text.
//!
//! Plain text that would be read as a mark gets a word joiner (U+2060) behind the sign, and the reader takes a sign with
//! a word joiner behind it as text. Without an official grammar this leans on one thing that all clients share: a mark
//! that is not followed by white space, punctuation or the end does not close.
//!
//! A round trip keeps the text, without word joiners. Lost are: emphasis and code that do not begin and end at the edge
//! of a word, and on white space at their edges; code that holds a backtick; code blocks in a quote, which become code;
//! emphasis inside of code. Spoilers and links are written out before ([`degrade`](super::degrade)).

mod pieces;
mod read;
mod signs;
mod write;

#[cfg(test)]
mod tests;

use matrimony_domain::{Mark, Marks, Name, PersonKey, Text};

/// The marks that this form shows.
pub const SHOWN: Marks = Marks {
    bold: true,
    italic: true,
    strike: true,
    code: true,
    spoiler: false,
    quote: true,
    link: false,
};

/// Someone whom a message mentions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mentioned {
    /// What stands behind `@` in the text: the user part of the JID.
    pub user: String,
    /// Who that is.
    pub person: PersonKey,
    /// Their name, if known; without one the text reads `@someone` and the engine fills the name in at delivery.
    pub name: Option<Name>,
}

/// A text as WhatsApp carries it.
#[derive(Clone, PartialEq, Eq)]
pub struct Rendered {
    /// The text with its marks.
    pub text: String,
    /// Who is mentioned, each once, for the message's `mentionedJid`.
    pub mentioned: Vec<PersonKey>,
}

/// Reads a text. `mentions` says who stands behind each `@user`.
pub fn parse(text: &str, mentions: &[Mentioned]) -> Text {
    read::read(text, mentions)
}

/// Writes a text. `resolve` gives the user part of a person's JID, where they have one; other mentions stay names.
pub fn render(text: &Text, resolve: &dyn Fn(&PersonKey) -> Option<String>) -> Rendered {
    write::write(text, resolve)
}

/// Behind a sign, it makes the sign plain text.
const JOINER: char = '\u{2060}';
/// Around a code block.
const FENCE: &str = "```";
/// In front of each line of a quote.
const QUOTED: &str = "> ";

/// The mark that a sign stands for, of those that one sign opens and closes.
fn mark_of(sign: char) -> Option<Mark> {
    match sign {
        '*' => Some(Mark::Bold),
        '_' => Some(Mark::Italic),
        '~' => Some(Mark::Strike),
        '`' => Some(Mark::Code),
        _ => None,
    }
}

/// Whether a sign can open a mark between these neighbours.
fn can_open(before: Option<char>, after: Option<char>) -> bool {
    !before.is_some_and(char::is_alphanumeric) && after.is_some_and(|c| !c.is_whitespace() && c != JOINER)
}

/// Whether a sign can close a mark between these neighbours.
fn can_close(before: Option<char>, after: Option<char>) -> bool {
    before.is_some_and(|c| !c.is_whitespace()) && !after.is_some_and(|c| c.is_alphanumeric() || c == JOINER)
}
