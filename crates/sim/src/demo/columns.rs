//! The conversation as three columns, one per app, as it is seen there.

use crate::demo::tally::{Reader, Written};
use matrimony_domain::NetworkKind;
use unicode_width::UnicodeWidthStr as _;

/// The apps, left to right.
const SIDES: [NetworkKind; 3] = [NetworkKind::Signal, NetworkKind::Matrix, NetworkKind::WhatsApp];
/// The narrowest column that still shows something.
const NARROWEST: usize = 24;

/// Prints rows of three columns that fit a terminal.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Columns {
    width: usize,
}

impl Columns {
    /// For a terminal of so many characters.
    pub(crate) fn for_terminal(characters: usize) -> Self {
        Self {
            width: (characters.saturating_sub(6) / 3).clamp(NARROWEST, 48),
        }
    }

    /// The headings: which app, and whose screen is looked at.
    pub(crate) fn headings(&self, readers: &[Reader]) -> String {
        let heading = |side: NetworkKind| {
            let names: Vec<&str> = readers
                .iter()
                .filter(|r| r.side == side)
                .map(|r| r.name.as_str())
                .collect();
            format!("{} ({})", side.label(), names.join(", "))
        };
        let rule = "─".repeat(self.width);
        format!(
            "{}\n{}",
            self.row(SIDES.map(heading)),
            self.row([rule.clone(), rule.clone(), rule])
        )
    }

    /// How one message looks in each app, on the screen of the first reader there who did not write it.
    pub(crate) fn message(&self, message: &Written, readers: &[Reader]) -> String {
        self.row(SIDES.map(|side| {
            let mut others = readers.iter().filter(|r| r.side == side && r.name != message.author);
            let Some(reader) = others.next().or_else(|| readers.iter().find(|r| r.side == side)) else {
                return String::new();
            };
            match reader.screen.with(&message.token()).first() {
                Some(line) => format!("{} | {}", line.sender, line.text.replace('\n', " / ")),
                None => "(not there)".into(),
            }
        }))
    }

    fn row(&self, cells: [String; 3]) -> String {
        let cell = |text: String| {
            let shown: String = text.chars().filter(|c| !c.is_control()).collect();
            let shown = if shown.width() > self.width {
                cut(&shown, self.width - 1) + "…"
            } else {
                shown
            };
            let padding = " ".repeat(self.width - shown.width());
            shown + &padding
        };
        cells.map(cell).join(" │ ").trim_end().to_owned()
    }
}

/// As much of a text as fits so many columns of a terminal.
fn cut(text: &str, columns: usize) -> String {
    let mut taken = String::new();
    for c in text.chars() {
        taken.push(c);
        if taken.width() > columns {
            taken.pop();
            break;
        }
    }
    taken
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::screen::Screen;
    use tokio::time::Instant;
    use unicode_width::UnicodeWidthStr;

    #[test]
    fn each_column_shows_what_its_screen_shows() {
        let reader = |name: &str, side| Reader {
            name: name.into(),
            side,
            screen: Screen::default(),
        };
        let readers = [
            reader("alice", NetworkKind::Signal),
            reader("bob", NetworkKind::Signal),
            reader("dora", NetworkKind::WhatsApp),
        ];
        readers[0].screen.show("me", "hi (1)");
        readers[1].screen.show("alice", "hi (1)");
        let message = Written {
            number: 1,
            author: "alice".into(),
            side: NetworkKind::Signal,
            at: Instant::now(),
        };
        let row = Columns::for_terminal(90).message(&message, &readers);
        assert!(row.starts_with("alice | hi (1)"), "{row}");
        assert!(row.ends_with("(not there)"), "{row}");
    }

    #[test]
    fn wide_characters_keep_the_columns_in_line() {
        let columns = Columns::for_terminal(80);
        let row = columns.row(["明日見".into(), "明日見".repeat(9), "z".into()]);
        let widths: Vec<usize> = row.split(" │ ").map(UnicodeWidthStr::width).collect();
        assert_eq!(widths, [24, 24, 1]);
    }

    #[test]
    fn long_lines_are_cut_to_the_column() {
        let columns = Columns::for_terminal(80);
        let row = columns.row(["x".repeat(99), "y".into(), "z".into()]);
        assert_eq!(row.split(" │ ").next().unwrap().chars().count(), 24);
    }
}
