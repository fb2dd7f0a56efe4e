//! Pincer's window: the only place that imports Tauri. It knows no socket and no settings format: every command
//! hands over to `pincer-core`.

mod commands;
mod desk;
mod habits;
mod menu;
mod place;
mod practice;

use std::{io::Write, path::PathBuf, process::ExitCode};

use pincer_cli::words::Words;
use pincer_core::{
    computer::Computer,
    journal::{self, Journal},
    machine::unfinished,
    one_window::{self, OneWindow, Start},
    preferences::Preferences,
    surroundings::Surroundings,
};
use tauri::{
    App, Manager, RunEvent, Url, WebviewUrl, WebviewWindowBuilder, WindowEvent, webview::NewWindowResponse,
};

use desk::Desk;
use place::Place;
use practice::Practice;

/// Size of a new window, and the least it can have, in logical pixels.
const SIZE: (f64, f64) = (1080.0, 760.0);
const LEAST: (f64, f64) = (320.0, 400.0);

/// Opens the window and runs until it closes. `practice`: on an Ollama and an OpenClaw folder that live only as
/// long as the window does.
#[must_use]
pub fn main(practice: bool) -> ExitCode {
    let surroundings = Surroundings::of_this_process();
    let words = Words::of(&surroundings.environment);
    let has_display =
        ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| surroundings.environment.get(name).is_some());
    if cfg!(target_os = "linux") && !has_display {
        return complain(&words.say("cli.no-display"));
    }
    let practice =
        if practice { Some(tauri::async_runtime::block_on(Practice::start(&surroundings))) } else { None };
    let (computer, practice) = match practice {
        Some(Ok(practice)) => practice,
        Some(Err(error)) => return complain(&error.to_string()),
        None => (Computer::new(surroundings, None), Practice::default()),
    };
    let one = match tauri::async_runtime::block_on(one_window::begin(&computer.folders)) {
        Start::First(one) => one,
        Start::Second => return ExitCode::SUCCESS,
        Start::Silent => return complain(&words.say("cli.open-already")),
    };
    keep_journal(&computer);
    log::info!("Pincer {} opens, practice: {}", env!("CARGO_PKG_VERSION"), practice.home().is_some());
    let ended = run(computer, practice, &one, words);
    log::info!("Pincer ends");
    log::logger().flush();
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => complain(&error.to_string()),
    }
}

/// From here on what happens is written into Pincer's log, a panic too.
fn keep_journal(computer: &Computer) {
    // Without a folder for it there is no log, and everything else works.
    if let Ok(journal) = Journal::open(computer, journal::BOUNDS) {
        journal.install();
    }
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        log::error!("{panic}");
        usual(panic);
    }));
}

fn run(computer: Computer, practice: Practice, one: &OneWindow, words: Words) -> tauri::Result<()> {
    let home = practice.home();
    let kept = home.is_none();
    let app = tauri::Builder::default()
        // Its script, which would follow links by itself, stays out of the page: Rust alone opens pages.
        .plugin(tauri_plugin_opener::Builder::new().open_js_links_on_click(false).build())
        .plugin(tauri_plugin_notification::init())
        // Ours is made in `open`, and on other systems there is none.
        .enable_macos_default_menu(false)
        .on_menu_event(|app, event| menu::chosen(app, event.id().as_ref()))
        .invoke_handler(tauri::generate_handler![
            commands::subscribe,
            commands::pull,
            commands::pause_pull,
            commands::resume_pull,
            commands::cancel_pull,
            commands::dismiss_pull,
            commands::check_model,
            commands::cancel_check,
            commands::cancel_gateway_start,
            commands::prove,
            commands::cancel_proof,
            commands::open_openclaw,
            commands::remove_model,
            commands::unload_model,
            commands::set_pull_for_openclaw,
            commands::suggest_models,
            commands::on_closing,
            commands::close_anyway,
            commands::preview_use,
            commands::apply,
            commands::gateway_after_change,
            commands::undo,
            commands::history,
            commands::difference,
            commands::test_address,
            commands::set_visible,
            commands::run_remedy,
            commands::cancel_remedy,
            commands::dismiss_remedy,
            commands::look_again,
            commands::install_offer,
            commands::openclaw_offer,
            commands::cancel_install,
            commands::dismiss_install,
            commands::explain_error,
            commands::report,
            commands::language,
            commands::preferences,
            commands::keep_preferences,
            commands::tell_outside,
            commands::open_page,
            commands::open_logs,
            commands::open_practice,
            commands::quit,
            commands::practice_faults,
            commands::play_fault,
        ])
        .manage(practice)
        .on_window_event(|window, event| {
            if let WindowEvent::Destroyed = event {
                window.state::<Practice>().close();
            }
            if let WindowEvent::CloseRequested { api, .. } = event
                && window.try_state::<Desk>().is_some_and(|desk| desk.asks_before_closing())
            {
                api.prevent_close();
            }
            if let WindowEvent::Moved(_) | WindowEvent::Resized(_) = event
                && let Some(place) = window.try_state::<Place>()
            {
                place.follow(window);
            }
        })
        .setup(move |app| open(app, computer, home, &words))
        .build(tauri::generate_context!("tauri.conf.json"))?;
    // A second start brings this one forward, and it listens for that as long as it runs.
    let forward = app.handle().clone();
    let listening = one.listen(move || habits::come_forward(&forward));
    if let Err(error) = tauri::async_runtime::block_on(listening) {
        log::warn!("a second start will not reach this one: {error}");
    }
    app.run_return(move |app, event| {
        if matches!(event, RunEvent::Exit) {
            // A practice leaves nothing behind.
            if let Some(place) = app.try_state::<Place>().filter(|_| kept) {
                place.keep();
            }
            app.state::<Practice>().close();
            // An Ollama that is being restarted is not left ended, nor a start with the computer half set.
            unfinished::finish();
        }
    });
    Ok(())
}

/// Makes the window.
fn open(
    app: &App,
    computer: Computer,
    practice: Option<PathBuf>,
    words: &Words,
) -> Result<(), Box<dyn std::error::Error>> {
    let folders = computer.folders.clone();
    app.manage(tauri::async_runtime::block_on(async { Desk::open(computer) }));
    if cfg!(target_os = "macos") {
        app.set_menu(menu::bar(app.handle(), words)?)?;
    }
    habits::answer_clicks(app.handle());
    habits::end_when_asked(app.handle());
    let title = words.say(if practice.is_some() { "window.practice" } else { "app.name" });
    let mut window = WebviewWindowBuilder::new(app, habits::WINDOW, WebviewUrl::App("index.html".into()))
        .title(title)
        .inner_size(SIZE.0, SIZE.1)
        .min_inner_size(LEAST.0, LEAST.1)
        .theme(habits::frame(Preferences::read(&folders).window.theme))
        .on_navigation(habits::is_own_page)
        .on_new_window(|_, _| NewWindowResponse::Deny)
        // Shown where it was last, not moved there before one's eyes.
        .visible(false);
    if let Some(home) = practice {
        // What the page keeps goes with the practice, too.
        window = window.data_directory(home.join("webview"));
    }
    if let Some(proxy) = NOWHERE {
        window = window.proxy_url(Url::parse(proxy)?);
    }
    let window = window.build()?;
    let least = tauri::LogicalSize::<f64>::from(LEAST).to_physical(window.scale_factor()?);
    app.manage(Place::restore(&folders, &window, (least.width, least.height)));
    window.show()?;
    let settling = app.handle().clone();
    tauri::async_runtime::spawn(async move { settling.state::<Desk>().settle().await });
    Ok(())
}

/// All that the page loads is in the program. WebKit opens connections that no policy of a page names (`preconnect`):
/// through a proxy at a port that nothing can listen on, they end where they begin. Not tried on other systems yet.
const NOWHERE: Option<&str> = if cfg!(target_os = "linux") { Some("http://127.0.0.1:0") } else { None };

fn complain(text: &str) -> ExitCode {
    // Without a standard error there is nobody to tell.
    drop(writeln!(std::io::stderr(), "{text}"));
    ExitCode::from(2)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    /// What stands between `before` and `after`, wherever they are.
    fn all<'a>(text: &'a str, before: &str, after: &str) -> BTreeSet<&'a str> {
        text.split(before).skip(1).filter_map(|rest| Some(rest.split_once(after)?.0)).collect()
    }

    /// One that is not listed and allowed is refused in the real window, and nowhere else.
    #[test]
    fn every_command_is_made_listed_allowed_and_called() {
        let (made, _) = include_str!("lib.rs").split_once("mod tests").expect("this module");
        let made = all(made, "commands::", ",");
        assert!(made.len() > 20, "{made:?}");
        assert_eq!(all(include_str!("../build.rs"), "\n    \"", "\","), made);
        let allowed = include_str!("../capabilities/main.json").replace('-', "_");
        assert_eq!(all(&allowed, "\"allow_", "\""), made);
        let called = include_str!("../../ui/src/lib/backend/tauri.ts");
        assert_eq!(all(called, "call('", "'"), made);
        let (_, listed) = include_str!("../../SECURITY.md").split_once("| commands |").expect("its table");
        let justified = listed.lines().filter_map(|line| line.strip_prefix("| ")?.split_once(" |"));
        let justified: BTreeSet<&str> =
            justified.flat_map(|(names, _)| names.split(", ")).map(|name| name.trim_matches('`')).collect();
        assert_eq!(justified, made, "SECURITY.md says why the page needs each");
    }
}
