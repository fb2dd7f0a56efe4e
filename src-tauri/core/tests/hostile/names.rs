//! Names and words of a server: whatever it says, nothing that is handed on steers a terminal, turns the reading
//! direction, or has no end.

use pincer_core::{
    inert,
    models::{catalogue, discovery::Discovery, fit::Known},
    ollama::names::ModelName,
};
use pincer_practice::{RawServer, hostile};
use serde_json::Value;

use super::{ALONE, PATIENT, calls::client};

/// Every text in it can be shown as it is; line ends and tabs are the reader's.
pub(crate) fn is_inert(value: &Value) {
    match value {
        Value::String(text) => {
            let steers = |c: char| inert::steers(c) && !matches!(c, '\n' | '\t');
            assert!(!text.contains(steers), "{text:?}");
        }
        Value::Array(all) => all.iter().for_each(is_inert),
        Value::Object(all) => all.values().for_each(is_inert),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

async fn server(name: &str) -> RawServer {
    RawServer::start(hostile::named(name).unwrap(), 0).await.unwrap()
}

#[tokio::test]
async fn names_are_inert_before_anyone_sees_them() {
    let _alone = ALONE.lock().await;
    let server = server("hostile-names").await;
    let client = client(&server.url(), PATIENT);
    let found = Discovery::default().look(&client).await.unwrap();
    is_inert(&serde_json::to_value(&found.models).unwrap());
    is_inert(&found.server_version.as_str().into());
    let loaded = client.ps().await.unwrap().models;
    let show = client.show("a:1b").await.unwrap();
    let recommended = client.recommendations().await.unwrap().recommendations;
    let texts = loaded.iter().map(|one| &one.name).chain(show.capabilities.iter().flatten());
    let texts = texts
        .chain(&show.remote_host)
        .chain(recommended.iter().flat_map(|one| [&one.model, &one.description]));
    assert_eq!(texts.inspect(|text| is_inert(&text.as_str().into())).count(), hostile::NAMES.len() + 4);
    // What is no name of a model can be looked at, never asked for, written or run.
    assert_eq!(found.models.len(), hostile::NAMES.len());
    assert!(found.models.iter().all(|model| ModelName::parse(&model.id).is_err()), "{:?}", found.models);
    let offered = catalogue::on_offer(&found.models, &recommended, &Known::default());
    assert!(offered.iter().all(|offer| ModelName::parse(&offer.entry.name).is_ok()));
}

#[tokio::test]
async fn names_have_an_end() {
    let _alone = ALONE.lock().await;
    let server = server("long-names").await;
    let client = client(&server.url(), PATIENT);
    let names = client.tags().await.unwrap().models.into_iter().map(|tag| tag.name);
    let names: Vec<String> = names.chain(client.show("a:1b").await.unwrap().capabilities.unwrap()).collect();
    assert_eq!(names.len(), 2);
    assert!(names.iter().all(|name| name.chars().count() == 1025), "{}", names[0].len());
}

#[tokio::test]
async fn thousands_of_models_are_looked_at() {
    let _alone = ALONE.lock().await;
    let server = server("five-thousand-models").await;
    let tags = client(&server.url(), PATIENT).tags().await.unwrap();
    assert_eq!(tags.models.len(), 5000);
    assert_eq!(tags.models[4999].name, "model-4999:1b");
}
