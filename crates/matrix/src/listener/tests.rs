use super::*;
use crate::client::http_client;
use crate::names::Names;
use crate::testing::Shelf;
use reqwest::Method;

/// A listener on a port of its own; it ends with the test.
struct Listening {
    url: String,
    shelf: Arc<Shelf>,
}

async fn listen() -> Listening {
    let shelf = Arc::new(Shelf::default());
    let names = Names::new("mx.test".try_into().unwrap(), "matrimony", "_").unwrap();
    let intake = Arc::new(Intake::new(names, shelf.clone(), shelf.clone()));
    intake.open();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(axum::serve(listener, router(intake, "right")).into_future());
    Listening { url, shelf }
}

impl Listening {
    async fn call(
        &self,
        method: Method,
        path: &str,
        token: Option<&str>,
        body: impl Into<reqwest::Body>,
    ) -> (u16, Value) {
        let request = http_client()
            .unwrap()
            .request(method, format!("{}{path}", self.url))
            .body(body);
        let request = match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        };
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    async fn transaction(&self, body: impl Into<reqwest::Body>) -> (u16, Value) {
        self.call(Method::PUT, "/_matrix/app/v1/transactions/1", Some("right"), body)
            .await
    }
}

fn message(n: usize, bytes: usize) -> Value {
    json!({
        "event_id": format!("$e{n}"), "room_id": "!abc", "sender": "@nina:mx.test", "type": "m.room.message",
        "content": { "body": "x".repeat(bytes) },
    })
}

#[tokio::test]
async fn without_the_right_token_nothing_is_read() {
    let us = listen().await;
    let body = json!({ "events": [message(1, 1)] }).to_string();
    for token in [None, Some("wrong"), Some("righ"), Some("rightt"), Some("")] {
        let (status, answer) = us
            .call(Method::PUT, "/_matrix/app/v1/transactions/1", token, body.clone())
            .await;
        assert_eq!((status, &answer["errcode"]), (403, &json!("M_FORBIDDEN")), "{token:?}");
        assert!(answer["error"].is_string());
    }
    assert!(us.shelf.spooled().is_empty());
}

#[tokio::test]
async fn a_transaction_is_stored_before_it_is_answered() {
    let us = listen().await;
    let body = json!({ "events": [message(1, 1), message(2, 1)], "de.sorunome.msc2409.ephemeral": [5] }).to_string();
    assert_eq!(us.transaction(body.clone()).await, (200, json!({})));
    assert_eq!(us.shelf.spooled().len(), 2);
    assert_eq!(us.transaction(body).await.0, 200);
    assert_eq!(us.shelf.spooled().len(), 2, "brought again, it is known");
    us.shelf.broken.store(true, std::sync::atomic::Ordering::SeqCst);
    assert_eq!(
        us.transaction(json!({ "events": [message(3, 1)] }).to_string()).await.0,
        503
    );
}

#[tokio::test]
async fn ten_mebibytes_are_taken_and_more_than_sixteen_are_not() {
    let us = listen().await;
    let events: Vec<Value> = (0..100).map(|n| message(n, 105_000)).collect();
    let body = json!({ "events": events }).to_string();
    assert!(body.len() > 10 * 1024 * 1024);
    assert_eq!(us.transaction(body).await.0, 200);
    assert_eq!(us.shelf.spooled().len(), 100);

    let (status, answer) = us.transaction(vec![b' '; 17 * 1024 * 1024]).await;
    assert_eq!((status, &answer["errcode"]), (413, &json!("M_TOO_LARGE")));
    assert_eq!(
        us.transaction(json!({ "events": [] }).to_string()).await.0,
        200,
        "we go on"
    );
}

#[tokio::test]
async fn garbage_is_refused_by_name() {
    let us = listen().await;
    for (body, code) in [
        (b"{\"events\": [".as_slice(), "M_NOT_JSON"),
        (b"", "M_NOT_JSON"),
        (&[0xff, 0xfe], "M_NOT_JSON"),
        (b"[]", "M_BAD_JSON"),
        (b"{}", "M_BAD_JSON"),
        (b"{\"events\": 5}", "M_BAD_JSON"),
    ] {
        let (status, answer) = us.transaction(body.to_vec()).await;
        assert_eq!((status, answer["errcode"].as_str().unwrap()), (400, code));
    }
    assert!(us.shelf.spooled().is_empty());
}

#[tokio::test]
async fn the_other_endpoints() {
    let us = listen().await;
    for (method, path, status, code) in [
        (Method::POST, "/_matrix/app/v1/ping", 200, Value::Null),
        (
            Method::GET,
            "/_matrix/app/v1/users/%40_signal_x%3Amx.test",
            404,
            json!("M_NOT_FOUND"),
        ),
        (
            Method::GET,
            "/_matrix/app/v1/rooms/%23a%3Amx.test",
            404,
            json!("M_NOT_FOUND"),
        ),
        (
            Method::GET,
            "/_matrix/app/v1/thirdparty/protocol/x",
            404,
            json!("M_UNRECOGNIZED"),
        ),
        (Method::GET, "/", 404, json!("M_UNRECOGNIZED")),
        (
            Method::POST,
            "/_matrix/app/v1/transactions/1",
            405,
            json!("M_UNRECOGNIZED"),
        ),
    ] {
        let (got, answer) = us.call(method, path, Some("right"), "{}").await;
        assert_eq!((got, &answer["errcode"]), (status, &code), "{path}");
    }
}
