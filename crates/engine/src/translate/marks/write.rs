//! From a text to marks.

use super::pieces::{Piece, pieces};
use super::signs::{Line, Token};
use super::{FENCE, JOINER, QUOTED, Rendered, SHOWN};
use crate::translate::degrade::degrade;
use crate::translate::rewrite::{Edit, rewrite};
use crate::translate::spans::touches;
use matrimony_domain::{Mark, PersonKey, Text};
use std::collections::{BTreeMap, HashSet};
use std::ops::Range;

pub(super) fn write(text: &Text, resolve: &dyn Fn(&PersonKey) -> Option<String>) -> Rendered {
    let text = without_joiners(&degrade(text, &SHOWN));
    let mut writer = Writer::new(&text, resolve);
    let mut at = 0;
    while at < text.body.len() {
        at = writer.line(at);
        if at < text.body.len() {
            writer.out.push('\n');
            at += 1;
        }
    }
    Rendered {
        text: writer.out,
        mentioned: writer.mentioned,
    }
}

fn without_joiners(text: &Text) -> Text {
    let found = text.body.match_indices(JOINER);
    let edits = found.map(|(at, joiner)| Edit::delete(at..at + joiner.len())).collect();
    rewrite(text, edits)
}

struct Writer<'a> {
    text: &'a Text,
    /// Who is mentioned where, by start: where it ends, the user part, the person.
    mentions: BTreeMap<usize, (usize, String, &'a PersonKey)>,
    users: HashSet<String>,
    quotes: Vec<Range<usize>>,
    blocks: Vec<Range<usize>>,
    /// A fence stands in the text itself: no backtick may be read as one.
    fenced: bool,
    out: String,
    mentioned: Vec<PersonKey>,
}

impl<'a> Writer<'a> {
    fn new(text: &'a Text, resolve: &dyn Fn(&PersonKey) -> Option<String>) -> Self {
        let quotes = ranges_of(text, &Mark::Quote);
        let fits = |block: &Range<usize>| {
            let code = &text.body[block.clone()];
            !code.contains(FENCE) && !code.starts_with('`') && !code.ends_with('`')
        };
        let mut blocks = ranges_of(text, &Mark::CodeBlock);
        blocks.retain(|block| fits(block) && !touches(&quotes, block));
        let mentions: BTreeMap<_, _> = text
            .spans
            .iter()
            .filter_map(|span| match &span.mark {
                Mark::Mention(person) => {
                    let user = resolve(person)?;
                    let written = !user.is_empty() && user.bytes().all(|byte| byte.is_ascii_alphanumeric());
                    written.then_some((span.range.start, (span.range.end, user, person)))
                }
                _ => None,
            })
            .collect();
        Self {
            users: mentions.values().map(|(_, user, _)| user.clone()).collect(),
            mentions,
            quotes,
            blocks,
            fenced: text.body.contains(FENCE),
            out: String::with_capacity(text.body.len() + text.body.len() / 8),
            mentioned: Vec::new(),
            text,
        }
    }

    /// Writes the line, or the block, that begins at `at`; gives its end.
    fn line(&mut self, at: usize) -> usize {
        if let Ok(block) = self.blocks.binary_search_by_key(&at, |block| block.start) {
            let block = self.blocks[block].clone();
            let code = &self.text.body[block.clone()];
            self.out.extend([FENCE, code, FENCE]);
            return block.end;
        }
        let body = self.text.body.as_str();
        let line = at..body[at..].find('\n').map_or(body.len(), |length| at + length);
        if touches(&self.quotes, &(line.start..line.end + 1)) {
            self.out.push_str(QUOTED);
        }
        self.words(line)
    }

    fn words(&mut self, line: Range<usize>) -> usize {
        let mentions: Vec<Range<usize>> = self
            .mentions
            .range(line.clone())
            .map(|(at, (end, ..))| *at..*end)
            .collect();
        let pieces = pieces(self.text, &line, &mentions);
        let mut tokens = Line::default();
        let mut next = pieces.iter().peekable();
        let mut open: Vec<&Piece> = Vec::new();
        let mut at = line.start;
        loop {
            while let Some(piece) = open.pop_if(|piece| piece.range.end <= at) {
                tokens.push(Token::Ours(piece.sign));
            }
            while let Some(piece) = next.next_if(|piece| piece.range.start <= at) {
                tokens.push(Token::Ours(piece.sign));
                open.push(piece);
            }
            if at >= line.end {
                break;
            }
            let in_code = open.last().is_some_and(|piece| piece.sign == '`');
            at = if in_code {
                self.verbatim(&mut tokens, at)
            } else {
                self.character(&mut tokens, at)
            };
        }
        tokens.write(&mut self.out, self.fenced);
        line.end
    }

    fn verbatim(&self, tokens: &mut Line, at: usize) -> usize {
        let c = self.text.body[at..].chars().next().unwrap_or_default();
        tokens.push(Token::Verbatim(c));
        at + c.len_utf8()
    }

    fn character(&mut self, tokens: &mut Line, at: usize) -> usize {
        let rest = &self.text.body[at..];
        if let Some((end, user, person)) = self.mentions.get(&at) {
            tokens.push(Token::Verbatim('@'));
            user.chars().for_each(|c| tokens.push(Token::Verbatim(c)));
            if self.text.body[*end..].starts_with(|c: char| c.is_ascii_alphanumeric()) {
                tokens.push(Token::Verbatim(JOINER));
            }
            if !self.mentioned.contains(person) {
                self.mentioned.push((*person).clone());
            }
            return *end;
        }
        let c = rest.chars().next().unwrap_or_default();
        tokens.push(Token::Text(c));
        if rest.starts_with(QUOTED) && (at == 0 || self.text.body[..at].ends_with('\n')) {
            tokens.push(Token::Verbatim(JOINER));
        }
        if c == '@' {
            let name = &rest[1..];
            let length = name.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(name.len());
            if self.users.contains(&name[..length]) {
                tokens.push(Token::Verbatim(JOINER));
            }
        }
        at + c.len_utf8()
    }
}

fn ranges_of(text: &Text, mark: &Mark) -> Vec<Range<usize>> {
    let spans = text.spans.iter().filter(|span| span.mark == *mark);
    spans.map(|span| span.range.clone()).collect()
}
