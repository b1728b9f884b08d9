//! The registration file: what a homeserver must know about us.

use crate::names::{BadNames, Names};
use crate::settings::{Address, Appservice};
use std::net::{IpAddr, SocketAddr};

/// The registration as YAML, for the homeserver's `app_service_config_files`. It holds both tokens: write it to a file
/// that only the homeserver may read. A change needs a restart of the homeserver.
///
/// # Errors
/// When the names of `appservice` cannot be user ids.
pub fn registration(address: &Address, appservice: &Appservice, listen: SocketAddr) -> Result<String, BadNames> {
    let names = Names::new(address.server_name.clone(), &appservice.bot, &appservice.ghost_prefix)?;
    let users: String = names
        .namespaces()
        .iter()
        .map(|regex| format!("    - exclusive: true\n      regex: {}\n", quoted(regex)))
        .collect();
    Ok(format!(
        "id: {id}\n\
         url: {url}\n\
         as_token: {as_token}\n\
         hs_token: {hs_token}\n\
         sender_localpart: {bot}\n\
         rate_limited: false\n\
         receive_ephemeral: false\n\
         namespaces:\n  users:\n{users}  aliases: []\n  rooms: []\n",
        id = quoted(&appservice.id),
        url = quoted(&url(listen)),
        as_token = quoted(&address.tokens.as_token),
        hs_token = quoted(&address.tokens.hs_token),
        bot = quoted(&appservice.bot),
    ))
}

/// Where the homeserver finds the listener, seen from the same machine.
fn url(listen: SocketAddr) -> String {
    let host = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => "127.0.0.1".to_owned(),
        IpAddr::V6(ip) if ip.is_unspecified() => "[::1]".to_owned(),
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("[{ip}]"),
    };
    format!("http://{host}:{}", listen.port())
}

/// A double-quoted YAML scalar; a JSON string is one.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Tokens;

    #[test]
    fn the_file_names_us_our_tokens_and_our_people() {
        let address = Address {
            url: "http://127.0.0.1:8008".to_owned(),
            server_name: "mx.test".try_into().unwrap(),
            tokens: Tokens {
                as_token: "as \"quoted\"".to_owned(),
                hs_token: "hs: #1".to_owned(),
            },
        };
        let text = registration(&address, &Appservice::default(), ([0, 0, 0, 0], 29300).into()).unwrap();
        assert_eq!(
            text,
            r##"id: "matrimony"
url: "http://127.0.0.1:29300"
as_token: "as \"quoted\""
hs_token: "hs: #1"
sender_localpart: "matrimony"
rate_limited: false
receive_ephemeral: false
namespaces:
  users:
    - exclusive: true
      regex: "@_signal_.*:mx\\.test$"
    - exclusive: true
      regex: "@_whatsapp_.*:mx\\.test$"
    - exclusive: true
      regex: "@matrimony:mx\\.test$"
    - exclusive: true
      regex: "@signalbot:mx\\.test$"
    - exclusive: true
      regex: "@whatsappbot:mx\\.test$"
  aliases: []
  rooms: []
"##
        );
    }

    #[test]
    fn the_url_is_one_that_can_be_called() {
        assert_eq!(url("[::]:1".parse().unwrap()), "http://[::1]:1");
        assert_eq!(url("[fd00::1]:2".parse().unwrap()), "http://[fd00::1]:2");
        assert_eq!(url("10.0.0.1:3".parse().unwrap()), "http://10.0.0.1:3");
    }
}
