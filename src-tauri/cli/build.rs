//! Embeds the catalogues of words that `ui/messages/languages.json` lists: the window and the commands share the list,
//! of tags and of the languages' own names.

use std::{env, error::Error, fmt::Write as _, fs, path::PathBuf};

use serde_json::Value;

fn main() -> Result<(), Box<dyn Error>> {
    let folder: PathBuf = [&env::var("CARGO_MANIFEST_DIR")?, "..", "..", "ui", "messages"].iter().collect();
    let list = folder.join("languages.json");
    println!("cargo::rerun-if-changed={}", list.display());
    let languages: Vec<Value> = serde_json::from_str(&fs::read_to_string(list)?)?;
    let mut entries = String::new();
    for language in languages {
        let tag = language.get("tag").and_then(Value::as_str).ok_or("a language of the list has no tag")?;
        let file = folder.join(format!("{tag}.json"));
        writeln!(entries, "    ({tag:?}, include_str!({:?})),", file.display().to_string())?;
    }
    let source = format!("const CATALOGUES: &[(&str, &str)] = &[\n{entries}];\n");
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join("catalogues.rs"), source)?;
    Ok(())
}
