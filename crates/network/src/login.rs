//! Linking an account, as steps that a console, a terminal or a bot can show.

use async_trait::async_trait;
use matrimony_domain::{AccountKey, Name, PersonKey, Reason, UnixMillis};

/// A way to link an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LoginMethod {
    /// The phone scans a QR code.
    Qr,
    /// The phone's user types a code that we show; needs the phone number first.
    PairCode,
}

/// One attempt to link an account: a pure state machine behind a thin driver.
#[async_trait]
pub trait Login: Send {
    /// Waits for the next step. Cancel-safe. After `Done` or `Failed` it returns the same step again.
    async fn next(&mut self) -> Step;

    /// Answers the last [`Step::Ask`]; ignored if nothing was asked (a second click).
    async fn answer(&mut self, text: &str);

    /// Gives up. What was begun on the network is undone as far as it lets us; `next` then returns `Failed`.
    async fn cancel(&mut self);
}

/// What a front end does next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Show this to the person until the next step comes.
    Show {
        /// What to show.
        picture: Picture,
        /// When it stops working, if known; a new one follows by itself.
        expires: Option<UnixMillis>,
    },
    /// Ask the person for a line of text.
    Ask {
        /// What for.
        prompt: &'static str,
    },
    /// Something is under way.
    Wait {
        /// What.
        what: &'static str,
    },
    /// The account is linked.
    Done(Linked),
    /// It did not work; the reason names the cure.
    Failed(Reason),
}

/// What to show.
#[derive(Clone, PartialEq, Eq)]
pub enum Picture {
    /// The text of a QR code.
    Qr(String),
    /// A code to be typed on the phone.
    Code(String),
}

/// Redacted: both are keys to the account.
impl std::fmt::Debug for Picture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Qr(_) => "Qr(..)",
            Self::Code(_) => "Code(..)",
        })
    }
}

/// An account that was just linked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Linked {
    /// How the connector finds it again.
    pub key: AccountKey,
    /// Whom it is.
    pub person: PersonKey,
    /// Its profile name.
    pub name: Option<Name>,
}

/// Why a login could not begin.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// The network does not link accounts this way.
    #[error("this network does not link accounts this way")]
    NotOffered,
    /// Not now; the reason names the cure.
    #[error("{0}")]
    Failed(Reason),
}
