//! The name that people see.

use crate::limits::NAME_CHARS;
use std::fmt;

/// A person's or a group's display name: cleaned, never empty, at most [`NAME_CHARS`] characters. Redacted under `{:?}`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name(String);

impl Name {
    /// Cleans `raw`: control and invisible direction characters go, runs of white space become one space, the length
    /// is bounded. `None` if nothing readable is left.
    pub fn new(raw: &str) -> Option<Self> {
        let visible = raw
            .chars()
            .map(|c| if c.is_whitespace() { ' ' } else { c })
            .filter(|c| !is_invisible(*c));
        let visible: String = visible.collect();
        let words: Vec<&str> = visible.split(' ').filter(|word| !word.is_empty()).collect();
        let name: String = words.join(" ").chars().take(NAME_CHARS).collect();
        let name = name.trim_end();
        (!name.is_empty()).then(|| Self(name.to_owned()))
    }

    /// The text, for a place that a person of the room reads. Not for logs.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

/// Control characters and the marks that reorder text around them; joiners stay, emoji need them.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Name({} chars)", self.0.chars().count())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_cleaned() {
        assert_eq!(Name::new("  Ann \n Lee\u{202e} ").unwrap().reveal(), "Ann Lee");
        assert_eq!(Name::new("👩\u{200d}🚀").unwrap().reveal(), "👩\u{200d}🚀");
        assert_eq!(Name::new("x".repeat(500).as_str()).unwrap().reveal().len(), NAME_CHARS);
    }

    #[test]
    fn nothing_readable_is_no_name() {
        assert!(Name::new(" \u{200b}\t").is_none());
    }

    #[test]
    fn a_name_is_not_printed() {
        assert!(!format!("{:?}", Name::new("dora").unwrap()).contains("dora"));
    }
}
