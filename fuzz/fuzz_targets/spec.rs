//! Specs: reading, judging and mending them, as `check --fix` does.
#![no_main]

use ganymede_gan::{check, spec::TrainSpec};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some(draft) = std::str::from_utf8(data).ok().and_then(|text| TrainSpec::draft(text).ok()) else { return };
    let again = TrainSpec::draft(&draft.spec.to_toml()).expect("what was written");
    assert_eq!(again.spec.to_toml(), draft.spec.to_toml());
    let _ = check::check(&draft, None).to_string();
    let _ = check::fix(&draft, None);
});
