//! `[ema]`: the averaged generator. Not here: averaging (`phases/update.rs`).

use ganymede_nn::schedules::Scheduled;
use serde::{Deserialize, Serialize};

/// `[ema]`: an exponential moving average of a network's parameters and batch statistics, which samples are generated with.
///
/// After each update of the network: average ← average + (1 − β)(parameter − average), β = 2^(−images since the last / half-life);
/// the half-life is at most `ramp_up` of the images seen so far (after `--from` without that limit: the average that was
/// loaded counts).
///
/// # Units
/// Thousands of real images (kimg).
///
/// # Source
/// Yazıcı et al. (2019), "The unusual effectiveness of averaging in GAN training", arXiv:1806.04498;
/// Karras et al. (2018), "Progressive growing of GANs", arXiv:1710.10196; the ramp-up as in Karras et
/// al. (2020), "Training generative adversarial networks with limited data", arXiv:2006.06676.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmaSpec {
    /// The network that is averaged; where absent, the generator ([`TrainSpec::averaged`](super::TrainSpec::averaged)).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<String>,
    /// After how many thousand images an old value counts half.
    #[serde(default = "half_life")]
    pub half_life_kimg: Scheduled,
    /// Largest half-life as a part of the images seen so far; 0 turns the ramp-up off.
    #[serde(default = "ramp_up")]
    pub ramp_up: Scheduled,
}

fn half_life() -> Scheduled {
    Scheduled::Constant(10.0)
}

fn ramp_up() -> Scheduled {
    Scheduled::Constant(0.05)
}

impl Default for EmaSpec {
    fn default() -> Self {
        EmaSpec { network: None, half_life_kimg: half_life(), ramp_up: ramp_up() }
    }
}

impl EmaSpec {
    /// The average of a network, with the default half-life.
    pub fn of(network: &str) -> EmaSpec {
        EmaSpec { network: Some(network.into()), ..EmaSpec::default() }
    }

    /// β in step `step`, before which `seen` real images were shown, `images` of them since the network's last update.
    pub fn beta(&self, images: f64, seen: f64, step: u64) -> f64 {
        let (half_life, ramp_up) = (self.half_life_kimg.value(step) * 1000.0, self.ramp_up.value(step));
        let half_life = if ramp_up > 0.0 { half_life.min(seen * ramp_up) } else { half_life };
        if half_life <= 0.0 { 0.0 } else { libm::exp2(-images / half_life) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_the_old_value_is_left_after_a_half_life() {
        let ema = EmaSpec { half_life_kimg: Scheduled::Constant(1.0), ramp_up: 0.0.into(), ..EmaSpec::default() };
        let left: f64 = (0..10).map(|_| ema.beta(100.0, 0.0, 0)).product();
        assert!((left - 0.5).abs() < 1e-12);
    }

    #[test]
    fn the_ramp_up_starts_from_a_copy() {
        let ema = EmaSpec::default();
        let beta = |step: u64| ema.beta(64.0, 64.0 * step as f64, step);
        assert_eq!(beta(0), 0.0);
        assert!(beta(1) < beta(100));
        assert!((beta(20_000_000) - 0.5f64.powf(64.0 / 10_000.0)).abs() < 1e-15);
    }

    /// The same bits on every machine: a platform's own power function may round otherwise.
    #[test]
    fn the_bits_are_fixed() {
        let bits = |step: u64| EmaSpec::default().beta(64.0, 64.0 * step as f64, step).to_bits();
        assert_eq!(
            [8, 42, 84, 146].map(bits),
            [0x3fc6_a09e_667f_3bcd, 0x3fe7_0102_ae57_556f, 0x3feb_21b3_aa92_3da1, 0x3fed_19f1_716a_f7b5,]
        );
    }
}
