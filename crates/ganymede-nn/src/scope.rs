//! Where a layer makes its parameters: a path in a network, with the builder and the mode.
//! Not here: scopes of the graph itself (`ganymede_graph::Builder::enter`), values of parameters
//! (`initializers`, and the store of `ganymede-runtime`).

use crate::initializers::InitializerError;
use crate::{Constraint, Initializer, Misspelt, Regularizer};
use ganymede_graph::{Builder, Expr, ScopeGuard};
use ganymede_tensor::{Shape, Tensor, TensorType};
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

/// Whether layers behave as in training (batch statistics, dropout) or as in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Keras's `training=True`.
    Train,
    /// Keras's `training=False`.
    Infer,
}

/// A state that a layer made: what the host must initialise, keep, average and save.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// Name of the state: path of the layer and name of the weight, such as `generator/dense/kernel`.
    pub name: String,
    /// Sizes; the element type is `f32`.
    pub shape: Shape,
    /// Where its first value comes from.
    pub initializer: Initializer,
    /// Whether an optimizer changes it. What is not trainable is a statistic: the layer itself updates it.
    pub trainable: bool,
    /// What is added to the loss because of it.
    pub regularizer: Option<Regularizer>,
    /// What it is projected on after an update.
    pub constraint: Option<Constraint>,
}

impl Parameter {
    /// What its initializer gives for a seed.
    ///
    /// # Errors
    /// When it cannot fill the shape.
    pub fn first_value(&self, seed: u64) -> Result<Tensor, FirstValueError> {
        let value = self.initializer.sample(seed, &self.name, &self.shape);
        value.map_err(|source| FirstValueError { parameter: self.name.clone(), source: Box::new(source) })
    }
}

/// Why a parameter has no first value.
#[derive(Clone, PartialEq, thiserror::Error)]
#[error("{parameter}: {source}")]
pub struct FirstValueError {
    /// Name of the parameter.
    pub parameter: String,
    /// What its initializer says.
    pub source: Box<InitializerError>,
}

ganymede_tensor::debug_as_text!(FirstValueError, |error| error.source.hint());

/// Properties of a parameter beside shape and initializer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ParameterSpec {
    /// What is added to the loss because of it.
    pub regularizer: Option<Regularizer>,
    /// What it is projected on after an update.
    pub constraint: Option<Constraint>,
}

impl ParameterSpec {
    /// Of the arguments of a layer.
    pub fn new(regularizer: &Option<Regularizer>, constraint: &Option<Constraint>) -> Self {
        ParameterSpec { regularizer: regularizer.clone(), constraint: constraint.clone() }
    }
}

/// Gives layers another value in place of their trainable parameters.
pub trait Substitute {
    /// What the layer at `scope` gets for its parameter `name` of value `raw`.
    fn substitute<'g>(&self, scope: &Scope<'g>, name: &str, raw: Expr<'g>) -> Expr<'g>;
}

#[derive(Default)]
struct Registry<'g> {
    parameters: Vec<Parameter>,
    index: HashMap<String, usize>,
    memo: HashMap<String, Expr<'g>>,
}

/// A place in a network that is being built; cheap to clone.
///
/// Make one root per network and traced phase, and build the network on it as often as it is
/// applied: parameters are recorded once, and what happens once a phase (the power iteration of
/// spectral normalization) happens once.
#[derive(Clone)]
pub struct Scope<'g> {
    builder: &'g Builder,
    mode: Mode,
    trainable: bool,
    path: String,
    registry: Rc<RefCell<Registry<'g>>>,
    substitute: Option<Rc<dyn Substitute>>,
    standing: Option<Expr<'g>>,
}

impl<'g> Scope<'g> {
    /// The top of `network`. Its states are named `network/layer/weight`.
    pub fn root(builder: &'g Builder, network: &str, mode: Mode) -> Self {
        Scope {
            builder,
            mode,
            trainable: true,
            path: network.to_string(),
            registry: Rc::default(),
            substitute: None,
            standing: None,
        }
    }

    /// The builder that nodes are appended to.
    pub fn builder(&self) -> &'g Builder {
        self.builder
    }

    /// Training or use.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// The path, such as `generator/conv2d_1`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The scope of a layer, or of a part of one.
    pub fn child(&self, name: &str) -> Scope<'g> {
        Scope { path: format!("{}/{name}", self.path), ..self.clone() }
    }

    /// Whether parameters made here are trained. Layers that are not keep their statistics, too.
    pub fn trainable(&self) -> bool {
        self.trainable
    }

    /// The same place, where parameters are not trained: Keras's `trainable = False`.
    pub fn frozen(&self) -> Scope<'g> {
        Scope { trainable: false, ..self.clone() }
    }

    /// The same place in another mode.
    pub fn with_mode(&self, mode: Mode) -> Scope<'g> {
        Scope { mode, ..self.clone() }
    }

    /// The same place, where layers get another value for each trainable parameter.
    pub fn with_substitute(&self, substitute: impl Substitute + 'static) -> Scope<'g> {
        Scope { substitute: Some(Rc::new(substitute)), ..self.clone() }
    }

    /// The same place, where batch statistics take `rate` of each batch in, whatever the layers' momentum is: with 1, ½, ⅓ …
    /// they become the means over all batches (standing statistics).
    pub fn with_standing(&self, rate: Expr<'g>) -> Scope<'g> {
        Scope { standing: Some(rate), ..self.clone() }
    }

    /// The rate at which batch statistics take in each batch, if it replaces the momentum of the layers.
    pub fn standing(&self) -> Option<Expr<'g>> {
        self.standing
    }

    /// Puts nodes and errors under this path until the guard is dropped.
    #[must_use = "the scope ends when the guard is dropped"]
    pub fn enter(&self) -> ScopeGuard<'g> {
        self.builder.enter_path(&self.path)
    }

    /// A trainable weight of the layer at this path, recorded at its first use.
    ///
    /// # Errors
    /// Recorded when the same weight was made with another shape before, or the initializer cannot fill it,
    /// or it, the regularizer or the constraint has a name that there is not.
    #[track_caller]
    pub fn parameter(
        &self,
        name: &str,
        shape: impl Into<Shape>,
        initializer: &Initializer,
        spec: ParameterSpec,
    ) -> Expr<'g> {
        let ParameterSpec { regularizer, constraint } = spec;
        let raw = self.state(name, shape.into(), initializer, self.trainable, regularizer, constraint);
        match &self.substitute {
            Some(substitute) => substitute.substitute(&Scope { substitute: None, ..self.clone() }, name, raw),
            None => raw,
        }
    }

    /// A state of the layer at this path that no optimizer changes (a moving mean …).
    ///
    /// # Errors
    /// As [`parameter`](Scope::parameter).
    #[track_caller]
    pub fn statistic(&self, name: &str, shape: impl Into<Shape>, initializer: &Initializer) -> Expr<'g> {
        self.state(name, shape.into(), initializer, false, None, None)
    }

    /// Gives a statistic of this layer a new value; no derivative flows through it.
    #[track_caller]
    pub fn assign(&self, name: &str, value: Expr<'g>) {
        self.builder.assign(&format!("{}/{name}", self.path), value);
    }

    /// The value of `make` under this path and `key`, made once per traced phase.
    pub fn memo(&self, key: &str, make: impl FnOnce() -> Expr<'g>) -> Expr<'g> {
        let key = format!("{}/{key}", self.path);
        if let Some(&known) = self.registry.borrow().memo.get(&key) {
            return known;
        }
        let made = make();
        self.registry.borrow_mut().memo.insert(key, made);
        made
    }

    /// Everything that was recorded below the root, in the order of Keras's `weights`.
    pub fn parameters(&self) -> Vec<Parameter> {
        self.registry.borrow().parameters.clone()
    }

    #[track_caller]
    fn state(
        &self,
        name: &str,
        shape: Shape,
        initializer: &Initializer,
        trainable: bool,
        regularizer: Option<Regularizer>,
        constraint: Option<Constraint>,
    ) -> Expr<'g> {
        let name = format!("{}/{name}", self.path);
        let mut registry = self.registry.borrow_mut();
        if !registry.index.contains_key(&name) {
            let misspelt = [
                regularizer.as_ref().and_then(Regularizer::misspelt),
                constraint.as_ref().and_then(Constraint::misspelt),
            ];
            for error in misspelt.into_iter().flatten().map(Misspelt::error) {
                self.builder.error(format!("{name}: {error}"), error.hint());
            }
            let at = registry.parameters.len();
            registry.index.insert(name.clone(), at);
            registry.parameters.push(Parameter {
                name: name.clone(),
                shape: shape.clone(),
                initializer: initializer.clone(),
                trainable,
                regularizer,
                constraint,
            });
        }
        drop(registry);
        if let Err(error) = initializer.check_shape(&shape) {
            let (message, hint) = (format!("{name}: {error}"), error.hint());
            match error {
                // The state is there all the same, so that nothing else is wrong because of it.
                InitializerError::Name(_) => drop(self.builder.error(message, hint)),
                _ => return self.builder.error_as(message, hint, TensorType::f32(shape)),
            }
        }
        self.builder.state(&name, TensorType::f32(shape))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_is_recorded_once_and_read_as_one_state() {
        let builder = Builder::new("d");
        let root = Scope::root(&builder, "discriminator", Mode::Train);
        let dense = root.child("dense");
        let first = dense.parameter("kernel", [2, 3], &Initializer::zeros(), ParameterSpec::default());
        let second = dense.parameter("kernel", [2, 3], &Initializer::zeros(), ParameterSpec::default());
        assert_eq!(first.id(), second.id());
        let parameters = root.parameters();
        assert_eq!(parameters.len(), 1);
        assert_eq!(parameters[0].name, "discriminator/dense/kernel");
    }

    #[test]
    fn another_shape_under_the_same_name_is_an_error() {
        let builder = Builder::new("d");
        let root = Scope::root(&builder, "discriminator", Mode::Train);
        root.parameter("kernel", [2, 3], &Initializer::zeros(), ParameterSpec::default());
        root.parameter("kernel", [4, 3], &Initializer::zeros(), ParameterSpec::default());
        assert!(builder.has_errors());
    }
}
