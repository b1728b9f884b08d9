//! The only place that spawns.

use crate::outbox::Halt;
use futures_util::FutureExt;
use matrimony_domain::LoginId;
use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::task::AbortHandle;
use tokio::time::Instant;
use tokio_util::task::TaskTracker;
use tracing::{Instrument, error, info, info_span, warn};

/// The part of a stop's time after which attempts under way are cut short.
pub(crate) const CUT_AFTER: f64 = 0.2;
/// The part of a stop's time after which tasks are aborted.
pub(crate) const ABORT_AFTER: f64 = 0.9;

/// Owns every task that outlives a call. Each has a name, a panic ends only its own task, and none is left after
/// [`stop`](Supervisor::stop).
#[derive(Default)]
pub(crate) struct Supervisor {
    halt: Halt,
    tasks: TaskTracker,
    running: Arc<Mutex<Running>>,
}

#[derive(Default)]
struct Running {
    last: u64,
    tasks: HashMap<u64, (TaskName, AbortHandle)>,
}

/// What a task is called in logs and reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TaskName {
    pub(crate) what: &'static str,
    /// Absent where it is the work of no login.
    pub(crate) login: Option<LoginId>,
}

impl fmt::Display for TaskName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.login {
            Some(login) => write!(f, "{} {login}", self.what),
            None => f.write_str(self.what),
        }
    }
}

/// How a stop went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StopReport {
    /// How long it took.
    pub took: Duration,
    /// Attempts were cut short to keep to the time; they are in the ledger as unanswered.
    pub cut: bool,
    /// Tasks that did not end by themselves and were ended from outside, as "login 3".
    pub aborted: Vec<String>,
}

impl Supervisor {
    /// How its tasks are told to end.
    pub(crate) fn halt(&self) -> &Halt {
        &self.halt
    }

    /// Starts a task. A task that is started after the stop never runs.
    pub(crate) fn spawn(&self, name: TaskName, task: impl Future<Output = ()> + Send + 'static) {
        if self.halt.stop.is_cancelled() {
            return;
        }
        let mut running = lock(&self.running);
        running.last += 1;
        let number = running.last;
        let entry = Entry {
            running: self.running.clone(),
            number,
        };
        let span = info_span!(
            "task",
            task = name.what,
            login.id = name.login.map(tracing::field::display)
        );
        let guarded = async move {
            let _entry = entry;
            if AssertUnwindSafe(task).catch_unwind().await.is_err() {
                error!("a task panicked; it is over, the others go on");
            }
        };
        let handle = self.tasks.spawn(guarded.instrument(span));
        running.tasks.insert(number, (name, handle.abort_handle()));
    }

    /// Starts work that comes to its end although whoever waits for it goes away. The receiver fails where it never
    /// began, because we are stopping, and where it was aborted or panicked.
    pub(crate) fn see_through<T: Send + 'static>(
        &self,
        what: &'static str,
        work: impl Future<Output = T> + Send + 'static,
    ) -> oneshot::Receiver<T> {
        let (tell, told) = oneshot::channel();
        self.spawn(TaskName { what, login: None }, async move {
            // An error means that nobody waits any more.
            let _ = tell.send(work.await);
        });
        told
    }

    /// Tells all tasks to end and waits for that: at first softly, then attempts are cut ([`CUT_AFTER`]), and what is
    /// left shortly before `within` is over ([`ABORT_AFTER`]) is aborted.
    pub(crate) async fn stop(&self, within: Duration) -> StopReport {
        let begun = Instant::now();
        let mut report = StopReport::default();
        self.halt.stop.cancel();
        self.tasks.close();
        if !self.ended_by(begun + within.mul_f64(CUT_AFTER)).await {
            warn!("attempts take too long; cutting them short");
            report.cut = true;
            self.halt.cut.cancel();
            if !self.ended_by(begun + within.mul_f64(ABORT_AFTER)).await {
                report.aborted = self.abort_all();
                self.ended_by(begun + within).await;
            }
        }
        report.took = begun.elapsed();
        info!(
            took_ms = report.took.as_millis(),
            aborted = report.aborted.len(),
            "stopped"
        );
        report
    }

    async fn ended_by(&self, deadline: Instant) -> bool {
        tokio::time::timeout_at(deadline, self.tasks.wait()).await.is_ok()
    }

    fn abort_all(&self) -> Vec<String> {
        let left: Vec<(TaskName, AbortHandle)> = lock(&self.running).tasks.values().cloned().collect();
        let abort = |(name, handle): (TaskName, AbortHandle)| {
            error!(task = %name, "a task did not end; aborting it");
            handle.abort();
            name.to_string()
        };
        left.into_iter().map(abort).collect()
    }

    /// How many tasks there are.
    #[cfg(test)]
    pub(crate) fn running(&self) -> usize {
        lock(&self.running).tasks.len()
    }
}

/// A task's place in the list, given up when the task is dropped.
struct Entry {
    running: Arc<Mutex<Running>>,
    number: u64,
}

impl Drop for Entry {
    fn drop(&mut self) {
        lock(&self.running).tasks.remove(&self.number);
    }
}

fn lock(running: &Mutex<Running>) -> MutexGuard<'_, Running> {
    running.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::pending;

    const WITHIN: Duration = Duration::from_secs(10);

    fn name(login: i64) -> TaskName {
        TaskName {
            what: "login",
            login: Some(LoginId(login)),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn tasks_that_listen_end_softly() {
        let supervisor = Supervisor::default();
        let stop = supervisor.halt().stop.clone();
        supervisor.spawn(name(1), async move { stop.cancelled().await });
        assert_eq!(supervisor.running(), 1);
        let report = supervisor.stop(WITHIN).await;
        assert_eq!((report.cut, report.aborted.len()), (false, 0));
        assert_eq!(supervisor.running(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_task_that_hangs_is_aborted_within_the_bound_and_named() {
        let supervisor = Supervisor::default();
        supervisor.spawn(name(3), pending());
        let report = supervisor.stop(WITHIN).await;
        assert!(report.took <= WITHIN, "{:?}", report.took);
        assert_eq!((report.cut, report.aborted), (true, vec!["login 3".to_owned()]));
        assert_eq!(supervisor.running(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_panic_ends_only_its_own_task() {
        let supervisor = Supervisor::default();
        let (told, tell) = tokio::sync::oneshot::channel();
        supervisor.spawn(name(1), async { panic!("a connector's bug") });
        supervisor.spawn(name(2), async move { told.send(()).expect("the test waits") });
        tell.await.expect("the neighbour goes on");
        assert_eq!(supervisor.stop(WITHIN).await.aborted.len(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn work_is_seen_through_for_a_caller_who_went_away() {
        let supervisor = Supervisor::default();
        let (go, gone) = oneshot::channel();
        let (told, tell) = oneshot::channel();
        drop(supervisor.see_through("work", async move {
            gone.await.expect("the test says so");
            told.send(()).expect("the test waits");
        }));
        go.send(()).expect("it waits");
        tell.await.expect("it comes to its end");
        assert_eq!(supervisor.see_through("work", async { 7 }).await, Ok(7));
        supervisor.stop(WITHIN).await;
        assert!(
            supervisor.see_through("work", async { 7 }).await.is_err(),
            "it never begins"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_starts_after_the_stop() {
        let supervisor = Supervisor::default();
        supervisor.stop(WITHIN).await;
        supervisor.spawn(name(1), pending());
        assert_eq!(supervisor.running(), 0);
    }
}
