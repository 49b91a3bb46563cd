//! A text as a graph: each part is what the same method would build in Rust, so that both give the same bits. What is wrong is
//! recorded with its line and the part of the text. Not here: what the text says by itself (`lines.rs`).

use super::call::{Call, MAX_RANK};
use super::parser::{Kind, Node, Operator};
use super::value::{Value, binary, float};
use super::{Expression, MAX_ELEMENTS, MAX_NODES_OF_GRAPH, excerpt, functions, line_of, lines, losses, names};
use crate::loss_scope::LossScope;
use ganymede_graph::{Builder, Expr};
use ganymede_nn::config::nearest;
use std::collections::HashMap;
use std::ops::Range;

/// The logits that an objective is of; none in a penalty, which asks for its own.
#[derive(Default)]
pub(crate) struct Verdicts<'g> {
    pub real: Option<Expr<'g>>,
    pub fake: Option<Expr<'g>>,
}

/// Where a text is wrong, and how.
type Fault = (Range<usize>, String);

/// Most errors of the graph that one text is told.
const MOST_ERRORS: usize = 20;

impl Expression {
    /// The value of the text, whose name in its term is `key`.
    ///
    /// # Shapes
    /// A scalar.
    ///
    /// # Errors
    /// Recorded with the line: a name that is none, values that a function does not take, shapes that do not fit, a value that is
    /// no scalar.
    pub(crate) fn evaluate<'g>(&self, key: &str, s: &LossScope<'g>, verdicts: &Verdicts<'g>) -> Expr<'g> {
        let builder = s.builder();
        let (errors, nodes) = (builder.error_count(), builder.node_count());
        let mut evaluation = Evaluation {
            of: self,
            key,
            s,
            verdicts,
            values: HashMap::new(),
            noise: String::new(),
            errors,
            told: 0,
            nodes,
        };
        for line in &self.lines {
            let name = line.name.as_deref().unwrap_or("value");
            evaluation.noise = format!("{}/{name}", s.prefix());
            let value = evaluation.node(&line.value);
            let value = match (value, &line.name) {
                (Ok(value), Some(_)) => value,
                (Ok(value), None) => return evaluation.scalar(value, &line.value),
                (Err(fault), _) => return evaluation.poison(fault),
            };
            evaluation.values.insert(name, value);
        }
        evaluation.poison((0..0, "expected a value, found none".into()))
    }
}

struct Evaluation<'e, 'g> {
    of: &'e Expression,
    key: &'e str,
    s: &'e LossScope<'g>,
    verdicts: &'e Verdicts<'g>,
    values: HashMap<&'e str, Value<'g>>,
    /// The path of the noise of this line.
    noise: String,
    /// Errors of the builder that are explained.
    errors: usize,
    /// How many of them are of this text.
    told: usize,
    /// Nodes of the graph before this text.
    nodes: usize,
}

impl<'e, 'g> Evaluation<'e, 'g> {
    fn builder(&self) -> &'g Builder {
        self.s.builder()
    }

    /// Where a part stands, for messages.
    fn place(&self, span: &Range<usize>) -> String {
        let part = excerpt(&self.of.text, span);
        let line = line_of(&self.of.text, span.start);
        format!("`{}`, line {line} of `{}`, `{part}`", self.s.prefix(), self.key)
    }

    #[track_caller]
    fn poison(&self, (span, reason): Fault) -> Expr<'g> {
        self.builder().error(format!("{}: {reason}", self.place(&span)), None)
    }

    fn scalar(&self, value: Value<'g>, node: &Node) -> Expr<'g> {
        let refuse = |found: String| {
            let reason = format!("expected a scalar as the value of the loss, found {found}");
            self.poison((node.span.clone(), reason))
        };
        match value {
            Value::Tensor(value) if value.is_poison() => value,
            Value::Tensor(value) if value.rank() == 0 => float(value),
            Value::Tensor(value) => refuse(format!("shape {}: take its mean", value.shape())),
            other => refuse(format!("{other}, which depends on nothing")),
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
                "expected a loss of at most {MAX_NODES_OF_GRAPH} operations, found {made} up to here"
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

    fn binary(&mut self, operator: Operator, left: &Node, right: &Node) -> Result<Result<Value<'g>, String>, Fault> {
        let (left, right) = (self.node(left)?, self.node(right)?);
        let poisoned = [&left, &right].into_iter().find_map(poison);
        Ok(match poisoned {
            Some(poison) => Ok(poison),
            None => binary(operator, left, right),
        })
    }

    fn name(&self, name: &str) -> Result<Value<'g>, String> {
        if let Some(value) = self.values.get(name) {
            return Ok(value.clone());
        }
        if let Some(known) = names::find(name) {
            return (known.value)(self.s, self.verdicts);
        }
        let fields =
            || self.s.trace.codec.into_iter().flat_map(|codec| codec.fields()).map(|field| field.name.as_str());
        if fields().any(|field| field == name) {
            return Ok(Value::Tensor(self.s.field(name)));
        }
        let given = self.values.keys().copied();
        let meant = nearest(name, given.chain(names::NAMES.iter().map(|name| name.name)).chain(fields()));
        if functions::find(name).is_some() {
            return Err(format!("expected a value, found the function `{name}`: call it"));
        }
        Err(lines::unknown(name, meant, &fields().collect::<Vec<_>>()))
    }

    fn indexed(&mut self, of: &Node, index: &Node) -> Result<Result<Value<'g>, String>, Fault> {
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

    fn call(&mut self, name: &str, arguments: &[(Option<String>, Node)]) -> Result<Result<Value<'g>, String>, Fault> {
        let keywords: Vec<Option<&str>> = arguments.iter().map(|(keyword, _)| keyword.as_deref()).collect();
        let places = match lines::bind(name, &keywords) {
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
        Ok(match functions::find(name) {
            Some(function) => (function.apply)(&Call::new(self.s, function.signature, given, &self.noise)),
            None => {
                let given = given.into_iter().map(|(place, value)| (lines::argument(name, place), value));
                losses::apply(name, given.collect())
            }
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
