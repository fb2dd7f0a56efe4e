//! What a real look says of models on a computer of a known size, with a real server, and what its first remedy does
//! to the settings: a second look does not find it again.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test says what broke by panicking"
)]

use std::{fs, path::Path, time::SystemTime};

use pincer_core::{
    computer::Computer,
    diagnosis::{
        diagnose,
        finding::{Diagnosis, Remedy},
        remedy::{Carried, carry_out},
    },
    live::{
        Live,
        state::{ModelsState, Slice},
    },
    machine::os::Os,
    models::{
        assess::Group,
        discovery::Discovery,
        fit::{FitBasis, FitVerdict},
    },
    openclaw::{
        change::{self, Wish},
        outcome::{UseRequest, Warning},
    },
    surroundings::{Environment, Surroundings},
};
use pincer_practice::{Answer, Options, Practice, PracticeModel};
use serde_json::{Value, json};

struct Home {
    folder: tempfile::TempDir,
}

impl Home {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join(".openclaw")).unwrap();
        Self { folder }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn settings(&self) -> Value {
        serde_json::from_slice(&fs::read(self.path().join(".openclaw/openclaw.json")).unwrap()).unwrap()
    }

    /// A computer with so much memory.
    fn computer(&self, practice: &Practice, memory: &str) -> Computer {
        let url = practice.url();
        let environment = Environment::new([("OLLAMA_HOST", url.as_str()), ("PINCER_MEMORY", memory)]);
        Computer::new(Surroundings::new(Os::Linux, environment, self.path(), SystemTime::now), None)
    }

    /// Whole settings of 2026.9.6 that ask for this context with this model.
    fn write(&self, practice: &Practice, model: &str, num_ctx: Option<u64>) {
        let mut entry = json!({ "id": model, "name": model });
        if let Some(tokens) = num_ctx {
            entry["contextTokens"] = json!(tokens);
            entry["params"] = json!({ "num_ctx": tokens, "keep_alive": "15m" });
        }
        let settings = json!({
            "meta": { "lastTouchedVersion": "2026.9.6" },
            "models": { "providers": { "ollama": { "baseUrl": practice.url(), "api": "ollama",
                "apiKey": "ollama-local", "timeoutSeconds": 300, "models": [entry] } } },
            "agents": { "defaults": { "model": { "primary": format!("ollama/{model}") } } },
        });
        fs::write(self.path().join(".openclaw/openclaw.json"), settings.to_string()).unwrap();
    }
}

async fn look(computer: &Computer) -> Diagnosis {
    diagnose(computer, &mut Discovery::default()).await.unwrap().1
}

/// Codes about models and settings: no OpenClaw is here, and that is named besides.
fn codes(diagnosis: &Diagnosis) -> Vec<String> {
    let code = |finding| serde_json::to_value(finding).unwrap()["code"].as_str().unwrap().to_owned();
    diagnosis.findings.iter().map(code).filter(|code| code != "openclaw.not-installed").collect()
}

/// Applies the first remedy of this finding, and looks again.
async fn mend(computer: &Computer, code: &str) -> Vec<String> {
    let before = look(computer).await;
    let all = before.findings.iter();
    let finding = all
        .clone()
        .find(|finding| serde_json::to_value(finding).unwrap()["code"] == code)
        .unwrap_or_else(|| panic!("{code} is not named: {before:#?}"));
    match carry_out(computer, &finding.remedies[0].remedy).await.unwrap() {
        Carried::Prepared(prepared) => {
            assert!(prepared.preview.changed, "{code}: the remedy changes nothing");
            change::apply(computer, prepared.plan).await.unwrap().unwrap();
        }
        other => panic!("{code}: {other:?}"),
    }
    codes(&look(computer).await)
}

/// What `/api/ps` says is loaded.
fn running(practice: &Practice, model: &str, on_card: u64, context: u64) {
    let body = json!({ "models": [{ "name": model, "size": 10_000_000_000_u64, "size_vram": on_card,
        "context_length": context, "expires_at": "2026-11-23T07:00:00Z" }] });
    let answer = Answer::Reply {
        status: 200,
        content_type: "application/json".into(),
        body: body.to_string().into_bytes(),
    };
    practice.set_answer("/api/ps", Some(answer));
}

/// Qwen3 8B needs 11.6 GB at 32,768 tokens and 9.1 GB at 16,384.
const QWEN: &str = "qwen3:8b";

async fn with_qwen() -> Practice {
    let models = Options::demo().models.into_iter().filter(|model| model.name == QWEN).collect();
    Practice::start(Options::with_models(models)).await.unwrap()
}

#[tokio::test]
async fn a_context_that_does_not_fit_is_shortened() {
    let (practice, home) = (with_qwen().await, Home::new());
    home.write(&practice, QWEN, Some(32_768));
    let computer = home.computer(&practice, "11000000000");
    assert_eq!(mend(&computer, "settings.context-too-large").await, Vec::<String>::new());
    let entry = &home.settings()["models"]["providers"]["ollama"]["models"][0];
    assert_eq!((&entry["contextTokens"], &entry["params"]["num_ctx"]), (&json!(16_384), &json!(16_384)));
    assert_eq!(entry["params"]["keep_alive"], "15m", "what else is there stays");
    // Enough memory, a graphics card, or a load that works: nothing to say.
    home.write(&practice, QWEN, Some(32_768));
    for memory in ["64000000000", "11000000000,4000000000"] {
        assert_eq!(codes(&look(&home.computer(&practice, memory)).await), Vec::<String>::new(), "{memory}");
    }
    running(&practice, QWEN, 10_000_000_000, 32_768);
    assert_eq!(codes(&look(&computer).await), Vec::<String>::new());
}

#[tokio::test]
async fn what_is_written_fits_and_what_does_not_is_told() {
    let (practice, home) = (with_qwen().await, Home::new());
    let used = async |memory: &str, context: Option<u64>| {
        let request = UseRequest { primary: QWEN.into(), context, ..UseRequest::default() };
        let prepared = change::prepare(&home.computer(&practice, memory), Wish::Use(request)).await.unwrap();
        let text = prepared.plan.edits.last().unwrap().after.clone().unwrap();
        let settings: Value = serde_json::from_slice(&text).unwrap();
        let entry = &settings["models"]["providers"]["ollama"]["models"][0];
        let told = prepared.preview.warnings.into_iter().find(|one| matches!(one, Warning::TooBig { .. }));
        (entry["params"]["num_ctx"].as_u64().unwrap(), told)
    };
    assert_eq!(used("64000000000", None).await, (32_768, None));
    assert_eq!(used("11000000000", None).await, (16_384, None));
    let too_big = |need_bytes, have_bytes, tokens| {
        Some(Warning::TooBig { name: QWEN.into(), need_bytes, have_bytes, tokens })
    };
    assert_eq!(
        used("11000000000", Some(32_768)).await,
        (32_768, too_big(11_557_226_372, 11_000_000_000, 32_768))
    );
    assert_eq!(used("8000000000", None).await, (16_384, too_big(9_141_307_268, 8_000_000_000, 16_384)));
}

#[tokio::test]
async fn a_model_that_does_not_fit_gives_way_to_one_that_does() {
    let small = PracticeModel::tools("granite4:micro").sized(1_000_000_000);
    let big = Options::demo().models.into_iter().find(|model| model.name == QWEN).unwrap();
    let practice = Practice::start(Options::with_models(vec![big, small])).await.unwrap();
    let home = Home::new();
    home.write(&practice, QWEN, Some(16_384));
    let computer = home.computer(&practice, "8000000000");
    assert_eq!(mend(&computer, "models.does-not-fit").await, Vec::<String>::new());
    assert_eq!(home.settings()["agents"]["defaults"]["model"]["primary"], "ollama/granite4:micro");
}

#[tokio::test]
async fn too_short_a_context_is_raised() {
    let (practice, home) = (with_qwen().await, Home::new());
    let computer = home.computer(&practice, "64000000000");
    home.write(&practice, QWEN, Some(4096));
    running(&practice, QWEN, 10_000_000_000, 4096);
    assert_eq!(mend(&computer, "models.context-too-small").await, Vec::<String>::new());
    let entry = &home.settings()["models"]["providers"]["ollama"]["models"][0];
    assert_eq!(entry["params"]["num_ctx"], 32_768);
    // The automatic way of this version leaves it to Ollama: the remedy pins it.
    let automatic = json!({ "meta": { "lastTouchedVersion": "2026.6.11" },
        "models": { "providers": { "ollama": { "baseUrl": practice.url(), "api": "ollama" } } },
        "agents": { "defaults": { "model": { "primary": format!("ollama/{QWEN}") } } } });
    fs::write(home.path().join(".openclaw/openclaw.json"), automatic.to_string()).unwrap();
    fs::write(home.path().join(".openclaw/.env"), "OLLAMA_API_KEY=ollama-local\n").unwrap();
    assert_eq!(mend(&computer, "models.context-too-small").await, Vec::<String>::new());
    assert_eq!(home.settings()["models"]["providers"]["ollama"]["models"][0]["params"]["num_ctx"], 32_768);
}

#[tokio::test]
async fn slow_and_weak_models_are_named() {
    let (practice, home) = (with_qwen().await, Home::new());
    home.write(&practice, QWEN, Some(32_768));
    running(&practice, QWEN, 0, 32_768);
    assert_eq!(codes(&look(&home.computer(&practice, "64000000000")).await), ["models.on-cpu"]);

    let models = vec![PracticeModel::tools("mistral:latest").sized(4_000_000_000)];
    let practice = Practice::start(Options::with_models(models)).await.unwrap();
    home.write(&practice, "mistral:latest", Some(32_768));
    let weak = look(&home.computer(&practice, "64000000000")).await;
    assert_eq!(codes(&weak), ["models.weak-for-agents"]);
    let finding = weak
        .findings
        .iter()
        .find(|finding| !finding.remedies.is_empty() && codes_of(finding) == "models.weak-for-agents");
    let remedy = finding.unwrap().remedies[0].remedy.clone();
    assert_eq!(remedy, Remedy::DownloadModel { name: "qwen3.5:4b".into() });

    let models = vec![PracticeModel::old_server("odd:1b")];
    let practice = Practice::start(Options::with_models(models)).await.unwrap();
    home.write(&practice, "odd:1b", Some(32_768));
    assert_eq!(codes(&look(&home.computer(&practice, "64000000000")).await), ["models.capabilities-unknown"]);
}

fn codes_of(finding: &pincer_core::diagnosis::finding::Finding) -> String {
    serde_json::to_value(finding).unwrap()["code"].as_str().unwrap().to_owned()
}

/// The first state of the models that is as wanted.
async fn state(computer: Computer, wanted: impl Fn(&ModelsState) -> bool) -> ModelsState {
    let live = Live::start(computer);
    let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel();
    let reader = live.subscribe(move |update| sender.send(update.slice).is_ok());
    let search = async {
        loop {
            match receiver.recv().await {
                Some(Slice::Models(models)) if wanted(&models) => return models,
                Some(_) => {}
                None => panic!("the subscription ended"),
            }
        }
    };
    let found = tokio::time::timeout(std::time::Duration::from_secs(30), search).await.unwrap();
    reader.abort();
    found
}

#[tokio::test]
async fn the_window_is_told_all_of_it() {
    // A model whose layers differ: Ollama says how only when it is asked verbosely.
    let heads: Vec<u64> = (1..=32).map(|layer| if layer % 4 == 0 { 4 } else { 0 }).collect();
    let hybrid = PracticeModel::tools("hybrid:9b")
        .sized(6_600_000_000)
        .info("general.architecture", json!("qwen35"))
        .info("qwen35.block_count", json!(32))
        .info("qwen35.context_length", json!(262_144))
        .info("qwen35.attention.key_length", json!(256))
        .info("qwen35.attention.value_length", json!(256))
        .info("qwen35.attention.head_count_kv", json!(heads));
    let weak = PracticeModel::tools("mistral:latest").sized(4_000_000_000);
    let big = PracticeModel::tools("qwen3-next:80b").sized(50_000_000_000);
    let cloud = PracticeModel::cloud("gpt-oss:20b-cloud");
    let practice = Practice::start(Options::with_models(vec![hybrid, weak, big, cloud])).await.unwrap();
    let home = Home::new();
    let computer = home.computer(&practice, "16000000000");
    let advised = |models: &ModelsState| models.catalogue.iter().any(|offer| offer.description.is_some());
    let found = state(computer, advised).await;
    assert_eq!(
        (found.remote, found.memory.as_ref().map(|memory| memory.total_bytes)),
        (false, Some(16_000_000_000))
    );
    let one = |id: &str| found.models.iter().find(|one| one.model.id == id).unwrap();
    let hybrid = one("hybrid:9b");
    // 8 of 32 layers x 4 heads x 512 x 2 bytes x 32,768 tokens.
    let expected = 6_600_000_000 + 1_500_000_000 + 8 * 4 * 512 * 2 * 32_768;
    assert_eq!((hybrid.fit.need_bytes, hybrid.fit.basis), (Some(expected), FitBasis::Estimated));
    assert_eq!((hybrid.group, hybrid.fit.verdict), (Group::Recommended, FitVerdict::Fits));
    assert_eq!(
        (one("mistral:latest").group, one("mistral:latest").better.as_deref()),
        (Group::OftenFails, Some("hybrid:9b"))
    );
    assert_eq!(one("qwen3-next:80b").group, Group::TooBig);
    assert_eq!(one("gpt-oss:20b-cloud").fit.basis, FitBasis::Online);
    // What the server recommends and Pincer does not know is there, in the server's words.
    let theirs: Vec<&str> = found
        .catalogue
        .iter()
        .filter(|offer| offer.description.is_some())
        .map(|offer| offer.entry.name.as_str())
        .collect();
    assert_eq!(theirs, ["granite4.1:8b"]);
    let ranks: Vec<bool> = found.catalogue.iter().map(|offer| offer.fit == FitVerdict::TooBig).collect();
    assert!(ranks.is_sorted(), "what fits comes first");
    let asked = |path: &str| practice.requests().iter().filter(|request| request.path == path).count();
    assert_eq!(asked("/api/experimental/model-recommendations"), 1, "not with every look");
}

#[tokio::test]
async fn a_server_without_recommendations_is_fine() {
    let (practice, home) = (with_qwen().await, Home::new());
    let path = "/api/experimental/model-recommendations";
    let missing = Answer::Reply {
        status: 404,
        content_type: "text/plain".into(),
        body: b"404 page not found".to_vec(),
    };
    practice.set_answer(path, Some(missing));
    let computer = home.computer(&practice, "16000000000");
    let found = state(computer, |models| models.problem.is_none() && !models.models.is_empty()).await;
    assert!(found.catalogue.iter().all(|offer| offer.description.is_none()));
    assert_eq!(found.models[0].group, Group::Recommended);
}
