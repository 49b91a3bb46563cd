//! `ganymede sample`: draws from a run. Sample of seed s is the same in any batch and any grid.

use super::{Command, Examples};
use crate::failure::{Failure, USAGE};
use crate::flags::{GeneratorFlags, MachineFlags, seeds};
use crate::sample_labels;
use crate::samples_folder::Origin;
use crate::terminal::Terminal;
use clap::Args;
use ganymede_data::{Codec, LABEL, Wish, class_list, class_number};
use ganymede_gan::{GanError, Labels, Sampler, Seeds, rows_by_class, run_dir};
use ganymede_tensor::Tensor;
use serde_json::json;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

/// How many are drawn when nothing is said.
const DEFAULT_COUNT: u64 = 64;
/// Most samples in one image.
const LARGEST_GRID: u64 = 10_000;
/// Samples that are in memory at a time when each has a file of its own.
pub(super) const CHUNK: u64 = 256;

/// `ganymede sample`.
#[derive(Args, Debug)]
pub struct Sample {
    /// How many [default: 64, or as many as there are seeds]
    #[arg(short = 'n', long = "count", value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,
    /// Seed of the first, or seeds from A to B
    #[arg(long, value_name = "S|A-B", default_value = "0")]
    seed: String,
    /// All in one image [default: one named after run and seeds, in the current folder]
    #[arg(long, value_name = "FILE", conflicts_with = "out")]
    grid: Option<PathBuf>,
    /// In the form of the data in this folder: a file each, or an array of all
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Write into --out also where it holds files of another origin, over those of the same names
    #[arg(long, requires = "out")]
    overwrite: bool,
    /// All of this class, by its name, or its number as '#7' [default: each class in turn]
    #[arg(long, value_name = "CLASS")]
    class: Option<String>,
    /// All with this value of a condition: a class, a number, or numbers separated by commas; may be repeated
    #[arg(long = "where", value_name = "FIELD=VALUE", conflicts_with = "class")]
    wishes: Vec<String>,
    /// Conditions from a CSV file: a column for each field, a line for each sample; the sample of seed s has line s, from 0 on
    #[arg(long, value_name = "FILE", conflicts_with_all = ["class", "wishes"])]
    conditions: Option<PathBuf>,
    /// Latents within ±T standard deviations: fewer kinds of samples, each nearer to the usual
    #[arg(long, value_name = "T")]
    truncation: Option<f64>,
    #[command(flatten)]
    generator: GeneratorFlags,
    #[command(flatten)]
    machine: MachineFlags,
    /// Results as JSON, one object a line
    #[arg(long)]
    json: bool,
}

impl Command for Sample {
    const NAME: &'static str = "sample";
    const ABOUT: &'static str = "Draw samples from a run";
    const EXAMPLES: Examples = &[
        ("A grid of 64", &["ganymede sample runs/00000-dcgan-fashion-mnist --grid clothes.png"]),
        (
            "Seeds 100 to 199, each a file",
            &["ganymede sample runs/00000-dcgan-fashion-mnist --seed 100-199 --out clothes"],
        ),
        (
            "One class of a conditional run",
            &["ganymede sample runs/00003-cgan-fashion-mnist --class 7 --grid shoes.png"],
        ),
        (
            "As the generator was after 500 steps",
            &["ganymede sample runs/00000-dcgan-fashion-mnist --checkpoint 500 --grid early.png"],
        ),
    ];

    fn run(self, terminal: &mut Terminal) -> Result<(), Failure> {
        let seeds = seeds(&self.seed, self.count, DEFAULT_COUNT)?;
        if let Some(file) = self.grid.as_ref().filter(|f| !f.extension().is_some_and(|e| e.eq_ignore_ascii_case("png")))
        {
            let text = format!("--grid: expected a file name that ends in .png, found {}", file.display());
            let hint = format!("--grid {}", file.with_extension("png").display());
            return Err(Failure::new(USAGE, text).with_hint(hint));
        }
        let spec = run_dir::read_spec(&self.generator.at.run)?;
        let machine = self.machine.machine(spec.train.numerics)?;
        let (mut sampler, codec, checkpoint) =
            Sampler::open(&self.generator.at.run, self.generator.options(self.truncation), &machine.backend)
                .map_err(|e| machine.explain(e))?;
        terminal.say(&format!("checkpoint  {}", checkpoint.display()));
        let labels = match &self.class {
            Some(class) => {
                let label = label(class, &sampler, &codec)?;
                terminal.say(&format!("class       #{label} {}", codec.classes()[label as usize]));
                Labels::All(label)
            }
            None => {
                if sampler.classes() > 0 && self.conditions.is_none() && self.wishes.is_empty() {
                    terminal.say(&format!("classes     each in turn: {}", class_list(codec.classes(), 12)));
                }
                Labels::InTurn
            }
        };
        if let Some(batches) = self.generator.standing_statistics.filter(|_| !sampler.given().is_empty()) {
            let known = sampler.known_conditions().join(", ");
            terminal.say(&format!("statistics  of {batches} batches under conditions by chance: {known}"));
        }
        let wish = self.wish(&codec)?;
        let classes = sampler.classes();
        // The class that each sample is asked to be.
        let asked = |seeds: Seeds| -> Result<Vec<String>, Failure> {
            if classes == 0 {
                return Ok(Vec::new());
            }
            let in_turn = match labels {
                Labels::All(label) => Wish::label(label),
                _ => Wish::in_turn(),
            };
            let given = codec.conditions(wish.as_ref().unwrap_or(&in_turn), seeds)?;
            let labels = given.iter().find(|(name, _)| name == LABEL).map(|(_, labels)| labels.to_f64());
            let name = |label: f64| codec.classes().get(label as usize).cloned().unwrap_or_default();
            Ok(labels.unwrap_or_default().into_iter().map(name).collect())
        };
        if let Some(folder) = &self.out {
            let options = self.told(&codec, labels);
            let (run, asked) = (&self.generator.at.run, (options, self.conditions.as_deref()));
            Origin::of(run, &checkpoint, sampler.network(), asked, &seeds)?.claim(folder, self.overwrite)?;
        }
        let mut draw = |seeds| match &wish {
            Some(wish) => sampler.draw_as(seeds, wish),
            None => sampler.draw(seeds, labels),
        };
        // Of each class in turn a row each; of what was asked for, as many in a row as in a column.
        let classes = if wish.is_none() && self.class.is_none() { classes } else { 0 };
        match &self.out {
            Some(folder) => self.files(folder, seeds, &mut draw, (&codec, &asked), terminal),
            None => self.image(seeds, &mut draw, (&codec, classes), &checkpoint, terminal),
        }
    }
}

/// What draws the samples of some seeds.
type Draw<'a> = dyn FnMut(Seeds) -> Result<Tensor, GanError> + 'a;

/// The classes that the samples of some seeds are asked to be; none where the generator takes no labels.
type Asked<'a> = dyn Fn(Seeds) -> Result<Vec<String>, Failure> + 'a;

/// The label of a class that is named or numbered.
fn label(class: &str, sampler: &Sampler, codec: &Codec) -> Result<u32, Failure> {
    if sampler.classes() == 0 {
        let text = "--class: the run's generator takes no labels: it cannot draw a class alone";
        return Err(Failure::new(USAGE, text).with_hint("train a conditional preset (`ganymede presets` lists them)"));
    }
    class_number(codec.classes(), class).map_err(|reason| {
        let hint = format!("the run's classes: {}", class_list(codec.classes(), 100));
        Failure::new(USAGE, format!("--class: {reason}")).with_hint(hint)
    })
}

impl Sample {
    /// What is asked of the fields that the generator is given.
    fn wish(&self, codec: &Codec) -> Result<Option<Wish>, Failure> {
        if let Some(file) = &self.conditions {
            return Ok(Some(Wish::from_file(codec, file)?));
        }
        let add = |wish: Wish, text: &String| {
            let (field, value) = text.split_once('=').ok_or_else(|| {
                let text = format!("--where: expected FIELD=VALUE, found `{text}`");
                Failure::new(USAGE, text).with_hint("such as --where label=cat")
            })?;
            Ok(wish.with(codec, field.trim(), value)?)
        };
        match self.wishes.is_empty() {
            true => Ok(None),
            false => self.wishes.iter().try_fold(Wish::in_turn(), add).map(Some),
        }
    }

    /// What is asked of the generator besides seeds, in words.
    fn told(&self, codec: &Codec, labels: Labels<'_>) -> String {
        let mut told = Vec::new();
        if let Labels::All(label) = labels {
            let name = codec.classes().get(label as usize).cloned().unwrap_or_default();
            told.push(format!("class {label} {name}"));
        }
        told.extend(self.wishes.iter().cloned());
        told.extend(self.truncation.map(|t| format!("truncation {t}")));
        told.extend(self.generator.standing_statistics.map(|n| format!("standing statistics {n}")));
        told.join(", ")
    }

    fn files(
        &self,
        folder: &Path,
        seeds: RangeInclusive<u64>,
        draw: &mut Draw<'_>,
        (codec, asked): (&Codec, &Asked<'_>),
        terminal: &mut Terminal,
    ) -> Result<(), Failure> {
        let (mut first, end) = (*seeds.start(), seeds.end().checked_add(1).ok_or_else(last_seed)?);
        while first < end {
            let next = end.min(first.saturating_add(CHUNK));
            let drawn = draw(first..next)?;
            let files = codec.write_samples(folder, *seeds.start()..end, first, &drawn)?;
            // Else it is one file of all, such as an array.
            let alone = files.len() as u64 == next - first;
            let classes = asked(first..next)?;
            if alone && !classes.is_empty() {
                let names =
                    files.iter().map(|file| file.file_name().unwrap_or_default().to_string_lossy().into_owned());
                sample_labels::add(folder, names.zip(classes))?;
            }
            for (seed, file) in (first..).zip(files) {
                let line = match self.json {
                    true if alone => json!({ "kind": "sample", "seed": seed, "file": file }).to_string(),
                    true => json!({ "kind": "samples", "first": seeds.start(), "last": seeds.end(), "file": file })
                        .to_string(),
                    false => file.display().to_string(),
                };
                terminal.result(&line)?;
            }
            first = next;
        }
        Ok(())
    }

    fn image(
        &self,
        seeds: RangeInclusive<u64>,
        draw: &mut Draw<'_>,
        (codec, classes): (&Codec, u64),
        checkpoint: &Path,
        terminal: &mut Terminal,
    ) -> Result<(), Failure> {
        let (first, last) = (*seeds.start(), *seeds.end());
        let count = (last - first).saturating_add(1);
        if count > LARGEST_GRID {
            let text = format!("expected at most {LARGEST_GRID} samples in an image, found {count}");
            return Err(Failure::new(USAGE, text).with_hint("--out DIR writes them in the form of the data"));
        }
        let file = match &self.grid {
            Some(file) => file.clone(),
            None => {
                let name = |path: &Path| path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
                let run = self.generator.at.run.canonicalize().unwrap_or_else(|_| self.generator.at.run.clone());
                format!("{}-{}-seeds-{first}-{last}.png", name(&run), name(checkpoint)).into()
            }
        };
        let drawn = draw(first..last.checked_add(1).ok_or_else(last_seed)?)?;
        let (drawn, columns) = match classes {
            2.. if codec.shape().len() == 3 => rows_by_class(&drawn, first, classes),
            _ => (drawn, (count as f64).sqrt().ceil() as usize),
        };
        codec.write_grid(&file, &drawn, columns)?;
        match self.json {
            true => terminal.result(&json!({ "kind": "grid", "first": first, "last": last, "file": file }).to_string()),
            false => terminal.result(&file.display().to_string()),
        }
    }
}

fn last_seed() -> Failure {
    Failure::new(USAGE, format!("expected seeds below {}", u64::MAX))
}
