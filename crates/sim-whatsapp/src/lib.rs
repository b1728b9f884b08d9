//! A WhatsApp server on the wire, with the phones of invented people: what tests, the demo and other clients connect
//! to in place of WhatsApp.
//!
//! Two halves in one process. The *relay* speaks the protocol: WebSocket, Noise, binary stanzas, accounts, devices,
//! key bundles, groups and a queue per device. It never decrypts a message. *Phones* are the primary devices of all
//! accounts: they sign companions in, send and read messages with Signal state of their own, and show what they read.
//!
//! It knows nothing of Matrimony, and a client needs nothing of it but an address and the root key of its certificate
//! chain: any client that speaks the protocol can join.
//!
//! Start at [`SimWhatsApp::start`]; make people with [`SimWhatsApp::add_phone`], link a client by handing its QR text
//! to [`SimWhatsApp::scan_qr`], type with [`SimWhatsApp::send_text`], and read with [`SimWhatsApp::wait_for`]. Faults
//! (lost answers, cut connections, refused logins, garbled messages, [`SimWhatsApp::pause`]) come on request only.
//! The same controls are served over HTTP; the README has examples.
//!
//! ```
//! # use std::time::Duration;
//! # use matrimony_sim_whatsapp::{NewGroup, NewPhone, Options, SimWhatsApp};
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> anyhow::Result<()> {
//! let sim = SimWhatsApp::start(Options::default()).await?;
//! let dora = sim.add_phone(NewPhone::named("dora"))?.number;
//! let emil = sim.add_phone(NewPhone::named("emil"))?.number;
//! let group = sim.create_group(&NewGroup {
//!     creator: dora.clone(),
//!     subject: "Garden".to_owned(),
//!     members: vec![emil.clone()],
//! })?;
//! let id = sim.send_text(&dora, &group.id, "The beans are up").await?;
//! let shown = sim.wait_for(&emil, 0, Duration::from_secs(10), |shown| shown.id == id).await?;
//! assert_eq!((shown.sender.name.as_str(), shown.text.as_deref()), ("dora", Some("The beans are up")));
//! sim.stop().await;
//! # Ok(())
//! # }
//! ```

mod clock;
mod controls;
mod entropy;
mod http;
mod limits;
mod phone;
mod relay;
mod server;
mod wire;

pub use controls::{ControlError, DeviceInfo, Draft, Farewell, GroupInfo, GroupMember, NewGroup, NewPhone, PhoneInfo};
pub use http::describe;
pub use phone::screen::{Person, Shown};
pub use relay::faults::{AckFault, LoginRefusal};
pub use relay::groups::addressing::Addressing;
pub use relay::journal::{Direction, LogEntry};
pub use relay::pairing::PairingError;
pub use server::{Options, SimWhatsApp, StartError};
pub use wire::noise::Pattern as Handshake;
