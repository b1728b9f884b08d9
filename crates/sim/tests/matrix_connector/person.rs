//! A real user, by the client API.

use crate::PATIENCE;
use matrimony_domain::ChatKey;
use matrimony_sim::wait::until;
use serde_json::{Value, json};

pub(crate) struct Person {
    http: reqwest::Client,
    url: String,
    token: String,
    id: String,
}

/// A message as the person's client has it.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) sender: String,
    pub(crate) content: Value,
    pub(crate) at: i64,
}

impl Seen {
    pub(crate) fn body(&self) -> &str {
        self.content["body"].as_str().unwrap_or_default()
    }
}

impl Person {
    pub(crate) async fn log_in(url: &str, name: &str, password: &str) -> Self {
        let mut person = Self {
            http: reqwest::Client::new(),
            url: url.to_owned(),
            token: String::new(),
            id: String::new(),
        };
        let user = json!({ "type": "m.id.user", "user": name });
        let login = json!({ "type": "m.login.password", "identifier": user, "password": password });
        let answer = person.post("/login", &login).await;
        person.token = answer["access_token"].as_str().unwrap().to_owned();
        person.id = answer["user_id"].as_str().unwrap().to_owned();
        person
    }

    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    pub(crate) async fn join(&self, room: &str) {
        self.post(&format!("/rooms/{room}/join"), &json!({})).await;
    }

    pub(crate) async fn kick(&self, room: &ChatKey, whom: &str) {
        self.post(&format!("/rooms/{}/kick", room.id), &json!({ "user_id": whom }))
            .await;
    }

    /// Makes a room and invites somebody.
    pub(crate) async fn invite(&self, whom: &str, direct: bool) -> ChatKey {
        let room = json!({ "preset": "private_chat", "is_direct": direct, "invite": [whom] });
        let answer = self.post("/createRoom", &room).await;
        ChatKey::new(
            matrimony_domain::NetworkKind::Matrix,
            answer["room_id"].as_str().unwrap(),
        )
    }

    pub(crate) async fn say(&self, room: &ChatKey, body: &str) {
        self.send(room, "m.room.message", &json!({ "msgtype": "m.text", "body": body }))
            .await;
    }

    pub(crate) async fn send(&self, room: &ChatKey, kind: &str, content: &Value) {
        // Every message of these tests is another one, so its content can name it.
        let transaction: String = content.to_string().bytes().map(|byte| format!("{byte:02x}")).collect();
        self.put(&format!("/rooms/{}/send/{kind}/{transaction}", room.id), content)
            .await;
    }

    /// The messages of a room, oldest first.
    pub(crate) async fn sees(&self, room: &ChatKey) -> Vec<Seen> {
        let answer = self.get(&format!("/rooms/{}/messages?dir=b&limit=100", room.id)).await;
        let events = answer["chunk"].as_array().unwrap();
        let messages = events.iter().rev().filter(|event| event["type"] == "m.room.message");
        messages
            .map(|event| Seen {
                sender: event["sender"].as_str().unwrap().to_owned(),
                content: event["content"].clone(),
                at: event["origin_server_ts"].as_i64().unwrap(),
            })
            .collect()
    }

    /// Waits until the room has so many messages, or fails.
    pub(crate) async fn awaits(&self, room: &ChatKey, count: usize) -> Vec<Seen> {
        let enough = async || Some(self.sees(room).await).filter(|seen| seen.len() >= count);
        until("the messages come", PATIENCE, enough).await.unwrap()
    }

    /// Waits until somebody is in a room under a name, or fails.
    pub(crate) async fn knows(&self, room: &ChatKey, whom: &str, name: &str) {
        let known = async || self.name_of(room, whom).await.filter(|known| known == name);
        until("they come", PATIENCE, known).await.unwrap();
    }

    /// The name of somebody in a room, as clients show it; `None` if they are not in it.
    pub(crate) async fn name_of(&self, room: &ChatKey, whom: &str) -> Option<String> {
        let answer = self.get(&format!("/rooms/{}/joined_members", room.id)).await;
        Some(
            answer["joined"].get(whom)?["display_name"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
        )
    }

    /// A state event's content.
    pub(crate) async fn state(&self, room: &ChatKey, kind: &str) -> Vec<Value> {
        let answer = self.get(&format!("/rooms/{}/state", room.id)).await;
        answer
            .as_array()
            .unwrap()
            .iter()
            .filter(|event| event["type"] == kind)
            .cloned()
            .collect()
    }

    async fn get(&self, path: &str) -> Value {
        self.call(self.http.get(self.address(path))).await
    }

    async fn post(&self, path: &str, body: &Value) -> Value {
        self.call(self.http.post(self.address(path)).json(body)).await
    }

    async fn put(&self, path: &str, body: &Value) -> Value {
        self.call(self.http.put(self.address(path)).json(body)).await
    }

    fn address(&self, path: &str) -> String {
        format!("{}/_matrix/client/v3{path}", self.url)
    }

    async fn call(&self, request: reqwest::RequestBuilder) -> Value {
        let answer = request.bearer_auth(&self.token).send().await.unwrap();
        let status = answer.status();
        let body: Value = answer.json().await.unwrap();
        assert!(status.is_success(), "{status}: {body}");
        body
    }
}
