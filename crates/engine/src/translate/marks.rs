//! WhatsApp marks: `*bold*`, `_italic_`, `~strike~`, `` `code` ``, ```` ```block``` ````, `> quote`.

use matrimony_domain::{Marks, Name, PersonKey, Text};

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
    let _ = mentions;
    Text::plain(text)
}

/// Writes a text. `resolve` gives the user part of a person's JID, where they have one; other mentions stay names.
pub fn render(text: &Text, resolve: &dyn Fn(&PersonKey) -> Option<String>) -> Rendered {
    let _ = resolve;
    Rendered {
        text: text.body.clone(),
        mentioned: Vec::new(),
    }
}
