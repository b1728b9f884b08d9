//! Set-up: what tests and demo need besides Rust, from package registries only.
//!
//! Each thing to install is a [`Piece`]: a folder in the [`Store`], named by what it is made of, so that a new pin
//! makes a new folder and clones of different age do not disturb each other. Python and Node are looked for first and
//! everything that is missing is told at once, before anything is downloaded.

mod java;
mod missing;
mod node;
mod piece;
mod progress;
mod python;
mod ready;
mod run;
mod signal_rig;
mod space;
mod store;
mod synapse;
mod tools;
mod trouble;
mod version;

use std::ffi::OsString;

use anyhow::Result;

use crate::project::Project;
use missing::Missing;
use piece::Piece;
pub(crate) use ready::Ready;
use store::Store;
use tools::Tool;

/// Something that a task cannot do without.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// The homeserver.
    Synapse,
    /// What signal-cli runs on.
    Java,
    /// signal-cli and Signal's mock server.
    SignalRig,
    /// The test runner.
    CargoNextest,
    /// The licence check.
    CargoDeny,
}

impl Need {
    /// What a developer needs for every task.
    pub(crate) const ALL: [Self; 5] = [
        Self::Synapse,
        Self::Java,
        Self::SignalRig,
        Self::CargoNextest,
        Self::CargoDeny,
    ];
}

/// Prepares what is needed and says where it is. Takes no time when all is there; two runs at once wait for each other;
/// a run that is interrupted leaves nothing that a later one would take for complete.
pub(crate) fn prepare(project: &Project, needs: &[Need]) -> Result<Ready> {
    let pieces = pieces(project, needs, &std::env::var_os("PATH").unwrap_or_default())?;
    let store = Store::open()?;
    store.complete(&pieces)?;
    let mut ready = Ready::default();
    for piece in &pieces {
        ready.add(piece.places(&store.folder(piece.as_ref()))?);
    }
    ready.write(project)?;
    Ok(ready)
}

/// The pieces behind the needs, or all that is missing to make them.
fn pieces(project: &Project, needs: &[Need], path: &OsString) -> Result<Vec<Box<dyn Piece>>> {
    let tools: Vec<Tool> = needs.iter().filter_map(|need| Tool::for_need(*need)).collect();
    let absent_tools: Vec<Tool> = tools.into_iter().filter(|tool| !tool.is_on(path)).collect();
    let needs_python = needs.contains(&Need::Synapse) || needs.contains(&Need::Java);
    let needs_node = needs.contains(&Need::SignalRig);

    let mut missing = Vec::new();
    let python = (needs_python || !absent_tools.is_empty()).then(|| python::find(path));
    let node = needs_node.then(|| node::find(path));
    let python = take(python, needs_python, &mut missing);
    let node = take(node, needs_node, &mut missing);
    if !missing.is_empty() {
        return Err(missing::report(&missing));
    }

    let mut pieces: Vec<Box<dyn Piece>> = Vec::new();
    if let Some(python) = &python {
        if needs.contains(&Need::Synapse) {
            pieces.push(Box::new(synapse::Synapse { python: python.clone() }));
        }
        if needs.contains(&Need::Java) {
            pieces.push(Box::new(java::Java { python: python.clone() }));
        }
    }
    if let Some(node) = node {
        pieces.push(Box::new(signal_rig::SignalRig::new(project, node)?));
    }
    pieces.extend(absent_tools.into_iter().map(|tool| tool.piece(python.clone())));
    Ok(pieces)
}

/// What was found, or a note that it is missing where that matters.
fn take<T>(found: Option<Result<T, Missing>>, required: bool, missing: &mut Vec<Missing>) -> Option<T> {
    match found? {
        Ok(found) => Some(found),
        Err(absent) => {
            if required {
                missing.push(absent);
            }
            None
        }
    }
}
