//! What an installation of OpenClaw needs on this computer: Node, npm, and git where the package asks for it.
//! The places are data per system, tested for all three on any one.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use serde::Serialize;

use crate::{
    machine::{command, os::Os},
    openclaw::node::{self, NodeVersions, Silent},
    surroundings::{Environment, Surroundings},
};

/// A Node of this computer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
pub struct FoundNode {
    /// The program.
    pub path: String,
    /// Its version, without the `v`.
    pub version: String,
}

/// Every Node that answers, that of `PATH` first; and the first of those that did not within `limit`.
pub(super) async fn nodes(
    surroundings: &Surroundings,
    known: &NodeVersions,
    limit: Duration,
) -> (Vec<FoundNode>, Option<String>) {
    let looked = surroundings.clone();
    let programs = tokio::task::spawn_blocking(move || programs(&looked)).await.unwrap_or_default();
    let asked = programs.iter().map(|program| node::ask(surroundings, program.clone(), known, limit));
    // At once: one that hangs holds up no other.
    let answers = futures_util::future::join_all(asked).await;
    let (mut found, mut silent) = (Vec::new(), None);
    for (program, answer) in programs.iter().zip(answers) {
        let path = program.display().to_string();
        match answer {
            Ok(version) => found.extend(version.map(|version| FoundNode { path, version })),
            Err(Silent) => silent = silent.or(Some(path)),
        }
    }
    (found, silent)
}

fn programs(surroundings: &Surroundings) -> Vec<PathBuf> {
    let path = surroundings.environment.get("PATH").unwrap_or_default();
    let on_path = which::which_in_all("node", Some(path), &surroundings.home).into_iter().flatten();
    let more = usual(surroundings.os, &surroundings.environment)
        .into_iter()
        .chain(node::managed(surroundings).into_iter().map(|(_, program)| program));
    node::distinct(on_path.chain(more.filter(|place| place.is_file())))
}

/// Where installers put Node although the `PATH` of a window may not show it: on macOS a program that was not started
/// by a terminal has the system's folders only, and on Windows one that runs keeps the `PATH` from before.
fn usual(os: Os, environment: &Environment) -> Vec<PathBuf> {
    match os {
        Os::Linux => Vec::new(),
        Os::MacOs => vec!["/opt/homebrew/bin/node".into(), "/usr/local/bin/node".into()],
        Os::Windows => {
            let programs = environment.get("ProgramFiles").unwrap_or(r"C:\Program Files");
            vec![PathBuf::from(programs).join("nodejs").join("node.exe")]
        }
    }
}

/// npm: the one that came with this Node, else that of `PATH`. Blocking.
pub(super) fn npm(surroundings: &Surroundings, node: &Path) -> Option<PathBuf> {
    which::which_in("npm", node.parent(), &surroundings.home)
        .ok()
        .or_else(|| command::on_path(surroundings, "npm"))
}

/// Whether npm would ask git for a dependency written like this (npm's package-spec: `git+ssh://`, `github:`,
/// `owner/repository`).
pub(super) fn is_git(spec: &str) -> bool {
    let hosts = ["git+", "git:", "git@", "github:", "gitlab:", "bitbucket:", "gist:"];
    if hosts.iter().any(|start| spec.starts_with(start)) {
        return true;
    }
    let bare = spec.split('#').next().unwrap_or(spec);
    if bare.starts_with("http") && bare.ends_with(".git") {
        return true;
    }
    let named = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
    };
    let mut parts = bare.split('/');
    let (owner, name) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    parts.next().is_none() && named(owner) && named(name) && !owner.starts_with('.')
}

#[cfg(test)]
mod tests {
    use std::{fs, time::UNIX_EPOCH};

    use super::*;
    use crate::openclaw::node::with_node;

    #[test]
    fn every_system_has_its_places() {
        let none = Environment::default();
        assert_eq!(usual(Os::Linux, &none), Vec::<PathBuf>::new());
        assert_eq!(usual(Os::MacOs, &none).len(), 2);
        let windows = usual(Os::Windows, &Environment::new([("ProgramFiles", "D:/Programs")]));
        assert_eq!(windows, [Path::new("D:/Programs").join("nodejs").join("node.exe")]);
    }

    #[test]
    fn dependencies_that_need_git_are_known() {
        for (spec, expected) in [
            ("^1.2.3", false),
            ("npm:other@1", false),
            ("file:../x", false),
            ("https://example.org/x.tgz", false),
            ("workspace:*", false),
            ("1.0.0 || 2.x", false),
            ("./local/x", false),
            ("git+https://example.org/x.git#v1", true),
            ("git@github.com:a/b.git", true),
            ("https://example.org/x.git", true),
            ("github:a/b", true),
            ("a-b/c.d#main", true),
            ("@scope/name", false),
        ] {
            assert_eq!(is_git(spec), expected, "{spec}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn path_comes_first_then_nvm_by_version_and_the_chosen_one_leads() {
        use std::os::unix::fs::PermissionsExt;
        let home = tempfile::tempdir().unwrap();
        let program = |path: &str| {
            let path = home.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, "").unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
            path
        };
        let first = program("bin/node");
        let old = program(".nvm/versions/node/v9.1.0/bin/node");
        let new = program(".nvm/versions/node/v24.16.0/bin/node");
        let path = home.path().join("bin").display().to_string();
        let of = |pairs: &[(&str, &str)]| {
            Surroundings::new(Os::Linux, Environment::new(pairs.iter().copied()), home.path(), || UNIX_EPOCH)
        };
        let here = of(&[("PATH", &path)]);
        assert_eq!(programs(&here), [first.clone(), new.clone(), old.clone()]);
        // A shell that a manager set up has one of them on its PATH.
        let of_manager = old.parent().unwrap().display().to_string();
        assert_eq!(
            programs(&of(&[("PATH", &format!("{path}:{of_manager}"))])),
            [first.clone(), old, new.clone()]
        );
        assert_eq!(with_node(&here, &first).environment.get("PATH"), Some(path.as_str()));
        let led = with_node(&here, &new);
        assert_eq!(command::on_path(&led, "node"), Some(new.clone()));
        assert_eq!(npm(&here, &new), None);
        let on_path = program("bin/npm");
        assert_eq!(npm(&here, &new), Some(on_path));
        let beside = program(".nvm/versions/node/v24.16.0/bin/npm");
        assert_eq!(npm(&here, &new), Some(beside));
        assert_eq!(with_node(&of(&[]), &new).environment.get("PATH"), new.parent().unwrap().to_str());
    }
}
