//! What a person sees: the lines on a phone, or in a Matrix client, in the order in which they appeared.

use std::sync::{Arc, Mutex, PoisonError};
use tokio::time::Instant;

/// One line on a screen.
#[derive(Clone, Debug)]
pub struct Line {
    /// Its place on the screen, from 0.
    pub place: usize,
    /// When it appeared.
    pub at: Instant,
    /// Whom the app shows as the sender.
    pub sender: String,
    /// The words.
    pub text: String,
}

/// A screen that fills while somebody looks at it. Clones show the same.
#[derive(Clone, Debug, Default)]
pub struct Screen(Arc<Mutex<Vec<Line>>>);

impl Screen {
    /// A line appears.
    pub fn show(&self, sender: &str, text: &str) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let line = Line {
            place: lines.len(),
            at: Instant::now(),
            sender: sender.into(),
            text: text.into(),
        };
        lines.push(line);
    }

    /// All lines so far.
    pub fn lines(&self) -> Vec<Line> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The lines that hold `words`.
    pub fn with(&self, words: &str) -> Vec<Line> {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.iter().filter(|line| line.text.contains(words)).cloned().collect()
    }
}
