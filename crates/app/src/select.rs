//! Which chat a person means.

use matrimony_domain::{ChatKey, LoginId, NetworkKind};
use matrimony_service::{ChatListing, PortalView};

/// A chat to choose from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Candidate {
    /// A login that is in it.
    pub login: LoginId,
    /// The chat.
    pub chat: ChatKey,
    /// Its name, for people.
    pub name: Option<String>,
}

impl From<ChatListing> for Candidate {
    fn from(chat: ChatListing) -> Self {
        Self {
            login: chat.login,
            name: chat.name.map(|name| name.reveal().to_owned()),
            chat: chat.chat,
        }
    }
}

impl From<PortalView> for Candidate {
    fn from(portal: PortalView) -> Self {
        let name = portal.name.map(|name| name.reveal().to_owned());
        Self {
            login: portal.relay,
            name,
            chat: portal.chat,
        }
    }
}

/// Why no single chat was meant.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotOne {
    /// Nothing was written.
    #[error("a chat has no name; write a part of its name, or `network:part of its name`, such as `signal:family`")]
    Empty,
    /// Nothing fits.
    #[error("no chat fits {wanted:?}; `matrimony chats` lists them, and the relay must be in the group")]
    None {
        /// What was looked for.
        wanted: String,
    },
    /// More than one fits.
    #[error("{wanted:?} fits {} chats: {}; write more of the name, or network and id as `matrimony chats` shows them", names.len(), names.join(", "))]
    Many {
        /// What was looked for.
        wanted: String,
        /// What fits.
        names: Vec<String>,
    },
}

/// The one chat that `selector` means: by id, else by whole name, else by a part of the name, case aside; in one network
/// where it begins with `network:`. Where several logins are in a chat the first one listed is taken.
pub(crate) fn select(selector: &str, chats: &[Candidate]) -> Result<Candidate, NotOne> {
    let (network, wanted) = of_network(selector);
    if wanted.is_empty() {
        return Err(NotOne::Empty);
    }
    // Matrix rooms are the homes of rooms, named after their chats: they are meant only where Matrix is named.
    let looked_at =
        |c: &Candidate| network.map_or(c.chat.network != NetworkKind::Matrix, |kind| c.chat.network == kind);
    let lower = wanted.to_lowercase();
    let name = |c: &Candidate| c.name.as_deref().unwrap_or_default().to_lowercase();
    let tests: [&dyn Fn(&Candidate) -> bool; 3] = [&|c| c.chat.id == wanted, &|c| name(c) == lower, &|c| {
        name(c).contains(&lower)
    }];
    for test in tests {
        let mut fits: Vec<&Candidate> = Vec::new();
        for candidate in chats.iter().filter(|c| looked_at(c) && test(c)) {
            if !fits.iter().any(|known| known.chat == candidate.chat) {
                fits.push(candidate);
            }
        }
        match fits.as_slice() {
            [] => {}
            [one] => return Ok((*one).clone()),
            many => {
                return Err(NotOne::Many {
                    wanted: wanted.into(),
                    names: many.iter().map(|c| shown(c)).collect(),
                });
            }
        }
    }
    Err(NotOne::None { wanted: wanted.into() })
}

/// `network:rest`, or all of it where no network is named.
fn of_network(selector: &str) -> (Option<NetworkKind>, &str) {
    let named = selector.split_once(':').and_then(|(network, rest)| {
        let kind: NetworkKind = network.trim().to_lowercase().parse().ok()?;
        Some((Some(kind), rest.trim()))
    });
    named.unwrap_or((None, selector.trim()))
}

fn shown(candidate: &Candidate) -> String {
    let name = candidate.name.as_deref().unwrap_or("no name");
    format!("{name:?} ({}:{})", candidate.chat.network, candidate.chat.id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chats() -> Vec<Candidate> {
        let chat = |login, network, id: &str, name: &str| Candidate {
            login: LoginId(login),
            chat: ChatKey::new(network, id),
            name: Some(name.into()),
        };
        vec![
            chat(1, NetworkKind::Signal, "g:1", "Family"),
            chat(1, NetworkKind::Signal, "g:2", "Family of Ben"),
            chat(2, NetworkKind::Signal, "g:1", "Family"),
            chat(3, NetworkKind::WhatsApp, "9@g.us", "Family"),
            chat(3, NetworkKind::WhatsApp, "8@g.us", "Work: all"),
            chat(4, NetworkKind::Matrix, "!r", "Family"),
        ]
    }

    #[test]
    fn ids_win_over_names_and_whole_names_over_parts() {
        for (selector, id, login) in [
            ("signal:g:2", "g:2", 1),
            ("g:2", "g:2", 1),
            ("signal:family", "g:1", 1),
            ("matrix:family", "!r", 4),
            ("Signal: of ben", "g:2", 1),
            ("of ben", "g:2", 1),
            ("whatsapp:WOR", "8@g.us", 3),
            ("work: all", "8@g.us", 3),
        ] {
            let found = select(selector, &chats()).unwrap();
            assert_eq!(
                (found.chat.id.as_str(), found.login),
                (id, LoginId(login)),
                "{selector}"
            );
        }
    }

    #[test]
    fn what_is_not_one_chat_is_explained() {
        for (selector, expected) in [
            (
                "family",
                "fits 2 chats: \"Family\" (signal:g:1), \"Family\" (whatsapp:9@g.us)",
            ),
            ("icq:family", "no chat fits"),
            ("signal:", "has no name"),
            (" ", "has no name"),
            ("signal:work", "no chat fits"),
            ("signal:famil", "fits 2 chats"),
        ] {
            let error = select(selector, &chats()).unwrap_err().to_string();
            assert!(error.contains(expected), "{selector}: {error}");
        }
    }
}
