//! Rule: a Wasserstein critic is held to a bounded slope: by a penalty, by clipped weights or by spectral normalization.

use super::{Finding, Fix, Subject};
use crate::spec::TermSpec;

/// Terms that bound the slope.
const PENALTIES: [&str; 6] = ["gradient_penalty", "lipschitz_penalty", "zero_centered_penalty", "dragan", "r1", "r2"];

/// # Source
/// Arjovsky, Chintala, Bottou (2017), "Wasserstein GAN", arXiv:1701.07875, section 3: the objective is a distance for critics
/// of bounded slope alone.
pub(super) fn run(s: &Subject) -> Vec<Finding> {
    let phases = &s.spec.phases;
    let critics = || phases.iter().filter(|phase| phase.trains.iter().any(|n| n == s.spec.discriminator()));
    let penalty = |term: &TermSpec| PENALTIES.contains(&term.class_name.as_str());
    let bounded = critics().any(|phase| phase.clip_weights.is_some() || phase.terms.iter().any(penalty))
        || s.layers(s.spec.discriminator()).iter().any(|layer| layer.class_name == "SpectralNormalization");
    if bounded {
        return Vec::new();
    }
    let found = phases.iter().enumerate().filter(|(_, phase)| !s.is_generators(phase));
    let mut found = found.flat_map(|(at, phase)| phase.terms.iter().enumerate().map(move |(n, term)| (at, n, term)));
    let Some((at, number, _)) = found.find(|(.., term)| term.class_name == "wasserstein") else { return Vec::new() };
    let reason = "nothing bounds the critic's slope, so that its loss can fall without limit: add a penalty, clip_weights or \
                  spectral normalization";
    let fix = Fix::new("add the term `gradient_penalty` of weight 10", move |spec| {
        spec.phases[at].terms.push(TermSpec { weight: 10.0.into(), ..TermSpec::new("gradient_penalty") });
    });
    vec![Finding::hint(format!("phases.{at}.terms.{number} (wasserstein)"), reason, vec![fix])]
}
