use super::*;
use matrimony_domain::NetworkKind;

const OWN: &str = "900000000000009@lid";

fn jid(text: &str) -> Jid {
    text.parse().unwrap()
}

fn key(id: &str) -> PersonKey {
    PersonKey::new(NetworkKind::WhatsApp, id)
}

fn info(chat: &str, sender: &str, alt: Option<&str>) -> MessageInfo {
    MessageInfo {
        id: "3EB0AA".into(),
        source: MessageSource {
            chat: jid(chat),
            sender: jid(sender),
            sender_alt: alt.map(jid),
            ..Default::default()
        },
        ..Default::default()
    }
}

/// `learnt` is what the library knows beside the stanza.
#[track_caller]
fn check(info: &MessageInfo, learnt: Option<&str>, expect: (&str, &str, Option<&str>, &str)) {
    let lid = stanza_lid(correspondent(&info.source)).or(learnt.map(jid));
    let placed = place(info, &key(OWN), lid.as_ref()).unwrap();
    let (chat, person, alias, remote_id) = expect;
    assert_eq!(placed.chat.id, chat);
    assert_eq!(placed.person.id, person);
    assert_eq!(placed.alias.as_ref().map(|alias| alias.id.as_str()), alias);
    assert_eq!(placed.remote_id.0, remote_id);
}

#[test]
fn people_are_keyed_by_lid_with_the_number_as_alias() {
    let (lid, number) = ("900000000000002@lid", "15550100002@s.whatsapp.net");
    let by_lid = "3EB0AA/900000000000002@lid";
    let group = "120363000000000001@g.us";
    let both = (group, lid, Some(number), by_lid);
    check(
        &info(group, "900000000000002:3@lid", Some("15550100002:3@s.whatsapp.net")),
        None,
        both,
    );
    check(&info(group, number, Some(lid)), None, both);
    check(&info(group, lid, None), None, (group, lid, None, by_lid));
    check(&info(number, number, Some(lid)), None, (lid, lid, Some(number), by_lid));
    check(&info(lid, lid, Some(number)), None, (lid, lid, Some(number), by_lid));
}

#[test]
fn an_id_does_not_change_when_more_is_learnt() {
    let number = "15550100002@s.whatsapp.net";
    let by_number = "3EB0AA/15550100002@s.whatsapp.net";
    let stanza = info(number, number, None);
    check(&stanza, None, (number, number, None, by_number));
    let lid = "900000000000002@lid";
    check(&stanza, Some(lid), (lid, lid, Some(number), by_number));
}

#[test]
fn what_our_own_phone_sends_is_from_us() {
    let mut typed = info("120363000000000001@g.us", "15550100009@s.whatsapp.net", None);
    typed.source.is_from_me = true;
    typed.source.sender_alt = Some(jid(OWN));
    let ours = format!("3EB0AA/{OWN}");
    check(&typed, None, ("120363000000000001@g.us", OWN, None, &ours));
    let (lid, number) = ("900000000000002@lid", "15550100002@s.whatsapp.net");
    typed.source.chat = jid(number);
    check(&typed, None, (number, OWN, None, &ours));
    check(&typed, Some(lid), (lid, OWN, None, &ours));
    typed.source.recipient_alt = Some(jid(lid));
    check(&typed, None, (lid, OWN, None, &ours));
}

#[test]
fn a_group_has_no_address_but_its_own() {
    let group = jid("120363000000000001@g.us");
    assert_eq!(stanza_lid((&group, Some(&jid("900000000000002@lid")))), None);
}

#[test]
fn stories_lists_and_channels_are_no_conversation() {
    for chat in [
        "status@broadcast",
        "15550100002@broadcast",
        "120363000000000002@newsletter",
    ] {
        assert!(
            is_no_conversation(&info(chat, "900000000000002@lid", None).source),
            "{chat}"
        );
    }
    assert!(!is_no_conversation(&info("1@g.us", "900000000000002@lid", None).source));
}

#[test]
fn a_chat_without_an_address_has_no_place() {
    let broken = MessageInfo::default();
    assert_eq!(place(&broken, &key(OWN), None), None);
}
