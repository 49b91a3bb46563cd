//! What a part of a text comes to, and arithmetic between such values. Not here: functions (`functions.rs`).

use super::parser::Operator;
use ganymede_graph::{Expr, IntoExpr};
use ganymede_tensor::DType;
use std::fmt;
use std::rc::Rc;

/// A value.
#[derive(Clone)]
pub enum Value<'g> {
    /// A tensor of the graph.
    Tensor(Expr<'g>),
    /// A number of the text.
    Number(f64),
    /// `True` or `False`.
    Truth(bool),
    /// `None`.
    None,
    /// A text in quotes.
    Text(Rc<str>),
    /// Values in brackets.
    List(Rc<[Value<'g>]>),
}

impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Tensor(tensor) => write!(f, "a tensor of shape {}", tensor.shape()),
            Value::Number(value) => write!(f, "the number {value}"),
            Value::Truth(true) => f.write_str("True"),
            Value::Truth(false) => f.write_str("False"),
            Value::None => f.write_str("None"),
            Value::Text(text) => write!(f, "the text \"{text}\""),
            Value::List(list) => write!(f, "a list of {}", list.len()),
        }
    }
}

/// A tensor of numbers: truth values and labels are converted, as in NumPy.
pub fn float(x: Expr<'_>) -> Expr<'_> {
    if x.is_poison() { x } else { x.convert(DType::F32) }
}

/// What an operator makes of two values.
///
/// # Errors
/// What the operator does not take.
#[track_caller]
pub(super) fn binary<'g>(operator: Operator, left: Value<'g>, right: Value<'g>) -> Result<Value<'g>, String> {
    match (left, right) {
        (Value::Number(a), Value::Number(b)) => of_numbers(operator, a, b),
        (Value::Tensor(a), Value::Number(b)) => Ok(Value::Tensor(with_number(operator, float(a), b))),
        (Value::Number(a), Value::Tensor(b)) => Ok(Value::Tensor(number_with(operator, a, float(b)))),
        (Value::Tensor(a), Value::Tensor(b)) => Ok(Value::Tensor(of_tensors(operator, float(a), float(b)))),
        (a, b) => Err(format!("expected tensors or numbers on both sides, found {a} and {b}")),
    }
}

fn of_numbers<'g>(operator: Operator, a: f64, b: f64) -> Result<Value<'g>, String> {
    let value = match operator {
        Operator::Add => a + b,
        Operator::Subtract => a - b,
        Operator::Multiply => a * b,
        Operator::Divide => a / b,
        Operator::Power => a.powf(b),
        _ => return Err("expected a tensor on one side, found two numbers".into()),
    };
    if value.is_finite() { Ok(Value::Number(value)) } else { Err(format!("expected a finite number, found {value}")) }
}

#[track_caller]
fn with_number(operator: Operator, a: Expr<'_>, b: f64) -> Expr<'_> {
    match operator {
        Operator::Add => a + b,
        Operator::Subtract => a - b,
        Operator::Multiply => a * b,
        Operator::Divide => a / b,
        Operator::Power => power(a, b),
        _ => of_tensors(operator, a, b.into_expr(a.builder())),
    }
}

#[track_caller]
fn number_with(operator: Operator, a: f64, b: Expr<'_>) -> Expr<'_> {
    match operator {
        Operator::Add => a + b,
        Operator::Subtract => a - b,
        Operator::Multiply => a * b,
        Operator::Divide => a / b,
        _ => of_tensors(operator, a.into_expr(b.builder()), b),
    }
}

#[track_caller]
fn of_tensors<'g>(operator: Operator, a: Expr<'g>, b: Expr<'g>) -> Expr<'g> {
    match operator {
        Operator::Less => a.less(b),
        Operator::LessEqual => a.less_equal(b),
        Operator::Greater => a.greater(b),
        Operator::GreaterEqual => a.greater_equal(b),
        Operator::Equal => a.equal(b),
        Operator::NotEqual => !a.equal(b),
        Operator::Add => a + b,
        Operator::Subtract => a - b,
        Operator::Multiply => a * b,
        Operator::Divide => a / b,
        Operator::Product => a.matmul(b),
        Operator::Power => a.pow(b),
    }
}

/// aᵇ, by a cheaper way where there is one: a square is a product, as in the penalties of the table.
#[track_caller]
pub(super) fn power(a: Expr<'_>, b: f64) -> Expr<'_> {
    if b == 1.0 {
        a
    } else if b == 2.0 {
        a.square()
    } else if b == 0.5 {
        a.sqrt()
    } else {
        a.pow(b)
    }
}
