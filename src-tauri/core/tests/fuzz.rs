//! What the fuzz targets hold to be true, over their seeds as they are and changed in thousands of ways.
//! libFuzzer goes further: `cargo xtask fuzz`.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test says what broke by panicking"
)]

#[path = "../../../fuzz/src/lib.rs"]
mod targets;

use std::{fs, path::Path};

use proptest::{
    prelude::{Strategy, any, prop, prop_oneof},
    sample::Index,
    test_runner::{Config, TestCaseError, TestRunner},
};

/// Changed seeds that each target is given.
const CASES: u32 = 2000;

/// What changes meaning in any of the languages that the targets read.
const TOKENS: [&str; 40] = [
    "\n",
    "\r\n",
    "\t",
    " ",
    "\"",
    "'",
    "\\",
    "/",
    "//",
    ":",
    "://",
    "@",
    "?",
    "#",
    "[",
    "]",
    "{",
    "}",
    ",",
    "..",
    "%2f",
    "-1",
    "0",
    "1e300",
    "18446744073709551616",
    "null",
    "true",
    "\u{202e}",
    "\u{2028}",
    "\u{85}",
    "\u{feff}",
    "\u{1b}[31m",
    "\u{0}",
    "é",
    "１",
    "<b>",
    "https://",
    "Error:",
    "mkdir ",
    "!",
];

/// One change of some bytes.
#[derive(Debug, Clone)]
enum Change {
    Insert(Index, Vec<u8>),
    Remove(Index, usize),
    Set(Index, u8),
    /// A piece once more, elsewhere.
    Copy(Index, usize, Index),
    Cut(Index),
}

fn change() -> impl Strategy<Value = Change> {
    let token = prop::sample::select(TOKENS.as_slice()).prop_map(|token| token.as_bytes().to_vec());
    let bytes = prop_oneof![token, prop::collection::vec(any::<u8>(), 1..4)];
    prop_oneof![
        4 => (any::<Index>(), bytes).prop_map(|(at, bytes)| Change::Insert(at, bytes)),
        2 => (any::<Index>(), 1..20_usize).prop_map(|(at, count)| Change::Remove(at, count)),
        2 => (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Change::Set(at, byte)),
        2 => (any::<Index>(), 1..80_usize, any::<Index>()).prop_map(|(at, count, to)| Change::Copy(at, count, to)),
        1 => any::<Index>().prop_map(Change::Cut),
    ]
}

impl Change {
    fn make(&self, bytes: &mut Vec<u8>) {
        let whole = bytes.len();
        match self {
            Self::Insert(at, new) => {
                drop(bytes.splice(at.index(whole + 1)..at.index(whole + 1), new.clone()));
            }
            Self::Copy(at, count, to) => {
                let at = at.index(whole + 1);
                let piece = bytes[at..(at + count).min(whole)].to_vec();
                drop(bytes.splice(to.index(whole + 1)..to.index(whole + 1), piece));
            }
            Self::Cut(at) => bytes.truncate(at.index(whole + 1)),
            _ if whole == 0 => {}
            Self::Remove(at, count) => {
                drop(bytes.drain(at.index(whole)..(at.index(whole) + count).min(whole)));
            }
            Self::Set(at, byte) => bytes[at.index(whole)] = *byte,
        }
    }
}

fn seeds(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds").join(target);
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.iter().map(|file| fs::read(file).unwrap()).collect()
}

fn holds(target: &str) {
    let (_, check) = targets::TARGETS.into_iter().find(|(name, _)| *name == target).unwrap();
    let seeds = seeds(target);
    assert!(seeds.len() > 5, "{target} has its seeds");
    seeds.iter().for_each(|seed| check(seed));
    let changed = (prop::sample::select(seeds), prop::collection::vec(change(), 1..6)).prop_map(
        |(mut bytes, changes)| {
            changes.iter().for_each(|change| change.make(&mut bytes));
            bytes
        },
    );
    // What breaks it is shown, and belongs into the seeds.
    let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
    let ran = TestRunner::new(config).run(&changed, |bytes| {
        check(&bytes);
        Ok::<(), TestCaseError>(())
    });
    if let Err(why) = ran {
        panic!("{target}: {why}");
    }
}

#[test]
fn addresses() {
    holds("address");
}

#[test]
fn bodies() {
    holds("bodies");
}

#[test]
fn documents() {
    holds("document");
}

#[test]
fn logs() {
    holds("log");
}

#[test]
fn names() {
    holds("name");
}

#[test]
fn pulls() {
    holds("pull");
}

#[test]
fn every_target_is_built_and_replayed() {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz");
    let names = |folder: &str| {
        let entries = fs::read_dir(fuzz.join(folder)).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    };
    let known = targets::TARGETS.map(|(name, _)| name.to_owned());
    assert_eq!(names("fuzz_targets"), known);
    assert_eq!(names("seeds"), known);
    let manifest = fs::read_to_string(fuzz.join("Cargo.toml")).unwrap();
    for name in known {
        assert!(manifest.contains(&format!("path = \"fuzz_targets/{name}.rs\"")), "{name}");
    }
}
