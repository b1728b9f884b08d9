//! `[matrix]`: the homeserver and who may command the bot.

use serde::Deserialize;
use std::net::SocketAddr;
use std::path::PathBuf;

/// The homeserver and who may command the bot.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Matrix {
    /// Where the homeserver finds us. Loopback, unless the homeserver is elsewhere.
    #[serde(default = "default_listen")]
    pub listen: SocketAddr,
    /// Who may unite chats and set relays, beside those added with `user add --admin`.
    #[serde(default)]
    pub admins: Vec<String>,
    /// A Synapse of our own.
    pub managed: Option<Managed>,
    /// A homeserver of yours.
    pub external: Option<External>,
}

/// A Synapse of our own.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Managed {
    /// The part behind the colon in user ids. It can never change.
    pub server_name: String,
    /// The port on loopback where clients log in.
    #[serde(default = "default_port")]
    pub port: u16,
    /// A Python that has Synapse already; then nothing is installed.
    pub synapse_python: Option<PathBuf>,
}

/// A homeserver of yours.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct External {
    /// Its client address.
    pub url: String,
    /// The part behind the colon in user ids.
    pub server_name: String,
}

fn default_listen() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 29_300))
}

fn default_port() -> u16 {
    8008
}

impl Matrix {
    /// What the types cannot say.
    pub(super) fn check(&self) -> Result<(), String> {
        match (&self.managed, &self.external) {
            (Some(_), Some(_)) => Err("[matrix.managed] and [matrix.external] are both there; keep one".into()),
            (None, None) => Err("neither [matrix.managed] nor [matrix.external] is there; one is needed".into()),
            (Some(managed), None) => server_name(&managed.server_name),
            (None, Some(external)) => {
                server_name(&external.server_name)?;
                match external.url.starts_with("http://") || external.url.starts_with("https://") {
                    true => Ok(()),
                    false => Err("matrix.external.url must begin with http:// or https://".into()),
                }
            }
        }
        .and_then(|()| self.admins.iter().try_for_each(|admin| user_id(admin)))
    }
}

/// The grammar of the Matrix specification, appendix "Server Name", without IPv6 literals.
fn server_name(name: &str) -> Result<(), String> {
    let (host, port) = name.split_once(':').unwrap_or((name, "0"));
    let host_is_right = !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '.');
    match host_is_right && port.parse::<u16>().is_ok() {
        true => Ok(()),
        false => Err("server_name must be a domain name such as example.org".into()),
    }
}

fn user_id(id: &str) -> Result<(), String> {
    match id.strip_prefix('@').and_then(|rest| rest.split_once(':')) {
        Some((name, server)) if !name.is_empty() && !server.is_empty() => Ok(()),
        _ => Err("matrix.admins must hold full user ids such as \"@nina:example.org\"".into()),
    }
}
