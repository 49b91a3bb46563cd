//! Models written in Rust, as in Keras: a stack of layers, and a graph of them. Not here: models of a spec
//! (`Model::from_configs`).

use super::assemble::{Entry, Namer, assemble};
use super::{Model, ModelError};
use crate::layers::{Input, Layer, LayerConfig};
use std::cell::RefCell;
use std::sync::Arc;

/// A stack of layers.
///
/// ```
/// use ganymede_graph::Builder;
/// use ganymede_nn::layers::{BatchNormalization, Dense, Input, Reshape};
/// use ganymede_nn::{Layer, Mode, Scope, Sequential};
///
/// let model = Sequential::new("generator")
///     .add(Input::new([100]))
///     .add(Dense::new(256).activation("relu").kernel_initializer("he_normal"))
///     .add(BatchNormalization::new())
///     .add(Reshape::new([4, 4, 16]))
///     .model()?;
///
/// // Building appends nodes, and records the parameters.
/// let builder = Builder::new("sample");
/// let scope = Scope::root(&builder, "generator", Mode::Train);
/// let image = model.build(&scope, &[builder.normal([8, 100])])[0];
/// assert_eq!(image.shape()[..], [8, 4, 4, 16]);
/// let names: Vec<String> = scope.parameters().into_iter().map(|p| p.name).collect();
/// assert_eq!(names[..2], ["generator/dense/kernel", "generator/dense/bias"]);
/// assert_eq!(names.len(), 6);
/// # Ok::<(), ganymede_nn::ModelError>(())
/// ```
pub struct Sequential {
    name: String,
    entries: Vec<Entry>,
}

impl Sequential {
    /// An empty stack.
    pub fn new(name: impl Into<String>) -> Self {
        Sequential { name: name.into(), entries: Vec::new() }
    }

    /// Puts a layer on top, with Keras's automatic name.
    #[must_use]
    #[allow(clippy::should_implement_trait, reason = "Keras's name")]
    pub fn add(self, layer: impl Layer + 'static) -> Self {
        self.push(None, layer)
    }

    /// Puts a layer of the given name on top.
    #[must_use]
    pub fn add_named(self, name: &str, layer: impl Layer + 'static) -> Self {
        self.push(Some(name.to_string()), layer)
    }

    fn push(mut self, name: Option<String>, layer: impl Layer + 'static) -> Self {
        self.entries.push(Entry::new(name, Arc::new(layer)));
        self
    }

    /// Its layers as configurations, for a spec.
    pub fn to_configs(&self) -> Vec<LayerConfig> {
        let config = |entry: &Entry| {
            let layer = entry.layer.as_deref().map(LayerConfig::from);
            LayerConfig { name: entry.name.clone(), ..layer.unwrap_or_default() }
        };
        self.entries.iter().map(config).collect()
    }

    /// The model.
    ///
    /// # Errors
    /// When there is no layer, or a name is taken or not one.
    pub fn model(self) -> Result<Model, ModelError> {
        assemble(&self.name, self.entries, None, Vec::new())
    }
}

/// A tensor between layers of a [`Functional`] model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Symbol(String);

/// A graph of layers with any number of inputs and outputs. Layers can be shared: what is called twice has one
/// set of weights.
///
/// ```
/// use ganymede_nn::{Functional, layers::{Dense, Input}};
///
/// let siamese = Functional::new("siamese");
/// let (left, right) = (siamese.input("left", Input::new([8])), siamese.input("right", Input::new([8])));
/// let shared = siamese.layer("shared", Dense::new(4).activation("relu"));
/// let (a, b) = (shared.call(&[&left]), shared.call(&[&right]));
/// let model = siamese.model(&[&a, &b])?;
/// assert_eq!(model.layers().len(), 3);
/// # Ok::<(), ganymede_nn::ModelError>(())
/// ```
pub struct Functional {
    name: String,
    state: RefCell<State>,
}

#[derive(Default)]
struct State {
    entries: Vec<Entry>,
    namer: Namer,
}

/// A layer of a [`Functional`] model, to be called.
pub struct LayerHandle<'m> {
    model: &'m Functional,
    index: usize,
}

impl Functional {
    /// A graph without layers.
    pub fn new(name: impl Into<String>) -> Self {
        Functional { name: name.into(), state: RefCell::default() }
    }

    /// An input of the model.
    pub fn input(&self, name: &str, input: Input) -> Symbol {
        self.push(Some(name), Arc::new(input));
        Symbol(name.to_string())
    }

    /// A layer of the given name.
    pub fn layer(&self, name: &str, layer: impl Layer + 'static) -> LayerHandle<'_> {
        LayerHandle { model: self, index: self.push(Some(name), Arc::new(layer)) }
    }

    /// The output of a layer with Keras's automatic name, on some tensors.
    pub fn add(&self, layer: impl Layer + 'static, inputs: &[&Symbol]) -> Symbol {
        LayerHandle { model: self, index: self.push(None, Arc::new(layer)) }.call(inputs)
    }

    /// The model that gives `outputs`. Layers that were never called are no part of it.
    ///
    /// # Errors
    /// When a name is taken or not one, or an input is not used.
    pub fn model(self, outputs: &[&Symbol]) -> Result<Model, ModelError> {
        let outputs: Vec<String> = outputs.iter().map(|s| s.0.clone()).collect();
        let mut entries = self.state.into_inner().entries;
        entries.retain(|e| !e.uses.is_empty() || e.layer.as_ref().is_some_and(|l| l.input().is_some()));
        assemble(&self.name, entries, Some(&outputs), Vec::new())
    }

    fn push(&self, name: Option<&str>, layer: Arc<dyn Layer>) -> usize {
        let State { entries, namer } = &mut *self.state.borrow_mut();
        let name = match name {
            Some(name) => {
                namer.reserve(name);
                name.to_string()
            }
            None => namer.name(layer.class_name()),
        };
        entries.push(Entry::new(Some(name), layer));
        entries.len() - 1
    }
}

impl LayerHandle<'_> {
    /// What the layer gives for some tensors.
    pub fn call(&self, inputs: &[&Symbol]) -> Symbol {
        let entry = &mut self.model.state.borrow_mut().entries[self.index];
        entry.uses.push(inputs.iter().map(|s| s.0.clone()).collect());
        let name = entry.name.as_deref().unwrap_or_default();
        match entry.uses.len() {
            1 => Symbol(name.to_string()),
            uses => Symbol(format!("{name}:{}", uses - 1)),
        }
    }
}
