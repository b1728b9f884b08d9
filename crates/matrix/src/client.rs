//! Calls to the homeserver, as the bot or as a ghost.

mod error;

pub(crate) use error::CallError;

use crate::limits;
use crate::settings::Address;
use error::Refusal;
use ruma::api::auth_scheme::{AuthScheme, SendAccessToken};
use ruma::api::path_builder::PathBuilder;
use ruma::api::{
    AppserviceUserIdentity, IncomingResponse, MatrixVersion, OutgoingRequest, OutgoingRequestAppserviceExt,
    SupportedVersions,
};
use ruma::exports::http;
use ruma::{DeviceId, UserId};
use std::borrow::Cow;
use tokio::sync::Notify;

/// Our side of the client API. Every call names its user: a bot's call that names a device but no user is answered with
/// an error 500 by Synapse 1.163.
pub(crate) struct Client {
    http: reqwest::Client,
    url: String,
    as_token: String,
    versions: SupportedVersions,
    /// Rung when the homeserver does not answer, so that the one who watches it looks at once.
    trouble: Notify,
}

impl Client {
    /// Makes a client; connects to nothing.
    pub(crate) fn new(address: &Address) -> Result<Self, reqwest::Error> {
        Ok(Self {
            http: http_client()?,
            url: address.url.trim_end_matches('/').to_owned(),
            as_token: address.tokens.as_token.clone(),
            versions: SupportedVersions {
                versions: [MatrixVersion::V1_1, MatrixVersion::V1_7, MatrixVersion::V1_11].into(),
                features: [].into(),
            },
            trouble: Notify::new(),
        })
    }

    /// Calls as `user`.
    pub(crate) async fn call<R>(&self, user: &UserId, request: R) -> Result<R::IncomingResponse, CallError>
    where
        R: OutgoingRequest,
        for<'a> R::Authentication: AuthScheme<Input<'a> = SendAccessToken<'a>>,
        for<'a> R::PathBuilder: PathBuilder<Input<'a> = Cow<'a, SupportedVersions>>,
    {
        self.call_from(user, None, request).await
    }

    /// Calls as `user` from a device of theirs. A send is idempotent beyond the server's memory only when it names one.
    pub(crate) async fn call_from<R>(
        &self,
        user: &UserId,
        device: Option<&DeviceId>,
        request: R,
    ) -> Result<R::IncomingResponse, CallError>
    where
        R: OutgoingRequest,
        for<'a> R::Authentication: AuthScheme<Input<'a> = SendAccessToken<'a>>,
        for<'a> R::PathBuilder: PathBuilder<Input<'a> = Cow<'a, SupportedVersions>>,
    {
        let mut identity = AppserviceUserIdentity::new(user);
        identity.device_id = device;
        let token = SendAccessToken::Appservice(&self.as_token);
        let request = request
            .try_into_http_request_with_identity::<Vec<u8>>(&self.url, token, identity, Cow::Borrowed(&self.versions))
            .map_err(|_| CallError::Unsayable)?;
        let answer = self.exchange(request).await?;
        R::IncomingResponse::try_from_http_response(answer).map_err(|_| CallError::Garbled)
    }

    /// Whether the homeserver answers at all.
    pub(crate) async fn is_up(&self) -> bool {
        let versions = format!("{}/_matrix/client/versions", self.url);
        let answer = self.http.get(versions).timeout(limits::SIGN_OF_LIFE).send().await;
        answer.is_ok_and(|answer| answer.status().is_success())
    }

    /// Waits until some call found the homeserver gone.
    pub(crate) async fn troubled(&self) {
        self.trouble.notified().await;
    }

    async fn exchange(&self, request: http::Request<Vec<u8>>) -> Result<http::Response<Vec<u8>>, CallError> {
        let answer = self.attempt(request).await;
        if answer.as_ref().is_err_and(CallError::means_down) {
            self.trouble.notify_one();
        }
        answer
    }

    async fn attempt(&self, request: http::Request<Vec<u8>>) -> Result<http::Response<Vec<u8>>, CallError> {
        let request = reqwest::Request::try_from(request).map_err(|_| CallError::Unsayable)?;
        let answer = self.http.execute(request).await.map_err(CallError::unreachable)?;
        let status = answer.status();
        let headers = answer.headers().clone();
        let body = answer.bytes().await.map_err(CallError::unreachable)?;
        if !status.is_success() {
            return Err(CallError::Refused(Refusal::read(status, &headers, &body)));
        }
        let mut response = http::Response::new(body.to_vec());
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        Ok(response)
    }
}

/// An HTTP client with our bounds. Names ring as the process's TLS provider, as every other part of Matrimony does; a
/// second installation is refused and means the same.
pub(crate) fn http_client() -> Result<reqwest::Client, reqwest::Error> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .connect_timeout(limits::CONNECT)
        .timeout(limits::REQUEST)
        .build()
        .map_err(reqwest::Error::without_url)
}
