//! How the bridge is.

use crate::service::Service;
use matrimony_domain::{LoginId, LoginRole, Name, NetworkKind, PortalId, Reason, RoomId, Seq, UnixMillis};
use matrimony_ledger::{Counts, DeliveryBrief, DeliveryState, LedgerError, LoginRecord, LoginState, Portal};
use matrimony_network::SessionHealth;
use std::collections::HashMap;
use std::time::Duration;

/// Most open deliveries that a status lists.
const OPEN_LISTED: usize = 100;

/// How the bridge is, at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// When this was.
    pub at: UnixMillis,
    /// The ledger in numbers.
    pub counts: Counts,
    /// Age of the oldest delivery that is due, claimed or unsure: the health of the bridge.
    pub oldest_due_age: Option<Duration>,
    /// The logins, oldest first.
    pub logins: Vec<LoginStatus>,
    /// How many rooms there are.
    pub rooms: usize,
    /// Deliveries that were not made, newest first, at most a hundred.
    pub open: Vec<OpenDelivery>,
}

/// How a login is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginStatus {
    /// The login.
    pub login: LoginId,
    /// Its network.
    pub network: NetworkKind,
    /// For whom it speaks.
    pub role: LoginRole,
    /// Its profile name.
    pub name: Option<Name>,
    /// Whether it can speak, by the ledger.
    pub state: LoginState,
    /// Since when.
    pub since: UnixMillis,
    /// How its session is; `None` if none is open.
    pub health: Option<SessionHealth>,
}

/// A delivery that was not made, or not yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenDelivery {
    /// The delivery, as the ledger lists it.
    pub brief: DeliveryBrief,
    /// The room, unless its portal was detached since.
    pub room: Option<RoomId>,
    /// Where to, unless its portal was detached since.
    pub network: Option<NetworkKind>,
}

impl OpenDelivery {
    /// Where it stands.
    pub fn state(&self) -> DeliveryState {
        self.brief.state
    }

    /// The last reason given.
    pub fn reason(&self) -> Option<&Reason> {
        self.brief.reason.as_ref()
    }

    /// Place of its event in the room.
    pub fn seq(&self) -> Seq {
        self.brief.seq
    }
}

impl Service {
    /// How the bridge is now.
    pub async fn status(&self) -> Result<Status, LedgerError> {
        let core = &self.inner.core;
        let (at, counts) = (core.now(), core.ledger.counts().await?);
        let logins = core.ledger.logins().await?;
        let rooms = self.rooms().await?.len();
        let portals = self.portals_by_id().await?;
        let open = core.ledger.open_deliveries(None, OPEN_LISTED).await?;
        Ok(Status {
            at,
            oldest_due_age: counts.oldest_due.map(|oldest| oldest.until(at)),
            counts,
            logins: logins.into_iter().map(|login| self.login_status(login)).collect(),
            rooms,
            open: open.into_iter().map(|brief| open_delivery(brief, &portals)).collect(),
        })
    }

    fn login_status(&self, record: LoginRecord) -> LoginStatus {
        let account = record.account;
        LoginStatus {
            health: self.health(account.login),
            login: account.login,
            network: account.network,
            role: account.role,
            name: account.name,
            state: record.state,
            since: record.since,
        }
    }

    async fn portals_by_id(&self) -> Result<HashMap<PortalId, Portal>, LedgerError> {
        let ledger = &self.inner.core.ledger;
        let mut by_id = HashMap::new();
        for room in ledger.rooms().await? {
            let portals = ledger.portals(room.id).await?;
            by_id.extend(portals.into_iter().map(|portal| (portal.id, portal)));
        }
        Ok(by_id)
    }
}

fn open_delivery(brief: DeliveryBrief, portals: &HashMap<PortalId, Portal>) -> OpenDelivery {
    let portal = portals.get(&brief.portal);
    OpenDelivery {
        room: portal.map(|portal| portal.room),
        network: portal.map(|portal| portal.chat.network),
        brief,
    }
}
