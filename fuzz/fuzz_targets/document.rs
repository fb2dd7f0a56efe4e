//! See `pincer_fuzz::document`. Run: `cargo xtask fuzz document` (CONTRIBUTING).
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pincer_fuzz::document(bytes));
