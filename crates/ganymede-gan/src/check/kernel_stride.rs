//! Rule: strides divide the kernels of transposed convolutions.

use super::subject::sizes;
use super::{Finding, Fix, Subject};
use serde_json::json;

/// # Source
/// Odena, Dumoulin, Olah (2016), "Deconvolution and checkerboard artifacts", Distill.
pub(super) fn run(s: &Subject) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, layer) in s.layers(s.spec.generator()).iter().enumerate() {
        let rank = match layer.class_name.as_str() {
            "Conv1DTranspose" => 1,
            "Conv2DTranspose" => 2,
            "Conv3DTranspose" => 3,
            _ => continue,
        };
        let (Some(kernel), Some(strides)) = (sizes(layer, "kernel_size", rank), sizes(layer, "strides", rank)) else {
            continue;
        };
        if kernel.iter().zip(&strides).all(|(k, s)| *s <= 1 || k % s == 0) {
            continue;
        }
        let better: Vec<usize> = kernel.iter().zip(&strides).map(|(k, s)| k.next_multiple_of((*s).max(1))).collect();
        let reason = format!(
            "kernel {kernel:?} is not divisible by stride {strides:?}: pixels get unequal numbers of taps, which shows as a checkerboard"
        );
        let fix = Fix::new(format!("set kernel_size = {better:?}"), move |spec| {
            if let Some(layer) = spec.generator_mut().and_then(|n| n.layers.get_mut(index)) {
                layer.arguments.insert("kernel_size".into(), json!(better));
            }
        });
        findings.push(Finding::hint(s.argument(s.spec.generator(), index, "kernel_size"), reason, vec![fix]));
    }
    findings
}
