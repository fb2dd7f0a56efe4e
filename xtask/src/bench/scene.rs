//! Where a window is measured: a stage, a screen, a D-Bus session and, where it is asked for, a window manager.

use std::{
    env, fs,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use super::{
    screen::Screen,
    stage::{self, Stage},
    tree::Tree,
};
use crate::{failure::Failure, shell};

pub(super) struct Scene {
    stage: Stage,
    screen: Screen,
    bus: Child,
    bus_address: String,
    manager: Option<Child>,
}

impl Drop for Scene {
    fn drop(&mut self) {
        for child in self.manager.iter_mut().chain([&mut self.bus]) {
            // Only fails when it has ended by itself already.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Scene {
    /// On a stage that is set up, so that the window has everything to show.
    ///
    /// # Errors
    /// When something of it does not start.
    pub(super) fn open(stage: Stage) -> Result<Self, Failure> {
        stage.set_up()?;
        for name in ["run", ".config", ".cache"] {
            let folder = stage.path(name);
            fs::create_dir_all(&folder).map_err(Failure::file(&folder))?;
        }
        // A machine may have a real Ollama as a service, or an OpenClaw in a container: nobody looks at it.
        for name in ["systemctl", "journalctl", "docker", "podman"] {
            script(&stage.path("bin").join(name), "exit 1")?;
        }
        let screen = Screen::start()?;
        let mut bus = stage
            .program(Path::new("dbus-daemon"))
            .args(["--session", "--nofork", "--print-address=1"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|source| Failure::Start { program: "dbus-daemon".into(), source })?;
        let bus_address = stage::first_line(&mut bus).trim().to_owned();
        Ok(Self { stage, screen, bus, bus_address, manager: None })
    }

    pub(super) const fn stage(&self) -> &Stage {
        &self.stage
    }

    pub(super) const fn screen(&self) -> &Screen {
        &self.screen
    }

    /// Starts a window manager: without one nothing is minimised.
    ///
    /// # Errors
    /// When there is none.
    pub(super) fn manage(&mut self) -> Result<(), Failure> {
        let mut manager = self.command(Path::new("openbox"));
        let started = manager.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        self.manager = Some(started.map_err(|source| Failure::Start { program: "openbox".into(), source })?);
        Ok(())
    }

    /// A program on this screen.
    pub(super) fn command(&self, program: &Path) -> Command {
        let mut command = self.stage.program(program);
        command
            .env("DISPLAY", self.screen.name())
            .env("DBUS_SESSION_BUS_ADDRESS", &self.bus_address)
            .env("XDG_RUNTIME_DIR", self.stage.path("run"))
            .env("GDK_BACKEND", "x11")
            .env("NO_AT_BRIDGE", "1")
            // There is no graphics card behind Xvfb.
            .env("WEBKIT_DISABLE_DMABUF_RENDERER", "1")
            .env("LIBGL_ALWAYS_SOFTWARE", "1");
        command
    }

    /// Opens a window and waits until its picture stands still; how long it took to the first useful one.
    ///
    /// # Errors
    /// When it does not come to that.
    pub(super) fn show(&self, program: &Path) -> Result<Shown, Failure> {
        let empty = self.screen.picture()?;
        let begun = Instant::now();
        let child = self
            .command(program)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|source| Failure::Start { program: program.display().to_string(), source })?;
        let mut shown = Shown { child, useful: Duration::ZERO };
        shown.useful = self.screen.settles(begun, &empty)?;
        Ok(shown)
    }

    /// Minimises the window of a title, and gives whether none of it is to be seen then.
    ///
    /// # Errors
    /// When there is no such window, or no way to ask.
    pub(super) fn minimise(&self, title: &str) -> Result<(), Failure> {
        let xdotool = |args: &[&str]| {
            let mut command = shell::command("xdotool", args);
            shell::answer(command.env("DISPLAY", self.screen.name()))
        };
        let found = xdotool(&["search", "--onlyvisible", "--name", &format!("^{title}$")])?;
        let id = found.lines().next().unwrap_or_default().to_owned();
        xdotool(&["windowminimize", "--sync", &id]).map(drop)
    }
}

/// A window that is open until this is dropped.
pub(super) struct Shown {
    child: Child,
    pub(super) useful: Duration,
}

impl Shown {
    pub(super) fn tree(&self) -> Tree {
        Tree::of(self.child.id())
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        self.tree().end();
        // Only fails when it has ended by itself already.
        let _ = self.child.wait();
    }
}

fn script(place: &Path, line: &str) -> Result<(), Failure> {
    fs::write(place, format!("#!/bin/sh\n{line}\n")).map_err(Failure::file(place))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(place, fs::Permissions::from_mode(0o755)).map_err(Failure::file(place))?;
    }
    Ok(())
}

/// Why no window can be measured here; `None` when it can.
pub(super) fn lacks() -> Option<String> {
    if env::consts::OS != "linux" {
        return Some("windows are measured on Linux alone so far".into());
    }
    let programs = ["Xvfb", "dbus-daemon", "openbox", "xdotool", "WebKitWebDriver"];
    let missing: Vec<&str> = programs.into_iter().filter(|name| !is_on_path(name)).collect();
    (!missing.is_empty())
        .then(|| format!("not here: {} (`cargo xtask test` installs what it can)", missing.join(", ")))
}

fn is_on_path(name: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|folder| folder.join(name).is_file())
}
