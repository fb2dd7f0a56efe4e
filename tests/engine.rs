//! Every cause in Ollama itself, in its stores and in OpenClaw's program, made to really happen: real sockets, and
//! `systemctl`, `journalctl`, `docker` and `node` first on PATH that say what those of a broken machine say. And the
//! set-ups that are well, in which nothing may be found.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test says what broke by panicking"
)]
#![cfg(target_os = "linux")]

mod support;

use std::{fs, process::Command, time::SystemTime};

use pincer_core::{
    computer::Computer,
    diagnosis::finding::Remedy,
    machine::os::Os,
    openclaw::change,
    surroundings::{Environment, Surroundings},
};
use pincer_practice::{Answer, Options, Practice};
use serde_json::{Value, json};
use support::{
    apart::apart,
    broken::click,
    gateway::Gateway,
    home::Home,
    ollama::{Ollama, free_address},
    process, programs,
    settings::{add_openclaw, state, whole, write},
};

const NEWEST: &str = "2026.9.6";

/// A home with an OpenClaw and a whole set-up at `url`.
fn set_up(url: &str) -> Home {
    let home = Home::new();
    add_openclaw(&home, NEWEST);
    write(&home, "openclaw.json", &whole(url).to_string());
    home
}

fn doctor(home: &Home, arguments: &[&str], environment: &[(&str, &str)]) -> Value {
    let mut command = home.command(programs::pincer_cli());
    command.args(["doctor", "--json"]).args(arguments).envs(environment.iter().copied());
    process::json("doctor", &command.output().unwrap())
}

fn findings(answer: &Value) -> &Vec<Value> {
    answer["findings"].as_array().unwrap()
}

fn codes(answer: &Value) -> Vec<&str> {
    findings(answer).iter().map(|finding| finding["code"].as_str().unwrap()).collect()
}

/// The finding of this code; with evidence, and with its station broken and the later ones waiting where it is a
/// problem, which then comes first.
fn named<'a>(answer: &'a Value, code: &str) -> &'a Value {
    let found = findings(answer).iter().find(|finding| finding["code"] == code);
    let found = found.unwrap_or_else(|| panic!("{code} is not named: {answer:#}"));
    assert!(!found["evidence"].as_array().unwrap().is_empty());
    if found["severity"] == "problem" {
        assert_eq!(findings(answer)[0]["code"], code, "{answer:#}");
        let at = |station: &Value| station["link"] == found["link"];
        let path = answer["path"].as_array().unwrap();
        let broken = path.iter().position(at).unwrap();
        assert_eq!(path[broken]["state"], "broken", "{answer:#}");
        assert!(path[broken + 1..].iter().all(|station| station["state"] == "waiting"), "{answer:#}");
    }
    found
}

fn remedies(finding: &Value) -> Vec<&str> {
    finding["remedies"].as_array().unwrap().iter().map(|offer| offer["id"].as_str().unwrap()).collect()
}

/// A unit named ollama that says so, and its journal.
fn add_unit(home: &Home, properties: &str, journal: &str) {
    home.add_script(
        "systemctl",
        &format!("[ \"$1 $2\" = 'show ollama' ] || exit 1\ncat <<'EOF'\nLoadState=loaded\n{properties}\nEOF"),
    );
    home.add_script("journalctl", &format!("cat <<'EOF'\n{journal}\nEOF"));
}

const CRASHING: &str = "ActiveState=activating\nSubState=auto-restart\nNRestarts=9\nUser=ollama";
const CONFIG: &str = "time=2026-11-20T10:00:00Z level=INFO source=routes.go:1259 msg=\"server config\" env=\"map[OLLAMA_HOST:http://127.0.0.1:11434 OLLAMA_MODELS:/mnt/x]\"";

/// A home where nothing listens at the address of a whole set-up.
fn down() -> (Home, String) {
    let url = format!("http://{}", free_address());
    (set_up(&url), url)
}

#[test]
fn a_service_that_keeps_crashing() {
    let (home, _) = down();
    add_unit(&home, CRASHING, &format!("{CONFIG}\nError: something that no one has seen before"));
    let answer = doctor(&home, &[], &[]);
    let found = named(&answer, "engine.crash-looping");
    let reason = "Error: something that no one has seen before";
    assert_eq!(found["params"], json!({ "restarts": 9, "reason": reason }));
    assert_eq!(remedies(found), ["read-log", "restart-ollama"]);
    assert_eq!(found["remedies"][0]["command"][0], "journalctl");
    // A journal that is closed to us takes the reason away, not the cause.
    home.add_script("journalctl", "echo 'No journal files were opened due to insufficient permissions.' >&2");
    assert_eq!(named(&doctor(&home, &[], &[]), "engine.crash-looping")["params"]["reason"], Value::Null);
    // One that was stopped by hand is only not running.
    add_unit(&home, "ActiveState=inactive\nSubState=dead\nNRestarts=0", "");
    named(&doctor(&home, &[], &[]), "engine.not-running");
}

#[test]
fn a_folder_of_models_that_is_not_its_own() {
    let (home, _) = down();
    let folder = home.path().join("big");
    fs::create_dir(&folder).unwrap();
    let error = format!(
        "Error: mkdir {}/blobs: permission denied: ensure path elements are traversable",
        folder.display()
    );
    add_unit(&home, CRASHING, &format!("{CONFIG}\n{error}\n{CONFIG}\n{error}"));
    let answer = doctor(&home, &[], &[]);
    let found = named(&answer, "engine.models-dir-permission");
    assert_eq!(found["params"], json!({ "folder": folder, "user": "ollama" }));
    assert_eq!(remedies(found), ["give-folder", "restart-ollama"]);
    assert_eq!(found["remedies"][0]["command"], json!(["sudo", "chown", "-R", "ollama:ollama", folder]));
    assert!(
        found["evidence"].as_array().unwrap().iter().any(|seen| seen.as_str().unwrap().ends_with(&error))
    );
}

#[test]
fn an_ollama_that_pincer_started_and_that_may_not_use_its_folder() {
    let (home, url) = down();
    let folder = home.path().join("big");
    fs::create_dir(&folder).unwrap();
    home.add_program(&programs::practice(), "ollama");
    let said =
        format!("mkdir {}/blobs: permission denied: ensure path elements are traversable", folder.display());
    let host = url.trim_start_matches("http://");
    let mut start = home.command(programs::pincer_cli());
    let output =
        start.args(["start", "--json"]).envs([("OLLAMA_HOST", host), ("PRACTICE_EXIT", &said)]).output();
    assert_eq!(output.unwrap().status.code(), Some(2));
    let answer = doctor(&home, &[], &[]);
    let found = named(&answer, "engine.models-dir-permission");
    assert_eq!(found["params"], json!({ "folder": folder, "user": null }));
    assert_eq!(remedies(found), ["give-folder", "start-ollama"]);
    // Once it may, a start mends it; what the log said then no longer counts.
    let mut start = home.command(programs::pincer_cli());
    let started = start.args(["start", "--json"]).env("OLLAMA_HOST", host).output().unwrap();
    assert!(started.status.success(), "{started:?}");
    assert_eq!(doctor(&home, &[], &[])["ok"], true);
    home.kill_running();
    named(&doctor(&home, &[], &[]), "engine.not-running");
}

#[test]
fn a_folder_of_models_that_is_not_there() {
    let gone = "/nowhere/drive/models";
    for (unit, journal) in [
        (CRASHING.to_owned(), format!("{CONFIG}\nError: mkdir {gone}: no such file or directory")),
        // A user that may not make it says so, and yet it is missing.
        (
            CRASHING.to_owned(),
            format!("Error: mkdir {gone}/blobs: permission denied: ensure path elements are traversable"),
        ),
        // The journal is closed, the unit names the folder.
        (format!("{CRASHING}\nEnvironment=PATH=/bin OLLAMA_MODELS={gone}"), String::new()),
    ] {
        let (home, _) = down();
        add_unit(&home, &unit, &journal);
        let answer = doctor(&home, &[], &[]);
        let found = named(&answer, "engine.models-dir-missing");
        assert_eq!(found["params"], json!({ "folder": gone }), "{journal}");
        assert_eq!(remedies(found), ["find-folder", "restart-ollama"]);
    }
}

#[test]
fn a_service_that_was_told_another_port() {
    let ollama_home = Home::new();
    let ollama = Ollama::start(&ollama_home);
    let (home, url) = down();
    let unit = format!("ActiveState=active\nSubState=running\nEnvironment=OLLAMA_HOST={}", ollama.host());
    add_unit(&home, &unit, "");
    let answer = doctor(&home, &[], &[]);
    let found = named(&answer, "connection.listening-elsewhere");
    assert_eq!((&found["params"]["url"], &found["params"]["answersAt"]), (&json!(url), &json!(ollama.url())));
    // By its own words, when no unit says so.
    let (home, _) = down();
    let config = CONFIG.replace("127.0.0.1:11434", &ollama.host());
    add_unit(&home, "ActiveState=active\nSubState=running", &config);
    assert_eq!(
        named(&doctor(&home, &[], &[]), "connection.listening-elsewhere")["params"]["answersAt"],
        ollama.url()
    );
}

#[test]
fn an_ollama_that_is_too_old_or_waits_for_a_restart() {
    let home = Home::new();
    add_openclaw(&home, NEWEST);
    let old = Ollama::start_with(&home, &[("PRACTICE_VERSION", "0.6.3")]);
    write(&home, "openclaw.json", &whole(&old.url()).to_string());
    let host = old.host();
    let told = |version| [("OLLAMA_HOST", host.as_str()), ("PRACTICE_CLIENT_VERSION", version)];
    let answer = doctor(&home, &[], &told("0.6.3"));
    let found = named(&answer, "engine.too-old");
    assert_eq!((&found["params"], remedies(found)), (&json!({ "version": "0.6.3" }), vec!["get-ollama"]));
    let answer = doctor(&home, &[], &told("0.32.15"));
    assert_eq!(remedies(named(&answer, "engine.too-old")), ["restart-ollama", "get-ollama"]);

    let home = Home::new();
    add_openclaw(&home, NEWEST);
    let ollama = Ollama::start(&home);
    write(&home, "openclaw.json", &whole(&ollama.url()).to_string());
    let host = ollama.host();
    let newer = [("OLLAMA_HOST", host.as_str()), ("PRACTICE_CLIENT_VERSION", "0.40.0")];
    let answer = doctor(&home, &["--deep"], &newer);
    let found = named(&answer, "engine.update-pending");
    assert_eq!(found["params"], json!({ "running": "0.32.15", "installed": "0.40.0" }));
    assert_eq!((&found["severity"], &answer["ok"]), (&json!("note"), &json!(true)));
    // It costs a program's start: without --deep nobody asks.
    assert_eq!(codes(&doctor(&home, &[], &newer)), ["openclaw.gateway-stopped"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ollama_that_is_busy() {
    let full = r#"{"error":"server busy, please try again.  maximum pending requests exceeded"}"#;
    let full = Answer::Reply { status: 503, content_type: "application/json".into(), body: full.into() };
    for (path, answer) in [("/api/ps", Answer::Silent), ("/api/ps", full.clone()), ("/api/tags", full)] {
        let practice = Practice::start(Options::demo()).await.unwrap();
        let home = set_up(&practice.url());
        assert_eq!(codes(&doctor(&home, &[], &[])), ["openclaw.gateway-stopped"]);
        practice.set_answer(path, Some(answer));
        let answer = doctor(&home, &[], &[]);
        let found = named(&answer, "engine.busy");
        assert_eq!((&found["severity"], &answer["ok"]), (&json!("warning"), &json!(true)), "{path}");
        assert_eq!(codes(&answer), ["engine.busy", "openclaw.gateway-stopped"], "{path}");
        practice.set_answer(path, None);
        assert_eq!(codes(&doctor(&home, &[], &[])), ["openclaw.gateway-stopped"]);
    }
}

/// A model's manifest in the user's own folder of models.
fn add_manifest(home: &Home, path: &str) {
    let file = home.path().join(".ollama/models/manifests/registry.ollama.ai/library").join(path);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, "{}").unwrap();
}

#[test]
fn models_in_a_second_store() {
    let home = Home::new();
    add_openclaw(&home, NEWEST);
    let ollama = Ollama::start(&home);
    write(&home, "openclaw.json", &whole(&ollama.url()).to_string());
    add_manifest(&home, "qwen3/8b");
    assert_eq!(codes(&doctor(&home, &[], &[])), ["openclaw.gateway-stopped"], "nothing is missing");
    add_manifest(&home, "mistral/7b");
    let answer = doctor(&home, &[], &[]);
    let found = named(&answer, "models.second-store");
    let folder = home.path().join(".ollama/models");
    assert_eq!(found["params"], json!({ "folder": folder, "names": ["mistral:7b"] }));
    assert_eq!((&found["severity"], remedies(found)), (&json!("warning"), vec!["use-store"]));
}

#[test]
fn a_node_that_is_too_old() {
    let home = Home::new();
    let ollama = Ollama::start(&home);
    add_openclaw(&home, NEWEST);
    let manifest = json!({ "name": "openclaw", "version": NEWEST, "engines": { "node": ">=24.16.0" } });
    fs::write(home.path().join("lib/node_modules/openclaw/package.json"), manifest.to_string()).unwrap();
    write(&home, "openclaw.json", &whole(&ollama.url()).to_string());
    home.add_script("node", "echo v18.20.4");
    // Whatever else this machine has would do.
    let alone = home.bin().into_os_string().into_string().unwrap();
    let looked = |home: &Home| {
        for tool in ["sh", "cat", "sleep"] {
            let place = home.bin().join(tool);
            if !place.exists() {
                std::os::unix::fs::symlink(format!("/bin/{tool}"), place).unwrap();
            }
        }
        doctor(home, &[], &[("PATH", alone.as_str())])
    };
    let answer = looked(&home);
    let found = named(&answer, "openclaw.node-too-old");
    assert_eq!(found["params"], json!({ "version": "18.20.4", "required": ">=24.16.0" }));
    assert_eq!(remedies(found), ["update-node"]);
    // One that nvm keeps for the login shell may be the one; so is a newer one.
    fs::create_dir_all(home.path().join(".nvm/versions/node/v24.18.1")).unwrap();
    assert_eq!(codes(&looked(&home)), ["openclaw.gateway-stopped"]);
    fs::remove_dir_all(home.path().join(".nvm")).unwrap();
    named(&looked(&home), "openclaw.node-too-old");
    home.add_script("node", "echo v24.16.0");
    assert_eq!(codes(&looked(&home)), ["openclaw.gateway-stopped"]);
}

fn computer(home: &Home, host: &str) -> Computer {
    let own = home.environment().into_iter().map(|(name, value)| (name, value.into_string().unwrap()));
    let environment = Environment::new(own.chain([("OLLAMA_HOST", host.to_owned())]));
    Computer::new(Surroundings::new(Os::Linux, environment, home.path(), SystemTime::now), None)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_was_not_told_where_to_run() {
    let practice = Practice::start(Options::demo()).await.unwrap();
    let home = set_up(&practice.url());
    let mut settings = whole(&practice.url());
    settings["gateway"].as_object_mut().unwrap().remove("mode");
    let text = format!("// mine\n{settings}\n");
    write(&home, "openclaw.json", &text);
    let answer = doctor(&home, &[], &[]);
    let found = named(&answer, "openclaw.gateway-mode-unset");
    assert_eq!(found["remedies"][0]["kind"], "action");
    let remedy: Remedy = serde_json::from_value(found["remedies"][0].clone()).unwrap();
    let computer = computer(&home, &practice.url());
    click(&computer, &remedy).await;
    let written = fs::read_to_string(home.openclaw_json()).unwrap();
    assert!(written.starts_with("// mine\n") && written.contains("\"mode\":\"local\""), "{written}");
    assert_eq!(codes(&doctor(&home, &[], &[])), ["openclaw.gateway-stopped"]);
    change::undo(&computer, None, false).await.unwrap();
    assert_eq!(fs::read_to_string(home.openclaw_json()).unwrap(), text);
    // A gateway that runs was told otherwise.
    let gateway = Gateway::start(None);
    settings["gateway"]["port"] = json!(gateway.port());
    write(&home, "openclaw.json", &settings.to_string());
    assert_eq!(codes(&doctor(&home, &[], &[])), Vec::<&str>::new());
}

#[test]
fn a_gateway_that_does_not_run() {
    let home = Home::new();
    let ollama = Ollama::start(&home);
    add_openclaw(&home, NEWEST);
    write(&home, "openclaw.json", &whole(&ollama.url()).to_string());
    let answer = doctor(&home, &[], &[]);
    let found = named(&answer, "openclaw.gateway-stopped");
    assert_eq!((&found["severity"], &answer["ok"]), (&json!("note"), &json!(true)));
    assert_eq!(found["remedies"][0]["command"], json!(["openclaw", "gateway", "run"]));
}

#[test]
fn an_openclaw_that_lives_elsewhere() {
    let home = Home::new();
    let ollama = Ollama::start(&home);
    // In a container; what the files here say does not count.
    home.add_script("docker", "printf 'web\\tnginx\\nassistant\\tghcr.io/openclaw/openclaw:latest\\n'");
    write(&home, "openclaw.json", "{ agents: { defaults: { model: { fallback: ['x'] } } } }");
    let host = ollama.host();
    let local = [("OLLAMA_HOST", host.as_str())];
    let answer = doctor(&home, &[], &local);
    assert_eq!(codes(&answer), ["openclaw.elsewhere"]);
    let found = named(&answer, "openclaw.elsewhere");
    assert_eq!(found["params"]["container"], "assistant");
    let port = ollama.address().port();
    let url = format!("http://host.docker.internal:{port}");
    assert_eq!(found["remedies"][0]["params"], json!({ "url": url, "port": port }));
    // Behind a gateway that is no program of this user's Node.
    let home = Home::new();
    let gateway = Gateway::start(None);
    write(&home, "openclaw.json", &json!({ "gateway": { "port": gateway.port() } }).to_string());
    let answer = doctor(&home, &[], &local);
    assert_eq!(codes(&answer), ["openclaw.elsewhere"]);
    let params = json!({ "container": null, "distribution": null, "port": gateway.port() });
    assert_eq!(named(&answer, "openclaw.elsewhere")["params"], params);
}

/// A set-up in which nothing is wrong, with a gateway that answers.
struct Well {
    home: Home,
    gateway: Gateway,
}

impl Well {
    /// With this OpenClaw and settings; the gateway's part is added.
    fn new(version: &str, settings: &Value) -> Self {
        let (home, gateway) = (Home::new(), Gateway::start(None));
        add_openclaw(&home, version);
        let well = Self { home, gateway };
        well.write(settings);
        well
    }

    fn write(&self, settings: &Value) {
        let mut settings = settings.clone();
        settings["gateway"] = json!({ "mode": "local", "port": self.gateway.port() });
        write(&self.home, "openclaw.json", &settings.to_string());
    }

    fn is_well(&self, what: &str, environment: &[(&str, &str)]) {
        let answer = doctor(&self.home, &[], environment);
        assert_eq!((&answer["ok"], codes(&answer)), (&json!(true), Vec::new()), "{what}: {answer:#}");
        let states =
            answer["path"].as_array().unwrap().iter().map(|station| station["state"].as_str().unwrap());
        assert!(states.clone().all(|state| state == "ok"), "{what}: {answer:#}");
    }
}

/// The provider entry of a whole set-up changed in this way.
fn with(url: &str, change: impl Fn(&mut Value)) -> Value {
    let mut settings = whole(url);
    change(&mut settings["models"]["providers"]["ollama"]);
    settings
}

fn each_model(provider: &mut Value, change: impl Fn(&mut serde_json::Map<String, Value>)) {
    for model in provider["models"].as_array_mut().unwrap() {
        change(model.as_object_mut().unwrap());
    }
}

#[test]
fn no_false_alarm_by_the_way_ollama_runs() {
    // A user's own, on a port of OLLAMA_HOST, with a store of its own.
    let home = Home::new();
    let ollama = Ollama::start(&home);
    let host = ollama.host();
    let well = Well::new(NEWEST, &whole(&ollama.url()));
    well.is_well("a user's own", &[]);
    well.is_well("on another port by OLLAMA_HOST", &[("OLLAMA_HOST", host.as_str())]);
    add_manifest(&well.home, "qwen3/8b");
    well.is_well("with its models", &[]);
    // A service.
    let unit =
        "ActiveState=active\nSubState=running\nNRestarts=0\nEnvironment=PATH=/usr/bin:/bin\nUser=ollama";
    add_unit(&well.home, unit, "msg=\"Listening on 127.0.0.1:11434 (version 0.32.15)\"");
    well.is_well("a service", &[]);
    // One that crashed long ago and runs.
    add_unit(&well.home, &unit.replace("NRestarts=0", "NRestarts=9"), "Error: mkdir /x: permission denied");
    well.is_well("a service that crashed once", &[]);
    // In a container, by a forward.
    let (_server, said) = well.home.play("docker-proxy", "127.0.0.1:0", &[]);
    let published = format!("http://{}", said.rsplit(' ').next().unwrap());
    well.write(&whole(&published));
    well.is_well("a published port", &[]);
    // IPv6.
    let (_server, said) = well.home.play("ollama-6", "[::1]:0", &[]);
    let ipv6 = format!("http://{}", said.rsplit(' ').next().unwrap());
    well.write(&whole(&ipv6));
    well.is_well("IPv6", &[]);
    // A development build.
    let (_server, said) = well.home.play("ollama-dev", "127.0.0.1:0", &[("PRACTICE_VERSION", "0.0.0")]);
    well.write(&whole(&format!("http://{}", said.rsplit(' ').next().unwrap())));
    well.is_well("a development build", &[]);
}

#[test]
fn no_false_alarm_by_where_ollama_is() {
    let listens = "127.0.0.1 localhost\n::1 localhost\n";
    for (what, url, serves) in [
        ("another computer", "http://192.0.2.7:11434", "192.0.2.7:11434"),
        ("the usual place", "http://127.0.0.1:11434", "127.0.0.1:11434"),
        ("localhost in both families", "http://localhost:11434", "127.0.0.1:11434"),
        ("automatic, at the usual place", "", "127.0.0.1:11434"),
    ] {
        let home = Home::new();
        add_openclaw(&home, NEWEST);
        let mut settings = whole(url);
        if url.is_empty() {
            settings.as_object_mut().unwrap().remove("models");
            write(&home, ".env", "OLLAMA_API_KEY=ollama-local\n");
        }
        write(&home, "openclaw.json", &settings.to_string());
        let Some(answer) = apart(&home, listens, Some(serves)) else { return };
        // No gateway in there: that is a note.
        assert_eq!(codes(&answer), ["openclaw.gateway-stopped"], "{what}: {answer:#}");
        assert_eq!(answer["ok"], true, "{what}");
    }
}

#[test]
fn no_false_alarm_by_what_openclaw_was_told() {
    let home = Home::new();
    let ollama = Ollama::start(&home);
    let url = ollama.url();
    let plain = |provider: &mut Value| {
        each_model(provider, |model| model.retain(|key, _| key == "id" || key == "name"));
    };
    Well::new(NEWEST, &whole(&url)).is_well("pinned", &[]);
    let key_beside =
        Well::new(NEWEST, &with(&url, |provider| drop(provider.as_object_mut().unwrap().remove("apiKey"))));
    write(&key_beside.home, ".env", "OTHER=1\nOLLAMA_API_KEY=ollama-local\n");
    key_beside.is_well("pinned, the key in .env", &[]);
    let automatic = with(&url, |provider| *provider = json!({ "baseUrl": url, "api": "ollama" }));
    let automatic = Well::new(NEWEST, &automatic);
    write(&automatic.home, ".env", "OLLAMA_API_KEY=ollama-local\n");
    automatic.is_well("automatic", &[]);
    let cloud = with(&url, |provider| {
        provider["models"]
            .as_array_mut()
            .unwrap()
            .push(json!({ "id": "gpt-oss:20b-cloud", "name": "cloud" }));
    });
    Well::new(NEWEST, &cloud).is_well("a cloud model beside local ones", &[]);
    let mut paid = whole(&url);
    paid["agents"]["defaults"]["model"] =
        json!({ "primary": "ollama/qwen3:8b", "fallbacks": ["ollama/llama3.2:3b"] });
    Well::new(NEWEST, &paid).is_well("next choices", &[]);
    let v1 = with(&url, |provider| {
        plain(provider);
        provider["baseUrl"] = json!(format!("{url}/v1"));
        provider["api"] = json!("openai-completions");
        provider.as_object_mut().unwrap().remove("timeoutSeconds");
    });
    Well::new("2026.2.3", &v1).is_well("the oldest OpenClaw", &[]);
    let windows = with(&url, |provider| {
        each_model(provider, |model| {
            model.retain(|key, _| key == "id" || key == "name");
            model.insert("contextWindow".into(), json!(32768));
        });
        provider.as_object_mut().unwrap().remove("timeoutSeconds");
    });
    for version in ["2026.2.17", "2026.3.13"] {
        Well::new(version, &windows).is_well(version, &[]);
    }
    let tokens = with(&url, |provider| {
        each_model(provider, |model| drop(model.remove("params")));
        provider.as_object_mut().unwrap().remove("timeoutSeconds");
    });
    Well::new("2026.4.15", &tokens).is_well("2026.4.15", &[]);
    for version in ["2026.5.28", "2026.6.11", "2026.8.2"] {
        Well::new(version, &whole(&url)).is_well(version, &[]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_false_alarm_right_after_a_set_up() {
    let practice = Practice::start(Options::demo()).await.unwrap();
    for version in ["2026.2.3", "2026.3.13", "2026.4.15", NEWEST] {
        // OpenClaw was set up for itself, and knows nothing of Ollama yet.
        let well = Well::new(version, &json!({}));
        let computer = computer(&well.home, &practice.url());
        click(&computer, &Remedy::UseModel { name: "qwen3:8b".into() }).await;
        let answer = doctor(&well.home, &[], &[]);
        let written = fs::read_to_string(state(&well.home, "openclaw.json")).unwrap();
        assert_eq!(
            (&answer["ok"], codes(&answer)),
            (&json!(true), Vec::new()),
            "{version}: {answer:#}\n{written}"
        );
    }
}

#[test]
fn a_gateway_on_another_computer_is_not_missed() {
    let home = Home::new();
    let ollama = Ollama::start(&home);
    add_openclaw(&home, NEWEST);
    let mut settings = whole(&ollama.url());
    settings["gateway"] =
        json!({ "mode": "remote", "remote": { "url": "wss://claw.example" }, "port": free_address().port() });
    write(&home, "openclaw.json", &settings.to_string());
    assert_eq!(codes(&doctor(&home, &[], &[])), Vec::<&str>::new());
}

#[test]
fn a_systemd_that_hangs_does_not_hold_the_verdict_up() {
    let (home, _) = down();
    home.add_script("systemctl", "exec sleep 600");
    let mut command = Command::new("/usr/bin/timeout");
    command.arg("45").arg(programs::pincer_cli()).args(["doctor", "--json"]);
    command.env_clear().envs(home.environment());
    let answer = process::json("doctor", &command.output().unwrap());
    assert!(codes(&answer)[0].starts_with("engine.not-"), "{answer:#}");
}
