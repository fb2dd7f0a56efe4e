//! The window's place, remembered: restored before it is shown, followed while it is moved, kept when Pincer ends.
//! Where it may be is `core::window_place`'s to say.

use std::sync::{Mutex, PoisonError};

use pincer_core::{
    folders::Folders,
    window_place::{Area, WindowPlace},
};
use tauri::{Monitor, PhysicalPosition, PhysicalSize, WebviewWindow, Window};

/// Where the window is now, as far as it was moved or was somewhere before.
pub(crate) struct Place {
    folders: Folders,
    now: Mutex<Option<WindowPlace>>,
}

impl Place {
    /// Puts a window that is not shown yet where it was last; `least`: its smallest size in physical pixels.
    pub(crate) fn restore(folders: &Folders, window: &WebviewWindow, least: (u32, u32)) -> Self {
        let screens: Vec<Area> = window.available_monitors().unwrap_or_default().iter().map(whole).collect();
        let kept = WindowPlace::read(folders).and_then(|kept| kept.on(&screens, least));
        if let Some(kept) = kept {
            let area = kept.area;
            // As far as the window system lets it: Wayland places windows by itself.
            let mut done = vec![
                window.set_size(PhysicalSize::new(area.width, area.height)),
                window.set_position(PhysicalPosition::new(area.x, area.y)),
            ];
            if kept.maximized {
                done.push(window.maximize());
            }
            for error in done.into_iter().filter_map(Result::err) {
                log::warn!("the window is not where it was: {error}");
            }
        }
        Self { folders: folders.clone(), now: Mutex::new(kept) }
    }

    /// The window was moved or has another size.
    pub(crate) fn follow(&self, window: &Window) {
        let Some((area, maximized)) = seen(window) else { return };
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        *now = match (area, *now) {
            (Some(area), _) => Some(WindowPlace { area, maximized }),
            // It fills the screen: the place to which it goes back stays.
            (None, Some(before)) => Some(WindowPlace { maximized, ..before }),
            (None, None) => None,
        };
    }

    /// Keeps it for the next start. Blocking.
    pub(crate) fn keep(&self) {
        let now = *self.now.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(Err(error)) = now.map(|now| now.write(&self.folders)) {
            log::warn!("the window's place is not kept: {error}");
        }
    }
}

/// Where the window is (`None` while it fills the screen), and whether it does; `None` when that says nothing.
fn seen(window: &Window) -> Option<(Option<Area>, bool)> {
    if window.is_minimized().ok()? || window.is_fullscreen().ok()? || !window.is_visible().ok()? {
        return None;
    }
    if window.is_maximized().ok()? {
        return Some((None, true));
    }
    let (position, size) = (window.outer_position().ok()?, window.inner_size().ok()?);
    let area = Area { x: position.x, y: position.y, width: size.width, height: size.height };
    // On the way to filling the screen some systems tell the size first.
    let room = window.current_monitor().ok()?.map(|monitor| monitor.work_area().size);
    let fills = room.is_some_and(|room| area.width >= room.width && area.height >= room.height);
    (!fills).then_some((Some(area), false))
}

fn whole(monitor: &Monitor) -> Area {
    let (position, size) = (monitor.position(), monitor.size());
    Area { x: position.x, y: position.y, width: size.width, height: size.height }
}
