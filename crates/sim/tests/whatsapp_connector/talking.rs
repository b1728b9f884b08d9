//! Words go both ways.

use crate::rig::{Rig, chat, direct, key, say, say_text};
use matrimony_domain::{Mark, NetworkKind, PersonKey, Text};
use matrimony_network::SendError;
use matrimony_sim_whatsapp::{Addressing, NewPhone};

#[tokio::test(flavor = "multi_thread")]
async fn a_group_hears_us_and_we_hear_it() {
    let rig = Rig::start().await;
    let group = rig.group();
    let running = rig.running().await;
    rig.sim
        .send_text(&rig.dora.number, &group.id, "the *beans* are up")
        .await
        .unwrap();
    let heard = running.inbox.read("the beans are up").await;
    assert_eq!(heard.chat, group);
    assert_eq!(heard.sender.person.id, format!("{}@lid", rig.dora.lid));
    assert_eq!(
        heard.sender.alias.unwrap().id,
        format!("{}@s.whatsapp.net", rig.dora.number)
    );
    assert_eq!(heard.sender.name.unwrap().reveal(), "dora");

    let mut text = Text::plain("alice: well done");
    text.mark(0..5, Mark::Bold);
    let sent = running.session.perform(&key(1), &say_text(&group, text)).await.unwrap();
    assert_eq!(Some(sent.remote_id), running.session.chosen_id(&key(1)));
    for phone in [&rig.dora, &rig.emil] {
        let shown = rig.read_on(phone, "*alice*: well done").await;
        assert_eq!(
            (shown.chat, shown.sender.lid),
            (group.id.clone(), rig.relay.lid.clone())
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_that_names_its_members_by_number_is_a_group_all_the_same() {
    let rig = Rig::start().await;
    let group = rig.group_by(Addressing::Pn);
    let running = rig.running().await;
    for (phone, words) in [(&rig.dora, "the oldest group of all"), (&rig.emil, "and still at it")] {
        rig.sim.send_text(&phone.number, &group.id, words).await.unwrap();
        let heard = running.inbox.read(words).await;
        assert_eq!(heard.chat, group);
        assert_eq!(heard.sender.person.id, format!("{}@lid", phone.lid));
        assert_eq!(
            heard.sender.alias.unwrap().id,
            format!("{}@s.whatsapp.net", phone.number)
        );
    }
    rig.sim
        .send_text(&rig.relay.number, &group.id, "typed by hand")
        .await
        .unwrap();
    let typed = running.inbox.read("typed by hand").await;
    assert_eq!(
        (typed.chat, typed.sender.person.id),
        (group.clone(), format!("{}@lid", rig.relay.lid))
    );

    let members = running.session.members(&group).await.unwrap();
    let mut members: Vec<_> = members.into_iter().map(|member| member.person.id).collect();
    members.sort_unstable();
    let mut everybody = [&rig.relay, &rig.dora, &rig.emil].map(|phone| format!("{}@lid", phone.lid));
    everybody.sort_unstable();
    assert_eq!(members, everybody);

    for (number, words) in [(1, "hello"), (2, "hello again")] {
        running
            .session
            .perform(&key(number), &say(&group, words))
            .await
            .unwrap();
        for phone in [&rig.dora, &rig.emil] {
            let shown = rig.read_on(phone, words).await;
            assert_eq!(
                (shown.chat, shown.sender.lid),
                (group.id.clone(), rig.relay.lid.clone())
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_direct_chat_has_one_key_both_ways() {
    let rig = Rig::start().await;
    let running = rig.running().await;
    running
        .session
        .perform(&key(1), &say(&direct(&rig.dora), "hello dora"))
        .await
        .unwrap();
    rig.read_on(&rig.dora, "hello dora").await;
    rig.sim
        .send_text(&rig.dora.number, &rig.relay.number, "hello relay")
        .await
        .unwrap();
    assert_eq!(running.inbox.read("hello relay").await.chat, direct(&rig.dora));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_direct_chat_by_lid_has_the_same_key_as_one_by_number() {
    let relay = NewPhone {
        lid_chats: true,
        ..NewPhone::named("relay")
    };
    let rig = Rig::start_with(relay).await;
    let running = rig.running().await;
    running
        .session
        .perform(&key(1), &say(&direct(&rig.dora), "hello dora"))
        .await
        .unwrap();
    rig.read_on(&rig.dora, "hello dora").await;
    rig.sim
        .send_text(&rig.dora.number, &rig.relay.number, "hello relay")
        .await
        .unwrap();
    let heard = running.inbox.read("hello relay").await;
    assert_eq!(
        (heard.chat, heard.sender.person.id),
        (direct(&rig.dora), format!("{}@lid", rig.dora.lid))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn two_groups_do_not_wait_for_each_other() {
    let rig = Rig::start().await;
    let (garden, boat) = (rig.group(), rig.group());
    let running = rig.running().await;
    let (first, second) = (key(1), key(2));
    let (first_words, second_words) = (say(&garden, "in the garden"), say(&boat, "in the boat"));
    let (one, two) = tokio::join!(
        running.session.perform(&first, &first_words),
        running.session.perform(&second, &second_words)
    );
    assert_ne!(one.unwrap().remote_id, two.unwrap().remote_id);
    rig.read_on(&rig.emil, "in the garden").await;
    assert_eq!(rig.read_on(&rig.emil, "in the boat").await.chat, boat.id);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mention_reaches_the_person() {
    let rig = Rig::start().await;
    let group = rig.group();
    let running = rig.running().await;
    let mut text = Text::plain("look, @dora");
    text.mark(
        6..11,
        Mark::Mention(PersonKey::new(NetworkKind::WhatsApp, format!("{}@lid", rig.dora.lid))),
    );
    running.session.perform(&key(1), &say_text(&group, text)).await.unwrap();
    rig.read_on(&rig.dora, &format!("look, @{}", rig.dora.lid)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_typed_on_our_own_phone_is_ours() {
    let rig = Rig::start().await;
    let group = rig.group();
    let running = rig.running().await;
    rig.sim
        .send_text(&rig.relay.number, &group.id, "typed by hand")
        .await
        .unwrap();
    let typed = running.inbox.read("typed by hand").await;
    assert_eq!(
        (typed.chat, typed.sender.person.id),
        (group.clone(), format!("{}@lid", rig.relay.lid))
    );
    // Once someone has written, it is known which LID belongs to the number that the phone sends to.
    rig.sim
        .send_text(&rig.dora.number, &rig.relay.number, "hello")
        .await
        .unwrap();
    running.inbox.read("hello").await;
    rig.sim
        .send_text(&rig.relay.number, &rig.dora.number, "to dora by hand")
        .await
        .unwrap();
    assert_eq!(running.inbox.read("to dora by hand").await.chat, direct(&rig.dora));
}

#[tokio::test(flavor = "multi_thread")]
async fn order_holds_both_ways() {
    let rig = Rig::start().await;
    let group = rig.group();
    let running = rig.running().await;
    let numbers: Vec<String> = (0..20).map(|number| format!("message {number}")).collect();
    for words in &numbers {
        rig.sim.send_text(&rig.dora.number, &group.id, words).await.unwrap();
    }
    running.inbox.read("message 19").await;
    assert_eq!(running.inbox.words(), numbers);
    for (number, words) in (1..).zip(&numbers) {
        running
            .session
            .perform(&key(number), &say(&group, words))
            .await
            .unwrap();
    }
    rig.read_from(&rig.emil, &rig.relay, "message 19").await;
    let shown = rig.sim.shown(&rig.emil.number, 0).unwrap();
    let ours: Vec<_> = shown
        .into_iter()
        .filter(|shown| shown.sender.lid == rig.relay.lid)
        .filter_map(|shown| shown.text)
        .collect();
    assert_eq!(ours, numbers);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_address_of_ours_is_refused() {
    let rig = Rig::start().await;
    let running = rig.running().await;
    let refused = running.session.perform(&key(1), &say(&chat("nowhere"), "x")).await;
    assert!(matches!(refused, Err(SendError::Refused(_))), "{refused:?}");
}
