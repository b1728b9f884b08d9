//! A phone number as a person types it.

use std::fmt;

/// Shortest and longest number with its country code (ITU-T E.164 allows 15 digits).
const DIGITS: std::ops::RangeInclusive<usize> = 7..=15;

/// A phone number in international form, digits only. Redacted under `{:?}`.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct PhoneNumber(String);

impl PhoneNumber {
    /// Reads `+1 (555) 010-0001`, `0015550100001` and the like. `None` without a country code: one cannot be guessed.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let international = text
            .strip_prefix('+')
            .or_else(|| text.strip_prefix("00"))
            .unwrap_or(text);
        let known = |c: char| c.is_ascii_digit() || c.is_whitespace() || matches!(c, '-' | '.' | '(' | ')' | '/');
        let digits: String = international.chars().filter(char::is_ascii_digit).collect();
        let good = international.chars().all(known) && DIGITS.contains(&digits.len()) && !digits.starts_with('0');
        good.then_some(Self(digits))
    }

    /// The digits, for the server.
    pub(super) fn digits(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PhoneNumber({} digits)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_as_people_write_it() {
        for text in [
            "+15550100001",
            " +1 (555) 010-0001 ",
            "0015550100001",
            "1.555.010.0001",
            "1/5550100001",
        ] {
            assert_eq!(PhoneNumber::parse(text).unwrap().digits(), "15550100001", "{text}");
        }
    }

    #[test]
    fn what_is_no_number_is_not_taken_for_one() {
        for text in [
            "",
            "+",
            "0171 5550100",
            "12345",
            "1234567890123456",
            "call me",
            "+1555010000x",
            "+١٥٥٥٠١٠٠٠٠١",
        ] {
            assert_eq!(PhoneNumber::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_number_is_not_printed() {
        assert!(!format!("{:?}", PhoneNumber::parse("+15550100001")).contains("0100001"));
    }
}
