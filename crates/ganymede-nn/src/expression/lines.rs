//! What can be told of a text without tensors: that each name is given once, before it is used, and used; that functions
//! and their arguments exist. Not here: shapes (`evaluate.rs`).

use super::functions::{self, Function, functions};
use super::parser::{Kind, Line, Node};
use super::{ExpressionError, Vocabulary, losses};
use crate::losses::LossKind;
use crate::nearest::nearest;
use std::collections::HashMap;

/// Judges all lines.
///
/// # Errors
/// The first line that is wrong.
pub(super) fn check<'t>(
    text: &'t str,
    lines: &'t [Line],
    vocabulary: &'t dyn Vocabulary,
) -> Result<(), ExpressionError> {
    let whole = vocabulary.whole();
    let error = |at: usize, reason: String| Err(ExpressionError::at(text, at, reason));
    let Some((last, named)) = lines.split_last() else {
        return error(0, format!("expected at least a line with the value of the {whole}, found none"));
    };
    if let Some(name) = &last.name {
        return error(
            last.at,
            format!("expected the last line to be the value of the {whole}, found a name: leave `{name} =` out"),
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
        if let Some(about) = vocabulary.about(name) {
            return error(line.at, format!("expected a name of its own, found `{name}`, which is {about}"));
        }
        if let Some(first) = places.insert(name, number) {
            let first = super::line_of(text, named[first].at);
            return error(
                line.at,
                format!("expected every name once, found `{name}` again, which is on line {first} already"),
            );
        }
    }
    let mut judge = Judge { text, places: &places, used: vec![false; named.len()], free: Vec::new(), vocabulary };
    for (number, line) in lines.iter().enumerate() {
        judge.node(&line.value, number)?;
    }
    if let Some(line) = judge.used.iter().position(|used| !used).map(|unused| &named[unused]) {
        let unused = line.name.as_deref().unwrap_or("");
        // A line that is not used was mostly meant where a name is none.
        return match judge.free.iter().find(|(name, _)| nearest(name, [unused]).is_some()) {
            Some((name, at)) => error(*at, vocabulary.unknown(name, Some(unused.into()))),
            None => error(line.at, format!("expected every line to be used, found `{unused}`, which nothing uses")),
        };
    }
    match judge.free.first() {
        Some((name, at)) if !vocabulary.is_open() => {
            let names = vocabulary.names();
            let meant = nearest(name, places.keys().copied().chain(names.iter().map(String::as_str)));
            error(*at, vocabulary.unknown(name, meant))
        }
        _ => Ok(()),
    }
}

struct Judge<'t> {
    text: &'t str,
    /// Numbers of lines by their names.
    places: &'t HashMap<&'t str, usize>,
    used: Vec<bool>,
    /// Names that no line gives and no table has, and where they stand.
    free: Vec<(&'t str, usize)>,
    vocabulary: &'t dyn Vocabulary,
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
                None if self.vocabulary.about(name).is_some() => self.vocabulary.judge(name).or_else(error),
                None => {
                    // The evaluation may know it.
                    self.free.push((name, node.span.start));
                    Ok(())
                }
            },
            Kind::List(list) => list.iter().try_for_each(|part| self.node(part, number)),
            Kind::Negative(of) => self.node(of, number),
            Kind::Binary(_, left, right) => self.node(left, number).and_then(|()| self.node(right, number)),
            Kind::Index(of, index) => self.node(of, number).and_then(|()| self.node(index, number)),
            Kind::Call(name, arguments) => {
                let keywords: Vec<Option<&str>> = arguments.iter().map(|(keyword, _)| keyword.as_deref()).collect();
                if let Err(reason) = bind(self.vocabulary, name, &keywords) {
                    return error(reason);
                }
                arguments.iter().try_for_each(|(_, value)| self.node(value, number))
            }
        }
    }
}

/// A function of the text or of every one.
pub(super) fn function(vocabulary: &dyn Vocabulary, name: &str) -> Option<&'static Function> {
    let own = vocabulary.functions().into_iter().find(|function| function.name == name);
    own.or_else(|| functions::find(name).map(|(function, _)| function))
}

/// Names of a function's arguments, and which of them must be given.
fn arguments(vocabulary: &dyn Vocabulary, name: &str) -> Option<Vec<(String, bool)>> {
    if let Some(function) = function(vocabulary, name) {
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
pub(super) fn bind(vocabulary: &dyn Vocabulary, name: &str, keywords: &[Option<&str>]) -> Result<Vec<usize>, String> {
    let meant = |name: &str, known: Vec<&str>| {
        nearest(name, known.iter().copied()).map_or(String::new(), |meant| format!(" (did you mean `{meant}`?)"))
    };
    let Some(arguments) = arguments(vocabulary, name) else {
        if let Some(why) = vocabulary.without(name) {
            return Err(format!("expected a function of a {}, found `{name}`: {why}", vocabulary.whole()));
        }
        let own = vocabulary.functions();
        let known = own.into_iter().chain(functions()).map(|function| function.name);
        let known = known.chain(LossKind::NAMES.iter().copied());
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

/// Whether every line of the table is a signature.
#[test]
fn signatures_name_their_arguments() {
    for function in functions() {
        for argument in function.arguments() {
            assert!(argument.name.chars().all(|c| c.is_alphanumeric() || c == '_'), "{}", function.signature);
        }
        let again = functions().filter(|other| other.name == function.name).count();
        assert_eq!(again, 1, "{}", function.name);
    }
}
