//! Rows of a table from a generator: as they are asked to be, without copies of real rows, and chosen among many by what tells
//! them from real ones. Not here: one sample of any kind (`sampler/`), rows that are given in part (`fill.rs`), files (the caller).
//!
//! The path of rows that are chosen:
//!
//! 1. `draws.rs`: candidates, K for each row, that are as asked for.
//! 2. A [`Teller`](ganymede_metrics::Teller) gives each its odds of being real; `weights.rs` tempers them.
//! 3. `raking.rs` adjusts the weights until each column's shares (`margins.rs`) are those of the real rows.
//! 4. `weights.rs` draws rows by these weights, none of them twice.

mod draws;
mod margins;
mod raking;
mod selector;
mod weights;

pub use draws::{RowDraws, RowsAsked};
pub use selector::{Selected, Selector};

use crate::error::GanError;
use crate::sampler::Sampler;
use crate::spec::TrainSpec;
use ganymede_data::{Dataset, KnownRows, RowLines};
use std::ops::RangeInclusive;

/// Rows that are generated at a time.
const CHUNK: u64 = 4096;
/// Bytes of the candidates of a block.
const BLOCK_BYTES: usize = 256 << 20;
/// Most rows that are chosen together.
const BLOCK_ROWS: usize = 1 << 16;

/// The real rows of a run, as cells.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RealRows {
    /// Those that were trained on.
    pub trained: Vec<f64>,
    /// Those that were held out.
    pub held_out: Vec<f64>,
}

impl RealRows {
    /// Those of the data that a run was started on ([`open_run_data`](crate::open_run_data)).
    ///
    /// # Errors
    /// What reading gives.
    pub fn read(spec: &TrainSpec, dataset: &Dataset, table: &dyn RowLines) -> Result<RealRows, GanError> {
        let split = dataset.split(spec.data.options.holdout, spec.seed);
        let read = |numbers: &[u32]| -> Result<Vec<f64>, GanError> {
            let mut bytes = vec![0; numbers.len() * dataset.sample_type().bytes()];
            dataset.read(numbers, &mut bytes)?;
            Ok(table.stored_cells(&bytes))
        };
        Ok(RealRows { trained: read(&split.train)?, held_out: read(&split.holdout)? })
    }
}

/// How rows are made.
#[derive(Clone, Debug, Default)]
pub struct RowOptions {
    /// What they are asked to be.
    pub asked: RowsAsked,
    /// How many candidates each is chosen among.
    pub select: Option<u32>,
    /// Whether copies of rows that were trained on are dropped.
    pub no_copies: bool,
}

impl RowOptions {
    /// Whether the real rows are needed.
    pub fn needs_data(&self) -> bool {
        self.select.is_some() || self.no_copies
    }
}

/// What became of the rows that were generated.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct RowReport {
    /// Rows that were made.
    pub rows: u64,
    /// Rows that were generated for them.
    pub generated: u64,
    /// Those of them that were as asked for.
    pub fit: u64,
    /// Of these, copies of a row that was trained on, which were dropped.
    pub copies: u64,
    /// How many of the held-out rows are copies of a row that was trained on, and how many there are.
    pub held_out: [u64; 2],
    /// What was chosen among, where rows were.
    pub selected: Option<Selected>,
    /// The seed after the last that was taken.
    pub next: u64,
}

/// Makes as many rows as there are seeds, and hands each with its number to `sink`. Rows that are not as asked for are replaced
/// by those of later seeds. With [`RowOptions::select`] K the candidates are the seeds from K times the first one on; the rows are then
/// numbered by the seeds that were asked for. `real` are the real rows, where [`RowOptions::needs_data`].
///
/// The same seeds give the same rows on any number of threads.
///
/// # Errors
/// [`GanError::Rare`] where too few rows are as asked for, [`GanError::Argument`] without real rows that are needed; what
/// generating and the sink give.
pub fn sample_rows<E: From<GanError>>(
    (sampler, table): (&mut Sampler, &dyn RowLines),
    options: &RowOptions,
    real: Option<&RealRows>,
    seeds: &RangeInclusive<u64>,
    mut sink: impl FnMut(&[f64], u64) -> Result<(), E>,
) -> Result<RowReport, E> {
    let wanted = (seeds.end() - seeds.start()).saturating_add(1);
    let lacking = || GanError::Argument {
        what: "rows".into(),
        reason: "expected the real rows, which copies and chosen rows are compared with, found none".into(),
    };
    let (mut known, mut held_out) = (None, [0, 0]);
    if options.no_copies {
        let real = real.ok_or_else(lacking)?;
        let trained = KnownRows::of(table, &real.trained);
        let others = real.held_out.chunks_exact(table.width().max(1));
        held_out = [others.clone().filter(|row| trained.has(table, row)).count() as u64, others.len() as u64];
        known = Some(trained);
    }
    let mut report = RowReport { held_out, ..RowReport::default() };
    let Some(candidates) = options.select else {
        let mut draws = RowDraws::new((sampler, table), &options.asked, known.as_ref(), *seeds.start());
        while report.rows < wanted {
            let part = draws.take(CHUNK.min(wanted - report.rows), wanted - report.rows)?;
            for at in 0..part.len() {
                sink(part.row(at), part.numbers[at])?;
            }
            report.rows += part.len() as u64;
        }
        return Ok(draws.tell(report));
    };
    let real = real.ok_or_else(lacking)?;
    let selector = Selector::learn((&mut *sampler, table), real, &options.asked, candidates)?;
    let first = seeds.start().checked_mul(u64::from(candidates)).ok_or_else(draws::no_seeds)?;
    let mut draws = RowDraws::new((sampler, table), &options.asked, known.as_ref(), first);
    let most = BLOCK_BYTES / (candidates as usize * selector.bytes());
    let blocks = wanted.div_ceil(most.clamp(64, BLOCK_ROWS) as u64);
    let mut selected = Selected::default();
    for block in 0..blocks {
        // Blocks of equal size, as far as that can be.
        let count = (u128::from(wanted) * u128::from(block + 1) / u128::from(blocks)) as u64 - report.rows;
        let pool = draws.take(count * u64::from(candidates), wanted - report.rows)?;
        let (rows, part) = selector.select((table, &pool.cells), count as usize, seeds.start().wrapping_add(block))?;
        for at in rows {
            sink(pool.row(at), seeds.start() + report.rows)?;
            report.rows += 1;
        }
        selected.add(&part);
    }
    report.selected = Some(selected);
    Ok(draws.tell(report))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fill::fill_rows;
    use crate::presets;
    use ganymede_data::{Codec, DataOptions, Source};
    use ganymede_runtime::{CpuBackend, CpuOptions};
    use std::sync::Arc;

    /// A table of 600 rows: three kinds (6 : 3 : 1), a level of 1 to 8 that grows with the kind, a size, and whether it was sold (a
    /// quarter).
    struct Shop {
        data: Arc<Dataset>,
        codec: Codec,
        spec: TrainSpec,
        threads: usize,
    }

    impl Shop {
        fn new(threads: usize) -> Shop {
            let kinds = ["pen", "pen", "ink", "pen", "pen", "ink", "book", "pen", "ink", "pen"];
            let row = |at: usize| {
                let kind = kinds[at % 10];
                let level = 1 + (at / 10) % 4 + kind.len() % 3 * 2;
                format!("{kind},{level},{}.25,{}\n", at * 37 % 601, ["yes", "no", "no", "no"][at * 7 / 10 % 4])
            };
            let text: String = (0..600).map(row).collect();
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join("shop.csv");
            std::fs::write(&file, format!("kind,level,size,sold\n{text}")).unwrap();
            let options = DataOptions { use_cache: false, target: Some("sold".into()), ..DataOptions::default() };
            let data = Dataset::open(&Source::parse(file.as_os_str()).unwrap(), &options, &()).unwrap();
            let mut spec = presets::preset("table", data.codec()).unwrap();
            spec.data.options.holdout = Some(0.1);
            let codec = data.learn(&data.split(Some(0.1), spec.seed)).unwrap();
            Shop { data: Arc::new(data), codec, spec, threads }
        }

        fn table(&self) -> &dyn RowLines {
            self.codec.modality().lines().unwrap()
        }

        /// A generator that has learned nothing.
        fn sampler(&self) -> Sampler {
            let backend = CpuBackend::new(CpuOptions { threads: self.threads, ..CpuOptions::default() }).unwrap();
            let mut sampler = Sampler::new(&self.spec, &self.codec, None, &backend).unwrap();
            sampler.initialise(&self.codec).unwrap();
            sampler
        }

        fn real(&self) -> RealRows {
            RealRows::read(&self.spec, &self.data, self.table()).unwrap()
        }

        fn rows(&self, options: &RowOptions, seeds: RangeInclusive<u64>) -> (Vec<Vec<f64>>, Vec<u64>, RowReport) {
            let (mut rows, mut numbers) = (Vec::new(), Vec::new());
            let made = sample_rows::<GanError>(
                (&mut self.sampler(), self.table()),
                options,
                Some(&self.real()),
                &seeds,
                |cells, number| {
                    rows.push(cells.to_vec());
                    numbers.push(number);
                    Ok(())
                },
            );
            (rows, numbers, made.unwrap())
        }
    }

    fn shares(rows: &[Vec<f64>], column: usize, count: usize) -> Vec<f64> {
        let share = |value| rows.iter().filter(|row| row[column] == value as f64).count() as f64 / rows.len() as f64;
        (0..count).map(share).collect()
    }

    /// The generator has learned nothing; chosen rows have the shares of the real ones all the same, as many as asked for, on
    /// any number of threads.
    #[test]
    fn chosen_rows_have_the_shares_of_real_ones() {
        let shop = Shop::new(1);
        let options = RowOptions { select: Some(10), ..RowOptions::default() };
        let (rows, numbers, made) = shop.rows(&options, 40..=239);
        assert_eq!((numbers, made.rows, made.generated, made.next), ((40..240).collect(), 200, 2000, 2400));
        let selected = made.selected.unwrap();
        assert!(selected.candidates == 2000 && selected.effective >= 299.0 && selected.power <= 1.0, "{selected:?}");
        let real: Vec<Vec<f64>> = shop.real().trained.chunks(4).map(<[f64]>::to_vec).collect();
        let (free, ..) = shop.rows(&RowOptions::default(), 40..=239);
        for (column, count) in [(0, 3), (1, 8), (3, 2)] {
            let off = |rows: &[Vec<f64>]| {
                let pairs = shares(rows, column, count).into_iter().zip(shares(&real, column, count));
                pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
            };
            assert!(off(&rows) < 0.05, "column {column}: off {} of chosen, {} of free rows", off(&rows), off(&free));
        }
        let sold = shares(&rows, 3, 2)[1] - shares(&real, 3, 2)[1];
        assert!(sold.abs() <= 1.0 / 200.0, "the classes are exact: {sold}");
        let mut different = rows.clone();
        different.sort_by(|a, b| a.partial_cmp(b).unwrap());
        different.dedup();
        assert!(different.len() > 190, "none is taken twice, and the sizes differ: {}", different.len());
        let (again, _, other) = Shop::new(3).rows(&options, 40..=239);
        assert_eq!((rows, Some(selected)), (again, other.selected));
    }

    #[test]
    fn chosen_rows_are_as_they_are_asked_to_be() {
        let shop = Shop::new(1);
        let (class, filter) = shop.table().asked(&["kind=pen".to_string(), "sold=yes".to_string()]).unwrap();
        let asked = RowsAsked { class, balanced: false, filter };
        let (rows, _, made) = shop.rows(&RowOptions { asked, select: Some(3), no_copies: true }, 0..=49);
        let pen = shop.real().trained.chunks(4).find(|row| shop.codec.classes()[row[3] as usize] == "yes").unwrap()[3];
        assert!(rows.len() == 50 && rows.iter().all(|row| row[3] == pen), "{rows:?}");
        assert!(made.generated > made.fit && made.fit >= 150);
        let asked = RowsAsked { balanced: true, ..RowsAsked::default() };
        let (rows, ..) = shop.rows(&RowOptions { asked, select: Some(2), no_copies: false }, 0..=100);
        assert!((shares(&rows, 3, 2)[0] - 0.5).abs() <= 1.0 / 101.0);
    }

    /// Real rows count as much as they are asked for: of yes (1 row) and no (2 rows) each half where balanced.
    #[test]
    fn real_rows_weigh_what_they_are_asked_for() {
        let shop = Shop::new(1);
        let real = shop.real().trained;
        let class = |row: &[f64]| row[3];
        let weights = RowsAsked { balanced: true, ..RowsAsked::default() }.weights(shop.table(), &real);
        let sum = |wanted: f64| -> f64 {
            real.chunks(4).zip(&weights).filter(|(row, _)| class(row) == wanted).map(|(_, weight)| weight).sum()
        };
        assert!((sum(0.0) - 1.0).abs() < 1e-9 && (sum(1.0) - 1.0).abs() < 1e-9);
        let (of, filter) = shop.table().asked(&["size<100".to_string(), "sold=no".to_string()]).unwrap();
        let weights = RowsAsked { class: of, balanced: false, filter }.weights(shop.table(), &real);
        let expected = |row: &[f64]| f64::from(u8::from(row[2] < 100.0 && class(row) == f64::from(of.unwrap())));
        assert!(weights.iter().zip(real.chunks(4)).all(|(weight, row)| *weight == expected(row)));
    }

    /// Every row that is made is known as a real one, but for those whose level is 1: no others pass.
    #[test]
    fn no_copy_passes() {
        let shop = Shop::new(1);
        let (free, numbers, made) = shop.rows(&RowOptions::default(), 0..=299);
        assert_eq!((made.generated, made.copies, numbers), (300, 0, (0..300).collect()));
        let trained: Vec<f64> = free.iter().filter(|row| row[1] != 0.0).flatten().copied().collect();
        assert!((40..1160).contains(&trained.len()), "{}", trained.len());
        let real = RealRows { held_out: trained[..8].to_vec(), trained };
        let options = RowOptions { no_copies: true, ..RowOptions::default() };
        let (mut rows, mut sampler) = (Vec::new(), shop.sampler());
        let made =
            sample_rows::<GanError>((&mut sampler, shop.table()), &options, Some(&real), &(0..=99), |cells, number| {
                rows.push((number, cells.to_vec()));
                Ok(())
            });
        let made = made.unwrap();
        let (all, ..) = shop.rows(&RowOptions::default(), 0..=made.next - 1);
        let of_known = all.iter().filter(|row| real.trained.chunks(4).any(|known| known == &row[..])).count() as u64;
        assert_eq!((rows.len(), made.copies, made.held_out), (100, of_known, [2, 2]));
        assert_eq!((made.fit, made.generated), (100 + of_known, made.next));
        for (number, row) in rows.iter().filter(|(number, _)| *number < 300) {
            assert!(free[*number as usize] == *row && row[1] == 0.0, "{number}: {row:?}");
        }
        let alone = sample_rows::<GanError>((&mut sampler, shop.table()), &options, None, &(0..=9), |_, _| Ok(()));
        assert!(alone.unwrap_err().to_string().contains("expected the real rows"));
    }

    /// Rows of a class that is given are filled from rows of that class alone, the same on any number of threads.
    #[test]
    fn given_rows_are_filled_from_their_class() {
        let filled = |threads| {
            let shop = Shop::new(threads);
            let file = "kind,level,size,sold\npen,,,yes\n,3,10.25,no\npen,2,,\nink,,5.25,no\n";
            let mut given = shop.table().given(file.into()).unwrap();
            fill_rows((&mut shop.sampler(), shop.table()), &mut given, 7).unwrap();
            let mut out = Vec::new();
            given.write(&mut out).unwrap();
            assert!(given.filled().unfit.is_empty() && given.filled().distances.len() == 4);
            String::from_utf8(out).unwrap()
        };
        let found = filled(1);
        let lines: Vec<&str> = found.lines().collect();
        assert!(lines[1].starts_with("pen,") && lines[1].ends_with(",yes"), "{found}");
        assert!(lines[2].ends_with(",3,10.25,no") && lines[3].starts_with("pen,2,"), "{found}");
        assert!(lines.len() == 5 && !found.contains(",,") && !found.contains("\n,"), "{found}");
        assert_eq!(filled(3), found);
    }
}
