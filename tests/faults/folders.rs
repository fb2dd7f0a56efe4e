//! Causes in the folder of Ollama's models: closed to who runs it, or gone. Ollama says so in its log or its journal.

use std::{fs, path::Path};

use serde_json::json;

use crate::{
    engine::{CONFIG, CRASHING, add_unit, down, mend_unit},
    lab::{Lab, Stage, remedies, scenarios},
    support::programs,
};

scenarios! {
    folder_of_models_of_long_ago: "engine.not-running";
    folder_of_models_of_another: "engine.models-dir-permission";
    folder_of_models_closed_to_our_own: "engine.models-dir-permission";
    folder_of_models_on_a_drive_that_is_gone: "engine.models-dir-missing";
    folder_of_models_that_may_not_be_made: "engine.models-dir-missing";
    folder_of_models_by_the_unit_alone: "engine.models-dir-missing";
}

/// The log of a run of 40 days ago, whose folder nobody names any more.
fn folder_of_models_of_long_ago(lab: &Lab) {
    let (home, host) = down();
    home.add_program(&programs::practice(), "ollama");
    let mut start = home.command(programs::pincer_cli());
    start
        .args(["start", "--json"])
        .env("OLLAMA_HOST", &host)
        .env("PRACTICE_EXIT", forbidden(Path::new(GONE)));
    assert_eq!(start.output().unwrap().status.code(), Some(2));
    let told = [("OLLAMA_HOST", host.as_str())];
    let stage = Stage::at(&home, &told);
    lab.first_is("engine.models-dir-missing", &lab.doctor(stage));
    let log = home.path().join(".local/share/dev.pincer.desktop/logs/ollama.log");
    let written = std::time::SystemTime::now() - std::time::Duration::from_secs(40 * 24 * 60 * 60);
    fs::File::options().write(true).open(log).unwrap().set_modified(written).unwrap();
    let found = lab.named(&lab.doctor(stage));
    assert!(found["evidence"].to_string().contains("written 40 days ago"), "{found:#}");
    lab.mends(stage);
}

fn forbidden(folder: &Path) -> String {
    format!("mkdir {}/blobs: permission denied: ensure path elements are traversable", folder.display())
}

fn folder_of_models_of_another(lab: &Lab) {
    let (home, host) = down();
    let folder = home.path().join("big");
    fs::create_dir(&folder).unwrap();
    let error = format!("Error: {}", forbidden(&folder));
    add_unit(&home, CRASHING, &format!("{CONFIG}\n{error}\n{CONFIG}\n{error}"));
    let stage = Stage::at(&home, &[]);
    let found = lab.named(&lab.doctor(stage));
    assert_eq!(found["params"], json!({ "folder": folder, "user": "ollama" }));
    assert_eq!(remedies(&found), ["give-folder", "restart-ollama"]);
    assert_eq!(found["remedies"][0]["command"], json!(["sudo", "chown", "-R", "ollama:ollama", folder]));
    assert!(
        found["evidence"].as_array().unwrap().iter().any(|seen| seen.as_str().unwrap().ends_with(&error))
    );
    let _ollama = mend_unit(&home, &host);
    lab.mended(stage);
}

fn folder_of_models_closed_to_our_own(lab: &Lab) {
    let (home, host) = down();
    let folder = home.path().join("big");
    fs::create_dir(&folder).unwrap();
    home.add_program(&programs::practice(), "ollama");
    let start = |environment: &[(&str, &str)]| {
        let mut start = home.command(programs::pincer_cli());
        start.args(["start", "--json"]).env("OLLAMA_HOST", &host).envs(environment.iter().copied());
        start.output().unwrap()
    };
    assert_eq!(start(&[("PRACTICE_EXIT", &forbidden(&folder))]).status.code(), Some(2));
    let stage = Stage::at(&home, &[]);
    let found = lab.named(&lab.doctor(stage));
    assert_eq!(found["params"], json!({ "folder": folder, "user": null }));
    assert_eq!(remedies(&found), ["give-folder", "start-ollama"]);
    // Once it may, a start mends it; what the log said then no longer counts.
    let started = start(&[]);
    assert!(started.status.success(), "{started:?}");
    lab.mended(stage);
    home.kill_running();
    lab.first_is("engine.not-running", &lab.doctor(stage));
}

const GONE: &str = "/nowhere/drive/models";

fn folder_of_models_on_a_drive_that_is_gone(lab: &Lab) {
    missing(lab, CRASHING, &format!("{CONFIG}\nError: mkdir {GONE}: no such file or directory"));
}

/// A user that may not make it says so, and yet it is missing.
fn folder_of_models_that_may_not_be_made(lab: &Lab) {
    missing(lab, CRASHING, &format!("Error: {}", forbidden(Path::new(GONE))));
}

/// The journal is closed, the unit names the folder.
fn folder_of_models_by_the_unit_alone(lab: &Lab) {
    missing(lab, &format!("{CRASHING}\nEnvironment=PATH=/bin OLLAMA_MODELS={GONE}"), "");
}

fn missing(lab: &Lab, unit: &str, journal: &str) {
    let (home, host) = down();
    add_unit(&home, unit, journal);
    let stage = Stage::at(&home, &[]);
    let found = lab.named(&lab.doctor(stage));
    assert_eq!(found["params"], json!({ "folder": GONE }));
    assert_eq!(remedies(&found), ["find-folder", "restart-ollama"]);
    let _ollama = mend_unit(&home, &host);
    lab.mended(stage);
}
