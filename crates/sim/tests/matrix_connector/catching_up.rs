//! What happened while one side was away.

use crate::house::House;

fn numbered(from: u32, to: u32) -> Vec<String> {
    (from..to).map(|n| format!("message {n}")).collect()
}

#[tokio::test]
async fn what_was_said_while_we_were_away_comes_once_and_in_order() {
    let mut house = House::start().await;
    let nina = house.user("nina").await;
    let room = house.room_with(&nina).await;
    for body in numbered(0, 2) {
        nina.say(&room, &body).await;
    }
    house.memory.hears(&room, 2).await;

    house.stop_session().await;
    for body in numbered(2, 20) {
        nina.say(&room, &body).await;
    }
    house.start_session().await;
    nina.say(&room, "message 20").await;
    let heard: Vec<String> = house
        .memory
        .hears(&room, 21)
        .await
        .into_iter()
        .map(|(_, words)| words)
        .collect();
    assert_eq!(heard, numbered(0, 21));

    // Synapse, stopped with a backlog for us, forgets it or brings it late: neither loses or doubles anything.
    house.stop_session().await;
    for body in numbered(21, 30) {
        nina.say(&room, &body).await;
    }
    house.stop_synapse().await;
    house.start_synapse().await;
    house.start_session().await;
    nina.say(&room, "message 30").await;
    let heard: Vec<String> = house
        .memory
        .hears(&room, 31)
        .await
        .into_iter()
        .map(|(_, words)| words)
        .collect();
    assert_eq!(heard, numbered(0, 31));
    house.stop_session().await;
}

#[tokio::test]
async fn what_synapse_forgets_when_it_stops_is_not_lost() {
    let mut house = House::start().await;
    let nina = house.user("nina").await;
    let room = house.room_with(&nina).await;
    // While one transaction is under way, Synapse keeps what follows in memory only.
    house.memory.stall(true);
    for body in numbered(0, 6) {
        nina.say(&room, &body).await;
    }
    house.stop_synapse().await;
    house.offline().await;
    house.memory.stall(false);
    house.start_synapse().await;
    house.online().await;
    nina.say(&room, "message 6").await;
    assert_eq!(
        house
            .memory
            .hears(&room, 7)
            .await
            .into_iter()
            .map(|(_, words)| words)
            .collect::<Vec<_>>(),
        numbered(0, 7)
    );
    house.stop_session().await;
}
