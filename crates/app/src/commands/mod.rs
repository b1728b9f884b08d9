//! The verbs of the command line, a file each.

pub(crate) mod chats;
pub(crate) mod config;
pub(crate) mod detach;
pub(crate) mod link;
pub(crate) mod registration;
pub(crate) mod rooms;
pub(crate) mod status;
pub(crate) mod unite;
pub(crate) mod up;
pub(crate) mod user;

use serde::Serialize;

/// Prints a value as JSON, for other programs.
fn print_json(value: &impl Serialize) -> anyhow::Result<()> {
    println!("{}", serde_json::to_string_pretty(value)?);
    Ok(())
}
