//! Talking to the bot.

use crate::house::House;
use serde_json::json;

const BOT: &str = "@matrimony:mx.test";

#[tokio::test]
async fn commands_are_answered_and_go_no_further() {
    let mut house = House::start().await;
    let nina = house.user("nina").await;
    let emil = house.user("emil").await;

    let room = nina.invite(BOT, false).await;
    nina.knows(&room, BOT, "Matrimony").await;
    nina.say(&room, "!m unite signal:a with whatsapp:b").await;
    let seen = nina.awaits(&room, 2).await;
    assert_eq!(
        (seen[1].sender.as_str(), &seen[1].content["msgtype"]),
        (BOT, &json!("m.notice"))
    );
    assert_eq!(
        seen[1].body(),
        "@nina:mx.test says in a room: Unite { chats: [\"signal:a\", \"whatsapp:b\"] }"
    );
    nina.say(&room, "!m dance").await;
    assert!(nina.awaits(&room, 4).await[3].body().contains("!m help"));

    let alone = emil.invite(BOT, true).await;
    emil.knows(&alone, BOT, "Matrimony").await;
    emil.say(&alone, "status").await;
    assert_eq!(
        emil.awaits(&alone, 2).await[1].body(),
        "@emil:mx.test says alone: Status"
    );
    emil.say(&alone, "unite a with b").await;
    assert!(emil.awaits(&alone, 4).await[3].body().contains("only admins"));

    let encrypted = json!({ "algorithm": "m.megolm.v1.aes-sha2", "ciphertext": "x", "session_id": "s" });
    nina.send(&room, "m.room.encrypted", &encrypted).await;
    assert!(nina.awaits(&room, 5).await[4].body().contains("encrypted"));
    nina.send(&room, "m.room.encrypted", &json!({ "algorithm": "other" }))
        .await;
    nina.send(&room, "org.example.unknown", &json!({ "a": 1 })).await;
    nina.say(&room, "only this is talk").await;
    let heard = house.memory.hears(&room, 2).await;
    assert_eq!(heard[1], ("nina".to_owned(), "only this is talk".to_owned()));
    assert!(
        heard[0].1.contains("does not know"),
        "an unknown event is recorded: {}",
        heard[0].1
    );
    assert_eq!(nina.sees(&room).await.len(), 6, "the notice about encryption came once");
    assert!(house.memory.heard(&alone).is_empty());
    house.stop_session().await;
}
