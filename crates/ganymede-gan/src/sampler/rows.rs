//! Samples in the order of a grid that has a row for each class. Not here: the grid (`ganymede-data`).

use ganymede_tensor::Tensor;

/// Samples of the seeds from `first` on, whose classes come in turn, a row for each class that there is; how many are in a row, and
/// the class of each row. Where a class has one less the lowest value of a network stands: black.
///
/// # Panics
/// When the samples are no numbers in `f32`.
pub fn rows_by_class(samples: &Tensor, first: u64, classes: u64) -> (Tensor, usize, Vec<u64>) {
    let values = samples.as_f32().expect("samples are numbers in f32");
    let count = samples.shape()[0];
    if count == 0 || classes == 0 {
        return (samples.clone(), count, Vec::new());
    }
    let class = |at: usize| (first % classes + at as u64 % classes) % classes;
    let mut found: Vec<u64> = (0..count.min(classes as usize)).map(class).collect();
    found.sort_unstable();
    let (each, columns) = (values.len() / count, count.div_ceil(found.len()));
    let mut out = vec![-1.0f32; found.len() * columns * each];
    for at in 0..count {
        let row = found.binary_search(&class(at)).expect("it is one of those found");
        // Each class comes once in a turn.
        let place = (row * columns + at / found.len()) * each;
        out[place..place + each].copy_from_slice(&values[at * each..(at + 1) * each]);
    }
    let shape: Vec<usize> = [found.len() * columns].iter().chain(&samples.shape()[1..]).copied().collect();
    (Tensor::from_f32(shape, out).expect("as many values as the shape has"), columns, found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grid_has_a_row_for_each_class() {
        let grid = |first, count: usize, classes| {
            let samples = Tensor::from_f32([count, 1], (0..count).map(|n| n as f32).collect()).unwrap();
            let (ordered, columns, rows) = rows_by_class(&samples, first, classes);
            assert!(rows.is_sorted() && rows.len() * columns == ordered.shape()[0]);
            (ordered.as_f32().unwrap().to_vec(), columns)
        };
        assert_eq!(grid(0, 6, 3), (vec![0.0, 3.0, 1.0, 4.0, 2.0, 5.0], 2));
        // From seed 4 on the classes are 1, 2, 0, 1, 2.
        assert_eq!(grid(4, 5, 3), (vec![2.0, -1.0, 0.0, 3.0, 1.0, 4.0], 2));
        // Fewer samples than classes: a row each.
        assert_eq!(grid(1, 2, 10), (vec![0.0, 1.0], 1));
        // The last seeds: 2⁶⁴ − 1 is of class 0 of 3.
        assert_eq!(grid(u64::MAX, 1, 3), (vec![0.0], 1));
        assert_eq!(grid(u64::MAX - 1, 2, 3), (vec![1.0, 0.0], 1));
        assert_eq!(grid(0, 0, 3).0, [0.0; 0]);
    }
}
