//! The whole system as processes: real Synapse, signal-cli and WhatsApp client, in outages and under SIGKILL.

mod apart;
mod bad_input;
mod conversation;
mod killed;
mod release_graph;
mod support;
