//! Linking an account: the driver around the [`machine`].
//!
//! The client of a login takes no messages: what comes between the phone's yes and the session's first connection is
//! refused here and comes again there. Keys and other things that only serve the protocol are taken.

mod machine;
mod number;

use crate::decode::decode;
use crate::settings::Settings;
use crate::store::AccountStore;
use crate::{address, client, outcome};
use async_trait::async_trait;
use machine::{Effect, Input, Machine};
use matrimony_domain::{Name, Reason, UnixMillis};
use matrimony_network::{Linked, Login, LoginMethod, SessionEnd, Step};
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

/// One attempt to link an account. Dropping it gives up and removes the keys, unless they are an account's.
pub(crate) struct WhatsAppLogin {
    settings: Arc<Settings>,
    store: AccountStore,
    machine: Machine,
    shown: Option<Step>,
    to_do: Effect,
    connection: Option<Connection>,
    code: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

impl WhatsAppLogin {
    /// A login that will keep its keys in `store`. Nothing happens before the first step is asked for.
    pub(crate) fn new(settings: Arc<Settings>, store: AccountStore, method: LoginMethod) -> Self {
        let (machine, to_do) = Machine::begin(method, settings.clock.now());
        Self {
            settings,
            store,
            machine,
            shown: None,
            to_do,
            connection: None,
            code: None,
        }
    }

    fn feed(&mut self, input: Input) {
        let (machine, effect) = self.machine.clone().on(input, self.settings.clock.now());
        self.machine = machine;
        if effect != Effect::Nothing {
            self.to_do = effect;
        }
    }

    /// Does what the machine asked for. An effect is forgotten only when it is done, so that a `next` that was dropped
    /// half way is made up for by the following one.
    async fn act(&mut self) {
        match self.to_do.clone() {
            Effect::Nothing => return,
            Effect::Connect => match Connection::open(&self.settings, &self.store).await {
                Ok(connection) => self.connection = Some(connection),
                Err(error) => {
                    tracing::warn!(%error, "a login could not make its keys");
                    let cure = "the account's keys cannot be written; make room on the disk, then start again";
                    self.feed(Input::TurnedAway(Reason::fixed(cure)));
                    return;
                }
            },
            Effect::RequestCode(number) => {
                self.code = self.connection.as_ref().map(|c| c.request_code(number.digits()));
            }
            Effect::Close => {
                let linked = match &mut self.connection {
                    Some(connection) => connection.close(&self.store).await,
                    None => None,
                };
                self.to_do = Effect::Nothing;
                self.feed(linked.map_or(Input::NoAccount, Input::Closed));
                return;
            }
            Effect::Undo { linked } => self.undo(linked).await,
        }
        self.to_do = Effect::Nothing;
    }

    async fn undo(&mut self, linked: bool) {
        self.code = None;
        if let Some(connection) = &mut self.connection {
            connection.undo(linked).await;
        }
        self.connection = None;
        self.store.remove();
    }

    /// Waits for something to happen. Cancel-safe: what it waits for stays where it is.
    async fn input(&mut self) -> Input {
        let overdue = self.machine.until().map(|until| self.settings.clock.now().until(until));
        let overdue = async {
            match overdue {
                Some(wait) => tokio::time::sleep(wait).await,
                None => pending().await,
            }
        };
        let now = self.settings.clock.now();
        let Some(connection) = &mut self.connection else {
            overdue.await;
            return Input::Overdue;
        };
        let code = self.code.as_mut();
        let request = async {
            match code {
                Some(code) => code.await,
                None => pending().await,
            }
        };
        tokio::select! {
            input = connection.input(now) => input,
            () = overdue => Input::Overdue,
            () = request => {
                self.code = None;
                Input::Nothing
            }
        }
    }
}

#[async_trait]
impl Login for WhatsAppLogin {
    async fn next(&mut self) -> Step {
        loop {
            while self.to_do != Effect::Nothing {
                self.act().await;
            }
            let step = self.machine.step();
            if self.machine.is_over() || self.shown.as_ref() != Some(&step) {
                self.shown = Some(step.clone());
                return step;
            }
            let input = self.input().await;
            self.feed(input);
        }
    }

    async fn answer(&mut self, text: &str) {
        self.feed(Input::Answer(text.to_owned()));
        // A wrong answer may lead to the very same question.
        self.shown = None;
    }

    async fn cancel(&mut self) {
        self.feed(Input::Cancelled);
        while self.to_do != Effect::Nothing {
            self.act().await;
        }
    }
}

impl Drop for WhatsAppLogin {
    fn drop(&mut self) {
        if !matches!(self.machine.step(), Step::Done(_)) {
            self.connection = None;
            self.store.remove();
        }
    }
}

/// A client that links, and its events.
struct Connection {
    client: Arc<Client>,
    run: JoinHandle<()>,
    events: mpsc::Receiver<Arc<Event>>,
    _subscription: Subscription,
}

impl Connection {
    async fn open(settings: &Settings, store: &AccountStore) -> Result<Self, client::BuildError> {
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

    async fn input(&mut self, now: UnixMillis) -> Input {
        match self.events.recv().await {
            Some(event) => input_of(&event, now),
            None => pending().await,
        }
    }

    /// Its outcome comes as an event.
    fn request_code(&self, digits: &str) -> Pin<Box<dyn Future<Output = ()> + Send>> {
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
    async fn close(&mut self, store: &AccountStore) -> Option<Linked> {
        self.disconnect().await;
        let jid = self.client.lid().or_else(|| self.client.pn())?;
        let name = Name::new(&self.client.push_name());
        Some(Linked {
            key: store.key(),
            person: address::person(&jid)?,
            name,
        })
    }

    async fn undo(&mut self, linked: bool) {
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
