//! What people expect of a window on a desktop: it comes forward when asked, speaks up only while they look elsewhere,
//! has the chosen colours in its frame too, and never leaves its own pages.

use pincer_core::{
    error::{Error, ErrorCode},
    preferences::Theme,
};
use tauri::{AppHandle, Manager, Url, WebviewWindow};
use tauri_plugin_notification::NotificationExt;

/// The one window.
pub(crate) const WINDOW: &str = "main";

/// Brings the window in front of the others, wherever it was put.
pub(crate) fn come_forward(app: &AppHandle) {
    let Some(window) = app.get_webview_window(WINDOW) else { return };
    for done in [window.unminimize(), window.show(), window.set_focus()] {
        if let Err(error) = done {
            log::warn!("the window does not come forward: {error}");
        }
    }
}

/// Whoever logs out or ends the program from outside closes the window as its own button does: an Ollama that is being
/// restarted is not left ended.
#[cfg(unix)]
pub(crate) fn end_when_asked(app: &AppHandle) {
    use tokio::signal::unix::{SignalKind, signal};
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        let heard = |kind| signal(kind);
        let (Ok(mut terminate), Ok(mut hangup), Ok(mut interrupt)) =
            (heard(SignalKind::terminate()), heard(SignalKind::hangup()), heard(SignalKind::interrupt()))
        else {
            log::warn!("the wish to end is not heard");
            return;
        };
        tokio::select! {
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
            _ = interrupt.recv() => {}
        }
        app.exit(0);
    });
}

/// There the system closes the window itself.
#[cfg(not(unix))]
pub(crate) fn end_when_asked(_app: &AppHandle) {}

/// Has the system say something, unless the user is looking at the window.
///
/// # Errors
/// `internal`.
pub(crate) fn tell_outside(
    app: &AppHandle,
    window: &WebviewWindow,
    title: &str,
    text: &str,
) -> Result<(), Error> {
    // A window that cannot tell is taken for one in front: rather silent than in the way.
    if window.is_focused().unwrap_or(true) {
        return Ok(());
    }
    let shown = app.notification().builder().title(title).body(text).show();
    shown.map_err(|error| Error::new(ErrorCode::Internal {}, error.to_string()))
}

/// A click on what the system said brings the window forward.
pub(crate) fn answer_clicks(app: &AppHandle) {
    let forward = app.clone();
    if let Err(error) = app.notification().on_action(move |_| come_forward(&forward)) {
        log::warn!("clicks on notifications are not heard: {error}");
    }
}

/// The chosen colours for the frame, and for the page before its own styles are there.
pub(crate) fn paint(window: &WebviewWindow, theme: Option<Theme>) {
    if let Err(error) = window.set_theme(frame(theme)) {
        log::warn!("the frame keeps its colours: {error}");
    }
}

/// The same as the window system calls it.
pub(crate) fn frame(theme: Option<Theme>) -> Option<tauri::Theme> {
    theme.map(|theme| match theme {
        Theme::Light => tauri::Theme::Light,
        Theme::Dark => tauri::Theme::Dark,
    })
}

/// The window shows Pincer's own page and nothing else, wherever a link would lead.
pub(crate) fn is_own_page(url: &Url) -> bool {
    let own = match url.scheme() {
        // Linux and macOS; Windows has no schemes of one's own, and says it by the host.
        "tauri" => "localhost",
        "http" | "https" => "tauri.localhost",
        _ => return url.as_str() == "about:blank",
    };
    url.host_str() == Some(own) && url.port().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pincers_own_page_is_shown() {
        for (url, own) in [
            ("tauri://localhost/index.html#models", true),
            ("tauri://localhost/", true),
            ("http://tauri.localhost/index.html", true),
            ("https://tauri.localhost/", true),
            ("about:blank", true),
            ("tauri://elsewhere/", false),
            ("http://tauri.localhost.example.com/", false),
            ("http://tauri.localhost:8080/", false),
            ("http://tauri.localhost@example.com/", false),
            ("https://ollama.com/download", false),
            ("http://127.0.0.1:18789/", false),
            ("http://localhost/", false),
            ("file:///etc/passwd", false),
            ("data:text/html,hi", false),
            ("javascript:alert(1)", false),
            ("about:srcdoc", false),
        ] {
            assert_eq!(Url::parse(url).is_ok_and(|url| is_own_page(&url)), own, "{url}");
        }
    }
}
