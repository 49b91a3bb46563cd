//! Metric `utility`: what models learn from generated rows that they can use on real ones. Not here: the models (`learners/`),
//! their scores (`scores.rs`).

use super::scores::Said;
use super::{LEAST, no_table};
use crate::estimate::{Estimate, MANY, multiplicities};
use crate::learners::{self, Encoder, Goal, Learner};
use crate::metrics::{Better, Metric, Value};
use crate::table::{Table, TableKind};
use crate::{Comparison, Facts, MetricError, Number, Sizes, Stop};
use ganymede_tensor::{Rng, stream_of};

/// Most classes of a target: models learn a function for each.
const CLASSES: usize = 30;
/// The numbers of classes, and that of numbers.
const OF_CLASSES: [&str; 3] = ["tstr_f1_macro", "tstr_f1_rarest", "tstr_auc"];
const OF_NUMBERS: [&str; 1] = ["tstr_r2"];

fn refuse(reason: String) -> MetricError {
    MetricError::argument("utility", reason)
}

/// The place of the column that is predicted.
fn target(data: &Facts) -> Option<usize> {
    data.columns.iter().position(|column| column.target)
}

/// Rows with what is predicted of them.
struct Rows<'a> {
    table: Table<'a>,
    goal: Goal,
}

impl Rows<'_> {
    /// The rows whose target is known: a number, or one of these classes, by its place among them.
    fn of<'a>(table: &Table<'a>, target: usize, classes: Option<&[usize]>) -> Rows<'a> {
        let cells = &table.cells[target];
        let class = |cell: f32| classes.and_then(|classes| classes.binary_search(&(cell as usize)).ok());
        let known = |row: &usize| if classes.is_some() { class(cells[*row]).is_some() } else { !cells[*row].is_nan() };
        let rows: Vec<usize> = (0..table.rows).filter(known).collect();
        let goal = match classes {
            Some(classes) => {
                let labels = rows.iter().filter_map(|row| class(cells[*row])).map(|class| class as u32).collect();
                Goal::Classes { labels, count: classes.len() }
            }
            None => Goal::Numbers(rows.iter().map(|row| f64::from(cells[*row])).collect()),
        };
        Rows { table: table.take(&rows), goal }
    }

    /// These rows of others below.
    fn with<'a>(own: &Rows<'a>, others: &Rows<'_>, chosen: &[usize]) -> Rows<'a> {
        let goal = match (&own.goal, &others.goal) {
            (Goal::Classes { labels, count }, Goal::Classes { labels: more, .. }) => {
                let labels = labels.iter().copied().chain(chosen.iter().map(|row| more[*row])).collect();
                Goal::Classes { labels, count: *count }
            }
            (goal, _) => goal.clone(),
        };
        Rows { table: own.table.clone().with(&others.table.take(chosen)), goal }
    }
}

/// The class that fewest rows are of, its rows, and by how many the most frequent one has more.
fn rarest(rows: &Rows<'_>) -> Option<(usize, Vec<usize>, usize)> {
    let Goal::Classes { labels, count } = &rows.goal else { return None };
    let mut counts = vec![0usize; *count];
    labels.iter().for_each(|label| counts[*label as usize] += 1);
    let class = (0..*count).min_by_key(|class| counts[*class])?;
    let most = counts.iter().max()?;
    Some((class, of_class(rows, class), most - counts[class]))
}

/// The rows of a class.
fn of_class(rows: &Rows<'_>, class: usize) -> Vec<usize> {
    let Goal::Classes { labels, .. } = &rows.goal else { return Vec::new() };
    (0..labels.len()).filter(|row| labels[*row] as usize == class).collect()
}

/// What models that learned from some rows score on those that are tested on.
struct Trial {
    /// The scores of each model.
    by_model: Vec<Vec<f64>>,
    /// Their mean, of all rows and of resampled ones.
    means: Vec<Vec<f64>>,
}

/// Everything that a trial needs beside the rows that are learned from.
struct Bench<'a> {
    encoder: Encoder,
    tested: &'a Rows<'a>,
    rarest: usize,
    times: Vec<Vec<u32>>,
    seed: u64,
    stop: Stop<'a>,
}

impl Bench<'_> {
    fn trial(&self, rows: &Rows<'_>) -> Result<Trial, MetricError> {
        let said = |learner: Learner| {
            let found =
                learner.predict(&self.encoder, [&rows.table, &self.tested.table], &rows.goal, self.seed, self.stop)?;
            Ok(Said::new(&rows.goal, found.rows))
        };
        let said = Learner::ALL.into_iter().map(said).collect::<Result<Vec<Said>, MetricError>>()?;
        let scores = |times: &Vec<u32>| {
            let each: Vec<Vec<f64>> =
                said.iter().map(|said| said.scores(&self.tested.goal, self.rarest, times)).collect();
            let mean = |at: usize| each.iter().map(|scores| scores[at]).sum::<f64>() / each.len() as f64;
            ((0..each[0].len()).map(mean).collect(), each)
        };
        let (means, mut each): (Vec<Vec<f64>>, Vec<Vec<Vec<f64>>>) = self.times.iter().map(scores).unzip();
        Ok(Trial { by_model: each.swap_remove(0), means })
    }
}

/// An estimate by what resampled rows give.
fn estimate(numbers: impl Iterator<Item = f64>) -> Estimate {
    let numbers: Vec<f64> = numbers.collect();
    Estimate::resampled(numbers[0], &numbers[1..])
}

/// A number beside that of real rows, where models have learned from as many.
type Beside = (Value, f64);

fn values(
    [real, fake, tested]: [&Table<'_>; 3],
    target: usize,
    seed: u64,
    stop: Stop<'_>,
) -> Result<Vec<Beside>, MetricError> {
    let classes = match real.columns[target].kind {
        TableKind::Number { .. } => None,
        TableKind::Category { values, .. } => {
            let mut seen = vec![false; values];
            real.cells[target].iter().for_each(|cell| seen[*cell as usize] = true);
            Some((0..values).filter(|class| seen[*class]).collect::<Vec<usize>>())
        }
    };
    if let Some(classes) = classes.as_ref().filter(|classes| !(2..=CLASSES).contains(&classes.len())) {
        let (name, found) = (&real.columns[target].name, classes.len());
        return Err(refuse(format!("expected a target of 2 to {CLASSES} classes, found {found} in {name}")));
    }
    let of = |table| Rows::of(table, target, classes.as_deref());
    let (real, fake, tested) = (of(real), of(fake), of(tested));
    for (rows, what) in [(&real, "real"), (&fake, "generated"), (&tested, "tested")] {
        if rows.table.rows < LEAST {
            let found = rows.table.rows;
            return Err(refuse(format!("expected at least {LEAST} {what} rows with a known target, found {found}")));
        }
    }
    let columns: Vec<usize> = (0..real.table.columns.len()).filter(|at| *at != target).collect();
    let mut rng = Rng::new(seed, stream_of("metrics/utility"));
    let (rarest_class, own, need) = rarest(&real).unwrap_or_default();
    let more = of_class(&fake, rarest_class);
    let order = rng.permutation(more.len());
    let more: Vec<usize> = order.into_iter().take(need).map(|at| more[at]).collect();
    let again: Vec<usize> = more.iter().map(|_| own[rng.below(own.len() as u32) as usize]).collect();
    let rows = tested.table.rows;
    let times = std::iter::once(vec![1; rows]).chain((0..MANY).map(|_| multiplicities(rows, &mut rng))).collect();
    let encoder = Encoder::new(&real.table, &columns);
    let bench = Bench { encoder, tested: &tested, rarest: rarest_class, times, seed, stop };
    let (synthetic, reference) = (bench.trial(&fake)?, bench.trial(&real)?);
    let names = if classes.is_some() { &OF_CLASSES[..] } else { &OF_NUMBERS[..] };
    let most = if classes.is_some() { 0.0 } else { f64::NEG_INFINITY };
    let value = |(at, name): (usize, &&'static str)| {
        let each = Learner::ALL.iter().zip(&synthetic.by_model).zip(&reference.by_model);
        let each = each.map(|((learner, own), real)| format!("{} {:.3} ({:.3})", learner.name(), own[at], real[at]));
        let note = Some(format!("{}; in brackets: of real rows", each.collect::<Vec<_>>().join(", ")));
        let estimate = estimate(synthetic.means.iter().map(|scores| scores[at])).within(most, 1.0);
        (Value { note, ..Value::new(name, Better::Higher, estimate) }, reference.means[0][at])
    };
    let mut found: Vec<Beside> = names.iter().enumerate().map(value).collect();
    if !more.is_empty() {
        let added = bench.trial(&Rows::with(&real, &fake, &more))?;
        let repeated = bench.trial(&Rows::with(&real, &real, &again))?;
        found.push(uplift([&reference, &added, &repeated], [more.len(), need]));
    }
    Ok(found)
}

/// How much more generated rows of the rarest class help than real ones that are repeated.
fn uplift([reference, added, repeated]: [&Trial; 3], [count, need]: [usize; 2]) -> Beside {
    let f1 = |trial: &Trial, way: usize| trial.means[way][1];
    let more = estimate((0..added.means.len()).map(|way| f1(added, way) - f1(repeated, way)));
    let over = |trial: &Trial| f1(trial, 0) - f1(reference, 0);
    let (own, again) = (over(added), over(repeated));
    let short = if count < need { format!(" of {need} that would balance the classes") } else { String::new() };
    let note = format!(
        "{count} rows{short}: {own:+.3} over the real rows alone, {again:+.3} where real ones are repeated instead"
    );
    (Value { note: Some(note), ..Value::new("uplift_over_repeated", Better::Higher, more.within(-1.0, 1.0)) }, 0.0)
}

/// The line of the table.
pub(in crate::metrics) struct Utility;

impl Metric for Utility {
    fn name(&self) -> &'static str {
        "utility"
    }

    fn summary(&self) -> &'static str {
        "how well models that learn from generated rows predict the target of real ones, and whether rare classes gain by them"
    }

    fn unfit(&self, data: &Facts) -> Option<String> {
        let reason = "no column of the table is a target to predict; name one with --target";
        no_table(data)
            .or_else(|| target(data).is_none().then(|| reason.into()))
            .or_else(|| (data.columns.len() < 2).then(|| "the table has no column to predict the target from".into()))
    }

    /// Logistic regression (ridge for a number), a random forest and boosting learn from generated rows to predict the target column,
    /// and are tested on real rows that nothing learned from ("train on synthetic, test on real"). The numbers are means
    /// of the three:
    ///
    /// - `tstr_f1_macro`: the mean over the classes of F1 = 2·TP / (2·TP + FP + FN);
    /// - `tstr_f1_rarest`: F1 of the class that fewest real rows are of;
    /// - `tstr_auc`: the area under the ROC curve, of more than two classes the mean of each against the others;
    /// - `tstr_r2`: R² where the target is a number;
    /// - `uplift_over_repeated`: F1 of the rarest class after real and generated rows of it, as many as balance the classes, less
    ///   that after as many real ones which are repeated. Only what is above 0 is the generator's merit.
    ///
    /// The references are those of models that learned from as many real rows; that of the uplift is 0. Intervals are those of
    /// resampled rows of the test, the same ones on both sides of a difference; models are not learned anew.
    ///
    /// # Source
    /// Esteban, Hyland, Rätsch (2017), "Real-valued (medical) time series generation with recurrent conditional GANs",
    /// arXiv:1706.02633, on training on synthetic and testing on real samples.
    fn measure(&self, compared: &mut Comparison<'_>) -> Result<Vec<Number>, MetricError> {
        let (data, sides, seed, stop) = (compared.data, compared.sides, compared.seed, compared.stop);
        let Some(target) = target(data) else { return Ok(Vec::new()) };
        stop.check()?;
        let tested = compared.others.tested()?;
        let read = |samples| Table::of(self.name(), samples, &data.columns);
        let (real, fake, tested) = (read(sides.real.samples())?, read(sides.fake.samples())?, read(tested.samples())?);
        let depends = format!("learned from {}", fake.rows);
        let number = |(value, reference): Beside| Number {
            value,
            of: "samples",
            reference: Some(reference),
            n: tested.rows,
            reference_n: tested.rows,
            depends: depends.clone(),
        };
        Ok(values([&real, &fake, &tested], target, seed, stop)?.into_iter().map(number).collect())
    }

    /// Cells of all rows, twice; what models see of them; resampled rows of the test.
    fn bytes(&self, data: &Facts, sizes: &Sizes) -> u64 {
        let cells = data.elements() * size_of::<f32>();
        let classes = match target(data).map(|at| &data.columns[at].kind) {
            Some(TableKind::Category { values, .. }) => (*values).min(CLASSES),
            _ => 1,
        };
        // What was read and what of it has a target, once more the real rows with those that are added to them.
        let rows = (5 * sizes.samples + 3 * sizes.tested) * cells + sizes.samples * size_of::<u64>();
        let said = 3 * classes * (size_of::<f64>() + size_of::<u64>()) + MANY * size_of::<u32>();
        (rows + sizes.tested * said) as u64
            + learners::bytes(&data.columns, 3 * sizes.samples / 2, sizes.tested, classes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::tables::reference;

    /// Tables by formula: each model learns as well from generated rows as that of scikit-learn.
    #[test]
    fn models_learn_as_those_of_scikit_learn_do() {
        for case in reference::numbers("utility") {
            let (rows, apart) = (case["rows"].as_u64().unwrap() as usize, case["apart"].as_bool().unwrap());
            let target = case["target"].as_str().unwrap();
            let columns = reference::columns(target);
            let place = columns.iter().position(|column| column.target).unwrap();
            let table = |salt: u32| reference::table(&columns, salt, rows, apart && salt == 2);
            let classes = match columns[place].kind {
                TableKind::Category { values, .. } => Some((0..values).collect::<Vec<usize>>()),
                TableKind::Number { .. } => None,
            };
            let [real, fake, tested] = [1, 2, 3].map(|salt| Rows::of(&table(salt), place, classes.as_deref()));
            let features: Vec<usize> = (0..columns.len()).filter(|at| *at != place).collect();
            let encoder = Encoder::new(&real.table, &features);
            let (rarest, ..) = rarest(&real).unwrap_or_default();
            let times = vec![vec![1; tested.table.rows]];
            let bench = Bench { encoder, tested: &tested, rarest, times, seed: 1, stop: Stop::NEVER };
            let found = bench.trial(&fake).unwrap().by_model;
            let names = if classes.is_some() { &["f1_macro", "f1_rarest", "auc"][..] } else { &["r2"][..] };
            for (learner, scores) in Learner::ALL.iter().zip(found) {
                for (name, found) in names.iter().zip(scores) {
                    let expected = case[learner.name()][name].as_f64().unwrap();
                    println!(
                        "{target} apart {apart} {} {name}: {found:.4}, scikit-learn {expected:.4}",
                        learner.name()
                    );
                    assert!((found - expected).abs() < 0.03, "{target} {} {name}: {found}, {expected}", learner.name());
                }
            }
        }
    }

    /// What is learned from independent columns is of no use, and rows of the rare class from there harm.
    #[test]
    fn rows_of_no_use_are_seen() {
        let columns = reference::columns("class");
        let table = |salt: u32, apart| reference::table(&columns, salt, 1200, apart);
        let (real, tested) = (table(1, false), table(3, false));
        let found = values([&real, &table(2, true), &tested], 0, 1, Stop::NEVER).unwrap();
        let names: Vec<&str> = found.iter().map(|(value, _)| value.name).collect();
        assert_eq!(names, [&OF_CLASSES[..], &["uplift_over_repeated"]].concat());
        for (value, reference) in &found[..3] {
            assert!(value.estimate.high < *reference - 0.1 && value.estimate.low < value.estimate.value, "{value:?}");
        }
        let note = found[0].0.note.as_deref().unwrap();
        assert!(note.starts_with("linear 0.") && note.ends_with("in brackets: of real rows"), "{note}");
        let (uplift, reference) = &found[3];
        assert!(uplift.estimate.value < 0.0 && *reference == 0.0, "{uplift:?}");
        assert!(uplift.note.as_deref().unwrap().contains(" of "), "{uplift:?}");
        // The same rows again are of the same use, and as many as are asked for.
        let again = values([&real, &real, &tested], 0, 1, Stop::NEVER).unwrap();
        assert!(again[..3].iter().all(|(value, reference)| value.estimate.value == *reference), "{again:?}");
        assert!(again[3].0.estimate.value.abs() < 0.03, "{:?}", again[3]);
    }

    #[test]
    fn targets_that_cannot_be_learned_are_refused() {
        let mut columns = reference::columns("country");
        columns[7].kind = TableKind::Category { values: 40, missing: None };
        let mut table = reference::table(&columns, 1, 400, false);
        let refused = |table: &Table<'_>| values([table; 3], 7, 1, Stop::NEVER).unwrap_err().to_string();
        table.cells[7] = (0..400).map(|at| (at % 40) as f32).collect();
        assert_eq!(refused(&table), "utility: expected a target of 2 to 30 classes, found 40 in country");
        table.cells[7] = vec![3.0; 400];
        assert!(refused(&table).contains("found 1 in country"));
        let mut table = reference::table(&columns, 1, 100, false);
        table.cells[6][..90].fill(f32::NAN);
        let error = values([&table; 3], 6, 1, Stop::NEVER).unwrap_err().to_string();
        assert!(error.contains("at least 20 real rows with a known target"), "{error}");
    }
}
