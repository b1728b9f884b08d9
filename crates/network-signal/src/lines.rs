//! Bytes into lines.

/// Cuts a stream of bytes at line feeds. Keeps at most `longest` bytes of a line; a longer one is passed over and told.
pub(crate) struct Lines {
    bytes: Vec<u8>,
    /// How far `bytes` was searched for a line feed.
    searched: usize,
    longest: usize,
    /// Bytes of a line that is too long and already dropped.
    dropped: u64,
}

/// One line, without its end, and how many bytes it took from the stream.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// `None`: it was too long.
    pub(crate) bytes: Option<Vec<u8>>,
    /// Length in the stream, line feed included.
    pub(crate) taken: u64,
}

impl Lines {
    pub(crate) fn new(longest: usize) -> Self {
        Self {
            bytes: Vec::new(),
            searched: 0,
            longest,
            dropped: 0,
        }
    }

    /// Adds what was read.
    pub(crate) fn push(&mut self, read: &[u8]) {
        self.bytes.extend_from_slice(read);
    }

    /// The next whole line.
    pub(crate) fn next(&mut self) -> Option<Line> {
        let found = self.bytes[self.searched..].iter().position(|byte| *byte == b'\n');
        let Some(found) = found else {
            self.searched = self.bytes.len();
            self.drop_if_too_long();
            return None;
        };
        let end = self.searched + found;
        let rest = self.bytes.split_off(end + 1);
        let mut bytes = std::mem::replace(&mut self.bytes, rest);
        bytes.pop();
        self.searched = 0;
        let dropped = std::mem::take(&mut self.dropped);
        let taken = dropped + bytes.len() as u64 + 1;
        if bytes.last() == Some(&b'\r') {
            bytes.pop();
        }
        let whole = dropped == 0 && bytes.len() <= self.longest;
        Some(Line {
            bytes: whole.then_some(bytes),
            taken,
        })
    }

    /// Forgets a line that has begun.
    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.searched = 0;
        self.dropped = 0;
    }

    fn drop_if_too_long(&mut self) {
        if self.bytes.len() > self.longest {
            self.dropped += self.bytes.len() as u64;
            self.bytes.clear();
            self.searched = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(lines: &mut Lines) -> Vec<Option<Vec<u8>>> {
        std::iter::from_fn(|| lines.next()).map(|line| line.bytes).collect()
    }

    #[test]
    fn a_line_may_come_in_pieces() {
        let mut lines = Lines::new(100);
        lines.push(b"one\ntw");
        assert_eq!(all(&mut lines), [Some(b"one".to_vec())]);
        lines.push(b"o\r\n\n");
        assert_eq!(all(&mut lines), [Some(b"two".to_vec()), Some(Vec::new())]);
    }

    #[test]
    fn a_line_that_is_too_long_is_told_and_passed_over() {
        let mut lines = Lines::new(4);
        lines.push(b"123456");
        assert!(lines.next().is_none());
        lines.push(b"789\nok\n");
        let long = lines.next().unwrap();
        assert_eq!((long.bytes, long.taken), (None, 10));
        assert_eq!(all(&mut lines), [Some(b"ok".to_vec())]);
    }

    #[test]
    fn what_was_taken_adds_up() {
        let stream = b"a\r\nbb\n\nccc\nrest";
        let mut lines = Lines::new(2);
        let mut taken = 0;
        for piece in stream.chunks(3) {
            lines.push(piece);
            taken += std::iter::from_fn(|| lines.next()).map(|line| line.taken).sum::<u64>();
        }
        assert_eq!(taken, stream.len() as u64 - 4);
    }
}
