use super::*;
use whatsapp_rust::wacore::handshake::{IkHandshakeState, IkServerHelloOutcome};

use crate::entropy::Entropy;

const USERNAME: u64 = 15_550_100_001;

fn authority(seed: u64) -> Authority {
    Authority::new(&mut Entropy::new(Some(seed)), 1_900_000_000).expect("an authority")
}

fn payload() -> Vec<u8> {
    ClientPayload {
        username: Some(USERNAME),
        ..Default::default()
    }
    .encode_to_vec()
}

fn hello_of(message: &[u8]) -> ServerHello {
    let message = HandshakeMessage::decode_from_slice(message).expect("a handshake message");
    message.server_hello.into_option().expect("a server hello")
}

/// The client's last handshake message, and what the server claimed before it.
struct Finish {
    message: Vec<u8>,
    server_static: Vec<u8>,
    chain: Vec<u8>,
}

/// The initiator's side of XX and XXfallback, written from the pattern and not from our code or any client's.
struct Initiator {
    noise: NoiseHandshake,
    ephemeral: KeyPair,
    static_key: KeyPair,
}

impl Initiator {
    fn new(pattern: &str, entropy: &mut Entropy) -> Self {
        let (ephemeral, static_key) = (entropy.key_pair(), entropy.key_pair());
        let mut noise = NoiseHandshake::new(pattern, &WA_CONN_HEADER).expect("a pattern");
        noise.authenticate(&public_bytes(&ephemeral));
        Self {
            noise,
            ephemeral,
            static_key,
        }
    }

    fn hello(&self) -> Vec<u8> {
        HandshakeMessage {
            client_hello: MessageField::some(ClientHello {
                ephemeral: Some(public_bytes(&self.ephemeral).to_vec()),
                ..Default::default()
            }),
            ..Default::default()
        }
        .encode_to_vec()
    }

    fn finish(&mut self, answer: &[u8]) -> Result<Finish, HandshakeError> {
        let hello = hello_of(answer);
        let server_ephemeral = hello.ephemeral.expect("an ephemeral");
        self.noise.authenticate(&server_ephemeral);
        self.noise
            .mix_shared_secret(self.ephemeral.private_key.serialize(), &server_ephemeral)?;
        let server_static = self.noise.decrypt(&hello.r#static.expect("a static key"))?;
        self.noise
            .mix_shared_secret(self.ephemeral.private_key.serialize(), &server_static)?;
        let chain = self.noise.decrypt(&hello.payload.expect("a chain"))?;
        let sealed_static = self.noise.encrypt(&public_bytes(&self.static_key))?;
        self.noise
            .mix_shared_secret(self.static_key.private_key.serialize(), &server_ephemeral)?;
        let finish = HandshakeMessage {
            client_finish: MessageField::some(whatsapp_rust::waproto::whatsapp::handshake_message::ClientFinish {
                r#static: Some(sealed_static),
                payload: Some(self.noise.encrypt(&payload())?),
                ..Default::default()
            }),
            ..Default::default()
        };
        Ok(Finish {
            message: finish.encode_to_vec(),
            server_static,
            chain,
        })
    }
}

fn expect_both_ways(session: &Session, write: &NoiseCipher, read: &NoiseCipher) {
    let sealed = write.encrypt_with_counter(0, b"up").expect("sealing");
    let mut frame = bytes::BytesMut::from(&sealed[..]);
    session
        .incoming
        .decrypt_in_place_with_counter(0, &mut frame)
        .expect("opening what the client sealed");
    assert_eq!(&frame[..], b"up");
    let sealed = session.outgoing.encrypt_with_counter(0, b"down").expect("sealing");
    let mut frame = bytes::BytesMut::from(&sealed[..]);
    read.decrypt_in_place_with_counter(0, &mut frame)
        .expect("opening what the server sealed");
    assert_eq!(&frame[..], b"down");
}

#[test]
fn xx_ends_in_one_session_on_both_sides() {
    let (authority, mut entropy) = (authority(1), Entropy::new(Some(2)));
    let mut client = Initiator::new(NOISE_PATTERN_XX, &mut entropy);
    let Ok(Answer::AwaitingFinish(answer, handshake)) = answer_hello(&authority, entropy.key_pair(), &client.hello())
    else {
        panic!("an answer of XX expected");
    };
    let finish = client.finish(&answer).expect("a good answer");
    assert_eq!(finish.server_static, public_bytes(&authority.static_key));
    assert_eq!(finish.chain, authority.chain);
    let session = handshake.finish(&finish.message).expect("a session");
    assert_eq!(session.pattern, Pattern::Xx);
    assert_eq!(session.client_static, public_bytes(&client.static_key));
    assert_eq!(session.payload.username, Some(USERNAME));
    let (write, read) = client.noise.finish().expect("a split");
    expect_both_ways(&session, &write, &read);
}

#[test]
fn ik_with_the_cached_key_needs_one_round_trip() {
    let (authority, mut entropy) = (authority(1), Entropy::new(Some(2)));
    let static_key = entropy.key_pair();
    let cached = public_bytes(&authority.static_key);
    let mut client = IkHandshakeState::new(static_key.clone(), cached, payload(), &WA_CONN_HEADER).expect("a client");
    let hello = client.build_client_hello().expect("a hello");
    let Ok(Answer::Established(answer, session)) = answer_hello(&authority, entropy.key_pair(), &hello) else {
        panic!("an answer of IK expected");
    };
    assert_eq!(session.pattern, Pattern::Ik);
    assert_eq!(session.client_static, public_bytes(&static_key));
    assert_eq!(session.payload.username, Some(USERNAME));
    assert!(hello_of(&answer).r#static.is_none());
    let Ok(IkServerHelloOutcome::Continue(outcome)) = client.read_server_hello(&answer) else {
        panic!("the client goes on with IK");
    };
    expect_both_ways(&session, &outcome.write_cipher, &outcome.read_cipher);
}

#[test]
fn ik_for_another_server_falls_back_and_still_ends_in_a_session() {
    let (authority, stale, mut entropy) = (authority(1), authority(9), Entropy::new(Some(2)));
    let cached = public_bytes(&stale.static_key);
    let mut ik = IkHandshakeState::new(entropy.key_pair(), cached, payload(), &WA_CONN_HEADER).expect("a client");
    let hello = ik.build_client_hello().expect("a hello");
    let Ok(Answer::AwaitingFinish(answer, handshake)) = answer_hello(&authority, entropy.key_pair(), &hello) else {
        panic!("an answer of XXfallback expected");
    };
    let Ok(IkServerHelloOutcome::Fallback(inputs)) = ik.read_server_hello(&answer) else {
        panic!("the client falls back");
    };
    let mut noise = NoiseHandshake::new(NOISE_PATTERN_XXFALLBACK, &WA_CONN_HEADER).expect("a pattern");
    noise.authenticate(&public_bytes(&inputs.ephemeral_kp));
    let mut client = Initiator {
        noise,
        ephemeral: inputs.ephemeral_kp,
        static_key: inputs.static_kp,
    };
    let finish = client.finish(&answer).expect("a good answer");
    let session = handshake.finish(&finish.message).expect("a session");
    assert_eq!(session.pattern, Pattern::XxFallback);
    let (write, read) = client.noise.finish().expect("a split");
    expect_both_ways(&session, &write, &read);
}

#[test]
fn garbage_is_refused() {
    let (authority, mut entropy) = (authority(1), Entropy::new(Some(2)));
    for hello in [&b""[..], b"\xff\xff\xff", b"\x12\x02\x0a\x00", &[0; 64]] {
        assert!(answer_hello(&authority, entropy.key_pair(), hello).is_err());
    }
    let client = Initiator::new(NOISE_PATTERN_XX, &mut entropy);
    for finish in [&b""[..], b"\xff\xff", b"\x22\x04\x0a\x00\x12\x00"] {
        let Ok(Answer::AwaitingFinish(_, handshake)) = answer_hello(&authority, entropy.key_pair(), &client.hello())
        else {
            panic!("an answer of XX expected");
        };
        assert!(handshake.finish(finish).is_err());
    }
}
