//! Pincer's window: the only place that imports Tauri. It knows no socket and no settings format: every command
//! hands over to `pincer-core`.

mod commands;
mod desk;
mod practice;

use std::{io::Write, process::ExitCode};

use pincer_core::{computer::Computer, ollama::launch, surroundings::Surroundings};
use tauri::{Manager, RunEvent, WebviewUrl, WebviewWindowBuilder, WindowEvent};

use desk::Desk;
use practice::Practice;

/// Size of a new window, and the least it can have, in logical pixels.
const SIZE: (f64, f64) = (1080.0, 760.0);
const LEAST: (f64, f64) = (320.0, 400.0);

/// Opens the window and runs until it closes. `practice`: on an Ollama and an OpenClaw folder that live only as
/// long as the window does.
#[must_use]
pub fn main(practice: bool) -> ExitCode {
    let surroundings = Surroundings::of_this_process();
    let words = pincer_cli::words::Words::of(&surroundings.environment);
    let has_display =
        ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| surroundings.environment.get(name).is_some());
    if cfg!(target_os = "linux") && !has_display {
        return complain(&words.say("cli.no-display"));
    }
    let practice =
        if practice { Some(tauri::async_runtime::block_on(Practice::start(&surroundings))) } else { None };
    let (computer, practice) = match practice {
        Some(Ok((computer, practice))) => (computer, Some(practice)),
        Some(Err(error)) => return complain(&error.to_string()),
        None => (Computer::new(surroundings, None), None),
    };
    match run(computer, practice.is_some()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => complain(&error.to_string()),
    }
}

fn run(computer: Computer, practice: bool) -> tauri::Result<()> {
    tauri::Builder::default()
        .plugin(tauri_plugin_opener::init())
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
        ])
        .on_window_event(|window, event| {
            if let WindowEvent::CloseRequested { api, .. } = event
                && window.try_state::<Desk>().is_some_and(|desk| desk.asks_before_closing())
            {
                api.prevent_close();
            }
        })
        .setup(move |app| {
            app.manage(tauri::async_runtime::block_on(Desk::open(computer)));
            let title = if practice { "Pincer (practice)" } else { "Pincer" };
            WebviewWindowBuilder::new(app, "main", WebviewUrl::App("index.html".into()))
                .title(title)
                .inner_size(SIZE.0, SIZE.1)
                .min_inner_size(LEAST.0, LEAST.1)
                .incognito(practice)
                .build()?;
            Ok(())
        })
        .build(tauri::generate_context!("tauri.conf.json"))?
        .run(|_, event| {
            if matches!(event, RunEvent::Exit) {
                // An Ollama that is being restarted is not left ended.
                launch::finish();
            }
        });
    Ok(())
}

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
    }
}
