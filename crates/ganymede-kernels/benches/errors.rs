//! Errors of matrix products and convolutions against `f64`, as a Markdown table.
//!
//! `cargo bench -p ganymede-kernels --bench errors -- [--isa NAME]`

#[path = "../tests/common/errors.rs"]
mod errors;

use errors::{Case, PASSES, normal, others, relative_rms, squares};
use ganymede_kernels::conv::Numerics;
use ganymede_kernels::gemm::{MatmulSpec, matmul, scratch_len};
use ganymede_kernels::isa::Isa;
use ganymede_kernels::naive;
use ganymede_kernels::pool::Pool;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let named = arguments.iter().position(|a| a == "--isa").and_then(|at| arguments.get(at + 1));
    let isa = named.map_or(Isa::detect(), |name| Isa::from_name(name).unwrap_or_else(|e| panic!("{e}: {}", e.hint())));
    let pool = Pool::new(1).unwrap();
    println!("Instruction set {}.\n", isa.name());
    println!("| layer | pass | direct | strict | | fast | |\n|---|---|---|---|---|---|---|");
    for (name, spec) in squares().into_iter().chain(others()) {
        let case = Case::new(&spec);
        for (pass, pass_name) in PASSES.iter().enumerate() {
            let direct = case.direct_error(pass, isa, &pool);
            let (strictly, strict) = case.error(pass, Numerics::Strict, isa, &pool);
            let (fastly, fast) = case.error(pass, Numerics::Fast, isa, &pool);
            println!("| {name} | {pass_name} | {direct:.2e} | {strict:.2e} | {strictly} | {fast:.2e} | {fastly} |");
        }
    }
    println!("\n| matrix product (m x k) · (k x n) | error |\n|---|---|");
    for (m, k, n) in [(256, 256, 256), (64, 1024, 256), (64, 100, 8192), (16, 4096, 16), (500, 256, 1)] {
        let spec = MatmulSpec { batch: 1, m, n, k, transpose_a: false, transpose_b: false };
        let (a, b) = (normal("a", m * k), normal("b", k * n));
        let mut c = vec![f32::NAN; m * n];
        let mut scratch = vec![f32::NAN; scratch_len(&spec, 1)];
        matmul(&pool, isa, &spec, &a, &b, &mut c, &mut scratch, None).unwrap();
        let error = relative_rms(&c, &naive::gemm::matmul_f64(&spec, &a, &b));
        println!("| ({m} x {k}) · ({k} x {n}) | {error:.2e} |");
    }
}
