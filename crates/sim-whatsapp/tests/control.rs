//! The control API over HTTP, as the README shows it.

use std::time::Duration;

use matrimony_sim_whatsapp::{Options, SimWhatsApp};
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};

struct Control {
    sim: SimWhatsApp,
    http: Client,
}

async fn control() -> Control {
    let sim = SimWhatsApp::start(Options::default())
        .await
        .expect("a server on free ports");
    // No request of these tests uses TLS, but the HTTP client wants a provider. Another test may have set it.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let http = Client::builder()
        .timeout(Duration::from_secs(20))
        .build()
        .expect("an HTTP client");
    Control { sim, http }
}

impl Control {
    async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> (StatusCode, Value) {
        let mut request = self.http.request(method, format!("{}{path}", self.sim.control_url()));
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.expect("an answer");
        (answer.status(), answer.json().await.unwrap_or(Value::Null))
    }

    async fn get(&self, path: &str) -> Value {
        let (status, body) = self.ask(Method::GET, path, None).await;
        assert_eq!(status, StatusCode::OK, "{path}: {body}");
        body
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        let (status, body) = self.ask(Method::POST, path, Some(body)).await;
        assert_eq!(status, StatusCode::OK, "{path}: {body}");
        body
    }

    async fn refused(&self, path: &str, body: Value) -> (StatusCode, String) {
        let (status, body) = self.ask(Method::POST, path, Some(body)).await;
        (status, body["error"].as_str().unwrap_or_default().to_owned())
    }
}

#[tokio::test]
async fn the_root_tells_where_everything_is() {
    let control = control().await;
    let about = control.get("").await;
    assert_eq!(about["ws_url"], control.sim.ws_url());
    assert_eq!(about["media_host"], control.sim.http_addr().to_string());
    assert_eq!(about["root_public_key"], hex::encode(control.sim.root_public_key()));
    control.sim.stop().await;
}

#[tokio::test]
async fn phones_type_and_show_over_http() {
    let control = control().await;
    let dora = control.post("/phones", json!({"name": "dora"})).await["number"].clone();
    let dora = dora.as_str().expect("a number");
    let emil = json!({"name": "emil", "number": "15550100002", "lid": "100000000000002"});
    assert_eq!(control.post("/phones", emil).await["lid"], "100000000000002");
    assert_eq!(control.get("/phones").await.as_array().map(Vec::len), Some(2));
    let group = json!({"creator": dora, "subject": "Garden", "members": ["15550100002"]});
    let group = control.post("/groups", group).await["id"].clone();
    let group = group.as_str().expect("an id");
    let waiting = control.get("/phones/15550100002/shown?since=0&wait_ms=20000");
    let sending = async {
        let message = json!({"to": group, "text": "hello"});
        control.post(&format!("/phones/{dora}/send"), message).await["id"].clone()
    };
    let (shown, id) = tokio::join!(waiting, sending);
    assert_eq!((&shown[0]["id"], &shown[0]["text"]), (&id, &json!("hello")));
    assert_eq!(
        (&shown[0]["sender"]["name"], &shown[0]["seq"]),
        (&json!("dora"), &json!(1))
    );
    assert_eq!(control.get("/phones/15550100002/shown?since=1").await, json!([]));
    assert_eq!(
        control.get("/phones/15550100002/shown?since=1&wait_ms=10").await,
        json!([])
    );
    let react = json!({"to": group, "react": "👍", "target": id});
    let react = control.post("/phones/15550100002/send", react).await["id"].clone();
    let shown = control
        .get(&format!("/phones/{dora}/shown?since=1&wait_ms=20000"))
        .await;
    assert_eq!(
        (&shown[0]["id"], &shown[0]["kind"], &shown[0]["target"]),
        (&react, &json!("reaction"), &id)
    );
    control
        .post(&format!("/phones/{dora}/typing"), json!({"to": group, "typing": true}))
        .await;
    let log = control.get("/log?since=0").await;
    assert!(log.as_array().is_some_and(|entries| !entries.is_empty()));
    control.sim.stop().await;
}

#[tokio::test]
async fn groups_change_over_http() {
    let control = control().await;
    for name in ["dora", "emil"] {
        control.post("/phones", json!({"name": name})).await;
    }
    let group = control
        .post("/groups", json!({"creator": "15550100001", "subject": "Garden"}))
        .await;
    assert_eq!(group["addressing"], "lid");
    let older = json!({"creator": "15550100001", "subject": "Choir", "addressing": "pn"});
    assert_eq!(control.post("/groups", older).await["addressing"], "pn");
    let path = format!("/groups/{}", group["id"].as_str().expect("an id"));
    let members = json!({"members": ["15550100002"]});
    let grown = control.post(&format!("{path}/add"), members.clone()).await;
    assert_eq!(grown["members"].as_array().map(Vec::len), Some(2));
    control.post(&format!("{path}/remove"), members).await;
    control
        .post(&format!("{path}/subject"), json!({"subject": "Vegetables"}))
        .await;
    let group = control.get(&path).await;
    assert_eq!(
        (&group["subject"], group["members"].as_array().map(Vec::len)),
        (&json!("Vegetables"), Some(1))
    );
    control.sim.stop().await;
}

#[tokio::test]
async fn faults_are_taken_over_http() {
    let control = control().await;
    control.post("/phones", json!({"name": "dora"})).await;
    let phone = "/phones/15550100001";
    assert_eq!(
        control
            .post(&format!("{phone}/cut"), json!({"farewell": "replaced"}))
            .await["connections"],
        0
    );
    control
        .post(
            &format!("{phone}/refuse"),
            json!({"reason": 402, "code": 104, "expire": 60}),
        )
        .await;
    let (status, _) = control.ask(Method::DELETE, &format!("{phone}/refuse"), None).await;
    assert_eq!(status, StatusCode::OK);
    control
        .post(&format!("{phone}/acks"), json!({"fault": "hold", "count": 2}))
        .await;
    assert_eq!(control.post("/acks/release", json!({})).await["released"], 0);
    control.post(&format!("{phone}/corrupt"), json!({"device": 0})).await;
    control.post("/receipts", json!({"drop": true})).await;
    control.post("/pause", json!({})).await;
    control.post("/resume", json!({})).await;
    control.sim.stop().await;
}

#[tokio::test]
async fn bad_orders_get_a_status_and_a_reason() {
    let control = control().await;
    control.post("/phones", json!({"name": "dora"})).await;
    let expected = [
        (
            "/phones/1/send",
            json!({"to": "15550100001", "text": "x"}),
            StatusCode::NOT_FOUND,
        ),
        (
            "/phones/15550100001/send",
            json!({"to": "@@", "text": "x"}),
            StatusCode::BAD_REQUEST,
        ),
        (
            "/phones/15550100001/send",
            json!({"to": "1@g.us", "text": "x"}),
            StatusCode::FORBIDDEN,
        ),
        (
            "/phones/15550100001/send",
            json!({"to": "15550100001", "revoke": "M1"}),
            StatusCode::NOT_FOUND,
        ),
        ("/phones/15550100001/scan", json!({"qr": "x"}), StatusCode::BAD_REQUEST),
        (
            "/phones/15550100001/code",
            json!({"code": "ABCD1234"}),
            StatusCode::GONE,
        ),
        (
            "/phones/15550100001/unlink",
            json!({"device": 3}),
            StatusCode::NOT_FOUND,
        ),
        ("/phones", json!({"name": "x", "number": "+1"}), StatusCode::BAD_REQUEST),
        (
            "/groups",
            json!({"creator": "1", "subject": "x"}),
            StatusCode::NOT_FOUND,
        ),
        ("/groups/1/add", json!({"members": []}), StatusCode::NOT_FOUND),
    ];
    for (path, body, status) in expected {
        let (got, reason) = control.refused(path, body).await;
        assert_eq!(got, status, "{path}: {reason}");
        assert!(!reason.is_empty(), "{path} gives no reason");
    }
    let (status, _) = control.refused("/phones", json!({"nome": "typo"})).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    control.sim.stop().await;
}

#[tokio::test]
async fn media_comes_back_as_it_was_put_and_nothing_else_does() {
    let control = control().await;
    let base = format!("http://{}", control.sim.http_addr());
    let file: Vec<u8> = (0..3_000_000_u32).map(|i| i.to_be_bytes()[3]).collect();
    let put = control
        .http
        .post(format!("{base}/mms/image/abc?auth=x&token=abc"))
        .body(file.clone());
    let put: Value = put.send().await.expect("an answer").json().await.expect("JSON");
    let path = put["direct_path"].as_str().expect("a path");
    assert_eq!(put["url"], format!("https://{}{path}", control.sim.http_addr()));
    let got = control
        .http
        .get(format!("{base}{path}"))
        .send()
        .await
        .expect("an answer");
    assert_eq!(got.bytes().await.expect("a body"), file);
    let missing = control
        .http
        .get(format!("{base}/v/none.enc"))
        .send()
        .await
        .expect("an answer");
    assert_eq!(missing.status(), StatusCode::NOT_FOUND);
    control.sim.stop().await;
}
