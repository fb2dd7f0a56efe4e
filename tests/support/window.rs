//! Pincer's real window, driven through WebKit's WebDriver on a screen and a D-Bus session of its own.
//! Elements are found as a person or a screen reader finds them: by role and name, by the words on the page.

use std::{
    fs::{self, File},
    net::TcpStream,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use fantoccini::{
    Client, ClientBuilder, Locator,
    actions::{InputSource, MouseActions, PointerAction},
    elements::Element,
    wd::Capabilities,
};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::json;

use super::{
    display::Display,
    home::Home,
    ollama::free_address,
    process::{Group, LIMIT, signal, wait_for},
    programs,
    words::Words,
};

/// Between two looks at the page.
pub(super) const LOOK: Duration = Duration::from_millis(50);

/// So long may a page take to say what it shows, when something failed.
const ANSWER: Duration = Duration::from_secs(10);

pub struct Window {
    client: Client,
    // Dropped in this order: the driver and Pincer with it, then the screen.
    driver: Group,
    display: Display,
    name: &'static str,
    program: PathBuf,
    log: PathBuf,
}

impl Window {
    /// Opens Pincer in a home; `environment` comes on top of the home's. `name` is for pictures of failures.
    pub async fn open(name: &'static str, home: &Home, environment: &[(&str, &str)]) -> Self {
        Self::start(name, programs::pincer(), home, &[], environment).await
    }

    /// The same, with arguments.
    pub async fn open_with(
        name: &'static str,
        home: &Home,
        arguments: &[&str],
        environment: &[(&str, &str)],
    ) -> Self {
        Self::start(name, programs::pincer(), home, arguments, environment).await
    }

    /// The same with another build of Pincer.
    pub async fn open_program(
        name: &'static str,
        program: PathBuf,
        home: &Home,
        environment: &[(&str, &str)],
    ) -> Self {
        Self::start(name, program, home, &[], environment).await
    }

    async fn start(
        name: &'static str,
        program: PathBuf,
        home: &Home,
        arguments: &[&str],
        environment: &[(&str, &str)],
    ) -> Self {
        let mut display = Display::start();
        display.manage(home);
        let address = free_address();
        let mut command = home.command("/usr/bin/dbus-run-session");
        command
            .args(["--", "WebKitWebDriver", "--host=127.0.0.1"])
            .arg(format!("--port={}", address.port()))
            .env("DISPLAY", display.name())
            .env("GDK_BACKEND", "x11")
            .env("NO_AT_BRIDGE", "1")
            .env("TAURI_AUTOMATION", "true")
            .env("TAURI_WEBVIEW_AUTOMATION", "true")
            .env("WEBKIT_DISABLE_DMABUF_RENDERER", "1")
            .env("LIBGL_ALWAYS_SOFTWARE", "1")
            .envs(environment.iter().copied())
            .stdout(Stdio::null())
            .stderr(File::create(home.path().join("window.log")).unwrap());
        let mut driver = Group::start(&mut command);
        wait_for("WebKitWebDriver listens", || {
            assert!(!driver.has_ended(), "WebKitWebDriver ended by itself");
            TcpStream::connect_timeout(&address, LIMIT).ok()
        });

        let mut capabilities = Capabilities::new();
        capabilities
            .insert("webkitgtk:browserOptions".into(), json!({ "binary": program, "args": arguments }));
        let client = tokio::time::timeout(
            LIMIT,
            ClientBuilder::new(HttpConnector::new())
                .capabilities(capabilities)
                .connect(&format!("http://{address}")),
        )
        .await
        .expect("the window opens within the limit")
        .expect("the window opens");
        Self { client, driver, display, name, program, log: home.path().join("window.log") }
    }

    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Waits until an element is there and displayed.
    ///
    /// # Panics
    /// When it does not come: with the page's text, and a picture of the screen in a file.
    pub async fn find(&self, what: &str, path: &str) -> Element {
        self.find_within(LIMIT, what, path).await
    }

    /// The same, with more patience.
    pub async fn find_within(&self, limit: Duration, what: &str, path: &str) -> Element {
        let found = async {
            loop {
                if let Some(element) = self.displayed(path).await {
                    return element;
                }
                tokio::time::sleep(LOOK).await;
            }
        };
        match tokio::time::timeout(limit, found).await {
            Ok(element) => element,
            Err(_) => self.give_up(&format!("{what} does not come")).await,
        }
    }

    /// The first element of a path that is displayed just now. One that the page takes away meanwhile is not.
    async fn displayed(&self, path: &str) -> Option<Element> {
        for element in self.client.find_all(Locator::XPath(path)).await.unwrap_or_default() {
            if element.is_displayed().await.unwrap_or(false) {
                return Some(element);
            }
        }
        None
    }

    /// Waits for the page's title.
    pub async fn is_titled(&self, title: &str) {
        let titled = async {
            while self.client.title().await.is_ok_and(|now| now != title) {
                tokio::time::sleep(LOOK).await;
            }
        };
        if tokio::time::timeout(LIMIT, titled).await.is_err() {
            self.give_up(&format!("the title is not \"{title}\"")).await;
        }
    }

    /// Waits for words on the page, wherever they stand.
    pub async fn sees(&self, words: &str) -> Element {
        self.find(&format!("\"{words}\""), &saying("//body", words)).await
    }

    /// Waits for words within the element of a path.
    pub async fn sees_in(&self, within: &str, words: &str) -> Element {
        self.find(&format!("\"{words}\" in {within}"), &saying(within, words)).await
    }

    /// Waits for words that a screen reader says by itself, whether or not they are to be seen.
    pub async fn announces(&self, words: &str) {
        let path = format!("//*[@role='status'][contains(normalize-space(.), {})]", literal(words));
        let said = async {
            while self.client.find_all(Locator::XPath(&path)).await.is_ok_and(|found| found.is_empty()) {
                tokio::time::sleep(LOOK).await;
            }
        };
        if tokio::time::timeout(LIMIT, said).await.is_err() {
            self.give_up(&format!("\"{words}\" is not announced")).await;
        }
    }

    /// Waits for an enabled button of that name and presses it.
    pub async fn press(&self, name: &str) {
        self.click(&format!("the button \"{name}\""), &button(name)).await;
    }

    /// Presses a button that closes the window: there is nobody left to say that it was pressed.
    pub async fn press_last(&self, name: &str) {
        let _ = self.find(&format!("the button \"{name}\""), &button(name)).await.click().await;
    }

    /// Waits for a link of that name and follows it.
    pub async fn follow(&self, name: &str) {
        self.click(&format!("the link \"{name}\""), &format!("//a[@href]{}", named(name))).await;
    }

    /// Waits for a radio button or tick box of that name and chooses it.
    pub async fn choose(&self, name: &str) {
        let label = literal(name);
        let path = format!(
            "//label[starts-with(normalize-space(.), {label})]//input | //input[@aria-label={label}]"
        );
        self.click(&format!("the choice \"{name}\""), &path).await;
    }

    /// Waits for what is folded under that name and unfolds it.
    pub async fn unfold(&self, name: &str) {
        self.click(&format!("the fold \"{name}\""), &format!("//details[not(@open)]/summary{}", named(name)))
            .await;
    }

    /// Waits until nothing of a path is displayed.
    pub async fn is_gone(&self, what: &str, path: &str) {
        let gone = async {
            while self.displayed(path).await.is_some() {
                tokio::time::sleep(LOOK).await;
            }
        };
        if tokio::time::timeout(LIMIT, gone).await.is_err() {
            self.give_up(&format!("{what} does not go away")).await;
        }
    }

    async fn click(&self, what: &str, path: &str) {
        if let Err(error) = self.find(what, path).await.click().await {
            self.give_up(&format!("{what} cannot be pressed ({error:?})")).await;
        }
    }

    /// Everything that the page says.
    pub async fn text(&self) -> String {
        match self.client.find(Locator::Css("body")).await {
            Ok(body) => body.text().await.unwrap_or_default(),
            Err(error) => format!("(no page: {error})"),
        }
    }

    /// A picture of the screen, kept with the build.
    pub fn picture(&self, what: &str) -> PathBuf {
        let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-{what}.png", self.name));
        self.display.picture(&file);
        file
    }

    /// The screen that it is on.
    pub fn display(&self) -> &Display {
        &self.display
    }

    /// The variable of the running program's environment.
    pub fn variable(&self, name: &str) -> String {
        let id = self.display.shows(&programs::pincer()).expect("the window is open");
        let environment = fs::read(format!("/proc/{id}/environ")).unwrap();
        let mut variables = environment.split(|byte| *byte == 0).map(String::from_utf8_lossy);
        let value = variables.find_map(|one| one.strip_prefix(name)?.strip_prefix('=').map(str::to_owned));
        value.unwrap_or_else(|| panic!("{name} is not set"))
    }

    /// Presses a button although nobody sees it: the window is minimised.
    pub async fn press_hidden(&self, name: &str) {
        const PRESS: &str = "
            const named = (one) => one.getAttribute('aria-label') ?? one.textContent.trim();
            [...document.querySelectorAll('button')].find((one) => named(one) === arguments[0]).click();";
        if let Err(error) = self.client.execute(PRESS, vec![name.into()]).await {
            self.give_up(&format!("the hidden button \"{name}\" cannot be pressed ({error})")).await;
        }
    }

    /// Moves the pointer into the page's corner, where there is nothing to point at: a click leaves it where it was.
    pub async fn point_nowhere(&self) {
        let away = MouseActions::new("mouse".to_owned()).then(PointerAction::MoveTo {
            duration: None,
            x: 0.0,
            y: 0.0,
        });
        if let Err(error) = self.client.perform_actions(away).await {
            self.give_up(&format!("the pointer cannot be moved ({error})")).await;
        }
    }

    /// Gives the window's page a size, in pixels.
    pub fn resize(&self, width: u32, height: u32) {
        self.display.resize(width, height);
    }

    /// A picture of the page alone, once two looks at it in a row are the same.
    pub async fn still(&self, file: &Path) {
        let still = async {
            let mut before = Vec::new();
            loop {
                self.display.picture_of_window(file);
                let now = fs::read(file).unwrap();
                if now == before {
                    return;
                }
                before = now;
                tokio::time::sleep(LOOK).await;
            }
        };
        if tokio::time::timeout(LIMIT, still).await.is_err() {
            self.give_up("the page never stands still").await;
        }
    }

    /// Asks the window to close, as its frame's button and Alt+F4 do.
    pub fn ask_to_close(&self) {
        self.display.close_window();
    }

    /// Ends the program from outside, as a session does that ends.
    pub fn ends_by(&self, name: &str) {
        let id = self.display.shows(&programs::pincer()).expect("the window is open");
        signal(name, &id.to_string());
    }

    /// Waits until the program with the window has ended.
    pub async fn is_closed(&self) {
        let closed = async {
            while self.display.shows(&self.program).is_some() {
                tokio::time::sleep(LOOK).await;
            }
        };
        if tokio::time::timeout(LIMIT, closed).await.is_err() {
            self.give_up("the window does not close").await;
        }
    }

    pub(super) async fn give_up(&self, why: &str) -> ! {
        // A window that hangs does not answer that either.
        let text = tokio::time::timeout(ANSWER, self.text()).await;
        let text = text.unwrap_or_else(|_| "(the page does not answer)".into());
        let file = self.picture("failed");
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        panic!("{why}\nThe page says:\n{text}\nThe window's log:\n{log}\nPicture: {}", file.display());
    }
}

/// `XPath` of a button that can be pressed, by its name.
pub fn button(name: &str) -> String {
    format!(
        "//*[self::button or @role='button'][not(@disabled) and not(@aria-disabled='true')]{}",
        named(name)
    )
}

/// `XPath` condition: its label is that, or its words when it has no label.
fn named(name: &str) -> String {
    let name = literal(name);
    format!("[@aria-label={name} or (not(@aria-label) and normalize-space(.)={name})]")
}

/// `XPath` of the innermost elements within a path that say words.
fn saying(within: &str, words: &str) -> String {
    let said = literal(words);
    format!(
        "{within}//*[contains(normalize-space(.), {said}) and not(*[contains(normalize-space(.), {said})])]"
    )
}

/// `XPath` of a model's card within its group.
pub fn card(words: &Words, group: &str, model: &str) -> String {
    let title = literal(&words.say(&format!("group.{group}.title"), &[]));
    let model = literal(model);
    format!(
        "//section[.//h2[starts-with(normalize-space(.), {title})]]//article[.//h3[normalize-space(.)={model}]]"
    )
}

/// A string in `XPath`, which has no escapes.
pub fn literal(words: &str) -> String {
    if !words.contains('\'') {
        return format!("'{words}'");
    }
    let parts: Vec<String> = words.split('\'').map(|part| format!("'{part}'")).collect();
    format!("concat({})", parts.join(", \"'\", "))
}
