//! Where Ollama's program can be, per system, and whether a service runs it.
//! Places: Ollama's installers and packagers (facts of 0.32); a dock or menu start has a short PATH.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use crate::{
    machine::{command, os::Os},
    surroundings::Surroundings,
};

/// systemd answers in milliseconds; a machine without it must not make us wait.
const SYSTEMCTL: Duration = Duration::from_secs(2);

/// The installed program: on `PATH` first, then in the places that installers use.
#[must_use]
pub fn find(surroundings: &Surroundings) -> Option<PathBuf> {
    command::on_path(surroundings, "ollama")
        .or_else(|| places(surroundings).into_iter().find(|place| is_program(place)))
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

/// Whether systemd knows a unit named `ollama`. Always `false` on other systems, and where systemd does not run.
pub async fn has_service(surroundings: &Surroundings) -> bool {
    if surroundings.os != Os::Linux {
        return false;
    }
    let Some(systemctl) = command::on_path(surroundings, "systemctl") else { return false };
    let arguments = ["show", "ollama", "--property=LoadState"];
    let output = command::output(surroundings, &systemctl, &arguments, SYSTEMCTL).await;
    output.is_ok_and(|output| {
        output.success && output.stdout.lines().any(|line| line.trim() == "LoadState=loaded")
    })
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
}
