//! The live check against practice, over real sockets: every outcome, its measures, cancelling, what is remembered;
//! and deleting and unloading.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test says what broke by panicking"
)]

use std::{fs, path::Path, time::Duration};

use pincer_core::{
    computer::Computer,
    error::{Error, ErrorCode},
    live::{Live, state::Slice},
    machine::os::Os,
    models::{
        assess::Assessed,
        check::{
            CheckOutcome, CheckPhase, CheckState, Checked,
            ask::{self, Question},
            store,
        },
    },
    ollama::{
        address::Address,
        client::{Client, Limits},
    },
    surroundings::{Environment, Surroundings},
};
use pincer_practice::{Answer, Event, Options, Practice, PracticeModel};
use serde_json::json;

const LIMIT: Duration = Duration::from_secs(20);

fn client(url: &str) -> Client {
    Client::new(&Address::parse(url).unwrap(), &Environment::default(), Limits::default()).unwrap()
}

fn computer(url: &str, home: &Path) -> Computer {
    let environment = Environment::new([("OLLAMA_HOST", url)]);
    Computer::new(Surroundings::new(Os::Linux, environment, home, std::time::SystemTime::now), None)
}

async fn practice() -> Practice {
    Practice::start(Options { token_delay: Duration::ZERO, ..Options::checks() }).await.unwrap()
}

fn question(model: &str, limit: Duration) -> Question<'_> {
    Question { model, context: Some(16_384), at: 7, limit }
}

/// One check, with the phases that it went through.
async fn check(practice: &Practice, model: &str, limit: Duration) -> (Checked, Vec<CheckPhase>) {
    let mut phases = Vec::new();
    let client = client(&practice.url());
    let checked = ask::check(&client, question(model, limit), |phase| phases.push(phase)).await;
    (checked, phases)
}

#[tokio::test]
async fn every_way_a_check_ends_has_its_outcome() {
    use CheckPhase::{Answering, Loading};
    let practice = practice().await;
    let gib = |tenths: u64| Some((1 << 30) * tenths / 10);
    let memory = CheckOutcome::NotEnoughMemory { need_bytes: gib(55), have_bytes: gib(21) };
    for (model, outcome, phases) in [
        ("calls:1b", CheckOutcome::CalledTool {}, &[Loading, Answering][..]),
        ("thinks-then-calls:1b", CheckOutcome::CalledTool {}, &[Loading, Answering]),
        ("writes-call:1b", CheckOutcome::CallAsText {}, &[Loading, Answering]),
        ("writes-marks:1b", CheckOutcome::CallAsText {}, &[Loading, Answering]),
        ("ignores-tools:1b", CheckOutcome::NoCall { called: None }, &[Loading, Answering]),
        (
            "wrong-call:1b",
            CheckOutcome::NoCall { called: Some("functions.get_current_time".into()) },
            &[Loading, Answering],
        ),
        ("thinks-on:1b", CheckOutcome::CutOff {}, &[Loading, Answering]),
        ("no-tools:1b", CheckOutcome::NoTools {}, &[Loading]),
        ("online:20b-cloud", CheckOutcome::SignIn {}, &[Loading]),
        ("too-big:70b", memory, &[Loading]),
        ("no-runner:1b", CheckOutcome::RunnerMissing {}, &[Loading]),
        ("old-processor:1b", CheckOutcome::CpuUnsupported {}, &[Loading]),
        ("busy:1b", CheckOutcome::Busy {}, &[Loading]),
    ] {
        let (checked, went) = check(&practice, model, LIMIT).await;
        assert_eq!((&checked.outcome, &*went), (&outcome, phases), "{model}");
        assert_eq!(checked.at, 7);
    }
    let failure = |checked: Checked| match checked.outcome {
        CheckOutcome::Failed { failure } => failure.code,
        other => panic!("{other:?}"),
    };
    for (model, part) in [("broken:1b", "exit status 2"), ("breaks:1b", "an error was encountered")] {
        let (checked, _) = check(&practice, model, LIMIT).await;
        match failure(checked) {
            ErrorCode::OllamaStatus { message, .. } => assert!(message.contains(part), "{message}"),
            other => panic!("{model}: {other:?}"),
        }
    }
    practice.stop().await;
    let (checked, _) = check(&practice, "calls:1b", LIMIT).await;
    assert!(matches!(failure(checked), ErrorCode::OllamaRefused { .. }));
}

#[tokio::test]
async fn nothing_within_the_limit_is_too_slow_and_the_request_is_dropped() {
    let practice = practice().await;
    for (model, first) in [("silent:1b", false), ("stops:1b", true)] {
        let (checked, phases) = check(&practice, model, Duration::from_millis(300)).await;
        assert_eq!(checked.outcome, CheckOutcome::TooSlow {}, "{model}");
        assert_eq!(checked.first_token_seconds.is_some(), first, "{model}");
        assert_eq!(phases.contains(&CheckPhase::Answering), first, "{model}");
        let left = Event::ChatStopped { model: model.into() };
        assert!(
            practice.until_event(LIMIT, |event| *event == left).await,
            "{model} is not worked on any more"
        );
    }
}

#[tokio::test]
async fn the_measures_are_the_servers() {
    let practice = practice().await;
    let (checked, _) = check(&practice, "calls:1b", LIMIT).await;
    assert_eq!(checked.context_running, Some(16_384), "what /api/ps says, as it was asked for");
    assert!(checked.on_graphics_card.is_some_and(|share| (share - 0.4).abs() < 0.01), "{checked:?}");
    // Practice writes a token in 20 ms.
    assert!(checked.tokens_per_second.is_some_and(|speed| (speed - 50.0).abs() < 0.01), "{checked:?}");
    assert!(checked.prompt_tokens.is_some_and(|tokens| tokens > 0));
    assert!(checked.first_token_seconds.is_some_and(|first| first <= checked.seconds));
    let requests = practice.requests();
    let chats: Vec<_> = requests.iter().filter(|request| request.path == "/api/chat").collect();
    assert_eq!(chats.len(), 1, "one question");
    let body = &chats[0].body;
    assert_eq!(body["options"], json!({ "num_ctx": 16_384 }));
    assert_eq!((&body["keep_alive"], body["tools"].as_array().unwrap().len()), (&json!("15m"), 1));
    // Where the settings have OpenClaw ask for nothing, nothing is asked for.
    let open = Question { context: None, ..question("calls:1b", LIMIT) };
    let checked = ask::check(&client(&practice.url()), open, |_| {}).await;
    assert_eq!(checked.context_running, Some(4096), "the server's own");
}

#[tokio::test]
async fn a_server_that_says_little_is_measured_as_far_as_it_goes() {
    let practice = practice().await;
    let reply = |body: &str| Answer::Reply {
        status: 200,
        content_type: "application/x-ndjson".into(),
        body: body.as_bytes().to_vec(),
    };
    let call = r#"{"message":{"role":"assistant","content":null,"tool_calls":[{"function":{"name":"get_current_time","arguments":{}}}]}}"#;
    let table = [
        (format!("{call}\n{{\"done\":true,\"eval_count\":0,\"eval_duration\":0}}\n"), "called-tool"),
        // The call came: what is lost after it does not take it back.
        (format!("{call}\n"), "called-tool"),
        (format!("{call}\n<html>"), "called-tool"),
        (r#"{"message":{"content":"Half past"}}"#.to_owned(), "failed"),
        (String::new(), "failed"),
        ("<html>".to_owned(), "failed"),
        (r#"{"message":{"tool_calls":null,"content":"Ten."},"done":true}"#.to_owned(), "no-call"),
        (r#"{"error":"unauthorized","signin_url":"https://ollama.com/connect"}"#.to_owned(), "sign-in"),
        (format!("{{\"message\":{{\"content\":\"{}\"}}}}\n", "and so on ".repeat(7_000)), "no-call"),
    ];
    for (body, outcome) in table {
        practice.set_answer("/api/chat", Some(reply(&body)));
        practice.set_answer("/api/ps", Some(reply("no JSON")));
        let (checked, _) = check(&practice, "calls:1b", LIMIT).await;
        let told = serde_json::to_value(&checked.outcome).unwrap();
        assert_eq!(told["code"], outcome, "{}", &body[..body.len().min(120)]);
        assert_eq!((checked.tokens_per_second, checked.context_running), (None, None));
    }
}

#[tokio::test]
async fn the_context_is_the_one_that_the_settings_ask_for() {
    let practice = practice().await;
    let home = tempfile::tempdir().unwrap();
    let computer = computer(&practice.url(), home.path());
    let running = async |tokens: Option<u64>| {
        let (_, checked) = ask::run(&computer, "Calls:1B", tokens, |_| {}).await.unwrap();
        checked.context_running
    };
    assert_eq!(running(None).await, Some(32_768), "the recommended one");
    let settings = json!({ "models": { "providers": { "ollama": { "apiKey": "ollama-local",
        "models": [{ "id": "calls:1b", "params": { "num_ctx": 20_480 } }] } } } });
    fs::create_dir_all(home.path().join(".openclaw")).unwrap();
    fs::write(home.path().join(".openclaw/openclaw.json"), settings.to_string()).unwrap();
    assert_eq!(running(None).await, Some(20_480));
    assert_eq!(running(Some(8_192)).await, Some(8_192));
    // A file that cannot be read asks for nothing.
    fs::write(home.path().join(".openclaw/openclaw.json"), "{").unwrap();
    assert_eq!(running(None).await, Some(32_768));
}

#[tokio::test]
async fn a_model_that_is_not_there_is_not_asked() {
    let practice = practice().await;
    let home = tempfile::tempdir().unwrap();
    let computer = computer(&practice.url(), home.path());
    let refused = async |name: &str| ask::run(&computer, name, None, |_| {}).await.unwrap_err().code;
    let near = ErrorCode::ModelNotInstalled { name: "call:1b".into(), nearest: vec!["calls:1b".into()] };
    match (refused("call:1b").await, near) {
        (
            ErrorCode::ModelNotInstalled { name, nearest },
            ErrorCode::ModelNotInstalled { name: asked, nearest: near },
        ) => assert_eq!((name, &nearest[0]), (asked, &near[0])),
        (other, _) => panic!("{other:?}"),
    }
    assert_eq!(refused("not a name").await, ErrorCode::ModelBadName { name: "not a name".into() });
    assert!(practice.requests().iter().all(|request| request.path != "/api/chat"));
    practice.stop().await;
    assert!(matches!(refused("calls:1b").await, ErrorCode::OllamaRefused { .. }));
}

/// The window's state, as slices come.
struct Window {
    live: Live,
    updates: tokio::sync::mpsc::UnboundedReceiver<Slice>,
    models: Vec<Assessed>,
    checks: Vec<CheckState>,
}

impl Window {
    fn open(computer: Computer) -> Self {
        let live = Live::start(computer);
        let (send, updates) = tokio::sync::mpsc::unbounded_channel();
        live.subscribe(move |update| send.send(update.slice).is_ok());
        Self { live, updates, models: Vec::new(), checks: Vec::new() }
    }

    /// Looks at what is known now and at every change.
    async fn until<T>(&mut self, mut wanted: impl FnMut(&Self) -> Option<T>) -> T {
        let search = async {
            loop {
                if let Some(found) = wanted(self) {
                    return found;
                }
                match self.updates.recv().await.expect("the subscription ended") {
                    Slice::Models(state) => self.models = state.models,
                    Slice::Checks(checks) => self.checks = checks,
                    _ => {}
                }
            }
        };
        tokio::time::timeout(LIMIT, search).await.unwrap()
    }

    async fn check(&mut self, model: &str, wanted: impl Fn(&CheckState) -> bool) -> CheckState {
        let found = |check: &&CheckState| check.model == model && wanted(check);
        self.until(|window| window.checks.iter().find(found).cloned()).await
    }

    async fn model(&mut self, id: &str, wanted: impl Fn(&Assessed) -> bool) -> Assessed {
        let found = |assessed: &&Assessed| assessed.model.id == id && wanted(assessed);
        self.until(|window| window.models.iter().find(found).cloned()).await
    }
}

fn outcome(check: &CheckState) -> Option<&CheckOutcome> {
    check.result.as_ref().map(|result| &result.outcome)
}

#[tokio::test]
async fn checks_of_the_window_run_one_at_a_time_and_can_be_cancelled() {
    let practice = practice().await;
    let home = tempfile::tempdir().unwrap();
    let mut window = Window::open(computer(&practice.url(), home.path()));
    assert!(matches!(
        window.live.checks().start("not a name"),
        Err(Error { code: ErrorCode::ModelBadName { .. }, .. })
    ));
    window.live.checks().start("silent:1b").unwrap();
    assert!(practice.until_request(LIMIT, |request| request.path == "/api/chat").await);
    // The same model again goes on; others wait.
    for model in ["SILENT:1b", "no-tools:1b", "calls:1b"] {
        window.live.checks().start(model).unwrap();
    }
    let queued = window.check("calls:1b", |_| true).await;
    assert_eq!((queued.phase, queued.result), (CheckPhase::Queued, None));
    window.live.checks().cancel("no-tools:1b");
    window.check("no-tools:1b", |check| check.phase == CheckPhase::Cancelled).await;
    let asked_of = |practice: &Practice, model: &str| {
        let requests = practice.requests();
        requests.iter().filter(|one| one.path == "/api/chat" && one.body["model"] == model).count()
    };
    let asked = |practice: &Practice| asked_of(practice, "silent:1b");
    assert_eq!((asked(&practice), asked_of(&practice, "calls:1b")), (1, 0));
    window.live.checks().cancel("silent:1b");
    let cancelled = window.check("silent:1b", |check| check.phase == CheckPhase::Cancelled).await;
    assert_eq!(cancelled.result, None);
    let left = |event: &Event| *event == Event::ChatStopped { model: "silent:1b".into() };
    assert!(practice.until_event(LIMIT, left).await, "Ollama stops working on it");
    let ended = window.check("calls:1b", |check| check.phase == CheckPhase::Ended).await;
    assert_eq!(outcome(&ended), Some(&CheckOutcome::CalledTool {}));
    assert_eq!(asked_of(&practice, "no-tools:1b"), 0, "cancelled while it waited, it is never asked");
    // Asked anew it is asked anew.
    window.live.checks().start("silent:1b").unwrap();
    assert!(practice.until(LIMIT, |practice| asked(practice) == 2).await);
    drop(window);
    let stopped = |practice: &Practice| practice.events().iter().filter(|event| left(event)).count();
    assert!(practice.until(LIMIT, |practice| stopped(practice) == 2).await, "closing the window stops it");
}

#[tokio::test]
async fn what_a_check_showed_is_remembered_for_exactly_these_files() {
    let practice = practice().await;
    let home = tempfile::tempdir().unwrap();
    let machine = computer(&practice.url(), home.path());
    let mut window = Window::open(machine.clone());
    for model in ["writes-call:1b", "busy:1b", "no-runner:1b", "missing:1b"] {
        window.live.checks().start(model).unwrap();
    }
    let called = |assessed: &Assessed| assessed.checked.as_ref().map(|checked| checked.outcome.clone());
    let text = Some(CheckOutcome::CallAsText {});
    window.model("writes-call:1b", |assessed| called(assessed) == text).await;
    // A fault of Ollama's is told for this session; that it was busy is told by the check alone.
    window.model("no-runner:1b", |assessed| called(assessed) == Some(CheckOutcome::RunnerMissing {})).await;
    let busy = window.check("busy:1b", |check| check.phase == CheckPhase::Ended).await;
    assert_eq!(outcome(&busy), Some(&CheckOutcome::Busy {}));
    let missing = window.check("missing:1b", |check| check.phase == CheckPhase::Ended).await;
    assert!(matches!(
        outcome(&missing),
        Some(CheckOutcome::Failed { failure: Error { code: ErrorCode::ModelNotInstalled { .. }, .. } })
    ));
    window.model("busy:1b", |assessed| assessed.checked.is_none()).await;
    drop(window);
    assert_eq!(store::read(&machine.folders).len(), 1, "only what lasts is kept");

    let mut again = Window::open(machine.clone());
    again.model("writes-call:1b", |assessed| called(assessed) == text).await;
    again.model("no-runner:1b", |assessed| assessed.checked.is_none()).await;
    // The same name with other files was never tried.
    practice.install(PracticeModel::tools("writes-call:1b").sized(4711));
    again.live.look_again();
    again.model("writes-call:1b", |assessed| assessed.checked.is_none()).await;
}

#[tokio::test]
async fn a_model_is_unloaded_and_removed() {
    let practice = practice().await;
    let home = tempfile::tempdir().unwrap();
    let mut window = Window::open(computer(&practice.url(), home.path()));
    window.live.checks().start("calls:1b").unwrap();
    window.model("calls:1b", |assessed| assessed.in_memory.is_some() && assessed.checked.is_some()).await;
    window.live.unload("Calls:1b").await.unwrap();
    assert!(practice.loaded().is_empty());
    window.model("calls:1b", |assessed| assessed.in_memory.is_none()).await;
    window.live.remove("calls:1b").await.unwrap();
    assert!(practice.events().contains(&Event::Deleted { model: "calls:1b".into() }));
    let gone = |window: &Window| window.models.iter().all(|one| one.model.id != "calls:1b").then_some(());
    window.until(gone).await;
    for refused in [window.live.remove("calls:1b").await, window.live.unload("calls:1b").await] {
        assert!(matches!(refused.unwrap_err().code, ErrorCode::ModelNotInstalled { .. }));
    }
    // Gone between looking and deleting, and a refusal of another kind.
    let reply = |status: u16| {
        let body = br#"{"error":"model 'no-tools:1b' not found"}"#.to_vec();
        Some(Answer::Reply { status, content_type: "application/json".into(), body })
    };
    practice.set_answer("/api/delete", reply(404));
    let refused = window.live.remove("no-tools:1b").await.unwrap_err().code;
    assert_eq!(refused, ErrorCode::ModelNotInstalled { name: "no-tools:1b".into(), nearest: vec![] });
    practice.set_answer("/api/delete", reply(500));
    let refused = window.live.remove("no-tools:1b").await.unwrap_err().code;
    assert!(matches!(refused, ErrorCode::OllamaStatus { status: 500, .. }));
}

#[tokio::test]
async fn a_model_that_cannot_chat_is_not_asked() {
    let options = Options::with_models(vec![PracticeModel::embedding("embed:1b")]);
    let practice = Practice::start(options).await.unwrap();
    let home = tempfile::tempdir().unwrap();
    let machine = computer(&practice.url(), home.path());
    let refused = ask::run(&machine, "embed:1b", None, |_| ()).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::ModelCannotChat { name: "embed:1b".into() });
    assert!(practice.requests().iter().all(|request| request.path != "/api/chat"));
    assert!(store::read(&machine.folders).is_empty());
}
