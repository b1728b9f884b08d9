//! The HTTP side that the homeserver talks to: the Application Service API.

use crate::intake::Intake;
use crate::limits;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::AUTHORIZATION;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::sync::Arc;
use subtle::ConstantTimeEq;

/// The routes. Every request needs the homeserver's token, before anything of it is read.
pub(crate) fn router(intake: Arc<Intake>, hs_token: &str) -> Router {
    let token: Arc<str> = hs_token.into();
    Router::new()
        .route("/_matrix/app/v1/transactions/{id}", put(transaction))
        .route("/_matrix/app/v1/ping", post(|| async { Json(json!({})) }))
        .route("/_matrix/app/v1/users/{user}", get(not_ours_to_make))
        .route("/_matrix/app/v1/rooms/{alias}", get(not_ours_to_make))
        .fallback(|| async { refuse(StatusCode::NOT_FOUND, "M_UNRECOGNIZED", "unknown endpoint") })
        .method_not_allowed_fallback(|| async {
            refuse(
                StatusCode::METHOD_NOT_ALLOWED,
                "M_UNRECOGNIZED",
                "unknown method for this endpoint",
            )
        })
        .layer(from_fn_with_state(token, only_the_homeserver))
        .with_state(intake)
}

#[derive(Deserialize)]
struct Transaction<'a> {
    #[serde(borrow)]
    events: Vec<&'a RawValue>,
}

/// Stores the events and answers; they are handled afterwards. The transaction's id says nothing: Synapse on SQLite
/// uses ids again after a restart.
async fn transaction(State(intake): State<Arc<Intake>>, body: Body) -> Response {
    let Ok(body) = to_bytes(body, limits::TRANSACTION_BYTES).await else {
        return refuse(
            StatusCode::PAYLOAD_TOO_LARGE,
            "M_TOO_LARGE",
            "the transaction is larger than 16 MiB",
        );
    };
    if serde_json::from_slice::<&RawValue>(&body).is_err() {
        return refuse(StatusCode::BAD_REQUEST, "M_NOT_JSON", "the body is not JSON");
    }
    let Ok(transaction) = serde_json::from_slice::<Transaction<'_>>(&body) else {
        return refuse(
            StatusCode::BAD_REQUEST,
            "M_BAD_JSON",
            "a transaction is an object with a list of events",
        );
    };
    if !intake.admitted().await {
        return refuse(
            StatusCode::SERVICE_UNAVAILABLE,
            "M_UNKNOWN",
            "catching up; bring it again later",
        );
    }
    match intake.take(&transaction.events).await {
        Ok(()) => Json(json!({})).into_response(),
        Err(error) => {
            tracing::warn!(%error, "a transaction could not be stored; the homeserver will bring it again");
            refuse(
                StatusCode::SERVICE_UNAVAILABLE,
                "M_UNKNOWN",
                "it could not be stored; bring it again later",
            )
        }
    }
}

/// Ghosts and rooms are made when a bridged person speaks, not when somebody asks for them.
async fn not_ours_to_make() -> Response {
    refuse(StatusCode::NOT_FOUND, "M_NOT_FOUND", "there is none")
}

async fn only_the_homeserver(State(token): State<Arc<str>>, request: Request, next: Next) -> Response {
    let shown = request.headers().get(AUTHORIZATION);
    let shown = shown
        .and_then(|value| value.as_bytes().strip_prefix(b"Bearer "))
        .unwrap_or_default();
    if bool::from(shown.ct_eq(token.as_bytes())) {
        return next.run(request).await;
    }
    tracing::warn!("a request with a wrong homeserver token was refused; does the homeserver have our registration?");
    refuse(StatusCode::FORBIDDEN, "M_FORBIDDEN", "bad token supplied")
}

/// An error in the specification's standard form.
fn refuse(status: StatusCode, code: &str, error: &str) -> Response {
    let body: Json<Value> = Json(json!({ "errcode": code, "error": error }));
    (status, body).into_response()
}

#[cfg(test)]
mod tests;
