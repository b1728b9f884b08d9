//! Linking as a pure state machine: what the person, the server and the clock say goes in; what to show and what to do
//! comes out.

use super::number::PhoneNumber;
use matrimony_domain::{Reason, UnixMillis};
use matrimony_network::{Linked, LoginMethod, Picture, Step};
use std::fmt;
use std::time::Duration;

/// How long the server may take to give us something to show.
const CONNECT_WITHIN: Duration = Duration::from_secs(45);
/// How long the phone and the server may take once the phone has said yes.
const LINK_WITHIN: Duration = Duration::from_secs(90);
/// How often a code is replaced by a new one. The server counts the requests of a number.
const CODES: u32 = 3;

/// Where a login stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Machine {
    state: State,
    method: LoginMethod,
    number: Option<PhoneNumber>,
    codes_asked: u32,
    until: Option<UnixMillis>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    AskingNumber { again: bool },
    Connecting,
    Showing { picture: Picture, expires: UnixMillis },
    Linking,
    Done(Linked),
    Failed(Reason),
}

/// What happened.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Input {
    /// The person answered.
    Answer(String),
    /// The server gave a QR code.
    QrCode { code: String, lasts: Duration },
    /// The server's QR codes are used up.
    QrCodesUsedUp,
    /// The server gave a code to type.
    Code { code: String, lasts: Duration },
    /// The server gave no code.
    CodeRefused { throttled: bool, offered: bool },
    /// The code on show is not valid any more; `by_hand` if the server wants the person to ask for the next.
    CodeVoid { by_hand: bool },
    /// The phone said yes.
    Paired,
    /// The phone said yes, but its proof is not good.
    PairingBroken,
    /// The phone wants more than this version can do.
    Unsupported,
    /// The new device is connected.
    Online,
    /// The server will not have us; the reason names the cure.
    TurnedAway(Reason),
    /// What the machine waited for did not come.
    Overdue,
    /// The connection is closed and the account is known.
    Closed(Linked),
    /// The connection is closed and there is no account.
    NoAccount,
    /// The person gave up.
    Cancelled,
    /// Something that changes nothing.
    Nothing,
}

/// Only what kind it is: answers hold phone numbers, and codes are keys to the account.
impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Answer(_) => "Answer(..)",
            Self::QrCode { .. } => "QrCode(..)",
            Self::QrCodesUsedUp => "QrCodesUsedUp",
            Self::Code { .. } => "Code(..)",
            Self::CodeRefused { .. } => "CodeRefused(..)",
            Self::CodeVoid { .. } => "CodeVoid(..)",
            Self::Paired => "Paired",
            Self::PairingBroken => "PairingBroken",
            Self::Unsupported => "Unsupported",
            Self::Online => "Online",
            Self::TurnedAway(_) => "TurnedAway(..)",
            Self::Overdue => "Overdue",
            Self::Closed(_) => "Closed(..)",
            Self::NoAccount => "NoAccount",
            Self::Cancelled => "Cancelled",
            Self::Nothing => "Nothing",
        })
    }
}

/// What the driver must do. A number in it is redacted under `{:?}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    Nothing,
    /// Connect.
    Connect,
    /// Ask the server for a code for this number.
    RequestCode(PhoneNumber),
    /// Close the connection and say who we are: [`Input::Closed`].
    Close,
    /// Close the connection, unlink if the phone has said yes, remove the keys.
    Undo {
        /// The phone has said yes.
        linked: bool,
    },
}

impl Machine {
    /// The beginning, and what to do first.
    pub(super) fn begin(method: LoginMethod, now: UnixMillis) -> (Self, Effect) {
        let machine = Self {
            state: State::AskingNumber { again: false },
            method,
            number: None,
            codes_asked: 0,
            until: None,
        };
        match method {
            LoginMethod::PairCode => (machine, Effect::Nothing),
            LoginMethod::Qr => machine.connecting(now),
        }
    }

    /// What the person sees.
    pub(super) fn step(&self) -> Step {
        match &self.state {
            State::AskingNumber { again: false } => Step::Ask {
                prompt: "phone number of the WhatsApp account, with the country code, like +1 555 010 0001",
            },
            State::AskingNumber { again: true } => Step::Ask {
                prompt: "that is no phone number: give it with the country code and without a leading 0, like +1 555 010 0001",
            },
            State::Connecting => Step::Wait {
                what: "asking WhatsApp for a code",
            },
            State::Showing { picture, expires } => Step::Show {
                picture: picture.clone(),
                expires: Some(*expires),
            },
            State::Linking => Step::Wait {
                what: "the phone has agreed; linking, keep WhatsApp open on it",
            },
            State::Done(linked) => Step::Done(linked.clone()),
            State::Failed(reason) => Step::Failed(reason.clone()),
        }
    }

    /// When [`Input::Overdue`] is due.
    pub(super) fn until(&self) -> Option<UnixMillis> {
        self.until
    }

    /// Whether nothing can happen any more.
    pub(super) fn is_over(&self) -> bool {
        matches!(self.state, State::Done(_) | State::Failed(_))
    }

    /// The next state. What does not fit the state is ignored: a second click, a code after the phone's yes.
    pub(super) fn on(self, input: Input, now: UnixMillis) -> (Self, Effect) {
        let qr = self.method == LoginMethod::Qr;
        match (&self.state, input) {
            (State::Done(_) | State::Failed(_), _) => (self, Effect::Nothing),
            (_, Input::Cancelled) => self.fail("the login was cancelled"),
            (State::AskingNumber { .. }, Input::Answer(text)) => self.answered(&text, now),
            (State::AskingNumber { .. }, _) | (_, Input::Answer(_)) => (self, Effect::Nothing),
            (State::Linking, input) => self.while_linking(input, now),
            (_, Input::QrCode { code, lasts }) if qr => self.showing(Picture::Qr(code), lasts, now),
            // With the first QR code the server shows that it is ready for the number.
            (State::Connecting, Input::QrCode { .. }) => self.request_code(now),
            (_, Input::QrCodesUsedUp) if qr => {
                self.fail("nobody scanned the code; start again and scan it within three minutes")
            }
            (_, Input::Code { code, lasts }) if !qr => self.showing(Picture::Code(code), lasts, now),
            (_, Input::CodeVoid { by_hand: false }) if !qr && self.codes_asked < CODES => self.request_code(now),
            (_, Input::CodeVoid { .. }) if !qr => self.fail("nobody typed the code in time; start again"),
            (_, Input::CodeRefused { throttled, offered }) if !qr => self.fail(code_refusal(throttled, offered)),
            (_, Input::Paired) => self.linking(now),
            (_, Input::TurnedAway(reason)) => self.failed(reason),
            (_, Input::Unsupported) => self.fail(
                "the phone asks for something that this version cannot do; update WhatsApp on it, then start again",
            ),
            (_, Input::PairingBroken) => self.fail("the phone's answer was not valid; start again"),
            (State::Connecting, Input::Overdue) => {
                self.fail("WhatsApp cannot be reached; look at the network, then start again")
            }
            (_, Input::Overdue) => self.fail("nobody used the code in time; start again"),
            (_, _) => (self, Effect::Nothing),
        }
    }

    fn answered(self, text: &str, now: UnixMillis) -> (Self, Effect) {
        match PhoneNumber::parse(text) {
            Some(number) => Self {
                number: Some(number),
                ..self
            }
            .connecting(now),
            None => (
                Self {
                    state: State::AskingNumber { again: true },
                    ..self
                },
                Effect::Nothing,
            ),
        }
    }

    fn connecting(self, now: UnixMillis) -> (Self, Effect) {
        (
            Self {
                state: State::Connecting,
                until: Some(now.after(CONNECT_WITHIN)),
                ..self
            },
            Effect::Connect,
        )
    }

    fn request_code(self, now: UnixMillis) -> (Self, Effect) {
        let Some(number) = self.number.clone() else {
            return (self, Effect::Nothing);
        };
        if self.codes_asked >= CODES {
            return (self, Effect::Nothing);
        }
        let codes_asked = self.codes_asked + 1;
        let until = Some(now.after(CONNECT_WITHIN));
        (
            Self {
                state: State::Connecting,
                codes_asked,
                until,
                ..self
            },
            Effect::RequestCode(number),
        )
    }

    fn showing(self, picture: Picture, lasts: Duration, now: UnixMillis) -> (Self, Effect) {
        let expires = now.after(lasts);
        // The server says itself when a code is void; this is for when it does not.
        let until = Some(expires.after(CONNECT_WITHIN));
        (
            Self {
                state: State::Showing { picture, expires },
                until,
                ..self
            },
            Effect::Nothing,
        )
    }

    fn linking(self, now: UnixMillis) -> (Self, Effect) {
        (
            Self {
                state: State::Linking,
                until: Some(now.after(LINK_WITHIN)),
                ..self
            },
            Effect::Nothing,
        )
    }

    fn while_linking(self, input: Input, now: UnixMillis) -> (Self, Effect) {
        match input {
            // When it is late, the account is linked all the same, and the session finishes what is left.
            Input::Online | Input::Overdue => (
                Self {
                    until: Some(now.after(LINK_WITHIN)),
                    ..self
                },
                Effect::Close,
            ),
            Input::Closed(linked) => (
                Self {
                    state: State::Done(linked),
                    until: None,
                    ..self
                },
                Effect::Nothing,
            ),
            Input::NoAccount => self.fail("WhatsApp did not tell whose account it is; start again"),
            Input::TurnedAway(reason) => self.failed(reason),
            Input::PairingBroken => self.fail("the phone's answer was not valid; start again"),
            _ => (self, Effect::Nothing),
        }
    }

    fn fail(self, reason: &'static str) -> (Self, Effect) {
        self.failed(Reason::fixed(reason))
    }

    fn failed(self, reason: Reason) -> (Self, Effect) {
        let linked = self.state == State::Linking;
        (
            Self {
                state: State::Failed(reason),
                until: None,
                ..self
            },
            Effect::Undo { linked },
        )
    }
}

fn code_refusal(throttled: bool, offered: bool) -> &'static str {
    match (offered, throttled) {
        (false, _) => "WhatsApp offers no code for this account; link it with the QR code",
        (true, true) => {
            "WhatsApp gives no code now; check the number, wait some minutes, then start again or use the QR code"
        }
        (true, false) => "WhatsApp gave no code; check the number, then start again or use the QR code",
    }
}

#[cfg(test)]
mod tests;
