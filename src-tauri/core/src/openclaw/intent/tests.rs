//! The exact keys that are written for each version, and what is left alone.

use std::path::Path;

use serde_json::Value as Json;

use super::*;
use crate::{
    models::discovery::judge,
    ollama::wire::{Show, Tag},
    openclaw::{document::Document, outcome::ListedModel, version::Version},
};

mod ways;

fn model(id: &str, capabilities: &[&str], context: Option<u64>) -> Model {
    let tag = Tag { name: id.into(), size: 1, ..Tag::default() };
    let info = context.map(|tokens| json!({ "general.architecture": "x", "x.context_length": tokens }));
    let show = Show {
        capabilities: Some(capabilities.iter().map(|one| (*one).to_owned()).collect()),
        model_info: info.and_then(|info| info.as_object().cloned()),
        ..Show::default()
    };
    judge(&tag, Some(&show))
}

fn installed() -> Vec<Model> {
    vec![
        model("qwen3:8b", &["completion", "tools", "thinking"], Some(40_960)),
        model("llama3.3:latest", &["completion", "tools"], Some(131_072)),
        model("gemma2:2b", &["completion"], Some(8_192)),
        model("mystery:latest", &["completion", "tools", "vision"], None),
    ]
}

fn request(primary: &str) -> UseRequest {
    UseRequest { primary: primary.into(), ..UseRequest::default() }
}

/// The file after the change, and the warnings.
fn used(before: &str, request: &UseRequest, version: &str) -> (Json, Vec<Warning>, String) {
    let document = Document::parse(Path::new("openclaw.json"), before.as_bytes()).unwrap();
    let models = installed();
    let situation = Situation {
        value: document.value(),
        installed: Some(&models),
        known: Known::default(),
        address: &Address::default(),
        address_asked: false,
        dialect: Dialect::of(Version::find(version)),
        key: false,
        unset: &[],
    };
    let edits = use_model(request, situation).unwrap();
    let after = document.edit(&edits.edits).unwrap();
    (after.value().to_json(), edits.warnings, after.text().to_owned())
}

const COST: &str = r#"{"input":0,"output":0,"cacheRead":0,"cacheWrite":0}"#;

#[test]
fn every_version_gets_exactly_the_keys_that_it_accepts() {
    let cost: Json = serde_json::from_str(COST).unwrap();
    let base = json!({ "id": "llama3.3:latest", "name": "llama3.3:latest", "reasoning": false, "input": ["text"],
        "cost": cost, "contextWindow": 131_072, "maxTokens": 1_310_720 });
    let with = |more: Json| {
        let mut entry = base.clone();
        entry.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        entry
    };
    let native = json!({ "baseUrl": "http://127.0.0.1:11434", "api": "ollama", "apiKey": "ollama-local" });
    let openai = json!({ "baseUrl": "http://127.0.0.1:11434/v1", "api": "openai-completions", "apiKey": "ollama-local" });
    let timed = json!({ "baseUrl": "http://127.0.0.1:11434", "api": "ollama", "apiKey": "ollama-local",
        "timeoutSeconds": 300 });
    let params = json!({ "contextTokens": 32_768, "params": { "num_ctx": 32_768, "keep_alive": "15m" } });
    for (version, provider, entry) in [
        ("2026.2.3", &openai, base.clone()),
        ("2026.2.17", &native, with(json!({ "contextWindow": 32_768 }))),
        ("2026.3.13", &native, with(json!({ "contextWindow": 32_768 }))),
        ("2026.4.15", &native, with(json!({ "contextTokens": 32_768 }))),
        ("2026.5.28", &timed, with(params.clone())),
        ("2026.6.11", &timed, with(params.clone())),
        ("2026.8.2", &timed, with(params.clone())),
        ("2026.9.6", &timed, with(params.clone())),
    ] {
        let (after, _, _) = used("{}", &request("llama3.3"), version);
        let mut provider = provider.clone();
        provider.as_object_mut().unwrap().insert("models".into(), json!([entry]));
        assert_eq!(after["models"]["providers"]["ollama"], provider, "{version}");
        assert_eq!(
            after["agents"]["defaults"]["model"],
            json!({ "primary": "ollama/llama3.3:latest" }),
            "{version}"
        );
    }
}

#[test]
fn a_chat_only_model_is_marked_where_the_version_knows_the_mark() {
    for (version, marked) in [("2026.2.17", false), ("2026.3.13", true), ("2026.9.6", true)] {
        let (after, warnings, _) = used("{}", &request("gemma2:2b"), version);
        let entry = &after["models"]["providers"]["ollama"]["models"][0];
        assert_eq!(entry.get("compat").is_some(), marked, "{version}");
        assert!(warnings.contains(&Warning::ChatOnly { name: "gemma2:2b".into() }));
        assert!(warnings.contains(&Warning::ContextSmall {
            name: "gemma2:2b".into(),
            tokens: 8192,
            guessed: false
        }));
    }
}

#[test]
fn an_unknown_context_is_written_as_the_pages_8192_and_told() {
    let (after, warnings, _) = used("{}", &request("mystery"), "2026.9.6");
    let entry = &after["models"]["providers"]["ollama"]["models"][0];
    assert_eq!(entry["contextWindow"], 8192);
    assert_eq!(entry["contextTokens"], 8192);
    assert_eq!(entry["maxTokens"], 81_920);
    assert_eq!(entry["input"], json!(["text", "image"]));
    assert_eq!(
        warnings,
        [Warning::ContextSmall { name: "mystery:latest".into(), tokens: 8192, guessed: true }]
    );
}

#[test]
fn what_the_user_wrote_stays() {
    let before = r#"{
      models: { providers: { ollama: {
        baseUrl: "http://localhost:11434", apiKey: "my-own", foreign: 1, timeoutSeconds: 60,
        models: [
          { id: "LLAMA3.3", name: "Mine", contextWindow: 20000, params: { top_k: 3 }, foreign: true }, // by hand
          { id: "gone:1b", name: "Gone" },
        ],
      } } },
      agents: { defaults: { model: { primary: "ollama/llama3.3", fallbacks: ["anthropic/x", "ollama/llama3.3"] },
                            models: { "anthropic/x": { alias: "x" } } } },
    }"#;
    let wanted =
        UseRequest { primary: "qwen3:8b".into(), models: vec!["llama3.3".into()], ..UseRequest::default() };
    let (after, _, text) = used(before, &wanted, "2026.9.6");
    let provider = &after["models"]["providers"]["ollama"];
    assert_eq!(
        (&provider["apiKey"], &provider["foreign"], &provider["timeoutSeconds"]),
        (&json!("my-own"), &json!(1), &json!(60))
    );
    let models = provider["models"].as_array().unwrap();
    assert_eq!(models.len(), 3);
    let mine = &models[0];
    assert_eq!(
        (&mine["id"], &mine["name"], &mine["contextWindow"]),
        (&json!("llama3.3:latest"), &json!("Mine"), &json!(20_000))
    );
    // What runs fits what the user allowed.
    assert_eq!(
        (&mine["contextTokens"], &mine["params"]),
        (&json!(20_000), &json!({ "top_k": 3, "num_ctx": 20_000, "keep_alive": "15m" }))
    );
    assert_eq!(models[1], json!({ "id": "gone:1b", "name": "Gone" }));
    let model = &after["agents"]["defaults"]["model"];
    assert_eq!(model["primary"], "ollama/qwen3:8b");
    assert_eq!(model["fallbacks"], json!(["anthropic/x", "ollama/llama3.3:latest"]));
    // An allow-list is completed, not replaced.
    assert_eq!(
        after["agents"]["defaults"]["models"],
        json!({ "anthropic/x": { "alias": "x" }, "ollama/qwen3:8b": {}, "ollama/llama3.3:latest": {} })
    );
    assert!(text.contains("// by hand"));
}

#[test]
fn an_asked_context_wins_and_never_passes_what_the_model_has() {
    let before = r#"{ "models": { "providers": { "ollama": { "models": [
        { "id": "qwen3:8b", "name": "q", "contextTokens": 8000, "params": { "num_ctx": 8000 } } ] } } } }"#;
    for (context, tokens) in [(None, 8000), (Some(16_384), 16_384), (Some(1_000_000), 40_960)] {
        let wanted = UseRequest { context, ..request("qwen3:8b") };
        let (after, _, _) = used(before, &wanted, "2026.9.6");
        let entry = &after["models"]["providers"]["ollama"]["models"][0];
        assert_eq!(
            (&entry["contextTokens"], &entry["params"]["num_ctx"]),
            (&json!(tokens), &json!(tokens)),
            "{context:?}"
        );
    }
}

#[test]
fn the_choice_in_every_form() {
    let fallbacks = |names: &[&str]| Some(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
    let table: [(&str, Option<Vec<String>>, Json); 7] = [
        ("{}", None, json!({ "primary": "ollama/qwen3:8b" })),
        (r#"{agents:{defaults:{model:"x/y"}}}"#, None, json!({ "primary": "ollama/qwen3:8b" })),
        (
            r#"{agents:{defaults:{model:{primary:"x/y",other:1}}}}"#,
            fallbacks(&["llama3.3"]),
            json!({ "primary": "ollama/qwen3:8b", "other": 1, "fallbacks": ["ollama/llama3.3:latest"] }),
        ),
        (
            r#"{agents:{defaults:{model:{primary:"x/y",fallback:["ollama/llama3.3"]}}}}"#,
            None,
            json!({ "primary": "ollama/qwen3:8b", "fallbacks": ["ollama/llama3.3:latest"] }),
        ),
        (
            r#"{agents:{defaults:{model:{primary:"x/y",fallback:["a/b"],fallbacks:["c/d"]}}}}"#,
            None,
            json!({ "primary": "ollama/qwen3:8b", "fallbacks": ["c/d", "a/b"] }),
        ),
        (
            r#"{agents:{defaults:{model:{fallbacks:["c/d","ollama/qwen3:8b"]}}}}"#,
            fallbacks(&["c/d", "ollama/llama3.3", "llama3.3:LATEST"]),
            json!({ "fallbacks": ["c/d", "ollama/llama3.3:latest"], "primary": "ollama/qwen3:8b" }),
        ),
        (
            r#"{agents:{defaults:{model:{primary:"ollama/qwen3:8b",fallback:"a/b"}}}}"#,
            None,
            json!({ "primary": "ollama/qwen3:8b", "fallbacks": ["a/b"] }),
        ),
    ];
    for (before, fallbacks, expected) in table {
        let wanted = UseRequest { fallbacks, ..request("ollama/QWEN3:8b") };
        let (after, _, _) = used(before, &wanted, "2026.9.6");
        assert_eq!(after["agents"]["defaults"]["model"], expected, "{before}");
    }
}

#[test]
fn doing_it_twice_changes_nothing() {
    let wanted = UseRequest { all_ready: true, ..request("qwen3:8b") };
    for version in ["2026.2.3", "2026.2.17", "2026.4.15", "2026.9.6"] {
        let (first, _, text) = used("{}", &wanted, version);
        let (second, _, again) = used(&text, &wanted, version);
        assert_eq!((first, text), (second, again), "{version}");
    }
}

#[test]
fn a_v1_address_becomes_native_where_the_version_can() {
    let before = r#"{models:{providers:{ollama:{baseUrl:"http://127.0.0.1:11434/v1",api:"openai-completions",models:[]}}}}"#;
    let (after, _, _) = used(before, &request("qwen3:8b"), "2026.9.6");
    let provider = &after["models"]["providers"]["ollama"];
    assert_eq!(
        (&provider["baseUrl"], &provider["api"]),
        (&json!("http://127.0.0.1:11434"), &json!("ollama"))
    );
    let (after, _, _) = used(before, &request("qwen3:8b"), "2026.2.3");
    let provider = &after["models"]["providers"]["ollama"];
    assert_eq!(
        (&provider["baseUrl"], &provider["api"]),
        (&json!("http://127.0.0.1:11434/v1"), &json!("openai-completions"))
    );
}

#[test]
fn what_is_not_there_is_refused_with_the_nearest_names() {
    let empty = Value::empty_object();
    let models = installed();
    let situation = Situation {
        value: &empty,
        installed: Some(&models),
        known: Known::default(),
        address: &Address::default(),
        address_asked: false,
        dialect: Dialect::of(None),
        key: false,
        unset: &[],
    };
    let error = use_model(&request("qwen3:9b"), situation).unwrap_err();
    let nearest = vec!["qwen3:8b".to_owned()];
    assert_eq!(error.code, ErrorCode::ModelNotInstalled { name: "qwen3:9b".into(), nearest });
    assert!(matches!(
        use_model(&request("no name"), situation).unwrap_err().code,
        ErrorCode::ModelBadName { .. }
    ));
    // Without a server, only what the file describes.
    let situation = Situation { installed: None, ..situation };
    assert!(use_model(&request("qwen3:8b"), situation).is_err());
    let listed =
        Value::from(json!({ "models": { "providers": { "ollama": { "models": [{ "id": "qwen3:8b" }] } } } }));
    assert!(use_model(&request("qwen3:8b"), Situation { value: &listed, ..situation }).is_ok());
}

#[test]
fn use_address_changes_an_address_that_is_there() {
    let value = Value::from(json!({ "models": { "providers": { "ollama": { "baseUrl": "http://x:1" } } } }));
    let situation = Situation {
        value: &value,
        installed: None,
        known: Known::default(),
        address: &Address::default(),
        address_asked: false,
        dialect: Dialect::of(None),
        key: false,
        unset: &[],
    };
    assert_eq!(use_address(situation).edits.len(), 1);
    let empty = Value::empty_object();
    assert!(use_address(Situation { value: &empty, ..situation }).edits.is_empty());
}

/// The edits for a version, a wish and a file; the address may be another than the usual one.
fn planned(
    before: &str,
    request: &UseRequest,
    version: &str,
    address: &Address,
) -> Result<(Json, Edits), Error> {
    let document = Document::parse(Path::new("openclaw.json"), before.as_bytes()).unwrap();
    let models = installed();
    let situation = Situation {
        value: document.value(),
        installed: Some(&models),
        known: Known::default(),
        address,
        address_asked: false,
        dialect: Dialect::of(Version::find(version)),
        key: false,
        unset: &[],
    };
    let edits = use_model(request, situation)?;
    let after = document.edit(&edits.edits).unwrap();
    Ok((after.value().to_json(), edits))
}

#[test]
fn local_only_drops_what_runs_online_and_says_so() {
    let before = r#"{ "agents": { "defaults": { "model": { "primary": "ollama/qwen3:8b",
        "fallbacks": ["anthropic/x", "ollama/llama3.3:latest", "ollama/gpt-oss:20b-cloud"] } } } }"#;
    let wanted = UseRequest { local_only: true, ..request("qwen3:8b") };
    let (after, edits) = planned(before, &wanted, "2026.9.6", &Address::default()).unwrap();
    assert_eq!(after["agents"]["defaults"]["model"]["fallbacks"], json!(["ollama/llama3.3:latest"]));
    let names = vec!["anthropic/x".to_owned(), "ollama/gpt-oss:20b-cloud".to_owned()];
    assert!(edits.warnings.contains(&Warning::DropsOnline { names }));
}

#[test]
fn keys_that_an_older_version_refuses_go() {
    let newest = r#"{ "models": { "providers": { "ollama": { "baseUrl": "http://127.0.0.1:11434", "api": "ollama",
        "apiKey": "k", "timeoutSeconds": 300, "models": [{ "id": "qwen3:8b", "contextTokens": 1, "params": { "num_ctx": 1 },
        "compat": { "supportsTools": true, "mine": 1 } }] } } } }"#;
    for (version, kept) in [
        ("2026.2.3", &["mine"][..]),
        ("2026.2.17", &["mine"]),
        ("2026.3.13", &["mine", "supportsTools"]),
        ("2026.4.15", &["mine", "supportsTools", "contextTokens"]),
        ("2026.9.6", &["mine", "supportsTools", "contextTokens", "params", "timeoutSeconds"]),
    ] {
        let (after, _) = planned(newest, &request("qwen3:8b"), version, &Address::default()).unwrap();
        let provider = after["models"]["providers"]["ollama"].to_string();
        for key in ["mine", "supportsTools", "contextTokens", "params", "timeoutSeconds"] {
            assert_eq!(provider.contains(key), kept.contains(&key), "{version}: {key}");
        }
    }
}

#[test]
fn what_agents_say_for_themselves_is_told() {
    let before = r#"{ "agents": { "entries": { "writer": { "model": "ollama/other" }, "same": { "model": "ollama/qwen3:8b" } } } }"#;
    let (_, edits) = planned(before, &request("qwen3:8b"), "2026.9.6", &Address::default()).unwrap();
    assert!(edits.warnings.contains(&Warning::AgentsDiffer { names: vec!["writer".into()] }));
}

#[test]
fn an_address_for_listening_does_not_stay() {
    let before = json!({ "models": { "providers": { "ollama": { "baseUrl": "http://0.0.0.0:11434" } } } });
    let request = request("qwen3:8b");
    let (after, _) = planned(&before.to_string(), &request, "2026.9.6", &Address::default()).unwrap();
    assert_eq!(after["models"]["providers"]["ollama"]["baseUrl"], "http://127.0.0.1:11434");
}

#[test]
fn an_address_that_is_the_users_own_way_stays() {
    for own in ["http://me:pw@big.example:11434", "${OLLAMA_URL}"] {
        let before = json!({ "models": { "providers": { "ollama": { "baseUrl": own } } } }).to_string();
        let (after, _) = planned(&before, &request("qwen3:8b"), "2026.9.6", &Address::default()).unwrap();
        assert_eq!(after["models"]["providers"]["ollama"]["baseUrl"], own);
    }
}

#[test]
fn an_empty_allow_list_allows_all_and_stays_empty() {
    let before = r#"{ "agents": { "defaults": { "models": {} } } }"#;
    let (after, _) = planned(before, &request("qwen3:8b"), "2026.9.6", &Address::default()).unwrap();
    assert_eq!(after["agents"]["defaults"]["models"], json!({}));
}

#[test]
fn what_a_newer_version_ran_is_what_an_older_one_runs() {
    let newer = r#"{ "models": { "providers": { "ollama": { "baseUrl": "http://127.0.0.1:11434", "api": "ollama",
        "apiKey": "ollama-local", "models": [{ "id": "qwen3:8b", "contextWindow": 40960, "contextTokens": 16384,
        "params": { "num_ctx": 16384 } }] } } } }"#;
    for (version, window, tokens) in [
        ("2026.3.13", 16_384, None),
        ("2026.4.14", 16_384, None),
        ("2026.4.15", 40_960, Some(16_384)),
        ("2026.9.6", 40_960, Some(16_384)),
    ] {
        let (after, _) = planned(newer, &request("qwen3:8b"), version, &Address::default()).unwrap();
        let entry = &after["models"]["providers"]["ollama"]["models"][0];
        assert_eq!(entry["contextWindow"], json!(window), "{version}");
        assert_eq!(entry.get("contextTokens").and_then(serde_json::Value::as_u64), tokens, "{version}");
    }
    // One that was written too small is told, whoever wrote it.
    let small = newer.replace("16384", "4096");
    let (_, edits) = planned(&small, &request("qwen3:8b"), "2026.9.6", &Address::default()).unwrap();
    let warned = Warning::ContextSmall { name: "qwen3:8b".into(), tokens: 4096, guessed: false };
    assert!(edits.warnings.contains(&warned), "{:?}", edits.warnings);
}

#[test]
fn what_a_model_showed_is_said_before_it_is_chosen() {
    use crate::models::check::{CheckOutcome, Checked};
    let document = Document::parse(Path::new("openclaw.json"), b"{}").unwrap();
    let models = vec![
        model("nomic-embed-text:latest", &["embedding"], Some(32_768)),
        model("qwen3:8b", &["completion", "tools"], Some(40_960)),
    ];
    let told = |name: &str, outcome: CheckOutcome| {
        let tried = Checked::new(1, outcome);
        let checked = [("qwen3:8b".to_owned(), tried)].into();
        let situation = Situation {
            value: document.value(),
            installed: Some(&models),
            known: Known { checked: Some(&checked), ..Known::default() },
            address: &Address::default(),
            address_asked: false,
            dialect: Dialect::of(None),
            key: false,
            unset: &[],
        };
        use_model(&request(name), situation).unwrap().warnings
    };
    let embedding = Warning::Embedding { name: "nomic-embed-text:latest".into() };
    assert_eq!(told("nomic-embed-text", CheckOutcome::CalledTool {}), [embedding]);
    assert_eq!(told("qwen3:8b", CheckOutcome::CalledTool {}), []);
    let failed = Warning::FailedCheck { name: "qwen3:8b".into() };
    for outcome in
        [CheckOutcome::NoCall { called: None }, CheckOutcome::CallAsText {}, CheckOutcome::NoTools {}]
    {
        assert_eq!(told("qwen3:8b", outcome), std::slice::from_ref(&failed));
    }
}
