//! Keras's losses as functions of a text: `BinaryCrossentropy(y_true, y_pred, from_logits=True)`. Not here: what they compute
//! (`crate::losses`).

use super::value::{Value, float};
use crate::losses::{Loss, LossKind};
use ganymede_graph::Expr;
use serde_json::{Map, json};

/// What every loss compares, before its own arguments.
pub(super) const COMPARED: [&str; 2] = ["y_true", "y_pred"];

/// Whether there is a loss of this name.
pub(super) fn is_loss(name: &str) -> bool {
    LossKind::NAMES.contains(&name)
}

/// Names of a loss's arguments in a text, those that it compares first.
pub fn arguments(name: &str) -> Vec<String> {
    COMPARED.map(String::from).into_iter().chain(Loss::arguments(name)).collect()
}

/// The loss of values by the names of its arguments. A number as the truth is that of every prediction.
///
/// # Errors
/// What the loss does not take.
#[track_caller]
pub(super) fn apply<'g>(name: &str, mut given: Vec<(String, Value<'g>)>) -> Result<Value<'g>, String> {
    let mut compared = |wanted: &str| {
        let at = given.iter().position(|(argument, _)| argument == wanted)?;
        Some(given.swap_remove(at).1)
    };
    let (y_true, y_pred) = (compared(COMPARED[0]), compared(COMPARED[1]));
    let Some(Value::Tensor(y_pred)) = y_pred else { return Err("expected a tensor for `y_pred`".into()) };
    let y_true: Expr<'g> = match y_true {
        Some(Value::Tensor(y_true)) => y_true,
        Some(Value::Number(target)) if !y_pred.is_poison() => y_pred.builder().full(y_pred.shape(), target),
        Some(Value::Number(_)) => y_pred,
        _ => return Err("expected a tensor or a number for `y_true`".into()),
    };
    let loss = read(name, &given, false).or_else(|error| read(name, &given, true).map_err(|_| error))?;
    Ok(Value::Tensor(loss.value(y_true, float(y_pred))))
}

/// The loss of arguments; with `as_flags` the numbers 0 and 1 are False and True.
fn read(name: &str, given: &[(String, Value<'_>)], as_flags: bool) -> Result<Loss, String> {
    let mut config = Map::from_iter([("class_name".to_string(), json!(name))]);
    for (argument, value) in given {
        let value = match value {
            Value::Number(number) if as_flags && (*number == 0.0 || *number == 1.0) => json!(*number == 1.0),
            Value::Number(number) if number.fract() == 0.0 && number.abs() < 1e15 => json!(*number as i64),
            Value::Number(number) => json!(number),
            Value::Truth(flag) => json!(flag),
            Value::Text(text) => json!(&**text),
            Value::None => json!(null),
            other => return Err(format!("expected a number, a text, True or False for `{argument}`, found {other}")),
        };
        config.insert(argument.clone(), value);
    }
    let errors = match Loss::from_value(config.into()) {
        Ok(loss) => return Ok(loss),
        Err(errors) => errors,
    };
    Err(errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
}
