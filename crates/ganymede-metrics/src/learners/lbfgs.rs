//! The least value of a smooth function. Not here: the functions (`linear.rs`).

use crate::{MetricError, Stop};

/// Steps that are remembered.
const MEMORY: usize = 10;
/// Part of the expected descent that a step must have.
const DESCENT: f64 = 1e-4;
/// Most halvings of a step.
const HALVINGS: usize = 30;

fn dot(x: &[f64], y: &[f64]) -> f64 {
    x.iter().zip(y).map(|(x, y)| x * y).sum()
}

/// Moves `x` to where the function `value` of it is least, or near: until no derivative is above `tolerance`, or for so many steps.
/// `value` writes the derivatives at its first argument into its second.
///
/// # Source
/// Nocedal, Wright (2006), "Numerical optimization", algorithm 7.5, with steps that are halved until the value falls enough.
pub(super) fn minimise(
    x: &mut [f64],
    steps: usize,
    tolerance: f64,
    stop: Stop<'_>,
    mut value: impl FnMut(&[f64], &mut [f64]) -> f64,
) -> Result<(), MetricError> {
    let mut slope = vec![0.0; x.len()];
    let mut now = value(x, &mut slope);
    let mut memory: Vec<(Vec<f64>, Vec<f64>, f64)> = Vec::new();
    for _ in 0..steps {
        stop.check()?;
        if slope.iter().all(|d| d.abs() <= tolerance) {
            break;
        }
        let mut direction = direction(&slope, &memory);
        let mut descent = dot(&direction, &slope);
        if descent >= 0.0 {
            memory.clear();
            direction = slope.iter().map(|d| -d).collect();
            descent = -dot(&slope, &slope);
        }
        let mut length = if memory.is_empty() { (1.0 / dot(&slope, &slope).sqrt()).min(1.0) } else { 1.0 };
        let mut there = vec![0.0; x.len()];
        let mut slope_there = vec![0.0; x.len()];
        let mut found = None;
        for _ in 0..HALVINGS {
            there.iter_mut().zip(x.iter().zip(&direction)).for_each(|(there, (x, d))| *there = x + length * d);
            let reached = value(&there, &mut slope_there);
            if reached <= now + DESCENT * length * descent {
                found = Some(reached);
                break;
            }
            length /= 2.0;
        }
        let Some(reached) = found else { break };
        let moved: Vec<f64> = there.iter().zip(x.iter()).map(|(there, x)| there - x).collect();
        let turned: Vec<f64> = slope_there.iter().zip(&slope).map(|(there, here)| there - here).collect();
        let bend = dot(&moved, &turned);
        if bend > 1e-12 * dot(&turned, &turned) {
            if memory.len() == MEMORY {
                memory.remove(0);
            }
            memory.push((moved, turned, bend));
        }
        x.copy_from_slice(&there);
        (now, slope) = (reached, slope_there);
    }
    Ok(())
}

/// Minus the slope, times the inverse of the second derivatives that the remembered steps tell of.
fn direction(slope: &[f64], memory: &[(Vec<f64>, Vec<f64>, f64)]) -> Vec<f64> {
    let mut found: Vec<f64> = slope.iter().map(|d| -d).collect();
    let add = |to: &mut [f64], times: f64, of: &[f64]| to.iter_mut().zip(of).for_each(|(to, of)| *to += times * of);
    let mut parts = Vec::with_capacity(memory.len());
    for (moved, turned, bend) in memory.iter().rev() {
        let part = dot(moved, &found) / bend;
        add(&mut found, -part, turned);
        parts.push(part);
    }
    if let Some((_, turned, bend)) = memory.last() {
        let scale = bend / dot(turned, turned);
        found.iter_mut().for_each(|d| *d *= scale);
    }
    for ((moved, turned, bend), part) in memory.iter().zip(parts.iter().rev()) {
        let other = dot(turned, &found) / bend;
        add(&mut found, part - other, moved);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rosenbrock's valley, whose least value is 0 at (1, 1).
    #[test]
    fn the_least_value_of_a_valley_is_found() {
        let mut x = [-1.2, 1.0];
        minimise(&mut x, 200, 1e-8, Stop::NEVER, |x, slope| {
            let bend = x[1] - x[0] * x[0];
            slope.copy_from_slice(&[-400.0 * x[0] * bend - 2.0 * (1.0 - x[0]), 200.0 * bend]);
            100.0 * bend * bend + (1.0 - x[0]) * (1.0 - x[0])
        })
        .unwrap();
        assert!((x[0] - 1.0).abs() < 1e-6 && (x[1] - 1.0).abs() < 1e-6, "{x:?}");
    }
}
