//! What a run was made on, for whoever reads its figures later.

use std::{env, fs, thread};

use crate::{project::Project, shell};

/// Pairs of a name and what is there; what cannot be found out is left away.
pub(super) fn machine(project: &Project) -> Vec<(&'static str, String)> {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let says = |program: &str, args: &[&str]| {
        // Asked first whether it is there, for it would complain; what is asked so keeps no words.
        let there = shell::succeeds(&mut shell::command(program, args));
        there.then(|| shell::answer(&mut shell::command(program, args)).ok()).flatten()
    };
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let model = value(&read("/proc/cpuinfo"), "model name", ':');
    let memory = value(&read("/proc/meminfo"), "MemTotal", ':').and_then(|text| {
        let kilobytes: f64 = text.strip_suffix(" kB")?.parse().ok()?;
        Some(format!("{:.1} GB", kilobytes * 1024.0 / 1e9))
    });
    let load = read("/proc/loadavg").split(' ').next().filter(|load| !load.is_empty()).map(|load| {
        format!("{load} processes at work in the minute before (figures of a busy machine are worth less)")
    });
    let system =
        value(&read("/etc/os-release"), "PRETTY_NAME", '=').map(|name| name.trim_matches('"').to_owned());
    let mut git = shell::command("git", ["describe", "--always", "--dirty", "--exclude=*"]);
    let pincer = shell::answer(git.current_dir(project.path("."))).ok();
    let pincer = pincer.map(|commit| format!("{}, {commit}", env!("CARGO_PKG_VERSION")));
    [
        ("cores", Some(model.map_or(cores.to_string(), |model| format!("{cores} ({model})")))),
        ("memory", memory),
        ("system", Some(system.unwrap_or_else(|| env::consts::OS.to_owned()))),
        ("load", load),
        ("WebKitGTK", says("pkg-config", &["--modversion", "webkit2gtk-4.1"])),
        ("Rust", says("rustc", &["--version"])),
        ("curl", says("curl", &["--version"]).and_then(|text| text.split(' ').nth(1).map(str::to_owned))),
        ("Pincer", pincer),
    ]
    .into_iter()
    .filter_map(|(name, what)| Some((name, what?)))
    .collect()
}

/// What stands behind a name in a file of lines.
fn value(text: &str, name: &str, between: char) -> Option<String> {
    let named = |line: &str| {
        let (left, right) = line.split_once(between)?;
        (left.trim() == name).then(|| right.trim().to_owned())
    };
    text.lines().find_map(named)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stand_behind_their_names() {
        assert_eq!(value("a : 1\nMemTotal:   7 kB\n", "MemTotal", ':').unwrap(), "7 kB");
        assert_eq!(value("NAME=x\nPRETTY_NAME=\"y\"\n", "PRETTY_NAME", '=').unwrap(), "\"y\"");
        assert!(value("", "MemTotal", ':').is_none());
    }

    #[test]
    fn every_machine_has_cores_and_a_system() {
        let machine = machine(&Project::here());
        for name in ["cores", "system", "Rust"] {
            assert!(machine.iter().any(|(given, _)| *given == name), "{machine:?}");
        }
        assert!(machine.iter().all(|(_, what)| !what.is_empty()), "{machine:?}");
    }
}
