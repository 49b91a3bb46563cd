//! Which class a person means: by its name, or by its number. Not here: where classes come from (`formats`).

use crate::formats::files;

/// The number of the class that is asked for: `Sneaker` by name, `#7` by number, and `7` by number where no class is called by
/// a number.
///
/// A name comes before a number: where the classes are called 1 to 12, `1` is the first, whose number is 0.
///
/// # Errors
/// What was expected and found, as text.
///
/// ```
/// let classes = ["cat", "dog"].map(String::from);
/// assert_eq!(ganymede_data::class_number(&classes, "dog"), Ok(1));
/// assert_eq!(ganymede_data::class_number(&classes, "#0"), Ok(0));
/// assert_eq!(ganymede_data::class_number(&classes, "0"), Ok(0));
/// assert!(ganymede_data::class_number(&["1", "2"].map(String::from), "0").is_err());
/// ```
pub fn class_number(classes: &[String], asked: &str) -> Result<u32, String> {
    let composed = |name: &String| files::composed(name) == files::composed(asked);
    if let Some(at) = classes.iter().position(|name| name == asked).or_else(|| classes.iter().position(composed)) {
        return Ok(at as u32);
    }
    let number = |text: &str| text.parse::<usize>().ok().filter(|&at| at < classes.len());
    if let Some(at) = asked.strip_prefix('#').and_then(number) {
        return Ok(at as u32);
    }
    match number(asked) {
        Some(at) if classes.iter().any(|name| name.parse::<i64>().is_ok()) => Err(format!(
            "expected the name of a class, found `{asked}`, which is none: these classes are called by numbers; `#{at}` is the \
             class of number {at}, called `{}`",
            classes[at]
        )),
        Some(at) => Ok(at as u32),
        None => Err(format!("expected a class by its name, or by its number as `#0`, found `{asked}`")),
    }
}

/// Classes for people, each with its number: `#0 cat`; the first `most` of them.
pub fn class_list(classes: &[String], most: usize) -> String {
    let mut shown: Vec<String> =
        classes.iter().take(most).enumerate().map(|(at, name)| format!("#{at} {name}")).collect();
    if classes.len() > most {
        shown.push(format!("{} more", classes.len() - most));
    }
    shown.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_comes_before_a_number() {
        let listed = |names: &str| names.split(' ').map(String::from).collect::<Vec<_>>();
        for (classes, asked, wanted) in [
            ("cat dog", "dog", Some(1)),
            ("cat dog", "1", Some(1)),
            ("cat dog", "#1", Some(1)),
            ("cat dog", "2", None),
            ("cat dog", "#2", None),
            ("cat dog", "Dog", None),
            ("1 2 10", "1", Some(0)),
            ("1 2 10", "10", Some(2)),
            ("1 2 10", "0", None),
            ("1 2 10", "#0", Some(0)),
            ("1 2 x", "0", None),
            ("0 1 2", "0", Some(0)),
            ("2 1 0", "0", Some(2)),
            ("#1 #0", "#0", Some(1)),
            ("-1 1", "0", None),
        ] {
            assert_eq!(class_number(&listed(classes), asked).ok(), wanted, "{classes}: {asked}");
        }
        let error = class_number(&listed("1 2 10"), "2").map(|_| ()).err();
        assert_eq!(error, None);
        let error = class_number(&listed("1 2 10"), "0").unwrap_err();
        assert!(error.contains("`#0` is the class of number 0, called `1`"), "{error}");
        assert_eq!(class_list(&listed("a b c"), 2), "#0 a, #1 b, 1 more");
    }
}
