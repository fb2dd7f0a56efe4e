//! What the commands say, whole: `use`, `undo` and `history` with every option, as text in each language and as
//! JSON, beside `tests/snapshots`. A difference fails and writes nothing; `.config/insta.yaml` says how to accept one.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test says what broke by panicking"
)]
#![cfg(target_os = "linux")]

mod support;

use std::{
    fmt::Write as _,
    fs,
    io::{Read, Write as _},
    path::Path,
    process::{Command, Output, Stdio},
};

use serde_json::Value;
use support::{
    home::Home,
    ollama::{Ollama, free_address},
    process, programs, settings,
};

/// The newest OpenClaw that was measured.
const NEWEST: &str = "2026.9.6";

/// One thing that happens in a scene.
enum Step {
    /// A command. `[1]` is the name of the first change, `[nowhere]` an address without a server.
    Run(&'static str),
    /// Someone else writes a file of the state folder.
    Write(&'static str, &'static str),
}
use Step::{Run, Write};

/// How the same scene is looked at.
struct View {
    name: &'static str,
    language: &'static str,
    json: bool,
}

/// JSON in French: nothing in it is of any language.
const VIEWS: [View; 3] = [
    View { name: "en", language: "C.UTF-8", json: false },
    View { name: "fr", language: "fr_FR.UTF-8", json: false },
    View { name: "json", language: "fr_FR.UTF-8", json: true },
];

/// Beside them where the signs differ: marks, lists and the question.
const CHINESE: View = View { name: "zh", language: "zh_CN.UTF-8", json: false };

/// A home, an Ollama elsewhere, and the words of a view.
struct Stage<'a> {
    home: Home,
    ollama: &'a Ollama,
    view: &'a View,
    nowhere: String,
}

impl<'a> Stage<'a> {
    fn new(openclaw: Option<&str>, files: &[(&str, &str)], ollama: &'a Ollama, view: &'a View) -> Self {
        let home = Home::new();
        if let Some(version) = openclaw {
            settings::add_openclaw(&home, version);
        }
        for (file, text) in files {
            settings::write(&home, file, &text.replace("[ollama]", &ollama.url()));
        }
        Self { home, ollama, view, nowhere: format!("http://{}", free_address()) }
    }

    fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = self.home.command(program);
        command.env("LANG", self.view.language).env("OLLAMA_HOST", self.ollama.host());
        command
    }

    /// The words of a command line, and `--json` where the view is that.
    fn arguments(&self, line: &str) -> Vec<String> {
        let mut words: Vec<String> = line.split(' ').map(|word| self.filled(word)).collect();
        words.extend(self.view.json.then(|| "--json".to_owned()));
        words
    }

    fn filled(&self, word: &str) -> String {
        let number = word.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')?.parse::<usize>().ok());
        match number {
            Some(number) => {
                let list = self.command(programs::pincer_cli()).args(["history", "--json"]).output().unwrap();
                let list = process::json("history", &list);
                let receipts = list["receipts"].as_array().unwrap();
                receipts[receipts.len() - number]["id"].as_str().unwrap().to_owned()
            }
            None => word.replace("[nowhere]", &self.nowhere),
        }
    }

    fn run(&self, line: &str) -> Output {
        self.command(programs::pincer_cli()).args(self.arguments(line)).output().unwrap()
    }

    /// What differs from run to run, by name. Receipts' names and times are left to the filters.
    fn steady(&self, text: &str) -> String {
        text.replace(&self.home.path().display().to_string(), "[home]")
            .replace(&self.ollama.host(), "[ollama]")
            .replace(&self.nowhere, "http://[nowhere]")
    }

    /// A command and all that came of it.
    fn told(&self, line: &str, output: &Output) -> String {
        let json = if self.view.json { " --json" } else { "" };
        let mut told = format!("$ pincer {line}{json}\n");
        let (said, complained) = (text(&output.stdout), text(&output.stderr));
        if self.view.json && !said.is_empty() {
            assert_eq!(said.lines().count(), 1, "one document, one line: {said}");
            let document: Value = serde_json::from_str(&said).unwrap();
            writeln!(told, "{document:#}").unwrap();
        } else {
            told.push_str(&said);
        }
        if !complained.is_empty() {
            write!(told, "[standard error]\n{complained}").unwrap();
        }
        writeln!(told, "[exit status {}]\n", output.status.code().unwrap()).unwrap();
        self.steady(&told)
    }

    fn assert(&self, name: &str, told: &str) {
        let mut settings = insta::Settings::clone_current();
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.add_filter(r"\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ-(\d{4})", "[time]-$1");
        settings.add_filter(r#""at": \d{13}"#, r#""at": [time]"#);
        settings.bind(|| insta::assert_snapshot!(format!("{name}.{}", self.view.name), told));
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Plays a scene once for each view, each time in a home of its own.
fn scene(name: &str, openclaw: Option<&str>, files: &[(&str, &str)], steps: &[Step]) {
    play(&VIEWS, name, openclaw, files, steps);
}

fn play(views: &[View], name: &str, openclaw: Option<&str>, files: &[(&str, &str)], steps: &[Step]) {
    let server = Home::new();
    let ollama = Ollama::start(&server);
    for view in views {
        let stage = Stage::new(openclaw, files, &ollama, view);
        let mut told = String::new();
        for step in steps {
            match step {
                Run(line) => told.push_str(&stage.told(line, &stage.run(line))),
                Write(file, text) => {
                    settings::write(&stage.home, file, text);
                    writeln!(told, "(someone else writes {file})\n").unwrap();
                }
            }
        }
        stage.assert(name, &told);
    }
}

const MAIN: &str = "openclaw.json";

/// In one line, so that its differences are short.
const SHORT: &str = "{ gateway: { mode: 'local' } } // mine\n";

#[test]
fn use_on_an_empty_home_then_undo() {
    scene(
        "empty-home",
        Some(NEWEST),
        &[],
        &[
            Run("history"),
            Run("undo"),
            Run("use qwen3:8b --dry-run"),
            Run("use qwen3:8b --fallback llama3.2:3b --yes"),
            Run("use qwen3:8b --fallback llama3.2:3b --yes"),
            Run("history"),
            Run("undo"),
            Run("history"),
            Run("undo"),
        ],
    );
}

/// Much that is the user's own, secrets among it.
const LIVED_IN: &str = r#"// mine
{
  gateway: { mode: 'local', auth: { token: "s3cr3t-t0ken" } },
  models: {
    providers: {
      anthropic: { apiKey: "sk-ant-very-secret" },
      ollama: {
        baseUrl: "[ollama]", // at home
        apiKey: "ollama-local",
        api: "ollama",
        headers: { "X-Mine": "kept" },
        models: [
          { id: "QWEN3:8B", name: "my own name", contextWindow: 20000 },
        ],
      },
    },
  },
  agents: {
    defaults: {
      model: { primary: "anthropic/claude-sonnet", fallbacks: ["openai/gpt-5"] },
      models: { "anthropic/claude-sonnet": {} },
    },
    list: [{ id: "writer", model: "anthropic/claude-opus" }],
  },
}
"#;

#[test]
fn use_with_every_option_of_pinned() {
    scene(
        "pinned",
        Some(NEWEST),
        &[
            (MAIN, LIVED_IN),
            ("agents/main/agent/models.json", r#"{"providers":{"ollama":{"baseUrl":"http://127.0.0.1:1"}}}"#),
        ],
        &[
            Run(
                "use llama3.2:3b --pinned --fallback qwen3:8b --fallback gemma2:2b --model llava:7b --model deepseek-r1:1.5b --context 16384 --yes",
            ),
            Run("use qwen3:8b --yes"),
            Run("history"),
        ],
    );
}

#[test]
fn use_local_only() {
    let steps = [
        Run("use qwen3:8b --local-only --dry-run"),
        Run("use qwen3:8b --fallback llama3.2:3b --fallback gpt-oss:20b-cloud --local-only --yes"),
    ];
    scene("local-only", Some(NEWEST), &[(MAIN, LIVED_IN)], &steps);
    play(&[CHINESE], "local-only", Some(NEWEST), &[(MAIN, LIVED_IN)], &steps);
}

#[test]
fn use_automatic_on_the_newest() {
    scene(
        "automatic",
        Some(NEWEST),
        &[(MAIN, LIVED_IN), (".env", "# mine\nOTHER=1")],
        &[
            Run("use qwen3:8b --automatic --fallback llama3.2:3b --yes"),
            Run("use qwen3:8b --automatic --yes"),
            Run("use qwen3:8b --pinned --yes"),
            Run("undo"),
            Run("undo"),
        ],
    );
}

#[test]
fn use_by_version_of_openclaw() {
    for (version, name) in [
        (None, "version-unknown"),
        (Some("2026.2.3"), "version-2026.2.3"),
        (Some("2026.2.17"), "version-2026.2.17"),
        (Some("2026.3.13"), "version-2026.3.13"),
        (Some("2026.4.15"), "version-2026.4.15"),
        (Some("2026.6.11"), "version-2026.6.11"),
    ] {
        let lines = [Run("use qwen3:8b --automatic --dry-run"), Run("use qwen3:8b --dry-run")];
        scene(name, version, &[(MAIN, SHORT)], &lines);
    }
}

#[test]
fn use_of_models_that_cannot_act_here() {
    scene(
        "abilities",
        Some(NEWEST),
        &[(MAIN, SHORT)],
        &[
            Run("use gemma2:2b --dry-run"),
            Run("use gemma2:2b --yes"),
            Run("use nomic-embed-text --dry-run"),
            Run("use gpt-oss:20b-cloud --dry-run"),
            Run("use qwen3:8b --context 4096 --dry-run"),
        ],
    );
}

#[test]
fn use_refused() {
    scene(
        "refused",
        Some(NEWEST),
        &[(MAIN, SHORT)],
        &[
            Run("use qwen3:9b --yes"),
            Run("use llama --yes"),
            Run("use qwen3:8b --fallback llama3.2:7b --yes"),
            Run("use qwen3:8b --model mistral --yes"),
            Run("use zzz --yes"),
            Run("use a/b/c/d/e --yes"),
            Run("use qwen3:8b"),
            Run("use"),
            Run("use qwen3:8b --automatic --pinned"),
            Run("use qwen3:8b --context 7"),
            Run("use qwen3:8b --nonsense"),
            Run("use qwen3:8b --yes --host ftp://x"),
            Run("use qwen3:8b --yes --host [nowhere]"),
            Run("history"),
        ],
    );
}

#[test]
fn use_of_settings_that_cannot_be_edited() {
    scene(
        "unreadable",
        Some(NEWEST),
        &[(MAIN, "{\n  agents: {\n    defaults: oops,\n  },\n}\n")],
        &[Run("use qwen3:8b --yes")],
    );
    scene(
        "included",
        Some(NEWEST),
        &[(MAIN, "{ models: { $include: './models.json5' } }\n")],
        &[Run("use qwen3:8b --yes"), Run("use qwen3:8b --automatic --yes")],
    );
}

#[test]
fn undo_and_history_through_many_changes() {
    scene(
        "undo",
        Some(NEWEST),
        &[(MAIN, SHORT)],
        &[
            Run("use qwen3:8b --yes"),
            Run("use llama3.2:3b --yes"),
            Run("use qwen3:8b --automatic --yes"),
            Run("history"),
            Run("undo"),
            Run("undo [2]"),
            Run("undo [1]"),
            Run("history"),
            Run("undo nope"),
            Run("undo --nonsense"),
        ],
    );
}

#[test]
fn undo_of_what_someone_else_changed_since() {
    scene(
        "undo-changed-since",
        Some(NEWEST),
        &[(MAIN, SHORT)],
        &[
            Run("use qwen3:8b --yes"),
            Write(MAIN, "{ gateway: { mode: 'local', auth: { token: 's3cr3t-t0ken' } } }\n"),
            Run("undo"),
            Run("undo [1] --force"),
            Run("history"),
            Run("undo [2]"),
        ],
    );
}

#[test]
fn the_help_names_every_option() {
    let server = Home::new();
    let ollama = Ollama::start(&server);
    let stage = Stage::new(None, &[], &ollama, &VIEWS[0]);
    let lines = ["--help", "use --help", "undo --help", "history --help"];
    let told: String = lines.iter().map(|line| stage.told(line, &stage.run(line))).collect();
    stage.assert("help", &told);
}

/// A command on a terminal of its own, up to its question; then `meanwhile` happens, and the answer is typed.
fn on_a_terminal(stage: &Stage<'_>, line: &str, answer: &str, meanwhile: impl FnOnce()) -> String {
    let program = programs::pincer_cli();
    let mut command = stage.command("script");
    command
        .args(["--quiet", "--return", "--command", &format!("{} {line}", program.display()), "/dev/null"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let mut screen = child.stdout.take().unwrap();
    let mut shown = Vec::new();
    // The question ends without a new line: it is there when its end is.
    while !shown.ends_with(b"/n] ") {
        let mut byte = [0];
        assert_eq!(screen.read(&mut byte).unwrap(), 1, "no question: {}", String::from_utf8_lossy(&shown));
        shown.extend(byte);
    }
    meanwhile();
    let mut keys = child.stdin.take().unwrap();
    keys.write_all(answer.as_bytes()).unwrap();
    screen.read_to_end(&mut shown).unwrap();
    drop(keys);
    let status = child.wait().unwrap().code().unwrap();
    let shown = text(&shown).replace("\r\n", "\n");
    stage.steady(&format!("$ pincer {line}\n{shown}[exit status {status}]\n\n"))
}

#[test]
fn on_a_terminal_it_asks() {
    let server = Home::new();
    let ollama = Ollama::start(&server);
    for view in VIEWS.iter().filter(|view| !view.json).chain([&CHINESE]) {
        let stage = Stage::new(Some(NEWEST), &[(MAIN, SHORT)], &ollama, view);
        let mut told = String::new();
        let yes = match view.name {
            "fr" => "o\n",
            "zh" => "是\n",
            _ => "y\n",
        };
        // The end of the input is no yes; a bare return is.
        for answer in ["n\n", "what?\n", "\u{4}", "\n"] {
            told.push_str(&on_a_terminal(&stage, "use qwen3:8b", answer, || {}));
            let written = settings::read(&stage.home, MAIN).unwrap() != SHORT;
            assert_eq!(written, answer == "\n", "{answer:?}");
        }
        told.push_str(&on_a_terminal(&stage, "use llama3.2:3b", yes, || {}));
        stage.assert("asks", &told);
    }
}

#[test]
fn a_file_that_changed_while_it_asked_is_not_written_over() {
    let theirs = "{ gateway: { mode: 'local', auth: { token: 's3cr3t-t0ken' } } }\n";
    let server = Home::new();
    let ollama = Ollama::start(&server);
    for view in &VIEWS {
        let stage = Stage::new(Some(NEWEST), &[(MAIN, SHORT)], &ollama, view);
        let write = || settings::write(&stage.home, MAIN, theirs);
        let told = if view.json {
            // It does not ask. Held back by the lock, as by another Pincer at work, it is between plan and apply.
            let data = stage.home.path().join(".local/share/dev.pincer.desktop");
            fs::create_dir_all(&data).unwrap();
            let lock = fs::File::create(data.join("pincer.lock")).unwrap();
            lock.lock().unwrap();
            let line = "use qwen3:8b --yes";
            let mut command = stage.command(programs::pincer_cli());
            command.args(stage.arguments(line)).stdout(Stdio::piped()).stderr(Stdio::piped());
            let child = command.spawn().unwrap();
            process::wait_for("it waits for the lock", || has_thread(child.id(), "lock").then_some(()));
            write();
            drop(lock);
            stage.told(line, &child.wait_with_output().unwrap())
        } else {
            on_a_terminal(&stage, "use qwen3:8b", "y\n", write)
        };
        stage.assert("changed-meanwhile", &told);
        assert_eq!(settings::read(&stage.home, MAIN).unwrap(), theirs);
        assert_eq!(settings::temporaries(stage.home.path()), [""; 0].map(Into::<std::path::PathBuf>::into));
    }
}

fn has_thread(id: u32, name: &str) -> bool {
    let threads = fs::read_dir(format!("/proc/{id}/task")).into_iter().flatten().flatten();
    threads
        .map(|thread| fs::read_to_string(thread.path().join("comm")))
        .any(|comm| comm.is_ok_and(|comm| comm.trim() == name))
}
