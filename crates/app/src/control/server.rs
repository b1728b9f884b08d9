//! The `up` side of the control socket. A handler is: extract, one call of the service, render.

use super::failure::Refused;
use super::links::Links;
use super::{render, wire};
use crate::house::House;
use crate::select::{self, Candidate};
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use matrimony_domain::{LoginRole, Name, NetworkKind, PersonKey};
use matrimony_network::LoginMethod;
use matrimony_service::{HomeChat, UniteRequest};
use serde::Deserialize;
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path as FilePath;
use std::sync::Arc;
use tokio::net::UnixListener;

/// Longest request body, in bytes: the longest one is a list of chats.
const BODY_BYTES: usize = 64 * 1024;

/// What the handlers share.
struct Desk {
    house: House,
    links: Links,
}

/// Opens the socket. The lock on the data directory is held, so one that lies there belongs to nobody.
pub(crate) fn bind(socket: &FilePath) -> io::Result<UnixListener> {
    match fs::remove_file(socket) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(socket)?;
    fs::set_permissions(socket, fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

/// Answers until the future is dropped.
pub(crate) async fn serve(listener: UnixListener, house: House) -> io::Result<()> {
    let desk = Arc::new(Desk {
        house,
        links: Links::default(),
    });
    let serving = axum::serve(listener, router(desk.clone())).into_future();
    tokio::select! {
        ended = serving => ended,
        () = desk.links.tidy() => Ok(()),
    }
}

fn router(desk: Arc<Desk>) -> Router {
    let api = Router::new()
        .route("/status", get(status))
        .route("/chats", get(chats))
        .route("/rooms", get(rooms))
        .route("/unite", post(unite))
        .route("/detach", post(detach))
        .route("/links", post(begin_link))
        .route("/links/{link}", axum::routing::delete(cancel_link))
        .route("/links/{link}/next", get(next_step))
        .route("/links/{link}/answer", post(answer_link))
        .route("/users", post(add_user));
    let missing = || async {
        Refused::missing("there is no such thing to ask; the program and its commands are of different versions")
    };
    Router::new()
        .nest("/api/v1", api)
        .fallback(missing)
        .layer(DefaultBodyLimit::max(BODY_BYTES))
        .with_state(desk)
}

type Shared = State<Arc<Desk>>;

async fn status(State(desk): Shared) -> Result<Json<wire::Status>, Refused> {
    desk.house
        .service
        .status()
        .await
        .map(|status| Json(render::status(status)))
        .map_err(Refused::unavailable)
}

async fn rooms(State(desk): Shared) -> Result<Json<Vec<wire::Room>>, Refused> {
    let rooms = desk.house.service.rooms().await.map_err(Refused::unavailable)?;
    Ok(Json(rooms.into_iter().map(render::room).collect()))
}

#[derive(Deserialize)]
struct ChatsQuery {
    network: Option<String>,
}

async fn chats(State(desk): Shared, Query(query): Query<ChatsQuery>) -> Result<Json<Vec<wire::Chat>>, Refused> {
    let network = query
        .network
        .map(|name| name.parse::<NetworkKind>())
        .transpose()
        .map_err(Refused::because)?;
    let chats = desk.house.service.chats(network).await.map_err(Refused::unavailable)?;
    Ok(Json(chats.into_iter().map(render::chat).collect()))
}

async fn unite(State(desk): Shared, Json(wanted): Json<wire::Unite>) -> Result<Json<wire::Room>, Refused> {
    let name = match &wanted.name {
        Some(name) => Some(Name::new(name).ok_or_else(|| Refused::because("the room's name holds nothing readable"))?),
        None => None,
    };
    let known = desk.house.service.chats(None).await.map_err(Refused::unavailable)?;
    let known: Vec<Candidate> = known.into_iter().map(Candidate::from).collect();
    let chosen: Result<Vec<_>, _> = wanted
        .chats
        .iter()
        .map(|selector| select::select(selector, &known))
        .collect();
    let chats: Vec<_> = chosen
        .map_err(Refused::because)?
        .into_iter()
        .map(|chat| (chat.login, chat.chat))
        .collect();
    let home = match chats.iter().any(|(_, chat)| chat.network == NetworkKind::Matrix) {
        true if !wanted.invite.is_empty() => {
            return Err(Refused::because(
                "a Matrix room is named already: invite people there, with a Matrix client",
            ));
        }
        true => HomeChat::None,
        false => HomeChat::New {
            invite: invited(&wanted.invite)?,
        },
    };
    let room = desk
        .house
        .service
        .unite(UniteRequest { name, chats, home })
        .await
        .map_err(Refused::because)?;
    Ok(Json(render::room(room)))
}

async fn detach(State(desk): Shared, Json(wanted): Json<wire::Detach>) -> Result<Json<wire::Chat>, Refused> {
    let rooms = desk.house.service.rooms().await.map_err(Refused::unavailable)?;
    let united: Vec<Candidate> = rooms
        .into_iter()
        .flat_map(|room| room.portals)
        .map(Candidate::from)
        .collect();
    let chosen = select::select(&wanted.chat, &united).map_err(Refused::because)?;
    desk.house
        .service
        .detach(&chosen.chat)
        .await
        .map_err(Refused::because)?;
    Ok(Json(render::detached(chosen)))
}

fn invited(users: &[String]) -> Result<Vec<PersonKey>, Refused> {
    let person = |user: &String| match user.strip_prefix('@').is_some_and(|rest| rest.contains(':')) {
        true => Ok(PersonKey::new(NetworkKind::Matrix, user)),
        false => Err(Refused::because(format!(
            "{user:?} is no Matrix user; write it as @nina:example.org"
        ))),
    };
    users.iter().map(person).collect()
}

async fn begin_link(State(desk): Shared, Json(wanted): Json<wire::Link>) -> Result<Json<wire::LinkBegun>, Refused> {
    let network: NetworkKind = wanted.network.parse().map_err(Refused::because)?;
    let method = match wanted.method.as_str() {
        "qr" => LoginMethod::Qr,
        "pair-code" => LoginMethod::PairCode,
        _ => return Err(Refused::because("an account is linked by `qr` or `pair-code`")),
    };
    let flow = desk
        .house
        .service
        .begin_login(network, method, LoginRole::Relay)
        .await
        .map_err(Refused::because)?;
    Ok(Json(wire::LinkBegun {
        link: desk.links.add(flow),
    }))
}

/// Waits for the next step. A second command that asks for the same flow waits behind the first.
async fn next_step(State(desk): Shared, Path(link): Path<u64>) -> Result<Json<wire::LinkStep>, Refused> {
    let (step, over) = desk.links.get(link).ok_or_else(no_flow)?.next().await;
    if over {
        desk.links.remove(link);
    }
    Ok(Json(render::step(step)))
}

async fn answer_link(
    State(desk): Shared,
    Path(link): Path<u64>,
    Json(answer): Json<wire::LinkAnswer>,
) -> Result<Json<()>, Refused> {
    desk.links.get(link).ok_or_else(no_flow)?.answer(&answer.text).await;
    Ok(Json(()))
}

async fn cancel_link(State(desk): Shared, Path(link): Path<u64>) -> Result<Json<()>, Refused> {
    desk.links.remove(link).ok_or_else(no_flow)?.cancel().await;
    Ok(Json(()))
}

fn no_flow() -> Refused {
    Refused::missing("this link has ended; begin a new one")
}

async fn add_user(State(desk): Shared, Json(new): Json<wire::NewUser>) -> Result<Json<wire::UserMade>, Refused> {
    desk.house.add_user(new).await.map(Json).map_err(Refused::because)
}
