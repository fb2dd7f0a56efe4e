//! The Nodes that version managers keep beside each other (nvm, fnm, Volta): a login shell has one of them on its
//! `PATH`, a window or a service may have none. Where they lie is data per system, tested for all three on any one.

use std::{
    fs,
    path::{Path, PathBuf},
};

use semver::Version;

use super::{NODES, number};
use crate::{machine::os::Os, surroundings::Surroundings};

/// A folder of versions, and where the program lies below one.
struct Shelf {
    versions: PathBuf,
    program: PathBuf,
}

/// The programs by their version, the newest first. Blocking.
pub(crate) fn managed(surroundings: &Surroundings) -> Vec<(Version, PathBuf)> {
    let mut found: Vec<(Version, PathBuf)> = shelves(surroundings).iter().flat_map(on).collect();
    found.sort_by(|one, other| other.0.cmp(&one.0));
    found
}

fn on(shelf: &Shelf) -> Vec<(Version, PathBuf)> {
    let installed = fs::read_dir(&shelf.versions).into_iter().flatten().flatten().take(NODES);
    let node = |folder: fs::DirEntry| {
        let version = number(folder.file_name().to_str()?)?;
        Some((Version::parse(&version).ok()?, folder.path().join(&shelf.program)))
    };
    installed.filter_map(node).collect()
}

/// nvm's, fnm's and Volta's, by their variables, else where each puts them by default.
fn shelves(surroundings: &Surroundings) -> Vec<Shelf> {
    let Surroundings { os, home, environment, .. } = surroundings;
    let told = |name: &str| environment.get(name).map(PathBuf::from);
    let windows = *os == Os::Windows;
    let program = if windows { PathBuf::from("node.exe") } else { Path::new("bin").join("node") };
    let mut all = Vec::new();
    // nvm for Windows is another program, and is on `PATH`.
    if !windows {
        let nvm = told("NVM_DIR").unwrap_or_else(|| home.join(".nvm"));
        all.push(Shelf { versions: nvm.join("versions").join("node"), program: program.clone() });
    }
    let roaming = || told("APPDATA").unwrap_or_else(|| home.join("AppData").join("Roaming"));
    let local = || told("LOCALAPPDATA").unwrap_or_else(|| home.join("AppData").join("Local"));
    let data = || told("XDG_DATA_HOME").unwrap_or_else(|| home.join(".local").join("share"));
    let fnm = match (told("FNM_DIR"), os) {
        (Some(folder), _) => vec![folder],
        (None, Os::Linux) => vec![data().join("fnm"), home.join(".fnm")],
        (None, Os::MacOs) => {
            let support = home.join("Library").join("Application Support");
            vec![support.join("fnm"), data().join("fnm"), home.join(".fnm")]
        }
        (None, Os::Windows) => vec![roaming().join("fnm")],
    };
    all.extend(fnm.into_iter().map(|folder| Shelf {
        versions: folder.join("node-versions"),
        program: Path::new("installation").join(&program),
    }));
    let volta = told("VOLTA_HOME")
        .unwrap_or_else(|| if windows { local().join("Volta") } else { home.join(".volta") });
    all.push(Shelf { versions: volta.join("tools").join("image").join("node"), program });
    all
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;
    use crate::surroundings::Environment;

    #[test]
    fn every_system_and_manager_has_its_place_and_the_newest_leads() {
        let home = tempfile::tempdir().unwrap();
        for folder in [
            ".nvm/versions/node/v9.1.0",
            ".nvm/versions/node/v24.16.0",
            ".nvm/versions/node/system",
            ".local/share/fnm/node-versions/v25.1.0/installation",
            "Library/Application Support/fnm/node-versions/v23.0.0/installation",
            "AppData/Roaming/fnm/node-versions/v22.2.0/installation",
            ".volta/tools/image/node/24.18.1",
            "AppData/Local/Volta/tools/image/node/26.0.0",
            "chosen/node-versions/v21.0.0/installation",
        ] {
            fs::create_dir_all(home.path().join(folder)).unwrap();
        }
        let of = |os, pairs: &[(&str, &str)]| {
            let pairs = Environment::new(pairs.iter().copied());
            let found = managed(&Surroundings::new(os, pairs, home.path(), || UNIX_EPOCH));
            let shown = |path: &PathBuf| {
                let below = path.strip_prefix(home.path()).unwrap();
                below.display().to_string().replace('\\', "/")
            };
            found.iter().map(|(version, path)| format!("{version} {}", shown(path))).collect::<Vec<_>>()
        };
        let nvm =
            ["24.16.0 .nvm/versions/node/v24.16.0/bin/node", "9.1.0 .nvm/versions/node/v9.1.0/bin/node"];
        let fnm = "25.1.0 .local/share/fnm/node-versions/v25.1.0/installation/bin/node";
        let volta = "24.18.1 .volta/tools/image/node/24.18.1/bin/node";
        assert_eq!(of(Os::Linux, &[]), [fnm, volta, nvm[0], nvm[1]]);
        let of_mac = "23.0.0 Library/Application Support/fnm/node-versions/v23.0.0/installation/bin/node";
        assert_eq!(of(Os::MacOs, &[]), [fnm, volta, nvm[0], of_mac, nvm[1]]);
        assert_eq!(
            of(Os::Windows, &[]),
            [
                "26.0.0 AppData/Local/Volta/tools/image/node/26.0.0/node.exe",
                "22.2.0 AppData/Roaming/fnm/node-versions/v22.2.0/installation/node.exe",
            ]
        );
        let chosen = home.path().join("chosen").display().to_string();
        let none = home.path().join("none").display().to_string();
        let told = [("FNM_DIR", chosen.as_str()), ("NVM_DIR", &none), ("VOLTA_HOME", &none)];
        assert_eq!(of(Os::Linux, &told), ["21.0.0 chosen/node-versions/v21.0.0/installation/bin/node"]);
    }
}
