//! Rule: phases have names of their own, and nothing is trained twice, frozen or averaged that is not there.
//! Not here: networks that no phase trains (`optimizers.rs`).

use super::subject::Built;
use super::{Finding, Fix, Subject};
use crate::phases::{Unmatched, unfrozen};
use crate::spec::PhaseSpec;
use ganymede_nn::config::nearest;

pub(super) fn run(s: &Subject) -> Vec<Finding> {
    let mut findings = Vec::new();
    let phases = &s.spec.phases;
    for (at, phase) in phases.iter().enumerate() {
        if let Some(first) = phases[..at].iter().position(|p| p.name == phase.name) {
            let free = |name: &String| phases.iter().all(|p| p.name != *name);
            let name = (2..).map(|n| format!("{}_{n}", phase.name)).find(free).unwrap_or_default();
            let reason = format!("expected a name of its own, found `{}`, the name of phases.{first}", phase.name);
            let fix = Fix::new(format!("name it `{name}`"), move |spec| spec.phases[at].name.clone_from(&name));
            findings.push(Finding::error(format!("phases.{at}.name"), reason, vec![fix]));
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
    if let Some(ema) = s.spec.ema.as_ref().filter(|ema| !s.spec.networks.contains_key(&ema.network)) {
        let near = nearest(&ema.network, s.spec.networks.keys().map(String::as_str)).unwrap_or("generator".into());
        let reason = format!("expected a network of the spec, found `{}`", ema.network);
        let fix = Fix::new(format!("average `{near}`"), move |spec| {
            spec.ema.iter_mut().for_each(|ema| ema.network.clone_from(&near));
        });
        findings.push(Finding::error("ema.network", reason, vec![fix]));
    } else if let Some(ema) = s.spec.ema.as_ref().filter(|ema| ema.network != "generator") {
        let reason =
            format!("`{}` is averaged, which nothing uses: samples come from the generator as it is", ema.network);
        let fix = Fix::new("average `generator`", |spec| {
            spec.ema.iter_mut().for_each(|ema| ema.network = "generator".into());
        });
        findings.push(Finding::hint("ema.network", reason, vec![fix]));
    }
    findings
}

/// What is wrong with the layers that a phase leaves as they are, where what it trains is known.
fn frozen(s: &Subject, at: usize, phase: &PhaseSpec) -> Option<Finding> {
    let built = phase.trains.iter().map(|name| s.network(name).filter(|built| built.errors.is_empty()));
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
        match nearest(&name, layers.iter().copied()) {
            Some(near) => fixes.push(Fix::new(format!("use `{near}`"), move |spec| {
                let freeze = &mut spec.phases[at].freeze;
                freeze.iter_mut().filter(|layer| **layer == name).for_each(|layer| layer.clone_from(&near));
            })),
            None => reason.push_str(&format!(" (known: {})", layers.join(", "))),
        }
    }
    Some(Finding::error(format!("phases.{at}.freeze"), reason, fixes))
}
