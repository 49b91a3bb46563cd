//! The printed form of a model: Keras's table and totals, then floating-point operations and memory. Not here: what
//! a whole training step needs (that is planned by `ganymede-runtime`).

use crate::Model;
use crate::model::Source;
use crate::scope::{Mode, Scope};
use ganymede_graph::{BuildErrors, Builder};
use ganymede_tensor::{Shape, TensorType};
use std::fmt;

/// What is known of a model before it runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// The model's name.
    pub name: String,
    /// A row a layer.
    pub rows: Vec<Row>,
    /// Number of values that an optimizer changes.
    pub trainable: u64,
    /// Number of values that it does not change.
    pub non_trainable: u64,
    /// The batch that [`Row::activation_bytes`] and [`Row::flops`] are for.
    pub batch: usize,
    connected: bool,
}

/// One layer of a [`Summary`].
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Name of the layer.
    pub name: String,
    /// Its class.
    pub class: String,
    /// What it gives (at its last use), with the batch axis.
    pub outputs: Vec<TensorType>,
    /// Number of values in its weights.
    pub parameters: u64,
    /// Floating-point operations of its forward pass over the batch, at all its uses.
    pub flops: u64,
    /// Bytes of its outputs over the batch, at all its uses.
    pub activation_bytes: u64,
    /// What it takes, as Keras writes it: `layer[use][output]`.
    pub connections: Vec<String>,
}

impl Model {
    /// The summary for a batch of the declared inputs.
    ///
    /// # Errors
    /// Everything that does not fit together in the model.
    pub fn summary(&self, batch: usize) -> Result<Summary, BuildErrors> {
        self.summary_of(&self.input_types(batch))
    }

    /// The summary for inputs of the given types, batch axis first: for a model that declares none.
    ///
    /// # Errors
    /// Everything that does not fit together in the model.
    pub fn summary_of(&self, inputs: &[TensorType]) -> Result<Summary, BuildErrors> {
        let builder = Builder::new("summary");
        let scope = Scope::root(&builder, self.name(), Mode::Infer);
        let inputs: Vec<_> =
            inputs.iter().enumerate().map(|(i, ty)| builder.input(&format!("input{i}"), ty.clone())).collect();
        let calls: Vec<Vec<TensorType>> = match inputs.len() == self.input_count() {
            true => self.trace(&scope, &inputs).iter().map(|ys| ys.iter().map(|y| y.ty()).collect()).collect(),
            false => {
                crate::Layer::build(self, &scope, &inputs); // records what is wrong with them
                Vec::new()
            }
        };
        let parameters = scope.parameters();
        let batch = inputs.first().and_then(|x| x.shape().first().copied()).unwrap_or(0);
        let graph = builder.finish()?;

        let rows = self.layers().iter().enumerate().map(|(index, named)| {
            let path = format!("{}/{}", self.name(), named.name);
            let below =
                |name: &str| name.strip_prefix(&path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
            let uses: Vec<usize> = (0..calls.len()).filter(|&c| self.calls()[c].layer == index).collect();
            let bytes = |ty: &TensorType| ty.bytes() as u64;
            Row {
                name: named.name.clone(),
                class: named.layer.class_name().into(),
                outputs: uses.last().map_or(Vec::new(), |&c| calls[c].clone()),
                parameters: parameters.iter().filter(|p| below(&p.name)).map(|p| p.shape.elements() as u64).sum(),
                flops: graph
                    .ids()
                    .filter(|&id| below(graph.scope(id)))
                    .map(|id| graph.node_flops(graph.node(id)))
                    .sum(),
                activation_bytes: uses.iter().flat_map(|&c| &calls[c]).map(bytes).sum(),
                connections: uses.iter().flat_map(|&c| self.connections(c)).collect(),
            }
        });
        let rows: Vec<Row> = rows.collect();
        let count =
            |trainable| parameters.iter().filter(|p| p.trainable == trainable).map(|p| p.shape.elements() as u64).sum();
        Ok(Summary {
            name: self.name().into(),
            rows,
            trainable: count(true),
            non_trainable: count(false),
            batch,
            connected: !self.is_sequential(),
        })
    }

    /// What a call takes, as Keras writes it.
    fn connections(&self, call: usize) -> Vec<String> {
        let source = |source: &Source| match *source {
            Source::Input(_) => None,
            Source::Call { call, output } => {
                let call = &self.calls()[call];
                Some(format!("{}[{}][{output}]", self.layers()[call.layer].name, call.nth))
            }
        };
        self.calls()[call].inputs.iter().filter_map(source).collect()
    }
}

/// Widths of the columns' texts.
const PLAIN: &[usize] = &[31, 22, 13];
const CONNECTED: &[usize] = &[19, 17, 10, 17];

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (widths, header): (_, &[&str]) = match self.connected {
            false => (PLAIN, &["Layer (type)", "Output Shape", "Param #"]),
            true => (CONNECTED, &["Layer (type)", "Output Shape", "Param #", "Connected to"]),
        };
        let rule = |left, line: char, cross: char, right| {
            let parts: Vec<String> = widths.iter().map(|w| line.to_string().repeat(w + 2)).collect();
            format!("{left}{}{right}", parts.join(&cross.to_string()))
        };
        writeln!(f, "Model: \"{}\"", self.name)?;
        writeln!(f, "{}", rule('┏', '━', '┳', '┓'))?;
        line(f, widths, header.iter().map(|s| s.to_string()), '┃')?;
        writeln!(f, "{}", rule('┡', '━', '╇', '┩'))?;
        // Keras hides the input of a plain stack.
        let shown = self.rows.iter().filter(|r| self.connected || r.class != "Input");
        for (i, row) in shown.enumerate() {
            if i > 0 {
                writeln!(f, "{}", rule('├', '─', '┼', '┤'))?;
            }
            line(f, widths, row.cells(self.connected).into_iter(), '│')?;
        }
        writeln!(f, "{}", rule('└', '─', '┴', '┘'))?;
        for (what, count) in [
            ("Total", self.trainable + self.non_trainable),
            ("Trainable", self.trainable),
            ("Non-trainable", self.non_trainable),
        ] {
            writeln!(f, " {what} params: {} ({})", thousands(count), memory(4 * count))?;
        }
        let flops: u64 = self.rows.iter().map(|r| r.flops).sum();
        let bytes: u64 = self.rows.iter().map(|r| r.activation_bytes).sum();
        writeln!(f, " Forward FLOPs per sample: {}", thousands(flops / self.batch.max(1) as u64))?;
        writeln!(f, " Layer outputs at batch {}: {}", self.batch, memory(bytes))
    }
}

impl Row {
    fn cells(&self, connected: bool) -> Vec<String> {
        let class = if self.class == "Input" { "InputLayer" } else { &self.class };
        let shape = |shape: &Shape| {
            let sizes: Vec<String> = shape.iter().skip(1).map(|n| format!(", {n}")).collect();
            format!("(None{})", if sizes.is_empty() { ",".to_string() } else { sizes.concat() })
        };
        let shapes: Vec<String> = self.outputs.iter().map(|ty| shape(&ty.shape)).collect();
        let shapes = if shapes.len() == 1 { shapes[0].clone() } else { format!("[{}]", shapes.join(", ")) };
        let mut cells = vec![format!("{} ({class})", self.name), shapes, thousands(self.parameters)];
        if connected {
            cells.push(if self.connections.is_empty() { "-".into() } else { self.connections.join(", ") });
        }
        cells
    }
}

/// A row of cells, each wrapped at its column's width; the third column is aligned to the right.
fn line(
    f: &mut fmt::Formatter<'_>,
    widths: &[usize],
    cells: impl Iterator<Item = String>,
    border: char,
) -> fmt::Result {
    let wrapped: Vec<Vec<String>> = cells.zip(widths).map(|(cell, &width)| wrap(&cell, width)).collect();
    for at in 0..wrapped.iter().map(Vec::len).max().unwrap_or(0) {
        write!(f, "{border}")?;
        for (column, (lines, &width)) in wrapped.iter().zip(widths).enumerate() {
            let text = lines.get(at).map_or("", String::as_str);
            match column {
                2 => write!(f, " {text:>width$} {border}")?,
                _ => write!(f, " {text:<width$} {border}")?,
            }
        }
        writeln!(f)?;
    }
    Ok(())
}

/// Lines of at most `width` characters, broken between words, and inside a word that is longer.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let mut word: Vec<char> = word.chars().collect();
        let line = &lines[lines.len() - 1];
        let gap = usize::from(!line.is_empty());
        if line.chars().count() + gap + word.len() > width && gap == 1 {
            lines.push(String::new());
        }
        while word.len() > width {
            let rest = word.split_off(width);
            let last = lines.len() - 1;
            lines[last] = word.into_iter().collect();
            lines.push(String::new());
            word = rest;
        }
        let last = lines.len() - 1;
        if !lines[last].is_empty() {
            lines[last].push(' ');
        }
        lines[last].extend(word);
    }
    lines
}

/// 1234567 as `1,234,567`.
fn thousands(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Bytes with Keras's units: 1024 B are 1 KB.
fn memory(bytes: u64) -> String {
    let mut size = bytes as f64;
    for unit in ["B", "KB", "MB", "GB", "TB"] {
        if size / 1024.0 < 1.0 {
            return format!("{size:.2} {unit}");
        }
        size /= 1024.0;
    }
    format!("{size:.2} PB")
}
