//! The page in the real window, as if someone else's script ran in it: it reaches neither the network nor a command that
//! it does not need. What SECURITY.md says of the page is asserted here.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what broke by panicking"
)]
#![cfg(target_os = "linux")]

mod support;

use std::{
    collections::BTreeSet,
    fs,
    io::{BufRead, BufReader, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::Duration,
};

use serde_json::{Value, json};
use support::{home::Home, ollama::Ollama, window::Window, words::Words};

/// A server on this computer that answers everyone, and notes what it was asked by whom.
struct Listener {
    address: SocketAddr,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Listener {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&heard);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let noted = Arc::clone(&noted);
                thread::spawn(move || note(stream, &noted));
            }
        });
        Self { address, heard }
    }

    fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// One line a connection: the request and who sent it, or that it was opened and nothing came.
fn note(mut stream: TcpStream, noted: &Mutex<Vec<String>>) {
    let place = {
        let mut noted = noted.lock().unwrap_or_else(PoisonError::into_inner);
        noted.push("a connection".to_owned());
        noted.len() - 1
    };
    let _ = stream.set_read_timeout(Some(Duration::from_secs(5)));
    let Ok(reading) = stream.try_clone() else { return };
    let lines: Vec<String> =
        BufReader::new(reading).lines().map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
    let agent = lines.iter().find(|line| line.to_lowercase().starts_with("user-agent:"));
    let said =
        format!("{} by {}", lines.first().map_or("nothing", |line| line), agent.map_or("", |line| line));
    noted.lock().unwrap_or_else(PoisonError::into_inner)[place] = said;
    let body = r#"{"version":"0.32.0","models":[]}"#;
    let length = body.len();
    let _ = write!(
        stream,
        "HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: *\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    );
}

/// Runs a script in the page that calls its last argument with what it found.
async fn in_page(window: &Window, script: &str, arguments: Vec<Value>) -> Value {
    match window.client().execute_async(script, arguments).await {
        Ok(found) => found,
        Err(error) => panic!("the page did not answer: {error}"),
    }
}

/// Every way by which a script loads or sends something, each to a path of its own. A way counts as stopped when the
/// page's policy says so by its event, which names the path.
const WAYS: &str = r#"
    const [host, done] = arguments;
    const at = (name) => `http://${host}/${name}`;
    const element = (tag, properties) => {
        const made = document.createElement(tag);
        Object.assign(made, properties);
        document.body.append(made);
        return made;
    };
    const ways = {
        fetch: () => fetch(at('fetch')).catch(() => {}),
        xhr: () => {
            const request = new XMLHttpRequest();
            request.open('POST', at('xhr'));
            request.send('secret');
        },
        websocket: () => new WebSocket(`ws://${host}/websocket`),
        events: () => new EventSource(at('events')),
        beacon: () => navigator.sendBeacon(at('beacon'), 'secret'),
        image: () => { new Image().src = at('image'); },
        script: () => element('script', { src: at('script') }),
        module: () => { import(at('module')).catch(() => {}); },
        style: () => element('link', { rel: 'stylesheet', href: at('style') }),
        background: () => {
            const sheet = new CSSStyleSheet();
            sheet.replaceSync(`body { background-image: url(${at('background')}) }`);
            document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
        },
        video: () => element('video', { src: at('video') }),
        form: () => element('form', { action: at('form'), method: 'post' }).submit(),
    };
    const open = new Set(Object.keys(ways));
    const tell = () => done([...open]);
    const late = setTimeout(tell, 20000);
    document.addEventListener('securitypolicyviolation', (event) => {
        open.delete(event.blockedURI.split('/').pop());
        if (open.size === 0) { clearTimeout(late); tell(); }
    });
    for (const way of Object.values(ways)) { try { way(); } catch { /* The event counts. */ } }
"#;

/// Ways that lead away, or of which the page's policy says nothing: the window itself must stop them. The page must
/// still be there afterwards.
const LEAVING: &str = r#"
    const [host, done] = arguments;
    const at = (name) => `http://${host}/${name}`;
    const element = (tag, properties) => {
        const made = document.createElement(tag);
        Object.assign(made, properties);
        document.head.append(made);
        return made;
    };
    element('link', { rel: 'preconnect', href: at('preconnect') });
    element('link', { rel: 'prefetch', href: at('prefetch') });
    element('iframe', { src: at('frame') });
    element('object', { data: at('object') });
    const opened = window.open(at('opened'));
    element('a', { href: at('blank'), target: '_blank' }).click();
    element('a', { href: at('download'), download: 'x' }).click();
    element('a', { href: at('link') }).click();
    element('meta', { httpEquiv: 'refresh', content: `0;url=${at('refresh')}` });
    location.assign(at('assigned'));
    done({ opened: opened !== null, rtc: typeof RTCPeerConnection, transport: typeof WebTransport });
"#;

#[tokio::test]
async fn the_page_reaches_no_network() {
    let words = Words::english();
    let home = Home::new();
    let ollama = Ollama::start(&home);
    let listener = Listener::start();
    let host = listener.address.to_string();
    let window = Window::open("no-network", &home, &[("OLLAMA_HOST", &ollama.host())]).await;
    window.sees(&words.say("link.engine.name", &[])).await;

    let open = in_page(&window, WAYS, vec![json!(host)]).await;
    assert_eq!(open, json!([]), "ways that the page's policy did not stop; heard: {:?}", listener.heard());
    let left = in_page(&window, LEAVING, vec![json!(host)]).await;
    assert_eq!(left["opened"], false, "no second window opens");
    assert_eq!(
        (&left["rtc"], &left["transport"]),
        (&json!("undefined"), &json!("undefined")),
        "no other sockets"
    );

    // Now Pincer itself asks that address, as the screen with the address does: the listener is there, and hears it.
    let asked = in_page(
        &window,
        INVOKE,
        vec![json!("test_address"), json!({ "address": listener.address.to_string() })],
    )
    .await;
    assert_eq!(asked["ok"], true, "{asked}");
    let heard = listener.heard();
    assert!(!heard.is_empty(), "the listener hears whoever comes");
    assert!(
        heard.iter().all(|line| line.to_lowercase().contains("user-agent: pincer/")),
        "the page was heard: {heard:?}"
    );
    window.sees(&words.say("link.engine.name", &[])).await;
}

/// Calls a command as the page's own code does.
const INVOKE: &str = r#"
    const [command, parameters, done] = arguments;
    window.__TAURI_INTERNALS__.invoke(command, parameters)
        .then((value) => done({ ok: true, value }), (reason) => done({ ok: false, reason: String(reason) }));
"#;

/// Every command of Tauri and its plugins that the build knows, as the page would call it.
fn of_tauri() -> BTreeSet<String> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("gen/schemas/acl-manifests.json");
    let manifests: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
    let mut commands = BTreeSet::new();
    for (plugin, manifest) in manifests.as_object().unwrap() {
        if plugin == "__app-acl__" {
            continue;
        }
        let plugin = plugin.strip_prefix("core:").unwrap_or(plugin);
        for permission in manifest["permissions"].as_object().unwrap().values() {
            for command in permission["commands"]["allow"].as_array().unwrap() {
                commands.insert(format!("plugin:{plugin}|{}", command.as_str().unwrap()));
            }
        }
    }
    commands
}

#[tokio::test]
async fn the_page_calls_pincers_commands_and_no_other() {
    let words = Words::english();
    let home = Home::new();
    let ollama = Ollama::start(&home);
    let window = Window::open("no-command", &home, &[("OLLAMA_HOST", &ollama.host())]).await;
    window.sees(&words.say("link.engine.name", &[])).await;

    let allowed = in_page(&window, INVOKE, vec![json!("history"), json!({})]).await;
    assert_eq!(allowed["ok"], true, "a command of Pincer's answers: {allowed}");

    let mut refused = of_tauri();
    assert!(refused.len() > 100 && refused.contains("plugin:opener|open_url"), "{refused:?}");
    refused.extend(["run_program", "plugin:shell|execute", "plugin:fs|read_file"].map(str::to_owned));
    let script = r#"
        const [commands, done] = arguments;
        const call = (command) => window.__TAURI_INTERNALS__.invoke(command, { url: 'https://example.invalid', path: '/etc/hostname' })
            .then(() => `${command} was done`, (reason) => /not allowed|not found/.test(reason) ? null : `${command}: ${reason}`);
        Promise.all(commands.map(call)).then((said) => done(said.filter((one) => one !== null)));
    "#;
    let passed = in_page(&window, script, vec![json!(refused)]).await;
    assert_eq!(passed, json!([]), "commands that the page does not need");
}

#[tokio::test]
async fn no_text_becomes_a_program_in_the_page() {
    let words = Words::english();
    let home = Home::new();
    let ollama = Ollama::start(&home);
    let window = Window::open("no-eval", &home, &[("OLLAMA_HOST", &ollama.host())]).await;
    window.sees(&words.say("link.engine.name", &[])).await;
    let script = r#"
        const done = arguments[0];
        const ran = [];
        window.ran = ran;
        const attempt = (name, way) => { try { way(); ran.push(name); } catch { /* As it should. */ } };
        attempt('eval', () => (0, eval)('1'));
        attempt('Function', () => new Function('return 1')());
        const inline = document.createElement('script');
        inline.textContent = 'window.ran.push("inline script")';
        document.body.append(inline);
        const holder = document.createElement('div');
        document.body.append(holder);
        holder.innerHTML = '<img src="data:image/png;base64,AAAA" onerror="window.ran.push(\'handler\')"><p style="position: fixed">x</p>';
        const styled = getComputedStyle(holder.querySelector('p')).position === 'fixed';
        attempt('prototype', () => { 'use strict'; Object.prototype.polluted = 1; });
        holder.querySelector('img').addEventListener('error', () => setTimeout(() => {
            holder.remove();
            done({ ran, styled, policy: [...document.querySelectorAll('base')].length });
        }));
    "#;
    let found = in_page(&window, script, vec![]).await;
    assert_eq!(found["ran"], json!([]), "text that ran");
    assert_eq!(found["styled"], false, "a style within text counts for nothing");
}
