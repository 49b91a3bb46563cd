//! Rule: the generator's last activation covers the data's range.

use super::{Finding, Fix, Subject};
use serde_json::json;

pub(super) fn run(s: &Subject) -> Vec<Finding> {
    let Some((index, activation)) = s.last_activation(s.spec.generator()) else { return Vec::new() };
    let reach = match activation.as_str() {
        "sigmoid" | "softmax" | "hard_sigmoid" => "0 to 1",
        "relu" | "softplus" | "exponential" | "relu6" => "0 and above",
        "elu" | "selu" => "about -1 and above",
        _ => "",
    };
    let place = s.argument(s.spec.generator(), index, "activation");
    let image = s.network(s.spec.generator()).is_some_and(|g| g.output.len() == 3);
    let tanh = Fix::new("set the last activation to tanh", move |spec| {
        let layer = spec.generator_mut().and_then(|n| n.layers.get_mut(index));
        if let Some(layer) = layer {
            if ["ReLU", "Softmax", "LeakyReLU"].contains(&layer.class_name.as_str()) {
                layer.class_name = "Activation".into();
                layer.arguments.clear();
            }
            layer.arguments.insert("activation".into(), json!("tanh"));
        }
    });
    if !reach.is_empty() {
        let reason = format!("`{activation}` gives {reach}, the data is scaled to -1 to 1");
        return vec![Finding::error(place, reason, vec![tanh])];
    }
    // Networks that R1 holds (StyleGAN, R3GAN) end without an activation.
    let held = s.spec.phases.iter().flat_map(|phase| &phase.terms).any(|term| term.class_name == "r1");
    if activation != "tanh" && image && !held {
        let reason = format!("`{activation}` is not bounded, the images are scaled to -1 to 1: tanh is usual");
        return vec![Finding::hint(place, reason, vec![tanh])];
    }
    Vec::new()
}
