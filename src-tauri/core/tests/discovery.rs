//! Discovery over real sockets, by OpenClaw's page: every kind of model, one broken among them, eight at a time.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test says what broke by panicking"
)]

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use pincer_core::{
    models::{
        discovery::Discovery,
        model::{Input, Model, UnknownReason, Verdict},
    },
    ollama::{
        address::Address,
        client::{Client, Limits},
    },
    surroundings::Environment,
};
use pincer_practice::{Options, Practice, PracticeModel};

fn client(practice: &Practice) -> Client {
    Client::new(&Address::parse(&practice.url()).unwrap(), &Environment::default(), Limits::default())
        .unwrap()
}

#[tokio::test]
async fn every_kind_of_model_by_the_page() {
    let models = vec![
        PracticeModel::tools("tools:1b").context(Some(40_960)),
        PracticeModel::plain("plain:1b"),
        PracticeModel::thinking("thinking:1b"),
        PracticeModel::vision("vision:1b"),
        PracticeModel::embedding("embed:1b"),
        PracticeModel::cloud("far:20b-cloud"),
        PracticeModel::old_server("old:1b"),
        PracticeModel::broken_show("broken:1b"),
        PracticeModel::unknown_context("short:1b"),
    ];
    let practice = Practice::start(Options::with_models(models)).await.unwrap();
    let found = Discovery::default().look(&client(&practice)).await.unwrap();
    assert_eq!(found.server_version, "0.32.15");
    let listed: Vec<&str> = found.models.iter().map(|model| model.id.as_str()).collect();
    let tags: Vec<String> =
        client(&practice).tags().await.unwrap().models.into_iter().map(|tag| tag.name).collect();
    assert_eq!(listed, tags, "the server's order");
    let model = |id: &str| found.models.iter().find(|model| model.id == id).unwrap().clone();

    let tools: Model = model("tools:1b");
    assert_eq!((tools.verdict, tools.tools, tools.reason), (Verdict::Ready, Some(true), None));
    assert_eq!((tools.context_window, tools.max_tokens, tools.context_known), (40_960, 409_600, true));
    assert_eq!(model("plain:1b").verdict, Verdict::ChatOnly);
    assert_eq!(model("thinking:1b").reasoning, Some(true));
    assert_eq!(model("plain:1b").reasoning, Some(false));
    assert_eq!(model("vision:1b").input, [Input::Text, Input::Image]);
    assert_eq!(model("embed:1b").verdict, Verdict::Embedding);
    assert_eq!(model("far:20b-cloud").verdict, Verdict::Cloud);
    for (id, reason) in [("old:1b", UnknownReason::NoCapabilities), ("broken:1b", UnknownReason::ShowFailed)]
    {
        let model = model(id);
        assert_eq!(
            (model.verdict, model.reason, model.tools, model.reasoning),
            (Verdict::Unknown, Some(reason), None, None)
        );
    }
    let short = model("short:1b");
    assert_eq!((short.context_window, short.context_known, short.max_tokens), (8192, false, 81_920));
}

#[tokio::test]
async fn captured_answers_of_a_real_server() {
    let practice = Practice::start(Options::fixtures()).await.unwrap();
    let found = Discovery::default().look(&client(&practice)).await.unwrap();
    let verdict =
        |part: &str| found.models.iter().find(|model| model.id.contains(part)).map(|model| model.verdict);
    assert_eq!(verdict("sample-tools"), Some(Verdict::Ready));
    assert_eq!(verdict("sample-parser"), Some(Verdict::Ready));
    assert_eq!(verdict("sample-plain"), Some(Verdict::ChatOnly));
    assert_eq!(verdict("sample-vision"), Some(Verdict::ChatOnly));
    assert_eq!(verdict("sample-embed"), Some(Verdict::Embedding));
    // Here tags says no tools and show says tools: show is the authority.
    assert_eq!(verdict("sample-r1"), Some(Verdict::Ready));
}

#[tokio::test]
async fn at_most_eight_at_a_time_and_never_twice() {
    let options = Options { answer_delay: Duration::from_millis(5), ..Options::many(60) };
    let practice = Practice::start(options).await.unwrap();
    let client = client(&practice);
    let mut discovery = Discovery::default();
    assert_eq!(discovery.look(&client).await.unwrap().models.len(), 60);
    assert!((2..=8).contains(&practice.most_shows_in_flight()), "{}", practice.most_shows_in_flight());
    let shows = || practice.requests().iter().filter(|request| request.path == "/api/show").count();
    assert_eq!(shows(), 60);
    // What did not change is not asked again; what is new is.
    practice.install(PracticeModel::tools("new:1b"));
    assert_eq!(discovery.look(&client).await.unwrap().models.len(), 61);
    assert_eq!(shows(), 61);
    practice.remove("new:1b");
    assert_eq!(discovery.look(&client).await.unwrap().models.len(), 60);
    assert_eq!(shows(), 61);
}

#[tokio::test]
async fn a_broken_show_is_asked_again() {
    let practice =
        Practice::start(Options::with_models(vec![PracticeModel::broken_show("a:1b")])).await.unwrap();
    let client = client(&practice);
    let mut discovery = Discovery::default();
    discovery.look(&client).await.unwrap();
    discovery.look(&client).await.unwrap();
    assert_eq!(practice.requests().iter().filter(|request| request.path == "/api/show").count(), 2);
}

#[tokio::test]
async fn the_list_is_told_before_its_answers() {
    let practice = Practice::start(Options::many(20)).await.unwrap();
    let heard: Arc<Mutex<Vec<Vec<Model>>>> = Arc::default();
    let told = Arc::clone(&heard);
    let mut discovery =
        Discovery::default().telling(move |_, found| told.lock().unwrap().push(found.models.clone()));
    let client = client(&practice);
    discovery.look(&client).await.unwrap();
    let count = {
        let heard = heard.lock().unwrap();
        let first = heard.first().unwrap();
        assert_eq!(first.len(), 20);
        assert!(first.iter().all(|model| model.reason == Some(UnknownReason::NotAskedYet)), "{first:?}");
        heard.len()
    };
    // Nothing is new: the next look says it all by itself.
    discovery.look(&client).await.unwrap();
    assert_eq!(heard.lock().unwrap().len(), count);
}
