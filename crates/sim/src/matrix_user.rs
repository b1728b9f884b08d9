//! A person with a Matrix client: logs in, joins, writes, and sees what the homeserver shows them.

use crate::screen::Screen;
use crate::wait;
use anyhow::{Context, Result, bail};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::task::JoinHandle;

/// How long one `/sync` may wait for news.
const SYNC_WAIT: Duration = Duration::from_secs(20);
/// How long a message may wait for a homeserver that is away.
const SEND_WITHIN: Duration = Duration::from_secs(60);
/// As many events at once as the homeserver gives.
const FILTER: &str = r#"{"room":{"timeline":{"limit":100}}}"#;

/// A Matrix user who is logged in and whose client is syncing.
pub struct MatrixUser {
    /// Their full id.
    pub user_id: String,
    api: Arc<Api>,
    views: Arc<Mutex<Views>>,
    syncing: JoinHandle<()>,
    transactions: AtomicU64,
}

/// What the client knows.
#[derive(Default)]
struct Views {
    screens: HashMap<String, Screen>,
    names: HashMap<(String, String), String>,
    invites: HashSet<String>,
    seen: HashSet<String>,
}

struct Api {
    client: Client,
    homeserver: String,
    token: String,
}

impl MatrixUser {
    /// Logs in with a password and starts to sync.
    pub async fn log_in(homeserver: &str, name: &str, password: &str) -> Result<Self> {
        matrimony::tls::install();
        let client = Client::builder().timeout(SYNC_WAIT * 3).build()?;
        let identifier = json!({"type": "m.id.user", "user": name});
        let body = json!({"type": "m.login.password", "identifier": identifier, "password": password});
        let answer = client
            .post(format!("{homeserver}/_matrix/client/v3/login"))
            .json(&body)
            .send()
            .await?;
        let answer: Value = answer
            .error_for_status()
            .context("the homeserver refused the login")?
            .json()
            .await?;
        let text = |key: &str| {
            answer[key]
                .as_str()
                .map(str::to_owned)
                .with_context(|| format!("the login has no {key}"))
        };
        let api = Arc::new(Api {
            client,
            homeserver: homeserver.into(),
            token: text("access_token")?,
        });
        let views = Arc::new(Mutex::new(Views::default()));
        let syncing = tokio::spawn(sync(api.clone(), views.clone()));
        Ok(Self {
            user_id: text("user_id")?,
            api,
            views,
            syncing,
            transactions: AtomicU64::new(0),
        })
    }

    /// Where this user is logged in.
    pub fn homeserver(&self) -> &str {
        &self.api.homeserver
    }

    /// The rooms to which this user is invited.
    pub fn invites(&self) -> Vec<String> {
        self.views
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .invites
            .iter()
            .cloned()
            .collect()
    }

    /// Joins a room.
    pub async fn join(&self, room: &str) -> Result<()> {
        let path = format!("join/{}", urlencoding::encode(room));
        self.api.call(Method::POST, &path, Some(&json!({}))).await.map(drop)
    }

    /// Writes a message; the answer is its event id. A homeserver that is away is asked again with the same transaction
    /// id, as clients do.
    pub async fn send(&self, room: &str, content: &Value) -> Result<String> {
        let transaction = self.transactions.fetch_add(1, Ordering::Relaxed);
        let path = format!(
            "rooms/{}/send/m.room.message/{}-{transaction}",
            urlencoding::encode(room),
            self.syncing.id()
        );
        let attempt = async || match self.api.call(Method::PUT, &path, Some(content)).await {
            Err(error) if error.is::<reqwest::Error>() => None,
            answered => Some(answered),
        };
        let answer = wait::until("the homeserver takes the message", SEND_WITHIN, attempt).await??;
        answer["event_id"]
            .as_str()
            .map(str::to_owned)
            .context("the homeserver gave no event id")
    }

    /// Writes plain text.
    pub async fn say(&self, room: &str, text: &str) -> Result<String> {
        self.send(room, &json!({"msgtype": "m.text", "body": text})).await
    }

    /// What this user sees in a room.
    pub fn screen(&self, room: &str) -> Screen {
        let mut views = self.views.lock().unwrap_or_else(PoisonError::into_inner);
        views.screens.entry(room.to_owned()).or_default().clone()
    }

    /// Any other call of the client-server API, below `/_matrix/client/v3/`.
    pub async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value> {
        self.api.call(method, path, body).await
    }
}

impl Drop for MatrixUser {
    fn drop(&mut self) {
        self.syncing.abort();
    }
}

impl Api {
    async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value> {
        let url = format!("{}/_matrix/client/v3/{path}", self.homeserver);
        let mut request = self.client.request(method, url).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await?;
        let (status, answer) = (response.status(), response.json::<Value>().await.unwrap_or_default());
        if !status.is_success() {
            bail!("{path}: {status} {}", answer["errcode"].as_str().unwrap_or_default());
        }
        Ok(answer)
    }
}

/// Syncs for ever. A homeserver that is away is asked again, as clients do.
async fn sync(api: Arc<Api>, views: Arc<Mutex<Views>>) {
    let mut since: Option<String> = None;
    let mut retry = tokio::time::interval(Duration::from_millis(200));
    loop {
        let from = since
            .as_deref()
            .map(|s| format!("&since={}", urlencoding::encode(s)))
            .unwrap_or_default();
        let path = format!(
            "sync?timeout={}&filter={}{from}",
            SYNC_WAIT.as_millis(),
            urlencoding::encode(FILTER)
        );
        let answer = match api.call(Method::GET, &path, None).await {
            Ok(answer) => fill_gaps(&api, answer, since.is_some()).await,
            Err(error) => Err(error),
        };
        let Ok(answer) = answer else {
            retry.tick().await;
            continue;
        };
        views.lock().unwrap_or_else(PoisonError::into_inner).take(&answer);
        since = answer["next_batch"].as_str().map(str::to_owned).or(since);
    }
}

/// A client that was away gets only the newest events of each room: fetches what lies between, as clients do.
async fn fill_gaps(api: &Api, mut answer: Value, had_synced: bool) -> Result<Value> {
    for (room, news) in answer["rooms"]["join"].as_object_mut().into_iter().flatten() {
        let timeline = &mut news["timeline"];
        if !had_synced || timeline["limited"] != json!(true) {
            continue;
        }
        let from = timeline["prev_batch"]
            .as_str()
            .context("a limited timeline has no prev_batch")?;
        let path = format!(
            "rooms/{}/messages?dir=b&limit=1000&from={}",
            urlencoding::encode(room),
            urlencoding::encode(from)
        );
        let older = api.call(Method::GET, &path, None).await?;
        let mut events: Vec<Value> = older["chunk"].as_array().into_iter().flatten().rev().cloned().collect();
        events.extend(timeline["events"].as_array().into_iter().flatten().cloned());
        timeline["events"] = Value::Array(events);
    }
    Ok(answer)
}

impl Views {
    fn take(&mut self, answer: &Value) {
        for (room, _) in answer["rooms"]["invite"].as_object().into_iter().flatten() {
            self.invites.insert(room.clone());
        }
        for (room, news) in answer["rooms"]["join"].as_object().into_iter().flatten() {
            self.invites.remove(room);
            for part in ["state", "timeline"] {
                for event in news[part]["events"].as_array().into_iter().flatten() {
                    self.take_event(room, event);
                }
            }
        }
    }

    fn take_event(&mut self, room: &str, event: &Value) {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        match event["type"].as_str() {
            Some("m.room.member") => {
                let name = event["content"]["displayname"]
                    .as_str()
                    .or(event["state_key"].as_str())
                    .unwrap_or_default();
                self.names.insert((room.into(), text(&event["state_key"])), name.into());
            }
            Some("m.room.message") if self.seen.insert(text(&event["event_id"])) => {
                let sender = text(&event["sender"]);
                let shown = self
                    .names
                    .get(&(room.into(), sender.clone()))
                    .cloned()
                    .unwrap_or(sender);
                self.screens
                    .entry(room.into())
                    .or_default()
                    .show(&shown, &text(&event["content"]["body"]));
            }
            _ => {}
        }
    }
}
