//! `matrimony detach`

use super::print_json;
use crate::cli::DetachArgs;
use crate::control::client::Control;
use crate::control::wire::{Chat, Detach};
use anyhow::Result;

/// Takes a chat off its room.
pub(crate) async fn run(control: &Control, args: DetachArgs) -> Result<()> {
    let chat: Chat = control.post("/detach", &Detach { chat: args.chat }).await?;
    if args.json {
        return print_json(&chat);
    }
    let name = chat
        .name
        .as_deref()
        .unwrap_or("(no name)")
        .replace(char::is_control, " ");
    println!(
        "detached {name} ({}:{}); what is said there stays there",
        chat.network, chat.id
    );
    Ok(())
}
