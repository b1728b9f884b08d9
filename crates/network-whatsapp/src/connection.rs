//! The life of a session: connect, attend, reconnect, until it is told to stop or a person must act.
//!
//! The library can reconnect by itself, but waits longer and longer even when the server is back. So it is told not to:
//! its `run` then lasts one connection, and the waits are ours.

use crate::session::WhatsAppSession;
use crate::settings::Backoff;
use matrimony_network::SessionEnd;
use std::pin::pin;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// A connection that held this long begins the waits anew; one that did not is a failure, or a server that throws us
/// out at once would be pestered.
const STABLE: Duration = Duration::from_secs(30);
/// Longest wait while the server cannot even be reached: trying costs nobody anything, and the chats wait for us.
const UNREACHED_LONGEST: Duration = Duration::from_secs(2);
/// How long the library may take to say goodbye.
const GOODBYE: Duration = Duration::from_secs(4);

impl WhatsAppSession {
    /// Lives until `stop`, or until the account is not ours any more.
    pub(crate) async fn live(&self, stop: &CancellationToken) -> SessionEnd {
        let disconnected = CancellationToken::new();
        let connections = async {
            let end = self.connections(stop).await;
            disconnected.cancel();
            end
        };
        let (end, ()) = tokio::join!(connections, self.hand_over_late(&disconnected));
        // Whoever opens the account next must find everything written.
        self.say_goodbye(std::future::ready(())).await;
        end
    }

    async fn connections(&self, stop: &CancellationToken) -> SessionEnd {
        let mut waits = Waits::new(self.reconnect, self.login.0.unsigned_abs());
        while !stop.is_cancelled() {
            let begun = Instant::now();
            self.watcher.reached.store(false, Ordering::Relaxed);
            self.one_connection(stop).await;
            self.watcher.disconnected();
            if let Some(end) = self.watcher.end.get() {
                return end.clone();
            }
            let wait = if self.watcher.reached.load(Ordering::Relaxed) {
                waits.after_connection(begun.elapsed() >= STABLE)
            } else {
                waits.unreached()
            };
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
            () = &mut connection => {}
            () = self.reconnect_after_refusal() => connection.await,
            () = stop.cancelled() => self.say_goodbye(connection).await,
        }
    }

    /// What the inbox refused comes again only on another connection.
    async fn reconnect_after_refusal(&self) {
        self.receiver.refused().await;
        tokio::time::sleep(self.reconnect.wait(1, self.login.0.unsigned_abs())).await;
        self.client.reconnect_immediately().await;
    }

    /// Closes the connection, if there is one, and the library's state with it.
    async fn say_goodbye(&self, connection: impl Future<Output = ()>) {
        let goodbye = async { tokio::join!(self.client.disconnect(), connection) };
        if tokio::time::timeout(GOODBYE, goodbye).await.is_err() {
            tracing::warn!(login = %self.login, "the connection did not close in time and was dropped");
        }
    }

    /// Needs no connection. Returns after `disconnected`, when nothing is left that comes only once.
    async fn hand_over_late(&self, disconnected: &CancellationToken) {
        while let Some(item) = disconnected.run_until_cancelled(self.late.next()).await {
            if !self.receiver.take_late(&self.client, &item).await {
                self.late.put_back(item);
            }
        }
        let mut left = self.late.take_recovered().into_iter();
        while let Some(item) = left.next() {
            if !self.receiver.take_late(&self.client, &item).await {
                let lost = left.len() + 1;
                tracing::warn!(login = %self.login, lost, "the inbox refused messages that do not come again");
                return;
            }
        }
    }
}

/// The waits between connections.
struct Waits {
    backoff: Backoff,
    salt: u64,
    failures: u32,
    unreached: u32,
}

impl Waits {
    fn new(backoff: Backoff, salt: u64) -> Self {
        Self {
            backoff,
            salt,
            failures: 0,
            unreached: 0,
        }
    }

    /// The server was there, and the connection ended.
    fn after_connection(&mut self, was_stable: bool) -> Duration {
        self.failures = if was_stable { 1 } else { self.failures + 1 };
        self.unreached = 0;
        self.backoff.wait(self.failures, self.salt)
    }

    /// There was no server to speak to.
    fn unreached(&mut self) -> Duration {
        self.unreached += 1;
        let longest = self.backoff.longest.min(UNREACHED_LONGEST);
        Backoff {
            longest,
            ..self.backoff
        }
        .wait(self.unreached, self.salt)
    }
}

#[cfg(test)]
mod tests;
