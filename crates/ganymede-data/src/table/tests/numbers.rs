//! Forms of numbers: the texts of a column come back byte for byte, or the column has no form. Not here: whole tables.

use crate::table::{Digits, Minus, NumberForm, Plus};

/// Columns that come back, with a number of each and how another one is written.
const COLUMNS: &[(&[&str], usize, f64, f64, &str)] = &[
    (&["1", "20", "-3", "0"], 2, -3.0, 7.6, "8"),
    (&["1.50", "20.00", "-0.25"], 0, 1.5, 7.567, "7.57"),
    (&["1.5", "20", "-0.25"], 1, 20.0, 7.5, "7.5"),
    (&["1.0", "0.5", "3.25"], 0, 1.0, 7.0, "7.0"),
    (&["1,234.50", "12.00", "1,234,567.00"], 2, 1_234_567.0, 9876.5, "9,876.50"),
    (&["1 234,50", "12,00"], 0, 1234.5, 9876.5, "9 876,50"),
    (&["1.234,50", "12,00"], 0, 1234.5, 9876.5, "9.876,50"),
    (&["1'234", "12"], 0, 1234.0, 98_765.0, "98'765"),
    (&["1\u{a0}234,5", "12,0"], 0, 1234.5, 9876.5, "9\u{a0}876,5"),
    (&["1\u{202f}234,5", "12,0"], 0, 1234.5, 9876.5, "9\u{202f}876,5"),
    (&["0,5", "12,25"], 0, 0.5, 3.0, "3,0"),
    (&["+1.5", "-2.5", "0.0"], 0, 1.5, 3.0, "+3.0"),
    (&["+1.5", "-2.5", "+0.0"], 2, 0.0, 3.0, "+3.0"),
    (&["3.142e-07", "1.000e+10", "0.000e+00"], 0, 3.142e-7, 1234.5, "1.234e+03"),
    (&["3.1E5", "2E-3"], 1, 0.002, 4e10, "4E10"),
    (&["1e-05", "0.25", "100000.0", "1e+16"], 0, 1e-5, 2.5e-7, "2.5e-07"),
    (&["$1,200.00", "-$5.00", "$0.50"], 1, -5.0, -1234.5, "-$1,234.50"),
    (&["$-5", "$7"], 0, -5.0, -12.0, "$-12"),
    (&["($5)", "$7"], 0, -5.0, -12.0, "($12)"),
    (&["8.1%", "12.0%"], 0, 8.1, 3.0, "3.0%"),
    (&["70 kg", "65 kg"], 0, 70.0, 71.4, "71 kg"),
    (&["USD 70", "USD 65"], 0, 70.0, 71.4, "USD 71"),
    (&["12,50 €", "1.000,00 €"], 1, 1000.0, 3.5, "3,50 €"),
    (&[".5", "-.25", "3"], 1, -0.25, 0.75, ".75"),
    (&["0.5", "-0.25"], 1, -0.25, -0.001, "0.0"),
    (&["-0", "0"], 0, -0.0, -0.4, "0"),
    (&["0.1", "0.30000000000000004"], 1, 0.300_000_000_000_000_04, 0.5, "0.5"),
    (&["9007199254740992", "1"], 0, 9_007_199_254_740_992.0, 5.0, "5"),
    (&["-999", "5.40", "4.61", "3.20", "3.21", "3.22", "3.23", "3.24", "3.25", "3.26", "3.27"], 0, -999.0, 5.0, "5.00"),
    (&["48.85661400", "2.35222190"], 0, 48.856614, 1.0, "1.00000000"),
];

#[test]
fn every_text_of_a_column_comes_back() {
    for (texts, at, number, other, written) in COLUMNS {
        let form = NumberForm::find(texts, false).unwrap_or_else(|| panic!("{texts:?}"));
        assert_eq!(form.parse(texts[*at]), Some(*number), "{texts:?}");
        for text in *texts {
            assert_eq!(form.text(form.parse(text).unwrap()), **text, "{form:?}");
        }
        assert_eq!(form.text(*other), *written, "{form:?}");
        assert!(form.fault().is_none());
    }
}

#[test]
fn what_is_no_number_has_no_form() {
    for texts in [
        &["02139", "10001"][..],
        &["1", "007"],
        &["9007199254740993"],
        &["1", "12345678901234567890"],
        &["inf"],
        &["1", "inf"],
        &["NaN", "1"],
        &["1e999"],
        &["12:30", "14:20"],
        &["3/4"],
        &["M17", "M23"],
        &["A1-00012"],
        &["1", "2a"],
        &["1.50", "2.5"],
        &["1,23", "1,234,567"],
        &["1234", "1,234"],
        &["5", "+5"],
        &["--5"],
        &["-(5)"],
        &["+"],
        &["."],
        &["1.2.3"],
        &["1..2"],
        &["1,,2"],
        &["-$5", "$-7"],
        &["$5", "€5"],
        &["0x1F"],
        &["1 2"],
        &["1e3", "1000"],
        &["٣"],
        &[""],
        &[],
    ] {
        assert_eq!(NumberForm::find(texts, false), None, "{texts:?}");
    }
}

/// `1,234` alone is thousands, except where cells are separated by semicolons; one text that says more decides.
#[test]
fn commas_are_thousands_or_decimals() {
    let read = |texts: &[&str], comma| NumberForm::find(texts, comma).unwrap().parse(texts[0]).unwrap();
    for (texts, commas, semicolons) in [
        (&["1,234"][..], 1234.0, 1.234),
        (&["1,234", "0,500"], 1.234, 1.234),
        (&["1,234", "1,234,567"], 1234.0, 1234.0),
        (&["1,234", "12"], 1234.0, 1.234),
        (&["1,234", "1,23"], 1.234, 1.234),
        (&["1.234"], 1.234, 1.234),
        (&["1.234", "1.234.567"], 1234.0, 1234.0),
        (&["1.000", "12"], 1000.0, 1000.0),
    ] {
        assert_eq!((read(texts, false), read(texts, true)), (commas, semicolons), "{texts:?}");
    }
}

#[test]
fn a_form_reads_more_than_it_writes() {
    let form = NumberForm::find(&["$1,200.00", "$3.50"], false).unwrap();
    for (text, number) in [
        ("$1200", Some(1200.0)),
        ("1,200.0", Some(1200.0)),
        ("-$3", Some(-3.0)),
        ("€3", None),
        ("$", None),
        ("$03", None),
    ] {
        assert_eq!(form.parse(text), number, "{text}");
    }
    let whole = NumberForm::find(&["1", "22"], false).unwrap();
    assert_eq!((whole.parse("181.0"), whole.is_whole(), whole.most_decimals()), (Some(181.0), true, Some(0)));
    assert_eq!(whole.with_decimals(2).text(3.0), "3.00");
}

#[test]
fn numbers_of_irregular_decimals_have_a_nearest_form() {
    let (form, changed) = NumberForm::nearest(&["2.10", "3.5", "4"], false).unwrap();
    assert_eq!((form.decimals, changed, form.text(2.1)), (Digits { least: 0, most: 2 }, 1, "2.1".into()));
    assert_eq!(NumberForm::nearest(&["02139", "3.5"], false), None);
    assert_eq!(NumberForm::nearest(&["x", "3.5"], false), None);
}

#[test]
fn forms_come_back_from_files_and_wrong_ones_are_found() {
    for (texts, ..) in COLUMNS {
        let form = NumberForm::find(texts, false).unwrap();
        let saved = serde_json::to_string(&form).unwrap();
        assert_eq!(serde_json::from_str::<NumberForm>(&saved).unwrap(), form, "{saved}");
    }
    let form = NumberForm::find(&["1,200.5e-3"], false);
    assert_eq!(form, None, "thousands before an exponent");
    let form = NumberForm::find(&["-$1,200.5", "$3.0"], false).unwrap();
    assert_eq!((form.minus, form.plus, form.group), (Minus::First, Plus::Never, Some(',')));
    for wrong in [
        r#"{"decimals": {"least": 3, "most": 2}}"#,
        r#"{"decimals": {"least": 0, "most": 200}}"#,
        r#"{"decimals": {"least": 0, "most": 2}, "group": "."}"#,
        r#"{"decimals": {"least": 0, "most": 2}, "prefix": "5"}"#,
        r#"{"decimals": {"least": 0, "most": 2}, "exponent": {"letter": "x", "plus": true, "digits": 2, "decimals": {"least": 0, "most": 2}, "low": 0, "high": 0}}"#,
    ] {
        let form: NumberForm = serde_json::from_str(wrong).unwrap();
        assert!(form.fault().is_some(), "{wrong}");
        // What is wrong is refused before it is used, and harmless besides.
        form.text(-12345.678);
        form.text(1e300);
    }
}
