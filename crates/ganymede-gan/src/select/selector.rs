//! Chooses rows among candidates. Not here: the candidates (`draws.rs`), weights (`weights.rs`), shares of columns (`margins.rs`,
//! `raking.rs`).

use super::margins::Margin;
use super::raking::{Codes, rake};
use super::weights::{by_class, effective, systematic, tempered};
use super::{RealRows, RowDraws, RowsAsked};
use crate::error::GanError;
use crate::evaluate::tables;
use crate::sampler::Sampler;
use ganymede_data::RowLines;
use ganymede_metrics::{Stop, TableColumn, Teller};
use ganymede_tensor::{Rng, Tensor, stream_of};

/// Most rows of a side that the odds are learned from.
const LEARNED: usize = 20_000;
/// Generated rows that they are learned from, for each real one.
const FOR_EACH: usize = 4;
/// Of these rows the seeds begin here: none that anybody asks for.
const APART: u64 = 1 << 62;
/// Candidates that have to be effective, for each row.
const EFFECTIVE: f64 = 1.5;
/// Fewest real rows whose shares chosen rows are to have.
const LEAST: usize = 50;
const SEED: u64 = 0;

/// What rows were chosen among.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Selected {
    /// Rows that were chosen.
    pub rows: u64,
    /// Candidates.
    pub candidates: u64,
    /// As how many candidates of equal weight they were, tempered.
    pub effective: f64,
    /// The least power of the odds that was taken: 1 is the odds as they are.
    pub power: f64,
    /// The largest difference between the share of a part of a column and that of real rows; none where too few of these are as
    /// the rows were asked to be, so that shares are as they came.
    pub off: Option<f64>,
}

impl Selected {
    /// Together with another block.
    pub(super) fn add(&mut self, other: &Selected) {
        let first = self.rows == 0;
        self.rows += other.rows;
        self.candidates += other.candidates;
        self.effective += other.effective;
        self.power = if first { other.power } else { self.power.min(other.power) };
        self.off = if first { other.off } else { self.off.zip(other.off).map(|(a, b)| a.max(b)) };
    }
}

/// Chooses rows that are told from real ones less.
pub struct Selector {
    columns: Vec<TableColumn>,
    teller: Teller,
    /// Shares of the columns, that of the target last; none where too few real rows are as asked for.
    margins: Vec<(usize, Margin)>,
    /// The shares of the classes.
    classes: Vec<f64>,
}

impl Selector {
    /// Learns to tell real rows from generated ones, and the shares of the columns among the real rows that are as asked for.
    ///
    /// # Errors
    /// [`GanError::Argument`] for less than 2 candidates for each row, more than 50, or too few real rows; what generating gives.
    pub fn learn(
        (sampler, table): (&mut Sampler, &dyn RowLines),
        real: &RealRows,
        asked: &RowsAsked,
        candidates: u32,
    ) -> Result<Selector, GanError> {
        if !(2..=50).contains(&candidates) {
            let reason = format!("expected 2 to 50 candidates for each row, found {candidates}");
            return Err(GanError::Argument { what: "select".into(), reason });
        }
        let (columns, _) = tables::facts(table);
        let width = table.width().max(1);
        let count = real.trained.len() / width;
        let order = Rng::new(SEED, stream_of("select/real")).permutation(count);
        let row = |at: &usize| &real.trained[at * width..(at + 1) * width];
        let some: Vec<f64> = order[..count.min(LEARNED)].iter().flat_map(row).copied().collect();
        let compared = |cells: &[f64]| tables::rows(table, table.compared_cells(cells));
        let everything = RowsAsked::default();
        let generated = (count.saturating_mul(FOR_EACH)).min(LEARNED) as u64;
        let fake = RowDraws::new((sampler, table), &everything, None, APART).take(generated, generated)?;
        let teller = Teller::learn(&columns, [&compared(&some)?, &compared(&fake.cells)?], SEED, Stop::NEVER)?;
        let weights = asked.weights(table, &real.trained);
        let mut margins = Vec::new();
        if weights.iter().filter(|weight| **weight > 0.0).count() >= LEAST {
            let cells = table.compared_cells(&real.trained);
            let own = |at: usize| cells.iter().skip(at).step_by(columns.len()).copied().collect::<Vec<f32>>();
            let mut places: Vec<usize> = (0..columns.len()).collect();
            places.sort_by_key(|at| columns[*at].target);
            margins = places.into_iter().map(|at| (at, Margin::of(&columns[at], &own(at), &weights))).collect();
        }
        let mut classes = Vec::new();
        for (cells, weight) in real.trained.chunks_exact(width).zip(&weights).filter(|(_, weight)| **weight > 0.0) {
            let class = table.class_of(cells).unwrap_or(0) as usize;
            classes.resize(classes.len().max(class + 1), 0.0);
            classes[class] += weight;
        }
        Ok(Selector { columns, teller, margins, classes })
    }

    /// Bytes of a candidate.
    pub(super) fn bytes(&self) -> usize {
        // Cells and what they are compared by, parts of columns, and weights.
        self.columns.len() * (size_of::<f64>() + 2 * size_of::<f32>() + size_of::<u32>()) + 8 * size_of::<f64>()
    }

    /// Chooses so many of these candidates: their places, ascending. The same seed chooses the same.
    ///
    /// # Errors
    /// [`GanError::Argument`] for candidates that are no rows of the table.
    pub fn select(
        &self,
        (table, candidates): (&dyn RowLines, &[f64]),
        count: usize,
        seed: u64,
    ) -> Result<(Vec<usize>, Selected), GanError> {
        let compared = tables::rows(table, table.compared_cells(candidates))?;
        let classes: Vec<usize> = candidates
            .chunks_exact(table.width().max(1))
            .map(|row| table.class_of(row).unwrap_or(0) as usize)
            .collect();
        self.chosen(&compared, &classes, count, seed)
    }

    fn chosen(
        &self,
        compared: &Tensor,
        classes: &[usize],
        count: usize,
        seed: u64,
    ) -> Result<(Vec<usize>, Selected), GanError> {
        let n = classes.len();
        let count = count.min(n);
        let (mut weights, power) = tempered(&self.teller.log_odds(compared)?, EFFECTIVE * count as f64);
        let mut selected = Selected { rows: count as u64, candidates: n as u64, power, ..Selected::default() };
        selected.effective = effective(&weights);
        let cells = compared.as_f32().map_err(crate::evaluate::misshapen)?;
        let codes = |(at, margin): &'_ (usize, Margin)| {
            let own = cells.iter().skip(*at).step_by(self.columns.len());
            own.map(|cell| margin.part(*cell) as u32).collect()
        };
        let codes: Vec<Codes<'_>> =
            self.margins.iter().map(|margin| Codes { parts: codes(margin), shares: &margin.1.shares }).collect();
        if !codes.is_empty() {
            rake(&mut weights, &codes, count as f64);
        }
        // Classes as the real rows have them; where none is known, as they came.
        let mut shares = self.classes.clone();
        shares.resize(classes.iter().max().map_or(0, |most| most + 1).max(shares.len()), 0.0);
        if self.classes.is_empty() {
            classes.iter().for_each(|class| shares[*class] += 1.0);
        }
        by_class(&mut weights, classes, &shares, count);
        selected.off = (!codes.is_empty()).then(|| off(&weights, &codes));
        let mut order: Vec<usize> = (0..n).collect();
        order.sort_by_key(|at| classes[*at]);
        let start = Rng::new(seed, stream_of("select/start")).uniform();
        Ok((systematic(&weights, &order, count, start), selected))
    }
}

/// The largest difference between the share of a part and what it is to be.
fn off(weights: &[f64], margins: &[Codes<'_>]) -> f64 {
    let all: f64 = weights.iter().sum();
    let of_margin = |Codes { parts, shares }: &Codes<'_>| {
        let mut own: Vec<f64> = shares.iter().map(|share| -share).collect();
        parts.iter().zip(weights).for_each(|(part, weight)| own[*part as usize] += weight / all);
        own.into_iter().fold(0.0, |off: f64, difference| off.max(difference.abs()))
    };
    margins.iter().map(of_margin).fold(0.0, f64::max)
}
