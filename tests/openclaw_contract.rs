//! The contract with OpenClaw: what `pincer-cli use` writes is judged by the real program, not by our idea of it.
#![cfg(target_os = "linux")]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test says what broke by panicking"
)]

mod support;

use std::sync::Mutex;

use pincer_core::{
    diagnosis::{diagnose, finding::Finding},
    models::discovery::Discovery,
};
use pincer_practice::{Options, Practice};
use serde_json::{Value, json};
use support::{
    broken::{Mended, NEWEST, TABLE, click},
    home::Home,
    ollama::Ollama,
    openclaw::OpenClaw,
    process::json,
    programs, settings,
};

#[test]
fn openclaw_accepts_what_use_writes_into_an_empty_home() {
    let Some(openclaw) = OpenClaw::installed() else { return };
    let home = Home::new();
    let ollama = Ollama::start(&home);

    let using = home
        .command(programs::pincer_cli())
        .args(["use", "qwen3:8b", "--fallback", "llama3.2:3b", "--yes", "--json"])
        .env("OLLAMA_HOST", ollama.host())
        .output()
        .unwrap();
    let outcome = json("pincer-cli use", &using);
    assert_eq!(using.status.code(), Some(0), "{outcome}");
    assert_eq!(outcome["applied"], true, "{outcome}");

    let verdict = openclaw.run(&home, &["config", "validate", "--json"]);
    let written = std::fs::read_to_string(home.openclaw_json()).unwrap();
    let judged = json("openclaw config validate", &verdict);
    assert_eq!(judged["valid"], true, "{judged}\n{written}");
    assert_eq!(judged["warnings"].as_array().map_or(0, Vec::len), 0, "{judged}\n{written}");

    let listed = json("openclaw models list", &openclaw.run(&home, &["models", "list", "--json"]));
    let tags = |key: &str| {
        let models = listed["models"].as_array().unwrap();
        let model = models.iter().find(|model| model["key"] == key);
        model.unwrap_or_else(|| panic!("{key} is not listed: {listed}"))["tags"].clone()
    };
    let has = |tags: &Value, tag: &str| tags.as_array().unwrap().iter().any(|there| there == tag);
    assert!(has(&tags("ollama/qwen3:8b"), "default"), "{listed}");
    assert!(has(&tags("ollama/llama3.2:3b"), "fallback#1"), "{listed}");
}

/// Writes by `use`, has OpenClaw judge the file, and reads what it makes of the choice.
fn judged(openclaw: &OpenClaw, home: &Home, arguments: &[&str], url: &str) -> Value {
    let using = home
        .command(programs::pincer_cli())
        .args(arguments)
        .args(["--yes", "--json", "--host", url])
        .output()
        .unwrap();
    assert_eq!(using.status.code(), Some(0), "{}", json("pincer-cli use", &using));
    let verdict = json("openclaw config validate", &openclaw.run(home, &["config", "validate", "--json"]));
    let written = std::fs::read_to_string(home.openclaw_json()).unwrap();
    assert_eq!(verdict["valid"], true, "{verdict}\n{written}");
    json("openclaw models status", &openclaw.run(home, &["models", "status", "--json"]))
}

/// A real turn: OpenClaw asks the model that was chosen, and lets it run the context that was meant.
async fn turn(arguments: &'static [&'static str], num_ctx: u64) {
    let Some(openclaw) = OpenClaw::installed() else { return };
    let practice = Practice::start(Options::demo()).await.unwrap();
    let url = practice.url();
    let turned = tokio::task::spawn_blocking(move || {
        let home = Home::new();
        let status = judged(&openclaw, &home, arguments, &url);
        assert_eq!(status["resolvedDefault"], "ollama/qwen3:8b", "{status}");
        assert_eq!(status["fallbacks"], json!(["ollama/llama3.2:3b"]), "{status}");
        openclaw.run(&home, &["agent", "--local", "--agent", "main", "--message", "Say hello"])
    });
    let output = turned.await.unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success() && said.contains("This is practice"),
        "{said}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let asked = practice.requests().into_iter().find(|request| request.path == "/api/chat").expect("a chat");
    assert_eq!(asked.body["model"], "qwen3:8b");
    assert_eq!(asked.body["options"]["num_ctx"], num_ctx, "{}", asked.body["options"]);
}

#[tokio::test]
async fn a_real_turn_runs_as_pinned() {
    turn(&["use", "qwen3:8b", "--fallback", "llama3.2:3b", "--context", "20000"], 20_000).await;
}

#[tokio::test]
async fn a_real_turn_runs_automatically() {
    turn(&["use", "qwen3:8b", "--fallback", "llama3.2:3b", "--automatic"], 32_768).await;
}

/// A home whose settings were written, and the choice that OpenClaw must make of them, where that is the point.
struct Written {
    what: String,
    home: Home,
    choice: Option<(String, Vec<String>)>,
}

impl Written {
    fn new(what: impl Into<String>, home: Home, choice: Option<(&str, &[&str])>) -> Self {
        let choice = choice.map(|(primary, fallbacks)| {
            (primary.to_owned(), fallbacks.iter().map(|name| (*name).to_owned()).collect())
        });
        Self { what: what.into(), home, choice }
    }

    /// OpenClaw's own commands say that the file is valid, without a warning, and which model it will use.
    fn judge(&self, openclaw: &OpenClaw) {
        let file = std::fs::read_to_string(self.home.openclaw_json()).unwrap_or_default();
        let ask = |arguments: &[&str]| json(&arguments.join(" "), &openclaw.run(&self.home, arguments));
        let verdict = ask(&["config", "validate", "--json"]);
        let what = format!("{}: {verdict}\n{file}", self.what);
        assert_eq!((&verdict["valid"], &verdict["warnings"]), (&json!(true), &json!([])), "{what}");
        if let Some((primary, fallbacks)) = &self.choice {
            let status = ask(&["models", "status", "--json"]);
            let what = format!("{}: {status}\n{file}", self.what);
            assert_eq!(
                (&status["defaultModel"], &status["resolvedDefault"]),
                (&json!(primary), &json!(primary)),
                "{what}"
            );
            assert_eq!(status["fallbacks"], json!(fallbacks), "{what}");
        }
    }
}

/// Judges all, as many at once as there are processors: each answer takes Node seconds of work.
async fn judge_all(openclaw: OpenClaw, all: Vec<Written>) {
    let judging = tokio::task::spawn_blocking(move || {
        let workers = std::thread::available_parallelism().map_or(2, usize::from);
        let left = Mutex::new(all.iter());
        std::thread::scope(|scope| {
            for _ in 0..workers {
                scope.spawn(|| {
                    loop {
                        // Let go of before judging, or the others would wait.
                        let next = left.lock().unwrap().next();
                        let Some(written) = next else { break };
                        written.judge(&openclaw);
                    }
                });
            }
        });
    });
    judging.await.unwrap();
}

fn use_in(home: &Home, arguments: &[&str], url: &str) {
    let mut command = home.command(programs::pincer_cli());
    command.arg("use").args(arguments).args(["--yes", "--json"]);
    let output = command.env("OLLAMA_HOST", url).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", json("use", &output));
}

const QWEN: &str = "ollama/qwen3:8b";
const LLAMA: &str = "ollama/llama3.2:3b";

#[tokio::test(flavor = "multi_thread")]
async fn openclaw_accepts_every_way_and_every_change_between_them() {
    let Some(openclaw) = OpenClaw::installed() else { return };
    let practice = Practice::start(Options::demo()).await.unwrap();
    let url = practice.url();
    let port = practice.addr().port();
    let other = format!("http://localhost:{port}");
    let with_v1 = format!("{url}/v1/");
    let pinned: &[&str] =
        &["qwen3:8b", "--fallback", "llama3.2:3b", "--model", "llava:7b", "--context", "20000"];
    let automatic: &[&str] = &["qwen3:8b", "--automatic", "--fallback", "llama3.2:3b"];
    let plain: &[&str] = &["llama3.2:3b"];
    let chat: &[&str] = &["gemma2:2b", "--pinned", "--fallback", "qwen3:8b", "--fallback", "llama3.2:3b"];
    let elsewhere: &[&str] = &["qwen3:8b", "--host", &other];
    let elsewhere_automatic: &[&str] = &["qwen3:8b", "--automatic", "--host", &other];
    let elsewhere_v1: &[&str] = &["qwen3:8b", "--host", &with_v1];
    let local: &[&str] = &["qwen3:8b", "--local-only"];
    let online = r#"{ "agents": { "defaults": { "model": { "primary": "openai/gpt-5",
        "fallbacks": ["anthropic/claude-sonnet", "ollama/llama3.2:3b"] }, "models": { "openai/gpt-5": {} } } } }"#;
    type Way<'a> = (&'a str, &'a [&'a [&'a str]], (&'a str, &'a [&'a str]));
    let ways: &[Way<'_>] = &[
        ("{}", &[pinned], (QWEN, &[LLAMA])),
        ("{}", &[automatic], (QWEN, &[LLAMA])),
        ("{}", &[chat], ("ollama/gemma2:2b", &[QWEN, LLAMA])),
        ("{}", &[elsewhere], (QWEN, &[])),
        ("{}", &[elsewhere_automatic], (QWEN, &[])),
        ("{}", &[elsewhere_v1], (QWEN, &[])),
        (online, &[plain], (LLAMA, &["anthropic/claude-sonnet"])),
        (online, &[local], (QWEN, &[LLAMA])),
        ("{}", &[pinned, automatic], (QWEN, &[LLAMA])),
        ("{}", &[automatic, pinned, automatic, plain], (LLAMA, &[])),
        ("{}", &[pinned, elsewhere, elsewhere_automatic], (QWEN, &[LLAMA])),
    ];
    let mut all = Vec::new();
    for (before, steps, choice) in ways {
        let home = Home::new();
        settings::add_openclaw(&home, NEWEST);
        settings::write(&home, "openclaw.json", before);
        for arguments in *steps {
            use_in(&home, arguments, &url);
        }
        // OpenClaw asks where it is told to: without `/v1`, at the address of the last step that names one.
        let asked = if steps.iter().any(|step| step.contains(&other.as_str())) { &other } else { &url };
        let file: Value = serde_json::from_str(&settings::read(&home, "openclaw.json").unwrap()).unwrap();
        assert_eq!(file["models"]["providers"]["ollama"]["baseUrl"], *asked, "{steps:?}: {file:#}");
        all.push(Written::new(format!("{steps:?} on {before}"), home, Some(*choice)));
    }
    judge_all(openclaw, all).await;
}

/// A download writes no settings, and what the user writes by hand is not ours to prove.
#[tokio::test(flavor = "multi_thread")]
async fn openclaw_accepts_what_the_remedy_of_every_fault_writes() {
    let Some(openclaw) = OpenClaw::installed() else { return };
    let mut all = Vec::new();
    for row in TABLE.iter().filter(|row| row.version == NEWEST) {
        let Mended::Click(place) = row.mended else { continue };
        let practice = row.server().await;
        let url = practice.url();
        let home = row.home(&url);
        let computer = row.computer(&home, &url);
        let found = diagnose(&computer, &mut Discovery::default()).await.unwrap().1;
        let ours = |finding: &&Finding| serde_json::to_value(finding).unwrap()["code"] == row.code;
        let finding = found.findings.iter().find(ours).unwrap_or_else(|| panic!("{}", row.name()));
        click(&computer, &finding.remedies[place].remedy).await;
        all.push(Written::new(row.name(), home, row.choice));
    }
    judge_all(openclaw, all).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn openclaw_accepts_what_mends_several_faults_at_once() {
    let Some(openclaw) = OpenClaw::installed() else { return };
    let practice = Practice::start(Options::demo()).await.unwrap();
    let broken: [(&str, &[&str]); 3] = [
        (
            r#"{ "agents": { "defaults": { "model": { "primary": "qwen3:8b", "fallback": ["ollama/llama3.2:3b"] } } } }"#,
            &[LLAMA],
        ),
        (
            r#"{ "models": { "providers": { "ollama": { "baseUrl": "http://127.0.0.1:1/v1", "api": "openai-completions",
                "apiKey": "${NOT_SET}", "models": [{ "id": "QWEN3:8B", "name": "q", "contextWindow": 20000 }] } } } }"#,
            &[],
        ),
        (
            r#"{ "models": { "providers": { "ollama": { "apiKey": "ollama-local", "models": [] } } },
                "env": { "OLLAMA_API_KEY": "x" }, "agents": { "defaults": { "models": { "anthropic/x": {} } } } }"#,
            &[],
        ),
    ];
    let mut all = Vec::new();
    for (text, fallbacks) in broken {
        let home = Home::new();
        settings::write(&home, "openclaw.json", text);
        use_in(&home, &["qwen3:8b", "--host", &practice.url()], "");
        all.push(Written::new(text, home, Some((QWEN, fallbacks))));
    }
    judge_all(openclaw, all).await;
}
