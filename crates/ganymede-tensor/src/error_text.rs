//! Errors whose `Debug` is their text, so that `fn main() -> Result<(), E>` prints what a user can read. Not here: the errors.

use std::error::Error;
use std::fmt;

/// Writes an error as a program ends with it: its text, the causes that the text does not hold, and what to do.
pub fn write_error(f: &mut fmt::Formatter<'_>, error: &dyn Error, hint: Option<String>) -> fmt::Result {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        next = cause.source();
    }
    f.write_str(&text)?;
    hint.map_or(Ok(()), |hint| write!(f, "\nhint: {hint}"))
}

/// Gives error types a `Debug` that is their text with the hint: `debug_as_text!(MyError, MyError::hint)`.
#[macro_export]
macro_rules! debug_as_text {
    ($error:ty, $hint:expr) => {
        impl ::std::fmt::Debug for $error {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                let hint: fn(&$error) -> ::std::option::Option<::std::string::String> = $hint;
                $crate::write_error(f, self, hint(self))
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use std::fmt;

    struct Outer(std::io::Error);

    impl fmt::Display for Outer {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("x.npy: could not read")
        }
    }

    impl std::error::Error for Outer {
        fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
            Some(&self.0)
        }
    }

    debug_as_text!(Outer, |outer| (outer.0.kind() == std::io::ErrorKind::NotFound).then(|| "look there".into()));

    #[test]
    fn causes_and_hints_follow_the_text() {
        let error = Outer(std::io::Error::new(std::io::ErrorKind::NotFound, "no such file"));
        assert_eq!(format!("{error:?}"), "x.npy: could not read: no such file\nhint: look there");
        let error = Outer(std::io::Error::other("could not read"));
        assert_eq!(format!("{error:?}"), "x.npy: could not read", "a cause that the text says already");
    }
}
