//! See `pincer_fuzz::log`. Run: `cargo xtask fuzz log` (CONTRIBUTING).
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pincer_fuzz::log(bytes));
