//! What the network's codes mean for us: the next move of a delivery, and how a login ended.

use crate::acks::Answer;
use matrimony_domain::{Reason, UnixMillis};
use matrimony_network::{SendError, SessionEnd, Unlinked};
use std::error::Error;
use std::time::Duration;
use whatsapp_rust::error::ErrorChainExt;
use whatsapp_rust::types::events::{ConnectFailureReason, Event};

/// The wait for what a reconnect mends: the session reconnects by itself, and the outbox is woken when it is online.
pub(crate) const SOON: Duration = Duration::from_secs(1);
/// The wait for what the server has trouble with.
const WHILE: Duration = Duration::from_secs(10);
/// The wait after the server asked for less.
const THROTTLED: Duration = Duration::from_secs(60);

/// Not now; the same id will be sent again.
pub(crate) fn later(after: Duration, reason: &'static str) -> SendError {
    SendError::Later {
        after,
        reason: Reason::fixed(reason),
    }
}

/// There is no connection.
pub(crate) fn offline() -> SendError {
    later(SOON, "not connected to the server")
}

/// What the server's answer to a message means.
pub(crate) fn of_answer(answer: &Answer) -> Result<(), SendError> {
    match answer {
        Answer::Taken => Ok(()),
        Answer::Nack(code) => Err(of_code(*code)),
    }
}

/// What a refusal with a code means. The codes are those of the stanza protocol, shaped after HTTP's; those from 421 on
/// are WhatsApp's own.
pub(crate) fn of_code(code: u16) -> SendError {
    let refused = |reason| SendError::Refused(Reason::fixed(reason));
    match code {
        401 | 403 => refused("the login may not write there; add it to the group, or let it write there"),
        404 | 410 => refused("the chat or the person does not exist any more"),
        463 => refused("the network lets the login write to this person only after they have written; ask them to"),
        475 => refused("the network lets the login begin no more chats for now"),
        408 | 421 => later(SOON, "the server's view of the chat has changed"),
        429 => later(THROTTLED, "the server asks for fewer messages"),
        500..=599 => later(WHILE, "the server has trouble"),
        0 => refused("the server refused the message without a code"),
        code => SendError::Refused(Reason::computed(format!(
            "the server refused the message with code {code}"
        ))),
    }
}

/// What an error of the library means, by what is at the bottom of it. Its text may hold addresses, so it is not kept.
pub(crate) fn of_error(error: &(dyn Error + 'static)) -> SendError {
    if let Some(rejection) = error.server_rejection() {
        return of_code(rejection.code);
    }
    if error.is_timeout() {
        return later(SOON, "the server did not answer in time");
    }
    if error.is_transport_unavailable() {
        return offline();
    }
    if error.store_failure().is_some() {
        return later(WHILE, "the account's store cannot be written; make room on the disk");
    }
    later(WHILE, "the message could not be prepared")
}

/// How a session ends by an event; `None` for events that end nothing.
pub(crate) fn of_event(event: &Event, now: UnixMillis) -> Option<SessionEnd> {
    let unlinked = match event {
        Event::LoggedOut(logged_out) if logged_out.reason == ConnectFailureReason::AccountLocked => Unlinked::Locked,
        Event::LoggedOut(_) => Unlinked::LoggedOut,
        Event::StreamReplaced(_) => Unlinked::Replaced,
        Event::ClientOutdated(_) => Unlinked::Outdated,
        Event::TemporaryBan(ban) => Unlinked::Banned {
            until: ban.expire.to_std().ok().map(|for_| now.after(for_)),
        },
        Event::ConnectFailure(failure) => return of_failure(failure.reason),
        _ => return None,
    };
    Some(SessionEnd::Unlinked(unlinked))
}

fn of_failure(reason: ConnectFailureReason) -> Option<SessionEnd> {
    use ConnectFailureReason as R;
    let unlinked = match reason {
        reason if reason.should_reconnect() => return None,
        R::TempBanned => Unlinked::Banned { until: None },
        R::ClientOutdated | R::BadUserAgent | R::ClientUnknown => Unlinked::Outdated,
        R::LoggedOut | R::UnknownLogout => Unlinked::LoggedOut,
        R::AccountLocked | R::NotFound => Unlinked::Locked,
        other => {
            let code = other.code();
            return Some(SessionEnd::Failed(Reason::computed(format!(
                "the server refused the login with code {code}"
            ))));
        }
    };
    Some(SessionEnd::Unlinked(unlinked))
}

#[cfg(test)]
mod tests {
    use super::*;
    use whatsapp_rust::types::events as e;
    use whatsapp_rust::wacore::request::IqError;

    const NOW: UnixMillis = UnixMillis(1_000);

    #[test]
    fn a_code_leads_to_a_next_move() {
        for (code, refused) in [
            (0, true),
            (400, true),
            (401, true),
            (403, true),
            (404, true),
            (406, true),
            (408, false),
            (410, true),
            (421, false),
            (429, false),
            (463, true),
            (475, true),
            (479, true),
            (500, false),
            (503, false),
            (552, false),
            (999, true),
        ] {
            assert_eq!(matches!(of_code(code), SendError::Refused(_)), refused, "{code}");
        }
        assert_eq!(of_answer(&Answer::Taken), Ok(()));
    }

    #[test]
    fn an_error_is_read_to_its_bottom() {
        let forbidden = IqError::ServerError {
            code: 403,
            text: "forbidden".into(),
            error_type: None,
            backoff: None,
        };
        let wrapped = anyhow::Error::new(forbidden).context("group 120363000000000001@g.us");
        assert!(matches!(of_error(wrapped.as_ref()), SendError::Refused(_)));
        assert!(matches!(of_error(&IqError::Timeout), SendError::Later { .. }));
        assert_eq!(of_error(&IqError::NotConnected), offline());
        let other = anyhow::anyhow!("no session with 15550100001");
        let told = of_error(other.as_ref()).to_string();
        assert!(!told.contains("15550100001"), "{told}");
    }

    #[test]
    fn ends_are_told_apart() {
        let logged_out = |reason| Event::LoggedOut(e::LoggedOut::builder().on_connect(true).reason(reason).build());
        let failure = |reason| Event::ConnectFailure(e::ConnectFailure::builder().reason(reason).build());
        let ban = e::TemporaryBan::builder()
            .code(e::TempBanReason::BlockedByUsers)
            .expire(whatsapp_rust::chrono::Duration::seconds(60))
            .build();
        let unlinked = |end| Some(SessionEnd::Unlinked(end));
        let cases = [
            (
                logged_out(ConnectFailureReason::LoggedOut),
                unlinked(Unlinked::LoggedOut),
            ),
            (
                logged_out(ConnectFailureReason::UnknownLogout),
                unlinked(Unlinked::LoggedOut),
            ),
            (
                logged_out(ConnectFailureReason::AccountLocked),
                unlinked(Unlinked::Locked),
            ),
            (
                Event::StreamReplaced(e::StreamReplaced::builder().build()),
                unlinked(Unlinked::Replaced),
            ),
            (
                Event::ClientOutdated(e::ClientOutdated::builder().build()),
                unlinked(Unlinked::Outdated),
            ),
            (
                Event::TemporaryBan(ban),
                unlinked(Unlinked::Banned {
                    until: Some(UnixMillis(61_000)),
                }),
            ),
            (
                failure(ConnectFailureReason::TempBanned),
                unlinked(Unlinked::Banned { until: None }),
            ),
            (
                failure(ConnectFailureReason::BadUserAgent),
                unlinked(Unlinked::Outdated),
            ),
            (failure(ConnectFailureReason::ServiceUnavailable), None),
            (Event::Connected(e::Connected::builder().build()), None),
        ];
        for (event, end) in cases {
            assert_eq!(of_event(&event, NOW), end, "{:?}", event.kind());
        }
        let end = of_event(&failure(ConnectFailureReason::Generic), NOW);
        assert!(matches!(end, Some(SessionEnd::Failed(reason)) if reason.as_str().contains("400")));
    }
}
