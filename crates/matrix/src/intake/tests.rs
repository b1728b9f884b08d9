use super::*;
use crate::testing::Shelf;
use serde_json::value::to_raw_value;
use serde_json::{Value, json};

fn intake(shelf: &Arc<Shelf>) -> Intake {
    let names = Names::new("mx.test".try_into().unwrap(), "matrimony", "_").unwrap();
    let intake = Intake::new(names, shelf.clone(), shelf.clone());
    intake.settled.store(true, Ordering::SeqCst);
    intake
}

fn said(id: &str, sender: &str) -> Value {
    json!({ "event_id": id, "room_id": "!abc", "sender": sender, "type": "m.room.message", "content": {} })
}

async fn take(intake: &Intake, events: &[Value]) -> Result<(), VaultError> {
    let raw: Vec<_> = events.iter().map(|event| to_raw_value(event).unwrap()).collect();
    let raw: Vec<&RawValue> = raw.iter().map(AsRef::as_ref).collect();
    intake.take(&raw).await
}

const NINA: &str = "@nina:mx.test";
const GHOST: &str = "@_signal_a:mx.test";

#[tokio::test]
async fn events_are_kept_once_and_in_order_and_ours_are_not() {
    let shelf = Arc::new(Shelf::default());
    let intake = intake(&shelf);
    take(&intake, &[said("$1", NINA), said("$2", GHOST), said("$3", NINA)])
        .await
        .unwrap();
    take(&intake, &[said("$3", NINA), said("$4", NINA)]).await.unwrap();
    let ids: Vec<String> = shelf
        .spooled()
        .iter()
        .map(|json| {
            serde_json::from_str::<Value>(json).unwrap()["event_id"]
                .as_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    assert_eq!(ids, ["$1", "$3", "$4"]);
    assert_eq!(shelf.value("marker/!abc").unwrap(), "$4");
}

#[tokio::test]
async fn a_leftover_does_not_move_the_marker_back() {
    let shelf = Arc::new(Shelf::default());
    let intake = intake(&shelf);
    take(&intake, &[said("$1", NINA), said("$2", NINA)]).await.unwrap();
    take(&intake, &[said("$1", NINA)]).await.unwrap();
    assert_eq!(
        intake
            .marker(RoomId::parse("!abc").as_deref().unwrap())
            .await
            .unwrap()
            .unwrap(),
        "$2"
    );
}

#[tokio::test]
async fn after_an_outage_markers_stand_until_everything_has_settled() {
    let shelf = Arc::new(Shelf::default());
    let intake = intake(&shelf);
    take(&intake, &[said("$1", NINA)]).await.unwrap();
    intake.shut();
    // $2 is left behind by the homeserver; $3 comes, and must not hide it from whoever reads back to the marker.
    take(&intake, &[said("$3", NINA)]).await.unwrap();
    assert_eq!(shelf.value("marker/!abc").unwrap(), "$1");
    let newest = vec![(RoomId::parse("!abc").unwrap(), OwnedEventId::try_from("$3").unwrap())];
    intake.settle(newest).await.unwrap();
    assert_eq!(shelf.value("marker/!abc").unwrap(), "$3");
    take(&intake, &[said("$4", NINA)]).await.unwrap();
    assert_eq!(shelf.value("marker/!abc").unwrap(), "$4");
}

#[tokio::test]
async fn the_marker_follows_our_own_events_now_and_then() {
    let shelf = Arc::new(Shelf::default());
    let intake = intake(&shelf);
    for n in 0..limits::MARKER_EVERY {
        take(&intake, &[said(&format!("$own{n}"), GHOST)]).await.unwrap();
    }
    assert_eq!(
        shelf.value("marker/!abc").unwrap(),
        format!("$own{}", limits::MARKER_EVERY - 1)
    );
    assert!(shelf.spooled().is_empty());
}

#[tokio::test]
async fn what_cannot_be_placed_is_kept_too() {
    let shelf = Arc::new(Shelf::default());
    let intake = intake(&shelf);
    let strange = [
        json!({}),
        json!(5),
        json!({ "event_id": 7 }),
        json!({}),
        json!({ "event_id": "no sigil" }),
    ];
    take(&intake, &strange).await.unwrap();
    assert_eq!(shelf.spooled().len(), 4, "each once");
}

#[tokio::test]
async fn nothing_moves_when_the_disk_does_not_take_it() {
    let shelf = Arc::new(Shelf::default());
    let intake = intake(&shelf);
    shelf.broken.store(true, std::sync::atomic::Ordering::SeqCst);
    take(&intake, &[said("$1", NINA)]).await.unwrap_err();
    shelf.broken.store(false, std::sync::atomic::Ordering::SeqCst);
    assert!(shelf.value("marker/!abc").is_none());
    take(&intake, &[said("$1", NINA)]).await.unwrap();
    assert_eq!(shelf.spooled().len(), 1);
}

#[tokio::test]
async fn an_echo_is_heard() {
    let shelf = Arc::new(Shelf::default());
    let intake = intake(&shelf);
    let mut echo = said("$echo", "@matrimony:mx.test");
    echo["type"] = json!(ECHO_TYPE);
    take(&intake, &[echo]).await.unwrap();
    assert_eq!(intake.echoes().borrow().as_ref().unwrap(), "$echo");
}

#[tokio::test]
async fn the_gate_lets_in_when_open_and_sends_away_when_closed() {
    let intake = intake(&Arc::new(Shelf::default()));
    intake.open();
    assert!(intake.admitted().await);
    intake.shut();
    let (admitted, ()) = tokio::join!(intake.admitted(), async { intake.open() });
    assert!(admitted);
    intake.shut();
    let (admitted, ()) = tokio::join!(intake.admitted(), async { intake.close() });
    assert!(!admitted);
}
