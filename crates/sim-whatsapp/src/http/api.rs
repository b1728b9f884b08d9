//! The control API: the typed methods of [`SimWhatsApp`] in JSON. Documented with examples in the crate's README.

mod faults;
mod groups;
mod phones;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use crate::controls::ControlError;
use crate::relay::pairing::PairingError;
use crate::server::SimWhatsApp;

pub(super) fn routes() -> Router<SimWhatsApp> {
    Router::new()
        .route("/", get(about))
        .route("/pause", post(pause))
        .route("/resume", post(resume))
        .merge(phones::routes())
        .merge(groups::routes())
        .merge(faults::routes())
}

/// An answer in JSON, or a refusal with its reason.
type Answer<T> = Result<Json<T>, ApiError>;

/// A refusal: `{"error": "..."}` with a status that tells whose fault it is.
struct ApiError {
    status: StatusCode,
    error: String,
}

impl From<ControlError> for ApiError {
    fn from(error: ControlError) -> Self {
        let status = match &error {
            ControlError::NoSuchPhone(_)
            | ControlError::NoSuchGroup(_)
            | ControlError::NoSuchDevice(_)
            | ControlError::NoSuchMessage(_) => StatusCode::NOT_FOUND,
            ControlError::BadNumber(_) | ControlError::BadChat(_) => StatusCode::BAD_REQUEST,
            ControlError::Forbidden => StatusCode::FORBIDDEN,
            ControlError::Pairing(PairingError::NotAPairingCode(_)) => StatusCode::BAD_REQUEST,
            ControlError::Pairing(_) => StatusCode::GONE,
            ControlError::Phone(_) => StatusCode::INTERNAL_SERVER_ERROR,
            ControlError::Timeout(_) => StatusCode::REQUEST_TIMEOUT,
        };
        Self {
            status,
            error: error.to_string(),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        (self.status, Json(json!({ "error": self.error }))).into_response()
    }
}

/// Where everything is.
async fn about(State(sim): State<SimWhatsApp>) -> Json<Value> {
    Json(describe(&sim))
}

/// The server's addresses and its root key in JSON, as `GET /control` answers and the binary prints when it is ready.
#[must_use]
pub fn describe(sim: &SimWhatsApp) -> Value {
    json!({
        "ws_url": sim.ws_url(),
        "control_url": sim.control_url(),
        "media_host": sim.http_addr().to_string(),
        "root_public_key": hex::encode(sim.root_public_key()),
    })
}

async fn pause(State(sim): State<SimWhatsApp>) -> Json<Value> {
    sim.pause().await;
    Json(json!({}))
}

async fn resume(State(sim): State<SimWhatsApp>) -> Answer<Value> {
    sim.resume().await.map_err(|error| ApiError {
        status: StatusCode::CONFLICT,
        error: error.to_string(),
    })?;
    Ok(Json(json!({})))
}
