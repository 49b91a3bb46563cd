//! Reading images at computed places, differentiable in the images. Not here: which places (`diff_augment.rs`,
//! `adaptive.rs`, `regularizers/consistency.rs`).

use crate::loss_scope::LossScope;
use ganymede_graph::Expr;
use ganymede_tensor::{DType, TensorType};

/// Largest number of pixels whose places are exact as `f32`.
const MOST: usize = 1 << 24;

/// A batch of images (N, H, W, C), as a table of pixels.
pub(crate) struct Pixels<'g> {
    table: Expr<'g>,
    sample: Expr<'g>,
    /// N.
    pub batch: usize,
    /// H.
    pub height: usize,
    /// W.
    pub width: usize,
    /// Each pixel's row, (N, H, W).
    pub row: Expr<'g>,
    /// Each pixel's column, (N, H, W).
    pub column: Expr<'g>,
}

impl<'g> Pixels<'g> {
    /// The images as a table.
    ///
    /// # Errors
    /// The poison of a recorded error when they are no images, or too many; `what` asks for them.
    #[track_caller]
    pub fn of(s: &LossScope<'g>, x: Expr<'g>, what: &str) -> Result<Pixels<'g>, Expr<'g>> {
        if x.is_poison() {
            return Err(x);
        }
        let shape = x.shape();
        let [batch, height, width, channels] = shape[..] else {
            let message = format!("`{what}` expected images (N, height, width, channels), found samples {shape}");
            return Err(s.builder().error(message, Some("leave it out: it moves and mirrors images".into())));
        };
        if batch * height * width > MOST {
            let pixels = batch * height * width;
            let message = format!("`{what}` expected at most {MOST} pixels in a batch, found {pixels}");
            return Err(s.builder().error(message, Some("set train.micro_batches, or a smaller train.batch".into())));
        }
        let index = |axis| s.builder().iota(TensorType::f32([batch, height, width]), axis);
        let table = x.reshape([batch * height * width, channels]);
        Ok(Pixels { table, sample: index(0), batch, height, width, row: index(1), column: index(2) })
    }

    /// The pixels at whole rows and columns of each image, (N, H, W, C); 0 outside.
    pub fn at(&self, row: Expr<'g>, column: Expr<'g>) -> Expr<'g> {
        let (height, width) = (self.height as f64, self.width as f64);
        let inside = |x: Expr<'g>, size: f64| x.greater_equal(0.0).and(x.less(size));
        let index = (self.sample * height + row) * width + column;
        let index = inside(row, height).and(inside(column, width)).select(index, -1.0);
        self.table.gather(index.convert(DType::I32))
    }
}
