//! What an element of Matrix HTML is to a reader.

use super::address::mark_for;
use html5ever::tokenizer::Tag;
use matrimony_domain::Mark;

/// What an element does to the text in it.
pub(super) enum Role {
    Marks(Mark),
    /// Its text is not for readers.
    Dropped,
    /// Begins and ends a line; the number of line ends around it.
    Block(usize),
    Heading,
    Quote,
    Preformatted,
    /// A list, with the number of its next item if it counts.
    List(Option<u32>),
    Plain,
}

/// The elements that the specification suggests for messages; all others are plain.
pub(super) fn role_of(tag: &Tag) -> Role {
    match &*tag.name {
        "b" | "strong" => Role::Marks(Mark::Bold),
        "i" | "em" => Role::Marks(Mark::Italic),
        "del" | "s" | "strike" => Role::Marks(Mark::Strike),
        "code" | "tt" => Role::Marks(Mark::Code),
        "a" => attribute(tag, "href")
            .and_then(|href| mark_for(&href))
            .map_or(Role::Plain, Role::Marks),
        "span" if attribute(tag, "data-mx-spoiler").is_some() => Role::Marks(Mark::Spoiler),
        "blockquote" => Role::Quote,
        "pre" => Role::Preformatted,
        "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => Role::Heading,
        "p" => Role::Block(2),
        "div" | "tr" | "table" | "details" | "summary" => Role::Block(1),
        "ul" => Role::List(None),
        "ol" => Role::List(Some(attribute(tag, "start").and_then(|n| n.parse().ok()).unwrap_or(1))),
        "mx-reply" | "script" | "style" => Role::Dropped,
        _ => Role::Plain,
    }
}

/// Line ends between an element and what is around it.
pub(super) fn margin(role: &Role) -> usize {
    match role {
        Role::Marks(_) | Role::Dropped | Role::Plain => 0,
        Role::Quote | Role::Preformatted | Role::List(_) => 1,
        Role::Heading => 2,
        Role::Block(lines) => *lines,
    }
}

/// The value of an attribute.
pub(super) fn attribute(tag: &Tag, name: &str) -> Option<String> {
    tag.attrs
        .iter()
        .find(|attr| &*attr.name.local == name)
        .map(|attr| attr.value.to_string())
}
