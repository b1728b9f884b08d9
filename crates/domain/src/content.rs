//! What a message says.

use crate::text::Text;

/// The content of a message in the neutral model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// Words.
    Text(Text),
    /// Words that tell what the author does: "* nina waves".
    Emote(Text),
    /// A kind that is not carried yet. Rendered as a readable line, never as silence.
    Placeholder(Placeholder),
}

/// Stands for content that is not carried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placeholder {
    /// What it was.
    pub kind: PlaceholderKind,
    /// The words that came with it: a caption, a poll's question, an edit's new text, a reaction's emoji.
    pub text: Option<Text>,
}

/// The kinds that become a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PlaceholderKind {
    /// A still picture.
    Image,
    /// A moving picture.
    Video,
    /// A voice message.
    Voice,
    /// Recorded sound that is not a voice message.
    Audio,
    /// Any other file.
    File,
    /// A sticker.
    Sticker,
    /// A picture or video that may be seen once; it is never copied.
    ViewOnce,
    /// A place.
    Location,
    /// A contact card.
    Contact,
    /// A question with options; the text is the question.
    Poll,
    /// A vote in a poll.
    PollVote,
    /// A reaction; the text is the emoji.
    Reaction,
    /// A reaction that was taken back.
    ReactionRemoved,
    /// A message was changed; the text is the new one.
    Edit,
    /// A message was deleted.
    Deletion,
    /// Somebody called the group.
    Call,
    /// The disappearing-message timer was changed.
    Timer,
    /// A shared story.
    Story,
    /// The network could not decrypt the message for us.
    Undecryptable,
    /// A kind that this version does not know.
    Unknown,
}
