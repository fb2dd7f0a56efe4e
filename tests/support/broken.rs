//! Each way in which OpenClaw's settings can be wrong, as files in a home, with what mends it. The doctor is tested with
//! it, and OpenClaw itself is asked what it makes of what the remedies write.

use std::{fs, path::Path, time::SystemTime};

use pincer_core::{
    computer::Computer,
    diagnosis::{
        finding::Remedy,
        remedy::{Carried, carry_out},
    },
    machine::os::Os,
    openclaw::change,
    surroundings::{Environment, Surroundings},
};
use pincer_practice::{Answer, Options, Practice};
use serde_json::{Value, json};

use super::{
    home::Home,
    settings::{add_openclaw, whole},
};

/// The newest OpenClaw that was measured.
pub const NEWEST: &str = "2026.9.6";

/// How much it matters, as `doctor --json` says it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    Problem,
    Warning,
    Note,
}
use Severity::{Note, Problem, Warning};

impl Severity {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Problem => "problem",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// OpenClaw's main file.
#[derive(Clone, Copy)]
pub enum File {
    /// A whole set-up in which this breaks something.
    Whole(fn(&mut Value)),
    /// This text.
    Text(&'static str),
}
use File::{Text, Whole};

/// What mends it.
#[derive(Clone, Copy)]
pub enum Mended {
    /// The remedy of this place, with one click.
    Click(usize),
    /// The download of this model.
    Pull(&'static str),
    /// The user, in an editor.
    Hand(&'static str),
}

/// A row. In texts `[ollama]` is the server's address.
#[derive(Clone, Copy)]
pub struct Broken {
    pub code: &'static str,
    pub severity: Severity,
    pub version: &'static str,
    pub file: File,
    /// More files, by their paths in the home.
    pub beside: &'static [(&'static str, &'static str)],
    pub environment: &'static [(&'static str, &'static str)],
    /// What the server has.
    pub models: fn() -> Options,
    /// What `/api/ps` says.
    pub loaded: Option<&'static str>,
    pub mended: Mended,
    /// What a file of the home holds afterwards, where it is not the main one.
    pub written: Option<(&'static str, &'static str)>,
    /// The choice that OpenClaw must see afterwards, where the row is about the choice.
    pub choice: Option<(&'static str, &'static [&'static str])>,
}

/// Pulls in these tests take no time.
fn demo() -> Options {
    Options { pull_ticks: 2, verifying: std::time::Duration::ZERO, ..Options::demo() }
}

const ROW: Broken = Broken {
    code: "",
    severity: Problem,
    version: NEWEST,
    file: Whole(|_| {}),
    beside: &[],
    environment: &[("OLLAMA_HOST", "[ollama]")],
    models: demo,
    loaded: None,
    mended: Mended::Click(0),
    written: None,
    choice: None,
};

fn provider(settings: &mut Value) -> &mut Value {
    settings.pointer_mut("/models/providers/ollama").unwrap()
}

fn model(settings: &mut Value) -> &mut Value {
    settings.pointer_mut("/agents/defaults/model").unwrap()
}

fn v1(settings: &mut Value) {
    let provider = provider(settings);
    provider["baseUrl"] = json!(format!("{}/v1", provider["baseUrl"].as_str().unwrap()));
    provider["api"] = json!("openai-completions");
}

const QWEN: &str = "ollama/qwen3:8b";
const LLAMA: &str = "ollama/llama3.2:3b";

/// Every row; a code has one or more.
pub static TABLE: &[Broken] = &[
    Broken {
        code: "settings.unreadable",
        file: Text("{\n  // mine\n  agents: [,\n}\n"),
        mended: Mended::Hand(
            r#"{ gateway: { mode: "local" }, agents: { defaults: { model: "ollama/qwen3:8b" } }, models: { providers: { ollama: { baseUrl: "[ollama]",
                api: "ollama", apiKey: "ollama-local", models: [{ id: "qwen3:8b", name: "q" }] } } } }"#,
        ),
        ..ROW
    },
    Broken {
        code: "settings.ollama-off",
        file: Text("{ gateway: { mode: 'local' } }"),
        choice: Some((QWEN, &[])),
        ..ROW
    },
    Broken { code: "settings.ollama-off", file: Whole(|s| provider(s)["apiKey"] = json!("")), ..ROW },
    Broken {
        code: "settings.no-primary",
        file: Whole(|s| *model(s) = json!({})),
        choice: Some((QWEN, &[])),
        ..ROW
    },
    Broken {
        code: "settings.fallback-key",
        file: Whole(|s| model(s)["fallback"] = json!([LLAMA])),
        choice: Some((QWEN, &[LLAMA])),
        ..ROW
    },
    Broken {
        code: "settings.key-not-seen",
        severity: Warning,
        file: Text(
            r#"{ "gateway": { "mode": "local" },
                "agents": { "defaults": { "model": { "primary": "ollama/qwen3:8b" } } },
                "models": { "providers": { "ollama": { "baseUrl": "[ollama]", "api": "ollama" } } } }"#,
        ),
        beside: &[(".openclaw/.env", "# mine\nOTHER=1\n")],
        environment: &[("OLLAMA_HOST", "[ollama]"), ("OLLAMA_API_KEY", "x")],
        written: Some((".openclaw/.env", "# mine\nOTHER=1\nOLLAMA_API_KEY=ollama-local\n")),
        ..ROW
    },
    Broken {
        code: "settings.key-alone",
        file: Text(
            r#"{ "gateway": { "mode": "local" },
                "models": { "providers": { "ollama": { "apiKey": "ollama-local" } } } }"#,
        ),
        choice: Some((QWEN, &[])),
        ..ROW
    },
    Broken {
        code: "settings.list-empty",
        file: Whole(|s| provider(s)["models"] = json!([])),
        choice: Some((QWEN, &[])),
        ..ROW
    },
    Broken {
        code: "settings.list-empty",
        version: "2026.4.15",
        file: Text(
            r#"{ "gateway": { "mode": "local" },
                "agents": { "defaults": { "model": { "primary": "ollama/qwen3:8b" } } },
                "models": { "providers": { "ollama": { "baseUrl": "[ollama]", "api": "ollama", "apiKey": "x",
                    "models": [] } } } }"#,
        ),
        ..ROW
    },
    Broken {
        code: "settings.discovery-off",
        severity: Note,
        file: Whole(|s| provider(s)["models"].as_array_mut().unwrap().truncate(1)),
        ..ROW
    },
    Broken {
        code: "settings.model-without-tools",
        file: Whole(|s| model(s)["primary"] = json!("ollama/gemma2:2b")),
        choice: Some((QWEN, &[])),
        ..ROW
    },
    Broken {
        code: "settings.model-without-tools",
        file: Whole(|s| model(s)["primary"] = json!("ollama/Gemma2:2B")),
        ..ROW
    },
    Broken {
        code: "settings.model-without-tools",
        severity: Warning,
        file: Whole(|s| model(s)["fallbacks"] = json!(["ollama/gemma2:2b", LLAMA])),
        choice: Some((QWEN, &[LLAMA])),
        ..ROW
    },
    Broken {
        code: "settings.bare-model-name",
        file: Whole(|s| model(s)["primary"] = json!("qwen3:8b")),
        choice: Some((QWEN, &[])),
        ..ROW
    },
    Broken {
        code: "settings.bare-model-name",
        file: Whole(|s| model(s)["fallbacks"] = json!(["llama3.2:3b"])),
        choice: Some((QWEN, &[LLAMA])),
        ..ROW
    },
    Broken {
        code: "settings.fallback-is-online",
        severity: Note,
        file: Whole(|s| model(s)["fallbacks"] = json!([LLAMA, "anthropic/claude"])),
        choice: Some((QWEN, &[LLAMA])),
        ..ROW
    },
    Broken { code: "settings.base-url-v1", severity: Warning, file: Whole(v1), ..ROW },
    // Pincer's own choice answers, the settings' address does not.
    Broken {
        code: "settings.base-url-wrong",
        file: Whole(|s| provider(s)["baseUrl"] = json!("http://127.0.0.1:1")),
        beside: &[(".local/share/dev.pincer.desktop/preferences.json", r#"{ "address": "[ollama]" }"#)],
        environment: &[],
        ..ROW
    },
    // Automatic without an address: OpenClaw asks the usual one, Ollama is elsewhere.
    Broken {
        code: "settings.base-url-wrong",
        file: Text(
            r#"{ "gateway": { "mode": "local" },
                "agents": { "defaults": { "model": { "primary": "ollama/qwen3:8b" } } } }"#,
        ),
        beside: &[(".openclaw/.env", "OLLAMA_API_KEY=ollama-local\n")],
        choice: Some((QWEN, &[])),
        ..ROW
    },
    Broken { code: "settings.api-unsupported", version: "2026.2.3", ..ROW },
    Broken { code: "settings.api-unsupported", version: "2026.4.15", ..ROW },
    Broken {
        code: "settings.api-unsupported",
        file: Whole(|s| s["env"] = json!({ "OLLAMA_API_KEY": "ollama-local" })),
        ..ROW
    },
    Broken {
        code: "settings.not-allowed",
        file: Whole(|s| s["agents"]["defaults"]["models"] = json!({ "anthropic/claude": {} })),
        choice: Some((QWEN, &[])),
        ..ROW
    },
    // OpenClaw calls it valid, and finds no key.
    Broken {
        code: "settings.base-url-no-scheme",
        file: Whole(|s| {
            let url = provider(s)["baseUrl"].as_str().unwrap().replace("http://", "");
            provider(s)["baseUrl"] = json!(url);
        }),
        choice: Some((QWEN, &[])),
        ..ROW
    },
    Broken {
        code: "settings.env-missing",
        version: "2026.8.2",
        file: Whole(|s| provider(s)["apiKey"] = json!("${OLLAMA_API_KEY}")),
        ..ROW
    },
    Broken {
        code: "settings.env-missing",
        severity: Warning,
        file: Whole(|s| provider(s)["apiKey"] = json!("${OLLAMA_API_KEY}")),
        ..ROW
    },
    // The service does not see the shell's.
    Broken {
        code: "settings.env-missing",
        severity: Warning,
        version: "2026.8.2",
        file: Whole(|s| provider(s)["apiKey"] = json!("${OLLAMA_API_KEY}")),
        environment: &[("OLLAMA_HOST", "[ollama]"), ("OLLAMA_API_KEY", "x")],
        written: Some((".openclaw/.env", "OLLAMA_API_KEY=ollama-local\n")),
        ..ROW
    },
    // No version answers without its address.
    Broken {
        code: "settings.env-missing",
        file: Whole(|s| provider(s)["baseUrl"] = json!("${OLLAMA_URL}")),
        choice: Some((QWEN, &[])),
        ..ROW
    },
    Broken {
        code: "settings.context-not-sent",
        severity: Warning,
        file: Whole(|s| drop(provider(s)["models"][0].as_object_mut().unwrap().remove("params"))),
        ..ROW
    },
    Broken {
        code: "settings.gives-up-too-early",
        severity: Warning,
        file: Whole(|s| drop(provider(s).as_object_mut().unwrap().remove("timeoutSeconds"))),
        loaded: Some(r#"{"models":[{"name":"qwen3:8b","size":10,"size_vram":0,"context_length":4096}]}"#),
        ..ROW
    },
    Broken {
        code: "settings.context-too-large",
        severity: Warning,
        file: Whole(|s| {
            provider(s)["models"][0]["params"] = json!({ "num_ctx": 32768, "keep_alive": "15m" });
        }),
        environment: &[("OLLAMA_HOST", "[ollama]"), ("PINCER_MEMORY", "11000000000")],
        ..ROW
    },
    Broken {
        code: "settings.stale-agent-file",
        severity: Warning,
        beside: &[(
            ".openclaw/agents/main/agent/models.json",
            r#"{"providers":{"ollama":{"baseUrl":"http://127.0.0.1:1","models":[]}},"x":1}"#,
        )],
        written: Some((
            ".openclaw/agents/main/agent/models.json",
            r#"{"providers":{"ollama":{"baseUrl":"[ollama]","models":[]}},"x":1}"#,
        )),
        ..ROW
    },
    Broken {
        code: "settings.model-not-installed",
        file: Whole(|s| model(s)["primary"] = json!("ollama/qwen3:4b")),
        mended: Mended::Pull("qwen3:4b"),
        ..ROW
    },
    // A download is the first remedy; a choice of what is there, the second.
    Broken {
        code: "settings.model-not-installed",
        file: Whole(|s| model(s)["primary"] = json!("ollama/qwen3:4b")),
        mended: Mended::Click(1),
        choice: Some((QWEN, &[])),
        ..ROW
    },
    Broken {
        code: "settings.model-not-installed",
        severity: Warning,
        file: Whole(|s| model(s)["fallbacks"] = json!(["ollama/qwen3:4b"])),
        mended: Mended::Pull("qwen3:4b"),
        ..ROW
    },
];

impl Broken {
    /// For messages.
    pub fn name(&self) -> String {
        let place = TABLE.iter().position(|row| std::ptr::eq(row, self)).unwrap_or_default();
        format!("{} (row {place}, OpenClaw {})", self.code, self.version)
    }

    /// A server that has what the row says.
    pub async fn server(&self) -> Practice {
        let practice = Practice::start((self.models)()).await.unwrap();
        let said = |body: &str| Answer::Reply {
            status: 200,
            content_type: "application/json".into(),
            body: body.to_owned().into(),
        };
        practice.set_answer("/api/ps", self.loaded.map(said));
        practice
    }

    /// The files, in a home of their own.
    pub fn home(&self, url: &str) -> Home {
        let home = Home::new();
        add_openclaw(&home, self.version);
        let main = match self.file {
            Text(text) => text.to_owned(),
            Whole(change) => {
                let mut settings = whole(url);
                change(&mut settings);
                settings.to_string()
            }
        };
        let main = (".openclaw/openclaw.json", main.as_str());
        for (file, text) in self.beside.iter().copied().chain([main]) {
            put(&home.path().join(file), &text.replace("[ollama]", url));
        }
        home
    }

    /// The variables of the row.
    pub fn variables(&self, url: &str) -> Vec<(String, String)> {
        self.environment
            .iter()
            .map(|(name, value)| ((*name).into(), value.replace("[ollama]", url)))
            .collect()
    }

    /// The home as the library sees it.
    pub fn computer(&self, home: &Home, url: &str) -> Computer {
        let own = home.environment();
        let own = own.into_iter().map(|(name, value)| (name.to_owned(), value.into_string().unwrap()));
        let environment = Environment::new(own.chain(self.variables(url)));
        Computer::new(Surroundings::new(Os::Linux, environment, home.path(), SystemTime::now), None)
    }
}

/// Writes a file with its folders.
pub fn put(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// A click on a remedy of the settings, and on "apply" in what it shows.
pub async fn click(computer: &Computer, remedy: &Remedy) {
    match carry_out(computer, remedy).await.unwrap() {
        Carried::Prepared(prepared) => {
            assert!(prepared.preview.changed, "{remedy:?} changes nothing");
            change::apply(computer, prepared.plan).await.unwrap().unwrap();
        }
        other => panic!("{remedy:?} is no change of the settings: {other:?}"),
    }
}
