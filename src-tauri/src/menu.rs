//! The menu of macOS, where every program has one and copy, paste and quit come from there. Elsewhere a small window has
//! none: its page hears the same keys. Made from a list on every system, so that the list is tested on each.

use pincer_cli::words::Words;
use pincer_core::pages::Page;
use tauri::{
    AppHandle, Manager,
    menu::{Menu, MenuItem, PredefinedMenuItem, Submenu},
};
use tauri_plugin_opener::OpenerExt;

use crate::{desk::Desk, habits};

/// What an item of our own does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Does {
    /// Shows a screen, by its fragment.
    Show(&'static str),
    /// Looks at everything again.
    Look,
    /// Opens a page in the browser.
    Open(Page),
    /// Closes the window, which may ask first.
    Quit,
}

/// An item of our own: its id, its words' key, its keys, what it does.
#[derive(Debug)]
pub(crate) struct Item(&'static str, &'static str, Option<&'static str>, Does);

const PREFERENCES: Item =
    Item("preferences", "nav.preferences", Some("CmdOrCtrl+Comma"), Does::Show("preferences"));
const QUIT: Item = Item("quit", "help.key.quit", Some("CmdOrCtrl+Q"), Does::Quit);
const VIEW: [Item; 5] = [
    Item("home", "nav.home", Some("CmdOrCtrl+1"), Does::Show("home")),
    Item("models", "nav.models", Some("CmdOrCtrl+2"), Does::Show("models")),
    Item("fix", "nav.fix", Some("CmdOrCtrl+3"), Does::Show("fix")),
    Item("settings", "nav.settings", Some("CmdOrCtrl+4"), Does::Show("settings")),
    Item("look", "help.key.look", Some("CmdOrCtrl+R"), Does::Look),
];
const HELP: [Item; 3] = [
    Item("help", "help.title", Some("F1"), Does::Show("help")),
    Item("openclaw-on-ollama", "help.page.openclaw-on-ollama", None, Does::Open(Page::OpenclawOnOllama)),
    Item("ollama-models", "help.page.ollama-models", None, Does::Open(Page::OllamaModels)),
];

fn all() -> impl Iterator<Item = &'static Item> {
    [&PREFERENCES, &QUIT].into_iter().chain(&VIEW).chain(&HELP)
}

/// The menu bar. The system names its own items, in the user's language where it knows it.
///
/// # Errors
/// The window system's.
pub(crate) fn bar(app: &AppHandle, words: &Words) -> tauri::Result<Menu<tauri::Wry>> {
    let own = |item: &Item| MenuItem::with_id(app, item.0, words.say(item.1), true, item.2);
    let line = || PredefinedMenuItem::separator(app);
    let name = words.say("app.name");
    let pincer = Submenu::with_items(
        app,
        &name,
        true,
        &[
            &PredefinedMenuItem::about(app, None, None)?,
            &line()?,
            &own(&PREFERENCES)?,
            &line()?,
            &PredefinedMenuItem::services(app, None)?,
            &line()?,
            &PredefinedMenuItem::hide(app, None)?,
            &PredefinedMenuItem::hide_others(app, None)?,
            &PredefinedMenuItem::show_all(app, None)?,
            &line()?,
            // Our own, since the system's would end downloads without asking.
            &own(&QUIT)?,
        ],
    )?;
    let edit = Submenu::with_items(
        app,
        words.say("menu.edit"),
        true,
        &[
            &PredefinedMenuItem::undo(app, None)?,
            &PredefinedMenuItem::redo(app, None)?,
            &line()?,
            &PredefinedMenuItem::cut(app, None)?,
            &PredefinedMenuItem::copy(app, None)?,
            &PredefinedMenuItem::paste(app, None)?,
            &PredefinedMenuItem::select_all(app, None)?,
        ],
    )?;
    let view = Submenu::new(app, words.say("menu.view"), true)?;
    for item in &VIEW {
        view.append(&own(item)?)?;
    }
    let window = Submenu::with_items(
        app,
        words.say("menu.window"),
        true,
        &[
            &PredefinedMenuItem::minimize(app, None)?,
            &PredefinedMenuItem::maximize(app, None)?,
            &PredefinedMenuItem::close_window(app, None)?,
        ],
    )?;
    let help = Submenu::new(app, words.say("help.title"), true)?;
    for item in &HELP {
        help.append(&own(item)?)?;
    }
    Menu::with_items(app, &[&pincer, &edit, &view, &window, &help])
}

/// Does what the item of that id is there for.
pub(crate) fn chosen(app: &AppHandle, id: &str) {
    let Some(item) = all().find(|item| item.0 == id) else { return };
    if let Err(error) = carry_out(app, item.3) {
        log::warn!("the menu's {id}: {error}");
    }
}

fn carry_out(app: &AppHandle, does: Does) -> Result<(), Box<dyn std::error::Error>> {
    let Some(window) = app.get_webview_window(habits::WINDOW) else { return Ok(()) };
    match does {
        // The page follows its fragment; these are our own words, never anyone's text.
        Does::Show(screen) => Ok(window.eval(format!("location.hash = '{screen}'"))?),
        Does::Look => {
            app.state::<Desk>().live.look_again();
            Ok(())
        }
        Does::Open(page) => Ok(app.opener().open_url(page.url(), None::<&str>)?),
        Does::Quit => Ok(window.close()?),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use pincer_core::surroundings::Environment;

    use super::*;

    #[test]
    fn every_item_has_words_and_keys_of_its_own() {
        let ids: BTreeSet<_> = all().map(|item| item.0).collect();
        let keys: Vec<_> = all().filter_map(|item| item.2).collect();
        assert_eq!(ids.len(), all().count());
        assert_eq!(keys.iter().collect::<BTreeSet<_>>().len(), keys.len());
        for tag in pincer_cli::words::languages() {
            let words = Words::of(&Environment::new([("LANG", tag)]));
            for key in all().map(|item| item.1).chain(["menu.edit", "menu.view", "menu.window"]) {
                assert!(words.has(key), "{tag} lacks {key}");
            }
        }
    }

    #[test]
    fn the_screens_are_the_pages_own_and_in_its_order() {
        let route = include_str!("../../ui/src/lib/state/route.svelte.ts");
        let screens = VIEW.iter().filter_map(|item| match item.3 {
            Does::Show(screen) => Some(format!("'{screen}'")),
            _ => None,
        });
        let listed = screens.chain(["'preferences'".to_owned()]).collect::<Vec<_>>().join(", ");
        assert!(route.contains(&format!("[{listed}]")), "{listed}");
    }
}
