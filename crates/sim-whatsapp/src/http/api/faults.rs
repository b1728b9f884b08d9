//! Faults on request, and the stanza log.

use axum::extract::{Path, Query, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::controls::Farewell;
use crate::http::api::Answer;
use crate::relay::faults::{AckFault, LoginRefusal};
use crate::relay::journal::LogEntry;
use crate::server::SimWhatsApp;

pub(super) fn routes() -> Router<SimWhatsApp> {
    Router::new()
        .route("/phones/{phone}/cut", post(cut))
        .route("/phones/{phone}/unlink", post(unlink))
        .route("/phones/{phone}/refuse", post(refuse).delete(allow))
        .route("/phones/{phone}/acks", post(acks))
        .route("/phones/{phone}/corrupt", post(corrupt))
        .route("/acks/release", post(release))
        .route("/receipts", post(receipts))
        .route("/log", get(log))
}

#[derive(Deserialize)]
struct Cut {
    #[serde(default)]
    device: Option<u16>,
    #[serde(default)]
    farewell: Farewell,
}

async fn cut(State(sim): State<SimWhatsApp>, Path(phone): Path<String>, Json(cut): Json<Cut>) -> Answer<Value> {
    let connections = sim.cut(&phone, cut.device, cut.farewell)?;
    Ok(Json(json!({ "connections": connections })))
}

#[derive(Deserialize)]
struct Unlink {
    device: u16,
}

async fn unlink(
    State(sim): State<SimWhatsApp>,
    Path(phone): Path<String>,
    Json(unlink): Json<Unlink>,
) -> Answer<Value> {
    sim.unlink(&phone, unlink.device)?;
    Ok(Json(json!({})))
}

async fn refuse(
    State(sim): State<SimWhatsApp>,
    Path(phone): Path<String>,
    Json(refusal): Json<LoginRefusal>,
) -> Answer<Value> {
    sim.refuse_logins(&phone, Some(refusal))?;
    Ok(Json(json!({})))
}

async fn allow(State(sim): State<SimWhatsApp>, Path(phone): Path<String>) -> Answer<Value> {
    sim.refuse_logins(&phone, None)?;
    Ok(Json(json!({})))
}

#[derive(Deserialize)]
struct Acks {
    fault: AckFault,
    count: u32,
}

async fn acks(State(sim): State<SimWhatsApp>, Path(phone): Path<String>, Json(acks): Json<Acks>) -> Answer<Value> {
    sim.disturb_acks(&phone, acks.fault, acks.count)?;
    Ok(Json(json!({})))
}

async fn release(State(sim): State<SimWhatsApp>) -> Json<Value> {
    Json(json!({ "released": sim.release_acks() }))
}

#[derive(Deserialize)]
struct Corrupt {
    device: u16,
    #[serde(default = "once")]
    count: u32,
}

fn once() -> u32 {
    1
}

async fn corrupt(
    State(sim): State<SimWhatsApp>,
    Path(phone): Path<String>,
    Json(corrupt): Json<Corrupt>,
) -> Answer<Value> {
    sim.corrupt_messages(&phone, corrupt.device, corrupt.count)?;
    Ok(Json(json!({})))
}

#[derive(Deserialize)]
struct Receipts {
    drop: bool,
}

async fn receipts(State(sim): State<SimWhatsApp>, Json(receipts): Json<Receipts>) -> Json<Value> {
    sim.drop_receipts(receipts.drop);
    Json(json!({}))
}

#[derive(Deserialize)]
struct LogQuery {
    #[serde(default)]
    since: u64,
}

async fn log(State(sim): State<SimWhatsApp>, Query(query): Query<LogQuery>) -> Json<Vec<LogEntry>> {
    Json(sim.stanza_log(query.since))
}
