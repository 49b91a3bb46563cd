//! Whether a phase's loss moves what it trains: a term through which no derivative reaches it would be shown and change
//! nothing. Not here: the loss itself (`loss.rs`).

use super::loss::Trained;
use crate::error::GanError;
use crate::spec::PhaseSpec;
use ganymede_graph::Expr;

/// Refuses a term that depends on nothing that its phase trains, and a network that no term depends on. `complete` says
/// whether all terms of the phase are among these: else the network's may be another one's.
///
/// # Errors
/// [`GanError::Argument`], with phase, term and networks.
pub(super) fn require(
    phase: &PhaseSpec,
    terms: &[(String, Expr<'_>)],
    trained: &[Trained<'_>],
    complete: bool,
) -> Result<(), GanError> {
    let refuse = |reason: String| Err(GanError::Argument { what: format!("phase `{}`", phase.name), reason });
    // What a poison depends on is not known; why it is one is told elsewhere.
    if terms.iter().any(|(_, value)| value.is_poison()) {
        return Ok(());
    }
    let values: Vec<Expr> = trained.iter().map(|(_, value)| *value).collect();
    let mut moved = vec![false; values.len()];
    for (name, term) in terms {
        let reached = term.depends_on(&values);
        if !reached.contains(&true) {
            return refuse(format!(
                "expected terms that depend on what it trains ({}), found `{name}`, whose gradient is 0 there: leave the \
                 term out, or train what it depends on",
                networks_of(phase)
            ));
        }
        moved.iter_mut().zip(reached).for_each(|(any, this)| *any |= this);
    }
    let is_part = |network: &str, name: &str| name.strip_prefix(network).is_some_and(|rest| rest.starts_with('/'));
    let is_moved = |network: &str| {
        trained.iter().zip(&moved).any(|((parameter, _), moved)| *moved && is_part(network, &parameter.name))
    };
    let left = phase.trains.iter().find(|network| !is_moved(network));
    match left.filter(|_| complete) {
        None => Ok(()),
        Some(network) => {
            let terms: Vec<&str> = terms.iter().map(|(name, _)| name.as_str()).collect();
            refuse(format!(
                "expected a loss of every network that it trains, found none of `{network}`: `{}` {} not depend on what \
                 it has to train",
                terms.join("`, `"),
                if terms.len() == 1 { "does" } else { "do" }
            ))
        }
    }
}

/// What a phase trains, in words.
fn networks_of(phase: &PhaseSpec) -> String {
    let networks = format!("`{}`", phase.trains.join("`, `"));
    if phase.freeze.is_empty() { networks } else { format!("{networks} without `{}`", phase.freeze.join("`, `")) }
}
