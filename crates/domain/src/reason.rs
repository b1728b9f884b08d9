//! Why something did not happen.

use crate::limits::REASON_CHARS;
use std::borrow::Cow;
use std::fmt;

/// A short sentence, lower case, without personal data: it is stored, logged and shown. At most [`REASON_CHARS`]
/// characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Reason(Cow<'static, str>);

impl Reason {
    /// A fixed reason. Prefer this: what is a literal cannot leak.
    pub const fn fixed(text: &'static str) -> Self {
        Self(Cow::Borrowed(text))
    }

    /// A reason with a part that was computed (a code, a duration). The caller vouches that nothing personal is in it.
    pub fn computed(text: impl Into<String>) -> Self {
        let text: String = text.into();
        Self(Cow::Owned(text.chars().take(REASON_CHARS).collect()))
    }

    /// The sentence.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
