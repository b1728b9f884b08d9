//! The groups that a login is in, and who is in a chat.

use crate::session::WhatsAppSession;
use crate::{address, outcome};
use matrimony_domain::{ChatKey, Name, PersonKey, Reason};
use matrimony_network::{ChatInfo, MemberInfo, SendError};
use whatsapp_rust::features::{GroupError, GroupMetadata, GroupParticipant};
use whatsapp_rust::{IqError, Jid, Server};

impl WhatsAppSession {
    /// The groups. Direct chats have no list on the server.
    pub(crate) async fn groups(&self) -> Result<Vec<ChatInfo>, SendError> {
        self.ready()?;
        let groups = self
            .client
            .groups()
            .get_participating()
            .await
            .map_err(|error| outcome::of_error(&error))?;
        let mut chats: Vec<ChatInfo> = groups
            .values()
            .filter(|group| !group.is_parent_group)
            .filter_map(chat_info)
            .collect();
        chats.sort_by(|a, b| a.chat.cmp(&b.chat));
        Ok(chats)
    }

    /// The members of a group, or the two people of a direct chat.
    pub(crate) async fn members_of(&self, chat: &ChatKey) -> Result<Vec<MemberInfo>, SendError> {
        let jid = address::chat_jid(chat).ok_or(SendError::Refused(Reason::fixed(
            "this is not the address of a WhatsApp chat",
        )))?;
        if jid.server != Server::Group {
            return Ok(self.direct_members(&jid));
        }
        self.ready()?;
        let group = self
            .client
            .groups()
            .get_metadata(&jid)
            .await
            .map_err(|error| not_in_group(&error))?;
        Ok(group
            .participants
            .iter()
            .filter_map(|participant| self.member(participant))
            .collect())
    }

    fn direct_members(&self, other: &Jid) -> Vec<MemberInfo> {
        let people = address::person(other).into_iter().chain([self.own.clone()]);
        people
            .map(|person| MemberInfo {
                name: self.name_of(&person),
                person,
                alias: None,
            })
            .collect()
    }

    fn member(&self, participant: &GroupParticipant) -> Option<MemberInfo> {
        let (person, alias) = keys(participant)?;
        let name = self
            .name_of(&person)
            .or_else(|| alias.as_ref().and_then(|alias| self.name_of(alias)));
        Some(MemberInfo { person, alias, name })
    }

    fn name_of(&self, person: &PersonKey) -> Option<Name> {
        if *person == self.own {
            return Name::new(&self.client.push_name());
        }
        self.names.of(person)
    }
}

fn chat_info(group: &GroupMetadata) -> Option<ChatInfo> {
    let members = group
        .size
        .and_then(|size| usize::try_from(size).ok())
        .unwrap_or(group.participants.len());
    Some(ChatInfo {
        chat: address::chat(&group.id)?,
        name: Name::new(&group.subject),
        members: Some(members),
    })
}

/// LID first, number second, whichever of the fields they stand in.
fn keys(participant: &GroupParticipant) -> Option<(PersonKey, Option<PersonKey>)> {
    let jids = [
        Some(&participant.jid),
        participant.lid.as_ref(),
        participant.phone_number.as_ref(),
    ];
    let mut jids: Vec<Jid> = jids.into_iter().flatten().filter_map(address::person_jid).collect();
    jids.sort_by_key(|jid| !jid.is_lid());
    let mut people = jids.iter().filter_map(address::person);
    let person = people.next()?;
    let alias = people.find(|other| *other != person);
    Some((person, alias))
}

/// The server answers 403 to those outside a group and 404 where there is none.
fn not_in_group(error: &GroupError) -> SendError {
    match error {
        GroupError::Iq(IqError::ServerError {
            code: 401 | 403 | 404, ..
        }) => SendError::Refused(Reason::fixed(
            "the login is not in this group; add it with a phone that is, then try again",
        )),
        other => outcome::of_error(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use whatsapp_rust::features::ParticipantType;

    fn participant(jid: &str, lid: Option<&str>, number: Option<&str>) -> GroupParticipant {
        let parse = |text: &str| text.parse().unwrap();
        GroupParticipant {
            jid: parse(jid),
            phone_number: number.map(parse),
            lid: lid.map(parse),
            username: None,
            participant_type: ParticipantType::Member,
            details: None,
        }
    }

    #[test]
    fn a_member_is_keyed_by_lid_wherever_it_stands() {
        let (lid, number) = ("900000000000002@lid", "15550100002@s.whatsapp.net");
        for (given, expect) in [
            (participant(lid, None, Some(number)), (lid, Some(number))),
            (participant(number, Some(lid), None), (lid, Some(number))),
            (participant(number, None, Some(number)), (number, None)),
            (participant(lid, None, None), (lid, None)),
        ] {
            let (person, alias) = keys(&given).unwrap();
            assert_eq!(
                (person.id.as_str(), alias.as_ref().map(|alias| alias.id.as_str())),
                expect
            );
        }
        assert!(keys(&participant("120363000000000001@g.us", None, None)).is_none());
    }

    #[test]
    fn a_group_that_we_are_not_in_names_the_cure() {
        let answer = |code| {
            GroupError::Iq(IqError::ServerError {
                code,
                text: "no".into(),
                error_type: None,
                backoff: None,
            })
        };
        for code in [403, 404] {
            let SendError::Refused(reason) = not_in_group(&answer(code)) else {
                panic!("refused")
            };
            assert!(reason.as_str().contains("add it"), "{reason}");
        }
        assert!(matches!(not_in_group(&answer(503)), SendError::Later { .. }));
    }
}
