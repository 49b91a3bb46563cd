//! Batch statistics that are recomputed (standing statistics). Not here: the program (`phases/sample.rs`), generating
//! (`mod.rs`).

use super::{BATCH, Sampler};
use crate::error::GanError;
use crate::phases::trace_standing;
use crate::spec::TrainSpec;
use ganymede_data::{Codec, Wish};
use ganymede_runtime::{Backend, MemoryReport, Program, Store};
use ganymede_tensor::{Data, Rng, Tensor, TensorType, stream_of};

/// Batches over which a training recomputes the batch statistics of averaged weights; of rows of a table, which are small, more.
fn usual(codec: &Codec) -> u32 {
    if codec.modality().rows().is_some() { 128 } else { 16 }
}

/// All values that are known of a condition, (known, …).
struct Known {
    field: String,
    is_class: bool,
    values: Tensor,
}

/// The program that recomputes the batch statistics of a sampling generator in a store.
pub(crate) struct Standing {
    program: Box<dyn Program>,
    codec: Codec,
    seed: u64,
    /// What is known of its conditions, once it has run.
    known: Option<Vec<Known>>,
}

impl Standing {
    /// That of the sampling generator, for this store; none where it has no batch statistics.
    ///
    /// # Errors
    /// Whatever is wrong with the spec, and when the memory cannot be had.
    pub fn load(
        spec: &TrainSpec,
        codec: &Codec,
        store: &dyn Store,
        backend: &dyn Backend,
    ) -> Result<Option<Standing>, GanError> {
        let Some(graph) = trace_standing(spec, codec, BATCH)? else { return Ok(None) };
        let mut program = backend.load(&graph, store)?;
        let words = vec![spec.seed as u32, (spec.seed >> 32) as u32];
        program.write("seed", &Tensor::new([2], Data::U32(words)).expect("two words for shape (2,)"))?;
        Ok(Some(Standing { program, codec: codec.clone(), seed: spec.seed, known: None }))
    }

    /// Makes the statistics the means over so many batches: a function of the weights alone.
    ///
    /// # Errors
    /// When a condition is not known without the data; when running fails.
    pub fn run(&mut self, batches: u32, store: &mut dyn Store) -> Result<(), GanError> {
        if self.known.is_none() {
            self.known = Some(self.known()?);
        }
        let known = self.known.as_deref().unwrap_or_default();
        for batch in 0..batches {
            let mut rng = Rng::at(self.seed, stream_of("sampler/standing"), batch);
            for (name, values) in by_chance(known, &mut rng) {
                self.program.write(&name, &values)?;
            }
            self.program.write_scalar("draw", f64::from(batch))?;
            self.program.write_scalar("rate", 1.0 / f64::from(batch + 1))?;
            self.program.run(store)?;
        }
        Ok(())
    }

    /// Over how many batches a training runs it.
    pub fn batches(&self) -> u32 {
        usual(&self.codec)
    }

    /// What it takes of memory.
    pub fn memory(&self) -> MemoryReport {
        self.program.memory()
    }

    fn known(&self) -> Result<Vec<Known>, GanError> {
        let inputs = self.program.inputs().iter().filter(|input| !input.scalar && input.name != "seed");
        let known = |name: &str| {
            let (count, is_class) = count_known(&self.codec, name);
            let given = self.codec.conditions(&Wish::in_turn(), 0..count.max(1) as u64)?;
            match given.into_iter().find(|(field, _)| field == name) {
                Some((field, values)) => Ok(Known { field, is_class, values }),
                None => {
                    let reason =
                        format!("expected a condition of the data, found `{name}`, which only losses can read");
                    Err(GanError::Argument { what: "standing statistics".into(), reason })
                }
            }
        };
        inputs.map(|input| known(&input.name)).collect()
    }
}

/// Rows of a table that say how frequent its classes are.
const ROWS: usize = 4096;

/// How many values of a field are known, and whether they are classes, each as frequent as any other.
fn count_known(codec: &Codec, name: &str) -> (usize, bool) {
    let field = codec.field(name);
    if codec.modality().rows().is_some() {
        return (ROWS, false);
    }
    let (classes, examples) = field.map_or((0, 0), |field| (field.categories.len(), field.examples.len()));
    if classes > 0 { (classes, true) } else { (examples, false) }
}

impl Sampler {
    /// Recomputes the generator's batch statistics as the means over so many batches of its own latents, as a training does with
    /// averaged weights before it saves them, over fewer. Its conditions are drawn by
    /// chance, the same every time, from what the codec knows of them ([`Sampler::known_conditions`]): each class as
    /// often as any other, and of fields of numbers the examples that the run kept of its samples to train on.
    ///
    /// # Errors
    /// [`GanError::Argument`] when it has none, or `batches` is 0; when running fails.
    pub fn standing(&mut self, batches: u32, backend: &dyn Backend) -> Result<(), GanError> {
        let refuse = |reason: &str| GanError::Argument { what: "standing statistics".into(), reason: reason.into() };
        if batches == 0 {
            return Err(refuse("expected at least 1 batch, found 0"));
        }
        let standing = Standing::load(&self.spec, &self.codec, self.store.as_ref(), backend)?;
        let none =
            "expected a generator with batch normalization, whose batch statistics can be recomputed, found none";
        standing.ok_or_else(|| refuse(none))?.run(batches, self.store.as_mut())
    }

    /// What is known without the data of the fields that the generator is given, in words: ``10 classes of `label` ``,
    /// ``64 examples of `angle` ``.
    pub fn known_conditions(&self) -> Vec<String> {
        let words = |name: &str| match count_known(&self.codec, name) {
            (count, true) => format!("{count} classes of `{name}`"),
            (count, false) => format!("{count} examples of `{name}`"),
        };
        self.given().into_iter().map(words).collect()
    }
}

/// Values for a batch: the numbers of a sample are of one example, its class is of any.
fn by_chance(known: &[Known], rng: &mut Rng) -> Vec<(String, Tensor)> {
    let examples: Vec<u32> = (0..BATCH).map(|_| rng.bits()).collect();
    let mut drawn = Vec::with_capacity(known.len());
    for Known { field, is_class, values } in known {
        let count = values.shape()[0];
        let (bytes, mut taken) = (values.to_le_bytes(), Vec::new());
        for example in &examples {
            let row = if *is_class { rng.below(count as u32) as usize } else { *example as usize % count };
            taken.extend_from_slice(&bytes[row * bytes.len() / count..(row + 1) * bytes.len() / count]);
        }
        let shape: Vec<usize> = [BATCH].iter().chain(&values.shape()[1..]).copied().collect();
        let ty = TensorType::new(values.dtype(), shape);
        drawn.push((field.clone(), Tensor::from_le_bytes(&ty, &taken).expect("a batch of the rows' type")));
    }
    drawn
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::TrainSpec;
    use ganymede_data::{Codec, Dataset};
    use ganymede_runtime::{CpuBackend, CpuOptions};

    /// The mean and the variance of what a batch norm sees, after 200 batches. The network makes it of `layers`.
    fn seen(layers: &str, codec: &Codec) -> [Vec<f64>; 2] {
        let text = format!(
            r#"
            train = {{ steps = 1 }}
            [networks.generator]
            layers = [
                {{ class_name = "Input", shape = [3], name = "latent" }},
                {layers}
                {{ class_name = "BatchNormalization", name = "seen" }},
                {{ class_name = "Dense", units = 3, name = "last" }},
                {{ class_name = "Add", inputs = ["last", "latent"] }},
            ]
            [networks.discriminator]
            layers = [{{ class_name = "Input", shape = [3] }}, {{ class_name = "Dense", units = 1 }}]
            [[phases]]
            name = "g"
            trains = ["generator"]
            optimizer = {{ class_name = "SGD" }}
            terms = [{{ class_name = "wasserstein" }}]
            "#
        );
        let (spec, backend) = (TrainSpec::from_toml(&text).unwrap(), CpuBackend::new(CpuOptions::default()).unwrap());
        let mut sampler = Sampler::new(&spec, codec, None, &backend).unwrap();
        sampler.initialise(codec).unwrap();
        sampler.standing(200, &backend).unwrap();
        ["mean", "variance"].map(|what| sampler.store.read(&format!("generator/seen/moving_{what}")).unwrap().to_f64())
    }

    /// Of 12,800 samples 128 are of each of a hundred classes, within a few deviations of 11.
    #[test]
    fn every_class_is_seen_as_often_as_any_other() {
        let classes = (0..100).map(|class| format!("class {class}")).collect();
        let codec = Codec::stand_in(TensorType::f32([3]), [-1.0, 1.0], classes);
        let layers = r#"{ class_name = "Input", shape = [], dtype = "int32", name = "label" },
            { class_name = "Embedding", input_dim = 100, output_dim = 100, embeddings_initializer = "Identity", inputs = ["label"] },"#;
        let [shares, _] = seen(layers, &codec);
        assert_eq!(shares.len(), 100);
        for (class, share) in shares.iter().enumerate() {
            assert!((share - 0.01).abs() < 0.005, "class {class}: {share}");
        }
    }

    /// Where one number is the other's negative, so it is in every example: their sum is 0 without exception.
    #[test]
    fn numbers_of_one_sample_stay_together() {
        let here: Vec<f32> = (0..500).map(|i| (i as f32 * 0.7).sin()).collect();
        let there: Vec<f32> = here.iter().map(|v| -v).collect();
        let samples: Vec<[f32; 3]> = here.iter().map(|v| [*v, v * v, 1.0]).collect();
        let data = Dataset::from_samples("two", samples, [3]).condition("a", here, [1]).condition("b", there, [1]);
        let data = data.build().unwrap();
        let codec = data.learn(&data.split(None, 1)).unwrap();
        let inputs =
            r#"{ class_name = "Input", shape = [1], name = "a" }, { class_name = "Input", shape = [1], name = "b" },"#;
        let sum = seen(&format!(r#"{inputs} {{ class_name = "Add", inputs = ["a", "b"] }},"#), &codec);
        assert_eq!(sum, [vec![0.0], vec![0.0]]);
        let [_, variance] = seen(&format!(r#"{inputs} {{ class_name = "Subtract", inputs = ["a", "b"] }},"#), &codec);
        assert!(variance[0] > 1.0, "{variance:?}: the examples vary");
    }
}
