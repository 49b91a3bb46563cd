//! Trying a size before the data is decoded to it. Not here: checking and compiling on data that is there (`mod.rs`).

use crate::check::{self, DataFacts, Severity};
use crate::error::GanError;
use crate::machine::Machine;
use crate::spec::{Draft, TrainSpec};
use crate::step::Stepper;
use ganymede_data::Codec;
use ganymede_runtime::CpuOptions;
use ganymede_tensor::{DType, TensorType};

/// Refuses images of a size (height, width, channels) that the networks do not take or the memory does not hold. Their
/// number of channels may not be known yet: then one is the least. Other defects are left to [`Training::check`], which has
/// the data's own facts; the spec may then say that nothing was tried.
///
/// [`Training::check`]: crate::Training::check
///
/// # Errors
/// [`GanError::Defect`] with what mends it; what compiling gives.
pub fn rehearse(spec: &TrainSpec, shape: [usize; 3], cpu: CpuOptions) -> Result<(), GanError> {
    let facts = DataFacts { name: spec.data.source.clone(), shape: shape.to_vec(), ..DataFacts::default() };
    let report = check::check(&Draft::from(spec.clone()), Some(&facts));
    if let Some(finding) = report.of(Severity::Error).find(|f| f.rule == "data_shape") {
        return Err(finding.as_error());
    }
    if report.has_errors() {
        return Ok(());
    }
    let machine = Machine::new(cpu, spec.train.numerics)?;
    Stepper::new(spec, &image_codec(shape), &machine.backend).map_err(|e| machine.explain(e))?;
    Ok(())
}

/// Images of a shape (height, width, channels), of classes whose number is not known yet: those who learn classes learn ten.
pub fn image_codec(shape: [usize; 3]) -> Codec {
    let classes = (0..10).map(|class| class.to_string()).collect();
    Codec::stand_in(TensorType::new(DType::U8, shape), [0.0, 255.0], classes)
}
