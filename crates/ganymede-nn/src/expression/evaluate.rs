//! A text as a graph: each part is what the same method would build in Rust, so that both give the same bits. What is wrong is
//! recorded with its line and the part of the text. Not here: what the text says by itself (`lines.rs`).

use super::call::{Call, MAX_RANK};
use super::functions::Applied;
use super::parser::{Kind, Node, Operator};
use super::value::{Value, binary, float};
use super::{
    Expression, MAX_ELEMENTS, MAX_NODES_OF_GRAPH, Surroundings, Vocabulary, excerpt, functions, line_of, lines, losses,
};
use crate::nearest::nearest;
use ganymede_graph::{Builder, Expr};
use std::collections::HashMap;
use std::ops::Range;

/// Where a text is wrong, and how.
type Fault = (Range<usize>, String);

/// Most errors of the graph that one text is told.
const MOST_ERRORS: usize = 20;

impl Expression {
    /// The value of the text, which stands under the name `key`.
    ///
    /// # Shapes
    /// What the surroundings take for a result.
    ///
    /// # Errors
    /// Recorded with the line: a name that is none, values that a function does not take, shapes that do not fit, a value that is
    /// no result.
    pub fn evaluate<'g>(&self, key: &str, around: &dyn Surroundings<'g>) -> Expr<'g> {
        let builder = around.builder();
        let (errors, nodes) = (builder.error_count(), builder.node_count());
        let mut evaluation =
            Evaluation { of: self, key, around, values: HashMap::new(), line: "", errors, told: 0, nodes };
        for line in &self.lines {
            evaluation.line = line.name.as_deref().unwrap_or("value");
            let value = match (evaluation.node(&line.value), &line.name) {
                (Ok(value), Some(_)) => value,
                (Ok(value), None) => return evaluation.result(value, &line.value),
                (Err(fault), _) => return evaluation.poison(fault),
            };
            evaluation.values.insert(evaluation.line, value);
        }
        evaluation.poison((0..0, "expected a value, found none".into()))
    }
}

struct Evaluation<'e, 'g> {
    of: &'e Expression,
    key: &'e str,
    around: &'e dyn Surroundings<'g>,
    values: HashMap<&'e str, Value<'g>>,
    /// The name of this line.
    line: &'e str,
    /// Errors of the builder that are explained.
    errors: usize,
    /// How many of them are of this text.
    told: usize,
    /// Nodes of the graph before this text.
    nodes: usize,
}

impl<'e, 'g> Evaluation<'e, 'g> {
    fn builder(&self) -> &'g Builder {
        self.around.builder()
    }

    fn vocabulary(&self) -> &'e dyn Vocabulary {
        self.around.vocabulary()
    }

    /// Where a part stands, for messages.
    fn place(&self, span: &Range<usize>) -> String {
        let part = excerpt(&self.of.text, span);
        let line = line_of(&self.of.text, span.start);
        let around = self.around.place().map_or(String::new(), |place| format!("`{place}`, "));
        format!("{around}line {line} of `{}`, `{part}`", self.key)
    }

    #[track_caller]
    fn poison(&self, (span, reason): Fault) -> Expr<'g> {
        self.builder().error(format!("{}: {reason}", self.place(&span)), None)
    }

    fn result(&self, value: Value<'g>, node: &Node) -> Expr<'g> {
        match value {
            Value::Tensor(value) if value.is_poison() => value,
            value => self.around.result(value).unwrap_or_else(|reason| self.poison((node.span.clone(), reason))),
        }
    }

    /// The value of a part; each part is judged when it is made.
    fn node(&mut self, node: &Node) -> Result<Value<'g>, Fault> {
        let value = self.made(node)?;
        let builder = self.builder();
        let found = builder.error_count();
        if found > self.errors {
            let place = self.place(&node.span);
            builder.explain_errors(self.errors, |message| format!("{place}: {message}"));
            self.told += found - self.errors;
            self.errors = found;
        }
        let refuse = |reason: String| Err((node.span.clone(), reason));
        if self.told >= MOST_ERRORS {
            return refuse(format!("expected a text without errors, found {} up to here", self.told));
        }
        if let Value::Tensor(tensor) = &value
            && !tensor.is_poison()
        {
            let shape = tensor.shape();
            if shape.rank() > MAX_RANK {
                return refuse(format!("expected at most {MAX_RANK} axes, found {}", shape.rank()));
            }
            if shape.elements() > MAX_ELEMENTS {
                return refuse(format!("expected at most {MAX_ELEMENTS} elements, found shape {shape}"));
            }
        }
        let made = builder.node_count() - self.nodes;
        if made > MAX_NODES_OF_GRAPH {
            return refuse(format!(
                "expected a {} of at most {MAX_NODES_OF_GRAPH} operations, found {made} up to here",
                self.vocabulary().whole()
            ));
        }
        Ok(value)
    }

    fn made(&mut self, node: &Node) -> Result<Value<'g>, Fault> {
        let at = |reason: String| (node.span.clone(), reason);
        match &node.kind {
            Kind::Number(value) => Ok(Value::Number(*value)),
            Kind::Truth(value) => Ok(Value::Truth(*value)),
            Kind::None => Ok(Value::None),
            Kind::Text(text) => Ok(Value::Text(text.as_str().into())),
            Kind::Name(name) => self.name(name).map_err(at),
            Kind::List(list) => {
                let mut values = Vec::with_capacity(list.len());
                for part in list {
                    match self.node(part)? {
                        Value::List(_) => return Err(at("expected numbers or tensors in a list, found a list".into())),
                        value => values.push(value),
                    }
                }
                Ok(Value::List(values.into()))
            }
            Kind::Negative(of) => match self.node(of)? {
                Value::Number(value) => Ok(Value::Number(-value)),
                Value::Tensor(tensor) => Ok(Value::Tensor(-float(tensor))),
                other => Err(at(format!("expected a tensor or a number behind the sign, found {other}"))),
            },
            Kind::Binary(operator, left, right) => self.binary(*operator, left, right)?.map_err(at),
            Kind::Index(of, index) => self.indexed(of, index)?.map_err(at),
            Kind::Call(name, arguments) => self.call(name, arguments)?.map_err(at),
        }
    }

    fn binary(&mut self, operator: Operator, left: &Node, right: &Node) -> Result<Applied<'g>, Fault> {
        let (left, right) = (self.node(left)?, self.node(right)?);
        let poisoned = [&left, &right].into_iter().find_map(poison);
        Ok(match poisoned {
            Some(poison) => Ok(poison),
            None => binary(operator, left, right),
        })
    }

    fn name(&self, name: &str) -> Applied<'g> {
        if let Some(value) = self.values.get(name) {
            return Ok(value.clone());
        }
        if let Some(value) = self.around.value(name) {
            return value;
        }
        if lines::function(self.vocabulary(), name).is_some() {
            return Err(format!("expected a value, found the function `{name}`: call it"));
        }
        let names = self.vocabulary().names();
        let meant = nearest(name, self.values.keys().copied().chain(names.iter().map(String::as_str)));
        Err(self.vocabulary().unknown(name, meant))
    }

    fn indexed(&mut self, of: &Node, index: &Node) -> Result<Applied<'g>, Fault> {
        let (of, index) = (self.node(of)?, self.node(index)?);
        let (list, number) = match (of, index) {
            (Value::List(list), Value::Number(number)) if number.fract() == 0.0 => (list, number),
            (Value::Tensor(_), _) => {
                return Ok(Err(
                    "expected a list before the index, found a tensor: slice(x, start_indices, shape) takes a part"
                        .into(),
                ));
            }
            (of, index) => return Ok(Err(format!("expected a list and a whole number, found {of} and {index}"))),
        };
        let place = if number < 0.0 { list.len() as f64 + number } else { number };
        let found = (place >= 0.0 && place < list.len() as f64).then(|| list[place as usize].clone());
        Ok(found.ok_or_else(|| format!("expected an index of a list of {}, found {number}", list.len())))
    }

    fn call(&mut self, name: &str, arguments: &[(Option<String>, Node)]) -> Result<Applied<'g>, Fault> {
        let keywords: Vec<Option<&str>> = arguments.iter().map(|(keyword, _)| keyword.as_deref()).collect();
        let places = match lines::bind(self.vocabulary(), name, &keywords) {
            Ok(places) => places,
            Err(reason) => return Ok(Err(reason)),
        };
        let mut given = Vec::with_capacity(arguments.len());
        for (place, (_, value)) in places.into_iter().zip(arguments) {
            given.push((place, self.node(value)?));
        }
        // What a poison would come to is not known, and why it is one is told.
        if let Some(poison) = given.iter().find_map(|(_, value)| poison(value)) {
            return Ok(Ok(poison));
        }
        let Some(function) = lines::function(self.vocabulary(), name) else {
            let arguments = losses::arguments(name);
            let named = |(place, value): (usize, _)| Some((arguments.get(place)?.clone(), value));
            return Ok(losses::apply(name, given.into_iter().filter_map(named).collect()));
        };
        let call = Call::new(self.builder(), function.signature, given);
        Ok(match functions::find(name) {
            Some((_, apply)) => apply(&call),
            None => self.around.apply(name, self.line, &call),
        })
    }
}

/// The value itself, if it is a poison or a list with one.
fn poison<'g>(value: &Value<'g>) -> Option<Value<'g>> {
    match value {
        Value::Tensor(tensor) => tensor.is_poison().then(|| value.clone()),
        Value::List(list) => list.iter().find_map(poison),
        _ => None,
    }
}
