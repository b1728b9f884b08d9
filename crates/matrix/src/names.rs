//! Which user ids are ours, and whom each of them stands for.

use matrimony_domain::{NetworkKind, PersonKey};
use ruma::{OwnedServerName, OwnedUserId, UserId};
use sha2::{Digest, Sha256};

/// Longest localpart that is made from a person's id; the whole user id may have 255 bytes.
const LOCALPART_BYTES: usize = 180;
/// The networks whose people have ghosts.
const GHOSTED: [NetworkKind; 2] = [NetworkKind::Signal, NetworkKind::WhatsApp];
/// Names kept for bots of single networks, so that nobody else takes them.
const NETWORK_BOTS: [&str; 2] = ["signalbot", "whatsappbot"];

/// The user ids of the appservice on one homeserver: its bot and its ghosts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    server: OwnedServerName,
    bot: OwnedUserId,
    prefix: String,
}

impl Names {
    /// The ids on `server`, with the bot's localpart and the prefix in front of every ghost's localpart.
    ///
    /// # Errors
    /// When no valid user ids can be made of them.
    pub fn new(server: OwnedServerName, bot_localpart: &str, prefix: &str) -> Result<Self, BadNames> {
        let clean = |text: &str| text.bytes().all(|b| is_plain(b) || b == b'_');
        if bot_localpart.is_empty() || !clean(bot_localpart) || !clean(prefix) || prefix.is_empty() {
            return Err(BadNames);
        }
        let bot = UserId::parse(format!("@{bot_localpart}:{server}")).map_err(|_| BadNames)?;
        let prefix = prefix.to_owned();
        Ok(Self { server, bot, prefix })
    }

    /// The bot, sender of everything that is not a ghost's.
    pub fn bot(&self) -> &UserId {
        &self.bot
    }

    /// The homeserver that the ids are on.
    pub fn server(&self) -> &OwnedServerName {
        &self.server
    }

    /// The ghost of a person, or the person themself where they are on Matrix. `None` for a Matrix person with an id
    /// that is not one.
    ///
    /// The person's id is kept readable: lower-case letters, digits, `.`, `_` and `-` as they are, everything else as
    /// `=xx`, by the specification's recommendation for user ids from other character sets.
    pub fn user_of(&self, person: &PersonKey) -> Option<OwnedUserId> {
        if person.network == NetworkKind::Matrix {
            return UserId::parse(person.id.as_str()).ok();
        }
        let localpart = self.ghost_localpart(person);
        let id = UserId::parse(format!("@{localpart}:{}", self.server));
        Some(id.expect("the server's name is valid and the localpart holds only characters that are allowed"))
    }

    /// The localpart of the ghost of a person of another network.
    pub(crate) fn ghost_localpart(&self, person: &PersonKey) -> String {
        let escaped = escape(&person.id);
        if escaped.len() <= LOCALPART_BYTES {
            return format!("{}{}_{escaped}", self.prefix, person.network);
        }
        // Too long for a user id: a digest, which cannot be read back.
        let digest = hex::encode(Sha256::digest(person.id.as_bytes()));
        format!("{}{}_={digest}", self.prefix, person.network)
    }

    /// The person that a user id stands for: a ghost's original, or the Matrix user themself.
    pub fn person_of(&self, user: &UserId) -> PersonKey {
        self.ghosted(user)
            .unwrap_or_else(|| PersonKey::new(NetworkKind::Matrix, user.as_str()))
    }

    /// The bot or a ghost.
    pub fn is_ours(&self, user: &UserId) -> bool {
        user == self.bot
            || (user.server_name() == self.server
                && GHOSTED
                    .iter()
                    .any(|network| user.localpart().starts_with(&format!("{}{network}_", self.prefix))))
    }

    fn ghosted(&self, user: &UserId) -> Option<PersonKey> {
        if user.server_name() != self.server {
            return None;
        }
        let rest = user.localpart().strip_prefix(&self.prefix)?;
        GHOSTED.iter().find_map(|network| {
            let id = rest.strip_prefix(network.as_str())?.strip_prefix('_')?;
            Some(PersonKey::new(*network, unescape(id)?))
        })
    }

    /// Regular expressions for the registration: every ghost, and the bots.
    pub(crate) fn namespaces(&self) -> Vec<String> {
        let server = quote(self.server.as_str());
        let ghosts = GHOSTED
            .iter()
            .map(|network| format!("@{}{network}_.*:{server}$", quote(&self.prefix)));
        let bots = std::iter::once(self.bot.localpart()).chain(NETWORK_BOTS);
        ghosts
            .chain(bots.map(|bot| format!("@{}:{server}$", quote(bot))))
            .collect()
    }
}

/// The bot's localpart or the ghosts' prefix cannot be part of a user id.
#[derive(Debug, thiserror::Error)]
#[error("the bot's name and the ghosts' prefix must be lower-case letters, digits, '.', '_' or '-', and not empty")]
pub struct BadNames;

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'-')
}

fn escape(id: &str) -> String {
    let mut out = String::with_capacity(id.len());
    for byte in id.bytes() {
        if is_plain(byte) || byte == b'_' {
            out.push(char::from(byte));
        } else {
            out.push('=');
            out.push_str(&hex::encode([byte]));
        }
    }
    out
}

fn unescape(escaped: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(escaped.len());
    let mut rest = escaped.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'=' {
            let pair = [rest.next()?, rest.next()?];
            bytes.extend(hex::decode(pair).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    let id = String::from_utf8(bytes).ok()?;
    // Only what `escape` would have written stands for somebody.
    (escape(&id) == escaped).then_some(id)
}

/// Quotes what has a meaning in Python's regular expressions and may stand in a name.
fn quote(text: &str) -> String {
    text.chars()
        .flat_map(|c| {
            let special = !c.is_ascii_alphanumeric() && c != '_';
            special.then_some('\\').into_iter().chain(std::iter::once(c))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn names() -> Names {
        Names::new("mx.test".try_into().unwrap(), "matrimony", "_").unwrap()
    }

    fn ghost(network: NetworkKind, id: &str) -> String {
        names().user_of(&PersonKey::new(network, id)).unwrap().to_string()
    }

    #[test]
    fn a_ghost_keeps_its_id_readable() {
        let aci = "0b6e8a2e-1111-4222-8333-944445555666";
        assert_eq!(ghost(NetworkKind::Signal, aci), format!("@_signal_{aci}:mx.test"));
        assert_eq!(
            ghost(NetworkKind::WhatsApp, "100000000000001"),
            "@_whatsapp_100000000000001:mx.test"
        );
        assert_eq!(ghost(NetworkKind::WhatsApp, "1@lid"), "@_whatsapp_1=40lid:mx.test");
        assert_eq!(ghost(NetworkKind::Signal, "Ab+="), "@_signal_=41b=2b=3d:mx.test");
    }

    #[test]
    fn a_long_id_becomes_a_digest_that_stands_for_nobody_we_could_name() {
        let long = PersonKey::new(NetworkKind::Signal, "é".repeat(300));
        let ghost = names().user_of(&long).unwrap();
        assert!(ghost.as_str().len() < 255);
        assert!(names().is_ours(&ghost));
        assert_eq!(names().person_of(&ghost).network, NetworkKind::Matrix);
    }

    #[test]
    fn matrix_people_are_themselves() {
        let nina = PersonKey::new(NetworkKind::Matrix, "@nina:mx.test");
        let user = names().user_of(&nina).unwrap();
        assert_eq!(user, "@nina:mx.test");
        assert_eq!(names().person_of(&user), nina);
        assert!(!names().is_ours(&user));
        assert!(names().user_of(&PersonKey::new(NetworkKind::Matrix, "nina")).is_none());
    }

    #[test]
    fn a_ghost_of_another_server_is_a_stranger() {
        let user = UserId::parse("@_signal_x:other.test").unwrap();
        assert!(!names().is_ours(&user));
        assert_eq!(names().person_of(&user).network, NetworkKind::Matrix);
    }

    #[test]
    fn namespaces_quote_the_dots() {
        assert_eq!(
            names().namespaces(),
            [
                r"@__signal_.*:mx\.test$",
                r"@__whatsapp_.*:mx\.test$",
                r"@matrimony:mx\.test$",
                r"@signalbot:mx\.test$",
                r"@whatsappbot:mx\.test$"
            ]
            .map(|s| s.replace("__", "_"))
        );
    }

    #[test]
    fn names_that_cannot_be_user_ids_are_refused() {
        for (bot, prefix) in [("", "_"), ("Matrimony", "_"), ("a:b", "_"), ("m", ""), ("m", "@")] {
            assert!(
                Names::new("mx.test".try_into().unwrap(), bot, prefix).is_err(),
                "{bot} {prefix}"
            );
        }
    }

    proptest! {
        #[test]
        fn every_person_has_one_ghost_and_every_ghost_one_person(id in "\\PC{1,40}") {
            let person = PersonKey::new(NetworkKind::WhatsApp, id);
            let ghost = names().user_of(&person).unwrap();
            prop_assert!(names().is_ours(&ghost));
            if escape(&person.id).len() <= LOCALPART_BYTES {
                prop_assert_eq!(names().person_of(&ghost), person);
            }
        }

        #[test]
        fn any_user_id_is_read(localpart in "[!-9;-~]{0,60}") {
            if let Ok(user) = UserId::parse(format!("@{localpart}:mx.test")) {
                let person = names().person_of(&user);
                if person.network != NetworkKind::Matrix {
                    prop_assert_eq!(names().user_of(&person).unwrap(), user);
                }
            }
        }
    }
}
