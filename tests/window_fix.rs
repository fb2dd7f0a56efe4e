//! "Fix a problem" in the real window: from broken to green by mouse and by the keyboard alone, a remedy that fails and
//! makes way for the next, and a pasted error that leads to its card.
#![allow(clippy::unwrap_used, reason = "a test says what broke by panicking")]
#![cfg(target_os = "linux")]

mod support;

use std::io::Write;

use fantoccini::key::Key;
use support::{
    home::Home,
    ollama::{self, Ollama, free_address},
    process, programs, release, settings,
    unit::Unit,
    window::{Window, literal},
    words::Words,
};

const NEWEST: &str = "2026.9.6";

/// `XPath` of the card of a cause.
fn cause(code: &str) -> String {
    format!("//article[@data-code={}]", literal(code))
}

/// Waits until every station that was in the way is fine.
async fn green(window: &Window, links: &[&str]) {
    for link in links {
        window
            .find(&format!("{link}, fine"), &format!("//li[@data-link='{link}' and @data-state='ok']"))
            .await;
    }
}

#[tokio::test]
async fn by_mouse_a_stopped_ollama_is_started_and_says_how_it_goes() {
    let words = Words::english();
    let home = Home::new();
    home.add_program(&programs::practice(), "ollama");
    settings::add_openclaw(&home, NEWEST);
    let address = free_address();
    settings::write(&home, "openclaw.json", &settings::whole(&format!("http://{address}")).to_string());
    // It takes its time to wake up.
    let window = Window::open("start", &home, &[("PRACTICE_SILENT_MS", "2000")]).await;
    window.follow(&words.say("nav.fix", &[])).await;
    window.find("the card", &cause("engine.not-running")).await;
    window.picture("broken");
    window.press(&words.say("remedy.start-ollama", &[])).await;
    window.sees(&words.say("remedy.phase.waking", &[])).await;
    window.picture("waking");
    let label = words.say("remedy.start-ollama", &[]);
    window.sees(&words.say("fix.mended", &[("remedy", &label)])).await;
    window.is_gone("the card", &cause("engine.not-running")).await;
    green(&window, &["engine", "connection", "models", "settings"]).await;
    assert!(ollama::answers(address));
    window.picture("green");
    window.press(&words.say("fix.mended.close", &[("remedy", &label)])).await;
    window.is_gone("the notice", "//*[@data-testid='mended']").await;
    // Nobody has to press it; who does is told when it was.
    window.press(&words.say("fix.again", &[])).await;
    window.find("the time of the last look", "//p[starts-with(normalize-space(.), 'Looked at last')]").await;
}

#[tokio::test]
async fn by_mouse_a_wrong_address_is_replaced_by_the_one_that_answers() {
    let words = Words::french();
    let home = Home::new();
    let ollama = Ollama::start(&home);
    settings::add_openclaw(&home, NEWEST);
    let wrong = format!("http://{}", free_address());
    settings::write(&home, "openclaw.json", &settings::whole(&wrong).to_string());
    let window =
        Window::open("address", &home, &[("OLLAMA_HOST", &ollama.host()), ("LANG", "fr_FR.UTF-8")]).await;
    window.follow(&words.say("nav.fix", &[])).await;
    window.find("the card", &cause("connection.listening-elsewhere")).await;
    window.picture("broken");
    window.press(&words.say("remedy.use-address", &[("url", &ollama.url())])).await;
    window.press(&words.say("change.apply", &[])).await;
    green(&window, &["engine", "connection", "models", "settings"]).await;
    window.is_gone("the card", &cause("connection.listening-elsewhere")).await;
    let written = settings::read(&home, "openclaw.json").unwrap();
    assert!(written.contains(&ollama.url()) && !written.contains(&wrong), "{written}");
    window.picture("green");
}

#[tokio::test]
async fn by_mouse_a_missing_ollama_is_installed_and_started() {
    if ollama::is_on_this_machine() {
        let _ = writeln!(std::io::stderr(), "SKIPPED: this machine has an Ollama where installers put it");
        return;
    }
    let words = Words::english();
    let home = Home::new();
    let archive = release::release(&home);
    let place = release::place(archive.clone(), release::sums(&archive));
    let address = free_address();
    settings::add_openclaw(&home, NEWEST);
    settings::write(&home, "openclaw.json", &settings::whole(&format!("http://{address}")).to_string());
    let window = Window::open("install", &home, &[("PINCER_OLLAMA_DOWNLOAD", &place)]).await;
    window.follow(&words.say("nav.fix", &[])).await;
    window.find("the card", &cause("engine.not-installed")).await;
    window.press(&words.say("remedy.install-ollama", &[])).await;
    window.find("its end", "//*[@data-testid='install' and @data-phase='done']").await;
    green(&window, &["engine", "connection", "models", "settings"]).await;
    assert!(ollama::answers(address));
    window.picture("green");
}

#[tokio::test]
async fn by_keyboard_a_restart_that_fails_makes_way_and_then_helps() {
    let words = Words::english();
    let home = Home::new();
    let address = free_address();
    settings::add_openclaw(&home, NEWEST);
    settings::write(&home, "openclaw.json", &settings::whole(&format!("http://{address}")).to_string());
    let unit = Unit::add(&home, address);
    // A newer one is installed, the old one still runs.
    unit.start("PRACTICE_VERSION=0.6.3");
    let before = unit.pid();
    let window = Window::open("restart", &home, &[("PRACTICE_CLIENT_VERSION", "0.32.15")]).await;
    window.tab_to(&words.say("nav.fix", &[])).await;
    window.key(Key::Enter).await;
    window.has_focus(&words.say("fix.title", &[])).await;
    let card = cause("engine.too-old");
    window.find("the card", &card).await;
    window.picture("broken");

    unit.refuse("Failed to restart ollama.service: Access denied");
    let restart = words.say("remedy.restart-ollama", &[]);
    window.tab_to(&restart).await;
    window.key(Key::Enter).await;
    let tried = "//*[@data-testid='tried']";
    window.sees_in(&format!("{card}{tried}"), &words.say("remedy.tried", &[("label", &restart)])).await;
    assert_eq!(unit.pid(), before, "nothing was changed");
    // The next way out leads now.
    let next = literal(&words.say("remedy.get-ollama", &[]));
    let lead = format!("{card}//button[contains(@class, 'lead') and normalize-space(.)={next}]");
    window.find("the next way out", &lead).await;
    window.picture("failed-once");

    unit.allow();
    window.tab_to(&words.say("remedy.again.name", &[("label", &restart)])).await;
    window.key(Key::Enter).await;
    window.sees(&words.say("fix.mended", &[("remedy", &restart)])).await;
    window.is_gone("the card", &card).await;
    green(&window, &["engine", "connection", "models", "settings"]).await;
    assert_ne!(unit.pid(), before, "another process answers");
    window.picture("green");
}

/// Whoever logs out in the middle of a restart finds Ollama running again.
#[tokio::test]
async fn the_end_of_the_session_does_not_cut_a_restart_in_two() {
    let words = Words::english();
    let home = Home::new();
    home.add_program(&programs::practice(), "ollama");
    let host = free_address();
    let told = host.to_string();
    let mut start = home.command(programs::pincer_cli());
    start.args(["start", "--json"]).env("OLLAMA_HOST", &told).env("PRACTICE_BUSY", "1");
    assert!(start.output().unwrap().status.success());
    let before = home.running();
    let window = Window::open("session-ends", &home, &[("OLLAMA_HOST", &told)]).await;
    window.follow(&words.say("nav.fix", &[])).await;
    window.find("the card", &cause("engine.busy")).await;
    // As Ollama takes its runners down first: it ends when it may.
    process::signal("STOP", &before[0].to_string());
    window.press(&words.say("remedy.restart-ollama", &[])).await;
    let is_asked = || {
        let status = std::fs::read_to_string(format!("/proc/{}/status", before[0])).unwrap();
        let pending = status.lines().find_map(|line| line.strip_prefix("ShdPnd:")).unwrap().trim().to_owned();
        (u64::from_str_radix(&pending, 16).unwrap() & (1 << 14) != 0).then_some(())
    };
    process::wait_for("the old one is asked to end", is_asked);
    window.ends_by("TERM");
    process::signal("CONT", &before[0].to_string());
    window.is_closed().await;
    process::wait_for("the next one answers", || ollama::answers(host).then_some(()));
    assert_ne!(home.running(), before);
}

#[tokio::test]
async fn a_pasted_error_leads_to_its_card_and_from_there_to_green() {
    let words = Words::english();
    let home = Home::new();
    let ollama = Ollama::start(&home);
    settings::add_openclaw(&home, NEWEST);
    settings::write(&home, "openclaw.json", "{ gateway: { mode: 'local' } }");
    let window = Window::open("no-key", &home, &[("OLLAMA_HOST", &ollama.host())]).await;
    window.follow(&words.say("nav.fix", &[])).await;
    window.find("the field's fold", "//summary[.//*[@id='paste-title']]").await.click().await.unwrap();
    window.find("the field", "//textarea[@id='pasted']").await.click().await.unwrap();
    window.write("Error: No API key found for provider \"ollama\".").await;
    window.press(&words.say("paste.button", &[])).await;
    let answer = "//section[@aria-labelledby='paste-answer']";
    window.sees_in(answer, &words.say("paste.fits", &[])).await;
    window.find("its card", &format!("{answer}{}", cause("settings.ollama-off"))).await;
    window.picture("answer");
    window.press(&words.say("remedy.use-model", &[("name", "qwen3:8b")])).await;
    window.press(&words.say("change.apply", &[])).await;
    green(&window, &["engine", "connection", "models", "settings"]).await;
    assert!(settings::read(&home, "openclaw.json").unwrap().contains("ollama/qwen3:8b"));
}
