//! Changes a body and moves its spans along.

use matrimony_domain::{Span, Text};
use std::ops::Range;

/// Replaces a part of a body. An empty range inserts: spans that start there start behind it, spans that end there end
/// before it. A span that begins or ends inside a replaced part covers all of it.
pub(crate) struct Edit {
    pub(crate) at: Range<usize>,
    pub(crate) with: String,
}

impl Edit {
    pub(crate) fn insert(at: usize, with: impl Into<String>) -> Self {
        Self {
            at: at..at,
            with: with.into(),
        }
    }

    pub(crate) fn replace(at: Range<usize>, with: impl Into<String>) -> Self {
        Self { at, with: with.into() }
    }

    pub(crate) fn delete(at: Range<usize>) -> Self {
        Self::replace(at, "")
    }
}

/// Applies `edits`, which must not overlap and lie on character boundaries; those at one place stay in their order.
pub(crate) fn rewrite(text: &Text, mut edits: Vec<Edit>) -> Text {
    edits.sort_by_key(|edit| edit.at.start);
    let mut body = String::with_capacity(text.body.len());
    let mut moves = Vec::with_capacity(edits.len());
    let mut copied = 0;
    for edit in edits {
        body.push_str(&text.body[copied..edit.at.start]);
        let start = body.len();
        body.push_str(&edit.with);
        copied = edit.at.end;
        moves.push(Move {
            old: edit.at,
            new: start..body.len(),
        });
    }
    body.push_str(&text.body[copied..]);
    let spans = text.spans.iter().filter_map(|span| {
        let range = moved_start(&moves, span.range.start)..moved_end(&moves, span.range.end);
        (range.start < range.end).then(|| Span {
            range,
            mark: span.mark.clone(),
        })
    });
    let spans = spans.collect();
    Text { body, spans }
}

struct Move {
    old: Range<usize>,
    new: Range<usize>,
}

fn moved_start(moves: &[Move], start: usize) -> usize {
    let before = moves.partition_point(|m| m.old.start <= start);
    match before.checked_sub(1).map(|last| &moves[last]) {
        None => start,
        Some(m) if start < m.old.end => m.new.start,
        Some(m) => m.new.end + (start - m.old.end),
    }
}

fn moved_end(moves: &[Move], end: usize) -> usize {
    let before = moves.partition_point(|m| m.old.start < end);
    match before.checked_sub(1).map(|last| &moves[last]) {
        None => end,
        Some(m) if end <= m.old.end => m.new.end,
        Some(m) => m.new.end + (end - m.old.end),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use matrimony_domain::Mark;

    fn check(body: &str, span: Range<usize>, edits: Vec<Edit>, expect: &str, moved: Range<usize>) {
        let mut text = Text::plain(body);
        text.mark(span, Mark::Bold);
        let text = rewrite(&text, edits);
        assert_eq!(text.body, expect);
        assert_eq!(text.spans[0].range, moved);
    }

    #[test]
    fn spans_move_along() {
        check(
            "abc",
            1..2,
            vec![Edit::insert(1, "<"), Edit::insert(2, ">")],
            "a<b>c",
            2..3,
        );
        check("abc", 0..3, vec![Edit::replace(1..2, "xyz")], "axyzc", 0..5);
        check("abc", 0..2, vec![Edit::replace(1..3, "xyz")], "axyz", 0..4);
        check("*b*", 1..2, vec![Edit::delete(0..1), Edit::delete(2..3)], "b", 0..1);
    }

    #[test]
    fn a_span_over_what_was_deleted_goes() {
        let mut text = Text::plain("abc");
        text.mark(1..2, Mark::Bold);
        assert!(rewrite(&text, vec![Edit::delete(1..2)]).spans.is_empty());
    }
}
