//! The main job, shown: people in three apps talk, and what each sees is printed and counted.

mod columns;
mod conversation;
mod tally;
mod world_json;

pub use tally::{Reader, Tally, Written, tally};

use crate::setup::Setup;
use crate::wait;
use crate::world::{Homeserver, Places, RELAY, World};
use anyhow::{Context, Result};
use clap::Parser;
use columns::Columns;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval};

/// How long the last messages may take to arrive before they count as lost.
const ARRIVE_WITHIN: Duration = Duration::from_secs(60);

/// Shows a Signal group, a WhatsApp group and a Matrix room as one conversation.
#[derive(Clone, Debug, Parser)]
#[command(name = "demo")]
pub struct Options {
    /// End after the conversation; fails if a message is missing, doubled or out of order
    #[arg(long)]
    pub once: bool,
    /// How long people talk; without it, once through the script
    #[arg(long, value_name = "N")]
    pub seconds: Option<u64>,
    /// Messages a second, all people together
    #[arg(long, value_name = "N", default_value_t = 2.0)]
    pub rate: f64,
    /// Where everything is kept; emptied first
    #[arg(long, default_value = "target/demo")]
    pub folder: PathBuf,
}

/// Runs the demo. `Ok(false)`: it ran, and something was not as promised.
pub async fn run(options: &Options) -> Result<bool> {
    let setup = Setup::from_env()?;
    let world = start(options, &setup).await?;
    let json = options.folder.join("world.json");
    world_json::write(&world, &json)?;
    let tally = converse(&world, options).await?;
    println!("\n{tally}");
    let memory = world.matrimony()?.resident_kib()?;
    println!(
        "  matrimony holds {:.1} MiB of memory (resident, without Synapse and signal-cli)",
        memory as f64 / 1024.0
    );
    if !options.once {
        stay_up(&world, &json).await?;
    }
    let perfect = tally.is_perfect();
    world.stop().await?;
    Ok(perfect)
}

async fn start(options: &Options, setup: &Setup) -> Result<World> {
    let folder = std::path::absolute(&options.folder)?;
    match std::fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(error).with_context(|| format!("cannot empty {}", folder.display()));
        }
        _ => {}
    }
    let places = Places::new(&folder, &program()?, Homeserver::Managed)?;
    let began = Instant::now();
    let world = World::start(places, setup, &|step| {
        println!("[{:5.1} s] {step}", began.elapsed().as_secs_f32());
    })
    .await?;
    println!("[{:5.1} s] ready\n", began.elapsed().as_secs_f32());
    Ok(world)
}

/// `matrimony-sim` lies beside the program that runs this.
pub fn program() -> Result<PathBuf> {
    let own = std::env::current_exe()?;
    let folder = own.parent().map(Path::to_path_buf).unwrap_or_default();
    let folder = if folder.ends_with("deps") {
        folder.join("..")
    } else {
        folder
    };
    let program = folder.join("matrimony-sim");
    if !program.exists() {
        anyhow::bail!(
            "{} is not there; build it with `cargo build -p matrimony-sim --bins`",
            program.display()
        );
    }
    Ok(program)
}

/// Everybody who should see what others write.
pub fn readers(world: &World) -> Vec<Reader> {
    let reader = |person: &crate::world::Person| Reader {
        name: person.name.clone(),
        side: person.app.network(),
        screen: person.screen.clone(),
    };
    world.people().iter().map(reader).collect()
}

async fn converse(world: &World, options: &Options) -> Result<Tally> {
    let readers = readers(world);
    let columns = Columns::for_terminal(terminal_width());
    println!("{}", columns.headings(&readers));
    let count = match options.seconds {
        Some(seconds) => ((seconds as f64 * options.rate).ceil() as usize).max(1),
        None => conversation::ONCE_THROUGH,
    };
    let mut pace = interval(Duration::from_secs_f64(1.0 / options.rate.clamp(0.01, 1000.0)));
    pace.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let (mut written, mut shown) = (Vec::new(), 0);
    for number in 1..=count {
        pace.tick().await;
        let (author, words) = conversation::line(number);
        let side = world.person(author).app.network();
        written.push(Written {
            number,
            author: author.into(),
            side,
            at: Instant::now(),
        });
        world
            .say(author, &words)
            .await
            .with_context(|| format!("{author} could not write"))?;
        shown += print_arrived(&columns, &written[shown..], &readers);
    }
    let all_there = async || written.iter().all(|message| arrived(message, &readers)).then_some(());
    let complete = wait::until("all messages arrive", ARRIVE_WITHIN, all_there).await;
    for message in &written[shown..] {
        println!("{}", columns.message(message, &readers));
    }
    if let Err(late) = complete {
        println!("{late}");
    }
    Ok(tally(&written, &readers, &[RELAY.to_owned()]))
}

/// Prints, in order, the messages that everybody has; answers how many.
fn print_arrived(columns: &Columns, waiting: &[Written], readers: &[Reader]) -> usize {
    let arrived: Vec<&Written> = waiting.iter().take_while(|message| arrived(message, readers)).collect();
    for message in &arrived {
        println!("{}", columns.message(message, readers));
    }
    arrived.len()
}

fn arrived(message: &Written, readers: &[Reader]) -> bool {
    let others = readers.iter().filter(|reader| reader.name != message.author);
    others
        .map(|reader| reader.screen.with(&message.token()))
        .all(|lines| !lines.is_empty())
}

fn terminal_width() -> usize {
    std::env::var("COLUMNS")
        .ok()
        .and_then(|columns| columns.parse().ok())
        .unwrap_or(120)
}

async fn stay_up(world: &World, json: &Path) -> Result<()> {
    println!("\n{}", world_json::how_to_join(world, json));
    tokio::signal::ctrl_c()
        .await
        .context("the system does not let us wait for Ctrl-C")?;
    println!("stopping");
    Ok(())
}
