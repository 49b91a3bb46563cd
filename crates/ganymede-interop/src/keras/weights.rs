//! `model.weights.h5`: the only code that knows of HDF5. Arrays are asked for by their paths, so that nothing of a file is walked
//! through, and an array is read only after its sizes are known to be the network's. Not here: which array is where (`places.rs`).

use super::places::Place;
use crate::error::InteropError;
use ganymede_tensor::Tensor;
use hdf5_pure::{AttrValue, DType, Dataset, File, FileBuilder, GroupBuilder};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Arrays of a network at the most.
const MOST_ARRAYS: usize = 100_000;
/// Groups of one path at the most.
const MOST_DEPTH: usize = 32;

/// The arrays of a file at the places of a network.
pub fn read(bytes: Vec<u8>, places: &[Place]) -> Result<Vec<Tensor>, InteropError> {
    // A fault in the reader of a damaged file must not end a training that goes on beside it.
    let caught = catch_unwind(AssertUnwindSafe(|| read_all(bytes, places)));
    caught.unwrap_or_else(|_| {
        Err(InteropError::foreign("the file", "expected HDF5 that can be read, found a damaged file"))
    })
}

fn read_all(bytes: Vec<u8>, places: &[Place]) -> Result<Vec<Tensor>, InteropError> {
    if places.len() > MOST_ARRAYS {
        let reason = format!("expected at most {MOST_ARRAYS} arrays, found {}", places.len());
        return Err(InteropError::foreign("the network", reason));
    }
    let size = bytes.len() as u64;
    let none =
        |error: hdf5_pure::Error| InteropError::foreign("the file", format!("expected HDF5, found {}", told(&error)));
    let file = File::from_bytes(bytes).map_err(none)?;
    let arrays = places.iter().map(|place| read_one(&file, size, place)).collect::<Result<Vec<_>, _>>()?;
    no_more(&file, places)?;
    Ok(arrays)
}

/// Checks that no layer has one more array in the file: it is then another layer, such as one with a bias.
fn no_more(file: &File, places: &[Place]) -> Result<(), InteropError> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (group, _) in places.iter().flat_map(|place| &place.paths).filter_map(|path| path.rsplit_once('/')) {
        *counts.entry(group).or_default() += 1;
    }
    match counts.into_iter().find(|(group, count)| file.dataset(&format!("{group}/{count}")).is_ok()) {
        None => Ok(()),
        Some((group, count)) => {
            let reason = format!("expected {count} arrays, found more: the layer of the file has other arguments");
            Err(InteropError::foreign(group, reason))
        }
    }
}

/// What the reader says, shortened: it may quote a damaged file.
fn told(error: &hdf5_pure::Error) -> String {
    let text: String = error.to_string().chars().filter(|c| !c.is_control()).take(160).collect();
    format!("a file that cannot be read ({text})")
}

fn read_one(file: &File, size: u64, place: &Place) -> Result<Tensor, InteropError> {
    let Some(path) = place.paths.first() else {
        return Err(InteropError::foreign(&place.name, "expected a place in the file, found none"));
    };
    let foreign = |reason: String| InteropError::foreign(format!("{path} ({})", place.name), reason);
    if path.split('/').count() > MOST_DEPTH {
        return Err(foreign(format!("expected at most {MOST_DEPTH} groups of groups, found more")));
    }
    let failed = |error: hdf5_pure::Error| foreign(format!("expected an array, found {}", told(&error)));
    let dataset = file.dataset(path).map_err(failed)?;
    let found = dataset.shape().map_err(failed)?;
    let expected: Vec<u64> = place.shape.iter().map(|&size| size as u64).collect();
    if found != expected {
        return Err(foreign(format!("expected sizes {expected:?}, found {found:?}")));
    }
    let element = dataset.element_size().map_err(failed)?;
    let bytes = found.iter().try_fold(element, |bytes, &size| bytes.checked_mul(size));
    if bytes.is_none_or(|bytes| bytes > size) {
        return Err(foreign(format!("expected an array within the {size} bytes of the file, found sizes {found:?}")));
    }
    let values = values(&dataset, &foreign)?;
    Tensor::from_f32(place.shape.clone(), values).map_err(|error| foreign(error.to_string()))
}

/// The numbers of an array as `f32`.
fn values(dataset: &Dataset, foreign: &impl Fn(String) -> InteropError) -> Result<Vec<f32>, InteropError> {
    let failed = |error: hdf5_pure::Error| foreign(format!("expected an array, found {}", told(&error)));
    let dtype = dataset.dtype().map_err(failed)?;
    if dtype == DType::F32 {
        return dataset.read_f32().map_err(failed);
    }
    // Keras stores what HDF5 has no type for as plain bytes, and names the type beside.
    let named = dataset.attrs().map_err(failed)?.remove("dtype");
    let named = named.as_ref().and_then(AttrValue::as_str).unwrap_or_default();
    if named == "bfloat16" && dataset.element_size().map_err(failed)? == 2 {
        let bytes = dataset.read_raw().map_err(failed)?;
        let (halves, _) = bytes.as_chunks::<2>();
        return Ok(halves.iter().map(|half| f32::from_bits(u32::from(u16::from_le_bytes(*half)) << 16)).collect());
    }
    let found: String = if named.is_empty() { dtype.to_string() } else { named.into() };
    Err(foreign(format!("expected float32 or bfloat16, found {}", found.chars().take(60).collect::<String>())))
}

/// A group in the making.
#[derive(Default)]
struct Node<'a> {
    groups: BTreeMap<&'a str, Node<'a>>,
    arrays: BTreeMap<&'a str, &'a Tensor>,
}

/// The bytes of a file with the arrays of a network; it holds what Keras looks for, and no times.
pub fn write(name: &str, places: &[Place], arrays: &[Tensor]) -> Result<Vec<u8>, InteropError> {
    let mut root = Node::default();
    for (place, array) in places.iter().zip(arrays) {
        for path in &place.paths {
            let (groups, last) = path.rsplit_once('/').unwrap_or(("", path));
            let node = groups.split('/').fold(&mut root, |node, group| node.groups.entry(group).or_default());
            node.arrays.insert(last, array);
        }
    }
    let mut file = FileBuilder::new();
    let mut own = file.create_group("vars");
    own.set_attr("name", AttrValue::String(name.into()));
    file.add_group(own.finish());
    for (name, node) in &root.groups {
        let mut group = file.create_group(name);
        fill(&mut group, node);
        file.add_group(group.finish());
    }
    let failed =
        |error: hdf5_pure::Error| InteropError::foreign("the weights", format!("they cannot be written: {error}"));
    file.finish().map_err(failed)
}

fn fill(group: &mut GroupBuilder, node: &Node<'_>) {
    for (name, array) in &node.arrays {
        let shape: Vec<u64> = array.shape().iter().map(|&size| size as u64).collect();
        let values = array.as_f32().unwrap_or_default();
        group.create_dataset(name).with_f32_data(values).with_shape(&shape);
    }
    for (name, node) in &node.groups {
        let mut below = group.create_group(name);
        fill(&mut below, node);
        group.add_group(below.finish());
    }
}
