//! How set-up shows that it moves: a line per piece that changes in place, or plain lines where nobody watches.

use std::cell::{Cell, RefCell};
use std::io::{IsTerminal, stderr};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::stopwatch::Stopwatch;

/// Without a terminal, a long step says at this pace that it is alive.
const SIGN_OF_LIFE: Duration = Duration::from_secs(10);
/// How many characters of an installer's line it repeats.
const LINE_WIDTH: usize = 80;

/// Where steps are shown.
pub(super) enum Progress {
    Terminal(MultiProgress),
    Lines,
    #[cfg(test)]
    Hidden,
}

impl Progress {
    /// On standard error, since standard output belongs to the program that follows.
    pub(super) fn new() -> Self {
        if stderr().is_terminal() {
            Self::Terminal(MultiProgress::new())
        } else {
            Self::Lines
        }
    }

    #[cfg(test)]
    pub(super) fn hidden() -> Self {
        Self::Hidden
    }

    /// A sentence of its own.
    pub(super) fn say(&self, sentence: &str) {
        match self {
            Self::Terminal(bars) => bars.suspend(|| eprintln!("{sentence}")),
            Self::Lines => eprintln!("{sentence}"),
            #[cfg(test)]
            Self::Hidden => {}
        }
    }

    /// Begins to show a piece.
    pub(super) fn step(&self, name: &'static str) -> Step<'_> {
        let bar = match self {
            Self::Terminal(bars) => Some(spinner(bars, name)),
            _ => None,
        };
        Step {
            progress: self,
            name,
            bar,
            started: Stopwatch::start(),
            phase: RefCell::default(),
            last_sign: Cell::default(),
        }
    }
}

fn spinner(bars: &MultiProgress, name: &'static str) -> ProgressBar {
    let style = ProgressStyle::with_template("{spinner} {prefix:14} {elapsed:>4}  {wide_msg}");
    let bar = bars.add(ProgressBar::new_spinner());
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
    bar.set_prefix(name);
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}

/// One piece on its way.
pub(super) struct Step<'a> {
    progress: &'a Progress,
    name: &'static str,
    bar: Option<ProgressBar>,
    phase: RefCell<String>,
    started: Stopwatch,
    last_sign: Cell<Duration>,
}

impl Step<'_> {
    /// What happens now.
    pub(super) fn say(&self, what: &str) {
        self.phase.replace(what.to_owned());
        match &self.bar {
            Some(bar) => bar.set_message(what.to_owned()),
            None => self.progress.say(&format!("setup: {}: {what}", self.name)),
        }
    }

    /// What was said last.
    pub(super) fn phase(&self) -> String {
        self.phase.borrow().clone()
    }

    /// A line of an installer's output: a sign of life, of interest only now.
    pub(super) fn detail(&self, line: &str) {
        if let Some(bar) = &self.bar {
            return bar.set_message(line.to_owned());
        }
        let elapsed = self.started.elapsed();
        if elapsed - self.last_sign.get() >= SIGN_OF_LIFE {
            self.last_sign.set(elapsed);
            let begin: String = line.chars().take(LINE_WIDTH).collect();
            self.progress
                .say(&format!("setup: {}: {} s: {begin}", self.name, elapsed.as_secs()));
        }
    }

    /// The last word on the piece, with the time that it took.
    pub(super) fn end(self, outcome: &str) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        self.progress.say(&format!(
            "setup: {} {outcome} ({} s)",
            self.name,
            self.started.elapsed().as_secs()
        ));
    }
}
