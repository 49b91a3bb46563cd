//! Losses of Keras, as graphs of the truth and the prediction. Not here: what discriminator and generator minimise
//! (`ganymede-gan`'s objectives), what weights add (`regularizers/`).
//!
//! To add one: a file with its struct (`configured!`) and its [`LossFunction`]; a line in the table below. It is then
//! read and written by name, with its reduction, and meets Keras's numbers in the tests.

mod binary_crossentropy;
mod categorical_crossentropy;
mod hinge;
mod huber;
mod mean_absolute_error;
mod mean_squared_error;
mod sparse_categorical_crossentropy;

pub use binary_crossentropy::BinaryCrossentropy;
pub use categorical_crossentropy::CategoricalCrossentropy;
pub use hinge::Hinge;
pub use huber::Huber;
pub use mean_absolute_error::MeanAbsoluteError;
pub use mean_squared_error::MeanSquaredError;
pub use sparse_categorical_crossentropy::SparseCategoricalCrossentropy;

use crate::arguments::{Argument, words};
use crate::config::{ConfigError, Invalid};
use crate::family::{self, Family, Written, by_value, family};
use ganymede_graph::Expr;
use ganymede_tensor::DType;
use serde_json::{Map, Value, json};

/// What every loss can do.
pub trait LossFunction {
    /// Whether the arguments make sense.
    ///
    /// # Errors
    /// The argument and what it should be.
    fn check(&self) -> Result<(), Invalid> {
        Ok(())
    }

    /// The losses before the reduction. The ranks of truth and prediction are aligned already.
    ///
    /// # Shapes
    /// Those of the prediction without the axis of its classes or features.
    ///
    /// # Errors
    /// Recorded when the shapes do not fit.
    fn losses<'g>(&self, y_true: Expr<'g>, y_pred: Expr<'g>) -> Expr<'g>;
}

family! {
    /// A loss without its reduction, by Keras's name.
    pub enum LossKind: LossFunction, "a loss" {
        BinaryCrossentropy,
        CategoricalCrossentropy,
        SparseCategoricalCrossentropy,
        MeanSquaredError,
        MeanAbsoluteError,
        Hinge,
        Huber,
    }
    aliases {
        "bce" => BinaryCrossentropy,
        "mse" => MeanSquaredError,
        "mae" => MeanAbsoluteError,
    }
}

words! {
    /// How the losses of a batch become one number.
    pub enum Reduction {
        /// Their mean (Keras's name for it).
        SumOverBatchSize = "sum_over_batch_size",
        /// Their mean.
        Mean = "mean",
        /// Their sum.
        Sum = "sum",
        /// Not at all.
        None = "none",
    }
}

/// A loss with its reduction.
///
/// In TOML a name, or a table: `class_name = "BinaryCrossentropy"`, `from_logits = true`.
///
/// ```
/// use ganymede_graph::Builder;
/// use ganymede_nn::Loss;
/// use ganymede_nn::losses::BinaryCrossentropy;
/// use ganymede_tensor::TensorType;
///
/// let builder = Builder::new("loss");
/// let logits = builder.input("logits", TensorType::f32([8, 1]));
/// let loss = Loss::new(BinaryCrossentropy::new().from_logits(true)).value(builder.full([8, 1], 1.0), logits);
/// assert_eq!(loss.rank(), 0);
/// assert!(Loss::from_value("mse".into()).is_ok() && Loss::from_value("mes".into()).is_err());
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Loss {
    /// The loss with its own arguments.
    pub kind: LossKind,
    /// How the losses of a batch become one number.
    pub reduction: Reduction,
}

impl Loss {
    /// A loss with Keras's default reduction, the mean.
    pub fn new(kind: impl Into<LossKind>) -> Self {
        Loss { kind: kind.into(), reduction: Reduction::SumOverBatchSize }
    }

    /// Names of the arguments of a class of losses, its own first; nothing where there is no such class.
    pub fn arguments(class: &str) -> Vec<String> {
        let Ok((_, mut arguments)) = LossKind::read_class(class, Map::new()) else { return Vec::new() };
        arguments.optional("reduction", None::<Reduction>);
        arguments.known().iter().cloned().chain(["name", "dtype"].map(String::from)).collect()
    }

    /// The loss with this reduction.
    #[must_use]
    pub fn reduction(mut self, reduction: Reduction) -> Self {
        self.reduction = reduction;
        self
    }

    /// The loss of predictions.
    ///
    /// # Shapes
    /// A scalar; without reduction, the prediction's without the axis of its classes or features. Where one of
    /// truth and prediction has a last axis of size 1 that the other lacks, it is added or removed, as in Keras.
    ///
    /// # Errors
    /// Recorded when the shapes do not fit.
    pub fn value<'g>(&self, y_true: Expr<'g>, y_pred: Expr<'g>) -> Expr<'g> {
        if y_true.is_poison() || y_pred.is_poison() {
            return if y_true.is_poison() { y_true } else { y_pred };
        }
        let (y_true, y_pred) = aligned(y_true, y_pred.convert(DType::F32));
        let losses = self.kind.object().losses(y_true, y_pred);
        match self.reduction {
            Reduction::SumOverBatchSize | Reduction::Mean => losses.mean(),
            Reduction::Sum => losses.sum(),
            Reduction::None => losses,
        }
    }
}

impl Written for Loss {
    fn read_value(value: Value) -> Result<Self, Vec<ConfigError>> {
        let (class, values) = family::parts(LossKind::KIND, value).map_err(|error| vec![error])?;
        let (kind, mut arguments) = LossKind::read_class(&class, values).map_err(|error| vec![error])?;
        // Keras's null is no reduction.
        let reduction = arguments.optional("reduction", Some(Reduction::SumOverBatchSize)).unwrap_or(Reduction::None);
        arguments.ignore("name");
        arguments.fixed("dtype", &json!("float32"), "remove it: everything is f32 here");
        arguments.finish()?;
        Ok(Loss { kind, reduction })
    }

    fn write_value(&self) -> Value {
        let mut arguments = self.kind.arguments();
        if self.reduction != Reduction::SumOverBatchSize {
            arguments.insert("reduction".into(), self.reduction.write());
        }
        family::name_or_table(self.kind.class_name(), arguments)
    }
}
by_value!(Loss, "a loss");

/// Truth and prediction with equal ranks, where they differ by a last axis of size 1.
fn aligned<'g>(y_true: Expr<'g>, y_pred: Expr<'g>) -> (Expr<'g>, Expr<'g>) {
    let (truth, prediction) = (y_true.rank(), y_pred.rank());
    if truth == prediction + 1 {
        fit(y_true, y_pred)
    } else if prediction == truth + 1 {
        let (y_pred, y_true) = fit(y_pred, y_true);
        (y_true, y_pred)
    } else {
        (y_true, y_pred)
    }
}

/// `long` has one axis more: where it is of size 1, it goes; a vector `short` gets it instead.
fn fit<'g>(long: Expr<'g>, short: Expr<'g>) -> (Expr<'g>, Expr<'g>) {
    let shape = long.shape();
    match shape[..] {
        [.., 1] if short.rank() == 1 => (long, short.reshape([short.shape()[0], 1])),
        [ref rest @ .., 1] => (long.reshape(rest), short),
        _ => (long, short),
    }
}

/// The truth as `f32`, when it has exactly the prediction's shape.
///
/// # Errors
/// The recorded error's poison when it has another.
fn same_shape<'g>(class: &str, y_true: Expr<'g>, y_pred: Expr<'g>) -> Result<Expr<'g>, Expr<'g>> {
    let (truth, prediction) = (y_true.shape(), y_pred.shape());
    if truth == prediction {
        return Ok(y_true.convert(DType::F32));
    }
    let message = format!("{class} expected y_true of y_pred's shape {prediction}, found {truth}");
    let hint = if truth.rank() + 1 == prediction.rank() && class == "CategoricalCrossentropy" {
        "use SparseCategoricalCrossentropy for class numbers"
    } else {
        "give truth and prediction the same shape"
    };
    Err(y_pred.builder().error(message, Some(hint.into())))
}

/// The axis of the prediction that `axis` means: negative ones count from the end.
///
/// # Errors
/// The recorded error's poison when there is none.
fn axis_of<'g>(class: &str, y_pred: Expr<'g>, axis: i64) -> Result<usize, Expr<'g>> {
    let rank = y_pred.rank() as i64;
    if (-rank..rank).contains(&axis) {
        return Ok(axis.rem_euclid(rank) as usize);
    }
    let message = format!("{class} expected an axis of y_pred {}, found {axis}", y_pred.shape());
    Err(y_pred.builder().error(message, Some("the losses are taken over the last axis of y_pred: give it one".into())))
}

/// The mean of element-wise losses over the last axis.
fn mean_last<'g>(class: &str, losses: Expr<'g>) -> Expr<'g> {
    if losses.is_poison() {
        return losses;
    }
    match axis_of(class, losses, -1) {
        Ok(axis) => losses.mean_axes(&[axis]),
        Err(poison) => poison,
    }
}

/// Keras's `backend.epsilon()`: probabilities are kept this far from 0 and 1.
const EPSILON: f64 = 1e-7;

/// Probabilities that a logarithm can take.
fn clipped(probabilities: Expr<'_>) -> Expr<'_> {
    probabilities.clamp(EPSILON, 1.0 - EPSILON)
}
