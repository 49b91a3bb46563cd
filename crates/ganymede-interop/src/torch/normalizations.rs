//! Normalizations.

use super::module::{Given, Written};
use crate::error::InteropError;
use ganymede_tensor::Tensor;

/// The class of a batch normalization over so many axes of a sample.
fn class(given: &Given<'_>) -> Result<&'static str, InteropError> {
    match given.x().sizes.len() {
        1 | 2 => Ok("nn.BatchNorm1d"),
        3 => Ok("nn.BatchNorm2d"),
        4 => Ok("nn.BatchNorm3d"),
        found => Err(given.refuse(format!("expected samples of 1 to 4 axes, found {found}"))),
    }
}

/// Whether `axis` is the last.
fn of_channels(given: &Given<'_>) -> Result<usize, InteropError> {
    let (axis, rank) = (given.number("axis", -1.0) as i64, given.x().sizes.len() as i64);
    match axis == -1 || axis == rank {
        true => Ok(given.x().sizes.last().copied().unwrap_or(1)),
        false => Err(given.refuse(format!("expected the axis of the channels, found axis {axis}"))),
    }
}

/// `BatchNormalization`; torch's momentum is the share that is new.
pub(super) fn batch(given: &Given<'_>) -> Result<Written, InteropError> {
    let channels = of_channels(given)?;
    let (scale, center) = (given.flag("scale", true), given.flag("center", true));
    let momentum = 1.0 - given.number("momentum", 0.99);
    let affine = scale || center;
    let word = if affine { "" } else { ", affine=False" };
    let made = format!(
        "{}({channels}, eps={}, momentum={}{word})",
        class(given)?,
        given.number("epsilon", 1e-3),
        // As a person writes it: 0.1, not 0.09999999999999998.
        (momentum * 1e9).round() / 1e9
    );
    let mut written = Written { forward: format!("self.{}({})", given.name, given.x().name), ..Written::default() };
    written.parts.push(("", made));
    if affine {
        let gamma = if scale { given.weight("gamma")? } else { Tensor::full([channels], 1.0) };
        let beta = if center { given.weight("beta")? } else { Tensor::full([channels], 0.0) };
        written.weights.extend([(".weight".to_string(), gamma), (".bias".to_string(), beta)]);
    }
    statistics(given, "", &mut written)?;
    Ok(written)
}

fn statistics(given: &Given<'_>, part: &str, written: &mut Written) -> Result<(), InteropError> {
    written.weights.push((format!("{part}.running_mean"), given.weight("moving_mean")?));
    written.weights.push((format!("{part}.running_var"), given.weight("moving_variance")?));
    Ok(())
}

/// `ganymede>ConditionalBatchNormalization`: γ and β are rows of tables.
pub(super) fn conditional(given: &Given<'_>) -> Result<Written, InteropError> {
    let channels = of_channels(given)?;
    let [x, label] = &given.inputs[..] else {
        return Err(given.refuse(format!("expected two inputs, found {}", given.inputs.len())));
    };
    let classes = given.number("classes", 1.0);
    let momentum = ((1.0 - given.number("momentum", 0.99)) * 1e9).round() / 1e9;
    let mut written = Written::default();
    let norm = format!(
        "{}({channels}, eps={}, momentum={momentum}, affine=False)",
        class(given)?,
        given.number("epsilon", 1e-3)
    );
    let table = format!("nn.Embedding({classes}, {channels})");
    written.parts.extend([("norm", norm), ("gamma", table.clone()), ("beta", table)]);
    for part in ["gamma", "beta"] {
        written.weights.push((format!("_{part}.weight"), given.weight(part)?));
    }
    statistics(given, "_norm", &mut written)?;
    let ones: String = x.sizes[1..].iter().map(|_| ", 1").collect();
    let look = |part: &str| format!("self.{}_{part}({}).view(-1, {channels}{ones})", given.name, label.name);
    written.forward = format!("self.{}_norm({}) * {} + {}", given.name, x.name, look("gamma"), look("beta"));
    Ok(written)
}

/// `GroupNormalization`.
pub(super) fn group(given: &Given<'_>) -> Result<Written, InteropError> {
    let channels = of_channels(given)?;
    if given.x().sizes.len() < 2 {
        return Err(given.refuse("expected samples of 2 axes or more, found one"));
    }
    let groups = given.number("groups", 32.0) as i64;
    let groups = if groups == -1 { channels as i64 } else { groups };
    let mut written = Written { forward: format!("self.{}({})", given.name, given.x().name), ..Written::default() };
    written.parts.push(("", format!("nn.GroupNorm({groups}, {channels}, eps={})", given.number("epsilon", 1e-3))));
    let gamma = if given.flag("scale", true) { given.weight("gamma")? } else { Tensor::full([channels], 1.0) };
    let beta = if given.flag("center", true) { given.weight("beta")? } else { Tensor::full([channels], 0.0) };
    written.weights.extend([(".weight".to_string(), gamma), (".bias".to_string(), beta)]);
    Ok(written)
}

/// `LayerNormalization` over the last axis.
pub(super) fn layer(given: &Given<'_>) -> Result<Written, InteropError> {
    let rank = given.x().sizes.len() as i64;
    let axes = given.list("axis", &[-1]);
    if axes != [-1] && axes != [rank] {
        return Err(given.refuse(format!("expected the last axis, found {axes:?}")));
    }
    let size = given.x().sizes.last().copied().unwrap_or(1);
    let mut written = Written::default();
    written.parts.push(("", format!("nn.LayerNorm({size}, eps={})", given.number("epsilon", 1e-3))));
    let gamma = if given.flag("scale", true) { given.weight("gamma")? } else { Tensor::full([size], 1.0) };
    let beta = if given.flag("center", true) { given.weight("beta")? } else { Tensor::full([size], 0.0) };
    written.weights.extend([(".weight".to_string(), gamma), (".bias".to_string(), beta)]);
    // The channels are its last axis.
    let x = &given.x().name;
    written.forward = match rank {
        1 => format!("self.{}({x})", given.name),
        _ => format!("self.{}({x}.movedim(1, -1)).movedim(-1, 1)", given.name),
    };
    Ok(written)
}
