//! `matrimony status`

use super::print_json;
use crate::cli::JsonFlag;
use crate::control::client::Control;
use crate::control::wire::{Delivery, Login, Status};
use crate::table::Table;
use anyhow::Result;

/// Shows whether everything flows.
pub(crate) async fn run(control: &Control, args: JsonFlag) -> Result<()> {
    let status: Status = control.get("/status").await?;
    if args.json {
        return print_json(&status);
    }
    println!(
        "{}",
        if status.healthy {
            "everything flows"
        } else {
            "something needs attention"
        }
    );
    logins(&status.logins);
    let d = &status.deliveries;
    println!(
        "\n{} events; copies: {} delivered, {} refused, {} skipped",
        status.events, d.delivered, d.refused, d.skipped
    );
    println!(
        "under way: {} due, {} in hand, {} unsure, {} held",
        d.due, d.claimed, d.unsure, d.held
    );
    if d.unsure_repeated > 0 {
        println!(
            "{} copies were repeated without knowing whether the first one arrived",
            d.unsure_repeated
        );
    }
    if let Some(ms) = status.oldest_due_ms {
        println!("the oldest has waited {}.{:03} s", ms / 1000, ms % 1000);
    }
    deliveries(&status.open);
    Ok(())
}

fn logins(logins: &[Login]) {
    let mut table = Table::new(["LOGIN", "NETWORK", "ROLE", "STATE", "NAME", ""]);
    for login in logins {
        let reason = login.reason.clone().unwrap_or_default();
        let name = login.name.clone().unwrap_or_default();
        table.row([
            login.id.to_string(),
            login.network.clone(),
            login.role.clone(),
            login.state.clone(),
            name,
            reason,
        ]);
    }
    print!("\n{table}");
}

fn deliveries(open: &[Delivery]) {
    if open.is_empty() {
        return;
    }
    let mut table = Table::new(["DELIVERY", "PORTAL", "EVENT", "STATE", "TRIED", "REASON"]);
    for d in open {
        let reason = d.reason.clone().unwrap_or_default();
        table.row([
            d.id.to_string(),
            d.portal.to_string(),
            d.seq.to_string(),
            d.state.clone(),
            d.attempts.to_string(),
            reason,
        ]);
    }
    print!("\n{table}");
}
