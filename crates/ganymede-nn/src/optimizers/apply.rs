//! One update of a whole list of parameters: what all optimizers have in common around their own rule. Not here:
//! the rules (one file each).

use super::OptimizerKind;
use crate::arguments::IntoArgument;
use crate::config::{Arguments, ConfigError, Invalid};
use crate::constraints::Constraint;
use crate::family::{self, Family, Written, by_value, not_negative, positive};
use crate::schedules::Scheduled;
use ganymede_graph::Expr;
use serde_json::{Map, Value, json};

/// A bound on gradients. Keras allows one of the three.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Clip {
    /// `clipnorm`: g · c / max(‖g‖, c) for each parameter.
    Norm(f64),
    /// `clipvalue`: each element within ±c.
    Value(f64),
    /// `global_clipnorm`: as `clipnorm`, with the norm of all gradients together.
    GlobalNorm(f64),
}

impl Clip {
    /// Keras's argument and its value.
    fn argument(self) -> (&'static str, f64) {
        match self {
            Clip::Norm(limit) => ("clipnorm", limit),
            Clip::Value(limit) => ("clipvalue", limit),
            Clip::GlobalNorm(limit) => ("global_clipnorm", limit),
        }
    }
}

/// An optimizer with everything that Keras's constructor takes.
///
/// In TOML a table: `class_name = "Adam"`, `learning_rate = 0.0002`, `beta_1 = 0.5`.
///
/// ```
/// use ganymede_graph::Builder;
/// use ganymede_nn::OptimizerConfig;
/// use ganymede_nn::optimizers::{Adam, Clip, Update};
/// use ganymede_tensor::TensorType;
///
/// let optimizer = OptimizerConfig::new(Adam::new().beta_1(0.5)).learning_rate(2e-4).clip(Clip::Value(1.0));
/// let builder = Builder::new("update");
/// let [weight, m, v] = ["weight", "m", "v"].map(|name| builder.state(name, TensorType::f32([3])));
/// let loss = (weight - 1.0).square().sum();
/// let gradient = loss.grad(&[weight])[0];
/// let update = Update { parameter: weight, gradient, slots: vec![m, v], constraint: None };
/// let updated = &optimizer.apply(&|name| builder.scalar(name), &[update])[0];
/// builder.assign("weight", updated.parameter);
/// ["m", "v"].into_iter().zip(&updated.slots).for_each(|(name, value)| builder.assign(name, *value));
/// assert!(builder.finish().is_ok());
///
/// // What the host writes before each run.
/// assert!(optimizer.scalars(0).iter().all(|(_, value)| value.is_finite()));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct OptimizerConfig {
    /// The optimizer with its own arguments.
    pub kind: OptimizerKind,
    /// Step size.
    pub learning_rate: Scheduled,
    /// Each update first shrinks a parameter by learning rate · weight decay of itself.
    pub weight_decay: Option<f64>,
    /// A bound on gradients.
    pub clip: Option<Clip>,
}

/// One parameter in an update, with its gradient and its slots.
#[derive(Clone, Debug)]
pub struct Update<'g> {
    /// Its value before.
    pub parameter: Expr<'g>,
    /// Its gradient.
    pub gradient: Expr<'g>,
    /// Its slots before, in the order of [`OptimizerConfig::slots`].
    pub slots: Vec<Expr<'g>>,
    /// What it is projected on afterwards.
    pub constraint: Option<Constraint>,
}

/// The new values of one parameter.
#[derive(Clone, Debug)]
pub struct Updated<'g> {
    /// The parameter.
    pub parameter: Expr<'g>,
    /// Its slots, in the order they were given.
    pub slots: Vec<Expr<'g>>,
}

impl OptimizerConfig {
    /// An optimizer with Keras's defaults for learning rate, weight decay and clipping.
    pub fn new(kind: impl Into<OptimizerKind>) -> Self {
        let kind = kind.into();
        let (rate, weight_decay) = (kind.object().default_learning_rate(), kind.object().default_weight_decay());
        OptimizerConfig { kind, learning_rate: rate.into(), weight_decay, clip: None }
    }

    /// The optimizer with this learning rate, a number or a schedule.
    #[must_use]
    pub fn learning_rate(mut self, rate: impl IntoArgument<Scheduled>) -> Self {
        self.learning_rate = rate.into_argument();
        self
    }

    /// The optimizer with this weight decay.
    #[must_use]
    pub fn weight_decay(mut self, decay: f64) -> Self {
        self.weight_decay = Some(decay);
        self
    }

    /// The optimizer with this bound on gradients.
    #[must_use]
    pub fn clip(mut self, clip: Clip) -> Self {
        self.clip = Some(clip);
        self
    }

    /// The optimizer with another value of a number, by the name that it has in configurations; none where there is no such
    /// number, or it cannot have this value.
    pub fn with_number(&self, name: &str, value: f64) -> Option<OptimizerConfig> {
        let mut config = serde_json::to_value(self).ok()?;
        config.as_object_mut()?.insert(name.into(), value.into());
        serde_json::from_value(config).ok()
    }

    /// Names of the tensors that are kept for each parameter: of the parameter's shape, zeros at the start.
    pub fn slots(&self) -> Vec<&'static str> {
        self.kind.object().slots()
    }

    /// The scalars that the host writes before the update that follows `iteration` updates.
    pub fn scalars(&self, iteration: u64) -> Vec<(&'static str, f64)> {
        let rate = self.learning_rate.value(iteration);
        let mut scalars = self.kind.object().scalars(rate, iteration);
        scalars.extend(self.weight_decay.map(|decay| ("decay", decay * rate)));
        scalars
    }

    /// The new values of all parameters of one update, in order: gradients are clipped, parameters shrunk by the
    /// weight decay, the optimizer's rule applied, constraints fulfilled. `scalar` gives the input of a name of
    /// [`scalars`](OptimizerConfig::scalars); nothing is assigned.
    ///
    /// # Differs
    /// Where a norm that clips is not finite, the clipped gradient is not either; Keras's `clipnorm` makes it 0.
    pub fn apply<'g>(&self, scalar: &dyn Fn(&str) -> Expr<'g>, updates: &[Update<'g>]) -> Vec<Updated<'g>> {
        let gradients = self.clipped(updates);
        let update = |(update, gradient): (&Update<'g>, Expr<'g>)| {
            let mut parameter = update.parameter;
            if self.weight_decay.is_some() {
                parameter = parameter - parameter * scalar("decay");
            }
            let mut updated = self.kind.object().update(scalar, parameter, gradient, &update.slots);
            if let Some(constraint) = &update.constraint {
                updated.parameter = constraint.project(updated.parameter);
            }
            updated
        };
        updates.iter().zip(gradients).map(update).collect()
    }

    fn clipped<'g>(&self, updates: &[Update<'g>]) -> Vec<Expr<'g>> {
        let gradients = updates.iter().map(|u| u.gradient);
        match self.clip {
            None => gradients.collect(),
            Some(Clip::Value(limit)) => gradients.map(|g| g.clamp(-limit, limit)).collect(),
            Some(Clip::Norm(limit)) => gradients.map(|g| g * scale(g.square().sum(), limit)).collect(),
            Some(Clip::GlobalNorm(limit)) => {
                let Some(squares) = gradients.clone().map(|g| g.square().sum()).reduce(|a, b| a + b) else {
                    return Vec::new();
                };
                let scale = scale(squares, limit);
                gradients.map(|g| g * scale).collect()
            }
        }
    }

    fn check(&self) -> Result<(), Invalid> {
        let finite = |v: f64| v >= 0.0 && v.is_finite();
        self.learning_rate.require("learning_rate", finite, "a number not below 0")?;
        not_negative("weight_decay", self.weight_decay.unwrap_or(0.0))?;
        self.clip.map(Clip::argument).map_or(Ok(()), |(argument, limit)| positive(argument, limit))
    }
}

/// limit / max(norm, limit): what a gradient of this squared norm is multiplied by. Not finite where the norm is not.
fn scale(squared: Expr<'_>, limit: f64) -> Expr<'_> {
    let norm = squared.sqrt();
    norm.is_finite().select(limit / norm.maximum(limit), norm)
}

const ACCUMULATION: &str = "remove it: the phase accumulates gradients";
const EMA: &str = "remove it: the averaged generator is a table of its own in the spec";

impl Written for OptimizerConfig {
    fn read_value(value: Value) -> Result<Self, Vec<ConfigError>> {
        let (class, values) = family::parts(OptimizerKind::KIND, value).map_err(|error| vec![error])?;
        let (kind, mut arguments) = OptimizerKind::read_class(&class, values).map_err(|error| vec![error])?;
        let defaults = OptimizerConfig::new(kind);
        let read = OptimizerConfig {
            learning_rate: arguments.optional("learning_rate", defaults.learning_rate),
            weight_decay: arguments.optional("weight_decay", defaults.weight_decay),
            clip: read_clip(&mut arguments),
            kind: defaults.kind,
        };
        arguments.fixed("use_ema", &json!(false), EMA);
        arguments.fixed("ema_overwrite_frequency", &Value::Null, EMA);
        arguments.fixed("loss_scale_factor", &Value::Null, "remove it: f32 needs no loss scale");
        arguments.fixed("gradient_accumulation_steps", &Value::Null, ACCUMULATION);
        arguments.ignore("name");
        arguments.ignore("ema_momentum");
        if let Err(invalid) = read.check() {
            arguments.refuse(invalid);
        }
        arguments.finish()?;
        Ok(read)
    }

    fn write_value(&self) -> Value {
        let mut arguments = Map::from_iter([("learning_rate".to_string(), json!(self.learning_rate))]);
        arguments.extend(self.kind.arguments());
        if self.weight_decay != self.kind.object().default_weight_decay() {
            arguments.insert("weight_decay".into(), json!(self.weight_decay));
        }
        if let Some((argument, limit)) = self.clip.map(Clip::argument) {
            arguments.insert(argument.into(), json!(limit));
        }
        family::table(self.kind.class_name(), arguments)
    }
}
by_value!(OptimizerConfig, "an optimizer");

fn read_clip(arguments: &mut Arguments) -> Option<Clip> {
    let given = [
        arguments.optional("clipnorm", None).map(Clip::Norm),
        arguments.optional("clipvalue", None).map(Clip::Value),
        arguments.optional("global_clipnorm", None).map(Clip::GlobalNorm),
    ];
    let mut given = given.into_iter().flatten();
    let clip = given.next();
    if let Some((argument, limit)) = given.next().map(Clip::argument) {
        let expected = "absent, as only one of clipnorm, clipvalue and global_clipnorm can be set".into();
        arguments.refuse(Invalid { argument, expected, found: limit.to_string() });
    }
    clip
}
