//! A home full of planted secrets, and the built commands run in it: none of them says one, and neither do the files
//! that Pincer writes about its changes. The report leaves out names and places, too.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test says what broke by panicking"
)]
#![cfg(target_os = "linux")]

mod support;

use std::{
    path::Path,
    process::{Command, Output},
};

use serde_json::{Value, json};
use support::{broken::put, home::Home, ollama::Ollama, process, programs, settings};

/// In every secret.
const MARKER: &str = "Zq9Xv7";
const USER: &str = "gracehopper";
/// Another computer, and one that is only in a log.
const HOST: &str = "vault.corp.example";
const ADDRESS: &str = "10.23.42.77";

/// A secret by the name of its place.
fn secret(place: &str) -> String {
    format!("{MARKER}{place}{MARKER}")
}

/// Settings that work, with a secret wherever OpenClaw takes one.
fn planted(url: &str) -> Value {
    let mut all = settings::whole(url);
    all["gateway"] =
        json!({ "auth": { "mode": "token", "token": secret("gateway"), "password": secret("pass word") } });
    all["env"] = json!({ "vars": { "BRAVE_API_KEY": secret("brave"), "DATABASE_URL": address("database") } });
    all["channels"] =
        json!({ "telegram": { "botToken": secret("telegram") }, "slack": { "appToken": secret("slack") } });
    let providers = all.pointer_mut("/models/providers").unwrap();
    providers["ollama"]["apiKey"] = json!(secret("ollama"));
    providers["ollama"]["headers"] = json!({ "X-Any": secret("header") });
    providers["other"] = json!({ "baseUrl": address("other"), "apiKey": secret("other"), "models": [] });
    all["tools"] =
        json!({ "mcp": { "servers": { "x": { "command": "x", "args": ["--token", secret("argument")] } } } });
    all["agents"]["defaults"]["model"]["fallbacks"] = json!(["ollama/gone:1b", "anthropic/claude"]);
    all
}

/// An address with a password, on another computer.
fn address(place: &str) -> String {
    format!("http://{USER}:{}@{HOST}:4000/x?api_key={}", secret(place), secret("parameter"))
}

struct Stage {
    home: Home,
    ollama: Ollama,
}

impl Stage {
    /// `text`: OpenClaw's main file, from what it would be.
    fn new(text: impl FnOnce(String) -> String) -> Self {
        let home = Home::new();
        settings::add_openclaw(&home, "2026.9.6");
        let ollama = Ollama::start(&home);
        let whole = format!("// key: {}\n{:#}", secret("comment"), planted(&ollama.url()));
        settings::write(&home, "openclaw.json", &text(whole));
        settings::write(
            &home,
            ".env",
            &format!("# mine\nGROQ_API_KEY={}\nPROXY={}\n", secret("env"), address("p")),
        );
        let models = json!({ "providers": { "ollama": { "baseUrl": format!("http://{HOST}:1"), "apiKey": secret("agent") } } });
        settings::write(&home, "agents/main/agent/models.json", &models.to_string());
        let profiles = json!({ "profiles": { "p": { "provider": "openai", "key": secret("profile") } } });
        settings::write(&home, "agents/main/agent/auth-profiles.json", &profiles.to_string());
        let folder = home.path().display();
        let log = format!(
            "time=2026 level=INFO source=routes.go:1503 msg=\"server config\" env=\"map[HTTP_PROXY:{} \
             OLLAMA_MODELS:{folder}/.ollama/models]\"\n[GIN] 200 | 1ms | {ADDRESS} | POST \"/api/chat\"\n\
             said {} and {} again\nAuthorization: Bearer {}\nlevel=DEBUG msg=\"chat\" prompt=\"my diary\"\n",
            address("log"),
            secret("gateway"),
            secret("profile"),
            secret("bearer"),
        );
        put(&home.path().join(".local/share/dev.pincer.desktop/logs/ollama.log"), &log);
        Self { home, ollama }
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments, "").output().unwrap()
    }

    /// `faketime`: the program that lets it see the clock a minute later; empty for none.
    fn command(&self, arguments: &[&str], faketime: &str) -> Command {
        let mut command = if faketime.is_empty() {
            self.home.command(programs::pincer_cli())
        } else {
            let mut command = self.home.command(faketime);
            command.args(["-f", "+60s"]).arg(programs::pincer_cli());
            command
        };
        let key = format!("{}:{}@{HOST}", USER, secret("address"));
        command
            .args(arguments)
            .env("OLLAMA_HOST", self.ollama.host())
            .env("OLLAMA_ORIGINS", format!("http://{key}"))
            .env("OLLAMA_API_KEY", secret("variable"))
            .env("OPENCLAW_GATEWAY_TOKEN", secret("token"))
            .env("GITHUB_TOKEN", secret("github"))
            .env("http_proxy", address("proxy"))
            .env("NO_PROXY", format!("127.0.0.1,{HOST}"))
            .env("USER", USER)
            .env("HOSTNAME", format!("{USER}-laptop"));
        command
    }

    /// All that a command said, checked for secrets.
    fn said(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
        assert!(!said.is_empty(), "{arguments:?} said nothing");
        assert!(!said.contains(MARKER), "{arguments:?}: {said}");
        said
    }

    /// The report, checked for names and places as well.
    fn report(&self) -> String {
        let said = self.said(&["report"]);
        let folder = self.home.path().display().to_string();
        let own = self.home.path().file_name().unwrap().to_str().unwrap().to_owned();
        for private in [USER, HOST, ADDRESS, "diary", &folder, &own] {
            assert!(!said.contains(private), "{private}: {said}");
        }
        said
    }
}

#[test]
fn nothing_that_the_commands_say_has_a_secret() {
    let stage = Stage::new(|text| text);
    for line in [
        &["doctor"][..],
        &["doctor", "--json"],
        &["doctor", "--deep", "--json"],
        &["models", "--json"],
        &["use", "gemma2:2b", "--dry-run"],
        &["use", "gemma2:2b", "--automatic", "--context", "16384", "--dry-run", "--json"],
        &["use", "llama3.2:3b", "--context", "16384", "--yes"],
        &["history"],
        &["history", "--json"],
    ] {
        stage.said(line);
    }
    // Someone else changes the file: what undoing would lose is shown.
    let text = settings::read(&stage.home, "openclaw.json").unwrap();
    settings::write(
        &stage.home,
        "openclaw.json",
        &text.replace("telegram", "discord").replace("brave", "search"),
    );
    let refused = stage.said(&["undo", "--json"]);
    assert!(refused.contains("undo.changed-since") && refused.contains("botToken"), "{refused}");
    stage.said(&["undo"]);
    stage.said(&["undo", "--force"]);
    stage.report();
    // What Pincer keeps; the snapshots are the files themselves and the log is Ollama's own, for the user alone.
    let data = stage.home.path().join(".local/share/dev.pincer.desktop");
    assert_eq!(settings::tree(&data.join("history")).len(), 2);
    for (path, bytes, mode) in settings::tree(&data) {
        if path.starts_with("snapshots") {
            assert_eq!(mode & 0o077, 0, "{}", path.display());
        } else if path != Path::new("logs/ollama.log") {
            let text = String::from_utf8(bytes).unwrap();
            assert!(!text.contains(MARKER), "{}: {text}", path.display());
        }
    }
}

#[test]
fn a_password_with_a_slash_and_a_token_in_the_address_of_ollama_are_not_said() {
    let home = Home::new();
    settings::add_openclaw(&home, "2026.9.6");
    let ollama = Ollama::start(&home);
    let host = format!("http://{USER}:pa/{}@{}/?token={}", secret("user"), ollama.host(), secret("query"));
    // Nothing listens at the second.
    let away = host.replace(&ollama.host(), &support::ollama::free_address().to_string());
    for host in [&host, &away] {
        for line in [&["doctor"][..], &["doctor", "--json"], &["report"], &["models"], &["models", "--json"]]
        {
            let output =
                home.command(programs::pincer_cli()).args(line).env("OLLAMA_HOST", host).output().unwrap();
            let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
            assert!(!said.is_empty() && !said.contains(MARKER) && !said.contains(USER), "{line:?}: {said}");
        }
    }
    // It is where Ollama answers all the same.
    let mut models = home.command(programs::pincer_cli());
    let output = models.args(["models", "--json"]).env("OLLAMA_HOST", &host).output().unwrap();
    assert!(output.status.success(), "{output:?}");
}

/// A service with secrets in its unit and in its journal.
fn add_service(stage: &Stage, state: &str, end: &str) {
    let unit = format!(
        "LoadState=loaded\n{state}\nUser={USER}\nFragmentPath=/home/{USER}/.config/systemd/ollama.service\n\
         Environment=OLLAMA_HOST={} OLLAMA_API_KEY={} \"HTTPS_PROXY={}\" WEATHER_TOKEN={} OLLAMA_MODELS=/home/{USER}/{}",
        address("unithost"),
        secret("unitkey"),
        address("unitproxy"),
        secret("unit"),
        "models",
    );
    stage.home.add_script("systemctl", &format!("cat <<'EOF'\n{unit}\nEOF"));
    let journal = format!(
        "time=2026 level=INFO source=routes.go:1503 msg=\"server config\" env=\"map[HTTPS_PROXY:{} \
         OLLAMA_API_KEY:{} OLLAMA_HOST:{} OLLAMA_MODELS:/home/{USER}/models]\"\nkey {} and {} again\n\
         [GIN] 200 | 1ms | {ADDRESS} | POST \"/api/chat\"\nAuthorization: Bearer {}\n\
         level=DEBUG msg=\"chat\" prompt=\"my diary\"\n{end}",
        address("journalproxy"),
        secret("unitkey"),
        address("unithost"),
        secret("unit"),
        secret("gateway"),
        secret("journalbearer"),
    );
    stage.home.add_script("journalctl", &format!("cat <<'EOF'\n{journal}\nEOF"));
}

#[test]
fn what_a_service_is_told_and_says_keeps_its_secrets() {
    let mut stage = Stage::new(|text| text);
    add_service(&stage, "ActiveState=active\nSubState=running\nNRestarts=0", "level=INFO msg=ready");
    for line in [&["doctor"][..], &["doctor", "--deep", "--json"]] {
        stage.said(line);
    }
    let report = stage.report();
    let place = "From: journalctl -u ollama";
    for told in [
        place,
        "key *** and *** again",
        "msg=ready",
        "Service unit: active, running",
        "[GIN] 200 | 1ms | host-",
    ] {
        assert!(report.contains(told), "{told}: {report}");
    }
    // It ends again and again: its last words are the evidence.
    let host = stage.ollama.address();
    stage.ollama.kill();
    let crashing = "ActiveState=activating\nSubState=auto-restart\nNRestarts=9";
    for end in [
        format!("Error: proxy {} refused: token={}", address("last"), secret("lasttoken")),
        format!("Error: mkdir /home/{USER}/models/blobs: permission denied: key {}", secret("unit")),
        format!("panic: Authorization: Bearer {}", secret("panic")),
    ] {
        add_service(&stage, crashing, &end);
        for line in [&["doctor"][..], &["doctor", "--json"]] {
            stage.said(line);
        }
        assert!(stage.report().contains("engine."), "Ollama is away");
    }
    // It hangs: its last lines are.
    let silent = stage.home.play("ollama", &host.to_string(), &[("PRACTICE_SILENT", "1")]);
    add_service(&stage, "ActiveState=active\nSubState=running", &format!("key {} again", secret("unit")));
    let mut later = stage.command(&["doctor", "--json"], "/usr/bin/faketime");
    let output = later.env("FAKETIME_DONT_FAKE_MONOTONIC", "1").output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("engine.silent") && said.contains("journalctl -u ollama"), "{said}");
    assert!(!said.contains(MARKER), "{said}");
    stage.report();
    drop(silent);
}

#[test]
fn the_report_says_everything_but_what_is_private() {
    let stage = Stage::new(|text| text);
    let report = stage.report();
    for told in [
        "Pincer: 0.1.0",
        "Memory: 64.0 GB",
        "warning: settings.stale-agent-file (settings)",
        "~/.openclaw/agents/main/agent/models.json",
        &format!("Address: {} (from settings)", stage.ollama.url()),
        "qwen3:8b: ready, recommended, 5.2 GB, context 40960, fits with 32768 (estimated)",
        "Version: 2026.9.6",
        "Program: ~/bin/openclaw",
        "Primary: ollama/qwen3:8b",
        "Next choices: ollama/gone:1b, anthropic/claude",
        "apiKey: set",
        "OLLAMA_API_KEY: ***",
        "http_proxy: http://***@host-1:4000/x?api_key=***",
        "[GIN] 200 | 1ms | host-2 | POST \"/api/chat\"",
        "source=routes.go:1503 msg=\"server config\"",
        "said *** and *** again",
    ] {
        assert!(report.contains(told), "{told}: {report}");
    }
    let output = stage.run(&["report", "--json"]);
    assert_eq!(output.status.code(), Some(0));
    let answer = process::json("report", &output);
    let text = answer["report"].as_str().unwrap();
    assert!(!text.contains(MARKER) && text.starts_with("Pincer report\n"), "{text}");
}

#[test]
fn settings_that_cannot_be_read_keep_their_secrets_too() {
    // Cut within a secret, and with a line too many in the middle.
    let cut = |text: String| {
        let end = text.find("appToken").unwrap() + 24;
        text[..end].to_owned()
    };
    let oops = |text: String| text.replace("\"channels\"", "oops \"channels\"");
    let quote = |text: String| text.replacen(&format!("\"{}", secret("gateway")), &secret("gateway"), 1);
    for broken in [&cut as &dyn Fn(String) -> String, &oops, &quote] {
        let stage = Stage::new(broken);
        let report = stage.report();
        assert!(report.contains("problem: settings.unreadable (settings)"), "{report}");
        stage.said(&["doctor", "--json"]);
        stage.said(&["doctor"]);
        stage.said(&["use", "qwen3:8b", "--dry-run", "--json"]);
    }
}
