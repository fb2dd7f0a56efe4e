//! The real window, on a screen of its own, driven as a person would: by what is written on it.
#![cfg(target_os = "linux")]

mod support;

use std::{fs, os::unix::fs::PermissionsExt};

use fantoccini::Locator;
use serde_json::Value;
use support::{
    home::Home,
    ollama::{self, Ollama},
    window::{Window, card, literal},
    words::Words,
};

/// `XPath` of a station of the path, by its name and its state's word.
fn station(words: &Words, link: &str, state: &str) -> String {
    let path = literal(&words.say("path.label", &[]));
    let name = literal(&words.say(&format!("link.{link}.name"), &[]));
    let state = literal(&words.say(&format!("state.{state}"), &[]));
    format!(
        "//section[@aria-label={path}]//li[.//strong[normalize-space(.)={name}] and .//*[normalize-space(.)={state}]]"
    )
}

#[tokio::test]
async fn opens_at_once_with_the_five_stations() {
    let words = Words::english();
    let home = Home::new();
    let nobody = ollama::free_address().to_string();
    let window = Window::open("opens", &home, &[("OLLAMA_HOST", &nobody)]).await;

    let title = format!("{} · {}", words.say("nav.home", &[]), words.say("app.name", &[]));
    window.is_titled(&title).await;
    window.find("the one thing to do", "//main//h2").await;
    let headings = window.client().find_all(Locator::Css("h1")).await.unwrap();
    assert_eq!(headings.len(), 1, "one heading says where one is, to a screen reader");
    for link in ["engine", "connection", "models", "settings", "openclaw"] {
        window.sees(&words.say(&format!("link.{link}.name"), &[])).await;
    }
    window.find("Ollama, broken", &station(&words, "engine", "broken")).await;
    window.find("Models, not reached", &station(&words, "models", "waiting")).await;
}

#[tokio::test]
async fn the_main_job_from_the_first_look_to_the_fixed_connection() {
    const MODEL: &str = "qwen3.5:4b";
    let words = Words::english();
    let home = Home::new();
    let mut ollama = Ollama::start(&home);
    let window = Window::open("main-job", &home, &[("OLLAMA_HOST", &ollama.host())]).await;

    // What there is, and why some of it cannot act.
    for link in ["engine", "connection", "models"] {
        window.find(&format!("{link}, fine"), &station(&words, link, "ok")).await;
    }
    window.follow(&words.say("nav.models", &[])).await;
    window.find("a model that can act", &card(&words, "recommended", "qwen3:8b")).await;
    let plain = card(&words, "chat-only", "gemma2:2b");
    window.sees_in(&plain, &words.say("model.chat-only", &[])).await;
    let memory = card(&words, "embedding", "nomic-embed-text:latest");
    window.sees_in(&memory, &words.say("model.embedding", &[])).await;
    window.picture("models");

    // A download to its end.
    window.press(&words.say("download.button.name", &[("name", MODEL)])).await;
    let progress = literal(&words.say("pull.progress", &[("name", MODEL)]));
    window.find("its progress", &format!("//progress[@aria-label={progress} and @max]")).await;
    window.sees(&words.say("pull.phase.done", &[])).await;
    window.find("the new model among those that can act", &card(&words, "recommended", MODEL)).await;

    // It becomes OpenClaw's, and only Apply writes.
    window.press(&words.say("model.use.name", &[("name", MODEL)])).await;
    window.sees(&words.say("effect.will.model.else", &[("name", MODEL)])).await;
    assert!(!home.openclaw_json().exists(), "a preview writes nothing");
    window.picture("preview");
    window.press(&words.say("change.apply", &[])).await;
    window.sees(&words.say("effect.did.model", &[("name", MODEL)])).await;
    let written = fs::read_to_string(home.openclaw_json()).unwrap();
    let settings: Value = json5::from_str(&written).unwrap();
    assert_eq!(settings["agents"]["defaults"]["model"]["primary"], format!("ollama/{MODEL}"), "{written}");
    let provider = &settings["models"]["providers"]["ollama"];
    assert_eq!(provider["baseUrl"], ollama.url(), "{written}");
    let listed: Vec<&str> =
        provider["models"].as_array().unwrap().iter().map(|model| model["id"].as_str().unwrap()).collect();
    assert!(listed.contains(&MODEL) && listed.contains(&"qwen3:8b"), "every model that can act: {listed:?}");
    assert!(!listed.contains(&"gemma2:2b"), "and none that cannot: {listed:?}");
    let mode = fs::metadata(home.openclaw_json()).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o600, "it can hold secrets");

    // Ollama goes away: the window says so by itself, and its button is the cure.
    window.follow(&words.say("nav.home", &[])).await;
    ollama.kill();
    window.sees(&words.say("finding.engine.not-running.title", &[])).await;
    window.find("Ollama, broken", &station(&words, "engine", "broken")).await;
    window.picture("refused");
    assert!(home.running().is_empty(), "nothing runs before the button is pressed");
    window.press(&words.say("remedy.start-ollama", &[])).await;
    for link in ["engine", "connection", "models"] {
        window.find(&format!("{link}, fine again"), &station(&words, link, "ok")).await;
    }
    assert!(ollama::answers(ollama.address()), "a real server answers where OpenClaw asks");
    assert_eq!(home.running().len(), 1, "the one that Pincer started");
}

#[tokio::test]
async fn the_window_lives_on_whatever_the_server_does() {
    const MODEL: &str = "qwen3.5:4b";
    let words = Words::english();
    let home = Home::new();
    // Long enough to be killed in the middle.
    let mut ollama = Ollama::start_with(&home, &[("PRACTICE_PULL_TICKS", "100000")]);
    let host = ollama.host();
    let window = Window::open("faults", &home, &[("OLLAMA_HOST", &host)]).await;

    window.follow(&words.say("nav.models", &[])).await;
    window.press(&words.say("download.button.name", &[("name", MODEL)])).await;
    let progress = literal(&words.say("pull.progress", &[("name", MODEL)]));
    window.find("bytes coming in", &format!("//progress[@aria-label={progress} and @max]")).await;
    ollama.kill();
    window.sees(&words.say("models.stale", &[])).await;
    window.find("the models known last", &card(&words, "recommended", "qwen3:8b")).await;

    window.follow(&words.say("nav.home", &[])).await;
    let other = words.say("finding.connection.other-program.title", &[("program", "webserver")]);
    let failed = words.say("finding.connection.failed.title", &[]);
    let cut = words.say("finding.connection.reset.title", &[]);
    for (fault, title) in
        [("html", &other), ("endless-chunks", &other), ("error-500", &failed), ("empty-reply", &cut)]
    {
        let (mut server, _) = home.play("webserver", &host, &[("PRACTICE_FAULT", fault)]);
        window.sees(title).await;
        server.kill();
        window.sees(&words.say("finding.engine.not-running.title", &[])).await;
    }

    let _ollama = Ollama::start_at(&home, ollama.address());
    for link in ["engine", "connection", "models"] {
        window.find(&format!("{link}, fine again"), &station(&words, link, "ok")).await;
    }
    window.follow(&words.say("nav.models", &[])).await;
    // Nobody had to ask again: the download went on when Ollama was back.
    window.sees(&words.say("pull.phase.done", &[])).await;
}

#[tokio::test]
async fn the_settings_screen_writes_what_is_chosen_and_takes_it_back() {
    let words = Words::english();
    let home = Home::new();
    let ollama = Ollama::start(&home);
    let window = Window::open("settings", &home, &[("OLLAMA_HOST", &ollama.host())]).await;
    window.follow(&words.say("nav.settings", &[])).await;

    // By itself, with the best model that can act as its choice.
    window.choose(&words.say("settings.way.automatic", &[])).await;
    window.picture("chosen");
    window.press(&words.say("settings.show", &[])).await;
    window.sees(&words.say("warning.automatic-offers-more.online", &[])).await;
    window.picture("preview");
    assert!(!home.openclaw_json().exists(), "a preview writes nothing");
    window.press(&words.say("change.apply", &[])).await;
    let parts = [
        words.say("effect.did.connect.automatic", &[]),
        words.say("effect.did.model", &[("name", "qwen3:8b")]),
        words.say("effect.did.address", &[("url", &ollama.url())]),
        words.say("effect.did.key", &[]),
    ];
    let last = words.say("effect.did.gateway", &[]);
    let what = words.say("effect.and", &[("first", &parts.join(", ")), ("last", &last)]);
    window.sees(&what).await;
    let settings: Value = serde_json::from_slice(&fs::read(home.openclaw_json()).unwrap()).unwrap();
    assert_eq!(settings["agents"]["defaults"]["model"]["primary"], "ollama/qwen3:8b", "{settings}");
    assert!(settings.pointer("/models/providers/ollama/models").is_none(), "no list of models: {settings}");
    let env_file = home.path().join(".openclaw/.env");
    assert_eq!(fs::read_to_string(&env_file).unwrap(), "OLLAMA_API_KEY=ollama-local\n");

    window.press(&words.say("change.undo.name", &[("what", &what)])).await;
    window.sees(&words.say("change.undone", &[])).await;
    assert!(!home.openclaw_json().exists() && !env_file.exists(), "both files are as they were: not there");
}
