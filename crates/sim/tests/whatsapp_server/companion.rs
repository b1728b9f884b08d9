//! A companion under test: a real client, what it heard, and a durability hook that can be told to fail.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use anyhow::{Result, bail};
use matrimony_sim_whatsapp::{NewPhone, Options, SimWhatsApp};
use tokio::sync::{Mutex, Notify};
use tokio::time::timeout;
use whatsapp_rust::bot::{Bot, BotHandle};
use whatsapp_rust::pair_code::PairCodeOptions;
use whatsapp_rust::wacore::net::{HttpClient, HttpRequest, HttpResponse, StreamingHttpResponse, UploadBody};
use whatsapp_rust::wacore::store::InMemoryBackend;
use whatsapp_rust::wacore::types::events::{ChannelEventHandler, Event, InboundMessage};
use whatsapp_rust::waproto::whatsapp as wa;
use whatsapp_rust::{Client, InboundDurabilityHook, Jid, SendOptions, TokioRuntime, async_channel, async_trait};
use whatsapp_rust_tokio_transport::TokioWebSocketTransportFactory;
use whatsapp_rust_ureq_http_client::UreqHttpClient;

/// Longer than any back-off of the client that a test runs into.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

/// A server, and the numbers of its phones by name.
pub(crate) async fn server() -> SimWhatsApp {
    let _ = tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
        .try_init();
    SimWhatsApp::start(Options::default())
        .await
        .expect("a server on free ports")
}

/// Makes a phone and returns its number.
pub(crate) fn phone(sim: &SimWhatsApp, name: &str) -> String {
    sim.add_phone(NewPhone::named(name)).expect("a new phone").number
}

/// A linked client.
pub(crate) struct Companion {
    pub(crate) client: Arc<Client>,
    pub(crate) hook: Hook,
    pub(crate) backend: Arc<InMemoryBackend>,
    events: Mutex<Events>,
    handle: BotHandle,
}

/// What the client told, until somebody asks for it. Messages come in batches and are asked for one by one.
struct Events {
    incoming: async_channel::Receiver<Arc<Event>>,
    unclaimed: Vec<Arc<Event>>,
    messages: Vec<InboundMessage>,
}

impl Events {
    async fn take_one(&mut self) {
        let event = self.incoming.recv().await.expect("the client's events");
        self.messages.extend(event.messages().cloned());
        self.unclaimed.push(event);
    }
}

/// Fails as often as it is told to, then lets messages pass.
#[derive(Clone, Default)]
pub(crate) struct Hook {
    failures: Arc<AtomicU32>,
    failed: Arc<Notify>,
}

impl Hook {
    pub(crate) fn fail_next(&self, times: u32) {
        self.failures.store(times, Ordering::SeqCst);
    }

    /// Waits for the next failure that nobody has waited for.
    pub(crate) async fn failed(&self) {
        in_time("failure of the hook", self.failed.notified()).await;
    }
}

#[async_trait]
impl InboundDurabilityHook for Hook {
    async fn on_messages(&self, _client: Arc<Client>, _batch: &[InboundMessage]) -> Result<()> {
        let spend = |left: u32| left.checked_sub(1);
        if self
            .failures
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, spend)
            .is_ok()
        {
            self.failed.notify_one();
            bail!("told to fail");
        }
        Ok(())
    }
}

/// Media hosts are always asked with TLS; the server's speaks plain HTTP.
struct PlainHttp(UreqHttpClient);

impl PlainHttp {
    fn plain(mut request: HttpRequest) -> HttpRequest {
        request.url = request.url.replace("https://127.0.0.1:", "http://127.0.0.1:");
        request
    }
}

#[async_trait]
impl HttpClient for PlainHttp {
    async fn execute(&self, request: HttpRequest) -> Result<HttpResponse> {
        self.0.execute(Self::plain(request)).await
    }

    fn supports_streaming(&self) -> bool {
        self.0.supports_streaming()
    }

    fn execute_streaming(&self, request: HttpRequest) -> Result<StreamingHttpResponse> {
        self.0.execute_streaming(Self::plain(request))
    }

    fn supports_upload_streaming(&self) -> bool {
        self.0.supports_upload_streaming()
    }

    fn execute_upload(&self, request: HttpRequest, body: UploadBody, length: u64) -> Result<HttpResponse> {
        self.0.execute_upload(Self::plain(request), body, length)
    }
}

impl Companion {
    /// Starts a client on a store, without waiting for anything.
    pub(crate) async fn start(sim: &SimWhatsApp, backend: Arc<InMemoryBackend>, code_for: Option<&str>) -> Self {
        let hook = Hook::default();
        let mut builder = Bot::builder()
            .with_backend_arc(backend.clone())
            .with_transport_factory(TokioWebSocketTransportFactory::new().with_url(sim.ws_url()))
            .with_http_client(PlainHttp(UreqHttpClient::new()))
            .with_runtime(TokioRuntime)
            .with_version((2, 3000, 1))
            .with_inbound_durability_hook(hook.clone());
        if let Some(number) = code_for {
            builder = builder.with_pair_code(PairCodeOptions {
                phone_number: number.to_owned(),
                ..Default::default()
            });
        }
        let bot = builder.build().await.expect("a client");
        let client = bot.client();
        client.set_force_active_delivery_receipts(true);
        let (handler, incoming) = ChannelEventHandler::new();
        client.subscribe_handler(handler).detach();
        Self {
            client,
            hook,
            backend,
            events: Mutex::new(Events {
                incoming,
                unclaimed: Vec::new(),
                messages: Vec::new(),
            }),
            handle: bot.spawn(),
        }
    }

    /// Starts a new client and lets a phone scan its QR code.
    pub(crate) async fn link(sim: &SimWhatsApp, phone: &str) -> Self {
        let companion = Self::start(sim, Arc::new(InMemoryBackend::new()), None).await;
        let shown = companion
            .expect("a QR code", |event| matches!(event, Event::PairingQrCode(_)))
            .await;
        let Event::PairingQrCode(qr) = &*shown else {
            unreachable!("the event was just matched");
        };
        sim.scan_qr(phone, &qr.code).expect("a code that can be scanned");
        companion.connected().await;
        companion
    }

    /// Stops the client; its store can be started again.
    pub(crate) async fn shut_down(self) -> Arc<InMemoryBackend> {
        let Self {
            client,
            backend,
            handle,
            ..
        } = self;
        drop(client);
        handle.shutdown().await;
        backend
    }

    pub(crate) async fn connected(&self) {
        self.expect("Connected", |event| matches!(event, Event::Connected(_)))
            .await;
    }

    /// Waits for an event, past or future; every event is given out once.
    pub(crate) async fn expect(&self, what: &str, wanted: impl Fn(&Event) -> bool) -> Arc<Event> {
        let events = &mut *self.events.lock().await;
        let found = async {
            loop {
                if let Some(at) = events.unclaimed.iter().position(|event| wanted(event)) {
                    return events.unclaimed.remove(at);
                }
                events.take_one().await;
            }
        };
        in_time(what, found).await
    }

    /// Waits for a message, past or future; every message is given out once.
    pub(crate) async fn message(&self, what: &str, wanted: impl Fn(&wa::Message) -> bool) -> InboundMessage {
        let events = &mut *self.events.lock().await;
        let found = async {
            loop {
                if let Some(at) = events.messages.iter().position(|message| wanted(&message.message)) {
                    return events.messages.remove(at);
                }
                events.take_one().await;
            }
        };
        in_time(what, found).await
    }

    /// Waits for a text.
    pub(crate) async fn text(&self, text: &str) -> InboundMessage {
        self.message(text, |message| text_of(message) == Some(text)).await
    }

    /// Waits for the next text, whatever it says.
    pub(crate) async fn next_text(&self) -> String {
        let message = self.message("text", |message| text_of(message).is_some()).await;
        text_of(&message.message).unwrap_or_default().to_owned()
    }

    /// Sends a text under an id of our choosing.
    pub(crate) async fn send(&self, to: &Jid, text: &str, id: &str) {
        let message = wa::Message {
            conversation: Some(text.to_owned()),
            ..Default::default()
        };
        let options = SendOptions::default().with_message_id(id);
        let sent = self
            .client
            .send_message_with_options(to.clone(), message, options)
            .await;
        assert_eq!(sent.expect("a message on the socket").message_id, id);
    }

    /// Waits for the server's answer to a message and returns its error code.
    pub(crate) async fn ack(&self, id: &str) -> Option<String> {
        let event = self
            .expect(
                "ServerAck",
                |event| matches!(event, Event::ServerAck(ack) if ack.id == id),
            )
            .await;
        let Event::ServerAck(ack) = &*event else {
            unreachable!("the event was just matched");
        };
        ack.error.clone()
    }
}

async fn in_time<T>(what: &str, found: impl Future<Output = T>) -> T {
    match timeout(DEADLINE, found).await {
        Ok(found) => found,
        Err(_) => panic!("no {what} within {DEADLINE:?}"),
    }
}

/// The words of a message.
pub(crate) fn text_of(message: &wa::Message) -> Option<&str> {
    let extended = message.extended_text_message.as_option();
    message.conversation.as_deref().or_else(|| extended?.text.as_deref())
}
