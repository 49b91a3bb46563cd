//! Metric `neighbours`: precision, recall, density, coverage. Not here: the features that it compares
//! (`spaces/`).

use super::{Better, Metric, Value};
use crate::estimate::{Estimate, mean};
use crate::matrix::square_distance;
use crate::{Comparison, Facts, Matrix, MetricError, Number, Sizes, Stop};
use ganymede_tensor::{Rng, stream_of};

/// The neighbour that a sample's ball reaches to.
const K: usize = 5;

/// With balls about each sample that reach to its k-th nearest neighbour in its own set:
///
/// - precision: share of the generated samples inside a ball of a real one;
/// - recall: share of the real samples inside a ball of a generated one;
/// - density: 1/k of the mean number of real balls that a generated sample is in;
/// - coverage: share of the real samples with a generated one in their ball.
///
/// A list each: a number for each sample, whose mean it is.
///
/// # Errors
/// [`MetricError::Argument`] for features of two sizes, or k samples or fewer.
///
/// # Source
/// Kynkäänniemi, Karras, Laine, Lehtinen, Aila (2019), "Improved precision and recall metric for assessing generative
/// models", arXiv:1904.06991; Naeem, Oh, Uh, Choi, Yoo (2020), "Reliable fidelity and diversity metrics for generative
/// models", arXiv:2002.09797.
pub fn neighbours(real: &Matrix, fake: &Matrix, k: usize) -> Result<[Vec<f64>; 4], MetricError> {
    each(real, fake, k, Stop::NEVER)
}

/// Groups of which one at a time is taken away.
const GROUPS: usize = 10;
/// Fewest samples: two a group.
const LEAST: usize = 2 * GROUPS;

fn each(real: &Matrix, fake: &Matrix, k: usize, stop: Stop<'_>) -> Result<[Vec<f64>; 4], MetricError> {
    Matrix::pair("neighbours", real, fake, k + 1)?;
    let [whole, ..] = &mut counted(real, fake, k, [&[], &[]], stop)?[..] else {
        unreachable!("the whole sets come first")
    };
    Ok(std::mem::take(&mut whole.0))
}

/// The four lists of numbers.
#[derive(Clone)]
struct Four([Vec<f64>; 4]);

/// Those of the whole sets, then those without each group of samples: `groups` says of which each real and each generated one
/// is. What is taken away has 0.
fn counted(
    real: &Matrix,
    fake: &Matrix,
    k: usize,
    groups: [&[usize]; 2],
    stop: Stop<'_>,
) -> Result<Vec<Four>, MetricError> {
    let [of_real, of_fake] = groups;
    let count = of_real.iter().chain(of_fake).max().map_or(0, |most| most + 1);
    let (real_balls, fake_balls) = (radii(real, k, of_real, count, stop)?, radii(fake, k, of_fake, count, stop)?);
    let none = || [fake.rows(), real.rows(), fake.rows(), real.rows()].map(|rows| vec![0.0f64; rows]);
    let mut found: Vec<Four> = (0..=count).map(|_| Four(none())).collect();
    let largest = |balls: &[f32]| balls.iter().copied().fold(0.0, f32::max);
    let reach: Vec<f32> = fake_balls.iter().map(|balls| largest(balls)).collect();
    for i in 0..real.rows() {
        stop.check()?;
        let own = largest(&real_balls[i]);
        for j in 0..fake.rows() {
            let distance = square_distance(real.row(i), fake.row(j));
            if distance >= own && distance >= reach[j] {
                continue;
            }
            for (at, Four([precision, recall, density, coverage])) in found.iter_mut().enumerate() {
                if at > 0 && (of_real[i] == at - 1 || of_fake[j] == at - 1) {
                    continue;
                }
                if distance < real_balls[i][at] {
                    precision[j] = 1.0;
                    density[j] += 1.0 / k as f64;
                    coverage[i] = 1.0;
                }
                if distance < fake_balls[j][at] {
                    recall[i] = 1.0;
                }
            }
        }
    }
    Ok(found)
}

/// The square of each row's distance to its k-th nearest other row: of all, then without each group.
fn radii(x: &Matrix, k: usize, groups: &[usize], count: usize, stop: Stop<'_>) -> Result<Vec<Vec<f32>>, MetricError> {
    let radius = |i: usize| {
        stop.check()?;
        let distance = |j: usize| (square_distance(x.row(i), x.row(j)), groups.get(j).copied());
        let others: Vec<(f32, Option<usize>)> = (0..x.rows()).filter(|&j| j != i).map(distance).collect();
        let nearest = |without: Option<usize>| {
            let kept = others.iter().filter(|(_, group)| without.is_none() || *group != without);
            let mut kept: Vec<f32> = kept.map(|(distance, _)| *distance).collect();
            *kept.select_nth_unstable_by(k - 1, f32::total_cmp).1
        };
        Ok(std::iter::once(None).chain((0..count).map(Some)).map(nearest).collect())
    };
    (0..x.rows()).map(radius).collect()
}

/// The four with intervals, which come from the sets without one of ten groups each: samples that are drawn again would stand in
/// each other's balls, and small parts have balls of another size.
fn values(real: &Matrix, fake: &Matrix, seed: u64, stop: Stop<'_>) -> Result<Vec<Value>, MetricError> {
    Matrix::pair("neighbours", real, fake, LEAST)?;
    let mut rng = Rng::new(seed, stream_of("metrics/neighbours"));
    let (of_real, of_fake) = (grouped(real.rows(), &mut rng), grouped(fake.rows(), &mut rng));
    let found = counted(real, fake, K, [&of_real, &of_fake], stop)?;
    let value = |(at, name): (usize, &'static str)| {
        let groups = if at % 2 == 0 { &of_fake } else { &of_real };
        let left = |group: usize| groups.iter().filter(|own| **own != group).count() as f64;
        let sum = |four: &Four| four.0[at].iter().sum::<f64>();
        let without: Vec<f64> = (0..GROUPS).map(|group| sum(&found[group + 1]) / left(group)).collect();
        let value = mean(&found[0].0[at]);
        let estimate = match name {
            "density" => Estimate::without_groups(value, &without).within(0.0, f64::INFINITY),
            _ => Estimate::share_without_groups(value, groups.len(), &without),
        };
        Value::new(name, Better::Higher, estimate)
    };
    Ok(["precision", "recall", "density", "coverage"].into_iter().enumerate().map(value).collect())
}

/// Recall within each class: the share of the real samples of a class that are inside a ball of a generated one of that class. The
/// share of all, and that of each class; none of those with too few samples on a side. Samples that are all alike have balls
/// that reach nothing.
///
/// # Errors
/// [`MetricError::Argument`] where every class has too few samples.
pub(super) fn recall_within_classes(
    [real, fake]: [(&Matrix, &[u32]); 2],
    classes: usize,
    seed: u64,
    stop: Stop<'_>,
) -> Result<(Estimate, Vec<Option<f64>>), MetricError> {
    let mut rng = Rng::new(seed, stream_of("metrics/class_recall"));
    // Of all samples, then without each group.
    let (mut hits, mut counts, mut by_class) = ([0.0; 1 + GROUPS], [0usize; 1 + GROUPS], Vec::new());
    for class in 0..classes as u32 {
        let of_class = |(rows, labels): (&Matrix, &[u32])| {
            let own: Vec<usize> = (0..rows.rows()).filter(|&at| labels[at] == class).collect();
            rows.take(&own)
        };
        let (real, fake) = (of_class(real), of_class(fake));
        if real.rows().min(fake.rows()) < LEAST {
            by_class.push(None);
            continue;
        }
        let (of_real, of_fake) = (grouped(real.rows(), &mut rng), grouped(fake.rows(), &mut rng));
        let found = counted(&real, &fake, K, [&of_real, &of_fake], stop)?;
        for (at, Four([_, recall, _, _])) in found.iter().enumerate() {
            hits[at] += recall.iter().sum::<f64>();
            counts[at] += of_real.iter().filter(|group| at == 0 || **group != at - 1).count();
        }
        by_class.push(Some(mean(&found[0].0[1])));
    }
    if counts[0] == 0 {
        let reason = format!("expected at least {LEAST} samples of a class on both sides, found fewer of each");
        return Err(MetricError::argument("class_recall", reason));
    }
    let shares: Vec<f64> = hits.iter().zip(counts).map(|(hits, count)| hits / count as f64).collect();
    Ok((Estimate::share_without_groups(shares[0], counts[0], &shares[1..]), by_class))
}

/// The group of each row, by chance, as many of each.
fn grouped(rows: usize, rng: &mut Rng) -> Vec<usize> {
    let mut groups = vec![0; rows];
    rng.permutation(rows).into_iter().enumerate().for_each(|(at, row)| groups[row] = at % GROUPS);
    groups
}

/// The line of the table.
pub(super) struct Neighbours;

impl Metric for Neighbours {
    fn name(&self) -> &'static str {
        "neighbours"
    }

    fn summary(&self) -> &'static str {
        "precision, recall, density and coverage by nearest neighbours; Kynkäänniemi et al. 2019, Naeem et al. 2020"
    }

    fn unfit(&self, data: &Facts) -> Option<String> {
        data.refuse_tables()
    }

    fn measure(&self, compared: &mut Comparison<'_>) -> Result<Vec<Number>, MetricError> {
        compared.features(self.name(), values)
    }

    fn of_features(&self) -> bool {
        true
    }

    /// Four lists, and two of balls, for each group that is taken away.
    fn bytes(&self, _: &Facts, sizes: &Sizes) -> u64 {
        let lists = 4 * size_of::<f64>() + 2 * size_of::<f32>();
        (sizes.samples * ((1 + GROUPS) * lists + 2 * size_of::<Vec<f32>>() + 2 * size_of::<usize>())) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Without a group all is as if its samples had never been.
    #[test]
    fn without_a_group_is_without_its_samples() {
        let mut rng = Rng::new(3, 3);
        let mut set =
            |n: usize, shift: f64| -> Vec<f32> { (0..2 * n).map(|_| (shift + rng.normal()) as f32).collect() };
        let (real, fake) = (set(30, 0.0), set(25, 0.7));
        let (of_real, of_fake): (Vec<usize>, Vec<usize>) =
            ((0..30).map(|at| at % 3).collect(), (0..25).map(|at| at % 3).collect());
        let matrix = |x: &[f32]| Matrix::new(2, x.to_vec()).unwrap();
        let (real, fake) = (matrix(&real), matrix(&fake));
        let found = counted(&real, &fake, 4, [&of_real, &of_fake], Stop::NEVER).unwrap();
        assert_eq!(found.len(), 4);
        let sums = |four: &[Vec<f64>; 4]| four.clone().map(|each| each.iter().sum::<f64>());
        let close = |a: [f64; 4], b: [f64; 4]| a.iter().zip(b).all(|(x, y)| (x - y).abs() < 1e-9);
        assert!(close(sums(&found[0].0), sums(&neighbours(&real, &fake, 4).unwrap())));
        for group in 0..3 {
            let kept = |of: &[usize]| (0..of.len()).filter(|&at| of[at] != group).collect::<Vec<_>>();
            let expected = neighbours(&real.take(&kept(&of_real)), &fake.take(&kept(&of_fake)), 4).unwrap();
            assert!(close(sums(&found[group + 1].0), sums(&expected)), "{group}");
        }
        let groups = grouped(25, &mut Rng::new(1, 1));
        assert_eq!((0..GROUPS).map(|group| groups.iter().filter(|own| **own == group).count()).sum::<usize>(), 25);
        assert!(groups.iter().filter(|own| **own == 0).count() == 3 && groups[..5] != [0, 1, 2, 3, 4]);
    }

    /// On a line with k = 1: real 0, 1, 4, 6 (radii 1, 1, 2, 2), generated 0.5, 5, 5.5, 20 (radii 4.5, 0.5, 0.5, 14.5).
    #[test]
    fn on_a_line_balls_are_counted_by_hand() {
        let set = |values: [f32; 4]| Matrix::new(1, values.to_vec()).unwrap();
        let (real, fake) = (set([0.0, 1.0, 4.0, 6.0]), set([0.5, 5.0, 5.5, 20.0]));
        let [precision, recall, density, coverage] = neighbours(&real, &fake, 1).unwrap();
        assert_eq!(precision, [1.0, 1.0, 1.0, 0.0]);
        // The ball of 20 reaches below 6; that of −20, with radius 20.5, only to 0.5.
        assert_eq!(recall, [1.0, 1.0, 1.0, 1.0]);
        assert_eq!(neighbours(&real, &set([0.5, 5.0, 5.5, -20.0]), 1).unwrap()[1], [1.0, 1.0, 1.0, 0.0]);
        assert_eq!(density, [2.0, 2.0, 2.0, 0.0]);
        assert_eq!(coverage, [1.0, 1.0, 1.0, 1.0]);
        // With k = 2 the radii of real samples are 4, 3, 3, 5, and a ball counts a half.
        let [_, _, density, coverage] = neighbours(&real, &set([0.5, 5.0, 5.5, 20.0]), 2).unwrap();
        assert_eq!((density, coverage), (vec![1.0, 1.0, 1.0, 0.0], vec![1.0; 4]));
        let far = neighbours(&real, &set([100.0, 101.0, 103.0, 4.5]), 1).unwrap();
        assert_eq!((&far[0], &far[3]), (&vec![0.0, 0.0, 0.0, 1.0], &vec![0.0, 0.0, 1.0, 1.0]));
    }

    #[test]
    fn as_many_samples_as_neighbours_are_too_few() {
        let line = |n: usize| Matrix::new(1, (0..n).map(|at| at as f32).collect()).unwrap();
        assert!(neighbours(&line(2), &line(3), 2).is_err() && neighbours(&line(3), &line(2), 2).is_err());
        assert!(neighbours(&line(3), &line(3), 2).is_ok());
    }

    /// Each number has the groups of the samples that it is of: 40 real ones on a line, 25 generated ones among them.
    #[test]
    fn shares_are_of_their_own_samples() {
        let line = |n: usize, first: f32| Matrix::new(1, (0..n).map(|at| first + at as f32).collect()).unwrap();
        let found = values(&line(40, 0.0), &line(25, 7.25), 1, Stop::NEVER).unwrap();
        // Every generated one lies in a ball of a real one, whichever group is away.
        assert_eq!(found[0].estimate, Estimate::share_without_groups(1.0, 25, &[1.0; GROUPS]));
        let error = values(&line(40, 0.0), &line(19, 7.25), 1, Stop::NEVER).unwrap_err().to_string();
        assert!(error.contains("20"), "{error}");
        values(&line(20, 0.0), &line(20, 7.25), 1, Stop::NEVER).unwrap();
    }
}
