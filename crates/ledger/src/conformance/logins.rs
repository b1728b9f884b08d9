//! Logins and whether they can speak.

use super::Backend;
use super::given::{START, at, name, new_login};
use crate::{LedgerError, LoginState};
use matrimony_domain::{LoginId, LoginRole, NetworkKind, PersonKey, Reason};

/// A login is found again as it was added, linked, oldest first.
pub async fn a_login_is_found_again(backend: &mut dyn Backend) {
    let ledger = backend.ledger();
    let wanted = new_login(NetworkKind::Signal, "+15550100001");
    let first = ledger.add_login(&wanted, START).await.unwrap();
    assert_eq!(
        (first.account.network, &first.account.key),
        (wanted.network, &wanted.key)
    );
    assert_eq!(
        (&first.account.person, &first.account.name),
        (&wanted.person, &wanted.name)
    );
    assert_eq!(
        (first.account.role, &first.state, first.since),
        (LoginRole::Relay, &LoginState::Linked, START)
    );
    // The same key on another network is another login.
    let second = ledger
        .add_login(&new_login(NetworkKind::WhatsApp, "+15550100001"), at(1))
        .await
        .unwrap();
    assert_eq!(ledger.logins().await.unwrap(), [first.clone(), second]);
    assert_eq!(ledger.login(first.account.login).await.unwrap(), Some(first));
    assert_eq!(ledger.login(LoginId(999)).await.unwrap(), None);
}

/// Adding a known account updates it and makes it linked again; a name that is not told stays.
pub async fn a_known_login_is_updated(backend: &mut dyn Backend) {
    let ledger = backend.ledger();
    let mut login = new_login(NetworkKind::Signal, "+15550100001");
    let id = ledger.add_login(&login, START).await.unwrap().account.login;
    let unlinked = LoginState::Unlinked(Reason::fixed("removed"));
    ledger.set_login_state(id, &unlinked, at(1)).await.unwrap();
    login.person = PersonKey::new(NetworkKind::Signal, "another-aci");
    login.name = None;
    login.role = LoginRole::Personal;
    let record = ledger.add_login(&login, at(2)).await.unwrap();
    assert_eq!(
        (record.account.login, &record.state, record.since),
        (id, &LoginState::Linked, at(2))
    );
    assert_eq!(
        (&record.account.person, &record.account.name),
        (&login.person, &Some(name("relay")))
    );
    assert_eq!(record.account.role, LoginRole::Personal);
    assert_eq!(ledger.logins().await.unwrap(), [record]);
}

/// The state says why and since when; saying it again does not move the time.
pub async fn a_state_has_a_reason_and_a_time(backend: &mut dyn Backend) {
    let ledger = backend.ledger();
    let id = ledger
        .add_login(&new_login(NetworkKind::Signal, "+15550100001"), START)
        .await
        .unwrap();
    let id = id.account.login;
    for (said, since) in [("removed", at(1)), ("banned", at(1))] {
        let state = LoginState::Unlinked(Reason::fixed(said));
        let now = if said == "removed" { at(1) } else { at(2) };
        ledger.set_login_state(id, &state, now).await.unwrap();
        let record = ledger.login(id).await.unwrap().unwrap();
        assert_eq!((record.state, record.since), (state, since));
    }
    ledger.set_login_state(id, &LoginState::Linked, at(3)).await.unwrap();
    let record = ledger.login(id).await.unwrap().unwrap();
    assert_eq!((record.state, record.since), (LoginState::Linked, at(3)));
    let unknown = ledger.set_login_state(LoginId(999), &LoginState::Linked, at(4)).await;
    assert!(matches!(unknown, Err(LedgerError::Missing("login"))));
}
