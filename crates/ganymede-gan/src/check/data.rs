//! Rule: what `[data]` says is in range, whatever the data is. Not here: whether there is such data (`ganymede check`), its shape
//! (`data_shape.rs`).

use super::{Finding, Fix, Subject};
use ganymede_data::DataError;
use ganymede_nn::config::nearest;

pub(super) fn run(s: &Subject) -> Vec<Finding> {
    let options = &s.spec.data.options;
    let mut findings: Vec<Finding> = options.faults().into_iter().map(|fault| option(s, &fault)).collect();
    if s.spec.data.shape.contains(&0) {
        let reason = format!("expected sizes of at least 1, found {:?}", s.spec.data.shape);
        let fix = Fix::new("leave data.shape out: it follows from the data", |spec| spec.data.shape.clear());
        findings.push(Finding::error("data.shape", reason, vec![fix]));
    }
    findings
}

fn option(s: &Subject, fault: &DataError) -> Finding {
    let DataError::Option { name, reason } = fault else {
        return Finding::error("data", fault.to_string(), Vec::new());
    };
    let options = &s.spec.data.options;
    let fix = match (*name, options.range, &options.modality) {
        ("range", Some([high, low]), _) if low < high => {
            Some(Fix::new(format!("write [{low:?}, {high:?}]"), move |spec| {
                spec.data.options.range = Some([low, high])
            }))
        }
        ("modality", _, Some(found)) => nearest(found, ganymede_data::modalities()).map(|near| {
            Fix::new(format!("write \"{near}\""), move |spec| spec.data.options.modality = Some(near.clone()))
        }),
        _ => None,
    };
    // The flag of `data.reshape` is `--shape`.
    let key = if *name == "shape" { "reshape" } else { name };
    Finding::error(format!("data.{key}"), reason, fix.into_iter().collect())
}
