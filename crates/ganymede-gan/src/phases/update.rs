//! What becomes of a phase's gradients: the optimizer's update, weight clipping, the moving average. Not here: the rules
//! of optimizers (`ganymede-nn`).

use super::loss::Gradient;
use super::{Part, Traced, averaged, is_batch_statistic, layout};
use crate::loss_scope::{LossScope, Trace};
use crate::spec::PhaseSpec;
use ganymede_nn::{Parameter, optimizers};
use ganymede_tensor::TensorType;

/// The gradients of a whole batch from those of a part: what came before is in states `<phase>/accumulated/<parameter>`.
/// All but the last part add theirs to these.
pub(super) fn parts<'g>(
    phase: &PhaseSpec,
    scope: &LossScope<'g>,
    gradients: Vec<Gradient<'g>>,
    part: Part,
    count: usize,
) -> Vec<Gradient<'g>> {
    if part == Part::Whole {
        return gradients;
    }
    let builder = scope.trace.builder;
    // 0 in the first part, when the states hold what the update before has used.
    let keep = builder.scalar("accumulated/keep");
    let add = |(parameter, value, gradient): Gradient<'g>| {
        let name = format!("{}/accumulated/{}", phase.name, parameter.name);
        let sum = builder.state(&name, value.ty()) * keep + gradient * (1.0 / count as f64);
        if part == Part::Accumulate {
            builder.assign(&name, sum);
        }
        (parameter, value, sum)
    };
    gradients.into_iter().map(add).collect()
}

/// The optimizer's update of what a phase trains, from its values as they are now: of simultaneous phases that train one
/// network each adds its own to those before.
pub(super) fn update<'g>(phase: &PhaseSpec, scope: &LossScope<'g>, gradients: &[Gradient<'g>], traced: &mut Traced) {
    let Some(optimizer) = &phase.optimizer else { return };
    let builder = scope.trace.builder;
    let slots = optimizer.slots();
    let slot_name = |slot: &str, parameter: &Parameter| format!("{}/{slot}/{}", phase.name, parameter.name);
    for slot in &slots {
        for (parameter, value, _) in gradients {
            layout::push_once(traced, slot_name(slot, parameter), value.ty(), &format!("{}/{slot}", phase.name));
        }
    }
    let _scope = builder.enter_path(&format!("{}/optimizer", phase.name));
    let inputs: Vec<optimizers::Update<'g>> = gradients
        .iter()
        .map(|(parameter, value, gradient)| optimizers::Update {
            parameter: builder.state(&parameter.name, value.ty()),
            gradient: *gradient,
            slots: slots.iter().map(|slot| builder.state(&slot_name(slot, parameter), value.ty())).collect(),
            constraint: parameter.constraint.clone(),
        })
        .collect();
    let updated = optimizer.apply(&|name| scope.scalar(name), &inputs);
    for ((parameter, _, _), new) in gradients.iter().zip(updated) {
        let clipped = phase.clip_weights.as_ref().map(|limit| {
            let limit = scope.number("clip_weights", limit);
            new.parameter.minimum(limit).maximum(-limit)
        });
        builder.assign(&parameter.name, clipped.unwrap_or(new.parameter));
        for (slot, value) in slots.iter().zip(new.slots) {
            builder.assign(&slot_name(slot, parameter), value);
        }
    }
}

/// Averages a network's parameters and batch statistics, a ← a + rate·(p − a) with the scalar `ema/rate` = 1 − β, and copies
/// what else it has: the direction of a spectral norm has length 1, which an average of directions has not.
pub(super) fn average(trace: &Trace<'_>, network: &str) {
    let Some(scope) = trace.scopes.get(network) else { return };
    let builder = trace.builder;
    let _scope = builder.enter_path("ema");
    let rate = builder.scalar("ema/rate");
    for parameter in scope.parameters() {
        let ty = TensorType::f32(parameter.shape.clone());
        let (name, value) = (averaged(network, &parameter.name), builder.state(&parameter.name, ty.clone()));
        let old = builder.state(&name, ty);
        let of_average = parameter.trainable || is_batch_statistic(&parameter.name);
        builder.assign(&name, if of_average { old.lerp(value, rate) } else { value });
    }
}
