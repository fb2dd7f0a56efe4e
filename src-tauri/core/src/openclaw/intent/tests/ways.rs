//! The two ways, automatic and pinned, and what a list keeps when it is written anew.

use super::*;

#[test]
fn automatic_by_version_says_what_it_runs() {
    let wanted = UseRequest { mode: Some(SetMode::Automatic), ..request("qwen3:8b") };
    let usual = Address::default();
    let early = planned("{}", &wanted, "2026.2.3", &usual).unwrap_err();
    assert_eq!(
        early.code,
        ErrorCode::SettingsAutomaticNotPossible { since: "2026.2.17".into(), address: None }
    );
    for (version, tokens, maximum, advised, online) in [
        ("2026.2.17", Some(128_000), false, false, false),
        ("2026.3.13", None, true, false, false),
        ("2026.4.15", None, true, false, false),
        ("2026.5.28", None, false, false, false),
        ("2026.6.11", None, false, false, false),
        ("2026.8.2", Some(32_768), false, true, false),
        ("2026.9.6", Some(32_768), false, true, true),
    ] {
        let (after, edits) = planned("{}", &wanted, version, &usual).unwrap();
        assert_eq!(
            after,
            json!({ "agents": { "defaults": { "model": { "primary": "ollama/qwen3:8b" } } },
                "gateway": { "mode": "local" } }),
            "{version}"
        );
        assert!(edits.write_key, "{version}");
        let mut expected =
            vec![Warning::AutomaticOffersMore { online }, Warning::AutomaticContext { tokens, maximum }];
        if !advised {
            expected.push(Warning::AutomaticNotAdvised { since: "2026.8.2".into() });
        }
        assert_eq!(edits.warnings, expected, "{version}");
    }
}

#[test]
fn from_pinned_to_automatic_what_goes_is_shown() {
    let pinned = r#"{ "models": { "providers": { "ollama": { "baseUrl": "http://127.0.0.1:11434", "apiKey": "ollama-local",
        "models": [{ "id": "mine:1b" }] }, "other": {} } } }"#;
    let foreign =
        pinned.replace(r#""apiKey": "ollama-local","#, r#""apiKey": "k", "headers": { "X": "y" },"#);
    let wanted = UseRequest { mode: Some(SetMode::Automatic), ..request("qwen3:8b") };
    let usual = Address::default();
    let (after, edits) = planned(pinned, &wanted, "2026.9.6", &usual).unwrap();
    assert_eq!(after["models"]["providers"], json!({ "other": {} }));
    assert!(edits.warnings.contains(&Warning::DropsModels { names: vec!["mine:1b".into()] }));
    // Keys of the user's keep the entry, without its list.
    let (after, _) = planned(&foreign, &wanted, "2026.9.6", &usual).unwrap();
    let entry = &after["models"]["providers"]["ollama"];
    assert_eq!(entry["headers"], json!({ "X": "y" }));
    assert_eq!((entry.get("models"), &entry["apiKey"]), (None, &json!("k")));
    // A version that takes no entry without a list would lose them: it is refused.
    let refused = planned(&foreign, &wanted, "2026.3.13", &usual).unwrap_err();
    let names = vec!["apiKey".to_owned(), "headers".to_owned()];
    assert_eq!(refused.code, ErrorCode::SettingsAutomaticDrops { names, since: "2026.5.28".into() });
    // Another address needs a version that takes one without a list.
    let far = Address::parse("http://box:11434").unwrap();
    let (after, _) = planned("{}", &wanted, "2026.9.6", &far).unwrap();
    assert_eq!(
        after["models"]["providers"]["ollama"],
        json!({ "baseUrl": "http://box:11434", "api": "ollama" })
    );
    let early = planned("{}", &wanted, "2026.4.15", &far).unwrap_err();
    assert_eq!(
        early.code,
        ErrorCode::SettingsAutomaticNotPossible {
            since: "2026.5.28".into(),
            address: Some("http://box:11434".into())
        }
    );
}

#[test]
fn an_exact_list_drops_the_rest_and_takes_numbers() {
    let before = r#"{ "models": { "providers": { "ollama": { "models": [
        { "id": "gone:1b" }, { "id": "qwen3:8b", "contextWindow": 9000 }, { "id": "also-gone" } ] } } } }"#;
    let own =
        |id: &str, window, most| ListedModel { id: id.into(), context_window: window, max_tokens: most };
    let wanted = UseRequest {
        listed: Some(vec![own("qwen3:8b", Some(20_000), None), own("gemma2:2b", None, Some(77))]),
        ..request("qwen3:8b")
    };
    let (after, edits) = planned(before, &wanted, "2026.9.6", &Address::default()).unwrap();
    let models = after["models"]["providers"]["ollama"]["models"].as_array().unwrap();
    let ids: Vec<&Json> = models.iter().map(|model| &model["id"]).collect();
    assert_eq!(ids, ["qwen3:8b", "gemma2:2b"]);
    assert_eq!((&models[0]["contextWindow"], &models[0]["contextTokens"]), (&json!(20_000), &json!(20_000)));
    assert_eq!(models[0]["params"]["num_ctx"], 20_000);
    assert_eq!(models[1]["maxTokens"], 77);
    let names = vec!["gone:1b".to_owned(), "also-gone".to_owned()];
    assert!(edits.warnings.contains(&Warning::DropsModels { names }));
}

#[test]
fn another_model_does_not_change_the_way() {
    let flat = r#"{ "env": { "vars": { "OLLAMA_API_KEY": "k" } }, "agents": { "defaults": { "model": { "primary": "ollama/x" } } } }"#;
    let listed =
        r#"{ "models": { "providers": { "ollama": { "apiKey": "k", "models": [{ "id": "qwen3:8b" }] } } } }"#;
    for (before, version, pinned) in [
        (flat, "2026.9.6", false),
        (flat, "2026.2.3", true),
        (listed, "2026.9.6", true),
        ("{}", "2026.9.6", true),
    ] {
        let wanted = UseRequest { all_ready: true, ..request("qwen3:8b") };
        let (after, _) = planned(before, &wanted, version, &Address::default()).unwrap();
        assert_eq!(after["agents"]["defaults"]["model"]["primary"], "ollama/qwen3:8b");
        assert_eq!(after.pointer("/models/providers/ollama/models").is_some(), pinned, "{before} {version}");
    }
}

#[test]
fn what_was_listed_by_hand_may_stay_although_it_is_not_installed() {
    let before = r#"{ "models": { "providers": { "ollama": { "models": [{ "id": "mine:1b", "name": "Mine" }] } } },
        "agents": { "defaults": { "model": { "primary": "x/y", "fallbacks": ["ollama/mine:1b"] } } } }"#;
    let own = |id: &str| ListedModel { id: id.into(), ..ListedModel::default() };
    let wanted = UseRequest {
        listed: Some(vec![own("qwen3:8b"), own("mine:1b")]),
        fallbacks: Some(vec!["ollama/mine:1b".into()]),
        ..request("qwen3:8b")
    };
    let (after, _) = planned(before, &wanted, "2026.9.6", &Address::default()).unwrap();
    assert_eq!(
        after["models"]["providers"]["ollama"]["models"][0],
        json!({ "id": "mine:1b", "name": "Mine" })
    );
    assert_eq!(after["agents"]["defaults"]["model"]["fallbacks"], json!(["ollama/mine:1b"]));
    let new = UseRequest { listed: Some(vec![own("never:1b")]), ..request("qwen3:8b") };
    assert!(planned(before, &new, "2026.9.6", &Address::default()).is_err());
}
