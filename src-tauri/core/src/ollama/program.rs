//! Where Ollama's program can be, per system, and which version it is.
//! Places: Ollama's installers and packagers (facts of 0.32); a dock or menu start has a short PATH.

use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use crate::{
    machine::{command, os::Os},
    surroundings::{Environment, Surroundings},
};

/// It asks the server for its version, too.
const VERSION: Duration = Duration::from_secs(3);
/// One that is only tried asks nobody; the first start of a new file is read from the disk.
const TRY: Duration = Duration::from_secs(20);
/// Before a file is tried again that another process still holds open to write.
const HELD: Duration = Duration::from_millis(20);
/// Bytes of its words that are told.
const WORDS: usize = 2000;
/// Where nothing listens (a port of the first TCP services).
const NOBODY: &str = "127.0.0.1:1";

/// The installed program: on `PATH` first, then in the places that installers use.
#[must_use]
pub fn find(surroundings: &Surroundings) -> Option<PathBuf> {
    command::on_path(surroundings, "ollama")
        .or_else(|| places(surroundings).into_iter().find(|place| is_program(place)))
}

/// A file of that name that would be the program, were it allowed to run: where [`find`] looks, the first. `None` where
/// a program is found, or no such file. Blocking.
#[must_use]
pub fn not_executable(surroundings: &Surroundings) -> Option<PathBuf> {
    if surroundings.os == Os::Windows || find(surroundings).is_some() {
        return None;
    }
    let path = surroundings.environment.path_folders().into_iter().filter(|folder| folder.is_absolute());
    let on_path = path.map(|folder| folder.join("ollama"));
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

/// Runs it without any server, to see that it does run; the version that it says.
///
/// # Errors
/// Why it does not run, in the system's words and its own.
pub(super) async fn tried(surroundings: &Surroundings, program: &Path) -> Result<Option<String>, String> {
    let alone = surroundings.environment.iter().chain([("OLLAMA_HOST", NOBODY)]);
    let mut surroundings = surroundings.clone();
    surroundings.environment =
        Environment::new(alone.map(|(name, value)| (name.to_owned(), value.to_owned())));
    let run = async {
        loop {
            match command::output(&surroundings, program, &["--version"], TRY).await {
                // A program that was started while it was written has it open until it runs itself.
                Err(error) if error.kind() == io::ErrorKind::ExecutableFileBusy => {
                    tokio::time::sleep(HELD).await;
                }
                ended => return ended,
            }
        }
    };
    let ended = tokio::time::timeout(TRY, run).await;
    let output = ended.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
    let output = output.map_err(|error| format!("{} --version: {error}", program.display()))?;
    let said = format!("{}\n{}", output.stdout, output.stderr);
    if output.success {
        return Ok(version_in(&said));
    }
    let status = output.status.map_or_else(|| "a signal".to_owned(), |status| status.to_string());
    Err(format!("{} --version: exit {status}\n{}", program.display(), last(said.trim())))
}

/// The end of what it said: why.
fn last(said: &str) -> &str {
    let cut = said.len().saturating_sub(WORDS);
    said.get((cut..said.len()).find(|at| said.is_char_boundary(*at)).unwrap_or(said.len())..)
        .unwrap_or_default()
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

    #[cfg(unix)]
    #[tokio::test]
    async fn one_that_does_not_run_says_why() {
        use std::os::unix::fs::PermissionsExt;
        let home = tempfile::tempdir().unwrap();
        let program = home.path().join("ollama");
        let surroundings = Surroundings::new(
            Os::Linux,
            Environment::new([("PATH", "/usr/bin:/bin"), ("OLLAMA_HOST", "0.0.0.0:4242")]),
            home.path(),
            || UNIX_EPOCH,
        );
        let write = |bytes: &[u8]| {
            std::fs::write(&program, bytes).unwrap();
            std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        };
        write(b"\x7fELF and nothing more");
        assert!(tried(&surroundings, &program).await.is_err(), "no program of this system");
        write(b"#!/bin/sh\necho 'GLIBC_2.99 not found' >&2\nexit 1\n");
        let why = tried(&surroundings, &program).await.unwrap_err();
        assert!(why.contains("exit 1") && why.contains("GLIBC_2.99 not found"), "{why}");
        write(b"#!/bin/sh\necho \"Warning: client version is 0.33.0 $OLLAMA_HOST\"\n");
        assert_eq!(tried(&surroundings, &program).await, Ok(Some("0.33.0".into())));
        write(b"#!/bin/sh\n[ \"$OLLAMA_HOST\" = 127.0.0.1:1 ]\n");
        assert_eq!(tried(&surroundings, &program).await, Ok(None), "no server is asked");
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
