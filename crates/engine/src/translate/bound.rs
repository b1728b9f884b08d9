//! What is longer than we carry.

use matrimony_domain::{Text, limits};

/// Room for the note at the end of what was cut.
const NOTE_BYTES: usize = 80;

/// Bounds what came from a network: beyond [`limits::BODY_BYTES`] the rest is named instead of carried, beyond
/// [`limits::SPANS`] marks are left out.
pub(crate) fn bounded(mut text: Text) -> Text {
    if text.body.len() > limits::BODY_BYTES {
        let keep = floor_char(&text.body, limits::BODY_BYTES - NOTE_BYTES);
        let more = text.body[keep..].chars().count();
        text.body.truncate(keep);
        text.body
            .push_str(&format!("\n… {more} more characters not carried over"));
        text.spans.retain_mut(|span| {
            span.range.end = span.range.end.min(keep);
            span.range.start < span.range.end
        });
    }
    text.spans.truncate(limits::SPANS);
    text.sort();
    text
}

/// `raw` with `\n` alone between lines and without control characters that no reader sees.
pub(crate) fn clean(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut chars = raw.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\r' => {
                chars.next_if_eq(&'\n');
                out.push('\n');
            }
            '\n' | '\t' => out.push(c),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

/// The last character boundary at or before `at`.
pub(crate) fn floor_char(text: &str, at: usize) -> usize {
    text.floor_char_boundary(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use matrimony_domain::Mark;

    #[test]
    fn what_is_too_long_is_named() {
        let mut text = Text::plain("é".repeat(limits::BODY_BYTES));
        text.mark(0..text.body.len(), Mark::Bold);
        let text = bounded(text);
        assert!(text.body.len() <= limits::BODY_BYTES);
        let carried = text.body.chars().filter(|c| *c == 'é').count();
        let note = format!("\n… {} more characters not carried over", limits::BODY_BYTES - carried);
        assert!(text.body.ends_with(&note));
        assert_eq!(text.spans[0].range, 0..carried * 2);
    }

    #[test]
    fn line_ends_are_one() {
        assert_eq!(clean("a\r\nb\rc\0\u{8}\td"), "a\nb\nc\td");
    }
}
