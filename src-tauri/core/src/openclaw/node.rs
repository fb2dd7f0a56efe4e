//! The Node that OpenClaw runs on: what its package asks for (`engines.node`) and which ones are here.
//! Asking one takes 40 ms, so an answer is kept for as long as the program stays the same.

use std::{
    collections::{BTreeSet, HashMap},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use semver::{Version, VersionReq};

use super::program::OpenclawProgram;
use crate::{
    computer::Computer,
    machine::command,
    surroundings::{Environment, Surroundings},
};

mod managed;

pub(crate) use managed::managed;

/// `node --version` prints one line at once.
const LIMIT: Duration = Duration::from_secs(3);
/// More versions than this are not looked at.
const NODES: usize = 32;

/// The answers so far: program, its last change.
#[derive(Debug, Default)]
pub(crate) struct NodeVersions(Mutex<HashMap<(PathBuf, SystemTime), Option<String>>>);

/// Versions of every Node that OpenClaw may run on here, each once, that of `PATH` first: the ones of `PATH`, the one
/// beside OpenClaw, and those of version managers, which a login shell sees and a window may not. And whether one of
/// them was asked and did not answer.
pub(crate) async fn versions(
    surroundings: &Surroundings,
    openclaw: &Path,
    known: &NodeVersions,
) -> (Vec<String>, bool) {
    let (files, openclaw) = (surroundings.clone(), openclaw.to_path_buf());
    let looked = tokio::task::spawn_blocking(move || {
        let of_managers: Vec<String> =
            managed(&files).into_iter().map(|(version, _)| version.to_string()).collect();
        (programs(&files, &openclaw), of_managers)
    })
    .await;
    let (programs, of_managers) = looked.unwrap_or_default();
    let (mut found, mut silent) = (Vec::new(), false);
    for program in programs {
        match ask(surroundings, program, known, LIMIT).await {
            Ok(version) => found.extend(version),
            Err(Silent) => silent = true,
        }
    }
    found.extend(of_managers);
    let mut seen = BTreeSet::new();
    found.retain(|version| seen.insert(version.clone()));
    (found, silent)
}

/// Each program once, the first of its paths: links lead to the same one.
pub(crate) fn distinct(programs: impl Iterator<Item = PathBuf>) -> Vec<PathBuf> {
    let mut seen = BTreeSet::new();
    let is_new = |program: &PathBuf| seen.insert(program.canonicalize().unwrap_or_else(|_| program.clone()));
    programs.filter(is_new).take(NODES).collect()
}

fn programs(surroundings: &Surroundings, openclaw: &Path) -> Vec<PathBuf> {
    let path = surroundings.environment.get("PATH").unwrap_or_default();
    let on_path = which::which_in_all("node", Some(path), &surroundings.home).into_iter().flatten();
    let beside = which::which_in("node", openclaw.parent(), &surroundings.home).ok();
    distinct(on_path.chain(beside))
}

/// The surroundings in which this OpenClaw finds a Node that it runs on: its own command takes the first of `PATH`,
/// and that of a window or a service may have none, or another than the one it was installed with. The one beside it
/// comes first, then that of `PATH`, then a version manager's newest; where none is known to do, all stays as it is.
pub(crate) async fn lead(computer: &Computer, openclaw: &OpenclawProgram) -> Surroundings {
    let surroundings = &computer.surroundings;
    let (files, program) = (surroundings.clone(), openclaw.path.clone());
    let looked = tokio::task::spawn_blocking(move || {
        let beside = which::which_in("node", program.parent(), &files.home).ok();
        let first = command::on_path(&files, "node");
        (beside, first, managed(&files))
    });
    let (beside, first, managed) = looked.await.unwrap_or_default();
    let does = |version: &str| {
        openclaw.node.as_deref().is_none_or(|required| fits(required, version) != Some(false))
    };
    for program in beside.into_iter().chain(first) {
        let version = version(surroundings, program.clone(), &computer.remembered().nodes).await;
        if version.is_some_and(|version| does(&version)) {
            return with_node(surroundings, &program);
        }
    }
    let fitting =
        managed.into_iter().find(|(version, program)| does(&version.to_string()) && program.is_file());
    fitting.map_or_else(|| surroundings.clone(), |(_, program)| with_node(surroundings, &program))
}

/// The surroundings in which `node` is this one: npm and OpenClaw take the first of `PATH`. Blocking.
pub(crate) fn with_node(surroundings: &Surroundings, node: &Path) -> Surroundings {
    let (Some(folder), first) = (node.parent(), command::on_path(surroundings, "node")) else {
        return surroundings.clone();
    };
    if first.as_deref() == Some(node) {
        return surroundings.clone();
    }
    let folders = [folder.to_path_buf()].into_iter().chain(surroundings.environment.path_folders());
    let Some(path) = std::env::join_paths(folders).ok().and_then(|path| path.into_string().ok()) else {
        return surroundings.clone();
    };
    let variables = surroundings.environment.iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
    let environment = Environment::new(variables.chain([("PATH".to_owned(), path)]));
    let mut led = surroundings.clone();
    led.environment = environment;
    led
}

/// The version of a Node, without its `v`; `None` when it does not answer at once.
async fn version(surroundings: &Surroundings, program: PathBuf, known: &NodeVersions) -> Option<String> {
    ask(surroundings, program, known, LIMIT).await.ok().flatten()
}

/// It did not answer in time.
pub(crate) struct Silent;

/// The version of a Node, without its `v`; `None` of a program that is none, or does not run.
pub(crate) async fn ask(
    surroundings: &Surroundings,
    program: PathBuf,
    known: &NodeVersions,
    limit: Duration,
) -> Result<Option<String>, Silent> {
    let Ok(changed) = program.metadata().and_then(|found| found.modified()) else { return Ok(None) };
    let key = (program, changed);
    let lock = || known.0.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(version) = lock().get(&key).cloned() {
        return Ok(version);
    }
    let output = command::output(surroundings, &key.0, &["--version"], limit).await;
    // One that was slow this time may answer the next.
    if output.as_ref().is_err_and(|error| error.kind() == std::io::ErrorKind::TimedOut) {
        return Err(Silent);
    }
    let version = output.ok().filter(|output| output.success).and_then(|output| number(&output.stdout));
    lock().insert(key, version.clone());
    Ok(version)
}

/// `v24.16.0` without its letter, when it is a version.
fn number(text: &str) -> Option<String> {
    let text = text.trim();
    let text = text.strip_prefix('v').unwrap_or(text);
    Version::parse(text).is_ok().then(|| text.to_owned())
}

/// The version of a Node that is too old, where every one that is here is outside of what OpenClaw's package asks for.
/// One that did not tell its version may do.
pub(crate) fn too_old<'a>(required: &str, versions: &'a [String], silent: bool) -> Option<&'a str> {
    let none_fits = versions.iter().all(|version| fits(required, version) == Some(false));
    versions.first().filter(|_| none_fits && !silent).map(String::as_str)
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

    #[cfg(unix)]
    #[tokio::test]
    async fn each_is_told_once_and_one_that_does_not_answer_is_not_nothing() {
        use std::{fs, os::unix::fs::PermissionsExt};

        let home = tempfile::tempdir().unwrap();
        let script = |path: &str, lines: &str| {
            let (place, draft) = (home.path().join(path), home.path().join("draft"));
            fs::create_dir_all(place.parent().unwrap()).unwrap();
            fs::write(&draft, format!("#!/bin/sh\n{lines}\n")).unwrap();
            fs::set_permissions(&draft, fs::Permissions::from_mode(0o755)).unwrap();
            // By another program: no test of this process holds it open while it is run.
            assert!(std::process::Command::new("cp").args([&draft, &place]).status().unwrap().success());
            place
        };
        let managed = script(".nvm/versions/node/v22.1.0/bin/node", "echo v22.1.0");
        fs::create_dir_all(home.path().join("links")).unwrap();
        std::os::unix::fs::symlink(&managed, home.path().join("links/node")).unwrap();
        let of = |folders: &[&str]| {
            let folders = folders.iter().map(|folder| home.path().join(folder));
            let path = std::env::join_paths(folders).unwrap().into_string().unwrap();
            let environment = Environment::new([("PATH", path)]);
            Surroundings::new(crate::machine::os::Os::Linux, environment, home.path(), SystemTime::now)
        };
        let beside = home.path().join("links/openclaw");
        let known = NodeVersions::default();
        let here = of(&[".nvm/versions/node/v22.1.0/bin", "links"]);
        assert_eq!(programs(&here, &beside), [managed]);
        assert_eq!(versions(&here, &beside, &known).await, (vec!["22.1.0".to_owned()], false));
        script("broken/node", "exit 1");
        let here = of(&["broken", "links"]);
        assert_eq!(versions(&here, &beside, &known).await, (vec!["22.1.0".to_owned()], false));
        script("hung/node", "exec /bin/sleep 600");
        let here = of(&["hung", "links"]);
        assert_eq!(versions(&here, &beside, &known).await, (vec!["22.1.0".to_owned()], true));
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn openclaw_is_led_to_a_node_that_it_runs_on() {
        use std::{fs, os::unix::fs::PermissionsExt, time::SystemTime};

        use crate::{machine::os::Os, openclaw::program};

        let home = tempfile::tempdir().unwrap();
        let at = |path: &str| home.path().join(path);
        let node = |folder: &str, version: &str| {
            let (place, draft) = (at(folder).join("node"), at("draft"));
            fs::create_dir_all(at(folder)).unwrap();
            fs::write(&draft, format!("#!/bin/sh\necho v{version}\n")).unwrap();
            fs::set_permissions(&draft, fs::Permissions::from_mode(0o755)).unwrap();
            // By another program: no test of this process holds it open while it is run.
            assert!(std::process::Command::new("cp").args([&draft, &place]).status().unwrap().success());
            place
        };
        // Its program says which Node runs it, as `env node` does.
        let openclaw = |folder: &str| {
            let package = at(folder).join("lib/node_modules/openclaw");
            fs::create_dir_all(&package).unwrap();
            let manifest = r#"{"name":"openclaw","version":"2026.9.6","engines":{"node":">=24.16"}}"#;
            fs::write(package.join("package.json"), manifest).unwrap();
            fs::write(package.join("openclaw.mjs"), "#!/bin/sh\nnode --version\n").unwrap();
            fs::set_permissions(package.join("openclaw.mjs"), fs::Permissions::from_mode(0o755)).unwrap();
            fs::create_dir_all(at(folder).join("bin")).unwrap();
            let link = at(folder).join("bin/openclaw");
            std::os::unix::fs::symlink(package.join("openclaw.mjs"), &link).unwrap();
            link
        };
        let of = |path: &str| {
            let environment = Environment::new([("PATH", path)]);
            Computer::new(Surroundings::new(Os::Linux, environment, home.path(), SystemTime::now), None)
        };
        let system = "/usr/bin:/bin";
        let runs_on = async |path: &str| {
            let computer = of(path);
            let found = program::find(&computer.surroundings).unwrap();
            let led = lead(&computer, &found).await;
            let said = command::output(&led, &found.path, &["--version"], LIMIT).await.unwrap().stdout;
            (found.path, said.trim().to_owned())
        };
        let old = node("old", "20.1.0");
        let with_old = format!("{}:{system}", old.parent().unwrap().display());

        // Installed for the user, while the Node that it needs is a version manager's.
        let own = openclaw(".npm-global");
        node(".nvm/versions/node/v22.0.0/bin", "22.0.0");
        node(".nvm/versions/node/v24.16.0/bin", "24.16.0");
        assert_eq!(runs_on(&with_old).await, (own.clone(), "v24.16.0".to_owned()));
        node(".local/share/fnm/node-versions/v24.17.0/installation/bin", "24.17.0");
        assert_eq!(runs_on(&with_old).await, (own.clone(), "v24.17.0".to_owned()));
        node(".volta/tools/image/node/24.18.0/bin", "24.18.0");
        assert_eq!(runs_on(&with_old).await, (own.clone(), "v24.18.0".to_owned()));
        // What PATH has is enough.
        let new = node("new", "24.16.9");
        let with_new = format!("{}:{system}", new.parent().unwrap().display());
        assert_eq!(runs_on(&with_new).await, (own.clone(), "v24.16.9".to_owned()));
        fs::remove_file(own).unwrap();

        // Installed with a version manager's Node: that one, whatever PATH has.
        for (folder, version) in [
            (".nvm/versions/node/v24.16.0", "v24.16.0"),
            (".local/share/fnm/node-versions/v24.17.0/installation", "v24.17.0"),
        ] {
            let beside = openclaw(folder);
            assert_eq!(runs_on(&with_new).await, (beside.clone(), version.to_owned()));
            fs::remove_file(beside).unwrap();
        }
        let of_volta = openclaw(".volta/tools/image/packages/openclaw");
        assert_eq!(runs_on(&with_old).await, (of_volta, "v24.18.0".to_owned()));
        // Nothing does: nothing is pretended.
        for folder in [".nvm", ".local", ".volta/tools/image/node"] {
            fs::remove_dir_all(at(folder)).unwrap();
        }
        assert_eq!(runs_on(&with_old).await.1, "v20.1.0");
    }
}
