//! Link flows that are under way.

use matrimony_service::{LoginFlow, LoginStep};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{Instant, interval};

/// Most flows at a time; the oldest is forgotten, and with it cancelled, when another begins.
const AT_ONCE: usize = 8;
/// A flow that nobody asked about for so long belongs to a command that was killed.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(10 * 60);

/// The flows, by the number under which a command asks for their steps.
#[derive(Default)]
pub(crate) struct Links(Mutex<Numbered>);

#[derive(Default)]
struct Numbered {
    last: u64,
    links: BTreeMap<u64, Arc<Link>>,
}

/// One flow. Whoever waits for its next step gives way to whoever answers or cancels.
pub(crate) struct Link {
    flow: tokio::sync::Mutex<LoginFlow>,
    give_way: Notify,
    asked: Mutex<Instant>,
}

impl Links {
    /// Keeps a flow and gives it a number.
    pub(crate) fn add(&self, flow: LoginFlow) -> u64 {
        let asked = Mutex::new(Instant::now());
        let link = Link {
            flow: tokio::sync::Mutex::new(flow),
            give_way: Notify::new(),
            asked,
        };
        let mut numbered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if numbered.links.len() >= AT_ONCE {
            numbered.links.pop_first();
        }
        numbered.last += 1;
        let number = numbered.last;
        numbered.links.insert(number, Arc::new(link));
        number
    }

    /// A flow by its number.
    pub(crate) fn get(&self, number: u64) -> Option<Arc<Link>> {
        let link = self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .links
            .get(&number)
            .cloned()?;
        *link.asked.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        Some(link)
    }

    /// Forgets a flow.
    pub(crate) fn remove(&self, number: u64) -> Option<Arc<Link>> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .links
            .remove(&number)
    }

    /// Forgets, for ever, flows that nobody asks about.
    pub(crate) async fn tidy(&self) {
        let mut looks = interval(FORGOTTEN_AFTER / 10);
        loop {
            let now = looks.tick().await;
            let mut numbered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            numbered
                .links
                .retain(|_, link| Arc::strong_count(link) > 1 || now - link.asked() < FORGOTTEN_AFTER);
        }
    }
}

impl Link {
    fn asked(&self) -> Instant {
        *self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the next step; the second value tells whether it was the last one.
    pub(crate) async fn next(&self) -> (LoginStep, bool) {
        loop {
            let mut flow = self.flow.lock().await;
            tokio::select! {
                step = flow.next() => return (step, flow.is_over()),
                () = self.give_way.notified() => {}
            }
        }
    }

    /// Answers the last question.
    pub(crate) async fn answer(&self, text: &str) {
        self.give_way.notify_one();
        self.flow.lock().await.answer(text).await;
    }

    /// Gives up.
    pub(crate) async fn cancel(&self) {
        self.give_way.notify_one();
        self.flow.lock().await.cancel().await;
    }
}
