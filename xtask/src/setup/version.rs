//! Versions as programs print them.

use std::fmt;

/// The first three numbers of a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version {
    major: u32,
    minor: u32,
    patch: u32,
}

impl Version {
    pub(crate) const fn new(major: u32, minor: u32, patch: u32) -> Self {
        Self { major, minor, patch }
    }

    /// The first word of the text that reads `1.2` or `1.2.3`, with or without a `v` in front and a suffix behind.
    pub(crate) fn find_in(text: &str) -> Option<Self> {
        text.split_whitespace().find_map(Self::of_word)
    }

    fn of_word(word: &str) -> Option<Self> {
        let mut parts = word.strip_prefix('v').unwrap_or(word).splitn(3, '.');
        let major = parts.next()?.parse().ok()?;
        let minor = leading_number(parts.next()?)?;
        let patch = parts.next().and_then(leading_number).unwrap_or(0);
        Some(Self { major, minor, patch })
    }
}

fn leading_number(text: &str) -> Option<u32> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text[..end].parse().ok()
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

#[cfg(test)]
mod tests {
    use super::Version;

    #[test]
    fn reads_what_programs_print() {
        for (text, expected) in [
            ("Python 3.11.2", Version::new(3, 11, 2)),
            ("v20.20.2\n", Version::new(20, 20, 2)),
            ("11.19.1", Version::new(11, 19, 1)),
            (
                "cargo-nextest 0.9.148 (cd1d6d546 2026-10-07)\nrelease: 0.9.148",
                Version::new(0, 9, 148),
            ),
            ("cargo-deny 0.20.2", Version::new(0, 20, 2)),
            ("3.14.0rc1", Version::new(3, 14, 0)),
            ("3.13", Version::new(3, 13, 0)),
        ] {
            assert_eq!(Version::find_in(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn finds_no_version_in_garbage() {
        for text in [
            "",
            "pyenv: python3: command not found",
            "v",
            "3",
            "a.b.c",
            "99999999999.1",
            "3.",
            "ÿ.1",
        ] {
            assert_eq!(Version::find_in(text), None, "{text}");
        }
    }

    #[test]
    fn orders_by_number_and_not_by_text() {
        assert!(Version::new(3, 9, 18) < Version::new(3, 10, 0));
        assert!(Version::new(0, 9, 148) > Version::new(0, 9, 99));
    }
}
