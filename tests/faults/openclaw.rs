//! Causes in OpenClaw itself: is it here, does its gateway start, does it take its settings.

use std::{
    fs,
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
};

use pincer_core::{
    error::ErrorCode,
    openclaw::{
        change,
        gateway::{
            lack::{self, Lack},
            start,
        },
    },
};
use serde_json::{Value, json};

use crate::{
    engine::{NEWEST, running},
    lab::{Lab, Stage, block_on, codes, remedies, scenarios},
    support::{
        gateway::Gateway,
        home::Home,
        npm,
        ollama::Ollama,
        settings::{add_openclaw, whole, write},
    },
};

scenarios! {
    not_installed: "openclaw.not-installed";
    not_installed_but_was_here: "openclaw.not-installed";
    node_too_old: "openclaw.node-too-old";
    rejects_settings: "openclaw.rejects-settings";
    rejects_what_pincer_wrote: "openclaw.rejects-settings";
    gateway_mode_unset: "openclaw.gateway-mode-unset";
    gateway_stopped: "openclaw.gateway-stopped";
    another_program_on_its_port: "openclaw.gateway-port-taken";
    another_program_on_its_port_and_not_installed: "openclaw.not-installed", "openclaw.gateway-port-taken";
    does_not_see_the_chosen_model: "openclaw.does-not-see-model";
}

fn not_installed(lab: &Lab) {
    let home = Home::new();
    let ollama = Ollama::start(&home);
    let host = ollama.host();
    // A path with no Node but the test's own.
    let path = home.bin().into_os_string().into_string().unwrap();
    let told = [("OLLAMA_HOST", host.as_str()), ("PATH", path.as_str())];
    npm::add_with_node(&home, "v24.16.0", &[npm::PACKAGE, npm::LINK]);
    npm::brings(&home, "echo 'OpenClaw 2026.9.6 (eb377ac)'");
    let stage = Stage::at(&home, &told);
    let answer = lab.doctor(stage);
    let found = lab.named(&answer);
    assert_eq!(codes(&answer).len(), 1, "nothing is said about settings: {answer:#}");
    assert_eq!(found["params"], json!({ "stateFolder": false, "unasked": null }));
    assert_eq!(remedies(&found)[..2], ["install-openclaw", "get-openclaw"]);
    // Installed, and set up.
    lab.mends_then(stage, || write(&home, "openclaw.json", &whole(&ollama.url()).to_string()));
}

fn not_installed_but_was_here(lab: &Lab) {
    let home = Home::new();
    let ollama = Ollama::start(&home);
    write(&home, "openclaw.json", &whole(&ollama.url()).to_string());
    let stage = Stage::at(&home, &[]);
    assert_eq!(lab.named(&lab.doctor(stage))["params"], json!({ "stateFolder": true, "unasked": null }));
    add_openclaw(&home, NEWEST);
    lab.mended(stage);
}

/// OpenClaw asks for this Node, and this one is on PATH.
pub fn ask_for_node(home: &Home, required: &str, version: &str) {
    let manifest = json!({ "name": "openclaw", "version": NEWEST, "engines": { "node": required } });
    fs::write(home.path().join("lib/node_modules/openclaw/package.json"), manifest.to_string()).unwrap();
    home.add_script("node", &format!("echo {version}"));
    for tool in ["sh", "cat", "sleep"] {
        let place = home.bin().join(tool);
        if !place.exists() {
            std::os::unix::fs::symlink(format!("/bin/{tool}"), place).unwrap();
        }
    }
}

fn node_too_old(lab: &Lab) {
    let (home, ollama) = running();
    ask_for_node(&home, ">=24.16.0", "v18.20.4");
    // Whatever else this machine has would do.
    let alone = home.bin().into_os_string().into_string().unwrap();
    let told = [("PATH", alone.as_str())];
    let stage = Stage::at(&home, &told);
    let found = lab.named(&lab.doctor(stage));
    assert_eq!(found["params"], json!({ "version": "18.20.4", "required": ">=24.16.0" }));
    assert_eq!(remedies(&found), ["update-node"]);
    // One that nvm keeps for the login shell may be the one; so is a newer one.
    fs::create_dir_all(home.path().join(".nvm/versions/node/v24.18.1")).unwrap();
    lab.mended(stage);
    fs::remove_dir_all(home.path().join(".nvm")).unwrap();
    lab.named(&lab.doctor(stage));
    // What else it lacks to start is not said before it has a Node.
    let mut unset = whole(&ollama.url());
    unset["gateway"].as_object_mut().unwrap().remove("mode");
    write(&home, "openclaw.json", &unset.to_string());
    assert_eq!(block_on(lack::lacking(&stage.computer())), Ok(None));
    home.add_script("node", "echo v24.16.0");
    assert_eq!(block_on(lack::lacking(&stage.computer())), Ok(Some(Lack::Mode)));
    write(&home, "openclaw.json", &whole(&ollama.url()).to_string());
    lab.mended(stage);
}

/// An OpenClaw whose own command finds this in its settings while they have a key `mistake`.
fn picky(home: &Home) {
    let package = home.path().join("lib/node_modules/openclaw/openclaw.mjs");
    let refusal = r#"{"ok":false,"valid":false,"issues":[{"path":"tools.mistake","message":"Unrecognized key: \"mistake\""}]}"#;
    home.add_script(
        "picky",
        &format!(
            "[ \"$1 $2\" = 'config validate' ] || exit 1\n\
             if grep -q mistake \"$HOME/.openclaw/openclaw.json\"; then echo '{refusal}'; exit 1; fi\n\
             echo '{{\"valid\":true,\"warnings\":[]}}'"
        ),
    );
    fs::rename(home.bin().join("picky"), package).unwrap();
}

fn rejects_settings(lab: &Lab) {
    let (home, ollama) = running();
    picky(&home);
    let stage = Stage::at(&home, &[]);
    let mut settings = whole(&ollama.url());
    settings["tools"] = json!({ "mistake": 1 });
    write(&home, "openclaw.json", &settings.to_string());
    let found = lab.named(&lab.doctor_with(stage, &["--deep"]));
    assert_eq!(
        found["params"],
        json!({ "key": "tools.mistake", "message": "Unrecognized key: \"mistake\"" })
    );
    assert_eq!(remedies(&found), ["edit-file"]);
    settings["tools"] = json!({});
    write(&home, "openclaw.json", &settings.to_string());
    assert_eq!(codes(&lab.doctor_with(stage, &["--deep"])), ["openclaw.gateway-stopped"]);
    lab.mended(stage);
}

/// Then it is Pincer's to take back.
fn rejects_what_pincer_wrote(lab: &Lab) {
    let (home, _ollama) = running();
    let stage = Stage::at(&home, &[]);
    let mut used = home.command(crate::support::programs::pincer_cli());
    assert!(used.args(["use", "llama3.2:3b", "--yes"]).output().unwrap().status.success());
    picky(&home);
    let package = home.path().join("lib/node_modules/openclaw/openclaw.mjs");
    let text = fs::read_to_string(&package).unwrap();
    fs::write(package, text.replace("grep -q mistake", "grep -q 'primary.*llama3.2:3b'")).unwrap();
    let found = lab.named(&lab.doctor_with(stage, &["--deep"]));
    assert_eq!(remedies(&found), ["undo-change", "edit-file"]);
    lab.mends(stage);
    assert_eq!(codes(&lab.doctor_with(stage, &["--deep"])), ["openclaw.gateway-stopped"]);
}

/// The chosen model is not in the list that the settings hold, and OpenClaw lists no other.
fn does_not_see_the_chosen_model(lab: &Lab) {
    let (home, ollama) = running();
    let package = home.path().join("lib/node_modules/openclaw/openclaw.mjs");
    home.add_script(
        "lists",
        "case \"$1 $2\" in\n'config validate') echo '{\"valid\":true,\"warnings\":[]}' ;;\n\
         'models list')\n  if grep -q '\"id\": *\"qwen3:8b\"' \"$HOME/.openclaw/openclaw.json\"; then\n    \
         more='{\"key\":\"ollama/qwen3:8b\"},'\n  fi\n  \
         echo \"{\\\"models\\\":[$more{\\\"key\\\":\\\"ollama/llama3.2:3b\\\"}]}\" ;;\n*) exit 1 ;;\nesac",
    );
    fs::rename(home.bin().join("lists"), package).unwrap();
    let mut settings = whole(&ollama.url());
    let models = settings["models"]["providers"]["ollama"]["models"].as_array_mut().unwrap();
    models.retain(|model| model["id"] != "qwen3:8b");
    write(&home, "openclaw.json", &settings.to_string());
    let stage = Stage::at(&home, &[]);
    let found = lab.named(&lab.doctor_with(stage, &["--deep"]));
    assert_eq!((&found["params"]["name"], remedies(&found)), (&json!("qwen3:8b"), vec!["use-model"]));
    lab.act(stage, "qwen3:8b");
    lab.mended_by_a_click(stage);
    assert_eq!(codes(&lab.doctor_with(stage, &["--deep"])), ["openclaw.gateway-stopped"]);
}

fn gateway_mode_unset(lab: &Lab) {
    let (home, ollama) = running();
    let mut settings = whole(&ollama.url());
    settings["gateway"].as_object_mut().unwrap().remove("mode");
    let text = format!("// mine\n{settings}\n");
    write(&home, "openclaw.json", &text);
    let host = ollama.host();
    let told = [("OLLAMA_HOST", host.as_str())];
    let stage = Stage::at(&home, &told);
    let found = lab.named(&lab.doctor(stage));
    assert_eq!(found["remedies"][0]["kind"], "action");
    let lacking = || block_on(lack::lacking(&stage.computer()));
    assert_eq!(lacking(), Ok(Some(Lack::Mode)), "a start says the same");
    lab.mends(stage);
    assert_eq!(lacking(), Ok(None));
    let written = fs::read_to_string(home.openclaw_json()).unwrap();
    assert!(written.starts_with("// mine\n") && written.contains("\"mode\":\"local\""), "{written}");
    block_on(change::undo(&stage.computer(), None, false)).unwrap();
    assert_eq!(fs::read_to_string(home.openclaw_json()).unwrap(), text);
    // A gateway that runs was told otherwise.
    let gateway = Gateway::start(None);
    settings["gateway"]["port"] = json!(gateway.port());
    write(&home, "openclaw.json", &settings.to_string());
    assert_eq!((codes(&lab.doctor(stage)), lacking()), (Vec::<&str>::new(), Ok(None)));
}

fn gateway_stopped(lab: &Lab) {
    let (home, ollama) = running();
    let stage = Stage::at(&home, &[]);
    let found = lab.named(&lab.doctor(stage));
    assert_eq!(found["severity"], "note");
    assert_eq!(found["remedies"][0]["command"], json!(["openclaw", "gateway", "run"]));
    let gateway = Gateway::start(None);
    let mut settings: Value = whole(&ollama.url());
    settings["gateway"]["port"] = json!(gateway.port());
    write(&home, "openclaw.json", &settings.to_string());
    lab.mended(stage);
}

/// A program of this test's own that answers every question with 404. Ends when it is dropped.
struct Other {
    address: SocketAddr,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Other {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            for mut stream in listener.incoming().map_while(Result::ok) {
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                let mut asked = [0; 1024];
                // One that only looks whether somebody listens says nothing.
                if stream.read(&mut asked).is_ok_and(|count| count > 0) {
                    let answer = "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
                    drop(stream.write_all(answer.as_bytes()));
                }
            }
        });
        Self { address, stop, thread: Some(thread) }
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.address));
        drop(self.thread.take().map(JoinHandle::join));
    }
}

fn another_program_on_its_port(lab: &Lab) {
    let (home, ollama) = running();
    let other = Other::start();
    let mut settings = whole(&ollama.url());
    settings["gateway"]["port"] = json!(other.address.port());
    write(&home, "openclaw.json", &settings.to_string());
    let stage = Stage::at(&home, &[]);
    let found = lab.named(&lab.doctor(stage));
    assert_eq!(
        (&found["severity"], &found["params"]["port"]),
        (&json!("problem"), &settings["gateway"]["port"])
    );
    assert_eq!(found["params"]["pid"], std::process::id());
    assert_eq!(remedies(&found), ["edit-file", "close-program"]);
    // Starting says so as well; a start that waited for it would say that it is slow.
    let started = block_on(start::start(&stage.computer(), |_| {})).unwrap_err();
    assert_eq!(started.code, ErrorCode::GatewayPortTaken { port: other.address.port() });
    drop(other);
    lab.mended(stage);
}

fn another_program_on_its_port_and_not_installed(lab: &Lab) {
    let home = Home::new();
    let ollama = Ollama::start(&home);
    let other = Other::start();
    let mut settings = whole(&ollama.url());
    settings["gateway"]["port"] = json!(other.address.port());
    write(&home, "openclaw.json", &settings.to_string());
    let stage = Stage::at(&home, &[]);
    let answer = lab.doctor(stage);
    lab.named(&answer);
    assert_eq!(codes(&answer), ["openclaw.not-installed", "openclaw.gateway-port-taken"]);
    add_openclaw(&home, NEWEST);
    assert_eq!(codes(&lab.mended(stage)), ["openclaw.gateway-port-taken"]);
    drop(other);
    assert_eq!(lab.doctor(stage)["ok"], true);
}
