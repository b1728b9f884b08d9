//! Phones write to each other through the relay, without any companion.

use std::time::Duration;

use matrimony_sim_whatsapp::{ControlError, Draft, NewGroup, NewPhone, Options, Shown, SimWhatsApp};

const DEADLINE: Duration = Duration::from_secs(20);

struct Cast {
    sim: SimWhatsApp,
    dora: String,
    emil: String,
    nina: String,
    garden: String,
}

/// Three phones; dora and emil share a group.
async fn cast() -> Cast {
    let options = Options {
        seed: Some(1),
        ..Options::default()
    };
    let sim = SimWhatsApp::start(options).await.expect("a server on free ports");
    let [dora, emil, nina] =
        ["dora", "emil", "nina"].map(|name| sim.add_phone(NewPhone::named(name)).expect("a phone").number);
    let group = NewGroup {
        creator: dora.clone(),
        subject: "Garden".to_owned(),
        members: vec![emil.clone()],
    };
    let garden = sim.create_group(&group).expect("a group").id;
    Cast {
        sim,
        dora,
        emil,
        nina,
        garden,
    }
}

impl Cast {
    async fn say(&self, from: &str, to: &str, text: &str) -> String {
        self.sim.send_text(from, to, text).await.expect("a sent text")
    }

    async fn sees(&self, phone: &str, id: &str) -> Shown {
        let shown = self.sim.wait_for(phone, 0, DEADLINE, |shown| shown.id == id).await;
        shown.expect("the message on the screen")
    }

    fn texts(&self, phone: &str) -> Vec<String> {
        let shown = self.sim.shown(phone, 0).expect("a screen");
        shown.into_iter().filter_map(|shown| shown.text).collect()
    }
}

#[tokio::test]
async fn a_direct_message_shows_on_both_phones() {
    let cast = cast().await;
    let id = cast.say(&cast.dora, &cast.emil, "hello").await;
    let seen = cast.sees(&cast.emil, &id).await;
    assert_eq!(
        (seen.text.as_deref(), seen.sender.number.as_str()),
        (Some("hello"), cast.dora.as_str())
    );
    assert!(!seen.from_me);
    assert_eq!(seen.chat, format!("{}@lid", seen.sender.lid));
    let own = cast.sees(&cast.dora, &id).await;
    assert!(own.from_me);
    let back = cast.say(&cast.emil, &cast.dora, "hello back").await;
    cast.sees(&cast.dora, &back).await;
    assert_eq!(cast.texts(&cast.dora), ["hello", "hello back"]);
    assert_eq!(cast.texts(&cast.nina), [""; 0]);
    cast.sim.stop().await;
}

#[tokio::test]
async fn a_group_reads_everybody_in_order() {
    let cast = cast().await;
    let mut said = Vec::new();
    for turn in 0..20 {
        let speaker = if turn % 2 == 0 { &cast.dora } else { &cast.emil };
        said.push(format!("turn {turn}"));
        let id = cast.say(speaker, &cast.garden, &said[turn]).await;
        cast.sees(&cast.dora, &id).await;
        assert_eq!(cast.sees(&cast.emil, &id).await.chat, format!("{}@g.us", cast.garden));
    }
    assert_eq!(cast.texts(&cast.dora), said);
    assert_eq!(cast.texts(&cast.emil), said);
    cast.sim.stop().await;
}

#[tokio::test]
async fn who_joins_reads_on_and_who_leaves_does_not() {
    let cast = cast().await;
    let before = cast.say(&cast.dora, &cast.garden, "before nina").await;
    cast.sees(&cast.emil, &before).await;
    cast.sim.add_members(&cast.garden, &[&cast.nina]).expect("nina joins");
    let with = cast.say(&cast.dora, &cast.garden, "welcome nina").await;
    cast.sees(&cast.nina, &with).await;
    let group = cast
        .sim
        .remove_members(&cast.garden, &[&cast.nina])
        .expect("nina leaves");
    assert_eq!(group.members.len(), 2);
    let after = cast.say(&cast.dora, &cast.garden, "after nina").await;
    cast.sees(&cast.emil, &after).await;
    assert_eq!(cast.texts(&cast.nina), ["welcome nina"]);
    let refused = cast.sim.send_text(&cast.nina, &cast.garden, "let me in").await;
    assert!(matches!(refused, Err(ControlError::Forbidden)));
    cast.sim.stop().await;
}

#[tokio::test]
async fn a_garbled_message_is_asked_for_again() {
    let cast = cast().await;
    for to in [&cast.emil, &cast.garden] {
        let first = cast.say(&cast.dora, to, "clear").await;
        cast.sees(&cast.emil, &first).await;
        cast.sim.corrupt_messages(&cast.emil, 0, 1).expect("a fault");
        let id = cast.say(&cast.dora, to, "garbled on the way").await;
        let seen = cast.sees(&cast.emil, &id).await;
        assert_eq!(seen.text.as_deref(), Some("garbled on the way"));
        let next = cast.say(&cast.dora, to, "clear again").await;
        cast.sees(&cast.emil, &next).await;
    }
    let log = cast.sim.stanza_log(0);
    assert_eq!(
        log.iter()
            .filter(|entry| entry.stanza.contains(r#"type="retry""#))
            .count(),
        4
    );
    cast.sim.stop().await;
}

#[tokio::test]
async fn reactions_answers_edits_and_revokes_show_with_their_target() {
    let cast = cast().await;
    let target = cast.say(&cast.dora, &cast.garden, "tomatoes?").await;
    cast.sees(&cast.emil, &target).await;
    let draft = Draft::Reaction {
        react: "🍅".to_owned(),
        target: target.clone(),
    };
    let id = cast
        .sim
        .send(&cast.emil, &cast.garden, draft)
        .await
        .expect("a reaction");
    let seen = cast.sees(&cast.dora, &id).await;
    assert_eq!((seen.kind.as_str(), seen.text.as_deref()), ("reaction", Some("🍅")));
    assert_eq!(seen.target, Some(target.clone()));
    let draft = Draft::Text {
        text: "yes, ripe".to_owned(),
        quote: Some(target.clone()),
    };
    let id = cast.sim.send(&cast.emil, &cast.garden, draft).await.expect("an answer");
    let seen = cast.sees(&cast.dora, &id).await;
    assert_eq!(
        (seen.text.as_deref(), seen.target.as_ref()),
        (Some("yes, ripe"), Some(&target))
    );
    let draft = Draft::Edit {
        edit: target.clone(),
        text: "tomatoes!".to_owned(),
    };
    let id = cast.sim.send(&cast.dora, &cast.garden, draft).await.expect("an edit");
    let seen = cast.sees(&cast.emil, &id).await;
    assert_eq!((seen.kind.as_str(), seen.text.as_deref()), ("edit", Some("tomatoes!")));
    let revoke = Draft::Revoke { revoke: target.clone() };
    let id = cast
        .sim
        .send(&cast.dora, &cast.garden, revoke.clone())
        .await
        .expect("a revoke");
    let seen = cast.sees(&cast.emil, &id).await;
    assert_eq!((seen.kind.as_str(), seen.target), ("revoke", Some(target)));
    let not_own = cast.sim.send(&cast.emil, &cast.garden, revoke).await;
    assert!(matches!(not_own, Err(ControlError::NoSuchMessage(_))));
    cast.sim.stop().await;
}

#[tokio::test]
async fn many_phones_write_at_once_and_nothing_is_lost() {
    let cast = cast().await;
    cast.sim.add_members(&cast.garden, &[&cast.nina]).expect("nina joins");
    let mut writers = tokio::task::JoinSet::new();
    for phone in [&cast.dora, &cast.emil, &cast.nina] {
        let (sim, phone, garden) = (cast.sim.clone(), phone.clone(), cast.garden.clone());
        writers.spawn(async move {
            for count in 0..30 {
                let sent = sim.send_text(&phone, &garden, &format!("{phone} {count}")).await;
                sent.expect("a sent text");
            }
        });
    }
    while let Some(written) = writers.join_next().await {
        written.expect("a writer without panic");
    }
    for phone in [&cast.dora, &cast.emil, &cast.nina] {
        cast.sim
            .wait_for(phone, 89, DEADLINE, |_| true)
            .await
            .expect("90 messages on the screen");
        let texts = cast.texts(phone);
        assert_eq!(texts.len(), 90);
        for writer in [&cast.dora, &cast.emil, &cast.nina] {
            let theirs: Vec<_> = texts.iter().filter(|text| text.starts_with(writer.as_str())).collect();
            let expected: Vec<_> = (0..30).map(|count| format!("{writer} {count}")).collect();
            assert!(
                theirs.iter().copied().eq(&expected),
                "messages of one writer keep their order"
            );
        }
    }
    cast.sim.stop().await;
}

#[tokio::test]
async fn bad_orders_get_reasons() {
    let cast = cast().await;
    let sim = &cast.sim;
    let taken = NewPhone {
        number: Some(cast.dora.clone()),
        ..NewPhone::named("other dora")
    };
    assert!(matches!(sim.add_phone(taken), Err(ControlError::BadNumber(_))));
    let words = NewPhone {
        number: Some("call me".to_owned()),
        ..NewPhone::named("words")
    };
    assert!(matches!(sim.add_phone(words), Err(ControlError::BadNumber(_))));
    assert!(matches!(
        sim.send_text("15550109999", &cast.emil, "x").await,
        Err(ControlError::NoSuchPhone(_))
    ));
    assert!(matches!(
        sim.send_text(&cast.dora, "15550109999", "x").await,
        Err(ControlError::NoSuchPhone(_))
    ));
    assert!(matches!(
        sim.send_text(&cast.dora, "@@", "x").await,
        Err(ControlError::BadChat(_))
    ));
    assert!(matches!(
        sim.scan_qr(&cast.dora, "nonsense"),
        Err(ControlError::Pairing(_))
    ));
    assert!(matches!(
        sim.enter_code(&cast.dora, "ABCD-EFGH"),
        Err(ControlError::Pairing(_))
    ));
    assert!(matches!(
        sim.corrupt_messages(&cast.dora, 7, 1),
        Err(ControlError::NoSuchDevice(7))
    ));
    assert!(matches!(
        sim.add_members("1", &[""; 0]),
        Err(ControlError::NoSuchGroup(_))
    ));
    cast.sim.stop().await;
}
