//! What the settings and the file of variables say, in every form that they come in.

use super::*;
use serde_json::json;

fn settings(json: serde_json::Value) -> Settings {
    Settings::of(&Value::from(json))
}

#[test]
fn what_turns_ollama_on() {
    let listed = json!([{ "id": "qwen3:8b" }]);
    for (provider, key, mode) in [
        (json!({ "apiKey": "ollama-local", "models": listed }), false, Mode::Pinned),
        (json!({ "models": listed }), false, Mode::Off),
        (json!({ "models": listed }), true, Mode::Pinned),
        (json!({ "apiKey": "ollama-local" }), false, Mode::Off),
        (json!({ "apiKey": "ollama-local", "models": [] }), false, Mode::Off),
        (json!({ "apiKey": "ollama-local", "models": [] }), true, Mode::Automatic),
    ] {
        let settings = settings(json!({ "models": { "providers": { "ollama": provider } } }));
        assert_eq!(settings.mode(key), mode, "{provider} {key}");
    }
    assert_eq!(settings(json!({})).mode(false), Mode::Off);
    assert_eq!(settings(json!({})).mode(true), Mode::Automatic);
    assert_eq!(
        settings(json!({ "env": { "vars": { "OLLAMA_API_KEY": "x" } } })).mode(false),
        Mode::Automatic
    );
    for env in [json!({ "vars": { "OLLAMA_API_KEY": "" } }), json!({ "OLLAMA_API_KEY": " " })] {
        assert_eq!(settings(json!({ "env": env })).mode(false), Mode::Off, "an empty key is none");
    }
}

#[test]
fn references_to_variables_are_found() {
    for (text, names) in [
        ("${A_1}", &["A_1"][..]),
        ("x${A}y${B}", &["A", "B"]),
        ("$${A}", &[]),
        ("${a}", &[]),
        ("${", &[]),
        ("plain", &[]),
    ] {
        assert_eq!(variables_in(text), names, "{text}");
    }
}

#[test]
fn agents_with_a_model_of_their_own() {
    let both = settings(json!({ "agents": {
        "entries": { "main": { "name": "main" }, "writer": { "model": "ollama/a" } },
        "list": [{ "id": "old", "model": { "primary": "x/y" } }],
    } }));
    assert_eq!(both.agents, [("writer".into(), "ollama/a".into()), ("old".into(), "x/y".into())]);
}

#[test]
fn the_agent_is_the_one_that_is_marked_else_the_first() {
    for (agents, expected) in [
        (json!({}), "main"),
        (json!({ "entries": { "a": {}, "b": { "default": true } } }), "b"),
        (json!({ "list": [{ "id": "x" }, { "id": "y" }] }), "x"),
        (json!({ "list": [{ "id": "x" }, { "id": "y", "default": true }] }), "y"),
    ] {
        assert_eq!(settings(json!({ "agents": agents })).agent(), expected);
    }
}

#[test]
fn the_model_that_answers_is_the_agents_own_before_the_chosen_one() {
    let primary = json!({ "model": { "primary": "ollama/qwen3:8b" } });
    for (list, own, used) in [
        (json!([]), None, Some("qwen3:8b")),
        (json!([{ "id": "main" }]), None, Some("qwen3:8b")),
        (json!([{ "id": "main" }, { "id": "b", "model": "ollama/a" }]), None, Some("qwen3:8b")),
        (json!([{ "id": "main", "model": "ollama/a" }]), Some("ollama/a"), Some("a")),
        (json!([{ "id": "main", "model": { "primary": "x/y" } }]), Some("x/y"), None),
        (
            json!([{ "id": "main" }, { "id": "b", "default": true, "model": "ollama/a" }]),
            Some("ollama/a"),
            Some("a"),
        ),
    ] {
        let told = settings(json!({ "agents": { "defaults": primary, "list": list } }));
        assert_eq!((told.own_model(), told.used_id()), (own, used), "{list}");
    }
}

#[test]
fn the_chosen_model_in_every_form() {
    let model = |model: serde_json::Value| settings(json!({ "agents": { "defaults": { "model": model } } }));
    assert_eq!(model(json!("ollama/a")).primary_id(), Some("a"));
    let long = model(json!({ "primary": "ollama/a", "fallbacks": ["ollama/b", "x/c"] }));
    assert_eq!((long.primary_id(), long.fallbacks.len(), long.fallback_key), (Some("a"), 2, false));
    let page = model(json!({ "primary": "x/a", "fallback": ["ollama/b"] }));
    assert_eq!((page.primary_id(), page.fallback_key), (None, true));
    assert_eq!(page.fallbacks, ["ollama/b"]);
    let one = model(json!({ "fallback": "ollama/b" }));
    assert_eq!(one.fallbacks, ["ollama/b"]);
}

#[test]
fn the_env_file_is_read_as_the_service_reads_it() {
    let folder = tempfile::tempdir().unwrap();
    let home = OpenclawHome { config: folder.path().join("openclaw.json"), state: folder.path().into() };
    for (text, value) in [
        ("OLLAMA_API_KEY=ollama-local\n", Some("ollama-local")),
        ("\u{feff}OLLAMA_API_KEY: abc\n", Some("abc")),
        ("OLLAMA_API_KEY= # put key here\n", None),
    ] {
        fs::write(home.env_file(), text).unwrap();
        assert_eq!(in_env_file(&home, KEY_VARIABLE).as_deref(), value, "{text}");
    }
    fs::remove_file(home.env_file()).unwrap();
    assert_eq!(in_env_file(&home, KEY_VARIABLE), None);
}
