//! What signal-cli's answers to a send mean for the next move.
//!
//! | answer | meaning |
//! |---|---|
//! | a result with one success, or with no recipient at all | sent; the rest of the group is told by nobody |
//! //! | the request was not written, or signal-cli could not open a connection for it | later |
//! | no answer, a network failure, an I/O error, an internal error | unsure: the message may have reached the server |
//! | account does not exist | unlinked |
//! | rate limit | later, after what Signal asks for |
//! | changed identity, not registered, bad group, not a member, captcha | refused, with the cure |

use crate::keys::{Aci, remote_id};
use crate::limits::{NOT_CONNECTED, RATE_LIMIT};
use crate::rpc::{CallError, Fault};
use crate::wire::{RecipientResult, SendResult};
use matrimony_domain::Reason;
use matrimony_network::{SendError, Sent};
use serde::Deserialize;
use std::time::Duration;

/// Said where signal-cli does not find the account among a group's members.
pub(crate) const NOT_A_MEMBER: Reason =
    Reason::fixed("the Signal account is not a member of this group; add it to the group on a phone");

/// The outcome of a `send` by the account `own`.
pub(crate) fn of_send(answer: Result<SendResult, CallError>, own: &Aci) -> Result<Sent, SendError> {
    let result = answer.map_err(|error| of_error(&error))?;
    let reached = result.results.is_empty() || result.results.iter().any(|one| one.kind == "SUCCESS");
    match result.timestamp {
        Some(timestamp) if reached => Ok(Sent {
            remote_id: remote_id(timestamp, own),
        }),
        Some(_) => Err(nobody_reached(&result.results)),
        None => Err(SendError::Unsure(Reason::fixed(
            "signal-cli's answer to a send has no timestamp",
        ))),
    }
}

/// The outcome of a call that only reads.
pub(crate) fn of_read(error: &CallError) -> SendError {
    match error {
        CallError::Fault(fault) if is_unknown_account(fault) => SendError::Unlinked,
        CallError::Fault(fault) if fault.code == -1 => of_user_error(fault),
        CallError::Fault(fault) => later(NOT_CONNECTED, coded("signal-cli could not answer", fault)),
        CallError::NotSent | CallError::NoAnswer => later(
            NOT_CONNECTED,
            Reason::fixed("signal-cli is not connected or did not answer"),
        ),
    }
}

fn of_error(error: &CallError) -> SendError {
    match error {
        CallError::NotSent => later(NOT_CONNECTED, Reason::fixed("signal-cli is not connected")),
        CallError::NoAnswer => SendError::Unsure(Reason::fixed("signal-cli did not answer a send")),
        CallError::Fault(fault) => of_fault(fault),
    }
}

fn of_fault(fault: &Fault) -> SendError {
    match fault.code {
        -32602 if is_unknown_account(fault) => SendError::Unlinked,
        -32700 | -32600 | -32601 | -32602 => SendError::Refused(coded(
            "signal-cli does not understand the request; is its version supported?",
            fault,
        )),
        -1 => of_user_error(fault),
        -4 => identity(),
        -5 => rate_limit(None),
        -6 => captcha(),
        _ if could_not_connect(fault) => later(
            NOT_CONNECTED,
            Reason::fixed("signal-cli cannot reach Signal; is the network there?"),
        ),
        // Written, and ended by an exception at a place that nobody knows: -3 (I/O), -32603 (internal) and new codes.
        _ => SendError::Unsure(coded("signal-cli failed during a send", fault)),
    }
}

/// signal-cli's own words, so they may change; what is not known is refused all the same.
fn is_unknown_account(fault: &Fault) -> bool {
    fault.code == -32602 && fault.message.contains("account")
}

/// The Java exceptions of a connection that was never opened: nothing left over it.
fn could_not_connect(fault: &Fault) -> bool {
    let never_opened = ["ConnectException", "UnknownHostException", "NoRouteToHostException"];
    never_opened.iter().any(|exception| fault.message.contains(exception))
}

/// "User errors" are told apart by their text. Nothing was sent, unless the results say otherwise.
fn of_user_error(fault: &Fault) -> SendError {
    if let Some(result) = results_in(fault) {
        return nobody_reached(&result.results);
    }
    let message = fault.message.to_lowercase();
    let says = |part: &str| message.contains(part);
    SendError::Refused(
        if says("not a group member") || says("not a member") || says("not in group") {
            NOT_A_MEMBER
        } else if says("group") {
            Reason::fixed("signal-cli does not know this group; add the account to the group, or bridge another one")
        } else if says("admin") {
            Reason::fixed("only admins may write in this Signal group; make the account an admin")
        } else {
            Reason::fixed("signal-cli refused the request")
        },
    )
}

#[derive(Deserialize)]
struct Response {
    response: SendResult,
}

fn results_in(fault: &Fault) -> Option<SendResult> {
    let response = Response::deserialize(&fault.data).ok()?.response;
    (!response.results.is_empty()).then_some(response)
}

/// By the failure that leaves most hope: one recipient whom the network kept from us may have got it.
fn nobody_reached(results: &[RecipientResult]) -> SendError {
    let any = |kind: &str| results.iter().find(|result| result.kind == kind);
    if any("NETWORK_FAILURE").is_some() {
        return SendError::Unsure(Reason::fixed("signal-cli lost the network during a send"));
    }
    if let Some(limited) = any("RATE_LIMIT_FAILURE") {
        let asked = limited.retry_after_seconds.map(Duration::from_secs);
        return if limited.token.is_some() {
            captcha()
        } else {
            rate_limit(asked)
        };
    }
    if any("IDENTITY_FAILURE").is_some() {
        return identity();
    }
    if any("UNREGISTERED_FAILURE").is_some() {
        return SendError::Refused(Reason::fixed("nobody in this chat is registered on Signal any more"));
    }
    SendError::Refused(Reason::fixed(
        "Signal could not deliver the message to anybody in this chat",
    ))
}

fn identity() -> SendError {
    SendError::Refused(Reason::fixed(
        "a safety number has changed and is not trusted; verify it and run signal-cli trust for that person",
    ))
}

fn rate_limit(asked: Option<Duration>) -> SendError {
    later(
        asked.unwrap_or(RATE_LIMIT),
        Reason::fixed("Signal limits how fast this account may send"),
    )
}

fn captcha() -> SendError {
    later(
        RATE_LIMIT,
        Reason::fixed("Signal asks for a captcha; solve it with signal-cli submitRateLimitChallenge"),
    )
}

fn later(after: Duration, reason: Reason) -> SendError {
    SendError::Later { after, reason }
}

fn coded(what: &str, fault: &Fault) -> Reason {
    Reason::computed(format!("{what} (code {})", fault.code))
}

#[cfg(test)]
mod tests;
