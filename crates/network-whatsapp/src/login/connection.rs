//! The client of one login, and the library's events in the machine's words.

use super::machine::Input;
use crate::decode::decode;
use crate::settings::Settings;
use crate::store::AccountStore;
use crate::{address, client, outcome};
use async_trait::async_trait;
use matrimony_domain::{Name, UnixMillis};
use matrimony_network::{Linked, SessionEnd};
use std::future::pending;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use whatsapp_rust::pair_code::{PairCodeOptions, PairCodeRejection};
use whatsapp_rust::types::events::{Event, EventHandler, EventInterest, EventKind, InboundMessage, Subscription};
use whatsapp_rust::{Client, InboundDurabilityHook};

/// More than a login's events; the library never waits for us.
const EVENTS: usize = 256;
/// How long closing the connection may take.
const CLOSE: Duration = Duration::from_secs(5);

/// A client that links, and its events.
pub(super) struct Connection {
    client: Arc<Client>,
    run: JoinHandle<()>,
    events: mpsc::Receiver<Arc<Event>>,
    _subscription: Subscription,
}

impl Connection {
    /// Begins to connect.
    pub(super) async fn open(settings: &Settings, store: &AccountStore) -> Result<Self, client::BuildError> {
        let client = client::build(settings, store, Arc::new(TakeNothing)).await?;
        let (sender, events) = mpsc::channel(EVENTS);
        let subscription = client.subscribe_handler(Arc::new(Forward(sender)));
        let running = Arc::clone(&client);
        let run = tokio::spawn(async move { running.run().await });
        Ok(Self {
            client,
            run,
            events,
            _subscription: subscription,
        })
    }

    /// Waits for the next event. Cancel-safe.
    pub(super) async fn input(&mut self, now: UnixMillis) -> Input {
        match self.events.recv().await {
            Some(event) => input_of(&event, now),
            None => pending().await,
        }
    }

    /// Asks for a code. Its outcome comes as an event.
    pub(super) fn request_code(&self, digits: &str) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let client = Arc::clone(&self.client);
        let options = PairCodeOptions {
            phone_number: digits.to_owned(),
            ..Default::default()
        };
        Box::pin(async move {
            client.cancel_pair_code().await;
            let _ = client.pair_with_code(options).await;
        })
    }

    /// Closes the connection; whom the keys belong to.
    pub(super) async fn close(&mut self, store: &AccountStore) -> Option<Linked> {
        self.disconnect().await;
        let jid = self.client.lid().or_else(|| self.client.pn())?;
        let name = Name::new(&self.client.push_name());
        Some(Linked {
            key: store.key(),
            person: address::person(&jid)?,
            name,
        })
    }

    /// Gives the keys up, and the link if there is one.
    pub(super) async fn undo(&mut self, linked: bool) {
        if linked {
            let _ = tokio::time::timeout(CLOSE, self.client.logout()).await;
        }
        self.disconnect().await;
    }

    async fn disconnect(&mut self) {
        let goodbye = async {
            self.client.disconnect().await;
            let _ = (&mut self.run).await;
        };
        let _ = tokio::time::timeout(CLOSE, goodbye).await;
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.run.abort();
    }
}

/// Refuses every message for people, so that it comes again to the session.
struct TakeNothing;

#[async_trait]
impl InboundDurabilityHook for TakeNothing {
    async fn on_messages(&self, _client: Arc<Client>, batch: &[InboundMessage]) -> anyhow::Result<()> {
        let for_people = |message: &InboundMessage| decode(&message.message, &|_| None).is_some();
        anyhow::ensure!(
            !batch.iter().any(for_people),
            "a login takes no messages; the session will"
        );
        Ok(())
    }
}

/// Passes the library's events on.
struct Forward(mpsc::Sender<Arc<Event>>);

impl EventHandler for Forward {
    fn handle_event(&self, event: Arc<Event>) {
        if self.0.try_send(event).is_err() {
            tracing::warn!("an event of a login came too late or too early and was dropped");
        }
    }

    fn interest(&self) -> EventInterest {
        use EventKind as K;
        EventInterest::of(&[
            K::PairingQrCode,
            K::PairingQrCodesExhausted,
            K::PairingCode,
            K::PairingCodeError,
            K::PairingCodeRefresh,
            K::PairSuccess,
            K::PairError,
            K::PairPasskeyRequest,
            K::PairPasskeyError,
            K::QrScannedWithoutMultidevice,
            K::Connected,
            K::LoggedOut,
            K::StreamReplaced,
            K::TemporaryBan,
            K::ClientOutdated,
            K::ConnectFailure,
        ])
    }
}

/// An event in the machine's words.
fn input_of(event: &Event, now: UnixMillis) -> Input {
    match event {
        Event::PairingQrCode(qr) => Input::QrCode {
            code: qr.code.clone(),
            lasts: qr.timeout,
        },
        Event::PairingQrCodesExhausted(_) => Input::QrCodesUsedUp,
        Event::PairingCode(code) => Input::Code {
            code: code.code.clone(),
            lasts: code.timeout,
        },
        Event::PairingCodeError(error) => Input::CodeRefused {
            throttled: error.rejection.is_some_and(PairCodeRejection::is_throttled),
            offered: error.rejection != Some(PairCodeRejection::FeatureNotAvailable),
        },
        Event::PairingCodeRefresh(refresh) => Input::CodeVoid {
            by_hand: refresh.force_manual,
        },
        Event::PairSuccess(_) => Input::Paired,
        Event::PairError(_) => Input::PairingBroken,
        Event::PairPasskeyRequest(_) | Event::PairPasskeyError(_) | Event::QrScannedWithoutMultidevice(_) => {
            Input::Unsupported
        }
        Event::Connected(_) => Input::Online,
        other => match outcome::of_event(other, now) {
            Some(SessionEnd::Unlinked(unlinked)) => Input::TurnedAway(unlinked.reason()),
            Some(SessionEnd::Failed(reason)) => Input::TurnedAway(reason),
            Some(SessionEnd::Stopped) | None => Input::Nothing,
        },
    }
}
