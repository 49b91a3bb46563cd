//! `ganymede completions`: a script for a shell.

use super::{Command, Examples, root};
use crate::failure::Failure;
use crate::terminal::Terminal;
use clap::Args;
use clap_complete::Shell;

/// `ganymede completions`.
#[derive(Args, Debug)]
pub struct Completions {
    /// The shell
    shell: Shell,
}

impl Command for Completions {
    const NAME: &'static str = "completions";
    const ABOUT: &'static str = "Print a completion script for a shell";
    const EXAMPLES: Examples = &[("For bash, in this session", &["source <(ganymede completions bash)"])];

    fn run(self, terminal: &mut Terminal) -> Result<(), Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut root(), "ganymede", &mut script);
        terminal.result(String::from_utf8_lossy(&script).trim_end())
    }
}
