//! Checks of an input's axes that several layers share. Not here: windows (`window.rs`).

use crate::arguments::Axes;
use crate::scope::Scope;
use ganymede_graph::Expr;

/// The axis that `axis` means: negative ones count from the end. The batch axis is none.
///
/// # Errors
/// A message when there is no such axis.
pub(super) fn resolve(axis: i64, rank: usize) -> Result<usize, String> {
    let resolved = if axis < 0 { axis + rank as i64 } else { axis };
    match usize::try_from(resolved) {
        Ok(axis) if (1..rank).contains(&axis) => Ok(axis),
        _ => Err(format!("expected an axis from 1 to {} or its negative, found {axis}", rank.saturating_sub(1))),
    }
}

/// The axes that `axes` mean, in order, each once.
///
/// # Errors
/// A message when one does not exist, or there is none.
pub(super) fn resolve_all(axes: &Axes, rank: usize) -> Result<Vec<usize>, String> {
    let mut resolved = axes.0.iter().map(|&a| resolve(a, rank)).collect::<Result<Vec<_>, _>>()?;
    resolved.sort_unstable();
    resolved.dedup();
    if resolved.is_empty() { Err("expected at least one axis, found none".into()) } else { Ok(resolved) }
}

/// Names of the axes of a batch with N spatial axes, for messages.
fn names(spatial: usize) -> &'static str {
    match spatial {
        1 => "(batch, steps, channels)",
        2 => "(batch, height, width, channels)",
        _ => "(batch, depth, height, width, channels)",
    }
}

/// The spatial sizes and channels of a batch with N spatial axes.
///
/// # Errors
/// The recorded error's poison when the rank differs.
pub(super) fn spatial<'g, const N: usize>(scope: &Scope<'g>, x: Expr<'g>) -> Result<([usize; N], usize), Expr<'g>> {
    let shape = x.shape();
    if shape.rank() == N + 2 {
        let mut sizes = [0; N];
        sizes.copy_from_slice(&shape[1..=N]);
        return Ok((sizes, shape[N + 1]));
    }
    let hint = match shape.rank() {
        2 => "put a Reshape layer in front of it".to_string(),
        rank if rank == N + 1 => "add the channel axis with a Reshape layer in front of it".to_string(),
        rank => format!("use the layer for {} dimensions", rank.saturating_sub(2)),
    };
    let message = format!("expected an input of {} axes {}, found {shape}", N + 2, names(N));
    Err(scope.builder().error(message, Some(hint)))
}
