//! Where commands are taken and answered, one at a time.

use super::command::{self, Command, Permission};
use super::{Answer, Steward};
use crate::home::Home;
use matrimony_domain::{ChatKey, NetworkKind, PersonKey, Text};
use ruma::{OwnedEventId, OwnedRoomId, OwnedUserId};
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// A command as it was given.
pub(crate) struct Order {
    pub(crate) by: OwnedUserId,
    pub(crate) room: OwnedRoomId,
    /// The message that gave it; the answer is named after it, so that it is posted once.
    pub(crate) message: OwnedEventId,
    pub(crate) text: String,
    /// Given in a conversation with the bot.
    pub(crate) direct: bool,
}

/// The bot at work.
pub(crate) struct Desk {
    pub(crate) home: Arc<Home>,
    pub(crate) steward: Arc<dyn Steward>,
}

impl Desk {
    /// Takes orders until `stop`.
    pub(crate) async fn work(&self, mut orders: mpsc::Receiver<Order>, stop: &CancellationToken) {
        loop {
            let order = tokio::select! {
                () = stop.cancelled() => return,
                order = orders.recv() => order,
            };
            let Some(order) = order else { return };
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.serve(&order) => {}
            }
        }
    }

    async fn serve(&self, order: &Order) {
        let answer = self.answer(order).await;
        let transaction = format!("answer-{}", order.message.as_str().trim_start_matches('$'));
        if let Err(error) = self.home.notice(&order.room, &transaction, &answer.0).await {
            tracing::warn!(%error, "the answer to a command could not be posted");
        }
    }

    async fn answer(&self, order: &Order) -> Answer {
        match command::read(&order.text) {
            Err(hint) => Answer::plain(hint.to_string()),
            Ok((Command::Help, _)) => Answer(Text::plain(command::help())),
            Ok((command, permission)) => {
                let by = PersonKey::new(NetworkKind::Matrix, order.by.as_str());
                if permission == Permission::Admins && !self.steward.may_command(&by).await {
                    return Answer::plain(NOT_AN_ADMIN);
                }
                let room = ChatKey::new(NetworkKind::Matrix, order.room.as_str());
                self.steward.run(&by, (!order.direct).then_some(&room), command).await
            }
        }
    }
}

const NOT_AN_ADMIN: &str = "only admins may do this; an admin is made with `matrimony user add NAME --admin`, or named \
                            in the config as matrix.admins";
