//! The licences of what the packages hold of others': their notices must go with the programs.
//! Read from the sources that Cargo and npm fetched; equal texts stand once, with the names of all that they are for.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fs,
    path::Path,
};

use serde_json::Value;

use crate::{failure::Failure, project::Project, shell};

/// The packages of npm that become part of the page.
const IN_THE_PAGE: [&str; 3] = ["@lucide/svelte", "@tauri-apps/api", "svelte"];

/// What a licence's file is called, in small letters, with any ending.
const NAMES: [&str; 6] = ["license", "licence", "copying", "copyright", "notice", "unlicense"];

/// One package of others'.
struct Part {
    /// Its name, version and licence.
    title: String,
    texts: BTreeSet<String>,
}

/// The notices of both programs as one text.
///
/// # Errors
/// When Cargo does not say what the programs are made of, or a file cannot be read.
pub(crate) fn notices(project: &Project, system: &str) -> Result<String, Failure> {
    let mut parts = crates(project, system)?;
    for name in IN_THE_PAGE {
        let folder = project.path("ui/node_modules").join(name);
        let file = folder.join("package.json");
        let manifest: Value = serde_json::from_slice(&fs::read(&file).map_err(Failure::file(&file))?)
            .map_err(Failure::unreadable("a package.json"))?;
        parts.push(Part { title: title(&manifest), texts: texts(&folder)? });
    }
    Ok(together(&parts))
}

/// The crates that the two programs are linked from, on this system.
fn crates(project: &Project, system: &str) -> Result<Vec<Part>, Failure> {
    let answer = shell::answer(&mut project.cargo(&[
        "metadata",
        "--format-version",
        "1",
        "--offline",
        "--filter-platform",
        system,
    ]))?;
    let metadata: Value =
        serde_json::from_str(&answer).map_err(Failure::unreadable("the answer of cargo metadata"))?;
    let linked = linked(&metadata, &["pincer", "pincer-cli"]);
    let mut parts = Vec::new();
    for package in list(&metadata, "packages") {
        let is_others = package.get("source").is_some_and(|source| !source.is_null());
        if is_others && linked.contains(word(package, "id")) {
            let folder = Path::new(word(package, "manifest_path")).parent().unwrap_or(Path::new(""));
            parts.push(Part { title: title(package), texts: texts(folder)? });
        }
    }
    Ok(parts)
}

/// The ids of all that these packages are linked with; what only builds or tests them is not in them.
fn linked<'a>(metadata: &'a Value, roots: &[&str]) -> BTreeSet<&'a str> {
    let nodes: HashMap<&str, &Value> = metadata
        .get("resolve")
        .map(|resolve| list(resolve, "nodes"))
        .unwrap_or_default()
        .iter()
        .map(|node| (word(node, "id"), node))
        .collect();
    let mut open: Vec<&str> = list(metadata, "packages")
        .iter()
        .filter(|package| roots.contains(&word(package, "name")))
        .map(|package| word(package, "id"))
        .collect();
    let mut found = BTreeSet::new();
    while let Some(id) = open.pop() {
        if !found.insert(id) {
            continue;
        }
        for needed in nodes.get(id).map(|node| list(node, "deps")).unwrap_or_default() {
            let is_linked = |kind: &Value| kind.get("kind").is_none_or(Value::is_null);
            if list(needed, "dep_kinds").iter().any(is_linked) {
                open.push(word(needed, "pkg"));
            }
        }
    }
    found
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn word<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn title(package: &Value) -> String {
    format!("{} {} ({})", word(package, "name"), word(package, "version"), word(package, "license"))
}

/// The licences in a package's folder.
fn texts(folder: &Path) -> Result<BTreeSet<String>, Failure> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(folder).map_err(Failure::file(folder))? {
        let path = entry.map_err(Failure::file(folder))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
        if path.is_file() && NAMES.iter().any(|start| name.starts_with(start)) {
            let bytes = fs::read(&path).map_err(Failure::file(&path))?;
            found.insert(String::from_utf8_lossy(&bytes).replace("\r\n", "\n").trim().to_owned());
        }
    }
    Ok(found)
}

fn together(parts: &[Part]) -> String {
    let mut by_text: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut without = BTreeSet::new();
    for part in parts {
        for text in &part.texts {
            by_text.entry(text).or_default().insert(&part.title);
        }
        if part.texts.is_empty() {
            without.insert(part.title.as_str());
        }
    }
    let mut said = String::from("Pincer holds parts of others', under their licences.\n");
    let names =
        |titles: &BTreeSet<&str>| titles.iter().map(|title| format!("- {title}\n")).collect::<String>();
    if !without.is_empty() {
        said.push_str("\nWithout a text of their own, under the licence that is named:\n\n");
        said.push_str(&names(&without));
    }
    for (text, titles) in by_text {
        said.push_str(&format!("\n{}\n\n{}\n{text}\n", "=".repeat(80), names(&titles)));
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_linked_counts_and_what_only_builds_or_tests_does_not() {
        let node = |id: &str, deps: Value| serde_json::json!({ "id": id, "deps": deps });
        let dep = |pkg: &str, kind: Value| serde_json::json!({ "pkg": pkg, "dep_kinds": [{ "kind": kind }] });
        let metadata = serde_json::json!({
            "packages": [{ "name": "pincer", "id": "p" }, { "name": "xtask", "id": "x" }],
            "resolve": { "nodes": [
                node("p", serde_json::json!([dep("a", Value::Null), dep("b", "build".into()), dep("t", "dev".into())])),
                node("a", serde_json::json!([dep("c", Value::Null), dep("p", Value::Null)])),
                node("x", serde_json::json!([dep("y", Value::Null)])),
            ] }
        });
        assert_eq!(linked(&metadata, &["pincer"]), BTreeSet::from(["a", "c", "p"]));
    }

    #[test]
    fn equal_texts_stand_once_and_nobody_is_left_out() {
        let part = |title: &str, texts: &[&str]| Part {
            title: title.into(),
            texts: texts.iter().map(|text| (*text).to_owned()).collect(),
        };
        let said =
            together(&[part("a 1 (MIT)", &["do"]), part("b 2 (MIT)", &["do"]), part("c 3 (MIT)", &[])]);
        assert_eq!(said.matches("\ndo\n").count(), 1, "{said}");
        for title in ["a 1 (MIT)", "b 2 (MIT)", "c 3 (MIT)"] {
            assert!(said.contains(title), "{said}");
        }
    }

    #[test]
    fn the_page_and_the_programs_give_their_licences() {
        let project = Project::here();
        let system = shell::answer(&mut shell::command("rustc", ["--print", "host-tuple"])).unwrap();
        let parts = crates(&project, &system).unwrap();
        assert!(parts.iter().any(|part| part.title.starts_with("tokio 1.") && !part.texts.is_empty()));
        assert!(!parts.iter().any(|part| part.title.starts_with("insta ")), "tests are not in the programs");
    }
}
