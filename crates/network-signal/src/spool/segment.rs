//! The files of the spool.

use super::Position;
use rustix::fs::FallocateFlags;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// One file of lines.
pub(super) struct Segment {
    pub(super) number: u64,
    path: PathBuf,
    length: u64,
    on_disk: u64,
}

impl Segment {
    /// How much of the disk it takes: less than its length once its beginning was given back.
    pub(super) fn on_disk(&self) -> u64 {
        self.on_disk
    }
}

/// The name of a segment.
pub(super) fn path(folder: &Path, number: u64) -> PathBuf {
    folder.join(format!("receive-{number:08}.jsonl"))
}

/// The segments, oldest first.
pub(super) fn list(folder: &Path) -> io::Result<Vec<Segment>> {
    let mut segments = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let Some(number) = name.to_str().and_then(number_of) else {
            continue;
        };
        let metadata = match entry.metadata() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            other => other?,
        };
        segments.push(Segment {
            number,
            path: entry.path(),
            length: metadata.len(),
            on_disk: metadata.blocks() * 512,
        });
    }
    segments.sort_by_key(|segment| segment.number);
    Ok(segments)
}

fn number_of(name: &str) -> Option<u64> {
    name.strip_prefix("receive-")?.strip_suffix(".jsonl")?.parse().ok()
}

/// Gives back what lies before `floor`, except for the last `keep` bytes before the end of the spool. The newest
/// segment has a writer, which only appends: it stays, with a hole at its beginning where the file system can do that.
pub(super) fn trim(segments: &[Segment], floor: Position, keep: u64) -> io::Result<()> {
    let mut behind = 0;
    for (at, segment) in segments.iter().enumerate().rev() {
        let newest = at + 1 == segments.len();
        let passed = match segment.number.cmp(&floor.segment) {
            std::cmp::Ordering::Less => segment.length,
            std::cmp::Ordering::Equal => floor.offset.min(segment.length),
            std::cmp::Ordering::Greater => 0,
        };
        if !newest && passed == segment.length && behind >= keep {
            fs::remove_file(&segment.path)?;
        } else if newest {
            punch(segment, passed.min(segment.length.saturating_sub(keep)))?;
        }
        behind += segment.length;
    }
    Ok(())
}

fn punch(segment: &Segment, until: u64) -> io::Result<()> {
    if until == 0 {
        return Ok(());
    }
    let file = fs::OpenOptions::new().write(true).open(&segment.path)?;
    let hole = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
    match rustix::fs::fallocate(&file, hole, 0, until) {
        // Then the segment goes when it is not the newest any more.
        Err(rustix::io::Errno::OPNOTSUPP) => Ok(()),
        other => Ok(other?),
    }
}
