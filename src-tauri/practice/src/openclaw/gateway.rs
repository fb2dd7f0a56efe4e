//! OpenClaw's gateway as practice plays it: it refuses settings that OpenClaw refuses, tells `/healthz` that it lives,
//! and has a page.

use std::{io, net::Ipv4Addr, process::ExitCode};

use axum::{Json, Router, response::Html, routing::get};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::{
    ANSWER,
    settings::{Settings, issues},
};
use crate::{
    plain,
    program::{say, stopped, warn},
};

/// As with the real one.
const INVALID: u8 = 78;
const PAGE: &str = "<!doctype html><title>OpenClaw</title><h1>OpenClaw</h1>";

/// Runs until it is stopped.
pub(crate) async fn run(settings: io::Result<Settings>) -> io::Result<ExitCode> {
    let stopped = stopped()?;
    if let [issue, ..] = issues(&settings).as_slice() {
        warn(&format!("Invalid config: {issue}"))?;
        return Ok(INVALID.into());
    }
    let port = settings?.port();
    let listener = match TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await {
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
            warn(&format!("gateway already running; another gateway instance is listening on {port}"))?;
            return Ok(ExitCode::FAILURE);
        }
        bound => bound?,
    };
    say(&format!("listening on ws://127.0.0.1:{port}"))?;
    let health = || async { Json(json!({ "ok": true, "status": "live" })) };
    let router = Router::new().route("/healthz", get(health)).route("/", get(|| async { Html(PAGE) }));
    tokio::select! {
        served = axum::serve(listener, router) => served?,
        () = stopped => {}
    }
    Ok(ExitCode::SUCCESS)
}

/// Whether one answers on this port.
pub(crate) async fn answers(port: u16) -> bool {
    let asked = plain::ask("127.0.0.1", port, "GET", "/healthz", None, ANSWER).await;
    let health = asked.and_then(|reply| reply.json()).ok();
    health.is_some_and(|health| health.get("ok") == Some(&Value::Bool(true)))
}
