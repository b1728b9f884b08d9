//! From a text to HTML.

use super::{Rendered, address};
use crate::translate::degrade::degrade;
use crate::translate::spans::{Segment, segments, tidy};
use matrimony_domain::{Mark, Marks, PersonKey, Span, Text};

/// What a plain body shows.
const PLAIN: Marks = Marks {
    bold: false,
    italic: false,
    strike: false,
    code: false,
    spoiler: false,
    quote: false,
    link: false,
};

pub(super) fn write(text: &Text, resolve: &dyn Fn(&PersonKey) -> Option<String>) -> Rendered {
    let text = tidy(text);
    let mut writer = Writer {
        resolve,
        out: String::with_capacity(text.body.len() * 2),
        open: Vec::new(),
        mentioned: Vec::new(),
        last: '\n',
    };
    for segment in segments(&text) {
        writer.segment(&text.body, &segment);
    }
    writer.close_to(0);
    Rendered {
        html: (!text.spans.is_empty()).then_some(writer.out),
        mentioned: writer.mentioned,
        body: degrade(&text, &PLAIN).body,
    }
}

struct Writer<'a> {
    resolve: &'a dyn Fn(&PersonKey) -> Option<String>,
    out: String,
    open: Vec<Open<'a>>,
    mentioned: Vec<String>,
    /// The last character of the text that was written; a line end before the first one.
    last: char,
}

struct Open<'a> {
    span: &'a Span,
    end: &'static str,
}

impl<'a> Writer<'a> {
    fn segment(&mut self, body: &str, segment: &Segment<'a>) {
        let same = |(open, span): &(&Open<'_>, &&Span)| std::ptr::eq(open.span, **span);
        let stays = self.open.iter().zip(&segment.marks).take_while(same).count();
        let ended_block = self.close_to(stays);
        for span in &segment.marks[stays..] {
            self.begin(span);
        }
        let words = &body[segment.range.clone()];
        // A block ends its line by itself.
        let words = match words.strip_prefix('\n') {
            Some(rest) if ended_block => {
                self.last = '\n';
                rest
            }
            _ => words,
        };
        if segment.marks.iter().any(|span| span.mark == Mark::CodeBlock) {
            escape(&mut self.out, words);
        } else {
            self.words(words);
        }
    }

    /// Text outside of code blocks: lines end in `<br>`, and spaces that HTML would swallow are no-break spaces.
    fn words(&mut self, words: &str) {
        for c in words.chars() {
            match c {
                '\n' => self.out.push_str("<br>"),
                ' ' if matches!(self.last, ' ' | '\n') => self.out.push_str("&nbsp;"),
                _ => escape(&mut self.out, c.encode_utf8(&mut [0; 4])),
            }
            self.last = c;
        }
    }

    fn begin(&mut self, span: &'a Span) {
        let (begin, end) = match &span.mark {
            Mark::Bold => ("<strong>", "</strong>"),
            Mark::Italic => ("<em>", "</em>"),
            Mark::Strike => ("<del>", "</del>"),
            Mark::Code => ("<code>", "</code>"),
            // HTML ignores a line end directly behind `<pre>`; the one written here keeps the code's own.
            Mark::CodeBlock => ("<pre>\n<code>", "</code></pre>"),
            Mark::Spoiler => ("<span data-mx-spoiler>", "</span>"),
            Mark::Quote => ("<blockquote>", "</blockquote>"),
            Mark::Link(address) => return self.anchor(span, address),
            Mark::Mention(person) => match (self.resolve)(person) {
                Some(id) => {
                    self.anchor(span, &address::of_user(&id));
                    if !self.mentioned.contains(&id) {
                        self.mentioned.push(id);
                    }
                    return;
                }
                None => ("", ""),
            },
        };
        self.out.push_str(begin);
        self.open.push(Open { span, end });
    }

    fn anchor(&mut self, span: &'a Span, address: &str) {
        self.out.push_str("<a href=\"");
        escape(&mut self.out, address);
        self.out.push_str("\">");
        self.open.push(Open { span, end: "</a>" });
    }

    /// Closes all but the outer `stays` elements; true if a block was among them.
    fn close_to(&mut self, stays: usize) -> bool {
        let mut block = false;
        for open in self.open.drain(stays..).rev() {
            self.out.push_str(open.end);
            block |= matches!(open.span.mark, Mark::Quote | Mark::CodeBlock);
        }
        block
    }
}

/// Escapes text for content and quoted attributes.
fn escape(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            _ => out.push(c),
        }
    }
}
