//! See `pincer_fuzz::name`. Run: `cargo xtask fuzz name` (CONTRIBUTING).
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pincer_fuzz::name(bytes));
