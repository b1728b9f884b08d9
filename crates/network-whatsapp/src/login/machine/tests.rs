use super::*;
use matrimony_domain::{AccountKey, NetworkKind, PersonKey};

const NOW: UnixMillis = UnixMillis(1_000_000);
const LASTS: Duration = Duration::from_secs(60);

fn linked() -> Linked {
    let person = PersonKey::new(NetworkKind::WhatsApp, "900000000000001@lid");
    Linked {
        key: AccountKey::new("account-1"),
        person,
        name: None,
    }
}

fn qr(code: &str) -> Input {
    Input::QrCode {
        code: code.into(),
        lasts: LASTS,
    }
}

fn code(code: &str) -> Input {
    Input::Code {
        code: code.into(),
        lasts: LASTS,
    }
}

fn refused(throttled: bool, offered: bool) -> Input {
    Input::CodeRefused { throttled, offered }
}

/// Plays `inputs` and returns the last step and all effects.
fn play(method: LoginMethod, inputs: &[Input]) -> (Step, Vec<Effect>) {
    let (mut machine, first) = Machine::begin(method, NOW);
    let mut effects = vec![first];
    for input in inputs {
        let (next, effect) = machine.on(input.clone(), NOW);
        machine = next;
        effects.push(effect);
    }
    effects.retain(|effect| *effect != Effect::Nothing);
    (machine.step(), effects)
}

#[track_caller]
fn check_failed(method: LoginMethod, inputs: &[Input], cure: &str, linked: bool) {
    let (step, effects) = play(method, inputs);
    let Step::Failed(reason) = step else {
        panic!("expected a failure, got {step:?}")
    };
    assert!(reason.as_str().contains(cure), "{reason}");
    assert_eq!(effects.last(), Some(&Effect::Undo { linked }));
}

#[test]
fn a_qr_code_is_shown_replaced_and_scanned() {
    use LoginMethod::Qr;
    assert_eq!(
        play(Qr, &[]),
        (
            Step::Wait {
                what: "asking WhatsApp for a code"
            },
            vec![Effect::Connect]
        )
    );
    let shown = Step::Show {
        picture: Picture::Qr("two".into()),
        expires: Some(NOW.after(LASTS)),
    };
    assert_eq!(play(Qr, &[qr("one"), qr("two")]).0, shown);
    let (step, effects) = play(
        Qr,
        &[
            qr("one"),
            Input::Paired,
            qr("two"),
            Input::Online,
            Input::Closed(linked()),
        ],
    );
    assert_eq!(step, Step::Done(linked()));
    assert_eq!(effects, [Effect::Connect, Effect::Close]);
}

#[test]
fn a_code_needs_a_number_first() {
    use LoginMethod::PairCode;
    assert!(matches!(play(PairCode, &[]), (Step::Ask { .. }, effects) if effects.is_empty()));
    let asked_again = play(PairCode, &[Input::Answer("my phone".into())]).0;
    assert!(matches!(asked_again, Step::Ask { prompt } if prompt.contains("no phone number")));
    let number = PhoneNumber::parse("+15550100001").unwrap();
    let inputs = [
        Input::Answer("+1 (555) 010-0001".into()),
        qr("ready"),
        code("ABCD-EFGH"),
        qr("not for us"),
    ];
    let (step, effects) = play(PairCode, &inputs);
    assert_eq!(
        step,
        Step::Show {
            picture: Picture::Code("ABCD-EFGH".into()),
            expires: Some(NOW.after(LASTS))
        }
    );
    assert_eq!(effects, [Effect::Connect, Effect::RequestCode(number)]);
}

#[test]
fn a_void_code_is_replaced_a_few_times() {
    use LoginMethod::PairCode;
    let void = Input::CodeVoid { by_hand: false };
    let mut inputs = vec![Input::Answer("15550100001".into()), qr("ready")];
    for round in 1..CODES {
        inputs.extend([code("ABCD-EFGH"), void.clone()]);
        let requests = play(PairCode, &inputs)
            .1
            .iter()
            .filter(|effect| matches!(effect, Effect::RequestCode(_)))
            .count();
        assert_eq!(requests, round as usize + 1);
    }
    inputs.extend([code("ABCD-EFGH"), void]);
    check_failed(PairCode, &inputs, "start again", false);
}

#[test]
fn each_failure_names_its_cure() {
    use LoginMethod::{PairCode, Qr};
    let number = || Input::Answer("15550100001".into());
    check_failed(Qr, &[Input::Overdue], "network", false);
    check_failed(Qr, &[qr("one"), Input::QrCodesUsedUp], "scan it", false);
    check_failed(Qr, &[qr("one"), Input::PairingBroken], "start again", false);
    check_failed(Qr, &[qr("one"), Input::Unsupported], "update WhatsApp", false);
    check_failed(
        Qr,
        &[qr("one"), Input::TurnedAway(Reason::fixed("update matrimony"))],
        "update matrimony",
        false,
    );
    check_failed(PairCode, &[number(), qr("ready"), refused(true, true)], "wait", false);
    check_failed(
        PairCode,
        &[number(), qr("ready"), refused(false, true)],
        "check the number",
        false,
    );
    check_failed(PairCode, &[number(), qr("ready"), refused(false, false)], "QR", false);
    check_failed(
        Qr,
        &[qr("one"), Input::Paired, Input::Online, Input::NoAccount],
        "start again",
        true,
    );
}

#[test]
fn a_cancel_undoes_what_was_done() {
    use LoginMethod::{PairCode, Qr};
    check_failed(PairCode, &[Input::Cancelled], "cancelled", false);
    check_failed(Qr, &[qr("one"), Input::Cancelled], "cancelled", false);
    check_failed(Qr, &[qr("one"), Input::Paired, Input::Cancelled], "cancelled", true);
}

#[test]
fn what_comes_after_the_end_changes_nothing() {
    use LoginMethod::Qr;
    let done = [qr("one"), Input::Paired, Input::Online, Input::Closed(linked())];
    for late in [
        Input::Cancelled,
        Input::Paired,
        qr("two"),
        Input::Overdue,
        Input::Answer("x".into()),
    ] {
        let inputs = [&done[..], &[late]].concat();
        assert_eq!(play(Qr, &inputs).0, Step::Done(linked()));
    }
}

#[test]
fn a_slow_link_is_a_link() {
    use LoginMethod::Qr;
    let (step, effects) = play(Qr, &[qr("one"), Input::Paired, Input::Overdue, Input::Closed(linked())]);
    assert_eq!(step, Step::Done(linked()));
    assert_eq!(effects, [Effect::Connect, Effect::Close]);
}

#[test]
fn a_second_click_does_nothing() {
    use LoginMethod::PairCode;
    let (step, effects) = play(
        PairCode,
        &[Input::Answer("15550100001".into()), Input::Answer("15550100002".into())],
    );
    assert!(matches!(step, Step::Wait { .. }));
    assert_eq!(effects, [Effect::Connect]);
}

#[test]
fn neither_numbers_nor_codes_are_printed() {
    let number = PhoneNumber::parse("+1 555 010 0001").unwrap();
    let inputs = [Input::Answer("+15550100001".into()), qr("SECRET"), code("SECRET")];
    for printed in inputs
        .iter()
        .map(|input| format!("{input:?}"))
        .chain([format!("{:?}", Effect::RequestCode(number))])
    {
        assert!(
            !printed.contains("5550100001") && !printed.contains("SECRET"),
            "{printed}"
        );
    }
}
