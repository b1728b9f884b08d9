//! What only this backend can show: its file, its writer, its faults.

mod files;
mod full_disk;
mod garbage;
mod late_copies;
mod scale;
mod writers;

use crate::{Durability, Options, SqliteLedger};
use matrimony_domain::{
    AccountKey, ChatKey, Content, Inbound, InboundBody, LoginId, LoginRole, Name, NetworkKind, PersonKey, RemoteId,
    Sender, Text, UnixMillis,
};
use matrimony_ledger::{Claim, Deliveries, Lease, LedgerError, Logins, NewLogin, Rooms, WorkerId};
use std::path::Path;

const NOW: UnixMillis = UnixMillis(1_700_000_000_000);

fn options(entropy: u8) -> Options {
    Options {
        entropy: [entropy; 16],
        durability: Durability::Full,
    }
}

async fn open(path: &Path) -> SqliteLedger {
    SqliteLedger::open(path, options(1)).await.unwrap()
}

/// The error of a ledger that must not open.
async fn refused(path: &Path) -> LedgerError {
    match SqliteLedger::open(path, options(1)).await {
        Ok(_) => panic!("the ledger has opened"),
        Err(error) => error,
    }
}

/// A ledger with a room of two chats: what is said in the Signal group goes to the WhatsApp group.
struct Choir {
    from: ChatKey,
    from_relay: LoginId,
    to_relay: LoginId,
}

impl Choir {
    async fn unite(ledger: &SqliteLedger, room: &str) -> Self {
        let id = ledger.create_room(&Name::new(room).unwrap(), NOW).await.unwrap().id;
        let mut sides = Vec::new();
        for network in [NetworkKind::Signal, NetworkKind::WhatsApp] {
            let chat = ChatKey::new(network, room);
            let relay = relay(ledger, network).await;
            ledger.unite(id, &chat, relay, NOW).await.unwrap();
            sides.push((chat, relay));
        }
        let (_, to_relay) = sides.remove(1);
        let (from, from_relay) = sides.remove(0);
        Self {
            from,
            from_relay,
            to_relay,
        }
    }

    fn message(&self, remote_id: &str) -> Inbound {
        Inbound {
            chat: self.from.clone(),
            seen_by: self.from_relay,
            sender: Sender {
                person: PersonKey::new(NetworkKind::Signal, "alice"),
                alias: None,
                name: Name::new("alice"),
            },
            remote_id: RemoteId::new(remote_id),
            at: NOW,
            body: InboundBody::Message(Content::Text(Text::plain(format!("text of {remote_id}")))),
        }
    }
}

async fn relay(ledger: &SqliteLedger, network: NetworkKind) -> LoginId {
    let login = NewLogin {
        network,
        key: AccountKey::new("+15550100001"),
        person: PersonKey::new(network, "relay"),
        name: None,
        role: LoginRole::Relay,
    };
    ledger.add_login(&login, NOW).await.unwrap().account.login
}

async fn claim(ledger: &SqliteLedger, login: LoginId) -> Vec<Claim> {
    let lease = Lease {
        worker: WorkerId("worker".to_owned()),
        until: UnixMillis(NOW.0 + 60_000),
    };
    ledger.claim_due(login, &lease, NOW, 10).await.unwrap()
}

/// Runs SQL of the test's own on the connection that writes.
async fn meddle(ledger: &SqliteLedger, sql: &'static str) {
    let meddled = ledger.writer.write(sql, |conn, sql| {
        Box::pin(async move {
            sqlx::raw_sql(*sql)
                .execute(conn)
                .await
                .map_err(crate::error::database)?;
            Ok(())
        })
    });
    meddled.await.unwrap();
}
