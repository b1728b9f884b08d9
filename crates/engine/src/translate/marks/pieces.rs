//! The marks of one line that can be written: at the edges of words, properly nested.

use super::{can_close, can_open, mark_of};
use crate::translate::spans::touches;
use matrimony_domain::{Mark, Text};
use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::ops::Range;

/// A mark over a part of a line, with the sign that opens and closes it.
pub(super) struct Piece {
    pub(super) range: Range<usize>,
    pub(super) sign: char,
}

/// The pieces of a line, the outer before the inner. `mentions` are those of the line that are written natively.
pub(super) fn pieces(text: &Text, line: &Range<usize>, mentions: &[Range<usize>]) -> Vec<Piece> {
    let edges = Edges {
        body: &text.body,
        line,
        mentions,
    };
    let clipped = |wanted: fn(&Mark) -> bool| {
        let near = text.spans.iter().take_while(|span| span.range.start < line.end);
        let near = near.filter(move |span| span.range.end > line.start && wanted(&span.mark));
        near.map(|span| {
            (
                span.range.start.max(line.start)..span.range.end.min(line.end),
                &span.mark,
            )
        })
    };
    let code: Vec<Range<usize>> = clipped(|mark| matches!(mark, Mark::Code | Mark::CodeBlock))
        .filter_map(|(range, _)| edges.fit(range))
        .filter(|range| !text.body[range.clone()].contains('`') && !touches(mentions, range))
        .collect();
    let emphasis = clipped(|mark| matches!(mark, Mark::Bold | Mark::Italic | Mark::Strike));
    let emphasis = emphasis.filter_map(|(range, mark)| {
        let range = edges.fit(outside(&code, range))?;
        Some((range.start, Reverse(range.end), mark.clone()))
    });
    let code_marks = code.iter().map(|range| (range.start, Reverse(range.end), Mark::Code));
    nested(emphasis.chain(code_marks).collect(), &edges)
}

/// Cuts marks that cross into marks that nest.
fn nested(mut todo: BTreeSet<(usize, Reverse<usize>, Mark)>, edges: &Edges<'_>) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    while let Some((start, Reverse(end), mark)) = todo.pop_first() {
        while open.pop_if(|outer| *outer <= start).is_some() {}
        match open.last() {
            Some(outer) if *outer < end => {
                let parts = [start..*outer, *outer..end]
                    .into_iter()
                    .filter_map(|part| edges.fit(part));
                todo.extend(parts.map(|part| (part.start, Reverse(part.end), mark.clone())));
            }
            _ => {
                open.push(end);
                let sign = ['*', '_', '~', '`']
                    .into_iter()
                    .find(|sign| mark_of(*sign).as_ref() == Some(&mark));
                pieces.extend(sign.map(|sign| Piece {
                    range: start..end,
                    sign,
                }));
            }
        }
    }
    pieces
}

/// Moves the ends of a range out of code. A range within code becomes empty.
fn outside(code: &[Range<usize>], range: Range<usize>) -> Range<usize> {
    let holding = |at: usize| {
        let next = code.partition_point(|code| code.end <= at);
        code.get(next).filter(|code| code.start < at)
    };
    let start = holding(range.start).map_or(range.start, |code| code.end);
    let end = holding(range.end).map_or(range.end, |code| code.start);
    start..end.max(start)
}

/// Where marks of a line can begin and end.
struct Edges<'a> {
    body: &'a str,
    line: &'a Range<usize>,
    mentions: &'a [Range<usize>],
}

impl Edges<'_> {
    /// Takes white space off the edges; `None` if nothing is left or a sign would not be read there.
    fn fit(&self, range: Range<usize>) -> Option<Range<usize>> {
        let words = self.body.get(range.clone())?;
        let start = range.end - words.trim_start().len();
        let inner = self.body.get(start..range.end)?.trim_end();
        let range = start..start + inner.len();
        let before = self.body[self.line.start..range.start].chars().next_back();
        let before = if self.behind_mention(range.start) {
            Some('0')
        } else {
            before
        };
        let after = self.body[range.end..self.line.end].chars().next();
        let fits = can_open(before, inner.chars().next()) && can_close(inner.chars().next_back(), after);
        fits.then_some(range)
    }

    /// A mention is written as a number: no mark opens behind it.
    fn behind_mention(&self, at: usize) -> bool {
        self.mentions.binary_search_by_key(&at, |mention| mention.end).is_ok()
    }
}
