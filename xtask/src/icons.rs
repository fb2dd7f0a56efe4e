//! `cargo xtask icons`: every size of the icon from its one drawing, `src-tauri/icons/icon.svg`.
//! Tauri's own command draws them; the sizes that no system here asks for are not kept.

use std::fs;

use crate::{
    failure::Failure,
    project::{NPM, Project},
    shell,
};

/// The release of Tauri's command, for the same pictures from the same drawing.
const COMMAND: &str = "@tauri-apps/cli@2";

/// What the bundles of Linux, macOS and Windows take.
const KEPT: [&str; 7] =
    ["32x32.png", "64x64.png", "128x128.png", "128x128@2x.png", "icon.icns", "icon.ico", "icon.png"];

/// Draws them all.
///
/// # Errors
/// When npm cannot fetch the command, or it leaves one out.
pub(crate) fn icons(project: &Project) -> Result<(), Failure> {
    let folder = tempfile::tempdir().map_err(Failure::file(std::env::temp_dir()))?;
    let place = project.path("src-tauri/icons");
    let mut draw = shell::command(NPM, ["exec", "--yes", "--package", COMMAND, "--", "tauri", "icon"]);
    draw.arg(place.join("icon.svg")).arg("--output").arg(folder.path());
    shell::run(draw.current_dir(folder.path()))?;
    for name in KEPT {
        let made = folder.path().join(name);
        fs::copy(&made, place.join(name)).map_err(Failure::file(made))?;
    }
    Ok(())
}
