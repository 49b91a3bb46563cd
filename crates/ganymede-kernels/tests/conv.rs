//! Convolutions against plain loops, on every instruction set of this CPU and several numbers of threads.

mod common;
#[path = "common/square.rs"]
mod square;

use common::{Random, assert_close};
use ganymede_kernels::conv::{ConvAxis, ConvError, ConvPlan, ConvSpec, Numerics};
use ganymede_kernels::isa::Isa;
use ganymede_kernels::naive;
use ganymede_kernels::pool::Pool;
use square::square;

fn pools() -> Vec<Pool> {
    (1..=4).map(|threads| Pool::new(threads).unwrap()).collect()
}

fn check(pools: &[Pool], spec: &ConvSpec, random: &mut Random) {
    check_within(3e-6, Numerics::Fast, pools, spec, random);
}

fn check_within(bound: f32, numerics: Numerics, pools: &[Pool], spec: &ConvSpec, random: &mut Random) {
    let (x, w, dy) = (random.floats(spec.x_len()), random.floats(spec.kernel_len()), random.floats(spec.y_len()));
    let (ins, outs) = (spec.in_channels, spec.out_channels);
    let forward = naive::conv::forward(spec, &x, &w);
    let plan = ConvPlan::forward(spec, numerics).unwrap();
    check_pass((bound, pools), spec, "forward", plan, (&x, &w), &forward, outs);
    let input_grad = naive::conv::input_grad(spec, &dy, &w);
    let plan = ConvPlan::input_grad(spec, numerics).unwrap();
    check_pass((bound, pools), spec, "input_grad", plan, (&dy, &w), &input_grad, ins);
    let weight_grad = naive::conv::weight_grad(spec, &x, &dy);
    let plan = ConvPlan::weight_grad(spec, numerics).unwrap();
    check_pass((bound, pools), spec, "weight_grad", plan, (&x, &dy), &weight_grad, outs);
}

fn check_pass(
    (bound, pools): (f32, &[Pool]),
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
            assert_close(&out, &finished, bound, &what);
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
        // Every fourth is depthwise.
        let depthwise = random.integer(0, 3) == 0;
        let groups = if depthwise { random.integer(2, 40) } else { random.one_of(&[1, 1, 1, 2, 3]) };
        let (ins, outs) = (random.one_of(&[1, 3, 4, 16, 20]), random.one_of(&[1, 2, 3, 4, 5, 16, 20]));
        let spec = ConvSpec {
            batch: random.one_of(&[1, 2, 3, 4, 8, 9]),
            axes,
            in_channels: if depthwise { groups } else { groups * ins },
            out_channels: groups * if depthwise { outs % 4 + 1 } else { outs },
            groups,
        };
        check(&pools, &spec, &mut random);
    }
}

#[test]
fn shapes_at_the_borders_of_blocks() {
    let (pools, mut random) = (pools(), Random(2));
    for spec in [
        square(33, (3, 3, 1, 1), 20, 18, 1), // more positions of one box than a block has rows
        square(2, (4, 3, 1, 1), 100, 17, 1), // sums longer than a block, cut within a row of the kernel
        square(2, (4, 3, 2, 1), 17, 270, 1), // more columns than a task has
        square(3, (8, 5, 2, 2), 3, 64, 1),   // few channels in
        square(9, (8, 4, 2, 1), 3, 70, 1),   // few channels in, enough samples to add up overlaps
        square(8, (7, 3, 1, 1), 300, 2, 1),  // few channels out, the same, with sums longer than a block
        square(8, (6, 3, 1, 3), 16, 5, 1),   // the same, with outputs that see padding alone
        square(2, (6, 3, 1, 1), 70, 3, 1),   // few channels out
        square(40, (8, 4, 2, 1), 13, 1, 1),  // one channel out
        square(3, (4, 4, 1, 0), 30, 20, 1),  // the kernel covers the input
        square(9, (5, 1, 1, 0), 24, 40, 1),  // 1x1
        square(2, (5, 1, 2, 0), 24, 40, 1),  // 1x1 with stride: some inputs have no gradient
        square(2, (6, 3, 1, 1), 40, 60, 2),  // groups
        square(2, (6, 3, 2, 1), 33, 33, 33), // depthwise
        square(2, (6, 3, 1, 1), 9, 27, 9),   // depthwise with a multiplier
        square(0, (5, 3, 1, 1), 4, 4, 1),    // no samples
    ] {
        check(&pools, &spec, &mut random);
    }
}

#[test]
fn wrong_lengths_are_errors() {
    let pool = Pool::new(1).unwrap();
    let spec = square(1, (5, 3, 1, 1), 2, 3, 1);
    let plan = ConvPlan::forward(&spec, Numerics::Fast).unwrap();
    let (x, w, mut y) = (vec![0.0; 50], vec![0.0; 54], vec![0.0; 75]);
    let mut scratch = vec![0.0; plan.scratch_len(1)];
    assert_eq!(plan.run(&pool, Isa::Portable, &x, &w, &mut y, &mut scratch, None), Ok(()));
    let error = plan.run(&pool, Isa::Portable, &x, &w[1..], &mut y, &mut scratch, None);
    assert_eq!(error, Err(ConvError::Length { operand: "kernel", expected: 54, found: 53 }));
    let error = plan.run(&pool, Isa::Portable, &x, &w, &mut y[1..], &mut scratch, None);
    assert_eq!(error, Err(ConvError::Length { operand: "y", expected: 75, found: 74 }));
    assert!(ConvPlan::forward(&square(1, (5, 9, 1, 1), 2, 3, 1), Numerics::Fast).is_err());
}

/// Shapes that are computed with fewer multiplications; larger transforms lose a digit.
#[test]
fn shapes_with_fewer_multiplications() {
    let (pools, mut random) = (pools(), Random(3));
    let axis =
        |input, kernel, stride, pad_low, pad_high| ConvAxis { input, kernel, stride, dilation: 1, pad_low, pad_high };
    let pair = |batch, axes: [ConvAxis; 2], in_channels, out_channels| ConvSpec {
        batch,
        axes: axes.to_vec(),
        in_channels,
        out_channels,
        groups: 1,
    };
    for (spec, bound) in [
        (square(8, (8, 3, 1, 1), 48, 80, 1), 1e-5),
        (square(9, (7, 5, 1, 2), 32, 64, 1), 2e-5),
        (square(6, (16, 4, 2, 1), 40, 50, 1), 1e-5), // channels that are no whole vectors
        (pair(7, [axis(14, 5, 2, 1, 2); 2], 32, 64), 1e-5),
        (pair(5, [axis(13, 3, 2, 0, 1), axis(18, 3, 2, 1, 1)], 64, 48), 1e-5), // sides of different lengths
        (square(40, (8, 4, 2, 1), 144, 48, 1), 1e-5),                          // sums longer than a block
        (square(30, (16, 3, 1, 1), 160, 32, 1), 1e-5),                         // several blocks of tiles
        (square(3, (8, 4, 2, 1), 256, 368, 1), 1e-5),                          // several blocks of weights
        (square(20, (8, 3, 1, 1), 96, 48, 3), 1e-5),                           // groups of one and two vectors
        (square(6, (9, 3, 1, 1), 128, 192, 2), 1e-5),                          // groups that blocks of rows would cross
        (square(120, (8, 3, 1, 1), 160, 160, 10), 1e-5),                       // groups and several blocks of tiles
        (square(109, (7, 3, 1, 1), 160, 160, 10), 1e-5),                       // the same of tiles that are not whole
        (pair(5, [axis(8, 3, 1, 1, 1), axis(6, 3, 1, 1, 1)], 32, 48), 1e-5),   // not whole on one side
        (pair(6, [axis(8, 3, 1, 1, 1), axis(3, 3, 1, 1, 1)], 272, 64), 1e-5),  // none whole on one side, long sums
        (square(200, (3, 3, 1, 0), 64, 64, 1), 1e-5),                          // single outputs: the direct algorithm
    ] {
        check_within(bound, Numerics::Fast, &pools, &spec, &mut random);
    }
}

/// Every way in which squares can be cut off at the ends of both sides.
#[test]
fn squares_of_every_height_and_width() {
    let (pools, mut random) = (pools(), Random(5));
    for (kernel, stride) in [(3, 1), (5, 1), (3, 2), (4, 2), (5, 2)] {
        let axis = |outputs: usize| {
            let input = (outputs - 1) * stride + 1;
            ConvAxis { input, kernel, stride, dilation: 1, pad_low: (kernel - 1) / 2, pad_high: kernel / 2 }
        };
        for (height, width) in (1..=9).flat_map(|height| (1..=9).map(move |width| (height, width))) {
            let axes = vec![axis(height), axis(width)];
            let spec = ConvSpec { batch: 3, axes, in_channels: 16, out_channels: 32, groups: 1 };
            check_within(2e-5, Numerics::Fast, &pools, &spec, &mut random);
        }
    }
}

/// Strict numerics keep the bound of the direct algorithm also where fewer multiplications would pay.
#[test]
fn strict_numerics_are_as_exact_as_the_direct_algorithm() {
    let (pools, mut random) = (pools(), Random(4));
    for spec in [
        square(8, (8, 3, 1, 1), 48, 80, 1),
        square(9, (7, 5, 1, 2), 32, 64, 1),
        square(6, (16, 4, 2, 1), 48, 64, 1),
        square(7, (14, 5, 2, 2), 32, 64, 1),
    ] {
        check_within(3e-6, Numerics::Strict, &pools, &spec, &mut random);
    }
}
