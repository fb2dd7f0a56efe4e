//! OpenClaw's files in a test's home: its settings, what stands beside them, and a program of a version.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
};

use serde_json::{Value, json};

use super::{home::Home, ollama::free_address};

/// A file of OpenClaw's state folder; it need not exist.
pub fn state(home: &Home, file: &str) -> PathBuf {
    home.path().join(".openclaw").join(file)
}

/// Writes one, with its folders.
pub fn write(home: &Home, file: &str, text: &str) {
    let path = state(home, file);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// What one holds; `None` when it is not there.
pub fn read(home: &Home, file: &str) -> Option<String> {
    fs::read_to_string(state(home, file)).ok()
}

/// The mode of a file.
pub fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

/// An OpenClaw of this version on PATH, as npm installs it. It is there to be found, not to run.
pub fn add_openclaw(home: &Home, version: &str) {
    add_openclaw_that(home, version, "exit 1");
}

/// The same, whose program is a shell script.
pub fn add_openclaw_that(home: &Home, version: &str, lines: &str) {
    let package = home.path().join("lib/node_modules/openclaw");
    fs::create_dir_all(&package).unwrap();
    let manifest = json!({ "name": "openclaw", "version": version });
    fs::write(package.join("package.json"), manifest.to_string()).unwrap();
    home.add_script("openclaw", lines);
    fs::rename(home.bin().join("openclaw"), package.join("openclaw.mjs")).unwrap();
    symlink(package.join("openclaw.mjs"), home.bin().join("openclaw")).unwrap();
}

/// A whole pinned set-up of 2026.9.6 at `url`: nothing is wrong with it, but that its gateway does not run.
pub fn whole(url: &str) -> Value {
    // Not the usual port: the machine may have an OpenClaw of its own.
    pincer_practice::whole_settings(url, free_address().port())
}

/// All files below a folder, by their paths in it, with what they hold and their modes.
pub fn tree(folder: &Path) -> Vec<(PathBuf, Vec<u8>, u32)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(here) = folders.pop() {
        for entry in fs::read_dir(&here).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let within = path.strip_prefix(folder).unwrap().to_path_buf();
                found.push((within, fs::read(&path).unwrap(), mode(&path)));
            }
        }
    }
    found.sort();
    found
}

/// Temporary files of Pincer's anywhere below a folder.
pub fn temporaries(folder: &Path) -> Vec<PathBuf> {
    let temporary = |path: &Path| path.extension().is_some_and(|extension| extension == "tmp");
    tree(folder).into_iter().map(|(path, ..)| path).filter(|path| temporary(path)).collect()
}
