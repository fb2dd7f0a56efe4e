//! See `pincer_fuzz::pull`. Run: `cargo xtask fuzz pull` (CONTRIBUTING).
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pincer_fuzz::pull(bytes));
