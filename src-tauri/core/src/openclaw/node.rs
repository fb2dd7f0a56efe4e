//! The Node that OpenClaw runs on: what its package asks for (`engines.node`) and which ones are here.
//! Asking one takes 40 ms, so an answer is kept for as long as the program stays the same.

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use semver::{Version, VersionReq};

use crate::{machine::command, surroundings::Surroundings};

/// `node --version` prints one line at once.
const LIMIT: Duration = Duration::from_secs(3);
/// More versions than this are not looked at.
const NODES: usize = 32;

/// The answers so far: program, its last change.
#[derive(Debug, Default)]
pub(crate) struct NodeVersions(Mutex<HashMap<(PathBuf, SystemTime), Option<String>>>);

/// Versions of every Node that OpenClaw may run on here, that of `PATH` first: the ones of `PATH`, the one beside
/// OpenClaw, and those of nvm, which a login shell sees and a window may not.
pub(crate) async fn versions(
    surroundings: &Surroundings,
    openclaw: &Path,
    known: &NodeVersions,
) -> Vec<String> {
    let (files, openclaw) = (surroundings.clone(), openclaw.to_path_buf());
    let looked = tokio::task::spawn_blocking(move || {
        let of_nvm: Vec<String> =
            of_nvm(&files).into_iter().map(|(version, _)| version.to_string()).collect();
        (programs(&files, &openclaw), of_nvm)
    })
    .await;
    let (programs, of_nvm) = looked.unwrap_or_default();
    let mut found = Vec::new();
    for program in programs {
        found.extend(version(surroundings, program, known).await);
    }
    found.extend(of_nvm);
    found
}

fn programs(surroundings: &Surroundings, openclaw: &Path) -> Vec<PathBuf> {
    let path = surroundings.environment.get("PATH").unwrap_or_default();
    let on_path = which::which_in_all("node", Some(path), &surroundings.home).into_iter().flatten();
    let beside = which::which_in("node", openclaw.parent(), &surroundings.home).ok();
    let mut programs: Vec<PathBuf> = on_path.chain(beside).take(NODES).collect();
    programs.dedup();
    programs
}

/// nvm's folders by their version, the newest first: only a login shell has one of them on its `PATH`.
fn of_nvm(surroundings: &Surroundings) -> Vec<(Version, PathBuf)> {
    let nvm = surroundings.environment.get("NVM_DIR").map(PathBuf::from);
    let nvm = nvm.unwrap_or_else(|| surroundings.home.join(".nvm")).join("versions").join("node");
    let installed = fs::read_dir(nvm).into_iter().flatten().flatten().take(NODES);
    let mut found: Vec<(Version, PathBuf)> = installed
        .filter_map(|folder| {
            let version = number(folder.file_name().to_str()?)?;
            Some((Version::parse(&version).ok()?, folder.path()))
        })
        .collect();
    found.sort_by(|one, other| other.0.cmp(&one.0));
    found
}

/// The programs of nvm's, the newest first. Blocking.
pub(crate) fn of_nvm_programs(surroundings: &Surroundings) -> Vec<PathBuf> {
    // nvm for Windows is another program, and is on `PATH`.
    of_nvm(surroundings).into_iter().map(|(_, folder)| folder.join("bin").join("node")).collect()
}

/// The version of a Node, without its `v`; `None` when it does not answer.
pub(crate) async fn version(
    surroundings: &Surroundings,
    program: PathBuf,
    known: &NodeVersions,
) -> Option<String> {
    let changed = program.metadata().and_then(|found| found.modified()).ok()?;
    let key = (program, changed);
    let lock = || known.0.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(version) = lock().get(&key).cloned() {
        return version;
    }
    let output = command::output(surroundings, &key.0, &["--version"], LIMIT).await;
    let version = output.ok().filter(|output| output.success).and_then(|output| number(&output.stdout));
    lock().insert(key, version.clone());
    version
}

/// `v24.16.0` without its letter, when it is a version.
fn number(text: &str) -> Option<String> {
    let text = text.trim();
    let text = text.strip_prefix('v').unwrap_or(text);
    Version::parse(text).is_ok().then(|| text.to_owned())
}

/// Whether a version is in a range as npm writes it (`>=22.12.0`, `^22 || >=24`); `None` for a range that is not
/// understood, of which nothing can be said.
#[must_use]
pub fn fits(range: &str, version: &str) -> Option<bool> {
    let mut version = Version::parse(version).ok()?;
    // A nightly counts as its release.
    version.pre = semver::Prerelease::EMPTY;
    let alternatives = range.split("||").map(alternative).collect::<Option<Vec<_>>>()?;
    Some(alternatives.iter().any(|alternative| alternative.matches(&version)))
}

/// npm puts a space where Cargo has a comma, and takes a bare number for exactly that.
fn alternative(text: &str) -> Option<VersionReq> {
    let mut comparators: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match comparators.last_mut().filter(|last| last.ends_with(['<', '>', '=', '^', '~'])) {
            Some(last) => last.push_str(word),
            None if word.starts_with(|first: char| first.is_ascii_digit()) => {
                comparators.push(format!("={word}"));
            }
            None => comparators.push(word.to_owned()),
        }
    }
    VersionReq::parse(&comparators.join(", ")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_npms() {
        for (range, version, expected) in [
            (">=22.12.0", "22.11.9", Some(false)),
            (">=22.12.0", "24.0.0", Some(true)),
            (">= 24.16", "24.16.0", Some(true)),
            (">=24.16", "24.15.1", Some(false)),
            (">=22.14.0 <25", "25.1.0", Some(false)),
            ("^22.12 || >=24", "23.5.0", Some(false)),
            ("^22.12 || >=24", "22.20.1", Some(true)),
            ("22.x", "22.3.1", Some(true)),
            ("24", "24.9.0", Some(true)),
            ("24.1.0", "24.1.1", Some(false)),
            (">=24", "25.0.0-nightly2026", Some(true)),
            ("22 - 24", "20.0.0", None),
            ("lts/*", "20.0.0", None),
            (">=22", "old", None),
        ] {
            assert_eq!(fits(range, version), expected, "{range} {version}");
        }
        assert_eq!(number("v24.16.0\n").as_deref(), Some("24.16.0"));
        assert_eq!(number("command not found"), None);
    }
}
