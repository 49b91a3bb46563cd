//! The classes of a data set numbered as a run has them. Not here: in which order they are without a run (`formats/files.rs`).

use crate::dataset::{Dataset, fingerprint};
use crate::error::DataError;
use crate::field::{LABEL, SAMPLE};
use sha2::Digest;

impl Dataset {
    /// The same samples with the classes numbered as in `order`: a run keeps the numbers that its classes had when it
    /// began, also where they are sorted in another way now. The same set where `order` does not have the same classes.
    ///
    /// # Errors
    /// [`DataError::Io`] when the samples cannot be read: the fingerprint is taken anew.
    pub fn with_class_order(mut self, order: &[String]) -> Result<Dataset, DataError> {
        let classes = self.classes();
        let new_number = |class: &String| order.iter().position(|name| name == class).map(|at| at as u32);
        let Some(numbers) = classes.iter().map(new_number).collect::<Option<Vec<u32>>>() else { return Ok(self) };
        if order.len() != classes.len() || classes[..] == *order {
            return Ok(self);
        }
        let counts: Vec<u64> = self.facts.report.classes.iter().map(|(_, count)| *count).collect();
        let facts = self.facts_mut();
        if let Some(labels) = &mut facts.labels {
            labels.iter_mut().for_each(|label| *label = numbers[*label as usize]);
        }
        let mut report: Vec<(String, u64)> = order.iter().map(|name| (name.clone(), 0)).collect();
        for (number, count) in numbers.iter().zip(counts) {
            report[*number as usize].1 = count;
        }
        facts.report.classes = report;
        let mut fields = facts.codec.fields().to_vec();
        fields.iter_mut().filter(|field| field.name == LABEL).for_each(|field| field.categories = order.to_vec());
        facts.codec = facts.codec.with(fields, facts.codec.modality().clone())?;
        self.facts_mut().fingerprint = self.fingerprint_anew()?;
        Ok(self)
    }

    /// The fingerprint of all as it is now.
    fn fingerprint_anew(&self) -> Result<String, DataError> {
        let mut hash = crate::sink::fingerprint(&self.facts.sample);
        let size = self.facts.sample.bytes().max(1);
        let chunk = ((1 << 20) / size).max(1) as u32;
        let (mut first, all) = (0, self.len() as u32);
        while first < all {
            let next = all.min(first.saturating_add(chunk));
            let indices: Vec<u32> = (first..next).collect();
            let mut bytes = vec![0; indices.len() * size];
            self.read_stored(&indices, &mut bytes)?;
            hash.update(&bytes);
            first = next;
        }
        let further = self.codec().fields().iter().filter(|field| field.name != SAMPLE && field.name != LABEL);
        let further = further.zip(self.facts.columns.iter().map(|bytes| &bytes[..]));
        Ok(fingerprint(hash, self.labels(), further, self.groups()))
    }
}
