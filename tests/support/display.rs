//! A screen of its own for a window under test: Xvfb on a display number that it finds free by itself.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

use super::process::{Group, wait_for};

/// Left edge, upper edge, width, height.
pub type Place = (i32, i32, i32, i32);

/// More than the frame of a window takes on any side, twice: some window managers count it once more.
const FRAME: i32 = 80;

pub struct Display {
    name: String,
    // Dropped in this order: the window manager before the screen that it stands on.
    manager: Option<Group>,
    screen: Group,
}

impl Display {
    pub fn start() -> Self {
        // It prints the number once it takes connections.
        let mut command = Command::new("Xvfb");
        command.args(["-displayfd", "1", "-screen", "0", "1280x900x24", "-nolisten", "tcp", "-noreset"]);
        let mut screen = Group::start(command.stdout(Stdio::piped()).stderr(Stdio::null()));
        let number = screen.first_line();
        assert!(number.parse::<u32>().is_ok(), "Xvfb found no free display: {number:?}");
        Self { name: format!(":{number}"), manager: None, screen }
    }

    /// As `DISPLAY` takes it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Starts a window manager: without one nothing is minimised, and no window has the focus.
    pub fn manage(&mut self, home: &super::home::Home) {
        let mut command = home.command("/usr/bin/openbox");
        command.env("DISPLAY", &self.name).stdout(Stdio::null()).stderr(Stdio::null());
        self.manager = Some(Group::start(&mut command));
    }

    /// Presses keys as the keyboard would; whoever has the focus gets them (names as xdotool takes them).
    pub fn press(&self, keys: &str) {
        let pressed = Command::new("xdotool")
            .env("DISPLAY", &self.name)
            .args(["key", keys])
            .status()
            .is_ok_and(|done| done.success());
        assert!(pressed, "no key {keys} on display {}", self.name);
    }

    /// Asks Pincer's window to close, as the window manager does for its frame's button. (A key pressed for it was lost
    /// now and then on a busy machine.)
    pub fn close_window(&self) {
        let id = wait_for("a window of Pincer", || {
            let found = self.ask(&["search", "--onlyvisible", "--name", "^Pincer"])?;
            found.lines().next().map(str::to_owned)
        });
        let asked = Command::new("wmctrl")
            .env("DISPLAY", &self.name)
            .args(["-i", "-c", &id])
            .status()
            .is_ok_and(|done| done.success());
        assert!(asked, "window {id} on display {} was not asked to close", self.name);
    }

    /// The process of a program that was started to show itself here.
    pub fn shows(&self, program: &Path) -> Option<u32> {
        let here = format!("DISPLAY={}", self.name);
        fs::read_dir("/proc").ok()?.find_map(|entry| {
            let entry = entry.ok()?;
            let id = entry.file_name().to_str()?.parse().ok()?;
            let runs = fs::read_link(entry.path().join("exe")).ok()?;
            let environment = fs::read(entry.path().join("environ")).ok()?;
            let mut variables = environment.split(|byte| *byte == 0);
            (runs == program && variables.any(|variable| variable == here.as_bytes())).then_some(id)
        })
    }

    /// Ids of the windows of that title that are to be seen.
    pub fn windows(&self, title: &str) -> Vec<String> {
        // It is taken as a pattern.
        let title = title.replace('(', "\\(").replace(')', "\\)");
        let found = self.ask(&["search", "--onlyvisible", "--name", &format!("^{title}$")]);
        found.unwrap_or_default().lines().map(str::to_owned).collect()
    }

    /// Waits until the window of that title has the keyboard.
    pub fn shows_active(&self, title: &str) {
        wait_for(&format!("{title} is in front"), || (self.active()? == title).then_some(()));
    }

    /// Waits until no window has the keyboard.
    pub fn shows_no_active(&self) {
        wait_for("no window is in front", || self.active().is_none().then_some(()));
    }

    fn active(&self) -> Option<String> {
        self.ask(&["getactivewindow", "getwindowname"])
    }

    /// Minimises the window of that title.
    pub fn minimize(&self, title: &str) {
        let id = self.window(title);
        assert!(self.ask(&["windowminimize", &id]).is_some(), "{title} is not minimised");
    }

    /// Moves the window of that title about there and gives it exactly that size; where it is then, as left edge,
    /// upper edge, width and height of what is within its frame.
    pub fn put(&self, title: &str, (x, y, width, height): Place) -> Place {
        let id = self.window(title);
        let (x, y, width, height) = (x.to_string(), y.to_string(), width.to_string(), height.to_string());
        assert!(self.ask(&["windowsize", &id, &width, &height]).is_some(), "{title} keeps its size");
        assert!(self.ask(&["windowmove", &id, &x, &y]).is_some(), "{title} stays where it is");
        let near =
            |now: i32, asked: &str| asked.parse::<i32>().is_ok_and(|asked| (now - asked).abs() < FRAME);
        wait_for(&format!("{title} is at its new place"), || {
            let now = self.place(title);
            let there = near(now.0, &x) && near(now.1, &y);
            (there && now.2.to_string() == width && now.3.to_string() == height).then_some(now)
        })
    }

    /// Waits until the window of that title is exactly there.
    pub fn is_at(&self, title: &str, wanted: Place) {
        let mut last = None;
        wait_for(&format!("{title} is at {wanted:?}, not at {last:?}"), || {
            last = Some(self.place(title));
            (last == Some(wanted)).then_some(())
        });
    }

    /// Left edge, upper edge, width and height of the window of that title, without its frame.
    pub fn place(&self, title: &str) -> Place {
        let said = self.ask(&["getwindowgeometry", "--shell", &self.window(title)]).unwrap_or_default();
        let number = |name: &str| {
            let line = said.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
            line.and_then(|value| value.parse().ok()).unwrap_or_else(|| panic!("no {name} in {said:?}"))
        };
        (number("X"), number("Y"), number("WIDTH"), number("HEIGHT"))
    }

    /// Gives Pincer's window a size, in pixels, and waits until it has it.
    pub fn resize(&self, width: u32, height: u32) {
        let (id, width, height) = (self.window("Pincer"), width.to_string(), height.to_string());
        let done = self.ask(&["windowsize", "--sync", &id, &width, &height]);
        assert!(done.is_some(), "no window of {width} x {height} on display {}", self.name);
    }

    /// A picture of what is in Pincer's window, its frame aside. The same pixels make the same bytes.
    pub fn picture_of_window(&self, file: &Path) {
        let taken = Command::new("import")
            .args(["-display", &self.name, "-window", &self.window("Pincer"), "-strip"])
            .args(["-define", "png:exclude-chunks=date,time"])
            .arg(file)
            .status()
            .is_ok_and(|status| status.success());
        assert!(taken, "no picture of the window on display {}", self.name);
    }

    fn window(&self, title: &str) -> String {
        wait_for(&format!("a window {title}"), || self.windows(title).into_iter().next())
    }

    /// What xdotool answers; `None` when it could not do it.
    fn ask(&self, arguments: &[&str]) -> Option<String> {
        let mut command = Command::new("xdotool");
        let done = command.env("DISPLAY", &self.name).args(arguments).output().ok()?;
        let said = String::from_utf8(done.stdout).ok()?.trim().to_owned();
        done.status.success().then_some(said)
    }

    /// A picture of the whole screen (the driver's own screenshots hang).
    pub fn picture(&self, file: &Path) {
        let taken = Command::new("import")
            .args(["-display", &self.name, "-window", "root"])
            .arg(file)
            .status()
            .is_ok_and(|status| status.success());
        assert!(taken, "no picture of display {}", self.name);
    }
}
