//! Fused regions against their naive meaning, on every instruction set, for 1 to 4 threads.

mod epilogues;
mod random_regions;

use ganymede_kernels::arena::{bytes_of, bytes_of_mut, view};
use ganymede_kernels::fused::{
    Binary, Buffer, Compiled, Constant, Instruction, Operand, Output, Reduction, Region, Unary,
};
use ganymede_kernels::isa::Isa;
use ganymede_kernels::naive;
use ganymede_kernels::pool::Pool;
use ganymede_tensor::{DType, Rng};

/// Memory for elements of any type; aligned for all of them.
type Words = Vec<u32>;

fn pools() -> Vec<Pool> {
    (1..=4).map(|threads| Pool::new(threads).unwrap()).collect()
}

/// Runs the compiled region on copies of `writes`.
fn run(compiled: &Compiled, pool: &Pool, isa: Isa, reads: &[Words], writes: &[Words]) -> Vec<Words> {
    let reads: Vec<&[u8]> = reads.iter().map(|words| bytes_of(words)).collect();
    let mut results = writes.to_vec();
    let mut views: Vec<&mut [u8]> = results.iter_mut().map(|w| bytes_of_mut(w)).collect();
    let needed = compiled.scratch_len();
    let mut scratch = vec![f32::MAX; needed + 32];
    compiled.run(pool, isa, &reads, &mut views, &mut scratch[..needed]).unwrap();
    assert!(scratch[needed..].iter().all(|&x| x == f32::MAX), "written beyond scratch");
    results
}

fn run_naive(region: &Region, reads: &[Words], writes: &[Words]) -> Vec<Words> {
    let reads: Vec<&[u8]> = reads.iter().map(|words| bytes_of(words)).collect();
    let mut results = writes.to_vec();
    let mut views: Vec<&mut [u8]> = results.iter_mut().map(|w| bytes_of_mut(w)).collect();
    naive::fused::run(region, &reads, &mut views);
    results
}

/// Room for so many bytes, and some more that must stay as it is.
fn words(bytes: usize) -> Words {
    vec![0xdddd_dddd; bytes.div_ceil(4) + 32]
}

fn floats(rng: &mut Rng, n: usize) -> Words {
    (0..n).map(|_| ((rng.normal() * 2.0) as f32).to_bits()).collect()
}

/// Equal as numbers: two NaNs are, and so are both zeros.
fn same_floats(a: &Words, b: &Words) -> bool {
    a.iter().zip(b).all(|(&x, &y)| {
        let (f, g) = (f32::from_bits(x), f32::from_bits(y));
        x == y || f == g || f.is_nan() && g.is_nan()
    })
}

/// mean-free sums that are not exact: close to the sum in f64, and the same bytes for any number of threads.
#[test]
fn large_reductions_are_accurate_and_deterministic() {
    let pools = pools();
    let mut rng = Rng::new(3, 0);
    let shapes: [(&[usize], &[usize]); 9] = [
        (&[100_003], &[0]),
        (&[1000, 128], &[0]),
        (&[40_000, 3], &[0]),
        (&[40_000, 1], &[0, 1]),
        (&[64, 4900], &[0]),
        (&[300, 1025], &[1]),
        (&[20_000, 10], &[1]),
        (&[16, 49, 160], &[1]),
        (&[4, 64, 16, 33], &[1, 3]),
    ];
    for (extent, axes) in shapes {
        let total: usize = extent.iter().product();
        let data = floats(&mut rng, total);
        let mut region = Region { extent: extent.to_vec(), ..Region::default() };
        region.operands.push(Operand::dense(Buffer::Read(0), DType::F32, extent));
        region.instructions =
            vec![Instruction::Load(0), Instruction::Binary(Binary::Mul, 0, 0), Instruction::Unary(Unary::Abs, 0)];
        for (write, (register, kind)) in
            [(0, Reduction::Sum), (1, Reduction::Sum), (2, Reduction::Sum), (0, Reduction::Max)].into_iter().enumerate()
        {
            region.outputs.push(Output::Reduce { register, kind, axes: axes.to_vec(), write });
        }
        region.outputs.push(Output::dense(1, 4, extent));
        let compiled = Compiled::new(&region).unwrap();
        let writes: Vec<Words> = compiled.write_bytes().map(words).collect();
        let reads = [data];
        let expected = run_naive(&region, &reads, &writes);
        let fastest = run(&compiled, &pools[0], Isa::detect(), &reads, &writes);
        for isa in Isa::available() {
            let found = run(&compiled, &pools[0], isa, &reads, &writes);
            // Nothing here multiplies and adds in one step, so that all instruction sets agree.
            assert!(found == fastest, "{extent:?} {axes:?} {isa:?}");
            for (sum, tolerance) in [(0, 2), (1, 1), (2, 2)] {
                let values = view::<f32>(bytes_of(&found[sum])).iter().zip(view::<f32>(bytes_of(&expected[sum])));
                for ((x, y), magnitude) in values.zip(view::<f32>(bytes_of(&expected[tolerance]))) {
                    assert!((x - y).abs() <= 1e-6 * magnitude.abs(), "{extent:?} {axes:?} {isa:?}: {x} {y}");
                }
            }
            assert_eq!(found[3..], expected[3..], "{extent:?} {isa:?}");
            for pool in &pools[1..] {
                assert!(run(&compiled, pool, isa, &reads, &writes) == found, "{extent:?} {} threads", pool.threads());
            }
        }
    }
}

#[test]
fn functions_are_those_of_their_names() {
    let pool = Pool::new(1).unwrap();
    const FUNCTIONS: [Unary; 9] = [
        Unary::Exp,
        Unary::Expm1,
        Unary::Log,
        Unary::Log1p,
        Unary::Sin,
        Unary::Cos,
        Unary::Tanh,
        Unary::Sigmoid,
        Unary::Erf,
    ];
    let n = 75;
    let extent = [n];
    let mut region = Region { extent: extent.to_vec(), ..Region::default() };
    region.operands.push(Operand::dense(Buffer::Read(0), DType::F32, &extent));
    region.instructions = vec![Instruction::Load(0), Instruction::Const(Constant::f32(1.7))];
    for function in FUNCTIONS {
        region.instructions.push(Instruction::Unary(function, 0));
    }
    region.instructions.push(Instruction::Binary(Binary::Pow, 0, 1));
    for register in 2..region.instructions.len() {
        region.outputs.push(Output::dense(register, register - 2, &extent));
    }
    let compiled = Compiled::new(&region).unwrap();
    let reads = [(0..n).map(|i| (0.03 + i as f32 * 0.09).to_bits()).collect()];
    let writes: Vec<Words> = compiled.write_bytes().map(words).collect();
    let expected = run_naive(&region, &reads, &writes);
    let fastest = run(&compiled, &pool, Isa::detect(), &reads, &writes);
    for isa in Isa::available() {
        let found = run(&compiled, &pool, isa, &reads, &writes);
        assert!(isa == Isa::Portable || found == fastest, "{isa:?} gives other bytes than {:?}", Isa::detect());
        for (f, (found, expected)) in found.iter().zip(&expected).enumerate() {
            for (&x, &y) in found.iter().zip(expected) {
                let (x, y) = (f32::from_bits(x), f32::from_bits(y));
                assert!((x - y).abs() <= 1e-6 * y.abs().max(0.1), "{isa:?} function {f}: expected {y}, found {x}");
            }
        }
    }
}
