//! What people ask of the bot, done by the service.

use crate::control::{render, wire};
use crate::house::House;
use crate::select::{self, Candidate};
use async_trait::async_trait;
use matrimony_domain::{ChatKey, LoginId, NetworkKind, PersonKey};
use matrimony_matrix::{Answer, Command, Steward};
use matrimony_service::{HomeChat, RoomView, UniteRequest};
use std::sync::OnceLock;

/// Answers the bot's commands once the house stands; before that it asks for patience.
#[derive(Default)]
pub(crate) struct HouseSteward(OnceLock<House>);

/// What a command answers; both kinds are for the person who gave it.
type Said = Result<String, String>;

impl HouseSteward {
    /// From now on commands are carried out. A second call changes nothing.
    pub(crate) fn serve(&self, house: House) {
        self.0.get_or_init(|| house);
    }
}

#[async_trait]
impl Steward for HouseSteward {
    async fn may_command(&self, by: &PersonKey) -> bool {
        match self.0.get() {
            Some(house) => house.admins.has(&by.id).await,
            None => false,
        }
    }

    async fn run(&self, by: &PersonKey, room: Option<&ChatKey>, command: Command) -> Answer {
        let Some(house) = self.0.get() else {
            return Answer::plain("I am still starting; try again in a moment.");
        };
        let said = match command {
            Command::Help => Ok("I list my commands myself.".into()),
            Command::Unite { chats } => unite(house, by, room, &chats).await,
            Command::Status => status(house).await,
            Command::SetRelay { login } => set_relay(house, room, &login).await,
        };
        Answer::plain(said.unwrap_or_else(|refused| refused))
    }
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

async fn unite(house: &House, by: &PersonKey, room: Option<&ChatKey>, wanted: &[String]) -> Said {
    let known = house.service.chats(None).await.map_err(text)?;
    let known: Vec<Candidate> = known.into_iter().map(Candidate::from).collect();
    let chosen: Result<Vec<_>, _> = wanted.iter().map(|selector| select::select(selector, &known)).collect();
    let chats = chosen
        .map_err(text)?
        .into_iter()
        .map(|chat| (chat.login, chat.chat))
        .collect();
    let home = match room {
        Some(room) => HomeChat::Existing(room.clone()),
        None => HomeChat::New {
            invite: vec![by.clone()],
        },
    };
    let united = house
        .service
        .unite(UniteRequest {
            name: None,
            chats,
            home,
        })
        .await
        .map_err(text)?;
    Ok(describe(&united))
}

fn describe(room: &RoomView) -> String {
    let name = |portal: &matrimony_service::PortalView| {
        let name = portal
            .name
            .as_ref()
            .map_or("a chat without a name", |name| name.reveal());
        format!("{name} ({})", portal.network.label())
    };
    let names: Vec<String> = room.portals.iter().map(name).collect();
    format!("Room {} now unites {}.", room.id, names.join(", "))
}

async fn status(house: &House) -> Said {
    let status = render::status(house.service.status().await.map_err(text)?);
    let mut lines = vec![if status.healthy {
        "Everything flows.".into()
    } else {
        "Something needs attention.".to_owned()
    }];
    lines.extend(status.logins.iter().map(login_line));
    let d = &status.deliveries;
    lines.push(format!(
        "Under way: {} due, {} unsure, {} held. Refused: {}.",
        d.due + d.claimed,
        d.unsure,
        d.held,
        d.refused
    ));
    Ok(lines.join("\n"))
}

fn login_line(login: &wire::Login) -> String {
    let reason = login
        .reason
        .as_deref()
        .map(|reason| format!(": {reason}"))
        .unwrap_or_default();
    format!(
        "Login {} ({}, {}) is {}{reason}",
        login.id, login.network, login.role, login.state
    )
}

/// Gives the room's chat on the login's network that login as its relay.
async fn set_relay(house: &House, room: Option<&ChatKey>, wanted: &str) -> Said {
    let room = room.ok_or("give this command in the room that it is about")?;
    let rooms = house.service.rooms().await.map_err(text)?;
    let room = rooms
        .into_iter()
        .find(|view| view.portals.iter().any(|portal| portal.chat == *room));
    let room = room.ok_or("nothing is united with this room yet; use unite first")?;
    let (login, network) = find_login(house, wanted).await?;
    let portal = room.portals.iter().find(|portal| portal.network == network);
    let portal = portal.ok_or_else(|| format!("this room has no {} chat", network.label()))?;
    house.service.set_relay(&portal.chat, login).await.map_err(text)?;
    Ok(format!(
        "Login {login} now speaks in the {} chat of this room.",
        network.label()
    ))
}

async fn find_login(house: &House, wanted: &str) -> Result<(LoginId, NetworkKind), String> {
    let logins = house.service.status().await.map_err(text)?.logins;
    let fits = |login: &&matrimony_service::LoginStatus| {
        login.login.to_string() == wanted || login.network.as_str().eq_ignore_ascii_case(wanted)
    };
    let found: Vec<_> = logins.iter().filter(fits).collect();
    match found.as_slice() {
        [] => Err(format!(
            "no login is called {wanted:?}; `status` lists them with their numbers"
        )),
        [one] => Ok((one.login, one.network)),
        many => Err(format!(
            "{} logins are on that network; name one by its number, as `status` lists them",
            many.len()
        )),
    }
}
