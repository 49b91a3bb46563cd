//! The order in which Keras has the layers of a Functional model: it sorts them when the model is made, whatever order they are given in,
//! and counts the layers of a class in this order to place their arrays. Not here: the places (`places.rs`).

use ganymede_nn::ModelConfig;
use ganymede_nn::layers::Inputs;
use std::collections::HashMap;

/// A use of a layer: its place among the layers, and which use it is.
type Node = (usize, usize);

/// The places of the layers of a model in Keras's order; what no output depends on comes last.
///
/// A layer's depth is the number of layers from it to the outputs on the longest way, of all its uses. Deeper ones come first; of
/// those of one depth the one that is met first on the way back from the outputs.
///
/// # Source
/// `keras.src.ops.function.map_graph` of Keras 3.15.
pub fn order(config: &ModelConfig) -> Vec<usize> {
    let all: Vec<usize> = (0..config.layers.len()).collect();
    let Some(outputs) = &config.outputs else { return all };
    let graph = Graph::new(config);
    let (nodes, met) = graph.walk(outputs);
    let mut node_depths: HashMap<Node, usize> = HashMap::new();
    let mut depths: HashMap<usize, usize> = HashMap::new();
    for node in nodes.iter().rev() {
        let own = node_depths.get(node).copied().unwrap_or(0);
        let depth = own.max(depths.get(&node.0).copied().unwrap_or(0));
        depths.insert(node.0, depth);
        node_depths.insert(*node, depth);
        for before in graph.takes(*node) {
            let known = node_depths.entry(before).or_insert(0);
            *known = (*known).max(depth + 1);
        }
    }
    let key = |layer: &usize| match depths.get(layer) {
        Some(depth) => (0, usize::MAX - depth, met[layer]),
        None => (1, 0, *layer),
    };
    let mut all = all;
    all.sort_by_key(key);
    all
}

/// What takes what.
struct Graph<'a> {
    layers: HashMap<&'a str, usize>,
    uses: Vec<Vec<&'a [String]>>,
}

impl<'a> Graph<'a> {
    fn new(config: &'a ModelConfig) -> Graph<'a> {
        let name = |(at, layer): (usize, &'a ganymede_nn::LayerConfig)| Some((layer.name.as_deref()?, at));
        let uses = |layer: &'a ganymede_nn::LayerConfig| match &layer.inputs {
            None => Vec::new(),
            Some(Inputs::Once(names)) => vec![names.as_slice()],
            Some(Inputs::Shared(uses)) => uses.iter().map(Vec::as_slice).collect(),
        };
        let layers = config.layers.iter().enumerate().filter_map(name).collect();
        Graph { layers, uses: config.layers.iter().map(uses).collect() }
    }

    /// The use that a reference `layer:use:output` is to.
    fn node(&self, reference: &str) -> Option<Node> {
        let mut parts = reference.split(':');
        let layer = *self.layers.get(parts.next()?)?;
        Some((layer, parts.next().and_then(|part| part.parse().ok()).unwrap_or(0)))
    }

    /// The uses that a use takes what they give of, in order.
    fn takes(&self, (layer, nth): Node) -> Vec<Node> {
        let names = self.uses.get(layer).and_then(|uses| uses.get(nth)).copied().unwrap_or_default();
        names.iter().filter_map(|name| self.node(name)).collect()
    }

    /// The uses that the outputs depend on, each behind what it takes, and when each layer was met first.
    fn walk(&self, outputs: &[String]) -> (Vec<Node>, HashMap<usize, usize>) {
        let (mut done, mut met) = (Vec::new(), HashMap::new());
        let mut seen = std::collections::HashSet::new();
        for output in outputs.iter().filter_map(|name| self.node(name)) {
            // Uses that are being looked at, with what of theirs is still to be looked at, the next last.
            let mut open: Vec<(Node, Vec<Node>)> = Vec::new();
            let mut next = Some(output);
            loop {
                if let Some(node) = next.take().filter(|node| seen.insert(*node)) {
                    let count = met.len();
                    met.entry(node.0).or_insert(count);
                    let mut takes = self.takes(node);
                    takes.reverse();
                    open.push((node, takes));
                }
                match open.last_mut() {
                    None => break,
                    Some((_, takes)) if !takes.is_empty() => next = takes.pop(),
                    Some((node, _)) => {
                        done.push(*node);
                        open.pop();
                    }
                }
            }
        }
        (done, met)
    }
}
