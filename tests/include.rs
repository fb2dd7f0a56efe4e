//! Settings that are spread over included files, as a user of the commands meets them.
#![cfg(target_os = "linux")]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test says what broke by panicking"
)]

mod support;

use std::{fs, path::PathBuf, process::Output};

use serde_json::Value;
use support::{home::Home, ollama::Ollama, process, programs};

struct Machine {
    home: Home,
    ollama: Ollama,
}

impl Machine {
    fn new(files: &[(&str, &str)]) -> Self {
        let home = Home::new();
        let ollama = Ollama::start(&home);
        let machine = Self { home, ollama };
        for (name, text) in files {
            let path = machine.file(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        machine
    }

    fn file(&self, name: &str) -> PathBuf {
        self.home.openclaw_json().with_file_name(name)
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.file(name)).unwrap()
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let url = self.ollama.url();
        let mut command = self.home.command(programs::pincer_cli());
        command.args(arguments).args(["--json", "--host", &url]).output().unwrap()
    }

    fn json(&self, arguments: &[&str]) -> Value {
        process::json(&arguments.join(" "), &self.run(arguments))
    }

    /// The codes that `doctor` finds of the settings.
    fn codes(&self) -> Vec<String> {
        let found = self.json(&["doctor"]);
        let findings = found["findings"].as_array().unwrap();
        let codes = findings.iter().map(|finding| finding["code"].as_str().unwrap().to_owned());
        codes.filter(|code| code.starts_with("settings.")).collect()
    }
}

const SPLIT: [(&str, &str); 4] = [
    (
        "openclaw.json",
        "{\n  // the top\n  gateway: { port: 18789 },\n  agents: { $include: './parts/agents.json5' },\n  models: { providers: { $include: './parts/providers.json5' } },\n}\n",
    ),
    ("parts/agents.json5", "{\r\n\tdefaults: { $include: 'defaults.json5' }, // who\r\n}"),
    ("parts/defaults.json5", "{ model: { primary: 'other/one', fallback: ['ollama/llama3.2:3b'] } }"),
    ("parts/providers.json5", "{\n  /* theirs */ other: { apiKey: '${OTHER_KEY}' },\n}\n"),
];

#[test]
fn each_value_is_changed_where_it_lives_and_undo_puts_every_file_back() {
    let machine = Machine::new(&SPLIT);
    assert!(machine.codes().contains(&"settings.fallback-key".to_owned()), "{:?}", machine.codes());

    let used = machine.json(&["use", "qwen3:8b", "--yes"]);
    assert_eq!(used["applied"], true, "{used}");
    let written: Vec<&str> =
        used["files"].as_array().unwrap().iter().map(|file| file["path"].as_str().unwrap()).collect();
    let names = ["parts/defaults.json5", "parts/providers.json5"];
    for name in names {
        assert!(written.contains(&machine.file(name).to_str().unwrap()), "{name}: {used}");
    }
    assert_eq!(written.len(), names.len(), "{used}");
    for (name, text) in SPLIT {
        assert_eq!(machine.text(name) == text, !names.contains(&name), "{name}");
    }
    let defaults = machine.text("parts/defaults.json5");
    assert_eq!(defaults, "{ model: { primary: 'ollama/qwen3:8b', fallbacks: ['ollama/llama3.2:3b'] } }");
    let providers = machine.text("parts/providers.json5");
    assert!(
        providers.starts_with("{\n  /* theirs */ other: { apiKey: '${OTHER_KEY}' },\n  \"ollama\": {"),
        "{providers}"
    );
    assert_eq!(machine.codes(), Vec::<String>::new());
    assert_eq!(machine.json(&["use", "qwen3:8b", "--yes"])["applied"], false, "all is so already");

    assert!(machine.run(&["undo"]).status.success());
    for (name, text) in SPLIT {
        assert_eq!(machine.text(name), text, "{name}");
    }
}

#[test]
fn what_is_not_safe_to_change_is_refused_and_named() {
    let files = [
        ("openclaw.json", "{ agents: { $include: ['./a.json5', './b.json5'] } }"),
        ("a.json5", "{ defaults: { model: { primary: 'x/a' } } }"),
        ("b.json5", "{ defaults: { model: { primary: 'x/b' } } }"),
    ];
    let machine = Machine::new(&files);
    let output = machine.run(&["use", "qwen3:8b", "--yes"]);
    assert_eq!(output.status.code(), Some(2));
    let error = &process::json("use", &output)["error"];
    assert_eq!(error["code"], "settings.included", "{error}");
    assert_eq!(error["params"]["at"], "agents.defaults.model.primary", "{error}");
    assert_eq!(error["params"]["include"], machine.file("b.json5").to_str().unwrap(), "{error}");
    for (name, text) in files {
        assert_eq!(machine.text(name), text, "{name}");
    }
}

#[test]
fn an_included_file_that_openclaw_cannot_read_is_named() {
    for (text, file, line) in [
        (None, "a.json5", 0),
        (Some("{\n oops }"), "a.json5", 2),
        (Some("{ $include: './a.json5' }"), "a.json5", 1),
        (Some("{ $include: '../outside.json5' }"), "a.json5", 1),
    ] {
        let machine = Machine::new(&[("openclaw.json", "{ agents: { $include: './a.json5' } }")]);
        if let Some(text) = text {
            fs::write(machine.file("a.json5"), text).unwrap();
        }
        let found = machine.json(&["doctor"]);
        let findings = found["findings"].as_array().unwrap();
        let finding = findings.iter().find(|finding| finding["code"] == "settings.unreadable");
        let params = &finding.unwrap_or_else(|| panic!("{text:?}: {found}"))["params"];
        assert_eq!(params["path"], machine.file(file).to_str().unwrap(), "{text:?}");
        assert_eq!(params["line"], line, "{text:?} {params}");
        let error = &machine.json(&["use", "qwen3:8b", "--yes"])["error"];
        assert_eq!(error["params"]["path"], machine.file(file).to_str().unwrap(), "{error}");
    }
}
