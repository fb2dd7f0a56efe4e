//! Every cause in OpenClaw's settings, made to really happen in files. The built `doctor` names it, and what it offers
//! makes it go away: with one click, and by the command that it tells people to type.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test says what broke by panicking"
)]
#![cfg(target_os = "linux")]

mod support;

use std::{collections::BTreeSet, fs, process::Output};

use pincer_core::{diagnosis::finding::Remedy, openclaw::change};
use serde_json::{Value, json};
use support::{
    broken::{Broken, Mended, Severity, TABLE, click, put},
    home::Home,
    process, programs, settings,
};

/// A row on stage.
struct Stage {
    row: &'static Broken,
    home: Home,
    url: String,
}

impl Stage {
    fn new(row: &'static Broken, url: String) -> Self {
        Self { row, home: row.home(&url), url }
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = self.home.command(programs::pincer_cli());
        command.args(arguments).envs(self.row.variables(&self.url)).output().unwrap()
    }

    fn doctor(&self) -> Value {
        let output = self.run(&["doctor", "--json"]);
        let answer = process::json("doctor", &output);
        assert_eq!(output.status.code(), Some(i32::from(answer["ok"] == false)), "{answer:#}");
        answer
    }

    /// The finding of the row: the first of its severity at its station, with that broken when it is a problem.
    fn found(&self) -> Value {
        let answer = self.doctor();
        let what = format!("{}: {answer:#}", self.row.name());
        let severity = self.row.severity.name();
        let here = |finding: &&Value| {
            finding["severity"] == severity && (finding["link"] == "settings" || severity == "problem")
        };
        let first = findings(&answer).find(here);
        let first = first.unwrap_or_else(|| panic!("not named: {what}"));
        assert_eq!(first["code"], self.row.code, "{what}");
        assert_eq!(first["link"], "settings", "{what}");
        assert!(!first["evidence"].as_array().unwrap().is_empty(), "{what}");
        let problem = self.row.severity == Severity::Problem;
        let expected = if problem { ["broken", "waiting"] } else { ["ok", "ok"] };
        let states: Vec<_> = answer["path"]
            .as_array()
            .unwrap()
            .iter()
            .map(|station| station["state"].as_str().unwrap())
            .collect();
        assert_eq!(states, [&["ok", "ok", "ok"][..], &expected].concat(), "{what}");
        assert_eq!(answer["ok"], !problem, "{what}");
        first.clone()
    }

    /// A second look: the code is gone, and no problem came instead.
    fn mended(&self, by: &str) {
        let answer = self.doctor();
        let main = settings::read(&self.home, "openclaw.json");
        let what = format!("{} after {by}: {answer:#}\n{main:?}", self.row.name());
        assert!(findings(&answer).all(|finding| finding["code"] != self.row.code), "{what}");
        assert_eq!(answer["ok"], true, "{what}");
    }

    /// The command that `doctor` tells to type for this finding.
    fn advice(&self) -> Option<String> {
        let told = String::from_utf8(self.run(&["doctor"]).stdout).unwrap();
        let mark = format!("[{}]", self.row.code);
        let about =
            told.lines().skip_while(|line| !line.ends_with(&mark)).take_while(|line| !line.is_empty());
        let commands = about.filter_map(|line| line.strip_prefix("  > ")?.split_once(": pincer "));
        commands.map(|(_, command)| command.to_owned()).next()
    }
}

fn findings(answer: &Value) -> impl Iterator<Item = &Value> {
    answer["findings"].as_array().unwrap().iter()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_is_named_and_its_remedy_mends_it() {
    for row in TABLE {
        let practice = row.server().await;
        let stage = Stage::new(row, practice.url());
        let offers = stage.found()["remedies"].clone();
        match row.mended {
            Mended::Click(place) => {
                assert_eq!(offers[place]["kind"], "action", "{}: {offers}", row.name());
                let remedy: Remedy = serde_json::from_value(offers[place].clone()).unwrap();
                let computer = row.computer(&stage.home, &stage.url);
                let before = settings::tree(&stage.home.path().join(".openclaw"));
                click(&computer, &remedy).await;
                stage.mended("its remedy");
                if let Some((file, text)) = row.written {
                    let written = fs::read_to_string(stage.home.path().join(file)).unwrap();
                    assert_eq!(written, text.replace("[ollama]", &stage.url), "{}", row.name());
                }
                // And back: what was there is there again, byte for byte.
                change::undo(&computer, None, false).await.unwrap();
                assert_eq!(settings::tree(&stage.home.path().join(".openclaw")), before, "{}", row.name());
            }
            Mended::Pull(name) => {
                assert_eq!(
                    offers[0],
                    json!({ "id": "download-model", "params": { "name": name }, "kind": "action" })
                );
                assert!(stage.run(&["pull", name]).status.success());
                stage.mended("the download");
            }
            Mended::Hand(text) => {
                assert_eq!((&offers[0]["id"], &offers[0]["kind"]), (&json!("edit-file"), &json!("manual")));
                put(&stage.home.openclaw_json(), &text.replace("[ollama]", &stage.url));
                stage.mended("the user's own hand");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_doctor_tells_to_type_mends_it() {
    for row in TABLE {
        let practice = row.server().await;
        let stage = Stage::new(row, practice.url());
        let Some(advice) = stage.advice() else {
            let own = ["settings.unreadable", "settings.key-not-seen"];
            assert!(own.contains(&row.code), "{}: nothing to type", row.name());
            continue;
        };
        let typed = advice.replace("MODEL", "qwen3:8b").replace("ID", "llama3.2:3b");
        let mut words: Vec<&str> = typed.split(' ').collect();
        if words[0] == "use" {
            words.push("--yes");
        }
        let output = stage.run(&words);
        assert!(output.status.success(), "{}: pincer {typed}: {output:?}", row.name());
        stage.mended(&format!("pincer {typed}"));
    }
}

#[test]
fn every_code_has_a_row() {
    let words: Value = serde_json::from_str(include_str!("../ui/messages/en.json")).unwrap();
    let named = words.as_object().unwrap().keys().filter_map(|key| {
        key.strip_prefix("finding.")?.strip_suffix(".title").filter(|code| code.starts_with("settings."))
    });
    let rows: BTreeSet<&str> = TABLE.iter().map(|row| row.code).collect();
    assert_eq!(named.collect::<BTreeSet<_>>(), rows);
}
