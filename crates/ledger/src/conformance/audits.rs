//! What happened beside messages.

use super::Backend;
use super::given::{self, START, at, united};
use crate::{AuditEntry, AuditKind};
use matrimony_domain::{NetworkKind, Reason};

/// Lines come newest first, at most as many as asked for.
pub async fn lines_come_newest_first(backend: &mut dyn Backend) {
    let town = united(backend).await;
    let line = |second, what: &'static str| AuditEntry {
        at: at(second),
        kind: AuditKind::Unreadable,
        login: (second == 2).then_some(town.signal.relay),
        what: Reason::fixed(what),
    };
    let lines = [line(1, "first"), line(2, "second"), line(3, "third")];
    for line in &lines {
        town.ledger.record(line).await.unwrap();
    }
    let newest = town.ledger.audit(2).await.unwrap();
    assert_eq!(newest, [lines[2].clone(), lines[1].clone()]);
    assert!(town.ledger.audit(0).await.unwrap().is_empty());
}

/// What happens to portals and logins is written down, with the login where there is one.
pub async fn portals_and_logins_leave_lines(backend: &mut dyn Backend) {
    let town = united(backend).await;
    let successor = given::relay(&*town.ledger, NetworkKind::WhatsApp, "successor").await;
    let band = given::room(&*town.ledger, "the band").await.id;
    let portal = town.whatsapp.portal;
    town.ledger.set_relay(portal, successor, at(1)).await.unwrap();
    town.ledger.move_portal(portal, band, at(2)).await.unwrap();
    town.ledger.detach(portal, at(3)).await.unwrap();
    town.unlink(successor, at(4)).await;
    town.unlink(successor, at(5)).await;
    town.link(successor, at(6)).await;
    let lines = town.ledger.audit(5).await.unwrap();
    let seen: Vec<_> = lines.iter().map(|line| (line.at, line.kind)).collect();
    let expected = [
        (at(6), AuditKind::Login),
        (at(4), AuditKind::Login),
        (at(3), AuditKind::Portal),
        (at(2), AuditKind::Portal),
        (at(1), AuditKind::Portal),
    ];
    assert_eq!(seen, expected);
    assert!(lines[..2].iter().all(|line| line.login == Some(successor)));
    // Two logins, two portals and a third login came before.
    assert_eq!(town.ledger.audit(100).await.unwrap().len(), 10);
    assert!(
        town.ledger
            .audit(100)
            .await
            .unwrap()
            .iter()
            .rev()
            .take(5)
            .all(|line| line.at == START)
    );
}
