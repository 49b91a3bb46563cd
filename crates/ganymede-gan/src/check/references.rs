//! Rule: phases have names of their own, and nothing is trained twice, frozen or averaged that is not there.
//! Not here: networks that no phase trains (`optimizers.rs`).

use super::subject::{Built, stem};
use super::{Finding, Fix, Subject};
use crate::phases::{Unmatched, unfrozen};
use crate::spec::{PhaseSpec, Role};
use ganymede_nn::config::nearest;

pub(super) fn run(s: &Subject) -> Vec<Finding> {
    let mut findings = Vec::new();
    let phases = &s.spec.phases;
    for (at, phase) in phases.iter().enumerate() {
        let first = phases[..at].iter().position(|p| p.name == phase.name && !p.name.is_empty());
        if let Some(first) = first {
            let free = |name: &String| phases.iter().all(|p| p.name != *name);
            let name = (2..).map(|n| format!("{}_{n}", phase.name)).find(free).unwrap_or_default();
            let reason = format!("expected a name of its own, found `{}`, the name of phases.{first}", phase.name);
            let fix = Fix::new(format!("name it `{name}`"), move |spec| spec.phases[at].name.clone_from(&name));
            findings.push(Finding::error(format!("phases.{at}.name"), reason, vec![fix]));
        }
        if phase.name.is_empty() {
            let first = if s.is_generators(phase) { "g" } else { "d" };
            let free = |name: &String| phases.iter().all(|p| p.name != *name);
            let name = (1..).map(|n| if n == 1 { first.into() } else { format!("{first}_{n}") }).find(free);
            let name = name.unwrap_or_default();
            let fix = Fix::new(format!("name it `{name}`"), move |spec| spec.phases[at].name.clone_from(&name));
            findings.push(Finding::error(
                format!("phases.{at}.name"),
                "expected a name, found an empty text",
                vec![fix],
            ));
        }
        let again = |(i, name): (usize, &String)| phase.trains[..i].contains(name).then(|| name.clone());
        if let Some(name) = phase.trains.iter().enumerate().find_map(again) {
            let reason = format!("expected every network once, found `{name}` again");
            let fix = Fix::new("list it once", move |spec| {
                let mut once: Vec<String> = Vec::new();
                let trains = std::mem::take(&mut spec.phases[at].trains);
                once.extend(
                    trains.iter().enumerate().filter(|(i, n)| !trains[..*i].contains(n)).map(|(_, n)| n.clone()),
                );
                spec.phases[at].trains = once;
            });
            findings.push(Finding::error(format!("phases.{at}.trains"), reason, vec![fix]));
        }
        findings.extend(frozen(s, at, phase));
    }
    let names = s.spec.name_faults().into_iter();
    findings.extend(names.map(|(name, reason)| Finding::error(format!("networks.{name:?}"), reason, Vec::new())));
    findings.extend(roles(s));
    findings.extend(averaged(s));
    findings
}

/// A role that two networks have.
fn roles(s: &Subject) -> Vec<Finding> {
    let twice = |role: Role| {
        let found: Vec<&str> = s.spec.networks_of(role).collect();
        let [_, second, ..] = found[..] else { return None };
        let reason = format!("expected one {}, found `{}`", role.name(), found.join("`, `"));
        // Who has the role by its name alone is meant least.
        let other = found.iter().find(|name| **name == role.name()).unwrap_or(&second).to_string();
        let place = format!("networks.{other}");
        let fix = Fix::new(format!("make `{other}` auxiliary"), move |spec| {
            spec.networks.entry(other.clone()).and_modify(|network| network.role = Some(Role::Auxiliary));
        });
        Some(Finding::error(place, reason, vec![fix]))
    };
    [Role::Generator, Role::Discriminator].into_iter().filter_map(twice).collect()
}

/// What is wrong with the network that is averaged.
fn averaged(s: &Subject) -> Option<Finding> {
    let network = s.spec.averaged()?;
    let written = s.spec.ema.as_ref().is_some_and(|ema| ema.network.is_some());
    if written && !s.spec.networks.contains_key(network) {
        let near = nearest(network, s.spec.networks.keys().map(String::as_str));
        let near = near.unwrap_or_else(|| s.spec.generator().to_string());
        let reason = format!("expected a network of the spec, found `{network}`");
        let fix = Fix::new(format!("average `{near}`"), move |spec| {
            spec.ema.iter_mut().for_each(|ema| ema.network = Some(near.clone()));
        });
        return Some(Finding::error("ema.network", reason, vec![fix]));
    }
    let generator = s.spec.generator().to_string();
    if network == generator {
        return None;
    }
    let reason = format!("`{network}` is averaged, which nothing uses: samples come from the generator as it is");
    let fix = Fix::new(format!("average `{generator}`"), move |spec| {
        spec.ema.iter_mut().for_each(|ema| ema.network = Some(generator.clone()));
    });
    Some(Finding::hint("ema.network", reason, vec![fix]))
}

/// What is wrong with the layers that a phase leaves as they are, where what it trains is known.
fn frozen(s: &Subject, at: usize, phase: &PhaseSpec) -> Option<Finding> {
    let sound = |name: &String| s.network(name).filter(|built| built.errors.is_empty() && !s.has_issues(name));
    let built = phase.trains.iter().map(sound);
    let built = built.collect::<Option<Vec<&Built>>>()?;
    let trained: Vec<&str> = built.iter().flat_map(|built| &built.trained).map(String::as_str).collect();
    if phase.freeze.is_empty() || trained.is_empty() {
        return None;
    }
    let unmatched = unfrozen(&trained, &phase.freeze).err()?;
    let mut reason = unmatched.to_string();
    let mut fixes = Vec::new();
    if let Unmatched::NoLayer(name) = unmatched {
        let mut layers: Vec<&str> = trained.iter().filter_map(|p| Some(p.rsplit_once('/')?.0)).collect();
        layers.dedup();
        // Another number is another layer.
        match nearest(&name, layers.iter().copied()).filter(|near| stem(near) != stem(&name)) {
            Some(near) => fixes.push(Fix::new(format!("use `{near}`"), move |spec| {
                let freeze = &mut spec.phases[at].freeze;
                freeze.iter_mut().filter(|layer| **layer == name).for_each(|layer| layer.clone_from(&near));
            })),
            None => reason.push_str(&format!(" (known: {})", layers.join(", "))),
        }
    }
    Some(Finding::error(format!("phases.{at}.freeze"), reason, fixes))
}
