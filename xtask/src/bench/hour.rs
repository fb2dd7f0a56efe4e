//! An hour of the window in about a minute: as many looks at the machine and as many lines of downloads, and what its
//! memory is after that.

use std::{
    path::Path,
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use super::{driver::Driver, http, report::Report, scene::Scene, stage::Stage};
use crate::failure::Failure;

/// One look every five seconds.
const LOOKS: u32 = 720;
/// A server says a line every 60 ms.
const LINES: u32 = 60_000;
/// Looks in a row, before anyone asks how far the download is.
const IN_A_ROW: u32 = 12;
/// Lines of one download here, one a millisecond.
const OF_ONE: u32 = 3_000;
/// Every so many downloads one is cancelled half way.
const CANCELLED: u32 = 4;
/// The longest that an hour may take.
const LIMIT: Duration = Duration::from_secs(240);
/// Memory that is given back late is given back.
const REST: Duration = Duration::from_secs(10);

/// What the practice's registry has and this machine need not have room for.
const MODELS: [&str; 3] = ["gemma2:2b", "llama3.2:3b", "qwen3:4b"];

/// The stage of such an hour: a server that speaks sixty times as fast.
pub(super) const FAST: [(&str, &str); 2] = [("PRACTICE_TICK_MS", "1"), ("PRACTICE_PULL_TICKS", "3000")];

/// # Errors
/// When the window does not do what it is told.
pub(super) fn hour(stage: Stage, pincer: &Path, report: &mut Report) -> Result<(), Failure> {
    let scene = Scene::open(stage)?;
    let empty = scene.screen().picture()?;
    let window = Driver::open(&scene, pincer)?;
    scene.screen().settles(Instant::now(), &empty)?;
    thread::sleep(REST);
    let mut before = window.window().memory()?;
    for (name, against) in [("window-hour", "before"), ("window-hour-again", "after the first")] {
        let took = one(&scene, &window)?;
        thread::sleep(REST);
        let after = window.window().memory()?;
        let what = format!("{against}; {LOOKS} looks, {LINES} lines in {} s", took.as_secs());
        report.beside(name, after, what, before)?;
        before = after;
    }
    Ok(())
}

/// Looks and downloads as many as an hour has, on the screen that shows them; how long it took.
fn one(scene: &Scene, window: &Driver) -> Result<Duration, Failure> {
    let begun = Instant::now();
    window.go("models")?;
    let (mut looks, mut lines, mut number) = (0, 0, 0);
    while looks < LOOKS || lines < LINES {
        let name = MODELS.into_iter().cycle().nth(number as usize % MODELS.len()).unwrap_or_default();
        number += 1;
        let cancels = number % CANCELLED == 0;
        remove(scene, name)?;
        window.call("pull", &json!({ "name": name, "forOpenclaw": false }), 1)?;
        let started = Instant::now();
        loop {
            if begun.elapsed() > LIMIT {
                return Err(Failure::Needs(format!(
                    "After {} s: {looks} looks, {lines} lines.",
                    LIMIT.as_secs()
                )));
            }
            window.call("look_again", &json!({}), IN_A_ROW)?;
            looks += IN_A_ROW;
            if cancels && started.elapsed() > Duration::from_millis(u64::from(OF_ONE / 2)) {
                window.call("cancel_pull", &json!({ "name": name }), 1)?;
                lines += OF_ONE / 2;
                break;
            }
            if is_installed(scene, name)? {
                lines += OF_ONE;
                break;
            }
        }
        window.call("dismiss_pull", &json!({ "name": name }), 1)?;
    }
    window.go("home")?;
    Ok(begun.elapsed())
}

fn is_installed(scene: &Scene, name: &str) -> Result<bool, Failure> {
    let tags = ask(scene, "GET", "/api/tags", &Value::Null)?;
    let models = tags.get("models").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    Ok(models.iter().any(|model| model.get("name").and_then(Value::as_str) == Some(name)))
}

/// From the server itself, as another program would.
fn remove(scene: &Scene, name: &str) -> Result<(), Failure> {
    if is_installed(scene, name)? {
        ask(scene, "DELETE", "/api/delete", &json!({ "model": name }))?;
    }
    Ok(())
}

fn ask(scene: &Scene, method: &str, path: &str, body: &Value) -> Result<Value, Failure> {
    http::ask(scene.stage().address(), method, path, body, "practice's answer")
}
