//! From a home with nothing but Node to an answer through OpenClaw: the real window, the real OpenClaw, practice as
//! the Ollama. Every click is counted.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test says what broke by panicking")]
#![cfg(target_os = "linux")]

mod support;

use std::{net::TcpListener, os::unix::fs::symlink, time::Duration};

use support::{
    home::Home,
    npm,
    ollama::Ollama,
    openclaw::{Ending, OpenClaw},
    settings,
    window::Window,
    words::Words,
};

/// Where OpenClaw's gateway listens when its settings name no port.
const PORT: u16 = 18789;
/// A gateway on a busy computer takes a minute, a first answer another.
const PATIENCE: Duration = Duration::from_secs(150);
const MODEL: &str = "qwen3:8b";

/// Presses a button as soon as it is there.
async fn press(window: &Window, clicks: &mut u32, label: &str) {
    window.find_within(PATIENCE, &format!("the button \"{label}\""), &support::window::button(label)).await;
    window.press(label).await;
    *clicks += 1;
}

#[tokio::test(flavor = "multi_thread")]
async fn from_nothing_but_node_to_an_answer() {
    let Some(openclaw) = OpenClaw::installed() else { return };
    drop(TcpListener::bind(("127.0.0.1", PORT)).expect("an OpenClaw of this machine's own runs: stop it"));
    let words = Words::english();
    let home = Home::new();
    let ending = Ending::of(&home);
    let ollama = Ollama::start(&home);
    // The real Node, and an npm that brings the real package from where it was downloaded to.
    symlink(openclaw.bin().join("node"), home.bin().join("node")).unwrap();
    let package = openclaw.bin().with_file_name("openclaw");
    let brings = format!(
        "/bin/mkdir -p \"$prefix/lib/node_modules\" \"$prefix/bin\"\n\
         /bin/ln -s '{}' \"$prefix/lib/node_modules/openclaw\"",
        package.display()
    );
    npm::add(&home, &npm::viewed(), &[&brings, npm::LINK]);

    let window = Window::open("openclaw", &home, &[("OLLAMA_HOST", &ollama.host())]).await;
    let mut clicks = 0;
    // Asked of npm: until it is there, what is below may still move.
    window.sees_in("//*[@data-testid='setup']", "250").await;
    press(&window, &mut clicks, &words.say("remedy.install-openclaw", &[])).await;
    let question = "//*[@data-code='openclaw.not-installed']";
    window.sees_in(question, &words.say("install.openclaw.can", &[])).await;
    window.picture("asked");
    press(&window, &mut clicks, &words.say("install.openclaw.yes", &[])).await;
    window.find_within(PATIENCE, "its end", "//*[@data-testid='install' and @data-phase='done']").await;
    press(&window, &mut clicks, &words.say("remedy.use-model", &[("name", MODEL)])).await;
    press(&window, &mut clicks, &words.say("change.apply", &[])).await;
    press(&window, &mut clicks, &words.say("remedy.start-gateway", &[])).await;
    press(&window, &mut clicks, &words.say("home.try", &[])).await;
    let green = "//*[@data-testid='proof']//*[@data-outcome='answered']";
    window.find_within(PATIENCE, "the proof", green).await;
    window.sees(&words.say("home.works.title", &[])).await;
    window.picture("green");
    assert_eq!(clicks, 6, "install, yes, set up, apply, start, try");
    let written = settings::read(&home, "openclaw.json").unwrap();
    assert!(written.contains(&format!("ollama/{MODEL}")), "{written}");
    drop(window);
    drop(ending);
}
