//! The text form of a graph, printed and read: tests of passes are written in it, and people read it.
//! Not here: the attributes of each primitive (`ops/`).
//!
//! ```text
//! graph d
//! %0: f32[2,3] = input {name=x scalar=false}
//! %1: f32[] = constant {dtype=f32 shape=[] values=[0.5]}
//! %2: f32[2,3] = broadcast %1 {shape=[2 3] axes=[]} @critic/dense
//! %3: f32[2,3] = mul %0 %2 @critic/dense
//! output y = %3
//! assign critic/w = %3
//! ```

use crate::graph::{Graph, Node, NodeId, ScopeId};
use crate::ops::{Attribute, Attributes, Op, is_bare, parse_number, quoted};
use ganymede_tensor::{Shape, TensorType};
use std::collections::HashMap;
use std::fmt::Write;

/// Text that is not a graph.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct TextError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong, expected before found.
    pub message: String,
}

impl TextError {
    /// What the user can do, where there is one thing to do.
    pub fn hint(&self) -> Option<String> {
        let node = "a node is written `%2: f32[3] = add %0 %1 @scope`".to_string();
        self.message.contains("expected a line").then_some(node)
    }
}

/// The text form.
pub fn print(graph: &Graph) -> String {
    let mut text = format!("graph {}\n", quoted(&graph.name));
    for id in graph.ids() {
        let node = graph.node(id);
        let primitive = node.op.primitive();
        let _ = write!(text, "%{}: {} = {}", id.0, node.ty, primitive.name());
        for input in &node.inputs {
            let _ = write!(text, " %{}", input.0);
        }
        let attributes = primitive.attributes().0;
        if !attributes.is_empty() {
            let attributes: Vec<String> = attributes.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let _ = write!(text, " {{{}}}", attributes.join(" "));
        }
        if !graph.scope(id).is_empty() {
            let _ = write!(text, " @{}", quoted(graph.scope(id)));
        }
        text.push('\n');
    }
    for (keyword, named) in [("output", &graph.outputs), ("assign", &graph.assigns)] {
        for (name, id) in named {
            let _ = writeln!(text, "{keyword} {} = %{}", quoted(name), id.0);
        }
    }
    text
}

/// Reads the text form; empty lines do not count.
///
/// # Errors
/// The first line that is wrong, and why; a graph that breaks an invariant is wrong too.
pub fn parse(text: &str) -> Result<Graph, TextError> {
    let mut graph = Graph::new("");
    let mut scopes = HashMap::from([(String::new(), ScopeId(0))]);
    // Line of each node, for what only the finished graph shows.
    let mut lines = Vec::new();
    let mut last = 1;
    for (index, line) in text.lines().enumerate() {
        let fail = |message: String| TextError { line: index + 1, message };
        let mut cursor = Cursor { rest: line };
        cursor.skip_spaces();
        if cursor.rest.is_empty() {
            continue;
        }
        last = index + 1;
        if cursor.rest.starts_with('%') {
            let node = node(&mut cursor, graph.nodes.len(), &mut graph.scopes, &mut scopes).map_err(fail)?;
            check(&graph, &node).map_err(fail)?;
            graph.nodes.push(node);
            lines.push(index + 1);
            continue;
        }
        let keyword = cursor.word().map_err(fail)?;
        let mut named = |into: &mut Vec<(String, NodeId)>| -> Result<(), String> {
            let name = cursor.word()?;
            cursor.expect('=')?;
            let id = cursor.id()?;
            cursor.end()?;
            if id.index() >= graph.nodes.len() {
                return Err(format!("expected a node above, found %{}", id.0));
            }
            into.push((name, id));
            Ok(())
        };
        match keyword.as_str() {
            "graph" => {
                graph.name = cursor.word().map_err(fail)?;
                cursor.end().map_err(fail)?;
            }
            "output" => named(&mut graph.outputs).map_err(fail)?,
            "assign" => named(&mut graph.assigns).map_err(fail)?,
            other => {
                let expected = "expected a line with graph, output, assign or a node";
                return Err(fail(format!("{expected}, found `{}`", other.escape_debug())));
            }
        }
    }
    let broken = |e: crate::verify::VerifyError| TextError {
        line: lines.get(e.node).copied().unwrap_or(last),
        message: e.reason,
    };
    graph.verify().map_err(broken)?;
    Ok(graph)
}

/// Types and operands; the rest is for [`Graph::verify`].
fn check(graph: &Graph, node: &Node) -> Result<(), String> {
    if let Some(late) = node.inputs.iter().find(|i| i.index() >= graph.nodes.len()) {
        return Err(format!("expected operands above, found %{}", late.0));
    }
    if matches!(node.op, Op::Input(_) | Op::State(_)) {
        return if node.inputs.is_empty() { Ok(()) } else { Err("expected no operands".into()) };
    }
    let types: Vec<TensorType> = node.inputs.iter().map(|&i| graph.ty(i).clone()).collect();
    let ty = node.op.primitive().infer(&types).map_err(|e| e.to_string())?;
    if ty == node.ty { Ok(()) } else { Err(format!("expected type {ty}, found {}", node.ty)) }
}

fn node(
    cursor: &mut Cursor,
    index: usize,
    paths: &mut Vec<String>,
    scopes: &mut HashMap<String, ScopeId>,
) -> Result<Node, String> {
    let id = cursor.id()?;
    if id.index() != index {
        return Err(format!("expected node %{index}, found %{}", id.0));
    }
    cursor.expect(':')?;
    let ty = cursor.ty()?;
    cursor.expect('=')?;
    let name = cursor.word()?;
    let mut inputs = Vec::new();
    while cursor.peek() == Some('%') {
        inputs.push(cursor.id()?);
    }
    let mut attributes = Attributes::default();
    if cursor.accept('{') {
        while !cursor.accept('}') {
            let name = cursor.word()?;
            cursor.expect('=')?;
            attributes.0.push((name, cursor.attribute()?));
        }
    }
    let path = if cursor.accept('@') { cursor.word()? } else { String::new() };
    cursor.end()?;
    let scope = *scopes.entry(path.clone()).or_insert_with(|| {
        paths.push(path);
        ScopeId(paths.len() as u32 - 1)
    });
    Ok(Node { op: Op::from_text(&name, attributes)?, inputs, ty, scope })
}

/// Reads one line from left to right; spaces between tokens do not count.
struct Cursor<'a> {
    rest: &'a str,
}

impl<'a> Cursor<'a> {
    fn skip_spaces(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn peek(&mut self) -> Option<char> {
        self.skip_spaces();
        self.rest.chars().next()
    }

    fn accept(&mut self, c: char) -> bool {
        let found = self.peek() == Some(c);
        if found {
            self.rest = &self.rest[c.len_utf8()..];
        }
        found
    }

    fn expect(&mut self, c: char) -> Result<(), String> {
        if self.accept(c) { Ok(()) } else { Err(format!("expected `{c}`, found {}", self.found())) }
    }

    fn end(&mut self) -> Result<(), String> {
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(format!("expected the end of the line, found {}", self.found())),
        }
    }

    /// What comes next, for a message.
    fn found(&mut self) -> String {
        match self.peek() {
            None => "the end of the line".into(),
            Some(_) => format!("`{}`", self.rest.chars().take(20).collect::<String>().escape_debug()),
        }
    }

    /// The longest prefix of such characters.
    fn run(&mut self, of: impl Fn(char) -> bool) -> &'a str {
        self.skip_spaces();
        let end = self.rest.find(|c| !of(c)).unwrap_or(self.rest.len());
        let (run, rest) = self.rest.split_at(end);
        self.rest = rest;
        run
    }

    fn id(&mut self) -> Result<NodeId, String> {
        self.expect('%')?;
        let digits = self.run(|c| c.is_ascii_digit());
        digits.parse().map(NodeId).map_err(|_| format!("expected the number of a node after `%`, found `{digits}`"))
    }

    fn word(&mut self) -> Result<String, String> {
        if self.accept('"') {
            return self.quoted();
        }
        match self.run(is_bare) {
            "" => Err(format!("expected a word, found {}", self.found())),
            word => Ok(word.to_string()),
        }
    }

    /// The rest of a quoted word.
    fn quoted(&mut self) -> Result<String, String> {
        let mut word = String::new();
        let mut chars = self.rest.chars();
        loop {
            match chars.next() {
                Some('"') => break,
                Some('\\') => word.push(escaped(&mut chars)?),
                Some(c) => word.push(c),
                None => return Err("expected `\"`, found the end of the line".into()),
            }
        }
        self.rest = chars.as_str();
        Ok(word)
    }

    fn ty(&mut self) -> Result<TensorType, String> {
        let dtype = self.run(|c| c.is_ascii_alphanumeric()).parse()?;
        self.expect('[')?;
        let mut sizes = Vec::new();
        while !self.accept(']') {
            if !sizes.is_empty() {
                self.expect(',')?;
            }
            let digits = self.run(|c| c.is_ascii_digit());
            sizes.push(digits.parse().map_err(|_| format!("expected a size, found `{digits}`"))?);
        }
        let shape = Shape::from(sizes);
        match shape.checked_elements() {
            Some(_) => Ok(TensorType::new(dtype, shape)),
            None => Err(format!("expected a shape with a number of elements, found {shape}")),
        }
    }

    fn attribute(&mut self) -> Result<Attribute, String> {
        if !self.accept('[') {
            return self.word().map(Attribute::Word);
        }
        let mut tokens = Vec::new();
        while !self.accept(']') {
            match self.run(|c| c.is_ascii_alphanumeric() || "+-.:".contains(c)) {
                "" => return Err(format!("expected a number or `]`, found {}", self.found())),
                token => tokens.push(token),
            }
        }
        if let Ok(values) = tokens.iter().map(|t| t.parse()).collect::<Result<Vec<i64>, _>>() {
            return Ok(Attribute::Integers(values));
        }
        let number = |t: &&str| parse_number(t).ok_or_else(|| format!("expected a number, found `{t}`"));
        tokens.iter().map(number).collect::<Result<_, _>>().map(Attribute::Numbers)
    }
}

/// The character that an escape of [`str::escape_debug`] stands for.
fn escaped(chars: &mut std::str::Chars) -> Result<char, String> {
    Ok(match chars.next() {
        Some('n') => '\n',
        Some('r') => '\r',
        Some('t') => '\t',
        Some('0') => '\0',
        Some(c @ ('\\' | '"' | '\'')) => c,
        Some('u') => {
            let (code, rest) = chars
                .as_str()
                .strip_prefix('{')
                .and_then(|code| code.split_once('}'))
                .ok_or("expected `\\u{…}` in a quoted word")?;
            *chars = rest.chars();
            let code = u32::from_str_radix(code, 16).ok().and_then(char::from_u32);
            code.ok_or("expected a code point in `\\u{…}`")?
        }
        other => return Err(format!("expected an escape in a quoted word, found {other:?}")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::random_graph;
    use ganymede_tensor::Rng;

    #[test]
    fn what_is_printed_reads_back() {
        for seed in 0..200 {
            let graph = random_graph(seed, 25).graph;
            let text = print(&graph);
            let read = parse(&text).unwrap_or_else(|error| panic!("seed {seed}: {error}\n{text}"));
            assert_eq!(print(&read), text);
            for id in graph.ids() {
                let (was, is) = (graph.node(id), read.node(id));
                assert_eq!((&was.op, &was.inputs, &was.ty), (&is.op, &is.inputs, &is.ty));
                assert_eq!(graph.scope(id), read.scope(id));
            }
            assert_eq!((&graph.outputs, &graph.assigns), (&read.outputs, &read.assigns));
        }
    }

    #[test]
    fn odd_names_and_numbers_read_back() {
        let odd = "a \"b\" \\ { } = @ % \n \u{0} é 子";
        let builder = crate::Builder::new(odd);
        let scope = builder.enter(odd);
        let values = [f64::NAN, -f64::NAN, f64::INFINITY, -0.0, 1e-310, 0.1, f64::MAX];
        let constant = builder.constant_tensor(TensorType::f32([7]), &values);
        builder.output(odd, builder.input("", TensorType::f32([7])) + constant);
        drop(scope);
        let graph = builder.finish().unwrap();
        let read = parse(&print(&graph)).unwrap();
        assert_eq!(read, graph);
    }

    #[test]
    fn errors_name_line_and_reason() {
        let error = |text: &str| parse(text).unwrap_err().to_string();
        assert_eq!(
            error("graph g\n\n%0: f32[2] = input {name=x scalar=false}\n%1: f32[2] = ad %0"),
            "line 4: expected the name of a primitive, found `ad`"
        );
        assert_eq!(
            error("%0: f32[2] = iota {dtype=f32 shape=[3] axis=[0]}"),
            "line 1: expected type f32[3], found f32[2]"
        );
        assert_eq!(error("%1: f32[] = input {name=x scalar=true}"), "line 1: expected node %0, found %1");
        assert_eq!(error("graph g\noutput y = %0"), "line 2: expected a node above, found %0");
        assert_eq!(error("%0: f32[] = exp %0"), "line 1: expected operands above, found %0");
        assert_eq!(error("%0: f32[] = input {name=x}"), "line 1: expected attribute `scalar`");
        assert_eq!(error("%0: f33[]"), "line 1: expected an element type (f32, i32, u32, u16, u8, bool), found `f33`");
        assert!(parse("nonsense").unwrap_err().hint().is_some());
    }

    /// Seeded damage to well-formed text: an error or a graph, never a panic.
    #[test]
    fn damaged_text_never_panics() {
        let numbers =
            ["0", "1", "-1", "18446744073709551615", "9223372036854775807", "4294967295", "NaN", "1e999", "[", "{"];
        let texts: Vec<Vec<char>> = (0..40).map(|s| print(&random_graph(s, 20).graph).chars().collect()).collect();
        let mut read = 0;
        for seed in 0..3000 {
            let mut rng = Rng::new(seed, 5);
            let mut text = texts[seed as usize % texts.len()].clone();
            for _ in 0..1 + rng.below(4) {
                let at = rng.below(text.len() as u32) as usize;
                match rng.below(5) {
                    0 => text.truncate(at),
                    1 => text[at] = char::from(32 + rng.below(95) as u8),
                    2 => drop(text.drain(at..(at + 1 + rng.below(9) as usize).min(text.len()))),
                    3 => {
                        let piece: Vec<char> = text[at..(at + 12).min(text.len())].to_vec();
                        let to = rng.below(text.len() as u32) as usize;
                        text.splice(to..to, piece);
                    }
                    _ => {
                        // Another number in place of one.
                        let Some(from) = (at..text.len()).find(|&i| text[i].is_ascii_digit()) else { continue };
                        let to = (from..text.len()).find(|&i| !text[i].is_ascii_digit()).unwrap_or(text.len());
                        text.splice(from..to, numbers[rng.below(numbers.len() as u32) as usize].chars());
                    }
                }
                if text.is_empty() {
                    break;
                }
            }
            read += usize::from(parse(&text.iter().collect::<String>()).is_ok());
        }
        assert!(read > 0, "some damage leaves a graph");
    }
}
