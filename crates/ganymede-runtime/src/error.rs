//! What can go wrong between a graph and its results. Not here: errors of building a graph (`ganymede-graph`).

use ganymede_graph::VerifyError;
use ganymede_kernels::arena::MemoryError;
use ganymede_kernels::pool::PoolError;
use ganymede_tensor::{DType, TensorType};

/// Why something could not be stored, loaded, written, run or read.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum RuntimeError {
    /// A name that the program or the store does not have.
    #[error("expected the name of {kind}, found `{name}`", kind = article(kind))]
    Unknown {
        /// `input`, `output` or `state`.
        kind: &'static str,
        /// The name given.
        name: String,
        /// The nearest names there are.
        similar: Vec<String>,
    },
    /// A state stands twice in a layout.
    #[error("expected every state once, found `{name}` twice")]
    DuplicateState {
        /// Its name.
        name: String,
    },
    /// A value of the wrong type.
    #[error("{kind} `{name}` expected {expected}, found {found}")]
    Type {
        /// `input`, `output` or `state`.
        kind: &'static str,
        /// Its name.
        name: String,
        /// The type there.
        expected: TensorType,
        /// The type given.
        found: TensorType,
    },
    /// Bytes of the wrong number.
    #[error("input `{name}` expected {expected} bytes, found {found}")]
    Bytes {
        /// Name of the input.
        name: String,
        /// Size of the input.
        expected: usize,
        /// Number given.
        found: usize,
    },
    /// A number that an integer input cannot hold.
    #[error("input `{name}` expected a value of type {dtype}, found {value}")]
    Scalar {
        /// Name of the input.
        name: String,
        /// Its element type.
        dtype: DType,
        /// The number given.
        value: f64,
    },
    /// A program was run before this input was written.
    #[error("program `{program}` expected input `{name}` of type {ty} to be written before it runs, found nothing")]
    MissingInput {
        /// Name of the program's graph.
        program: String,
        /// Name of the input.
        name: String,
        /// Its type.
        ty: TensorType,
    },
    /// An output was read before the first run that succeeded.
    #[error("program `{program}` expected a run before output `{name}` is read, found none")]
    NotRun {
        /// Name of the program's graph.
        program: String,
        /// Name of the output.
        name: String,
    },
    /// A program was run over a store that it was not loaded for.
    #[error("program `{program}` expected the store that it was loaded for, found another")]
    OtherStore {
        /// Name of the program's graph.
        program: String,
    },
    /// The memory that was allowed does not hold the plan.
    #[error("{what} needs {needed} bytes; of the {limit} allowed, {used} are in use")]
    MemoryLimit {
        /// `the store`, or the program.
        what: String,
        /// Bytes that it needs.
        needed: usize,
        /// Bytes that the backend may use altogether.
        limit: usize,
        /// Bytes that it uses already.
        used: usize,
    },
    /// The system gives no such memory, or (a bug of ours) a plan is broken.
    #[error("{what}: {source}")]
    Memory {
        /// `the store`, or the program.
        what: String,
        /// What is wrong.
        source: MemoryError,
    },
    /// A store was extended too often.
    #[error("expected a store to be given states at most {limit} times, found one more")]
    Extensions {
        /// How many times it can be.
        limit: usize,
    },
    /// The thread pool cannot be made.
    #[error("cannot start the threads of the cpu backend: {0}")]
    Pool(#[from] PoolError),
    /// The graph is broken: a bug of ours.
    #[error(transparent)]
    Graph(#[from] VerifyError),
    /// The backend cannot compute what a graph asks for, or a kernel refuses what it is given: a bug of ours.
    #[error("{place}: the cpu backend cannot compute {what}: {reason}")]
    Kernel {
        /// Program and scope path.
        place: String,
        /// The primitive with its types, or the kernel.
        what: String,
        /// What is missing, or what the kernel says.
        reason: String,
    },
}

ganymede_tensor::debug_as_text!(RuntimeError, RuntimeError::hint);

fn article(kind: &str) -> String {
    format!("{} {kind}", if kind.starts_with(['i', 'o']) { "an" } else { "a" })
}

impl RuntimeError {
    pub(crate) fn unknown<'a>(kind: &'static str, name: &str, known: impl Iterator<Item = &'a str>) -> RuntimeError {
        let mut near: Vec<(usize, &str)> = known.map(|k| (distance(k, name), k)).collect();
        near.sort();
        let similar = near.into_iter().take(3).map(|(_, k)| k.to_string()).collect();
        RuntimeError::Unknown { kind, name: name.to_string(), similar }
    }

    /// What to do about it, where there is one thing to do.
    pub fn hint(&self) -> Option<String> {
        match self {
            RuntimeError::Unknown { similar, .. } if similar.is_empty() => None,
            RuntimeError::Unknown { kind, similar, .. } => {
                Some(format!("the nearest {kind}s are: {}", similar.join(", ")))
            }
            RuntimeError::MemoryLimit { .. } => Some("use a smaller batch or resolution, or allow more memory".into()),
            RuntimeError::Memory { source, .. } => Some(source.hint().into()),
            RuntimeError::Extensions { .. } => Some("give the store all its states at once".into()),
            RuntimeError::Pool(source) => Some(source.hint().into()),
            RuntimeError::MissingInput { .. } => Some("write every input once before the first run".into()),
            RuntimeError::OtherStore { .. } => Some("load the program again for this store".into()),
            RuntimeError::Scalar { dtype, .. } => Some(format!("give a whole number that fits {dtype}")),
            RuntimeError::Graph(_) | RuntimeError::Kernel { .. } => {
                Some("this is a bug of ganymede; please report it with the model".into())
            }
            _ => None,
        }
    }
}

/// How many letters two names differ in, counted from both ends: enough to find a misspelling.
fn distance(a: &str, b: &str) -> usize {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let prefix = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let (a, b) = (&a[prefix..], &b[prefix..]);
    let suffix = a.iter().rev().zip(b.iter().rev()).take_while(|(x, y)| x == y).count();
    a.len().max(b.len()) - suffix
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_name_gets_the_nearest_ones() {
        let error =
            RuntimeError::unknown("state", "generator/dense/kernal", ["seed", "generator/dense/kernel"].into_iter());
        assert_eq!(error.to_string(), "expected the name of a state, found `generator/dense/kernal`");
        assert_eq!(error.hint().unwrap(), "the nearest states are: generator/dense/kernel, seed");
        let error = RuntimeError::unknown("input", "x", std::iter::empty());
        assert_eq!((error.to_string().as_str(), error.hint()), ("expected the name of an input, found `x`", None));
    }
}
