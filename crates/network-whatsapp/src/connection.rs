//! The life of a session: connect, attend, reconnect, until it is told to stop or a person must act.
//!
//! The library can reconnect by itself, but waits longer and longer even when the server is back. So it is told not to:
//! its `run` then lasts one connection, and the waits are ours.

use crate::session::WhatsAppSession;
use matrimony_domain::Reason;
use matrimony_network::{SessionEnd, SessionHealth};
use std::pin::pin;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// A connection that held this long begins the waits anew; one that did not is a failure, or a server that throws us
/// out at once would be pestered.
const STABLE: Duration = Duration::from_secs(30);
/// How long the library may take to say goodbye.
const GOODBYE: Duration = Duration::from_secs(4);

impl WhatsAppSession {
    /// Lives until `stop`, or until the account is not ours any more.
    pub(crate) async fn live(&self, stop: &CancellationToken) -> SessionEnd {
        let mut failures = 0;
        while !stop.is_cancelled() {
            let begun = Instant::now();
            self.one_connection(stop).await;
            self.acks.disconnected();
            if let Some(end) = self.watcher.end.get() {
                return end.clone();
            }
            let was_online = self.disconnected();
            failures = if was_online && begun.elapsed() >= STABLE {
                1
            } else {
                failures + 1
            };
            let wait = self.reconnect.wait(failures, self.login.0.unsigned_abs());
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
        SessionEnd::Stopped
    }

    /// One connection from its beginning to its end, whoever ends it.
    async fn one_connection(&self, stop: &CancellationToken) {
        self.receiver.reopen();
        self.client.enable_auto_reconnect.store(false, Ordering::Relaxed);
        let mut connection = pin!(self.client.run());
        tokio::select! {
            () = &mut connection => return,
            () = self.attend() => {}
            () = stop.cancelled() => {}
        }
        let goodbye = async { tokio::join!(self.client.disconnect(), connection) };
        if tokio::time::timeout(GOODBYE, goodbye).await.is_err() {
            tracing::warn!(login = %self.login, "the connection did not close in time and was dropped");
        }
    }

    /// What a connection needs beside the library's own work. Never returns.
    async fn attend(&self) {
        let mut refusals = 0;
        loop {
            tokio::select! {
                () = self.receiver.refused() => {
                    refusals += 1;
                    tokio::time::sleep(self.reconnect.wait(refusals, self.login.0.unsigned_abs())).await;
                    self.client.reconnect_immediately().await;
                }
                item = self.late.next() => {
                    if !self.receiver.take_late(&self.client, &item).await {
                        self.late.put_back(item);
                    }
                }
            }
        }
    }

    /// Tells the watchers that there is no connection; whether there was one.
    fn disconnected(&self) -> bool {
        let was_online = *self.watcher.health.borrow() == SessionHealth::Online;
        let trouble = if was_online {
            "the connection to the server was lost"
        } else {
            "the server cannot be reached"
        };
        let trouble = Some(Reason::fixed(trouble));
        self.watcher.health.send_replace(SessionHealth::Connecting { trouble });
        was_online
    }
}
