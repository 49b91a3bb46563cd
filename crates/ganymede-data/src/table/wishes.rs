//! What a user says of columns, against what would be inferred. Not here: how a column is found without (`infer.rs`).

use super::fault::{TableError, shown};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::str::FromStr;

/// What a user says of columns, by their names.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Wishes {
    /// By the name of the column, without spaces around it.
    pub columns: BTreeMap<String, ColumnWish>,
}

/// What a user says of a column.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ColumnWish {
    /// What its cells are; `None` finds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<KindName>,
    /// How many decimals its numbers are written with; `None` as the file has them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decimals: Option<u8>,
    /// The format of its dates, as `strftime` has it: `%d/%m/%Y`; `None` finds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// Further spellings of missing cells.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
}

/// What a column can be asked to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KindName {
    /// Numbers.
    Number,
    /// One of a list of texts, without order.
    Category,
    /// One of a list of numbers.
    Ordered,
    /// Dates or times.
    Date,
    /// Texts that tell rows apart, made anew for each sample.
    Id,
    /// Free text, which is not learned.
    Text,
    /// Left out: its cells are written empty.
    Ignore,
}

impl KindName {
    /// Every choice.
    pub const ALL: [KindName; 7] = [
        KindName::Number,
        KindName::Category,
        KindName::Ordered,
        KindName::Date,
        KindName::Id,
        KindName::Text,
        KindName::Ignore,
    ];

    /// Its name in a spec and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            KindName::Number => "number",
            KindName::Category => "category",
            KindName::Ordered => "ordered",
            KindName::Date => "date",
            KindName::Id => "id",
            KindName::Text => "text",
            KindName::Ignore => "ignore",
        }
    }
}

impl FromStr for KindName {
    type Err = String;

    fn from_str(text: &str) -> Result<KindName, String> {
        let names = KindName::ALL.map(KindName::name).join(", ");
        let found = KindName::ALL.into_iter().find(|kind| kind.name() == text.trim());
        found.ok_or_else(|| format!("expected one of {names}, found `{}`", shown(text)))
    }
}

impl Wishes {
    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        self.columns.is_empty()
    }

    /// The same with what a column is: `age=number`. The name ends at the last `=`.
    ///
    /// # Errors
    /// A text that is no such wish.
    pub fn with(mut self, text: &str) -> Result<Wishes, String> {
        let (name, kind) =
            text.rsplit_once('=').ok_or_else(|| format!("expected COLUMN=KIND, such as age=number, found `{text}`"))?;
        self.columns.entry(name.trim().into()).or_default().kind = Some(kind.parse()?);
        Ok(self)
    }

    /// The wish for each of these columns.
    ///
    /// # Errors
    /// A wish for a column that is not there, with the name that may be meant.
    pub(super) fn of(&self, names: &[String]) -> Result<Vec<Option<&ColumnWish>>, TableError> {
        let mut out = vec![None; names.len()];
        for (name, wish) in &self.columns {
            let place = names.iter().position(|known| known == name.trim()).ok_or_else(|| unknown(name, names))?;
            out[place] = Some(wish);
        }
        Ok(out)
    }
}

/// The error for a column that is not there.
pub(super) fn unknown(name: &str, names: &[String]) -> TableError {
    let meant = nearest(name, names.iter().map(String::as_str))
        .map_or(String::new(), |near| format!(" (did you mean `{}`?)", shown(near)));
    let mut listed = names.iter().take(20).map(|name| shown(name)).collect::<Vec<_>>().join(", ");
    if names.len() > 20 {
        listed.push_str(&format!(" and {} more", names.len() - 20));
    }
    TableError::new(format!("expected the name of a column, found `{}`{meant}", shown(name)))
        .hint(format!("the columns are: {listed}"))
}

/// The name that may be meant: alike but for capitals and signs, or with few other letters.
pub(crate) fn nearest<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let plain = |text: &str| -> String {
        text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).take(64).collect()
    };
    let wanted = plain(name);
    let distances = known.map(|known| (strsim::osa_distance(&wanted, &plain(known)), known));
    distances
        .min_by_key(|(distance, _)| *distance)
        .filter(|(distance, known)| *distance <= known.chars().count().max(3) / 3)
        .map(|(_, known)| known)
}
