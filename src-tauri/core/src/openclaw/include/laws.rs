//! The law of editing over included files: whatever file a value was moved to, a change comes to the same
//! configuration as in the one file that it was taken from.

use std::path::Path;

use proptest::prelude::*;
use serde_json::{Map, Value as Json, json};

use super::tests::{folder, read};
use crate::{
    error::ErrorCode,
    models::{discovery::judge, model::Model},
    ollama::{
        address::Address,
        wire::{Show, Tag},
    },
    openclaw::{
        dialect::Dialect,
        document::{Document, Value},
        intent::{self, Edits, Situation},
        outcome::{SetMode, UseRequest},
        version::Version,
    },
};

/// How a settings object is spread over files: choices used in turn.
struct Split<'r> {
    choices: &'r [u8],
    next: usize,
    /// Only whole objects, each in one file.
    plain: bool,
    files: Vec<(String, String)>,
}

impl Split<'_> {
    fn choose(&mut self, of: u8) -> u8 {
        self.next += 1;
        self.choices[self.next % self.choices.len()].wrapping_add((self.next / self.choices.len()) as u8) % of
    }

    /// The value as it stands in a file, parts of it moved to others.
    fn value(&mut self, value: Json) -> Json {
        match value {
            Json::Array(all) => all.into_iter().map(|value| self.value(value)).collect(),
            Json::Object(members) => {
                let members: Map<String, Json> =
                    members.into_iter().map(|(key, value)| (key, self.value(value))).collect();
                self.object(members)
            }
            other => other,
        }
    }

    fn object(&mut self, members: Map<String, Json>) -> Json {
        match self.choose(if self.plain { 5 } else { 7 }) {
            0 => json!({ "$include": self.file(&Json::Object(members)) }),
            1 => {
                let inner = self.file(&Json::Object(members));
                let name = self.file(&json!({ "$include": inner }));
                json!({ "$include": name })
            }
            // Some in one file, the rest beside the include, or in a second file.
            choice @ (5 | 6) => {
                let (one, two) = self.halves(members);
                let one = self.file(&Json::Object(one));
                if choice == 5 {
                    let mut here = two;
                    here.insert("$include".into(), one.into());
                    Json::Object(here)
                } else {
                    json!({ "$include": [one, self.file(&Json::Object(two))] })
                }
            }
            _ => Json::Object(members),
        }
    }

    /// Two objects that merge to this one.
    fn halves(&mut self, members: Map<String, Json>) -> (Map<String, Json>, Map<String, Json>) {
        let (mut one, mut two) = (Map::new(), Map::new());
        for (key, value) in members {
            match (value, self.choose(4)) {
                (Json::Object(inner), 0) if !inner.contains_key("$include") => {
                    let (first, second) = self.halves(inner);
                    one.insert(key.clone(), first.into());
                    two.insert(key, second.into());
                }
                (Json::Array(mut first), 0) => {
                    let second = first.split_off(first.len() / 2);
                    one.insert(key.clone(), first.into());
                    two.insert(key, second.into());
                }
                (value @ (Json::String(_) | Json::Number(_)), 0) => {
                    one.insert(key.clone(), "overruled".into());
                    two.insert(key, value);
                }
                (value, 0 | 1) => drop(one.insert(key, value)),
                (value, _) => drop(two.insert(key, value)),
            }
        }
        (one, two)
    }

    fn file(&mut self, value: &Json) -> String {
        let name = format!("part{}.json5", self.files.len());
        self.files.push((name.clone(), text(value, &name)));
        format!("./{name}")
    }
}

/// With a comment at either end.
fn text(value: &Json, name: &str) -> String {
    format!("// {name}\n{}\n/* end of {name} */", serde_json::to_string_pretty(value).unwrap())
}

fn models() -> Vec<Model> {
    let model = |id: &str| {
        let tag = Tag { name: id.into(), size: 1, ..Tag::default() };
        let capabilities = Some(vec!["completion".to_owned(), "tools".to_owned()]);
        judge(&tag, Some(&Show { capabilities, ..Show::default() }))
    };
    vec![model("qwen3:8b"), model("llama3.3:latest"), model("new:1b")]
}

fn settings() -> impl Strategy<Value = Json> {
    let model = prop_oneof![
        Just(json!("ollama/qwen3:8b")),
        Just(json!({ "primary": "ollama/old", "fallbacks": ["x/y", "ollama/llama3.3"] })),
        Just(json!({ "primary": "${MODEL}", "fallback": ["ollama/qwen3:8b"] })),
    ];
    let listed = prop_oneof![
        Just(json!([])),
        Just(json!([{ "id": "qwen3:8b", "name": "mine", "cost": { "input": 0 } }, { "id": "by-hand" }])),
    ];
    (model, listed, any::<[bool; 3]>()).prop_map(|(model, listed, [allowed, flat, listing])| {
        let mut ollama = json!({ "baseUrl": "http://10.0.0.9:11434", "apiKey": "${KEY}", "headers": { "x": "y" } });
        if listing {
            ollama["models"] = listed;
        }
        let mut settings = json!({
            "gateway": { "port": 18789, "auth": { "mode": "token" } },
            "models": { "mode": "merge", "providers": { "other": { "models": [{ "id": "o" }] }, "ollama": ollama } },
            "agents": { "defaults": { "model": model, "workspace": "~/w" }, "entries": { "main": {} } },
        });
        if allowed {
            settings["agents"]["defaults"]["models"] = json!({ "x/y": {} });
        }
        if flat {
            settings["env"] = json!({ "OLLAMA_API_KEY": "ollama-local", "vars": { "KEY": "k" } });
        }
        settings
    })
}

/// What is wished: by number.
fn wished(wish: u8, situation: Situation<'_>) -> Edits {
    let request = UseRequest { primary: "new:1b".into(), ..UseRequest::default() };
    let request = match wish {
        0 => UseRequest { mode: Some(SetMode::Pinned), all_ready: true, context: Some(9000), ..request },
        1 => UseRequest { mode: Some(SetMode::Automatic), ..request },
        2 => UseRequest { fallbacks: Some(vec!["llama3.3".into(), "qwen3:8b".into()]), ..request },
        3 => UseRequest { local_only: true, listed: Some(Vec::new()), ..request },
        4 => return intent::use_address(situation),
        5 => return intent::add_models(situation),
        _ => return intent::rename_fallback(situation.value),
    };
    intent::use_model(&request, situation).unwrap()
}

fn check(settings: &Json, choices: &[u8], wish: u8, version: &str, plain: bool) -> Result<(), TestCaseError> {
    let mut split = Split { choices, next: 0, plain, files: Vec::new() };
    let main = split.value(settings.clone());
    let files: Vec<(String, String)> =
        [("openclaw.json".to_owned(), text(&main, "openclaw.json"))].into_iter().chain(split.files).collect();
    let folder = folder(files.iter().map(|(name, text)| (name.as_str(), text.as_str())));
    let before = read(folder.path()).unwrap();
    let whole = Document::parse(Path::new("openclaw.json"), settings.to_string().as_bytes()).unwrap();
    prop_assert!(before.value().means_same(whole.value()));

    let (models, address) = (models(), Address::parse("http://10.0.0.1:11434").unwrap());
    let situation = |value| Situation {
        value,
        installed: Some(&models),
        known: crate::models::fit::Known { remote: true, memory: None, loaded: &[], checked: None },
        address: &address,
        address_asked: true,
        dialect: Dialect::of(Version::find(version)),
        key: false,
        unset: &[],
    };
    let meant: Value = whole.edit(&wished(wish, situation(whole.value())).edits).unwrap().value().clone();
    let after = match before.edit(&wished(wish, situation(before.value())).edits) {
        Ok(after) => after,
        Err(error) => {
            prop_assert!(!plain, "{}: {:?}", error, files);
            prop_assert!(matches!(error.code, ErrorCode::SettingsIncluded { .. }), "{error}");
            return Ok(());
        }
    };
    prop_assert!(after.value().means_same(&meant), "{:?}\n{:?}", after.value().to_json(), meant.to_json());
    for (before, after) in before.files.iter().zip(&after.files) {
        let (before, after) = (&before.document, &after.document);
        let name = before.path().file_name().unwrap().to_string_lossy();
        prop_assert!(after.text().starts_with(&format!("// {name}\n")), "{}", after.text());
        prop_assert!(after.text().ends_with(&format!("\n/* end of {name} */")), "{}", after.text());
        if before.value().means_same(after.value()) {
            prop_assert_eq!(before.bytes(), after.bytes());
        }
    }
    // Written to disk, it is read as the same.
    for file in &after.files {
        std::fs::write(file.document.path(), file.document.bytes()).unwrap();
    }
    prop_assert!(read(folder.path()).unwrap().value().means_same(&meant));
    Ok(())
}

fn versions() -> impl Strategy<Value = &'static str> {
    prop_oneof![Just("2026.5.28"), Just("2026.9.6")]
}

proptest! {
    // Each case writes files and reads them twice.
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn objects_in_files_of_their_own_are_always_edited_as_if_they_were_in_one(
        settings in settings(), choices in prop::collection::vec(any::<u8>(), 5..60), wish in 0_u8..7, version in versions(),
    ) {
        check(&settings, &choices, wish, version, true)?;
    }

    #[test]
    fn objects_spread_over_files_are_edited_as_if_they_were_in_one_or_refused(
        settings in settings(), choices in prop::collection::vec(any::<u8>(), 5..60), wish in 0_u8..7, version in versions(),
    ) {
        check(&settings, &choices, wish, version, false)?;
    }
}
