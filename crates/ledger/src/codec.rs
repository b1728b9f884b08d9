//! Content as it stands in a row: JSON with structs of its own, shared by the backends.
//!
//! A stored row outlives the version that wrote it, so names here are frozen: add, never rename. What a row holds is
//! checked again when it is read, as any other input.

mod stored;

use matrimony_domain::Content;
use stored::StoredContent;

/// The text of a row is no content that this version knows. Says nothing of the text: it is somebody's message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the stored content cannot be read")]
pub struct Undecodable;

/// Content as the text of a row.
pub fn encode_content(content: &Content) -> String {
    serde_json::to_string(&StoredContent::from(content)).expect("strings, numbers and lists always have a JSON form")
}

/// The content that a row holds. Marks that do not fit the body are dropped, as
/// [`Text::mark`](matrimony_domain::Text::mark) does.
pub fn decode_content(row: &str) -> Result<Content, Undecodable> {
    let stored: StoredContent = serde_json::from_str(row).map_err(|_| Undecodable)?;
    Content::try_from(stored)
}

#[cfg(test)]
mod tests;
