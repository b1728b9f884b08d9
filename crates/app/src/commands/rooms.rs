//! `matrimony rooms`

use super::print_json;
use crate::cli::JsonFlag;
use crate::control::client::Control;
use crate::control::wire::Room;
use crate::table::Table;
use anyhow::Result;

/// Lists the rooms and what hangs on them.
pub(crate) async fn run(control: &Control, args: JsonFlag) -> Result<()> {
    let rooms: Vec<Room> = control.get("/rooms").await?;
    if args.json {
        return print_json(&rooms);
    }
    if rooms.is_empty() {
        println!("no rooms yet: `matrimony chats` lists chats, `matrimony unite` makes one room of them");
    }
    for room in rooms {
        print(&room);
    }
    Ok(())
}

/// Prints one room with its portals.
pub(crate) fn print(room: &Room) {
    println!("room {}: {}", room.id, room.name.replace(char::is_control, " "));
    let mut table = Table::new(["  PORTAL", "NETWORK", "NAME", "RELAY", "CHAT"]);
    for portal in &room.portals {
        table.row([
            format!("  {}", portal.id),
            portal.network.clone(),
            portal.name.clone().unwrap_or_else(|| "(no name)".into()),
            format!("login {}", portal.relay),
            portal.chat.clone(),
        ]);
    }
    print!("{table}");
}
