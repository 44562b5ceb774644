//! Hands the bytes of libFuzzer to the target that the environment variable `FUZZ_TARGET` names.

#![no_main]

use std::sync::LazyLock;

use tiezheng_fuzz::TARGETS;

static TARGET: LazyLock<fn(&[u8]) -> bool> = LazyLock::new(|| {
    let name = std::env::var("FUZZ_TARGET").unwrap_or_default();
    let found = TARGETS.iter().find(|(known, _)| *known == name);
    let names = || TARGETS.iter().map(|(known, _)| *known).collect::<Vec<_>>().join(" ");
    let (_, run) = found.unwrap_or_else(|| panic!("FUZZ_TARGET={name} is none of {}", names()));
    *run
});

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    TARGET(data);
});
