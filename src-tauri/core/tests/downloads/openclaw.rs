//! "Also for OpenClaw": what is written when a download is done, and what is not.

use std::fs;

use pincer_core::{
    error::{Error, ErrorCode},
    ollama::pull::PullPhase,
    openclaw::{
        change::{self, Wish},
        outcome::ReceiptKind,
    },
};
use pincer_practice::Options;
use serde_json::json;

use crate::stage::{MODEL, OTHER, Stage, THIRD, stalled};

#[tokio::test]
async fn also_for_openclaw_lists_the_model_and_one_undo_takes_it_back() {
    let mut stage = Stage::new(Options { models: Options::demo().models, ..Options::default() }).await;
    let before = stage.pinned();
    stage.live.pull(OTHER, true).unwrap();
    let done = stage.until(|pulls| pulls.iter().any(|pull| pull.state == PullPhase::Done)).await;
    assert!(done[0].listed_by.is_some(), "told together: {done:?}");
    assert_eq!(done[0].not_listed, None);
    assert_eq!(stage.listed(), ["llama3.2:3b", "mistral:latest"], "exactly this one came to it");
    let written = fs::read_to_string(stage.settings()).unwrap();
    assert!(written.starts_with("{ // mine"), "{written}");
    let newest = change::list(&stage.computer).await.unwrap().remove(0);
    assert_eq!(Some(&newest.id), done[0].listed_by.as_ref());
    assert_eq!(newest.kind, ReceiptKind::ListModel { name: OTHER.into() });
    change::undo(&stage.computer, done[0].listed_by.clone(), false).await.unwrap();
    assert_eq!(fs::read_to_string(stage.settings()).unwrap(), before, "the same bytes");
}

#[tokio::test]
async fn the_tick_can_be_set_and_taken_away_while_it_runs() {
    let mut stage = Stage::new(Options { pull_ticks: 100, ..Options::default() }).await;
    let before = stage.pinned();
    stage.practice.set_pull_fault(OTHER, Some(stalled()));
    stage.live.pull(OTHER, true).unwrap();
    stage.flowing(OTHER).await;
    stage.live.pulls().set_for_openclaw(OTHER, false);
    stage.practice.set_pull_fault(OTHER, None);
    let done = stage.phase(OTHER, &[PullPhase::Done]).await;
    assert!(!done.for_openclaw);
    // What would have listed it comes before the next download's end.
    stage.live.pull(THIRD, true).unwrap();
    stage.until(|pulls| pulls.len() == 2 && pulls[1].listed_by.is_some()).await;
    assert_eq!(stage.listed(), ["llama3.2:3b", THIRD]);
    // Ticked when it is here already, it is listed at once.
    stage.live.pulls().set_for_openclaw(OTHER, true);
    stage.until(|pulls| pulls[0].listed_by.is_some()).await;
    assert_eq!(stage.listed(), ["llama3.2:3b", THIRD, "mistral:latest"]);
    for name in [OTHER, THIRD] {
        change::undo(&stage.computer, stage.bars[name].listed_by.clone(), false).await.unwrap();
    }
    assert_eq!(fs::read_to_string(stage.settings()).unwrap(), before);
}

#[tokio::test]
async fn where_no_list_is_or_the_model_cannot_act_there_is_nothing_to_write() {
    let stage = Stage::new(Options::demo()).await;
    let pinned = stage.pinned();
    let automatic = json!({ "env": { "vars": { "OLLAMA_API_KEY": "ollama-local" } } }).to_string();
    let off = json!({ "agents": {} }).to_string();
    for (settings, name, changed) in [
        (Some(&pinned), "qwen3:8b", true),
        (Some(&pinned), "QWEN3:8B", true),
        // Listed already, cannot act, runs online.
        (Some(&pinned), "llama3.2:3b", false),
        (Some(&pinned), "gemma2:2b", false),
        (Some(&pinned), "gpt-oss:20b-cloud", false),
        (Some(&automatic), "qwen3:8b", false),
        (Some(&off), "qwen3:8b", false),
        (None, "qwen3:8b", false),
    ] {
        match settings {
            Some(text) => fs::write(stage.settings(), text).unwrap(),
            None => fs::remove_file(stage.settings()).unwrap(),
        }
        let prepared = change::prepare(&stage.computer, Wish::ListModel(name.into())).await.unwrap();
        assert_eq!(prepared.preview.changed, changed, "{name} {settings:?}");
        if changed {
            assert_eq!(prepared.preview.changes.len(), 1, "nothing else: {:?}", prepared.preview.changes);
        } else {
            assert_eq!(change::apply(&stage.computer, prepared.plan).await.unwrap(), None);
        }
    }
    assert_eq!(change::list(&stage.computer).await.unwrap(), []);
    // A list of what is allowed must have it, too.
    let allowing =
        pinned.replace("models: { prov", "agents: { defaults: { models: { 'x/y': {} } } }, models: { prov");
    fs::write(stage.settings(), allowing).unwrap();
    let prepared = change::prepare(&stage.computer, Wish::ListModel(MODEL.into())).await.unwrap();
    let paths: Vec<&str> = prepared.preview.changes.iter().map(|change| change.path.as_str()).collect();
    assert_eq!(paths, ["models.providers.ollama.models[qwen3:8b]", "agents.defaults.models.ollama/qwen3:8b"]);
}

#[tokio::test]
async fn settings_that_cannot_be_read_are_told_and_left_alone() {
    let mut stage = Stage::new(Options::default()).await;
    stage.pinned();
    fs::write(stage.settings(), "{ broken").unwrap();
    stage.live.pull(THIRD, true).unwrap();
    let told = stage.until(|pulls| pulls.iter().any(|pull| pull.not_listed.is_some())).await;
    let failure = &told[0].not_listed;
    assert!(matches!(failure, Some(Error { code: ErrorCode::SettingsUnreadable { .. }, .. })), "{told:?}");
    assert_eq!((told[0].state, &told[0].failure), (PullPhase::Done, &None), "the model is here all the same");
    assert_eq!(fs::read_to_string(stage.settings()).unwrap(), "{ broken");
}
