//! The server's side of the Noise handshake: XX on a first connect, IK when the client cached our static key,
//! XXfallback when what it cached does not fit.
//!
//! A pure machine: bytes in, bytes out. The prologue is the stream's intro; AES-256-GCM with the handshake hash as
//! associated data, none after the split.

use serde::{Deserialize, Serialize};
use thiserror::Error;
use whatsapp_rust::wacore::handshake::{HandshakeError, NoiseCipher, NoiseHandshake};
use whatsapp_rust::wacore::libsignal::protocol::KeyPair;
use whatsapp_rust::wacore_binary::consts::{
    NOISE_PATTERN_IK, NOISE_PATTERN_XX, NOISE_PATTERN_XXFALLBACK, WA_CONN_HEADER,
};
use whatsapp_rust::waproto::buffa::{DecodeError, Message as _, MessageField};
use whatsapp_rust::waproto::whatsapp::handshake_message::{ClientHello, ServerHello};
use whatsapp_rust::waproto::whatsapp::{ClientPayload, HandshakeMessage};

use crate::wire::certificate::{Authority, public_bytes};

/// What follows a client's first frame.
pub(crate) enum Answer {
    /// IK: the answer to send, and the session it opens.
    Established(Vec<u8>, Box<Session>),
    /// XX or XXfallback: the answer to send; the client's finish decides.
    AwaitingFinish(Vec<u8>, Box<AwaitingFinish>),
}

/// An authenticated, encrypted connection.
pub(crate) struct Session {
    /// Which of the three patterns led here.
    pub(crate) pattern: Pattern,
    /// The client's Noise static key, proven to be held by it.
    pub(crate) client_static: Vec<u8>,
    /// Who wants in: a registration or a login.
    pub(crate) payload: ClientPayload,
    /// Opens frames of the client.
    pub(crate) incoming: NoiseCipher,
    /// Seals frames to the client.
    pub(crate) outgoing: NoiseCipher,
}

/// The handshake that opened a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pattern {
    /// The client did not know our static key: a first connection, or a client that never remembers it.
    Xx,
    /// The client knew our static key and proved itself in its first message.
    Ik,
    /// The client knew another static key than ours.
    XxFallback,
}

/// Why no session came about.
#[derive(Debug, Error)]
pub(crate) enum NoiseError {
    #[error("a handshake message does not decode")]
    Decode(#[from] DecodeError),
    #[error("a handshake message lacks its {0}")]
    Missing(&'static str),
    #[error("the handshake's cryptography failed")]
    Crypto(#[from] HandshakeError),
}

/// Answers a client's first frame. `ephemeral` must be fresh for every connection.
pub(crate) fn answer_hello(authority: &Authority, ephemeral: KeyPair, hello: &[u8]) -> Result<Answer, NoiseError> {
    let hello = HandshakeMessage::decode_from_slice(hello)?
        .client_hello
        .into_option()
        .ok_or(NoiseError::Missing("client hello"))?;
    let client_ephemeral = hello.ephemeral.clone().ok_or(NoiseError::Missing("ephemeral key"))?;
    if hello.r#static.is_none() {
        return answer_xx(authority, ephemeral, &client_ephemeral, Pattern::Xx);
    }
    match answer_ik(authority, &ephemeral, &client_ephemeral, &hello) {
        Ok(answer) => Ok(answer),
        Err(_) => answer_xx(authority, ephemeral, &client_ephemeral, Pattern::XxFallback),
    }
}

fn answer_ik(
    authority: &Authority,
    ephemeral: &KeyPair,
    client_ephemeral: &[u8],
    hello: &ClientHello,
) -> Result<Answer, NoiseError> {
    let (Some(sealed_static), Some(sealed_payload)) = (&hello.r#static, &hello.payload) else {
        return Err(NoiseError::Missing("static key or payload"));
    };
    let own_static = authority.static_key.private_key.serialize();
    let own_ephemeral = ephemeral.private_key.serialize();
    let mut noise = NoiseHandshake::new(NOISE_PATTERN_IK, &WA_CONN_HEADER)?;
    noise.authenticate(&public_bytes(&authority.static_key));
    noise.authenticate(client_ephemeral);
    noise.mix_shared_secret(own_static, client_ephemeral)?;
    let client_static = noise.decrypt(sealed_static)?;
    noise.mix_shared_secret(own_static, &client_static)?;
    let payload = noise.decrypt(sealed_payload)?;
    noise.authenticate(&public_bytes(ephemeral));
    noise.mix_shared_secret(own_ephemeral, client_ephemeral)?;
    noise.mix_shared_secret(own_ephemeral, &client_static)?;
    let sealed_chain = noise.encrypt(&authority.chain)?;
    let answer = server_hello(ephemeral, None, sealed_chain);
    let session = establish(noise, Pattern::Ik, client_static, &payload)?;
    Ok(Answer::Established(answer, Box::new(session)))
}

fn answer_xx(
    authority: &Authority,
    ephemeral: KeyPair,
    client_ephemeral: &[u8],
    pattern: Pattern,
) -> Result<Answer, NoiseError> {
    let name = match pattern {
        Pattern::XxFallback => NOISE_PATTERN_XXFALLBACK,
        Pattern::Xx | Pattern::Ik => NOISE_PATTERN_XX,
    };
    let mut noise = NoiseHandshake::new(name, &WA_CONN_HEADER)?;
    noise.authenticate(client_ephemeral);
    noise.authenticate(&public_bytes(&ephemeral));
    noise.mix_shared_secret(ephemeral.private_key.serialize(), client_ephemeral)?;
    let sealed_static = noise.encrypt(&public_bytes(&authority.static_key))?;
    noise.mix_shared_secret(authority.static_key.private_key.serialize(), client_ephemeral)?;
    let sealed_chain = noise.encrypt(&authority.chain)?;
    let answer = server_hello(&ephemeral, Some(sealed_static), sealed_chain);
    Ok(Answer::AwaitingFinish(
        answer,
        Box::new(AwaitingFinish {
            noise,
            ephemeral,
            pattern,
        }),
    ))
}

/// An XX or XXfallback handshake after its second message.
pub(crate) struct AwaitingFinish {
    noise: NoiseHandshake,
    ephemeral: KeyPair,
    pattern: Pattern,
}

impl AwaitingFinish {
    /// Takes the client's last handshake message.
    pub(crate) fn finish(mut self, message: &[u8]) -> Result<Session, NoiseError> {
        let finish = HandshakeMessage::decode_from_slice(message)?
            .client_finish
            .into_option()
            .ok_or(NoiseError::Missing("client finish"))?;
        let sealed_static = finish.r#static.ok_or(NoiseError::Missing("static key"))?;
        let sealed_payload = finish.payload.ok_or(NoiseError::Missing("payload"))?;
        let client_static = self.noise.decrypt(&sealed_static)?;
        self.noise
            .mix_shared_secret(self.ephemeral.private_key.serialize(), &client_static)?;
        let payload = self.noise.decrypt(&sealed_payload)?;
        establish(self.noise, self.pattern, client_static, &payload)
    }
}

fn server_hello(ephemeral: &KeyPair, sealed_static: Option<Vec<u8>>, sealed_chain: Vec<u8>) -> Vec<u8> {
    HandshakeMessage {
        server_hello: MessageField::some(ServerHello {
            ephemeral: Some(public_bytes(ephemeral).to_vec()),
            r#static: sealed_static,
            payload: Some(sealed_chain),
            ..Default::default()
        }),
        ..Default::default()
    }
    .encode_to_vec()
}

fn establish(
    noise: NoiseHandshake,
    pattern: Pattern,
    client_static: Vec<u8>,
    payload: &[u8],
) -> Result<Session, NoiseError> {
    // The split names its keys from the initiator's side: what the client writes, we read.
    let (incoming, outgoing) = noise.finish()?;
    Ok(Session {
        pattern,
        client_static,
        payload: ClientPayload::decode_from_slice(payload)?,
        incoming,
        outgoing,
    })
}

#[cfg(test)]
mod tests;
