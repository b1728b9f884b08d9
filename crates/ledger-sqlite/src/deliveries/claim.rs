//! Claiming what is due.

use super::settle::{self, Open};
use crate::audit;
use crate::copies;
use crate::error::database;
use crate::rows::{self, Fields};
use matrimony_domain::limits::{DELIVERY_HORIZON, UNSURE_WAIT};
use matrimony_domain::{DeliveryId, EventId, LoginId, Reason, SendKey, UnixMillis};
use matrimony_ledger::{AuditKind, Claim, ClaimToken, Copy, EventRecord, Lease, LedgerError, Portal};
use sha2::{Digest, Sha256};
use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;

/// Who wants what.
pub(super) struct Wanted {
    pub(super) login: LoginId,
    pub(super) lease: Lease,
    pub(super) now: UnixMillis,
    pub(super) limit: usize,
    pub(super) ledger_id: [u8; 16],
}

/// Goes round again while a head went another way than into a claim: another delivery may stand in its place.
pub(super) async fn claim_due(conn: &mut SqliteConnection, wanted: &Wanted) -> Result<Vec<Claim>, LedgerError> {
    let mut claims = Vec::new();
    let mut again = true;
    while again && claims.len() < wanted.limit {
        again = false;
        for row in claimable(conn, wanted, wanted.limit - claims.len()).await? {
            let head = Head::read(&row)?;
            match head.next_move(&row, wanted.now) {
                Move::Claim(event, portal) => {
                    claims.push(take(conn, wanted, &head, *event, portal).await?);
                    continue;
                }
                Move::Refuse(why) => settle::finish(conn, &head.open, "refused", Some(&why), wanted.now).await?,
                Move::RefuseUnreadable(why) => {
                    settle::finish(conn, &head.open, "refused", Some(&why), wanted.now).await?;
                    audit::write(conn, AuditKind::Unreadable, Some(wanted.login), &why, wanted.now).await?;
                }
                Move::Doubt => doubt(conn, &head, wanted.now).await?,
                Move::Hold => hold(conn, &head).await?,
            }
            again = true;
        }
    }
    claims.sort_unstable_by_key(|claim| claim.token.delivery);
    Ok(claims)
}

/// The first open delivery of each portal of login `?1`, as `head (id)`. Steps from portal to portal through the
/// index, so that it costs by portals with work and not by their backlog.
macro_rules! heads {
    ($name:literal, $rest:literal) => {
        concat!(
            "-- ",
            $name,
            "
        WITH RECURSIVE busy (portal) AS (
            SELECT min(portal) FROM deliveries WHERE login = ?1 AND settled IS NULL
            UNION ALL
            SELECT (SELECT min(portal) FROM deliveries WHERE login = ?1 AND settled IS NULL AND portal > busy.portal)
            FROM busy WHERE busy.portal IS NOT NULL
        ), head (id) AS (
            SELECT (SELECT min(id) FROM deliveries WHERE login = ?1 AND portal = busy.portal AND settled IS NULL)
            FROM busy WHERE busy.portal IS NOT NULL
        ) ",
            $rest
        )
    };
}

pub(crate) const NEXT_DUE: &str = heads!(
    "when a login next has something to do",
    "SELECT min(CASE d.state WHEN 'claimed' THEN d.lease_until ELSE d.due END)
    FROM head JOIN deliveries d ON d.id = head.id WHERE d.state <> 'held'"
);

/// When the first of them can move.
pub(super) async fn next_due(conn: &mut SqliteConnection, login: LoginId) -> Result<Option<UnixMillis>, LedgerError> {
    let next: Option<i64> = sqlx::query_scalar(NEXT_DUE)
        .bind(login.0)
        .fetch_one(conn)
        .await
        .map_err(database)?;
    Ok(next.map(UnixMillis))
}

pub(crate) const CLAIMABLE: &str = heads!(
    "what a login may do now",
    "SELECT d.id, d.state, d.attempts, d.fence, d.begun_fence, d.repeatable, d.doubt, d.horizon, d.reason,
        l.state = 'linked' AS linked, p.id AS portal, p.room AS portal_room, p.relay, p.chat AS portal_chat,
        pc.network AS chat_network, pc.remote AS chat_remote,
        e.id AS event, e.room, e.seq, e.sender_network, e.sender, e.remote_id, e.at, e.content,
        ec.network AS event_chat_network, ec.remote AS event_chat_remote
    FROM head JOIN deliveries d ON d.id = head.id
        JOIN logins l ON l.id = d.login
        JOIN portals p ON p.id = d.portal JOIN chats pc ON pc.id = p.chat
        JOIN events e ON e.id = d.event JOIN chats ec ON ec.id = e.chat
    WHERE (d.state IN ('due', 'unsure') AND d.due <= ?2) OR (d.state = 'claimed' AND d.lease_until <= ?2)
    ORDER BY d.id LIMIT ?3"
);

async fn claimable(conn: &mut SqliteConnection, wanted: &Wanted, limit: usize) -> Result<Vec<SqliteRow>, LedgerError> {
    sqlx::query(CLAIMABLE)
        .bind(wanted.login.0)
        .bind(wanted.now.0)
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(conn)
        .await
        .map_err(database)
}

/// The first open delivery of a portal, when it can move.
struct Head {
    open: Open,
    /// Its attempt was cut off, and repeating it may make a second copy.
    cut_off: bool,
    linked: bool,
    doubt: bool,
    attempts: u32,
    fence: i64,
    horizon: Option<UnixMillis>,
    reason: Option<Reason>,
}

/// What becomes of a head.
enum Move {
    Claim(Box<EventRecord>, Portal),
    Refuse(Reason),
    RefuseUnreadable(Reason),
    Doubt,
    Hold,
}

impl Head {
    fn read(row: &SqliteRow) -> Result<Self, LedgerError> {
        let fields = Fields::of(row, "deliveries", "id")?;
        let fence = fields.get("fence")?;
        let claimed = fields.get::<&str>("state")? == "claimed";
        let begun = fields.get::<i64>("begun_fence")? == fence;
        Ok(Self {
            open: Open {
                id: fields.id(),
                event: EventId(fields.get("event")?),
                chat: fields.get("portal_chat")?,
            },
            cut_off: claimed && begun && !fields.get::<bool>("repeatable")?,
            linked: fields.get("linked")?,
            doubt: fields.get::<i64>("doubt")? > 0,
            attempts: fields.get("attempts")?,
            fence,
            horizon: fields.get::<Option<i64>>("horizon")?.map(UnixMillis),
            reason: fields.get::<Option<String>>("reason")?.map(Reason::computed),
        })
    }

    fn next_move(&self, row: &SqliteRow, now: UnixMillis) -> Move {
        if self.cut_off {
            return Move::Doubt;
        }
        if !self.linked {
            return Move::Hold;
        }
        if self.horizon.is_some_and(|horizon| horizon < now) {
            return Move::Refuse(settle::given_up(self.reason.as_ref()));
        }
        match (rows::event(row), rows::portal(row)) {
            (Ok(event), Ok(portal)) => Move::Claim(Box::new(event), portal),
            // The error names the place in the ledger and nothing of the row.
            (Err(error), _) | (_, Err(error)) => Move::RefuseUnreadable(Reason::computed(error.to_string())),
        }
    }
}

async fn take(
    conn: &mut SqliteConnection,
    wanted: &Wanted,
    head: &Head,
    event: EventRecord,
    portal: Portal,
) -> Result<Claim, LedgerError> {
    const TAKE: &str = "-- claim a delivery
        UPDATE deliveries SET state = 'claimed', fence = fence + 1, worker = ?2, lease_until = ?3 WHERE id = ?1";
    sqlx::query(TAKE)
        .bind(head.open.id)
        .bind(wanted.lease.worker.0.clone())
        .bind(wanted.lease.until.0)
        .execute(&mut *conn)
        .await
        .map_err(database)?;
    let delivery = DeliveryId(head.open.id);
    Ok(Claim {
        token: ClaimToken {
            delivery,
            fence: head.fence + 1,
        },
        event,
        portal,
        key: SendKey {
            delivery,
            part: 0,
            nonce: nonce(&wanted.ledger_id, delivery),
        },
        attempts: head.attempts,
        horizon: head.horizon.unwrap_or(wanted.now.after(DELIVERY_HORIZON)),
        sent: if head.attempts == 0 {
            Vec::new()
        } else {
            sent(conn, &head.open).await?
        },
        repeats_unsure: head.doubt,
    })
}

/// The same on every claim, and unlike that of any delivery of another ledger.
fn nonce(ledger_id: &[u8; 16], delivery: DeliveryId) -> [u8; 16] {
    let digest = Sha256::new()
        .chain_update(ledger_id)
        .chain_update(delivery.0.to_be_bytes())
        .finalize();
    let mut nonce = [0; 16];
    nonce.copy_from_slice(&digest[..16]);
    nonce
}

async fn sent(conn: &mut SqliteConnection, delivery: &Open) -> Result<Vec<Copy>, LedgerError> {
    const SENT: &str = "-- parts that an earlier attempt has sent
        SELECT part, remote_id FROM copies
        WHERE event = ?1 AND chat = ?2 AND delivery = ?3 AND state = 'sent' ORDER BY part";
    let rows = sqlx::query(SENT)
        .bind(delivery.event.0)
        .bind(delivery.chat)
        .bind(delivery.id)
        .fetch_all(conn)
        .await
        .map_err(database)?;
    rows.iter().map(copies::copy).collect()
}

/// The lease ended in the middle of an attempt that cannot be repeated safely: wait for a sighting first.
async fn doubt(conn: &mut SqliteConnection, head: &Head, now: UnixMillis) -> Result<(), LedgerError> {
    const DOUBT: &str = "-- an attempt was cut off
        UPDATE deliveries SET state = CASE ?3 WHEN 1 THEN 'unsure' ELSE 'held' END, doubt = 1, due = ?2,
            reason = 'the attempt was cut off before an answer came'
        WHERE id = ?1";
    sqlx::query(DOUBT)
        .bind(head.open.id)
        .bind(now.after(UNSURE_WAIT).0)
        .bind(head.linked)
        .execute(conn)
        .await
        .map_err(database)?;
    Ok(())
}

async fn hold(conn: &mut SqliteConnection, head: &Head) -> Result<(), LedgerError> {
    const HOLD: &str = "-- hold what was in hand when its login was unlinked
        UPDATE deliveries SET state = 'held' WHERE id = ?1";
    sqlx::query(HOLD)
        .bind(head.open.id)
        .execute(conn)
        .await
        .map_err(database)?;
    Ok(())
}
