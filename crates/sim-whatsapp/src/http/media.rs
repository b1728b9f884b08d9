//! The media servers: they keep encrypted files by path and hand them out again.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::limits;
use crate::server::SimWhatsApp;

/// Uploaded files by path.
#[derive(Default)]
pub(crate) struct MediaStore {
    files: Mutex<Files>,
}

#[derive(Default)]
struct Files {
    by_path: HashMap<String, Bytes>,
    order: VecDeque<String>,
}

impl MediaStore {
    /// Keeps a file. The oldest file leaves when there are too many.
    fn put(&self, path: String, bytes: Bytes) {
        let mut files = self.files();
        if files.by_path.insert(path.clone(), bytes).is_none() {
            files.order.push_back(path);
        }
        if files.order.len() > limits::MEDIA_FILES
            && let Some(oldest) = files.order.pop_front()
        {
            files.by_path.remove(&oldest);
        }
    }

    fn get(&self, path: &str) -> Option<Bytes> {
        self.files().by_path.get(path).cloned()
    }

    fn files(&self) -> MutexGuard<'_, Files> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) fn routes() -> Router<SimWhatsApp> {
    Router::new()
        .route("/mms/{kind}/{token}", post(upload))
        .route("/v/{file}", get(download))
}

#[derive(Deserialize)]
struct UploadQuery {
    /// Asks how much of a file is here already, without sending any of it.
    resume: Option<String>,
}

/// Takes a file. Its token is the hash of its encrypted bytes, so that the same file has the same address.
async fn upload(
    State(sim): State<SimWhatsApp>,
    Path((_kind, token)): Path<(String, String)>,
    Query(query): Query<UploadQuery>,
    body: Bytes,
) -> Json<Value> {
    let path = format!("/v/{token}.enc");
    if query.resume.is_some() && body.is_empty() {
        let state = if sim.inner.media.get(&path).is_some() {
            "complete"
        } else {
            "0"
        };
        return Json(json!({ "resume": state }));
    }
    sim.inner.media.put(path.clone(), body);
    let url = format!("https://{}{path}", sim.http_addr());
    Json(json!({ "url": url, "direct_path": path }))
}

async fn download(State(sim): State<SimWhatsApp>, Path(file): Path<String>) -> Result<Bytes, StatusCode> {
    sim.inner.media.get(&format!("/v/{file}")).ok_or(StatusCode::NOT_FOUND)
}
