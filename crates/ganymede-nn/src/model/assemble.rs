//! Puts a model together from layers that name each other, and tells everything that is wrong. Not here: the
//! model (`mod.rs`), how it is written in Rust (`builders.rs`).

use super::{Call, Model, ModelConfig, NamedLayer, Source};
use crate::config::{ConfigError, nearest};
use crate::layers::{Inputs, Layer, LayerConfig};
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::Arc;

/// Everything that is wrong with a model's layers, in order.
#[derive(Clone, PartialEq)]
pub struct ModelError {
    /// What is wrong, and where.
    pub issues: Vec<LayerIssue>,
}

/// What is wrong with one layer of a model.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerIssue {
    /// Its place among the layers, from 0; their number where it concerns the model as a whole.
    pub index: usize,
    /// Its name; empty where it concerns the model as a whole.
    pub layer: String,
    /// What is wrong.
    pub fault: LayerFault,
}

/// What can be wrong with a layer's place in a model.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum LayerFault {
    /// Class name or arguments.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Two layers have one name.
    #[error("expected a name of its own, found the name of layers[{first}]")]
    Duplicate {
        /// The other layer's place.
        first: usize,
    },
    /// A name that cannot be a part of a path.
    #[error("expected a name without `/` and `:`, found `{found}`")]
    Name {
        /// The name.
        found: String,
    },
    /// It takes what there is not.
    #[error("expected the name of a layer, found `{found}`")]
    Unknown {
        /// The reference.
        found: String,
        /// The name that is most like it.
        nearest: Option<String>,
    },
    /// It takes, over some layers, what it gives itself.
    #[error("expected inputs that do not depend on the layer itself, found {}", found.join(", "))]
    Cycle {
        /// Its inputs.
        found: Vec<String>,
    },
    /// An `Input` that takes something.
    #[error("an Input takes nothing, found inputs")]
    InputTakes,
    /// An `Input` that no layer takes.
    #[error("expected a layer that takes this Input, found none")]
    Unused,
    /// There is no layer.
    #[error("expected at least one layer, found none")]
    Empty,
}

impl LayerFault {
    /// What the user can do.
    pub fn hint(&self) -> Option<String> {
        match self {
            LayerFault::Config(error) => error.hint(),
            LayerFault::Unknown { nearest, .. } => nearest.as_ref().map(|n| format!("did you mean `{n}`?")),
            LayerFault::Unused => Some("remove it, or name it in the inputs of a layer".into()),
            LayerFault::InputTakes => Some("remove its inputs".into()),
            LayerFault::Duplicate { .. } => Some("give it another name, or none".into()),
            _ => None,
        }
    }
}

impl fmt::Display for LayerIssue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.layer.is_empty() {
            return write!(f, "{}", self.fault);
        }
        write!(f, "layers[{}] ({}): {}", self.index, self.layer, self.fault)
    }
}

impl ModelError {
    /// What the user can do about the first issue that has a hint.
    pub fn hint(&self) -> Option<String> {
        self.issues.iter().find_map(|issue| issue.fault.hint())
    }
}

impl fmt::Display for ModelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, issue) in self.issues.iter().enumerate() {
            write!(f, "{}{issue}", if i == 0 { "" } else { "\n" })?;
        }
        Ok(())
    }
}

impl std::error::Error for ModelError {}

ganymede_tensor::debug_as_text!(ModelError, ModelError::hint);

/// A layer before names are resolved.
pub(super) struct Entry {
    pub name: Option<String>,
    pub trainable: bool,
    /// Class name, for the automatic name.
    pub class: String,
    /// None where its arguments are wrong.
    pub layer: Option<Arc<dyn Layer>>,
    /// What it takes at each use; none where it takes what the layer before it gives.
    pub uses: Vec<Vec<String>>,
}

impl Entry {
    /// A layer that was made in Rust.
    pub fn new(name: Option<String>, layer: Arc<dyn Layer>) -> Self {
        Entry { name, trainable: true, class: layer.class_name().into(), layer: Some(layer), uses: Vec::new() }
    }
}

/// Makes Keras's automatic names: snake case of the class, counted.
#[derive(Default)]
pub(super) struct Namer {
    taken: HashSet<String>,
    next: HashMap<String, usize>,
}

impl Namer {
    /// Keeps a name from being given.
    pub fn reserve(&mut self, name: &str) {
        self.taken.insert(name.to_string());
    }

    /// A new name for a layer of a class.
    pub fn name(&mut self, class: &str) -> String {
        let base = snake_case(if class == "Input" { "InputLayer" } else { class });
        loop {
            let next = self.next.entry(base.clone()).or_insert(0);
            let name = if *next == 0 { base.clone() } else { format!("{base}_{next}") };
            *next += 1;
            if self.taken.insert(name.clone()) {
                return name;
            }
        }
    }
}

/// Keras's snake case: `Conv2DTranspose` → `conv2d_transpose`, `LeakyReLU` → `leaky_re_lu`.
fn snake_case(class: &str) -> String {
    let class = class.rsplit('>').next().unwrap_or(class); // the package of a registered class is no part of the name
    let letters: Vec<char> = class.chars().filter(|c| c.is_alphanumeric() || *c == '_').collect();
    let mut name = String::new();
    for (i, &c) in letters.iter().enumerate() {
        let lower = |at: usize| letters.get(at).is_some_and(|c| c.is_lowercase());
        let starts_word = c.is_uppercase() && (lower(i + 1) || i.checked_sub(1).is_some_and(lower));
        if i > 0 && starts_word {
            name.push('_');
        }
        name.extend(c.to_lowercase());
    }
    name
}

pub(super) fn from_config(name: &str, config: &ModelConfig) -> Result<Model, ModelError> {
    let mut issues = Vec::new();
    let mut entries = Vec::new();
    for (index, layer) in config.layers.iter().enumerate() {
        let made = layer.layer().map_err(|errors| issues.extend(of_layer(index, layer, errors)));
        entries.push(entry(layer, made.ok()));
    }
    assemble(name, entries, config.outputs.as_deref(), issues)
}

pub(super) fn of_layer(
    index: usize,
    layer: &LayerConfig,
    errors: Vec<ConfigError>,
) -> impl Iterator<Item = LayerIssue> {
    let shown = layer.name.clone().unwrap_or_else(|| layer.class_name.clone());
    errors.into_iter().map(move |error| LayerIssue { index, layer: shown.clone(), fault: error.into() })
}

pub(super) fn entry(config: &LayerConfig, layer: Option<Arc<dyn Layer>>) -> Entry {
    Entry {
        name: config.name.clone(),
        trainable: config.trainable.unwrap_or(true),
        class: config.class_name.clone(),
        layer,
        uses: match &config.inputs {
            None => Vec::new(),
            Some(Inputs::Once(names)) => vec![names.clone()],
            Some(Inputs::Shared(uses)) => uses.clone(),
        },
    }
}

/// The model of `entries`; `issues` are those known already.
pub(super) fn assemble(
    name: &str,
    entries: Vec<Entry>,
    outputs: Option<&[String]>,
    mut issues: Vec<LayerIssue>,
) -> Result<Model, ModelError> {
    let names = names(&entries, &mut issues);
    let mut wiring = Wiring::new(&entries, &names);
    wiring.connect(&mut issues);
    let outputs = wiring.outputs(outputs, &mut issues);
    let Wiring { calls, inputs, .. } = wiring;
    let layers: Option<Vec<NamedLayer>> = entries
        .iter()
        .zip(&names)
        .map(|(e, name)| Some(NamedLayer { name: name.clone(), trainable: e.trainable, layer: e.layer.clone()? }))
        .collect();
    issues.sort_by_key(|issue| issue.index);
    match layers {
        Some(layers) if issues.is_empty() => {
            let chain = |(i, call): (usize, &Call)| match (i, &call.inputs[..]) {
                (0, [Source::Input(0)]) => true,
                (i, [Source::Call { call, output: 0 }]) => call + 1 == i,
                _ => false,
            };
            let sequential = calls.iter().enumerate().all(chain)
                && calls.len() == layers.len()
                && outputs == [Source::Call { call: calls.len() - 1, output: 0 }];
            Ok(Model { name: name.into(), layers, calls, outputs, inputs, sequential })
        }
        _ => Err(ModelError { issues }),
    }
}

/// The name of each layer.
pub(super) fn names(entries: &[Entry], issues: &mut Vec<LayerIssue>) -> Vec<String> {
    let mut namer = Namer::default();
    let mut places: HashMap<&str, usize> = HashMap::new();
    for (index, name) in entries.iter().enumerate().filter_map(|(i, e)| Some((i, e.name.as_deref()?))) {
        let mut issue = |fault| issues.push(LayerIssue { index, layer: name.into(), fault });
        if name.is_empty() || name.contains(['/', ':']) {
            issue(LayerFault::Name { found: name.into() });
        }
        if let Some(&first) = places.get(name) {
            issue(LayerFault::Duplicate { first });
        }
        places.entry(name).or_insert(index);
        namer.reserve(name);
    }
    entries.iter().map(|e| e.name.clone().unwrap_or_else(|| namer.name(&e.class))).collect()
}

/// Turns names into calls in an order in which every call follows what it takes.
pub(super) struct Wiring<'a> {
    entries: &'a [Entry],
    names: &'a [String],
    index: HashMap<&'a str, usize>,
    /// The call of (layer, use).
    done: HashMap<(usize, usize), usize>,
    pub calls: Vec<Call>,
    pub inputs: usize,
    /// Whether the wiring goes on where something is wrong.
    pub lenient: bool,
    /// Layers of which is then not known what they take.
    pub unknown: HashSet<usize>,
}

impl<'a> Wiring<'a> {
    pub fn new(entries: &'a [Entry], names: &'a [String]) -> Self {
        let index = names.iter().enumerate().rev().map(|(i, n)| (n.as_str(), i)).collect();
        let (lenient, unknown) = (false, HashSet::new());
        Wiring { entries, names, index, done: HashMap::new(), calls: Vec::new(), inputs: 0, lenient, unknown }
    }

    fn is_input(&self, index: usize) -> bool {
        self.entries[index].layer.as_ref().map_or(self.entries[index].class == "Input", |l| l.input().is_some())
    }

    /// Number of uses of a layer.
    fn uses(&self, index: usize) -> usize {
        self.entries[index].uses.len().max(1)
    }

    fn issue(&self, index: usize, fault: LayerFault) -> LayerIssue {
        LayerIssue { index, layer: self.names[index].clone(), fault }
    }

    pub fn connect(&mut self, issues: &mut Vec<LayerIssue>) {
        if self.entries.is_empty() {
            issues.push(LayerIssue { index: 0, layer: String::new(), fault: LayerFault::Empty });
        }
        let mut pending: Vec<(usize, usize)> =
            (0..self.entries.len()).flat_map(|i| (0..self.uses(i)).map(move |nth| (i, nth))).collect();
        let mut known = Vec::new();
        for (index, nth) in pending.drain(..) {
            match self.references(index, nth) {
                Ok(references) => known.push((index, nth, references)),
                Err(fault) => {
                    issues.push(self.issue(index, fault));
                    let meant = self.meant(index, nth);
                    if meant.is_none() {
                        self.unknown.insert(index);
                    }
                    known.push((index, nth, meant.unwrap_or_default()));
                }
            }
        }
        // What is left when nothing can follow any more depends on itself, or on a layer with an issue.
        loop {
            let before = known.len();
            known.retain(|(index, nth, references)| {
                let sources: Option<Vec<Source>> = references.iter().map(|r| self.source(r)).collect();
                let Some(inputs) = sources else { return true };
                self.done.insert((*index, *nth), self.calls.len());
                self.inputs += inputs.iter().filter(|s| matches!(s, Source::Input(_))).count();
                self.calls.push(Call { layer: *index, nth: *nth, inputs });
                false
            });
            if known.is_empty() || known.len() == before {
                break;
            }
        }
        if self.lenient {
            for (index, nth, _) in &known {
                self.unknown.insert(*index);
                self.done.insert((*index, *nth), self.calls.len());
                self.calls.push(Call { layer: *index, nth: *nth, inputs: Vec::new() });
            }
        }
        if issues.is_empty() {
            for (index, nth, _) in known {
                let found = self.entries[index].uses.get(nth).cloned().unwrap_or_default();
                issues.push(self.issue(index, LayerFault::Cycle { found }));
            }
        }
    }

    /// What a layer takes at one use.
    fn references(&self, index: usize, nth: usize) -> Result<Vec<Reference>, LayerFault> {
        let given = self.entries[index].uses.get(nth);
        if self.is_input(index) {
            return if given.is_some() { Err(LayerFault::InputTakes) } else { Ok(vec![Reference::Input]) };
        }
        match given {
            Some(names) => names.iter().map(|name| self.reference(name)).collect(),
            None if index == 0 => Ok(vec![Reference::Input]),
            None => Ok(vec![Reference::Call { layer: index - 1, nth: self.uses(index - 1) - 1, output: 0 }]),
        }
    }

    /// What a layer takes at a use of which something is wrong, where that is clear.
    fn meant(&self, index: usize, nth: usize) -> Option<Vec<Reference>> {
        if self.is_input(index) {
            return Some(vec![Reference::Input]);
        }
        self.entries[index].uses.get(nth)?.iter().map(|name| self.reference_meant(name)).collect()
    }

    fn reference_meant(&self, text: &str) -> Option<Reference> {
        match self.reference(text) {
            Err(LayerFault::Unknown { nearest: Some(near), .. }) => self.reference(&near).ok(),
            reference => reference.ok(),
        }
    }

    fn reference(&self, text: &str) -> Result<Reference, LayerFault> {
        let unknown = |nearest| LayerFault::Unknown { found: text.into(), nearest };
        let mut parts = text.split(':');
        let name = parts.next().unwrap_or_default();
        let Some(&layer) = self.index.get(name) else {
            // Of two layers of one name, none is clearly meant.
            let same = |entry: &Entry| self.entries.iter().filter(|other| other.name == entry.name).count() > 1;
            let own = self.entries.iter().zip(self.names).filter(|(entry, _)| entry.name.is_none() || !same(entry));
            return Err(unknown(nearest(name, own.map(|(_, name)| name.as_str()))));
        };
        let mut number = || parts.next().map_or(Some(0), |p| p.parse::<usize>().ok());
        match (number(), number(), parts.next()) {
            (Some(nth), Some(output), None) if nth < self.uses(layer) => Ok(Reference::Call { layer, nth, output }),
            _ => Err(unknown(Some(name.to_string()))),
        }
    }

    fn source(&self, reference: &Reference) -> Option<Source> {
        match *reference {
            Reference::Input => Some(Source::Input(self.inputs)),
            Reference::Call { layer, nth, output } => {
                self.done.get(&(layer, nth)).map(|&call| Source::Call { call, output })
            }
        }
    }

    /// What the model gives: what is asked for, or what no layer takes.
    pub fn outputs(&self, asked: Option<&[String]>, issues: &mut Vec<LayerIssue>) -> Vec<Source> {
        let taken: HashSet<usize> = self
            .calls
            .iter()
            .flat_map(|c| &c.inputs)
            .filter_map(|s| if let Source::Call { call, .. } = s { Some(*call) } else { None })
            .collect();
        let given = |text: &String| {
            let fault = match self.reference(text) {
                Ok(reference) => return self.source(&reference),
                Err(fault) => fault,
            };
            issues.push(LayerIssue { index: self.entries.len(), layer: "outputs".into(), fault });
            self.reference_meant(text).and_then(|reference| self.source(&reference))
        };
        let outputs: Vec<Source> = match asked {
            Some(names) => names.iter().filter_map(given).collect(),
            None => (0..self.calls.len())
                .filter(|call| !taken.contains(call) && !self.is_input(self.calls[*call].layer))
                .map(|call| Source::Call { call, output: 0 })
                .collect(),
        };
        // A name that leads nowhere may have been that of an Input.
        let astray = issues.iter().any(|issue| matches!(issue.fault, LayerFault::Unknown { nearest: None, .. }));
        for (at, call) in self.calls.iter().enumerate().filter(|(_, c)| !astray && self.is_input(c.layer)) {
            if !taken.contains(&at) && !outputs.contains(&Source::Call { call: at, output: 0 }) {
                issues.push(self.issue(call.layer, LayerFault::Unused));
            }
        }
        outputs
    }
}

/// What a layer takes, by place.
enum Reference {
    /// The next input of the model.
    Input,
    /// An output of a use of a layer.
    Call { layer: usize, nth: usize, output: usize },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_keras() {
        let expected = [
            ("Conv2D", "conv2d"),
            ("Conv2DTranspose", "conv2d_transpose"),
            ("LeakyReLU", "leaky_re_lu"),
            ("ReLU", "re_lu"),
            ("PReLU", "p_re_lu"),
            ("ELU", "elu"),
            ("BatchNormalization", "batch_normalization"),
            ("GlobalAveragePooling2D", "global_average_pooling2d"),
            ("UpSampling2D", "up_sampling2d"),
        ];
        for (class, name) in expected {
            assert_eq!(snake_case(class), name);
        }
        let mut namer = Namer::default();
        namer.reserve("dense_1");
        assert_eq!(
            [namer.name("Dense"), namer.name("Dense"), namer.name("Input")],
            ["dense", "dense_2", "input_layer"]
        );
    }
}
