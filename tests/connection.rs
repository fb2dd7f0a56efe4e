//! Every way in which an address can fail, made to really happen, other machines and names among them: in a network of
//! the test's own, where nothing is reached but what the test puts there. The built `doctor` must name it first.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a test says what broke by panicking"
)]
#![cfg(target_os = "linux")]

mod support;

use std::fs;

use serde_json::{Value, json};
use support::{apart::apart, home::Home, ollama::Ollama, process::json as answer_of, programs};

/// What OpenClaw's settings say of the address; a model is chosen, so that nothing else is wrong.
fn settings(home: &Home, url: &str) {
    let model = json!({ "id": "qwen3:8b", "name": "qwen3:8b", "params": { "num_ctx": 32768 } });
    let provider = json!({ "baseUrl": url, "api": "ollama", "apiKey": "ollama-local", "timeoutSeconds": 300,
        "models": [model] });
    let settings = json!({ "models": { "providers": { "ollama": provider } },
        "agents": { "defaults": { "model": { "primary": "ollama/qwen3:8b" } } } });
    fs::create_dir_all(home.openclaw_json().parent().unwrap()).unwrap();
    fs::write(home.openclaw_json(), settings.to_string()).unwrap();
}

fn doctor(home: &Home, environment: &[(&str, &str)]) -> Value {
    let mut command = home.command(programs::pincer_cli());
    command.args(["doctor", "--json"]).envs(environment.iter().copied());
    answer_of("doctor", &command.output().unwrap())
}

/// The first finding is `code`; its parameters.
fn first<'a>(answer: &'a Value, code: &str) -> &'a Value {
    assert_eq!(answer["findings"][0]["code"], code, "{answer:#}");
    assert_eq!(answer["path"][1]["state"], "broken", "{answer:#}");
    assert!(!answer["findings"][0]["evidence"].as_array().unwrap().is_empty());
    &answer["findings"][0]["params"]
}

fn remedies(answer: &Value) -> Vec<&str> {
    let offers = answer["findings"][0]["remedies"].as_array().unwrap();
    offers.iter().map(|offer| offer["id"].as_str().unwrap()).collect()
}

const LOCALHOST: &str = "127.0.0.1 localhost\n::1 localhost\n";

#[test]
fn reset() {
    for fault in ["closes-at-once", "resets-at-once", "empty-reply", "reset-after-request"] {
        let home = Home::new();
        let host = playing(&home, fault);
        settings(&home, &format!("http://{}", host.1));
        let found = doctor(&home, &[]);
        assert_eq!(first(&found, "connection.reset")["source"], "settings");
        assert_eq!(remedies(&found), ["let-through"]);
    }
}

fn playing(home: &Home, fault: &str) -> (support::process::Group, String) {
    let (server, said) = home.play("nginx", "127.0.0.1:0", &[("PRACTICE_FAULT", fault)]);
    (server, said.rsplit(' ').next().unwrap().to_owned())
}

#[test]
fn forbidden() {
    let home = Home::new();
    let host = playing(&home, "forbidden");
    settings(&home, &format!("http://{}", host.1));
    let found = doctor(&home, &[]);
    first(&found, "connection.forbidden");
    assert_eq!(remedies(&found), ["allow-host"]);
}

#[test]
fn https_on_http() {
    let home = Home::new();
    let ollama = Ollama::start(&home);
    settings(&home, &format!("https://{}", ollama.host()));
    let found = doctor(&home, &[]);
    assert_eq!(first(&found, "connection.https-on-http")["plain"], ollama.url());
    assert_eq!(remedies(&found), ["use-address", "edit-file"]);
    assert_eq!(found["findings"][0]["remedies"][0]["params"]["url"], ollama.url());
}

#[test]
fn port_invalid() {
    let home = Home::new();
    settings(&home, "http://127.0.0.1:114340");
    let nowhere = support::ollama::free_address().to_string();
    let found = doctor(&home, &[("OLLAMA_HOST", &nowhere)]);
    let params = first(&found, "connection.port-invalid");
    assert_eq!(params, &json!({ "written": "http://127.0.0.1:114340", "source": "settings" }));
    assert_eq!(remedies(&found), ["edit-file"]);
}

#[test]
fn port_missing() {
    let home = Home::new();
    settings(&home, "http://127.0.0.1");
    let Some(found) = apart(&home, LOCALHOST, Some("127.0.0.1:11434")) else { return };
    let params = first(&found, "connection.port-missing");
    assert_eq!(
        (&params["written"], &params["meant"]),
        (&json!("http://127.0.0.1"), &json!("http://127.0.0.1:11434"))
    );
    assert_eq!(remedies(&found), ["use-address", "edit-file"]);
}

#[test]
fn localhost_is_ipv6() {
    let home = Home::new();
    settings(&home, "http://localhost:11434");
    let Some(found) = apart(&home, "::1 localhost\n", Some("127.0.0.1:11434")) else { return };
    let params = first(&found, "connection.localhost-is-ipv6");
    assert_eq!((&params["ipv6"], &params["answersAt"]), (&json!(true), &json!("http://127.0.0.1:11434")));
    assert_eq!(remedies(&found), ["use-address"]);
    // The reverse, too.
    let home = Home::new();
    settings(&home, "http://localhost:11434");
    let found = apart(&home, "127.0.0.1 localhost\n", Some("[::1]:11434")).unwrap();
    assert_eq!(first(&found, "connection.localhost-is-ipv6")["answersAt"], "http://[::1]:11434");
    // With both, any program tries both: all is well.
    let home = Home::new();
    settings(&home, "http://localhost:11434");
    let found = apart(&home, LOCALHOST, Some("127.0.0.1:11434")).unwrap();
    assert_eq!(found["path"][1]["state"], "ok", "{found:#}");
}

#[test]
fn another_machine() {
    // Nothing leads there.
    let home = Home::new();
    settings(&home, "http://198.51.100.9:11434");
    let Some(found) = apart(&home, LOCALHOST, Some("127.0.0.1:11434")) else { return };
    first(&found, "connection.unreachable");
    assert_eq!(remedies(&found), ["use-address", "serve-network"], "an Ollama of one's own is offered first");
    // It is there, and refuses.
    let home = Home::new();
    settings(&home, "http://192.0.2.7:11434");
    let found = apart(&home, LOCALHOST, None).unwrap();
    first(&found, "connection.refused-remote");
    assert_eq!(remedies(&found), ["serve-network"]);
    // It listens: well.
    let home = Home::new();
    settings(&home, "http://192.0.2.7:11434");
    let found = apart(&home, LOCALHOST, Some("192.0.2.7:11434")).unwrap();
    assert_eq!(found["path"][1]["state"], "ok", "{found:#}");
    // Its name is not known.
    let home = Home::new();
    settings(&home, "http://studio.invalid:11434");
    let found = apart(&home, LOCALHOST, None).unwrap();
    assert_eq!(first(&found, "connection.name-unknown")["host"], "studio.invalid");
    assert_eq!(remedies(&found), ["edit-file"]);
}

#[test]
fn wildcard_address() {
    let home = Home::new();
    settings(&home, "http://0.0.0.0:11434");
    let Some(found) = apart(&home, LOCALHOST, Some("0.0.0.0:11434")) else { return };
    let finding =
        found["findings"].as_array().unwrap().iter().find(|one| one["code"] == "connection.wildcard-address");
    let finding = finding.unwrap_or_else(|| panic!("{found:#}"));
    assert_eq!(
        (&finding["severity"], &finding["params"]["numeric"]),
        (&json!("warning"), &json!("http://127.0.0.1:11434"))
    );
    assert_eq!(found["path"][1]["state"], "ok");
}
