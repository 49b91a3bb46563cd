//! Static graphs of tensor primitives.
//!
//! A [`Builder`] records primitives through [`Expr`] handles and gives a [`Graph`]: a list of
//! nodes in topological order, with named inputs, states, outputs and assignments. Gradients are
//! nodes of the same primitives ([`Expr::grad`]), so they can be differentiated again. The meaning
//! of every primitive is given in `f64` by its `interpret` rule, and [`interpret`](mod@interpret)
//! runs a whole graph with it: the oracle of every backend.
//!
//! Nothing here does I/O, starts a thread or reads a clock; running fast is `ganymede-runtime`,
//! layers are `ganymede-nn`.
#![forbid(unsafe_code)]

mod autodiff;
mod builder;
mod compose;
mod error;
mod expr;
mod graph;
pub mod interpret;
pub mod ops;
pub mod passes;
pub mod plan;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod text;
mod verify;

pub use builder::{Builder, Randomness, ScopeGuard};
pub use compose::concat;
pub use error::{BuildError, BuildErrors, TypeError};
pub use expr::{Expr, IntoExpr};
pub use graph::{Graph, Node, NodeId, ScopeId};
pub use interpret::Array;
pub use ops::{Op, Primitive};
pub use verify::VerifyError;
