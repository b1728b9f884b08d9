//! A client written from the protocol, not from any library's client: it shakes hands, reads and writes stanzas, and
//! checks the certificate chain against the root key that it is given.

use std::time::Duration;

use bytes::{Buf, BytesMut};
use futures_util::{SinkExt as _, StreamExt as _};
use rand::rngs::StdRng;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use whatsapp_rust::OwnedNodeRef;
use whatsapp_rust::wacore::handshake::{NoiseCipher, NoiseHandshake};
use whatsapp_rust::wacore::libsignal::protocol::{KeyPair, PublicKey};
use whatsapp_rust::wacore_binary::consts::{NOISE_PATTERN_XX, WA_CONN_HEADER};
use whatsapp_rust::wacore_binary::{Node, marshal, util::unpack_bytes};
use whatsapp_rust::waproto::buffa::{Message as _, MessageField};
use whatsapp_rust::waproto::whatsapp::cert_chain::noise_certificate::Details;
use whatsapp_rust::waproto::whatsapp::handshake_message::{ClientFinish, ClientHello};
use whatsapp_rust::waproto::whatsapp::{CertChain, ClientPayload, HandshakeMessage};

const DEADLINE: Duration = Duration::from_secs(20);

pub(crate) fn fresh_key() -> KeyPair {
    KeyPair::generate(&mut rand::make_rng::<StdRng>())
}

pub(crate) fn bytes_of(pair: &KeyPair) -> Vec<u8> {
    pair.public_key.public_key_bytes().to_vec()
}

/// A connection after its handshake.
pub(crate) struct Client {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    received: BytesMut,
    write: NoiseCipher,
    read: NoiseCipher,
    written: u32,
    opened: u32,
}

impl Client {
    /// Connects with XX and says `payload`.
    pub(crate) async fn connect(url: &str, root: &[u8], static_key: &KeyPair, payload: &ClientPayload) -> Self {
        let (mut socket, _) = connect_async(url).await.expect("a connection");
        let mut received = BytesMut::new();
        let ephemeral = fresh_key();
        let mut noise = NoiseHandshake::new(NOISE_PATTERN_XX, &WA_CONN_HEADER).expect("a pattern");
        noise.authenticate(&bytes_of(&ephemeral));
        let hello = HandshakeMessage {
            client_hello: MessageField::some(ClientHello {
                ephemeral: Some(bytes_of(&ephemeral)),
                ..Default::default()
            }),
            ..Default::default()
        };
        let opening = [&WA_CONN_HEADER[..], &frame(&hello.encode_to_vec())].concat();
        socket
            .send(Message::Binary(opening.into()))
            .await
            .expect("a sent hello");

        let answer = next_frame(&mut socket, &mut received).await.expect("a server hello");
        let answer = HandshakeMessage::decode_from_slice(&answer).expect("a handshake message");
        let answer = answer.server_hello.into_option().expect("a server hello");
        let their_ephemeral = answer.ephemeral.expect("an ephemeral");
        noise.authenticate(&their_ephemeral);
        mix(&mut noise, &ephemeral, &their_ephemeral);
        let their_static = noise
            .decrypt(&answer.r#static.expect("a static key"))
            .expect("a sealed key");
        mix(&mut noise, &ephemeral, &their_static);
        let chain = noise
            .decrypt(&answer.payload.expect("a chain"))
            .expect("a sealed chain");
        verify_chain(root, &chain, &their_static);

        let sealed_static = noise.encrypt(&bytes_of(static_key)).expect("sealing");
        mix(&mut noise, static_key, &their_ephemeral);
        let finish = HandshakeMessage {
            client_finish: MessageField::some(ClientFinish {
                r#static: Some(sealed_static),
                payload: Some(noise.encrypt(&payload.encode_to_vec()).expect("sealing")),
                ..Default::default()
            }),
            ..Default::default()
        };
        let finish = frame(&finish.encode_to_vec());
        socket
            .send(Message::Binary(finish.into()))
            .await
            .expect("a sent finish");
        let (write, read) = noise.finish().expect("a split");
        Self {
            socket,
            received,
            write,
            read,
            written: 0,
            opened: 0,
        }
    }

    pub(crate) async fn send(&mut self, node: &Node) {
        self.send_plain(&marshal(node).expect("a stanza")).await;
    }

    /// Seals bytes that need not be a stanza.
    pub(crate) async fn send_plain(&mut self, plain: &[u8]) {
        let sealed = self.write.encrypt_with_counter(self.written, plain).expect("sealing");
        self.written += 1;
        self.socket
            .send(Message::Binary(frame(&sealed).into()))
            .await
            .expect("a sent frame");
    }

    /// The next stanza, or `None` when the server has closed the connection.
    pub(crate) async fn next(&mut self) -> Option<Node> {
        let next = next_frame(&mut self.socket, &mut self.received);
        let mut sealed = timeout(DEADLINE, next).await.expect("a stanza or an end in time")?;
        self.read
            .decrypt_in_place_with_counter(self.opened, &mut sealed)
            .expect("a sealed frame");
        self.opened += 1;
        let plain = unpack_bytes(sealed).expect("a packed stanza");
        Some(OwnedNodeRef::new(plain).expect("a stanza").to_owned_node())
    }

    /// The next stanza with this tag.
    pub(crate) async fn expect(&mut self, tag: &str) -> Node {
        loop {
            let node = self
                .next()
                .await
                .unwrap_or_else(|| panic!("the server closed before a <{tag}>"));
            if node.tag == tag {
                return node;
            }
        }
    }

    pub(crate) async fn expect_end(&mut self) {
        while self.next().await.is_some() {}
    }
}

fn frame(payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("a short frame").to_be_bytes();
    [&length[1..], payload].concat()
}

async fn next_frame(
    socket: &mut WebSocketStream<MaybeTlsStream<TcpStream>>,
    received: &mut BytesMut,
) -> Option<BytesMut> {
    loop {
        if let [a, b, c, ..] = received[..] {
            let length = usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c);
            if received.len() >= 3 + length {
                received.advance(3);
                return Some(received.split_to(length));
            }
        }
        match socket.next().await {
            Some(Ok(Message::Binary(bytes))) => received.extend_from_slice(&bytes),
            Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
            Some(Ok(_)) => {}
        }
    }
}

fn mix(noise: &mut NoiseHandshake, ours: &KeyPair, theirs: &[u8]) {
    noise
        .mix_shared_secret(ours.private_key.serialize(), theirs)
        .expect("an agreement");
}

/// Root signs intermediate, intermediate signs the server's static key.
fn verify_chain(root: &[u8], chain: &[u8], server_static: &[u8]) {
    let chain = CertChain::decode_from_slice(chain).expect("a chain");
    let mut issuer = (0, root.to_vec());
    for certificate in [chain.intermediate, chain.leaf] {
        let certificate = certificate.into_option().expect("a certificate");
        let details = certificate.details.expect("details");
        let key = PublicKey::from_djb_public_key_bytes(&issuer.1).expect("an issuer's key");
        assert!(key.verify_signature(&details, &certificate.signature.expect("a signature")));
        let details = Details::decode_from_slice(&details).expect("details");
        assert_eq!(details.issuer_serial, Some(issuer.0));
        issuer = (details.serial.expect("a serial"), details.key.expect("a key"));
    }
    assert_eq!(issuer.1, server_static);
}
