//! How far rows or columns are from orthogonal. Not here: orthogonal first values (`initializers/orthogonal.rs`).

use super::Penalize;
use crate::arguments::words;
use crate::config::{Invalid, configured};
use crate::family::not_negative;
use ganymede_graph::Expr;
use ganymede_tensor::{DType, TensorType};

words! {
    /// Which vectors should be orthogonal.
    pub enum Mode {
        /// Rows.
        Rows = "rows",
        /// Columns.
        Columns = "columns",
    }
}

configured! {
    /// factor · the mean of |u·v| over all pairs u ≠ v of rows or columns of a matrix, each scaled to length 1.
    pub struct OrthogonalRegularizer {
        ;
        /// The factor.
        factor: f64 = 0.01,
        /// Rows or columns.
        mode: Mode = Mode::Rows,
    }
}

impl Penalize for OrthogonalRegularizer {
    fn check(&self) -> Result<(), Invalid> {
        not_negative("factor", self.factor)
    }

    fn penalty<'g>(&self, weight: Expr<'g>) -> Expr<'g> {
        let shape = weight.shape();
        if shape.rank() != 2 {
            let message = format!("OrthogonalRegularizer expected a matrix, found a weight {shape}");
            return weight.builder().error(message, Some("use L2 for this weight".into()));
        }
        let rows = self.mode == Mode::Rows;
        let size = if rows { shape[0] } else { shape[1] };
        if size < 2 {
            let message = format!(
                "OrthogonalRegularizer expected two {} or more, found a weight {shape}",
                if rows { "rows" } else { "columns" }
            );
            return weight.builder().error(message, Some("remove the regularizer".into()));
        }
        let squares = weight.square().sum_keep(&[usize::from(rows)]);
        let unit = weight * (1.0 / squares.sqrt()).minimum(1.0 / 1e-7);
        let product = unit.matmul_transposed(unit, !rows, rows); // (size, size)
        let index = TensorType::new(DType::I32, [size, size]);
        let builder = weight.builder();
        let diagonal = builder.iota(index.clone(), 0).equal(builder.iota(index, 1));
        let pairs = size as f64 * (size as f64 - 1.0) / 2.0;
        diagonal.select(0.0, product.abs()).sum() * (self.factor * 0.5 / pairs)
    }
}
