//! Pictures of every screen, theme and language from the real window on practice's Ollama: `cargo xtask screenshots`.
//! (`--practice` itself keeps nothing of its page, and such a page WebDriver cannot drive.)
//! A tool more than a test: it is run for its files, and fails when a screen does not come.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test says what broke by panicking"
)]
#![cfg(target_os = "linux")]

mod support;

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use support::{home::Home, ollama::Ollama, settings, window::Window};

/// The folder that the pictures go to.
const FOLDER: &str = "PINCER_SCREENSHOTS";

const SCREENS: [&str; 5] = ["home", "models", "fix", "settings", "preferences"];

/// The window as it opens, and as narrow as it can be.
const SIZE: (u32, u32) = (1080, 760);
const NARROW: (u32, u32) = (320, 640);

/// What differs from run to run, written as it is on a real computer: the home, and the ports of practice's
/// Ollama and of the gateway.
const SETTLE: &str = r"
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let text = texts.nextNode(); text; text = texts.nextNode()) {
        const settled = text.data.replace(/\/tmp\/pincer-test-\w+/g, '/home/ada').replace(/127\.0\.0\.1:\d+/g, '127.0.0.1:11434').replaceAll('GATEWAY', '18789');
        if (settled !== text.data) text.data = settled;
    }
    document.activeElement?.blur();
    scrollTo(0, 0);";

async fn run(window: &Window, script: &str) {
    window.client().execute(script, Vec::new()).await.expect("the page runs a script");
}

async fn picture(window: &Window, gateway: &str, screen: &str, file: &Path) {
    run(window, &format!("location.hash = '{screen}';")).await;
    let there = format!(
        "//html[.//nav//a[@href='#{screen}' and @aria-current] and not(.//main//*[@data-state='checking' or @data-loading])]\
         //main//*[self::h1 or self::h2]"
    );
    window.find(screen, &there).await;
    window.point_nowhere().await;
    run(window, &SETTLE.replace("GATEWAY", gateway)).await;
    window.still(file).await;
}

async fn theme(window: &Window, name: &str) {
    run(window, "location.hash = 'preferences';").await;
    let choice = format!("//input[@name='theme' and @value='{name}']");
    window.find("the choice of a theme", &choice).await.click().await.expect("it can be chosen");
}

async fn pictures(folder: &Path, language: &str, locale: &str) {
    let home = Home::new();
    // Nothing moves while it is looked at.
    let gtk = home.path().join(".config/gtk-3.0");
    fs::create_dir_all(&gtk).unwrap();
    fs::write(gtk.join("settings.ini"), "[Settings]\ngtk-enable-animations=0\n").unwrap();
    let ollama = Ollama::start(&home);
    settings::add_openclaw(&home, "2026.9.6");
    let whole = settings::whole(&ollama.url());
    let gateway = whole["gateway"]["port"].to_string();
    settings::write(&home, "openclaw.json", &whole.to_string());
    let window =
        Window::open("screenshots", &home, &[("OLLAMA_HOST", &ollama.host()), ("LANG", locale)]).await;
    let page = format!("//html[@lang='{language}']");
    window.find("the window in its language", &format!("{page}//main//h1 | {page}//main//h2")).await;
    let folder = folder.join(language);
    let narrow = folder.join("narrow");
    fs::create_dir_all(&narrow).unwrap();
    for name in ["dark", "light"] {
        theme(&window, name).await;
        window.resize(SIZE.0, SIZE.1);
        for screen in SCREENS {
            picture(&window, &gateway, screen, &folder.join(format!("{screen}-{name}.png"))).await;
        }
    }
    window.resize(NARROW.0, NARROW.1);
    for screen in SCREENS {
        picture(&window, &gateway, screen, &narrow.join(format!("{screen}.png"))).await;
    }
}

#[tokio::test]
#[ignore = "writes pictures: cargo xtask screenshots"]
async fn every_screen_theme_and_language() {
    let folder = PathBuf::from(env::var_os(FOLDER).expect("PINCER_SCREENSHOTS says where to"));
    for (language, locale) in [("en", "en_US.UTF-8"), ("fr", "fr_FR.UTF-8"), ("zh-CN", "zh_CN.UTF-8")] {
        pictures(&folder, language, locale).await;
    }
}
