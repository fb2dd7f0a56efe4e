//! The window's web part: Node, npm packages, the build, each done only when something changed.
//! What was built from what is remembered in `ui/node_modules`, which git ignores and `npm ci` clears.

use std::{
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    path::{Path, PathBuf},
};

use crate::{
    failure::Failure,
    project::{NPM, Project},
    shell,
    system::{self, Purpose},
};

/// The oldest Node that Vite runs on.
const NODE: u32 = 20;

/// A line of the page that the app's build script writes when there is no real one.
const PLACEHOLDER: &str = "<!-- placeholder -->";

/// Checks Node and npm and gives their versions.
///
/// # Errors
/// When one is missing or too old, with what to do.
pub(crate) fn node() -> Result<String, Failure> {
    let advice = format!(
        "Pincer's window is built with Node {NODE} or newer, and npm: https://nodejs.org/en/download"
    );
    let version = shell::answer(&mut shell::command("node", ["--version"]))
        .map_err(|_| Failure::Needs(format!("Node is not here. {advice}")))?;
    if major(&version).is_none_or(|major| major < NODE) {
        return Err(Failure::Needs(format!("Node here is {version}. {advice}")));
    }
    let npm = shell::answer(&mut shell::command(NPM, ["--version"]))
        .map_err(|_| Failure::Needs(format!("npm is not here. {advice}")))?;
    Ok(format!("Node {version}, npm {npm}"))
}

fn major(version: &str) -> Option<u32> {
    version.trim_start_matches('v').split('.').next()?.parse().ok()
}

/// `npm ci`, when the lock file is another than the one installed.
///
/// # Errors
/// When npm fails or a file cannot be read.
pub(crate) fn packages(project: &Project) -> Result<String, Failure> {
    let lock = project.path("ui/package-lock.json");
    let stamp = project.path("ui/node_modules/.pincer-lock");
    let wanted = fs::read(&lock).map_err(Failure::file(&lock))?;
    if fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok("npm packages as locked".into());
    }
    shell::run(&mut project.npm(&["ci", "--no-audit", "--no-fund"]))?;
    fs::write(&stamp, wanted).map_err(Failure::file(&stamp))?;
    Ok("npm packages installed".into())
}

/// `npm run build`, when a source changed since the last one.
///
/// # Errors
/// When the build fails, or leaves no page.
pub(crate) fn build(project: &Project) -> Result<String, Failure> {
    let stamp = project.path("ui/node_modules/.pincer-built");
    let before = fingerprint(&project.path("ui"))?;
    if is_built(project) && fs::read_to_string(&stamp).is_ok_and(|built| built == before) {
        return Ok("built already".into());
    }
    shell::run(&mut project.npm(&["run", "build"]))?;
    if !is_built(project) {
        return Err(Failure::Needs("`npm run build` left no real ui/dist/index.html.".into()));
    }
    fs::write(&stamp, before).map_err(Failure::file(&stamp))?;
    Ok("built".into())
}

/// The Chromium that judges the pages and takes pictures of them; installed by apt when there is none.
///
/// # Errors
/// When there is none and it cannot be installed from here.
pub(crate) fn browser(project: &Project) -> Result<String, Failure> {
    let find = || {
        let mut node = shell::command("node", ["browser/chromium.js"]);
        shell::answer(node.current_dir(project.path("ui"))).ok()
    };
    if let Some(found) = find() {
        return Ok(found);
    }
    let said = system::ensure(Purpose::Browser)?;
    find().ok_or_else(|| Failure::Needs(format!("There is no Chromium or Chrome here ({said}).")))
}

/// Whether `ui/dist` holds a real page, not the build script's placeholder.
pub(crate) fn is_built(project: &Project) -> bool {
    fs::read_to_string(project.path("ui/dist/index.html")).is_ok_and(|page| !page.contains(PLACEHOLDER))
}

/// A fingerprint of names and contents of all sources below a folder: a checkout changes times, not this.
/// Left out is what the build itself makes, and the tests, which do not go into it.
fn fingerprint(folder: &Path) -> Result<String, Failure> {
    let mut files = Vec::new();
    collect(folder, &mut files)?;
    files.sort();
    let mut hasher = DefaultHasher::new();
    for file in files {
        file.hash(&mut hasher);
        fs::read(&file).map_err(Failure::file(&file))?.hash(&mut hasher);
    }
    Ok(format!("{:016x}", hasher.finish()))
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Failure> {
    for entry in fs::read_dir(folder).map_err(Failure::file(folder))? {
        let entry = entry.map_err(Failure::file(folder))?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let made = ["node_modules", "dist", "paraglide", "coverage", "tests"].contains(&name.as_ref());
        if made || name.starts_with('.') {
            continue;
        }
        let path = entry.path();
        if entry.file_type().map_err(Failure::file(&path))?.is_dir() {
            collect(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn majors_are_read_and_nonsense_is_not() {
        assert_eq!(major("v20.20.2"), Some(20));
        assert_eq!(major("24.1.0"), Some(24));
        assert_eq!(major("next"), None);
    }

    #[test]
    fn the_fingerprint_sees_content_names_and_removal_but_nothing_made() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        let print = || fingerprint(folder.path()).unwrap();
        write("src/app.ts", "one");
        let first = print();
        write("node_modules/x/index.js", "x");
        write("dist/index.html", "x");
        write("src/lib/paraglide/messages.js", "x");
        assert_eq!(print(), first, "what is made does not count");
        write("src/app.ts", "two");
        let second = print();
        assert_ne!(second, first, "content counts");
        write("src/new.ts", "");
        assert_ne!(print(), second, "a new file counts");
        fs::remove_file(folder.path().join("src/new.ts")).unwrap();
        assert_eq!(print(), second, "and so does its removal");
    }
}
