//! What a homeserver may answer instead of what was asked for.

use matrimony_domain::Reason;
use matrimony_network::SendError;
use reqwest::StatusCode;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use serde::Deserialize;
use std::time::Duration;

/// How long to wait when the homeserver did not say.
const PAUSE: Duration = Duration::from_secs(1);
/// Most that we wait because it said so.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// A call that did not succeed. Texts hold no addresses: they name rooms and users.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallError {
    /// No answer.
    #[error("the homeserver does not answer")]
    Unreachable(#[source] reqwest::Error),
    /// It said no.
    #[error("the homeserver refused: {} ({})", .0.code, .0.status)]
    Refused(Refusal),
    /// It said yes in words that we do not understand.
    #[error("the homeserver's answer is not understood")]
    Garbled,
    /// The request could not be written.
    #[error("the request cannot be written")]
    Unsayable,
}

/// An error answer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    /// `M_…`, or `?` where there was none.
    pub(crate) code: String,
    pub(crate) retry_after: Option<Duration>,
}

impl Refusal {
    /// Reads an error answer by the specification's standard form; anything else is an error without a code.
    pub(super) fn read(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Self {
        #[derive(Deserialize)]
        struct Standard {
            errcode: String,
            retry_after_ms: Option<u64>,
        }
        let standard: Option<Standard> = serde_json::from_slice(body).ok();
        let seconds = headers
            .get(RETRY_AFTER)
            .and_then(|value| value.to_str().ok()?.parse().ok());
        let in_body = standard
            .as_ref()
            .and_then(|s| s.retry_after_ms)
            .map(Duration::from_millis);
        Self {
            status,
            code: standard.map_or_else(|| "?".to_owned(), |s| code(&s.errcode)),
            retry_after: in_body.or_else(|| seconds.map(Duration::from_secs)),
        }
    }
}

/// An error code as far as it can be one: a server could write anything into the field, and this text is logged.
fn code(raw: &str) -> String {
    let shaped = raw.len() <= 64
        && raw
            .bytes()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
    if shaped { raw.to_owned() } else { "?".to_owned() }
}

impl CallError {
    pub(super) fn unreachable(error: reqwest::Error) -> Self {
        Self::Unreachable(error.without_url())
    }

    /// The homeserver itself is in trouble, not this call.
    pub(crate) fn means_down(&self) -> bool {
        match self {
            Self::Unreachable(_) => true,
            Self::Refused(refusal) => matches!(refusal.status.as_u16(), 502..=504),
            Self::Garbled | Self::Unsayable => false,
        }
    }

    /// It said no with this code.
    pub(crate) fn is(&self, code: &str) -> bool {
        matches!(self, Self::Refused(refusal) if refusal.code == code)
    }

    /// It said no for a reason that may lie in what we believe about the room or the ghost: worth one repair.
    pub(crate) fn may_be_mended(&self) -> bool {
        matches!(self, Self::Refused(refusal)
            if matches!(refusal.status.as_u16(), 400 | 401 | 403 | 404) && refusal.code != "M_TOO_LARGE")
    }

    /// What the outbox does about it. Sends are idempotent, so no answer means: again.
    pub(crate) fn to_send_error(&self) -> SendError {
        match self {
            Self::Unreachable(_) => later(PAUSE, "the homeserver does not answer"),
            Self::Garbled => later(
                PAUSE,
                "the homeserver's answer is not understood; is its address right?",
            ),
            Self::Unsayable => SendError::Refused(Reason::fixed("the message cannot be written as a Matrix event")),
            Self::Refused(refusal) => refusal.to_send_error(),
        }
    }
}

impl Refusal {
    fn to_send_error(&self) -> SendError {
        let code = &self.code;
        match self.status.as_u16() {
            429 => later(
                self.retry_after.unwrap_or(PAUSE).min(LONGEST_PAUSE),
                "the homeserver asks us to slow down",
            ),
            500.. => later(PAUSE, "the homeserver has an error of its own; look at its log"),
            _ if matches!(code.as_str(), "M_UNKNOWN_TOKEN" | "M_MISSING_TOKEN") => later(
                LONGEST_PAUSE,
                "the homeserver does not know our token; give it the registration file and restart it",
            ),
            _ if code == "M_TOO_LARGE" => {
                SendError::Refused(Reason::fixed("the message is too large for a Matrix event"))
            }
            _ if code == "M_FORBIDDEN" => SendError::Refused(Reason::fixed(
                "the homeserver forbids it; is the bot in the room, and may it invite there?",
            )),
            status => SendError::Refused(Reason::computed(format!(
                "the homeserver refused it: {code} ({status})"
            ))),
        }
    }
}

fn later(after: Duration, reason: &'static str) -> SendError {
    SendError::Later {
        after,
        reason: Reason::fixed(reason),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(status: u16, body: &str) -> CallError {
        let status = StatusCode::from_u16(status).unwrap();
        CallError::Refused(Refusal::read(status, &HeaderMap::new(), body.as_bytes()))
    }

    #[test]
    fn each_answer_leads_to_its_next_move() {
        let limited = refusal(429, r#"{"errcode":"M_LIMIT_EXCEEDED","retry_after_ms":1500}"#).to_send_error();
        assert!(matches!(limited, SendError::Later { after, .. } if after == Duration::from_millis(1500)));
        let down = refusal(502, "<html>");
        assert!(down.means_down());
        assert!(matches!(down.to_send_error(), SendError::Later { .. }));
        let large = refusal(413, r#"{"errcode":"M_TOO_LARGE"}"#);
        assert!(!large.may_be_mended());
        assert!(matches!(large.to_send_error(), SendError::Refused(_)));
        let outside = refusal(403, r#"{"errcode":"M_FORBIDDEN"}"#);
        assert!(outside.may_be_mended() && outside.is("M_FORBIDDEN"));
        assert!(matches!(outside.to_send_error(), SendError::Refused(_)));
        let stranger = refusal(401, r#"{"errcode":"M_UNKNOWN_TOKEN"}"#).to_send_error();
        assert!(matches!(stranger, SendError::Later { .. }));
    }

    #[test]
    fn a_homeserver_cannot_write_into_our_log() {
        for body in [r#"{"errcode":"M_X\nsecret"}"#, "garbage", "", r#"{"errcode":5}"#] {
            let text = refusal(400, body).to_string();
            assert_eq!(text, "the homeserver refused: ? (400 Bad Request)");
        }
    }

    #[test]
    fn an_absurd_wait_is_bounded() {
        let answer = refusal(429, r#"{"errcode":"M_LIMIT_EXCEEDED","retry_after_ms":99999999999}"#).to_send_error();
        assert!(matches!(answer, SendError::Later { after, .. } if after == LONGEST_PAUSE));
    }
}
