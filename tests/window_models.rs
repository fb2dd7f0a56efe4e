//! The models in the real window: downloaded, paused, used, tried and removed, by mouse and by keyboard; very many
//! of them; closing while one comes; and an error that is pasted.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test says what broke by panicking")]
#![cfg(target_os = "linux")]

mod support;

use fantoccini::key::Key;
use serde_json::Value;
use support::{
    home::Home,
    ollama::{self, Ollama},
    settings,
    window::{Window, card, literal},
    words::Words,
};

const MODEL: &str = "qwen3.5:4b";

/// An Ollama whose downloads take some seconds, and an OpenClaw that is pinned to two of its models.
fn set_up(home: &Home) -> Ollama {
    let ollama = Ollama::start_with(home, &[("PRACTICE_PULL_TICKS", "250")]);
    settings::add_openclaw(home, "2026.9.6");
    settings::write(home, "openclaw.json", &settings::whole(&ollama.url()).to_string());
    ollama
}

fn written(home: &Home) -> Value {
    serde_json::from_str(&settings::read(home, "openclaw.json").unwrap()).unwrap()
}

fn primary(home: &Home) -> String {
    written(home)["agents"]["defaults"]["model"]["primary"].as_str().unwrap().to_owned()
}

fn listed(home: &Home) -> Vec<String> {
    let settings = written(home);
    let models = settings["models"]["providers"]["ollama"]["models"].as_array().unwrap();
    models.iter().map(|model| model["id"].as_str().unwrap().to_owned()).collect()
}

/// `XPath` of a download in a state.
fn download(state: &str) -> String {
    format!("//article[@data-testid='pull' and @data-state={}]", literal(state))
}

/// The part of the download that its bar shows.
async fn arrived(window: &Window) -> f64 {
    let value = window.client().execute("return document.querySelector('progress').value", Vec::new()).await;
    value.unwrap().as_f64().unwrap()
}

/// A button's name where several have the same words.
fn labelled(words: &Words, label: &str, name: &str) -> String {
    words.say("model.named", &[("label", &words.say(label, &[])), ("name", name)])
}

#[tokio::test]
async fn by_mouse_a_model_is_downloaded_used_tried_and_removed() {
    let words = Words::english();
    let home = Home::new();
    let ollama = set_up(&home);
    let window = Window::open("mouse", &home, &[("OLLAMA_HOST", &ollama.host())]).await;
    let name = [("name", MODEL)];

    window.follow(&words.say("nav.models", &[])).await;
    window.find("a model that is recommended", &card(&words, "recommended", "qwen3:8b")).await;
    window.find("a weak one apart", &card(&words, "often-fails", "llama3.2:3b")).await;
    window.picture("groups");

    // A download that is paused and goes on.
    window.press(&words.say("download.button.name", &name)).await;
    let progress = literal(&words.say("pull.progress", &name));
    window.find("bytes coming in", &format!("//progress[@aria-label={progress} and @value > 0.05]")).await;
    window.picture("downloading");
    window.press(&words.say("pull.pause.name", &name)).await;
    window.find("paused", &download("paused")).await;
    window.sees(&words.say("pull.phase.paused", &[])).await;
    let kept = arrived(&window).await;
    assert!(kept > 0.0, "what has arrived is kept");
    window.picture("paused");
    window.press(&words.say("pull.resume.name", &name)).await;
    window.find("going on", &download("downloading")).await;
    let after = arrived(&window).await;
    assert!(after >= kept, "the bar went back from {kept} to {after}");

    // It is listed for OpenClaw by itself.
    window.find("here", &download("done")).await;
    window.sees(&words.say("pull.listed", &[])).await;
    let undo = format!("//button[@aria-label={}]", literal(&words.say("pull.undo.name", &name)));
    window.find("Undo", &undo).await;
    assert_eq!(listed(&home), ["qwen3:8b", "llama3.2:3b", MODEL]);
    assert_eq!(primary(&home), "ollama/qwen3:8b", "OpenClaw's model stays");
    window.picture("listed");

    // It becomes OpenClaw's model.
    window.press(&words.say("model.use.name", &name)).await;
    window.sees(&words.say("effect.will.model", &[("name", MODEL), ("before", "qwen3:8b")])).await;
    window.press(&words.say("change.apply", &[])).await;
    window.sees(&words.say("effect.did.model", &name)).await;
    assert_eq!(primary(&home), format!("ollama/{MODEL}"));
    // It would take back the newer change, too.
    window.is_gone("Undo of the older change", &undo).await;

    // A real call shows what it does.
    let it = card(&words, "recommended", MODEL);
    window.sees_in(&it, &words.say("model.primary", &[])).await;
    window.press(&labelled(&words, "model.try", MODEL)).await;
    window.sees_in(&it, &words.say("check.called-tool.title", &[])).await;
    window.sees_in(&it, &words.say("check.proves", &[])).await;
    window.picture("tried");

    // It goes, after a word about what needs it.
    window.unfold(&labelled(&words, "model.details", MODEL)).await;
    window.press(&words.say("model.remove.name", &name)).await;
    let dialog = "//dialog[@open]";
    window.sees_in(dialog, &words.say("model.remove.used.primary", &[])).await;
    window.sees_in(dialog, &words.say("model.remove.frees", &[("size", "3.4 GB")])).await;
    window.picture("removing");
    window.press(&words.say("model.remove.no", &[])).await;
    window.is_gone("the question", dialog).await;
    window.find("kept", &it).await;
    window.press(&words.say("model.remove.name", &name)).await;
    window.press(&words.say("model.remove.yes", &[])).await;
    window.sees(&words.say("model.removed", &name)).await;
    window.is_gone("its card", &it).await;
    window.is_gone("its download, which is no longer true", &download("done")).await;
    window.find("on offer again", &format!("//li[@data-offer={}]", literal(MODEL))).await;
    window.picture("removed");

    // Nothing runs any more: nobody is asked.
    window.ask_to_close();
    window.is_closed().await;
}

#[tokio::test]
async fn by_keyboard_alone_in_french_and_in_the_dark() {
    let words = Words::french();
    let home = Home::new();
    let ollama = set_up(&home);
    let environment = [("OLLAMA_HOST", ollama.host()), ("LANG", "fr_FR.UTF-8".to_owned())];
    let environment = environment.each_ref().map(|(name, value)| (*name, value.as_str()));
    let window = Window::open("keyboard", &home, &environment).await;
    let name = [("name", MODEL)];
    window.sees(&words.say("link.engine.name", &[])).await;

    window.tab_to(&words.say("nav.preferences", &[])).await;
    window.key(Key::Enter).await;
    window.has_focus(&words.say("preferences.title", &[])).await;
    window.tab_to(&words.say("preferences.theme.system", &[])).await;
    window.key(Key::Down).await;
    window.key(Key::Down).await;
    window.has_focus(&words.say("preferences.theme.dark", &[])).await;

    window.tab_to(&words.say("nav.models", &[])).await;
    window.key(Key::Enter).await;
    window.has_focus(&words.say("models.title", &[])).await;
    window.find("a model that is recommended", &card(&words, "recommended", "qwen3:8b")).await;
    window.picture("groups");

    let offer = words.say("download.button.name", &name);
    window.find("it is on offer", &format!("//button[@aria-label={}]", literal(&offer))).await;
    window.tab_to(&offer).await;
    window.key(Key::Enter).await;
    window.has_focus(MODEL).await;
    window.picture("downloading");
    window.tab_to(&words.say("pull.pause.name", &name)).await;
    window.key(Key::Space).await;
    // The same button, with another word: pressing again takes it back.
    window.has_focus(&words.say("pull.resume.name", &name)).await;
    window.find("paused", &download("paused")).await;
    window.picture("paused");
    window.key(Key::Space).await;
    window.has_focus(&words.say("pull.pause.name", &name)).await;
    window.find("here", &download("done")).await;
    window.sees(&words.say("pull.listed", &[])).await;
    // The button under the keyboard is gone: its row has the focus, not the page's beginning.
    window.has_focus(MODEL).await;
    window.picture("listed");

    window.tab_to(&words.say("model.use.name", &name)).await;
    window.key(Key::Enter).await;
    window.has_focus(&words.say("change.title.use-model", &name)).await;
    window.picture("preview");
    window.tab_to(&words.say("change.apply", &[])).await;
    window.key(Key::Enter).await;
    window.sees(&words.say("effect.did.model", &name)).await;
    assert_eq!(primary(&home), format!("ollama/{MODEL}"));

    let it = card(&words, "recommended", MODEL);
    let again = labelled(&words, "model.try.again", MODEL);
    window.tab_to(&labelled(&words, "model.try", MODEL)).await;
    window.key(Key::Space).await;
    window.sees_in(&it, &words.say("check.called-tool.title", &[])).await;
    window.has_focus(&again).await;
    window.picture("tried");

    window.tab_to(&labelled(&words, "model.details", MODEL)).await;
    window.key(Key::Enter).await;
    window.tab_to(&words.say("model.remove.name", &name)).await;
    window.key(Key::Enter).await;
    // Enter alone does nothing that cannot be undone.
    window.has_focus(&words.say("model.remove.no", &[])).await;
    window.picture("removing");
    window.key(Key::Escape).await;
    window.has_focus(&words.say("model.remove.name", &name)).await;
    window.key(Key::Enter).await;
    window.has_focus(&words.say("model.remove.no", &[])).await;
    window.tab_to(&words.say("model.remove.yes", &[])).await;
    window.key(Key::Space).await;
    window.is_gone("its card", &it).await;
    let group = window.focus().await;
    assert!(group.name.starts_with(&words.say("group.recommended.title", &[])), "lost: {group:?}");
}

#[tokio::test]
async fn closing_asks_while_a_download_runs() {
    let words = Words::english();
    let home = Home::new();
    let ollama = Ollama::start_with(&home, &[("PRACTICE_PULL_TICKS", "100000")]);
    let window = Window::open("closing", &home, &[("OLLAMA_HOST", &ollama.host())]).await;
    window.follow(&words.say("nav.models", &[])).await;
    window.press(&words.say("download.button.name", &[("name", MODEL)])).await;
    window.find("running", &download("downloading")).await;

    let dialog = "//dialog[@open]";
    for stay in [Key::Enter, Key::Escape] {
        window.ask_to_close();
        window.sees_in(dialog, &words.say("closing.title.one", &[])).await;
        window.has_focus(&words.say("closing.stay", &[])).await;
        window.picture("asked");
        window.key(stay).await;
        window.is_gone("the question", dialog).await;
        window.find("still running", &download("downloading")).await;
    }
    window.ask_to_close();
    window.press_last(&words.say("closing.leave", &[])).await;
    window.is_closed().await;
}

#[tokio::test]
async fn a_thousand_models_are_searched_as_one_types() {
    let words = Words::english();
    let home = Home::new();
    let ollama = Ollama::start_with(&home, &[("PRACTICE_MANY", "1000")]);
    let window = Window::open("thousand", &home, &[("OLLAMA_HOST", &ollama.host())]).await;
    window.follow(&words.say("nav.models", &[])).await;
    window.sees(&words.say("models.count.other", &[("count", "1,000")])).await;
    window.find("the first", &card(&words, "recommended", "many-001:latest")).await;
    // All of them were asked about, and few are drawn.
    window.sees(&words.say("group.page", &[("from", "1"), ("to", "12"), ("count", "1,000")])).await;
    assert_eq!(window.count("article[data-model]").await, 12);
    let elements = window.count("*").await;
    assert!(elements < 2000, "{elements} elements in the document");
    window.picture("first");

    window.press(&words.say("group.next", &[])).await;
    window.find("the second page", &card(&words, "recommended", "many-013:latest")).await;
    assert_eq!(window.count("article[data-model]").await, 12);

    let search = format!(
        "//input[@id=//label[normalize-space(.)={}]/@for]",
        literal(&words.say("models.search", &[]))
    );
    window.find("the search", &search).await.click().await.unwrap();
    window.write("77").await;
    // Every one with it in its name, as far as it is typed.
    window.find("a first hit", &card(&words, "recommended", "many-077:latest")).await;
    window.sees(&words.say("group.page", &[("from", "1"), ("to", "12"), ("count", "19")])).await;
    window.write("7").await;
    window.announces(&words.say("models.search.found.one", &[("count", "1")])).await;
    window.find("the only one", &card(&words, "recommended", "many-777:latest")).await;
    assert_eq!(window.count("article[data-model]").await, 1);
    window.picture("found");
    window.write("7").await;
    window.sees(&words.say("models.search.nothing", &[("text", "7777")])).await;
    assert_eq!(window.count("article[data-model]").await, 0);

    // The settings list them too.
    window.follow(&words.say("nav.settings", &[])).await;
    window.sees(&words.say("settings.title", &[])).await;
    window.sees(&words.say("group.page", &[("from", "1"), ("to", "24"), ("count", "1,000")])).await;
    assert_eq!(window.count("[data-row]").await, 24);
    window.picture("settings");
}

#[tokio::test]
async fn a_pasted_error_leads_to_its_cause_and_is_mended() {
    let words = Words::english();
    let home = Home::new();
    let mut ollama = Ollama::start(&home);
    let address = ollama.address();
    let window = Window::open("pasted", &home, &[("OLLAMA_HOST", &ollama.host())]).await;
    ollama.kill();
    window.follow(&words.say("nav.fix", &[])).await;
    window.sees(&words.say("finding.engine.not-running.title", &[])).await;

    window.find("the field's fold", "//summary[.//*[@id='paste-title']]").await.click().await.unwrap();
    window.tab_to(&words.say("paste.label", &[])).await;
    window.write("TypeError: fetch failed").await;
    window.key(Key::Enter).await;
    window.write(&format!("connect ECONNREFUSED {address}")).await;
    window.press(&words.say("paste.button", &[])).await;
    window.has_focus(&words.say("paste.fits", &[])).await;
    let answer = "//section[@aria-labelledby='paste-answer']";
    window.sees_in(answer, &words.say("finding.engine.not-running.title", &[])).await;
    window.picture("answer");
    assert!(home.running().is_empty(), "nothing runs before the button is pressed");
    window.press(&words.say("remedy.start-ollama", &[])).await;
    window.sees_in(answer, &words.say("paste.mended", &[])).await;
    assert!(ollama::answers(address), "a real server answers where OpenClaw asks");
    window.picture("mended");
}
