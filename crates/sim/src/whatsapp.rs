//! Points the WhatsApp connector at the simulator.

use anyhow::Result;
use async_trait::async_trait;
use matrimony::Assembly;
use matrimony_network_whatsapp::Settings;
use std::sync::Arc;
use whatsapp_rust::wacore::net::{HttpClient, HttpRequest, HttpResponse, StreamingHttpResponse, UploadBody};
use whatsapp_rust_ureq_http_client::UreqHttpClient;

/// The address of the simulator's WebSocket.
pub(crate) const WEBSOCKET: &str = "MATRIMONY_SIM_WHATSAPP_WS";
/// The `host:port` of the simulator's media.
pub(crate) const MEDIA: &str = "MATRIMONY_SIM_WHATSAPP_MEDIA";

/// The version of WhatsApp Web that we present; the simulator takes any, and the real ones cannot be looked up.
const VERSION: (u32, u32, u32) = (2, 3000, 1);

/// The program's parts, with the simulator that the environment names in place of WhatsApp. Without those variables it
/// talks to nobody.
pub fn assembly() -> Assembly {
    let variable = |name: &str| std::env::var(name).unwrap_or_default();
    let (websocket, media) = (variable(WEBSOCKET), variable(MEDIA));
    Assembly {
        whatsapp: Some(Box::new(move |settings| simulated(settings, &websocket, &media))),
    }
}

/// Settings for the simulator at these addresses.
pub(crate) fn simulated(settings: Settings, websocket: &str, media: &str) -> Settings {
    let http = PlainMedia {
        inner: UreqHttpClient::new(),
        media: media.to_owned(),
    };
    let mut settings = settings.with_server(websocket);
    settings.http = Arc::new(http);
    settings.version = Some(VERSION);
    settings
}

/// Clients ask media hosts by `https`; the simulator speaks `http`.
struct PlainMedia {
    inner: UreqHttpClient,
    media: String,
}

impl PlainMedia {
    fn plain(&self, mut request: HttpRequest) -> HttpRequest {
        request.url = request
            .url
            .replace(&format!("https://{}", self.media), &format!("http://{}", self.media));
        request
    }
}

#[async_trait]
impl HttpClient for PlainMedia {
    async fn execute(&self, request: HttpRequest) -> Result<HttpResponse> {
        self.inner.execute(self.plain(request)).await
    }

    fn supports_streaming(&self) -> bool {
        self.inner.supports_streaming()
    }

    fn execute_streaming(&self, request: HttpRequest) -> Result<StreamingHttpResponse> {
        self.inner.execute_streaming(self.plain(request))
    }

    fn supports_upload_streaming(&self) -> bool {
        self.inner.supports_upload_streaming()
    }

    fn execute_upload(&self, request: HttpRequest, body: UploadBody, length: u64) -> Result<HttpResponse> {
        self.inner.execute_upload(self.plain(request), body, length)
    }
}
