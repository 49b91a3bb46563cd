//! Every key of the small tables of a spec, with what it is: the comments of a printed spec, and the page
//! `docs/reference/spec.md`. To add a key: a line in [`KEYS`] beside its field. Not here: layers and optimizers, whose
//! arguments are Keras's; arguments of terms and augmentations, which stand where they are computed.

use super::TrainSpec;
use super::tree::Step;

/// One key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// Dotted, without numbers and names of networks: `phases.terms.weight`.
    pub key: &'static str,
    /// The values that it can have.
    pub values: &'static str,
    /// What it is, in a few words.
    pub about: &'static str,
}

const fn key(key: &'static str, values: &'static str, about: &'static str) -> Key {
    Key { key, values, about }
}

const YES_NO: &str = "`true`, `false`";
const NUMBER: &str = "a number or a schedule";

/// Every key, in the order of a spec.
pub const KEYS: &[Key] = &[
    key("format_version", "1 or 2", "version of the spec's form"),
    key("preset", "a text", "the preset that it came from: for the names of runs"),
    key("seed", "a whole number from 0", "all random numbers follow from it"),
    key("from", "a path", "a checkpoint whose networks replace the initial ones"),
    key("data", "a table", "what is trained on"),
    key("data.source", "a name such as `ring2d`, or a path", "the data; `train DATA` names other data"),
    key("data.shape", "1 to 3 sizes", "sizes of a sample, filled in from the data"),
    key("data.resolution", "`N` or `WxH`", "size of the images; their own where it is not given"),
    key("data.fit", "`crop`, `pad`, `stretch`", "how an image of another shape becomes that size"),
    key("data.channels", "1 or 3; of an array 1 to 8", "1 is grey, 3 is colour; by default what the data has"),
    key("data.range", "two numbers, the lower first", "raw values that become -1 and 1; by default by type and values"),
    key("data.reshape", "1 to 3 sizes", "sizes of one sample in an array of rows"),
    key("data.layout", "`hwc`, `chw`, `whc`, `cwh`", "order of an image's axes in an array"),
    key("data.key", "a name", "the array of samples in an .npz"),
    key("data.label_key", "a name", "the array of labels in an .npz"),
    key("data.modality", "`images`, `points`, `signals`", "what kind of data an array holds; by default by its sizes"),
    key(
        "data.background",
        "red, green, blue from 0 to 255",
        "colour under transparent pixels and around padded images",
    ),
    key("data.mirror", YES_NO, "whether each image is mirrored with probability 1/2"),
    key("data.max_bad", "a fraction from 0 to 1", "fraction of bad files or lines above which reading is an error"),
    key("data.part", "a folder's name, or `all`", "the part of the set that is used, such as `train`"),
    key(
        "data.labels",
        "a table's file, `folders`, `none`",
        "where the classes come from; by default what the data has",
    ),
    key("data.label_column", "a name, or a number from 1", "the column of that table with the classes"),
    key("data.pages", "`first`, `all`", "which pages and frames of a file are samples"),
    key("data.columns", "a table for each column", "what columns of a table are; by default found by their cells"),
    key("data.delimiter", "a character", "what separates the cells of a table; by default found"),
    key("data.header", YES_NO, "whether a table's first line names its columns; by default found"),
    key("data.rules", "a table", "rules between columns of a table; by default found"),
    key("data.target", "a column's name", "the column of a table to predict; of few values, to ask for rows by"),
    key("data.numbers", "`scores`, `modes`", "how numbers of a table are coded: by rank, or by modes"),
    key("data.condition", "`target`, `category`", "what rows are asked for by: the target, or any column's category"),
    key("data.holdout", "a fraction from 0 to 1", "kept out of training; by default 5 % from 1,000 samples up"),
    key("data.duplicates", "`keep`, `drop`", "whether samples that equal an earlier one are used"),
    key("data.use_cache", YES_NO, "whether decoded samples are kept in a file"),
    key("train", "a table", "when the training ends, and how a step goes"),
    key("train.batch", "a whole number above 0", "samples in a batch"),
    key("train.steps", "a whole number above 0", "ends after so many steps"),
    key("train.kimg", "a number above 0", "ends after so many thousand real samples"),
    key("train.minutes", "a number above 0", "ends after so many minutes of this process"),
    key("train.most_kimg", "a number above 0", "end after so many thousand samples at the latest"),
    key(
        "train.decay_from",
        "a fraction from 0 to 1",
        "the part of the training after which learning rates fall, to 2 %",
    ),
    key("train.update", "`alternating`, `simultaneous`", "whether later phases see what earlier ones changed"),
    key("train.fresh_fakes", YES_NO, "whether each phase draws its own latents"),
    key("train.fresh_reals", YES_NO, "whether each phase takes its own batch of real samples"),
    key("train.n_critic", "a whole number above 0", "discriminator updates in a step"),
    key(
        "train.micro_batches",
        "a whole number that divides the batch",
        "parts that a batch is computed in, to save memory",
    ),
    key("train.numerics", "`fast`, `strict`", "how exact convolutions are"),
    key("train.tick_every", "a whole number above 0", "steps between two lines of losses"),
    key(
        "train.snapshot_every",
        "a whole number from 0",
        "steps between two grids of samples; 0 for the first and last only",
    ),
    key(
        "train.checkpoint_every",
        "a whole number from 0",
        "steps between two checkpoints; 0 for the first and last only",
    ),
    key("train.keep", "a whole number above 0", "how many of the newest checkpoints stay; every tenth stays anyway"),
    key("latent", "a table", "the random input of the generator"),
    key("latent.distribution", "`normal`, `uniform`", "what its elements are drawn from"),
    key("augment", "a list of tables", "changes of what the discriminator sees, in order"),
    key("augment.class_name", "a name from the list below", "which change; its arguments stand beside it"),
    key("ema", "a table", "averaged weights, which samples are generated with"),
    key("ema.network", "a network's name", "the network that is averaged; by default the generator"),
    key("ema.half_life_kimg", NUMBER, "thousand images after which an old value counts half"),
    key("ema.ramp_up", NUMBER, "largest half-life as a part of the images seen so far; 0 for no limit"),
    key("evaluate", "a table", "metrics while it trains"),
    key(
        "evaluate.every_kimg",
        "a number from 0",
        "thousand real samples between two evaluations; 0 for none by samples",
    ),
    key("evaluate.parts", "a whole number from 0", "evaluations in the whole training, the last at its end"),
    key("evaluate.samples", "a whole number above 0", "samples on both sides"),
    key("evaluate.metrics", "a list of names", "which metrics; by default all"),
    key("evaluate.held_out", "`true`, `false`", "compare with samples that were held out, where they are enough"),
    key(
        "evaluate.patience",
        "a number from 0 to 1",
        "end when this part of the training brought nothing; by default never",
    ),
    key("networks", "a table for each network", "the networks by name; `generator` and `discriminator` have that role"),
    key("networks.role", "`generator`, `discriminator`, `auxiliary`", "its role; by default that of its name"),
    key("networks.layers", "a list of tables", "Keras's layers with their arguments, in order"),
    key("networks.outputs", "names of layers", "whose outputs are the network's; by default what no layer takes"),
    key("phases", "a list of tables", "what is trained by which loss, in the order of a step"),
    key("phases.name", "a text", "its name in losses and messages"),
    key("phases.trains", "names of networks", "the networks that it trains"),
    key("phases.player", "`discriminator`, `generator`", "whose loss it is; by default that of what it trains"),
    key("phases.every", "a whole number above 0", "it runs in steps that this divides"),
    key("phases.optimizer", "a table", "how its networks follow from the gradients"),
    key("phases.optimizer.class_name", "a name from the list below", "Keras's optimizers with their arguments"),
    key("phases.optimizer.learning_rate", NUMBER, "step size"),
    key("phases.optimizer.weight_decay", "a number from 0", "each update shrinks a parameter by rate times this"),
    key("phases.optimizer.clipnorm", "a number above 0", "largest norm of a parameter's gradient"),
    key("phases.optimizer.clipvalue", "a number above 0", "largest element of a gradient"),
    key("phases.optimizer.global_clipnorm", "a number above 0", "largest norm of all gradients together"),
    key("phases.optimizer.beta_1", NUMBER, "Adam: decay of the average of gradients; 0 to 0.5 is usual"),
    key("phases.optimizer.beta_2", NUMBER, "Adam: decay of the average of squares"),
    key("phases.optimizer.epsilon", "a number from 0", "keeps the divisor above 0"),
    key("phases.freeze", "names such as `discriminator/conv2d`", "layers that it leaves as they are"),
    key("phases.clip_weights", NUMBER, "after each update its parameters lie within plus and minus this"),
    key("phases.label_flip", NUMBER, "probability that real and fake are exchanged for the discriminator"),
    key("phases.top_k", NUMBER, "fraction of the fakes, the best, that the generator learns from"),
    key("phases.terms", "a list of tables", "its loss is the weighted sum of these"),
    key("phases.terms.class_name", "a name from the lists below", "an objective, a Keras loss or a regularizer"),
    key("phases.terms.name", "a text", "what its loss is shown as; by default its class_name"),
    key("phases.terms.weight", NUMBER, "its factor in the loss"),
    key(
        "phases.terms.every",
        "a whole number above 0",
        "it is in every N-th run of its phase, and counts N times there",
    ),
    key("phases.terms.args", "`[\"real\", \"fake\"]` or `[\"fake\"]`", "what a Keras loss compares"),
];

/// The key of a dotted path of a text.
fn find(path: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.key == path)
}

/// The values that the key of a path can have, if it is one of [`KEYS`].
pub(super) fn values(path: &[Step]) -> Option<&'static str> {
    let keys: Vec<&str> = path.iter().filter_map(Step::key).collect();
    let dotted = match &keys[..] {
        ["networks", _, rest @ ..] => [&["networks"], rest].concat().join("."),
        keys => keys.join("."),
    };
    // The lists stand below the table of the page, and nowhere else.
    find(&dotted).map(|key| key.values.split(" from the list").next().unwrap_or(key.values))
}

/// The path of a table in a header, without the names of networks: `networks.layers` of `networks.generator.layers`.
fn path(header: &str) -> String {
    match header.strip_prefix("networks.") {
        Some(rest) => match rest.split_once('.') {
            Some((_, rest)) => format!("networks.{rest}"),
            None => "networks".into(),
        },
        None => header.into(),
    }
}

impl TrainSpec {
    /// The spec as TOML with a comment on every key of [`KEYS`]; reading it gives the same spec.
    pub fn to_commented_toml(&self) -> String {
        let mut text = String::new();
        let mut table = String::new();
        let mut quotes = None;
        for line in self.to_toml().lines() {
            // A text of several lines stays as it is.
            if let Some(inside) = quotes {
                text.push_str(line);
                text.push('\n');
                quotes = if line.contains(inside) { None } else { Some(inside) };
                continue;
            }
            let value = line.split_once(" = ").map_or("", |(_, value)| value);
            quotes = ["\"\"\"", "'''"].into_iter().find(|mark| value.starts_with(mark) && !value[3..].contains(mark));
            let header = line.strip_prefix('[').and_then(|line| line.strip_suffix(']'));
            let header = header.map(|name| name.trim_matches(['[', ']']).to_string());
            let commented = match (&header, line.split_once(" = ")) {
                (Some(name), _) => {
                    table = path(name);
                    find(&table).filter(|key| !key.key.ends_with(".layers"))
                }
                (None, Some((name, _))) if table.is_empty() => find(name),
                (None, Some((name, _))) => find(&format!("{table}.{name}")),
                (None, None) => None,
            };
            text.push_str(line);
            if let Some(key) = commented {
                text.push_str("  # ");
                text.push_str(&key.about.replace('`', ""));
            }
            text.push('\n');
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presets::{self, PRESETS, PresetInput};
    use crate::spec::{EmaSpec, EvaluateSpec, LatentSpec, NetworkSpec, PhaseSpec, TrainSection};
    use crate::table::fields;
    use ganymede_data::DataOptions;

    /// The table has the fields of the structs, in their order, and no others.
    #[test]
    fn the_keys_are_those_that_are_read() {
        let of_table = |table: &str| -> Vec<&str> {
            let inside = |key: &&str| !key.contains('.');
            let keys = KEYS.iter().map(|key| key.key);
            match table {
                "" => keys.filter(inside).collect(),
                _ => keys.filter_map(|key| key.strip_prefix(table)?.strip_prefix('.')).filter(inside).collect(),
            }
        };
        assert_eq!(of_table(""), fields::<TrainSpec>());
        let data = [&["source", "shape"], fields::<DataOptions>()].concat();
        assert_eq!(of_table("data"), data);
        assert_eq!(of_table("train"), fields::<TrainSection>());
        assert_eq!(of_table("latent"), fields::<LatentSpec>());
        assert_eq!(of_table("ema"), fields::<EmaSpec>());
        assert_eq!(of_table("evaluate"), fields::<EvaluateSpec>());
        assert_eq!(of_table("networks"), fields::<NetworkSpec>());
        assert_eq!(of_table("phases"), fields::<PhaseSpec>());
        // What stands beside arguments has no list of its own.
        assert_eq!(of_table("phases.terms"), ["class_name", "name", "weight", "every", "args"]);
        assert_eq!(of_table("augment"), ["class_name"]);
        for key in KEYS {
            assert!(key.about.len() <= 75 && !key.values.contains('|'), "{key:?}");
        }
    }

    #[test]
    fn every_preset_is_printed_with_comments_and_read_back() {
        for entry in PRESETS {
            let mut spec = presets::preset_for(entry.name, &PresetInput::of(entry.sample)).unwrap();
            spec.evaluate = Some(toml::from_str("every_kimg = 1.5").unwrap());
            spec.augment.push(toml::from_str("class_name = 'instance_noise'").unwrap());
            let text = spec.to_commented_toml();
            assert_eq!(TrainSpec::from_toml(&text).unwrap(), spec, "{}", entry.name);
            assert_eq!(
                text.lines().map(|line| line.split("  # ").next().unwrap()).collect::<Vec<_>>().join("\n"),
                spec.to_toml().trim_end()
            );
            let plain = text.lines().filter(|line| !line.is_empty() && !line.contains("  # "));
            let mut table = "";
            for line in plain.chain([]) {
                if line.starts_with('[') {
                    table = line;
                }
                let of_layer = table.contains(".layers");
                let of_schedule = ["decay_steps", "initial_learning_rate", "end_learning_rate", "alpha", "class_name"];
                let argument = of_schedule.iter().any(|name| line.starts_with(name)) || line.starts_with("[phases");
                assert!(of_layer || argument, "{}: no comment on {line}", entry.name);
            }
        }
    }

    #[test]
    fn a_text_that_looks_like_a_comment_stays_a_text() {
        let mut spec = TrainSpec { seed: 5, preset: "a  # b = c".into(), ..TrainSpec::default() };
        spec.data.source = "[x]".into();
        let text = spec.to_commented_toml();
        assert_eq!(TrainSpec::draft(&text).unwrap().spec, spec);
        assert!(text.contains("seed = 5  # all random numbers follow from it\n"), "{text}");
    }
}
