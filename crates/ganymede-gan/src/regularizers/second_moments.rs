//! Second moments of the features of samples, a term of the generator.

use super::{Player, Regularizer};
use crate::loss_scope::LossScope;
use ganymede_graph::Expr;
use ganymede_tensor::{Shape, TensorType};
use serde::{Deserialize, Serialize};

pub(super) const SUMMARY: &str = "generated rows have the means and second moments of real ones, without bias";

/// Generated samples have the means and the mean products of pairs of features that real ones have:
///
/// mean over pairs (i, j) of (A − R)ᵢⱼ·(B − R)ᵢⱼ + mean over i of aᵢ·bᵢ
///
/// Features f are the values of a sample, each less its mean in the data and divided by its deviation there, which counts as
/// 0.03 at least. A and a are the means of f·fᵀ and of f over the first half of the
/// generated batch, B and b over the second half, R the mean of f·fᵀ over all real samples seen so far, a state of the
/// phase. The halves are independent, so the expectation is the squared distance itself: batches of a small variance gain
/// nothing, as they would by the square of one difference.
///
/// # Errors
/// Recorded for samples that are no rows of features with known means and deviations.
///
/// # Source
/// Matching moments of marginals and of pairs: MargCTGAN, arXiv:2307.07997; a loss of correlations and means: arXiv:2405.16971.
///
/// # Differs
/// Both take the square of one batch's difference; here two halves make it unbiased, and the real side is an average over the
/// training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecondMoments {}

/// Least deviation of a feature.
const LEAST_DEVIATION: f64 = 0.03;
/// Least share of a batch in the average of real moments: it goes on following the weights of rounding.
const LEAST_SHARE: f64 = 1e-4;

impl Regularizer for SecondMoments {
    fn players(&self) -> &'static [Player] {
        &[Player::Generator]
    }

    fn penalty<'g>(&self, s: &LossScope<'g>) -> Expr<'g> {
        let Some((means, deviations)) = s.feature_moments() else {
            let message =
                "`second_moments` expected rows of a table, whose features have known means, found other data";
            return s.builder().error(message.into(), Some("leave the term out".into()));
        };
        let width = means.len();
        let row = |values: Vec<f64>| s.builder().constant_tensor(TensorType::f32([1, width]), &values);
        let scales = deviations.iter().map(|deviation| 1.0 / deviation.max(LEAST_DEVIATION)).collect();
        let (means, scales) = (row(means), row(scales));
        let features = |x: Expr<'g>| (x - means) * scales; // (N, F)
        let products = |f: Expr<'g>| f.matmul_transposed(f, true, false) / f.shape()[0] as f64; // (F, F)
        let (real, fake) = (features(s.real()), features(s.fake()));
        let half = s.batch() / 2;
        if half == 0 || fake.shape()[..] != [s.batch(), width] {
            let found = format!(
                "`second_moments` expected samples (N, {width}) with N of at least 2, found {}",
                s.fake().shape()
            );
            return s.builder().error(found, Some("set train.batch to 2 or more".into()));
        }
        let seen = s.state("batches", TensorType::f32(Shape::scalar()));
        let share = (seen + 1.0).reciprocal().maximum(LEAST_SHARE);
        let before = s.state("products", TensorType::f32([width, width]));
        let known = before.lerp(products(real), share).stop_gradient();
        s.assign("batches", seen + 1.0);
        s.assign("products", known);
        let [first, second] = [0..half, half..2 * half].map(|rows| fake.slice_axis(0, rows));
        let pairs = ((products(first) - known) * (products(second) - known)).mean();
        pairs + (first.mean_axes(&[0]) * second.mean_axes(&[0])).mean() // ()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::loss_scope::{Networks, Trace};
    use crate::spec::LatentDistribution;
    use ganymede_data::{Codec, DataOptions, Dataset, Source};
    use ganymede_graph::Builder;
    use ganymede_graph::interpret::{Array, run};
    use ganymede_nn::layers::{Dense, Input};
    use ganymede_nn::{Mode, Sequential};
    use std::collections::{BTreeMap, HashMap};
    use std::rc::Rc;

    /// Two columns of numbers without atoms.
    fn codec() -> Codec {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("two.csv");
        let lines: String = (0..300).map(|i| format!("{}.5,{}.25\n", i * 7 % 300, i * 11 % 300)).collect();
        std::fs::write(&path, format!("a,b\n{lines}")).unwrap();
        let options = DataOptions { use_cache: false, ..DataOptions::default() };
        let data = Dataset::open(&Source::parse(&path).unwrap(), &options, &()).unwrap();
        data.learn(&data.split(Some(0.0), 1)).unwrap()
    }

    /// The mean of f·fᵀ and of f over some rows.
    fn moments(rows: &[[f64; 2]]) -> ([[f64; 2]; 2], [f64; 2]) {
        let n = rows.len() as f64;
        let product = |i: usize, j: usize| rows.iter().map(|row| row[i] * row[j]).sum::<f64>() / n;
        let mean = |i: usize| rows.iter().map(|row| row[i]).sum::<f64>() / n;
        ([[product(0, 0), product(0, 1)], [product(1, 0), product(1, 1)]], [mean(0), mean(1)])
    }

    /// By plain loops, in two steps: the second sees the average of both real batches.
    #[test]
    fn the_loss_is_the_product_of_the_differences_of_two_halves() {
        let codec = codec();
        assert_eq!(codec.shape(), [2]);
        let stack = |name: &str, units: usize, inputs: usize| {
            let dense = Dense::new(units).use_bias(false);
            (name.to_string(), Sequential::new(name).add(Input::new([inputs])).add(dense).model().unwrap())
        };
        let networks = Networks { models: [stack("discriminator", 1, 2), stack("generator", 2, 3)].into() };
        let builder = Builder::new("moments");
        let mut trace = Trace::new(&builder, &networks, Mode::Train, 4, LatentDistribution::default());
        trace.codec = Some(&codec);
        let scope = LossScope::new(&Rc::new(trace), "g", Player::Generator);
        builder.output("penalty", SecondMoments {}.penalty(&scope));
        builder.output("fake", scope.fake());
        drop(scope);
        let graph = builder.finish().unwrap();
        let kernels = [("discriminator/dense/kernel", [2, 1]), ("generator/dense/kernel", [3, 2])];
        let mut states: BTreeMap<String, Array> =
            kernels.map(|(name, shape)| (name.to_string(), Array::new(shape, vec![0.5; shape[0] * shape[1]]))).into();
        states.insert("g/batches".into(), Array::new([0usize; 0], vec![0.0]));
        states.insert("g/products".into(), Array::new([2, 2], vec![0.0; 4]));
        let (means, deviations) = codec.modality().feature_moments().unwrap();
        let standard = |row: &[f64]| [0, 1].map(|i| (row[i] - means[i]) / deviations[i]);
        let batches = [[0.1, -0.4, 1.2, 0.3, -0.9, 0.8, 0.2, 0.2], [1.1, 0.4, -0.2, 0.3, 0.5, -1.8, 0.7, 0.1]];
        let mut known = [[0.0; 2]; 2];
        for (step, batch) in batches.iter().enumerate() {
            let given: HashMap<String, Array> = graph
                .inputs()
                .map(|(name, ty)| {
                    let values = if name == "real" { batch.to_vec() } else { vec![step as f64; ty.elements()] };
                    (name.to_string(), Array { ty: ty.clone(), data: values })
                })
                .collect();
            let found = run(&graph, &given, &mut states).unwrap();
            let rows = |values: &[f64]| values.chunks_exact(2).map(standard).collect::<Vec<_>>();
            let (of_real, fake) = (moments(&rows(batch)).0, rows(&found["fake"].data));
            let share = 1.0 / (step + 1) as f64;
            (0..4).for_each(|k| known[k / 2][k % 2] += (of_real[k / 2][k % 2] - known[k / 2][k % 2]) * share);
            let ((first, a), (second, b)) = (moments(&fake[..2]), moments(&fake[2..]));
            let pair =
                |k: usize| (first[k / 2][k % 2] - known[k / 2][k % 2]) * (second[k / 2][k % 2] - known[k / 2][k % 2]);
            let expected = (0..4).map(pair).sum::<f64>() / 4.0 + (a[0] * b[0] + a[1] * b[1]) / 2.0;
            assert!((found["penalty"].data[0] - expected).abs() < 1e-6 * expected.abs().max(1.0), "step {step}");
            assert_eq!(states["g/batches"].data, [(step + 1) as f64]);
            for (found, expected) in states["g/products"].data.iter().zip(known.as_flattened()) {
                assert!((found - expected).abs() < 1e-9);
            }
        }
    }
}
