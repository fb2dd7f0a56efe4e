//! Causes in where OpenClaw is: in a container, in a Linux beside Windows, behind a gateway that is nobody's here, or
//! not known because an engine hangs. Nothing is written on this side then.

use std::{
    fs,
    time::{Instant, SystemTime},
};

use pincer_core::{
    computer::Computer,
    diagnosis,
    machine::os::Os,
    models::discovery::Discovery,
    surroundings::{Environment, Surroundings},
};
use serde_json::{Value, json};

use crate::{
    engine::NEWEST,
    lab::{Lab, Stage, block_on, click, codes, remedies, scenarios},
    support::{
        gateway::Gateway,
        home::Home,
        ollama::Ollama,
        process,
        settings::{add_openclaw, whole, write},
    },
};

scenarios! {
    in_a_container: "openclaw.elsewhere";
    in_a_container_by_its_network: "openclaw.elsewhere";
    in_a_container_of_another_name: "openclaw.elsewhere";
    in_a_linux_beside_windows: "openclaw.elsewhere";
    container_engines_that_hang: "openclaw.not-installed";
    behind_a_gateway_of_someone_else: "openclaw.elsewhere";
}

/// What the files here say does not count.
fn in_a_container(lab: &Lab) {
    let home = Home::new();
    let ollama = Ollama::start(&home);
    home.add_script("docker", &docker(LISTED, "bridge\\nnull\\n172.18.0.1\\n", "default"));
    write(&home, "openclaw.json", "{ agents: { defaults: { model: { fallback: ['x'] } } } }");
    let (host, port) = (ollama.host(), ollama.address().port());
    let answer = lab.doctor(Stage::at(&home, &[("OLLAMA_HOST", &host)]));
    let found = lab.named(&answer);
    assert_eq!(codes(&answer), ["openclaw.elsewhere"]);
    assert_eq!(found["params"]["container"], "assistant");
    let url = format!("http://172.18.0.1:{port}");
    let text = json!({ "url": url, "port": port, "way": "bridge", "text": to_write(&url) });
    assert_eq!(found["remedies"], json!([{ "id": "configure-elsewhere", "params": text, "kind": "manual" }]));
    let words =
        String::from_utf8(Stage::at(&home, &[("OLLAMA_HOST", &host)]).run(&["doctor"]).0.stdout).unwrap();
    assert!(words.contains(&to_write(&url)) && words.contains(&format!("0.0.0.0:{port}")), "{words}");
    // Nothing is written on this side, whoever asks.
    let told = [("OLLAMA_HOST", host.as_str())];
    assert_eq!(is_refused(&home, Stage::at(&home, &told))["container"], "assistant");
    // Once it is here, it is.
    add_openclaw(&home, NEWEST);
    write(&home, "openclaw.json", &whole(&ollama.url()).to_string());
    lab.mended(Stage::at(&home, &told));
}

const LISTED: &str = "web\\tnginx\\t80/tcp\\nassistant\\tghcr.io/openclaw/openclaw:latest\\t\\n";

/// A Docker that lists these containers, says this of one and has this context.
fn docker(listed: &str, inspected: &str, context: &str) -> String {
    format!(
        "case $1 in ps) printf '{listed}';; inspect) printf '{inspected}';; context) echo {context};; *) exit 1;; esac"
    )
}

fn to_write(url: &str) -> String {
    format!(
        "{{ models: {{ providers: {{ ollama: {{ baseUrl: \"{url}\", api: \"ollama\", apiKey: \"ollama-local\" }} }} }} }}"
    )
}

/// Each kind of network has its own address of Ollama.
fn in_a_container_by_its_network(lab: &Lab) {
    let home = Home::new();
    let ollama = Ollama::start(&home);
    let (host, port) = (ollama.host(), ollama.address().port());
    let told = [("OLLAMA_HOST", host.as_str())];
    for (inspected, context, seen, way) in [
        ("host\\nnull\\n\\n", "default", "127.0.0.1", "shared"),
        (
            "bridge\\n[\"host.docker.internal:host-gateway\"]\\n172.17.0.1\\n",
            "default",
            "host.docker.internal",
            "bridge",
        ),
        ("bridge\\nnull\\n172.17.0.1\\n", "default", "172.17.0.1", "bridge"),
        ("bridge\\nnull\\n192.168.65.1\\n", "desktop-linux", "host.docker.internal", "desktop"),
    ] {
        home.add_script("docker", &docker(LISTED, inspected, context));
        let found = lab.named(&lab.doctor(Stage::at(&home, &told)));
        let params = &found["remedies"][0]["params"];
        assert_eq!((&params["url"], &params["way"]), (&json!(format!("http://{seen}:{port}")), &json!(way)));
    }
    home.add_script("docker", "exit 1");
    home.add_script("podman", &docker(LISTED, "slirp4netns\\nnull\\n\\n", "x"));
    let found = lab.named(&lab.doctor(Stage::at(&home, &told)));
    let url = format!("http://host.containers.internal:{port}");
    assert_eq!(found["remedies"][0]["params"]["url"], url);
}

/// The port that it publishes names it, when its gateway answers there.
fn in_a_container_of_another_name(lab: &Lab) {
    let home = Home::new();
    let ollama = Ollama::start(&home);
    let (gateway, host) = (Gateway::start(None), ollama.host());
    let port = gateway.port();
    let listed = format!("helper\\tnode:24\\t127.0.0.1:{port}->18789/tcp\\n");
    home.add_script("docker", &docker(&listed, "bridge\\nnull\\n172.17.0.1\\n", "default"));
    write(&home, "openclaw.json", &json!({ "gateway": { "port": port } }).to_string());
    let told = [("OLLAMA_HOST", host.as_str())];
    let found = lab.named(&lab.doctor(Stage::at(&home, &told)));
    assert_eq!(found["params"]["container"], "helper");
    assert_eq!(is_refused(&home, Stage::at(&home, &told))["container"], "helper");
}

/// Doctor says that the settings are elsewhere, and nothing is written here.
fn is_refused(home: &Home, stage: Stage<'_>) -> Value {
    let before = fs::read(home.openclaw_json()).unwrap();
    let (refused, _) = stage.run(&["use", "qwen3:8b", "--yes", "--json"]);
    let error = process::json("use", &refused)["error"].clone();
    assert_eq!((refused.status.code(), &error["code"]), (Some(2), &json!("settings.elsewhere")));
    assert_eq!(fs::read(home.openclaw_json()).unwrap(), before);
    error["params"].clone()
}

/// What `wsl.exe` says, as on Windows; the verdict is the library's, by the rules of that system.
fn in_a_linux_beside_windows(lab: &Lab) {
    let home = Home::new();
    let ollama = Ollama::start(&home);
    let port = ollama.address().port();
    let routes = "Iface\\tDestination\\tGateway\\neth0\\t00000000\\t01D01EAC\\n";
    for (mode, seen, way) in [
        ("echo mirrored", "127.0.0.1", "shared"),
        ("echo nat", "172.30.208.1", "wsl-nat"),
        // An older WSL, and what it was told.
        ("exit 127", "172.30.208.1", "wsl-nat"),
    ] {
        home.add_script(
            "wsl.exe",
            &format!(
                "case \"$*\" in --list*) printf 'D\\000e\\000b\\000\\r\\000\\n\\000U\\000b\\000\\r\\000\\n\\000';; \
                 '-d Ub --exec sh'*) echo /home/ada/.openclaw;; '-d Deb'*) ;; *wslinfo*) {mode};; \
                 *route) printf '{routes}';; *) exit 1;; esac"
            ),
        );
        let begun = Instant::now();
        let found = found_on_windows(&home, &ollama.host());
        lab.told("openclaw.elsewhere", begun.elapsed().as_secs_f64());
        assert_eq!((&found["params"]["distribution"], &found["link"]), (&json!("Ub"), &json!("openclaw")));
        let params = &found["remedies"][0]["params"];
        let url = format!("http://{seen}:{port}");
        assert_eq!((&params["url"], &params["way"]), (&json!(url), &json!(way)), "{mode}");
        assert_eq!(params["text"], to_write(&url));
    }
    fs::write(home.path().join(".wslconfig"), "[wsl2]\r\nnetworkingMode=mirrored\r\n").unwrap();
    let found = found_on_windows(&home, &ollama.host());
    assert_eq!(found["remedies"][0]["params"]["way"], "shared", "what it was told");
    home.add_script("wsl.exe", "exit 1");
    assert_eq!(found_on_windows(&home, &ollama.host())["code"], "openclaw.not-installed");
    lab.gone_by_hand();
}

/// The first finding of a Windows with this home and this Ollama.
fn found_on_windows(home: &Home, host: &str) -> Value {
    let own = home.environment().into_iter();
    let own = own.map(|(name, value)| (name.to_owned(), value.into_string().unwrap()));
    let environment = Environment::new(own.chain([("OLLAMA_HOST".to_owned(), host.to_owned())]));
    let surroundings = Surroundings::new(Os::Windows, environment, home.path(), SystemTime::now);
    let found = Computer::new(surroundings, None);
    let found = block_on(diagnosis::diagnose(&found, &mut Discovery::default())).unwrap();
    serde_json::to_value(&found.1.findings[0]).unwrap()
}

/// Both at once, and a systemd that hangs with them.
fn container_engines_that_hang(lab: &Lab) {
    let home = Home::new();
    let ollama = Ollama::start(&home);
    for engine in ["docker", "podman", "systemctl"] {
        // What it starts hangs with it.
        home.add_script(engine, &format!("sleep 600 & echo $! >>\"$HOME/{engine}.hung\"; wait"));
    }
    let host = ollama.host();
    let told = [("OLLAMA_HOST", host.as_str())];
    let stage = Stage::at(&home, &told);
    let found = lab.named(&lab.doctor(stage));
    assert_eq!(found["params"], json!({ "stateFolder": false, "unasked": "docker" }));
    assert_eq!(remedies(&found), ["install-openclaw", "get-openclaw"], "nothing that writes");
    let words = String::from_utf8(stage.run(&["doctor"]).0.stdout).unwrap();
    assert!(words.contains("docker is here and does not answer"), "{words}");
    // Whether anybody would read it is not known: nothing is written, unless OpenClaw's own settings are here.
    let use_it = ["use", "qwen3:8b", "--yes", "--json"];
    let (refused, _) = stage.run(&use_it);
    let error = process::json("use", &refused)["error"].clone();
    let path = home.openclaw_json().display().to_string();
    assert_eq!((refused.status.code(), &error["code"]), (Some(2), &json!("settings.engine-silent")));
    assert_eq!(error["params"], json!({ "engine": "docker", "path": path }));
    assert!(!home.openclaw_json().exists());
    // What Pincer itself is to look at is its own.
    click(stage, &json!({ "id": "use-address", "params": { "url": ollama.url() } }));
    assert!(!home.openclaw_json().exists());
    write(&home, "openclaw.json", "{ gateway: { mode: 'local' } }");
    assert_eq!(process::json("use", &stage.run(&use_it).0)["applied"], true);
    for engine in ["docker", "podman"] {
        let hung = fs::read_to_string(home.path().join(format!("{engine}.hung"))).unwrap();
        for id in hung.split_whitespace() {
            let status = || fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
            process::wait_for("the end of what hung", || {
                let status = status();
                (status.is_empty() || status.contains("State:\tZ")).then_some(())
            });
        }
    }
    add_openclaw(&home, NEWEST);
    write(&home, "openclaw.json", &whole(&ollama.url()).to_string());
    lab.mended(stage);
}

/// A gateway that is no program of this user's Node.
fn behind_a_gateway_of_someone_else(lab: &Lab) {
    let home = Home::new();
    let ollama = Ollama::start(&home);
    let (gateway, host) = (Gateway::start(None), ollama.host());
    write(&home, "openclaw.json", &json!({ "gateway": { "port": gateway.port() } }).to_string());
    let told = [("OLLAMA_HOST", host.as_str())];
    let answer = lab.doctor(Stage::at(&home, &told));
    assert_eq!(codes(&answer), ["openclaw.elsewhere"]);
    let params = json!({ "container": null, "distribution": null, "contained": false, "forwarded": false,
        "remote": null, "port": gateway.port() });
    assert_eq!(lab.named(&answer)["params"], params);
    let refused = is_refused(&home, Stage::at(&home, &told));
    assert_eq!((&refused["container"], &refused["distribution"]), (&Value::Null, &Value::Null));
    // Also where an engine hangs that might run it.
    home.add_script("docker", "exec sleep 600");
    is_refused(&home, Stage::at(&home, &told));
    let words =
        String::from_utf8(Stage::at(&home, &told).run(&["use", "qwen3:8b", "--yes"]).0.stderr).unwrap();
    assert!(words.contains("its settings are elsewhere"), "{words}");
}
