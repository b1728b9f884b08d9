//! From ranges to a text.

use super::{PLACEHOLDER, Range, Style, What};
use crate::translate::bound::bounded;
use crate::translate::mention::label;
use crate::translate::rewrite::{Edit, rewrite};
use crate::translate::spans::tidy;
use matrimony_domain::{Mark, Name, PersonKey, Text, limits};
use std::collections::HashMap;

pub(super) fn read(body: &str, ranges: &[Range]) -> Text {
    let mut raw = Text::plain(body);
    let offsets = byte_offsets(body);
    let mut names: HashMap<&PersonKey, Option<&Name>> = HashMap::new();
    for range in ranges.iter().take(limits::SPANS) {
        let Some(bytes) = bytes_of(&offsets, range) else {
            continue;
        };
        let mark = match &range.what {
            What::Style(style) => mark_of(*style, body, &bytes),
            What::Mention { person, name } => {
                names.insert(person, name.as_ref());
                Mark::Mention(person.clone())
            }
        };
        raw.mark(bytes, mark);
    }
    let raw = tidy(&raw);
    let mut edits: Vec<Edit> = Vec::new();
    for span in &raw.spans {
        if let Mark::Mention(person) = &span.mark {
            let name = names.get(person).copied().flatten();
            edits.push(Edit::replace(span.range.clone(), label(name)));
        }
    }
    let kept = edits.iter().map(|edit| edit.at.clone()).collect::<Vec<_>>();
    edits.extend(noise(body, &kept));
    tidy(&bounded(rewrite(&raw, edits)))
}

/// The byte offset of each UTF-16 offset; none inside a surrogate pair.
fn byte_offsets(body: &str) -> Vec<Option<usize>> {
    let mut offsets = Vec::with_capacity(body.len() + 1);
    for (at, c) in body.char_indices() {
        offsets.push(Some(at));
        if c.len_utf16() == 2 {
            offsets.push(None);
        }
    }
    offsets.push(Some(body.len()));
    offsets
}

fn bytes_of(offsets: &[Option<usize>], range: &Range) -> Option<std::ops::Range<usize>> {
    let start = usize::try_from(range.start).ok()?;
    let length = usize::try_from(range.length).ok()?;
    let end = start.saturating_add(length).min(offsets.len() - 1);
    let start = (*offsets.get(start)?)?;
    let end = offsets[end]?;
    (start < end).then_some(start..end)
}

fn mark_of(style: Style, body: &str, range: &std::ops::Range<usize>) -> Mark {
    match style {
        Style::Bold => Mark::Bold,
        Style::Italic => Mark::Italic,
        Style::Spoiler => Mark::Spoiler,
        Style::Strikethrough => Mark::Strike,
        Style::Monospace => {
            let from_line_start = range.start == 0 || body[..range.start].ends_with('\n');
            let to_line_end = range.end == body.len() || body[range.end..].starts_with('\n');
            let lines = body[range.clone()].trim_matches('\n').contains('\n');
            if lines && from_line_start && to_line_end {
                Mark::CodeBlock
            } else {
                Mark::Code
            }
        }
    }
}

/// Takes out what is no text, outside of `kept`: placeholders that stand for nobody, carriage returns, controls.
fn noise(body: &str, kept: &[std::ops::Range<usize>]) -> Vec<Edit> {
    let mut edits = Vec::new();
    for (at, c) in body.char_indices() {
        let next = kept.partition_point(|range| range.end <= at);
        let seen = kept.get(next).is_some_and(|range| range.start <= at);
        let silent = c == PLACEHOLDER || (c.is_control() && !matches!(c, '\n' | '\t'));
        if silent && !seen {
            let lone_return = c == '\r' && !body[at + 1..].starts_with('\n');
            edits.push(Edit::replace(
                at..at + c.len_utf8(),
                if lone_return { "\n" } else { "" },
            ));
        }
    }
    edits
}
