//! What a chat can carry, as data: the engine decides by these values and never by a network's name.

/// What one chat can carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// Can speak *as* the author; otherwise the relay speaks and the name goes in front.
    pub own_voice: bool,
    /// Longest text of one message, in UTF-8 bytes. Longer ones are split, never cut.
    pub text_bytes: usize,
    /// Marks that the chat shows. What is not here is dropped from the text, or written out (links, quotes).
    pub marks: Marks,
    /// Who chooses the ids of messages that we send.
    pub send_ids: SendIds,
}

/// Marks that a chat shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Marks {
    /// Bold.
    pub bold: bool,
    /// Italic.
    pub italic: bool,
    /// Struck through.
    pub strike: bool,
    /// Monospaced within a line and in blocks.
    pub code: bool,
    /// Hidden until asked for.
    pub spoiler: bool,
    /// Quoted lines.
    pub quote: bool,
    /// Links with a label of their own; otherwise the address is written behind the label.
    pub link: bool,
}

/// Who chooses the id of a message that we send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SendIds {
    /// We do, or the network dedupes by a key of ours: a repeat makes no second message.
    Ours,
    /// The network does: an answer that never came leaves us unsure.
    Theirs,
}
