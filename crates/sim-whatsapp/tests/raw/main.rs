//! The server against a client made of nothing but the protocol: pairing with every signature checked, and what a
//! well-behaved or broken client is answered.

mod client;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use matrimony_sim_whatsapp::{NewPhone, Options, PhoneInfo, SimWhatsApp};
use rand::rngs::StdRng;
use sha2::Sha256;
use whatsapp_rust::wacore::libsignal::protocol::{KeyPair, PublicKey};
use whatsapp_rust::wacore_binary::{Node, NodeContent};
use whatsapp_rust::waproto::buffa::{Message as _, MessageField};
use whatsapp_rust::waproto::whatsapp::client_payload::DevicePairingRegistrationData;
use whatsapp_rust::waproto::whatsapp::{ADVSignedDeviceIdentity, ADVSignedDeviceIdentityHMAC, ClientPayload};
use whatsapp_rust::{Jid, NodeBuilder};

use client::{Client, bytes_of, fresh_key};

const ADV_SECRET: [u8; 32] = [5; 32];

/// A companion's keys.
struct Keys {
    noise: KeyPair,
    identity: KeyPair,
}

async fn server() -> (SimWhatsApp, PhoneInfo) {
    let sim = SimWhatsApp::start(Options::default())
        .await
        .expect("a server on free ports");
    let dora = sim.add_phone(NewPhone::named("dora")).expect("a phone");
    (sim, dora)
}

fn bytes(node: &Node) -> Vec<u8> {
    match &node.content {
        Some(NodeContent::Bytes(bytes)) => bytes.clone(),
        Some(NodeContent::String(text)) => text.as_bytes().to_vec(),
        _ => Vec::new(),
    }
}

fn attribute(node: &Node, key: &str) -> String {
    node.attrs
        .get(key)
        .map(|value| value.as_str().into_owned())
        .unwrap_or_default()
}

fn result(id: &str) -> NodeBuilder {
    NodeBuilder::new("iq")
        .attr("to", "s.whatsapp.net")
        .attr("type", "result")
        .attr("id", id)
}

/// Registers and returns the connection with the first pairing reference.
async fn register(sim: &SimWhatsApp, keys: &Keys) -> (Client, String) {
    let signed = fresh_key();
    let payload = ClientPayload {
        device_pairing_data: MessageField::some(DevicePairingRegistrationData {
            e_regid: Some(77_u32.to_be_bytes().to_vec()),
            e_keytype: Some(vec![5]),
            e_ident: Some(bytes_of(&keys.identity)),
            e_skey_id: Some(vec![0, 0, 1]),
            e_skey_val: Some(bytes_of(&signed)),
            e_skey_sig: Some(vec![0; 64]),
            ..Default::default()
        }),
        ..Default::default()
    };
    let mut client = Client::connect(&sim.ws_url(), &sim.root_public_key(), &keys.noise, &payload).await;
    let offer = client.expect("iq").await;
    client.send(&result(&attribute(&offer, "id")).build()).await;
    let refs = offer.get_optional_child("pair-device").expect("pairing references");
    let first = refs.get_children_by_tag("ref").next().expect("a reference");
    (client, String::from_utf8(bytes(first)).expect("text"))
}

fn qr(reference: &str, keys: &Keys) -> String {
    let [noise, identity] = [&keys.noise, &keys.identity].map(|pair| STANDARD.encode(bytes_of(pair)));
    format!("{reference},{noise},{identity},{},1", STANDARD.encode(ADV_SECRET))
}

/// Checks what the phone signed, as a companion must, and returns it.
fn checked_identity(success: &Node, keys: &Keys) -> ADVSignedDeviceIdentity {
    let container = success
        .get_optional_child_by_tag(&["pair-success", "device-identity"])
        .expect("a device identity");
    let container = ADVSignedDeviceIdentityHMAC::decode_from_slice(&bytes(container)).expect("a container");
    let details = container.details.expect("details");
    let mut mac = Hmac::<Sha256>::new_from_slice(&ADV_SECRET).expect("a key");
    mac.update(&details);
    mac.verify_slice(&container.hmac.expect("a code"))
        .expect("the phone knows the secret");
    let signed = ADVSignedDeviceIdentity::decode_from_slice(&details).expect("an identity");
    let account = signed.account_signature_key.clone().expect("the account's key");
    let account = PublicKey::from_djb_public_key_bytes(&account).expect("a key");
    let message = [
        &[6, 0][..],
        signed.details.as_ref().expect("details"),
        &bytes_of(&keys.identity),
    ]
    .concat();
    assert!(account.verify_signature(&message, signed.account_signature.as_ref().expect("a signature")));
    signed
}

/// Adds the companion's signature and leaves the account's key out, as clients do.
fn countersign(mut signed: ADVSignedDeviceIdentity, identity: &KeyPair) -> Vec<u8> {
    let account = signed.account_signature_key.take().expect("the account's key");
    let details = signed.details.clone().expect("details");
    let message = [&[6, 1][..], &details, &bytes_of(identity), &account].concat();
    let signature = identity
        .private_key
        .calculate_signature(&message, &mut rand::make_rng::<StdRng>());
    signed.device_signature = Some(signature.expect("a signature").to_vec());
    signed.encode_to_vec()
}

/// Links a companion to dora and returns its keys.
async fn link(sim: &SimWhatsApp, dora: &PhoneInfo) -> Keys {
    let keys = Keys {
        noise: fresh_key(),
        identity: fresh_key(),
    };
    let (mut client, reference) = register(sim, &keys).await;
    sim.scan_qr(&dora.number, &qr(&reference, &keys))
        .expect("a scanned code");
    let success = client.expect("iq").await;
    let signed = checked_identity(&success, &keys);
    let device = success
        .get_optional_child_by_tag(&["pair-success", "device"])
        .expect("a device");
    assert_eq!(attribute(device, "jid"), format!("{}:1@s.whatsapp.net", dora.number));
    assert_eq!(attribute(device, "lid"), format!("{}:1@lid", dora.lid));
    answer_pairing(&mut client, &success, countersign(signed, &keys.identity)).await;
    let restart = client.expect("stream:error").await;
    assert_eq!(attribute(&restart, "code"), "515");
    client.expect_end().await;
    keys
}

async fn answer_pairing(client: &mut Client, success: &Node, signed: Vec<u8>) {
    let identity = NodeBuilder::new("device-identity")
        .attr("key-index", 1)
        .bytes(signed)
        .build();
    let sign = NodeBuilder::new("pair-device-sign").children([identity]).build();
    client
        .send(&result(&attribute(success, "id")).children([sign]).build())
        .await;
}

fn login(number: &str) -> ClientPayload {
    ClientPayload {
        username: number.parse().ok(),
        device: Some(1),
        ..Default::default()
    }
}

async fn log_in(sim: &SimWhatsApp, number: &str, noise: &KeyPair) -> Client {
    Client::connect(&sim.ws_url(), &sim.root_public_key(), noise, &login(number)).await
}

#[tokio::test]
async fn a_companion_is_signed_in_and_logs_in() {
    let (sim, dora) = server().await;
    let keys = link(&sim, &dora).await;
    let mut client = log_in(&sim, &dora.number, &keys.noise).await;
    let success = client.expect("success").await;
    assert_eq!(attribute(&success, "lid"), format!("{}:1@lid", dora.lid));
    sim.stop().await;
}

#[tokio::test]
async fn a_login_with_another_key_is_refused() {
    let (sim, dora) = server().await;
    link(&sim, &dora).await;
    let mut client = log_in(&sim, &dora.number, &fresh_key()).await;
    assert_eq!(attribute(&client.expect("failure").await, "reason"), "401");
    client.expect_end().await;
    sim.stop().await;
}

#[tokio::test]
async fn a_companion_that_does_not_sign_is_not_linked() {
    let (sim, dora) = server().await;
    let keys = Keys {
        noise: fresh_key(),
        identity: fresh_key(),
    };
    let (mut client, reference) = register(&sim, &keys).await;
    sim.scan_qr(&dora.number, &qr(&reference, &keys))
        .expect("a scanned code");
    let success = client.expect("iq").await;
    let forged = countersign(checked_identity(&success, &keys), &fresh_key());
    answer_pairing(&mut client, &success, forged).await;
    let ping = NodeBuilder::new("iq")
        .attr("xmlns", "w:p")
        .attr("type", "get")
        .attr("id", "after");
    client.send(&ping.build()).await;
    assert_eq!(attribute(&client.expect("iq").await, "id"), "after");
    assert!(sim.phone_info(&dora.number).expect("dora's phone").devices.is_empty());
    sim.stop().await;
}

#[tokio::test]
async fn a_code_of_another_companion_is_refused() {
    let (sim, dora) = server().await;
    let [keys, other] = [(); 2].map(|()| Keys {
        noise: fresh_key(),
        identity: fresh_key(),
    });
    let (_client, reference) = register(&sim, &keys).await;
    let refused = sim.scan_qr(&dora.number, &qr(&reference, &other));
    assert!(refused.is_err_and(|error| error.to_string().contains("does not belong")));
    sim.stop().await;
}

#[tokio::test]
async fn every_request_is_answered() {
    let (sim, dora) = server().await;
    let keys = link(&sim, &dora).await;
    let mut client = log_in(&sim, &dora.number, &keys.noise).await;
    client.expect("success").await;
    let namespaces = [
        "encrypt",
        "usync",
        "w:sync:app:state",
        "w:g2",
        "w:m",
        "md",
        "abt",
        "blocklist",
        "privacy",
        "w:mex",
        "w:p",
        "w:profile:picture",
        "w:stats",
        "passive",
        "status",
        "urn:xmpp:whatsapp:dirty",
        "no-such-namespace",
        "",
    ];
    let shapes: [&[Node]; 3] = [
        &[],
        &[NodeBuilder::new("x").build()],
        &[NodeBuilder::new("query").build()],
    ];
    let mut asked = 0;
    for namespace in namespaces {
        for kind in ["get", "set"] {
            for children in shapes {
                asked += 1;
                let request = NodeBuilder::new("iq")
                    .attr("xmlns", namespace)
                    .attr("type", kind)
                    .attr("to", Jid::group("1"))
                    .attr("id", format!("q{asked}"))
                    .children(children.to_vec());
                client.send(&request.build()).await;
                let answer = client.expect("iq").await;
                assert_eq!(attribute(&answer, "id"), format!("q{asked}"), "{namespace} {kind}");
                assert!(matches!(attribute(&answer, "type").as_str(), "result" | "error"));
            }
        }
    }
    sim.stop().await;
}

#[tokio::test]
async fn stanzas_that_lack_everything_are_survived() {
    let (sim, dora) = server().await;
    let keys = link(&sim, &dora).await;
    let mut client = log_in(&sim, &dora.number, &keys.noise).await;
    client.expect("success").await;
    for tag in [
        "iq",
        "message",
        "receipt",
        "ack",
        "presence",
        "chatstate",
        "ib",
        "nonsense",
    ] {
        client.send(&NodeBuilder::new_dynamic(tag.to_owned()).build()).await;
    }
    let ping = NodeBuilder::new("iq")
        .attr("xmlns", "w:p")
        .attr("type", "get")
        .attr("id", "after");
    client.send(&ping.build()).await;
    assert_eq!(attribute(&client.expect("iq").await, "id"), "after");
    sim.stop().await;
}

#[tokio::test]
async fn a_sealed_frame_without_a_stanza_ends_its_connection_only() {
    let (sim, dora) = server().await;
    let keys = link(&sim, &dora).await;
    for garbage in [&b""[..], b"\0", b"\x02not zlib", b"\0\xf8\xff\xff\xff", &[0xff; 300]] {
        let mut client = log_in(&sim, &dora.number, &keys.noise).await;
        client.expect("success").await;
        client.send_plain(garbage).await;
        client.expect_end().await;
    }
    let mut client = log_in(&sim, &dora.number, &keys.noise).await;
    client.expect("success").await;
    sim.stop().await;
}

#[tokio::test]
async fn a_message_to_a_group_of_others_is_refused() {
    let (sim, dora) = server().await;
    let keys = link(&sim, &dora).await;
    let mut client = log_in(&sim, &dora.number, &keys.noise).await;
    client.expect("success").await;
    let message = NodeBuilder::new("message")
        .attr("to", Jid::group("1203630"))
        .attr("id", "M1")
        .attr("type", "text");
    client.send(&message.build()).await;
    let ack = client.expect("ack").await;
    assert_eq!(
        (attribute(&ack, "id"), attribute(&ack, "error")),
        ("M1".to_owned(), "403".to_owned())
    );
    sim.stop().await;
}
