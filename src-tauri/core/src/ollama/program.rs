//! Where Ollama's program can be, per system, and which version it is.
//! Places: Ollama's installers and packagers (facts of 0.32); a dock or menu start has a short PATH.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use crate::{
    machine::{command, os::Os},
    surroundings::Surroundings,
};

/// It asks the server for its version, too.
const VERSION: Duration = Duration::from_secs(3);

/// The installed program: on `PATH` first, then in the places that installers use.
#[must_use]
pub fn find(surroundings: &Surroundings) -> Option<PathBuf> {
    command::on_path(surroundings, "ollama")
        .or_else(|| places(surroundings).into_iter().find(|place| is_program(place)))
}

/// A file where the program should be that nobody may run; `None` where a program is found, or no such file. Blocking.
#[must_use]
pub fn not_executable(surroundings: &Surroundings) -> Option<PathBuf> {
    if surroundings.os == Os::Windows || find(surroundings).is_some() {
        return None;
    }
    let on_path = surroundings.environment.path_folders().into_iter().map(|folder| folder.join("ollama"));
    on_path.chain(places(surroundings)).find(|place| place.is_file() && !is_program(place))
}

/// The places that installers use, in order of preference.
fn places(surroundings: &Surroundings) -> Vec<PathBuf> {
    let home = &surroundings.home;
    match surroundings.os {
        Os::Linux => ["/usr/local/bin", "/usr/bin", "/bin"]
            .into_iter()
            .map(PathBuf::from)
            .chain([home.join(".local/bin")])
            .chain(["/opt/ollama/bin", "/snap/bin", "/home/linuxbrew/.linuxbrew/bin"].map(PathBuf::from))
            .map(|folder| folder.join("ollama"))
            .collect(),
        Os::MacOs => {
            let bundle = "Applications/Ollama.app/Contents/Resources/ollama";
            vec![
                Path::new("/").join(bundle),
                home.join(bundle),
                "/usr/local/bin/ollama".into(),
                "/opt/homebrew/bin/ollama".into(),
            ]
        }
        Os::Windows => {
            let local = surroundings.environment.get("LOCALAPPDATA").map(PathBuf::from);
            let local = local.unwrap_or_else(|| home.join("AppData").join("Local"));
            vec![local.join("Programs").join("Ollama").join("ollama.exe")]
        }
    }
}

#[cfg(unix)]
fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(path: &Path) -> bool {
    path.is_file()
}

/// The version that the program itself has, whatever server answers it: `ollama --version`. `None` when it does not say
/// in time.
pub async fn client_version(surroundings: &Surroundings, program: &Path) -> Option<String> {
    let output = command::output(surroundings, program, &["--version"], VERSION).await.ok()?;
    version_in(&format!("{}\n{}", output.stdout, output.stderr))
}

/// The server's version is told first; the program's own only where it is another.
fn version_in(text: &str) -> Option<String> {
    let after = |mark: &str| text.split_once(mark)?.1.split_whitespace().next().map(str::to_owned);
    after("client version is ").or_else(|| after("ollama version is "))
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;
    use crate::surroundings::Environment;

    fn on(os: Os, environment: &[(&str, &str)]) -> Surroundings {
        Surroundings::new(os, Environment::new(environment.iter().copied()), "/home/me", || UNIX_EPOCH)
    }

    #[test]
    fn every_system_has_its_places() {
        let linux = places(&on(Os::Linux, &[]));
        assert_eq!(linux.first().unwrap(), Path::new("/usr/local/bin/ollama"));
        assert!(linux.contains(&PathBuf::from("/home/me/.local/bin/ollama")));
        let mac = places(&on(Os::MacOs, &[]));
        assert_eq!(mac.first().unwrap(), Path::new("/Applications/Ollama.app/Contents/Resources/ollama"));
        let windows = places(&on(Os::Windows, &[("LOCALAPPDATA", "/local")]));
        assert_eq!(windows, [Path::new("/local/Programs/Ollama/ollama.exe")]);
    }

    #[test]
    #[cfg(unix)]
    fn a_file_that_nobody_may_run_is_found_where_the_program_should_be() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_str().unwrap().to_owned();
        let surroundings = on(Os::Linux, &[("PATH", &path)]);
        if find(&surroundings).is_some() {
            // This computer has one where installers put it.
            return;
        }
        assert_eq!(not_executable(&surroundings), None);
        let file = folder.path().join("ollama");
        std::fs::write(&file, "").unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert_eq!(not_executable(&surroundings), Some(file.clone()));
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
        assert_eq!((not_executable(&surroundings), find(&surroundings)), (None, Some(file)));
    }

    #[test]
    fn the_programs_own_version_is_told_apart() {
        for (text, expected) in [
            ("ollama version is 0.32.15\n", Some("0.32.15")),
            ("ollama version is 0.32.15\nWarning: client version is 0.33.0\n", Some("0.33.0")),
            (
                "Warning: could not connect to a running Ollama instance\nWarning: client version is 0.33.0\n",
                Some("0.33.0"),
            ),
            ("", None),
        ] {
            assert_eq!(version_in(text).as_deref(), expected, "{text}");
        }
    }
}
