//! Every cause that Pincer names, made to really happen: real sockets, real programs on PATH, real files. The built
//! `doctor` must name it first, break its station and leave the later ones waiting.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test says what broke by panicking"
)]
#![cfg(target_os = "linux")]

mod support;

use std::{fs, path::PathBuf, process::Command};

use serde_json::{Value, json};
use support::{
    home::Home,
    ollama::{Ollama, free_address},
    process::Group,
    programs,
};

/// A home with an OpenClaw 2026.9.6 to be found and settings that use `model` at `url`.
fn set_up(home: &Home, url: &str, model: &str) {
    add_openclaw(home);
    let mut ids = vec![model, "qwen3:8b", "llama3.2:3b"];
    ids.dedup();
    let entry = |id: &&str| json!({ "id": id, "name": id, "params": { "num_ctx": 32768 } });
    let models: Vec<Value> = ids.iter().map(entry).collect();
    let settings = json!({
        "models": { "providers": { "ollama": { "baseUrl": url, "api": "ollama", "apiKey": "ollama-local",
            "timeoutSeconds": 300, "models": models } } },
        "agents": { "defaults": { "model": { "primary": format!("ollama/{model}") } } },
        // Not the usual port: the machine may have an OpenClaw of its own.
        "gateway": { "mode": "local", "port": free_address().port() },
    });
    write(home, &settings.to_string());
}

fn add_openclaw(home: &Home) {
    let package = home.path().join("lib/node_modules/openclaw");
    fs::create_dir_all(&package).unwrap();
    fs::write(package.join("package.json"), r#"{"name":"openclaw","version":"2026.9.6"}"#).unwrap();
    home.add_script("openclaw", "exit 1");
    fs::rename(home.bin().join("openclaw"), package.join("openclaw.mjs")).unwrap();
    std::os::unix::fs::symlink(package.join("openclaw.mjs"), home.bin().join("openclaw")).unwrap();
}

fn write(home: &Home, text: &str) {
    fs::create_dir_all(home.openclaw_json().parent().unwrap()).unwrap();
    fs::write(home.openclaw_json(), text).unwrap();
}

fn doctor(command: &mut Command) -> Value {
    let output = command.args(["doctor", "--json"]).output().unwrap();
    let answer: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    let expected = if answer["ok"] == true { 0 } else { 1 };
    assert_eq!(output.status.code(), Some(expected), "{answer}");
    answer
}

fn at(home: &Home, host: &str) -> Command {
    let mut command = home.command(programs::pincer_cli());
    command.env("OLLAMA_HOST", host);
    command
}

/// The first finding is `code`, its station is broken, what comes after waits.
fn expect(answer: &Value, code: &str) {
    assert_eq!(answer["findings"][0]["code"], code, "{answer:#}");
    let finding = &answer["findings"][0];
    assert!(!finding["evidence"].as_array().unwrap().is_empty());
    let mut seen = false;
    for station in answer["path"].as_array().unwrap() {
        if seen {
            assert_eq!(station["state"], "waiting", "{answer:#}");
        }
        if station["link"] == finding["link"] {
            assert_eq!(station["state"], "broken", "{answer:#}");
            seen = true;
        }
    }
}

/// Practice under the name given, on a port of its own.
fn playing(home: &Home, name: &str, environment: &[(&str, &str)]) -> (Group, String) {
    let (server, said) = home.play(name, "127.0.0.1:0", environment);
    let host = said.rsplit(' ').next().unwrap().to_owned();
    (server, host)
}

/// Where Ollama's own installers put it: with one there, "not installed" cannot be made to happen here.
fn machine_has_ollama() -> bool {
    ["/usr/local/bin/ollama", "/usr/bin/ollama", "/bin/ollama", "/opt/ollama/bin/ollama", "/snap/bin/ollama"]
        .iter()
        .any(|place| PathBuf::from(place).exists())
}

#[test]
fn all_well_is_well() {
    let home = Home::new();
    let ollama = Ollama::start(&home);
    set_up(&home, &ollama.url(), "qwen3:8b");
    let answer = doctor(&mut at(&home, &ollama.host()));
    assert_eq!(answer["ok"], true, "{answer:#}");
    let found: Vec<_> = answer["findings"].as_array().unwrap().iter().map(|one| &one["code"]).collect();
    assert_eq!(found, ["openclaw.gateway-stopped"], "that is a note: {answer:#}");
    assert_eq!(answer["address"]["source"], "settings");
    assert!(answer["path"].as_array().unwrap().iter().all(|station| station["state"] == "ok"));
}

#[test]
fn engine_not_installed() {
    if machine_has_ollama() {
        eprintln!("SKIPPED engine_not_installed: this machine has an Ollama where installers put it");
        return;
    }
    let home = Home::new();
    let host = free_address().to_string();
    set_up(&home, &format!("http://{host}"), "qwen3:8b");
    expect(&doctor(&mut at(&home, &host)), "engine.not-installed");
}

#[test]
fn engine_not_running_and_starting_it_mends_it() {
    let home = Home::new();
    let mut ollama = Ollama::start(&home);
    set_up(&home, &ollama.url(), "qwen3:8b");
    ollama.kill();
    let answer = doctor(&mut at(&home, &ollama.host()));
    expect(&answer, "engine.not-running");
    assert_eq!(answer["findings"][0]["remedies"][0]["id"], "start-ollama");
    let started = at(&home, &ollama.host()).args(["start", "--json"]).output().unwrap();
    assert!(started.status.success(), "{started:?}");
    assert_eq!(doctor(&mut at(&home, &ollama.host()))["ok"], true);
}

#[test]
fn engine_not_running_although_only_a_service_is_there() {
    let home = Home::new();
    home.add_script("systemctl", "echo LoadState=loaded");
    let host = free_address().to_string();
    set_up(&home, &format!("http://{host}"), "qwen3:8b");
    expect(&doctor(&mut at(&home, &host)), "engine.not-running");
}

#[test]
fn engine_starting_then_silent() {
    let home = Home::new();
    let (_server, host) = playing(&home, "ollama", &[("PRACTICE_SILENT", "1")]);
    set_up(&home, &format!("http://{host}"), "qwen3:8b");
    let young = doctor(&mut at(&home, &host));
    assert_eq!(young["findings"][0]["code"], "engine.starting", "{young:#}");
    assert_eq!((&young["findings"][0]["severity"], &young["ok"]), (&json!("warning"), &json!(true)));
    assert!(young["path"].as_array().unwrap().iter().take(3).all(|station| station["state"] == "unknown"));
    // The same a minute later: the clock is moved on, nobody waits.
    let mut later = home.command("/usr/bin/faketime");
    later
        .args(["-f", "+60s"])
        .arg(programs::pincer_cli())
        .env("OLLAMA_HOST", &host)
        .env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    let old = doctor(&mut later);
    expect(&old, "engine.silent");
    assert!(old["findings"][0]["params"]["seconds"].as_u64().unwrap() >= 60);
}

#[test]
fn connection_other_program_by_name() {
    for fault in ["html", "ssh", "other-json", "not-found", "redirect"] {
        let home = Home::new();
        let (server, host) = playing(&home, "nginx", &[("PRACTICE_FAULT", fault)]);
        set_up(&home, &format!("http://{host}"), "qwen3:8b");
        let answer = doctor(&mut at(&home, &host));
        expect(&answer, "connection.other-program");
        let params = &answer["findings"][0]["params"];
        assert_eq!(params["program"], "nginx", "{fault}: {answer:#}");
        assert_eq!(params["pid"].as_u64().unwrap(), u64::from(server.id()));
        assert_eq!(params["port"].as_u64().unwrap().to_string(), host.rsplit(':').next().unwrap());
        let remedies: Vec<&str> = answer["findings"][0]["remedies"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["id"].as_str().unwrap())
            .collect();
        assert_eq!(remedies, ["move-ollama", "close-program"], "{fault}");
    }
}

#[test]
fn connection_listening_elsewhere() {
    let home = Home::new();
    let ollama = Ollama::start(&home);
    let nowhere = format!("http://{}", free_address());
    set_up(&home, &nowhere, "qwen3:8b");
    let answer = doctor(&mut at(&home, &ollama.host()));
    expect(&answer, "connection.listening-elsewhere");
    let finding = &answer["findings"][0];
    assert_eq!(finding["params"], json!({ "url": nowhere, "source": "settings", "answersAt": ollama.url() }));
    assert_eq!(finding["remedies"][0]["params"]["url"], ollama.url());
}

#[test]
fn connection_proxy_intercepts() {
    let home = Home::new();
    let ollama = Ollama::start(&home);
    set_up(&home, &ollama.url(), "qwen3:8b");
    let with = |pairs: &[(&str, &str)]| doctor(at(&home, &ollama.host()).envs(pairs.iter().copied()));
    let proxy = ("HTTP_PROXY", "http://127.0.0.1:9");
    expect(&with(&[proxy]), "connection.proxy-intercepts");
    assert_eq!(with(&[proxy, ("NO_PROXY", "127.0.0.1,localhost")])["ok"], true);
    // What OpenClaw's service reads counts too.
    fs::write(home.path().join(".openclaw/.env"), "http_proxy=http://127.0.0.1:9\n").unwrap();
    let answer = with(&[]);
    expect(&answer, "connection.proxy-intercepts");
    assert_eq!(answer["findings"][0]["params"]["variable"], "http_proxy");
}

#[test]
fn models_none_installed() {
    let home = Home::new();
    let (_server, host) = playing(&home, "ollama", &[("PRACTICE_MODELS", "none")]);
    set_up(&home, &format!("http://{host}"), "qwen3:8b");
    let answer = doctor(&mut at(&home, &host));
    expect(&answer, "models.none-installed");
    assert_eq!(answer["findings"][0]["remedies"][0]["id"], "download-model");
    // Then one more thing: the chosen model is not there.
    assert_eq!(answer["findings"][1]["code"], "settings.model-not-installed");
}

#[test]
fn models_none_with_tools() {
    let home = Home::new();
    let (_server, host) = playing(&home, "ollama", &[("PRACTICE_MODELS", "chat-only")]);
    set_up(&home, &format!("http://{host}"), "gemma2:2b");
    let answer = doctor(&mut at(&home, &host));
    expect(&answer, "models.none-with-tools");
}

#[test]
fn settings_unreadable() {
    let home = Home::new();
    let ollama = Ollama::start(&home);
    add_openclaw(&home);
    write(&home, "{\n  // fine\n  agents: [,\n}\n");
    let answer = doctor(&mut at(&home, &ollama.host()));
    expect(&answer, "settings.unreadable");
    let params = &answer["findings"][0]["params"];
    assert_eq!((&params["line"], &params["text"]), (&json!(3), &json!("agents: [,")), "{answer:#}");
    // A folder in the file's place cannot be read either.
    fs::remove_file(home.openclaw_json()).unwrap();
    fs::create_dir(home.openclaw_json()).unwrap();
    let answer = doctor(&mut at(&home, &ollama.host()));
    expect(&answer, "settings.unreadable");
    assert_eq!(answer["findings"][0]["params"]["reason"], "not-a-file");
}

#[test]
fn openclaw_not_installed() {
    let home = Home::new();
    let ollama = Ollama::start(&home);
    let answer = doctor(&mut at(&home, &ollama.host()));
    expect(&answer, "openclaw.not-installed");
    assert_eq!(answer["findings"].as_array().unwrap().len(), 1, "nothing is said about settings: {answer:#}");
    assert_eq!(answer["findings"][0]["params"]["stateFolder"], false);
}

#[test]
fn two_causes_the_first_of_the_path_first() {
    let home = Home::new();
    let host = free_address().to_string();
    home.add_program(&programs::practice(), "ollama");
    write(&home, "{ oops");
    let answer = doctor(&mut at(&home, &host));
    expect(&answer, "engine.not-running");
    let codes: Vec<&str> = answer["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| finding["code"].as_str().unwrap())
        .collect();
    assert_eq!(codes, ["engine.not-running", "settings.unreadable", "openclaw.not-installed"]);
}
