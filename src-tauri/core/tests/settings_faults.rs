//! Every fault of OpenClaw's settings, in a real file, named by a real look at a real server, and mended by its first
//! remedy: a second look does not find it again.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test says what broke by panicking"
)]
#![cfg(unix)]

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::Path,
    time::SystemTime,
};

use pincer_core::{
    computer::Computer,
    diagnosis::{
        diagnose,
        finding::{Diagnosis, Severity},
        remedy::{Carried, carry_out},
    },
    machine::os::Os,
    models::discovery::Discovery,
    openclaw::change,
    surroundings::{Environment, Surroundings},
};
use pincer_practice::{Options, Practice};
use serde_json::{Value, json};

/// A home with an OpenClaw of this version.
struct Home {
    folder: tempfile::TempDir,
}

impl Home {
    fn new(version: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let home = Self { folder };
        let package = home.path().join("lib/node_modules/openclaw");
        fs::create_dir_all(&package).unwrap();
        fs::create_dir_all(home.path().join("bin")).unwrap();
        fs::create_dir_all(home.path().join(".openclaw")).unwrap();
        fs::write(
            package.join("package.json"),
            json!({ "name": "openclaw", "version": version }).to_string(),
        )
        .unwrap();
        let program = package.join("openclaw.mjs");
        fs::write(&program, "#!/bin/sh\n").unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        symlink(program, home.path().join("bin/openclaw")).unwrap();
        home
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn state(&self, file: &str) -> std::path::PathBuf {
        self.path().join(".openclaw").join(file)
    }

    fn write(&self, file: &str, text: &str) {
        fs::create_dir_all(self.state(file).parent().unwrap()).unwrap();
        fs::write(self.state(file), text).unwrap();
    }

    fn settings(&self) -> Value {
        serde_json::from_slice(&fs::read(self.state("openclaw.json")).unwrap()).unwrap()
    }

    fn computer(&self, host: &str, more: &[(&str, &str)]) -> Computer {
        let path = self.path().join("bin").display().to_string();
        let own = [("PATH", path.as_str()), ("OLLAMA_HOST", host), ("PINCER_MEMORY", "64000000000")];
        let environment = Environment::new(own.into_iter().chain(more.iter().copied()));
        Computer::new(Surroundings::new(Os::Linux, environment, self.path(), SystemTime::now), None)
    }
}

async fn look(computer: &Computer) -> Diagnosis {
    diagnose(computer, &mut Discovery::default()).await.unwrap().1
}

fn codes(diagnosis: &Diagnosis) -> Vec<String> {
    let code = |finding| serde_json::to_value(finding).unwrap()["code"].as_str().unwrap().to_owned();
    diagnosis.findings.iter().map(code).collect()
}

/// Applies the first remedy of the finding of this code, and looks again.
async fn mend(computer: &Computer, code: &str) -> Diagnosis {
    mend_by(computer, code, 0).await
}

async fn mend_by(computer: &Computer, code: &str, nth: usize) -> Diagnosis {
    let before = look(computer).await;
    let found = codes(&before).iter().position(|known| known == code);
    let finding = &before.findings[found.unwrap_or_else(|| panic!("{code} is not named: {before:#?}"))];
    assert!(!finding.evidence.is_empty(), "{code} has no evidence");
    match carry_out(computer, &finding.remedies[nth].remedy).await.unwrap() {
        Carried::Prepared(prepared) => {
            assert!(prepared.preview.changed, "{code}: the remedy changes nothing");
            change::apply(computer, prepared.plan).await.unwrap().unwrap();
        }
        other => panic!("{code}: {other:?}"),
    }
    look(computer).await
}

/// A whole pinned set-up of 2026.9.6 in which `change` breaks something.
fn whole(url: &str, change: impl Fn(&mut Value)) -> Value {
    let entry = |id: &str| json!({ "id": id, "name": id, "contextTokens": 32768, "params": { "num_ctx": 32768, "keep_alive": "15m" } });
    let mut settings = json!({
        "models": { "providers": { "ollama": { "baseUrl": url, "api": "ollama", "apiKey": "ollama-local",
            "timeoutSeconds": 300, "models": [entry("qwen3:8b"), entry("llama3.2:3b")] } } },
        "agents": { "defaults": { "model": { "primary": "ollama/qwen3:8b" } } },
    });
    change(&mut settings);
    settings
}

const PROVIDER: &str = "/models/providers/ollama";
const MODEL: &str = "/agents/defaults/model";

#[tokio::test]
async fn every_fault_in_the_file_is_named_and_mended() {
    type Change = fn(&mut Value);
    let table: &[(&str, &str, Change)] = &[
        ("settings.list-empty", "2026.9.6", |s| s.pointer_mut(PROVIDER).unwrap()["models"] = json!([])),
        ("settings.key-alone", "2026.9.6", |s| {
            *s = json!({ "models": { "providers": { "ollama": { "apiKey": "ollama-local" } } } });
        }),
        ("settings.ollama-off", "2026.9.6", |s| *s = json!({ "gateway": { "mode": "local" } })),
        ("settings.ollama-off", "2026.9.6", |s| s.pointer_mut(PROVIDER).unwrap()["apiKey"] = json!("")),
        ("settings.no-primary", "2026.9.6", |s| *s.pointer_mut(MODEL).unwrap() = json!({})),
        ("settings.fallback-key", "2026.9.6", |s| {
            s.pointer_mut(MODEL).unwrap()["fallback"] = json!(["ollama/llama3.2:3b"]);
        }),
        ("settings.discovery-off", "2026.9.6", |s| {
            s.pointer_mut(PROVIDER).unwrap()["models"].as_array_mut().unwrap().truncate(1);
        }),
        ("settings.model-without-tools", "2026.9.6", |s| {
            s.pointer_mut(MODEL).unwrap()["primary"] = json!("ollama/gemma2:2b");
        }),
        ("settings.model-without-tools", "2026.9.6", |s| {
            s.pointer_mut(MODEL).unwrap()["primary"] = json!("ollama/Gemma2:2B");
        }),
        ("settings.bare-model-name", "2026.9.6", |s| {
            s.pointer_mut(MODEL).unwrap()["primary"] = json!("qwen3:8b");
        }),
        ("settings.bare-model-name", "2026.9.6", |s| {
            s.pointer_mut(MODEL).unwrap()["fallbacks"] = json!(["llama3.2:3b"]);
        }),
        ("settings.fallback-is-online", "2026.9.6", |s| {
            s.pointer_mut(MODEL).unwrap()["fallbacks"] = json!(["anthropic/claude"]);
        }),
        ("settings.base-url-v1", "2026.9.6", |s| {
            let url = format!("{}/v1", s.pointer(PROVIDER).unwrap()["baseUrl"].as_str().unwrap());
            s.pointer_mut(PROVIDER).unwrap()["baseUrl"] = json!(url);
            s.pointer_mut(PROVIDER).unwrap()["api"] = json!("openai-completions");
        }),
        ("settings.api-unsupported", "2026.2.3", |_| {}),
        ("settings.api-unsupported", "2026.4.15", |_| {}),
        ("settings.api-unsupported", "2026.9.6", |s| s["env"] = json!({ "OLLAMA_API_KEY": "ollama-local" })),
        ("settings.not-allowed", "2026.9.6", |s| {
            s["agents"]["defaults"]["models"] = json!({ "anthropic/claude": {} });
        }),
        ("settings.env-missing", "2026.9.6", |s| {
            s.pointer_mut(PROVIDER).unwrap()["apiKey"] = json!("${OLLAMA_API_KEY}");
        }),
        ("settings.context-not-sent", "2026.9.6", |s| {
            s.pointer_mut(PROVIDER).unwrap()["models"][0].as_object_mut().unwrap().remove("params");
        }),
        ("settings.model-not-installed", "2026.9.6", |s| {
            s.pointer_mut(MODEL).unwrap()["primary"] = json!("ollama/qwen3:4b");
        }),
    ];
    let practice = Practice::start(Options::demo()).await.unwrap();
    for (code, version, change) in table {
        let home = Home::new(version);
        home.write("openclaw.json", &whole(&practice.url(), change).to_string());
        let computer = home.computer(&practice.url(), &[]);
        // Of a missing model the first remedy is a download; the second, a choice of what is there, is of the settings.
        let nth = usize::from(*code == "settings.model-not-installed");
        let after = mend_by(&computer, code, nth).await;
        assert!(
            !codes(&after).contains(&(*code).to_owned()),
            "{code} on {version} stays: {after:#?}\n{:#}",
            home.settings()
        );
        let problems: Vec<_> =
            after.findings.iter().filter(|finding| finding.severity == Severity::Problem).collect();
        assert!(problems.is_empty(), "{code} on {version}: {problems:#?}");
    }
}

#[tokio::test]
async fn faults_beside_the_file_are_named_and_mended() {
    let practice = Practice::start(Options::demo()).await.unwrap();

    // The key in this shell only, and the automatic way.
    let home = Home::new("2026.9.6");
    home.write(
        "openclaw.json",
        &json!({ "agents": { "defaults": { "model": { "primary": "ollama/qwen3:8b" } } },
        "models": { "providers": { "ollama": { "baseUrl": practice.url(), "api": "ollama" } } } })
        .to_string(),
    );
    home.write(".env", "# mine\nOTHER=1\n");
    let computer = home.computer(&practice.url(), &[("OLLAMA_API_KEY", "x")]);
    let after = mend(&computer, "settings.key-not-seen").await;
    assert_eq!(codes(&after), Vec::<String>::new());
    assert_eq!(
        fs::read_to_string(home.state(".env")).unwrap(),
        "# mine\nOTHER=1\nOLLAMA_API_KEY=ollama-local\n"
    );
    change::undo(&computer, None, false).await.unwrap();
    assert_eq!(fs::read_to_string(home.state(".env")).unwrap(), "# mine\nOTHER=1\n");

    // An agent's own file with an old address.
    let home = Home::new("2026.9.6");
    home.write("openclaw.json", &whole(&practice.url(), |_| {}).to_string());
    let agent = "agents/main/agent/models.json";
    home.write(agent, r#"{"providers":{"ollama":{"baseUrl":"http://127.0.0.1:1","models":[]}},"x":1}"#);
    let computer = home.computer(&practice.url(), &[]);
    let after = mend(&computer, "settings.stale-agent-file").await;
    assert_eq!(codes(&after), Vec::<String>::new());
    let mended: Value = serde_json::from_slice(&fs::read(home.state(agent)).unwrap()).unwrap();
    assert_eq!(
        mended,
        json!({ "providers": { "ollama": { "baseUrl": practice.url(), "models": [] } }, "x": 1 })
    );

    // Pincer's own choice answers, the settings' address does not.
    let home = Home::new("2026.9.6");
    home.write("openclaw.json", &whole("http://127.0.0.1:1", |_| {}).to_string());
    let computer = home.computer("", &[]);
    let choice = json!({ "address": practice.url() }).to_string();
    fs::create_dir_all(&computer.folders.data).unwrap();
    fs::write(computer.folders.preferences(), choice).unwrap();
    let after = mend(&computer, "settings.base-url-wrong").await;
    assert_eq!(codes(&after), Vec::<String>::new());
    assert_eq!(home.settings()["models"]["providers"]["ollama"]["baseUrl"], practice.url());

    // Automatic without an address: OpenClaw asks the usual one, Ollama is elsewhere.
    let home = Home::new("2026.9.6");
    home.write(
        "openclaw.json",
        &json!({ "agents": { "defaults": { "model": { "primary": "ollama/qwen3:8b" } } } }).to_string(),
    );
    home.write(".env", "OLLAMA_API_KEY=ollama-local\n");
    let computer = home.computer(&practice.url(), &[]);
    let after = mend(&computer, "settings.base-url-wrong").await;
    assert_eq!(codes(&after), Vec::<String>::new());
    let entry = &home.settings()["models"]["providers"]["ollama"];
    assert_eq!(entry, &json!({ "baseUrl": practice.url(), "api": "ollama" }));

    // Slow here, and OpenClaw gives up.
    let home = Home::new("2026.9.6");
    let no_limit = |s: &mut Value| {
        drop(s.pointer_mut(PROVIDER).unwrap().as_object_mut().unwrap().remove("timeoutSeconds"));
    };
    home.write("openclaw.json", &whole(&practice.url(), no_limit).to_string());
    let slow = r#"{"models":[{"name":"qwen3:8b","size":10,"size_vram":0,"context_length":4096}]}"#;
    let answer = pincer_practice::Answer::Reply {
        status: 200,
        content_type: "application/json".into(),
        body: slow.into(),
    };
    practice.set_answer("/api/ps", Some(answer));
    let computer = home.computer(&practice.url(), &[]);
    let after = mend(&computer, "settings.gives-up-too-early").await;
    practice.set_answer("/api/ps", None);
    // It is as slow as before, but OpenClaw waits.
    assert_eq!(codes(&after), ["models.on-cpu"]);
}
