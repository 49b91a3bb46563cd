//! Static graphs of tensor primitives.
//!
//! A [`Builder`] records primitives through [`Expr`] handles and gives a [`Graph`]: a list of
//! nodes in topological order, with named inputs, states, outputs and assignments. Gradients are
//! nodes of the same primitives ([`Expr::grad`]), so they can be differentiated again. The meaning
//! of every primitive is given in `f64` by its `interpret` rule, and [`interpret`](mod@interpret)
//! runs a whole graph with it: the oracle of every backend.
//!
//! ```
//! use ganymede_graph::{Array, Builder, interpret};
//! use ganymede_tensor::TensorType;
//! use std::collections::{BTreeMap, HashMap};
//!
//! let builder = Builder::new("loss");
//! let x = builder.input("x", TensorType::f32([3]));
//! let weight = builder.state("weight", TensorType::f32([3]));
//! let loss = (x * weight).square().mean();
//! builder.output("loss", loss);
//! builder.assign("weight", weight - loss.grad(&[weight])[0] * builder.scalar("rate"));
//! let graph = builder.finish()?;
//!
//! let mut states = BTreeMap::from([("weight".to_string(), Array::new([3], vec![1.0, 0.0, -1.0]))]);
//! let inputs = HashMap::from([
//!     ("x".to_string(), Array::new([3], vec![3.0, 2.0, 3.0])),
//!     ("rate".to_string(), Array::scalar(0.1)),
//! ]);
//! let outputs = interpret::run(&graph, &inputs, &mut states)?;
//! assert_eq!(outputs["loss"].data, [6.0]);
//! assert!((states["weight"].data[0] - 0.4).abs() < 1e-12, "1 − 0.1 · 2·3²/3");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
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
