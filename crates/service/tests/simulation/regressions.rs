//! What a seed has found once, kept under the name of what went wrong.

use crate::model::{Ack, Chat, Fate, How, LedgerFault, Login, Op, When};
use crate::{Rigged, run};
use matrimony_ledger::Counts;

const SEED: u64 = 0;

async fn assert_holds(ops: &[Op]) -> Counts {
    match run(SEED, ops, Rigged::default()).await {
        Ok(counts) => counts,
        Err(violation) => panic!("{:?}: {}", violation.promise, violation.what),
    }
}

const fn say(chat: Chat, words: usize) -> Op {
    Op::Say {
        room: 0,
        chat,
        person: 0,
        words,
    }
}

const fn deliver(login: Login) -> Op {
    Op::Deliver {
        login,
        fault: None,
        ack: Ack::Arrives,
    }
}

const fn step(login: Login, fate: Fate, after: usize) -> Op {
    Op::Step {
        login,
        fate,
        after,
        fault: None,
    }
}

#[tokio::test]
async fn a_part_that_got_through_before_a_refusal_came_back_as_a_message() {
    let ops = [
        say(Chat::Ours, 4),
        deliver(Login::Ours),
        step(Login::Theirs, Fate::Refused, 1),
        deliver(Login::TheirsSecond),
    ];
    let counts = assert_holds(&ops).await;
    assert_eq!(counts.refused, 1, "a refusal is final, whatever got through before it");
}

#[tokio::test]
async fn an_answer_that_is_lost_in_a_crash_is_found_by_the_other_login() {
    let ops = [
        say(Chat::Ours, 1),
        deliver(Login::Ours),
        step(Login::Theirs, Fate::CrashAfter, 0),
        deliver(Login::TheirsSecond),
    ];
    assert_holds(&ops).await;
}

#[tokio::test]
async fn an_outcome_that_the_ledger_did_not_take_is_written_again() {
    for when in [When::BeforeCommit, When::AfterCommit] {
        for nth in 0..10 {
            let fault = LedgerFault {
                nth,
                when,
                how: How::Error,
            };
            let ops = [
                // Nobody else sees the copy, so that only the answer tells of it.
                Op::Unlink(Login::TheirsSecond),
                say(Chat::Ours, 2),
                deliver(Login::Ours),
                Op::Step {
                    login: Login::Theirs,
                    fate: Fate::Yes,
                    after: 0,
                    fault: Some(fault),
                },
            ];
            let counts = assert_holds(&ops).await;
            assert_eq!(
                counts.unsure_repeated, 0,
                "the answer was there, so nothing is in doubt: {fault:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_copy_that_is_seen_before_its_answer_is_no_message() {
    for relay in [Login::Theirs, Login::Ours] {
        let ops = [say(Chat::Home, 3), deliver(Login::Home), Op::StepSeen { login: relay }];
        assert_holds(&ops).await;
    }
}

#[tokio::test]
async fn a_double_that_is_seen_only_after_the_repeat_is_no_message() {
    let ops = [
        say(Chat::Ours, 1),
        deliver(Login::OursSecond),
        step(Login::Theirs, Fate::AnswerLost, 0),
        // The wait is over before the second login is told of the first copy.
        Op::Advance { millis: 130_000 },
    ];
    let counts = assert_holds(&ops).await;
    assert_eq!(counts.unsure_repeated, 1, "there is a double to be seen");
}
