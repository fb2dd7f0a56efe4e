//! Causes in the models: what is installed, and how the chosen one does on this computer.

use std::fs;

use pincer_practice::{Answer, Options, Practice, PracticeModel};
use serde_json::{Value, json};

use crate::{
    engine::{running, set_up, tried},
    lab::{Lab, Stage, block_on, click, codes, remedies, scenarios},
    support::{
        home::Home,
        programs,
        settings::{whole, write},
    },
};

scenarios! {
    none_installed: "models.none-installed", "settings.model-not-installed";
    none_with_tools: "models.none-with-tools";
    second_store: "models.second-store";
    capabilities_unknown: "models.capabilities-unknown";
    context_too_small: "models.context-too-small";
    does_not_fit: "models.does-not-fit";
    does_not_fit_by_a_failed_load: "models.does-not-fit";
    on_cpu: "models.on-cpu";
    on_cpu_with_a_smaller_one: "models.on-cpu";
    on_cpu_as_it_was_measured: "models.on-cpu", "settings.gives-up-too-early";
    gives_up_before_the_first_word: "settings.gives-up-too-early";
    calls_as_text: "models.calls-as-text";
    cloud_sign_in: "models.cloud-sign-in";
    weak_for_agents: "models.weak-for-agents";
}

/// Practice with these models, and a set-up at it that this changes.
fn with(options: Options, change: impl FnOnce(&mut Value), look: impl AsyncFnOnce(&Practice, &Home)) {
    block_on(async {
        let options = Options { pull_ticks: 2, verifying: std::time::Duration::ZERO, ..options };
        let practice = Practice::start(options).await.unwrap();
        let mut settings = whole(&practice.url());
        change(&mut settings);
        let home = set_up(&practice.url());
        write(&home, "openclaw.json", &settings.to_string());
        look(&practice, &home).await;
    });
}

/// This model is the primary, and listed alone.
fn choosing(settings: &mut Value, model: &str) {
    settings["agents"]["defaults"]["model"]["primary"] = json!(format!("ollama/{model}"));
    let listed = &mut settings["models"]["providers"]["ollama"]["models"];
    *listed = json!([listed[0]]);
    listed[0]["id"] = json!(model);
    listed[0]["name"] = json!(model);
}

fn none_installed(lab: &Lab) {
    // Then one more thing: the chosen model is not there.
    let empty = Options { models: Vec::new(), ..Options::demo() };
    with(
        empty,
        |_| {},
        async |_, home| {
            let found = lab.named(&lab.doctor(Stage::at(home, &[])));
            assert_eq!(found["remedies"][0]["id"], "download-model");
            lab.mends(Stage::at(home, &[]));
        },
    );
}

fn none_with_tools(lab: &Lab) {
    with(
        Options::chat_only(),
        |settings| choosing(settings, "gemma2:2b"),
        async |_, home| {
            let stage = Stage::at(home, &[]);
            let found = lab.named(&lab.doctor(stage));
            assert_eq!(found["remedies"][0]["id"], "download-model");
            let model = found["remedies"][0]["params"]["name"].as_str().unwrap().to_owned();
            // It is there then, and is to be chosen.
            lab.mends_then(stage, || {
                lab.first_is("settings.model-without-tools", &lab.doctor(stage));
                let mut command = home.command(programs::pincer_cli());
                assert!(command.args(["use", &model, "--yes"]).output().unwrap().status.success());
            });
        },
    );
}

/// A model's manifest in the user's own folder of models.
pub fn add_manifest(home: &Home, path: &str) {
    let file = home.path().join(".ollama/models/manifests/registry.ollama.ai/library").join(path);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, "{}").unwrap();
}

fn second_store(lab: &Lab) {
    let (home, _ollama) = running();
    let stage = Stage::at(&home, &[]);
    add_manifest(&home, "qwen3/8b");
    assert_eq!(codes(&lab.doctor(stage)), ["openclaw.gateway-stopped"], "nothing is missing");
    add_manifest(&home, "mistral/7b");
    let found = lab.named(&lab.doctor(stage));
    let folder = home.path().join(".ollama/models");
    assert_eq!(found["params"], json!({ "folder": folder, "names": ["mistral:7b"] }));
    assert_eq!((&found["severity"], remedies(&found)), (&json!("warning"), vec!["use-store"]));
    fs::remove_dir_all(folder).unwrap();
    lab.mended(stage);
}

fn capabilities_unknown(lab: &Lab) {
    let mute =
        PracticeModel { capabilities: None, tags_capabilities: None, ..PracticeModel::tools("mute:1b") };
    let models = vec![mute, PracticeModel::tools("llama3.2:3b")];
    let options = Options { models, ..Options::demo() };
    with(
        options,
        |settings| choosing(settings, "mute:1b"),
        async |practice, home| {
            let stage = Stage::at(home, &[]);
            let found = lab.named(&lab.doctor(stage));
            assert_eq!(
                (&found["params"]["name"], &found["severity"]),
                (&json!("mute:1b"), &json!("warning"))
            );
            // An Ollama that says it, as an update would.
            let newer = Options { models: vec![PracticeModel::tools("mute:1b")], ..Options::demo() };
            let newer = Practice::start(newer).await.unwrap();
            let text = fs::read_to_string(home.openclaw_json()).unwrap();
            fs::write(home.openclaw_json(), text.replace(&practice.url(), &newer.url())).unwrap();
            lab.mended(stage);
        },
    );
}

/// What `/api/ps` says of qwen3:8b.
fn loaded(practice: &Practice, on_card: u64, tokens: u64) {
    let model = json!({ "name": "qwen3:8b", "model": "qwen3:8b", "size": 6_000_000_000_u64,
        "size_vram": on_card, "context_length": tokens });
    let body = json!({ "models": [model] }).to_string();
    let reply = Answer::Reply { status: 200, content_type: "application/json".into(), body: body.into() };
    practice.set_answer("/api/ps", Some(reply));
}

fn context_too_small(lab: &Lab) {
    // An automatic set-up asks for no context: what runs is Ollama's own default.
    let automatic = |settings: &mut Value| {
        let provider = &mut settings["models"]["providers"]["ollama"];
        *provider = json!({ "baseUrl": provider["baseUrl"], "api": "ollama", "apiKey": "ollama-local" });
    };
    with(Options::demo(), automatic, async |practice, home| {
        let package = home.path().join("lib/node_modules/openclaw/package.json");
        fs::write(package, r#"{ "name": "openclaw", "version": "2026.6.11" }"#).unwrap();
        write(home, ".env", "OLLAMA_API_KEY=ollama-local\n");
        loaded(practice, 6_000_000_000, 4096);
        let stage = Stage::at(home, &[]);
        let found = lab.named(&lab.doctor(stage));
        assert_eq!(found["params"], json!({ "name": "qwen3:8b", "tokens": 4096 }));
        lab.mends(stage);
    });
}

fn does_not_fit(lab: &Lab) {
    let small = PracticeModel::tools("qwen3:4b").sized(2_497_293_931);
    let options = Options { models: [Options::demo().models, vec![small]].concat(), ..Options::demo() };
    with(
        options,
        |_| {},
        async |_, home| {
            let stage = Stage::at(home, &[("PINCER_MEMORY", "8000000000")]);
            let found = lab.named(&lab.doctor(stage));
            assert_eq!(
                (&found["severity"], &found["params"]["measured"]),
                (&json!("warning"), &json!(false))
            );
            assert_eq!(found["remedies"][0]["params"]["name"], "qwen3:4b");
            lab.mends(stage);
        },
    );
}

/// A load that failed for lack of memory: no estimate any more.
fn does_not_fit_by_a_failed_load(lab: &Lab) {
    let shortest = |settings: &mut Value| {
        choosing(settings, "too-big:70b");
        settings["models"]["providers"]["ollama"]["models"][0]["params"]["num_ctx"] = json!(16_384);
    };
    with(Options::checks(), shortest, async |_, home| {
        check(home, "too-big:70b");
        let stage = Stage::at(home, &[]);
        let found = lab.named(&lab.doctor(stage));
        assert_eq!((&found["severity"], &found["params"]["measured"]), (&json!("problem"), &json!(true)));
        lab.mends(stage);
    });
}

fn check(home: &Home, model: &str) {
    let mut command = home.command(programs::pincer_cli());
    assert_eq!(command.args(["check", model, "--json"]).output().unwrap().status.code(), Some(1));
}

fn on_cpu(lab: &Lab) {
    with(
        Options::demo(),
        |_| {},
        async |practice, home| {
            loaded(practice, 0, 32_768);
            let stage = Stage::at(home, &[]);
            let found = lab.named(&lab.doctor(stage));
            let params = json!({ "name": "qwen3:8b", "percent": 0, "graphics": false, "seconds": null });
            assert_eq!(found["params"], params);
            let offered = ["keep-loaded", "download-model", "choose-model"];
            assert_eq!(remedies(&found), offered);
            let before = fs::read(home.openclaw_json()).unwrap();
            lab.mends(stage);
            let kept =
                settings(home)["models"]["providers"]["ollama"]["models"][0]["params"]["keep_alive"].clone();
            assert_eq!(kept, "24h");
            taken_back(home, &before);
            // The other way, by the window's click.
            click(stage, &found["remedies"][0]);
            lab.mended_by_a_click(stage);
        },
    );
}

fn settings(home: &Home) -> Value {
    serde_json::from_slice(&fs::read(home.openclaw_json()).unwrap()).unwrap()
}

/// Undone, the file is what it was, byte for byte.
fn taken_back(home: &Home, before: &[u8]) {
    let mut command = home.command(programs::pincer_cli());
    assert!(command.arg("undo").output().unwrap().status.success());
    assert_eq!(fs::read(home.openclaw_json()).unwrap(), before);
}

/// A model of two thirds of the size at most that can act is the first thing to do.
fn on_cpu_with_a_smaller_one(lab: &Lab) {
    let small = PracticeModel::tools("qwen3:4b").sized(2_497_293_931);
    let options = Options { models: [Options::demo().models, vec![small]].concat(), ..Options::demo() };
    with(
        options,
        |_| {},
        async |practice, home| {
            loaded(practice, 0, 32_768);
            let stage = Stage::at(home, &[]);
            let found = lab.named(&lab.doctor(stage));
            let first = json!({ "id": "use-model", "params": { "name": "qwen3:4b" }, "kind": "action" });
            assert_eq!((&found["remedies"][0], &remedies(&found)[1..2]), (&first, &["keep-loaded"][..]));
            let before = fs::read(home.openclaw_json()).unwrap();
            click(stage, &found["remedies"][0]);
            lab.mended_by_a_click(stage);
            assert_eq!(settings(home)["agents"]["defaults"]["model"]["primary"], "ollama/qwen3:4b");
            taken_back(home, &before);
        },
    );
}

/// A computer without a graphics card, by the numbers of practice: a minute to load, 20 tokens read in a second. No
/// minute passes.
fn slow_qwen() -> Options {
    let mut slow = PracticeModel::slow("qwen3:8b").sized(5_225_388_164).context(Some(40_960));
    slow.capabilities = Some(vec!["completion".into(), "tools".into()]);
    Options { models: vec![slow], ..Options::demo() }
}

fn measure(home: &Home) {
    let mut command = home.command(programs::pincer_cli());
    let output = command.args(["check", "qwen3:8b", "--json"]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
}

/// What was measured decides: 880 s, and OpenClaw waits 300.
fn on_cpu_as_it_was_measured(lab: &Lab) {
    let alone = |settings: &mut Value| choosing(settings, "qwen3:8b");
    with(slow_qwen(), alone, async |_, home| {
        let stage = Stage::at(home, &[]);
        let quiet = lab.doctor(stage);
        assert!(
            !codes(&quiet).contains(&lab.code()),
            "nothing is loaded, and nothing was measured: {quiet:#}"
        );
        measure(home);
        let answer = lab.doctor(stage);
        let found = lab.named(&answer);
        assert_eq!((&found["params"]["seconds"], &found["params"]["percent"]), (&json!(880), &json!(0)));
        let told = found["evidence"].to_string();
        assert!(told.contains("loaded in 60.0 s, read 20.0 tokens a second"), "{told}");
        let words = String::from_utf8(stage.run(&["doctor"]).0.stdout).unwrap();
        assert!(
            words.contains("begins after about 880 seconds") && words.contains("gives up after 300"),
            "{words}"
        );
        let place =
            found["remedies"].as_array().unwrap().iter().position(|offer| offer["id"] == "keep-loaded");
        click(stage, &found["remedies"][place.unwrap()]);
        lab.mended_by_a_click(stage);
    });
}

/// The longer limit is written for what was measured, and no other key.
fn gives_up_before_the_first_word(lab: &Lab) {
    let kept = |settings: &mut Value| {
        choosing(settings, "qwen3:8b");
        settings["models"]["providers"]["ollama"]["models"][0]["params"]["keep_alive"] = json!("24h");
        settings["agents"]["defaults"]["timeoutSeconds"] = json!(600);
    };
    with(slow_qwen(), kept, async |_, home| {
        let stage = Stage::at(home, &[]);
        measure(home);
        let found = lab.named(&lab.doctor(stage));
        assert_eq!(found["params"], json!({ "name": "qwen3:8b", "seconds": 880, "limit": 300 }));
        let first = json!({ "id": "set-timeout", "params": { "name": "qwen3:8b", "seconds": 1800 }, "kind": "action" });
        assert_eq!(found["remedies"], json!([first]));
        let before = fs::read(home.openclaw_json()).unwrap();
        let mut expected = settings(home);
        click(stage, &found["remedies"][0]);
        lab.mended_by_a_click(stage);
        expected["models"]["providers"]["ollama"]["timeoutSeconds"] = json!(1800);
        expected["agents"]["defaults"]["timeoutSeconds"] = json!(1800);
        let written = settings(home);
        assert_eq!(written["agents"], expected["agents"]);
        assert_eq!(written["models"]["providers"]["ollama"]["timeoutSeconds"], 1800);
        taken_back(home, &before);
        // The same as the command that doctor tells.
        lab.mends(stage);
    });
}

fn calls_as_text(lab: &Lab) {
    with(
        Options::checks(),
        |settings| choosing(settings, "writes-call:1b"),
        async |_, home| {
            let stage = Stage::at(home, &[]);
            let before = lab.doctor(stage);
            assert!(!codes(&before).contains(&lab.code()), "nothing is said of what was not tried");
            check(home, "writes-call:1b");
            let found = lab.named(&lab.doctor(stage));
            assert_ne!(found["remedies"][0]["params"]["name"], "writes-call:1b");
            lab.mends(stage);
        },
    );
}

fn cloud_sign_in(lab: &Lab) {
    tried(lab, "online:20b-cloud");
}

fn weak_for_agents(lab: &Lab) {
    with(
        Options::demo(),
        |settings| choosing(settings, "llama3.2:3b"),
        async |_, home| {
            let stage = Stage::at(home, &[]);
            let found = lab.named(&lab.doctor(stage));
            assert_eq!(
                (&found["severity"], &found["params"]["better"]),
                (&json!("note"), &json!("qwen3:8b"))
            );
            lab.mends(stage);
        },
    );
}
