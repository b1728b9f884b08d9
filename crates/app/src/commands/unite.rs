//! `matrimony unite`

use super::{print_json, rooms};
use crate::cli::UniteArgs;
use crate::control::client::Control;
use crate::control::wire::{Room, Unite};
use anyhow::Result;

/// Makes one room of two or more chats.
pub(crate) async fn run(control: &Control, args: UniteArgs) -> Result<()> {
    let wanted = Unite {
        chats: args.chats,
        name: args.name,
        invite: args.invite,
    };
    let room: Room = control.post("/unite", &wanted).await?;
    if args.json {
        return print_json(&room);
    }
    rooms::print(&room);
    Ok(())
}
