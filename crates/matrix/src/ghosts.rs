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
use std::collections::HashSet;
use std::sync::{Arc, Mutex};

/// The one device of each of our users.
const DEVICE: &str = "MATRIMONY";

/// Makes our users when they are first needed.
pub(crate) struct Ghosts {
    client: Arc<Client>,
    vault: Arc<dyn Vault>,
    /// Users that exist. The vault knows them too, so that a restart costs nothing.
    known: Mutex<HashSet<OwnedUserId>>,
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

    /// Sees to it that the user exists, with its device. A new one gets the name as its profile's; later names are a
    /// matter of [each room](crate::rooms::Rooms::ensure_inside), and a changed profile would overwrite them there.
    pub(crate) async fn ensure(&self, user: &UserId, name: &Name) -> Result<(), CallError> {
        if self.is_known(user).await {
            return Ok(());
        }
        self.make(user).await?;
        let field = ProfileFieldValue::DisplayName(name.reveal().to_owned());
        self.client
            .call(user, set_profile_field::v3::Request::new(user.to_owned(), field))
            .await?;
        self.cache(user);
        // Without it the user is made again after a restart, which changes nothing.
        let _ = self.vault.put(&key(user), KNOWN).await;
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

    async fn is_known(&self, user: &UserId) -> bool {
        if self.known.lock().expect("no holder panics").contains(user) {
            return true;
        }
        let stored = self.vault.get(&key(user)).await;
        let known = stored.is_ok_and(|stored| stored.as_deref() == Some(KNOWN));
        if known {
            self.cache(user);
        }
        known
    }

    fn cache(&self, user: &UserId) {
        let mut known = self.known.lock().expect("no holder panics");
        if known.len() >= limits::GHOSTS {
            known.clear();
        }
        known.insert(user.to_owned());
    }
}

/// What the vault says of a user that exists.
const KNOWN: &[u8] = b"made";

fn key(user: &UserId) -> String {
    format!("ghost/{user}")
}
