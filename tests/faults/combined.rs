//! Two causes and more at once: the one that hides nothing of the others is named first, the others stay in the list,
//! and when the first is mended the next is on top.

use pincer_practice::{Options, Practice};
use serde_json::{Value, json};

use crate::{
    connection::{playing, running_older},
    engine::{CRASHING, NEWEST, add_unit, down},
    lab::{Lab, Stage, block_on, codes, scenarios},
    openclaw::ask_for_node,
    support::{
        home::Home,
        ollama::{Ollama, free_address},
        programs,
        settings::{add_openclaw, whole, write},
    },
};

scenarios! {
    stopped_and_no_openclaw: "engine.not-running", "settings.unreadable", "openclaw.not-installed";
    stopped_and_the_pages_wrong_key: "engine.not-running", "settings.fallback-key";
    stopped_and_openclaw_in_a_container: "engine.not-running", "openclaw.elsewhere";
    crashing_and_node_too_old: "engine.crash-looping", "openclaw.node-too-old";
    drive_gone_and_no_model_chosen: "engine.models-dir-missing", "settings.no-primary";
    another_program_and_no_gateway_mode: "connection.other-program", "openclaw.gateway-mode-unset";
    moved_and_a_variable_unset: "connection.listening-elsewhere", "settings.env-missing";
    reset_and_settings_unreadable: "connection.reset", "settings.unreadable";
    proxy_and_no_context_sent: "connection.proxy-intercepts", "settings.context-not-sent";
    proxy_and_model_missing: "connection.proxy-intercepts", "settings.model-not-installed";
    too_old_and_model_missing: "engine.too-old", "settings.model-not-installed";
    nothing_installed_and_no_gateway_mode:
        "models.none-installed", "settings.model-not-installed", "openclaw.gateway-mode-unset";
    no_tools_and_the_pages_wrong_key: "models.none-with-tools", "settings.fallback-key";
    wrong_key_and_not_allowed: "settings.fallback-key", "settings.not-allowed";
    wrong_form_and_no_gateway_mode: "settings.api-unsupported", "openclaw.gateway-mode-unset";
    busy_and_the_pages_wrong_key: "settings.fallback-key", "engine.busy";
}

/// What OpenClaw was told, changed.
fn tell(home: &Home, url: &str, change: impl FnOnce(&mut Value)) {
    let mut settings = whole(url);
    change(&mut settings);
    write(home, "openclaw.json", &settings.to_string());
}

fn wrong_key(settings: &mut Value) {
    settings["agents"]["defaults"]["model"]["fallback"] = json!(["ollama/llama3.2:3b"]);
}

fn no_gateway_mode(settings: &mut Value) {
    settings["gateway"].as_object_mut().unwrap().remove("mode");
}

fn choosing(settings: &mut Value, model: &str) {
    settings["agents"]["defaults"]["model"]["primary"] = json!(format!("ollama/{model}"));
}

/// Nothing listens where the settings say, and a start is all that Ollama needs.
fn stopped(lab: &Lab, home: &Home, host: &str) {
    home.add_program(&programs::practice(), "ollama");
    let told = [("OLLAMA_HOST", host)];
    let stage = Stage::at(home, &told);
    lab.named(&lab.doctor(stage));
    lab.mends(stage);
}

fn stopped_and_no_openclaw(lab: &Lab) {
    let home = Home::new();
    write(&home, "openclaw.json", "{ oops");
    stopped(lab, &home, &free_address().to_string());
}

fn stopped_and_the_pages_wrong_key(lab: &Lab) {
    let (home, host) = down();
    tell(&home, &format!("http://{host}"), wrong_key);
    stopped(lab, &home, &host);
}

fn stopped_and_openclaw_in_a_container(lab: &Lab) {
    let home = Home::new();
    home.add_script("docker", "printf 'my-openclaw\\topenclaw:latest\\n'");
    stopped(lab, &home, &free_address().to_string());
}

fn crashing_and_node_too_old(lab: &Lab) {
    let (home, host) = down();
    add_unit(&home, CRASHING, "");
    ask_for_node(&home, ">=24.16.0", "v18.20.4");
    let alone = home.bin().into_os_string().into_string().unwrap();
    let told = [("PATH", alone.as_str())];
    let stage = Stage::at(&home, &told);
    lab.named(&lab.doctor(stage));
    let _ollama = Ollama::start_at(&home, host.parse().unwrap());
    lab.mended(stage);
}

fn drive_gone_and_no_model_chosen(lab: &Lab) {
    let (home, host) = down();
    add_unit(&home, CRASHING, "Error: mkdir /nowhere/drive/models: no such file or directory");
    tell(&home, &format!("http://{host}"), |settings| settings["agents"] = json!({}));
    let stage = Stage::at(&home, &[]);
    lab.named(&lab.doctor(stage));
    let _ollama = Ollama::start_at(&home, host.parse().unwrap());
    lab.mended(stage);
}

fn another_program_and_no_gateway_mode(lab: &Lab) {
    let home = Home::new();
    add_openclaw(&home, NEWEST);
    let (_server, host) = playing(&home, "nginx", "html");
    tell(&home, &format!("http://{host}"), no_gateway_mode);
    home.add_program(&programs::practice(), "ollama");
    let stage = Stage::at(&home, &[]);
    lab.named(&lab.doctor(stage));
    lab.mends(stage);
}

fn moved_and_a_variable_unset(lab: &Lab) {
    let (home, host) = down();
    let ollama = Ollama::start(&home);
    tell(&home, &format!("http://{host}"), |settings| {
        settings["models"]["providers"]["ollama"]["headers"] = json!({ "X-Team": "${TEAM_OF_OURS}" });
    });
    let answers = ollama.host();
    let told = [("OLLAMA_HOST", answers.as_str())];
    let stage = Stage::at(&home, &told);
    lab.named(&lab.doctor(stage));
    lab.mends(stage);
}

/// What cannot be read says nothing of an address: the one of the environment counts.
fn reset_and_settings_unreadable(lab: &Lab) {
    let (home, _) = down();
    let (server, host) = playing(&home, "nginx", "reset-after-request");
    write(&home, "openclaw.json", "{\n  // mine\n  agents: [,\n}\n");
    let told = [("OLLAMA_HOST", host.as_str())];
    let stage = Stage::at(&home, &told);
    lab.named(&lab.doctor(stage));
    drop(server);
    let _ollama = Ollama::start_at(&home, host.parse().unwrap());
    lab.mended(stage);
}

fn proxied(lab: &Lab, change: impl FnOnce(&mut Value)) {
    // The newest asks an Ollama on this computer directly; before it a proxy of the service's counts.
    let (home, ollama) = running_older();
    tell(&home, &ollama.url(), change);
    let stage = Stage::at(&home, &[]);
    let proxy = "HTTP_PROXY=http://127.0.0.1:9\n";
    write(&home, ".env", proxy);
    lab.named(&lab.doctor(stage));
    write(&home, ".env", &format!("{proxy}NO_PROXY=127.0.0.1\n"));
    lab.mended(stage);
}

fn proxy_and_no_context_sent(lab: &Lab) {
    proxied(lab, |settings| {
        let model = &mut settings["models"]["providers"]["ollama"]["models"][0];
        model.as_object_mut().unwrap().remove("params");
    });
}

fn proxy_and_model_missing(lab: &Lab) {
    proxied(lab, |settings| choosing(settings, "qwen3:4b"));
}

fn too_old_and_model_missing(lab: &Lab) {
    let home = Home::new();
    add_openclaw(&home, NEWEST);
    let mut ollama = Ollama::start_with(&home, &[("PRACTICE_VERSION", "0.6.3")]);
    tell(&home, &ollama.url(), |settings| choosing(settings, "qwen3:4b"));
    let stage = Stage::at(&home, &[]);
    lab.named(&lab.doctor(stage));
    ollama.kill();
    let _newer = Ollama::start_at(&home, ollama.address());
    lab.mended(stage);
}

fn with_models(lab: &Lab, options: Options, change: impl FnOnce(&mut Value)) {
    block_on(async {
        let quick = Options { pull_ticks: 2, verifying: std::time::Duration::ZERO, ..options };
        let practice = Practice::start(quick).await.unwrap();
        let home = Home::new();
        add_openclaw(&home, NEWEST);
        tell(&home, &practice.url(), change);
        let stage = Stage::at(&home, &[]);
        let found = lab.named(&lab.doctor(stage));
        assert_eq!(found["remedies"][0]["id"], "download-model");
        let mut pull = home.command(programs::pincer_cli());
        let name = found["remedies"][0]["params"]["name"].as_str().unwrap();
        assert!(pull.args(["pull", name]).output().unwrap().status.success());
        lab.mended_by_a_click(stage);
    });
}

fn nothing_installed_and_no_gateway_mode(lab: &Lab) {
    with_models(lab, Options { models: Vec::new(), ..Options::demo() }, no_gateway_mode);
}

fn no_tools_and_the_pages_wrong_key(lab: &Lab) {
    with_models(lab, Options::chat_only(), wrong_key);
}

fn in_settings(lab: &Lab, version: &str, change: impl FnOnce(&mut Value)) {
    let home = Home::new();
    add_openclaw(&home, version);
    let ollama = Ollama::start(&home);
    tell(&home, &ollama.url(), change);
    let stage = Stage::at(&home, &[]);
    lab.named(&lab.doctor(stage));
    // One repair puts all that it can in order.
    lab.act(stage, "qwen3:8b");
    let after = lab.doctor(stage);
    assert!(!codes(&after).contains(&lab.code()), "{after:#}");
    lab.gone_by_a_click();
}

/// The one that keeps the gateway from starting first.
fn wrong_key_and_not_allowed(lab: &Lab) {
    in_settings(lab, NEWEST, |settings| {
        wrong_key(settings);
        settings["agents"]["defaults"]["models"] = json!({ "anthropic/claude": {} });
    });
}

fn wrong_form_and_no_gateway_mode(lab: &Lab) {
    in_settings(lab, "2026.2.3", no_gateway_mode);
}

/// A warning waits behind a problem, wherever it is on the path.
fn busy_and_the_pages_wrong_key(lab: &Lab) {
    block_on(async {
        let practice = Practice::start(Options::demo()).await.unwrap();
        practice.set_answer("/api/ps", Some(crate::engine::full()));
        let home = Home::new();
        add_openclaw(&home, NEWEST);
        tell(&home, &practice.url(), wrong_key);
        let stage = Stage::at(&home, &[]);
        lab.named(&lab.doctor(stage));
        lab.mends(stage);
    });
}
