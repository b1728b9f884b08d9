//! What goes over the control socket, and what `--json` prints.

use serde::{Deserialize, Serialize};

/// A chat that a login is in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chat {
    /// The login that sees it.
    pub login: i64,
    /// Its network.
    pub network: String,
    /// Its id there.
    pub id: String,
    /// Its name.
    pub name: Option<String>,
    /// How many members it has.
    pub members: Option<usize>,
    /// The room that it hangs on.
    pub room: Option<i64>,
}

/// A room and what hangs on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Room {
    /// Its id.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// Its portals.
    pub portals: Vec<Portal>,
}

/// A chat that hangs on a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Portal {
    /// Its id.
    pub id: i64,
    /// The network of its chat.
    pub network: String,
    /// The chat's id there.
    pub chat: String,
    /// The chat's name, if a login tells.
    pub name: Option<String>,
    /// The login that speaks there.
    pub relay: i64,
}

/// What `unite` wants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unite {
    /// The chats, as `network:name or id`.
    pub chats: Vec<String>,
    /// The name of the room; that of the first chat by default.
    pub name: Option<String>,
    /// Matrix users to invite.
    #[serde(default)]
    pub invite: Vec<String>,
}

/// What `detach` wants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Detach {
    /// The chat, as `network:name or id`.
    pub chat: String,
}

/// How everything is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// Everything flows: all logins online, nothing overdue.
    pub healthy: bool,
    /// The logins.
    pub logins: Vec<Login>,
    /// Events accepted ever.
    pub events: u64,
    /// Deliveries by state.
    pub deliveries: Deliveries,
    /// How long the oldest delivery that is not settled has waited.
    pub oldest_due_ms: Option<u64>,
    /// Deliveries that are not settled, or were not delivered, newest first.
    pub open: Vec<Delivery>,
}

/// A login and how it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Login {
    /// Its id.
    pub id: i64,
    /// Its network.
    pub network: String,
    /// `relay` or `personal`.
    pub role: String,
    /// Its profile name.
    pub name: Option<String>,
    /// `online`, `connecting`, `unlinked` or `failed`.
    pub state: String,
    /// Why it is not online.
    pub reason: Option<String>,
}

/// Deliveries by state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deliveries {
    /// To be done.
    pub due: u64,
    /// In hand.
    pub claimed: u64,
    /// Left without an answer.
    pub unsure: u64,
    /// Waiting for a login to be linked again.
    pub held: u64,
    /// Done.
    pub delivered: u64,
    /// The network, or time, said no.
    pub refused: u64,
    /// Nothing to send.
    pub skipped: u64,
    /// Repeats of unsure ones: each may have doubled a message.
    pub unsure_repeated: u64,
}

/// A delivery that is not done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// Its id.
    pub id: i64,
    /// Its portal.
    pub portal: i64,
    /// Place of its event in the room.
    pub seq: i64,
    /// Its state.
    pub state: String,
    /// Attempts so far.
    pub attempts: u32,
    /// The last reason given.
    pub reason: Option<String>,
}

/// An account to be linked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// Its network.
    pub network: String,
    /// `qr` or `pair-code`.
    pub method: String,
}

/// A link flow that has begun.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkBegun {
    /// Its id, for the steps.
    pub link: u64,
}

/// One step of a link flow.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "kebab-case")]
pub enum LinkStep {
    /// Show a QR code.
    ShowQr {
        /// Its text.
        text: String,
        /// When it stops working, in Unix milliseconds.
        expires: Option<i64>,
    },
    /// Show a code to be typed on the phone.
    ShowCode {
        /// The code.
        code: String,
        /// When it stops working, in Unix milliseconds.
        expires: Option<i64>,
    },
    /// Ask the person for a line.
    Ask {
        /// What for.
        prompt: String,
    },
    /// Something is under way.
    Wait {
        /// What.
        what: String,
    },
    /// The account is linked.
    Done {
        /// Its login.
        login: i64,
        /// Its profile name.
        name: Option<String>,
    },
    /// It did not work.
    Failed {
        /// Why, with the cure.
        reason: String,
    },
}

/// An answer to [`LinkStep::Ask`].
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkAnswer {
    /// The line.
    pub text: String,
}

/// A user to be made on the managed homeserver.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewUser {
    /// The part before the colon.
    pub name: String,
    /// The password; one is made up if there is none.
    pub password: Option<String>,
    /// May use the bot's commands that change rooms.
    #[serde(default)]
    pub admin: bool,
}

/// A user that was made.
#[derive(Clone, Serialize, Deserialize)]
pub struct UserMade {
    /// The full user id.
    pub user: String,
    /// The password that was made up; not there if one was given.
    pub password: Option<String>,
    /// Where a client logs in.
    pub homeserver: String,
}

/// An error answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Failure {
    /// What is wrong and the cure.
    pub error: String,
}
