//! A login that is not ours any more says why.

use crate::rig::{Rig, direct, key, say};
use matrimony_network::{SendError, SessionEnd, Unlinked};
use matrimony_sim_whatsapp::{Farewell, LoginRefusal};

/// The login is refused with `refusal` when it comes back after a cut.
async fn end_after(refusal: LoginRefusal) -> SessionEnd {
    let rig = Rig::start().await;
    let running = rig.running().await;
    let session = running.session.clone();
    rig.sim.refuse_logins(&rig.relay.number, Some(refusal)).unwrap();
    rig.sim.cut(&rig.relay.number, None, Farewell::None).unwrap();
    let end = running.end().await;
    let after = session.perform(&key(1), &say(&direct(&rig.dora), "x")).await;
    assert_eq!(after, Err(SendError::Unlinked));
    end
}

#[tokio::test(flavor = "multi_thread")]
async fn unlinked_by_its_phone() {
    let rig = Rig::start().await;
    let running = rig.running().await;
    rig.sim.unlink(&rig.relay.number, 1).unwrap();
    assert_eq!(running.end().await, SessionEnd::Unlinked(Unlinked::LoggedOut));
}

#[tokio::test(flavor = "multi_thread")]
async fn replaced_by_another_program() {
    let rig = Rig::start().await;
    let running = rig.running().await;
    rig.sim.cut(&rig.relay.number, None, Farewell::Replaced).unwrap();
    assert_eq!(running.end().await, SessionEnd::Unlinked(Unlinked::Replaced));
}

#[tokio::test(flavor = "multi_thread")]
async fn banned_for_an_hour() {
    let ban = LoginRefusal {
        code: Some(104),
        expire: Some(3600),
        ..LoginRefusal::reason(402)
    };
    let end = end_after(ban).await;
    assert!(
        matches!(end, SessionEnd::Unlinked(Unlinked::Banned { until: Some(_) })),
        "{end:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn outdated() {
    assert_eq!(
        end_after(LoginRefusal::reason(405)).await,
        SessionEnd::Unlinked(Unlinked::Outdated)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn locked() {
    assert_eq!(
        end_after(LoginRefusal::reason(403)).await,
        SessionEnd::Unlinked(Unlinked::Locked)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_in_trouble_is_no_end() {
    let rig = Rig::start().await;
    let running = rig.running().await;
    let refusal = LoginRefusal {
        times: Some(2),
        ..LoginRefusal::reason(503)
    };
    rig.sim.refuse_logins(&rig.relay.number, Some(refusal)).unwrap();
    rig.sim.cut(&rig.relay.number, None, Farewell::None).unwrap();
    running.offline().await;
    running.online().await;
    assert_eq!(running.stop().await, SessionEnd::Stopped);
}
