//! Gathered and added rows, one element at a time.

/// `out[i] = table[indices[i]]`, zeros where there is no such row; the position of the first such index.
///
/// # Panics
/// When the slices are too short.
pub fn gather(table: &[f32], width: usize, indices: &[i32], out: &mut [f32]) -> Option<usize> {
    let rows = table.len().checked_div(width).unwrap_or(0);
    for (i, &index) in indices.iter().enumerate() {
        for j in 0..width {
            let inside = index >= 0 && (index as usize) < rows;
            out[i * width + j] = if inside { table[index as usize * width + j] } else { 0.0 };
        }
    }
    indices.iter().position(|&index| index < 0 || index as usize >= rows)
}

/// `table[indices[i]] += updates[i]` where there is such a row; the position of the first index without one.
///
/// # Panics
/// When the slices are too short.
pub fn scatter_add(updates: &[f32], width: usize, indices: &[i32], table: &mut [f32]) -> Option<usize> {
    let rows = table.len().checked_div(width).unwrap_or(0);
    for (i, &index) in indices.iter().enumerate() {
        for j in 0..width {
            if index >= 0 && (index as usize) < rows {
                table[index as usize * width + j] += updates[i * width + j];
            }
        }
    }
    indices.iter().position(|&index| index < 0 || index as usize >= rows)
}
