//! Practice mode in the real window: from the first start to the proof in few clicks, faults tried and mended, a
//! download, the way out; and nothing of the user's is touched meanwhile.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test says what broke by panicking")]
#![cfg(target_os = "linux")]

mod support;

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use support::{
    broken::put,
    home::Home,
    process::wait_for,
    window::{Window, button, card, literal},
    words::Words,
};

/// Everything that is the user's, by its path: what it is or holds, its mode, and when it was changed, to the
/// nanosecond.
type Tree = BTreeMap<PathBuf, (Option<Vec<u8>>, u32, (i64, i64))>;

fn tree(folders: &[PathBuf]) -> Tree {
    let mut found = Tree::new();
    let mut left = folders.to_vec();
    while let Some(path) = left.pop() {
        let told = fs::symlink_metadata(&path).unwrap();
        let holds = told.is_file().then(|| fs::read(&path).unwrap());
        if told.is_dir() {
            left.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        }
        found.insert(path, (holds, told.mode(), (told.mtime(), told.mtime_nsec())));
    }
    found
}

/// A home in use: OpenClaw, Ollama and Pincer were here.
fn canaries(home: &Home) -> Vec<PathBuf> {
    let files = [
        (
            ".openclaw/openclaw.json",
            "{ agents: { defaults: { model: 'ollama/mine' } }, gateway: { port: 1 } }",
        ),
        (".openclaw/.env", "OLLAMA_API_KEY=mine\n"),
        (".openclaw/agents/main/agent/models.json", "{}"),
        (".ollama/id_ed25519", "mine"),
        (".ollama/models/manifests/registry.ollama.ai/library/mine/latest", "{}"),
        (".local/share/dev.pincer.desktop/preferences.json", r#"{ "address": "http://127.0.0.1:1" }"#),
        (".local/share/dev.pincer.desktop/history/mine.json", "{}"),
        (".local/state/dev.pincer.desktop/mine", "mine"),
        (".config/dev.pincer.desktop/mine", "mine"),
        (".cache/dev.pincer.desktop/mine", "mine"),
    ];
    for (file, text) in files {
        put(&home.path().join(file), text);
    }
    let of_pincer = [".local/share", ".local/state", ".config", ".cache"];
    let of_pincer = of_pincer.iter().map(|folder| home.path().join(folder).join("dev.pincer.desktop"));
    [".openclaw", ".ollama"].iter().map(|folder| home.path().join(folder)).chain(of_pincer).collect()
}

async fn practice(name: &'static str, home: &Home) -> Window {
    // A window that the test ends leaves its folder behind: it goes with the home.
    let temporary = home.path().to_str().unwrap();
    Window::open_with(name, home, &["--practice"], &[("TMPDIR", temporary)]).await
}

const BANNER: &str = "//aside[@data-testid='practice']";

/// Presses a button, and counts.
async fn press(window: &Window, clicks: &mut u32, label: &str) {
    window.press(label).await;
    *clicks += 1;
}

/// The folders of practice homes of a program, by what its environment says.
fn practice_homes(of: &str) -> Vec<PathBuf> {
    let Ok(all) = fs::read_dir("/proc") else { return Vec::new() };
    all.filter_map(|entry| {
        let environment = fs::read(entry.ok()?.path().join("environ")).ok()?;
        let environment = String::from_utf8_lossy(&environment).into_owned();
        let told =
            |name: &str| environment.split('\0').find_map(|one| one.strip_prefix(name)).map(str::to_owned);
        (told("PINCER_PRACTICE=")? == of).then(|| told("HOME=").map(PathBuf::from))?
    })
    .collect()
}

/// The address that the programs of a practice mode belong to, by one in this folder for temporary files.
fn address_in(folder: &Path) -> String {
    wait_for("a program of practice", || {
        fs::read_dir("/proc").ok()?.find_map(|entry| {
            let environment = fs::read(entry.ok()?.path().join("environ")).ok()?;
            let environment = String::from_utf8_lossy(&environment).into_owned();
            let told = |name: &str| environment.split('\0').find_map(|one| one.strip_prefix(name));
            let address = told("PINCER_PRACTICE=")?;
            Path::new(told("HOME=")?).starts_with(folder).then(|| address.to_owned())
        })
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn from_the_first_start_to_the_proof_and_nothing_of_the_users_is_touched() {
    let words = Words::english();
    let home = Home::new();
    let folders = canaries(&home);
    let before = tree(&folders);
    let temporary = home.path().join("tmp");
    fs::create_dir(&temporary).unwrap();
    let window =
        Window::open_with("practice", &home, &["--practice"], &[("TMPDIR", temporary.to_str().unwrap())])
            .await;
    window.sees_in(BANNER, &words.say("practice.text", &[])).await;
    let titled = words.say("window.practice", &[]);
    assert_eq!(window.display().windows(&titled).len(), 1, "its frame says so, too");

    // First start to proof.
    let mut clicks = 0;
    window.sees(&words.say("setup.title", &[])).await;
    let much =
        window.find("how much there is to do", "//section[@data-testid='setup']//p[@role='status']").await;
    let much = much.text().await.unwrap();
    assert!(much.contains("GB"), "its size is said first: {much}");
    window.picture("first-run");
    press(&window, &mut clicks, &words.say("setup.start", &[])).await;
    let green = "//*[@data-testid='proof']//*[@data-outcome='answered']";
    window.find("the proof", green).await;
    window.sees(&words.say("home.works.title", &[])).await;
    window.picture("proven");
    assert!(clicks <= 4, "{clicks} clicks");

    // All is well, and there are models of each group. A download goes to its end. The banner is on every screen.
    window.press(&words.say("practice.well", &[])).await;
    window.sees_in(BANNER, &words.say("practice.well.done", &[])).await;
    for screen in ["fix", "settings", "preferences", "models"] {
        window.follow(&words.say(&format!("nav.{screen}"), &[])).await;
        window.find("the screen", "//h1[@data-heading]").await;
        window.find("the banner", BANNER).await;
    }
    for (group, model) in [
        ("recommended", "qwen3:8b"),
        ("often-fails", "llama3.2:3b"),
        ("chat-only", "gemma2:2b"),
        ("online", "gpt-oss:20b-cloud"),
        ("too-big", "qwen3:235b"),
        ("unknown", "my-model:latest"),
        ("embedding", "nomic-embed-text:latest"),
    ] {
        window.find(&format!("a model of the group {group}"), &card(&words, group, model)).await;
    }
    window.press(&words.say("download.button.name", &[("name", "qwen3.5:4b")])).await;
    window.sees(&words.say("pull.phase.done", &[])).await;
    window.picture("models");

    // It leaves with all that it made.
    let address = address_in(&temporary);
    assert!(!practice_homes(&address).is_empty(), "its programs run");
    window.press_last(&words.say("practice.leave", &[])).await;
    window.is_closed().await;
    wait_for("its programs end", || practice_homes(&address).is_empty().then_some(()));
    wait_for("its folder goes", || fs::read_dir(&temporary).unwrap().next().is_none().then_some(()));
    assert_eq!(tree(&folders), before, "something of the user's was touched");
    let of_pincer =
        |path: &PathBuf| path.strip_prefix(home.path()).unwrap().to_string_lossy().contains("pincer");
    let now = tree(&[home.path().to_path_buf()]);
    let new: Vec<&PathBuf> =
        now.keys().filter(|path| of_pincer(path) && !before.contains_key(*path)).collect();
    assert!(new.is_empty(), "{new:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_are_tried_found_and_mended_and_one_button_makes_all_well() {
    let words = Words::english();
    let home = Home::new();
    let window = practice("practice-faults", &home).await;
    let open = words.say("practice.try", &[]);
    let cause = |code: &str| format!("//article[@data-code={}]", literal(code));

    // Each is found, and mended by its own remedy.
    for (fault, code, remedy, applies) in [
        ("stopped", "engine.not-running", words.say("remedy.start-ollama", &[]), false),
        ("wrong-address", "connection.listening-elsewhere", String::new(), true),
        (
            "cannot-act",
            "settings.model-without-tools",
            words.say("remedy.use-model", &[("name", "qwen3:8b")]),
            true,
        ),
    ] {
        window.press(&open).await;
        window.press(&words.say(&format!("practice.fault.{fault}"), &[])).await;
        window.find(&format!("the card of {fault}"), &cause(code)).await;
        window.picture(fault);
        if remedy.is_empty() {
            let lead = format!("{}//button[contains(@class, 'lead')]", cause(code));
            window.find("its remedy", &lead).await.click().await.unwrap();
        } else {
            window.press(&remedy).await;
        }
        if applies {
            window.press(&words.say("change.apply", &[])).await;
        }
        window.is_gone("the card", &cause(code)).await;
    }

    // One of the table, by its technical name; then all is well.
    window.press(&open).await;
    window.unfold(&words.say("practice.table", &[])).await;
    window.find("the table", &button("error-500")).await;
    window.picture("table");
    window.press("error-500").await;
    window.find("the card", &cause("connection.failed")).await;
    window.press(&words.say("practice.well", &[])).await;
    window.sees_in(BANNER, &words.say("practice.well.done", &[])).await;
    window.is_gone("the card", &cause("connection.failed")).await;
    for link in ["engine", "connection", "models", "settings", "openclaw"] {
        window
            .find(&format!("{link}, fine"), &format!("//li[@data-link='{link}' and @data-state='ok']"))
            .await;
    }
    window.find("the question", &button(&words.say("home.try", &[]))).await;
    window.picture("well");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_model_its_size_is_said_first_and_each_step_can_be_stopped() {
    let words = Words::english();
    let home = Home::new();
    let window = practice("practice-nothing", &home).await;
    let card = "//section[@data-testid='setup']";
    let step = |id: &str, state: &str| format!("{card}//li[@data-step='{id}' and @data-state='{state}']");
    let download = window.find("the download", &step("download-model", "left")).await;
    let told = download.text().await.unwrap();
    assert!(told.contains("GB"), "its size is said: {told}");
    window.picture("size");
    window.press(&words.say("setup.start", &[])).await;

    // Stopped in the middle, and gone on with.
    window.find("the download under way", &step("download-model", "now")).await;
    window.find("its progress", "//progress[@max]").await;
    window.picture("running");
    let cancel =
        format!("{card}//button[starts-with(@aria-label, {})]", literal(&words.say("setup.cancel", &[])));
    window.find("its end", &cancel).await.click().await.unwrap();
    window.sees(&words.say("setup.cancelled", &[])).await;
    window.press(&words.say("setup.go-on", &[])).await;
    window.find("the proof", "//*[@data-testid='proof']//*[@data-outcome='answered']").await;
    window.picture("proven");
}
