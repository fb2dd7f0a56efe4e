//! Remedies that act: each makes its finding go away, judged by a second look.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test says what broke by panicking"
)]

use std::{fs, path::Path, time::SystemTime};

use pincer_core::{
    computer::{AddressSource, Computer},
    diagnosis::{
        diagnose,
        finding::{Cause, Diagnosis, Remedy},
        remedy::{Carried, carry_out},
    },
    error::ErrorCode,
    machine::os::Os,
    models::{discovery::Discovery, model::Verdict},
    openclaw::change,
    preferences::Preferences,
    surroundings::{Environment, Surroundings},
};
use pincer_practice::{Options, Practice};
use serde_json::{Value, json};

fn computer(home: &Path, host: &str) -> Computer {
    let environment = Environment::new([("OLLAMA_HOST", host), ("PINCER_MEMORY", "64000000000")]);
    Computer::new(Surroundings::new(Os::Linux, environment, home, SystemTime::now), None)
}

fn write(home: &Path, settings: &Value) {
    fs::create_dir_all(home.join(".openclaw")).unwrap();
    fs::write(home.join(".openclaw/openclaw.json"), settings.to_string()).unwrap();
}

fn read(home: &Path) -> Value {
    serde_json::from_slice(&fs::read(home.join(".openclaw/openclaw.json")).unwrap()).unwrap()
}

fn nowhere() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

async fn look(computer: &Computer) -> Diagnosis {
    diagnose(computer, &mut Discovery::default()).await.unwrap().1
}

async fn apply(computer: &Computer, remedy: &Remedy) {
    match carry_out(computer, remedy).await.unwrap() {
        Carried::Prepared(prepared) => {
            assert!(prepared.preview.changed);
            change::apply(computer, prepared.plan).await.unwrap().unwrap();
        }
        other => panic!("no change of the settings: {other:?}"),
    }
}

fn has(diagnosis: &Diagnosis, cause: impl Fn(&Cause) -> bool) -> bool {
    diagnosis.findings.iter().any(|finding| cause(&finding.cause))
}

#[tokio::test]
async fn the_address_is_corrected_where_the_settings_name_it() {
    let practice = Practice::start(Options::demo()).await.unwrap();
    let home = tempfile::tempdir().unwrap();
    let computer = computer(home.path(), &practice.url());
    let dead = nowhere();
    write(
        home.path(),
        &json!({ "models": { "providers": { "ollama": { "baseUrl": dead, "apiKey": "ollama-local",
        "api": "ollama", "models": [{ "id": "qwen3:8b", "name": "mine" }] } } } }),
    );
    let elsewhere = |cause: &Cause| matches!(cause, Cause::ConnectionListeningElsewhere { .. });
    let before = look(&computer).await;
    assert!(has(&before, elsewhere), "{before:?}");
    let remedy = before.findings[0].remedies[0].remedy.clone();
    assert_eq!(remedy, Remedy::UseAddress { url: practice.url() });
    apply(&computer, &remedy).await;
    let provider = read(home.path())["models"]["providers"]["ollama"].clone();
    assert_eq!(provider["baseUrl"], practice.url());
    assert_eq!(provider["models"], json!([{ "id": "qwen3:8b", "name": "mine" }]), "nothing else changed");
    let after = look(&computer).await;
    assert!(!has(&after, elsewhere));
    assert_eq!((after.address.url, after.address.source), (practice.url(), AddressSource::Settings));
    assert_eq!(Preferences::read(&computer.folders).address, None);
}

#[tokio::test]
async fn without_settings_the_address_is_pincers_own_choice() {
    let practice = Practice::start(Options::demo()).await.unwrap();
    let home = tempfile::tempdir().unwrap();
    let computer = computer(home.path(), &nowhere());
    let remedy = Remedy::UseAddress { url: practice.url() };
    assert_eq!(carry_out(&computer, &remedy).await.unwrap(), Carried::Done);
    let after = look(&computer).await;
    assert_eq!((after.address.url, after.address.source), (practice.url(), AddressSource::Pincer));
    assert!(!home.path().join(".openclaw").exists(), "OpenClaw's folder is not touched");
    let bad = carry_out(&computer, &Remedy::UseAddress { url: "ftp://x".into() }).await.unwrap_err();
    assert!(matches!(bad.code, ErrorCode::AddressInvalid { .. }));
}

#[tokio::test]
async fn the_fallback_key_is_renamed() {
    let practice = Practice::start(Options::demo()).await.unwrap();
    let home = tempfile::tempdir().unwrap();
    let computer = computer(home.path(), &practice.url());
    write(
        home.path(),
        &json!({ "agents": { "defaults": { "model": { "primary": "x/y", "fallback": ["a/b"] } } } }),
    );
    assert!(has(&look(&computer).await, |cause| matches!(cause, Cause::SettingsFallbackKey {})));
    apply(&computer, &Remedy::RenameFallback {}).await;
    assert_eq!(
        read(home.path())["agents"]["defaults"]["model"],
        json!({ "primary": "x/y", "fallbacks": ["a/b"] })
    );
    assert!(!has(&look(&computer).await, |cause| matches!(cause, Cause::SettingsFallbackKey {})));
}

#[tokio::test]
async fn the_one_click_set_up_pins_all_ready_models() {
    let practice = Practice::start(Options::demo()).await.unwrap();
    let home = tempfile::tempdir().unwrap();
    let computer = computer(home.path(), &practice.url());
    apply(&computer, &Remedy::UseModel { name: "qwen3:8b".into() }).await;
    let written = read(home.path());
    let listed = written["models"]["providers"]["ollama"]["models"].as_array().unwrap();
    let ids: Vec<&str> = listed.iter().map(|model| model["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["qwen3:8b", "llama3.2:3b"]);
}

#[tokio::test]
async fn what_someone_else_wrote_between_preview_and_apply_stays() {
    let practice = Practice::start(Options::demo()).await.unwrap();
    let home = tempfile::tempdir().unwrap();
    let computer = computer(home.path(), &practice.url());
    write(home.path(), &json!({}));
    let Carried::Prepared(prepared) =
        carry_out(&computer, &Remedy::UseModel { name: "qwen3:8b".into() }).await.unwrap()
    else {
        panic!("no preview")
    };
    write(home.path(), &json!({ "theirs": true }));
    let error = change::apply(&computer, prepared.plan).await.unwrap_err();
    assert!(
        matches!(&error.code, ErrorCode::SettingsChangedMeanwhile { diff, .. } if diff.contains("theirs"))
    );
    assert_eq!(read(home.path()), json!({ "theirs": true }));
}

#[tokio::test]
async fn an_address_that_is_tested_says_which_models_are_there() {
    let practice = Practice::start(Options::demo()).await.unwrap();
    let home = tempfile::tempdir().unwrap();
    let computer = computer(home.path(), "");
    let tested = computer.test_address(&format!("{}/v1/", practice.url())).await.unwrap();
    assert_eq!((tested.url, tested.models), (practice.url(), practice.models().len()));
    let found = |id: &str| tested.found.iter().find(|model| model.id == id).map(|model| model.verdict);
    assert_eq!(found("qwen3:8b"), Some(Verdict::Ready));
    assert_eq!(found("gemma2:2b"), Some(Verdict::ChatOnly));
    let window = tested.found.iter().find(|model| model.id == "qwen3:8b").map(|model| model.context_window);
    assert_eq!(window, Some(40_960));
    assert_eq!(tested.found.len(), tested.models);

    let refused = computer.test_address(&nowhere()).await.unwrap_err();
    assert!(matches!(refused.code, ErrorCode::OllamaRefused { .. }), "{refused:?}");
}
