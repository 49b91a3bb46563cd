//! The functions of every text: those of `keras.ops` under their names, with their arguments. To add one: a line in [`FUNCTIONS`].
//! Not here: Keras's losses, which are functions as well (`losses.rs`), operators (`value.rs`), functions of a loss alone
//! (`ganymede-gan`).

use super::call::{Argument, Call, arguments};
use super::parser::Operator;
use super::value::{Value, binary, power};
use crate::activations;
use ganymede_graph::{Expr, concat};
use ganymede_tensor::DType;

/// What a function gives, or what it was not given.
pub type Applied<'g> = Result<Value<'g>, String>;
type Apply = for<'g> fn(&Call<'g>) -> Applied<'g>;

/// A function of a text.
pub struct Function {
    /// As it is written: Keras's name where Keras has it.
    pub name: &'static str,
    /// Its arguments as they are written, in order: `x, axis=None, keepdims=False`.
    pub signature: &'static str,
    /// What it computes.
    pub about: &'static str,
}

impl Function {
    /// Its arguments in order.
    pub fn arguments(&self) -> impl Iterator<Item = Argument> + use<> {
        arguments(self.signature)
    }
}

const fn f(name: &'static str, signature: &'static str, about: &'static str, apply: Apply) -> (Function, Apply) {
    (Function { name, signature, about }, apply)
}

/// Every function that every text may call, beside Keras's losses.
///
/// ```
/// let mean = ganymede_nn::expression::functions().find(|function| function.name == "mean").unwrap();
/// let names: Vec<_> = mean.arguments().map(|argument| argument.name).collect();
/// assert_eq!(names, ["x", "axis", "keepdims"]);
/// ```
pub fn functions() -> impl Iterator<Item = &'static Function> {
    FUNCTIONS.iter().map(|(function, _)| function)
}

const ONE: &str = "x";
const TWO: &str = "x1, x2";
const REDUCED: &str = "x, axis=None, keepdims=False";

const FUNCTIONS: &[(Function, Apply)] = &[
    f("grad", "y, x", "∂(Σ y)/∂x, with the shape of x; of any order", grad),
    f("stop_gradient", "variable", "the value, through which no derivative flows", |c| {
        c.raw(0).map(Expr::stop_gradient).map(Value::Tensor)
    }),
    // Reductions.
    f("sum", REDUCED, "the sum over axes, by default over all", |c| reduced(c, Expr::sum_axes)),
    f("mean", REDUCED, "the mean over axes, by default over all", |c| reduced(c, Expr::mean_axes)),
    f("max", REDUCED, "the largest element over axes, by default over all", |c| reduced(c, Expr::max_axes)),
    f("min", REDUCED, "the smallest element over axes, by default over all", |c| reduced(c, |x, a| -(-x).max_axes(a))),
    f("var", REDUCED, "the mean square deviation over axes, by default over all", |c| reduced(c, Expr::variance_axes)),
    f("std", REDUCED, "√var over axes, by default over all", |c| reduced(c, |x, a| x.variance_axes(a).sqrt())),
    f(
        "norm",
        REDUCED,
        "√(Σ x² + 10⁻¹²) over axes, by default over all but the first: one number a sample",
        |c| {
            let x = c.tensor(0)?;
            let axes = c.axes(1, x.rank())?.unwrap_or_else(|| (1..x.rank()).collect());
            Ok(Value::Tensor(kept(c, x, &axes, |x, a| (x.square().sum_axes(a) + 1e-12).sqrt())?))
        },
    ),
    // Element by element.
    f("sqrt", ONE, "√x", |c| unary(c, Expr::sqrt)),
    f("rsqrt", ONE, "1 / √x", |c| unary(c, Expr::rsqrt)),
    f("square", ONE, "x²", |c| unary(c, Expr::square)),
    f("reciprocal", ONE, "1 / x", |c| unary(c, Expr::reciprocal)),
    f("exp", ONE, "eˣ", |c| unary(c, Expr::exp)),
    f("expm1", ONE, "eˣ − 1, exact near 0", |c| unary(c, Expr::expm1)),
    f("log", ONE, "the natural logarithm", |c| unary(c, Expr::log)),
    f("log1p", ONE, "ln(1 + x), exact near 0", |c| unary(c, Expr::log1p)),
    f("abs", ONE, "|x|", |c| unary(c, Expr::abs)),
    f("sign", ONE, "−1, 0 or 1", |c| unary(c, Expr::sign)),
    f("negative", ONE, "−x", |c| unary(c, |x| -x)),
    f("floor", ONE, "the largest whole number that is not above x", |c| unary(c, Expr::floor)),
    f("sin", ONE, "sin x, x in radians", |c| unary(c, Expr::sin)),
    f("cos", ONE, "cos x, x in radians", |c| unary(c, Expr::cos)),
    f("tanh", ONE, "tanh x", |c| unary(c, Expr::tanh)),
    f("sigmoid", ONE, "1 / (1 + e⁻ˣ)", |c| unary(c, Expr::sigmoid)),
    f("softplus", ONE, "ln(1 + eˣ)", |c| unary(c, Expr::softplus)),
    f("relu", ONE, "max(0, x)", |c| unary(c, Expr::relu)),
    f("leaky_relu", "x, negative_slope=0.2", "x where it is above 0, else negative_slope·x", |c| {
        let slope = c.number(1)?;
        unary(c, |x| activations::leaky_relu(x, slope))
    }),
    f("clip", "x, x_min, x_max", "x kept between two numbers", |c| {
        let (low, high) = (c.number(1)?, c.number(2)?);
        unary(c, |x| x.clamp(low, high))
    }),
    f("softmax", "x, axis=-1", "eˣ / Σ eˣ along an axis", |c| along(c, Expr::softmax)),
    f("log_softmax", "x, axis=-1", "ln softmax along an axis", |c| along(c, Expr::log_softmax)),
    f("ones_like", ONE, "1 in the shape of x", |c| unary(c, |x| x.builder().full(x.shape(), 1.0))),
    f("zeros_like", ONE, "0 in the shape of x", |c| unary(c, |x| x.builder().full(x.shape(), 0.0))),
    // Of two tensors.
    f("add", TWO, "x1 + x2", |c| binary(Operator::Add, c.value(0), c.value(1))),
    f("subtract", TWO, "x1 − x2", |c| binary(Operator::Subtract, c.value(0), c.value(1))),
    f("multiply", TWO, "x1 · x2", |c| binary(Operator::Multiply, c.value(0), c.value(1))),
    f("divide", TWO, "x1 / x2", |c| binary(Operator::Divide, c.value(0), c.value(1))),
    f("power", TWO, "x1 to the power of x2", |c| match c.value(1) {
        Value::Number(by) => Ok(Value::Tensor(power(c.tensor(0)?, by))),
        by => binary(Operator::Power, c.value(0), by),
    }),
    f("maximum", TWO, "the larger one", |c| Ok(Value::Tensor(c.tensor(0)?.maximum(c.tensor(1)?)))),
    f("minimum", TWO, "the smaller one", |c| Ok(Value::Tensor(c.tensor(0)?.minimum(c.tensor(1)?)))),
    f("less", TWO, "x1 < x2", |c| binary(Operator::Less, c.value(0), c.value(1))),
    f("less_equal", TWO, "x1 ≤ x2", |c| binary(Operator::LessEqual, c.value(0), c.value(1))),
    f("greater", TWO, "x1 > x2", |c| binary(Operator::Greater, c.value(0), c.value(1))),
    f("greater_equal", TWO, "x1 ≥ x2", |c| binary(Operator::GreaterEqual, c.value(0), c.value(1))),
    f("equal", TWO, "x1 = x2", |c| binary(Operator::Equal, c.value(0), c.value(1))),
    f("not_equal", TWO, "x1 ≠ x2", |c| binary(Operator::NotEqual, c.value(0), c.value(1))),
    f("logical_and", TWO, "both", |c| Ok(Value::Tensor(c.truth(0)?.and(c.truth(1)?)))),
    f("logical_or", TWO, "either", |c| Ok(Value::Tensor(c.truth(0)?.or(c.truth(1)?)))),
    f("logical_not", ONE, "the opposite", |c| Ok(Value::Tensor(!c.truth(0)?))),
    f("where", "condition, x1, x2", "x1 where the condition holds, else x2", |c| {
        Ok(Value::Tensor(c.truth(0)?.select(c.tensor(1)?, c.tensor(2)?)))
    }),
    f("matmul", TWO, "the product of matrices: (…, m, k), (…, k, n) to (…, m, n)", |c| {
        binary(Operator::Product, c.value(0), c.value(1))
    }),
    // Shapes.
    f("reshape", "x, newshape", "the same elements in other sizes, of which one may be -1", |c| {
        let x = c.raw(0)?;
        if x.is_poison() {
            return Ok(Value::Tensor(x));
        }
        let sizes = c.sizes(1, Some(x.shape().elements()))?;
        Ok(Value::Tensor(x.reshape(sizes)))
    }),
    f("transpose", "x, axes=None", "axes in another order, by default reversed", |c| {
        let x = c.raw(0)?;
        let order = c.axes(1, x.rank())?.unwrap_or_else(|| (0..x.rank()).rev().collect());
        Ok(Value::Tensor(x.transpose(&order)))
    }),
    f("concatenate", "xs, axis=-1", "tensors one after another along an axis", |c| {
        let tensors = c.tensors(0)?;
        let axis = c.axis(1, tensors[0].rank())?;
        Ok(Value::Tensor(concat(&tensors, axis)))
    }),
    f("slice", "inputs, start_indices, shape", "a part of a tensor: where it begins, and its sizes", slice),
    f("one_hot", "x, num_classes", "1 at the class and 0 elsewhere, along a new last axis", |c| {
        let (x, classes) = (c.raw(0)?, c.number(1)?);
        if !(1.0..=65536.0).contains(&classes) || classes.fract() != 0.0 {
            return Err(format!("expected 1 to 65536 classes, found {classes}"));
        }
        Ok(Value::Tensor(x.one_hot(classes as usize)))
    }),
];

/// The function of a name, and what applies it.
pub(super) fn find(name: &str) -> Option<&'static (Function, Apply)> {
    FUNCTIONS.iter().find(|(function, _)| function.name == name)
}

#[track_caller]
fn unary<'g>(c: &Call<'g>, of: impl FnOnce(Expr<'g>) -> Expr<'g>) -> Applied<'g> {
    c.tensor(0).map(of).map(Value::Tensor)
}

/// A reduction over the axes of the second argument, by default over all.
#[track_caller]
fn reduced<'g>(c: &Call<'g>, of: impl FnOnce(Expr<'g>, &[usize]) -> Expr<'g>) -> Applied<'g> {
    let x = c.tensor(0)?;
    let axes = c.axes(1, x.rank())?.unwrap_or_else(|| x.all_axes());
    kept(c, x, &axes, of).map(Value::Tensor)
}

/// A reduction whose axes stay with size 1 where the third argument says so.
#[track_caller]
fn kept<'g>(
    c: &Call<'g>,
    x: Expr<'g>,
    axes: &[usize],
    of: impl FnOnce(Expr<'g>, &[usize]) -> Expr<'g>,
) -> Result<Expr<'g>, String> {
    let keep = c.flag(2)?;
    let reduced = of(x, axes);
    if !keep || reduced.is_poison() || x.is_poison() {
        return Ok(reduced);
    }
    let mut shape = x.shape().to_vec();
    axes.iter().for_each(|axis| shape[*axis] = 1);
    Ok(reduced.reshape(shape))
}

#[track_caller]
fn along<'g>(c: &Call<'g>, of: impl FnOnce(Expr<'g>, usize) -> Expr<'g>) -> Applied<'g> {
    let x = c.tensor(0)?;
    let axis = c.axis(1, x.rank())?;
    Ok(Value::Tensor(of(x, axis)))
}

#[track_caller]
fn grad<'g>(c: &Call<'g>) -> Applied<'g> {
    let (y, x) = (c.tensor(0)?, c.raw(1)?);
    if y.is_poison() || x.is_poison() {
        return Ok(Value::Tensor(if y.is_poison() { y } else { x }));
    }
    if x.dtype() != DType::F32 {
        return Err(format!("expected an x of numbers, found {}", x.ty()));
    }
    if !y.depends_on(&[x])[0] {
        return Err("expected a y that depends on x, found one whose derivative is 0 everywhere".into());
    }
    Ok(Value::Tensor(y.sum().grad(&[x])[0]))
}

#[track_caller]
fn slice<'g>(c: &Call<'g>) -> Applied<'g> {
    let x = c.raw(0)?;
    let starts = match c.value(1) {
        Value::List(list) => list
            .iter()
            .map(|value| match value {
                Value::Number(n) if *n >= 0.0 && n.fract() == 0.0 && *n <= 4_294_967_296.0 => Some(*n as usize),
                _ => None,
            })
            .collect::<Option<Vec<usize>>>(),
        _ => None,
    };
    let Some(starts) = starts else {
        return Err(format!("expected a list of whole numbers from 0 for `start_indices`, found {}", c.value(1)));
    };
    let sizes = c.sizes(2, None)?;
    if starts.len() != x.rank() || sizes.len() != x.rank() {
        return Err(format!("expected {} starts and sizes, found {} and {}", x.rank(), starts.len(), sizes.len()));
    }
    let limits: Vec<usize> = starts.iter().zip(&sizes).map(|(start, size)| start.saturating_add(*size)).collect();
    Ok(Value::Tensor(x.slice(&starts, &limits, &vec![1; x.rank()])))
}
