//! Layers that take what they give: the way round, told once. Not here: all else that is wrong with what layers take (`shapes.rs`).

use ganymede_nn::LayerConfig;
use ganymede_nn::layers::Inputs;

/// The way round, from a layer that names one behind it back to itself; none where no named layers go round.
pub(super) fn way(layers: &[LayerConfig]) -> Option<Vec<usize>> {
    let place = |name: &String| layers.iter().position(|layer| layer.name.as_ref() == Some(name));
    let taken = |index: usize| -> Vec<usize> {
        match &layers[index].inputs {
            Some(Inputs::Once(names)) => names.iter().filter_map(place).collect(),
            Some(Inputs::Shared(uses)) => uses.iter().flatten().filter_map(place).collect(),
            None if layers[index].class_name.starts_with("Input") => Vec::new(),
            None => index.checked_sub(1).into_iter().collect(),
        }
    };
    // What is taken by way of what else, once looked at from every layer that names one behind it.
    (0..layers.len()).filter(|&first| taken(first).iter().any(|&other| other >= first)).find_map(|first| {
        let mut from: Vec<Option<usize>> = vec![None; layers.len()];
        let mut open = vec![first];
        while let Some(index) = open.pop() {
            for other in taken(index) {
                if other == first {
                    // `index` takes the first, what it came from takes `index`, and so on.
                    let last = Some(index).filter(|index| *index != first);
                    let back = std::iter::successors(last, |at| from[*at].filter(|other| *other != first));
                    let way = [first].into_iter().chain(back).chain([first]).collect();
                    return Some(way);
                }
                if from[other].is_none() {
                    from[other] = Some(index);
                    open.push(other);
                }
            }
        }
        None
    })
}

/// The way round in words: the names of its layers, each taken by the next.
pub(super) fn words(layers: &[LayerConfig], way: &[usize]) -> String {
    let named: Vec<&str> = way.iter().filter_map(|&index| layers[index].name.as_deref()).collect();
    format!("expected inputs that do not depend on the layer itself, found {}", named.join(" -> "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn layers(value: serde_json::Value) -> Vec<LayerConfig> {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn the_way_round_is_found_and_a_straight_one_is_none() {
        let mut found = layers(json!([
            { "class_name": "Input", "name": "x", "shape": [2] },
            { "class_name": "Dense", "name": "a", "units": 2, "inputs": ["c"] },
            { "class_name": "ReLU" },
            { "class_name": "Dense", "name": "b", "units": 2 },
            { "class_name": "Add", "name": "c", "inputs": ["x", "b"] },
            { "class_name": "Dense", "name": "d", "units": 2 },
        ]));
        let way_round = way(&found).unwrap();
        assert_eq!(way_round, [1, 2, 3, 4, 1]);
        assert!(words(&found, &way_round).ends_with("found a -> b -> c -> a"));
        found[1].inputs = None;
        assert_eq!(way(&found), None);
        let own = layers(json!([{ "class_name": "Dense", "name": "a", "units": 2, "inputs": ["a"] }]));
        assert_eq!(way(&own).unwrap(), [0, 0]);
    }
}
