//! Rule: the input of the discriminator has the shape of the data.

use super::pairing::sizes_text;
use super::{Finding, Fix, Subject};
use crate::presets::layer;
use serde_json::json;

pub(super) fn run(s: &Subject) -> Vec<Finding> {
    let Some(taken) = s.network(s.spec.discriminator()).and_then(|d| d.inputs.first()) else { return Vec::new() };
    let place = s.place(s.spec.discriminator(), 0);
    if s.data.is_none() && !s.spec.data.source.is_empty() {
        // Why it was not read is told.
        return Vec::new();
    }
    let Some(data) = s.data else {
        let reason = match taken[..] {
            [28, 28, 3] => {
                "28x28x3 fits neither sets like MNIST (28x28x1) nor CIFAR (32x32x3), only such as PathMNIST; \
                            name the data with --data or data.source to have this checked"
                    .to_string()
            }
            _ => {
                format!("no data is named: that it is {} is not checked; use --data or data.source", sizes_text(taken))
            }
        };
        return vec![Finding::hint(place, reason, Vec::new())];
    };
    if *taken == data.shape {
        return Vec::new();
    }
    let shape = data.shape.clone();
    // A network of points takes images as one long vector.
    let layers = s.layers(s.spec.discriminator());
    let flat = taken.len() == 1
        && shape.len() > 1
        && layers.iter().all(|layer| layer.inputs.is_none())
        && layers.get(1).is_some_and(|layer| layer.class_name != "Flatten");
    let also = if flat { ", Flatten behind it" } else { "" };
    let networks = Fix::new(format!("set the discriminator's Input to {}{also}", sizes_text(&shape)), move |spec| {
        let Some(network) = spec.discriminator_mut() else { return };
        let Some(at) = network.layers.iter().position(|l| l.class_name == "Input") else { return };
        network.layers[at].arguments.insert("shape".into(), json!(shape));
        if flat {
            network.layers.insert(at + 1, layer("Flatten", json!({})));
        }
    });
    let mut fixes = vec![networks];
    if let ([height, width, channels @ (1 | 3)], 3) = (taken[..].try_into().unwrap_or([0; 3]), data.shape.len()) {
        let what = format!(
            "read the data as {} (data.resolution and data.channels, or --resolution and --channels)",
            sizes_text(taken)
        );
        fixes.push(Fix::new(what, move |spec| {
            let side = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
            spec.data.options.resolution = Some(ganymede_data::Resolution { width: side(width), height: side(height) });
            spec.data.options.channels = Some(channels);
            spec.data.shape = vec![height, width, channels];
        }));
        // Two networks that agree were meant for images of their size; channels that the data has not got are wasted.
        let agree = s.network(s.spec.generator()).is_some_and(|generator| generator.output == *taken);
        if agree && data.shape.last() == taken.last() {
            fixes.reverse();
        }
    }
    // `--resolution` has them the other way round.
    let unequal = |shape: &[usize]| matches!(shape, [height, width, _] if height != width);
    let order = if unequal(taken) || unequal(&data.shape) { " (each height x width x channels)" } else { "" };
    let reason = format!(
        "the discriminator takes {}, `{}` has {}{order}",
        sizes_text(taken),
        data.name,
        sizes_text(&data.shape)
    );
    vec![Finding::error(place, reason, fixes)]
}
