//! Messages in and out.

use crate::support::{Bench, GROUP, SOON, body};
use anyhow::{Context, Result};
use matrimony_domain::{ChatKey, Mark, NetworkKind, PersonKey, Text};
use matrimony_network::SendError;
use matrimony_sim::signal_rig::{Event, Wanted};
use serde_json::json;

/// What a phone got.
async fn got(bench: &Bench, phone: &str, text: &str) -> Result<Event> {
    let wanted = Wanted {
        phone: Some(phone.to_owned()),
        text: Some(text.to_owned()),
        timeout_ms: u64::try_from(SOON.as_millis())?,
        ..Wanted::default()
    };
    bench.rig.wait(&wanted).await
}

#[tokio::test]
async fn what_a_member_writes_arrives_with_name_marks_and_mention() -> Result<()> {
    let bench = Bench::start().await?;
    let online = bench.online().await?;
    let timestamp = bench.rig.send_text("alice", GROUP, "ahoy").await?;
    let ahoy = online.inbox.has("ahoy").await?;
    assert_eq!(ahoy.chat, bench.group);
    assert_eq!(ahoy.sender.name.as_ref().context("no name")?.reveal(), "alice");
    assert!(ahoy.sender.alias.is_some());
    assert_eq!(ahoy.remote_id.0, format!("{timestamp}/{}", ahoy.sender.person.id));

    let words = json!({"from": "bob", "group": GROUP, "text": "hey \u{fffc} bold",
        "mentions": [{"start": 4, "length": 1, "who": "alice"}], "styles": [{"start": 6, "length": 4, "style": 1}]});
    bench.rig.send(words).await?;
    let hey = online.inbox.has("hey @someone bold").await?;
    let matrimony_domain::InboundBody::Message(matrimony_domain::Content::Text(text)) = &hey.body else {
        anyhow::bail!("not a text")
    };
    let marks: Vec<_> = text
        .spans
        .iter()
        .map(|span| (&text.body[span.range.clone()], &span.mark))
        .collect();
    assert_eq!(
        marks,
        [("@someone", &Mark::Mention(ahoy.sender.person)), ("bold", &Mark::Bold)]
    );
    online.stop().await?;
    Ok(())
}

#[tokio::test]
async fn what_we_send_is_on_the_phones_with_styles_and_mentions() -> Result<()> {
    let bench = Bench::start().await?;
    let online = bench.online().await?;
    let status = bench.rig.status().await?;
    let bob = status
        .phones
        .iter()
        .find(|phone| phone.name == "bob")
        .context("no bob")?;
    let mut text = Text::plain("dora: see @bob");
    text.mark(0..4, Mark::Bold);
    text.mark(
        10..14,
        Mark::Mention(PersonKey::new(NetworkKind::Signal, bob.aci.as_str())),
    );
    text.sort();
    let sent = online.send(&bench.group, text).await?;
    assert!(sent.remote_id.0.ends_with(&online.linked.person.id));

    for phone in ["alice", "bob"] {
        let event = got(&bench, phone, "dora: see \u{fffc}").await?;
        assert_eq!(event.from.as_deref(), Some("relay"));
        let ranges = event.content["dataMessage"]["bodyRanges"].to_string();
        assert!(ranges.contains("BOLD") && ranges.contains(&bob.aci), "{ranges}");
    }
    // To one person, and a text of the greatest length in one piece.
    let direct = ChatKey::new(NetworkKind::Signal, format!("u:{}", bob.aci));
    let long = "é".repeat(online.session.capabilities(&direct).text_bytes / 2);
    online.send(&direct, Text::plain(long.as_str())).await?;
    got(&bench, "bob", &long).await?;
    online.stop().await?;
    Ok(())
}

#[tokio::test]
async fn what_the_account_types_on_its_own_phone_arrives_and_what_we_send_does_not() -> Result<()> {
    let bench = Bench::start().await?;
    let online = bench.online().await?;
    online.send(&bench.group, Text::plain("a copy")).await?;
    bench.rig.send_text("relay", GROUP, "by hand").await?;
    let by_hand = online.inbox.has("by hand").await?;
    assert_eq!(by_hand.sender.person, online.linked.person);
    assert_eq!(by_hand.chat, bench.group);
    assert_eq!(online.inbox.texts(), ["by hand"]);
    online.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_long_text_arrives_whole() -> Result<()> {
    let bench = Bench::start().await?;
    let online = bench.online().await?;
    let long = format!("begin {} end", "waves and ".repeat(500));
    // As the apps do it: the beginning as the text, the whole as a file.
    let path = bench.folder().join("long.txt");
    std::fs::write(&path, &long)?;
    let file = json!({"path": path, "contentType": "text/x-signal-plain"});
    bench
        .rig
        .send(json!({"from": "alice", "group": GROUP, "text": &long[..2000], "attachments": [file]}))
        .await?;
    let whole = online.inbox.has(&long).await?;
    assert_eq!(body(&whole).map(str::len), Some(long.len()));
    online.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_group_that_the_account_is_not_in_is_refused_with_the_cure() -> Result<()> {
    let bench = Bench::start().await?;
    let online = bench.online().await?;
    let strange = ChatKey::new(NetworkKind::Signal, "g:AAAA5UOaRV3JMREC7MPEuLMM9Z6xwERkvTgDv1sYtuA=");
    let foreign = ChatKey::new(NetworkKind::WhatsApp, "120363000000000001@g.us");
    for chat in [&strange, &foreign] {
        for outcome in [
            online.send(chat, Text::plain("hello")).await.err(),
            online.session.members(chat).await.err(),
        ] {
            let Some(SendError::Refused(reason)) = outcome else {
                anyhow::bail!("{outcome:?}")
            };
            assert!(reason.as_str().contains(';'), "no cure: {reason}");
        }
    }
    // And one that it is thrown out of while it is bridged.
    bench
        .rig
        .update_group("alice", GROUP, json!({"remove": ["relay"]}))
        .await?;
    let refused = matrimony_sim::wait::until("the send is refused", SOON, async || {
        online.send(&bench.group, Text::plain("still there?")).await.err()
    });
    let SendError::Refused(reason) = refused.await? else {
        anyhow::bail!("not refused")
    };
    assert!(reason.as_str().contains("member"), "{reason}");
    online.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_changed_group_is_told() -> Result<()> {
    let bench = Bench::start().await?;
    let online = bench.online().await?;
    bench.rig.send_text("alice", GROUP, "first").await?;
    online.inbox.has("first").await?;
    let before = *online.inbox.changed.borrow();
    bench
        .rig
        .update_group("alice", GROUP, json!({"newTitle": "Rowing club"}))
        .await?;
    let mut changed = online.inbox.changed.subscribe();
    tokio::time::timeout(SOON, changed.wait_for(|now| *now > before))
        .await
        .context("no change was told")??;
    let chats = online.session.chats().await?;
    assert_eq!(chats[0].name.as_ref().context("no name")?.reveal(), "Rowing club");
    online.stop().await?;
    Ok(())
}
