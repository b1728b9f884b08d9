//! The files that Synapse reads at its start.

use super::error::ManagedError;
use super::files::{Folder, Secrets};
use crate::limits;
use crate::settings::Address;
use serde_json::{Value, json};

/// Everything that the files say.
pub(super) struct Config<'a> {
    pub(super) folder: &'a Folder,
    pub(super) address: &'a Address,
    pub(super) port: u16,
    pub(super) secrets: &'a Secrets,
}

impl Config<'_> {
    /// Writes all of them. JSON is YAML, and leaves no doubt about quoting.
    pub(super) fn write(&self, registration: &str) -> Result<(), ManagedError> {
        self.folder
            .write("signing.key", &format!("{}\n", self.secrets.signing_key))?;
        self.folder.write("registration.yaml", registration)?;
        self.folder.write("log.yaml", &pretty(&self.log()))?;
        self.folder.write("homeserver.yaml", &pretty(&self.homeserver()))
    }

    /// A server for the people of one household: on loopback, alone (no federation), with the limits for people high
    /// enough for a lively conversation. Rate limits do not concern the bot and the ghosts.
    fn homeserver(&self) -> Value {
        let path = |name: &str| self.folder.join(name);
        let lively = json!({ "per_second": 20, "burst_count": 200 });
        let guessing = json!({ "per_second": 0.2, "burst_count": 10 });
        json!({
            "server_name": self.address.server_name,
            "public_baseurl": format!("{}/", self.address.url),
            "signing_key_path": path("signing.key"),
            "log_config": path("log.yaml"),
            "media_store_path": path("media"),
            "report_stats": false,
            "listeners": [{
                "port": self.port,
                "bind_addresses": ["127.0.0.1"],
                "type": "http",
                "tls": false,
                "resources": [{ "names": ["client"], "compress": false }],
            }],
            "database": { "name": "sqlite3", "args": { "database": path("homeserver.db") } },
            "app_service_config_files": [path("registration.yaml")],
            "registration_shared_secret": self.secrets.registration_shared_secret,
            "macaroon_secret_key": self.secrets.macaroon_secret_key,
            "form_secret": self.secrets.form_secret,
            "enable_registration": false,
            "trusted_key_servers": [],
            "suppress_key_server_warning": true,
            "federation_domain_whitelist": [],
            "presence": { "enabled": false },
            "url_preview_enabled": false,
            "max_upload_size": limits::SYNAPSE_UPLOAD,
            "rc_message": lively,
            "rc_registration": lively,
            "rc_login": { "address": lively, "account": lively, "failed_attempts": guessing },
            "rc_joins": { "local": lively, "remote": lively },
            "rc_invites": { "per_room": lively, "per_user": lively, "per_issuer": lively },
            "rc_room_creation": lively,
        })
    }

    /// Warnings and worse, in a file that does not grow without bound.
    fn log(&self) -> Value {
        json!({
            "version": 1,
            "formatters": { "plain": { "format": "%(asctime)s %(levelname)s %(name)s %(message)s" } },
            "handlers": {
                "file": {
                    "class": "logging.handlers.RotatingFileHandler",
                    "formatter": "plain",
                    "filename": self.folder.log(),
                    "maxBytes": 5_000_000,
                    "backupCount": 1,
                    "encoding": "utf8",
                },
            },
            "root": { "level": "WARNING", "handlers": ["file"] },
            "disable_existing_loggers": false,
        })
    }
}

fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}
