use super::*;
use matrimony_domain::{AccountKey, NetworkKind, PersonKey};

/// A machine that has been told `inputs`, and what it wanted last.
fn after(codes: usize, inputs: Vec<Input>) -> (Machine, Vec<Effect>) {
    let mut machine = Machine::new(codes);
    let mut effects = Vec::new();
    for input in inputs {
        effects = machine.on(input);
    }
    (machine, effects)
}

fn code(uri: &str) -> Input {
    Input::Code {
        uri: uri.to_owned(),
        expires: UnixMillis(60_000),
    }
}

fn scanned() -> Input {
    Input::Scanned {
        number: "+15550100001".to_owned(),
    }
}

fn not_linked(code: usize, failure: LinkFailure) -> Input {
    Input::NotLinked { code, failure }
}

fn alice() -> Linked {
    Linked {
        key: AccountKey::new("+15550100001"),
        person: PersonKey::new(NetworkKind::Signal, "48b6f56e-a062-4beb-9b69-5d066c4e7640"),
        name: None,
    }
}

fn shown(machine: &Machine) -> Option<String> {
    match machine.step() {
        Step::Show {
            picture: Picture::Qr(uri),
            ..
        } => Some(uri),
        _ => None,
    }
}

fn failed(machine: &Machine) -> String {
    match machine.step() {
        Step::Failed(reason) => reason.to_string(),
        other => panic!("not failed: {other:?}"),
    }
}

#[test]
fn a_code_is_scanned_and_the_account_is_linked() {
    let (machine, effects) = after(2, vec![Input::Ready]);
    assert_eq!(effects, [Effect::AskForCode]);
    assert!(shown(&machine).is_none());

    let (machine, effects) = after(2, vec![Input::Ready, code("a")]);
    assert_eq!(shown(&machine).as_deref(), Some("a"));
    let uri = "a".to_owned();
    assert_eq!(effects, [Effect::AwaitPhone { code: 1, uri }]);

    let (_, effects) = after(2, vec![Input::Ready, code("a"), scanned()]);
    let number = "+15550100001".to_owned();
    assert_eq!(effects, [Effect::Identify { number }]);

    let (machine, _) = after(2, vec![Input::Ready, code("a"), scanned(), Input::Identified(alice())]);
    assert_eq!(machine.step(), Step::Done(alice()));
}

#[test]
fn an_expired_code_is_followed_by_a_new_one_until_there_were_enough() {
    let (machine, _) = after(2, vec![Input::Ready, code("a"), Input::Expired { code: 1 }, code("b")]);
    assert_eq!(shown(&machine).as_deref(), Some("b"));
    let all = vec![
        Input::Ready,
        code("a"),
        Input::Expired { code: 1 },
        code("b"),
        Input::Expired { code: 2 },
    ];
    assert!(failed(&after(2, all).0).contains("in time"));
}

#[test]
fn an_expired_code_still_links_while_the_next_is_shown() {
    let second = vec![
        Input::Ready,
        code("a"),
        Input::Expired { code: 1 },
        code("b"),
        scanned(),
    ];
    assert_eq!(after(2, second).1.len(), 1);
    let between = vec![Input::Ready, code("a"), Input::Expired { code: 1 }, scanned()];
    assert_eq!(after(2, between).1.len(), 1);
}

#[test]
fn the_end_of_an_old_code_does_not_touch_the_new_one() {
    let late = vec![
        Input::Ready,
        code("a"),
        Input::Expired { code: 1 },
        code("b"),
        not_linked(1, LinkFailure::TimedOut),
        Input::Expired { code: 1 },
    ];
    assert_eq!(shown(&after(3, late).0).as_deref(), Some("b"));
}

#[test]
fn failures_name_their_cure() {
    let table = [
        (LinkFailure::AlreadyLinked, "unlink that device on the phone"),
        (LinkFailure::ConnectionLost, "signal-cli ended while linking"),
        (LinkFailure::Other(-3), "code -3"),
    ];
    for (failure, expected) in table {
        let (machine, _) = after(3, vec![Input::Ready, code("a"), not_linked(1, failure)]);
        assert!(failed(&machine).contains(expected), "{failure:?}");
    }
    let (machine, effects) = after(3, vec![Input::Ready, code("a"), not_linked(1, LinkFailure::TimedOut)]);
    assert!(!machine.is_over());
    assert_eq!(effects, [Effect::AskForCode]);
}

#[test]
fn a_login_may_be_cancelled_at_any_time_and_stays_so() {
    for before in 0..4 {
        let mut inputs = vec![Input::Ready, code("a"), scanned()];
        inputs.truncate(before);
        inputs.push(Input::Cancelled);
        inputs.extend([Input::Ready, code("z"), scanned(), Input::Identified(alice())]);
        let (machine, effects) = after(2, inputs);
        assert!(effects.is_empty());
        assert!(failed(&machine).contains("cancelled"), "after {before}");
    }
}

#[test]
fn what_comes_twice_changes_nothing() {
    let twice = vec![
        Input::Ready,
        code("a"),
        scanned(),
        scanned(),
        not_linked(1, LinkFailure::ConnectionLost),
    ];
    let (machine, effects) = after(2, twice);
    assert!(effects.is_empty() && !machine.is_over());
    let done = vec![
        Input::Ready,
        code("a"),
        scanned(),
        Input::Identified(alice()),
        Input::NothingUnderWay,
    ];
    assert_eq!(after(2, done).0.step(), Step::Done(alice()));
}

#[test]
fn no_signal_cli_is_told() {
    let (machine, _) = after(2, vec![Input::Unavailable(Reason::fixed("not installed"))]);
    assert_eq!(failed(&machine), "not installed");
}

#[test]
fn what_the_driver_does_is_shown_without_codes_and_numbers() {
    let (_, await_phone) = after(1, vec![Input::Ready, code("sgnl://linkdevice?uuid=a")]);
    assert_eq!(format!("{await_phone:?}"), "[AwaitPhone { code: 1, .. }]");
    let (_, identify) = after(1, vec![Input::Ready, code("sgnl://linkdevice?uuid=a"), scanned()]);
    assert_eq!(format!("{identify:?}"), "[Identify { .. }]");
}
