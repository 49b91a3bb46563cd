//! Errors of every algorithm and pass of convolutions against `f64`, with bounds: what fast and strict numerics promise.
//! Not here: the table of them (`benches/errors.rs`), any shape and its borders (`conv.rs`).

#[path = "common/errors.rs"]
mod errors;

use errors::{Case, PASSES, others, squares};
use ganymede_kernels::conv::Numerics;
use ganymede_kernels::isa::Isa;
use ganymede_kernels::pool::Pool;
use std::collections::BTreeSet;

/// Relative rms error of the worst layer in fast numerics.
const FAST: f64 = 4e-6;
/// How much more than the direct algorithm's error strict numerics may have: what rounding luck makes of a tie.
const STRICT: f64 = 1.1;

#[test]
fn strict_is_as_exact_as_direct_and_fast_within_its_bound() {
    let (pool, isa) = (Pool::new(1).unwrap(), Isa::detect());
    let mut sizes = BTreeSet::new();
    for (name, spec) in squares().into_iter().chain(others()) {
        let case = Case::new(&spec);
        for (pass, pass_name) in PASSES.iter().enumerate() {
            let (strictly, strict) = case.error(pass, Numerics::Strict, isa, &pool);
            let (fastly, fast) = case.error(pass, Numerics::Fast, isa, &pool);
            let direct = case.direct_error(pass, isa, &pool);
            let what =
                format!("{name}, {pass_name}: direct {direct:.2e}, {strictly} {strict:.2e}, {fastly} {fast:.2e}");
            assert!(strict <= STRICT * direct, "{what}");
            assert!(fast <= FAST, "{what}");
            sizes.insert(fastly);
        }
    }
    let squares = sizes.iter().filter(|name| name.starts_with("toom-cook")).count();
    assert_eq!(squares, 12, "every size has its layer: {sizes:?}");
}
