//! Every way in which an address can fail, other machines and names among them: in a network of the test's own, where
//! nothing is reached but what the test puts there.

use std::fs;

use serde_json::{Value, json};

use crate::{
    engine::{CONFIG, add_unit, down, running, set_up},
    lab::{Lab, Stage, remedies, scenarios},
    support::{
        apart::{LOCALHOST, World},
        broken::put,
        home::Home,
        ollama::{Ollama, free_address},
        process::Group,
        programs,
        settings::{add_openclaw, whole, write},
    },
};

scenarios! {
    other_web_server: "connection.other-program";
    other_ssh_server: "connection.other-program";
    other_json: "connection.other-program";
    other_without_such_a_page: "connection.other-program";
    other_that_sends_elsewhere: "connection.other-program";
    other_that_is_silent: "connection.other-program";
    path_too_much: "connection.path-wrong";
    http_on_https: "connection.http-on-https";
    listening_elsewhere: "connection.listening-elsewhere";
    listening_where_its_unit_says: "connection.listening-elsewhere";
    listening_where_its_log_says: "connection.listening-elsewhere";
    proxy_intercepts: "connection.proxy-intercepts";
    proxy_of_openclaws_service: "connection.proxy-intercepts";
    proxy_of_its_unit: "connection.proxy-intercepts";
    closes_at_once: "connection.reset";
    resets_at_once: "connection.reset";
    empty_reply: "connection.reset";
    reset_after_request: "connection.reset";
    forbidden: "connection.forbidden";
    https_on_http: "connection.https-on-http";
    https_where_nothing_listens: "connection.https-on-http";
    port_invalid: "connection.port-invalid";
    port_missing: "connection.port-missing";
    localhost_is_ipv6: "connection.localhost-is-ipv6";
    localhost_is_ipv4: "connection.localhost-is-ipv6";
    no_route: "connection.unreachable";
    refused_by_another_machine: "connection.refused-remote";
    name_unknown: "connection.name-unknown";
    wildcard_address: "connection.wildcard-address";
}

/// Practice under the name given, on a port of its own; its address as `OLLAMA_HOST` takes it.
pub fn playing(home: &Home, name: &str, fault: &str) -> (Group, String) {
    let (server, said) = home.play(name, "127.0.0.1:0", &[("PRACTICE_FAULT", fault)]);
    (server, said.rsplit(' ').next().unwrap().to_owned())
}

/// A set-up at an address that plays a fault.
fn faulty(fault: &str) -> (Home, Group, String) {
    let (home, _) = down();
    let (server, host) = playing(&home, "nginx", fault);
    write(&home, "openclaw.json", &whole(&format!("http://{host}")).to_string());
    (home, server, host)
}

fn other_web_server(lab: &Lab) {
    other(lab, "html");
}

fn other_ssh_server(lab: &Lab) {
    other(lab, "ssh");
}

fn other_json(lab: &Lab) {
    other(lab, "other-json");
}

fn other_without_such_a_page(lab: &Lab) {
    other(lab, "not-found");
}

fn other_that_sends_elsewhere(lab: &Lab) {
    other(lab, "redirect");
}

/// It is named, and nothing is closed: Ollama moves.
fn other(lab: &Lab, fault: &str) {
    let (home, server, host) = faulty(fault);
    let stage = Stage::at(&home, &[]);
    let found = lab.named(&lab.doctor(stage));
    let params = &found["params"];
    assert_eq!(params["program"], "nginx", "{found:#}");
    assert_eq!(params["pid"].as_u64().unwrap(), u64::from(server.id()));
    assert_eq!(params["port"].as_u64().unwrap().to_string(), host.rsplit(':').next().unwrap());
    assert_eq!(remedies(&found), ["move-ollama", "close-program"]);
    assert_eq!(found["remedies"][0]["kind"], "manual", "there is no Ollama to start");
    home.add_program(&programs::practice(), "ollama");
    lab.named(&lab.doctor(stage));
    lab.mends(stage);
}

/// It is not said to answer.
fn other_that_is_silent(lab: &Lab) {
    let (home, _server, _) = faulty("silent");
    let stage = Stage::at(&home, &[]);
    let found = lab.named(&lab.doctor(stage));
    assert_eq!((&found["params"]["program"], &found["params"]["silent"]), (&json!("nginx"), &json!(true)));
    let words = String::from_utf8(stage.run(&["doctor"]).0.stdout).unwrap();
    assert!(words.contains("and says nothing") && !words.contains("Something answers"), "{words}");
    home.add_program(&programs::practice(), "ollama");
    lab.named(&lab.doctor(stage));
    lab.mends(stage);
}

/// Ollama itself, asked at a path that it does not have: nobody is told to close it.
fn path_too_much(lab: &Lab) {
    let (home, ollama) = running();
    let stage = Stage::at(&home, &[]);
    write(&home, "openclaw.json", &whole(&format!("{}/api", ollama.url())).to_string());
    let found = lab.named(&lab.doctor(stage));
    assert_eq!(
        (&found["params"]["answersAt"], remedies(&found)),
        (&json!(ollama.url()), vec!["use-address"])
    );
    lab.mends(stage);
}

/// By its own word: nothing has to be moved or closed.
fn http_on_https(lab: &Lab) {
    let (home, server, host) = faulty("https-port");
    let stage = Stage::at(&home, &[]);
    let found = lab.named(&lab.doctor(stage));
    assert_eq!(
        (&found["params"]["meant"], remedies(&found)),
        (&json!(format!("https://{host}")), vec!["edit-file"])
    );
    let_through(lab, stage, server, &host);
}

/// An Ollama that answers elsewhere than at the address of the settings.
fn moved() -> (Home, String, Ollama) {
    let (home, host) = down();
    let ollama = Ollama::start(&home);
    (home, format!("http://{host}"), ollama)
}

fn listening_elsewhere(lab: &Lab) {
    let (home, nowhere, ollama) = moved();
    let host = ollama.host();
    let told = [("OLLAMA_HOST", host.as_str())];
    let stage = Stage::at(&home, &told);
    let found = lab.named(&lab.doctor(stage));
    assert_eq!(found["params"], json!({ "url": nowhere, "source": "settings", "answersAt": ollama.url() }));
    assert_eq!(found["remedies"][0]["params"]["url"], ollama.url());
    lab.mends(stage);
}

fn listening_where_its_unit_says(lab: &Lab) {
    let (home, nowhere, ollama) = moved();
    add_unit(
        &home,
        &format!("ActiveState=active\nSubState=running\nEnvironment=OLLAMA_HOST={}", ollama.host()),
        "",
    );
    listening(lab, &home, &nowhere, &ollama);
}

/// By its own words, when no unit says so.
fn listening_where_its_log_says(lab: &Lab) {
    let (home, nowhere, ollama) = moved();
    add_unit(
        &home,
        "ActiveState=active\nSubState=running",
        &CONFIG.replace("127.0.0.1:11434", &ollama.host()),
    );
    listening(lab, &home, &nowhere, &ollama);
}

fn listening(lab: &Lab, home: &Home, nowhere: &str, ollama: &Ollama) {
    let stage = Stage::at(home, &[]);
    let found = lab.named(&lab.doctor(stage));
    let params = &found["params"];
    assert_eq!((&params["url"], &params["answersAt"]), (&json!(nowhere), &json!(ollama.url())));
    lab.mends(stage);
}

const PROXY: (&str, &str) = ("HTTP_PROXY", "http://127.0.0.1:9");

/// A version that is not known to leave this computer's own addresses alone.
pub fn running_older() -> (Home, Ollama) {
    let home = Home::new();
    add_openclaw(&home, "2026.8.2");
    let ollama = Ollama::start(&home);
    write(&home, "openclaw.json", &whole(&ollama.url()).to_string());
    (home, ollama)
}

/// The shell's own is not the service's: a note.
fn proxy_intercepts(lab: &Lab) {
    let (home, _ollama) = running_older();
    let found = lab.named(&lab.doctor(Stage::at(&home, &[PROXY])));
    assert_eq!(
        (&found["params"]["variable"], &found["severity"], remedies(&found)),
        (&json!("HTTP_PROXY"), &json!("note"), vec!["bypass-proxy"])
    );
    lab.mended(Stage::at(&home, &[PROXY, ("NO_PROXY", "127.0.0.1,localhost")]));
}

/// What the unit sets that OpenClaw installs for the user.
fn proxy_of_its_unit(lab: &Lab) {
    let (home, _ollama) = running_older();
    let stage = Stage::at(&home, &[]);
    let unit = home.path().join(".config/systemd/user/openclaw-gateway.service");
    let tell = |more: &str| {
        put(
            &unit,
            &format!("[Service]\nExecStart=/bin/true\nEnvironment=HTTP_PROXY=http://127.0.0.1:9\n{more}"),
        );
    };
    tell("");
    let found = lab.named(&lab.doctor(stage));
    assert_eq!((&found["params"]["here"], &found["severity"]), (&json!(false), &json!("problem")));
    assert!(found["evidence"].to_string().contains("openclaw-gateway.service"), "{found:#}");
    tell("Environment=\"NO_PROXY=127.0.0.1, localhost\"\n");
    lab.mended(stage);
}

/// What OpenClaw's service reads counts too.
fn proxy_of_openclaws_service(lab: &Lab) {
    let (home, _ollama) = running_older();
    let stage = Stage::at(&home, &[]);
    write(&home, ".env", "http_proxy=http://127.0.0.1:9\n");
    assert_eq!(lab.named(&lab.doctor(stage))["params"]["variable"], "http_proxy");
    write(&home, ".env", "http_proxy=http://127.0.0.1:9\nno_proxy=127.0.0.1,localhost\n");
    lab.mended(stage);
}

fn closes_at_once(lab: &Lab) {
    reset(lab, "closes-at-once");
}

fn resets_at_once(lab: &Lab) {
    reset(lab, "resets-at-once");
}

fn empty_reply(lab: &Lab) {
    reset(lab, "empty-reply");
}

fn reset_after_request(lab: &Lab) {
    reset(lab, "reset-after-request");
}

fn reset(lab: &Lab, fault: &str) {
    let (home, server, host) = faulty(fault);
    let stage = Stage::at(&home, &[]);
    let found = lab.named(&lab.doctor(stage));
    assert_eq!((&found["params"]["source"], remedies(&found)), (&json!("settings"), vec!["let-through"]));
    let_through(lab, stage, server, &host);
}

/// What stood before it is gone.
fn let_through(lab: &Lab, stage: Stage<'_>, server: Group, host: &str) {
    drop(server);
    let _ollama = Ollama::start_at(stage.home, host.parse().unwrap());
    lab.mended(stage);
}

fn forbidden(lab: &Lab) {
    let (home, server, host) = faulty("forbidden");
    let stage = Stage::at(&home, &[]);
    assert_eq!(remedies(&lab.named(&lab.doctor(stage))), ["allow-host"]);
    let_through(lab, stage, server, &host);
}

fn https_on_http(lab: &Lab) {
    let (home, ollama) = running();
    let stage = Stage::at(&home, &[]);
    write(&home, "openclaw.json", &whole(&format!("https://{}", ollama.host())).to_string());
    let found = lab.named(&lab.doctor(stage));
    assert_eq!(found["params"]["plain"], ollama.url());
    assert_eq!(remedies(&found), ["use-address", "edit-file"]);
    assert_eq!(found["remedies"][0]["params"]["url"], ollama.url());
    lab.mends(stage);
}

/// A start would be of no use: Ollama itself does not speak it.
fn https_where_nothing_listens(lab: &Lab) {
    let host = free_address().to_string();
    let home = set_up(&format!("https://{host}"));
    home.add_program(&programs::practice(), "ollama");
    let stage = Stage::at(&home, &[]);
    let found = lab.named(&lab.doctor(stage));
    assert_eq!(
        (&found["params"]["refused"], remedies(&found)),
        (&json!(true), vec!["use-address", "edit-file"])
    );
    let mut ollama = None;
    lab.mends_then(stage, || ollama = Some(Ollama::start_at(&home, host.parse().unwrap())));
}

fn port_invalid(lab: &Lab) {
    let home = set_up("http://127.0.0.1:114340");
    let nowhere = free_address().to_string();
    let told = [("OLLAMA_HOST", nowhere.as_str())];
    let stage = Stage::at(&home, &told);
    let found = lab.named(&lab.doctor(stage));
    assert_eq!(found["params"], json!({ "written": "http://127.0.0.1:114340", "source": "settings" }));
    assert_eq!(remedies(&found), ["edit-file"]);
    let ollama = Ollama::start(&home);
    let text = fs::read_to_string(home.openclaw_json()).unwrap();
    fs::write(home.openclaw_json(), text.replace("http://127.0.0.1:114340", &ollama.url())).unwrap();
    lab.mended(stage);
}

/// A set-up at this address, in a network where practice listens there.
fn apart(lab: &Lab, url: &str, world: World<'_>, look: impl FnOnce(Stage<'_>, Value)) {
    if lab.may_be_apart() {
        let home = set_up(url);
        let stage = Stage::apart(&home, world);
        let found = lab.named(&lab.doctor(stage));
        look(stage, found);
    }
}

const USUAL: Option<&str> = Some("127.0.0.1:11434");

const fn world(hosts: &'static str, serves: Option<&'static str>) -> World<'static> {
    World { hosts, serves }
}

fn port_missing(lab: &Lab) {
    apart(lab, "http://127.0.0.1", world(LOCALHOST, USUAL), |stage, found| {
        assert_eq!(found["params"]["written"], "http://127.0.0.1");
        assert_eq!(found["params"]["meant"], "http://127.0.0.1:11434");
        assert_eq!(remedies(&found), ["use-address", "edit-file"]);
        lab.mends(stage);
    });
}

fn localhost_is_ipv6(lab: &Lab) {
    apart(lab, "http://localhost:11434", world("::1 localhost\n", USUAL), |stage, found| {
        let params = &found["params"];
        assert_eq!((&params["ipv6"], &params["answersAt"]), (&json!(true), &json!("http://127.0.0.1:11434")));
        assert_eq!(remedies(&found), ["use-address"]);
        lab.mends(stage);
    });
}

fn localhost_is_ipv4(lab: &Lab) {
    let world = world("127.0.0.1 localhost\n", Some("[::1]:11434"));
    apart(lab, "http://localhost:11434", world, |stage, found| {
        assert_eq!(found["params"]["answersAt"], "http://[::1]:11434");
        lab.mends(stage);
    });
}

/// An Ollama of one's own is offered first.
fn no_route(lab: &Lab) {
    apart(lab, "http://198.51.100.9:11434", world(LOCALHOST, USUAL), |stage, found| {
        assert_eq!(remedies(&found), ["use-address", "serve-network"]);
        lab.mends(stage);
    });
}

fn refused_by_another_machine(lab: &Lab) {
    apart(lab, "http://192.0.2.7:11434", world(LOCALHOST, None), |stage, found| {
        assert_eq!(remedies(&found), ["serve-network"]);
        lab.mended(Stage { world: Some(world(LOCALHOST, Some("192.0.2.7:11434"))), ..stage });
    });
}

fn name_unknown(lab: &Lab) {
    apart(lab, "http://studio.invalid:11434", world(LOCALHOST, None), |stage, found| {
        assert_eq!(
            (&found["params"]["host"], remedies(&found)),
            (&json!("studio.invalid"), vec!["edit-file"])
        );
        let known = world("127.0.0.1 localhost\n192.0.2.7 studio.invalid\n", Some("192.0.2.7:11434"));
        lab.mended(Stage { world: Some(known), ..stage });
    });
}

fn wildcard_address(lab: &Lab) {
    apart(lab, "http://0.0.0.0:11434", world(LOCALHOST, Some("0.0.0.0:11434")), |stage, found| {
        assert_eq!(
            (&found["severity"], &found["params"]["numeric"]),
            (&json!("warning"), &json!("http://127.0.0.1:11434"))
        );
        lab.mends(stage);
    });
}
