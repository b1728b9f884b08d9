//! Matrix HTML (`org.matrix.custom.html`).
//!
//! Read: the elements that the specification suggests for messages; what is not known is unwrapped, what is active
//! (`script`, `style`) or a reply fallback (`mx-reply`) is dropped with what is in it. Written: everything that is not a
//! mark of the text is escaped.
//!
//! A round trip keeps the text, but for white space that HTML does not keep: a tab or a no-break space comes back as a
//! space, and white space at the end goes. It keeps all marks of [`Text`]; a mention whose person has no Matrix id stays
//! a name.

mod address;
mod element;
mod read;
mod write;

#[cfg(test)]
mod tests;

use super::bound::{bounded, clean};
use super::rewrite::{Edit, rewrite};
use super::spans::tidy;
use matrimony_domain::{Mark, Marks, PersonKey, Text};

/// The marks that this form shows.
pub const SHOWN: Marks = Marks {
    bold: true,
    italic: true,
    strike: true,
    code: true,
    spoiler: true,
    quote: true,
    link: true,
};

/// A text as the fields of `m.room.message`.
#[derive(Clone, PartialEq, Eq)]
pub struct Rendered {
    /// `body`: readable without HTML.
    pub body: String,
    /// `formatted_body`; `None` where the text has no marks.
    pub html: Option<String>,
    /// `m.mentions.user_ids`: who is mentioned, each once.
    pub mentioned: Vec<String>,
}

/// Reads a `formatted_body`. Links to users on matrix.to become mentions of Matrix user ids; a caller that knows ghosts
/// gives those spans the person behind the ghost. A reply fallback (`mx-reply`) is left out. The result is blank where
/// nothing readable is in it: read the plain body then.
pub fn parse(html: &str) -> Text {
    with_signs(&tidy(&bounded(read::read(html))))
}

/// Reads a plain `body`; of a reply, the quoted lines in front (`> <@user:server> …`) are left out.
pub fn parse_plain(body: &str, is_reply: bool) -> Text {
    let body = clean(body);
    let said = if is_reply { without_fallback(&body) } else { &body };
    bounded(Text::plain(said))
}

/// Writes a text. `resolve` gives the Matrix user id of a person, where they have one; other mentions stay names.
pub fn render(text: &Text, resolve: &dyn Fn(&PersonKey) -> Option<String>) -> Rendered {
    write::write(text, resolve)
}

/// A pill shows a bare name; in a text a mention stands as `@name`.
fn with_signs(text: &Text) -> Text {
    let mentions = text.spans.iter().filter(|span| matches!(span.mark, Mark::Mention(_)));
    let labels = mentions.map(|span| (span.range.clone(), &text.body[span.range.clone()]));
    let bare = labels.filter(|(_, label)| !label.starts_with('@'));
    let edits = bare.map(|(range, label)| Edit::replace(range, format!("@{label}")));
    rewrite(text, edits.collect())
}

/// A reply's plain body used to begin with the quoted message, each line after `> `, the first one naming its author, and
/// an empty line (specification before 1.13).
fn without_fallback(body: &str) -> &str {
    let quotes_author = body.starts_with("> <@") || body.starts_with("> * <@");
    let mut rest = body;
    while quotes_author && rest.starts_with('>') {
        rest = rest.split_once('\n').map_or("", |(_, rest)| rest);
    }
    if quotes_author {
        rest.strip_prefix('\n').unwrap_or(rest)
    } else {
        body
    }
}
