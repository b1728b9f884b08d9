//! The link flow as a pure state machine.

use matrimony_domain::{Reason, UnixMillis};
use matrimony_network::{Linked, Picture, Step};
use std::fmt;

/// Where a link flow stands.
pub(super) struct Machine {
    state: State,
    /// The number of the code that is shown, from 1.
    code: usize,
    /// How many codes may be shown.
    codes: usize,
}

enum State {
    Starting,
    GettingCode,
    Showing { uri: String, expires: UnixMillis },
    Linking,
    Done(Linked),
    Failed(Reason),
}

/// What happened.
pub(super) enum Input {
    /// signal-cli answers.
    Ready,
    /// It does not, or not any more.
    Unavailable(Reason),
    /// It gave a link code.
    Code { uri: String, expires: UnixMillis },
    /// A code was shown for long enough. The phone that scans it in this moment is still awaited.
    Expired { code: usize },
    /// A phone has scanned a code and confirmed.
    Scanned { number: String },
    /// A code came to nothing.
    NotLinked { code: usize, failure: LinkFailure },
    /// The new account is known.
    Identified(Linked),
    /// The person gave up.
    Cancelled,
    /// Nothing more can happen; a safety net for the driver.
    NothingUnderWay,
}

/// Why a code came to nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LinkFailure {
    TimedOut,
    AlreadyLinked,
    ConnectionLost,
    /// With signal-cli's error code.
    Other(i64),
}

/// What the driver does.
#[derive(PartialEq, Eq)]
pub(super) enum Effect {
    AskForCode,
    AwaitPhone { code: usize, uri: String },
    Identify { number: String },
}

/// Redacted: a link code is a key to the account, and a number is a person's.
impl fmt::Debug for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AskForCode => f.write_str("AskForCode"),
            Self::AwaitPhone { code, .. } => write!(f, "AwaitPhone {{ code: {code}, .. }}"),
            Self::Identify { .. } => f.write_str("Identify { .. }"),
        }
    }
}

impl Machine {
    /// A flow that shows at most `codes` codes.
    pub(super) fn new(codes: usize) -> Self {
        Self {
            state: State::Starting,
            code: 0,
            codes,
        }
    }

    /// What to show now.
    pub(super) fn step(&self) -> Step {
        match &self.state {
            State::Starting => Step::Wait {
                what: "signal-cli is being started",
            },
            State::GettingCode => Step::Wait {
                what: "asking Signal for a link code",
            },
            State::Showing { uri, expires } => Step::Show {
                picture: Picture::Qr(uri.clone()),
                expires: Some(*expires),
            },
            State::Linking => Step::Wait {
                what: "the phone has confirmed; the account is being set up",
            },
            State::Done(linked) => Step::Done(linked.clone()),
            State::Failed(reason) => Step::Failed(reason.clone()),
        }
    }

    pub(super) fn is_over(&self) -> bool {
        matches!(self.state, State::Done(_) | State::Failed(_))
    }

    /// Takes what happened. What comes too late or twice changes nothing.
    pub(super) fn on(&mut self, input: Input) -> Vec<Effect> {
        if self.is_over() {
            return Vec::new();
        }
        match (&self.state, input) {
            (_, Input::Cancelled) => self.fail(Reason::fixed("the login was cancelled")),
            (_, Input::Unavailable(reason)) => self.fail(reason),
            (_, Input::NothingUnderWay) => self.fail(Reason::fixed("the login came to a halt; try again")),
            (State::Starting, Input::Ready) => self.next_code(),
            (State::GettingCode, Input::Code { uri, expires }) => {
                self.code += 1;
                let effect = Effect::AwaitPhone {
                    code: self.code,
                    uri: uri.clone(),
                };
                self.state = State::Showing { uri, expires };
                vec![effect]
            }
            (State::Linking, Input::Identified(linked)) => {
                self.state = State::Done(linked);
                Vec::new()
            }
            (State::Showing { .. } | State::GettingCode, Input::Scanned { number }) => {
                self.state = State::Linking;
                vec![Effect::Identify { number }]
            }
            (State::Showing { .. }, Input::Expired { code }) if code == self.code => self.next_code(),
            (State::Showing { .. } | State::GettingCode, Input::NotLinked { code, failure }) => {
                self.not_linked(code, failure)
            }
            _ => Vec::new(),
        }
    }

    fn not_linked(&mut self, code: usize, failure: LinkFailure) -> Vec<Effect> {
        match failure {
            LinkFailure::TimedOut if code == self.code && matches!(self.state, State::Showing { .. }) => {
                self.next_code()
            }
            // An earlier code; another one is shown.
            LinkFailure::TimedOut => Vec::new(),
            LinkFailure::AlreadyLinked => self.fail(Reason::fixed(
                "signal-cli has this account already; unlink that device on the phone, then link again",
            )),
            LinkFailure::ConnectionLost => self.fail(Reason::fixed(
                "signal-cli ended while linking; if the phone lists a new device, remove it there, then link again",
            )),
            LinkFailure::Other(code) => self.fail(Reason::computed(format!(
                "signal-cli could not link the account (code {code}); look at its log, then try again"
            ))),
        }
    }

    fn next_code(&mut self) -> Vec<Effect> {
        if self.code == self.codes {
            return self.fail(Reason::fixed("no phone has scanned the code in time; begin again"));
        }
        self.state = State::GettingCode;
        vec![Effect::AskForCode]
    }

    fn fail(&mut self, reason: Reason) -> Vec<Effect> {
        self.state = State::Failed(reason);
        Vec::new()
    }
}

#[cfg(test)]
mod tests;
