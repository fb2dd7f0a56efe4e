//! Every cause in OpenClaw's settings, made to really happen in files. What is offered makes it go away: with one click,
//! and by the command that `doctor` tells people to type.

use std::{collections::BTreeSet, fs};

use pincer_core::openclaw::change;
use serde_json::{Value, json};

use crate::{
    lab::{self, Lab, Stage, block_on, click},
    support::{
        broken::{Broken, Mended, Severity, TABLE, put},
        home::Home,
        settings,
    },
};

/// A row with its server and its home.
fn on_stage(row: &'static Broken, look: impl FnOnce(Stage<'_>, &str)) {
    // Practice answers on threads of its own while this one looks.
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let practice = runtime.block_on(row.server());
    let (home, url) = (row.home(&practice.url()), practice.url());
    let told = row.variables(&url);
    let told: Vec<(&str, &str)> = told.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    look(Stage::at(&home, &told), &url);
}

/// What must be named of the row, in the states of the path that go with it.
fn named(lab: &Lab, row: &Broken, stage: Stage<'_>) -> Value {
    let answer = lab.doctor(stage);
    let found = lab.named(&answer);
    let what = format!("{}: {answer:#}", row.name());
    assert_eq!(
        (&found["severity"], &found["link"]),
        (&json!(row.severity.name()), &json!("settings")),
        "{what}"
    );
    let problem = row.severity == Severity::Problem;
    let expected = if problem { ["broken", "waiting"] } else { ["ok", "ok"] };
    let path = answer["path"].as_array().unwrap();
    let states: Vec<_> = path.iter().map(|station| station["state"].as_str().unwrap()).collect();
    assert_eq!(states, [&["ok", "ok", "ok"][..], &expected].concat(), "{what}");
    found
}

fn play(lab: &Lab, row: &Broken, stage: Stage<'_>, url: &str) {
    let offers = named(lab, row, stage)["remedies"].clone();
    match row.mended {
        Mended::Click(place) => {
            assert_eq!(offers[place]["kind"], "action", "{}: {offers}", row.name());
            let folder = stage.home.path().join(".openclaw");
            let before = settings::tree(&folder);
            click(stage, &offers[place]);
            lab.mended_by_a_click(stage);
            if let Some((file, text)) = row.written {
                let written = fs::read_to_string(stage.home.path().join(file)).unwrap();
                assert_eq!(written, text.replace("[ollama]", url), "{}", row.name());
            }
            // And back: what was there is there again, byte for byte.
            block_on(change::undo(&stage.computer(), None, false)).unwrap();
            assert_eq!(settings::tree(&folder), before, "{}", row.name());
        }
        Mended::Pull(name) => {
            assert_eq!(
                offers[0],
                json!({ "id": "download-model", "params": { "name": name }, "kind": "action" })
            );
            lab.mends(stage);
        }
        Mended::Hand(text) => {
            assert_eq!((&offers[0]["id"], &offers[0]["kind"]), (&json!("edit-file"), &json!("manual")));
            put(&stage.home.openclaw_json(), &text.replace("[ollama]", url));
            lab.mended(stage);
        }
    }
}

#[test]
fn every_fault_is_named_and_its_remedy_mends_it() {
    for row in TABLE {
        on_stage(row, |stage, url| {
            let lab = Lab::new(&row.name(), &[row.code], "verdict");
            lab.play(|lab| play(lab, row, stage, url));
        });
    }
}

#[test]
fn what_the_doctor_tells_to_type_mends_it() {
    for row in TABLE {
        on_stage(row, |stage, _| {
            let Some(told) = lab::advice(stage, row.code) else {
                let own = ["settings.unreadable", "settings.key-not-seen"].contains(&row.code);
                let in_env = row.written.is_some_and(|(file, _)| file.ends_with(".env"));
                assert!(own || in_env, "{}: nothing to type", row.name());
                return;
            };
            let named = row.code != "settings.bare-model-name" || !told.contains("MODEL");
            assert!(named, "{}: the model has a name: {told}", row.name());
            let lab = Lab::new(&row.name(), &[row.code], "verdict");
            lab.named(&lab.doctor(stage));
            lab.mends(stage);
        });
    }
}

/// A folder in the file's place cannot be read either.
#[test]
fn a_folder_is_no_file() {
    let home = Home::new();
    settings::add_openclaw(&home, crate::engine::NEWEST);
    fs::create_dir_all(home.openclaw_json()).unwrap();
    let ollama = crate::support::ollama::Ollama::start(&home);
    let (host, lab) = (ollama.host(), Lab::new("a_folder_is_no_file", &["settings.unreadable"], "verdict"));
    let found = lab.named(&lab.doctor(Stage::at(&home, &[("OLLAMA_HOST", &host)])));
    assert_eq!(found["params"]["reason"], "not-a-file");
}

/// Where in the file it is: line, column and text.
#[test]
fn the_place_of_a_mistake_is_told() {
    let row = TABLE.iter().find(|row| row.code == "settings.unreadable").unwrap();
    on_stage(row, |stage, _| {
        let lab = Lab::new("place", &[row.code], "verdict");
        let params = &lab.named(&lab.doctor(stage))["params"];
        assert_eq!((&params["line"], &params["text"]), (&json!(3), &json!("agents: [,")));
    });
}

/// A calculation, as OpenClaw's own page has one, in a file of one line: what stands around it is told, secrets are not.
#[test]
fn the_text_around_a_mistake_is_told() {
    let row = TABLE.iter().find(|row| row.code == "settings.unreadable").unwrap();
    on_stage(row, |stage, _| {
        let filler = "x".repeat(200);
        let text = format!(
            r#"{{ "{filler}": 1, "token": "s3cret-value", "models": {{ "maxTokens": 8192 * 10 }}, "more": "{filler}" }}"#
        );
        put(&stage.home.openclaw_json(), &text);
        let said = String::from_utf8(stage.run(&["doctor"]).0.stdout).unwrap();
        assert!(said.contains(r#""maxTokens": 8192 * 10"#), "{said}");
        assert!(!said.contains("s3cret-value"), "{said}");
    });
}

#[test]
fn every_code_has_a_row() {
    let words: Value = serde_json::from_str(include_str!("../../ui/messages/en.json")).unwrap();
    let named = words.as_object().unwrap().keys().filter_map(|key| {
        key.strip_prefix("finding.")?.strip_suffix(".title").filter(|code| code.starts_with("settings."))
    });
    let rows: BTreeSet<&str> = TABLE.iter().map(|row| row.code).collect();
    assert_eq!(named.collect::<BTreeSet<_>>(), rows);
}
