//! Build script of the window: the commands that it may call, and a placeholder page while the UI is not built
//! (`cargo xtask` builds it), because `generate_context!` needs the folder to exist on a fresh clone.

use std::{fs, io, path::Path};

/// Every command of `src/commands.rs`; the capability names the ones that the window may call.
const COMMANDS: &[&str] = &[
    "subscribe",
    "pull",
    "pause_pull",
    "resume_pull",
    "cancel_pull",
    "dismiss_pull",
    "check_model",
    "cancel_check",
    "cancel_gateway_start",
    "prove",
    "cancel_proof",
    "open_openclaw",
    "remove_model",
    "unload_model",
    "set_pull_for_openclaw",
    "suggest_models",
    "on_closing",
    "close_anyway",
    "preview_use",
    "apply",
    "gateway_after_change",
    "undo",
    "history",
    "difference",
    "test_address",
    "set_visible",
    "run_remedy",
    "cancel_remedy",
    "dismiss_remedy",
    "look_again",
    "install_offer",
    "openclaw_offer",
    "cancel_install",
    "dismiss_install",
    "explain_error",
    "report",
    "language",
    "preferences",
    "keep_preferences",
    "tell_outside",
    "open_page",
    "open_logs",
    "open_practice",
    "quit",
    "practice_faults",
    "play_fault",
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    placeholder(Path::new("ui/dist"))?;
    // A place of our own: Tauri looks for changes in its usual one alone.
    println!("cargo:rerun-if-changed=src-tauri/capabilities");
    let attributes = tauri_build::Attributes::new()
        .capabilities_path_pattern("./src-tauri/capabilities/**/*")
        .app_manifest(tauri_build::AppManifest::new().commands(COMMANDS));
    tauri_build::try_build(attributes)?;
    Ok(())
}

fn placeholder(dist: &Path) -> io::Result<()> {
    let page = dist.join("index.html");
    if !page.exists() {
        fs::create_dir_all(dist)?;
        fs::write(page, "<!doctype html><title>Pincer: run cargo xtask run</title><!-- placeholder -->\n")?;
    }
    Ok(())
}
