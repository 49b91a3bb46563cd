//! Who plays which part: the roles of networks, the players of phases, the network that is averaged. Here alone names mean
//! something by themselves. Not here: what a role's network is fed with (`loss_scope/`).

use super::{NetworkSpec, PhaseSpec, TrainSpec};
use crate::checkpoint::STATE;
use crate::phases::EMA_SUFFIX;
use crate::regularizers::Player;
use ganymede_data::LABEL;
use ganymede_nn::LayerConfig;
use serde::{Deserialize, Serialize};

/// What a network is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Role {
    /// It makes samples of latents.
    Generator,
    /// It judges samples.
    Discriminator,
    /// It is there for terms that ask for it by name.
    Auxiliary,
}

impl Role {
    /// The name of a network that has this role by default.
    pub const fn name(self) -> &'static str {
        match self {
            Role::Generator => "generator",
            Role::Discriminator => "discriminator",
            Role::Auxiliary => "auxiliary",
        }
    }
}

impl NetworkSpec {
    /// The role of a network of this name: the one that is written, else by the name.
    pub fn role_as(&self, name: &str) -> Role {
        let by_name = [Role::Generator, Role::Discriminator].into_iter().find(|role| role.name() == name);
        self.role.or(by_name).unwrap_or(Role::Auxiliary)
    }
}

impl TrainSpec {
    /// Names of the networks with a role; a training has one generator and one discriminator.
    pub fn networks_of(&self, role: Role) -> impl Iterator<Item = &str> {
        let has = move |(name, network): &(&String, &NetworkSpec)| network.role_as(name) == role;
        self.networks.iter().filter(has).map(|(name, _)| name.as_str())
    }

    /// The name of the generator; `generator` where there is none.
    pub fn generator(&self) -> &str {
        self.networks_of(Role::Generator).next().unwrap_or(Role::Generator.name())
    }

    /// The name of the discriminator; `discriminator` where there is none.
    pub fn discriminator(&self) -> &str {
        self.networks_of(Role::Discriminator).next().unwrap_or(Role::Discriminator.name())
    }

    /// The generator, to change.
    pub(crate) fn generator_mut(&mut self) -> Option<&mut NetworkSpec> {
        let name = self.generator().to_string();
        self.networks.get_mut(&name)
    }

    /// The discriminator, to change.
    pub(crate) fn discriminator_mut(&mut self) -> Option<&mut NetworkSpec> {
        let name = self.discriminator().to_string();
        self.networks.get_mut(&name)
    }

    /// Which fields of the data a network's inputs beyond the first are bound to: each that its layer is named after; the second,
    /// if it has no name, the label. None for one of which nothing says.
    pub fn conditions_of(&self, network: &str) -> Vec<Option<String>> {
        let layers = self.networks.get(network).into_iter().flat_map(|network| &network.layers);
        let inputs = layers.filter(|layer| matches!(layer.class_name.as_str(), "Input" | "InputLayer"));
        let bound = |(at, layer): (usize, &LayerConfig)| {
            let name = layer.name.clone().filter(|_| self.names_of_layers_count());
            name.or_else(|| (at == 1).then(|| LABEL.to_string()))
        };
        inputs.enumerate().skip(1).map(bound).collect()
    }

    /// Whether names of inputs and outputs say what they are. In version 1 their order did.
    pub(crate) fn names_of_layers_count(&self) -> bool {
        self.format_version.0 > 1
    }

    /// Networks whose names no run can keep, with the reasons: a checkpoint has a file for each network, one for all else
    /// that it keeps, and one for the average.
    pub fn name_faults(&self) -> Vec<(&str, String)> {
        let averaged = self.averaged().map(|network| (network, format!("{network}{EMA_SUFFIX}")));
        let fault = |name: &str| {
            if name.is_empty() || name.starts_with('.') || name.contains(['/', '\\', ':', '\0']) {
                return Some(format!(
                    "expected a name that a file can have, without `/`, `\\` and `:`, found `{name}`"
                ));
            }
            if name == STATE {
                return Some(format!(
                    "expected another name than `{STATE}`, under which optimizers and the like are saved"
                ));
            }
            let (network, copy) = averaged.as_ref()?;
            (name == copy)
                .then(|| format!("expected another name than `{copy}`, which is that of the average of `{network}`"))
        };
        self.networks.keys().filter_map(|name| Some((name.as_str(), fault(name)?))).collect()
    }

    /// Whose loss a phase is: what it says, else the generator's if it trains the generator, and the discriminator's if not.
    pub fn player_of(&self, phase: &PhaseSpec) -> Player {
        let generators = phase.trains.iter().any(|network| network == self.generator());
        phase.player.unwrap_or(if generators { Player::Generator } else { Player::Discriminator })
    }

    /// The name of the network that is averaged, when one is: the generator unless `[ema]` names another.
    pub fn averaged(&self) -> Option<&str> {
        Some(self.ema.as_ref()?.network.as_deref().unwrap_or(self.generator()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_no_run_can_keep_are_told() {
        for bad in ["", ".hidden", "a/b", "a\\b", "C:", "state", "generator_ema"] {
            let mut spec = TrainSpec::draft("[ema]\n[networks.generator]\n[networks.discriminator]\n").unwrap().spec;
            assert_eq!(spec.name_faults(), []);
            spec.networks.insert(bad.into(), NetworkSpec::default());
            let [(name, reason)] = &spec.name_faults()[..] else { panic!("{bad}: {:?}", spec.name_faults()) };
            assert!(*name == bad && reason.contains("expected") && reason.contains(bad), "{reason}");
        }
        let unaveraged = TrainSpec::draft("[networks.generator]\n[networks.generator_ema]\n").unwrap().spec;
        assert_eq!(unaveraged.name_faults(), []);
    }

    #[test]
    fn roles_follow_names_unless_they_are_written() {
        let spec = |text: &str| TrainSpec::draft(text).unwrap().spec;
        let plain = spec("[networks.generator]\n[networks.discriminator]\n[networks.encoder]\n");
        assert_eq!((plain.generator(), plain.discriminator()), ("generator", "discriminator"));
        assert_eq!(plain.networks_of(Role::Auxiliary).collect::<Vec<_>>(), ["encoder"]);
        let text = "[ema]\n[networks.G]\nrole = 'generator'\n[networks.D]\nrole = 'discriminator'\n\
                    [networks.generator]\nrole = 'auxiliary'\n[[phases]]\nname = 'p'\ntrains = ['D', 'G']\n\
                    [[phases]]\nname = 'q'\ntrains = ['generator']\n[[phases]]\nname = 'r'\ntrains = ['D']\nplayer = 'generator'\n";
        let named = spec(text);
        assert_eq!((named.generator(), named.discriminator(), named.averaged()), ("G", "D", Some("G")));
        let players: Vec<Player> = named.phases.iter().map(|phase| named.player_of(phase)).collect();
        assert_eq!(players, [Player::Generator, Player::Discriminator, Player::Generator]);
        assert_eq!(spec(&named.to_toml()), named);
        let error = TrainSpec::draft("[networks.G]\nrole = 'painter'\n").unwrap_err().to_string();
        assert!(error.contains("line 2") && error.contains("painter") && error.contains("`generator`"), "{error}");
    }
}
