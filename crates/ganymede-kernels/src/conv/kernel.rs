//! Packing the kernel for products whose rows are gathered (`gather.rs`).

use crate::gemm::pack::{self, Matrix, Panels};
use crate::gemm::parallel::Output;
use crate::gemm::tile::PANEL;
use crate::isa::Isa;
use crate::pool::Pool;

/// A kernel (taps, in_channels, out_channels) and the order in which it is wanted.
pub struct KernelLayout<'a> {
    /// For each slot the tap that stands there.
    pub taps: &'a [usize],
    /// Input channels of one group.
    pub in_channels: usize,
    /// Output channels of all groups.
    pub out_channels: usize,
    /// How many groups.
    pub groups: usize,
    /// Whether sums run over output channels (the input gradient) instead of input channels.
    pub transposed: bool,
}

impl KernelLayout<'_> {
    /// (terms of the sum per tap, columns) of one group.
    fn sizes(&self) -> (usize, usize) {
        let out = self.out_channels / self.groups;
        if self.transposed { (out, self.in_channels) } else { (self.in_channels, out) }
    }

    /// Packs each group into panels of (slots · terms, 16).
    pub fn panels(&self, pool: &Pool, isa: Isa, kernel: &[f32], packed: &mut [f32]) {
        let (terms, columns) = self.sizes();
        let (slots, panels) = (self.taps.len(), columns.div_ceil(PANEL));
        let chunk = 1024usize.div_ceil(terms).min(slots);
        let chunks = slots.div_ceil(chunk);
        let packed = Output::new(packed);
        pool.run(self.groups * panels * chunks, &|task| {
            let (first, rest) = (task % chunks * chunk, task / chunks);
            let (panel, group) = (rest % panels, rest / panels);
            let width = PANEL.min(columns - panel * PANEL);
            for (slot, tap) in self.taps.iter().enumerate().skip(first).take(chunk) {
                let at = (rest * slots + slot) * terms * PANEL;
                // SAFETY: one slot of one panel is one place of `packed`, and only this task packs it.
                let to = Panels { data: unsafe { packed.part(at, terms * PANEL) }, stride: 0 };
                let from = Matrix { data: kernel, stride: self.out_channels };
                let (row, column) = (tap * self.in_channels, group * (self.out_channels / self.groups));
                if self.transposed {
                    pack::pack_b_transposed(isa, from.from(row + panel * PANEL, column), terms, width, to);
                } else {
                    pack::pack_b(isa, from.from(row, column + panel * PANEL), terms, width, to);
                }
            }
        });
    }

    /// Packs each group as rows of (column, slots · terms); groups are `stride` apart. For few columns.
    pub fn rows(&self, kernel: &[f32], packed: &mut [f32], stride: usize) {
        let (terms, columns) = self.sizes();
        for (group, packed) in packed.chunks_exact_mut(stride).enumerate() {
            let first = group * (self.out_channels / self.groups);
            for (slot, tap) in self.taps.iter().enumerate() {
                for column in 0..columns {
                    let to = &mut packed[(column * self.taps.len() + slot) * terms..][..terms];
                    let (ci, co) = if self.transposed { (column, first) } else { (0, first + column) };
                    let from = &kernel[(tap * self.in_channels + ci) * self.out_channels + co..];
                    if self.transposed {
                        to.copy_from_slice(&from[..terms]);
                    } else {
                        to.iter_mut().zip(from.iter().step_by(self.out_channels)).for_each(|(to, from)| *to = *from);
                    }
                }
            }
        }
    }
}
