//! From a text to ranges.

use super::{MentionAt, PLACEHOLDER, Rendered, SHOWN, Style, StyleAt};
use crate::translate::degrade::degrade;
use crate::translate::rewrite::{Edit, rewrite};
use matrimony_domain::{Mark, PersonKey, Span, Text};
use std::ops::Range;

pub(super) fn write(text: &Text, resolve: &dyn Fn(&PersonKey) -> Option<String>) -> Rendered {
    let text = with_placeholders(&degrade(text, &SHOWN), resolve);
    let offsets = utf16_offsets(&text.body);
    let place = |range: &Range<usize>| (offsets[range.start], offsets[range.end] - offsets[range.start]);
    let mut rendered = Rendered {
        text: String::new(),
        styles: Vec::new(),
        mentions: Vec::new(),
    };
    for Span { range, mark } in &text.spans {
        let (start, length) = place(range);
        if let Some(style) = style_of(mark) {
            rendered.styles.push(StyleAt { start, length, style });
        } else if let Mark::Mention(person) = mark {
            let mention = resolve(person).map(|recipient| MentionAt {
                start,
                length,
                recipient,
            });
            rendered.mentions.extend(mention);
        }
    }
    rendered.text = text.body;
    rendered
}

/// Puts the placeholder in the place of the people who can be mentioned; the others stay names.
fn with_placeholders(text: &Text, resolve: &dyn Fn(&PersonKey) -> Option<String>) -> Text {
    let mut text = text.clone();
    text.spans.retain(|span| match &span.mark {
        Mark::Mention(person) => resolve(person).is_some(),
        _ => true,
    });
    let mentions: Vec<Range<usize>> = text
        .spans
        .iter()
        .filter(|span| matches!(span.mark, Mark::Mention(_)))
        .map(|span| span.range.clone())
        .collect();
    let strays = text
        .body
        .match_indices(PLACEHOLDER)
        .map(|(at, stray)| at..at + stray.len());
    let strays = strays.filter(|stray| !crate::translate::spans::touches(&mentions, stray));
    let mut edits: Vec<Edit> = strays.map(Edit::delete).collect();
    edits.extend(mentions.iter().cloned().map(|range| Edit::replace(range, PLACEHOLDER)));
    rewrite(&text, edits)
}

/// The UTF-16 offset of each byte offset that is a character boundary.
fn utf16_offsets(body: &str) -> Vec<usize> {
    let mut offsets = vec![0; body.len() + 1];
    let mut units = 0;
    for (at, c) in body.char_indices() {
        offsets[at] = units;
        units += c.len_utf16();
    }
    offsets[body.len()] = units;
    offsets
}

fn style_of(mark: &Mark) -> Option<Style> {
    match mark {
        Mark::Bold => Some(Style::Bold),
        Mark::Italic => Some(Style::Italic),
        Mark::Strike => Some(Style::Strikethrough),
        Mark::Spoiler => Some(Style::Spoiler),
        Mark::Code | Mark::CodeBlock => Some(Style::Monospace),
        Mark::Quote | Mark::Link(_) | Mark::Mention(_) => None,
    }
}
