//! Lines from words, by the precedence of operators (Pratt 1973): comparisons bind least, then sums, products, signs, powers.
//! Not here: what names and functions mean (`vocabulary.rs`, `functions.rs`), whether each line is of use (`lines.rs`).

use super::lexer::{Lexer, Token};
use super::{ExpressionError, MAX_DEPTH, MAX_LINES, MAX_NODES_OF_TEXT, MAX_TEXT};
use std::ops::Range;

/// A part of an expression, and where in the text it stands.
#[derive(Debug)]
pub(super) struct Node {
    pub kind: Kind,
    pub span: Range<usize>,
    depth: usize,
}

#[derive(Debug)]
pub(super) enum Kind {
    Number(f64),
    Truth(bool),
    None,
    Text(String),
    Name(String),
    List(Vec<Node>),
    Negative(Box<Node>),
    Binary(Operator, Box<Node>, Box<Node>),
    Call(String, Vec<(Option<String>, Node)>),
    Index(Box<Node>, Box<Node>),
}

/// Between two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Equal,
    NotEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Product,
    Power,
}

/// How strongly an operator binds.
fn operator(sign: &str) -> Option<(Operator, u8)> {
    Some(match sign {
        "<" => (Operator::Less, 1),
        "<=" => (Operator::LessEqual, 1),
        ">" => (Operator::Greater, 1),
        ">=" => (Operator::GreaterEqual, 1),
        "==" => (Operator::Equal, 1),
        "!=" => (Operator::NotEqual, 1),
        "+" => (Operator::Add, 2),
        "-" => (Operator::Subtract, 2),
        "*" => (Operator::Multiply, 3),
        "/" => (Operator::Divide, 3),
        "@" => (Operator::Product, 3),
        "**" => (Operator::Power, POWER),
        _ => return None,
    })
}

const SIGN: u8 = 4;
const POWER: u8 = 5;

/// A line: its name, none of the last one, and what it is.
#[derive(Debug)]
pub(super) struct Line {
    pub name: Option<String>,
    pub value: Node,
    /// Where it begins.
    pub at: usize,
}

/// The lines of a text.
///
/// # Errors
/// The first place where it is none.
pub(super) fn parse(text: &str) -> Result<Vec<Line>, ExpressionError> {
    if text.len() > MAX_TEXT {
        let reason = format!("expected a text of at most {MAX_TEXT} bytes, found {}", text.len());
        return Err(ExpressionError::at(text, 0, reason));
    }
    let mut lexer = Lexer::new(text);
    let now = lexer.next()?;
    let next = lexer.next()?;
    let mut parser = Parser { text, lexer, now, next, nodes: 0 };
    let mut lines = Vec::new();
    while parser.now.0 != Token::End {
        if lines.len() == MAX_LINES {
            return Err(parser.error(format!("expected at most {MAX_LINES} lines, found more")));
        }
        lines.push(parser.line()?);
    }
    Ok(lines)
}

struct Parser<'t> {
    text: &'t str,
    lexer: Lexer<'t>,
    now: (Token<'t>, usize, usize),
    next: (Token<'t>, usize, usize),
    nodes: usize,
}

type Parsed = Result<Node, ExpressionError>;

impl<'t> Parser<'t> {
    fn error(&self, reason: String) -> ExpressionError {
        ExpressionError::at(self.text, self.now.1, reason)
    }

    fn advance(&mut self) -> Result<Token<'t>, ExpressionError> {
        let token = self.now.0;
        self.now = self.next;
        self.next = self.lexer.next()?;
        Ok(token)
    }

    fn expect(&mut self, sign: &'static str, behind: &str) -> Result<usize, ExpressionError> {
        let end = self.now.2;
        match self.now.0 {
            Token::Sign(found) if found == sign => self.advance().map(|_| end),
            found => Err(self.error(format!("expected `{sign}` {behind}, found {found}"))),
        }
    }

    fn node(&mut self, kind: Kind, span: Range<usize>, depth: usize) -> Parsed {
        self.nodes += 1;
        if depth > MAX_DEPTH {
            let reason =
                format!("expected at most {MAX_DEPTH} operations in each other, found more: give a part a name");
            return Err(ExpressionError::at(self.text, span.start, reason));
        }
        if self.nodes > MAX_NODES_OF_TEXT {
            let reason = format!("expected at most {MAX_NODES_OF_TEXT} operations, numbers and names, found more");
            return Err(ExpressionError::at(self.text, span.start, reason));
        }
        Ok(Node { kind, span, depth })
    }

    fn line(&mut self) -> Result<Line, ExpressionError> {
        let at = self.now.1;
        let name = match (self.now.0, self.next.0) {
            (Token::Name(name), Token::Sign("=")) => {
                self.advance()?;
                self.advance()?;
                Some(name.to_string())
            }
            _ => None,
        };
        let value = self.expression(0, 0)?;
        if self.now.0 != Token::End {
            return Err(self.error(format!("expected an operator or the end of the line, found {}", self.now.0)));
        }
        self.advance()?;
        Ok(Line { name, value, at })
    }

    /// An expression whose operators bind more strongly than `least`; `depth` calls of this are open.
    fn expression(&mut self, least: u8, depth: usize) -> Parsed {
        if depth > MAX_DEPTH {
            return Err(self.error(format!("expected at most {MAX_DEPTH} brackets in each other, found more")));
        }
        let mut left = self.operand(depth)?;
        while let Token::Sign(sign) = self.now.0 {
            let Some((operator, strength)) = operator(sign).filter(|(_, strength)| *strength > least) else { break };
            self.advance()?;
            // Of powers the right one comes first; a sign before an exponent belongs to it.
            let right = self.expression(if strength == POWER { SIGN - 1 } else { strength }, depth + 1)?;
            if strength == 1
                && matches!(self.now.0, Token::Sign(sign) if self::operator(sign).is_some_and(|o| o.1 == 1))
            {
                return Err(self.error("expected one comparison, found two: join them by logical_and".into()));
            }
            let (span, deep) = (left.span.start..right.span.end, left.depth.max(right.depth) + 1);
            left = self.node(Kind::Binary(operator, Box::new(left), Box::new(right)), span, deep)?;
        }
        Ok(left)
    }

    fn operand(&mut self, depth: usize) -> Parsed {
        let (token, start, end) = self.now;
        let span = start..end;
        match token {
            Token::Sign("-") => {
                self.advance()?;
                let of = self.expression(SIGN, depth + 1)?;
                let (span, deep) = (start..of.span.end, of.depth + 1);
                // So that a negative number is one.
                let kind = match of.kind {
                    Kind::Number(value) => Kind::Number(-value),
                    _ => Kind::Negative(Box::new(of)),
                };
                self.node(kind, span, deep)
            }
            Token::Sign("+") => {
                self.advance()?;
                self.expression(SIGN, depth + 1)
            }
            Token::Sign("(") => {
                self.advance()?;
                let mut inside = self.expression(0, depth + 1)?;
                inside.span = start..self.expect(")", "behind the expression in brackets")?;
                self.indexed(inside, depth)
            }
            Token::Sign("[") => {
                self.advance()?;
                let (mut list, mut deep) = (Vec::new(), 0);
                while self.now.0 != Token::Sign("]") {
                    let part = self.expression(0, depth + 1)?;
                    deep = deep.max(part.depth);
                    list.push(part);
                    if self.now.0 != Token::Sign(",") {
                        break;
                    }
                    self.advance()?;
                }
                let end = self.expect("]", "at the end of the list")?;
                let list = self.node(Kind::List(list), start..end, deep + 1)?;
                self.indexed(list, depth)
            }
            Token::Number(value) => {
                self.advance()?;
                self.node(Kind::Number(value), span, 1)
            }
            Token::Text(text) => {
                self.advance()?;
                self.node(Kind::Text(text.into()), span, 1)
            }
            Token::Name(name) => {
                self.advance()?;
                let node = match name {
                    "None" => self.node(Kind::None, span, 1)?,
                    "True" | "true" => self.node(Kind::Truth(true), span, 1)?,
                    "False" | "false" => self.node(Kind::Truth(false), span, 1)?,
                    _ if self.now.0 == Token::Sign("(") => self.call(name, start, depth)?,
                    _ => self.node(Kind::Name(name.into()), span, 1)?,
                };
                self.indexed(node, depth)
            }
            found => Err(self.error(format!("expected a number, a name or a bracket, found {found}"))),
        }
    }

    fn call(&mut self, name: &str, start: usize, depth: usize) -> Parsed {
        self.advance()?;
        let (mut arguments, mut deep) = (Vec::new(), 0);
        while self.now.0 != Token::Sign(")") {
            let keyword = match (self.now.0, self.next.0) {
                (Token::Name(keyword), Token::Sign("=")) => {
                    self.advance()?;
                    self.advance()?;
                    Some(keyword.to_string())
                }
                _ => None,
            };
            let value = self.expression(0, depth + 1)?;
            deep = deep.max(value.depth);
            arguments.push((keyword, value));
            if self.now.0 != Token::Sign(",") {
                break;
            }
            self.advance()?;
        }
        let end = self.expect(")", &format!("behind the arguments of `{name}`"))?;
        self.node(Kind::Call(name.into(), arguments), start..end, deep + 1)
    }

    fn indexed(&mut self, mut of: Node, depth: usize) -> Parsed {
        while self.now.0 == Token::Sign("[") {
            self.advance()?;
            let index = self.expression(0, depth + 1)?;
            let end = self.expect("]", "behind the index")?;
            let (span, deep) = (of.span.start..end, of.depth.max(index.depth) + 1);
            of = self.node(Kind::Index(Box::new(of), Box::new(index)), span, deep)?;
        }
        Ok(of)
    }
}
