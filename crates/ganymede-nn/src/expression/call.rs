//! A call of a function: its arguments by place, each as what the function takes. Not here: the functions (`functions.rs`).

use super::value::{Value, float};
use ganymede_graph::{Builder, Expr, IntoExpr};
use std::rc::Rc;

/// Most axes that a tensor of a text may have.
pub(super) const MAX_RANK: usize = 16;

/// An argument of a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Argument {
    /// As Keras names it.
    pub name: &'static str,
    /// What it is when it is left out, as it is written; none where it must be given.
    pub default: Option<&'static str>,
}

/// The arguments of a signature such as `x, axis=None, keepdims=False`.
pub(super) fn arguments(signature: &'static str) -> impl Iterator<Item = Argument> {
    let parts = signature.split(", ").filter(|part| !part.is_empty());
    parts.map(|part| match part.split_once('=') {
        Some((name, default)) => Argument { name, default: Some(default) },
        None => Argument { name: part, default: None },
    })
}

/// The value of a default.
fn default<'g>(written: &str) -> Value<'g> {
    match written {
        "None" => Value::None,
        "False" => Value::Truth(false),
        "True" => Value::Truth(true),
        number => number.parse().map_or(Value::None, Value::Number),
    }
}

/// A call of a function. Each method takes the place of an argument; its errors say what was expected there and what was found.
pub struct Call<'g> {
    builder: &'g Builder,
    signature: &'static str,
    /// In the signature's order.
    values: Vec<Value<'g>>,
}

impl<'g> Call<'g> {
    /// Values in the order of the text, each with the number of its argument; what is not given has its default.
    pub(super) fn new(builder: &'g Builder, signature: &'static str, given: Vec<(usize, Value<'g>)>) -> Self {
        let mut values: Vec<Value<'g>> =
            arguments(signature).map(|argument| argument.default.map_or(Value::None, default)).collect();
        for (at, value) in given {
            if let Some(place) = values.get_mut(at) {
                *place = value;
            }
        }
        Call { builder, signature, values }
    }

    /// The value, or the argument's default.
    pub fn value(&self, at: usize) -> Value<'g> {
        self.values.get(at).cloned().unwrap_or(Value::None)
    }

    fn refuse<T>(&self, at: usize, expected: &str) -> Result<T, String> {
        let name = arguments(self.signature).nth(at).map_or("", |argument| argument.name);
        Err(format!("expected {expected} for `{name}`, found {}", self.value(at)))
    }

    /// A tensor as it is; a number becomes one.
    pub fn raw(&self, at: usize) -> Result<Expr<'g>, String> {
        match self.value(at) {
            Value::Tensor(tensor) => Ok(tensor),
            Value::Number(number) => Ok(number.into_expr(self.builder)),
            _ => self.refuse(at, "a tensor"),
        }
    }

    /// A tensor of `f32`.
    pub fn tensor(&self, at: usize) -> Result<Expr<'g>, String> {
        self.raw(at).map(float)
    }

    /// A tensor of truth values; another one is true where it is not 0.
    pub fn truth(&self, at: usize) -> Result<Expr<'g>, String> {
        let raw = self.raw(at)?;
        Ok(if raw.is_poison() { raw } else { raw.convert(ganymede_tensor::DType::Bool) })
    }

    /// A number.
    pub fn number(&self, at: usize) -> Result<f64, String> {
        match self.value(at) {
            Value::Number(number) => Ok(number),
            _ => self.refuse(at, "a number"),
        }
    }

    /// A truth value, or 0 or 1.
    pub fn flag(&self, at: usize) -> Result<bool, String> {
        match self.value(at) {
            Value::Truth(flag) => Ok(flag),
            Value::Number(number) if number == 0.0 || number == 1.0 => Ok(number == 1.0),
            _ => self.refuse(at, "True or False"),
        }
    }

    /// A text in quotes.
    pub fn text(&self, at: usize) -> Result<Rc<str>, String> {
        match self.value(at) {
            Value::Text(text) => Ok(text),
            _ => self.refuse(at, "a text in quotes"),
        }
    }

    /// Whole numbers: one, or a list of them. None where nothing is given.
    fn wholes(&self, at: usize) -> Result<Option<Vec<i64>>, String> {
        const LARGEST: f64 = 4_294_967_296.0;
        let whole = |value: &Value| match value {
            Value::Number(n) if n.fract() == 0.0 && n.abs() <= LARGEST => Some(*n as i64),
            _ => None,
        };
        let found = match self.value(at) {
            Value::None => return Ok(None),
            Value::List(list) if list.len() > MAX_RANK => return self.refuse(at, "a list of at most 16"),
            Value::List(list) => list.iter().map(whole).collect(),
            value => whole(&value).map(|n| vec![n]),
        };
        found.map_or_else(|| self.refuse(at, "a whole number or a list of them"), |found| Ok(Some(found)))
    }

    /// Different axes of a tensor of this rank, counted from the end below 0. None where nothing is given.
    pub fn axes(&self, at: usize, rank: usize) -> Result<Option<Vec<usize>>, String> {
        let Some(written) = self.wholes(at)? else { return Ok(None) };
        let mut axes = Vec::new();
        for axis in written {
            let from_start = if axis < 0 { axis + rank as i64 } else { axis };
            match usize::try_from(from_start).ok().filter(|from_start| *from_start < rank) {
                Some(axis) if axes.contains(&axis) => {
                    return Err(format!("expected every axis once, found {axis} twice"));
                }
                Some(axis) => axes.push(axis),
                None => return Err(format!("expected an axis of a tensor with {rank} axes, found {axis}")),
            }
        }
        Ok(Some(axes))
    }

    /// One axis.
    pub fn axis(&self, at: usize, rank: usize) -> Result<usize, String> {
        match self.axes(at, rank)?.as_deref() {
            Some([axis]) => Ok(*axis),
            _ => self.refuse(at, "one axis"),
        }
    }

    /// Sizes above 0; of the elements of another tensor, one of them may be −1.
    pub fn sizes(&self, at: usize, of: Option<usize>) -> Result<Vec<usize>, String> {
        let written = match self.wholes(at)? {
            Some(written) => written,
            None => return self.refuse(at, "a list of sizes"),
        };
        let open = written.iter().filter(|size| **size == -1).count();
        let known = written.iter().filter(|size| **size != -1).try_fold(1usize, |product, size| {
            usize::try_from(*size).ok().filter(|size| *size > 0).and_then(|size| product.checked_mul(size))
        });
        let refuse = || Err(format!("expected sizes above 0, found {written:?}"));
        let (Some(known), true) = (known, open == 0 || (open == 1 && of.is_some())) else { return refuse() };
        let rest = match of {
            Some(elements) if open == 1 && !elements.is_multiple_of(known) => {
                return Err(format!("expected sizes of {elements} elements, found {written:?}"));
            }
            Some(elements) => elements / known,
            None => 1,
        };
        Ok(written.iter().map(|size| usize::try_from(*size).unwrap_or(rest)).collect())
    }

    /// A list of tensors.
    pub fn tensors(&self, at: usize) -> Result<Vec<Expr<'g>>, String> {
        let Value::List(list) = self.value(at) else { return self.refuse(at, "a list of tensors") };
        let tensor = |value: &Value<'g>| match value {
            Value::Tensor(tensor) => Some(float(*tensor)),
            _ => None,
        };
        match list.iter().map(tensor).collect::<Option<Vec<_>>>().filter(|list| !list.is_empty()) {
            Some(tensors) => Ok(tensors),
            None => self.refuse(at, "a list of tensors"),
        }
    }
}
