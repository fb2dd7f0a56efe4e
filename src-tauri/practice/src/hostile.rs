//! What a server could do to harm its client, as rows like those of [`faults`](crate::faults): answers that are made
//! to fill a memory, to hold a client up, or to lie to who reads the names. Nothing here is large in the server.

use std::{fmt::Write as _, time::Duration};

use bytes::Bytes;

use crate::{
    faults::{Fault, JSON_HEAD, Place, STREAM_HEAD, chunk, json, promised, reply, send},
    raw::Step,
};

/// Names that are made to be shown wrongly, run, or written somewhere.
pub const NAMES: [&str; 14] = [
    "evil\u{1b}[2J\u{1b}]0;owned\u{7}:1b",
    "\u{9b}31mred:1b",
    "two\nlines:1b",
    "gpj.\u{202e}exe:1b",
    "\u{2066}\u{2067}qwen3\u{2069}:8b",
    "qwen\u{200b}3:8b",
    "\u{feff}qwen3:8b",
    "\u{200f}qwen3\u{61c}:8b",
    "<img src=x onerror=alert(1)>",
    "<script>fetch('http://127.0.0.1:1')</script>:1b",
    "../../../../etc/passwd",
    "C:\\Windows\\System32\\cmd.exe",
    "$(touch /tmp/owned);`id`:1b",
    "--yes",
];

/// All rows.
#[must_use]
pub fn table() -> Vec<Fault> {
    let mut table = heads();
    table.extend(lengths());
    table.extend(sizes());
    table.extend(contents());
    table.extend(streams());
    table
}

/// The row of this name.
#[must_use]
pub fn named(name: &str) -> Option<Fault> {
    table().into_iter().find(|fault| fault.name == name)
}

/// Sends the client to another server.
#[must_use]
pub fn redirect(status: &str, to: &str) -> Fault {
    let steps = reply(status, &format!("Location: {to}\r\n"), b"");
    Fault::new("redirect-elsewhere", "sends the client to another server", Place::Answer, steps)
}

/// A whole answer of plain text to any question.
#[must_use]
pub fn page(body: &[u8]) -> Vec<Step> {
    reply("200 OK", "Content-Type: text/plain; charset=utf-8\r\n", body)
}

fn answer(name: &'static str, what: &'static str, steps: Vec<Step>) -> Fault {
    Fault::new(name, what, Place::Answer, steps)
}

/// After a request these bytes, and then those for ever.
fn for_ever(first: &str, again: impl Into<Bytes>, each: Duration) -> Vec<Step> {
    vec![Step::ReadRequest, send(first), Step::Repeat(again.into(), each)]
}

/// A whole body in which a piece comes so many times.
fn repeated(first: &str, piece: &str, count: u32, last: &str) -> Vec<Step> {
    let block = 64;
    let length = first.len() as u64 + piece.len() as u64 * block * u64::from(count) + last.len() as u64;
    let pieces = Bytes::from(piece.repeat(64));
    promised(&length.to_string(), vec![send(first), Step::Times(pieces, count), send(last)])
}

fn heads() -> Vec<Fault> {
    let fault = |name, what, steps| Fault::new(name, what, Place::Connection, steps);
    let now = Duration::ZERO;
    let many = "X-Padding: a\r\n".repeat(5000);
    vec![
        fault(
            "endless-status",
            "a first line without end",
            for_ever("HTTP/1.1 200 ", "a".repeat(65_536), now),
        ),
        fault(
            "many-headers",
            "five thousand headers",
            vec![Step::ReadRequest, send(&format!("HTTP/1.1 200 OK\r\n{many}Content-Length: 2\r\n\r\n{{}}"))],
        ),
        fault("endless-header", "one header without end", {
            for_ever("HTTP/1.1 200 OK\r\nX-Padding: ", "a".repeat(65_536), now)
        }),
        fault("endless-continue", "asks to go on, for ever", {
            for_ever("", "HTTP/1.1 100 Continue\r\n\r\n".repeat(100), Duration::from_millis(1))
        }),
        fault("drip-head", "a head of one byte every 5 ms, for ever", {
            for_ever("HTTP/1.1 200 OK\r\nX-Padding: ", "a", Duration::from_millis(5))
        }),
    ]
}

fn lengths() -> Vec<Fault> {
    let now = Duration::ZERO;
    let chunked = format!("{JSON_HEAD}Transfer-Encoding: chunked\r\n\r\n");
    let raw = |text: &str| vec![Step::ReadRequest, send(text)];
    vec![
        answer("two-lengths", "two lengths that differ", {
            raw(&format!("{JSON_HEAD}Content-Length: 13\r\nContent-Length: 2\r\n\r\n{{\"models\":[]}}"))
        }),
        answer("huge-length", "a length beyond 64 bits", {
            raw(&format!("{JSON_HEAD}Content-Length: 99999999999999999999999\r\n\r\n{{\"models\":[]}}"))
        }),
        answer("negative-length", "a length below zero", {
            raw(&format!("{JSON_HEAD}Content-Length: -1\r\n\r\n{{\"models\":[]}}"))
        }),
        answer("huge-chunk", "a chunk of 2^64 - 1 bytes, of which some come", {
            raw(&format!("{chunked}ffffffffffffffff\r\n{{\"models\":[]}}"))
        }),
        answer("overflowing-chunk", "a chunk of more bytes than can be counted", {
            raw(&format!("{chunked}fffffffffffffffff0\r\n{{\"models\":[]}}"))
        }),
        answer("endless-extension", "a chunk whose extension never ends", {
            for_ever(&format!("{chunked}5;"), "a".repeat(65_536), now)
        }),
        answer("endless-trailers", "headers without end after the body", {
            for_ever(
                &format!("{chunked}d\r\n{{\"models\":[]}}\r\n0\r\n"),
                "X-Padding: a\r\n".repeat(4000),
                now,
            )
        }),
        answer("drip-body", "a body of one byte every 5 ms, for ever", {
            for_ever(&chunked, chunk(b" "), Duration::from_millis(5))
        }),
        answer("error-endless", "status 500 with a body that never ends", {
            let head = "HTTP/1.1 500 Internal Server Error\r\nTransfer-Encoding: chunked\r\n\r\n";
            for_ever(head, chunk(&b"a".repeat(65_536)), now)
        }),
    ]
}

fn sizes() -> Vec<Fault> {
    let long = "a".repeat(1024);
    vec![
        // 64 x 1 KiB x 16,384.
        answer("line-of-1-gib", "a name of 1 GiB in one line", {
            repeated(r#"{"models":[{"name":""#, &long, 16_384, r#""}]}"#)
        }),
        answer("bomb", "53 kB that say to be gzip, and would be 8 MiB", {
            let kind = "Content-Type: application/json\r\nContent-Encoding: gzip\r\n";
            reply("200 OK", kind, &bomb(8 << 20))
        }),
        answer("five-thousand-models", "as many models as nobody has", {
            let entries: Vec<String> = (0..5000)
                .map(|n| {
                    format!(
                        r#"{{"name":"model-{n}:1b","model":"model-{n}:1b","size":{n},"digest":"sha256:{n}"}}"#
                    )
                })
                .collect();
            json(format!(r#"{{"version":"1","models":[{}]}}"#, entries.join(",")).as_bytes())
        }),
        answer("million-models", "more than a million models in 15 MB", {
            repeated(r#"{"version":"1","models":["#, r#"{"name":""},"#, 19_500, r#"{"name":""}]}"#)
        }),
        answer("million-capabilities", "millions of capabilities in 15 MB", {
            repeated(r#"{"capabilities":["#, r#""","#, 78_000, r#"""]}"#)
        }),
        answer("million-facts", "a list of millions of numbers in 15 MB", {
            let first = r#"{"capabilities":["tools"],"model_info":{"general.architecture":"llama","llama.block_count":["#;
            repeated(first, "0,", 115_000, "0]}}")
        }),
        answer("nested-facts", "lists in lists, millions, in 15 MB", {
            repeated(r#"{"capabilities":["tools"],"model_info":{"a":["#, "[0],", 58_000, "0]}}")
        }),
        answer("long-text", "8 MB of text where a list or a version is wanted", {
            let first = r#"{"models":""#;
            repeated(first, &long, 120, r#"","version":7}"#)
        }),
        answer("long-names", "names of a megabyte", {
            let name = format!("{}\u{202e}", "a".repeat(1 << 20));
            let body = format!(
                r#"{{"version":"{name}","models":[{{"name":"{name}"}}],"capabilities":["{name}"],"recommendations":[{{"model":"{name}","description":"{name}"}}],"status":"{name}"}}"#
            );
            json(body.as_bytes())
        }),
        answer("long-error", "status 500 with 60 kB of words", {
            let body = format!(r#"{{"error":"\u001b[2J{}"}}"#, "evil \u{202e}".repeat(7000));
            reply("500 Internal Server Error", "Content-Type: application/json\r\n", body.as_bytes())
        }),
        answer("long-number", "numbers of a million digits", {
            let number = "9".repeat(1_000_000);
            json(numbers(&number).as_bytes())
        }),
    ]
}

fn contents() -> Vec<Fault> {
    vec![
        answer("negative-numbers", "numbers below zero", json(numbers("-1").as_bytes())),
        answer("huge-numbers", "numbers beyond 64 bits", json(numbers("99999999999999999999999").as_bytes())),
        answer("absurd-numbers", "numbers beyond any float", json(numbers("1e999").as_bytes())),
        answer("largest-numbers", "the largest number of 64 bits everywhere", {
            json(numbers("18446744073709551615").as_bytes())
        }),
        answer("fractions", "numbers that are not whole", json(numbers("0.5").as_bytes())),
        answer("hostile-names", "names that steer terminals, turn around, are pages or paths", {
            let mut entries = String::new();
            for (at, name) in NAMES.iter().enumerate() {
                let comma = if at == 0 { "" } else { "," };
                let name = serde_json::Value::from(*name);
                // Writing to a text cannot fail.
                let _ =
                    write!(entries, r#"{comma}{{"name":{name},"model":{name},"size":1,"digest":{name}}}"#);
            }
            let evil = serde_json::Value::from(NAMES.concat());
            let body = format!(
                r#"{{"version":{evil},"models":[{entries}],"capabilities":[{evil}],"remote_host":{evil},"recommendations":[{{"model":{evil},"description":{evil}}}],"error":{evil},"signin_url":{evil}}}"#
            );
            json(body.as_bytes())
        }),
    ]
}

/// One body for every question, with this number wherever there is one.
fn numbers(number: &str) -> String {
    format!(
        r#"{{"version":"1","models":[{{"name":"a:1b","size":{number},"size_vram":{number},"context_length":{number}}}],"capabilities":["completion","tools"],"model_info":{{"general.architecture":"llama","general.parameter_count":{number},"llama.context_length":{number},"llama.block_count":{number},"llama.embedding_length":{number},"llama.attention.head_count":{number},"llama.attention.head_count_kv":{number},"llama.attention.key_length":{number}}},"recommendations":[{{"model":"a:1b","vram_bytes":{number}}}],"status":"pulling x","digest":"x","total":{number},"completed":{number},"eval_count":{number},"done":true}}"#
    )
}

fn streams() -> Vec<Fault> {
    let stream = |name, what, then: Vec<Step>| {
        let mut steps = vec![Step::ReadRequest, send(STREAM_HEAD)];
        steps.extend(then);
        Fault::new(name, what, Place::Pull, steps)
    };
    vec![
        stream(
            "stream-line-of-1-gib",
            "a line of 1 GiB",
            vec![
                Step::Send(chunk(br#"{"status":""#)),
                Step::Times(chunk(&b"a".repeat(65_536)), 16_384),
                Step::Send(chunk(b"\"}\n")),
                send("0\r\n\r\n"),
            ],
        ),
        stream(
            "stream-line-ends",
            "line ends for ever, as fast as it goes",
            vec![Step::Repeat(chunk(&b"\n".repeat(65_536)), Duration::ZERO)],
        ),
        stream(
            "stream-drip",
            "one byte of a line every 5 ms, for ever",
            vec![Step::Repeat(chunk(b"a"), Duration::from_millis(5))],
        ),
        stream("stream-many-layers", "a layer after the other, for ever", {
            let mut lines = String::new();
            for n in 0..2000 {
                // Writing to a text cannot fail.
                let _ = writeln!(
                    lines,
                    r#"{{"status":"pulling {n}","digest":"sha256:{n}","total":{n},"completed":{n}}}"#
                );
            }
            vec![Step::Repeat(chunk(lines.as_bytes()), Duration::ZERO)]
        }),
        stream(
            "stream-long-error",
            "an error of megabytes in a line",
            vec![
                Step::Send(chunk(br#"{"error":"\u001b[2J"#)),
                Step::Times(chunk("evil \u{202e}".repeat(8192).as_bytes()), 100),
                Step::Send(chunk(b"\"}\n")),
                send("0\r\n\r\n"),
            ],
        ),
        stream(
            "stream-wrong-type",
            "megabytes of text where a number is wanted",
            vec![
                Step::Send(chunk(br#"{"total":""#)),
                Step::Times(chunk(&b"a".repeat(65_536)), 100),
                Step::Send(chunk(b"\"}\n")),
                send("0\r\n\r\n"),
            ],
        ),
    ]
}

/// A gzip file that unpacks to about so many zeros: one byte, and "the last 258 again" in 13 bits (RFC 1951, 3.2.6).
fn bomb(size: usize) -> Vec<u8> {
    let mut bits: Vec<bool> = Vec::new();
    // A last block with the fixed codes; numbers begin with their lowest bit, codes with their highest.
    bits.extend([true, true, false]);
    // The byte 0 is `00110000`.
    bits.extend([false, false, true, true, false, false, false, false]);
    for _ in 0..size / 258 {
        // Length 258 is `11000101`, distance 1 is `00000`.
        bits.extend([true, true, false, false, false, true, false, true]);
        bits.extend([false; 5]);
    }
    // The end is `0000000`.
    bits.extend([false; 7]);
    let packed = bits
        .chunks(8)
        .map(|eight| eight.iter().enumerate().fold(0_u8, |byte, (at, bit)| byte | (u8::from(*bit) << at)));
    // What ends a file, a checksum and the size, nobody gets to.
    [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255].into_iter().chain(packed).collect()
}
