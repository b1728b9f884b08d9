//! The commands' side of the control socket.

use crate::control::wire::Failure;
use anyhow::{Context, Result, bail};
use reqwest::{Client, Method, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::path::{Path, PathBuf};

/// Talks to the running `up` of one data directory.
pub struct Control {
    client: Client,
    socket: PathBuf,
}

impl Control {
    /// For the `up` that owns this data directory. Nothing is sent yet.
    pub fn of(data_dir: &Path) -> Result<Self> {
        crate::tls::install();
        let socket = crate::data_dir::control_socket(data_dir);
        let client = Client::builder()
            .unix_socket(socket.clone())
            .build()
            .context("the HTTP client does not start")?;
        Ok(Self { client, socket })
    }

    /// Reads something.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        self.answer(self.request(Method::GET, path, None::<&()>).await?).await
    }

    /// Asks for something to be done.
    pub async fn post<B: Serialize + Sync, T: DeserializeOwned>(&self, path: &str, body: &B) -> Result<T> {
        self.answer(self.request(Method::POST, path, Some(body)).await?).await
    }

    /// Takes something back.
    pub async fn delete(&self, path: &str) -> Result<()> {
        self.answer::<serde_json::Value>(self.request(Method::DELETE, path, None::<&()>).await?)
            .await
            .map(drop)
    }

    async fn request<B: Serialize + Sync>(&self, method: Method, path: &str, body: Option<&B>) -> Result<Response> {
        let mut request = self.client.request(method, format!("http://matrimony/api/v1{path}"));
        if let Some(body) = body {
            request = request.json(body);
        }
        match request.send().await {
            Ok(response) => Ok(response),
            Err(error) if error.is_connect() => {
                bail!(
                    "matrimony is not running on {}; start it with `matrimony up`",
                    self.place()
                )
            }
            Err(error) => {
                Err(error).with_context(|| format!("the matrimony running on {} did not answer", self.place()))
            }
        }
    }

    fn place(&self) -> String {
        self.socket.parent().unwrap_or(&self.socket).display().to_string()
    }

    async fn answer<T: DeserializeOwned>(&self, response: Response) -> Result<T> {
        let status = response.status();
        let body = response.bytes().await.context("the answer broke off")?;
        if status.is_success() {
            return serde_json::from_slice(&body).context("the running matrimony is of another version; restart it");
        }
        match serde_json::from_slice::<Failure>(&body) {
            Ok(failure) => bail!("{}", failure.error),
            Err(_) => bail!("the running matrimony answered {status}"),
        }
    }
}
