//! One version, from Cargo.toml: what the programs, the report, the servers and the changelog say is the same.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test says what broke by panicking")]

mod support;

use std::{fs, path::Path};

use support::{home::Home, ollama::free_address, programs};

const VERSION: &str = env!("CARGO_PKG_VERSION");

#[test]
fn both_programs_and_the_report_say_the_version() {
    let home = Home::new();
    let says = |program, argument: &str| {
        let mut command = home.command(program);
        let output = command.arg(argument).env("OLLAMA_HOST", free_address().to_string()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(says(programs::pincer(), "--version"), format!("pincer {VERSION}\n"));
    assert_eq!(says(programs::pincer_cli(), "--version"), format!("pincer {VERSION}\n"));
    let report = says(programs::pincer_cli(), "report");
    assert!(report.lines().any(|line| line.contains("Pincer") && line.contains(VERSION)), "{report}");
}

#[test]
fn every_crate_and_the_changelog_have_it_and_nothing_overrides_it() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |name: &str| fs::read_to_string(here.join(name)).unwrap();
    for member in ["src-tauri/core", "src-tauri/cli", "src-tauri/practice", "xtask", "xtask/blank"] {
        let manifest = read(&format!("{member}/Cargo.toml"));
        assert!(manifest.contains("\nversion.workspace = true\n"), "{member} has a version of its own");
    }
    let changelog = read("CHANGELOG.md");
    let newest = changelog.lines().find(|line| line.starts_with("## [")).expect("a newest version");
    assert!(newest.starts_with(&format!("## [{VERSION}] - ")), "CHANGELOG.md begins with {newest}");
    // Without one there, the window and the packages take Cargo's.
    for configuration in ["tauri.conf.json", "src-tauri/packages/bundle.json"] {
        let settings: serde_json::Value = serde_json::from_str(&read(configuration)).unwrap();
        assert!(settings.get("version").is_none(), "{configuration} has a version of its own");
    }
}
