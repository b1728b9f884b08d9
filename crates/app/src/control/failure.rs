//! An error answer.

use super::wire::Failure;
use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use std::fmt::Display;

/// What a handler answers when it did not do what was asked: a status and a sentence with the cure.
#[derive(Debug)]
pub(crate) struct Refused(StatusCode, String);

impl Refused {
    /// What was asked does not fit; asking again will not help.
    pub(crate) fn because(error: impl Display) -> Self {
        Self(StatusCode::BAD_REQUEST, error.to_string())
    }

    /// What was named is not there.
    pub(crate) fn missing(error: impl Display) -> Self {
        Self(StatusCode::NOT_FOUND, error.to_string())
    }

    /// Something else stands in the way; it may pass.
    pub(crate) fn unavailable(error: impl Display) -> Self {
        Self(StatusCode::SERVICE_UNAVAILABLE, error.to_string())
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (self.0, Json(Failure { error: self.1 })).into_response()
    }
}
