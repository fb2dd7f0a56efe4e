//! See `pincer_fuzz::bodies`. Run: `cargo xtask fuzz bodies` (CONTRIBUTING).
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pincer_fuzz::bodies(bytes));
