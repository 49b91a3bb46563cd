//! Kernels under `SpectralNormalization` as Keras uses them: it divides the stored kernel by σ in training, and uses it as it is; ganymede
//! keeps the kernel and divides where it is used. Not here: the layer (`ganymede-nn`).

use super::places::Place;
use ganymede_tensor::Tensor;

/// The arrays with W/σ in place of each such W, where σ is the one that the layer uses outside of training.
pub fn divided(places: &[Place], arrays: &[Tensor]) -> Vec<Tensor> {
    let mut made = arrays.to_vec();
    for (at, place) in places.iter().enumerate() {
        let Some(of) = place.spectral else { continue };
        let (Ok(kernel), Ok(u)) = (arrays[at].as_f32(), arrays[of].as_f32()) else { continue };
        let sigma = sigma(kernel, u);
        let values = kernel.iter().map(|w| (f64::from(*w) / sigma) as f32).collect();
        made[at] = Tensor::from_f32(place.shape.clone(), values).unwrap_or_else(|_| arrays[at].clone());
    }
    made
}

/// σ = v·W·uᵀ with u of length 1 and v = u·Wᵀ/|u·Wᵀ|, thus |u·Wᵀ|; W is a matrix of its last axis.
fn sigma(kernel: &[f32], u: &[f32]) -> f64 {
    let length = u.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>().sqrt().max(1e-12);
    let dot = |row: &[f32]| row.iter().zip(u).map(|(w, u)| f64::from(*w) * f64::from(*u) / length).sum::<f64>();
    let squares = kernel.chunks_exact(u.len().max(1)).map(|row| dot(row).powi(2)).sum::<f64>();
    squares.sqrt().max(1e-12)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ganymede_tensor::Shape;

    #[test]
    fn a_kernel_is_divided_by_its_length_along_u() {
        // W = diag(3, 4), u along the second axis: σ is 4.
        let kernel = Tensor::from_f32([2, 2], vec![3.0, 0.0, 0.0, 4.0]).unwrap();
        let u = Tensor::from_f32([1, 2], vec![0.0, 2.0]).unwrap();
        let place = |shape: Shape, spectral| Place { name: String::new(), shape, paths: Vec::new(), spectral };
        let places = [place(Shape::from([2, 2]), Some(1)), place(Shape::from([1, 2]), None)];
        let made = divided(&places, &[kernel, u.clone()]);
        assert_eq!(made[0].as_f32().unwrap(), [0.75, 0.0, 0.0, 1.0]);
        assert_eq!(made[1], u);
    }
}
