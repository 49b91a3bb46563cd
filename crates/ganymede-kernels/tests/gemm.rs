//! Matrix products against plain loops, on every instruction set of this CPU and several numbers of threads.

mod common;

use common::{Random, assert_close};
use ganymede_kernels::gemm::{GemmError, MatmulSpec, matmul, scratch_len};
use ganymede_kernels::isa::Isa;
use ganymede_kernels::naive;
use ganymede_kernels::pool::Pool;
use std::sync::atomic::{AtomicU32, Ordering};

fn check(pools: &[Pool], spec: MatmulSpec, random: &mut Random) {
    let MatmulSpec { batch, m, n, k, .. } = spec;
    let (a, b) = (random.floats(batch * m * k), random.floats(batch * k * n));
    let expected = naive::gemm::matmul(&spec, &a, &b);
    let mut fused: Option<Vec<f32>> = None;
    for isa in Isa::available() {
        let mut first: Option<Vec<f32>> = None;
        for pool in pools {
            let what = format!("{spec:?} {} {} threads", isa.name(), pool.threads());
            // What scratch and c held before must not matter.
            let mut c = vec![f32::NAN; batch * m * n];
            let mut scratch = vec![f32::NAN; scratch_len(&spec, pool.threads())];
            let calls: Vec<AtomicU32> = (0..batch * m).map(|_| AtomicU32::new(0)).collect();
            let epilogue = |row: usize, rows: &mut [f32]| {
                for (i, row_values) in rows.chunks_exact_mut(n).enumerate() {
                    calls[row + i].fetch_add(1, Ordering::Relaxed);
                    row_values.iter_mut().for_each(|x| *x += (row + i) as f32);
                }
            };
            matmul(pool, isa, &spec, &a, &b, &mut c, &mut scratch, Some(&epilogue)).unwrap();
            let plus_row = |x: (usize, &f32)| x.1 + (x.0 / n.max(1)) as f32;
            let finished: Vec<f32> = expected.iter().enumerate().map(plus_row).collect();
            assert_close(&c, &finished, 2e-6, &what);
            assert!(n == 0 || calls.iter().all(|c| c.load(Ordering::Relaxed) == 1), "{what}: epilogue");
            let first = first.get_or_insert_with(|| c.clone());
            assert!(*first == c, "{what}: bytes depend on threads");
        }
        if isa != Isa::Portable {
            let first = first.unwrap();
            assert!(*fused.get_or_insert_with(|| first.clone()) == first, "{spec:?} {}: bytes differ", isa.name());
        }
    }
}

fn pools() -> Vec<Pool> {
    (1..=4).map(|threads| Pool::new(threads).unwrap()).collect()
}

#[test]
fn random_shapes() {
    let (pools, mut random) = (pools(), Random(1));
    for _ in 0..150 {
        let size = |r: &mut Random| {
            let limit = r.one_of(&[4, 20, 60]);
            r.integer(1, limit)
        };
        let spec = MatmulSpec {
            batch: random.one_of(&[1, 1, 2, 5]),
            m: size(&mut random),
            n: size(&mut random),
            k: size(&mut random),
            transpose_a: random.integer(0, 1) == 1,
            transpose_b: random.integer(0, 1) == 1,
        };
        check(&pools, spec, &mut random);
    }
}

#[test]
fn shapes_at_the_borders_of_blocks() {
    let (pools, mut random) = (pools(), Random(2));
    let shapes = [
        (1, 96, 16, 256),
        (1, 97, 17, 257),
        (1, 400, 130, 20),
        (1, 192, 128, 3),
        (3, 100, 33, 300),
        (1, 20, 18, 3100),
        (1, 1, 700, 9),
        (1, 700, 1, 40),
        (1, 2, 1300, 33),
        (1, 64, 300, 100),
        (1, 5, 5, 2500),
        (1, 60, 4, 1),
        (1, 49, 3, 17),
    ];
    for (batch, m, n, k) in shapes {
        for transposes in 0..4 {
            let spec =
                MatmulSpec { batch, m, n, k, transpose_a: transposes & 1 == 1, transpose_b: transposes & 2 == 2 };
            check(&pools, spec, &mut random);
        }
    }
}

#[test]
fn empty_sums_are_zeros_and_empty_outputs_are_nothing() {
    let (pools, mut random) = (pools(), Random(3));
    for (batch, m, n, k) in [(2, 3, 4, 0), (1, 0, 4, 5), (1, 3, 0, 5), (0, 3, 4, 5), (1, 1, 1, 0)] {
        check(&pools, MatmulSpec { batch, m, n, k, transpose_a: false, transpose_b: false }, &mut random);
    }
}

#[test]
fn wrong_lengths_are_errors() {
    let pool = Pool::new(1).unwrap();
    let spec = MatmulSpec { batch: 1, m: 8, n: 8, k: 8, transpose_a: false, transpose_b: false };
    let x = [0.0; 64];
    let mut scratch = vec![0.0; scratch_len(&spec, 1)];
    let isa = Isa::Portable;
    let error = matmul(&pool, isa, &spec, &x[..63], &x, &mut [0.0; 64], &mut scratch, None).unwrap_err();
    assert_eq!(error, GemmError::Length { operand: "a", expected: 64, found: 63 });
    let error = matmul(&pool, isa, &spec, &x, &x, &mut [0.0; 65], &mut scratch, None).unwrap_err();
    assert_eq!(error, GemmError::Length { operand: "c", expected: 64, found: 65 });
    let needed = scratch.len();
    let error = matmul(&pool, isa, &spec, &x, &x, &mut [0.0; 64], &mut scratch[1..], None).unwrap_err();
    assert_eq!(error, GemmError::Length { operand: "scratch", expected: needed, found: needed - 1 });
    let huge = MatmulSpec { m: usize::MAX / 2, ..spec };
    let error = matmul(&pool, isa, &huge, &x, &x, &mut [0.0; 64], &mut scratch, None).unwrap_err();
    assert_eq!(error, GemmError::TooLarge { spec: huge });
}
