//! A text that is too long for one message becomes several: split, never cut.

use crate::translate::spans::tidy;
use matrimony_domain::{Mark, Span, Text, limits};
use std::ops::Range;
use unicode_segmentation::GraphemeCursor;

#[cfg(test)]
mod tests;

/// Room for "\n… N more characters not sent".
const NOTE_BYTES: usize = 60;

/// Splits a text into parts of at most `room` bytes: between paragraphs, else lines, sentences, words, or what readers
/// see as characters; inside of a mention only if it is longer than a part. Marks go on in the next part. White space
/// between two parts goes, and parts of nothing else. After [`limits::PARTS`] the rest is named.
///
/// Where `room` does not even hold one character, a part holds one all the same.
pub(crate) fn split(text: &Text, room: usize) -> Vec<Text> {
    let text = tidy(text);
    let mut parts: Vec<Text> = Vec::new();
    let mut at = 0;
    while at < text.body.len() {
        if parts.len() + 1 == limits::PARTS && text.body.len() - at > room {
            parts.push(with_note(&text, at, room));
            break;
        }
        let end = end_of_part(&text, at, room);
        let part = slice(&text, at..end);
        if !part.is_blank() {
            parts.push(part);
        }
        at = end + separator(&text.body[end..]);
    }
    parts
}

/// The last part that is sent, with the rest named.
fn with_note(text: &Text, at: usize, room: usize) -> Text {
    let end = end_of_part(text, at, room.saturating_sub(NOTE_BYTES));
    let more = text.body[end..].chars().count();
    let mut part = slice(text, at..end);
    part.push_str(&format!("\n… {more} more characters not sent"));
    part
}

fn end_of_part(text: &Text, at: usize, room: usize) -> usize {
    let body = text.body.as_str();
    if body.len() - at <= room {
        return body.len();
    }
    let last = last_character(body, at, room);
    let end = at + best_break(&body[at..last], &body[last..]);
    match mention_around(text, end) {
        // Not inside a mention: before it, or, if the part begins with it, behind it.
        Some(mention) if mention.start > at => mention.start,
        Some(mention) if mention.end <= last => mention.end,
        _ => end,
    }
}

/// The end of the last whole character that fits; at least one character, though it may be a part of a longer cluster.
fn last_character(body: &str, at: usize, room: usize) -> usize {
    let fits = body.floor_char_boundary(at + room);
    let fits = if fits > at {
        fits
    } else {
        body.ceil_char_boundary(at + 1)
    };
    let mut cursor = GraphemeCursor::new(fits, body.len(), true);
    if cursor.is_boundary(body, 0).unwrap_or(true) {
        return fits;
    }
    let before = cursor.prev_boundary(body, 0).ok().flatten();
    before.filter(|before| *before > at).unwrap_or(fits)
}

/// Where to break `window`, behind which `rest` follows. A better kind of break is taken if it leaves the part at least
/// half full.
fn best_break(window: &str, rest: &str) -> usize {
    let at_end = |sign: &str| rest.starts_with(sign).then_some(window.len());
    let paragraph = || at_end("\n\n").or_else(|| window.rfind("\n\n"));
    let line = || at_end("\n").or_else(|| window.rfind('\n'));
    let sentence = || last_sentence(window, rest);
    let word = || at_end(" ").or_else(|| window.rfind(char::is_whitespace));
    let kinds: [&dyn Fn() -> Option<usize>; 4] = [&paragraph, &line, &sentence, &word];
    let half_full = kinds.iter().filter_map(|find| find()).find(|at| at * 2 >= window.len());
    let best = half_full
        .or_else(|| word().filter(|at| *at > 0))
        .unwrap_or(window.len());
    // Not inside the white space that a line begins with, but before that line.
    let line_end = window[..best].trim_end_matches([' ', '\t']).strip_suffix('\n');
    line_end.filter(|before| !before.is_empty()).map_or(best, str::len)
}

/// Behind the last sign that ends a sentence and is followed by white space.
fn last_sentence(window: &str, rest: &str) -> Option<usize> {
    let mut next = rest.chars().next();
    for (at, c) in window.char_indices().rev() {
        let ends = matches!(c, '.' | '!' | '?' | '…' | '。' | '！' | '？');
        if ends && next.is_some_and(char::is_whitespace) {
            return Some(at + c.len_utf8());
        }
        next = Some(c);
    }
    None
}

/// How much of `rest` is the white space between two parts: line ends, or one other space, so that indented lines stay so.
fn separator(rest: &str) -> usize {
    let lines = rest.len() - rest.trim_start_matches('\n').len();
    let space = rest.chars().next().filter(|c| c.is_whitespace());
    if lines > 0 {
        lines
    } else {
        space.map_or(0, char::len_utf8)
    }
}

fn mention_around(text: &Text, at: usize) -> Option<Range<usize>> {
    let mentions = text.spans.iter().filter(|span| matches!(span.mark, Mark::Mention(_)));
    let mut ranges = mentions.map(|span| span.range.clone());
    ranges.find(|range| range.start < at && at < range.end)
}

/// A part of a text with the marks on it.
fn slice(text: &Text, range: Range<usize>) -> Text {
    let mut part = Text::plain(&text.body[range.clone()]);
    for Span { range: marked, mark } in &text.spans {
        let start = marked.start.max(range.start);
        let end = marked.end.min(range.end);
        if start < end {
            part.mark(start - range.start..end - range.start, mark.clone());
        }
    }
    part.sort();
    part
}
