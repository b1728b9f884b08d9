//! What the connector is told from outside.

use matrimony_domain::{Clock, SystemClock};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use whatsapp_rust::http::HttpClient;
use whatsapp_rust::transport::TransportFactory;
use whatsapp_rust_tokio_transport::TokioWebSocketTransportFactory;
use whatsapp_rust_ureq_http_client::UreqHttpClient;

/// How the connector behaves; [`Settings::new`] gives what real use wants.
#[derive(Clone)]
pub struct Settings {
    /// Where the accounts' keys are kept, one file each. Made (0700) if it is not there.
    pub store_dir: PathBuf,
    /// What the phone shows in its list of linked devices.
    pub device_name: String,
    /// Opens the connections to the server.
    pub transport: Arc<dyn TransportFactory>,
    /// Fetches and stores media, and looks up the current version of WhatsApp Web.
    pub http: Arc<dyn HttpClient>,
    /// The version of WhatsApp Web to present; looked up, at most daily, if `None`.
    pub version: Option<(u32, u32, u32)>,
    /// The waits between connections that the server ended. While it cannot be reached at all they stay below 2 s.
    pub reconnect: Backoff,
    /// Where the time is read.
    pub clock: Arc<dyn Clock>,
}

impl Settings {
    /// WhatsApp's own servers.
    pub fn new(store_dir: impl Into<PathBuf>) -> Self {
        Self {
            store_dir: store_dir.into(),
            device_name: "Matrimony".to_owned(),
            transport: Arc::new(TokioWebSocketTransportFactory::new()),
            http: Arc::new(UreqHttpClient::new()),
            version: None,
            reconnect: Backoff::default(),
            clock: Arc::new(SystemClock),
        }
    }

    /// Another server, by the address of its WebSocket.
    #[must_use]
    pub fn with_server(mut self, url: impl Into<String>) -> Self {
        self.transport = Arc::new(TokioWebSocketTransportFactory::new().with_url(url));
        self
    }
}

/// Waits that double from `first` to `longest`, each shortened by up to a quarter so that logins do not come together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// Before the second attempt.
    pub first: Duration,
    /// Never more than this.
    pub longest: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self {
            first: Duration::from_millis(500),
            longest: Duration::from_secs(60),
        }
    }
}

impl Backoff {
    /// The wait after `failures` failures in a row, the first being 1. `salt` spreads logins: the same salt gives the
    /// same waits, so nothing here is random.
    pub fn wait(&self, failures: u32, salt: u64) -> Duration {
        let doubled = self
            .first
            .saturating_mul(1_u32.checked_shl(failures.saturating_sub(1)).unwrap_or(u32::MAX));
        let whole = doubled.min(self.longest);
        let spread = salt
            .wrapping_add(u64::from(failures))
            .wrapping_mul(0x9e37_79b9_7f4a_7c15)
            >> 56;
        whole - whole * u32::try_from(spread).unwrap_or(0) / 1024
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest() {
        let backoff = Backoff {
            first: Duration::from_millis(100),
            longest: Duration::from_secs(1),
        };
        for (failures, whole) in [
            (0, 100),
            (1, 100),
            (2, 200),
            (3, 400),
            (4, 800),
            (5, 1000),
            (40, 1000),
            (u32::MAX, 1000),
        ] {
            let wait = backoff.wait(failures, 7);
            let whole = Duration::from_millis(whole);
            assert!(wait <= whole && wait >= whole * 3 / 4, "{failures}: {wait:?}");
        }
    }

    #[test]
    fn logins_do_not_come_together() {
        let waits: std::collections::BTreeSet<_> = (0..20).map(|login| Backoff::default().wait(5, login)).collect();
        assert!(waits.len() > 10, "{waits:?}");
    }
}
