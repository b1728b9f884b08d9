//! A line on its way out, with the signs in it that are ours and those that are text.

use super::{JOINER, can_close, can_open};

/// A character of a line.
pub(super) enum Token {
    /// Opens or closes a mark.
    Ours(char),
    /// Text: must not be read as a sign.
    Text(char),
    /// Written as it is: code, mentions, joiners.
    Verbatim(char),
}

/// The characters of a line.
#[derive(Default)]
pub(super) struct Line(Vec<Token>);

impl Line {
    pub(super) fn push(&mut self, token: Token) {
        self.0.push(token);
    }

    /// Writes the line, with a joiner behind each sign that is text and might be read as a mark. Where no pair of a kind
    /// could be read, its signs stay as they are; backticks do only unless `fenced`.
    pub(super) fn write(&self, out: &mut String, fenced: bool) {
        let doubtful = ['*', '_', '~', '`'].map(|sign| (sign, (sign == '`' && fenced) || self.might_pair(sign)));
        for (at, token) in self.0.iter().enumerate() {
            let (Token::Ours(c) | Token::Text(c) | Token::Verbatim(c)) = token;
            out.push(*c);
            let text = matches!(token, Token::Text(_));
            if text && doubtful.contains(&(*c, true)) && ((*c == '`' && fenced) || self.opens(at) || self.closes(at)) {
                out.push(JOINER);
            }
        }
    }

    /// Whether a mark of this kind could be read that is not ours: a pair of signs of which one at least is text.
    fn might_pair(&self, sign: char) -> bool {
        let mut ours = false;
        let mut text = false;
        let mut opened = false;
        let mut closed = false;
        for (at, token) in self.0.iter().enumerate() {
            match token {
                Token::Ours(c) if *c == sign => ours = true,
                Token::Text(c) if *c == sign => {
                    text = true;
                    closed |= opened && self.closes(at);
                    opened |= self.opens(at);
                }
                _ => {}
            }
        }
        text && (ours || closed)
    }

    fn opens(&self, at: usize) -> bool {
        can_open(self.before(at), self.after(at))
    }

    fn closes(&self, at: usize) -> bool {
        can_close(self.before(at), self.after(at))
    }

    fn before(&self, at: usize) -> Option<char> {
        at.checked_sub(1).and_then(|at| self.character(at))
    }

    fn after(&self, at: usize) -> Option<char> {
        self.character(at + 1)
    }

    fn character(&self, at: usize) -> Option<char> {
        let (Token::Ours(c) | Token::Text(c) | Token::Verbatim(c)) = self.0.get(at)?;
        Some(*c)
    }
}
