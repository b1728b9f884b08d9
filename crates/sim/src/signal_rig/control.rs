//! The rig's commands, over HTTP.

use anyhow::{Context, Result, bail};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::path::PathBuf;
use std::time::Duration;

/// How long a command may take, beyond what it was told to wait.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);

/// Makes commands.
#[derive(Clone)]
pub(super) struct Control {
    http: reqwest::Client,
    port: u16,
}

#[derive(Deserialize)]
struct Reply {
    #[serde(default)]
    result: Value,
    error: Option<String>,
}

impl Control {
    pub(super) fn new(port: u16) -> Self {
        matrimony::tls::install();
        Self {
            http: reqwest::Client::new(),
            port,
        }
    }

    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/", self.port)
    }

    pub(super) async fn call<T: DeserializeOwned>(&self, command: &'static str, mut params: Value) -> Result<T> {
        params["cmd"] = command.into();
        let request = self.http.post(self.url()).timeout(ANSWER_WITHIN).json(&params);
        let sent = request
            .send()
            .await
            .with_context(|| format!("the Signal rig did not answer `{command}`"))?;
        let reply: Reply = sent
            .json()
            .await
            .with_context(|| format!("the Signal rig's answer to `{command}`"))?;
        if let Some(error) = reply.error {
            bail!("the Signal rig refused `{command}`: {error}");
        }
        serde_json::from_value(reply.result).with_context(|| format!("the Signal rig's answer to `{command}`"))
    }
}

/// A phone as it was made or linked.
#[derive(Clone, Debug, Deserialize)]
pub struct Phone {
    /// Its account id.
    pub aci: String,
    /// Its number.
    pub number: String,
}

/// What is there.
#[derive(Clone, Debug, Deserialize)]
pub struct Status {
    pub(super) ctl: u16,
    pub(super) launcher: PathBuf,
    /// All phones.
    pub phones: Vec<StatusPhone>,
    /// All groups.
    pub groups: Vec<StatusGroup>,
}

/// A phone of the rig.
#[derive(Clone, Debug, Deserialize)]
pub struct StatusPhone {
    /// Its name.
    pub name: String,
    /// Its account id.
    pub aci: String,
    /// Its number.
    pub number: String,
    /// The numbers of its linked devices.
    pub linked: Vec<u32>,
}

/// A group of the rig.
#[derive(Clone, Debug, Deserialize)]
pub struct StatusGroup {
    /// Its title.
    pub title: String,
    /// Its id, as signal-cli writes it.
    pub id: String,
    /// The names of its members' phones.
    pub members: Vec<String>,
}

#[derive(Deserialize)]
pub(super) struct Created {
    pub(super) id: String,
}

#[derive(Deserialize)]
pub(super) struct Sent {
    pub(super) timestamp: i64,
}

/// A part of what a phone shows.
#[derive(Clone, Debug, Deserialize)]
pub struct Shown {
    /// The messages, oldest first.
    pub messages: Vec<ShownMessage>,
    /// Where to read on.
    pub next: u64,
}

/// A message on a screen.
#[derive(Clone, Debug, Deserialize)]
pub struct ShownMessage {
    /// The title of its group.
    pub group: Option<String>,
    /// The name of the author's phone.
    pub from: String,
    /// Its text.
    pub text: Option<String>,
    /// Its id on Signal, with the author.
    pub timestamp: i64,
}

#[derive(Deserialize)]
pub(super) struct Events {
    pub(super) events: Vec<Event>,
    pub(super) next: u64,
}

/// Something that a phone decrypted.
#[derive(Clone, Debug, Deserialize)]
pub struct Event {
    /// Its number.
    pub n: u64,
    /// Whose phone.
    pub phone: Option<String>,
    /// What it is: `dataMessage`, `typingMessage`, ….
    #[serde(rename = "type")]
    pub kind: String,
    /// The name of the sender's phone.
    pub from: Option<String>,
    /// The group's title.
    pub group: Option<String>,
    /// As in Signal's protocol.
    #[serde(default)]
    pub content: Value,
}

impl Event {
    /// The text of a message or of an edit.
    pub fn text(&self) -> Option<&str> {
        let message = self
            .content
            .get("dataMessage")
            .or_else(|| self.content.get("editMessage")?.get("dataMessage"));
        message?.get("body")?.as_str()
    }
}

/// Which event is waited for. What is `None` may be anything.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Wanted {
    /// From this number on.
    pub since: u64,
    /// Whose phone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// What it is.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Its text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// How long to wait, in milliseconds; below a minute.
    #[serde(rename = "timeout")]
    pub timeout_ms: u64,
}
