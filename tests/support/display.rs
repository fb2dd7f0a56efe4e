//! A screen of its own for a window under test: Xvfb on a display number that it finds free by itself.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

use super::process::Group;

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
