//! `/control/phones`.

use std::time::Duration;

use axum::extract::{Path, Query, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::controls::{Draft, NewPhone, PhoneInfo};
use crate::http::api::Answer;
use crate::limits;
use crate::phone::screen::Shown;
use crate::server::SimWhatsApp;

pub(super) fn routes() -> Router<SimWhatsApp> {
    Router::new()
        .route("/phones", get(list).post(make))
        .route("/phones/{phone}", get(one))
        .route("/phones/{phone}/scan", post(scan))
        .route("/phones/{phone}/code", post(code))
        .route("/phones/{phone}/send", post(send))
        .route("/phones/{phone}/typing", post(typing))
        .route("/phones/{phone}/shown", get(shown))
}

async fn list(State(sim): State<SimWhatsApp>) -> Json<Vec<PhoneInfo>> {
    Json(sim.phones_info())
}

async fn make(State(sim): State<SimWhatsApp>, Json(new): Json<NewPhone>) -> Answer<PhoneInfo> {
    Ok(Json(sim.add_phone(new)?))
}

async fn one(State(sim): State<SimWhatsApp>, Path(phone): Path<String>) -> Answer<PhoneInfo> {
    Ok(Json(sim.phone_info(&phone)?))
}

#[derive(Deserialize)]
struct Scan {
    qr: String,
}

async fn scan(State(sim): State<SimWhatsApp>, Path(phone): Path<String>, Json(scan): Json<Scan>) -> Answer<Value> {
    sim.scan_qr(&phone, &scan.qr)?;
    Ok(Json(json!({})))
}

#[derive(Deserialize)]
struct Code {
    code: String,
}

async fn code(State(sim): State<SimWhatsApp>, Path(phone): Path<String>, Json(entered): Json<Code>) -> Answer<Value> {
    sim.enter_code(&phone, &entered.code)?;
    Ok(Json(json!({})))
}

#[derive(Deserialize)]
struct Send {
    to: String,
    #[serde(flatten)]
    draft: Draft,
}

async fn send(State(sim): State<SimWhatsApp>, Path(phone): Path<String>, Json(send): Json<Send>) -> Answer<Value> {
    let id = sim.send(&phone, &send.to, send.draft).await?;
    Ok(Json(json!({ "id": id })))
}

#[derive(Deserialize)]
struct Typing {
    to: String,
    typing: bool,
}

async fn typing(
    State(sim): State<SimWhatsApp>,
    Path(phone): Path<String>,
    Json(typing): Json<Typing>,
) -> Answer<Value> {
    sim.set_typing(&phone, &typing.to, typing.typing)?;
    Ok(Json(json!({})))
}

#[derive(Deserialize)]
struct ShownQuery {
    #[serde(default)]
    since: u64,
    /// How long to wait for the first entry.
    #[serde(default)]
    wait_ms: u64,
}

async fn shown(
    State(sim): State<SimWhatsApp>,
    Path(phone): Path<String>,
    Query(query): Query<ShownQuery>,
) -> Answer<Vec<Shown>> {
    let deadline = Duration::from_millis(query.wait_ms).min(limits::LONG_POLL);
    if deadline.is_zero() {
        return Ok(Json(sim.shown(&phone, query.since)?));
    }
    Ok(Json(sim.wait_shown(&phone, query.since, deadline).await?))
}
