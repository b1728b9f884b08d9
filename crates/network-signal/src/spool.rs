//! What signal-cli received and we have not handed over yet, in files that survive us.
//!
//! signal-cli cannot be acknowledged: it forgets a message once it has written it. So it writes into a file, and the
//! kernel keeps that file when we are killed in the middle. A child gets a new *segment* as its standard output at each
//! start; where signal-cli is not our child, its notifications are appended here before anything else happens to them.
//! Each session reads all segments in order, passes over the lines of other accounts and moves its own *cursor*; what
//! every cursor has passed is given back to the disk.
//!
//! A cursor is written without a sync: one that is older than the truth only repeats lines, and the ledger knows them.

mod segment;
mod tail;
#[cfg(test)]
mod tests;

pub(crate) use tail::{Piece, Tail};

use crate::limits::{SPOOL_KEEP, SPOOL_MOST};
use matrimony_domain::LoginId;
use segment::Segment;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A place in the spool: a segment and an offset in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Position {
    pub(crate) segment: u64,
    pub(crate) offset: u64,
}

/// The folder of segments and cursors.
pub(crate) struct Spool {
    folder: PathBuf,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    cursors: BTreeMap<LoginId, Position>,
    /// Logins that have a session in this process.
    open: BTreeSet<LoginId>,
    /// The segment that [`Spool::append`] writes.
    writing: Option<fs::File>,
    /// Up to where the disk has been given back.
    trimmed: Position,
}

impl Spool {
    /// Opens the folder, or makes it, readable for nobody else.
    pub(crate) fn open(folder: &Path) -> io::Result<Self> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        let state = State {
            cursors: read_cursors(folder)?,
            ..State::default()
        };
        Ok(Self {
            folder: folder.to_owned(),
            state: Mutex::new(state),
        })
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// A new segment, for appending. The writer of the one before must be gone: readers move on when they see this one.
    pub(crate) fn begin_segment(&self) -> io::Result<fs::File> {
        let newest = segment::list(&self.folder)?.last().map_or(0, |last| last.number);
        let path = segment::path(&self.folder, newest + 1);
        fs::OpenOptions::new()
            .create_new(true)
            .append(true)
            .mode(0o600)
            .open(path)
    }

    /// Appends one line. When this returns the kernel has it.
    pub(crate) fn append(&self, line: &[u8]) -> io::Result<()> {
        let mut state = self.state();
        let full = match &state.writing {
            Some(file) => file.metadata()?.len() > SPOOL_KEEP,
            None => true,
        };
        if full {
            state.writing = Some(self.begin_segment()?);
        }
        let mut whole = Vec::with_capacity(line.len() + 1);
        whole.extend_from_slice(line);
        whole.push(b'\n');
        let written = state.writing.as_mut().map_or(Ok(()), |file| file.write_all(&whole));
        if written.is_err() {
            // Half a line may be there; the next one goes to a segment of its own.
            state.writing = None;
        }
        written
    }

    /// Where a login's session reads on.
    pub(crate) fn cursor(&self, login: LoginId) -> Position {
        let mut state = self.state();
        state.open.insert(login);
        *state.cursors.entry(login).or_default()
    }

    /// A login has handed over everything before `position`.
    pub(crate) fn advance(&self, login: LoginId, position: Position) -> io::Result<()> {
        let mut state = self.state();
        state.cursors.insert(login, position);
        write_cursor(&self.folder, login, position)?;
        self.trim(&mut state)
    }

    /// A login will not come back: its cursor holds nothing any more.
    pub(crate) fn forget(&self, login: LoginId) -> io::Result<()> {
        let mut state = self.state();
        state.open.remove(&login);
        state.cursors.remove(&login);
        match fs::remove_file(cursor_path(&self.folder, login)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Whether a login is the one that reports lines which belong to no account.
    pub(crate) fn reports_strays(&self, login: LoginId) -> bool {
        self.state().open.first() == Some(&login)
    }

    /// Gives back what every cursor has passed, except for the last [`SPOOL_KEEP`] bytes.
    fn trim(&self, state: &mut State) -> io::Result<()> {
        let slowest = state.cursors.values().min().copied().unwrap_or_default();
        let worth = slowest.segment > state.trimmed.segment || slowest.offset > state.trimmed.offset + 2 * SPOOL_KEEP;
        if !worth {
            return Ok(());
        }
        let segments = segment::list(&self.folder)?;
        let floor = if segments.iter().map(Segment::on_disk).sum::<u64>() > SPOOL_MOST {
            let open = state.open.iter().filter_map(|login| state.cursors.get(login));
            open.min().copied().unwrap_or_default()
        } else {
            slowest
        };
        segment::trim(&segments, floor, SPOOL_KEEP)?;
        state.trimmed = floor;
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn cursor_path(folder: &Path, login: LoginId) -> PathBuf {
    folder.join(format!("cursor-{login}"))
}

/// Writes aside and renames, so that a reader never sees half of it.
fn write_cursor(folder: &Path, login: LoginId, position: Position) -> io::Result<()> {
    let path = cursor_path(folder, login);
    let aside = path.with_extension("new");
    fs::write(&aside, format!("{} {}\n", position.segment, position.offset))?;
    fs::rename(aside, path)
}

fn read_cursors(folder: &Path) -> io::Result<BTreeMap<LoginId, Position>> {
    let mut cursors = BTreeMap::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let login = name
            .to_str()
            .and_then(|name| name.strip_prefix("cursor-")?.parse().ok());
        if let Some(login) = login {
            cursors.insert(LoginId(login), read_cursor(&fs::read(entry.path())?));
        }
    }
    Ok(cursors)
}

/// A cursor that says nothing, torn by a power cut, begins again: that only repeats lines.
fn read_cursor(bytes: &[u8]) -> Position {
    let text = String::from_utf8_lossy(bytes);
    let parsed = text.trim().split_once(' ').and_then(|(segment, offset)| {
        Some(Position {
            segment: segment.parse().ok()?,
            offset: offset.parse().ok()?,
        })
    });
    parsed.unwrap_or_default()
}
