//! Samples by formula, for the tests of metrics: here, of the features, and of what evaluates. Not a part of the library's
//! promises.

use crate::{Facts, MetricError, Others, Set, TableColumn, TableKind, TableRule};
use ganymede_tensor::{Rng, Tensor, stream_of};
use std::cell::RefCell;
use std::collections::BTreeMap;

/// `n` samples of these sizes, independent normal values of a mean and a deviation.
pub fn normal(stream: &str, n: usize, sample: &[usize], mean: f64, deviation: f64) -> Tensor {
    let mut rng = Rng::new(7, stream_of(stream));
    let count = n * sample.iter().product::<usize>();
    let values = (0..count).map(|_| (mean + deviation * rng.normal()) as f32).collect();
    let sizes: Vec<usize> = [n].iter().chain(sample).copied().collect();
    Tensor::from_f32(sizes, values).expect("as many values as the sizes say")
}

/// 12x12 images of two kinds on noise, with their labels: bright at the left, or at the right.
pub fn bright_sides(stream: &str, n: usize) -> Set {
    let mut rng = Rng::new(9, stream_of(stream));
    let labels: Vec<u32> = (0..n).map(|_| rng.below(2)).collect();
    let mut values = Vec::with_capacity(n * 144);
    for &label in &labels {
        for at in 0..144 {
            let bright = (at % 12 < 6) == (label == 0) && at % 3 == 0;
            values.push((rng.normal() * 0.3 + if bright { 0.5 } else { -0.5 }) as f32);
        }
    }
    let images = Tensor::from_f32([n, 12, 12, 1], values).expect("144 values an image");
    Set::new("real", images).labelled(&labels).expect("a label for each image")
}

/// What is known of samples of a modality.
pub fn facts(modality: &str, sample: &[usize], classes: usize) -> Facts {
    let asked = if classes > 0 { Ok(()) } else { Err("the generator takes no classes".into()) };
    Facts {
        modality: modality.into(),
        shape: sample.to_vec(),
        classes,
        stacked: 0,
        asked,
        columns: Vec::new(),
        rules: Vec::new(),
    }
}

/// Number i of stream `salt`, in (−1, 1): the formula that `reference/metrics.py` and `reference/tables.py` have, too.
pub fn uniform(salt: u32, i: usize) -> f64 {
    let mut h = (i as u32).wrapping_mul(0x9E37_79B1).wrapping_add(salt.wrapping_mul(0x85EB_CA77));
    h ^= h >> 16;
    h = h.wrapping_mul(0x7FEB_352D);
    h ^= h >> 15;
    h = h.wrapping_mul(0x846C_A68B);
    h ^= h >> 16;
    (f64::from(h >> 8) + 0.5) / f64::from(1 << 23) - 1.0
}

/// A column of whole numbers from 0 to 1,000.
pub fn number(name: &str) -> TableColumn {
    TableColumn { name: name.into(), kind: TableKind::Number { whole: true, range: [0.0, 1000.0] }, target: false }
}

/// A column of so many categories, none of which stands for missing cells.
pub fn category(name: &str, values: usize) -> TableColumn {
    TableColumn { name: name.into(), kind: TableKind::Category { values, missing: None }, target: false }
}

/// What is known of [`rows`]: numbers `x` and `y`, `kind` of four categories in a list of five, which fixes `group`, and `class`
/// as target.
pub fn table() -> Facts {
    let class = TableColumn { target: true, ..category("class", 2) };
    let columns = vec![number("x"), number("y"), category("kind", 5), category("group", 2), class];
    let rules = vec![TableRule::AtMost { low: 0, high: 1 }, TableRule::Fixes { from: 2, to: 3 }];
    Facts { columns, rules, ..facts(Facts::TABLE, &[5], 0) }
}

/// Rows of [`table`]: y is at least x, and sometimes missing; most rows are of the class that x says; one in twelve repeats the first.
pub fn rows(stream: &str, n: usize) -> Set {
    let mut rng = Rng::new(11, stream_of(stream));
    let mut cells: Vec<f32> = Vec::with_capacity(5 * n);
    for at in 0..n {
        let [x, y, kind, class, missing] = [(); 5].map(|()| rng.uniform());
        if at % 12 == 11 {
            cells.extend_from_within(..5);
            continue;
        }
        let whole = |number: f64| ((1000.0 * number).floor() / 1000.0) as f32;
        let kind = (4.0 * kind).floor();
        let y = if missing < 0.1 { f32::NAN } else { whole(x + (1.0 - x) * y) };
        let class = (x > 0.65) != (class < 0.1);
        cells.extend([whole(x), y, kind as f32, (kind / 2.0).floor() as f32, f32::from(u8::from(class))]);
    }
    Set::new("real", Tensor::from_f32([n, 5], cells).expect("five cells a row"))
}

/// Other samples that stand ready, and what was kept.
#[derive(Default)]
pub struct Ready {
    /// What is learned from.
    pub learned: Option<Set>,
    /// What is tested on.
    pub tested: Option<Set>,
    /// Images that are channels.
    pub parts: Option<Set>,
    /// How often something was learned.
    pub asked: RefCell<usize>,
    /// What was kept.
    pub kept: RefCell<BTreeMap<String, BTreeMap<String, Tensor>>>,
}

impl Ready {
    fn given(set: &Option<Set>) -> Result<Set, MetricError> {
        set.clone().ok_or_else(|| MetricError::Missing("none are left".into()))
    }
}

impl Others for Ready {
    fn learned(&self) -> Result<Set, MetricError> {
        *self.asked.borrow_mut() += 1;
        Ready::given(&self.learned)
    }

    fn tested(&self) -> Result<Set, MetricError> {
        Ready::given(&self.tested)
    }

    fn parts(&self) -> Result<Set, MetricError> {
        Ready::given(&self.parts)
    }

    fn recall(&self, what: &str) -> Option<BTreeMap<String, Tensor>> {
        self.kept.borrow().get(what).cloned()
    }

    fn keep(&self, what: &str, states: &BTreeMap<String, Tensor>) {
        self.kept.borrow_mut().insert(what.into(), states.clone());
    }
}
