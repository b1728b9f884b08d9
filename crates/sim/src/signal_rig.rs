//! The Signal rig from Rust: Signal's own mock server with scripted phones, and a launcher for the real signal-cli.
//!
//! The rig itself is a Node program in `signal-rig/`; its README says what it can do and how. [`SignalRig::start`] runs
//! one, [`SignalRig`]'s methods are its commands. It ends when the last handle is dropped, or when this process ends in
//! whatever way: it reads our end of a pipe.

mod control;
mod process;

pub use control::{Event, Phone, Shown, ShownMessage, Status, StatusGroup, StatusPhone, Wanted};

use crate::setup::Setup;
use anyhow::Result;
use control::Control;
use process::Process;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::Mutex;

/// A running rig. Clones are handles to the same one.
#[derive(Clone)]
pub struct SignalRig {
    control: Control,
    launcher: PathBuf,
    process: Arc<Mutex<Process>>,
}

impl SignalRig {
    /// Starts a rig that keeps its files in `folder`, with the phones `relay`, `alice` and `bob` and no group. Ready
    /// when this returns, within a minute or an error. It starts no signal-cli.
    pub async fn start(folder: &Path, setup: &Setup) -> Result<Self> {
        let (process, status) = process::start(folder, setup).await?;
        Ok(Self {
            control: Control::new(status.ctl),
            launcher: status.launcher,
            process: Arc::new(Mutex::new(process)),
        })
    }

    /// A program to use wherever `signal-cli` would be: the real one, talking to this rig.
    pub fn launcher(&self) -> &Path {
        &self.launcher
    }

    /// Where commands are posted.
    pub fn control_url(&self) -> String {
        self.control.url()
    }

    /// Phones and groups.
    pub async fn status(&self) -> Result<Status> {
        self.control.call("status", json!({})).await
    }

    /// Makes a phone that knows the phones `contacts`.
    pub async fn add_phone(&self, name: &str, contacts: &[&str]) -> Result<Phone> {
        self.control
            .call("addPhone", json!({"name": name, "contacts": contacts}))
            .await
    }

    /// Makes a group of phones, in which all are admins. Returns its id as signal-cli writes it.
    pub async fn create_group(&self, title: &str, members: &[&str]) -> Result<String> {
        let params = json!({"title": title, "members": members});
        let group: control::Created = self.control.call("createGroup", params).await?;
        Ok(group.id)
    }

    /// Changes a group as one of its members: `{"newTitle": …}`, `{"add": [phones]}`, `{"remove": [phones]}`.
    pub async fn update_group(&self, from: &str, title: &str, change: Value) -> Result<()> {
        let params = merged(json!({"from": from, "group": title}), change);
        self.control.call::<Value>("updateGroup", params).await.map(drop)
    }

    /// A phone scans the QR code `uri`.
    pub async fn link(&self, phone: &str, uri: &str) -> Result<Phone> {
        self.control.call("link", json!({"name": phone, "uri": uri})).await
    }

    /// A phone removes its linked device.
    pub async fn unlink(&self, phone: &str) -> Result<()> {
        self.control
            .call::<Value>("unlink", json!({"name": phone}))
            .await
            .map(drop)
    }

    /// A person writes in a group. Returns the timestamp, Signal's id of the message.
    pub async fn send_text(&self, from: &str, group: &str, text: &str) -> Result<i64> {
        self.send(json!({"from": from, "group": group, "text": text})).await
    }

    /// A person sends something else: see `send` in the rig's README.
    pub async fn send(&self, what: Value) -> Result<i64> {
        let sent: control::Sent = self.control.call("send", what).await?;
        Ok(sent.timestamp)
    }

    /// What a phone's screen shows, from number `since` on.
    pub async fn shows(&self, phone: &str, since: u64) -> Result<Shown> {
        self.control
            .call("shows", json!({"phone": phone, "since": since}))
            .await
    }

    /// What phones have decrypted from number `since` on, and the next number.
    pub async fn events(&self, since: u64) -> Result<(Vec<Event>, u64)> {
        let events: control::Events = self.control.call("events", json!({"since": since})).await?;
        Ok((events.events, events.next))
    }

    /// The first event that fits, within its time or an error.
    pub async fn wait(&self, wanted: &Wanted) -> Result<Event> {
        self.control.call("wait", serde_json::to_value(wanted)?).await
    }

    /// Cuts all connections to Signal and refuses new ones, until [`resume`](Self::resume).
    pub async fn pause(&self) -> Result<()> {
        self.control.call::<Value>("pause", json!({})).await.map(drop)
    }

    /// Signal is there again.
    pub async fn resume(&self) -> Result<()> {
        self.control.call::<Value>("resume", json!({})).await.map(drop)
    }

    /// Ends the rig and waits for its end.
    pub async fn stop(&self) -> Result<()> {
        self.process.lock().await.stop().await
    }
}

/// The fields of both objects.
fn merged(mut one: Value, other: Value) -> Value {
    if let (Some(into), Value::Object(other)) = (one.as_object_mut(), other) {
        into.extend(other);
    }
    one
}
