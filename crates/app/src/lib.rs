//! The program `matrimony`: command line, config, lifecycle. Everything it does with rooms it asks of the service.
//!
//! [`main_with`] is the whole program; the binary calls it with the real networks, the simulation's binary with an
//! [`Assembly`] that talks to simulators. `up` runs everything in one process and answers the other commands on a
//! socket in the data directory ([`control`]).
//!
//! This crate knows which backends and connectors exist and wires them together; nothing else does.

pub mod control;
pub mod tls;

mod admins;
mod assembly;
mod cli;
mod commands;
mod config;
mod data_dir;
mod entropy;
mod home;
mod house;
mod panics;
mod qr;
mod select;
mod steward;
mod stop;
mod table;
mod telemetry;
mod tokens;

pub use assembly::Assembly;

use clap::Parser as _;
use cli::{Cli, Command};
use config::Config;
use control::client::Control;
use std::process::ExitCode;

/// Does what the command line says. Errors go to standard error, with what is wrong and the cure.
pub fn main_with(assembly: &Assembly) -> ExitCode {
    panics::tell_places_only();
    match run(Cli::parse(), assembly) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("matrimony: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli, assembly: &Assembly) -> anyhow::Result<()> {
    let file = config::path(cli.config.as_deref())?;
    if let Command::Config(command) = cli.command {
        return commands::config::run(&file, command);
    }
    let config = Config::read(&file)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let done = runtime.block_on(perform(cli.command, &config, assembly));
    // Not waited for: a thread that reads the terminal, or a library's download, has nothing to lose.
    runtime.shutdown_background();
    done
}

async fn perform(command: Command, config: &Config, assembly: &Assembly) -> anyhow::Result<()> {
    let control = || Control::of(&config.data_dir);
    match command {
        Command::Config(_) => Ok(()), // done before the config was read
        Command::Up => commands::up::run(config, assembly).await,
        Command::Registration => commands::registration::run(config),
        Command::Link(what) => commands::link::run(&control()?, what).await,
        Command::Chats(args) => commands::chats::run(&control()?, args).await,
        Command::Unite(args) => commands::unite::run(&control()?, args).await,
        Command::Detach(args) => commands::detach::run(&control()?, args).await,
        Command::Rooms(args) => commands::rooms::run(&control()?, args).await,
        Command::Status(args) => commands::status::run(&control()?, args).await,
        Command::User(what) => commands::user::run(&control()?, what).await,
    }
}
