//! The socket by which the other commands reach `up`: HTTP with JSON over a Unix socket that only this user can open.

pub mod client;
pub mod wire;

mod failure;
mod links;
pub(crate) mod render;
pub(crate) mod server;
