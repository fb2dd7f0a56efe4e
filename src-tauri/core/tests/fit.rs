//! Whether models fit, by what servers really say of them: `model_info` of each architecture with the keys that
//! llama.cpp and Ollama write (`data/model_info.json`), with what a hand reckons from them; and whatever else could
//! stand there.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test says what broke by panicking"
)]

use std::collections::HashMap;

use pincer_core::{
    machine::memory::{GraphicsCard, Memory},
    models::{
        catalogue::{on_offer, shipped},
        check::{CheckOutcome, Checked},
        discovery::judge,
        fit::{DEFAULT_CONTEXT, FitBasis, FitVerdict, Known, RunsOn, fit, recommended_context},
        model::{Model, Verdict},
        shape::CacheShape,
    },
    ollama::wire::{Loaded, Show, Tag},
};
use proptest::prelude::*;
use serde::Deserialize;
use serde_json::{Map, Value, json};

const GB: u64 = 1_000_000_000;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    name: String,
    size: u64,
    capabilities: Vec<String>,
    model_info: Option<Map<String, Value>>,
    token_bytes: u64,
    window_token_bytes: u64,
    window: u64,
    guessed: bool,
    verdict: Verdict,
    fit: Expected,
}

#[derive(Deserialize)]
struct Expected {
    context: u64,
    on8_16_32_64: [FitVerdict; 4],
}

fn rows() -> Vec<Row> {
    serde_json::from_str(include_str!("data/model_info.json")).unwrap()
}

fn model(row: &Row) -> Model {
    let tag = Tag { name: "some:model".into(), size: row.size, ..Tag::default() };
    let capabilities = Some(row.capabilities.clone());
    judge(&tag, Some(&Show { capabilities, model_info: row.model_info.clone(), ..Show::default() }))
}

fn memory(gigabytes: u64) -> Memory {
    Memory { total_bytes: gigabytes * GB, ..Memory::default() }
}

fn with_card(gigabytes: u64, card: u64) -> Memory {
    let card = GraphicsCard { name: "card".into(), total_bytes: card * GB };
    Memory { graphics: vec![card], ..memory(gigabytes) }
}

fn here(memory: &Memory) -> Known<'_> {
    Known { memory: Some(memory), ..Known::default() }
}

#[test]
fn every_architecture_by_its_own_keys() {
    let rows = rows();
    assert!(rows.len() >= 60);
    for row in &rows {
        let model = model(row);
        assert_eq!(model.verdict, row.verdict, "{}", row.name);
        let expected = CacheShape {
            token_bytes: row.token_bytes,
            window_token_bytes: row.window_token_bytes,
            window: row.window,
            guessed: row.guessed,
        };
        assert_eq!(model.cache, expected, "{}", row.name);
        for (gigabytes, verdict) in [8, 16, 32, 64].into_iter().zip(row.fit.on8_16_32_64) {
            let memory = memory(gigabytes);
            let found = fit(&model, row.fit.context, &here(&memory));
            assert_eq!(found.verdict, verdict, "{} on {gigabytes} GB: {found:?}", row.name);
            let basis = if row.guessed { FitBasis::Guessed } else { FitBasis::Estimated };
            assert_eq!(found.basis, basis, "{}", row.name);
            let runs_on = (verdict != FitVerdict::TooBig).then_some(RunsOn::Processor);
            assert_eq!((found.runs_on, found.graphics_bytes), (runs_on, Some(0)), "{}", row.name);
        }
    }
}

#[test]
fn what_is_said_before_the_download_is_said_after_it() {
    let rows = rows();
    for (offered, installed) in [
        ("qwen3.5", "qwen3.5:9b"),
        ("qwen3:8b", "qwen3:8b"),
        ("gpt-oss:20b", "gpt-oss:20b"),
        ("gemma4", "gemma4:e4b"),
        ("glm-4.7-flash", "glm-4.7-flash:latest"),
        ("qwen3-coder:30b", "qwen3-coder:30b"),
        ("llama3.3", "llama3.3:latest"),
        ("qwen2.5-coder:32b", "qwen2.5-coder:32b"),
        ("mistral", "mistral:latest"),
    ] {
        let entry = shipped().into_iter().find(|entry| entry.name == offered).unwrap();
        let row = rows.iter().find(|row| row.name == installed).unwrap();
        assert_eq!(entry.download_bytes, Some(row.size), "{offered}");
        let model = model(row);
        let least = entry.memory_bytes.unwrap();
        let at = |memory: &Memory| {
            let known = here(memory);
            let offer = on_offer(&[], &[], &known).into_iter().find(|offer| offer.entry.name == offered);
            let verdict = offer.unwrap().fit;
            let context = recommended_context(&model, &known, DEFAULT_CONTEXT);
            assert_eq!(verdict, fit(&model, context, &known).verdict, "{offered} in {memory:?}");
            assert_eq!(verdict == FitVerdict::TooBig, memory.all_bytes() < least, "{offered} in {memory:?}");
        };
        for gigabytes in [4, 6, 8, 10, 12, 14, 16, 18, 20, 24, 32, 48, 64, 128] {
            at(&memory(gigabytes));
            at(&with_card(gigabytes, 12));
        }
        for total_bytes in [least - 1, least] {
            at(&Memory { total_bytes, ..Memory::default() });
        }
    }
}

fn named(name: &str) -> Model {
    model(rows().iter().find(|row| row.name == name).unwrap())
}

#[test]
fn the_context_to_recommend() {
    let table: &[(&str, u64, u64, u64)] = &[
        // Model, gigabytes, at most, recommended.
        ("qwen3:8b", 64, DEFAULT_CONTEXT, 32_768),
        ("qwen3:8b", 11, DEFAULT_CONTEXT, 16_384),
        ("qwen3:8b", 4, DEFAULT_CONTEXT, 16_384),
        ("qwen3:8b", 64, u64::MAX, 40_960),
        ("llama3.1:8b", 64, u64::MAX, 131_072),
        ("llama3.1:8b", 19, u64::MAX, 65_536),
        ("llama3.1:8b", 12, u64::MAX, 32_768),
        ("qwen3-coder:30b", 64, u64::MAX, 131_072),
        ("gemma2:9b", 64, DEFAULT_CONTEXT, 8_192),
        ("phi4:14b", 64, DEFAULT_CONTEXT, 16_384),
        ("mxbai-embed-large:latest", 4, DEFAULT_CONTEXT, 512),
        ("no model_info at all", 64, DEFAULT_CONTEXT, 8_192),
    ];
    for (name, gigabytes, most, expected) in table {
        let memory = memory(*gigabytes);
        assert_eq!(recommended_context(&named(name), &here(&memory), *most), *expected, "{name} {gigabytes}");
    }
    // Nothing is guessed of another computer's memory.
    let small = memory(4);
    for known in [Known::default(), Known { remote: true, ..here(&small) }] {
        assert_eq!(recommended_context(&named("qwen3:8b"), &known, DEFAULT_CONTEXT), 32_768);
    }
}

#[test]
fn where_it_runs() {
    let unified = |gigabytes| Memory { unified: true, ..memory(gigabytes) };
    for (memory, verdict, runs_on) in [
        (with_card(16, 24), FitVerdict::Fits, Some(RunsOn::Graphics)),
        (with_card(16, 12), FitVerdict::Fits, Some(RunsOn::Both)),
        (with_card(4, 6), FitVerdict::TooBig, None),
        (memory(16), FitVerdict::Fits, Some(RunsOn::Processor)),
        (unified(16), FitVerdict::Fits, Some(RunsOn::Graphics)),
        (unified(14), FitVerdict::Tight, Some(RunsOn::Both)),
    ] {
        let found = fit(&named("qwen3:8b"), DEFAULT_CONTEXT, &here(&memory));
        assert_eq!((found.verdict, found.runs_on), (verdict, runs_on), "{memory:?}");
        assert_eq!(found.memory_bytes, Some(memory.all_bytes()));
        assert_eq!(found.graphics_bytes, (!memory.unified).then(|| memory.graphics_bytes()));
    }
}

fn loaded(context_length: u64, size_vram: u64) -> [Loaded; 1] {
    [Loaded {
        // As another spelling of the same name.
        name: "Some:Model".into(),
        size: 12 * GB,
        size_vram,
        context_length,
        expires_at: String::new(),
    }]
}

fn checked(outcome: CheckOutcome, context_running: Option<u64>) -> HashMap<String, Checked> {
    let checked = Checked { context_running, on_graphics_card: Some(0.0), ..Checked::new(0, outcome) };
    HashMap::from([("some:model".to_owned(), checked)])
}

#[test]
fn what_happened_overrules_what_is_computed() {
    let (small, big) = (memory(8), memory(64));
    let model = named("qwen3:8b");
    let at = |known: Known<'_>| {
        let found = fit(&model, DEFAULT_CONTEXT, &known);
        (found.verdict, found.basis)
    };
    assert_eq!(at(here(&small)), (FitVerdict::TooBig, FitBasis::Estimated));
    // It is loaded with this context, or more.
    let running = loaded(32_768, 12 * GB);
    let known = Known { loaded: &running, ..here(&small) };
    assert_eq!(at(known), (FitVerdict::Tight, FitBasis::Measured));
    let found = fit(&model, DEFAULT_CONTEXT, &known);
    assert_eq!((found.need_bytes, found.runs_on), (Some(12 * GB), Some(RunsOn::Graphics)));
    assert_eq!(at(Known { loaded: &running, ..here(&big) }), (FitVerdict::Fits, FitBasis::Measured));
    // Loaded with more than is asked about: what it would need is the estimate, never more than what was seen.
    let long = loaded(262_144, 12 * GB);
    let found = fit(&model, 16_384, &Known { loaded: &long, ..here(&big) });
    let computed = fit(&model, 16_384, &here(&big));
    assert_eq!((found.basis, found.need_bytes), (FitBasis::Measured, computed.need_bytes));
    // Elsewhere, too.
    let remote = Known { remote: true, loaded: &running, ..here(&small) };
    assert_eq!(at(remote), (FitVerdict::Fits, FitBasis::Measured));
    assert_eq!(fit(&model, 40_960, &remote).basis, FitBasis::Remote);
    // A shorter one says nothing of a longer.
    let short = loaded(4096, 0);
    assert_eq!(at(Known { loaded: &short, ..here(&small) }), (FitVerdict::TooBig, FitBasis::Estimated));
    // A remembered check that ran.
    let ran = checked(CheckOutcome::CalledTool {}, Some(32_768));
    assert_eq!(at(Known { checked: Some(&ran), ..here(&small) }), (FitVerdict::Tight, FitBasis::Measured));
    let ran_short = checked(CheckOutcome::CalledTool {}, Some(16_384));
    let known = Known { checked: Some(&ran_short), ..here(&small) };
    assert_eq!(at(known), (FitVerdict::TooBig, FitBasis::Estimated));
    assert_eq!(recommended_context(&model, &known, DEFAULT_CONTEXT), 16_384);
    // A load that failed for lack of memory; one that works since is newer.
    let outcome = CheckOutcome::NotEnoughMemory { need_bytes: Some(9 * GB), have_bytes: Some(3 * GB) };
    let failed = checked(outcome, None);
    let known = Known { checked: Some(&failed), ..here(&big) };
    assert_eq!(at(known), (FitVerdict::TooBig, FitBasis::Measured));
    assert_eq!(fit(&model, DEFAULT_CONTEXT, &known).need_bytes, Some(9 * GB));
    assert_eq!(recommended_context(&model, &known, DEFAULT_CONTEXT), 16_384);
    assert_eq!(at(Known { loaded: &running, ..known }), (FitVerdict::Fits, FitBasis::Measured));
    // One that asked for more: a shorter conversation may fit, in the memory that there was.
    for (had, shorter) in
        [(None, FitVerdict::Tight), (Some(10), FitVerdict::Tight), (Some(3), FitVerdict::TooBig)]
    {
        let have_bytes = had.map(|gigabytes: u64| gigabytes * GB);
        let mut failed =
            checked(CheckOutcome::NotEnoughMemory { need_bytes: Some(12 * GB), have_bytes }, None);
        failed.get_mut("some:model").unwrap().asked_context = Some(32_768);
        let known = Known { checked: Some(&failed), ..here(&big) };
        for (context, expected) in [
            (16_384, (shorter, FitBasis::Estimated)),
            (32_768, (FitVerdict::TooBig, FitBasis::Measured)),
            (40_960, (FitVerdict::TooBig, FitBasis::Measured)),
        ] {
            let found = fit(&model, context, &known);
            assert_eq!((found.verdict, found.basis), expected, "{context} {had:?}");
        }
    }
    // Other ends of a check say nothing about memory.
    let busy = checked(CheckOutcome::Busy {}, Some(32_768));
    assert_eq!(at(Known { checked: Some(&busy), ..here(&small) }), (FitVerdict::TooBig, FitBasis::Estimated));
}

#[test]
fn what_cannot_be_said_is_not_said() {
    let big = memory(64);
    let model = named("qwen3:8b");
    let said = |model: &Model, known: &Known<'_>| {
        let found = fit(model, DEFAULT_CONTEXT, known);
        (found.verdict, found.basis, found.need_bytes)
    };
    let nothing = |basis| (FitVerdict::Unknown, basis, None);
    assert_eq!(said(&model, &Known::default()), nothing(FitBasis::NoMemory));
    assert_eq!(said(&model, &Known { remote: true, ..here(&big) }), nothing(FitBasis::Remote));
    assert_eq!(said(&model, &Known { remote: true, ..Known::default() }), nothing(FitBasis::Remote));
    let sizeless = Model { size_bytes: 0, ..model.clone() };
    assert_eq!(said(&sizeless, &here(&big)), nothing(FitBasis::Guessed));
    let tag = Tag { name: "x:cloud".into(), size: 381, ..Tag::default() };
    let cloud = judge(&tag, Some(&Show::default()));
    assert_eq!(said(&cloud, &here(&big)), nothing(FitBasis::Online));
    assert_eq!(fit(&cloud, 1, &here(&big)).memory_bytes, None);
}

/// Values that a key could have, real and absurd.
fn value() -> impl Strategy<Value = Value> {
    let number = prop_oneof![
        Just(json!(0)),
        Just(json!(u64::MAX)),
        Just(json!(i64::MIN)),
        Just(json!(1e308)),
        Just(json!(-0.5)),
        any::<u64>().prop_map(|number| json!(number)),
        (0_u64..300).prop_map(|number| json!(number)),
        any::<bool>().prop_map(|flag| json!(flag)),
        Just(Value::Null),
        Just(json!("8")),
        Just(json!({})),
    ];
    prop_oneof![
        4 => number.clone(),
        1 => proptest::collection::vec(number, 0..40).prop_map(Value::Array),
    ]
}

const KEYS: [&str; 17] = [
    "block_count",
    "context_length",
    "embedding_length",
    "attention.head_count",
    "attention.head_count_kv",
    "attention.key_length",
    "attention.value_length",
    "attention.key_length_swa",
    "attention.value_length_swa",
    "attention.sliding_window",
    "attention.sliding_window_pattern",
    "attention.chunk_size",
    "attention.shared_kv_layers",
    "attention.kv_lora_rank",
    "attention.key_length_mla",
    "rope.dimension_count",
    "full_attention_interval",
];

fn info() -> impl Strategy<Value = Map<String, Value>> {
    let architecture = prop_oneof![
        Just("llama"),
        Just("gemma3"),
        Just("gptoss"),
        Just("qwen35"),
        Just("deepseek2"),
        Just("mamba"),
        Just("")
    ];
    let keys = proptest::collection::vec((0..KEYS.len(), value()), 0..KEYS.len());
    (architecture, keys, value()).prop_map(|(architecture, keys, count)| {
        let mut info: Map<String, Value> =
            keys.into_iter().map(|(key, value)| (format!("{architecture}.{}", KEYS[key]), value)).collect();
        info.insert("general.architecture".into(), architecture.into());
        info.insert("general.parameter_count".into(), count);
        info
    })
}

proptest! {
    #[test]
    fn whatever_stands_there_a_longer_conversation_never_needs_less(
        info in info(), size: u64, memory: u64, card: u64, first: u64, second: u64,
    ) {
        let tag = Tag { name: "m".into(), size, ..Tag::default() };
        let show = Show { capabilities: Some(Vec::new()), model_info: Some(info), ..Show::default() };
        let model = judge(&tag, Some(&show));
        let graphics = vec![GraphicsCard { name: String::new(), total_bytes: card }];
        let memory = Memory { total_bytes: memory, graphics, unified: false };
        let known = here(&memory);
        let (short, long) = (first.min(second), first.max(second));
        let need = |context| fit(&model, context, &known).need_bytes.unwrap_or_default();
        prop_assert!(need(short) <= need(long));
        prop_assert!(size == 0 || need(short) >= size);
        let rank = |context| match fit(&model, context, &known).verdict {
            FitVerdict::Unknown | FitVerdict::Fits => 0,
            FitVerdict::Tight => 1,
            FitVerdict::TooBig => 2,
        };
        prop_assert!(rank(short) <= rank(long));
        let recommended = recommended_context(&model, &known, DEFAULT_CONTEXT);
        prop_assert!(recommended <= model.context_window.min(DEFAULT_CONTEXT));
        prop_assert!(recommended > 0);
    }
}
