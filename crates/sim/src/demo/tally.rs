//! Counts what arrived, by looking at the screens.

use crate::screen::{Line, Screen};
use hdrhistogram::Histogram;
use matrimony_domain::NetworkKind;
use std::collections::BTreeMap;
use std::fmt;
use tokio::time::Instant;

/// A message that somebody wrote.
#[derive(Clone, Debug)]
pub struct Written {
    /// Its number, which stands in its words as `(n)`.
    pub number: usize,
    /// Who wrote it.
    pub author: String,
    /// In which app.
    pub side: NetworkKind,
    /// When.
    pub at: Instant,
}

impl Written {
    /// What no other message holds.
    pub fn token(&self) -> String {
        format!("({})", self.number)
    }
}

/// Somebody who should see everything that others wrote elsewhere.
#[derive(Clone, Debug)]
pub struct Reader {
    /// Their name.
    pub name: String,
    /// Their app.
    pub side: NetworkKind,
    /// What they see.
    pub screen: Screen,
}

/// What became of the messages.
#[derive(Debug, Default)]
pub struct Tally {
    /// Messages written.
    pub written: usize,
    /// Times that a reader of another app should have seen one.
    pub expected: usize,
    /// Times that one did.
    pub arrived: usize,
    /// Times that none did.
    pub lost: usize,
    /// Times that one saw it again.
    pub doubled: usize,
    /// Times that one saw a message after a later one of the same author.
    pub disordered: usize,
    /// Times that the author's name was not there, or the relay's was.
    pub misattributed: usize,
    /// How long messages took, in milliseconds, by the readers' app.
    pub latency: BTreeMap<NetworkKind, Histogram<u64>>,
}

/// Looks at every reader's screen for every message that was written in another app. `relays` are names that must
/// never be shown as an author.
pub fn tally(written: &[Written], readers: &[Reader], relays: &[String]) -> Tally {
    let mut tally = Tally {
        written: written.len(),
        ..Tally::default()
    };
    for reader in readers {
        let mut last_seen: BTreeMap<&str, usize> = BTreeMap::new();
        for message in written.iter().filter(|message| message.side != reader.side) {
            tally.expected += 1;
            let lines = reader.screen.with(&message.token());
            let Some(first) = lines.first() else {
                tally.lost += 1;
                continue;
            };
            tally.arrived += 1;
            tally.doubled += lines.len() - 1;
            tally.misattributed += usize::from(!names_author(first, message, relays));
            if last_seen
                .insert(&message.author, first.place)
                .is_some_and(|before| before > first.place)
            {
                tally.disordered += 1;
            }
            let took = u64::try_from(first.at.saturating_duration_since(message.at).as_millis()).unwrap_or(u64::MAX);
            tally
                .latency
                .entry(reader.side)
                .or_insert_with(histogram)
                .saturating_record(took.max(1));
        }
    }
    tally
}

/// One minute at most, three digits: enough for latencies between people.
fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, 600_000, 3).expect("the bounds are valid")
}

/// The author stands before the words, or is the sender; no relay does.
fn names_author(line: &Line, message: &Written, relays: &[String]) -> bool {
    let before_words = line.text.split(&message.token()).next().unwrap_or_default();
    let head: String = before_words.chars().take(message.author.chars().count() + 4).collect();
    let named = line.sender == message.author || head.contains(&message.author);
    named && !relays.iter().any(|relay| head.contains(relay.as_str()))
}

impl Tally {
    /// Everything arrived once, in order, with its author's name.
    pub fn is_perfect(&self) -> bool {
        self.arrived == self.expected && self.lost + self.doubled + self.disordered + self.misattributed == 0
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} messages written; {} of {} copies arrived, {} lost, {} doubled, {} out of order, {} without the author's name",
            self.written, self.arrived, self.expected, self.lost, self.doubled, self.disordered, self.misattributed
        )?;
        for (side, histogram) in &self.latency {
            let (p50, p99) = (histogram.value_at_quantile(0.5), histogram.value_at_quantile(0.99));
            writeln!(
                f,
                "  to {:<8}  p50 {p50:>5} ms   p99 {p99:>5} ms   ({} copies)",
                side.label(),
                histogram.len()
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(number: usize, author: &str) -> Written {
        Written {
            number,
            author: author.into(),
            side: NetworkKind::Signal,
            at: Instant::now(),
        }
    }

    fn reader(lines: &[(&str, &str)]) -> Reader {
        let screen = Screen::default();
        for (sender, text) in lines {
            screen.show(sender, text);
        }
        Reader {
            name: "dora".into(),
            side: NetworkKind::WhatsApp,
            screen,
        }
    }

    fn count(lines: &[(&str, &str)]) -> Tally {
        let messages = [written(1, "alice"), written(2, "alice"), written(3, "bob")];
        tally(&messages, &[reader(lines)], &["relay".into()])
    }

    #[test]
    fn all_once_in_order_with_names_is_perfect() {
        let tally = count(&[
            ("relay", "*alice*: a (1)"),
            ("relay", "*alice*: b (2)"),
            ("bob", "c (3)"),
        ]);
        assert!(tally.is_perfect(), "{tally}");
        assert_eq!(tally.latency[&NetworkKind::WhatsApp].len(), 3);
    }

    #[test]
    fn each_fault_is_counted() {
        let lost = count(&[("relay", "*alice*: a (1)"), ("relay", "*bob*: c (3)")]);
        assert_eq!((lost.lost, lost.is_perfect()), (1, false));
        let doubled = count(&[
            ("", "alice: a (1)"),
            ("", "alice: a (1)"),
            ("", "alice: b (2)"),
            ("", "bob: c (3)"),
        ]);
        assert_eq!((doubled.doubled, doubled.is_perfect()), (1, false));
        let nameless = count(&[("", "a (1)"), ("", "*relay*: b (2)"), ("", "bob: c (3)")]);
        assert_eq!((nameless.misattributed, nameless.is_perfect()), (2, false));
    }

    #[test]
    fn order_counts_per_author() {
        let tally = count(&[
            ("relay", "bob: c (3)"),
            ("relay", "alice: b (2)"),
            ("relay", "alice: a (1)"),
        ]);
        assert_eq!((tally.disordered, tally.lost), (1, 0));
    }
}
