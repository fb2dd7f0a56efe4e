//! What people expect of a window on a desktop, in the real one: a second start, its place, its keys, damaged
//! preferences, what the system says, the log, and that it never leaves its own page.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test says what broke by panicking")]

mod support;

use std::{fs, path::PathBuf, process::Stdio};

use serde_json::Value;
use support::{
    home::Home,
    ollama::{self, Ollama},
    process::{Group, wait_for},
    programs,
    window::Window,
    words::Words,
};

/// What goes over the D-Bus session to whatever shows notifications.
struct Bus {
    file: PathBuf,
    _monitor: Group,
}

impl Bus {
    fn listen(home: &Home, window: &Window) -> Self {
        let file = home.path().join("bus");
        let mut monitor = home.command("/usr/bin/dbus-monitor");
        monitor
            .env("DBUS_SESSION_BUS_ADDRESS", window.variable("DBUS_SESSION_BUS_ADDRESS"))
            .args(["--session", "interface='org.freedesktop.Notifications',member='Notify'"])
            .stdout(fs::File::create(&file).unwrap())
            .stderr(Stdio::null());
        let bus = Self { file, _monitor: Group::start(&mut monitor) };
        // It says its own name once it listens.
        wait_for("dbus-monitor listens", || (!bus.said().is_empty()).then_some(()));
        bus
    }

    fn said(&self) -> String {
        fs::read_to_string(&self.file).unwrap_or_default()
    }
}

fn data(home: &Home, name: &str) -> PathBuf {
    home.path().join(".local/share/dev.pincer.desktop").join(name)
}

#[tokio::test]
async fn a_second_start_brings_the_first_forward_and_other_homes_do_not_meet() {
    let home = Home::new();
    let window = Window::open("second", &home, &[]).await;
    let display = window.display();
    display.shows_active("Pincer");
    display.minimize("Pincer");
    display.shows_no_active();

    // Without a D-Bus session, as a terminal over ssh has none.
    let mut second = home.command(programs::pincer());
    second
        .env("DISPLAY", display.name())
        .env("GDK_BACKEND", "x11")
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let mut second = Group::start(&mut second);
    wait_for("the second start ends", || second.has_ended().then_some(()));
    display.shows_active("Pincer");
    assert_eq!(display.windows("Pincer").len(), 1, "no second window");

    let other = Home::new();
    let beside = Window::open("beside", &other, &[]).await;
    beside.display().shows_active("Pincer");
}

#[tokio::test]
async fn it_comes_back_where_it_was_unless_nobody_could_reach_it() {
    let home = Home::new();
    let was = {
        let window = Window::open("place", &home, &[]).await;
        let place = window.display().put("Pincer", (150, 90, 800, 600));
        window.ask_to_close();
        window.is_closed().await;
        place
    };
    let kept: Value = serde_json::from_slice(&fs::read(data(&home, "window.json")).unwrap()).unwrap();
    assert_eq!((kept["width"].as_i64(), kept["height"].as_i64()), (Some(800), Some(600)), "{kept}");
    {
        let window = Window::open("place-again", &home, &[]).await;
        window.display().is_at("Pincer", was);
        window.ask_to_close();
        window.is_closed().await;
    }
    // It did not wander: the frame around it is not counted twice.
    let again: Value = serde_json::from_slice(&fs::read(data(&home, "window.json")).unwrap()).unwrap();
    assert_eq!(again, kept);

    let far = r#"{"x":5000,"y":90,"width":800,"height":600,"maximized":false}"#;
    fs::write(data(&home, "window.json"), far).unwrap();
    let window = Window::open("place-gone", &home, &[]).await;
    let (x, y, ..) = window.display().place("Pincer");
    assert!((0..1280).contains(&x) && (0..900).contains(&y), "it is on the screen: {x}, {y}");
}

#[tokio::test]
async fn keys_go_everywhere_and_the_last_one_quits() {
    let words = Words::english();
    let home = Home::new();
    let window = Window::open("keys", &home, &[]).await;
    let title = |screen: &str| {
        format!("{} · {}", words.say(&format!("nav.{screen}"), &[]), words.say("app.name", &[]))
    };
    window.is_titled(&title("home")).await;
    let display = window.display();
    display.shows_active("Pincer");
    for (keys, screen) in
        [("2", "models"), ("3", "fix"), ("4", "settings"), ("5", "preferences"), ("1", "home")]
    {
        display.press(&format!("ctrl+{keys}"));
        window.is_titled(&title(screen)).await;
    }
    display.press("F1");
    window.is_titled(&title("preferences")).await;
    window.has_focus(&words.say("help.title", &[])).await;
    window.picture("help");
    display.press("ctrl+1");
    window.is_titled(&title("home")).await;
    display.press("ctrl+comma");
    window.is_titled(&title("preferences")).await;
    display.press("ctrl+q");
    window.is_closed().await;
}

#[tokio::test]
async fn damaged_preferences_are_put_aside_with_a_word_and_new_ones_stay() {
    let words = Words::english();
    let french = Words::french();
    let home = Home::new();
    let path = data(&home, "preferences.json");
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let damaged = r#"{"window":{"language":"fr","the"#;
    fs::write(&path, damaged).unwrap();
    {
        let window = Window::open("damaged", &home, &[]).await;
        let told = words.say("preferences.set-aside", &[("path", "")]);
        window.sees(told.split_once(": ").unwrap().0).await;
        window.picture("told");
        let aside: Vec<_> = fs::read_dir(path.parent().unwrap())
            .unwrap()
            .flatten()
            .filter(|entry| entry.file_name().to_string_lossy().starts_with("preferences.damaged-"))
            .collect();
        assert_eq!(aside.len(), 1);
        assert_eq!(fs::read_to_string(aside[0].path()).unwrap(), damaged);

        window.follow(&words.say("nav.preferences", &[])).await;
        window.choose("Français").await;
        window.sees(&french.say("preferences.title", &[])).await;
        window.choose(&french.say("preferences.theme.dark", &[])).await;
        wait_for("the choice is kept", || {
            let kept: Value = serde_json::from_slice(&fs::read(&path).ok()?).ok()?;
            (kept["window"]["theme"] == "dark" && kept["window"]["language"] == "fr").then_some(())
        });
        window.ask_to_close();
        window.is_closed().await;
    }
    let window = Window::open("undamaged", &home, &[]).await;
    window.sees(&french.say("nav.models", &[])).await;
    let dark = window.client().execute("return document.documentElement.dataset.theme", Vec::new()).await;
    assert_eq!(dark.unwrap(), "dark");
    assert!(!window.text().await.contains("preferences.damaged"), "said once");
}

#[tokio::test]
async fn the_system_says_that_a_download_ended_only_while_one_looks_elsewhere() {
    const MODELS: [&str; 2] = ["qwen3.5:4b", "gpt-oss:20b"];
    let words = Words::english();
    let home = Home::new();
    let ollama = Ollama::start(&home);
    let window = Window::open("outside", &home, &[("OLLAMA_HOST", &ollama.host())]).await;
    let bus = Bus::listen(&home, &window);
    window.display().shows_active("Pincer");
    window.follow(&words.say("nav.models", &[])).await;

    window.press(&words.say("download.button.name", &[("name", MODELS[0])])).await;
    window.sees(&words.say("pull.phase.done", &[])).await;
    window.display().minimize("Pincer");
    window.display().shows_no_active();
    window.press_hidden(&words.say("download.button.name", &[("name", MODELS[1])])).await;
    let second = words.say("outside.pull.done", &[("name", MODELS[1])]);
    wait_for("the system is asked to say it", || bus.said().contains(&second).then_some(()));
    let first = words.say("outside.pull.done", &[("name", MODELS[0])]);
    assert!(!bus.said().contains(&first), "nobody is told of what is before one's eyes");
}

#[tokio::test]
async fn the_log_tells_what_happened_without_secrets_and_its_folder_opens() {
    let words = Words::english();
    let home = Home::new();
    home.add_script("xdg-open", &format!("echo \"$@\" >> {}", home.path().join("opened").display()));
    let nobody = ollama::free_address();
    let address = format!("http://ada:planted-secret@{nobody}");
    let window = Window::open("log", &home, &[("OLLAMA_HOST", &address)]).await;
    window.sees(&words.say("finding.engine.not-installed.title", &[])).await;
    let log = data(&home, "logs/pincer.log");
    let written = wait_for("the log names the cause", || {
        fs::read_to_string(&log).ok().filter(|text| text.contains("found: engine.not-installed"))
    });
    assert!(!written.contains("planted"), "{written}");
    assert!(!written.contains(&home.path().display().to_string()), "{written}");

    // Nothing but our own page is ever shown here, and the links that there are go to the browser.
    window.follow(&words.say("nav.preferences", &[])).await;
    for leave in ["location.href = 'https://example.com/'", "open('https://example.com/')"] {
        window.client().execute(leave, Vec::new()).await.unwrap();
    }
    window.press(&words.say("help.logs", &[])).await;
    window.press(&words.say("help.page.openclaw-on-ollama", &[])).await;
    let opened = wait_for("both are opened", || {
        let text = fs::read_to_string(home.path().join("opened")).ok()?;
        (text.lines().count() == 2).then_some(text)
    });
    assert_eq!(
        opened.lines().collect::<Vec<_>>(),
        [&data(&home, "logs").display().to_string(), "https://docs.openclaw.ai/providers/ollama"]
    );
    window.sees(&words.say("help.title", &[])).await;
}
