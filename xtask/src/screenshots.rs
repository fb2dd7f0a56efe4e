//! `cargo xtask screenshots`: every picture of `docs/screenshots`, from the real window on practice's Ollama
//! (`tests/screenshots.rs`) and, for what practice cannot reach, from Chromium (`ui/browser/pictures.js`).

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{
    failure::Failure,
    project::Project,
    shell,
    system::{self, Purpose},
    ui,
};

/// Read by `tests/screenshots.rs`.
const FOLDER: &str = "PINCER_SCREENSHOTS";

/// Makes them all in a folder of their own, and puts them in place when they are whole.
///
/// # Errors
/// When something is missing, a screen does not come, or a file cannot be written.
pub(crate) fn screenshots(project: &Project) -> Result<(), Failure> {
    println!("1/5 System packages");
    println!("    {}", system::ensure(Purpose::Pictures)?);
    println!("2/5 The window's pages");
    println!("    {}", ui::node()?);
    println!("    {}", ui::packages(project)?);
    println!("    {}", ui::build(project)?);
    println!("    {}", ui::browser(project)?);
    let making = tempfile::tempdir().map_err(Failure::file(std::env::temp_dir()))?;
    let folder = making.path();
    println!("3/5 The real window on practice's Ollama");
    shell::run(&mut project.cargo(&["build", "--bins", "--package", "pincer-practice"]))?;
    let mut test = project.cargo(&["test", "--package", "pincer", "--test", "screenshots"]);
    shell::run(test.args(["--", "--ignored", "--quiet"]).env(FOLDER, folder))?;
    println!("4/5 What practice cannot reach, in Chromium");
    shell::run(project.npm(&["run", "pictures", "--"]).arg(folder))?;
    println!("5/5 Smaller files");
    let pictures = pictures(folder)?;
    // 256 colours are more than the window has, but for the soft edges of letters.
    let small = ["-strip", "-dither", "None", "-colors", "256", "-define", "png:exclude-chunks=date,time"];
    shell::run(
        shell::command("mogrify", small)
            .args(["-define", "png:compression-level=9"])
            .arg("--")
            .args(&pictures),
    )?;
    let bytes = put(folder, &pictures, &project.path("docs/screenshots"))?;
    println!("    {} pictures, {:.1} MB", pictures.len(), bytes as f64 / 1e6);
    Ok(())
}

/// All files below a folder, in order.
fn pictures(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(Failure::file(folder))? {
        let path = entry.map_err(Failure::file(folder))?.path();
        if path.is_dir() {
            found.extend(pictures(&path)?);
        } else {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// Puts them in place of the old ones, and gives their size in bytes.
fn put(folder: &Path, pictures: &[PathBuf], place: &Path) -> Result<u64, Failure> {
    if place.exists() {
        fs::remove_dir_all(place).map_err(Failure::file(place))?;
    }
    let mut bytes = 0;
    for picture in pictures {
        let file = place.join(picture.strip_prefix(folder).unwrap_or(picture));
        let parent = file.parent().unwrap_or(place);
        fs::create_dir_all(parent).map_err(Failure::file(parent))?;
        bytes += fs::copy(picture, &file).map_err(Failure::file(file))?;
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_pictures_take_the_place_of_all_old_ones() {
        let root = tempfile::tempdir().unwrap();
        let (made, place) = (root.path().join("made"), root.path().join("docs"));
        for (folder, name) in [(made.join("fr/narrow"), "new.png"), (place.join("en"), "old.png")] {
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join(name), "1234").unwrap();
        }
        let found = pictures(&made).unwrap();
        assert_eq!(put(&made, &found, &place).unwrap(), 4);
        assert!(place.join("fr/narrow/new.png").is_file());
        assert!(!place.join("en").exists());
    }
}
