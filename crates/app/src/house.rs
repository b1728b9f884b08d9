//! What runs while `up` runs, for those who answer people: the control socket and the bot.

use crate::admins::Admins;
use crate::control::wire::{NewUser, UserMade};
use crate::home;
use anyhow::{Result, bail};
use matrimony_domain::NetworkKind;
use matrimony_matrix::Homeserver;
use matrimony_network::SessionHealth;
use matrimony_service::{LoginStatus, Service};
use std::sync::Arc;
use std::time::Duration;

/// How often, and how many times, the homeserver is looked at before we give up: a minute in all.
const LOOK: Duration = Duration::from_millis(200);
const LOOKS: u32 = 300;

/// The service, and what it does not know: the homeserver's users and who may command.
#[derive(Clone)]
pub(crate) struct House {
    /// The bridge.
    pub service: Service,
    /// Where rooms are.
    pub homeserver: Homeserver,
    /// Who may command.
    pub admins: Arc<Admins>,
}

impl House {
    /// Makes a user on the managed homeserver, and an admin of them if asked to.
    pub(crate) async fn add_user(&self, new: NewUser) -> Result<UserMade> {
        self.homeserver_answers().await?;
        let made = home::add_user(&self.homeserver, &new).await?;
        if new.admin {
            self.admins.add(&made.user).await?;
        }
        Ok(made)
    }

    /// Waits for a homeserver that is still starting, as it is right after `up`.
    async fn homeserver_answers(&self) -> Result<()> {
        let mut looks = tokio::time::interval(LOOK);
        for _ in 0..LOOKS {
            looks.tick().await;
            let logins = self.service.status().await?.logins;
            let online = |login: &LoginStatus| {
                login.network == NetworkKind::Matrix && login.health == Some(SessionHealth::Online)
            };
            if logins.iter().any(online) {
                return Ok(());
            }
        }
        bail!("the homeserver does not answer; `matrimony status` tells why");
    }
}
