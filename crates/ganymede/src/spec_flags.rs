//! Flags for what is changed most often in a spec, each in terms of `--set`. Not here: flags that are one key (`flags.rs`), how long
//! a training is (`flags.rs`), applying them (`commands/train.rs`).

use crate::failure::{Failure, USAGE};
use clap::Args;
use ganymede_gan::augment::AUGMENTATIONS;
use ganymede_gan::objectives;
use ganymede_gan::spec::{TrainSpec, numbered};
use ganymede_nn::config::nearest;

/// What is changed most often in a spec.
#[derive(Args, Clone, Debug, Default)]
pub struct SpecFlags {
    /// Learning rate of all optimizers, or of some phases, such as d=1e-4,g=2e-4
    #[arg(long, value_name = "RATE")]
    pub lr: Option<String>,
    /// Objective of all players, such as hinge or least_squares
    #[arg(long, value_name = "NAME")]
    pub objective: Option<String>,
    /// Add an augmentation of what the discriminator sees, such as diff_augment; none removes them; may be repeated
    #[arg(long, value_name = "NAME")]
    pub augment: Vec<String>,
}

impl SpecFlags {
    /// What `--set` would be given to do the same with this spec.
    ///
    /// # Errors
    /// For names that there are not, and numbers that are none.
    pub fn assignments(&self, spec: &TrainSpec) -> Result<Vec<String>, Failure> {
        let mut all = self.rates(spec)?;
        all.extend(self.objectives(spec)?);
        all.extend(self.augmentations(spec)?);
        Ok(all)
    }

    fn rates(&self, spec: &TrainSpec) -> Result<Vec<String>, Failure> {
        let Some(text) = &self.lr else { return Ok(Vec::new()) };
        let trained = spec.phases.iter().enumerate().filter(|(_, phase)| phase.optimizer.is_some());
        let trained: Vec<(usize, &str)> = trained.map(|(at, phase)| (at, phase.name.as_str())).collect();
        let rate = |text: &str| match text.trim().parse::<f64>() {
            Ok(rate) if rate > 0.0 && rate.is_finite() => Ok(rate),
            _ => {
                let text = format!("--lr: expected a rate above 0, found `{}`", text.trim());
                Err(Failure::new(USAGE, text).with_hint("such as --lr 0.0002, or --lr d=1e-4,g=2e-4 by phases"))
            }
        };
        // Rust writes a float as TOML does.
        let assignment = |at: usize, rate: f64| format!("phases.{at}.optimizer.learning_rate={rate:?}");
        if !text.contains('=') {
            let rate = rate(text)?;
            return Ok(trained.iter().map(|(at, _)| assignment(*at, rate)).collect());
        }
        let one = |part: &str| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            match trained.iter().find(|(_, phase)| *phase == name.trim()) {
                Some((at, _)) => Ok(assignment(*at, rate(value)?)),
                None => {
                    let names: Vec<&str> = trained.iter().map(|(_, name)| *name).collect();
                    let text = format!("--lr: expected a phase with an optimizer, found `{}`", name.trim());
                    Err(Failure::new(USAGE, text).with_hint(format!("the phases: {}", names.join(", "))))
                }
            }
        };
        text.split(',').map(one).collect()
    }

    /// Every phase that has an objective gets this one in its place, with the weight of the other.
    fn objectives(&self, spec: &TrainSpec) -> Result<Vec<String>, Failure> {
        let Some(name) = &self.objective else { return Ok(Vec::new()) };
        known("--objective", name, &objectives::names())?;
        let known = objectives::names();
        let mut all = Vec::new();
        for (at, phase) in spec.phases.iter().enumerate() {
            let mut terms = phase.terms.iter().enumerate().filter(|(_, term)| known.contains(&term.class_name));
            let Some((number, term)) = terms.next() else { continue };
            if let Some((_, other)) = terms.next() {
                let (one, other) = (&term.class_name, &other.class_name);
                let text = format!("--objective: phase `{}` has two objectives, `{one}` and `{other}`", phase.name);
                return Err(Failure::new(USAGE, text)
                    .with_hint(format!("--set phases.{}.terms=[…] says which it has", phase.name)));
            }
            let mut table = toml::Table::try_from(term).unwrap_or_default();
            table.retain(|key, _| key == "weight" || key == "every");
            table.insert("class_name".into(), name.as_str().into());
            all.push(format!("phases.{at}.terms.{number}={}", toml::Value::Table(table)));
        }
        if all.is_empty() {
            let text = "--objective: expected a phase with an objective, found none";
            return Err(Failure::new(USAGE, text).with_hint("`ganymede check` says what the spec lacks"));
        }
        Ok(all)
    }

    fn augmentations(&self, spec: &TrainSpec) -> Result<Vec<String>, Failure> {
        let none = |name: &&String| *name == "none";
        if self.augment.is_empty() {
            return Ok(Vec::new());
        }
        if self.augment.iter().any(|name| none(&name)) && self.augment.len() > 1 {
            let text = "--augment: expected `none` alone, or names of augmentations, found both";
            return Err(Failure::new(USAGE, text).with_hint("leave one of them out"));
        }
        let names: Vec<String> = AUGMENTATIONS.iter().map(|entry| entry.name.to_string()).collect();
        let mut list = if self.augment.iter().any(|name| none(&name)) { Vec::new() } else { spec.augment.clone() };
        for name in self.augment.iter().filter(|name| !none(name)) {
            known("--augment", name, &[&names[..], &["none".into()]].concat())?;
            if !list.iter().any(|augment| augment.class_name == *name) {
                let arguments = toml::Table::new();
                list.push(ganymede_gan::spec::AugmentSpec { class_name: name.clone(), arguments });
            }
        }
        let list: Vec<toml::Value> = list.iter().filter_map(|one| toml::Value::try_from(one).ok()).collect();
        Ok(vec![format!("augment={}", toml::Value::Array(list))])
    }
}

fn known(flag: &str, name: &str, known: &[String]) -> Result<(), Failure> {
    if known.iter().any(|one| one == name) {
        return Ok(());
    }
    let all = known.join(", ");
    let hint = match nearest(name, known.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`? known: {all}"),
        None => format!("known: {all}"),
    };
    Err(Failure::new(USAGE, format!("{flag}: expected a name that is known, found `{name}`")).with_hint(hint))
}

/// Refuses two words for one thing: an assignment of a flag and one of `--set`, whose keys are the same or one inside the other.
///
/// # Errors
/// The first such pair.
pub fn refuse_conflicts(spec: &TrainSpec, flags: &[String], set: &[String]) -> Result<(), Failure> {
    let key = |assignment: &str| numbered(spec, assignment.split('=').next().unwrap_or_default().trim());
    let inside =
        |one: &str, other: &str| one == other || one.strip_prefix(other).is_some_and(|rest| rest.starts_with('.'));
    for flag in flags {
        let own = key(flag);
        if let Some(other) = set.iter().find(|set| inside(&own, &key(set)) || inside(&key(set), &own)) {
            let text = format!("expected one value for `{own}`, found a flag's ({flag}) and --set {other}");
            return Err(Failure::new(USAGE, text).with_hint("leave one of them out"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ganymede_gan::presets::{PresetInput, preset_for};
    use ganymede_gan::spec::{differences, edit};

    fn spec(preset: &str) -> TrainSpec {
        preset_for(preset, &PresetInput::of(vec![28, 28, 1])).unwrap()
    }

    /// The keys that flags change, and their values.
    fn changed(flags: &SpecFlags, spec: &TrainSpec) -> Vec<String> {
        let all = flags.assignments(spec).unwrap();
        let edited = all.iter().fold(spec.clone(), |spec, one| edit(&spec, one).unwrap());
        let told = differences(spec, &edited);
        told.into_iter().map(|d| format!("{}={}", d.key, d.right.unwrap_or("none".into()))).collect()
    }

    #[test]
    fn a_rate_is_for_all_phases_or_for_those_that_are_named() {
        let lr = |text: &str| SpecFlags { lr: Some(text.into()), ..SpecFlags::default() };
        let dcgan = spec("dcgan");
        let rate = |at: usize, rate: &str| format!("phases.{at}.optimizer.learning_rate={rate}");
        assert_eq!(changed(&lr("1e-5"), &dcgan), [rate(0, "0.00001"), rate(1, "0.00001")]);
        assert_eq!(changed(&lr("g=0.5, d=0.25"), &dcgan), [rate(0, "0.25"), rate(1, "0.5")]);
        assert_eq!(changed(&lr("g=2"), &dcgan), [rate(1, "2.0")]);
        for bad in ["fast", "-1", "0", "inf", "d=", "critic=1e-4", "d=1e-4,2e-4"] {
            assert!(lr(bad).assignments(&dcgan).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_objective_takes_the_place_of_that_of_each_phase() {
        let objective = |name: &str| SpecFlags { objective: Some(name.into()), ..SpecFlags::default() };
        let class = |at: usize, number: usize, name: &str| format!("phases.{at}.terms.{number}.class_name=\"{name}\"");
        assert_eq!(changed(&objective("hinge"), &spec("lsgan")), [class(0, 0, "hinge"), class(1, 0, "hinge")]);
        // The penalty of the critic stays.
        let wgan = changed(&objective("hinge"), &spec("wgan_gp"));
        assert_eq!(wgan, [class(0, 0, "hinge"), class(1, 0, "hinge")]);
        // Arguments of the other go.
        let mut weighted = spec("dcgan");
        weighted.phases[0].terms[0].weight = 0.5.into();
        weighted.phases[0].terms[0].arguments.insert("label_smoothing".into(), 0.9.into());
        let all = objective("hinge").assignments(&weighted).unwrap();
        let edited = all.iter().fold(weighted, |spec, one| edit(&spec, one).unwrap());
        let term = &edited.phases[0].terms[0];
        assert_eq!((term.weight.clone(), term.arguments.len(), term.class_name.as_str()), (0.5.into(), 0, "hinge"));
        assert!(objective("hing").assignments(&spec("dcgan")).is_err());
        assert!(objective("hinge").assignments(&TrainSpec::default()).is_err());
    }

    #[test]
    fn augmentations_are_added_once_and_removed_all() {
        let augment = |names: &[&str]| SpecFlags {
            augment: names.iter().map(|name| name.to_string()).collect(),
            ..SpecFlags::default()
        };
        let mut own = spec("dcgan");
        let two = ["diff_augment", "instance_noise"];
        assert_eq!(changed(&augment(&two), &own).len(), 1, "the list is one leaf where there was none");
        for name in two {
            own = edit(&own, &augment(&[name]).assignments(&own).unwrap()[0]).unwrap();
        }
        assert_eq!(own.augment.iter().map(|one| one.class_name.as_str()).collect::<Vec<_>>(), two);
        assert!(changed(&augment(&["diff_augment"]), &own).is_empty());
        assert_eq!(edit(&own, &augment(&["none"]).assignments(&own).unwrap()[0]).unwrap().augment, []);
        assert!(augment(&["none", "adaptive"]).assignments(&own).is_err());
        assert!(augment(&["diffaugment?"]).assignments(&own).is_err());
    }

    #[test]
    fn two_values_for_one_key_are_refused() {
        let dcgan = spec("dcgan");
        let judge = |flag: &str, set: &str| refuse_conflicts(&dcgan, &[flag.into()], &[set.into()]).is_err();
        assert!(judge("phases.0.optimizer.learning_rate=1", "phases.d.optimizer.learning_rate=2"));
        assert!(!judge("phases.0.optimizer.learning_rate=1", "phases.g.optimizer.learning_rate=2"));
        assert!(judge("phases.0.optimizer.learning_rate=1", " phases.0.optimizer.learning_rate = 2"));
        assert!(judge("phases.0.optimizer.learning_rate=1", "phases.0.optimizer={}"));
        assert!(judge("augment=[]", "augment.0.class_name=x"));
        assert!(!judge("phases.1.terms.0={}", "phases.10.terms.0={}") && !judge("augment=[]", "augmentation=1"));
    }
}
