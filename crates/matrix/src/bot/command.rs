//! The commands, in one table.

/// What comes before a command in a room.
pub(crate) const PREFIX: &str = "!m";

/// What people can ask of the bot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// List the commands. Answered by the bot itself.
    Help,
    /// Make one conversation of chats. In a room, they join that room; the chats are as the person wrote them: a name,
    /// or an id that `chats` shows.
    Unite {
        /// At least one; in the order given.
        chats: Vec<String>,
    },
    /// How everything is.
    Status,
    /// Let another login speak for people in this room.
    SetRelay {
        /// The login as the person wrote it: its number or its network.
        login: String,
    },
}

/// Who may give a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Permission {
    Everyone,
    Admins,
}

/// A line of the table.
struct Entry {
    name: &'static str,
    arguments: &'static str,
    help: &'static str,
    permission: Permission,
    /// `None` if the arguments are not right.
    read: fn(&str) -> Option<Command>,
}

const TABLE: [Entry; 4] = [
    Entry {
        name: "help",
        arguments: "",
        help: "show this list",
        permission: Permission::Everyone,
        read: |_| Some(Command::Help),
    },
    Entry {
        name: "unite",
        arguments: "<chat> [with <chat>]…",
        help: "make one conversation of these chats, and of this room if it is given in one",
        permission: Permission::Admins,
        read: read_unite,
    },
    Entry {
        name: "status",
        arguments: "",
        help: "show how the networks are and what waits",
        permission: Permission::Everyone,
        read: |arguments| arguments.is_empty().then_some(Command::Status),
    },
    Entry {
        name: "set-relay",
        arguments: "<login>",
        help: "let another login speak in this room; name it by its number or its network",
        permission: Permission::Admins,
        read: |login| {
            (!login.is_empty()).then(|| Command::SetRelay {
                login: login.to_owned(),
            })
        },
    },
];

/// Why a text is no command; the display text is for the person.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoCommand {
    #[error("I do not know this command; try {PREFIX} help")]
    Unknown,
    #[error("I do not understand that; it goes like this: {PREFIX} {name} {arguments}")]
    Arguments {
        name: &'static str,
        arguments: &'static str,
    },
}

/// Reads a command. Nothing at all asks for help.
pub(crate) fn read(text: &str) -> Result<(Command, Permission), NoCommand> {
    let (name, arguments) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    if name.is_empty() {
        return Ok((Command::Help, Permission::Everyone));
    }
    let entry = TABLE
        .iter()
        .find(|entry| entry.name.eq_ignore_ascii_case(name))
        .ok_or(NoCommand::Unknown)?;
    match (entry.read)(arguments.trim()) {
        Some(command) => Ok((command, entry.permission)),
        None => Err(NoCommand::Arguments {
            name: entry.name,
            arguments: entry.arguments,
        }),
    }
}

/// The table for people.
pub(crate) fn help() -> String {
    let lines = TABLE.iter().map(|entry| {
        let arguments = if entry.arguments.is_empty() { "" } else { " " };
        format!("{PREFIX} {}{arguments}{}: {}", entry.name, entry.arguments, entry.help)
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Chats between the words "with" and "and"; quotes keep such a word in a name.
fn read_unite(arguments: &str) -> Option<Command> {
    let mut chats = vec![String::new()];
    for word in words(arguments)? {
        match word {
            Word::Bare("with" | "and") => chats.push(String::new()),
            Word::Bare(text) | Word::Quoted(text) => {
                let chat = chats.last_mut().expect("it begins with one");
                if !chat.is_empty() {
                    chat.push(' ');
                }
                chat.push_str(text);
            }
        }
    }
    chats
        .iter()
        .all(|chat| !chat.is_empty())
        .then_some(Command::Unite { chats })
}

enum Word<'a> {
    Bare(&'a str),
    Quoted(&'a str),
}

/// Splits at white space; `None` if a quote is not closed.
fn words(text: &str) -> Option<Vec<Word<'_>>> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let quote = rest.chars().next().filter(|c| ['"', '“', '”'].contains(c));
        if let Some(quote) = quote {
            let (quoted, behind) = rest[quote.len_utf8()..].split_once(['"', '“', '”'])?;
            words.push(Word::Quoted(quoted));
            rest = behind.trim_start();
        } else {
            let (word, behind) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
            words.push(Word::Bare(word));
            rest = behind.trim_start();
        }
    }
    Some(words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn unite(chats: &[&str]) -> Command {
        Command::Unite {
            chats: chats.iter().map(|chat| (*chat).to_owned()).collect(),
        }
    }

    #[test]
    fn commands_are_read() {
        for (text, expect) in [
            ("", Command::Help),
            ("help", Command::Help),
            ("HELP me", Command::Help),
            ("status", Command::Status),
            ("set-relay 3", Command::SetRelay { login: "3".to_owned() }),
            ("unite signal:abc", unite(&["signal:abc"])),
            (
                "unite Family Chat with Uncles and aunts",
                unite(&["Family Chat", "Uncles", "aunts"]),
            ),
            (
                "unite \"Me and you\" with “With love”",
                unite(&["Me and you", "With love"]),
            ),
        ] {
            assert_eq!(read(text).unwrap().0, expect, "{text}");
        }
    }

    #[test]
    fn what_is_no_command_gets_a_hint() {
        assert_eq!(read("dance").unwrap_err(), NoCommand::Unknown);
        for text in [
            "unite",
            "unite with",
            "unite a with",
            "unite \"a",
            "set-relay",
            "status now",
        ] {
            let hint = read(text).unwrap_err();
            assert!(matches!(hint, NoCommand::Arguments { .. }), "{text}");
            assert!(hint.to_string().contains("!m "), "{hint}");
        }
    }

    #[test]
    fn what_changes_something_is_for_admins() {
        let permission = |text| read(text).unwrap().1;
        assert_eq!(permission("unite a with b"), Permission::Admins);
        assert_eq!(permission("set-relay signal"), Permission::Admins);
        assert_eq!(permission("status"), Permission::Everyone);
    }

    #[test]
    fn help_names_every_command() {
        for entry in TABLE {
            assert!(help().contains(&format!("!m {}", entry.name)));
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "\\PC{0,60}") {
            let _ = read(&text);
            let _ = read(&format!("unite {text}"));
        }
    }
}
