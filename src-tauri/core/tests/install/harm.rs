//! Archives that mean harm: none touches anything outside, none leaves anything inside.

use std::{fs, path::PathBuf};

use pincer_core::error::ErrorCode;
use tar::EntryType::{Block, Char, Continuous, Fifo, GNULongName, Link, Regular, Symlink, XHeader};

use super::{
    Stage,
    archives::{PROGRAM, Release},
    code,
    place::Manner,
};

fn table() -> Vec<(&'static str, Vec<u8>)> {
    let good = Release::new;
    let long = vec![b'x'; 100_000];
    let resize = b"18 size=999999999\n";
    vec![
        ("dots", good().file("../escape", b"x", 0o644)),
        ("dots within", good().file("lib/ollama/../../../escape", b"x", 0o644)),
        ("absolute", good().file("/tmp/pincer-escape", b"x", 0o644)),
        ("link out", good().link(Symlink, "lib/ollama/out", "../../..")),
        ("absolute link", good().link(Symlink, "lib/ollama/out", "/etc/passwd")),
        (
            "through a link",
            good().dir("lib/ollama/").link(Symlink, "lib/ollama/in", ".").file(
                "lib/ollama/in/x",
                b"x",
                0o644,
            ),
        ),
        (
            "a link below links",
            good().link(Symlink, "lib/ollama/d", ".").link(Symlink, "lib/ollama/d/d/d/out", "../../../x"),
        ),
        ("the program a link", Release::empty().link(Symlink, "bin/ollama", "../../../../bin/sh")),
        ("the folder a link", good().link(Symlink, "lib/ollama", "/tmp")),
        ("over a link", good().link(Symlink, "lib/ollama/a", "b").file("lib/ollama/a", b"x", 0o644)),
        ("twice", good().file("bin/ollama", b"other", 0o755)),
        ("hard link", good().link(Link, "lib/ollama/passwd", "/etc/passwd")),
        ("device", good().link(Char, "lib/ollama/null", "")),
        ("disk", good().link(Block, "lib/ollama/sda", "")),
        ("pipe", good().link(Fifo, "lib/ollama/pipe", "")),
        ("contiguous", good().link(Continuous, "lib/ollama/file", "")),
        ("a bomb", good().entry(Regular, "lib/ollama/bomb", "", b"", 0o644, 1 << 40)),
        ("a long name", good().entry(GNULongName, "././@LongLink", "", &long, 0o644, 100_000)),
        ("another size", good().entry(XHeader, "x", "", resize, 0o644, resize.len() as u64)),
        ("too few bytes", good().entry(Regular, "lib/ollama/short", "", b"x", 0o644, 4096)),
        ("no program", Release::empty().file("lib/ollama/x", b"x", 0o644)),
        ("nothing", Release::empty()),
    ]
    .into_iter()
    .map(|(name, release)| (name, release.pack()))
    .chain([("no archive", b"not a zst at all".to_vec()), ("no bytes", Vec::new())])
    .collect()
}

#[tokio::test]
async fn harmful_archives_are_refused_and_leave_nothing() {
    for (name, packed) in table() {
        let stage = Stage::new(Manner::of(packed)).await;
        let last = stage.install().await;
        assert!(matches!(code(&last), ErrorCode::InstallUnsafeArchive { .. }), "{name}: {last:?}");
        assert_eq!(stage.left(), Vec::<PathBuf>::new(), "{name}");
        assert!(!stage.home.path().join("escape").exists(), "{name}");
        assert!(!stage.home.path().parent().unwrap().join("escape").exists(), "{name}");
        assert!(fs::symlink_metadata("/tmp/pincer-escape").is_err(), "{name}");
    }
}

#[tokio::test]
async fn a_thousand_files_are_no_harm_and_twenty_thousand_are() {
    let many = |count: u32| {
        (0..count).fold(Release::new(), |all, at| all.file(&format!("lib/ollama/{at}"), b"", 0o644)).pack()
    };
    let stage = Stage::new(Manner::of(many(21_000))).await;
    assert!(matches!(code(&stage.install().await), ErrorCode::InstallUnsafeArchive { .. }));
    let stage = Stage::new(Manner::of(many(1000))).await;
    assert_eq!(stage.install().await.failure, None);
    assert_eq!(fs::read(stage.local("bin/ollama")).unwrap(), PROGRAM);
}
