//! The structs of the stored form and the way to and from the domain's types.

use super::Undecodable;
use matrimony_domain::{Content, Mark, PersonKey, Placeholder, PlaceholderKind, Span, Text};
use serde::{Deserialize, Serialize};

/// [`Content`] in a row.
#[derive(Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum StoredContent {
    Text {
        text: StoredText,
    },
    Emote {
        text: StoredText,
    },
    Placeholder {
        kind: StoredKind,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<StoredText>,
    },
}

/// [`Text`] in a row.
#[derive(Serialize, Deserialize)]
pub(super) struct StoredText {
    body: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    spans: Vec<StoredSpan>,
}

/// [`Span`] in a row: byte offsets, end excluded.
#[derive(Serialize, Deserialize)]
struct StoredSpan {
    start: usize,
    end: usize,
    mark: StoredMark,
}

/// [`Mark`] in a row.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StoredMark {
    Bold,
    Italic,
    Strike,
    Code,
    CodeBlock,
    Spoiler,
    Quote,
    Link(String),
    Mention { network: String, id: String },
}

impl From<&Content> for StoredContent {
    fn from(content: &Content) -> Self {
        match content {
            Content::Text(text) => Self::Text { text: text.into() },
            Content::Emote(text) => Self::Emote { text: text.into() },
            Content::Placeholder(Placeholder { kind, text }) => Self::Placeholder {
                kind: (*kind).into(),
                text: text.as_ref().map(StoredText::from),
            },
        }
    }
}

impl TryFrom<StoredContent> for Content {
    type Error = Undecodable;

    fn try_from(stored: StoredContent) -> Result<Self, Undecodable> {
        Ok(match stored {
            StoredContent::Text { text } => Self::Text(text.try_into()?),
            StoredContent::Emote { text } => Self::Emote(text.try_into()?),
            StoredContent::Placeholder { kind, text } => Self::Placeholder(Placeholder {
                kind: kind.into(),
                text: text.map(Text::try_from).transpose()?,
            }),
        })
    }
}

impl From<&Text> for StoredText {
    fn from(text: &Text) -> Self {
        Self {
            body: text.body.clone(),
            spans: text.spans.iter().map(StoredSpan::from).collect(),
        }
    }
}

impl TryFrom<StoredText> for Text {
    type Error = Undecodable;

    fn try_from(stored: StoredText) -> Result<Self, Undecodable> {
        let mut text = Self::plain(stored.body);
        for span in stored.spans {
            text.mark(span.start..span.end, span.mark.try_into()?);
        }
        Ok(text)
    }
}

impl From<&Span> for StoredSpan {
    fn from(span: &Span) -> Self {
        Self {
            start: span.range.start,
            end: span.range.end,
            mark: (&span.mark).into(),
        }
    }
}

impl From<&Mark> for StoredMark {
    fn from(mark: &Mark) -> Self {
        match mark {
            Mark::Bold => Self::Bold,
            Mark::Italic => Self::Italic,
            Mark::Strike => Self::Strike,
            Mark::Code => Self::Code,
            Mark::CodeBlock => Self::CodeBlock,
            Mark::Spoiler => Self::Spoiler,
            Mark::Quote => Self::Quote,
            Mark::Link(address) => Self::Link(address.clone()),
            Mark::Mention(person) => Self::Mention {
                network: person.network.as_str().to_owned(),
                id: person.id.clone(),
            },
        }
    }
}

impl TryFrom<StoredMark> for Mark {
    type Error = Undecodable;

    fn try_from(stored: StoredMark) -> Result<Self, Undecodable> {
        Ok(match stored {
            StoredMark::Bold => Self::Bold,
            StoredMark::Italic => Self::Italic,
            StoredMark::Strike => Self::Strike,
            StoredMark::Code => Self::Code,
            StoredMark::CodeBlock => Self::CodeBlock,
            StoredMark::Spoiler => Self::Spoiler,
            StoredMark::Quote => Self::Quote,
            StoredMark::Link(address) => Self::Link(address),
            StoredMark::Mention { network, id } => {
                Self::Mention(PersonKey::new(network.parse().map_err(|_| Undecodable)?, id))
            }
        })
    }
}

/// Makes [`StoredKind`] and its two conversions from one list.
macro_rules! stored_kinds {
    ($($kind:ident),+ $(,)?) => {
        /// [`PlaceholderKind`] in a row.
        #[derive(Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub(super) enum StoredKind {
            $($kind),+
        }

        impl From<PlaceholderKind> for StoredKind {
            fn from(kind: PlaceholderKind) -> Self {
                match kind {
                    $(PlaceholderKind::$kind => Self::$kind),+
                }
            }
        }

        impl From<StoredKind> for PlaceholderKind {
            fn from(stored: StoredKind) -> Self {
                match stored {
                    $(StoredKind::$kind => Self::$kind),+
                }
            }
        }
    };
}

stored_kinds!(
    Image,
    Video,
    Voice,
    Audio,
    File,
    Sticker,
    ViewOnce,
    Location,
    Contact,
    Poll,
    PollVote,
    Reaction,
    ReactionRemoved,
    Edit,
    Deletion,
    Call,
    Timer,
    Story,
    Undecryptable,
    Unknown,
);
