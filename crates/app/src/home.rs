//! The homeserver side of the config: a managed Synapse, or one of the operator's.

use crate::config::{Config, External, Managed};
use crate::control::wire::{NewUser, UserMade};
use crate::{entropy, tokens};
use anyhow::{Context, Result, bail};
use matrimony_matrix::{Address, Appservice, Homeserver, ManagedSettings, ManagedSynapse, Progress, registration};
use std::path::Path;
use std::sync::Arc;
use tracing::info;

/// Gets the homeserver ready: installs and configures a managed one, or finds the tokens for an external one. Starts
/// nothing.
pub(crate) async fn prepare(config: &Config, folder: &Path) -> Result<Homeserver> {
    match (&config.matrix.managed, &config.matrix.external) {
        (Some(managed), _) => managed_synapse(config, managed, folder).await,
        (None, Some(external)) => Ok(Homeserver::External(address(external, folder)?)),
        (None, None) => bail!("the config names no homeserver"),
    }
}

async fn managed_synapse(config: &Config, managed: &Managed, folder: &Path) -> Result<Homeserver> {
    let settings = ManagedSettings {
        folder: folder.join("synapse"),
        server_name: managed
            .server_name
            .as_str()
            .try_into()
            .context("matrix.managed.server_name is no server name")?,
        port: managed.port,
        python: managed.synapse_python.clone(),
        entropy: entropy::bytes(),
    };
    let progress = |step: Progress| info!(detail = step.detail, "{}", step.what);
    let synapse = ManagedSynapse::prepare(&settings, &Appservice::default(), config.matrix.listen, &progress).await?;
    synapse.clear_port().await?;
    Ok(Homeserver::Managed(Arc::new(synapse)))
}

fn address(external: &External, folder: &Path) -> Result<Address> {
    Ok(Address {
        url: external.url.trim_end_matches('/').to_owned(),
        server_name: external
            .server_name
            .as_str()
            .try_into()
            .context("matrix.external.server_name is no server name")?,
        tokens: tokens::load_or_make(folder)?,
    })
}

/// The registration file for an external homeserver.
pub(crate) fn registration_file(config: &Config, folder: &Path) -> Result<String> {
    let Some(external) = &config.matrix.external else {
        bail!("the config has a managed homeserver, which knows us already; a registration is for [matrix.external]");
    };
    Ok(registration(
        &address(external, folder)?,
        &Appservice::default(),
        config.matrix.listen,
    )?)
}

/// Makes a user on the managed homeserver.
pub(crate) async fn add_user(homeserver: &Homeserver, new: &NewUser) -> Result<UserMade> {
    let Homeserver::Managed(synapse) = homeserver else {
        bail!("accounts of an external homeserver are made there, not by matrimony");
    };
    let made_up = new.password.is_none().then(entropy::password);
    let password = new
        .password
        .as_ref()
        .or(made_up.as_ref())
        .context("there is no password")?;
    synapse.register_user(&new.name, password, false).await?;
    let address = synapse.address();
    Ok(UserMade {
        user: format!("@{}:{}", new.name, address.server_name),
        password: made_up,
        homeserver: address.url.clone(),
    })
}
