//! Layers of images that Keras does not have: a mirror by hand, self-attention by loops, its spectral normalization.

use super::common::{compare, run, trace};
use ganymede_graph::Array;
use ganymede_nn::layers::{ReflectionPadding2D, SelfAttention2D, SpectralNormalization};
use ganymede_nn::{Layer, Mode};
use ganymede_tensor::{Rng, TensorType};
use std::collections::{BTreeMap, HashMap};

fn random(rng: &mut Rng, shape: &[usize]) -> Array {
    let count = shape.iter().product();
    Array::new(shape.to_vec(), (0..count).map(|_| rng.uniform_in(-1.0, 1.0)).collect())
}

/// What the layer gives for x, and its states: random ones where none are given.
fn applied(layer: &dyn Layer, x: &Array, mode: Mode) -> (Array, BTreeMap<String, Array>) {
    let traced = trace(mode, std::slice::from_ref(&x.ty), |scope, x| layer.build(scope, x)).unwrap();
    let mut rng = Rng::new(8, 2);
    let states: BTreeMap<String, Array> =
        traced.parameters.iter().map(|p| (p.name.clone(), random(&mut rng, &p.shape))).collect();
    let (_, y) = traced.graph.outputs.iter().find(|(name, _)| name == "output0").unwrap();
    let ty = traced.graph.ty(*y).clone();
    let cotangent = Array { data: vec![1.0; ty.elements()], ty };
    let given = HashMap::from([("input0".to_string(), x.clone()), ("cotangent0".to_string(), cotangent)]);
    let outputs = run(&traced.graph, &given, &mut states.clone());
    (outputs["output0"].clone(), states)
}

/// Pixel (row, column) is 10·row + column: a mirror is read from the digits.
#[test]
fn a_mirror_stands_on_the_border_and_does_not_repeat_it() {
    let pixels = (0..3).flat_map(|row| (0..4).map(move |column| f64::from(10 * row + column)));
    let image = Array::new([1, 3, 4, 1], pixels.collect::<Vec<_>>());
    let cases: [(ReflectionPadding2D, &[usize], &[usize]); 4] = [
        (ReflectionPadding2D::new(), &[1, 0, 1, 2, 1], &[1, 0, 1, 2, 3, 2]),
        (ReflectionPadding2D::new().padding(2), &[2, 1, 0, 1, 2, 1, 0], &[2, 1, 0, 1, 2, 3, 2, 1]),
        (ReflectionPadding2D::new().padding([[0, 2], [3, 1]]), &[0, 1, 2, 1, 0], &[3, 2, 1, 0, 1, 2, 3, 2]),
        (ReflectionPadding2D::new().padding(0), &[0, 1, 2], &[0, 1, 2, 3]),
    ];
    for (layer, rows, columns) in cases {
        let (found, _) = applied(&layer, &image, Mode::Train);
        let expected = rows.iter().flat_map(|row| columns.iter().map(move |column| (10 * row + column) as f64));
        assert_eq!(found.data, expected.collect::<Vec<_>>(), "{layer:?}");
        assert_eq!(found.ty.shape[..], [1, rows.len(), columns.len(), 1]);
    }
}

#[test]
fn a_mirror_shows_no_more_than_there_is() {
    for padding in [[[3, 0], [0, 0]], [[0, 0], [0, 4]]] {
        let layer = ReflectionPadding2D::new().padding(padding);
        let ty = TensorType::f32([1, 3, 4, 1]);
        let error = trace(Mode::Train, &[ty], |scope, x| layer.build(scope, x)).err().unwrap();
        assert!(error.contains("expected padding below the"), "{error}");
    }
}

/// The layer by its formulas: positions are numbered in rows, kernels are matrices.
fn attention(x: &Array, states: &BTreeMap<String, Array>, pool: bool) -> Array {
    let [batch, height, width, channels] = x.ty.shape[..] else { panic!() };
    let kernel = |part: &str| &states[&format!("layer/{part}/kernel")];
    let product = |row: &[f64], part: &str| -> Vec<f64> {
        let outputs = kernel(part).ty.shape[3];
        let column = |o: usize| row.iter().enumerate().map(|(i, v)| v * kernel(part).data[i * outputs + o]).sum();
        (0..outputs).map(column).collect()
    };
    let gamma = states["layer/gamma"].data[0];
    let mut y = x.clone();
    for n in 0..batch {
        let pixel = |at: usize| &x.data[(n * height * width + at) * channels..][..channels];
        let all = |part: &str| (0..height * width).map(|at| product(pixel(at), part)).collect::<Vec<_>>();
        let pooled = |maps: Vec<Vec<f64>>| -> Vec<Vec<f64>> {
            if !pool {
                return maps;
            }
            let corner = |at: usize| (at / (width / 2) * 2) * width + at % (width / 2) * 2;
            let largest = |at: usize, c: usize| {
                [0, 1, width, width + 1].map(|d| maps[corner(at) + d][c]).into_iter().fold(f64::MIN, f64::max)
            };
            (0..height * width / 4).map(|at| (0..maps[0].len()).map(|c| largest(at, c)).collect()).collect()
        };
        let (f, g, h) = (pooled(all("f")), all("g"), pooled(all("h")));
        for (j, query) in g.iter().enumerate() {
            let scores: Vec<f64> =
                f.iter().map(|key| key.iter().zip(query).map(|(a, b)| a * b).sum::<f64>().exp()).collect();
            let total: f64 = scores.iter().sum();
            let seen: Vec<f64> = (0..channels / 2)
                .map(|c| scores.iter().zip(&h).map(|(score, value)| score / total * value[c]).sum())
                .collect();
            for (c, o) in product(&seen, "v").into_iter().enumerate() {
                y.data[(n * height * width + j) * channels + c] += gamma * o;
            }
        }
    }
    y
}

#[test]
fn self_attention_is_that_of_its_formulas() {
    // Pooled where both sizes are even.
    for (shape, pool) in [([2, 4, 6, 8], true), ([1, 3, 2, 16], false), ([1, 2, 5, 8], false)] {
        let x = random(&mut Rng::new(4, 4), &shape);
        let (found, states) = applied(&SelfAttention2D::new(), &x, Mode::Train);
        compare(&format!("{shape:?}"), &attention(&x, &states, pool), &found, 1e-12);
    }
}

/// Of unlike numbers, a kernel and twice the kernel are one layer under spectral normalization; γ is left as it is.
#[test]
fn each_kernel_of_self_attention_is_normalized() {
    let x = random(&mut Rng::new(4, 5), &[1, 2, 2, 8]);
    let layer = SpectralNormalization::new(SelfAttention2D::new());
    let (found, states) = applied(&layer, &x, Mode::Infer);
    let names: Vec<&str> = states.keys().map(|name| name.trim_start_matches("layer/")).collect();
    let parts = ["f", "g", "h", "v"].iter().flat_map(|part| [format!("{part}/kernel"), format!("{part}/vector_u")]);
    let mut expected: Vec<String> = parts.chain(["gamma".to_string()]).collect();
    expected.sort();
    assert_eq!(names, expected);
    // σ = |u·Wᵀ| with u of length 1, as the layer uses it outside of training.
    let mut divided = states.clone();
    for part in ["f", "g", "h", "v"] {
        let u = &states[&format!("layer/{part}/vector_u")].data;
        let length = u.iter().map(|u| u * u).sum::<f64>().sqrt();
        let kernel = divided.get_mut(&format!("layer/{part}/kernel")).unwrap();
        let rows = kernel.data.chunks_exact(u.len());
        let along = rows.map(|row| (row.iter().zip(u).map(|(w, u)| w * u).sum::<f64>() / length).powi(2));
        let sigma = along.sum::<f64>().sqrt();
        kernel.data.iter_mut().for_each(|w| *w /= sigma);
    }
    compare("normalized", &attention(&x, &divided, true), &found, 1e-12);
}
