//! `matrimony link`

use crate::cli::LinkCommand;
use crate::control::client::Control;
use crate::control::wire::{Link, LinkAnswer, LinkBegun, LinkStep};
use crate::qr;
use anyhow::{Context, Result, bail};
use matrimony_domain::NetworkKind;
use std::io::BufRead;

/// Links an account: shows each step until it is done. Ctrl-C gives up, and the phone is told nothing more.
pub(crate) async fn run(control: &Control, command: LinkCommand) -> Result<()> {
    let (network, method, phone, json) = match command {
        LinkCommand::Signal(args) => (NetworkKind::Signal, "qr", None, args.json),
        LinkCommand::Whatsapp { args, phone: None } => (NetworkKind::WhatsApp, "qr", None, args.json),
        LinkCommand::Whatsapp { args, phone } => (NetworkKind::WhatsApp, "pair-code", phone, args.json),
    };
    let wanted = Link {
        network: network.to_string(),
        method: method.into(),
    };
    let LinkBegun { link } = control.post("/links", &wanted).await?;
    let steps = follow(control, link, phone, network, json);
    tokio::select! {
        ended = steps => ended,
        _ = tokio::signal::ctrl_c() => {
            control.delete(&format!("/links/{link}")).await?;
            bail!("given up; nothing was linked")
        }
    }
}

async fn follow(control: &Control, link: u64, phone: Option<String>, network: NetworkKind, json: bool) -> Result<()> {
    // A number on the command line answers one question; if it is asked again, the number was not taken.
    let mut given = phone.map(Some);
    loop {
        let step: LinkStep = control.get(&format!("/links/{link}/next")).await?;
        if json {
            println!("{}", serde_json::to_string(&step)?);
        } else {
            show(&step, network)?;
        }
        match step {
            LinkStep::Ask { prompt } => {
                let answer = match &mut given {
                    Some(number) => number.take(),
                    None => read_line().await?,
                };
                let Some(text) = answer else {
                    control.delete(&format!("/links/{link}")).await?;
                    bail!("nothing was linked: {prompt}");
                };
                let _: serde_json::Value = control
                    .post(&format!("/links/{link}/answer"), &LinkAnswer { text })
                    .await?;
            }
            LinkStep::Done { .. } => return Ok(()),
            LinkStep::Failed { reason } => bail!("{} was not linked: {reason}", network.label()),
            LinkStep::ShowQr { .. } | LinkStep::ShowCode { .. } | LinkStep::Wait { .. } => {}
        }
    }
}

fn show(step: &LinkStep, network: NetworkKind) -> Result<()> {
    match step {
        LinkStep::ShowQr { text, .. } => {
            let code = qr::terminal(text).context("the code is too long to be shown")?;
            println!(
                "{code}\nOn the phone, open {}, Settings, Linked devices, and scan this.",
                network.label()
            );
        }
        LinkStep::ShowCode { code, .. } => {
            println!(
                "On the phone, open {}, Settings, Linked devices, Link with phone number, and type:\n\n    {code}\n",
                network.label()
            );
        }
        LinkStep::Ask { prompt } => println!("{prompt}"),
        LinkStep::Wait { what } => println!("{what} ..."),
        LinkStep::Done { login, name } => {
            println!(
                "linked {} as login {login}{}",
                network.label(),
                name.as_deref().map(|n| format!(" ({n})")).unwrap_or_default()
            );
        }
        LinkStep::Failed { .. } => {}
    }
    Ok(())
}

/// A line of standard input; `None` at its end.
async fn read_line() -> Result<Option<String>> {
    let read = || {
        let mut line = String::new();
        std::io::stdin().lock().read_line(&mut line).map(|_| line)
    };
    let line = tokio::task::spawn_blocking(read)
        .await?
        .context("standard input cannot be read")?;
    Ok((!line.is_empty()).then(|| line.trim().to_owned()))
}
