//! Metrics beside the packages that others use: clean-fid and prdc on the same features, TensorFlow's MS-SSIM on the same
//! images, by the formula of `reference/metrics.py`. Not here: what every metric must do (`contract.rs`), values by hand (beside
//! each metric).

use ganymede_metrics::testing::uniform as value;
use ganymede_metrics::{Matrix, frechet, kernel_distance, neighbours, similarity};
use serde_json::Value;

/// What those packages give.
fn cases() -> Value {
    serde_json::from_str(include_str!("../../../reference/metrics.json")).unwrap()
}

/// Sums of four numbers, columns of falling deviation.
fn features(salt: u32, rows: usize, columns: usize, scale: f64, shift: f64) -> Matrix {
    let number = |at: usize| {
        let sum: f64 = (0..4).map(|k| value(4 * salt + k, at)).sum();
        (sum * scale / (1.0 + 0.1 * (at % columns) as f64) + shift) as f32
    };
    Matrix::new(columns, (0..rows * columns).map(number).collect()).unwrap()
}

#[test]
fn metrics_of_features_are_those_of_clean_fid_and_prdc() {
    let cases = cases();
    for case in cases["features"].as_array().unwrap() {
        let number = |name: &str| case[name].as_f64().unwrap();
        let (rows, columns) = (number("rows") as usize, number("columns") as usize);
        let (a, b) =
            (features(1, rows, columns, 1.0, 0.0), features(2, rows, columns, number("scale"), number("shift")));
        let close = |name: &str, found: f64| {
            let expected = number(name);
            assert!(
                (found - expected).abs() <= 1e-3 * expected.abs(),
                "{name} of {rows}: {found}, expected {expected}"
            );
        };
        close("frechet", frechet(&a, &b).unwrap());
        close("kernel", kernel_distance(&a, &b).unwrap());
        let mean = |each: &[f64]| each.iter().sum::<f64>() / each.len() as f64;
        let found = neighbours(&a, &b, 5).unwrap();
        for (name, each) in ["precision", "recall", "density", "coverage"].into_iter().zip(&found) {
            close(name, mean(each));
        }
    }
}

/// Points that are near each other beside their distance from 0, as those of a ring: in plain loops of f64.
#[test]
fn neighbours_of_points_are_those_of_plain_loops() {
    let points = |salt: u32| -> Vec<[f64; 2]> {
        (0..400)
            .map(|at| {
                let angle = std::f64::consts::TAU * (at % 8) as f64 / 8.0;
                let noise = |k: usize| 0.002 * value(salt, 2 * at + k);
                [f64::from((angle.cos() + noise(0)) as f32), f64::from((angle.sin() + noise(1)) as f32)]
            })
            .collect()
    };
    let (real, fake) = (points(1), points(2));
    let matrix = |x: &[[f64; 2]]| Matrix::new(2, x.iter().flatten().map(|v| *v as f32).collect()).unwrap();
    let square = |a: &[f64; 2], b: &[f64; 2]| (a[0] - b[0]).powi(2) + (a[1] - b[1]).powi(2);
    let radii = |x: &[[f64; 2]]| -> Vec<f64> {
        let radius = |i: usize| {
            let mut others: Vec<f64> = (0..x.len()).filter(|j| *j != i).map(|j| square(&x[i], &x[j])).collect();
            others.sort_unstable_by(f64::total_cmp);
            others[4]
        };
        (0..x.len()).map(radius).collect()
    };
    let (real_balls, fake_balls) = (radii(&real), radii(&fake));
    let inside = |i: usize, j: usize| square(&real[i], &fake[j]) < real_balls[i];
    let all = 0..400usize;
    let count = |of: &dyn Fn(usize) -> bool| all.clone().filter(|at| of(*at)).count() as f64 / 400.0;
    let precision = count(&|j| all.clone().any(|i| inside(i, j)));
    let recall = count(&|i| all.clone().any(|j| square(&real[i], &fake[j]) < fake_balls[j]));
    let pairs: usize = all.clone().map(|i| all.clone().filter(|j| inside(i, *j)).count()).sum();
    let (density, coverage) = (pairs as f64 / 5.0 / 400.0, count(&|i| all.clone().any(|j| inside(i, j))));
    let found = neighbours(&matrix(&real), &matrix(&fake), 5).unwrap();
    for (each, expected) in found.iter().zip([precision, recall, density, coverage]) {
        let mean = each.iter().sum::<f64>() / 400.0;
        assert!((mean - expected).abs() <= 1e-3 * expected, "{mean}, expected {expected}");
    }
}

#[test]
fn similarity_is_that_of_tensorflow() {
    let cases = cases();
    for case in cases["ms_ssim"].as_array().unwrap() {
        let number = |name: &str| case[name].as_u64().unwrap() as usize;
        let shape = [number("height"), number("width"), number("channels")];
        let count = shape.iter().product();
        let smooth = |at: usize| {
            let (c, pixel) = (at % shape[2], at / shape[2]);
            let (row, column) = ((pixel / shape[1]) as f64, (pixel % shape[1]) as f64);
            0.5 + 0.3 * (0.21 * row + 0.1 * c as f64).sin() * (0.17 * column).cos()
        };
        let image = |salt: u32, noise: f64| -> Vec<f64> {
            (0..count).map(|at| f64::from((smooth(at) + noise * value(salt, at)) as f32)).collect()
        };
        let (found, scales) = similarity(&image(1, 0.05), &image(2, 0.15), shape);
        let expected = case["value"].as_f64().unwrap();
        assert_eq!(scales, number("scales"));
        assert!((found - expected).abs() <= 1e-4, "{shape:?}: {found}, expected {expected}");
    }
}
