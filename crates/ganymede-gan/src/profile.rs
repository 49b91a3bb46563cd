//! Where the time of a step goes: what each kernel took, at which rate, by which algorithm. Not here: the clock
//! (`ganymede-runtime`), tables for people (the command).

use crate::step::Stepper;
use ganymede_runtime::{KernelInfo, KernelTime, MissedFusion};
use serde::Serialize;
use std::time::{Duration, Instant};

/// What some steps took, kernel by kernel.
#[derive(Clone, Debug, Default)]
pub struct Profile {
    /// How many steps were measured.
    pub steps: u64,
    /// The kernels, the most expensive first.
    pub kernels: Vec<KernelProfile>,
    /// What was not fused, the largest values first.
    pub missed: Vec<MissedFusion>,
    /// Every run of a kernel, in order.
    pub events: Vec<KernelEvent>,
}

/// One kernel call of a step.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct KernelProfile {
    /// The program that it belongs to.
    pub program: String,
    /// What it computes.
    pub name: String,
    /// Its place in the model.
    pub scope: String,
    /// Its mean time in a step.
    pub ms: f64,
    /// Its part of the time of all kernels.
    pub share: f64,
    /// Operations a second, counted as the definition has them: an algorithm with fewer multiplications can be beyond
    /// the machine's peak.
    pub gflops: f64,
    /// Bytes of its operands and results a second.
    pub gb_per_s: f64,
    /// Its algorithm, where there are several.
    pub algorithm: Option<String>,
    /// Why that algorithm was chosen.
    pub reason: Option<String>,
}

/// One run of a kernel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KernelEvent {
    /// The program.
    pub program: String,
    /// What it computes.
    pub name: String,
    /// Its place in the model.
    pub scope: String,
    /// When it began.
    pub start: Instant,
    /// How long it took.
    pub time: Duration,
}

impl Profile {
    /// What a stepper measured in so many steps, since it began to measure.
    pub fn of(stepper: &Stepper, steps: u64) -> Profile {
        let mut profile = Profile { steps, ..Profile::default() };
        for program in stepper.programs() {
            let measured = program.kernels().iter().zip(program.times());
            profile.kernels.extend(measured.map(|(info, time)| kernel(program.name(), info, *time, steps)));
            profile.missed.extend(program.missed_fusions().iter().cloned());
            profile.events.extend(program.spans().iter().map(|span| {
                let info = &program.kernels()[span.kernel];
                let (program, name, scope) = (program.name().into(), info.name.clone(), info.scope.clone());
                KernelEvent { program, name, scope, start: span.start, time: span.time }
            }));
        }
        profile.share();
        profile.missed.sort_by_key(|missed| std::cmp::Reverse(missed.bytes));
        profile.events.sort_by_key(|event| event.start);
        profile
    }

    /// Gives each kernel its part of the whole, and puts the most expensive first.
    fn share(&mut self) {
        let all = self.ms();
        self.kernels.iter_mut().for_each(|kernel| kernel.share = kernel.ms / all.max(1e-12));
        self.kernels.sort_by(|a, b| b.ms.total_cmp(&a.ms));
    }

    /// Milliseconds that all kernels of a step take.
    pub fn ms(&self) -> f64 {
        self.kernels.iter().map(|kernel| kernel.ms).sum()
    }
}

/// What a kernel took in so many steps; its share is not known yet.
fn kernel(program: &str, info: &KernelInfo, time: KernelTime, steps: u64) -> KernelProfile {
    let seconds = time.total.as_secs_f64();
    let rate = |amount: u64| (amount * time.runs) as f64 / seconds.max(1e-12) / 1e9;
    KernelProfile {
        program: program.into(),
        name: info.name.clone(),
        scope: info.scope.clone(),
        ms: seconds * 1e3 / steps.max(1) as f64,
        share: 0.0,
        gflops: rate(info.flops),
        gb_per_s: rate(info.bytes),
        algorithm: info.algorithm.clone(),
        reason: info.reason.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_rates_and_shares_are_those_worked_out_by_hand() {
        let info = KernelInfo {
            name: "conv".into(),
            scope: "discriminator/conv2d".into(),
            flops: 3_000_000_000,
            bytes: 500_000_000,
            algorithm: None,
            reason: None,
        };
        let measured = |seconds, runs| kernel("d", &info, KernelTime { runs, total: Duration::from_secs(seconds) }, 8);
        // 4 runs in 2 s: twice its operations and bytes a second; a quarter of a second in each of 8 steps.
        let one = measured(2, 4);
        assert_eq!((one.ms, one.gflops, one.gb_per_s), (250.0, 6.0, 1.0));
        let mut profile = Profile { steps: 8, kernels: vec![one, measured(6, 4)], ..Profile::default() };
        profile.share();
        assert_eq!(profile.ms(), 1000.0);
        let shares: Vec<(f64, f64)> = profile.kernels.iter().map(|kernel| (kernel.ms, kernel.share)).collect();
        assert_eq!(shares, [(750.0, 0.75), (250.0, 0.25)]);
    }
}
