//! The Signal connector. It speaks to signal-cli, the field's headless Signal client, over JSON-RPC, and is the only
//! place that has Signal's words.
//!
//! signal-cli cannot be acknowledged: it forgets a message once it has written it. What it writes therefore goes into
//! files that outlive both of us, the *spool*, and every session hands over from there and moves its cursor after the
//! ledger has committed. So a `kill -9` of either process repeats messages at worst, and the ledger knows repeats.
//!
//! One signal-cli, the *daemon*, serves all accounts. It is our child, or somebody else's at an address. It runs while
//! a session or a login holds a lease on it.
//!
//! The crate refuses to know the ledger, rooms, other networks, and Signal's own protocol: keys and cryptography are
//! signal-cli's. Signal gives messages their timestamp as id, so a send without an answer is *unsure*, never repeated
//! in here.
//!
//! Start with [`SignalNetwork`], then `session` (an account at work), `decode` and `answer` (what signal-cli's words
//! mean), `daemon` and `spool`.

mod answer;
mod backoff;
mod daemon;
mod decode;
mod encode;
mod keys;
mod limits;
mod lines;
mod login;
mod network;
mod rpc;
mod session;
mod settings;
mod spool;
mod wire;

pub use network::SignalNetwork;
pub use settings::{Address, Settings, Source};
