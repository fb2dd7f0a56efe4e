//! The environment of OpenClaw's own service on Linux: what the unit that it installs for the user sets, and the files
//! that the unit names. A shell's variables are not its; what systemd itself was told is not asked.

use std::path::{Path, PathBuf};

use super::{env_file, settings::read_bounded};
use crate::{machine::os::Os, ollama::service::assignments, surroundings::Surroundings};

/// Where `openclaw gateway install` puts its unit (2026.9.6), from the home folder.
const UNIT: &str = ".config/systemd/user/openclaw-gateway.service";
/// More drop-ins than this no unit has.
const DROP_INS: usize = 32;

/// A variable that the service is started with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceVariable {
    /// Its name.
    pub name: String,
    /// Its value. Never shown: it may be a secret.
    pub value: String,
    /// The file that sets it.
    pub place: PathBuf,
}

/// The variables that the unit sets, the ones that win first; none where there is no unit. Blocking.
#[must_use]
pub fn variables(surroundings: &Surroundings) -> Vec<ServiceVariable> {
    if surroundings.os != Os::Linux {
        return Vec::new();
    }
    let unit = surroundings.home.join(UNIT);
    let mut drop_ins: Vec<PathBuf> = std::fs::read_dir(unit.with_extension("service.d"))
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|end| end == "conf"))
        .take(DROP_INS)
        .collect();
    drop_ins.sort();
    let (mut own, mut of_files) = (Vec::new(), Vec::new());
    for file in [unit].into_iter().chain(drop_ins) {
        let Some(text) = text_of(&file) else { continue };
        let (set, named) = in_unit(&text);
        own.extend(set.into_iter().map(|(name, value)| ServiceVariable { name, value, place: file.clone() }));
        of_files.extend(named.iter().flat_map(|file| in_file(Path::new(file))));
    }
    // What a file sets overrides what the unit itself says, and the later the earlier.
    own.extend(of_files);
    own.reverse();
    own
}

/// Assignments, and the files that hold more.
fn in_unit(text: &str) -> (Vec<(String, String)>, Vec<String>) {
    let (mut set, mut files, mut of_service) = (Vec::new(), Vec::new(), false);
    for line in text.lines().map(str::trim) {
        if line.starts_with('[') {
            of_service = line == "[Service]";
        } else if let Some((key, value)) = line.split_once('=').filter(|_| of_service) {
            // `%%` is how a unit writes one of them.
            let value = value.trim().replace("%%", "%");
            match key.trim() {
                // An empty one forgets what was set before.
                "Environment" if value.is_empty() => set.clear(),
                "Environment" => set.extend(assignments(&value)),
                "EnvironmentFile" if value.is_empty() => files.clear(),
                "EnvironmentFile" => {
                    let file = value.trim_start_matches('-').trim_matches('"');
                    files.push(file.replace("\\ ", " "));
                }
                _ => {}
            }
        }
    }
    (set, files)
}

fn in_file(file: &Path) -> Vec<ServiceVariable> {
    let text = text_of(file).unwrap_or_default();
    let variable = |set: env_file::Assignment| ServiceVariable {
        name: set.name,
        value: set.value,
        place: file.to_path_buf(),
    };
    env_file::assignments(&text).into_iter().map(variable).collect()
}

fn text_of(file: &Path) -> Option<String> {
    Some(String::from_utf8_lossy(&read_bounded(file).ok()??).into_owned())
}

#[cfg(test)]
mod tests {
    use std::{fs, time::UNIX_EPOCH};

    use super::*;
    use crate::surroundings::Environment;

    #[test]
    fn what_the_unit_and_its_files_set_is_read_the_later_first() {
        let home = tempfile::tempdir().unwrap();
        let surroundings = Surroundings::new(Os::Linux, Environment::default(), home.path(), || UNIX_EPOCH);
        assert_eq!(variables(&surroundings), []);
        let unit = home.path().join(UNIT);
        fs::create_dir_all(unit.with_extension("service.d")).unwrap();
        let more = home.path().join("more.env");
        fs::write(&more, "A=of the file\n").unwrap();
        let text = format!(
            "[Unit]\nEnvironment=NOT=this\n[Service]\nExecStart=/usr/bin/node x\nEnvironment=A=1 \"B=two words\" C=50%%\n\
             EnvironmentFile=-{}\nEnvironmentFile=-/nowhere/at/all\n",
            more.display()
        );
        fs::write(&unit, text).unwrap();
        fs::write(unit.with_extension("service.d").join("10.conf"), "[Service]\nEnvironment=B=3\n").unwrap();
        let all = variables(&surroundings);
        let first = |name: &str| all.iter().find(|set| set.name == name).map(|set| set.value.as_str());
        let found = ["A", "B", "C", "NOT"].map(first);
        assert_eq!(found, [Some("of the file"), Some("3"), Some("50%"), None]);
        assert_eq!(all.first().unwrap().place, more);
    }
}
