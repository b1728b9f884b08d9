//! Who is in a room, by name.

use crate::deliver::RoomPerson;
use crate::translate::mention::label;
use crate::translate::rewrite::{Edit, rewrite};
use crate::translate::spans::tidy;
use matrimony_domain::{Mark, Name, NetworkKind, PersonKey, Text};
use std::collections::{HashMap, HashSet};

/// The people of a room and the names under which the others know them.
pub(crate) struct Roster<'a> {
    by_key: HashMap<&'a PersonKey, &'a RoomPerson>,
    /// The people behind each name, as [`folded`].
    by_name: HashMap<String, HashSet<&'a PersonKey>>,
}

impl<'a> Roster<'a> {
    pub(crate) fn new(people: &'a [RoomPerson]) -> Self {
        let mut by_key = HashMap::new();
        let mut by_name: HashMap<String, HashSet<&PersonKey>> = HashMap::new();
        for person in people {
            by_key.insert(&person.key, person);
            by_key.extend(person.alias.as_ref().map(|alias| (alias, person)));
            if let Some(name) = &person.name {
                by_name.entry(folded(name)).or_default().insert(&person.key);
            }
        }
        Self { by_key, by_name }
    }

    /// The name of a person, told apart from others: two people of one name get their network, "Amy (WhatsApp)", and so
    /// does a name that looks as if it had one. Someone without a name is "Someone (Signal)".
    pub(crate) fn name(&self, person: &PersonKey, given: Option<&Name>) -> Name {
        let known = self.by_key.get(person).copied();
        let Some(name) = given.or_else(|| known?.name.as_ref()) else {
            return with_network("Someone", person.network);
        };
        let key = known.map_or(person, |known| &known.key);
        let namesakes = self.by_name.get(&folded(name));
        let shared = namesakes.is_some_and(|people| people.iter().any(|other| *other != key));
        if shared || looks_told_apart(name) {
            with_network(name.reveal(), person.network)
        } else {
            name.clone()
        }
    }

    /// Gives every mention the name of its person, where the room knows one.
    pub(crate) fn name_mentions(&self, text: &Text) -> Text {
        let text = tidy(text);
        let edits = text.spans.iter().filter_map(|span| match &span.mark {
            Mark::Mention(person) => {
                self.by_key.get(person)?.name.as_ref()?;
                Some(Edit::replace(span.range.clone(), label(Some(&self.name(person, None)))))
            }
            _ => None,
        });
        rewrite(&text, edits.collect())
    }
}

/// Names that readers take for one: letter case and invisible joiners do not count.
fn folded(name: &Name) -> String {
    let visible = name
        .reveal()
        .chars()
        .filter(|c| !matches!(c, '\u{200c}' | '\u{200d}' | '\u{ad}'));
    visible.flat_map(char::to_lowercase).collect()
}

fn looks_told_apart(name: &Name) -> bool {
    let name = folded(name);
    NetworkKind::ALL
        .iter()
        .any(|network| name.ends_with(&format!("({})", network.label().to_lowercase())))
}

/// The network is never cut off: a name that is too long gives way.
fn with_network(name: &str, network: NetworkKind) -> Name {
    let suffix = format!(" ({})", network.label());
    let room = matrimony_domain::limits::NAME_CHARS - suffix.len();
    let short: String = name.chars().take(room).collect();
    Name::new(&format!("{}{suffix}", short.trim_end())).expect("the label of a network is readable")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(network: NetworkKind, id: &str) -> PersonKey {
        PersonKey::new(network, id)
    }

    fn person(network: NetworkKind, id: &str, name: &str) -> RoomPerson {
        RoomPerson {
            key: key(network, id),
            alias: Some(key(network, &format!("alias of {id}"))),
            name: Name::new(name),
        }
    }

    fn room() -> Vec<RoomPerson> {
        vec![
            person(NetworkKind::Signal, "1", "Amy"),
            person(NetworkKind::WhatsApp, "2", "amy"),
            person(NetworkKind::WhatsApp, "3", "Dora"),
            person(NetworkKind::Signal, "4", "Dora (WhatsApp)"),
            person(NetworkKind::Signal, "5", ""),
        ]
    }

    fn check(network: NetworkKind, id: &str, given: Option<&str>, expect: &str) {
        let room = room();
        let given = given.and_then(Name::new);
        let name = Roster::new(&room).name(&key(network, id), given.as_ref());
        assert_eq!(name.reveal(), expect);
    }

    #[test]
    fn people_of_one_name_are_told_apart() {
        check(NetworkKind::Signal, "1", None, "Amy (Signal)");
        check(NetworkKind::WhatsApp, "alias of 2", Some("amy"), "amy (WhatsApp)");
        check(NetworkKind::WhatsApp, "3", Some("Dora"), "Dora");
        check(NetworkKind::Matrix, "new", Some("Dora"), "Dora (Matrix)");
        check(NetworkKind::Matrix, "new", Some("Emil"), "Emil");
    }

    #[test]
    fn nobody_passes_for_one_who_was_told_apart() {
        check(NetworkKind::Signal, "4", None, "Dora (WhatsApp) (Signal)");
        let long = format!("{} (WhatsApp)", "x".repeat(89));
        check(
            NetworkKind::Signal,
            "9",
            Some(&long),
            &format!("{} ( (Signal)", "x".repeat(89)),
        );
    }

    #[test]
    fn one_without_a_name_is_someone() {
        check(NetworkKind::Signal, "5", None, "Someone (Signal)");
        check(NetworkKind::Matrix, "unknown", None, "Someone (Matrix)");
    }

    #[test]
    fn mentions_get_the_names_that_the_room_knows() {
        let mut text = Text::plain("hi @15550100001 and @someone");
        text.mark(3..15, Mark::Mention(key(NetworkKind::WhatsApp, "alias of 3")));
        text.mark(20..28, Mark::Mention(key(NetworkKind::Signal, "5")));
        let room = room();
        let text = Roster::new(&room).name_mentions(&text);
        assert_eq!(text.body, "hi @Dora and @someone");
        assert_eq!(text.spans[0].range, 3..8);
    }
}
