//! Reads the spool on from a cursor.

use super::{Position, Spool, segment};
use crate::limits::{LINE_BYTES, SPOOL_READ};
use crate::lines::Lines;
use rustix::fs::SeekFrom;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

/// One reader of the spool.
pub(crate) struct Tail {
    spool: Arc<Spool>,
    /// Where the line begins that comes next.
    at: Position,
    /// How far the file was read.
    read: u64,
    file: Option<File>,
    lines: Lines,
}

/// A line of the spool and the place behind it.
pub(crate) struct Piece {
    /// `None`: too long to be kept.
    pub(crate) line: Option<Vec<u8>>,
    pub(crate) end: Position,
}

impl Tail {
    pub(crate) fn new(spool: Arc<Spool>, at: Position) -> Self {
        Self {
            spool,
            at,
            read: at.offset,
            file: None,
            lines: Lines::new(LINE_BYTES),
        }
    }

    /// The next whole line, or `None` if there is none yet: the last line may still be on its way. Reads from files
    /// that were just written, so it does not wait for a disk.
    pub(crate) fn next(&mut self) -> io::Result<Option<Piece>> {
        loop {
            if let Some(line) = self.lines.next() {
                self.at.offset += line.taken;
                return Ok(Some(Piece {
                    line: line.bytes,
                    end: self.at,
                }));
            }
            // Whether a newer segment is there must be known before the end of this one is seen: its writer is gone
            // by then, so an end seen after that is the last.
            let newer = self.newer()?;
            if !self.read_on()? {
                match newer {
                    Some(number) => self.enter(number),
                    None => return Ok(None),
                }
            }
        }
    }

    /// The segment after this one.
    fn newer(&self) -> io::Result<Option<u64>> {
        let segments = segment::list(self.spool.folder())?;
        Ok(segments
            .iter()
            .map(|s| s.number)
            .find(|number| *number > self.at.segment))
    }

    /// Moves on. A line without an end is left behind: signal-cli died while it wrote, and writes that message again
    /// when it starts, because it forgets a message only after it has written it.
    fn enter(&mut self, segment: u64) {
        self.at = Position { segment, offset: 0 };
        self.read = 0;
        self.file = None;
        self.lines.clear();
    }

    fn read_on(&mut self) -> io::Result<bool> {
        if self.file.is_none() && !self.open()? {
            return Ok(false);
        }
        let Some(file) = &self.file else { return Ok(false) };
        let mut chunk = vec![0; SPOOL_READ];
        let read = file.read_at(&mut chunk, self.read)?;
        self.read += read as u64;
        self.lines.push(&chunk[..read]);
        Ok(read > 0)
    }

    /// Opens the segment and passes over the hole at its beginning, which is there if the cursor is an old one.
    fn open(&mut self) -> io::Result<bool> {
        let file = match File::open(segment::path(self.spool.folder(), self.at.segment)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            other => other?,
        };
        match rustix::fs::seek(&file, SeekFrom::Data(self.at.offset)) {
            Ok(data) if data > self.at.offset => {
                self.at.offset = data;
                self.read = data;
            }
            _ => {}
        }
        self.file = Some(file);
        Ok(true)
    }
}
