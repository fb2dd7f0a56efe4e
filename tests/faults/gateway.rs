//! Causes in OpenClaw's gateway: on another computer, not set to start with this one or not up although it is, and
//! without the token that it needs.

use std::fs;

use pincer_core::{
    error::ErrorCode,
    openclaw::{
        change,
        gateway::{
            lack::{self, Lack},
            login, start,
        },
        outcome::ReceiptKind,
    },
};
use serde_json::{Value, json};

use crate::{
    engine::{NEWEST, running},
    lab::{Lab, Stage, block_on, click, codes, remedies, scenarios},
    support::{
        gateway::Gateway,
        home::Home,
        settings::{add_openclaw_that, tree, whole, write},
    },
};

scenarios! {
    on_another_computer: "openclaw.elsewhere";
    that_did_not_come_up: "openclaw.gateway-did-not-start";
    gone_after_the_next_login: "openclaw.gateway-not-at-login";
    for_the_network_without_a_token: "openclaw.gateway-no-token";
}

/// The settings here are a client's: its own gateway is not started, and what they say of Ollama does not count.
fn on_another_computer(lab: &Lab) {
    let (home, ollama) = running();
    let mut settings = whole(&ollama.url());
    settings["agents"]["defaults"]["model"] = json!({ "fallback": ["x"] });
    settings["gateway"]["mode"] = json!("remote");
    settings["gateway"]["remote"] = json!({ "url": "wss://me:pa55word@127.0.0.2:18789/?token=t0ken" });
    write(&home, "openclaw.json", &settings.to_string());
    let stage = Stage::at(&home, &[]);
    let answer = lab.doctor(stage);
    let found = lab.named(&answer);
    assert_eq!(codes(&answer), ["openclaw.elsewhere"]);
    assert_eq!(found["params"]["remote"], "127.0.0.2:18789");
    assert_eq!(remedies(&found), ["configure-elsewhere"]);
    assert!(!answer.to_string().contains("pa55word") && !answer.to_string().contains("t0ken"), "{answer:#}");
    let started = block_on(start::start(&stage.computer(), |_| {})).unwrap_err();
    assert_eq!(started.code, ErrorCode::GatewayRemote {});
    let planned = block_on(login::prepare(&stage.computer())).unwrap_err();
    assert_eq!(planned.code, ErrorCode::GatewayRemote {});
    write(&home, "openclaw.json", &whole(&ollama.url()).to_string());
    lab.mended(stage);
}

/// OpenClaw's own command for its service, as far as it shows in files, and a systemd of the user's. `refuse` in the
/// home: it writes its unit, and then cannot.
fn add_service(home: &Home) {
    // Instead of the one that does nothing.
    fs::remove_file(home.bin().join("openclaw")).unwrap();
    home.add_script("systemctl", "[ \"$*\" = '--user show -p Version' ] && echo Version=255");
    add_openclaw_that(
        home,
        NEWEST,
        r#"echo "$*" >>"$HOME/openclaw.log"
units=$HOME/.config/systemd/user
wants=$units/default.target.wants
case "$1 $2" in
'gateway install')
  mkdir -p "$wants"
  echo '[Service]' >"$units/openclaw-gateway.service"
  if [ -f "$HOME/refuse" ]; then echo '{"ok":false,"error":"service is not enabled"}'; exit 1; fi
  ln -s ../openclaw-gateway.service "$wants/openclaw-gateway.service" ;;
'gateway uninstall')
  if [ -f "$HOME/refuse-removal" ]; then echo '{"ok":false,"error":"service is masked"}'; exit 1; fi
  rm -rf "$wants" "$units/openclaw-gateway.service" ;;
*) exit 1 ;;
esac
echo '{"ok":true}'"#,
    );
}

fn asked(home: &Home) -> String {
    fs::read_to_string(home.path().join("openclaw.log")).unwrap_or_default()
}

/// Set to start with the computer, and not there.
fn that_did_not_come_up(lab: &Lab) {
    let (home, ollama) = running();
    let units = home.path().join(".config/systemd/user");
    fs::create_dir_all(units.join("default.target.wants")).unwrap();
    fs::write(units.join("openclaw-gateway.service"), "[Service]\n").unwrap();
    let stage = Stage::at(&home, &[]);
    // A unit that is not enabled was not to start.
    assert_eq!(codes(&lab.doctor(stage)), ["openclaw.gateway-stopped"]);
    let link = units.join("default.target.wants/openclaw-gateway.service");
    std::os::unix::fs::symlink("../openclaw-gateway.service", link).unwrap();
    let answer = lab.doctor(stage);
    let found = lab.named(&answer);
    assert_eq!((&found["severity"], codes(&answer).len()), (&json!("warning"), 1));
    assert_eq!(remedies(&found), ["start-gateway"]);
    let gateway = Gateway::start(None);
    let mut settings: Value = whole(&ollama.url());
    settings["gateway"]["port"] = json!(gateway.port());
    write(&home, "openclaw.json", &settings.to_string());
    assert_eq!(codes(&lab.mended(stage)), Vec::<&str>::new());
}

/// It runs. Shown, done by OpenClaw's own command, taken back byte for byte; and where that fails, nothing is half done.
fn gone_after_the_next_login(lab: &Lab) {
    let (home, ollama) = running();
    let gateway = Gateway::start(None);
    let mut settings: Value = whole(&ollama.url());
    settings["gateway"] = json!({ "mode": "local", "port": gateway.port() });
    write(&home, "openclaw.json", &format!("// mine\n{settings}"));
    let stage = Stage::at(&home, &[]);
    // Without a systemd of the user's it could not be changed.
    assert_eq!(codes(&lab.doctor(stage)), Vec::<&str>::new());
    let planned = block_on(login::prepare(&stage.computer())).unwrap_err();
    assert_eq!(planned.code, ErrorCode::GatewayLoginUnavailable {});
    add_service(&home);
    let found = lab.named(&lab.doctor(stage));
    assert_eq!((&found["severity"], remedies(&found)), (&json!("note"), vec!["gateway-at-login"]));

    let files = || [".config", ".openclaw"].map(|folder| tree(&home.path().join(folder)));
    let before = files();
    let dry = ["start", "--openclaw", "--at-login", "--dry-run", "--json"];
    let shown: Value = serde_json::from_slice(&stage.run(&dry).0.stdout).unwrap();
    let unit = home.path().join(".config/systemd/user/openclaw-gateway.service");
    let at_login = json!({ "code": "gateway-at-login", "params": {
        "command": "openclaw gateway install", "file": unit } });
    assert_eq!(shown["effects"], json!([{ "code": "gateway-token", "params": {} }, at_login]), "{shown:#}");
    assert_eq!((files(), asked(&home)), (before.clone(), String::new()), "a preview does nothing");

    // OpenClaw's command fails half-way.
    fs::write(home.path().join("refuse"), "").unwrap();
    let apply = || stage.run(&["start", "--openclaw", "--at-login", "--yes", "--json"]).0;
    let failed: Value = serde_json::from_slice(&apply().stdout).unwrap();
    assert_eq!(failed["error"]["code"], "gateway.login-failed", "{failed:#}");
    assert_eq!(failed["error"]["detail"], "service is not enabled", "{failed:#}");
    assert_eq!(asked(&home), "gateway install --json\ngateway uninstall --json\n");
    assert_eq!(files(), before);
    assert_eq!(block_on(change::list(&stage.computer())).unwrap(), []);
    fs::remove_file(home.path().join("refuse")).unwrap();
    assert!(!home.path().join(".config/systemd").exists());

    lab.mends(stage);
    let written = fs::read_to_string(home.openclaw_json()).unwrap();
    assert!(written.starts_with("// mine\n"), "{written}");
    let token = written.split("\"token\":").nth(1).unwrap().split('"').nth(1).unwrap().to_owned();
    assert!(token.len() == 48 && token.bytes().all(|byte| byte.is_ascii_hexdigit()), "{written}");
    let newest = block_on(change::list(&stage.computer())).unwrap().remove(0);
    assert_eq!(newest.kind, ReceiptKind::GatewayAtLogin {});
    assert_eq!(newest.files, [home.openclaw_json(), unit.clone()].map(|path| path.display().to_string()));
    // The token is shown nowhere.
    for command in [&["history", "--json"][..], &["doctor", "--json"], &dry, &["report"]] {
        let said = stage.run(command).0;
        assert!(!String::from_utf8_lossy(&said.stdout).contains(&token), "{command:?}");
    }
    // It is set: nothing to do.
    let again: Value = serde_json::from_slice(&apply().stdout).unwrap();
    assert_eq!((&again["changed"], &again["applied"]), (&json!(false), &json!(false)), "{again:#}");

    // Taking it back goes by OpenClaw's command, too: while that refuses, nothing is taken back.
    fs::write(home.path().join("refuse-removal"), "").unwrap();
    let refused = block_on(change::undo(&stage.computer(), None, false)).unwrap_err();
    let command = "openclaw gateway uninstall".to_owned();
    assert_eq!(
        (refused.code, refused.detail.as_str()),
        (ErrorCode::GatewayLoginFailed { command }, "service is masked")
    );
    assert_eq!(fs::read_to_string(home.openclaw_json()).unwrap(), written);
    fs::remove_file(home.path().join("refuse-removal")).unwrap();
    let undo = block_on(change::undo(&stage.computer(), None, false)).unwrap();
    assert_eq!(files(), before);
    assert!(!home.path().join(".config/systemd").exists(), "folders that it made go, too");
    // And again, by taking that back; then with an older change, with which it goes.
    block_on(change::undo(&stage.computer(), Some(undo.id), false)).unwrap();
    assert!(unit.exists() && fs::read_to_string(home.openclaw_json()).unwrap() == written);
    block_on(change::undo(&stage.computer(), Some(newest.id), false)).unwrap();
    assert_eq!(files(), before);
    lab.named(&lab.doctor(stage));
}

/// It refuses to start; with a token that is shown nowhere it may.
fn for_the_network_without_a_token(lab: &Lab) {
    let (home, ollama) = running();
    let mut settings: Value = whole(&ollama.url());
    settings["gateway"]["bind"] = json!("lan");
    let stage = Stage::at(&home, &[]);
    for auth in [Value::Null, json!({ "mode": "none" }), json!({ "mode": "password", "token": "x" })] {
        settings["gateway"]["auth"] = auth;
        let text = format!("// mine\n{settings}").replace(",\"auth\":null", "");
        let text = text.replace("\"auth\":null,", "");
        write(&home, "openclaw.json", &text);
        let found = lab.named(&lab.doctor(stage));
        assert_eq!(found["params"], json!({ "bind": "lan" }));
        assert_eq!(remedies(&found), ["set-gateway-token"]);
        let lacking = block_on(lack::lacking(&stage.computer()));
        assert_eq!(lacking, Ok(Some(Lack::Token)), "a start says the same");
        click(stage, &found["remedies"][0]);
        let written = fs::read_to_string(home.openclaw_json()).unwrap();
        assert!(written.starts_with("// mine\n") && written.contains("\"mode\":\"token\""), "{written}");
        let diff = block_on(change::newest(&stage.computer())).unwrap();
        let diff = block_on(change::difference(&stage.computer(), diff.id)).unwrap();
        let token = written.split("\"token\":\"").nth(1).unwrap().split('"').next().unwrap();
        assert!(token.len() == 48 && !diff[0].diff.contains(token) && !diff[0].diff.is_empty(), "{diff:?}");
        assert_eq!(codes(&lab.mended_by_a_click(stage)), ["openclaw.gateway-stopped"]);
        block_on(change::undo(&stage.computer(), None, false)).unwrap();
        assert_eq!(fs::read_to_string(home.openclaw_json()).unwrap(), text);
    }
    // One beside the file does as well.
    write(&home, ".env", "OPENCLAW_GATEWAY_PASSWORD=letmein\n");
    assert_eq!(codes(&lab.doctor(stage)), ["openclaw.gateway-stopped"]);
    assert_eq!(block_on(lack::lacking(&stage.computer())), Ok(None));
}
