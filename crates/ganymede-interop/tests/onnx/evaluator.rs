//! ONNX's operators, as far as files of ganymede have them, as plain loops in `f64` after their definitions in the specification of
//! opset 17: an oracle that knows nothing of the writer.

use ganymede_interop::onnx::messages::{Model, NodeMessage, TensorMessage};
use std::collections::HashMap;

/// Sizes and elements.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    pub shape: Vec<usize>,
    pub data: Vec<f64>,
}

impl Array {
    pub fn new(shape: impl Into<Vec<usize>>, data: Vec<f64>) -> Array {
        let shape = shape.into();
        assert_eq!(shape.iter().product::<usize>(), data.len());
        Array { shape, data }
    }

    fn strides(&self) -> Vec<usize> {
        (0..self.shape.len()).map(|axis| self.shape[axis + 1..].iter().product()).collect()
    }

    fn at(&self, index: &[usize]) -> f64 {
        self.data[index.iter().zip(self.strides()).map(|(i, stride)| i * stride).sum::<usize>()]
    }

    fn of(shape: Vec<usize>, element: impl Fn(&[usize]) -> f64) -> Array {
        let data = indices(&shape).map(|index| element(&index)).collect();
        Array { shape, data }
    }

    fn integers(&self) -> Vec<i64> {
        self.data.iter().map(|&v| v as i64).collect()
    }
}

/// Every index of a shape, in row-major order.
fn indices(shape: &[usize]) -> impl Iterator<Item = Vec<usize>> + use<> {
    let shape = shape.to_vec();
    let count: usize = shape.iter().product();
    (0..count).map(move |mut i| {
        let mut index = vec![0; shape.len()];
        for axis in (0..shape.len()).rev() {
            (index[axis], i) = (i % shape[axis], i / shape[axis]);
        }
        index
    })
}

/// Elements of a constant.
fn constant(tensor: &TensorMessage) -> Array {
    let bytes = tensor.raw_data.as_deref().unwrap();
    let data = match tensor.data_type.unwrap() {
        1 => bytes.chunks_exact(4).map(|b| f64::from(f32::from_le_bytes(b.try_into().unwrap()))).collect(),
        7 => bytes.chunks_exact(8).map(|b| i64::from_le_bytes(b.try_into().unwrap()) as f64).collect(),
        2 | 9 => bytes.iter().map(|&b| f64::from(b)).collect(),
        other => panic!("constants of type {other}"),
    };
    Array::new(tensor.dims.iter().map(|&size| size as usize).collect::<Vec<_>>(), data)
}

/// What a model gives, by name.
pub fn run(model: &Model, inputs: &[(&str, Array)]) -> HashMap<String, Array> {
    let graph = model.graph.as_ref().unwrap();
    let mut values: HashMap<String, Array> =
        graph.initializer.iter().map(|tensor| (tensor.name.clone().unwrap(), constant(tensor))).collect();
    values.extend(inputs.iter().map(|(name, array)| (name.to_string(), array.clone())));
    for node in &graph.node {
        let operands: Vec<&Array> = node.input.iter().map(|name| &values[name]).collect();
        let result = evaluate(node, &operands);
        values.insert(node.output[0].clone(), result);
    }
    graph
        .output
        .iter()
        .map(|output| output.name.clone().unwrap())
        .map(|name| (name.clone(), values[&name].clone()))
        .collect()
}

fn ints(node: &NodeMessage, name: &str) -> Vec<usize> {
    let found = node.attribute.iter().find(|a| a.name.as_deref() == Some(name));
    found.unwrap_or_else(|| panic!("{name} of {node:?}")).ints.iter().map(|&v| v as usize).collect()
}

fn int(node: &NodeMessage, name: &str) -> i64 {
    node.attribute.iter().find(|a| a.name.as_deref() == Some(name)).unwrap().i.unwrap()
}

fn evaluate(node: &NodeMessage, x: &[&Array]) -> Array {
    let truth = |holds: bool| f64::from(u8::from(holds));
    let map = |f: &dyn Fn(f64) -> f64| Array::new(x[0].shape.clone(), x[0].data.iter().map(|&v| f(v)).collect());
    match node.op_type.as_deref().unwrap() {
        "Identity" => x[0].clone(),
        "Neg" => map(&|v| -v),
        "Exp" => map(&f64::exp),
        "Log" => map(&f64::ln),
        "Sqrt" => map(&f64::sqrt),
        "Sin" => map(&f64::sin),
        "Cos" => map(&f64::cos),
        "Floor" => map(&f64::floor),
        "Not" => map(&|v| 1.0 - v),
        "Sign" => map(&|v| if v == 0.0 { 0.0 } else { v.signum() }),
        "Tanh" => map(&f64::tanh),
        "Sigmoid" => map(&|v| 1.0 / (1.0 + (-v).exp())),
        "Relu" => map(&|v| v.max(0.0)),
        "Abs" => map(&f64::abs),
        "Add" => broadcast(x, |v| v[0] + v[1]),
        "Sub" => broadcast(x, |v| v[0] - v[1]),
        "Mul" => broadcast(x, |v| v[0] * v[1]),
        "Div" => broadcast(x, |v| v[0] / v[1]),
        "Pow" => broadcast(x, |v| v[0].powf(v[1])),
        "Or" => broadcast(x, |v| v[0].max(v[1])),
        "LessOrEqual" => broadcast(x, |v| truth(v[0] <= v[1])),
        "Max" => broadcast(x, |v| v[0].max(v[1])),
        "Min" => broadcast(x, |v| v[0].min(v[1])),
        "Greater" => broadcast(x, |v| truth(v[0] > v[1])),
        "GreaterOrEqual" => broadcast(x, |v| truth(v[0] >= v[1])),
        "Less" => broadcast(x, |v| truth(v[0] < v[1])),
        "Equal" => broadcast(x, |v| truth(v[0] == v[1])),
        "And" => broadcast(x, |v| v[0] * v[1]),
        "Where" => broadcast(x, |v| if v[0] != 0.0 { v[1] } else { v[2] }),
        "Clip" => map(&|v| v.clamp(x[1].data[0], x[2].data[0])),
        "Cast" => match int(node, "to") {
            1 => x[0].clone(),
            _ => map(&f64::trunc),
        },
        "Reshape" => {
            let asked = x[1].integers();
            let known: usize = asked.iter().filter(|&&size| size > 0).map(|&size| size as usize).product();
            let size = |&size: &i64| if size == -1 { x[0].data.len() / known } else { size as usize };
            Array::new(asked.iter().map(size).collect::<Vec<_>>(), x[0].data.clone())
        }
        "Unsqueeze" => {
            let axes = x[1].integers();
            let mut own = x[0].shape.iter();
            let rank = x[0].shape.len() + axes.len();
            let size = |axis: usize| if axes.contains(&(axis as i64)) { 1 } else { *own.next().unwrap() };
            Array::new((0..rank).map(size).collect::<Vec<_>>(), x[0].data.clone())
        }
        "Transpose" => {
            let order = ints(node, "perm");
            let shape = order.iter().map(|&axis| x[0].shape[axis]).collect();
            Array::of(shape, |index| {
                let mut from = vec![0; order.len()];
                order.iter().zip(index).for_each(|(&axis, &i)| from[axis] = i);
                x[0].at(&from)
            })
        }
        "Expand" => {
            let zeros = Array::new(x[1].integers().iter().map(|&s| s as usize).collect::<Vec<_>>(), {
                vec![0.0; x[1].integers().iter().product::<i64>() as usize]
            });
            broadcast(&[x[0], &zeros], |v| v[0])
        }
        "Shape" => Array::new([x[0].shape.len()], x[0].shape.iter().map(|&s| s as f64).collect()),
        "Slice" => slice(x),
        "Pad" => pad(x),
        "Concat" => concat(x, int(node, "axis") as usize),
        "Gather" => {
            assert_eq!(int(node, "axis"), 0);
            let shape = [&x[1].shape[..], &x[0].shape[1..]].concat();
            let rank = x[1].shape.len();
            Array::of(shape, |index| {
                let row = if rank == 0 { x[1].data[0] } else { x[1].at(&index[..rank]) };
                x[0].at(&[&[row as usize], &index[rank..]].concat())
            })
        }
        "ReduceSum" => reduce(x[0], &x[1].integers(), 0.0, |a, b| a + b),
        "ReduceMax" => {
            let axes: Vec<i64> = ints(node, "axes").iter().map(|&axis| axis as i64).collect();
            reduce(x[0], &axes, f64::NEG_INFINITY, f64::max)
        }
        "MatMul" => {
            let (a, b, rank) = (&x[0].shape, &x[1].shape, x[0].shape.len());
            let [leading @ .., m, k] = &a[..] else { panic!("{a:?}") };
            assert!(b.len() == rank && b[rank - 2] == *k, "{a:?} {b:?}");
            let shape = [leading, &[*m, b[rank - 1]]].concat();
            Array::of(shape, |i| {
                let (batch, row, column) = (&i[..rank - 2], i[rank - 2], i[rank - 1]);
                let own: Vec<usize> = batch.iter().zip(b).map(|(&at, &size)| if size == 1 { 0 } else { at }).collect();
                let left = |p: usize| x[0].at(&[batch, &[row, p]].concat());
                (0..*k).map(|p| left(p) * x[1].at(&[&own[..], &[p, column]].concat())).sum()
            })
        }
        "Conv" => conv(node, x),
        "ConvTranspose" => conv_transpose(node, x),
        other => panic!("operator {other}"),
    }
}

fn broadcast(x: &[&Array], f: impl Fn(&[f64]) -> f64) -> Array {
    let rank = x.iter().map(|a| a.shape.len()).max().unwrap();
    let size = |a: &Array, axis: usize| (axis + a.shape.len()).checked_sub(rank).map_or(1, |own| a.shape[own]);
    let shape: Vec<usize> = (0..rank).map(|axis| x.iter().map(|a| size(a, axis)).max().unwrap()).collect();
    for a in x {
        assert!((0..rank).all(|axis| [1, shape[axis]].contains(&size(a, axis))), "{:?} to {shape:?}", a.shape);
    }
    Array::of(shape, |index| {
        let own = |a: &&Array| {
            let lead = rank - a.shape.len();
            let at: Vec<usize> =
                (0..a.shape.len()).map(|axis| if a.shape[axis] == 1 { 0 } else { index[lead + axis] }).collect();
            if at.is_empty() { a.data[0] } else { a.at(&at) }
        };
        f(&x.iter().map(own).collect::<Vec<f64>>())
    })
}

fn slice(x: &[&Array]) -> Array {
    let [starts, ends, axes] = [1, 2, 3].map(|at| x[at].integers());
    let steps = x.get(4).map_or(vec![1; axes.len()], |steps| steps.integers());
    let (mut from, mut step, mut shape) =
        (vec![0i64; x[0].shape.len()], vec![1i64; x[0].shape.len()], x[0].shape.clone());
    for (at, &axis) in axes.iter().enumerate() {
        let (axis, size) = (axis as usize, x[0].shape[axis as usize] as i64);
        let place = |v: i64| if v < 0 { v.saturating_add(size) } else { v };
        (from[axis], step[axis]) = (place(starts[at]).clamp(0, size), steps[at]);
        let end = if steps[at] > 0 { place(ends[at]).clamp(0, size) } else { place(ends[at]).clamp(-1, size - 1) };
        shape[axis] = ((end - from[axis]) as f64 / steps[at] as f64).ceil().max(0.0) as usize;
    }
    Array::of(shape, |index| {
        let at: Vec<usize> =
            index.iter().enumerate().map(|(axis, &i)| (from[axis] + i as i64 * step[axis]) as usize).collect();
        x[0].at(&at)
    })
}

fn pad(x: &[&Array]) -> Array {
    let (pads, rank) = (x[1].integers(), x[0].shape.len());
    let shape = (0..rank).map(|axis| (x[0].shape[axis] as i64 + pads[axis] + pads[rank + axis]) as usize).collect();
    Array::of(shape, |index| {
        let at: Vec<i64> = (0..rank).map(|axis| index[axis] as i64 - pads[axis]).collect();
        let inside = (0..rank).all(|axis| (0..x[0].shape[axis] as i64).contains(&at[axis]));
        if inside { x[0].at(&at.iter().map(|&i| i as usize).collect::<Vec<_>>()) } else { x[2].data[0] }
    })
}

fn concat(x: &[&Array], axis: usize) -> Array {
    let mut shape = x[0].shape.clone();
    shape[axis] = x.iter().map(|a| a.shape[axis]).sum();
    Array::of(shape, |index| {
        let mut index = index.to_vec();
        for a in x {
            if index[axis] < a.shape[axis] {
                return a.at(&index);
            }
            index[axis] -= a.shape[axis];
        }
        unreachable!("an index beyond all parts")
    })
}

fn reduce(x: &Array, axes: &[i64], start: f64, f: impl Fn(f64, f64) -> f64) -> Array {
    let kept: Vec<usize> = (0..x.shape.len()).filter(|&axis| !axes.contains(&(axis as i64))).collect();
    let mut sums = Array::new(kept.iter().map(|&axis| x.shape[axis]).collect::<Vec<_>>(), {
        vec![start; kept.iter().map(|&axis| x.shape[axis]).product()]
    });
    let strides = sums.strides();
    for (index, &v) in indices(&x.shape).zip(&x.data) {
        let at: usize = kept.iter().zip(&strides).map(|(&axis, stride)| index[axis] * stride).sum();
        sums.data[at] = f(sums.data[at], v);
    }
    sums
}

/// y\[n, o, p\] = Σ x\[n, i, p·s + t·d − pad\]·w\[o, i, t\], groups apart.
fn conv(node: &NodeMessage, x: &[&Array]) -> Array {
    let (image, kernel) = (x[0], x[1]);
    let (strides, pads, dilations) = (ints(node, "strides"), ints(node, "pads"), ints(node, "dilations"));
    let (group, rank) = (int(node, "group") as usize, strides.len());
    let size = |a: usize| {
        (image.shape[2 + a] + pads[a] + pads[rank + a] - dilations[a] * (kernel.shape[2 + a] - 1) - 1) / strides[a] + 1
    };
    let shape: Vec<usize> = [image.shape[0], kernel.shape[0]].into_iter().chain((0..rank).map(size)).collect();
    let (each_in, each_out) = (kernel.shape[1], kernel.shape[0] / group);
    Array::of(shape, |y| {
        let mut sum = 0.0;
        for tap in indices(&kernel.shape[2..]) {
            let at: Vec<i64> =
                (0..rank).map(|a| (y[2 + a] * strides[a] + tap[a] * dilations[a]) as i64 - pads[a] as i64).collect();
            if (0..rank).any(|a| !(0..image.shape[2 + a] as i64).contains(&at[a])) {
                continue;
            }
            let at: Vec<usize> = at.iter().map(|&i| i as usize).collect();
            for i in 0..each_in {
                let channel = y[1] / each_out * each_in + i;
                sum += image.at(&[&[y[0], channel], &at[..]].concat()) * kernel.at(&[&[y[1], i], &tap[..]].concat());
            }
        }
        sum
    })
}

/// Every x\[n, i, p\]·w\[i, o, t\] is added at p·s + t·d, then `pads` are cut off and `output_padding` is added at the end.
fn conv_transpose(node: &NodeMessage, x: &[&Array]) -> Array {
    let (image, kernel) = (x[0], x[1]);
    let [strides, pads, dilations, more] =
        ["strides", "pads", "dilations", "output_padding"].map(|name| ints(node, name));
    let (group, rank) = (int(node, "group") as usize, strides.len());
    let whole =
        |a: usize| (image.shape[2 + a] - 1) * strides[a] + dilations[a] * (kernel.shape[2 + a] - 1) + 1 + more[a];
    let size = |a: usize| whole(a) - pads[a] - pads[rank + a];
    let (each_in, each_out) = (image.shape[1] / group, kernel.shape[1]);
    let shape: Vec<usize> = [image.shape[0], each_out * group].into_iter().chain((0..rank).map(size)).collect();
    let mut y = Array::new(shape.clone(), vec![0.0; shape.iter().product()]);
    let steps = y.strides();
    for index in indices(&image.shape) {
        let value = image.at(&index);
        for tap in indices(&kernel.shape[1..]) {
            let at: Vec<i64> = (0..rank)
                .map(|a| (index[2 + a] * strides[a] + tap[1 + a] * dilations[a]) as i64 - pads[a] as i64)
                .collect();
            if (0..rank).any(|a| !(0..shape[2 + a] as i64).contains(&at[a])) {
                continue;
            }
            let channel = index[1] / each_in * each_out + tap[0];
            let place: usize = index[0] * steps[0]
                + channel * steps[1]
                + (0..rank).map(|a| at[a] as usize * steps[2 + a]).sum::<usize>();
            y.data[place] += value * kernel.at(&[&[index[1]], &tap[..]].concat());
        }
    }
    y
}
