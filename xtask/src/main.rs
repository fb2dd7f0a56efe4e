//! The project's own commands (`cargo xtask help` lists them), all that a fresh clone needs.
//! Stands outside the product: nothing depends on it, and it needs no system library, for it installs them.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it talks to the terminal")]

mod bench;
mod bundle;
mod failure;
mod faults;
mod harder;
mod icons;
mod notices;
mod openclaw;
mod project;
mod run;
mod screenshots;
mod shell;
mod system;
mod test;
mod types;
mod ui;

use std::process::ExitCode;

use failure::Failure;
use project::Project;

const USAGE: &str = "\
Usage: cargo xtask COMMAND

  run [--release] [-- ARGS]     set up what is missing, build, open Pincer (ARGS go to it)
  test [--only STEP] [-- ARGS]  set up what is missing, run every check (ARGS go to `cargo test`)
  faults [--release]            play every fault that Pincer names, print the scoreboard
  stress                        thousands of changes, downloads and server failures; counts what is left of them
  fuzz [TARGET] [SECONDS]       look for input that breaks what is held true of any input (all targets, 600 s each)
  screenshots                   make every picture of docs/screenshots anew
  icons                         make every size of the icon from src-tauri/icons/icon.svg
  bench [--only GROUP] [--bundle] [--write]
                                measure the budgets of xtask/budgets.json (--bundle: make the packages first, --write:
                                docs/benchmarks.md)
  bundle [--check] [KIND...]    make the packages of this system (--check: install, start, upgrade, remove them)
  types [--check]               write (or compare) the TypeScript types of what crosses to the window
";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match command(&args) {
        Ok(code) => code,
        Err(failure) => {
            eprintln!("\n{failure}");
            ExitCode::from(2)
        }
    }
}

fn command(args: &[String]) -> Result<ExitCode, Failure> {
    let (own, passed) = match args.iter().position(|arg| arg == "--") {
        Some(at) => {
            let (own, rest) = args.split_at(at);
            (own, rest.get(1..).unwrap_or_default())
        }
        None => (args, [].as_slice()),
    };
    let own: Vec<&str> = own.iter().map(String::as_str).collect();
    let project = Project::here();
    match own.as_slice() {
        ["run"] => run::run(&project, false, passed),
        ["run", "--release"] => run::run(&project, true, passed),
        ["test"] => test::test(&project, None, passed),
        ["test", "--only", step] => test::test(&project, Some(step), passed),
        ["faults"] => faults::faults(&project, false),
        ["faults", "--release"] => faults::faults(&project, true),
        ["stress"] => harder::stress(&project),
        ["fuzz"] => harder::fuzz(&project, None, None),
        ["fuzz", target] => harder::fuzz(&project, Some(target), None),
        ["fuzz", target, seconds] => harder::fuzz(&project, Some(target), Some(seconds)),
        ["screenshots"] => screenshots::screenshots(&project).map(|()| ExitCode::SUCCESS),
        ["icons"] => icons::icons(&project).map(|()| ExitCode::SUCCESS),
        ["bench", words @ ..] => bench::bench(&project, words),
        ["bundle", words @ ..] => bundle::bundle(&project, words),
        ["types"] => types::write(&project).map(|()| ExitCode::SUCCESS),
        ["types", "--check"] => types::check(&project).map(|()| ExitCode::SUCCESS),
        ["help" | "--help" | "-h"] => {
            print!("{USAGE}");
            Ok(ExitCode::SUCCESS)
        }
        _ => Err(Failure::Needs(format!("{USAGE}\nSteps of test: {}", test::names().join(", ")))),
    }
}
