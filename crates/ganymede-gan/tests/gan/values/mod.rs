//! Values: every objective, regularizer, augmentation, option of a phase and average on four samples, beside numbers that
//! were worked out by hand or by `reference/gan_values.py`, never by the code's own formulas. The programs are those of a
//! training, run on the `f64` interpreter. With them the bounds of rules and presets: all of it is quick, so that it can
//! judge mutants. Not here: backends (`step.rs`), PyTorch's numbers of whole networks.

mod augmentations;
mod averages;
mod bench;
mod critics;
mod errors;
mod networks;
mod objectives;
mod options;
mod presets;
mod regularizers;
mod rules;
