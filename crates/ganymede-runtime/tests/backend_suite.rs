//! One suite for every backend: each function of `suite/` states a behaviour, and runs for all of them.
//! The oracle is the `f64` interpreter; where a behaviour is simple enough, the expected numbers stand in the test.

#[path = "suite/arithmetic.rs"]
mod arithmetic;
#[path = "suite/contractions.rs"]
mod contractions;
#[path = "suite/errors.rs"]
mod errors;
#[path = "suite/models.rs"]
mod models;
#[path = "suite/movement.rs"]
mod movement;
#[path = "suite/random_graphs.rs"]
mod random_graphs;
#[path = "suite/states.rs"]
mod states;
#[path = "suite/support.rs"]
mod support;
#[path = "suite/training.rs"]
mod training;
