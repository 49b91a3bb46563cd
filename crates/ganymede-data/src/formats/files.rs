//! Names of files and folders: their parts, what people do not see, their order, their spelling as text.
//! Not here: which files count (`tree.rs`), which class they are of (`folder_classes.rs`, `class_table.rs`).

use std::borrow::Cow;
use std::cmp::Ordering;
use unicode_normalization::UnicodeNormalization;

/// Whether the last part of a path is one that people do not see: `.DS_Store`, `Thumbs.db`, `__MACOSX` …
pub(crate) fn is_hidden(name: &[u8]) -> bool {
    name.starts_with(b".")
        || [&b"Thumbs.db"[..], b"desktop.ini", b"__MACOSX"].iter().any(|other| name.eq_ignore_ascii_case(other))
}

/// The folders of a relative path, and its file name.
pub(crate) fn parts(path: &[u8]) -> Vec<&[u8]> {
    path.split(|&b| b == b'/').filter(|part| !part.is_empty() && *part != b".").collect()
}

/// The last part of a path.
pub(crate) fn base(path: &[u8]) -> &[u8] {
    path.rsplit(|&b| b == b'/').next().unwrap_or_default()
}

/// The folder of a path, without a slash at its end; nothing for a file at the top.
pub(crate) fn folder(path: &[u8]) -> &[u8] {
    path.iter().rposition(|&b| b == b'/').map_or(&[][..], |at| &path[..at])
}

/// A file name without its last ending.
pub(crate) fn stem(name: &[u8]) -> &[u8] {
    match name.iter().rposition(|&b| b == b'.') {
        Some(dot) if dot > 0 => &name[..dot],
        _ => name,
    }
}

/// The ending of a file name in small letters, without its dot.
pub(crate) fn ending(name: &[u8]) -> Option<String> {
    let dot = name.iter().rposition(|&b| b == b'.').filter(|&dot| dot > 0 && dot + 1 < name.len())?;
    Some(text(&name[dot + 1..]).to_lowercase())
}

/// A name as text: itself, or with what is no UTF-8 as `\xff`. Two names never have one text.
pub(crate) fn text(name: &[u8]) -> String {
    if let Ok(text) = std::str::from_utf8(name)
        && !text.contains("\\x")
    {
        return text.into();
    }
    let mut out = String::new();
    for chunk in name.utf8_chunks() {
        out.push_str(&chunk.valid().replace('\\', "\\\\"));
        chunk.invalid().iter().for_each(|byte| out.push_str(&format!("\\x{byte:02x}")));
    }
    out
}

/// A text in its composed form (NFC), in which names are compared: macOS stores `é` as `e` and an accent.
pub(crate) fn composed(text: &str) -> Cow<'_, str> {
    if text.is_ascii() { Cow::Borrowed(text) } else { Cow::Owned(text.nfc().collect()) }
}

/// Natural order: runs of digits by their value, all else byte by byte.
pub(crate) fn natural(a: &[u8], b: &[u8]) -> Ordering {
    let run = |name: &[u8]| name.iter().take_while(|b| b.is_ascii_digit()).count();
    let (mut left, mut right) = (a, b);
    loop {
        let (n, m) = (run(left), run(right));
        if n > 0 && m > 0 {
            let value = |digits: &[u8]| digits.iter().position(|&b| b != b'0').unwrap_or(digits.len());
            let (x, y) = (&left[value(&left[..n])..n], &right[value(&right[..m])..m]);
            let order = x.len().cmp(&y.len()).then_with(|| x.cmp(y));
            if order.is_ne() {
                return order;
            }
            (left, right) = (&left[n..], &right[m..]);
        } else {
            match (left.split_first(), right.split_first()) {
                (Some((x, more)), Some((y, others))) if x == y => (left, right) = (more, others),
                (Some((x, _)), Some((y, _))) => return x.cmp(y),
                // Equal but for zeros before numbers: the bytes decide, so that different names are never equal.
                (None, None) => return a.cmp(b),
                (none, _) => return if none.is_none() { Ordering::Less } else { Ordering::Greater },
            }
        }
    }
}

/// Puts class names in their order: whole numbers by their value, negative ones too, else in natural order.
pub(crate) fn sort_classes<T: AsRef<[u8]>>(names: &mut [T]) {
    let value = |name: &[u8]| std::str::from_utf8(name).ok().and_then(|text| text.parse::<i64>().ok());
    // One rule for all of them: two rules in one list would make no order.
    if names.iter().all(|name| value(name.as_ref()).is_some()) {
        names.sort_by(|a, b| value(a.as_ref()).cmp(&value(b.as_ref())).then_with(|| a.as_ref().cmp(b.as_ref())));
    } else {
        names.sort_by(|a, b| natural(a.as_ref(), b.as_ref()));
    }
}

pub(crate) use crate::report::grouped;

/// `1 image`, `2,000 images`.
pub(crate) fn count(n: u64, what: &str) -> String {
    format!("{} {what}{}", grouped(n), if n == 1 { "" } else { "s" })
}

/// What is said of so many: `1 … is`, `2 … are`.
pub(crate) fn verb(n: u64, one: &'static str, many: &'static str) -> &'static str {
    if n == 1 { one } else { many }
}

/// A few of many names, and how many more there are.
pub(crate) fn few(names: &[String]) -> String {
    const NAMED: usize = 3;
    let mut shown: Vec<String> = names.iter().take(NAMED).cloned().collect();
    if names.len() > NAMED {
        shown.push(format!("{} more", names.len() - NAMED));
    }
    shown.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_files_are_known() {
        assert!(is_hidden(b".DS_Store") && is_hidden(b"thumbs.db") && is_hidden(b"__MACOSX"));
        assert!(!is_hidden(b"a.png"));
    }

    #[test]
    fn numbers_are_counted_and_letters_compared() {
        let sorted = |names: &[&str]| {
            let mut names = names.to_vec();
            names.sort_by(|a, b| natural(a.as_bytes(), b.as_bytes()));
            names.join(" ")
        };
        assert_eq!(sorted(&["10", "9", "1", "02", "2", "100"]), "1 02 2 9 10 100");
        assert_eq!(sorted(&["class10", "class2", "Class3", "class2b", "class"]), "Class3 class class2 class2b class10");
        assert_eq!(sorted(&["a1b10", "a1b9", "a01b1", "b", "a"]), "a a01b1 a1b9 a1b10 b");
        assert_eq!(
            sorted(&["99999999999999999999999", "100000000000000000000000", "x"]),
            "99999999999999999999999 100000000000000000000000 x"
        );
        assert_eq!(natural(b"01", b"1"), Ordering::Less, "different names are never equal");
        let mut classes = ["3", "-1", "10", "-20"];
        sort_classes(&mut classes);
        assert_eq!(classes, ["-20", "-1", "3", "10"]);
        let mut mixed = ["-20", "-5a", "-1", "x"];
        sort_classes(&mut mixed);
        assert_eq!(mixed, ["-1", "-5a", "-20", "x"], "one of them is no number: all are compared as names");
    }

    #[test]
    fn two_names_never_have_one_text() {
        let names: [&[u8]; 6] = [b"\xea", b"\xeb", b"\\xea", b"\\\\xea", "\u{fffd}".as_bytes(), b"a\\b"];
        let texts: std::collections::BTreeSet<String> = names.iter().map(|name| text(name)).collect();
        assert_eq!(texts.len(), names.len(), "{texts:?}");
        assert_eq!((text("кот".as_bytes()), text(b"a\xff.png")), ("кот".into(), "a\\xff.png".into()));
    }

    #[test]
    fn one_letter_has_one_form() {
        assert_eq!(
            (composed("cafe\u{301}"), composed("caf\u{e9}"), composed("cafe")),
            ("café".into(), "café".into(), "cafe".into())
        );
        assert_eq!(composed("\u{304b}\u{3099}"), "\u{304c}");
    }

    #[test]
    fn names_have_a_folder_a_stem_and_an_ending() {
        assert_eq!((base(b"a/b.c/x.tar.GZ"), folder(b"a/b.c/x.tar.GZ")), (&b"x.tar.GZ"[..], &b"a/b.c"[..]));
        assert_eq!((stem(b"x.tar.GZ"), ending(b"x.tar.GZ")), (&b"x.tar"[..], Some("gz".into())));
        assert_eq!(
            (stem(b".x"), ending(b".x"), ending(b"x."), ending(b"x"), folder(b"x")),
            (&b".x"[..], None, None, None, &b""[..])
        );
    }

    #[test]
    fn a_number_beside_a_letter_is_its_first_digit() {
        for (less, more) in [("1", "a"), ("9x", "ax"), ("-", "1"), ("1a", "1b"), ("a", "a1"), ("a1", "ab")] {
            assert_eq!(natural(less.as_bytes(), more.as_bytes()), Ordering::Less, "{less} {more}");
            assert_eq!(natural(more.as_bytes(), less.as_bytes()), Ordering::Greater, "{less} {more}");
        }
    }
}
