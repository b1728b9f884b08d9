//! `/control/groups`.

use axum::extract::{Path, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;

use crate::controls::{GroupInfo, NewGroup};
use crate::http::api::Answer;
use crate::relay::groups::addressing::Addressing;
use crate::server::SimWhatsApp;

pub(super) fn routes() -> Router<SimWhatsApp> {
    Router::new()
        .route("/groups", get(list).post(make))
        .route("/groups/{group}", get(one))
        .route("/groups/{group}/add", post(add))
        .route("/groups/{group}/remove", post(remove))
        .route("/groups/{group}/subject", post(rename))
}

async fn list(State(sim): State<SimWhatsApp>) -> Json<Vec<GroupInfo>> {
    Json(sim.groups())
}

#[derive(Deserialize)]
struct Making {
    #[serde(flatten)]
    group: NewGroup,
    #[serde(default)]
    addressing: Addressing,
}

async fn make(State(sim): State<SimWhatsApp>, Json(new): Json<Making>) -> Answer<GroupInfo> {
    Ok(Json(sim.create_group_by(&new.group, new.addressing)?))
}

async fn one(State(sim): State<SimWhatsApp>, Path(group): Path<String>) -> Answer<GroupInfo> {
    Ok(Json(sim.group(&group)?))
}

#[derive(Deserialize)]
struct Members {
    members: Vec<String>,
}

async fn add(
    State(sim): State<SimWhatsApp>,
    Path(group): Path<String>,
    Json(change): Json<Members>,
) -> Answer<GroupInfo> {
    Ok(Json(sim.add_members(&group, &change.members)?))
}

async fn remove(
    State(sim): State<SimWhatsApp>,
    Path(group): Path<String>,
    Json(change): Json<Members>,
) -> Answer<GroupInfo> {
    Ok(Json(sim.remove_members(&group, &change.members)?))
}

#[derive(Deserialize)]
struct Subject {
    subject: String,
}

async fn rename(
    State(sim): State<SimWhatsApp>,
    Path(group): Path<String>,
    Json(change): Json<Subject>,
) -> Answer<GroupInfo> {
    Ok(Json(sim.rename_group(&group, &change.subject)?))
}
