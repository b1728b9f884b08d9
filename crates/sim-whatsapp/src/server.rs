//! The running server: listeners, connections and phones.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use thiserror::Error;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{Instrument as _, info, info_span, warn};
use whatsapp_rust::wacore::libsignal::protocol::CurveError;

use crate::http;
use crate::http::media::MediaStore;
use crate::limits;
use crate::phone::Phone;
use crate::phone::errand::Errand;
use crate::relay::Relay;
use crate::wire::connection;

/// How long to wait after a connection could not be accepted.
const ACCEPT_BACK_OFF: Duration = Duration::from_millis(50);

/// How to start a server.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where clients connect. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// Where media and the control API are served: a loopback address. Port 0 takes a free one.
    pub control: SocketAddr,
    /// Makes all keys and ids repeatable. Without it they differ on every start.
    pub seed: Option<u64>,
}

impl Default for Options {
    /// Free ports of loopback, fresh keys.
    fn default() -> Self {
        let loopback = SocketAddr::from(([127, 0, 0, 1], 0));
        Self {
            listen: loopback,
            control: loopback,
            seed: None,
        }
    }
}

/// Why a server did not start or resume.
#[derive(Debug, Error)]
pub enum StartError {
    /// The address cannot be listened on; most often another process has the port.
    #[error("cannot listen on {address}: choose another port, or stop what uses it")]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The control address is reachable from elsewhere. Whoever reaches it owns every account, so it must not be.
    #[error("the control address {0} is not a loopback address: use 127.0.0.1 or ::1")]
    NotLoopback(SocketAddr),
    /// The certificate chain could not be signed.
    #[error("cannot sign the server's certificates")]
    Certificate(#[from] CurveError),
}

/// A WhatsApp server with its phones. Cheap to clone; all clones are the same server.
#[derive(Clone)]
pub struct SimWhatsApp {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) relay: Arc<Relay>,
    pub(crate) media: MediaStore,
    phones: Mutex<BTreeMap<String, Arc<Phone>>>,
    listen: SocketAddr,
    control: SocketAddr,
    /// Ends the WhatsApp side when cancelled; `None` while that is down.
    open: tokio::sync::Mutex<Option<CancellationToken>>,
    stop: CancellationToken,
    tasks: TaskTracker,
    /// The tasks of the WhatsApp side alone, which a pause waits for.
    sockets: TaskTracker,
}

impl SimWhatsApp {
    /// Binds both addresses and serves until [`SimWhatsApp::stop`]. When this returns, clients can connect.
    ///
    /// # Errors
    /// An address that cannot be listened on, or a control address that is not loopback.
    pub async fn start(options: Options) -> Result<Self, StartError> {
        if !options.control.ip().is_loopback() {
            return Err(StartError::NotLoopback(options.control));
        }
        let relay = Arc::new(Relay::new(options.seed)?);
        let clients = bind(options.listen).await?;
        let control = bind(options.control).await?;
        let (listen_address, control_address) = (local(&clients, options.listen)?, local(&control, options.control)?);
        relay.state().media_host = control_address.to_string();
        let sim = Self {
            inner: Arc::new(Inner {
                relay,
                media: MediaStore::default(),
                phones: Mutex::default(),
                listen: listen_address,
                control: control_address,
                open: tokio::sync::Mutex::new(None),
                stop: CancellationToken::new(),
                tasks: TaskTracker::new(),
                sockets: TaskTracker::new(),
            }),
        };
        *sim.inner.open.lock().await = Some(sim.accept_clients(clients));
        sim.serve_http(control);
        info!(%listen_address, %control_address, "the WhatsApp server is up");
        Ok(sim)
    }

    /// The address for a client's `ws_url`.
    #[must_use]
    pub fn ws_url(&self) -> String {
        format!("ws://{}/ws/chat", self.inner.listen)
    }

    /// Where clients connect.
    #[must_use]
    pub fn listen_addr(&self) -> SocketAddr {
        self.inner.listen
    }

    /// Where media and the control API are served. Clients are told `https://<this address>` for media; a test's
    /// HTTP client must say `http` instead.
    #[must_use]
    pub fn http_addr(&self) -> SocketAddr {
        self.inner.control
    }

    /// The base of the control API.
    #[must_use]
    pub fn control_url(&self) -> String {
        format!("http://{}/control", self.inner.control)
    }

    /// The Curve25519 key that vouches for the server's certificate chain: what a client must trust in place of
    /// WhatsApp's.
    #[must_use]
    pub fn root_public_key(&self) -> [u8; 32] {
        self.inner.relay.authority().root_public_key()
    }

    /// Takes the WhatsApp side down: no connection is accepted, and those that were open are cut without a word.
    /// Accounts, queues, keys, phones and the control API stay; phones may go on writing, and what they write waits.
    /// Returns when the port is closed.
    pub async fn pause(&self) {
        let mut open = self.inner.open.lock().await;
        if let Some(running) = open.take() {
            running.cancel();
            self.inner.sockets.close();
            self.inner.sockets.wait().await;
            self.inner.sockets.reopen();
            info!("the WhatsApp server is paused");
        }
    }

    /// Brings the WhatsApp side up again on the same port, with the same keys.
    ///
    /// # Errors
    /// If the port was taken meanwhile; the server stays paused and this can be called again.
    pub async fn resume(&self) -> Result<(), StartError> {
        let mut open = self.inner.open.lock().await;
        if open.is_none() {
            *open = Some(self.accept_clients(bind(self.inner.listen).await?));
            info!("the WhatsApp server is up again");
        }
        Ok(())
    }

    /// Ends everything and returns when all of it has ended. What was in memory stays readable through this value.
    pub async fn stop(&self) {
        self.inner.stop.cancel();
        self.inner.sockets.close();
        self.inner.tasks.close();
        self.inner.sockets.wait().await;
        self.inner.tasks.wait().await;
    }

    pub(crate) fn phones(&self) -> MutexGuard<'_, BTreeMap<String, Arc<Phone>>> {
        self.inner.phones.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs a phone until the server stops.
    pub(crate) fn switch_on(&self, number: String, phone: Arc<Phone>, line: mpsc::Receiver<Errand>) {
        self.phones().insert(number, phone.clone());
        let stop = self.inner.stop.clone();
        self.inner.tasks.spawn(async move {
            let _ = stop.run_until_cancelled(phone.run(line)).await;
        });
    }

    fn accept_clients(&self, listener: TcpListener) -> CancellationToken {
        let running = self.inner.stop.child_token();
        let (relay, sockets, token) = (self.inner.relay.clone(), self.inner.sockets.clone(), running.clone());
        self.inner.sockets.spawn(async move {
            while let Some(accepted) = token.run_until_cancelled(listener.accept()).await {
                let Ok((socket, _)) = accepted else {
                    // Most often no file descriptor was free. One may be in a moment.
                    tokio::time::sleep(ACCEPT_BACK_OFF).await;
                    continue;
                };
                if sockets.len() > limits::CONNECTIONS {
                    warn!(limit = limits::CONNECTIONS, "too many connections: one was turned away");
                    continue;
                }
                let (relay, token) = (relay.clone(), token.clone());
                let conversation = async move {
                    if let Some(why) = token.run_until_cancelled(connection::serve(socket, relay)).await {
                        info!(reason = %why, "a connection ended");
                    }
                };
                sockets.spawn(conversation.instrument(info_span!("connection")));
            }
        });
        running
    }

    fn serve_http(&self, listener: TcpListener) {
        let (router, stop) = (http::router(self.clone()), self.inner.stop.clone());
        self.inner.tasks.spawn(async move {
            let serving = axum::serve(listener, router);
            // Long polls would hold a graceful end back; nothing here is worth waiting for.
            let _ = stop.run_until_cancelled(serving.into_future()).await;
        });
    }
}

async fn bind(address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address)
        .await
        .map_err(|source| StartError::Listen { address, source })
}

fn local(listener: &TcpListener, address: SocketAddr) -> Result<SocketAddr, StartError> {
    listener
        .local_addr()
        .map_err(|source| StartError::Listen { address, source })
}
