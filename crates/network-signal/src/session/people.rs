//! Groups, members and names.

use super::SignalSession;
use crate::answer::{NOT_A_MEMBER, of_read};
use crate::keys::{self, Aci, Target};
use crate::limits::READ_CALL;
use crate::rpc::{CallError, Rpc};
use crate::wire::{Address, Contact, Group};
use matrimony_domain::Name;
use matrimony_network::{ChatInfo, MemberInfo, SendError};
use serde_json::json;
use std::collections::HashMap;

impl SignalSession {
    /// The groups that the account is in.
    pub(super) async fn list_chats(&self) -> Result<Vec<ChatInfo>, SendError> {
        let groups = self.groups().await?;
        let joined = groups.into_iter().filter(|group| group.is_member);
        Ok(joined
            .map(|group| ChatInfo {
                chat: keys::group_chat(&group.id),
                name: group.name.as_deref().and_then(Name::new),
                members: Some(group.members.len()),
            })
            .collect())
    }

    /// The members of a group, or the two sides of a direct chat.
    pub(super) async fn list_members(&self, target: &Target) -> Result<Vec<MemberInfo>, SendError> {
        let addresses = match target {
            Target::Direct(aci) => [aci, &self.own].map(address).into(),
            Target::Group(id) => self.group(id).await?.members,
        };
        let people = contacts(self.daemon.rpc(), &self.account)
            .await
            .map_err(|e| of_read(&e))?;
        Ok(addresses
            .iter()
            .filter_map(|address| member(address, &people))
            .collect())
    }

    /// Right after an account was linked, before its groups were fetched, signal-cli says "not a member" of groups that
    /// it is in. Its list knows better.
    pub(super) async fn is_member_after_all(&self, target: &Target) -> bool {
        match target {
            Target::Group(id) => self.group(id).await.is_ok(),
            Target::Direct(_) => false,
        }
    }

    /// signal-cli has applied a group's change before it tells of it, so its own list is fresh.
    async fn group(&self, id: &str) -> Result<Group, SendError> {
        let mut groups = self.groups().await?.into_iter();
        let found = groups.find(|group| group.id == id && group.is_member);
        found.ok_or(SendError::Refused(NOT_A_MEMBER))
    }

    async fn groups(&self) -> Result<Vec<Group>, SendError> {
        let params = json!({"account": self.account});
        let groups = self.daemon.rpc().call("listGroups", params, READ_CALL).await;
        groups.map_err(|error| of_read(&error))
    }
}

/// Everyone that an account knows of, itself too, by ACI. Only `allRecipients` has those who merely share a group.
pub(crate) async fn contacts(rpc: &Rpc, account: &str) -> Result<HashMap<String, Contact>, CallError> {
    let params = json!({"account": account, "allRecipients": true});
    let contacts: Vec<Contact> = rpc.call("listContacts", params, READ_CALL).await?;
    Ok(contacts
        .into_iter()
        .filter_map(|contact| Some((contact.uuid.clone()?, contact)))
        .collect())
}

/// The name that others should read: what the person calls themselves. Nicknames and names of the account's own
/// address book come last, because they are the account's private view.
pub(crate) fn name_of(contact: &Contact) -> Option<Name> {
    let profile = contact.profile.as_ref();
    let given = profile
        .and_then(|profile| profile.given_name.as_deref())
        .unwrap_or_default();
    let family = profile
        .and_then(|profile| profile.family_name.as_deref())
        .unwrap_or_default();
    Name::new(&format!("{given} {family}"))
        .or_else(|| Name::new(contact.name.as_deref()?))
        .or_else(|| Name::new(contact.nick_name.as_deref()?))
}

fn address(aci: &Aci) -> Address {
    Address {
        number: None,
        uuid: Some(aci.as_str().to_owned()),
    }
}

fn member(address: &Address, people: &HashMap<String, Contact>) -> Option<MemberInfo> {
    let aci = Aci::parse(address.uuid.as_deref()?)?;
    let contact = people.get(aci.as_str());
    let number = address.number.as_deref().or_else(|| contact?.number.as_deref());
    Some(MemberInfo {
        person: aci.person(),
        alias: number.and_then(keys::alias),
        name: contact.and_then(name_of),
    })
}
