//! Rules: phases train networks that there are, and every network is trained. Not here: networks that are trained twice
//! (`references.rs`).

use super::optimizers::adam;
use super::{Finding, Fix, Subject};
use crate::spec::{NetworkSpec, PhaseSpec, Role, TermSpec};
use ganymede_nn::config::nearest;

/// Names in `trains` that no network has.
pub(super) fn known(s: &Subject) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (at, phase) in s.spec.phases.iter().enumerate() {
        for name in phase.trains.iter().filter(|name| !s.spec.networks.contains_key(*name) && !is_role(s, name)) {
            let reason = format!("it trains `{name}`, which is no network of the spec");
            let fix = meant(s, name).map(|meant| {
                let name = name.clone();
                Fix::new(format!("train `{meant}`"), move |spec| {
                    let trains = &mut spec.phases[at].trains;
                    let there = trains.contains(&meant);
                    trains.retain(|other| *other != name || !there);
                    trains.iter_mut().filter(|other| **other == name).for_each(|other| other.clone_from(&meant));
                })
            });
            let place = format!("phases.{at} (`{}`).trains", phase.name);
            findings.push(Finding::error(place, reason, fix.into_iter().collect()));
        }
    }
    findings
}

/// Whether it is the name of a role that a network of nearly that name is meant to have (`shapes.rs` tells it).
fn is_role(s: &Subject, name: &str) -> bool {
    let lacks = |role: &Role| role.name() == name && s.spec.networks_of(*role).next().is_none();
    [Role::Generator, Role::Discriminator].iter().any(lacks)
        && s.spec.networks.keys().any(|other| nearest(other, [name]).is_some())
}

/// Phases without a network, and networks without a phase.
pub(super) fn all(s: &Subject) -> Vec<Finding> {
    let phases = &s.spec.phases;
    if phases.is_empty() && !s.spec.networks.is_empty() {
        let names: Vec<String> = s.spec.networks.keys().cloned().collect();
        let fix = Fix::new(format!("add a phase for `{}`", names.join("` and one for `")), move |spec| {
            names.iter().for_each(|name| spec.phases.push(phase_of(name)));
        });
        let reason = "there is no phase: no network would be trained";
        return vec![Finding::error("phases", reason, vec![fix])];
    }
    let mut findings = Vec::new();
    let only = only_untrained(s);
    for (at, phase) in phases.iter().enumerate().filter(|(_, phase)| phase.trains.is_empty()) {
        let fix = only.map(|network| {
            let network = network.to_string();
            Fix::new(format!("train `{network}`"), move |spec| spec.phases[at].trains = vec![network.clone()])
        });
        let reason = "expected at least one network, found none: nothing would move";
        findings.push(Finding::error(
            format!("phases.{at} (`{}`).trains", phase.name),
            reason,
            fix.into_iter().collect(),
        ));
    }
    // A network that a phase means to train is told there.
    let mut misspelt =
        phases.iter().flat_map(|phase| &phase.trains).filter(|name| !s.spec.networks.contains_key(*name));
    let told: Vec<String> = misspelt.by_ref().filter_map(|name| meant(s, name)).collect();
    let told = |network: &&String| told.contains(network) || (!findings.is_empty() && only == Some(network.as_str()));
    let untrained: Vec<&String> = untrained(s).filter(|network| !told(network)).collect();
    findings.extend(untrained.into_iter().map(|network| {
        let name = network.clone();
        let fix = Fix::new("add a phase that trains it", move |spec| spec.phases.push(phase_of(&name)));
        let reason = "no phase trains it: it would keep its first values";
        Finding::error(format!("networks.{network}"), reason, vec![fix])
    }));
    findings
}

/// A usual phase of a network.
fn phase_of(network: &str) -> PhaseSpec {
    let letter = network.chars().next().unwrap_or('x').to_string();
    PhaseSpec::new(&letter, &[network], adam(), vec![TermSpec::new("non_saturating")])
}

/// Networks that no phase names, but those of known distributions: these have nothing to train.
fn untrained<'a>(s: &'a Subject) -> impl Iterator<Item = &'a String> {
    let known = |spec: &NetworkSpec| spec.layers.iter().any(|layer| layer.class_name == "ganymede>GaussianCopula");
    let unknown = s.spec.networks.iter().filter(move |(_, spec)| !known(spec)).map(|(name, _)| name);
    unknown.filter(|network| !s.spec.phases.iter().any(|phase| phase.trains.contains(network)))
}

/// The network that no phase names, where there is one such.
fn only_untrained<'a>(s: &'a Subject) -> Option<&'a str> {
    let mut untrained = untrained(s);
    untrained.next().filter(|_| untrained.next().is_none()).map(String::as_str)
}

/// The network that was meant by a name: one that is like it, else the only one that nothing trains.
fn meant(s: &Subject, name: &str) -> Option<String> {
    let like = nearest(name, s.spec.networks.keys().map(String::as_str));
    like.or_else(|| only_untrained(s).map(String::from))
}
