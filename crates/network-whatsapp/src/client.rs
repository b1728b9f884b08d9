//! Building a client of the library.

use crate::settings::Settings;
use crate::store::AccountStore;
use std::sync::Arc;
use whatsapp_rust::store::commands::DeviceCommand;
use whatsapp_rust::store::error::StoreError;
use whatsapp_rust::store::persistence_manager::PersistenceManager;
use whatsapp_rust::wacore::store::DevicePropsOverride;
use whatsapp_rust::waproto::whatsapp::device_props::PlatformType;
use whatsapp_rust::{Client, ClientBuilderError, InboundDurabilityHook, TokioRuntime};

/// A client over the keys in `store`, not connected yet.
pub(crate) async fn build(
    settings: &Settings,
    store: &AccountStore,
    hook: Arc<dyn InboundDurabilityHook>,
) -> Result<Arc<Client>, BuildError> {
    let state = Arc::new(PersistenceManager::new(Arc::new(store.open().await?)).await?);
    state
        .process_command(DeviceCommand::SetDeviceProps(device(&settings.device_name)))
        .await;
    let mut builder = Client::builder()
        .with_runtime(TokioRuntime)
        .with_persistence_manager(state)
        .with_transport_factory_arc(Arc::clone(&settings.transport))
        .with_http_client_arc(Arc::clone(&settings.http))
        .with_inbound_durability_hook_arc(hook)
        // What was said before the login is not ours to relay, and it is large.
        .with_skip_history_sync(true);
    if let Some(version) = settings.version {
        builder = builder.with_version_override(version);
    }
    Ok(builder.build().await?.into_client())
}

/// Whether the keys of a client belong to an account.
pub(crate) fn is_linked(client: &Client) -> bool {
    client.pn().is_some()
}

/// How the device stands in the phone's list.
fn device(name: &str) -> DevicePropsOverride {
    DevicePropsOverride::new()
        .with_os(name)
        .with_platform_type(PlatformType::DESKTOP)
}

/// The client could not be built.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BuildError {
    #[error("the account's keys could not be read")]
    Store(#[from] StoreError),
    #[error("the client could not be built")]
    Client(#[from] ClientBuilderError),
}
