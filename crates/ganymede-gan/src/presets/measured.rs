//! What `cargo xtask choice-table` measured, which writes this file: the best preset of each kind of data and time.
//! Not here: what follows from it (`choice.rs`).

use super::choice::Measured;

/// By kind of data, minutes of one thread, and whether the preset knows classes.
#[rustfmt::skip]
pub(super) const MEASURED: &[Measured] = &[
    Measured { data: "clothes", side: 28, channels: 1, classes: false, minutes: 1.0, preset: "quick", width: None, coverage: [0.75, 0.97], precision: [0.90, 0.98] },
    Measured { data: "clothes", side: 28, channels: 1, classes: false, minutes: 3.0, preset: "quick", width: None, coverage: [0.92, 0.97], precision: [0.96, 0.98] },
    Measured { data: "clothes", side: 28, channels: 1, classes: false, minutes: 10.0, preset: "quick", width: None, coverage: [0.96, 0.97], precision: [0.97, 0.98] },
    Measured { data: "clothes", side: 28, channels: 1, classes: true, minutes: 1.0, preset: "quick", width: None, coverage: [0.75, 0.97], precision: [0.90, 0.98] },
    Measured { data: "clothes", side: 28, channels: 1, classes: true, minutes: 3.0, preset: "quick", width: None, coverage: [0.92, 0.97], precision: [0.96, 0.98] },
    Measured { data: "clothes", side: 28, channels: 1, classes: true, minutes: 10.0, preset: "quick", width: None, coverage: [0.96, 0.97], precision: [0.97, 0.98] },
    Measured { data: "x-rays", side: 28, channels: 1, classes: false, minutes: 1.0, preset: "sngan", width: Some(32), coverage: [0.92, 0.97], precision: [0.97, 0.97] },
    Measured { data: "x-rays", side: 28, channels: 1, classes: false, minutes: 3.0, preset: "sngan", width: Some(32), coverage: [0.96, 0.97], precision: [0.97, 0.97] },
    Measured { data: "x-rays", side: 28, channels: 1, classes: false, minutes: 10.0, preset: "quick", width: None, coverage: [0.97, 0.97], precision: [0.98, 0.97] },
    Measured { data: "x-rays", side: 28, channels: 1, classes: true, minutes: 1.0, preset: "sngan", width: Some(32), coverage: [0.92, 0.97], precision: [0.97, 0.97] },
    Measured { data: "x-rays", side: 28, channels: 1, classes: true, minutes: 3.0, preset: "sngan", width: Some(32), coverage: [0.96, 0.97], precision: [0.97, 0.97] },
    Measured { data: "x-rays", side: 28, channels: 1, classes: true, minutes: 10.0, preset: "quick", width: None, coverage: [0.97, 0.97], precision: [0.98, 0.97] },
    Measured { data: "sprites", side: 32, channels: 3, classes: false, minutes: 1.0, preset: "sngan", width: Some(32), coverage: [0.41, 0.96], precision: [0.90, 0.96] },
    Measured { data: "sprites", side: 32, channels: 3, classes: false, minutes: 3.0, preset: "quick", width: None, coverage: [0.65, 0.96], precision: [0.90, 0.96] },
    Measured { data: "sprites", side: 32, channels: 3, classes: false, minutes: 10.0, preset: "quick", width: None, coverage: [0.75, 0.96], precision: [0.94, 0.96] },
    Measured { data: "sprites", side: 32, channels: 3, classes: true, minutes: 1.0, preset: "sngan", width: Some(32), coverage: [0.41, 0.96], precision: [0.90, 0.96] },
    Measured { data: "sprites", side: 32, channels: 3, classes: true, minutes: 3.0, preset: "quick", width: None, coverage: [0.65, 0.96], precision: [0.90, 0.96] },
    Measured { data: "sprites", side: 32, channels: 3, classes: true, minutes: 10.0, preset: "quick", width: None, coverage: [0.75, 0.96], precision: [0.94, 0.96] },
    Measured { data: "sprites", side: 64, channels: 3, classes: false, minutes: 1.0, preset: "quick", width: Some(16), coverage: [0.36, 0.96], precision: [0.84, 0.96] },
    Measured { data: "sprites", side: 64, channels: 3, classes: false, minutes: 3.0, preset: "quick", width: Some(16), coverage: [0.59, 0.96], precision: [0.90, 0.96] },
    Measured { data: "sprites", side: 64, channels: 3, classes: false, minutes: 10.0, preset: "quick", width: Some(16), coverage: [0.73, 0.96], precision: [0.93, 0.96] },
    Measured { data: "sprites", side: 64, channels: 3, classes: false, minutes: 30.0, preset: "quick", width: None, coverage: [0.59, 0.96], precision: [0.94, 0.96] },
    Measured { data: "sprites", side: 64, channels: 3, classes: true, minutes: 1.0, preset: "quick", width: Some(16), coverage: [0.36, 0.96], precision: [0.84, 0.96] },
    Measured { data: "sprites", side: 64, channels: 3, classes: true, minutes: 3.0, preset: "quick", width: Some(16), coverage: [0.59, 0.96], precision: [0.90, 0.96] },
    Measured { data: "sprites", side: 64, channels: 3, classes: true, minutes: 10.0, preset: "quick", width: Some(16), coverage: [0.73, 0.96], precision: [0.93, 0.96] },
    Measured { data: "sprites", side: 64, channels: 3, classes: true, minutes: 30.0, preset: "quick", width: None, coverage: [0.59, 0.96], precision: [0.94, 0.96] },
];
