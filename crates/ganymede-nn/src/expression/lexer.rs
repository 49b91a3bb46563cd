//! The words of a text: numbers, names, texts, signs, ends of lines. Not here: what they make together (`parser.rs`).

use super::ExpressionError;
use std::fmt;

/// A word.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Token<'t> {
    Number(f64),
    Name(&'t str),
    /// Between quotes, without them.
    Text(&'t str),
    Sign(&'static str),
    /// The end of a line that holds anything, or of the text.
    End,
}

impl fmt::Display for Token<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Token::Number(value) => write!(f, "`{value}`"),
            Token::Name(name) => write!(f, "`{name}`"),
            Token::Text(text) => write!(f, "\"{text}\""),
            Token::Sign(sign) => write!(f, "`{sign}`"),
            Token::End => f.write_str("the end of the line"),
        }
    }
}

/// Longer ones before those that they begin with.
const SIGNS: &[&str] = &["**", "<=", ">=", "==", "!=", "+", "-", "*", "/", "@", "<", ">", "=", "(", ")", "[", "]", ","];

/// A text word by word.
pub(super) struct Lexer<'t> {
    text: &'t str,
    at: usize,
    /// Brackets that are open: a line goes on until they are closed.
    open: usize,
    /// Whether the line has had a word.
    line_has_words: bool,
}

impl<'t> Lexer<'t> {
    pub fn new(text: &'t str) -> Lexer<'t> {
        Lexer { text, at: 0, open: 0, line_has_words: false }
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or("")
    }

    /// The next word with its bytes; at the end of the text `End` for ever.
    pub fn next(&mut self) -> Result<(Token<'t>, usize, usize), ExpressionError> {
        loop {
            let rest = self.rest();
            let Some(letter) = rest.chars().next() else {
                self.line_has_words = false;
                return Ok((Token::End, self.at, self.at));
            };
            match letter {
                '#' => self.at += rest.find('\n').unwrap_or(rest.len()),
                '\n' if self.open == 0 && self.line_has_words => {
                    self.line_has_words = false;
                    self.at += 1;
                    return Ok((Token::End, self.at - 1, self.at - 1));
                }
                letter if letter.is_whitespace() => self.at += letter.len_utf8(),
                _ => break,
            }
        }
        self.line_has_words = true;
        let start = self.at;
        let token = self.word()?;
        Ok((token, start, self.at))
    }

    fn word(&mut self) -> Result<Token<'t>, ExpressionError> {
        let (rest, start) = (self.rest(), self.at);
        let first = rest.chars().next().unwrap_or('\n');
        let second = rest.chars().nth(1).unwrap_or('\n');
        if first.is_ascii_digit() || (first == '.' && second.is_ascii_digit()) {
            return self.number();
        }
        if first.is_alphabetic() || first == '_' {
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            self.at += end;
            return Ok(Token::Name(&rest[..end]));
        }
        if first == '"' || first == '\'' {
            let inside = &rest[1..];
            return match inside.find([first, '\n']).filter(|&end| inside[end..].starts_with(first)) {
                Some(end) => {
                    self.at += end + 2;
                    Ok(Token::Text(&inside[..end]))
                }
                None => Err(self.error(start, format!("expected a text that ends with {first}, found none"))),
            };
        }
        let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) else {
            return Err(self.error(start, format!("expected a number, a name or an operator, found `{first}`")));
        };
        match *sign {
            "(" | "[" => self.open += 1,
            ")" | "]" => self.open = self.open.saturating_sub(1),
            _ => {}
        }
        self.at += sign.len();
        Ok(Token::Sign(sign))
    }

    /// Digits, a fraction, an exponent.
    fn number(&mut self) -> Result<Token<'t>, ExpressionError> {
        let (rest, start) = (self.rest(), self.at);
        let bytes = rest.as_bytes();
        let digits = |mut at: usize| {
            while bytes.get(at).is_some_and(|b| b.is_ascii_digit() || *b == b'_') {
                at += 1;
            }
            at
        };
        let mut end = digits(0);
        if bytes.get(end) == Some(&b'.') {
            end = digits(end + 1);
        }
        if matches!(bytes.get(end), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
            if bytes.get(end + 1 + sign).is_some_and(u8::is_ascii_digit) {
                end = digits(end + 1 + sign);
            }
        }
        let written = rest[..end].replace('_', "");
        match written.parse::<f64>() {
            Ok(value) if value.is_finite() => {
                self.at += end;
                Ok(Token::Number(value))
            }
            _ => Err(self.error(start, format!("expected a finite number, found `{}`", &rest[..end]))),
        }
    }

    fn error(&self, at: usize, reason: String) -> ExpressionError {
        ExpressionError::at(self.text, at, reason)
    }
}
