//! OpenClaw's program and its version, found without starting Node where possible.
//! Order: `package.json` behind the program, then what its settings say last touched them.

use std::{
    io::Read,
    path::{Path, PathBuf},
};

use serde::Deserialize;

use super::{install, node, version::Version};
use crate::{machine::os::Os, surroundings::Surroundings};

/// A `package.json` is a few kilobytes; OpenClaw's own is under 200 kB.
const PACKAGE_BYTES: u64 = 4 << 20;
/// How far above the program its `package.json` can be (`bin/openclaw.mjs`, `dist/entry.js`).
const LEVELS: usize = 4;

/// OpenClaw's program on this computer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenclawProgram {
    /// The program.
    pub path: PathBuf,
    /// Its version, when its package says so.
    pub version: Option<Version>,
    /// The versions of Node that its package asks for (`engines.node`), as written there.
    pub node: Option<String>,
}

/// Finds it on `PATH`, then where npm and its relatives install for a user. One that is only half installed is none.
#[must_use]
pub fn find(surroundings: &Surroundings) -> Option<OpenclawProgram> {
    let path = candidates(surroundings).find(|program| !install::is_half(surroundings, program))?;
    let package = package_behind(&path);
    let version = package.as_ref().and_then(|package| Version::find(&package.version));
    let node = package.and_then(|package| package.engines.node);
    Some(OpenclawProgram { path, version, node })
}

/// Takes the mark of an installation that did not end from what runs all the same. For one who holds the lock of
/// installing. Blocking.
pub(super) fn settle(surroundings: &Surroundings) {
    candidates(surroundings).for_each(|program| install::settle(surroundings, &program));
}

fn candidates(surroundings: &Surroundings) -> impl Iterator<Item = PathBuf> {
    let on_path = surroundings.environment.get("PATH").unwrap_or_default();
    let on_path = which::which_in_all("openclaw", Some(on_path), &surroundings.home).into_iter().flatten();
    on_path.chain(places(surroundings).into_iter().filter(|place| place.is_file()))
}

fn places(surroundings: &Surroundings) -> Vec<PathBuf> {
    let home = &surroundings.home;
    let mut places: Vec<PathBuf> = match surroundings.os {
        Os::Linux => vec![
            home.join(".npm-global/bin/openclaw"),
            home.join(".local/bin/openclaw"),
            home.join(".local/share/pnpm/openclaw"),
            home.join(".bun/bin/openclaw"),
            "/usr/local/bin/openclaw".into(),
            "/usr/bin/openclaw".into(),
        ],
        Os::MacOs => vec![
            home.join(".npm-global/bin/openclaw"),
            home.join(".local/bin/openclaw"),
            home.join("Library/pnpm/openclaw"),
            home.join(".bun/bin/openclaw"),
            "/opt/homebrew/bin/openclaw".into(),
            "/usr/local/bin/openclaw".into(),
        ],
        Os::Windows => {
            let roaming = surroundings.environment.get("APPDATA").map(PathBuf::from);
            let roaming = roaming.unwrap_or_else(|| home.join("AppData").join("Roaming"));
            vec![roaming.join("npm").join("openclaw.cmd")]
        }
    };
    // Only a login shell sees what a version manager keeps beside its Nodes; Volta has a folder for each package.
    let name = if surroundings.os == Os::Windows { "openclaw.cmd" } else { "openclaw" };
    places.extend(node::managed(surroundings).iter().map(|(_, node)| node.with_file_name(name)));
    if surroundings.os != Os::Windows {
        let volta = surroundings.environment.get("VOLTA_HOME").map(PathBuf::from);
        let volta = volta.unwrap_or_else(|| home.join(".volta"));
        places.push(volta.join("tools/image/packages/openclaw/bin/openclaw"));
    }
    places
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    #[serde(default)]
    engines: Engines,
}

#[derive(Default, Deserialize)]
struct Engines {
    node: Option<String>,
}

/// The `package.json` that the program belongs to: above the link's target, or in the `node_modules` beside a Windows
/// starter.
fn package_behind(program: &Path) -> Option<Package> {
    let target = program.canonicalize().ok()?;
    let above = target.ancestors().skip(1).take(LEVELS).map(Path::to_path_buf);
    let beside = target.parent().map(|folder| folder.join("node_modules").join("openclaw"));
    above.chain(beside).find_map(|folder| package(&folder.join("package.json")))
}

fn package(path: &Path) -> Option<Package> {
    let mut text = String::new();
    std::fs::File::open(path).ok()?.take(PACKAGE_BYTES).read_to_string(&mut text).ok()?;
    let package: Package = serde_json::from_str(&text).ok()?;
    (package.name == "openclaw").then_some(package)
}

#[cfg(test)]
mod tests {
    use std::{fs, time::UNIX_EPOCH};

    use super::*;
    use crate::surroundings::Environment;

    #[cfg(unix)]
    #[test]
    fn the_version_is_read_behind_the_link_on_path() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let home = tempfile::tempdir().unwrap();
        let package = home.path().join("lib/node_modules/openclaw");
        let bin = home.path().join("bin");
        fs::create_dir_all(&package).unwrap();
        fs::create_dir_all(&bin).unwrap();
        fs::write(package.join("package.json"), r#"{"name":"openclaw","version":"2026.9.6"}"#).unwrap();
        let program = package.join("openclaw.mjs");
        fs::write(&program, "#!/usr/bin/env node\n").unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        symlink(&program, bin.join("openclaw")).unwrap();
        let path = bin.display().to_string();
        let surroundings =
            Surroundings::new(Os::Linux, Environment::new([("PATH", path)]), home.path(), || UNIX_EPOCH);
        let found = find(&surroundings).unwrap();
        assert_eq!((found.version, found.node), (Some(Version::new(2026, 9, 6)), None));
        let manifest = r#"{"name":"openclaw","version":"2026.9.6","engines":{"node":">=24.16"}}"#;
        fs::write(package.join("package.json"), manifest).unwrap();
        assert_eq!(find(&surroundings).unwrap().node.as_deref(), Some(">=24.16"));
        fs::write(package.join("package.json"), r#"{"name":"other","version":"2026.9.6"}"#).unwrap();
        assert_eq!(find(&surroundings).unwrap().version, None);
    }
}
