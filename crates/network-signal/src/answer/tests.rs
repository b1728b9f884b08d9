use super::*;
use serde_json::{Value, json};

const OWN: &str = "aa247e8e-e036-4485-a407-663632e71047";

fn fault(code: i64, message: &str, data: Value) -> Result<SendResult, CallError> {
    let message = message.to_owned();
    Err(CallError::Fault(Fault { code, message, data }))
}

fn results(kinds: &[&str]) -> Value {
    let results: Vec<_> = kinds.iter().map(|kind| json!({"type": kind})).collect();
    json!({"timestamp": 1_795_346_861_376_i64, "results": results})
}

fn reached(kinds: &[&str]) -> Result<SendResult, CallError> {
    Ok(serde_json::from_value(results(kinds)).unwrap())
}

fn nobody(kinds: &[&str]) -> Result<SendResult, CallError> {
    fault(-1, "Failed to send message", json!({"response": results(kinds)}))
}

/// Which of the four moves an answer leads to.
fn next_move(answer: Result<SendResult, CallError>) -> String {
    match of_send(answer, &Aci::parse(OWN).unwrap()) {
        Ok(sent) => format!("sent {}", sent.remote_id.0),
        Err(SendError::Refused(why)) => format!("refused: {why}"),
        Err(SendError::Later { after, .. }) => format!("later {}", after.as_secs()),
        Err(SendError::Unsure(_)) => "unsure".to_owned(),
        Err(SendError::Unlinked) => "unlinked".to_owned(),
    }
}

#[test]
fn one_member_reached_is_sent() {
    let sent = format!("sent 1795346861376/{OWN}");
    for kinds in [&["SUCCESS", "SUCCESS"][..], &["NETWORK_FAILURE", "SUCCESS"], &[]] {
        assert_eq!(next_move(reached(kinds)), sent, "{kinds:?}");
    }
}

#[test]
fn nobody_reached_is_told_apart_by_kind() {
    let table = [
        (&["NETWORK_FAILURE", "UNREGISTERED_FAILURE"][..], "unsure"),
        (&["RATE_LIMIT_FAILURE"], "later 300"),
        (&["IDENTITY_FAILURE"], "refused: a safety number"),
        (&["UNREGISTERED_FAILURE"], "refused: nobody in this chat is registered"),
        (&["INVALID_PRE_KEY_FAILURE"], "refused: Signal could not deliver"),
        (&["SOMETHING_NEW"], "refused: Signal could not deliver"),
    ];
    for (kinds, expected) in table {
        for answer in [reached(kinds), nobody(kinds)] {
            let got = next_move(answer);
            assert!(got.starts_with(expected), "{kinds:?}: {got}");
        }
    }
}

#[test]
fn a_rate_limit_says_how_long() {
    let limited = json!({"response": {"timestamp": 1, "results": [
        {"type": "RATE_LIMIT_FAILURE", "retryAfterSeconds": 77}]}});
    assert_eq!(next_move(fault(-1, "Failed to send message", limited)), "later 77");
    assert_eq!(next_move(fault(-5, "", Value::Null)), "later 300");
}

#[test]
fn errors_lead_to_their_moves() {
    let table = [
        (-32602, "Specified account does not exist", "unlinked"),
        (-32602, "Unknown parameter", "refused: signal-cli does not understand"),
        (-32601, "Method not found", "refused: signal-cli does not understand"),
        (-32603, "Failed to send message: [401]", "unsure"),
        (
            -32603,
            "Failed to send message: java.net.ConnectException: Failed to connect",
            "later 1",
        ),
        (-3, "connection reset", "unsure"),
        (-4, "untrusted", "refused: a safety number"),
        (-6, "captcha", "later 300"),
        (
            -1,
            "Invalid group id: Failed to decode groupId",
            "refused: signal-cli does not know this group",
        ),
        (
            -1,
            "User is not a group member",
            "refused: the Signal account is not a member",
        ),
        (-1, "whatever comes next", "refused: signal-cli refused"),
        (4711, "a new code", "unsure"),
    ];
    for (code, message, expected) in table {
        let got = next_move(fault(code, message, Value::Null));
        assert!(got.starts_with(expected), "{code} {message}: {got}");
    }
}

#[test]
fn what_was_not_written_may_be_repeated_and_what_was_may_not() {
    assert_eq!(next_move(Err(CallError::NotSent)), "later 1");
    assert_eq!(next_move(Err(CallError::NoAnswer)), "unsure");
}

#[test]
fn a_reason_holds_nothing_of_the_message() {
    let answer = fault(-1, "Group +15550100001 unknown", Value::Null);
    assert!(!next_move(answer).contains("5550100001"));
    let fault = Fault {
        code: -1,
        message: "+15550100001".to_owned(),
        data: Value::Null,
    };
    assert!(!format!("{fault:?} {}", CallError::NotSent).contains("5550100001"));
}
