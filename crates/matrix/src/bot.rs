//! The bot: commands that people give in a room or in a conversation with it alone.
//!
//! In a room a command begins with `!m`, or with the bot's name and a colon. In a conversation with the bot every message
//! is one. Answers are notices, and neither commands nor answers go to another network.

mod command;
mod desk;

pub use command::Command;
pub(crate) use command::PREFIX;
pub(crate) use desk::{Desk, Order};

use async_trait::async_trait;
use matrimony_domain::{ChatKey, PersonKey, Text};
use ruma::UserId;

/// Carries out what people ask of the bot. Implemented by the application, over the service.
#[async_trait]
pub trait Steward: Send + Sync {
    /// Whether `by` may use the commands that change something.
    async fn may_command(&self, by: &PersonKey) -> bool;

    /// Runs a command of `by`, who may give it. `room` is the room it was given in; `None` in a conversation with the
    /// bot. The answer is for people of that room only, so errors may be told plainly. Commands run one at a time.
    async fn run(&self, by: &PersonKey, room: Option<&ChatKey>, command: Command) -> Answer;
}

/// What the bot answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer(pub Text);

impl Answer {
    /// An answer without formatting.
    pub fn plain(text: impl Into<String>) -> Self {
        Self(Text::plain(text))
    }
}

/// The command in a message, without what addresses the bot. `None` if the message is not for the bot.
pub(crate) fn addressed<'a>(body: &'a str, bot: &UserId, direct: bool) -> Option<&'a str> {
    let body = body.trim();
    let to_prefix = body
        .strip_prefix(PREFIX)
        .filter(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace));
    let named = || {
        let rest = body.strip_prefix(bot.as_str()).or_else(|| {
            let rest = body.strip_prefix('@').unwrap_or(body);
            rest.get(..bot.localpart().len())?
                .eq_ignore_ascii_case(bot.localpart())
                .then(|| &rest[bot.localpart().len()..])
        })?;
        rest.strip_prefix([':', ','])
    };
    let everything = direct.then_some(body);
    to_prefix.or_else(named).or(everything).map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_for_the_bot_is_told_from_talk() {
        let bot = UserId::parse("@matrimony:mx.test").unwrap();
        for (body, expect) in [
            ("!m help", Some("help")),
            ("  !m   unite a with b ", Some("unite a with b")),
            ("!m", Some("")),
            ("!m\nhelp", Some("help")),
            ("matrimony: status", Some("status")),
            ("@Matrimony, status", Some("status")),
            ("@matrimony:mx.test: status", Some("status")),
            ("!mhelp", None),
            ("matrimony is nice", None),
            ("matrimonyé: x", None),
            ("hello", None),
            ("é", None),
            ("", None),
        ] {
            assert_eq!(addressed(body, &bot, false), expect, "{body}");
        }
        assert_eq!(addressed("help", &bot, true), Some("help"));
        assert_eq!(addressed("!m help", &bot, true), Some("help"));
    }
}
