//! Convolutions against plain loops, on every instruction set of this CPU and several numbers of threads.

mod common;

use common::{Random, assert_close};
use ganymede_kernels::conv::{ConvAxis, ConvPlan, ConvSpec};
use ganymede_kernels::isa::Isa;
use ganymede_kernels::naive;
use ganymede_kernels::pool::Pool;

fn pools() -> Vec<Pool> {
    (1..=4).map(|threads| Pool::new(threads).unwrap()).collect()
}

fn check(pools: &[Pool], spec: &ConvSpec, random: &mut Random) {
    let (x, w, dy) = (random.floats(spec.x_len()), random.floats(spec.kernel_len()), random.floats(spec.y_len()));
    let (ins, outs) = (spec.in_channels, spec.out_channels);
    let forward = naive::conv::forward(spec, &x, &w);
    check_pass(pools, spec, "forward", ConvPlan::forward(spec).unwrap(), (&x, &w), &forward, outs);
    let input_grad = naive::conv::input_grad(spec, &dy, &w);
    check_pass(pools, spec, "input_grad", ConvPlan::input_grad(spec).unwrap(), (&dy, &w), &input_grad, ins);
    let weight_grad = naive::conv::weight_grad(spec, &x, &dy);
    check_pass(pools, spec, "weight_grad", ConvPlan::weight_grad(spec).unwrap(), (&x, &dy), &weight_grad, outs);
}

fn check_pass(
    pools: &[Pool],
    spec: &ConvSpec,
    pass: &str,
    plan: ConvPlan,
    (first, second): (&[f32], &[f32]),
    expected: &[f32],
    channels: usize,
) {
    // The epilogue adds its row's number modulo 7.
    let finished: Vec<f32> = expected.iter().enumerate().map(|(i, v)| v + (i / channels % 7) as f32).collect();
    let mut fused: Option<Vec<f32>> = None;
    for isa in Isa::available() {
        let mut bytes: Option<Vec<f32>> = None;
        for pool in pools {
            let what = format!("{pass} {spec:?} {} {} threads", isa.name(), pool.threads());
            // What the output and the scratch held before must not matter.
            let mut out = vec![f32::NAN; expected.len()];
            let mut scratch = vec![f32::NAN; plan.scratch_len(pool.threads())];
            let epilogue = |row: usize, rows: &mut [f32]| {
                for (i, row_values) in rows.chunks_exact_mut(channels).enumerate() {
                    row_values.iter_mut().for_each(|x| *x += ((row + i) % 7) as f32);
                }
            };
            plan.run(pool, isa, first, second, &mut out, &mut scratch, Some(&epilogue)).unwrap();
            assert_close(&out, &finished, 3e-6, &what);
            assert!(*bytes.get_or_insert_with(|| out.clone()) == out, "{what}: bytes depend on threads");
        }
        if isa != Isa::Portable {
            let bytes = bytes.unwrap();
            assert!(*fused.get_or_insert_with(|| bytes.clone()) == bytes, "{pass} {spec:?} {}", isa.name());
        }
    }
}

#[test]
fn random_shapes() {
    let (pools, mut random) = (pools(), Random(1));
    for _ in 0..100 {
        let rank = random.one_of(&[1, 2, 2, 2, 3]);
        let mut axes = Vec::new();
        while axes.len() < rank {
            let axis = ConvAxis {
                input: random.integer(1, if rank == 3 { 5 } else { 9 }),
                kernel: random.integer(1, 5),
                stride: random.integer(1, 3),
                dilation: random.one_of(&[1, 1, 1, 2, 3]),
                pad_low: random.integer(0, 3),
                pad_high: random.integer(0, 3),
            };
            if axis.output() > 0 {
                axes.push(axis);
            }
        }
        let groups = random.one_of(&[1, 1, 1, 2, 3]);
        let spec = ConvSpec {
            batch: random.integer(1, 4),
            axes,
            in_channels: groups * random.one_of(&[1, 3, 4, 16, 20]),
            out_channels: groups * random.one_of(&[1, 2, 3, 4, 5, 16, 20]),
            groups,
        };
        check(&pools, &spec, &mut random);
    }
}
