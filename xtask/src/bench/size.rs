//! How large the programs and packages are, as people get them.

use std::{
    fs,
    path::{Path, PathBuf},
    time::SystemTime,
};

use super::report::{Quantity, Report};
use crate::{failure::Failure, project::Project};

const ADVICE: &str = "`cargo xtask bench --bundle` makes it first";

/// # Errors
/// When a program is not there, or a folder cannot be read.
pub(super) fn size(project: &Project, report: &mut Report) -> Result<(), Failure> {
    let mut newest = SystemTime::UNIX_EPOCH;
    for (row, name) in [("program", "pincer"), ("program-cli", "pincer-cli")] {
        let program = project.built("release", name)?;
        report.most(row, of(&program)?)?;
        newest = newest.max(made(&program)?);
    }
    let folder = project.built("release", "bundle")?;
    for kind in ["deb", "rpm"] {
        match package(&folder.join(kind), kind)? {
            Some(package) if made(&package)? >= newest => report.most(kind, of(&package)?),
            Some(_) => report.skipped(kind, format!("the .{kind} here is older than the programs: {ADVICE}")),
            None => report.skipped(kind, format!("there is no .{kind} here: {ADVICE}")),
        }?;
    }
    Ok(())
}

fn of(file: &Path) -> Result<Quantity, Failure> {
    let bytes = fs::metadata(file).map_err(Failure::file(file))?.len();
    Ok(Quantity::Megabytes(bytes as f64 / 1e6))
}

fn made(file: &Path) -> Result<SystemTime, Failure> {
    fs::metadata(file).and_then(|about| about.modified()).map_err(Failure::file(file))
}

/// The package of that ending in a folder, if it was made.
fn package(folder: &Path, ending: &str) -> Result<Option<PathBuf>, Failure> {
    if !folder.is_dir() {
        return Ok(None);
    }
    for entry in fs::read_dir(folder).map_err(Failure::file(folder))? {
        let path = entry.map_err(Failure::file(folder))?.path();
        if path.is_file() && path.extension().is_some_and(|end| end == ending) {
            return Ok(Some(path));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_is_found_by_its_ending_and_its_absence_is_no_fault() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(package(&folder.path().join("deb"), "deb").unwrap(), None);
        fs::create_dir(folder.path().join("Pincer.deb")).unwrap();
        assert_eq!(package(folder.path(), "deb").unwrap(), None, "what it was packed from");
        let deb = folder.path().join("pincer_1.deb");
        fs::write(&deb, vec![0; 2_000_000]).unwrap();
        assert_eq!(package(folder.path(), "deb").unwrap(), Some(deb.clone()));
        assert_eq!(of(&deb).unwrap(), Quantity::Megabytes(2.0));
    }
}
