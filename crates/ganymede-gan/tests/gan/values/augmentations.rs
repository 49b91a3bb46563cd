//! Augmentations of small images by numbers that are drawn for the test: what becomes of them, what flows back, and whom
//! the probability of the adaptive one follows. Not here: other sizes beside plain loops (`src/augment/tests.rs`).

use super::bench::{Bench, N, close, codec, spec};
use super::critics::{FAKES, KERNEL, identity, units};
use super::objectives::terms;
use ganymede_gan::spec::edit;

/// Images of one shape; the generator's weights are the fakes, and the discriminator is linear.
fn bench(shape: [usize; 3], augment: &str, terms_of_d: &str, phase: &str) -> Bench {
    let [height, width, channels] = shape;
    let elements = height * width * channels;
    let generator = format!(
        "layers = [{{ class_name = 'Input', shape = [4] }}, \
         {{ class_name = 'Dense', units = {elements}, use_bias = false }}, \
         {{ class_name = 'Reshape', target_shape = {shape:?} }}]"
    );
    let discriminator = format!(
        "layers = [{{ class_name = 'Input', shape = {shape:?} }}, {{ class_name = 'Flatten' }}, \
         {{ class_name = 'Dense', units = 1, use_bias = false }}]"
    );
    let spec = spec(&generator, &discriminator, terms_of_d, &terms("wasserstein", ""));
    let spec = edit(&spec, &format!("augment=[{{{augment}}}]")).unwrap();
    let mut bench = Bench::new(&spec, &codec(&shape, 0), phase);
    bench.noise("latent#0", &identity());
    bench
}

/// Gives each draw of the augmentation its number: of the first sample, and of the three others.
fn draw(bench: &mut Bench, first: usize, drawn: &[f64], others: &[f64]) {
    for (at, (own, other)) in drawn.iter().zip(others).enumerate() {
        bench.noise(&format!("augment/0#{}", first + at), &[*own, *other, *other, *other]);
    }
}

/// What the discriminator sees of an image: the derivative of E D(fake) − E D(real) by its weights, where fakes are 0 and stay
/// it. With `alone` the other images are 0 too, and have the numbers `others`; else all are alike.
fn seen(shape: [usize; 3], augment: &str, image: &[f64], drawn: &[f64], (alone, others): (bool, &[f64])) -> Vec<f64> {
    let mut bench = bench(shape, augment, &terms("wasserstein", ""), "d");
    let count = drawn.len();
    draw(&mut bench, 0, drawn, if alone { others } else { drawn });
    draw(&mut bench, count, others, others);
    assert!(!bench.draws(&format!("augment/0#{}", 2 * count)), "{augment}: more draws than the test knows");
    let (first, rest) = (image.iter().map(|v| if alone { 4.0 * v } else { *v }), if alone { 0.0 } else { 1.0 });
    let rest = std::iter::repeat_n(image, N - 1).flatten().map(|v| v * rest);
    bench.set("real", &first.chain(rest).collect::<Vec<_>>());
    bench.run().gradient(KERNEL).iter().map(|gradient| -gradient).collect()
}

/// 1 to 16 in four rows.
fn sixteen() -> Vec<f64> {
    (1..=16).map(f64::from).collect()
}

#[test]
fn diff_augment_moves_and_cuts_by_the_drawn_numbers() {
    let changed = |policy: &str, drawn: &[f64]| {
        let augment = format!("class_name='diff_augment',policy={policy}");
        seen([4, 4, 1], &augment, &sixteen(), drawn, (true, &[0.2, 0.7, 0.4, 0.9][..drawn.len()]))
    };
    // Up to an eighth of four pixels, rounded: one. Of three places 0.9 is the last, read a row lower, and 0.1 the first, read
    // a column to the left; zeros come in.
    let moved = [0., 5., 6., 7., 0., 9., 10., 11., 0., 13., 14., 15., 0., 0., 0., 0.];
    close("translation", &changed("['translation']", &[0.9, 0.1]), &moved);
    close("still", &changed("['translation']", &[0.34, 0.66]), &sixteen());
    // A hole of two rows and columns about one of five places: 0.5 is rows 1 and 2, 0 is columns −1 and 0.
    let cut = [1., 2., 3., 4., 0., 6., 7., 8., 0., 10., 11., 12., 13., 14., 15., 16.];
    close("cutout", &changed("['cutout']", &[0.5, 0.0]), &cut);
    // 0.9 is the last of five places, row 3 and one that is not there; 0.45 the third, columns 1 and 2.
    let cut = [1., 2., 3., 4., 5., 6., 7., 8., 9., 10., 11., 12., 13., 0., 0., 16.];
    close("cutout at the end", &changed("['cutout']", &[0.9, 0.45]), &cut);
    // One after the other, in the order of the policy.
    let both = [0., 5., 6., 7., 0., 0., 0., 11., 0., 0., 0., 15., 0., 0., 0., 0.];
    close("moved, cut", &changed("['translation','cutout']", &[0.9, 0.1, 0.5, 0.5]), &both);
    let both = [0., 5., 0., 0., 0., 9., 0., 0., 0., 13., 14., 15., 0., 0., 0., 0.];
    close("cut, moved", &changed("['cutout','translation']", &[0.5, 0.5, 0.9, 0.1]), &both);
}

/// Two pixels, (1, 2, 3) and (4, 4, 1). Brighter by ¾ − ½: (1.25, 2.25, 3.25) and (4.25, 4.25, 1.25), of the means 2.25 and 3.25;
/// saturation 2·¼: (1.75, 2.25, 2.75) and (3.75, 3.75, 2.25), of the mean 2.75; contrast 0 + ½.
#[test]
fn diff_augment_changes_colours_by_the_drawn_numbers() {
    let augment = "class_name='diff_augment',policy=['color']";
    let found = seen([1, 2, 3], augment, &[1., 2., 3., 4., 4., 1.], &[0.75, 0.25, 0.0], (false, &[0.5, 0.5, 0.5]));
    close("color", &found, &[2.25, 2.5, 2.75, 3.25, 3.25, 2.5]);
}

const ON: f64 = 0.49;
const OFF: f64 = 0.51;
const TWO_BY_TWO: [f64; 4] = [1.0, 2.0, 3.0, 4.0];

/// With p = ½: mirrored, turned by quarters, moved.
#[test]
fn blits_follow_the_drawn_numbers() {
    let changed = |shape: [usize; 3], image: &[f64], drawn: [f64; 7]| {
        let others = [0.3, ON, 0.6, ON, 0.9, 0.9, ON];
        seen(shape, "class_name='adaptive',groups=['blit'],p=0.5", image, &drawn, (true, &others))
    };
    let square = |drawn: [f64; 7]| changed([2, 2, 1], &TWO_BY_TWO, drawn);
    close("nothing", &square([0.3, OFF, 0.6, OFF, 0.9, 0.9, OFF]), &TWO_BY_TWO);
    close("mirrored", &square([0.49, ON, 0.6, OFF, 0.9, 0.9, OFF]), &[2.0, 1.0, 4.0, 3.0]);
    close("not mirrored", &square([0.51, ON, 0.6, OFF, 0.9, 0.9, OFF]), &TWO_BY_TWO);
    // A pixel (u, v) from the middle is read at (−v, u), (−u, −v), (v, −u).
    close("no quarter", &square([0.3, OFF, 0.24, ON, 0.9, 0.9, OFF]), &TWO_BY_TWO);
    close("one quarter", &square([0.3, OFF, 0.26, ON, 0.9, 0.9, OFF]), &[2.0, 4.0, 1.0, 3.0]);
    close("two quarters", &square([0.3, OFF, 0.51, ON, 0.9, 0.9, OFF]), &[4.0, 3.0, 2.0, 1.0]);
    close("three quarters", &square([0.3, OFF, 0.76, ON, 0.9, 0.9, OFF]), &[3.0, 1.0, 4.0, 2.0]);
    // What is no square is turned by halves alone, and moved by up to an eighth of eight pixels, mirrored at its edges.
    let line: Vec<f64> = (1..=8).map(f64::from).collect();
    let wide = |drawn: [f64; 7]| changed([1, 8, 1], &line, drawn);
    close("no half", &wide([0.3, OFF, 0.49, ON, 0.9, 0.9, OFF]), &line);
    let back: Vec<f64> = line.iter().rev().copied().collect();
    close("a half", &wide([0.3, OFF, 0.51, ON, 0.9, 0.9, OFF]), &back);
    close("right", &wide([0.3, OFF, 0.6, OFF, 0.99, 0.5, ON]), &[2., 3., 4., 5., 6., 7., 8., 7.]);
    close("left", &wide([0.3, OFF, 0.6, OFF, 0.0, 0.5, ON]), &[2., 1., 2., 3., 4., 5., 6., 7.]);
    let high = |drawn: [f64; 7]| changed([8, 1, 1], &line, drawn);
    close("down", &high([0.3, OFF, 0.6, OFF, 0.5, 0.99, ON]), &[2., 3., 4., 5., 6., 7., 8., 7.]);
    // Mirrored first: what is moved to the right of the mirrored image is read to the left of its own.
    close("mirrored, moved", &wide([0.3, ON, 0.6, OFF, 0.99, 0.5, ON]), &[7., 6., 5., 4., 3., 2., 1., 2.]);
}

/// 2^(0.2·5) = 2; (2·0.75 − 1)·π is a quarter; 2·⅛ of four pixels is one.
#[test]
fn geometry_follows_the_drawn_numbers() {
    let changed = |shape: [usize; 3], image: &[f64], drawn: &[(usize, f64)]| {
        let mut numbers = [1.5, 0.9, 0.6, 0.9, 1.5, 0.9, 0.6, 0.9, 1.5, 1.5, 0.9];
        drawn.iter().for_each(|(at, number)| numbers[*at] = *number);
        let others = [0.7, ON, 0.2, 0.2, -0.8, ON, 0.9, 0.2, 0.4, 0.3, ON];
        seen(shape, "class_name='adaptive',groups=['geometry'],p=0.5", image, &numbers, (true, &others))
    };
    let line = [1.0, 2.0, 3.0, 4.0, 5.0];
    close("nothing", &changed([1, 5, 1], &line, &[]), &line);
    // Read at −2, 0, 2, 4, 6, of which the outer two are mirrored to 2.
    close("larger", &changed([1, 5, 1], &line, &[(0, 5.0), (1, ON)]), &[3.0, 1.0, 3.0, 5.0, 3.0]);
    close("smaller", &changed([1, 5, 1], &line, &[(0, -5.0), (1, ON)]), &[2.0, 2.5, 3.0, 3.5, 4.0]);
    // Columns at −1, 1, 3, mirrored to 1; rows at ½, 1, 1½.
    let nine: Vec<f64> = (1..=9).map(f64::from).collect();
    let along = [3.5, 3.5, 3.5, 5.0, 5.0, 5.0, 6.5, 6.5, 6.5];
    close("along", &changed([3, 3, 1], &nine, &[(4, 5.0), (5, ON)]), &along);
    // Each of both turns comes with a chance of 1 − √½ = 0.2929.
    for (angle, on) in [(2, 3), (6, 7)] {
        let turned = |chance: f64| changed([2, 2, 1], &TWO_BY_TWO, &[(angle, 0.75), (on, chance)]);
        close("turned", &turned(0.2928), &[2.0, 4.0, 1.0, 3.0]);
        close("not turned", &turned(0.293), &TWO_BY_TWO);
    }
    close("right", &changed([1, 4, 1], &TWO_BY_TWO, &[(8, 2.0), (9, 0.0), (10, ON)]), &[2.0, 3.0, 4.0, 3.0]);
    close("half", &changed([1, 4, 1], &TWO_BY_TWO, &[(8, 1.0), (9, 0.0), (10, ON)]), &[1.5, 2.5, 3.5, 3.5]);
    close("down", &changed([4, 1, 1], &TWO_BY_TWO, &[(8, 0.0), (9, 2.0), (10, ON)]), &[2.0, 3.0, 4.0, 3.0]);
}

/// The pixel (1, 2, 6) has the luma 3 and the rest (−2, −1, 3).
#[test]
fn colours_follow_the_drawn_numbers() {
    let numbers = [1.5, OFF, 1.5, OFF, 0.4, OFF, 0.7, OFF, 1.5, OFF];
    let changed = |image: &[f64], drawn: &[(usize, f64)]| {
        let mut numbers = numbers;
        drawn.iter().for_each(|(at, number)| numbers[*at] = *number);
        let count = if image.len() == 1 { 6 } else { 10 };
        let augment = "class_name='adaptive',groups=['colour'],p=0.5";
        let neutral = [0.0, OFF, 0.0, OFF, 0.9, OFF, 0.5, OFF, 0.0, OFF];
        seen([1, 1, image.len()], augment, image, &numbers[..count], (false, &neutral[..count]))
    };
    let pixel = [1.0, 2.0, 6.0];
    close("nothing", &changed(&pixel, &[]), &pixel);
    close("brighter by 0.2·5", &changed(&pixel, &[(0, 5.0), (1, ON)]), &[2.0, 3.0, 7.0]);
    close("contrast 2^(½·2)", &changed(&pixel, &[(2, 2.0), (3, ON)]), &[2.0, 4.0, 12.0]);
    close("both", &changed(&pixel, &[(0, 5.0), (1, ON), (2, 2.0), (3, ON)]), &[4.0, 6.0, 14.0]);
    close("luma turned over", &changed(&pixel, &[(4, 0.49), (5, ON)]), &[-5.0, -4.0, 0.0]);
    close("luma as it was", &changed(&pixel, &[(4, 0.51), (5, ON)]), &pixel);
    close("hue by a third", &changed(&pixel, &[(6, 5.0 / 6.0), (7, ON)]), &[6.0, 1.0, 2.0]);
    close("hue back by a third", &changed(&pixel, &[(6, 1.0 / 6.0), (7, ON)]), &[2.0, 6.0, 1.0]);
    close("saturation 2^1", &changed(&pixel, &[(8, 1.0), (9, ON)]), &[-1.0, 1.0, 9.0]);
    let all = [(0, 5.0), (1, ON), (2, 2.0), (3, ON), (4, 0.2), (5, ON)];
    close("grey", &changed(&[2.0], &all), &[-6.0]);
}

#[test]
fn instance_noise_is_added_in_its_size() {
    for (augment, sigma) in [("class_name='instance_noise',sigma=0.5", 0.5), ("class_name='instance_noise'", 0.1)] {
        let mut bench = bench([1, 2, 1], augment, &terms("wasserstein", ""), "d");
        bench.set("real", &[1.0, 2.0, 1.0, 2.0, 1.0, 2.0, 1.0, 2.0]);
        bench.noise("augment/0#0", &[4.0, 0.0, 0.0, -4.0, 0.0, 8.0, 0.0, 0.0]);
        bench.noise("augment/0#1", &[0.0; 8]);
        close(augment, &bench.run().gradient(KERNEL), &[-1.0 - sigma, -2.0 - sigma]);
    }
}

/// A derivative goes back to the pixel that was read, and not into a hole.
#[test]
fn derivatives_flow_through_to_the_generator() {
    let mut bench =
        bench([4, 4, 1], "class_name='diff_augment',policy=['translation','cutout']", &terms("hinge", ""), "g");
    bench.set(KERNEL, &sixteen());
    draw(&mut bench, 0, &[0.9, 0.1, 0.5, 0.5], &[0.5, 0.5, 0.5, 0.0]);
    let gradient: Vec<f64> = bench.run().gradient(FAKES).iter().map(|gradient| -4.0 * gradient).collect();
    // Of the first image pixel (r, c) is read at (r − 1, c + 1), and rows 1 and 2, columns 1 and 2 are the hole.
    let first = [0., 0., 0., 0., 2., 3., 4., 0., 0., 0., 8., 0., 0., 0., 12., 0.];
    // The others stay where they are, with a hole in the first column.
    let other = [1., 2., 3., 4., 0., 6., 7., 8., 0., 10., 11., 12., 13., 14., 15., 16.];
    close("gradient", &gradient, &[first, other, other, other].concat());
}

/// A penalty sees what the objective sees: one draw for the real samples and one for the fakes, and a slope of 0 in the hole.
#[test]
fn penalties_see_what_the_objective_sees() {
    let lines = "terms = [{ class_name = 'wasserstein' }, { class_name = 'r1' }, { class_name = 'r2' }]";
    let mut bench = bench([2, 2, 1], "class_name='diff_augment',policy=['cutout']", lines, "d");
    bench.set(KERNEL, &TWO_BY_TWO);
    bench.set("real", &[1.0; 4 * N]);
    // A hole of one pixel about one of two places: the second row and column, or the first.
    draw(&mut bench, 0, &[0.5, 0.5], &[0.0, 0.0]);
    draw(&mut bench, 2, &[0.5, 0.0], &[0.5, 0.0]);
    assert!(!bench.draws("augment/0#4"));
    let ran = bench.run();
    // ½ E ‖slope‖²: 30 − 16 once and 30 − 1 three times; 30 − 9.
    close("r1", &[ran.loss("d/r1")], &[(14.0 + 3.0 * 29.0) / 8.0]);
    close("r2", &[ran.loss("d/r2")], &[21.0 / 2.0]);
    close("wasserstein", &[ran.loss("d/wasserstein")], &[-(6.0 + 3.0 * 9.0) / 4.0]);
}

/// p moves by 4 samples of 40, up where E sign(margin) is above the target. By hand, of real logits 0.3, −1.25, 2, −0.2 and
/// fakes −0.6, −1.4, −1.3, −0.5 of the mean −0.95: logits + − + −; above ½ − − + −; above the mean of the fakes + − + +; above
/// the fake of the pair + + + +.
#[test]
fn the_adaptive_probability_follows_the_margin_of_the_objective() {
    let (real, fake) = ([0.3, -1.25, 2.0, -0.2], [-0.6, -1.4, -1.3, -0.5]);
    for (name, arguments, r) in [
        ("non_saturating", "", 0.0),
        ("minimax", "", 0.0),
        ("hinge", "", 0.0),
        ("least_squares", "", -0.5),
        // Above −0.4, or below 0.4 where real samples are to be the lower ones.
        ("least_squares", "real_label=0.9,fake_label=-1.7", 0.5),
        ("least_squares", "real_label=-1.0,fake_label=1.8", 0.5),
        ("wasserstein", "", 0.5),
        ("relativistic_average", "", 0.5),
        ("dual_contrastive", "", 0.5),
        ("relativistic_paired", "", 1.0),
        ("relativistic_hinge", "", 1.0),
        ("BinaryCrossentropy", "from_logits=true", 0.0),
        ("Hinge", "", 0.0),
        ("MeanSquaredError", "", -0.5),
    ] {
        for (apart, expected) in [(-0.1, 0.6), (0.0, 0.5), (0.1, 0.4)] {
            let augment = format!("class_name='adaptive',groups=['colour'],speed_kimg=0.04,target={:?}", r + apart);
            let mut bench = bench([2, 4, 1], &augment, &terms(name, arguments), "d");
            bench.set(KERNEL, &[real, fake].concat());
            bench.set("real", &units(0));
            bench.set(FAKES, &units(N));
            bench.set("augment/0/p", &[0.5]);
            draw(&mut bench, 0, &[0.9; 12], &[0.9; 12]);
            let ran = bench.run();
            let what = format!("{name} {arguments}, {r} + {apart}");
            close(&what, &ran.state("augment/0/p"), &[expected]);
            close(&what, &[ran.loss("augment/0/p")], &[expected]);
        }
    }
}
