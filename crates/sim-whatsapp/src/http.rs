//! One loopback HTTP server for two things: encrypted media, and the control API of tests (`/control`).

mod api;
pub(crate) mod media;

pub use api::describe;

use axum::Router;
use axum::extract::DefaultBodyLimit;

use crate::limits;
use crate::server::SimWhatsApp;

/// All routes.
pub(crate) fn router(sim: SimWhatsApp) -> Router {
    Router::new()
        .nest("/control", api::routes())
        .merge(media::routes())
        .layer(DefaultBodyLimit::max(limits::MEDIA_BYTES))
        .with_state(sim)
}
