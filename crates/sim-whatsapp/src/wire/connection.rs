//! One client's socket: WebSocket upgrade, handshake, login, then stanzas until somebody ends it.

use std::sync::Arc;

use bytes::BytesMut;
use futures_util::{SinkExt, StreamExt, stream::SplitSink, stream::SplitStream};
use thiserror::Error;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error as WebSocketError, Message};
use tokio_tungstenite::{WebSocketStream, accept_async_with_config};
use tracing::debug;
use whatsapp_rust::wacore::handshake::{HandshakeError, NoiseCipher, NoiseError as CipherError};

use crate::limits;
use crate::relay::Relay;
use crate::relay::login::Guest;
use crate::relay::outbox::{Outbox, Outgoing};
use crate::wire::framing::{FrameReader, FramingError, frame};
use crate::wire::noise::{Answer, NoiseError, Session, answer_hello};
use crate::wire::stanza::{self, NotAStanza};

type Sink = SplitSink<WebSocketStream<TcpStream>, Message>;

/// One frame and a little more: clients send at most one frame in a message, though they need not.
const MESSAGE_BYTES: usize = limits::FRAME_BYTES + 1024;

/// Why a connection ended. None of these harms any other connection.
#[derive(Debug, Error)]
pub(crate) enum Closed {
    #[error("the client closed the socket")]
    ByClient,
    #[error("the server closed the socket")]
    ByServer,
    #[error("the client did not finish its handshake in time")]
    HandshakeTimeout,
    #[error("the client reads too slowly")]
    Backlog,
    #[error("the client sent a text message")]
    TextMessage,
    #[error(transparent)]
    WebSocket(#[from] Box<WebSocketError>),
    #[error(transparent)]
    Framing(#[from] FramingError),
    #[error(transparent)]
    Noise(#[from] NoiseError),
    #[error("a frame does not decrypt")]
    Sealed(#[from] CipherError),
    #[error(transparent)]
    Stanza(#[from] NotAStanza),
    #[error("the login was refused: {0}")]
    Refused(&'static str),
}

impl From<WebSocketError> for Closed {
    fn from(error: WebSocketError) -> Self {
        Self::WebSocket(Box::new(error))
    }
}

impl From<HandshakeError> for Closed {
    fn from(error: HandshakeError) -> Self {
        Self::Noise(error.into())
    }
}

/// Serves one accepted socket until it ends. Dropping the future cuts the connection without a word.
pub(crate) async fn serve(socket: TcpStream, relay: Arc<Relay>) -> Closed {
    match timeout(limits::HANDSHAKE, open(socket, &relay)).await {
        Ok(Ok((sink, frames, session))) => converse(sink, frames, session, &relay).await,
        Ok(Err(closed)) => closed,
        Err(_) => Closed::HandshakeTimeout,
    }
}

async fn open(socket: TcpStream, relay: &Relay) -> Result<(Sink, Frames, Session), Closed> {
    let config = WebSocketConfig::default()
        .max_message_size(Some(MESSAGE_BYTES))
        .max_frame_size(Some(MESSAGE_BYTES));
    let (mut sink, source) = accept_async_with_config(socket, Some(config)).await?.split();
    let mut frames = Frames::new(source);
    let session = shake_hands(&mut sink, &mut frames, relay).await?;
    Ok((sink, frames, session))
}

async fn converse(sink: Sink, mut frames: Frames, session: Session, relay: &Relay) -> Closed {
    let Session {
        pattern,
        client_static,
        payload,
        incoming,
        outgoing,
    } = session;
    debug!(?pattern, "handshake done");

    let (outbox, stanzas) = Outbox::new();
    let writing = write(sink, outgoing, stanzas);
    let ended = match relay.admit(pattern, &client_static, &payload, &outbox) {
        Ok(guest) => {
            let visit = Visit { relay, guest };
            tokio::select! {
                ended = read(&visit, &mut frames, &incoming) => ended,
                ended = writing => ended,
                () = outbox.overflowed() => Closed::Backlog,
            }
        }
        Err(refused) => {
            writing.await;
            Closed::Refused(refused)
        }
    };
    if matches!(ended, Closed::ByServer | Closed::Refused(_)) {
        frames.drain().await;
    }
    ended
}

/// Hands the client's stanzas to the relay, one after another.
async fn read(visit: &Visit<'_>, frames: &mut Frames, cipher: &NoiseCipher) -> Closed {
    let mut counter = 0;
    loop {
        let stanza = async {
            let mut bytes = frames.next().await?;
            cipher.decrypt_in_place_with_counter(counter, &mut bytes)?;
            Ok::<_, Closed>(stanza::decode(bytes)?)
        };
        match stanza.await {
            Ok(node) => visit.relay.receive(&visit.guest, &node),
            Err(closed) => return closed,
        }
        counter += 1;
    }
}

/// Tells the relay when a guest leaves, however the connection ends.
struct Visit<'a> {
    relay: &'a Relay,
    guest: Guest,
}

impl Drop for Visit<'_> {
    fn drop(&mut self) {
        self.relay.dismiss(&self.guest);
    }
}

async fn shake_hands(sink: &mut Sink, frames: &mut Frames, relay: &Relay) -> Result<Session, Closed> {
    let hello = frames.next().await?;
    match answer_hello(relay.authority(), relay.fresh_key_pair(), &hello)? {
        Answer::Established(answer, session) => {
            send(sink, &answer).await?;
            Ok(*session)
        }
        Answer::AwaitingFinish(answer, handshake) => {
            send(sink, &answer).await?;
            Ok(handshake.finish(&frames.next().await?)?)
        }
    }
}

async fn send(sink: &mut Sink, payload: &[u8]) -> Result<(), WebSocketError> {
    sink.send(Message::Binary(frame(payload).into())).await
}

/// Writes stanzas in the order of the outbox, until one of them is the end.
async fn write(mut sink: Sink, cipher: NoiseCipher, mut stanzas: mpsc::Receiver<Outgoing>) -> Closed {
    let mut counter = 0;
    while let Some(outgoing) = stanzas.recv().await {
        let Outgoing::Stanza(node) = outgoing else {
            // The closing handshake is a courtesy: the client may be gone.
            let _ = sink.close().await;
            return Closed::ByServer;
        };
        let sealed = stanza::encode(&node)
            .map_err(Closed::from)
            .and_then(|plain| Ok(cipher.encrypt_with_counter(counter, &plain)?));
        counter += 1;
        match sealed {
            Ok(sealed) => {
                if let Err(error) = send(&mut sink, &sealed).await {
                    return error.into();
                }
            }
            Err(closed) => return closed,
        }
    }
    Closed::ByServer
}

/// The frames of a client, as they complete.
struct Frames {
    source: SplitStream<WebSocketStream<TcpStream>>,
    reader: FrameReader,
}

impl Frames {
    fn new(source: SplitStream<WebSocketStream<TcpStream>>) -> Self {
        Self {
            source,
            reader: FrameReader::default(),
        }
    }

    /// Waits a moment for the client to hang up. A socket that is closed with unread bytes is reset, and the client
    /// would lose the last stanza that was sent to it.
    async fn drain(&mut self) {
        let hung_up = async { while let Some(Ok(_)) = self.source.next().await {} };
        let _ = timeout(limits::LINGER, hung_up).await;
    }

    async fn next(&mut self) -> Result<BytesMut, Closed> {
        loop {
            if let Some(frame) = self.reader.next_frame()? {
                return Ok(frame);
            }
            match self.source.next().await {
                Some(Ok(Message::Binary(bytes))) => self.reader.push(&bytes),
                Some(Ok(Message::Text(_))) => return Err(Closed::TextMessage),
                Some(Ok(Message::Close(_))) | None => return Err(Closed::ByClient),
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {}
                Some(Err(error)) => return Err(error.into()),
            }
        }
    }
}
