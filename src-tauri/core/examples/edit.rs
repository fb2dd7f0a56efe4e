//! Times an edit of a 1 MB settings file, from reading it to its rename, against one plain parse of the same text by
//! the crate `json5`. Prints `{"parseSeconds","editSeconds","bytes"}`, medians; run by `cargo xtask bench`.

use std::{
    fs,
    io::Write,
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
const BYTES: usize = 1 << 20;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("openclaw.json");
    let folders = Folders { data: folder.path().join("data") };
    let text = large();
    let (mut parses, mut edits) = (Vec::new(), Vec::new());
    for run in 0..RUNS {
        fs::write(&path, &text)?;
        let begun = Instant::now();
        let parsed: serde_json::Value = json5::from_str(&text)?;
        parses.push(begun.elapsed().as_secs_f64());
        drop(parsed);

        let begun = Instant::now();
        let before = fs::read(&path)?;
        let document = Document::parse(&path, &before)?;
        let primary = ["agents", "defaults", "model", "primary"].map(Step::from).to_vec();
        let value = Value::from(format!("ollama/run-{run}").as_str());
        let after = document.edit(&[Edit::Set { path: primary, value }])?;
        let edit = FileEdit::new(path.clone(), Some(before), Some(after.bytes().to_vec()));
        let plan = Plan { kind: ReceiptKind::Repair {}, edits: vec![edit], starts: None };
        let mask = |_: &std::path::Path, before: &str, after: &str| {
            secrets::unified_diff("openclaw.json", before, after)
        };
        apply::apply(&folders, &plan, SystemTime::now(), &mask)?;
        edits.push(begun.elapsed().as_secs_f64());
    }
    let (parse, edit) = (median(parses), median(edits));
    let line = serde_json::json!({ "parseSeconds": parse, "editSeconds": edit, "bytes": text.len() });
    writeln!(std::io::stdout(), "{line}")?;
    Ok(())
}

fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds.get(seconds.len() / 2).copied().unwrap_or_default()
}

/// A settings file with comments, of at least 1 MB: many listed models.
fn large() -> String {
    let mut text = String::from("{\n  // mine\n  models: { providers: { ollama: { models: [\n");
    let mut number = 0;
    while text.len() < BYTES {
        number += 1;
        text.push_str(&format!(
            "    {{ id: 'model-{number}', name: \"Model {number}\", contextWindow: 0x8000, input: ['text'] }}, // {number}\n"
        ));
    }
    text.push_str("  ] } } },\n  agents: { defaults: { model: { primary: 'ollama/before' } } },\n}\n");
    text
}
