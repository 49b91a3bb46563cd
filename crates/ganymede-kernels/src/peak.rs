//! The measured peak of multiply-adds, which rates of kernels are compared with. Not here: measuring kernels.

use crate::isa::{Isa, Kernel, LANES, Simd};
use crate::pool::{Pool, PoolError};
use std::hint::black_box;
use std::time::Instant;

/// Multiply-adds of each chain in one measurement: about a millisecond.
const STEPS: usize = 400_000;
/// Measurements, the best of which counts: others ran while the machine did something else.
const REPEATS: usize = 12;

/// Independent chains of x ← x·a + a, which stay in registers.
struct Chains<const N: usize> {
    steps: usize,
    a: f32,
}

impl<const N: usize> Kernel for Chains<N> {
    type Output = f32;

    #[inline(always)]
    fn run<S: Simd>(self, s: S) -> f32 {
        let a = s.splat(self.a);
        // Equal chains, or equal halves of a vector, would be computed once.
        let mut starts = [1.0; LANES];
        starts.iter_mut().enumerate().for_each(|(lane, start)| *start += 16.0 * lane as f32);
        let starts = s.load(&black_box(starts));
        let mut x = [starts; N];
        for (i, chain) in x.iter_mut().enumerate() {
            *chain = s.add(starts, s.splat(black_box(i as f32)));
        }
        for _ in 0..self.steps {
            for chain in &mut x {
                *chain = s.mul_add(*chain, a, a);
            }
        }
        let mut sum = s.zero();
        for chain in x {
            sum = s.add(sum, s.sub(chain, s.splat(1.0)));
        }
        let mut lanes = [0.0; LANES];
        s.store(&mut lanes, sum);
        // All of them: a vector whose sum nobody reads would not be computed.
        lanes.iter().sum()
    }
}

fn seconds<const N: usize>(pool: &Pool, isa: Isa) -> f64 {
    let start = Instant::now();
    pool.run(pool.threads(), &|_| {
        black_box(isa.dispatch(Chains::<N> { steps: STEPS, a: black_box(0.5) }));
    });
    start.elapsed().as_secs_f64()
}

/// The most floating-point operations a second that so many threads do in multiply-adds on registers, best of several
/// measurements of about a millisecond each.
///
/// # Units
/// GFLOPS, where a multiply-add is two operations.
///
/// # Errors
/// When the threads cannot be started.
pub fn measure(isa: Isa, threads: usize) -> Result<f64, PoolError> {
    let pool = Pool::new(threads)?;
    let operations = |chains: usize| (2 * LANES * chains * STEPS * pool.threads()) as f64;
    // Enough chains to hide the latency, few enough for the registers: which that is depends on the instruction set.
    let rates = (0..REPEATS).flat_map(|_| {
        [
            operations(4) / seconds::<4>(&pool, isa),
            operations(6) / seconds::<6>(&pool, isa),
            operations(10) / seconds::<10>(&pool, isa),
        ]
    });
    Ok(rates.fold(0.0, f64::max) / 1e9)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chains_are_what_they_say() {
        // In lane l x − 1 is halved at every step, from 16 l + (0, 1, 2 and 3).
        for isa in Isa::available() {
            assert_eq!(isa.dispatch(Chains::<4> { steps: 3, a: 0.5 }), (4.0 * 16.0 * 120.0 + 16.0 * 6.0) / 8.0);
        }
    }

    #[test]
    fn every_instruction_set_has_a_peak() {
        for isa in Isa::available() {
            let rate = measure(isa, 1).unwrap();
            assert!(rate.is_finite() && rate > 0.0, "{} {rate}", isa.name());
        }
    }
}
