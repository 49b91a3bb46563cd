//! How a written command is shortened, so that all of them take a minute: lengths, and nothing else. Not here: what runs it.
//!
//! - `train` ends after 2 steps of batches of 4; a `resume`, also as `train --outdir RUN`, goes 2 steps further;
//! - `evaluate` takes 64 samples and one metric; `bench` times a step of a batch of 2;
//! - a checkpoint that is asked for is the first one, of step 0;
//! - everything computes on one thread;
//! - `cargo run --release --` is the command, `--example NAME --` the example, as the tests have built them.

/// How long a training is, in any of its forms; the first is what is written instead.
const LENGTHS: [&str; 4] = ["--steps", "--minutes", "--kimg", "--epochs"];

/// The shortener of a page.
#[derive(Default)]
pub struct Shortener {
    /// Resumes so far: each goes further than the one before.
    resumes: u64,
}

impl Shortener {
    /// A command as it is run.
    pub fn shorten(&mut self, written: &str) -> String {
        let line = written.find(" # ").map_or(written, |at| &written[..at]).trim();
        let line = line.replace("cargo run --release --example ", "example-");
        let mut words: Vec<String> = line.split_whitespace().map(str::to_string).collect();
        let Some(program) = words.first().cloned() else { return line };
        if program.starts_with("example-") {
            words.retain(|word| word != "--");
            set(&mut words, &["--steps"], "2");
            return words.join(" ");
        }
        if program != "ganymede" {
            return line;
        }
        let computes = ["train", "resume", "sample", "evaluate", "verify", "bench"];
        let command = words.get(1).cloned().unwrap_or_default();
        let of_a_run = words.windows(2).any(|pair| pair[0] == "--outdir" && pair[1].starts_with("runs/"));
        match command.as_str() {
            "resume" | "train" if command == "resume" || of_a_run => {
                self.resumes += 1;
                set(&mut words, &LENGTHS, &(2 + 2 * self.resumes).to_string());
            }
            "train" => {
                set(&mut words, &LENGTHS, "2");
                if !line.contains("train.batch=") {
                    set(&mut words, &["--batch"], "4");
                }
            }
            "evaluate" => {
                set(&mut words, &["--n"], "64");
                if !words.iter().any(|word| word == "--metric") {
                    words.extend(["--metric".into(), "sliced_wasserstein".into()]);
                }
            }
            "bench" if words.len() > 2 => {
                set(&mut words, &["--steps"], "1");
                set(&mut words, &["--batch"], "2");
            }
            _ => {}
        }
        if words.iter().any(|word| word == "--checkpoint") {
            set(&mut words, &["--checkpoint"], "0");
        }
        if computes.contains(&command.as_str()) && words.len() > 2 && !words.iter().any(|word| word == "--threads") {
            words.extend(["--threads".into(), "1".into()]);
        }
        words.join(" ")
    }
}

/// Gives the first of these options the value, and takes the others away.
fn set(words: &mut Vec<String>, options: &[&str], value: &str) {
    while let Some(at) = words.iter().position(|word| options.contains(&word.as_str())) {
        words.drain(at..(at + 2).min(words.len()));
    }
    // Before a redirection, as one would write it.
    let at = words.iter().position(|word| word == ">").unwrap_or(words.len());
    words.splice(at..at, [options[0].to_string(), value.to_string()]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_shortened_and_nothing_else() {
        let mut shortener = Shortener::default();
        for (written, run) in [
            ("ganymede train     # the default", "ganymede train --steps 2 --batch 4 --threads 1"),
            (
                "ganymede train --minutes 20 --batch 32 --set ema.half_life_kimg=5",
                "ganymede train --set ema.half_life_kimg=5 --steps 2 --batch 4 --threads 1",
            ),
            ("ganymede train photos --epochs 20", "ganymede train photos --steps 2 --batch 4 --threads 1"),
            ("ganymede resume runs/00000-mlp-ring2d", "ganymede resume runs/00000-mlp-ring2d --steps 4 --threads 1"),
            (
                "ganymede train --outdir runs/00000-mlp-ring2d --steps 5000",
                "ganymede train --outdir runs/00000-mlp-ring2d --steps 6 --threads 1",
            ),
            (
                "ganymede evaluate runs/00000-mlp-ring2d --checkpoint 500 --n 1000",
                "ganymede evaluate runs/00000-mlp-ring2d --n 64 --metric sliced_wasserstein --checkpoint 0 --threads 1",
            ),
            (
                "ganymede sample last --class '#7' --grid a.png  # a shoe",
                "ganymede sample last --class '#7' --grid a.png --threads 1",
            ),
            ("ganymede presets dcgan > mine.toml   # a spec", "ganymede presets dcgan > mine.toml"),
            ("ganymede bench", "ganymede bench"),
            ("ganymede bench dcgan --batch 64", "ganymede bench dcgan --steps 1 --batch 2 --threads 1"),
            ("cargo run --release --example ring2d -- --steps 200", "example-ring2d --steps 2"),
            ("diff -r runs/*-one runs/*-two     # no difference", "diff -r runs/*-one runs/*-two"),
        ] {
            assert_eq!(shortener.shorten(written), run);
        }
    }
}
