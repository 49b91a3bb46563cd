//! The `ganymede` command: reads the words, runs a command, turns its end into an exit code. Not here:
//! what a command does (`commands/`), training (`ganymede-gan`).
#![forbid(unsafe_code)]

mod commands;
mod ending;
mod failure;
mod flags;
mod known_names;
mod numbers;
mod profile;
mod progress;
mod sample_labels;
mod samples_folder;
mod score_table;
mod setup;
mod signals;
mod spec_flags;
mod stages;
mod status;
mod terminal;
mod whole;
mod workloads;
mod wrap;

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut terminal = terminal::Terminal::new();
    let matches = commands::root().get_matches();
    match commands::run(&matches, &mut terminal) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            failure.show(&mut terminal);
            ExitCode::from(failure.code())
        }
    }
}
