//! From HTML to a text.
//!
//! Only the tokenizer of html5ever is used. Its tree builder repairs misnested markup by copying elements, and a few
//! kilobytes of garbage can make it build millions of them; a list of open elements is all that marks need.

use super::element::{Role, attribute, margin, role_of};
use crate::translate::bound::clean;
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{
    BufferQueue, EndTag, StartTag, Tag, TagToken, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};
use matrimony_domain::{Mark, Text, limits};
use std::cell::RefCell;

/// Deepest nesting that is followed; what is deeper is read without its marks.
const DEPTH: usize = 100;
/// Most HTML that is read, in bytes: four times what an event may hold.
const HTML_BYTES: usize = 4 * limits::BODY_BYTES;

pub(super) fn read(html: &str) -> Text {
    let html = clean(html);
    let kept = html.floor_char_boundary(HTML_BYTES);
    let input = BufferQueue::default();
    input.push_back(StrTendril::from_slice(&html[..kept]));
    let tokenizer = Tokenizer::new(Sink::default(), TokenizerOpts::default());
    // One call reads it all: the tokenizer hands control back only to a sink that runs scripts.
    let _ = tokenizer.feed(&input);
    tokenizer.end();
    let mut reader = tokenizer.sink.0.into_inner();
    if kept < html.len() {
        reader.text("\n…");
    }
    reader.finish()
}

#[derive(Default)]
struct Sink(RefCell<Reader>);

impl TokenSink for Sink {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let mut reader = self.0.borrow_mut();
        match token {
            TagToken(tag) if tag.kind == StartTag => {
                reader.open(&tag);
                if matches!(&*tag.name, "script" | "style") {
                    return TokenSinkResult::RawData(RawKind::Rawtext);
                }
            }
            TagToken(tag) if tag.kind == EndTag => reader.close(&tag.name),
            Token::CharacterTokens(text) => reader.text(&text),
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

/// The text as far as it is read.
#[derive(Default)]
struct Reader {
    out: Text,
    open: Vec<Open>,
    /// Line ends that must stand before the next visible character.
    owed: usize,
    /// White space was read that becomes a space if a word follows.
    space: bool,
    /// The sign of a list item was written and its text is still to come: on the same line.
    after_sign: bool,
}

/// An element that is not closed yet.
struct Open {
    name: String,
    role: Role,
    /// Where its text begins, once it has some.
    start: Option<usize>,
}

impl Reader {
    fn open(&mut self, tag: &Tag) {
        match &*tag.name {
            "br" => return self.line_break(),
            "hr" => return self.owe(1),
            "li" => self.item(),
            "td" | "th" => self.space = true,
            "img" => return self.alternative(tag),
            "input" | "wbr" | "meta" | "link" => return,
            _ => {}
        }
        let role = if self.open.len() < DEPTH {
            role_of(tag)
        } else {
            Role::Plain
        };
        // A paragraph that a quote begins with adds nothing to the quote's own margin.
        let first_in_quote = |open: &Open| open.start.is_none() && matches!(open.role, Role::Quote);
        if !self.open.iter().any(first_in_quote) {
            self.owe(margin(&role));
        }
        if self.open.len() < 2 * DEPTH {
            self.open.push(Open {
                name: tag.name.to_string(),
                role,
                start: None,
            });
        }
    }

    fn close(&mut self, name: &str) {
        if let Some(at) = self.open.iter().rposition(|open| open.name == name) {
            while self.open.len() > at {
                self.close_last();
            }
        } else if name == "p" || name == "br" {
            self.owe(1);
        }
    }

    fn close_last(&mut self) {
        let Some(open) = self.open.pop() else { return };
        if matches!(open.name.as_str(), "li" | "ul" | "ol") {
            self.after_sign = false;
        }
        self.owe(margin(&open.role));
        let mark = match open.role {
            Role::Marks(mark) => mark,
            Role::Heading => Mark::Bold,
            Role::Quote => Mark::Quote,
            Role::Preformatted => {
                // The line end before `</pre>` is not part of the code.
                if self.out.body.ends_with('\n') && open.start.is_some_and(|start| start < self.out.body.len() - 1) {
                    self.out.body.pop();
                    self.owe(1);
                }
                Mark::CodeBlock
            }
            Role::Dropped | Role::Block(_) | Role::List(_) | Role::Plain => return,
        };
        if let Some(start) = open.start {
            self.out.mark(start..self.out.body.len(), mark);
        }
    }

    fn text(&mut self, text: &str) {
        if self.out.body.len() > limits::BODY_BYTES + HTML_BYTES || self.within(|role| matches!(role, Role::Dropped)) {
            return;
        }
        if self.within(|role| matches!(role, Role::Preformatted)) {
            return self.verbatim(text);
        }
        for c in text.chars() {
            if matches!(c, ' ' | '\n' | '\r' | '\t' | '\u{c}') {
                self.space = true;
            } else {
                self.visible(if c == '\u{a0}' { ' ' } else { c });
            }
        }
    }

    fn verbatim(&mut self, text: &str) {
        let in_pre = |open: &Open| matches!(open.role, Role::Preformatted) && open.start.is_none();
        let first = self.open.last().is_some_and(in_pre);
        // HTML ignores a line end directly behind `<pre>`.
        let text = if first {
            text.strip_prefix('\n').unwrap_or(text)
        } else {
            text
        };
        for c in text.chars() {
            self.visible(c);
        }
    }

    fn visible(&mut self, c: char) {
        if c.is_control() && !matches!(c, '\n' | '\t') {
            return;
        }
        self.pay();
        self.after_sign = false;
        if std::mem::take(&mut self.space) && !self.at_line_start() {
            self.out.body.push(' ');
        }
        let at = self.out.body.len();
        for open in self.open.iter_mut().rev().take_while(|open| open.start.is_none()) {
            open.start = Some(at);
        }
        self.out.body.push(c);
    }

    fn line_break(&mut self) {
        if self.within(|role| matches!(role, Role::Dropped)) {
            return;
        }
        self.pay();
        self.space = false;
        self.out.body.push('\n');
    }

    /// The next visible character stands behind at least `lines` line ends.
    fn owe(&mut self, lines: usize) {
        if lines > 0 && !self.after_sign {
            self.owed = self.owed.max(lines);
            self.space = false;
        }
    }

    fn pay(&mut self) {
        let owed = std::mem::take(&mut self.owed);
        if owed == 0 || self.out.body.is_empty() {
            return;
        }
        let there = self
            .out
            .body
            .bytes()
            .rev()
            .take(owed)
            .take_while(|byte| *byte == b'\n')
            .count();
        self.out.body.extend(std::iter::repeat_n('\n', owed - there));
    }

    fn item(&mut self) {
        let depth = self
            .open
            .iter()
            .filter(|open| matches!(open.role, Role::List(_)))
            .count();
        let list = self.open.iter_mut().rev().find_map(|open| match &mut open.role {
            Role::List(number) => Some(number),
            _ => None,
        });
        let sign = match list {
            Some(Some(number)) => {
                let sign = format!("{number}.");
                *number = number.saturating_add(1);
                sign
            }
            _ => String::from("-"),
        };
        self.after_sign = false;
        self.owe(1);
        if self.within(|role| matches!(role, Role::Dropped)) {
            return;
        }
        for c in "  ".repeat(depth.saturating_sub(1).min(8)).chars().chain(sign.chars()) {
            self.visible(c);
        }
        self.space = true;
        self.after_sign = true;
    }

    /// The readable form of a picture in a text, such as a custom emoji.
    fn alternative(&mut self, tag: &Tag) {
        let alt = attribute(tag, "alt").or_else(|| attribute(tag, "title"));
        if let Some(alt) = alt {
            self.text(&alt);
        }
    }

    fn at_line_start(&self) -> bool {
        self.out.body.is_empty() || self.out.body.ends_with('\n')
    }

    fn within(&self, wanted: impl Fn(&Role) -> bool) -> bool {
        self.open.iter().any(|open| wanted(&open.role))
    }

    fn finish(mut self) -> Text {
        while !self.open.is_empty() {
            self.close_last();
        }
        let end = self.out.body.len();
        self.out.spans.retain_mut(|span| {
            span.range.end = span.range.end.min(end);
            span.range.start < span.range.end
        });
        self.out
    }
}
