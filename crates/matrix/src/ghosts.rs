//! The users that we speak as: ghosts, and the bot.

use crate::client::{CallError, Client};
use crate::limits;
use matrimony_domain::Name;
use matrimony_network::Vault;
use ruma::api::client::account::register;
use ruma::api::client::device::update_device;
use ruma::api::client::profile::set_profile_field;
use ruma::profile::ProfileFieldValue;
use ruma::{DeviceId, OwnedUserId, UserId};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

/// The one device of each of our users.
const DEVICE: &str = "MATRIMONY";

/// Makes our users when they are first needed, and keeps their names current.
pub(crate) struct Ghosts {
    client: Arc<Client>,
    vault: Arc<dyn Vault>,
    /// Users that exist, with the name that they have. The vault has them too, so that a restart costs nothing.
    known: Mutex<HashMap<OwnedUserId, String>>,
}

impl Ghosts {
    pub(crate) fn new(client: Arc<Client>, vault: Arc<dyn Vault>) -> Self {
        Self {
            client,
            vault,
            known: Mutex::default(),
        }
    }

    /// The device that every send names.
    pub(crate) fn device() -> &'static DeviceId {
        DEVICE.into()
    }

    /// Sees to it that the user exists, with its device and this name.
    pub(crate) async fn ensure(&self, user: &UserId, name: &Name) -> Result<(), CallError> {
        match self.known_name(user).await {
            Some(known) if known == name.reveal() => return Ok(()),
            Some(_) => {}
            None => self.make(user).await?,
        }
        let field = ProfileFieldValue::DisplayName(name.reveal().to_owned());
        self.client
            .call(user, set_profile_field::v3::Request::new(user.to_owned(), field))
            .await?;
        self.remember(user, name).await;
        Ok(())
    }

    /// Believes nothing about the user any more: the homeserver has refused what should have worked.
    pub(crate) async fn forget(&self, user: &UserId) {
        self.known.lock().expect("no holder panics").remove(user);
        // Left in the vault, it would only cost one more refusal after a restart.
        let _ = self.vault.put(&key(user), &[]).await;
    }

    async fn make(&self, user: &UserId) -> Result<(), CallError> {
        let mut request = register::v3::Request::new();
        request.username = Some(user.localpart().to_owned());
        request.login_type = Some(register::LoginType::ApplicationService);
        request.inhibit_login = true;
        match self.client.call(user, request).await {
            Ok(_) => {}
            Err(error) if error.is("M_USER_IN_USE") => {}
            Err(error) => return Err(error),
        }
        let mut device = update_device::v3::Request::new(Self::device().to_owned());
        device.display_name = Some("Matrimony".to_owned());
        self.client.call(user, device).await?;
        Ok(())
    }

    async fn known_name(&self, user: &UserId) -> Option<String> {
        let cached = self.known.lock().expect("no holder panics").get(user).cloned();
        if cached.is_some() {
            return cached;
        }
        let stored = self.vault.get(&key(user)).await.ok().flatten()?;
        let name = String::from_utf8(stored).ok().filter(|name| !name.is_empty())?;
        self.cache(user, &name);
        Some(name)
    }

    async fn remember(&self, user: &UserId, name: &Name) {
        self.cache(user, name.reveal());
        // Without it the user is made again after a restart, which changes nothing.
        let _ = self.vault.put(&key(user), name.reveal().as_bytes()).await;
    }

    fn cache(&self, user: &UserId, name: &str) {
        let mut known = self.known.lock().expect("no holder panics");
        if known.len() >= limits::GHOSTS {
            known.clear();
        }
        known.insert(user.to_owned(), name.to_owned());
    }
}

fn key(user: &UserId) -> String {
    format!("ghost/{user}")
}
