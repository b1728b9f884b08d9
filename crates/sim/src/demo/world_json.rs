//! Every address, account and control endpoint of the running world, so that other clients can join.

use crate::world::{App, SIGNAL_GROUP, World};
use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::path::Path;

/// Writes the file.
pub(crate) fn write(world: &World, file: &Path) -> Result<()> {
    let text = serde_json::to_string_pretty(&describe(world)?)?;
    std::fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))
}

fn describe(world: &World) -> Result<Value> {
    let group = world
        .whatsapp
        .groups()
        .into_iter()
        .next()
        .context("WhatsApp has no group")?;
    let people: Vec<Value> = world.people().iter().map(person).collect();
    let homeserver = world.nina.homeserver();
    Ok(json!({
        "people": people,
        "matrix": {
            "homeserver": homeserver,
            "room": world.matrix_room,
            "accounts": [{"user": world.nina.user_id, "password": world.nina_password}],
        },
        "signal": {
            "control": world.signal.control_url(),
            "signal_cli": world.signal.launcher(),
            "group": SIGNAL_GROUP,
            "send": {"cmd": "send", "from": "alice", "group": SIGNAL_GROUP, "text": "hello"},
            "shows": {"cmd": "shows", "phone": "bob", "since": 0},
        },
        "whatsapp": {
            "websocket": world.whatsapp.ws_url(),
            "control": world.whatsapp.control_url(),
            "root_public_key": hex(&world.whatsapp.root_public_key()),
            "send": {"post": "/phones/NUMBER/send", "body": {"to": group.jid, "text": "hello"}},
            "shows": {"get": "/phones/NUMBER/shown?since=0&wait_ms=5000"},
            "phones": world.whatsapp.phones_info(),
            "group": group,
        },
        "matrimony": {
            "pid": world.matrimony()?.pid()?,
            "config": world.places.config(),
            "data_dir": world.places.data(),
            "log": world.places.log(),
            "room": world.room,
        },
    }))
}

fn person(person: &crate::world::Person) -> Value {
    json!({"name": person.name, "app": person.app.network().as_str(), "number": person.number})
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What somebody who sits in front of the running world can do.
pub(crate) fn how_to_join(world: &World, json: &Path) -> String {
    let number = |name: &str| {
        world
            .people()
            .iter()
            .find(|p| p.name == name && p.app == App::WhatsApp)
            .map(|p| p.number.clone())
            .unwrap_or_default()
    };
    let group = world
        .whatsapp
        .groups()
        .into_iter()
        .next()
        .map(|group| group.jid)
        .unwrap_or_default();
    format!(
        "The world stays up; Ctrl-C ends it. All addresses: {json}\n\n\
         Log in with Element or another Matrix client:\n  homeserver {homeserver}   user nina   password {password}\n\n\
         Write as alice on Signal, and see what bob's phone shows:\n  \
         curl -s {signal} -d '{{\"cmd\":\"send\",\"from\":\"alice\",\"group\":\"{SIGNAL_GROUP}\",\"text\":\"hello\"}}'\n  \
         curl -s {signal} -d '{{\"cmd\":\"shows\",\"phone\":\"bob\"}}'\n\n\
         Write as dora on WhatsApp, and see what emil's phone shows:\n  \
         curl -s {whatsapp}/phones/{dora}/send -H 'content-type: application/json' -d '{{\"to\":\"{group}\",\"text\":\"hello\"}}'\n  \
         curl -s {whatsapp}/phones/{emil}/shown\n\n\
         Ask matrimony:\n  cargo run -q -p matrimony -- --config {config} status",
        json = json.display(),
        homeserver = world.nina.homeserver(),
        password = world.nina_password,
        signal = world.signal.control_url(),
        whatsapp = world.whatsapp.control_url(),
        dora = number("dora"),
        emil = number("emil"),
        config = world.places.config().display(),
    )
}
