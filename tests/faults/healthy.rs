//! Set-ups that are well, in which nothing may be found: by the way Ollama runs, by where it is, by what OpenClaw was
//! told, and right after each set-up with one click.

use std::fs;

use serde_json::{Map, Value, json};

use crate::{
    engine::{NEWEST, add_unit},
    lab::{Stage, click, well},
    models::add_manifest,
    support::{
        apart::{LOCALHOST, World, is_allowed},
        gateway::Gateway,
        home::Home,
        ollama::{Ollama, free_address},
        programs,
        settings::{add_openclaw, whole, write},
    },
};

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
        self.is_well_but_for(what, environment, &[]);
    }

    fn is_well_but_for(&self, what: &str, environment: &[(&str, &str)], notes: &[&str]) {
        well(what, |lab| lab.is_well(Stage::at(&self.home, environment), notes));
    }

    fn pincer(&self, arguments: &[&str], environment: &[(&str, &str)]) {
        let mut command = self.home.command(programs::pincer_cli());
        let output = command.args(arguments).envs(environment.iter().copied()).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {output:?}");
    }
}

/// This version asks an Ollama on this computer directly, whatever a proxy variable says (measured on it).
#[test]
fn behind_a_proxy_variable() {
    let well = Well::new(NEWEST, &json!({}));
    let ollama = Ollama::start(&well.home);
    well.write(&whole(&ollama.url()));
    let proxies = [("HTTP_PROXY", "http://127.0.0.1:9"), ("http_proxy", "http://127.0.0.1:9")];
    well.is_well("a proxy variable", &proxies);
    write(&well.home, ".env", "HTTP_PROXY=http://127.0.0.1:9\n");
    well.is_well("a proxy variable of the service's", &[]);
}

/// The provider entry of a whole set-up changed in this way.
fn with(url: &str, change: impl Fn(&mut Value)) -> Value {
    let mut settings = whole(url);
    change(&mut settings["models"]["providers"]["ollama"]);
    settings
}

fn each_model(provider: &mut Value, change: impl Fn(&mut Map<String, Value>)) {
    for model in provider["models"].as_array_mut().unwrap() {
        change(model.as_object_mut().unwrap());
    }
}

/// Practice under a name of its own; its address.
fn played(home: &Home, name: &str, host: &str, told: &[(&str, &str)]) -> (impl Drop + use<>, String) {
    let (server, said) = home.play(name, host, told);
    (server, format!("http://{}", said.rsplit(' ').next().unwrap()))
}

#[test]
fn by_the_way_ollama_runs() {
    // A user's own, on a port of OLLAMA_HOST, with a store of its own.
    let home = Home::new();
    let ollama = Ollama::start(&home);
    let host = ollama.host();
    let well = Well::new(NEWEST, &whole(&ollama.url()));
    well.is_well("a user's own", &[]);
    well.is_well("on another port by OLLAMA_HOST", &[("OLLAMA_HOST", host.as_str())]);
    well.is_well(
        "OLLAMA_HOST that listens everywhere",
        &[("OLLAMA_HOST", &host.replace("127.0.0.1", "0.0.0.0"))],
    );
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
    let (_server, url) = played(&well.home, "docker-proxy", "127.0.0.1:0", &[]);
    well.write(&whole(&url));
    well.is_well("a published port", &[]);
    let (_server, url) = played(&well.home, "ollama-6", "[::1]:0", &[]);
    well.write(&whole(&url));
    well.is_well("IPv6", &[]);
    let (_server, url) = played(&well.home, "ollama-dev", "127.0.0.1:0", &[("PRACTICE_VERSION", "0.0.0")]);
    well.write(&whole(&url));
    well.is_well("a development build", &[]);
    // Two of them: the one that OpenClaw asks counts.
    well.write(&whole(&ollama.url()));
    well.is_well("a second one beside it", &[("OLLAMA_HOST", url.as_str())]);
}

#[test]
fn by_where_ollama_is() {
    if !is_allowed() {
        return crate::lab::Lab::new("by_where_ollama_is", &[], "healthy")
            .skip("this system allows no network of a test's own (unshare -Urnm)");
    }
    let named = "127.0.0.1 localhost\n::1 localhost\n192.0.2.7 studio.lan\n";
    for (what, url, serves) in [
        ("another computer", "http://192.0.2.7:11434", "192.0.2.7:11434"),
        ("another computer by its name", "http://studio.lan:11434", "192.0.2.7:11434"),
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
        let hosts = if url.contains("studio") { named } else { LOCALHOST };
        let world = World { hosts, serves: Some(serves) };
        // No gateway in there: that is a note.
        well(what, |lab| lab.is_well(Stage::apart(&home, world), &["openclaw.gateway-stopped"]));
    }
}

#[test]
fn by_what_openclaw_was_told() {
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
        let models = provider["models"].as_array_mut().unwrap();
        models.push(json!({ "id": "gpt-oss:20b-cloud", "name": "cloud" }));
    });
    Well::new(NEWEST, &cloud).is_well("a cloud model beside local ones", &[]);
    let mut next = whole(&url);
    next["agents"]["defaults"]["model"] =
        json!({ "primary": "ollama/qwen3:8b", "fallbacks": ["ollama/llama3.2:3b"] });
    Well::new(NEWEST, &next).is_well("next choices", &[]);
    let mut other = whole(&url);
    other["agents"]["defaults"]["model"] = json!("anthropic/claude");
    Well::new(NEWEST, &other).is_well("another provider's model chosen", &[]);
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

#[test]
fn right_after_a_set_up() {
    let home = Home::new();
    let ollama = Ollama::start(&home);
    let host = ollama.host();
    let told = [("OLLAMA_HOST", host.as_str())];
    for version in ["2026.2.3", "2026.2.17", "2026.3.13", "2026.4.15", "2026.5.28", "2026.8.2", NEWEST] {
        // OpenClaw was set up for itself, and knows nothing of Ollama yet.
        let after = Well::new(version, &json!({}));
        let use_model = json!({ "id": "use-model", "params": { "name": "qwen3:8b" }, "kind": "action" });
        click(Stage::at(&after.home, &told), &use_model);
        after.is_well(&format!("set up with one click, {version}"), &[]);
    }
    // Who lists some models by hand is told, as a note, which are left out.
    let left_out = &["settings.discovery-off"][..];
    for (what, more, notes) in [
        ("automatic", &["--automatic"][..], &[][..]),
        ("pinned", &["--pinned"], left_out),
        ("a context", &["--context", "16384"], left_out),
        ("a next choice", &["--fallback", "llama3.2:3b"], &[]),
        ("local only", &["--local-only"], left_out),
    ] {
        let after = Well::new(NEWEST, &json!({}));
        after.pincer(&[&["use", "qwen3:8b", "--yes"], more].concat(), &told);
        after.is_well_but_for(&format!("set up with {what}"), &told, notes);
    }
    // Moved, and the settings with it.
    let moved = Well::new(NEWEST, &whole(&format!("http://{}", free_address())));
    let offer = json!({ "id": "use-address", "params": { "url": ollama.url() }, "kind": "action" });
    click(Stage::at(&moved.home, &told), &offer);
    moved.is_well("after using the address that answers", &[]);
    // Taken back and done again.
    let again = Well::new(NEWEST, &json!({}));
    for arguments in [&["use", "qwen3:8b", "--yes"][..], &["undo"], &["use", "qwen3:8b", "--yes"]] {
        again.pincer(arguments, &told);
    }
    again.is_well_but_for("taken back and done again", &[], left_out);
    // A stopped Ollama, started.
    let started = Well::new(NEWEST, &whole(&format!("http://{}", free_address())));
    started.home.add_program(&programs::practice(), "ollama");
    started.pincer(&["start"], &[]);
    started.is_well("after a start", &[]);
    assert!(fs::exists(started.home.path().join(".local/share/dev.pincer.desktop/logs/ollama.log")).unwrap());
}
