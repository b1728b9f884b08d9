//! Linking an account: the driver around the [`machine`].
//!
//! The client of a login takes no messages: what comes between the phone's yes and the session's first connection is
//! refused here and comes again there. Keys and other things that only serve the protocol are taken.

mod connection;
mod machine;
mod number;

use crate::settings::Settings;
use crate::store::AccountStore;
use async_trait::async_trait;
use connection::Connection;
use machine::{Effect, Input, Machine};
use matrimony_domain::Reason;
use matrimony_network::{Login, LoginMethod, Step};
use std::future::pending;
use std::pin::Pin;
use std::sync::Arc;

/// One attempt to link an account. Dropping it gives up and removes the keys, unless they are an account's.
pub(crate) struct WhatsAppLogin {
    settings: Arc<Settings>,
    store: AccountStore,
    machine: Machine,
    shown: Option<Step>,
    to_do: Effect,
    connection: Option<Connection>,
    code: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

impl WhatsAppLogin {
    /// A login that will keep its keys in `store`. Nothing happens before the first step is asked for.
    pub(crate) fn new(settings: Arc<Settings>, store: AccountStore, method: LoginMethod) -> Self {
        let (machine, to_do) = Machine::begin(method, settings.clock.now());
        Self {
            settings,
            store,
            machine,
            shown: None,
            to_do,
            connection: None,
            code: None,
        }
    }

    fn feed(&mut self, input: Input) {
        let (machine, effect) = self.machine.clone().on(input, self.settings.clock.now());
        self.machine = machine;
        if effect != Effect::Nothing {
            self.to_do = effect;
        }
    }

    /// Does what the machine asked for. An effect is forgotten only when it is done, so that a `next` that was dropped
    /// half way is made up for by the following one.
    async fn act(&mut self) {
        match self.to_do.clone() {
            Effect::Nothing => return,
            Effect::Connect => match Connection::open(&self.settings, &self.store).await {
                Ok(connection) => self.connection = Some(connection),
                Err(error) => {
                    tracing::warn!(%error, "a login could not make its keys");
                    let cure = "the account's keys cannot be written; make room on the disk, then start again";
                    self.feed(Input::TurnedAway(Reason::fixed(cure)));
                    return;
                }
            },
            Effect::RequestCode(number) => {
                self.code = self.connection.as_ref().map(|c| c.request_code(number.digits()));
            }
            Effect::Close => {
                let linked = match &mut self.connection {
                    Some(connection) => connection.close(&self.store).await,
                    None => None,
                };
                self.to_do = Effect::Nothing;
                self.feed(linked.map_or(Input::NoAccount, Input::Closed));
                return;
            }
            Effect::Undo { linked } => self.undo(linked).await,
        }
        self.to_do = Effect::Nothing;
    }

    async fn undo(&mut self, linked: bool) {
        self.code = None;
        if let Some(connection) = &mut self.connection {
            connection.undo(linked).await;
        }
        self.connection = None;
        self.store.remove();
    }

    /// Waits for something to happen. Cancel-safe: what it waits for stays where it is.
    async fn input(&mut self) -> Input {
        let overdue = self.machine.until().map(|until| self.settings.clock.now().until(until));
        let overdue = async {
            match overdue {
                Some(wait) => tokio::time::sleep(wait).await,
                None => pending().await,
            }
        };
        let now = self.settings.clock.now();
        let Some(connection) = &mut self.connection else {
            overdue.await;
            return Input::Overdue;
        };
        let code = self.code.as_mut();
        let request = async {
            match code {
                Some(code) => code.await,
                None => pending().await,
            }
        };
        tokio::select! {
            input = connection.input(now) => input,
            () = overdue => Input::Overdue,
            () = request => {
                self.code = None;
                Input::Nothing
            }
        }
    }
}

#[async_trait]
impl Login for WhatsAppLogin {
    async fn next(&mut self) -> Step {
        loop {
            while self.to_do != Effect::Nothing {
                self.act().await;
            }
            let step = self.machine.step();
            if self.machine.is_over() || self.shown.as_ref() != Some(&step) {
                self.shown = Some(step.clone());
                return step;
            }
            let input = self.input().await;
            self.feed(input);
        }
    }

    async fn answer(&mut self, text: &str) {
        self.feed(Input::Answer(text.to_owned()));
        // A wrong answer may lead to the very same question.
        self.shown = None;
    }

    async fn cancel(&mut self) {
        self.feed(Input::Cancelled);
        while self.to_do != Effect::Nothing {
            self.act().await;
        }
    }
}

impl Drop for WhatsAppLogin {
    fn drop(&mut self) {
        if !matches!(self.machine.step(), Step::Done(_)) {
            self.connection = None;
            self.store.remove();
        }
    }
}
