//! See `pincer_fuzz::address`. Run: `cargo xtask fuzz address` (CONTRIBUTING).
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pincer_fuzz::address(bytes));
