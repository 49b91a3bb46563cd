//! What can be told of a text without networks and data: that each name is given once, before it is used, and used; that functions
//! and their arguments exist. Not here: shapes (`evaluate.rs`).

use super::parser::{Kind, Line, Node};
use super::{ExpressionError, functions, losses, names};
use ganymede_nn::config::nearest;
use std::collections::HashMap;

/// Judges all lines.
///
/// # Errors
/// The first line that is wrong.
pub(super) fn check<'t>(text: &'t str, lines: &'t [Line], of_objective: bool) -> Result<(), ExpressionError> {
    let error = |at: usize, reason: String| Err(ExpressionError::at(text, at, reason));
    let Some((last, named)) = lines.split_last() else {
        return error(0, "expected at least a line with the value of the loss, found none".into());
    };
    if let Some(name) = &last.name {
        return error(
            last.at,
            format!("expected the last line to be the value of the loss, found a name: leave `{name} =` out"),
        );
    }
    let mut places: HashMap<&str, usize> = HashMap::new();
    for (number, line) in named.iter().enumerate() {
        let Some(name) = &line.name else {
            return error(
                line.at,
                "expected `name = …`, found a value that nothing uses: only the last line has no name".into(),
            );
        };
        if let Some(known) = names::find(name) {
            return error(line.at, format!("expected a name of its own, found `{name}`, which is {}", known.about));
        }
        if let Some(first) = places.insert(name, number) {
            let first = super::line_of(text, named[first].at);
            return error(
                line.at,
                format!("expected every name once, found `{name}` again, which is on line {first} already"),
            );
        }
    }
    let mut judge = Judge { text, places: &places, used: vec![false; named.len()], free: Vec::new(), of_objective };
    for (number, line) in lines.iter().enumerate() {
        judge.node(&line.value, number)?;
    }
    let Some(line) = judge.used.iter().position(|used| !used).map(|unused| &named[unused]) else { return Ok(()) };
    let unused = line.name.as_deref().unwrap_or("");
    // A line that is not used was mostly meant where a name is none.
    match judge.free.iter().find(|(name, _)| nearest(name, [unused]).is_some()) {
        Some((name, at)) => error(*at, unknown(name, Some(unused.into()), &[])),
        None => error(line.at, format!("expected every line to be used, found `{unused}`, which nothing uses")),
    }
}

/// That a name is none, and which one was meant, or the fields that there are.
pub(super) fn unknown(name: &str, meant: Option<String>, fields: &[&str]) -> String {
    let what = format!("expected a name of a line before, of the loss or a field of the data, found `{name}`");
    match meant {
        Some(meant) => format!("{what} (did you mean `{meant}`?)"),
        None => format!("{what} (fields: {})", fields.join(", ")),
    }
}

struct Judge<'t> {
    text: &'t str,
    /// Numbers of lines by their names.
    places: &'t HashMap<&'t str, usize>,
    used: Vec<bool>,
    /// Names that no line gives and no table has, and where they stand.
    free: Vec<(&'t str, usize)>,
    of_objective: bool,
}

impl<'t> Judge<'t> {
    fn node(&mut self, node: &'t Node, number: usize) -> Result<(), ExpressionError> {
        let error = |reason: String| Err(ExpressionError::at(self.text, node.span.start, reason));
        match &node.kind {
            Kind::Number(_) | Kind::Truth(_) | Kind::None | Kind::Text(_) => Ok(()),
            Kind::Name(name) => match self.places.get(name.as_str()) {
                Some(&place) if place < number => {
                    self.used[place] = true;
                    Ok(())
                }
                Some(_) => error(format!(
                    "expected a name that a line before has given, found `{name}`, which has no value yet"
                )),
                None => match names::find(name) {
                    Some(known) if known.of_objective && !self.of_objective => error(format!(
                        "expected a name of a penalty, found `{name}`, which is of an objective: ask for \
                         discriminator(real) or discriminator(fake)"
                    )),
                    Some(_) => Ok(()),
                    None => {
                        // It may be a field of the data.
                        self.free.push((name, node.span.start));
                        Ok(())
                    }
                },
            },
            Kind::List(list) => list.iter().try_for_each(|part| self.node(part, number)),
            Kind::Negative(of) => self.node(of, number),
            Kind::Binary(_, left, right) => self.node(left, number).and_then(|()| self.node(right, number)),
            Kind::Index(of, index) => self.node(of, number).and_then(|()| self.node(index, number)),
            Kind::Call(name, arguments) => {
                let keywords: Vec<Option<&str>> = arguments.iter().map(|(keyword, _)| keyword.as_deref()).collect();
                if let Err(reason) = bind(name, &keywords) {
                    return error(reason);
                }
                arguments.iter().try_for_each(|(_, value)| self.node(value, number))
            }
        }
    }
}

/// Names of a function's arguments, and which of them must be given.
fn arguments(name: &str) -> Option<Vec<(String, bool)>> {
    if let Some(function) = functions::find(name) {
        return Some(function.arguments().map(|a| (a.name.to_string(), a.default.is_none())).collect());
    }
    losses::is_loss(name).then(|| {
        losses::arguments(name).into_iter().map(|a| (a.clone(), losses::COMPARED.contains(&a.as_str()))).collect()
    })
}

/// The number of the argument that each given value is.
///
/// # Errors
/// An unknown function or argument, one given twice, one missing, too many.
pub(super) fn bind(name: &str, keywords: &[Option<&str>]) -> Result<Vec<usize>, String> {
    let meant = |name: &str, known: Vec<&str>| {
        nearest(name, known.iter().copied()).map_or(String::new(), |meant| format!(" (did you mean `{meant}`?)"))
    };
    let Some(arguments) = arguments(name) else {
        let known =
            functions::FUNCTIONS.iter().map(|f| f.name).chain(ganymede_nn::losses::LossKind::NAMES.iter().copied());
        return Err(format!("expected a function, found `{name}`{}", meant(name, known.collect())));
    };
    let known = || arguments.iter().map(|(argument, _)| argument.as_str());
    let takes = || known().collect::<Vec<_>>().join(", ");
    let (mut places, mut by_name) = (Vec::new(), false);
    for (number, keyword) in keywords.iter().enumerate() {
        let place = match keyword {
            Some(keyword) => {
                by_name = true;
                let Some(place) = known().position(|argument| argument == *keyword) else {
                    let meant = meant(keyword, known().collect());
                    let meant = if meant.is_empty() { format!(" (it takes {})", takes()) } else { meant };
                    return Err(format!("`{name}` has no argument `{keyword}`{meant}"));
                };
                place
            }
            None if by_name => {
                return Err(format!("expected arguments of `{name}` without a name before those with one"));
            }
            None if number >= arguments.len() => {
                return Err(format!(
                    "`{name}` takes {} arguments ({}), found {}",
                    arguments.len(),
                    takes(),
                    keywords.len()
                ));
            }
            None => number,
        };
        if places.contains(&place) {
            return Err(format!("expected every argument of `{name}` once, found `{}` twice", arguments[place].0));
        }
        places.push(place);
    }
    let missing = arguments.iter().enumerate().find(|(at, (_, needed))| *needed && !places.contains(at));
    match missing {
        Some((_, (argument, _))) => {
            Err(format!("`{name}` takes ({}), found {} arguments: `{argument}` is missing", takes(), keywords.len()))
        }
        None => Ok(places),
    }
}

/// The name of an argument by its number.
pub(super) fn argument(name: &str, place: usize) -> String {
    arguments(name).and_then(|arguments| arguments.into_iter().nth(place)).map_or(String::new(), |(name, _)| name)
}

/// Whether every line of the tables is a signature.
#[test]
fn signatures_name_their_arguments() {
    for function in functions::FUNCTIONS {
        for argument in function.arguments() {
            assert!(argument.name.chars().all(|c| c.is_alphanumeric() || c == '_'), "{}", function.signature);
        }
        let again = functions::FUNCTIONS.iter().filter(|other| other.name == function.name).count();
        assert_eq!(again, 1, "{}", function.name);
    }
}
