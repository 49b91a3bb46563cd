//! How a command ends badly: the exit code, `error:`, `caused by:`, `hint:`. Not here: what went wrong,
//! which each crate's errors say.

use crate::terminal::{Colour, Terminal};
use ganymede_data::DataError;
use ganymede_gan::GanError;
use ganymede_interop::InteropError;
use ganymede_runtime::RuntimeError;
use std::error::Error;
use std::io::ErrorKind;

/// Something that the user can fix.
pub const USER: u8 = 1;
/// Arguments that are not those of a command.
pub const USAGE: u8 = 2;
/// Data that cannot be used.
pub const DATA: u8 = 3;
/// A training diverged: a number is not finite, or a loss ran away.
pub const DIVERGED: u8 = 4;
/// Not enough memory or disk.
pub const RESOURCES: u8 = 5;
/// A signal came; what was done is saved.
pub const INTERRUPTED: u8 = 130;

/// Why a command ends before its end.
#[derive(Debug)]
pub struct Failure {
    code: u8,
    /// Nothing is printed when it is empty.
    message: String,
    causes: Vec<String>,
    hint: Option<String>,
}

impl Failure {
    /// With a message.
    pub fn new(code: u8, message: impl Into<String>) -> Failure {
        Failure { code, message: message.into(), causes: Vec::new(), hint: None }
    }

    /// A failure without a message: everything was printed already, or nobody reads the output any more.
    pub fn quiet(code: u8) -> Failure {
        Failure::new(code, "")
    }

    /// The same with something to do about it.
    pub fn with_hint(self, hint: impl Into<String>) -> Failure {
        Failure { hint: Some(hint.into()), ..self }
    }

    /// The exit code.
    pub fn code(&self) -> u8 {
        self.code
    }

    /// Prints it, and writes it into the run's log if there is one.
    pub fn show(&self, terminal: &mut Terminal) {
        if self.message.is_empty() {
            return;
        }
        terminal.labelled("error", Colour::Red, &self.message);
        for cause in &self.causes {
            terminal.labelled("caused by", Colour::Red, cause);
        }
        if let Some(hint) = &self.hint {
            terminal.labelled("hint", Colour::Cyan, hint);
        }
    }

    /// With the chain of causes, but for those that the message above says already.
    fn of(code: u8, error: &dyn Error, hint: Option<String>) -> Failure {
        let mut failure = Failure { hint, ..Failure::new(code, error.to_string()) };
        let mut next = error.source();
        while let Some(cause) = next {
            let text = cause.to_string();
            if !failure.causes.last().unwrap_or(&failure.message).contains(&text) {
                failure.causes.push(text);
            }
            next = cause.source();
        }
        failure
    }
}

impl From<GanError> for Failure {
    fn from(error: GanError) -> Failure {
        Failure::of(gan_code(&error), &error, error.hint())
    }
}

impl From<DataError> for Failure {
    fn from(error: DataError) -> Failure {
        Failure::of(data_code(&error), &error, error.hint())
    }
}

impl From<RuntimeError> for Failure {
    fn from(error: RuntimeError) -> Failure {
        Failure::of(runtime_code(&error), &error, error.hint())
    }
}

impl From<InteropError> for Failure {
    fn from(error: InteropError) -> Failure {
        let code = match &error {
            InteropError::Gan(error) => gan_code(error),
            InteropError::Io { source, .. } => io_code(source.kind()),
            InteropError::Argument { .. } => USAGE,
            _ => USER,
        };
        Failure::of(code, &error, error.hint())
    }
}

fn gan_code(error: &GanError) -> u8 {
    match error {
        GanError::InFile { source, .. } => gan_code(source),
        GanError::Edit { .. } => USAGE,
        GanError::Data(error) => data_code(error),
        GanError::Runtime(error) => runtime_code(error),
        GanError::Memory { .. } => RESOURCES,
        GanError::Io { source, .. } => io_code(source.kind()),
        GanError::NonFinite { .. } | GanError::Runaway { .. } => DIVERGED,
        GanError::Interrupted => INTERRUPTED,
        _ => USER,
    }
}

fn data_code(error: &DataError) -> u8 {
    match error {
        DataError::Io { source, .. } => io_code(source.kind()),
        DataError::MemoryLimit { .. } => RESOURCES,
        DataError::NotFound { .. }
        | DataError::Ambiguous { .. }
        | DataError::MixedSizes { .. }
        | DataError::Option { .. } => USER,
        DataError::UnknownData { .. }
        | DataError::Malformed { .. }
        | DataError::Unsupported { .. }
        | DataError::Limit { .. }
        | DataError::LabelCount { .. }
        | DataError::Empty { .. }
        | DataError::TooManyBad { .. } => DATA,
        _ => USER,
    }
}

fn runtime_code(error: &RuntimeError) -> u8 {
    match error {
        RuntimeError::MemoryLimit { .. } | RuntimeError::Memory { .. } => RESOURCES,
        _ => USER,
    }
}

fn io_code(kind: ErrorKind) -> u8 {
    match kind {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::OutOfMemory => RESOURCES,
        _ => USER,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    #[test]
    fn causes_are_said_once() {
        let io = std::io::Error::from(ErrorKind::StorageFull);
        let failure = Failure::from(GanError::Io { path: "x".into(), action: "write", source: io });
        assert_eq!((failure.code, failure.causes.len()), (RESOURCES, 0));
        let io = std::io::Error::from(ErrorKind::PermissionDenied);
        let failure = Failure::from(DataError::Io { path: "x".into(), doing: "read", source: io });
        assert_eq!((failure.code, failure.causes.as_slice()), (USER, ["permission denied".to_string()].as_slice()));
    }

    #[test]
    fn codes_follow_the_kind_of_error() {
        let diverged = GanError::NonFinite {
            step: 1,
            value: None,
            phase: "d".into(),
            what: vec!["x".into()],
            checkpoint: PathBuf::new(),
            rate: None,
        };
        assert_eq!(Failure::from(diverged).code, DIVERGED);
        let memory = GanError::Memory { needed: 2, available: 1, limit: "available memory" };
        assert_eq!(Failure::from(memory).code, RESOURCES);
        let empty = GanError::Data(DataError::Empty { path: "x".into(), what: "image" });
        assert_eq!(Failure::from(empty.in_file(&PathBuf::from("spec.toml"))).code, DATA);
    }
}
