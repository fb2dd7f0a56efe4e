//! Any bytes as OpenClaw's settings file: reading never panics, an edit means exactly what it says or is refused,
//! and masking keeps the lines. Run: `RUSTC_BOOTSTRAP=1 cargo fuzz run document -s none` (see CONTRIBUTING).
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use pincer_core::openclaw::{
    document::{Document, Edit, Step, Value},
    secrets,
};

fuzz_target!(|bytes: &[u8]| {
    let Ok(document) = Document::parse(Path::new("openclaw.json"), bytes) else { return };
    let path = ["models", "providers", "ollama", "baseUrl"].map(Step::from).to_vec();
    let edit = Edit::Set { path: path.clone(), value: Value::from("http://127.0.0.1:11434") };
    if let Ok(after) = document.edit(std::slice::from_ref(&edit)) {
        assert_eq!(after.value().lookup(&path), Some(&Value::from("http://127.0.0.1:11434")));
        assert_eq!(after.is_strict_json(), document.is_strict_json());
        let again = after.edit(&[edit]).expect("what was edited can be edited");
        assert_eq!(again.bytes(), after.bytes(), "the same edit twice changes nothing");
    }
    let masked = secrets::masked(document.text());
    assert_eq!(masked.lines().count(), document.text().lines().count());
});
