//! What the people of the demo say.

/// Who says what, over and over. Everybody speaks; some words carry marks, emoji and other scripts.
const LINES: [(&str, &str); 12] = [
    ("alice", "Shall we meet on Sunday?"),
    ("dora", "Yes! At the lake?"),
    ("nina", "I can bring the boat 🛶"),
    ("bob", "Who has the life jackets?"),
    ("emil", "I do. Five of them."),
    ("nina", "Then ten o'clock at the pier"),
    ("alice", "Perfect 👍🏽"),
    ("emil", "Is anyone coming by train?"),
    ("bob", "Me, at 9:40"),
    ("dora", "I will pick you up, Bob"),
    ("alice", "Grüße an alle, 明日見"),
    ("bob", "See you there"),
];

/// The `number`th thing that is said, from 1: who, and what, with the number in it.
pub(crate) fn line(number: usize) -> (&'static str, String) {
    let (who, words) = LINES[(number - 1) % LINES.len()];
    (who, format!("{words} ({number})"))
}

/// How many things are said when nobody asks for more.
pub(crate) const ONCE_THROUGH: usize = LINES.len();

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_speaks_and_every_line_has_its_number() {
        let said: Vec<(&str, String)> = (1..=ONCE_THROUGH * 2).map(line).collect();
        for who in ["alice", "bob", "nina", "dora", "emil"] {
            assert!(said.iter().any(|(speaker, _)| *speaker == who), "{who}");
        }
        assert!(
            said.iter()
                .enumerate()
                .all(|(i, (_, words))| words.ends_with(&format!("({})", i + 1)))
        );
    }
}
