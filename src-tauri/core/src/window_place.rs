//! Where the window was and how large, kept from one start to the next; the window says it and asks for it.
//! What cannot be read or lies outside all screens is as if it had never been kept.

use serde::{Deserialize, Serialize};

use crate::{
    error::Error,
    folders::Folders,
    openclaw::{atomic, settings::read_bounded},
};

/// As much of the window's upper edge as a hand needs to move it, in pixels.
const GRIP: (i64, i64) = (96, 24);

/// A rectangle of the desktop in physical pixels; (0, 0) is the upper left corner of the main screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Area {
    /// Left edge.
    pub x: i32,
    /// Upper edge.
    pub y: i32,
    /// Width.
    pub width: u32,
    /// Height.
    pub height: u32,
}

/// The window's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct WindowPlace {
    /// Where it is when it does not fill the screen.
    #[serde(flatten)]
    pub area: Area,
    /// It fills the screen.
    pub maximized: bool,
}

impl WindowPlace {
    /// Reads it. Blocking.
    #[must_use]
    pub fn read(folders: &Folders) -> Option<Self> {
        serde_json::from_slice(&read_bounded(&folders.window_place()).ok()??).ok()
    }

    /// Keeps it, atomically. Blocking.
    ///
    /// # Errors
    /// `file.failed`.
    pub fn write(&self, folders: &Folders) -> Result<(), Error> {
        let path = folders.window_place();
        folders.create()?;
        let text =
            serde_json::to_vec(self).map_err(|error| Error::file(&path, &std::io::Error::other(error)))?;
        atomic::write_own(&path, &text)
    }

    /// The place on these screens: no larger than the screen it is on, no smaller than `least` (width, height).
    /// `None` when no hand could reach its upper edge: a screen was taken away.
    #[must_use]
    pub fn on(&self, screens: &[Area], least: (u32, u32)) -> Option<Self> {
        let screen = screens.iter().max_by_key(|screen| {
            let (wide, high) = shared(&self.area, screen);
            wide * high
        })?;
        let edge = Area { height: u32::try_from(GRIP.1).unwrap_or_default(), ..self.area };
        let (wide, high) = shared(&edge, screen);
        if wide < GRIP.0 || high < GRIP.1 {
            return None;
        }
        let area = Area {
            width: self.area.width.min(screen.width).max(least.0),
            height: self.area.height.min(screen.height).max(least.1),
            ..self.area
        };
        Some(Self { area, ..*self })
    }
}

/// Width and height that two areas have in common.
fn shared(one: &Area, other: &Area) -> (i64, i64) {
    let along = |a: i32, a_length: u32, b: i32, b_length: u32| {
        let end = (i64::from(a) + i64::from(a_length)).min(i64::from(b) + i64::from(b_length));
        (end - i64::from(a).max(i64::from(b))).max(0)
    };
    (along(one.x, one.width, other.x, other.width), along(one.y, one.height, other.y, other.height))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAIN: Area = Area { x: 0, y: 0, width: 1920, height: 1080 };
    const LEFT: Area = Area { x: -1280, y: 0, width: 1280, height: 1024 };
    const LEAST: (u32, u32) = (320, 400);

    fn placed(x: i32, y: i32, width: u32, height: u32, screens: &[Area]) -> Option<(i32, i32, u32, u32)> {
        let kept = WindowPlace { area: Area { x, y, width, height }, maximized: false };
        kept.on(screens, LEAST).map(|at| (at.area.x, at.area.y, at.area.width, at.area.height))
    }

    #[test]
    fn it_comes_back_where_a_hand_can_reach_it() {
        let both = [MAIN, LEFT];
        assert_eq!(placed(100, 80, 1000, 700, &both), Some((100, 80, 1000, 700)));
        assert_eq!(placed(-1200, 80, 1000, 700, &both), Some((-1200, 80, 1000, 700)));
        assert_eq!(placed(-1200, 80, 1000, 700, &[MAIN]), None, "that screen is gone");
        assert_eq!(placed(1820, 80, 1000, 700, &both), Some((1820, 80, 1000, 700)), "a grip is left");
        assert_eq!(placed(1830, 80, 1000, 700, &both), None, "too little of it");
        assert_eq!(placed(100, 1070, 1000, 700, &both), None, "below");
        assert_eq!(placed(100, -40, 1000, 700, &both), None, "its upper edge is above");
        assert_eq!(placed(100, 80, 1000, 700, &[]), None, "nobody knows the screens");
    }

    #[test]
    fn its_size_fits_the_screen_and_has_room_for_the_page() {
        assert_eq!(placed(0, 0, 4000, 3000, &[MAIN]), Some((0, 0, 1920, 1080)));
        assert_eq!(placed(0, 0, 100, 0, &[MAIN]), Some((0, 0, 320, 400)));
        assert_eq!(placed(i32::MAX, i32::MIN, u32::MAX, u32::MAX, &[MAIN]), None, "no overflow");
    }

    #[test]
    fn what_was_kept_is_read_and_nonsense_is_nothing() {
        let root = tempfile::tempdir().unwrap();
        let folders = Folders { data: root.path().join("data") };
        assert_eq!(WindowPlace::read(&folders), None);
        let kept = WindowPlace { area: LEFT, maximized: true };
        kept.write(&folders).unwrap();
        assert_eq!(WindowPlace::read(&folders), Some(kept));
        for nonsense in ["", "{}", "[1]", r#"{"x":0,"y":0,"width":-3,"height":4,"maximized":false}"#] {
            std::fs::write(folders.window_place(), nonsense).unwrap();
            assert_eq!(WindowPlace::read(&folders), None, "{nonsense}");
        }
    }
}
