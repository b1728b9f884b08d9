//! Which connectors there are, and how each is made from the config.

use crate::config::{Config, Signal};
use crate::data_dir::DataDir;
use matrimony_domain::SystemClock;
use matrimony_network::Network;
use matrimony_network_signal::{Address, Settings as SignalSettings, SignalNetwork, Source};
use matrimony_network_whatsapp::{Settings as WhatsAppSettings, WhatsAppNetwork};
use std::path::PathBuf;
use std::sync::Arc;

/// What the simulation's program changes about the real one. [`Assembly::default`] is the real one.
#[derive(Default)]
pub struct Assembly {
    /// Adapts the WhatsApp connector's settings to another server.
    pub whatsapp: Option<Box<dyn Fn(WhatsAppSettings) -> WhatsAppSettings + Send + Sync>>,
}

impl Assembly {
    /// The connectors that the config enables, but for Matrix, which is the home.
    pub(crate) fn networks(&self, config: &Config, data: &DataDir) -> Vec<Arc<dyn Network>> {
        let mut networks: Vec<Arc<dyn Network>> = Vec::new();
        if config.signal.enabled {
            networks.push(Arc::new(SignalNetwork::new(
                signal(&config.signal, data.signal()),
                Arc::new(SystemClock),
            )));
        }
        if config.whatsapp.enabled {
            let mut settings = WhatsAppSettings::new(data.whatsapp());
            settings.device_name.clone_from(&config.whatsapp.device_name);
            settings.clock = Arc::new(SystemClock);
            let settings = match &self.whatsapp {
                Some(adapt) => adapt(settings),
                None => settings,
            };
            networks.push(Arc::new(WhatsAppNetwork::new(settings)));
        }
        networks
    }
}

fn signal(config: &Signal, state_dir: PathBuf) -> SignalSettings {
    let source = match (&config.socket, config.tcp) {
        (Some(socket), _) => Source::External(Address::Unix(socket.clone())),
        (None, Some(tcp)) => Source::External(Address::Tcp(tcp)),
        (None, None) => Source::Child {
            program: config.command.clone(),
            config_dir: state_dir.join("accounts"),
        },
    };
    SignalSettings { state_dir, source }
}
