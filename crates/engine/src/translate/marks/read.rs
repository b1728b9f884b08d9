//! From marks to a text.

use super::{FENCE, JOINER, Mentioned, QUOTED, can_close, can_open, mark_of};
use crate::translate::bound::{bounded, clean};
use crate::translate::mention::label;
use crate::translate::rewrite::{Edit, rewrite};
use crate::translate::spans::{lines_of, tidy};
use matrimony_domain::{Mark, Text};
use std::collections::HashMap;
use std::ops::Range;

pub(super) fn read(text: &str, mentions: &[Mentioned]) -> Text {
    let raw = Text::plain(clean(text));
    let mut reader = Reader {
        people: mentions
            .iter()
            .map(|mentioned| (mentioned.user.as_str(), mentioned))
            .collect(),
        raw: raw.body.as_str(),
        text: raw.clone(),
        edits: Vec::new(),
        quote: None,
    };
    let mut at = 0;
    while let Some(fence) = next_fence(&raw.body, at) {
        reader.lines(at..fence.start);
        reader.fence(&fence);
        at = fence.end;
    }
    reader.lines(at..raw.body.len());
    reader.end_quote();
    tidy(&bounded(rewrite(&reader.text, reader.edits)))
}

/// The next block between two fences, with them.
fn next_fence(raw: &str, from: usize) -> Option<Range<usize>> {
    let start = from + raw[from..].find(FENCE)?;
    let code = start + FENCE.len();
    let length = raw[code..].find(FENCE).filter(|length| *length > 0)?;
    Some(start..code + length + FENCE.len())
}

struct Reader<'a> {
    people: HashMap<&'a str, &'a Mentioned>,
    raw: &'a str,
    /// The raw text with the marks found so far; the signs are still in it.
    text: Text,
    /// What takes the signs out.
    edits: Vec<Edit>,
    /// The quoted lines that end where the reader is.
    quote: Option<Range<usize>>,
}

impl Reader<'_> {
    fn fence(&mut self, fence: &Range<usize>) {
        let code = &self.raw[fence.start + FENCE.len()..fence.end - FENCE.len()];
        let inner = code.trim_matches('\n');
        let start = fence.end - FENCE.len() - code.trim_start_matches('\n').len();
        let inner = start..start + inner.len();
        let from_line_start = fence.start == 0 || self.raw[..fence.start].ends_with('\n');
        let to_line_end = fence.end == self.raw.len() || self.raw[fence.end..].starts_with('\n');
        let whole_lines = from_line_start && to_line_end;
        self.joiners(inner.clone());
        self.edits.push(Edit::delete(fence.start..inner.start));
        self.edits.push(Edit::delete(inner.end..fence.end));
        self.text
            .mark(inner, if whole_lines { Mark::CodeBlock } else { Mark::Code });
    }

    fn lines(&mut self, part: Range<usize>) {
        for line in lines_of(self.raw, part) {
            let at_line_start = line.start == 0 || self.raw[..line.start].ends_with('\n');
            if at_line_start && self.raw[line.clone()].starts_with(QUOTED) {
                let said = line.start + QUOTED.len();
                self.edits.push(Edit::delete(line.start..said));
                self.quoted(said..line.end);
                self.line(said..line.end);
            } else {
                self.line(line);
            }
        }
    }

    /// Adds a line to the quote of which it is the next line, or begins one.
    fn quoted(&mut self, line: Range<usize>) {
        let before = line.start - QUOTED.len();
        match &mut self.quote {
            Some(quote) if quote.end + 1 == before => quote.end = line.end,
            _ => {
                self.end_quote();
                self.quote = Some(line);
            }
        }
    }

    fn end_quote(&mut self) {
        if let Some(quote) = self.quote.take() {
            self.text.mark(quote, Mark::Quote);
        }
    }

    fn line(&mut self, line: Range<usize>) {
        let mut open: Vec<(char, usize)> = Vec::new();
        let mut at = line.start;
        while let Some(c) = self.raw[at..line.end].chars().next() {
            at = match c {
                '@' => self.mention(at, line.end),
                '`' => self.code(at, line.end),
                '*' | '_' | '~' => self.sign(&mut open, at, c),
                JOINER => {
                    self.edits.push(Edit::delete(at..at + c.len_utf8()));
                    at + c.len_utf8()
                }
                _ => at + c.len_utf8(),
            };
        }
    }

    fn sign(&mut self, open: &mut Vec<(char, usize)>, at: usize, sign: char) -> usize {
        let (before, after) = self.around(at);
        let opener = open.iter().position(|(other, _)| *other == sign);
        let closes = opener.filter(|index| can_close(before, after) && open[*index].1 + 1 < at);
        if let (Some(index), Some(mark)) = (closes, mark_of(sign)) {
            let (_, start) = open[index];
            open.truncate(index);
            self.marked(start, at, mark);
        } else if opener.is_none() && can_open(before, after) {
            open.push((sign, at));
        }
        at + 1
    }

    fn code(&mut self, at: usize, end: usize) -> usize {
        let (before, after) = self.around(at);
        let length = self.raw[at + 1..end].find('`').filter(|length| *length > 0);
        let close = length.map(|length| at + 1 + length).filter(|close| {
            let (before, after) = self.around(*close);
            can_close(before, after)
        });
        match close {
            Some(close) if can_open(before, after) => {
                self.marked(at, close, Mark::Code);
                self.joiners(at + 1..close);
                close + 1
            }
            _ => at + 1,
        }
    }

    fn mention(&mut self, at: usize, end: usize) -> usize {
        let rest = &self.raw[at + 1..end];
        let length = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
        let behind = at + 1 + length;
        if let Some(mentioned) = self.people.get(&rest[..length]) {
            self.edits
                .push(Edit::replace(at..behind, label(mentioned.name.as_ref())));
            self.text.mark(at..behind, Mark::Mention(mentioned.person.clone()));
            return behind;
        }
        at + 1
    }

    /// Marks what is between two signs of one byte, and takes them out.
    fn marked(&mut self, open: usize, close: usize, mark: Mark) {
        self.text.mark(open + 1..close, mark);
        self.edits.push(Edit::delete(open..open + 1));
        self.edits.push(Edit::delete(close..close + 1));
    }

    fn joiners(&mut self, range: Range<usize>) {
        let found = self.raw[range.clone()].match_indices(JOINER);
        let deleted = found.map(|(at, joiner)| Edit::delete(range.start + at..range.start + at + joiner.len()));
        self.edits.extend(deleted);
    }

    /// The characters before and behind a sign of one byte.
    fn around(&self, at: usize) -> (Option<char>, Option<char>) {
        (self.raw[..at].chars().next_back(), self.raw[at + 1..].chars().next())
    }
}
