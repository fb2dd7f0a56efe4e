//! Where the screen shows a model, at which context it is judged, and what is offered in place of a weak one.

use std::collections::HashMap;

use serde_json::json;

use super::*;
use crate::{
    machine::memory::Memory,
    models::{check::CheckOutcome, discovery::judge, fit::FitBasis},
    ollama::wire::{Show, Tag},
    openclaw::{
        dialect::Dialect,
        outcome::{ListedModel, Mode},
        settings::{Sends, Settings},
    },
};

const GB: u64 = 1_000_000_000;

/// A model with Qwen3 8B's shape: 147,456 bytes a token.
fn model(name: &str, gigabytes: u64, capabilities: &[&str]) -> Model {
    let info = json!({ "general.architecture": "qwen3", "qwen3.block_count": 36, "qwen3.context_length": 131_072,
        "qwen3.embedding_length": 4096, "qwen3.attention.head_count": 32, "qwen3.attention.head_count_kv": 8,
        "qwen3.attention.key_length": 128, "qwen3.attention.value_length": 128 });
    let show = Show {
        capabilities: (!capabilities.is_empty())
            .then(|| capabilities.iter().map(|word| (*word).to_owned()).collect()),
        model_info: info.as_object().cloned(),
        ..Show::default()
    };
    judge(&Tag { name: name.into(), size: gigabytes * GB, ..Tag::default() }, Some(&show))
}

fn memory(gigabytes: u64) -> Memory {
    Memory { total_bytes: gigabytes * GB, ..Memory::default() }
}

fn asking(told: &Settings, mode: Mode) -> Asking<'_> {
    Asking { told, mode, dialect: Dialect::of(None) }
}

#[test]
fn the_groups_of_the_screen() {
    let memory = memory(16);
    let known = Known { memory: Some(&memory), ..Known::default() };
    let told = Settings::default();
    for (name, gigabytes, capabilities, group) in [
        ("qwen3:8b", 5, &["completion", "tools"][..], Group::Recommended),
        ("qwen3:32b", 20, &["completion", "tools"], Group::TooBig),
        ("mistral:latest", 4, &["completion", "tools"], Group::OftenFails),
        ("llama3.3:latest", 43, &["completion", "tools"], Group::TooBig),
        ("someone/mistral:latest", 4, &["completion", "tools"], Group::Recommended),
        ("gemma2:2b", 2, &["completion"], Group::ChatOnly),
        ("gemma2:27b", 27, &["completion"], Group::ChatOnly),
        ("nomic-embed-text:latest", 1, &["embedding"], Group::Embedding),
        ("gpt-oss:120b-cloud", 0, &["completion", "tools"], Group::Online),
        ("old:latest", 4, &[], Group::Unknown),
    ] {
        let models = [model(name, gigabytes, capabilities)];
        let assessed = assess(&models, &known, &asking(&told, Mode::Off), &[]);
        assert_eq!(assessed[0].group, group, "{name}");
        assert_eq!(assessed[0].asked_context, None);
    }
}

#[test]
fn judged_at_the_context_that_is_asked_for() {
    let memory = memory(16);
    let known = Known { memory: Some(&memory), ..Known::default() };
    let told = Settings {
        entries: vec![ListedModel { id: "qwen3:8b".into(), ..ListedModel::default() }],
        sends: vec![Sends { id: "qwen3:8b".into(), num_ctx: Some(131_072), ..Sends::default() }],
        ..Settings::default()
    };
    let models = [model("qwen3:8b", 5, &["completion", "tools"])];
    let asked = &assess(&models, &known, &asking(&told, Mode::Pinned), &[])[0];
    assert_eq!((asked.asked_context, asked.recommended_context), (Some(131_072), 32_768));
    assert_eq!((asked.fit.context, asked.fit.verdict), (131_072, FitVerdict::TooBig));
    assert_eq!(asked.group, Group::Recommended, "a shorter conversation fits");
    let not_asked = &assess(&models, &known, &asking(&told, Mode::Off), &[])[0];
    assert_eq!((not_asked.fit.context, not_asked.fit.verdict), (32_768, FitVerdict::Fits));
}

#[test]
fn what_is_in_memory_and_what_was_tried() {
    let loaded = [Loaded {
        name: "Qwen3:8B".into(),
        size: 10 * GB,
        size_vram: 4 * GB,
        context_length: 8192,
        expires_at: "2026-11-23T07:00:00.5+01:00".into(),
    }];
    let outcome = CheckOutcome::NotEnoughMemory { need_bytes: None, have_bytes: None };
    let tried = Checked::new(1, outcome);
    let checked = HashMap::from([("small:1b".to_owned(), tried.clone())]);
    let known = Known { loaded: &loaded, checked: Some(&checked), ..Known::default() };
    let models =
        [model("qwen3:8b", 5, &["completion", "tools"]), model("small:1b", 1, &["completion", "tools"])];
    let told = Settings::default();
    let all = assess(&models, &known, &asking(&told, Mode::Off), &[]);
    let expected = InMemory {
        size_bytes: 10 * GB,
        on_graphics_card: 0.4,
        context: Some(8192),
        until: Some(1_795_413_600_500),
    };
    assert_eq!(all[0].in_memory, Some(expected));
    assert_eq!((&all[1].in_memory, &all[1].checked), (&None, &Some(tried)));
    assert_eq!((all[1].group, all[1].fit.basis), (Group::TooBig, FitBasis::Measured));
    for text in ["", "soon", "2026-13-45T00:00:00Z", "1950-01-01T00:00:00Z"] {
        assert_eq!(until(text), None, "{text}");
    }
}

#[test]
fn a_better_one_is_ready_and_fits() {
    let memory = memory(16);
    let known = Known { memory: Some(&memory), ..Known::default() };
    let told = Settings::default();
    let offered = catalogue::on_offer(&[], &[], &known);
    let weak = || model("mistral:latest", 4, &["completion", "tools"]);
    let better =
        |models: &[Model]| assess(models, &known, &asking(&told, Mode::Off), &offered)[0].better.clone();
    let act = |name: &str, gigabytes| model(name, gigabytes, &["completion", "tools"]);
    assert_eq!(better(&[weak(), act("big:70b", 43), act("good:8b", 5)]).as_deref(), Some("good:8b"));
    assert_eq!(better(&[weak(), act("big:70b", 43)]).as_deref(), Some("qwen3.5:4b"), "one to download");
    assert_eq!(
        better(&[weak(), weak(), model("chat:1b", 1, &["completion"])]).as_deref(),
        Some("qwen3.5:4b")
    );
    assert_eq!(better(&[act("good:8b", 5)]), None, "it is not weak");
    // Never a weak or too big one by itself.
    let models = [weak(), act("big:70b", 43)];
    assert_eq!(catalogue::best_ready(&models, &known), None);
    let models = [act("tight:14b", 8), act("good:8b", 5)];
    let best = |models: &[Model], known: &Known<'_>| {
        catalogue::best_ready(models, known).map(|model| model.id.clone())
    };
    assert_eq!(best(&models, &known).as_deref(), Some("good:8b"));
    // Nor one without room for OpenClaw's instructions, nor a tiny one beside a whole one.
    let short = Model { context_window: 4096, context_known: true, ..act("short:8b", 5) };
    assert_eq!(best(&[short], &known), None);
    let models = [act("tiny:1b", 1), act("good:8b", 5), act("other:8b", 5)];
    assert_eq!(best(&models, &known).as_deref(), Some("good:8b"));
    // What showed that it can act comes first.
    let called = Checked::new(1, CheckOutcome::CalledTool {});
    let checked = HashMap::from([("other:8b".to_owned(), called)]);
    assert_eq!(best(&models, &Known { checked: Some(&checked), ..known }).as_deref(), Some("other:8b"));
}

#[test]
fn a_failed_check_takes_the_recommendation_away() {
    let memory = memory(16);
    let told = Settings::default();
    let full = CheckOutcome::NotEnoughMemory { need_bytes: None, have_bytes: None };
    for (outcome, group, chosen) in [
        (CheckOutcome::CalledTool {}, Group::Recommended, true),
        (CheckOutcome::CallAsText {}, Group::OftenFails, false),
        (CheckOutcome::NoCall { called: None }, Group::OftenFails, false),
        (CheckOutcome::NoTools {}, Group::ChatOnly, false),
        // It fits at a shorter conversation, as far as can be computed.
        (full, Group::Recommended, true),
        // And does not in what Ollama said there was.
        (CheckOutcome::NotEnoughMemory { need_bytes: None, have_bytes: Some(2 * GB) }, Group::TooBig, false),
        (CheckOutcome::RunnerMissing {}, Group::Recommended, true),
    ] {
        let tried = Checked { asked_context: Some(32_768), ..Checked::new(1, outcome.clone()) };
        let checked = HashMap::from([("qwen3:8b".to_owned(), tried)]);
        let known = Known { memory: Some(&memory), checked: Some(&checked), ..Known::default() };
        let models = [model("qwen3:8b", 5, &["completion", "tools"])];
        let offered = catalogue::on_offer(&models, &[], &known);
        let assessed = &assess(&models, &known, &asking(&told, Mode::Off), &offered)[0];
        assert_eq!(assessed.group, group, "{outcome:?}");
        assert_eq!(catalogue::best_ready(&models, &known).is_some(), chosen, "{outcome:?}");
        assert_eq!(assessed.better.is_some(), outcome.failed(), "{outcome:?}");
    }
}
