//! The commands: one file each, and the table of all of them. To add one: a file here with a struct that
//! implements [`Command`] (its flags are its fields) and a line in [`COMMANDS`]; `--help`, completions and
//! the snapshot test follow from the table. Flags that several share are in `flags.rs`.

mod bench;
mod check;
mod clean;
mod completions;
mod data;
mod evaluate;
mod export;
mod import;
mod presets;
mod resume;
mod runs;
mod sample;
mod sample_fill;
mod sample_rows;
mod summary;
mod train;
mod verify;

use crate::failure::{Failure, USAGE};
use crate::terminal::Terminal;
use clap::{ArgMatches, Args};

/// What somebody wants, and the lines that do it.
type Examples = &'static [(&'static str, &'static [&'static str])];

/// One command. Its fields are its flags.
trait Command: Args {
    /// Its name on the command line.
    const NAME: &'static str;
    /// One sentence for lists.
    const ABOUT: &'static str;
    /// Commands that one may copy.
    const EXAMPLES: Examples;

    /// Does it.
    ///
    /// # Errors
    /// Whatever keeps it from its end.
    fn run(self, terminal: &mut Terminal) -> Result<(), Failure>;
}

/// An entry of the table.
struct Entry {
    name: &'static str,
    build: fn() -> clap::Command,
    run: fn(&ArgMatches, &mut Terminal) -> Result<(), Failure>,
}

const fn entry<C: Command>() -> Entry {
    Entry {
        name: C::NAME,
        build: || {
            let command = C::augment_args(clap::Command::new(C::NAME));
            // A negative number is a bad value, not a flag.
            let command = command.mut_args(|arg| match arg.get_action().takes_values() {
                true => arg.allow_negative_numbers(true),
                false => arg,
            });
            command.about(C::ABOUT).after_help(show(C::EXAMPLES))
        },
        run: |matches, terminal| {
            let command = C::from_arg_matches(matches).map_err(|e| Failure::new(USAGE, e.to_string()))?;
            command.run(terminal)
        },
    }
}

/// Every command, in the order of `--help`.
const COMMANDS: &[Entry] = &[
    entry::<train::Train>(),
    entry::<resume::Resume>(),
    entry::<sample::Sample>(),
    entry::<evaluate::Evaluate>(),
    entry::<export::Export>(),
    entry::<import::Import>(),
    entry::<runs::Runs>(),
    entry::<summary::Summary>(),
    entry::<check::Check>(),
    entry::<presets::Presets>(),
    entry::<data::Data>(),
    entry::<verify::Verify>(),
    entry::<clean::Clean>(),
    entry::<bench::Bench>(),
    entry::<completions::Completions>(),
];

const EXAMPLES: Examples = &[
    ("Train on the images that ship with ganymede, about five minutes on two cores", &["ganymede train"]),
    ("Train on a folder of images", &["ganymede train photos --resolution 64"]),
    ("Generate 16 samples from a run", &["ganymede sample runs/00000-quick-fashion-mnist -n 16"]),
];

const EXIT_CODES: &str = "\
Exit codes: 0 done, 1 something to fix, 2 usage, 3 bad data, 4 the training diverged,
5 out of memory or disk, 130 interrupted (what was done is saved).";

fn show(examples: Examples) -> String {
    let one = |(what, lines): &(&str, &[&str])| format!("  {what}:\n    {}", lines.join("\n    "));
    let all: Vec<String> = examples.iter().map(one).collect();
    format!("Examples:\n{}", all.join("\n"))
}

/// The whole command line.
pub fn root() -> clap::Command {
    let root = clap::Command::new("ganymede")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Trains generative adversarial networks")
        .after_help(format!("{}\n\n{EXIT_CODES}", show(EXAMPLES)))
        .max_term_width(110)
        .subcommand_required(true)
        .arg_required_else_help(true);
    COMMANDS.iter().fold(root, |root, entry| root.subcommand((entry.build)()))
}

/// Runs the command that was asked for.
///
/// # Errors
/// What it gives.
pub fn run(matches: &ArgMatches, terminal: &mut Terminal) -> Result<(), Failure> {
    let asked =
        matches.subcommand().and_then(|(name, matches)| Some((COMMANDS.iter().find(|c| c.name == name)?, matches)));
    match asked {
        Some((entry, matches)) => (entry.run)(matches, terminal),
        None => Err(Failure::new(USAGE, "expected a command").with_hint("`ganymede --help` lists them")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_makes_sense() {
        root().debug_assert();
    }

    #[test]
    fn help_is_complete() {
        let mut root = root().term_width(110);
        root.build();
        for entry in COMMANDS {
            let command = root.find_subcommand_mut(entry.name).unwrap();
            for argument in command.get_arguments() {
                assert!(argument.get_help().is_some(), "{} {}", entry.name, argument.get_id());
            }
            insta::assert_snapshot!(entry.name, command.render_help().to_string());
        }
        insta::assert_snapshot!("ganymede", root.render_help().to_string());
    }
}
