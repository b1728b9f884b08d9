//! From the service's views to what goes over the socket.

use super::wire;
use crate::select::Candidate;
use matrimony_domain::Name;
use matrimony_ledger::{DeliveryState, LoginState};
use matrimony_network::{Picture, SessionEnd, SessionHealth};
use matrimony_service::{ChatListing, LoginStatus, LoginStep, OpenDelivery, RoomView, Status};
use std::time::Duration;

/// An open delivery older than this means that something does not flow.
const OVERDUE: Duration = Duration::from_secs(60);

fn name(name: Option<Name>) -> Option<String> {
    name.map(|name| name.reveal().to_owned())
}

/// A chat.
pub(crate) fn chat(chat: ChatListing) -> wire::Chat {
    wire::Chat {
        login: chat.login.0,
        network: chat.network.to_string(),
        id: chat.chat.id,
        name: name(chat.name),
        members: chat.members,
        room: chat.room.map(|room| room.0),
    }
}

/// A chat that hangs on no room any more.
pub(crate) fn detached(chat: Candidate) -> wire::Chat {
    wire::Chat {
        login: chat.login.0,
        network: chat.chat.network.to_string(),
        id: chat.chat.id,
        name: chat.name,
        members: None,
        room: None,
    }
}

/// A room.
pub(crate) fn room(room: RoomView) -> wire::Room {
    let portals = room.portals.into_iter().map(|portal| wire::Portal {
        id: portal.id.0,
        network: portal.network.to_string(),
        chat: portal.chat.id,
        name: name(portal.name),
        relay: portal.relay.0,
    });
    wire::Room {
        id: room.id.0,
        name: room.name.reveal().to_owned(),
        portals: portals.collect(),
    }
}

/// How everything is.
pub(crate) fn status(status: Status) -> wire::Status {
    let logins: Vec<wire::Login> = status.logins.into_iter().map(login).collect();
    let counts = status.counts;
    let overdue = status.oldest_due_age.is_some_and(|age| age > OVERDUE);
    wire::Status {
        healthy: !logins.is_empty()
            && logins.iter().all(|login| login.state == "online")
            && !overdue
            && counts.held == 0,
        logins,
        events: counts.events,
        deliveries: wire::Deliveries {
            due: counts.due,
            claimed: counts.claimed,
            unsure: counts.unsure,
            held: counts.held,
            delivered: counts.delivered,
            refused: counts.refused,
            skipped: counts.skipped,
            unsure_repeated: counts.unsure_repeated,
        },
        oldest_due_ms: status
            .oldest_due_age
            .map(|age| u64::try_from(age.as_millis()).unwrap_or(u64::MAX)),
        open: status.open.iter().map(delivery).collect(),
    }
}

fn login(login: LoginStatus) -> wire::Login {
    let (state, reason) = match (login.state, login.health) {
        (LoginState::Unlinked(reason), _) => ("unlinked", Some(reason)),
        (LoginState::Linked, Some(SessionHealth::Online)) => ("online", None),
        (LoginState::Linked, Some(SessionHealth::Connecting { trouble })) => ("connecting", trouble),
        (LoginState::Linked, Some(SessionHealth::Ended(SessionEnd::Failed(reason)))) => ("failed", Some(reason)),
        (LoginState::Linked, Some(SessionHealth::Ended(SessionEnd::Unlinked(why)))) => ("unlinked", Some(why.reason())),
        (LoginState::Linked, Some(SessionHealth::Ended(SessionEnd::Stopped)) | None) => ("connecting", None),
    };
    wire::Login {
        id: login.login.0,
        network: login.network.to_string(),
        role: login.role.as_str().into(),
        name: name(login.name),
        state: state.into(),
        reason: reason.map(|reason| reason.to_string()),
    }
}

fn delivery(open: &OpenDelivery) -> wire::Delivery {
    let state = match open.state() {
        DeliveryState::Due => "due",
        DeliveryState::Claimed => "claimed",
        DeliveryState::Unsure => "unsure",
        DeliveryState::Held => "held",
        DeliveryState::Delivered => "delivered",
        DeliveryState::Refused => "refused",
        DeliveryState::Skipped => "skipped",
    };
    wire::Delivery {
        id: open.brief.id.0,
        portal: open.brief.portal.0,
        seq: open.seq().0,
        state: state.into(),
        attempts: open.brief.attempts,
        reason: open.reason().map(ToString::to_string),
    }
}

/// A step of a link flow.
pub(crate) fn step(step: LoginStep) -> wire::LinkStep {
    match step {
        LoginStep::Show { picture, expires } => {
            let expires = expires.map(|at| at.0);
            match picture {
                Picture::Qr(text) => wire::LinkStep::ShowQr { text, expires },
                Picture::Code(code) => wire::LinkStep::ShowCode { code, expires },
            }
        }
        LoginStep::Ask { prompt } => wire::LinkStep::Ask { prompt: prompt.into() },
        LoginStep::Wait { what } => wire::LinkStep::Wait { what: what.into() },
        LoginStep::Done(linked) => wire::LinkStep::Done {
            login: linked.login.0,
            name: name(linked.name),
        },
        LoginStep::Failed(reason) => wire::LinkStep::Failed {
            reason: reason.to_string(),
        },
    }
}
