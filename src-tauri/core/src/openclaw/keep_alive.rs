//! `keep_alive`: how long Ollama keeps a model in memory after a question, as its API and OpenClaw's settings say it.
//! Pure; the rules are Ollama's own (a number of seconds, or a duration of Go's).

use super::document::Value;

/// A time as Ollama reads it: a number of seconds, or a text of Go's (`15m`, `1h30m`); below zero is for good.
pub(super) fn seconds(value: &Value) -> Option<u64> {
    if let Some(seconds) = value.as_u64() {
        return Some(seconds);
    }
    let json = value.to_json();
    if json.as_f64().is_some_and(|seconds| seconds < 0.0) {
        return Some(u64::MAX);
    }
    let text = json.as_str()?.trim();
    if let Some(rest) = text.strip_prefix('-') {
        return seconds(&Value::from(rest)).map(|_| u64::MAX);
    }
    let mut all = 0.0;
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, after) = rest.split_at(end);
        let units = [("ms", 0.001), ("h", 3600.0), ("m", 60.0), ("s", 1.0)];
        let (unit, each) = units.into_iter().find(|(unit, _)| after.starts_with(unit))?;
        all += number.parse::<f64>().ok()? * each;
        rest = after.strip_prefix(unit)?;
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    // `as` saturates, and it is not below zero
    (!text.is_empty()).then_some(all as u64)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn as_ollama_reads_it() {
        for (written, expected) in [
            (json!(0), Some(0)),
            (json!(300), Some(300)),
            (json!(-1), Some(u64::MAX)),
            (json!(-1.5), Some(u64::MAX)),
            (json!("15m"), Some(900)),
            (json!("24h"), Some(86_400)),
            (json!("1h30m"), Some(5400)),
            (json!("1.5h"), Some(5400)),
            (json!("90s"), Some(90)),
            (json!("2500ms"), Some(2)),
            (json!("-1m"), Some(u64::MAX)),
            (json!(" 15m "), Some(900)),
            (json!(""), None),
            (json!("15"), None),
            (json!("m"), None),
            (json!("-"), None),
            (json!("15 m"), None),
            (json!("a while"), None),
            (json!(null), None),
            (json!([]), None),
        ] {
            assert_eq!(seconds(&Value::from(written.clone())), expected, "{written}");
        }
    }
}
