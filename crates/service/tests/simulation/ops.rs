//! Operations happen to the world.

use crate::model::{Ack, LedgerFault, Login, Op};
use crate::networks::{RELAY, people};
use crate::world::{Driver, World};
use futures_util::FutureExt;
use matrimony_domain::limits::BATCH;
use matrimony_domain::{Clock, Inbound, UnixMillis};
use matrimony_network::Inbox;
use std::collections::VecDeque;
use std::future::Future;
use std::time::Duration;

/// Rounds after which a healthy world must have drained. Each round moves the clock on to the next thing to do.
const ROUNDS: usize = 400;

impl World {
    /// One operation.
    pub(crate) async fn apply(&mut self, op: Op) {
        match op {
            Op::Say {
                room,
                chat,
                person,
                words,
            } => {
                let author = &people(chat)[person];
                self.networks.say(room, chat, author, words, self.now());
            }
            Op::Hand { room, chat } => {
                let relay = &people(chat)[RELAY];
                self.networks.say(room, chat, relay, 1, self.now());
            }
            Op::Deliver { login, fault, ack } => self.deliver(login, fault, ack).await,
            Op::Step {
                login,
                fate,
                after,
                fault,
            } => {
                if self.driver(login).is_some() {
                    self.networks.plan(login, Some((after, fate)));
                    self.step(login, fault).await;
                    self.networks.plan(login, None);
                }
            }
            Op::StepSeen { login } => self.step_seen(login).await,
            Op::Unlink(login) => {
                self.networks.state().unlink(login);
                self.end_session(login).await;
            }
            Op::Relink(login) => {
                if self.driver(login).is_none() {
                    self.relink(login).await;
                }
            }
            Op::Advance { millis } => self.clock.advance(Duration::from_millis(millis)),
            Op::Crash => self.crash().await,
        }
    }

    async fn deliver(&mut self, login: Login, fault: Option<LedgerFault>, ack: Ack) {
        let Some(driver) = self.driver(login) else { return };
        let batch = self.waiting(login);
        let accepted = self.run(fault, async { driver.inbox.accept(&batch).await }).await;
        if let (Some(Ok(())), Ack::Arrives) = (accepted, ack) {
            self.acknowledge(login, &batch);
        }
    }

    async fn step(&mut self, login: Login, fault: Option<LedgerFault>) {
        let Some(driver) = self.driver(login) else { return };
        self.run(fault, async { driver.outbox.step().await }).await;
        self.notice_unlinked(login, &driver).await;
    }

    /// The second login is handed the copy while the answer waits at the gate. Whether it then waits or finds out by
    /// itself, the gate opens after its first look at the ledger.
    async fn step_seen(&mut self, login: Login) {
        let second = match login {
            Login::Theirs => Login::TheirsSecond,
            _ => Login::OursSecond,
        };
        let (Some(driver), Some(witness)) = (self.driver(login), self.driver(second)) else {
            return;
        };
        self.networks.hold_answers(true);
        let stepped = async {
            let stepped = driver.outbox.step().await;
            // Nothing was due, so nobody waits at the gate.
            self.networks.taken.notify_one();
            stepped
        };
        let witnessed = async {
            self.networks.taken.notified().await;
            self.networks.hold_answers(false);
            let batch = self.waiting(second);
            let accepting = witness.inbox.accept(&batch);
            tokio::pin!(accepting);
            self.process.ledger.called.notified().now_or_never();
            let early = tokio::select! {
                biased;
                accepted = &mut accepting => Some(accepted),
                () = self.process.ledger.called.notified() => None,
            };
            self.networks.gate.notify_waiters();
            let accepted = match early {
                Some(accepted) => accepted,
                None => accepting.await,
            };
            accepted.map(|()| batch.clone())
        };
        let (_stepped, accepted) = tokio::join!(stepped, witnessed);
        self.networks.taken.notified().now_or_never();
        if let Ok(batch) = accepted {
            self.acknowledge(second, &batch);
        }
        self.notice_unlinked(login, &driver).await;
    }

    /// Runs until it is done or the process dies, which is then started again.
    async fn run<T>(&mut self, fault: Option<LedgerFault>, work: impl Future<Output = T>) -> Option<T> {
        self.process.ledger.plan(fault);
        let crash = self.process.crash.clone();
        let done = tokio::select! {
            biased;
            done = work => Some(done),
            () = crash.notified() => None,
        };
        self.process.ledger.plan(None);
        if done.is_none() {
            self.crash().await;
        }
        done
    }

    async fn notice_unlinked(&mut self, login: Login, driver: &Driver) {
        if driver.outbox.unlinked().is_cancelled() {
            self.networks.state().unlink(login);
        }
        if self.networks.state().unlinked.contains(&login) {
            self.end_session(login).await;
        }
    }

    fn waiting(&self, login: Login) -> Vec<Inbound> {
        let state = self.networks.state();
        let queue = state.queues.get(&login).into_iter().flatten().take(BATCH).cloned();
        queue
            .map(|inbound| Inbound {
                seen_by: self.ids[&login],
                ..inbound
            })
            .collect()
    }

    fn acknowledge(&self, login: Login, batch: &[Inbound]) {
        let mut state = self.networks.state();
        if let Some(queue) = state.queues.get_mut(&login) {
            queue.drain(..batch.len().min(queue.len()));
        }
        let told = batch
            .iter()
            .map(|inbound| (inbound.chat.clone(), inbound.remote_id.clone()));
        state.acknowledged.extend(told);
    }

    /// All is well again: everything is handed over and delivered. `false` if that does not come to an end.
    pub(crate) async fn heal_and_drain(&mut self) -> bool {
        for login in Login::ALL {
            if self.driver(login).is_none() {
                self.relink(login).await;
            }
        }
        for _ in 0..ROUNDS {
            let mut next: Option<UnixMillis> = None;
            let quiet = self.networks.state().queues.values().all(VecDeque::is_empty);
            for login in Login::ALL {
                self.deliver(login, None, Ack::Arrives).await;
                let driver = self.driver(login).expect("linked");
                let stepped = driver.outbox.step().await.expect("no fault is planned");
                next = [next, stepped.next_due].into_iter().flatten().min();
            }
            match next {
                None if quiet => return true,
                Some(due) => self.clock.advance(self.clock.now().until(due)),
                None => {}
            }
        }
        false
    }
}
