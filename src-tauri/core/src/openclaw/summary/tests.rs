//! What is said of a change: settings before and after, and the effects in order.

use serde_json::{Value as Json, json};

use super::*;
use crate::openclaw::version::Version;

struct Case<'a> {
    says: &'a str,
    before: Json,
    after: Json,
    effects: Json,
}

const NEWEST: &str = "2026.9.6";

fn sides<'a>(before: &'a Value, after: &'a Value, version: &str) -> Sides<'a> {
    Sides {
        before,
        after,
        dialect: Dialect::of(Version::find(version)),
        key: false,
        writes_key: false,
        context_asked: false,
        refreshes_agents: false,
    }
}

fn found(effects: &[Effect]) -> Json {
    serde_json::to_value(effects).unwrap()
}

fn entry(id: &str) -> Json {
    json!({ "id": id, "contextWindow": 40960, "contextTokens": 32768, "maxTokens": 409_600, "params": { "num_ctx": 32768 } })
}

/// Pinned settings with these models listed and this choice.
fn pinned(listed: &[&str], choice: &Json) -> Json {
    let models: Vec<Json> = listed.iter().map(|id| entry(id)).collect();
    json!({
        "gateway": { "mode": "local" },
        "models": { "providers": { "ollama": { "baseUrl": "http://127.0.0.1:11434", "api": "ollama",
            "apiKey": "ollama-local", "models": models } } },
        "agents": { "defaults": { "model": choice } },
    })
}

fn chosen(primary: &str, fallbacks: &[&str]) -> Json {
    json!({ "primary": primary, "fallbacks": fallbacks })
}

/// The settings with one of them changed.
fn with(mut settings: Json, pointer: &str, value: Json) -> Json {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let parent = settings.pointer_mut(parent).unwrap();
    match parent {
        Json::Array(list) => list[key.parse::<usize>().unwrap()] = value,
        other => other[key] = value,
    }
    settings
}

fn without(mut settings: Json, pointer: &str) -> Json {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    settings.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(key).unwrap();
    settings
}

const PROVIDER: &str = "/models/providers/ollama";
const MODEL: &str = "/agents/defaults/model";

fn plain_pinned() -> Json {
    pinned(&["a", "b"], &chosen("ollama/a", &["ollama/b"]))
}

fn effect(code: &str, params: &Json) -> Json {
    json!({ "code": code, "params": params })
}

#[test]
fn each_change_alone_is_named() {
    let base = plain_pinned;
    let entry_of = |key: &str, value: Json| with(entry("a"), &format!("/{key}"), value);
    let first = format!("{PROVIDER}/models/0");
    let table = [
        ("nothing", base(), json!([])),
        (
            "the model",
            with(base(), MODEL, chosen("ollama/c", &["ollama/b"])),
            json!([effect("model", &json!({ "name": "c", "before": "a" }))]),
        ),
        (
            "fallbacks",
            with(base(), MODEL, chosen("ollama/a", &["ollama/c", "x/y"])),
            json!([effect("fallbacks", &json!({ "names": ["c", "x/y"] }))]),
        ),
        (
            "no fallback left",
            with(base(), MODEL, chosen("ollama/a", &[])),
            json!([effect("fallbacks-gone", &json!({}))]),
        ),
        (
            "address",
            with(base(), &format!("{PROVIDER}/baseUrl"), json!("http://nas:11434")),
            json!([effect("address", &json!({ "url": "http://nas:11434" }))]),
        ),
        (
            "the same address in another form",
            with(base(), &format!("{PROVIDER}/baseUrl"), json!("http://127.0.0.1:11434/v1")),
            json!([effect("in-order", &json!({}))]),
        ),
        (
            "a longer list",
            pinned(&["a", "b", "c", "d"], &chosen("ollama/a", &["ollama/b"])),
            json!([effect("list-added", &json!({ "names": ["c", "d"] }))]),
        ),
        (
            "a shorter list",
            pinned(&["a"], &chosen("ollama/a", &["ollama/b"])),
            json!([effect("list-removed", &json!({ "names": ["b"] }))]),
        ),
        (
            "the context",
            with(
                with(base(), &format!("{first}/params/num_ctx"), json!(65536)),
                &format!("{first}/contextTokens"),
                json!(65536),
            ),
            json!([effect("context", &json!({ "names": ["a"], "tokens": 65536 }))]),
        ),
        (
            "the longest answer",
            with(base(), &first, entry_of("maxTokens", json!(1000))),
            json!([effect("numbers", &json!({ "names": ["a"] }))]),
        ),
        (
            "the window beside the same context",
            with(base(), &first, entry_of("contextWindow", json!(50000))),
            json!([effect("numbers", &json!({ "names": ["a"] }))]),
        ),
        (
            "a limit",
            with(base(), &format!("{PROVIDER}/timeoutSeconds"), json!(300)),
            json!([effect("in-order", &json!({}))]),
        ),
        (
            "how long it stays loaded",
            with(base(), &format!("{first}/params/keep_alive"), json!("15m")),
            json!([effect("in-order", &json!({}))]),
        ),
        (
            "a longer limit",
            with(base(), &format!("{PROVIDER}/timeoutSeconds"), json!(900)),
            json!([effect("timeout", &json!({ "seconds": 900 }))]),
        ),
        (
            "a longer limit that the whole turn does not let be",
            with(
                with(base(), &format!("{PROVIDER}/timeoutSeconds"), json!(900)),
                "/agents/defaults/timeoutSeconds",
                json!(60),
            ),
            json!([effect("timeout", &json!({ "seconds": 60 }))]),
        ),
        (
            "a day in memory",
            with(base(), &format!("{first}/params/keep_alive"), json!("24h")),
            json!([effect("kept-loaded", &json!({ "names": ["a"] }))]),
        ),
        (
            "a model's spelling in the list",
            pinned(&["A:latest", "b"], &chosen("ollama/a", &["ollama/b"])),
            json!([effect("in-order", &json!({}))]),
        ),
        (
            "the chosen model's spelling",
            with(base(), MODEL, chosen("ollama/A:latest", &["ollama/b"])),
            json!([effect("in-order", &json!({}))]),
        ),
        (
            "a fallback without its prefix",
            with(base(), MODEL, chosen("ollama/a", &["b"])),
            json!([effect("in-order", &json!({}))]),
        ),
        (
            "the choice as a plain text",
            with(without(base(), MODEL), MODEL, json!("ollama/a")),
            json!([effect("fallbacks-gone", &json!({}))]),
        ),
    ];
    for (says, after, effects) in table {
        let (before, after) = (Value::from(base()), Value::from(after));
        assert_eq!(found(&super::effects(sides(&before, &after, NEWEST))), effects, "{says}");
    }
}

#[test]
fn what_comes_together_is_said_in_order() {
    let automatic = json!({ "agents": { "defaults": { "model": chosen("ollama/a", &["ollama/b"]) } } });
    let allowed = |settings: Json, names: Json| with(settings, "/agents/defaults/models", names);
    let table = [
        Case {
            says: "the first time: what is chosen is listed without a word",
            before: json!({}),
            after: pinned(&["a", "b", "c"], &chosen("ollama/a", &["ollama/b"])),
            effects: json!([
                effect("connect", &json!({ "mode": "pinned" })),
                effect("model", &json!({ "name": "a", "before": null })),
                effect("fallbacks", &json!({ "names": ["b"] })),
                effect("list-added", &json!({ "names": ["c"] })),
                effect("gateway", &json!({})),
            ]),
        },
        Case {
            says: "a model of another provider is replaced, and two are listed",
            before: pinned(&["a"], &chosen("anthropic/claude", &[])),
            after: pinned(&["a", "b", "c"], &chosen("ollama/a", &[])),
            effects: json!([
                effect("model", &json!({ "name": "a", "before": "anthropic/claude" })),
                effect("list-added", &json!({ "names": ["b", "c"] })),
            ]),
        },
        Case {
            says: "a model that is new in the list and chosen",
            before: plain_pinned(),
            after: pinned(&["a", "b", "c"], &chosen("ollama/c", &["ollama/b"])),
            effects: json!([effect("model", &json!({ "name": "c", "before": "a" }))]),
        },
        Case {
            says: "model and next choice change places",
            before: plain_pinned(),
            after: with(plain_pinned(), MODEL, chosen("ollama/b", &["ollama/a"])),
            effects: json!([
                effect("model", &json!({ "name": "b", "before": "a" })),
                effect("fallbacks", &json!({ "names": ["a"] })),
            ]),
        },
        Case {
            says: "three next choices in another order",
            before: with(plain_pinned(), MODEL, chosen("ollama/a", &["ollama/b", "x/y", "ollama/c"])),
            after: with(plain_pinned(), MODEL, chosen("ollama/a", &["x/y", "ollama/c", "ollama/b"])),
            effects: json!([effect("fallbacks-order", &json!({ "names": ["x/y", "c", "b"] }))]),
        },
        Case {
            says: "the chosen model is let in",
            before: allowed(plain_pinned(), json!({ "ollama/a": {} })),
            after: allowed(
                with(plain_pinned(), MODEL, chosen("ollama/c", &["ollama/b"])),
                json!({ "ollama/a": {}, "ollama/c": {} }),
            ),
            effects: json!([effect("model", &json!({ "name": "c", "before": "a" }))]),
        },
        Case {
            says: "only let in",
            before: allowed(plain_pinned(), json!({ "x/y": {} })),
            after: allowed(plain_pinned(), json!({ "x/y": {}, "ollama/a": { "alias": "a" } })),
            effects: json!([effect("in-order", &json!({}))]),
        },
        Case {
            says: "the page's fallback gets its name",
            before: with(plain_pinned(), MODEL, json!({ "primary": "ollama/a", "fallback": ["ollama/b"] })),
            after: plain_pinned(),
            effects: json!([effect("in-order", &json!({}))]),
        },
        Case {
            says: "contexts that differ, and an address",
            before: plain_pinned(),
            after: with(
                with(
                    with(plain_pinned(), &format!("{PROVIDER}/models/0/params/num_ctx"), json!(40960)),
                    &format!("{PROVIDER}/models/1/params/num_ctx"),
                    json!(65536),
                ),
                &format!("{PROVIDER}/baseUrl"),
                json!("https://nas"),
            ),
            effects: json!([
                effect("address", &json!({ "url": "https://nas" })),
                effect("context", &json!({ "names": ["a", "b"], "tokens": null })),
            ]),
        },
        Case {
            says: "automatic without its key is off",
            before: plain_pinned(),
            after: with(automatic, "/gateway", json!({ "mode": "local" })),
            effects: json!([
                effect("list-removed", &json!({ "names": ["a", "b"] })),
                effect("in-order", &json!({})),
            ]),
        },
    ];
    for Case { says, before, after, effects } in table {
        let (before, after) = (Value::from(before), Value::from(after));
        assert_eq!(found(&super::effects(sides(&before, &after, NEWEST))), effects, "{says}");
    }
}

#[test]
fn the_way_changes_with_its_key() {
    let automatic = Value::from(json!({ "gateway": { "mode": "local" },
        "agents": { "defaults": { "model": chosen("ollama/a", &["ollama/b"]) } } }));
    let listed = Value::from(plain_pinned());
    let to_automatic = Sides { writes_key: true, ..sides(&listed, &automatic, NEWEST) };
    assert_eq!(
        found(&effects(to_automatic)),
        json!([
            effect("mode", &json!({ "mode": "automatic" })),
            effect("list-removed", &json!({ "names": ["a", "b"] })),
            effect("key", &json!({})),
        ])
    );
    let to_pinned = Sides { key: true, ..sides(&automatic, &listed, NEWEST) };
    assert_eq!(
        found(&effects(to_pinned)),
        json!([
            effect("mode", &json!({ "mode": "pinned" })),
            effect("list-added", &json!({ "names": ["a", "b"] })),
        ])
    );
    let empty = Value::empty_object();
    let first = Sides { writes_key: true, ..sides(&empty, &empty, NEWEST) };
    assert_eq!(
        found(&effects(first)),
        json!([effect("connect", &json!({ "mode": "automatic" })), effect("key", &json!({}))])
    );
}

#[test]
fn the_context_is_where_this_version_keeps_it() {
    let settings =
        |entry: Json| Value::from(json!({ "models": { "providers": { "ollama": { "models": [entry] } } } }));
    for (version, before, after, tokens) in [
        ("2026.9.6", json!({ "params": { "num_ctx": 1 } }), json!({ "params": { "num_ctx": 2 } }), Some(2)),
        ("2026.4.15", json!({ "contextTokens": 1 }), json!({ "contextTokens": 2 }), Some(2)),
        ("2026.2.17", json!({ "contextWindow": 1 }), json!({ "contextWindow": 2 }), Some(2)),
        // There it is only what OpenClaw counts on.
        ("2026.9.6", json!({ "contextWindow": 1 }), json!({ "contextWindow": 2 }), None),
    ] {
        let named = |mut entry: Json| {
            entry["id"] = json!("a");
            settings(entry)
        };
        let (before, after) = (named(before), named(after));
        let expected = match tokens {
            Some(tokens) => effect("context", &json!({ "names": ["a"], "tokens": tokens })),
            None => effect("numbers", &json!({ "names": ["a"] })),
        };
        assert_eq!(found(&effects(sides(&before, &after, version))), json!([expected]), "{version}");
    }
}

#[test]
fn an_asked_context_is_said_of_new_models_too() {
    let (before, after) =
        (Value::from(plain_pinned()), pinned(&["a", "b", "c"], &chosen("ollama/c", &["ollama/b"])));
    let after = Value::from(after);
    let model = effect("model", &json!({ "name": "c", "before": "a" }));
    let context = effect("context", &json!({ "names": ["c"], "tokens": 32768 }));
    let plain = sides(&before, &after, NEWEST);
    assert_eq!(found(&effects(plain)), json!([model]));
    assert_eq!(found(&effects(Sides { context_asked: true, ..plain })), json!([model, context]));
}

#[test]
fn a_refreshed_agent_file_is_part_of_a_new_address() {
    let before = Value::from(plain_pinned());
    let same = Sides { refreshes_agents: true, ..sides(&before, &before, NEWEST) };
    assert_eq!(effects(same), [Effect::InOrder {}]);
    let after = Value::from(with(plain_pinned(), &format!("{PROVIDER}/baseUrl"), json!("http://nas:11434")));
    let moved = Sides { refreshes_agents: true, ..sides(&before, &after, NEWEST) };
    assert_eq!(effects(moved), [Effect::Address { url: "http://nas:11434".into() }]);
}
