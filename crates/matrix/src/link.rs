//! Whether the homeserver is there, and what follows from it.

use crate::catch_up::CatchUp;
use crate::home::Home;
use crate::intake::Intake;
use crate::limits;
use matrimony_domain::{Clock, LoginId, Reason};
use matrimony_network::{Inbox, SessionHealth};
use std::sync::Arc;
use tokio::sync::watch;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// Watches the homeserver. We are online from the end of a catch-up until it does not answer.
pub(crate) struct Link {
    pub(crate) home: Arc<Home>,
    pub(crate) intake: Arc<Intake>,
    pub(crate) inbox: Arc<dyn Inbox>,
    pub(crate) login: LoginId,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) registration: String,
    pub(crate) health: watch::Sender<SessionHealth>,
}

impl Link {
    /// Watches until `stop`.
    pub(crate) async fn hold(&self, stop: &CancellationToken) {
        tokio::select! {
            () = stop.cancelled() => {}
            () = self.cycle() => {}
        }
        self.intake.close();
    }

    async fn cycle(&self) {
        let mut wait = limits::BACKOFF_FIRST;
        loop {
            self.intake.shut();
            if !self.home.client.is_up().await {
                self.trouble(Reason::fixed("the homeserver does not answer"));
                wait = limits::BACKOFF_FIRST;
                sleep(wait).await;
                continue;
            }
            let catch_up = CatchUp {
                home: &self.home,
                intake: &self.intake,
                inbox: self.inbox.as_ref(),
                login: self.login,
                registration: &self.registration,
            };
            match catch_up.run(self.clock.now()).await {
                Ok(()) => {
                    wait = limits::BACKOFF_FIRST;
                    tracing::info!("the homeserver is there and we have caught up");
                    self.health.send_replace(SessionHealth::Online);
                    self.until_gone(&catch_up).await;
                    tracing::warn!("the homeserver does not answer");
                    self.trouble(Reason::fixed("the homeserver does not answer"));
                }
                Err(error) => {
                    tracing::warn!(%error, "catching up with the homeserver failed; trying again");
                    self.trouble(Reason::computed(error.to_string()));
                    sleep(wait).await;
                    wait = (wait * 2).min(limits::BACKOFF_LONGEST);
                }
            }
        }
    }

    /// Returns when the homeserver does not answer: asked every second, and at once when a call has failed. Settles
    /// things once it has been up for a while.
    async fn until_gone(&self, catch_up: &CatchUp<'_>) {
        let mut calm = 0;
        loop {
            tokio::select! {
                () = sleep(limits::POLL) => {}
                () = self.home.client.troubled() => calm = 0,
            }
            if !self.home.client.is_up().await {
                return;
            }
            calm += 1;
            if !self.intake.is_settled() && calm >= limits::CALM_POLLS {
                calm = 0;
                match catch_up.settle().await {
                    Ok(()) => tracing::debug!("everything has settled after the outage"),
                    Err(error) => tracing::warn!(%error, "the rooms could not be read once more; trying again"),
                }
            }
        }
    }

    fn trouble(&self, reason: Reason) {
        self.health
            .send_replace(SessionHealth::Connecting { trouble: Some(reason) });
    }
}
