//! `matrimony chats`

use super::print_json;
use crate::cli::ChatsArgs;
use crate::control::client::Control;
use crate::control::wire::Chat;
use crate::table::Table;
use anyhow::Result;
use matrimony_domain::NetworkKind;

/// Lists the chats that the linked accounts are in.
pub(crate) async fn run(control: &Control, args: ChatsArgs) -> Result<()> {
    let path = match args.network {
        Some(network) => format!("/chats?network={}", NetworkKind::from(network)),
        None => "/chats".into(),
    };
    let chats: Vec<Chat> = control.get(&path).await?;
    if args.json {
        return print_json(&chats);
    }
    if chats.is_empty() {
        println!("no chats: link an account with `matrimony link signal` or `matrimony link whatsapp`");
        return Ok(());
    }
    let mut table = Table::new(["NETWORK", "NAME", "MEMBERS", "ROOM", "ID"]);
    for chat in chats {
        table.row([
            chat.network,
            chat.name.unwrap_or_else(|| "(no name)".into()),
            chat.members.map(|n| n.to_string()).unwrap_or_default(),
            chat.room.map(|id| id.to_string()).unwrap_or_default(),
            chat.id,
        ]);
    }
    print!("{table}");
    Ok(())
}
