//! `cargo xtask stress` and `cargo xtask fuzz`: what `cargo xtask test` does in a short form, for as long as it takes.

use std::{fs, process::ExitCode};

use crate::{failure::Failure, project::Project, shell};

/// For each target that is not given another time, in seconds.
const SECONDS: &str = "600";

/// The long form of the endurance test; it prints what the process held before and after.
///
/// # Errors
/// When Cargo cannot be run, or something is left.
pub(crate) fn stress(project: &Project) -> Result<ExitCode, Failure> {
    let mut cargo = project.cargo(&["test", "--package", "pincer-core", "--test", "endurance"]);
    cargo.args(["--", "--ignored", "--nocapture", "--exact", "nothing_is_left_of_a_month"]);
    shell::run(&mut cargo).map(|()| ExitCode::SUCCESS)
}

/// Runs libFuzzer on one target, or on all one after the other, from the seeds; what it finds on the way stays in
/// `fuzz/corpus`, which is no part of the project.
///
/// # Errors
/// When cargo-fuzz is not installed, or a target breaks: the bytes are in `fuzz/artifacts` then.
pub(crate) fn fuzz(
    project: &Project,
    target: Option<&str>,
    seconds: Option<&str>,
) -> Result<ExitCode, Failure> {
    if !shell::succeeds(&mut project.cargo(&["fuzz", "--version"])) {
        return Err(Failure::Needs("cargo-fuzz is not installed: cargo install cargo-fuzz --locked".into()));
    }
    let all = targets(project)?;
    let chosen: Vec<&String> =
        all.iter().filter(|name| target.is_none_or(|wanted| wanted == *name)).collect();
    if chosen.is_empty() {
        return Err(Failure::Needs(format!("There is no such target. Targets: {}", all.join(", "))));
    }
    let limit = format!("-max_total_time={}", seconds.unwrap_or(SECONDS));
    for name in chosen {
        println!("\n{name}");
        let corpus = project.path("fuzz/corpus").join(name);
        fs::create_dir_all(&corpus).map_err(Failure::unreadable("fuzz/corpus"))?;
        // A stable compiler is enough, without what only a nightly one can watch.
        let mut cargo = project.cargo(&["fuzz", "run", "--sanitizer", "none", name]);
        cargo.arg(corpus).arg(project.path("fuzz/seeds").join(name)).args(["--", &limit, "-timeout=20"]);
        shell::run(cargo.env("RUSTC_BOOTSTRAP", "1"))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The names of all targets.
fn targets(project: &Project) -> Result<Vec<String>, Failure> {
    let unreadable = |error: std::io::Error| Failure::unreadable("fuzz/fuzz_targets")(error);
    let mut names = Vec::new();
    for entry in fs::read_dir(project.path("fuzz/fuzz_targets")).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        names.extend(path.file_stem().map(|name| name.to_string_lossy().into_owned()));
    }
    names.sort();
    Ok(names)
}
