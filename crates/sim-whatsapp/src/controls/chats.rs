//! Groups, as phones make and change them.

use serde::{Deserialize, Serialize};

use crate::controls::{ControlError, account_of, person, refused};
use crate::phone::screen::Person;
use crate::relay::accounts::AccountId;
use crate::relay::groups::addressing::Addressing;
use crate::relay::groups::model::Group;
use crate::relay::groups::verbs::{MemberChange, change_members, create, set_subject};
use crate::relay::state::State;
use crate::server::SimWhatsApp;

/// A group to make.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewGroup {
    /// The phone that makes it, and its first admin.
    pub creator: String,
    /// Its name.
    pub subject: String,
    /// Numbers or LIDs of the other members.
    #[serde(default)]
    pub members: Vec<String>,
}

/// A group as the server knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupInfo {
    /// Its id: the part of its address before `@g.us`.
    pub id: String,
    /// Its address.
    pub jid: String,
    /// Its name.
    pub subject: String,
    /// By which addresses it names its members.
    pub addressing: Addressing,
    /// Its members, in the order of their joining.
    pub members: Vec<GroupMember>,
}

/// One member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupMember {
    /// Who it is.
    #[serde(flatten)]
    pub person: Person,
    /// Whether they may change who is in the group.
    pub admin: bool,
}

impl SimWhatsApp {
    /// Makes a group that names its members by LID; all members' devices are told.
    ///
    /// # Errors
    /// A phone that does not exist.
    pub fn create_group(&self, new: &NewGroup) -> Result<GroupInfo, ControlError> {
        self.create_group_by(new, Addressing::Lid)
    }

    /// Like [`SimWhatsApp::create_group`], with members named by these addresses.
    ///
    /// # Errors
    /// A phone that does not exist.
    pub fn create_group_by(&self, new: &NewGroup, addressing: Addressing) -> Result<GroupInfo, ControlError> {
        let state = &mut *self.inner.relay.state();
        let creator = account_of(state, &new.creator)?;
        let members = new.members.iter().map(|member| account_of(state, member));
        let members = members.collect::<Result<Vec<AccountId>, _>>()?;
        let group =
            create(state, creator, &new.subject, &members, addressing).map_err(|refusal| refused(refusal, ""))?;
        Ok(describe(state, &group))
    }

    /// All groups, in the order of their ids.
    #[must_use]
    pub fn groups(&self) -> Vec<GroupInfo> {
        let state = self.inner.relay.state();
        state.groups.values().map(|group| describe(&state, group)).collect()
    }

    /// One group, by id or address.
    ///
    /// # Errors
    /// No such group.
    pub fn group(&self, group: &str) -> Result<GroupInfo, ControlError> {
        let state = self.inner.relay.state();
        find(&state, group).map(|group| describe(&state, group))
    }

    /// Adds people to a group, in the name of its first admin.
    ///
    /// # Errors
    /// No such group or phone.
    pub fn add_members(&self, group: &str, members: &[impl AsRef<str>]) -> Result<GroupInfo, ControlError> {
        self.change(group, MemberChange::Add, members)
    }

    /// Removes people from a group, in the name of its first admin.
    ///
    /// # Errors
    /// No such group or phone.
    pub fn remove_members(&self, group: &str, members: &[impl AsRef<str>]) -> Result<GroupInfo, ControlError> {
        self.change(group, MemberChange::Remove, members)
    }

    /// Renames a group, in the name of its first admin.
    ///
    /// # Errors
    /// No such group.
    pub fn rename_group(&self, group: &str, subject: &str) -> Result<GroupInfo, ControlError> {
        let state = &mut *self.inner.relay.state();
        let (id, admin) = administration(state, group)?;
        set_subject(state, admin, &id, subject).map_err(|refusal| refused(refusal, group))?;
        find(state, &id).map(|group| describe(state, group))
    }

    fn change(
        &self,
        group: &str,
        change: MemberChange,
        members: &[impl AsRef<str>],
    ) -> Result<GroupInfo, ControlError> {
        let state = &mut *self.inner.relay.state();
        let (id, admin) = administration(state, group)?;
        let users = members
            .iter()
            .map(|member| account_of(state, member.as_ref()).map(|account| state.accounts.get(account).lid.clone()))
            .collect::<Result<Vec<String>, _>>()?;
        change_members(state, admin, &id, change, &users).map_err(|refusal| refused(refusal, group))?;
        find(state, &id).map(|group| describe(state, group))
    }
}

fn find<'a>(state: &'a State, group: &str) -> Result<&'a Group, ControlError> {
    let id = group.trim_end_matches("@g.us");
    state
        .groups
        .get(id)
        .ok_or_else(|| ControlError::NoSuchGroup(group.to_owned()))
}

/// A group's id, and in whose name it is changed.
fn administration(state: &State, group: &str) -> Result<(String, AccountId), ControlError> {
    let group = find(state, group)?;
    let admin = group.first_admin().ok_or(ControlError::Forbidden)?;
    Ok((group.id.clone(), admin))
}

fn describe(state: &State, group: &Group) -> GroupInfo {
    let members = group.members.iter().map(|member| GroupMember {
        person: person(state.accounts.get(member.account)),
        admin: group.is_admin(member.account),
    });
    GroupInfo {
        id: group.id.clone(),
        jid: group.jid().to_string(),
        subject: group.subject.clone(),
        addressing: group.addressing,
        members: members.collect(),
    }
}
