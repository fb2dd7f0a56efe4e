//! The live state of OpenClaw: the proof that lights Home up, what takes it back, what OpenClaw sees, and a start that
//! is given up. OpenClaw is a script that says what the real one was seen to say; its gateway's port is practice.
#![cfg(unix)]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test says what broke by panicking"
)]

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::Path,
    time::{Duration, SystemTime},
};

use pincer_core::{
    computer::Computer,
    live::{
        Live,
        state::{OpenclawState, Slice, Update},
    },
    machine::os::Os,
    openclaw::gateway::{
        proof::{ProofOutcome, ProofPhase, ProofState},
        sees::Unseen,
        start::{StartPhase, StartState},
    },
    surroundings::{Environment, Surroundings},
};
use pincer_practice::{Answer, Options, Practice};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// Far more than anything here takes: only a test that fails reaches it.
const LIMIT: Duration = Duration::from_secs(30);
const MODEL: &str = "qwen3:8b";

/// A window without a face.
struct Stage {
    home: TempDir,
    gateway: Practice,
    ollama: Practice,
    live: Live,
    updates: UnboundedReceiver<Update>,
}

impl Stage {
    /// `lines`: what OpenClaw does.
    async fn new(lines: &str) -> Self {
        let ollama = Practice::start(Options::demo()).await.unwrap();
        let gateway = Practice::start(Options::default()).await.unwrap();
        let home = tempfile::tempdir().unwrap();
        let bin = home.path().join("bin");
        fs::create_dir_all(&bin).unwrap();
        script(&bin.join("openclaw"), lines);
        let path = format!("{}:/usr/bin:/bin", bin.display());
        let environment = Environment::new([
            ("OLLAMA_HOST", ollama.url()),
            ("PATH", path),
            ("HOME", home.path().display().to_string()),
        ]);
        let surroundings = Surroundings::new(Os::Linux, environment, home.path(), SystemTime::now);
        let stage_settings = settings(&ollama, &gateway, MODEL);
        write(home.path(), &stage_settings);
        answers(&gateway, true);
        let live = Live::start(Computer::new(surroundings, None));
        let updates = listen(&live);
        Self { home, gateway, ollama, live, updates }
    }

    /// From here on the whole state comes again, whatever was heard before.
    fn listen_anew(&mut self) {
        self.updates = listen(&self.live);
    }

    /// The next slice that `wanted` takes.
    async fn until<T>(&mut self, what: &str, wanted: impl Fn(Slice) -> Option<T>) -> T {
        let deadline = tokio::time::Instant::now() + LIMIT;
        loop {
            let update = tokio::time::timeout_at(deadline, self.updates.recv()).await;
            let Ok(update) = update else { panic!("it did not come: {what}") };
            if let Some(found) = wanted(update.expect("subscribed").slice) {
                return found;
            }
        }
    }

    async fn openclaw(&mut self, what: &str, wanted: impl Fn(&OpenclawState) -> bool) -> OpenclawState {
        self.live.look_again();
        self.until(what, |slice| match slice {
            Slice::Openclaw(state) => Some(state).filter(|state| wanted(state)),
            _ => None,
        })
        .await
    }

    async fn proof(&mut self, phase: ProofPhase) -> ProofState {
        self.until("a proof", |slice| match slice {
            Slice::Proof(state) => state.filter(|state| state.phase == phase),
            _ => None,
        })
        .await
    }

    async fn start(&mut self, phase: StartPhase) -> StartState {
        self.until("a start", |slice| match slice {
            Slice::GatewayStart(state) => state.filter(|state| state.phase == phase),
            _ => None,
        })
        .await
    }

    async fn file(&self, name: &str) {
        let file = self.home.path().join(name);
        let there = async {
            while !file.exists() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(LIMIT, there).await.unwrap_or_else(|_| panic!("no {name}"));
    }
}

fn listen(live: &Live) -> UnboundedReceiver<Update> {
    let (send, updates) = unbounded_channel();
    live.subscribe(move |update| send.send(update).is_ok());
    updates
}

fn script(place: &Path, lines: &str) {
    let draft = place.with_extension("draft");
    fs::write(&draft, format!("#!/bin/sh\n{lines}\n")).unwrap();
    fs::set_permissions(&draft, fs::Permissions::from_mode(0o755)).unwrap();
    // By a program of its own, so that no other test holds it open for writing while it is run.
    assert!(std::process::Command::new("cp").arg("-p").args([&draft, place]).status().unwrap().success());
}

fn settings(ollama: &Practice, gateway: &Practice, primary: &str) -> Value {
    let entry =
        |id: &str| json!({ "id": id, "name": id, "contextTokens": 32768, "params": { "num_ctx": 32768 } });
    json!({
        "models": { "providers": { "ollama": { "baseUrl": ollama.url(), "api": "ollama", "apiKey": "ollama-local",
            "timeoutSeconds": 300, "models": [entry(MODEL), entry("llama3.2:3b")] } } },
        "agents": { "defaults": { "model": { "primary": format!("ollama/{primary}") } } },
        "gateway": { "mode": "local", "port": gateway.addr().port() },
    })
}

fn write(home: &Path, settings: &Value) {
    fs::create_dir_all(home.join(".openclaw")).unwrap();
    fs::write(home.join(".openclaw/openclaw.json"), settings.to_string()).unwrap();
}

fn answers(gateway: &Practice, yes: bool) {
    let body = r#"{"ok":true,"status":"live"}"#.into();
    let healthy = Answer::Reply { status: 200, content_type: "application/json".into(), body };
    gateway.set_answer("/healthz", yes.then_some(healthy));
}

/// Answers questions, accepts its settings, and sees two of its models.
fn well() -> String {
    let answer = json!({ "runId": "r", "status": "ok", "result": { "payloads": [{ "text": "Hello." }],
        "meta": { "durationMs": 1500, "agentMeta": { "provider": "ollama", "model": MODEL } } } });
    let lists = json!({ "models": [{ "key": "ollama/qwen3:8b" }, { "key": "ollama/llama3.2:3b" }] });
    format!(
        "case \"$1\" in agent) echo '{answer}';; models) echo '{lists}';; config) echo '{{\"valid\":true}}';; *) exit 1;; esac"
    )
}

#[tokio::test]
async fn a_proof_holds_until_something_that_matters_changes() {
    let mut stage = Stage::new(&well()).await;
    let first = stage.openclaw("OpenClaw", |_| true).await;
    assert_eq!(first.proof, None, "nothing is claimed before it was asked");
    stage.live.gateway().prove(MODEL).unwrap();
    let ended = stage.proof(ProofPhase::Ended).await.result.unwrap();
    assert_eq!((&ended.outcome, ended.seconds), (&ProofOutcome::Answered { words: "Hello.".into() }, 1.5));
    let proven = stage.openclaw("what was proven", |state| state.proof.is_some()).await;
    assert_eq!(proven.proof, Some(ended.clone()));

    // Other settings: it is not proven that they work.
    write(stage.home.path(), &settings(&stage.ollama, &stage.gateway, "llama3.2:3b"));
    stage.openclaw("another model", |state| state.proof.is_none()).await;
    write(stage.home.path(), &settings(&stage.ollama, &stage.gateway, MODEL));
    stage.openclaw("the same again", |state| state.proof.is_some()).await;

    // A failure takes it back.
    script(&stage.home.path().join("bin/openclaw"), "exit 1");
    stage.live.gateway().prove(MODEL).unwrap();
    let failed = stage.proof(ProofPhase::Ended).await.result.unwrap();
    assert_eq!(failed.outcome, ProofOutcome::Failed {});
    stage.openclaw("what holds no longer", |state| state.proof.is_none()).await;
}

#[tokio::test]
async fn an_agent_with_a_model_of_its_own_is_not_proven_by_the_chosen_one() {
    let mut stage = Stage::new(&well()).await;
    let mut own = settings(&stage.ollama, &stage.gateway, "llama3.2:3b");
    own["agents"]["list"] = json!([{ "id": "main", "model": format!("ollama/{MODEL}") }]);
    write(stage.home.path(), &own);
    stage.live.gateway().prove(MODEL).unwrap();
    stage.openclaw("a proof of the agent's own model", |state| state.proof.is_some()).await;

    own["agents"] = json!({ "defaults": { "model": { "primary": format!("ollama/{MODEL}") } },
        "list": [{ "id": "main", "model": "ollama/llama3.2:3b" }] });
    write(stage.home.path(), &own);
    stage.live.gateway().prove(MODEL).unwrap();
    let ended = stage.proof(ProofPhase::Ended).await.result.unwrap();
    assert_eq!(ended.outcome, ProofOutcome::Answered { words: "Hello.".into() });
    // What a look after it says of these settings.
    stage.live.look_again();
    stage.listen_anew();
    let agent = |slice| match slice {
        Slice::Settings(state) => state.own.map(|own| own.model),
        _ => None,
    };
    stage.until("the settings", |slice| agent(slice).filter(|model| model == "ollama/llama3.2:3b")).await;
    stage.listen_anew();
    assert_eq!(stage.openclaw("the state after it", |_| true).await.proof, None);
}

#[tokio::test]
async fn a_gateway_that_does_not_reload_proves_nothing_of_newer_settings() {
    let mut stage = Stage::new(&well()).await;
    let mut told = settings(&stage.ollama, &stage.gateway, MODEL);
    told["gateway"]["reload"] = json!({ "mode": "off" });
    write(stage.home.path(), &told);
    stage.live.gateway().prove(MODEL).unwrap();
    stage.proof(ProofPhase::Ended).await;
    let behind = stage.openclaw("the older settings", |state| state.behind).await;
    assert_eq!(behind.proof, None);

    // This process, which is the gateway here, started after that.
    let file =
        fs::File::options().write(true).open(stage.home.path().join(".openclaw/openclaw.json")).unwrap();
    file.set_modified(SystemTime::now() - Duration::from_secs(3600)).unwrap();
    assert_eq!(
        stage.openclaw("the same settings", |state| !state.behind).await.proof,
        None,
        "it was not kept"
    );
    stage.live.gateway().prove(MODEL).unwrap();
    stage.openclaw("what is proven now", |state| state.proof.is_some()).await;
}

#[tokio::test]
async fn what_openclaw_sees_is_told_in_the_background() {
    let mut stage = Stage::new(&well()).await;
    let sees = stage.openclaw("what it sees", |state| state.sees.is_some()).await.sees.unwrap();
    assert_eq!(sees.seen, [MODEL, "llama3.2:3b"]);
    let embedding = sees.unseen.iter().find(|model| model.name == "nomic-embed-text:latest").unwrap();
    assert_eq!(embedding.why, Unseen::Embedding);
    // Another model installed: it is asked anew.
    stage.ollama.install(pincer_practice::PracticeModel::tools("new:1b"));
    let counts = sees.seen.len() + sees.unseen.len();
    let more = |state: &OpenclawState| {
        state.sees.as_ref().is_some_and(|sees| sees.seen.len() + sees.unseen.len() > counts)
    };
    stage.openclaw("the new one", more).await;
}

/// Notes when it is asked to end.
const UNTIL_ASKED: &str = "echo $$ > \"$HOME/pid\"; trap 'echo asked > \"$HOME/ended\"; exit 143' TERM; echo up > \"$HOME/up\"; sleep 600 & wait";

#[tokio::test]
async fn a_question_that_is_given_up_is_aborted() {
    let mut stage = Stage::new(&format!("case \"$1\" in agent) {UNTIL_ASKED};; *) exit 1;; esac")).await;
    stage.live.gateway().prove(MODEL).unwrap();
    stage.file("up").await;
    stage.live.gateway().cancel_proof();
    stage.file("ended").await;
    let cancelled = stage.proof(ProofPhase::Cancelled).await;
    assert_eq!((cancelled.result, cancelled.failure), (None, None));
    assert!(stage.live.gateway().prove("not a name").is_err());
}

#[tokio::test]
async fn a_start_is_told_and_can_be_given_up() {
    let lines = format!("case \"$1 $2\" in \"gateway run\") {UNTIL_ASKED};; *) exit 1;; esac");
    let mut stage = Stage::new(&lines).await;
    // Nothing is at its port.
    stage.gateway.stop().await;
    stage.live.gateway().start();
    stage.file("up").await;
    stage.start(StartPhase::Starting).await;
    stage.live.gateway().cancel_start();
    stage.file("ended").await;
    stage.start(StartPhase::Cancelled).await;

    // Begun anew, and there at last.
    fs::remove_file(stage.home.path().join("up")).unwrap();
    stage.live.gateway().start();
    stage.file("up").await;
    stage.gateway.start_again().await.unwrap();
    answers(&stage.gateway, true);
    let done = stage.start(StartPhase::Done).await;
    assert_eq!(done.failure, None);
    // It lives on without us; the test ends it.
    let running = fs::read_to_string(stage.home.path().join("pid")).unwrap();
    assert!(
        std::process::Command::new("kill")
            .args(["-TERM", "--", &format!("-{}", running.trim())])
            .status()
            .unwrap()
            .success()
    );
    fs::remove_file(stage.home.path().join("ended")).ok();
}

#[tokio::test]
async fn a_start_that_fails_says_why() {
    let mut stage = Stage::new("case \"$2\" in run) echo 'last words' >&2; esac; exit 1").await;
    stage.gateway.stop().await;
    stage.live.gateway().start();
    let failure = stage.start(StartPhase::Failed).await.failure.unwrap();
    assert!(failure.detail.contains("last words"), "{failure:?}");
}
