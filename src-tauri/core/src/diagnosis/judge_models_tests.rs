//! How the chosen model does on this computer: each finding from its facts, and the silence where nothing is known.

use serde_json::json;

use super::*;
use crate::{
    machine::memory::{GraphicsCard, Memory},
    models::check::{CheckOutcome, Checked},
};

/// Qwen3 8B as a server shows it: 5.2 GB, 147,456 bytes a token.
pub(super) fn sized(id: &str, bytes: u64, capabilities: &[&str]) -> Model {
    let info = json!({ "general.architecture": "qwen3", "qwen3.block_count": 36, "qwen3.context_length": 40_960,
        "qwen3.embedding_length": 4096, "qwen3.attention.head_count": 32, "qwen3.attention.head_count_kv": 8,
        "qwen3.attention.key_length": 128, "qwen3.attention.value_length": 128 });
    let tag = Tag { name: id.into(), size: bytes, ..Tag::default() };
    let capabilities = Some(capabilities.iter().map(|one| (*one).to_owned()).collect());
    let show = Show { capabilities, model_info: info.as_object().cloned(), ..Show::default() };
    crate::models::discovery::judge(&tag, Some(&show))
}

/// All in order, with a model of a size on a computer with so many gigabytes.
pub(super) fn on(gigabytes: u64) -> Facts {
    let mut facts = well();
    installed(&mut facts, vec![sized("qwen3:8b", 5_225_388_164, &["completion", "tools"])]);
    facts.memory = Some(Memory { total_bytes: gigabytes * 1_000_000_000, ..Memory::default() });
    facts
}

pub(super) fn installed(facts: &mut Facts, models: Vec<Model>) {
    facts.models = Some(Ok(Discovered { server_version: "0.32.15".into(), models }));
}

fn asks(facts: &mut Facts, num_ctx: Option<u64>) {
    settings(facts).sends = vec![Sends { id: "qwen3:8b".into(), num_ctx, ..Sends::default() }];
}

/// Chosen, listed, told its context.
fn choose(facts: &mut Facts, name: &str) {
    let told = settings(facts);
    told.primary = Some(format!("ollama/{name}"));
    told.listed = vec![name.into()];
    told.sends = sends(name);
}

fn remember(facts: &mut Facts, outcome: CheckOutcome, context_running: Option<u64>) {
    let checked = Checked { context_running, ..Checked::new(0, outcome) };
    facts.checked = HashMap::from([("qwen3:8b".to_owned(), checked)]);
}

pub(super) fn card(facts: &mut Facts, gigabytes: u64) {
    let card = GraphicsCard { name: "card".into(), total_bytes: gigabytes * 1_000_000_000 };
    facts.memory.as_mut().unwrap().graphics = vec![card];
}

fn failed() -> CheckOutcome {
    CheckOutcome::NotEnoughMemory { need_bytes: Some(9_000_000_000), have_bytes: Some(2_000_000_000) }
}

#[test]
fn each_from_its_facts() {
    /// What, the findings, the remedies of the first, the facts, what is different.
    type Row<'a> = (&'a str, &'a [&'a str], &'a [&'a str], Facts, fn(&mut Facts));
    let table: &[Row<'_>] = &[
        ("plenty", &[], &[], on(64), |_| {}),
        (
            "a context that is too long",
            &["settings.context-too-large"],
            &["set-context", "download-model"],
            on(11),
            |_| {},
        ),
        ("the same on a card", &[], &[], on(11), |facts| card(facts, 8)),
        ("the same, loaded with it", &[], &[], on(11), |facts| {
            facts.loaded = vec![loaded("qwen3:8b", 10, 32_768)];
        }),
        ("the same, tried with it", &[], &[], on(11), |facts| {
            remember(facts, CheckOutcome::CalledTool {}, Some(32_768));
        }),
        ("too big at its best", &["models.does-not-fit"], &["download-model"], on(8), |_| {}),
        ("too big, and one that fits is there", &["models.does-not-fit"], &["use-model"], on(8), |facts| {
            let small = sized("qwen3.5:4b", 1_000_000_000, &["completion", "tools"]);
            installed(facts, vec![sized("qwen3:8b", 5_225_388_164, &["completion", "tools"]), small]);
            settings(facts).listed.push("qwen3.5:4b".into());
        }),
        ("nothing fits at all", &["models.does-not-fit"], &["choose-model"], on(2), |_| {}),
        ("it could not be loaded", &["models.does-not-fit"], &["download-model"], on(64), |facts| {
            remember(facts, failed(), None);
        }),
        ("elsewhere it could not be loaded", &["models.does-not-fit"], &["choose-model"], on(64), |facts| {
            facts.effective = candidate("192.0.2.7", AddressSource::Settings, Answer::Ollama);
            facts.remote = true;
            remember(facts, failed(), None);
        }),
        ("elsewhere nothing is computed", &[], &[], on(2), |facts| {
            facts.effective = candidate("192.0.2.7", AddressSource::Settings, Answer::Ollama);
            facts.remote = true;
        }),
        ("a memory that is not known", &[], &[], on(2), |facts| facts.memory = None),
        (
            "short, and OpenClaw does not say",
            &["models.context-too-small", "settings.context-not-sent"],
            &["set-context"],
            on(64),
            |facts| {
                facts.loaded = vec![loaded("Qwen3:8B", 10, 4096)];
                asks(facts, None);
            },
        ),
        (
            "short, and OpenClaw asks for as little",
            &["models.context-too-small"],
            &["set-context"],
            on(64),
            |facts| {
                facts.loaded = vec![loaded("qwen3:8b", 10, 8192)];
                asks(facts, Some(8192));
            },
        ),
        ("short by another program", &[], &[], on(64), |facts| {
            facts.loaded = vec![loaded("qwen3:8b", 10, 4096)];
        }),
        (
            "short, and the model has no more",
            &["models.context-too-small"],
            &["download-model"],
            on(64),
            |facts| {
                let mut small = model("small:1b", &["completion", "tools"]);
                (small.context_window, small.context_known) = (8192, true);
                installed(facts, vec![small]);
                choose(facts, "small:1b");
                facts.loaded = vec![loaded("small:1b", 10, 8192)];
            },
        ),
        ("another model is short", &[], &[], on(64), |facts| {
            facts.loaded = vec![loaded("other:1b", 0, 4096)];
        }),
        ("half and half is not slow enough to say", &[], &[], on(64), |facts| {
            facts.loaded = vec![loaded("qwen3:8b", 5, 32_768)];
        }),
        ("on Ollama's list", &["models.weak-for-agents"], &["download-model"], on(64), |facts| {
            installed(facts, vec![sized("mistral:latest", 4_000_000_000, &["completion", "tools"])]);
            choose(facts, "mistral");
        }),
        (
            "on Ollama's list, with a better one",
            &["models.weak-for-agents"],
            &["use-model"],
            on(64),
            |facts| {
                let better = sized("qwen3:8b", 5_225_388_164, &["completion", "tools"]);
                let weak = sized("mistral:latest", 4_000_000_000, &["completion", "tools"]);
                installed(facts, vec![weak, better]);
                choose(facts, "mistral");
                settings(facts).listed.push("qwen3:8b".into());
            },
        ),
        (
            "a server that should say",
            &["models.capabilities-unknown"],
            &["get-ollama", "choose-model"],
            on(64),
            |facts| {
                let tag = Tag { name: "odd:1b".into(), ..Tag::default() };
                installed(facts, vec![crate::models::discovery::judge(&tag, Some(&Show::default()))]);
                choose(facts, "odd:1b");
            },
        ),
        ("one that runs online", &[], &[], on(2), |facts| {
            installed(facts, vec![sized("gpt-oss:120b-cloud", 381, &["completion", "tools"])]);
            choose(facts, "gpt-oss:120b-cloud");
        }),
        ("Ollama is off in the settings", &["settings.ollama-off"], &["choose-model"], on(8), |facts| {
            settings(facts).api_key = false;
        }),
    ];
    for (what, expected, offered, facts, change) in table {
        let mut facts = facts.clone();
        change(&mut facts);
        let diagnosis = judge(&facts);
        assert_eq!(codes(&diagnosis), *expected, "{what}");
        let first = diagnosis.findings.first().map(remedies).unwrap_or_default();
        assert_eq!(first, *offered, "{what}");
        assert!(diagnosis.findings.iter().all(|finding| !finding.evidence.is_empty()), "{what}");
    }
}

#[test]
fn a_load_that_failed_is_a_problem_and_a_computed_one_a_warning() {
    assert!(judge(&on(8)).ok);
    let mut facts = on(64);
    remember(&mut facts, failed(), None);
    let diagnosis = judge(&facts);
    assert!(!diagnosis.ok);
    let finding = diagnosis.findings.first().unwrap();
    let expected = Cause::ModelsDoesNotFit {
        name: "qwen3:8b".into(),
        need_bytes: Some(9_000_000_000),
        have_bytes: Some(64_000_000_000),
        tokens: 16_384,
        measured: true,
    };
    assert_eq!((finding.severity, &finding.cause), (Severity::Problem, &expected));
}

#[test]
fn what_fits_is_named() {
    let diagnosis = judge(&on(11));
    let finding = diagnosis.findings.first().unwrap();
    let expected = Cause::SettingsContextTooLarge { name: "qwen3:8b".into(), tokens: 32_768, fits: 16_384 };
    assert_eq!(finding.cause, expected);
    let remedy = Remedy::SetContext { name: "qwen3:8b".into(), tokens: 16_384 };
    assert_eq!(finding.remedies.first().unwrap().remedy, remedy);
}

#[test]
fn words_differ_with_and_without_a_card() {
    let graphics = |change: fn(&mut Facts)| {
        let mut facts = on(64);
        facts.loaded = vec![loaded("qwen3:8b", 4, 32_768)];
        change(&mut facts);
        match judge(&facts).findings.first().map(|finding| finding.cause.clone()) {
            Some(Cause::ModelsOnCpu { percent: 40, graphics, .. }) => graphics,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(graphics(|_| {}), Some(false));
    assert_eq!(graphics(|facts| card(facts, 6)), Some(true));
    assert_eq!(graphics(|facts| facts.memory = None), None);
}

#[test]
fn only_a_server_that_should_say_is_blamed() {
    for (version, blamed) in
        [("0.6.4", true), ("0.32.15", true), ("0.6.3", false), ("0.5.0", false), ("0.0.0", true), ("", true)]
    {
        assert_eq!(models::should_say(version), blamed, "{version}");
    }
}
