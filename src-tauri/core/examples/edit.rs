//! Times an edit of a 1 MB settings file, from reading it to its rename, against one plain parse of the same text by
//! Times an edit of a settings file of so many bytes (the argument), from reading it to its rename, against one plain
//! parse of the same text by the crate `json5`, and against one write of it that lasts. Prints
//! `{"parseSeconds","writeSeconds","editSeconds","bytes"}`, medians; run by `cargo xtask bench`.

use std::{
    fs::{self, File},
    io::Write,
    path::Path,
    time::{Instant, SystemTime},
};

use pincer_core::{
    folders::Folders,
    openclaw::{
        apply,
        document::{Document, Edit, Step, Value},
        outcome::ReceiptKind,
        plan::{FileEdit, Plan},
        secrets,
    },
};

/// Odd, so that there is a middle.
const RUNS: usize = 9;
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("openclaw.json");
    let folders = Folders { data: folder.path().join("data") };
    let bytes = std::env::args().nth(1).ok_or("usage: edit BYTES")?.parse()?;
    let text = settings(bytes);
    let (mut parses, mut writes, mut edits) = (Vec::new(), Vec::new(), Vec::new());
    for run in 0..RUNS {
        fs::write(&path, &text)?;
        let begun = Instant::now();
        let parsed: serde_json::Value = json5::from_str(&text)?;
        parses.push(begun.elapsed().as_secs_f64());
        drop(parsed);

        let begun = Instant::now();
        write_once(folder.path(), &text)?;
        writes.push(begun.elapsed().as_secs_f64());

        let begun = Instant::now();
        let before = fs::read(&path)?;
        let document = Document::parse(&path, &before)?;
        let primary = ["agents", "defaults", "model", "primary"].map(Step::from).to_vec();
        let value = Value::from(format!("ollama/run-{run}").as_str());
        let after = document.edit(&[Edit::Set { path: primary, value }])?;
        let edit = FileEdit::new(path.clone(), Some(before), Some(after.bytes().to_vec()));
        let plan = Plan { kind: ReceiptKind::Repair {}, edits: vec![edit], starts: None };
        let mask =
            |_: &Path, before: &str, after: &str| secrets::unified_diff("openclaw.json", before, after);
        apply::apply(&folders, &plan, SystemTime::now(), &mask)?;
        edits.push(begun.elapsed().as_secs_f64());
    }
    let line = serde_json::json!({
        "parseSeconds": median(parses),
        "writeSeconds": median(writes),
        "editSeconds": median(edits),
        "bytes": text.len(),
    });
    writeln!(std::io::stdout(), "{line}")?;
    Ok(())
}

/// What anybody does who keeps a file whole: beside it, to the disk, renamed into place.
fn write_once(folder: &Path, text: &str) -> std::io::Result<()> {
    let beside = folder.join("plain.new");
    let mut file = File::create(&beside)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&beside, folder.join("plain"))
}

fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds.get(seconds.len() / 2).copied().unwrap_or_default()
}

/// A settings file with comments, of at least so many bytes: many listed models.
fn settings(bytes: usize) -> String {
    let mut text = String::from("{\n  // mine\n  models: { providers: { ollama: { models: [\n");
    let mut number = 0;
    while text.len() < bytes {
        number += 1;
        text.push_str(&format!(
            "    {{ id: 'model-{number}', name: \"Model {number}\", contextWindow: 0x8000, input: ['text'] }}, // {number}\n"
        ));
    }
    text.push_str("  ] } } },\n  agents: { defaults: { model: { primary: 'ollama/before' } } },\n}\n");
    text
}
