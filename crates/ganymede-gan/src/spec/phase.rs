//! `[[phases]]`: what is trained by which loss with which optimizer. Not here: the losses (`objectives/`, `regularizers/`).

use crate::regularizers::Player;
use crate::table::{Stray, strays};
use ganymede_nn::OptimizerConfig;
use ganymede_nn::schedules::Scheduled;
use serde::{Deserialize, Serialize};

/// One of `[[phases]]`: a loss, the networks it trains and their optimizer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PhaseSpec {
    /// Its name: `d`, `g`, `d_reg` …
    pub name: String,
    /// Names of the networks that it trains.
    pub trains: Vec<String>,
    /// The player whose loss it is; by default, the generator's if it trains the generator, else the discriminator's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub player: Option<Player>,
    /// It runs in steps that this divides.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub every: u64,
    /// The optimizer; none is an error that `check` names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub optimizer: Option<OptimizerConfig>,
    /// Names of layers that it leaves as they are, though they stand in a network that it trains, such as
    /// `discriminator/conv2d`: Mo, Cho, Shin (2020), "Freeze the discriminator", arXiv:2002.10964.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub freeze: Vec<String>,
    /// After each update its parameters are clipped to [−c, c]: Arjovsky et al. (2017), arXiv:1701.07875, algorithm 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clip_weights: Option<Scheduled>,
    /// The probability that a discriminator's objective takes the logit of a real sample for that of a fake, and the
    /// other way round.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label_flip: Option<Scheduled>,
    /// The fraction of the fakes, those with the highest logits, that a generator's objective learns from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top_k: Option<Scheduled>,
    /// Its loss is the weighted sum of these.
    #[serde(default)]
    pub terms: Vec<TermSpec>,
}

impl PhaseSpec {
    /// A phase of every step, which trains all of its networks.
    pub fn new(name: &str, trains: &[&str], optimizer: Option<OptimizerConfig>, terms: Vec<TermSpec>) -> Self {
        PhaseSpec {
            name: name.into(),
            trains: trains.iter().map(|network| network.to_string()).collect(),
            player: None,
            every: 1,
            optimizer,
            freeze: Vec::new(),
            clip_weights: None,
            label_flip: None,
            top_k: None,
            terms,
        }
    }
}

/// One term of a phase's loss: an objective, a Keras loss or a regularizer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TermSpec {
    /// An objective (`non_saturating` …), a Keras loss (`BinaryCrossentropy`) or a regularizer (`gradient_penalty` …).
    pub class_name: String,
    /// What its loss is shown as, beside its phase; by default its class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its factor in the loss.
    #[serde(default = "unit", skip_serializing_if = "is_unit")]
    pub weight: Scheduled,
    /// It is in the loss of every `every`-th run of its phase, and counts that many times there.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub every: u64,
    /// What a Keras loss compares: `["real", "fake"]` (real with 1, fake with 0) for a discriminator,
    /// `["fake"]` (fake with 1) for a generator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub args: Option<Vec<String>>,
    /// The term's own arguments.
    #[serde(flatten)]
    pub arguments: toml::Table,
}

impl TermSpec {
    /// A term of weight 1 without arguments.
    pub fn new(class_name: &str) -> Self {
        TermSpec {
            class_name: class_name.into(),
            name: None,
            weight: unit(),
            every: 1,
            args: None,
            arguments: toml::Table::new(),
        }
    }

    /// A penalty that is written down: see [`expression`](crate::expression).
    ///
    /// ```
    /// use ganymede_gan::spec::TermSpec;
    ///
    /// let penalty = TermSpec::expression("mean(square(discriminator(real)))").named("small_logits");
    /// assert_eq!(penalty.shown_as(), "small_logits");
    /// ```
    pub fn expression(value: &str) -> Self {
        let mut term = TermSpec::new("expression");
        term.arguments.insert("value".into(), value.into());
        term
    }

    /// The same term under a name.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        self.name = Some(name.into());
        self
    }

    /// The name that its loss is shown as.
    pub fn shown_as(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.class_name)
    }

    /// Its arguments that are neither of those which every term has nor its `own`.
    pub(crate) fn strays(&self, own: &[String]) -> Vec<Stray> {
        let of_all = [TermSpec::NAME, TermSpec::WEIGHT, TermSpec::EVERY];
        strays(&self.arguments, &of_all.into_iter().chain(own.iter().map(String::as_str)).collect::<Vec<_>>())
    }

    /// Gives an argument another name, that of one which every term has or of its own.
    ///
    /// # Errors
    /// When what it says is nothing that the other can be; it stays as it was.
    pub(crate) fn rename(&mut self, argument: &str, meant: &str) -> Result<(), String> {
        let Some(value) = self.arguments.get(argument).cloned() else { return Ok(()) };
        let refuse = |error: toml::de::Error| error.message().to_string();
        match meant {
            TermSpec::NAME => self.name = Some(value.try_into().map_err(refuse)?),
            TermSpec::WEIGHT => self.weight = value.try_into().map_err(refuse)?,
            TermSpec::EVERY => self.every = value.try_into().map_err(refuse)?,
            TermSpec::ARGS => self.args = Some(value.try_into().map_err(refuse)?),
            own => drop(self.arguments.insert(own.into(), value)),
        }
        self.arguments.remove(argument);
        Ok(())
    }

    const NAME: &'static str = "name";
    const WEIGHT: &'static str = "weight";
    const EVERY: &'static str = "every";
    const ARGS: &'static str = "args";
}

fn one() -> u64 {
    1
}

fn is_one(every: &u64) -> bool {
    *every == 1
}

fn unit() -> Scheduled {
    Scheduled::Constant(1.0)
}

fn is_unit(weight: &Scheduled) -> bool {
    *weight == unit()
}
