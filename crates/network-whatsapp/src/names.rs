//! The names that people gave themselves, as they come by with messages.

use matrimony_domain::{Name, PersonKey};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Most names kept at a time; the ledger keeps them all.
const NAMES: usize = 10_000;

/// Push names by person. WhatsApp has no request for them: one is known once its person has written.
#[derive(Default)]
pub(crate) struct Names(Mutex<HashMap<PersonKey, Name>>);

impl Names {
    /// Notes a name under each key of its person. A full book forgets someone first.
    pub(crate) fn learn<'a>(&self, keys: impl IntoIterator<Item = &'a PersonKey>, name: &Name) {
        let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for key in keys {
            if names.len() >= NAMES && !names.contains_key(key) {
                let other = names.keys().next().cloned();
                other.map(|other| names.remove(&other));
            }
            names.insert(key.clone(), name.clone());
        }
    }

    /// The name of a person, if it came by.
    pub(crate) fn of(&self, person: &PersonKey) -> Option<Name> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(person)
            .cloned()
    }
}

/// A push name as WhatsApp sends it: people who have none send `-`.
pub(crate) fn push_name(raw: &str) -> Option<Name> {
    Name::new(raw).filter(|name| name.reveal() != "-")
}

#[cfg(test)]
mod tests {
    use super::*;
    use matrimony_domain::NetworkKind;

    fn person(number: usize) -> PersonKey {
        PersonKey::new(NetworkKind::WhatsApp, format!("{number}@lid"))
    }

    #[test]
    fn the_book_is_bounded_and_keeps_what_is_new() {
        let names = Names::default();
        let dora = Name::new("dora").unwrap();
        for number in 0..NAMES + 5 {
            names.learn([&person(number)], &dora);
        }
        assert_eq!(names.0.lock().unwrap().len(), NAMES);
        assert_eq!(names.of(&person(NAMES + 4)), Some(dora));
    }

    #[test]
    fn a_dash_is_no_name() {
        assert_eq!(push_name("-"), None);
        assert_eq!(push_name(" "), None);
        assert_eq!(push_name("emil").unwrap().reveal(), "emil");
    }
}
