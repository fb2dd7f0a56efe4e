//! Causes of a download that fails: the built `pull` names them by Ollama's own words, over a real stream.

use std::{
    io::{BufRead, BufReader},
    process::Stdio,
    time::Instant,
};

use serde_json::Value;

use crate::{
    lab::{Lab, scenarios},
    support::{home::Home, ollama::Ollama, process, programs},
};

scenarios! {
    unknown_model: "pull.unknown-model";
    bad_name: "pull.bad-name";
    offline_without_names: "pull.offline";
    offline_without_an_answer: "pull.offline";
    offline_refused: "pull.offline";
    company_proxy: "pull.intercepted";
    company_proxy_before_the_layers: "pull.intercepted";
    sign_in_page: "pull.intercepted";
    disk_full: "pull.disk-full";
    permission: "pull.permission";
    engine_too_old: "pull.engine-too-old";
    unauthorized: "pull.unauthorized";
    stalled: "pull.stalled";
    damaged: "pull.damaged";
    cut: "pull.interrupted";
    reset: "pull.interrupted";
    ends_early: "pull.interrupted";
}

fn unknown_model(lab: &Lab) {
    fails(lab, "nobody/nothing");
}

fn bad_name(lab: &Lab) {
    fails(lab, "a b");
}

fn offline_without_names(lab: &Lab) {
    fails(lab, "practice/offline-dns");
}

fn offline_without_an_answer(lab: &Lab) {
    fails(lab, "practice/offline-timeout");
}

fn offline_refused(lab: &Lab) {
    fails(lab, "practice/offline-refused");
}

fn company_proxy(lab: &Lab) {
    fails(lab, "practice/company-proxy");
}

fn company_proxy_before_the_layers(lab: &Lab) {
    fails(lab, "practice/blob-proxy");
}

fn sign_in_page(lab: &Lab) {
    fails(lab, "practice/sign-in-page");
}

fn disk_full(lab: &Lab) {
    fails(lab, "practice/disk-full");
}

fn permission(lab: &Lab) {
    fails(lab, "practice/no-permission");
}

fn engine_too_old(lab: &Lab) {
    fails(lab, "practice/too-old");
}

fn unauthorized(lab: &Lab) {
    fails(lab, "practice/private");
}

fn damaged(lab: &Lab) {
    fails(lab, "practice/damaged");
}

fn cut(lab: &Lab) {
    fails(lab, "practice/cut");
}

fn reset(lab: &Lab) {
    fails(lab, "practice/reset");
}

fn ends_early(lab: &Lab) {
    fails(lab, "practice/ends-early");
}

fn fails(lab: &Lab, name: &str) {
    let home = Home::new();
    let ollama = Ollama::start_with(&home, &[("PRACTICE_PULL_TICKS", "2")]);
    let pull = |name: &str| {
        let mut command = home.command(programs::pincer_cli());
        let begun = Instant::now();
        let output =
            command.args(["pull", name, "--json"]).env("OLLAMA_HOST", ollama.host()).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let last = text.lines().last().unwrap_or_else(|| panic!("{name}: nothing was said"));
        (serde_json::from_str::<Value>(last).unwrap(), output.status.code(), begun.elapsed().as_secs_f64())
    };
    let (last, status, seconds) = pull(name);
    assert_eq!((status, &last["state"]), (Some(2), &Value::from("failed")), "{name}: {last}");
    lab.told(last["code"].as_str().unwrap(), seconds);
    // The server is no worse for it: another one comes.
    assert_eq!(pull("mistral").0["state"], "done");
}

/// Nothing came for twenty seconds, by the program's own clock: it runs faster here.
fn stalled(lab: &Lab) {
    let home = Home::new();
    let ollama = Ollama::start_with(&home, &[("PRACTICE_PULL_TICKS", "2")]);
    let mut command = home.command("/usr/bin/faketime");
    command.args(["-f", "+0 x20"]).arg(programs::pincer_cli()).args(["pull", "practice/stalls", "--json"]);
    command.env("OLLAMA_HOST", ollama.host()).stdout(Stdio::piped());
    let begun = Instant::now();
    let mut program = process::Group::start(&mut command);
    let lines = BufReader::new(program.stdout()).lines().map_while(Result::ok);
    let told = lines.map(|line| serde_json::from_str::<Value>(&line).unwrap());
    let stalled = told.into_iter().find(|line| line["state"] != "starting" && line["state"] != "downloading");
    let stalled = stalled.expect("it goes on until it is ended");
    assert!(stalled["completedBytes"].as_u64() > Some(0), "{stalled}");
    lab.told(&format!("pull.{}", stalled["state"].as_str().unwrap()), begun.elapsed().as_secs_f64());
}
