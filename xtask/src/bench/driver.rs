//! Pincer's window with WebKit's WebDriver in front of it, which calls what the page calls.

use std::{
    net::{SocketAddr, TcpListener, TcpStream},
    path::Path,
    process::{Child, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use super::{http, scene::Scene, tree::Tree};
use crate::failure::Failure;

/// The driver answers within it.
const START: Duration = Duration::from_secs(20);
const WHOSE: &str = "the answer of WebKitWebDriver";

pub(super) struct Driver {
    driver: Child,
    address: SocketAddr,
    session: String,
    window: Tree,
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.window.end();
        Tree::of(self.driver.id()).end();
        // Only fails when it has ended by itself already.
        let _ = self.driver.wait();
    }
}

impl Driver {
    /// Opens the window.
    ///
    /// # Errors
    /// When the driver or the window does not start.
    pub(super) fn open(scene: &Scene, program: &Path) -> Result<Self, Failure> {
        let nowhere = SocketAddr::from(([127, 0, 0, 1], 0));
        let free = TcpListener::bind(nowhere).and_then(|listener| listener.local_addr());
        let address = free.map_err(Failure::unreadable("a free port"))?;
        let mut command = scene.command(Path::new("WebKitWebDriver"));
        command.args(["--host=127.0.0.1", &format!("--port={}", address.port())]);
        let driver = command
            .env("TAURI_AUTOMATION", "true")
            .env("TAURI_WEBVIEW_AUTOMATION", "true")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|source| Failure::Start { program: "WebKitWebDriver".into(), source })?;
        let mut opened = Self { window: Tree::of(driver.id()), driver, address, session: String::new() };
        let begun = Instant::now();
        while TcpStream::connect_timeout(&address, START).is_err() {
            if begun.elapsed() > START {
                return Err(Failure::Needs("WebKitWebDriver does not listen.".into()));
            }
            thread::sleep(Duration::from_millis(20));
        }
        let wish =
            json!({ "alwaysMatch": { "webkitgtk:browserOptions": { "binary": program, "args": [] } } });
        let answer = http::ask(address, "POST", "/session", &json!({ "capabilities": wish }), WHOSE)?;
        let session = answer.pointer("/value/sessionId").and_then(Value::as_str);
        opened.session = session.unwrap_or_default().to_owned();
        opened.window = Tree::below(opened.driver.id(), program)
            .ok_or_else(|| Failure::Needs("WebKitWebDriver opened no window.".into()))?;
        // A page that waits for a look gets the time for it.
        opened.ask("timeouts", &json!({ "script": 15_000 }))?;
        Ok(opened)
    }

    /// The window's processes, without the driver.
    pub(super) const fn window(&self) -> &Tree {
        &self.window
    }

    fn ask(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        http::ask(self.address, "POST", &format!("/session/{}/{path}", self.session), body, WHOSE)
    }

    /// Shows a screen of Pincer's.
    ///
    /// # Errors
    /// When the page does not.
    pub(super) fn go(&self, screen: &str) -> Result<(), Failure> {
        let script = json!({ "script": "location.hash = arguments[0]", "args": [screen] });
        self.ask("execute/sync", &script).map(drop)
    }

    /// Calls a command of the window's so many times, one after the other, and waits for the end of the last.
    ///
    /// # Errors
    /// When one fails.
    pub(super) fn call(&self, command: &str, words: &Value, times: u32) -> Result<(), Failure> {
        // All in one script: what the driver itself keeps of each is not Pincer's.
        let script = "const [command, words, times, done] = arguments;\
            (async () => { for (let time = 0; time < times; time++) await window.__TAURI_INTERNALS__.invoke(command, words); })()\
            .then(() => done(null), (error) => done(JSON.stringify(error)))";
        let script = json!({ "script": script, "args": [command, words, times] });
        let answer = self.ask("execute/async", &script)?;
        match answer.get("value") {
            Some(Value::Null) => Ok(()),
            other => Err(Failure::Unreadable {
                what: format!("the window's answer to {command}"),
                detail: other.map(Value::to_string).unwrap_or_default(),
            }),
        }
    }
}
