//! The table of faults: every way a port can answer that is not a healthy Ollama, as data.
//! Tests iterate it, practice mode offers it as a menu; a new fault is a new row.

use std::{borrow::Cow, time::Duration};

use bytes::Bytes;

use crate::raw::{Script, Step};

/// Where a fault shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Place {
    /// In the connection: no HTTP answer comes.
    Connection,
    /// In an answer to any request.
    Answer,
    /// In the stream of `POST /api/pull`.
    Pull,
}

/// One fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Its code name.
    pub name: Cow<'static, str>,
    /// What it does, in one line.
    pub what: Cow<'static, str>,
    /// Where it shows.
    pub place: Place,
    /// What it plays.
    pub script: Script,
}

/// How a replayed stream ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// As HTTP asks.
    Proper,
    /// The connection is closed in the middle of the body.
    Close,
    /// The connection is reset.
    Reset,
    /// Nothing more comes, and the connection stays.
    Hold,
}

impl Fault {
    /// A fault of one's own.
    #[must_use]
    pub fn new(name: &'static str, what: &'static str, place: Place, steps: Vec<Step>) -> Self {
        Self { name: name.into(), what: what.into(), place, script: Script::Steps(steps) }
    }

    /// Answers any request with these NDJSON bytes, up to `cut` of them, one line at a time with a pause before
    /// each, and then ends so.
    #[must_use]
    pub fn replay(ndjson: &[u8], cut: Option<usize>, pause: Duration, ending: Ending) -> Self {
        let bytes = ndjson.get(..cut.unwrap_or(ndjson.len())).unwrap_or(ndjson);
        let mut steps = vec![Step::ReadRequest, send(STREAM_HEAD)];
        for line in bytes.split_inclusive(|&byte| byte == b'\n') {
            steps.push(Step::Pause(pause));
            steps.push(Step::Send(chunk(line)));
        }
        match ending {
            Ending::Proper => steps.push(send("0\r\n\r\n")),
            Ending::Close => {}
            Ending::Reset => steps.push(Step::Reset),
            Ending::Hold => steps.push(Step::Hold),
        }
        Self::new("replay", "a pull's stream as given", Place::Pull, steps)
    }

    /// Whether it goes on until the client leaves.
    #[must_use]
    pub fn is_endless(&self) -> bool {
        match &self.script {
            Script::NeverAccept => true,
            Script::Steps(steps) => steps.iter().any(|step| matches!(step, Step::Hold | Step::Repeat(..))),
        }
    }

    fn renamed(self, name: &'static str, what: &'static str) -> Self {
        Self { name: name.into(), what: what.into(), ..self }
    }
}

/// The fault of this name.
#[must_use]
pub fn named(name: &str) -> Option<Fault> {
    table().into_iter().find(|fault| fault.name == name)
}

/// The whole pull of a real server, as NDJSON.
#[must_use]
pub fn real_pull() -> &'static [u8] {
    let captured = include_str!("../fixtures/ollama/pull_ok.ndjson");
    // The capture begins with the head of the answer.
    captured.find("{\"status\"").and_then(|start| captured.get(start..)).unwrap_or_default().as_bytes()
}

/// All faults.
#[must_use]
pub fn table() -> Vec<Fault> {
    let mut table = connection();
    table.extend(answer());
    table.extend(pull());
    table
}

pub(crate) const STREAM_HEAD: &str =
    "HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n";
pub(crate) const JSON_HEAD: &str = "HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\n";

pub(crate) fn send(text: &str) -> Step {
    Step::Send(Bytes::copy_from_slice(text.as_bytes()))
}

pub(crate) fn chunk(bytes: &[u8]) -> Bytes {
    let mut chunk = format!("{:x}\r\n", bytes.len()).into_bytes();
    chunk.extend_from_slice(bytes);
    chunk.extend_from_slice(b"\r\n");
    chunk.into()
}

/// A whole answer. `headers` are whole lines.
pub(crate) fn reply(status: &str, headers: &str, body: &[u8]) -> Vec<Step> {
    let head =
        format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    vec![Step::ReadRequest, send(&head), Step::Send(Bytes::copy_from_slice(body))]
}

pub(crate) fn json(body: &[u8]) -> Vec<Step> {
    reply("200 OK", "Content-Type: application/json; charset=utf-8\r\n", body)
}

/// A head that promises `length` bytes, and what follows.
pub(crate) fn promised(length: &str, then: Vec<Step>) -> Vec<Step> {
    let head = format!("{JSON_HEAD}Content-Length: {length}\r\n\r\n");
    let mut steps = vec![Step::ReadRequest, send(&head)];
    steps.extend(then);
    steps
}

fn connection() -> Vec<Fault> {
    let fault = |name, what, steps| Fault::new(name, what, Place::Connection, steps);
    let noise: Vec<u8> = (0..512_u32).map(|n| (n * 167 + 13).to_le_bytes()[0]).collect();
    vec![
        Fault {
            script: Script::NeverAccept,
            ..fault(
                "never-accepts",
                "the port is bound and nobody takes connections: Ollama starting",
                vec![],
            )
        },
        fault("silent", "takes connections and requests, and says nothing", vec![Step::Hold]),
        fault("closes-at-once", "takes a connection and closes it", vec![]),
        fault("resets-at-once", "takes a connection and resets it", vec![Step::Reset]),
        fault("empty-reply", "reads the request and closes without an answer", vec![Step::ReadRequest]),
        fault(
            "reset-after-request",
            "reads the request and resets the connection",
            vec![Step::ReadRequest, Step::Reset],
        ),
        fault("ssh", "an SSH server", vec![send("SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n"), Step::Hold]),
        fault(
            "ftp",
            "an FTP server",
            vec![send("220 (vsFTPd 3.0.3)\r\n"), Step::ReadRequest, send("530 no\r\n")],
        ),
        fault(
            "tls",
            "a TLS server that gets plain text: an alert, then the end",
            vec![Step::ReadRequest, Step::Send(Bytes::from_static(&[0x15, 3, 1, 0, 2, 2, 0x16]))],
        ),
        fault(
            "http2-only",
            "an HTTP/2 server: its settings frame, then the end",
            vec![Step::ReadRequest, Step::Send(Bytes::from_static(&[0, 0, 0, 4, 0, 0, 0, 0, 0]))],
        ),
        fault("noise", "bytes without sense", vec![Step::ReadRequest, Step::Send(noise.into())]),
        fault(
            "half-head",
            "the head of an answer stops in the middle, and the connection closes",
            vec![Step::ReadRequest, send("HTTP/1.1 200 OK\r\nContent-Ty")],
        ),
        fault(
            "slow-head",
            "the head of an answer comes a byte a second",
            vec![
                Step::ReadRequest,
                Step::Drip(Bytes::from_static(JSON_HEAD.as_bytes()), Duration::from_secs(1)),
                Step::Hold,
            ],
        ),
        fault(
            "huge-head",
            "headers without end",
            vec![
                Step::ReadRequest,
                send("HTTP/1.1 200 OK\r\n"),
                Step::Repeat(Bytes::from(format!("X-Padding: {}\r\n", "a".repeat(8000))), Duration::ZERO),
            ],
        ),
    ]
}

fn answer() -> Vec<Fault> {
    let fault = |name, what, steps| Fault::new(name, what, Place::Answer, steps);
    let html = "Content-Type: text/html\r\nServer: nginx/1.24.0\r\n";
    let page = b"<!DOCTYPE html>\n<html><head><title>Welcome to nginx!</title></head><body></body></html>\n";
    let text = "Content-Type: text/plain; charset=utf-8\r\n";
    let kind = "Content-Type: application/json; charset=utf-8\r\n";
    let entry = br#"{"name":"a:latest","model":"a:latest","size":1},"#.repeat(1400);
    let spaces = b" ".repeat(65_536);
    let deep = [b"[".repeat(100_000), b"]".repeat(100_000)].concat();
    vec![
        fault("html", "another web server: a page in HTML", reply("200 OK", html, page)),
        fault("other-json", "another program's JSON", json(br#"{"ok":true,"service":"other"}"#)),
        fault("not-found", "a web server that has no such page", reply("404 Not Found", html, page)),
        fault(
            "error-500",
            "status 500 with Ollama's form of an error",
            reply("500 Internal Server Error", kind, br#"{"error":"something broke"}"#),
        ),
        fault("error-500-html", "status 500 with a page", reply("500 Internal Server Error", html, page)),
        fault("error-502", "a proxy without its server", reply("502 Bad Gateway", html, page)),
        fault(
            "proxy-login",
            "a proxy that wants a password",
            reply("407 Proxy Authentication Required", html, b""),
        ),
        fault(
            "forbidden",
            "status 403 without a word: host or origin refused",
            reply("403 Forbidden", "", b""),
        ),
        fault(
            "queue-full",
            "status 503: Ollama has too much to do",
            reply(
                "503 Service Unavailable",
                kind,
                br#"{"error":"server busy, please try again.  maximum pending requests exceeded"}"#,
            ),
        ),
        fault(
            "https-port",
            "a TLS port of Go's that gets plain text",
            vec![
                Step::ReadRequest,
                send("HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n"),
            ],
        ),
        fault(
            "redirect",
            "sends the client elsewhere on the same port: a second request shows who follows",
            reply("302 Found", "Location: /elsewhere\r\n", b""),
        ),
        fault("empty-body", "status 200 and nothing", reply("200 OK", kind, b"")),
        fault("no-content", "status 204", vec![Step::ReadRequest, send("HTTP/1.1 204 No Content\r\n\r\n")]),
        fault("not-json", "status 200 and plain words", reply("200 OK", text, b"all is well")),
        fault("half-json", "JSON that stops in the middle", json(br#"{"models":[{"name":"a:la"#)),
        fault(
            "wrong-types",
            "JSON of other types",
            json(br#"{"models":"none","version":7,"capabilities":{}}"#),
        ),
        fault("deep-json", "JSON nested a hundred thousand times", json(&deep)),
        fault(
            "invalid-utf8",
            "JSON that is not UTF-8",
            json(b"{\"models\":[{\"name\":\"\xff\xfe\xc3\x28\"}]}"),
        ),
        fault(
            "false-gzip",
            "says gzip and sends text",
            reply(
                "200 OK",
                "Content-Type: application/json\r\nContent-Encoding: gzip\r\n",
                br#"{"models":[]}"#,
            ),
        ),
        fault(
            "short-body",
            "promises more bytes than come, and closes",
            promised("4096", vec![send(r#"{"models":["#)]),
        ),
        fault(
            "long-body",
            "sends more bytes than promised",
            promised("13", vec![send(r#"{"models":[]}{"models":[{"name":"smuggled"}]}"#)]),
        ),
        fault("bad-length", "a length that is no number", promised("many", vec![send(r#"{"models":[]}"#)])),
        fault(
            "bad-chunk",
            "a chunk whose length is no number",
            vec![
                Step::ReadRequest,
                send(&format!("{JSON_HEAD}Transfer-Encoding: chunked\r\n\r\nzz\r\n{{}}\r\n")),
            ],
        ),
        fault("body-stops", "the body stops in the middle, and the connection stays", {
            promised("4096", vec![send(r#"{"models":["#), Step::Hold])
        }),
        fault("drip", "the body comes a byte a second", {
            let body = Bytes::from(vec![b' '; 4096]);
            promised("4096", vec![Step::Drip(body, Duration::from_secs(1))])
        }),
        fault("endless-json", "JSON that never ends, within the length it promises", {
            promised(
                "1099511627776",
                vec![send(r#"{"models":["#), Step::Repeat(entry.into(), Duration::ZERO)],
            )
        }),
        fault("endless-chunks", "a chunked body that never ends", {
            let head = format!("{JSON_HEAD}Transfer-Encoding: chunked\r\n\r\n");
            vec![Step::ReadRequest, send(&head), Step::Repeat(chunk(&spaces), Duration::ZERO)]
        }),
    ]
}

fn pull() -> Vec<Fault> {
    let real = real_pull();
    let stream = |name, what, then: Vec<Step>| {
        let mut steps = vec![Step::ReadRequest, send(STREAM_HEAD)];
        steps.extend(then);
        Fault::new(name, what, Place::Pull, steps)
    };
    let line = |text: &str| Step::Send(chunk(format!("{text}\n").as_bytes()));
    let half = Some(real.len() / 2);
    let no_success = real.len() - b"{\"status\":\"success\"}\n".len();
    let now = Duration::ZERO;
    let end = || send("0\r\n\r\n");
    vec![
        Fault::replay(real, half, now, Ending::Close)
            .renamed("pull-cut", "the connection closes in the middle of a line"),
        Fault::replay(real, half, now, Ending::Reset)
            .renamed("pull-reset", "the connection is reset in the middle of a line"),
        Fault::replay(real, half, now, Ending::Hold)
            .renamed("pull-stops", "nothing more comes in the middle of a line, and the connection stays"),
        Fault::replay(real, Some(no_success), now, Ending::Proper)
            .renamed("pull-no-success", "the stream ends well-formed without success"),
        Fault::replay(b"", None, now, Ending::Proper).renamed("pull-empty", "a stream of no lines"),
        stream("pull-half-line", "the last line has no end and is no JSON", vec![
            line(r#"{"status":"pulling manifest"}"#),
            Step::Send(chunk(br#"{"status":"pulling 59e7"#)),
            end(),
        ]),
        stream("pull-not-json", "a line that is a page", vec![
            line(r#"{"status":"pulling manifest"}"#),
            line("<html><body>Please sign in</body></html>"),
            end(),
        ]),
        stream("pull-not-utf8", "a line that is not UTF-8", vec![
            line(r#"{"status":"pulling manifest"}"#),
            Step::Send(chunk(b"{\"status\":\"\xff\xfe\"}\n")),
            end(),
        ]),
        stream("pull-wrong-numbers", "numbers below zero, beyond 64 bits, and as text", vec![
            line(r#"{"status":"pulling 0123","digest":"sha256:0123","total":-1,"completed":99999999999999999999}"#),
            line(r#"{"status":"pulling 0123","digest":"sha256:0123","total":"many","completed":null}"#),
            end(),
        ]),
        stream("pull-over-total", "completed beyond total, and a total of nothing", vec![
            line(r#"{"status":"pulling 0123","digest":"sha256:0123","total":10,"completed":25}"#),
            line(r#"{"status":"pulling 4567","digest":"sha256:4567","total":0,"completed":5}"#),
            line(r#"{"status":"success"}"#),
            end(),
        ]),
        stream("pull-endless-line", "a line that never ends", vec![
            Step::Send(chunk(br#"{"status":"pulling "#)),
            Step::Repeat(chunk(&b"a".repeat(65_536)), now),
        ]),
        stream("pull-endless-lines", "the same line for ever, as fast as it goes", vec![Step::Repeat(
            chunk(&b"{\"status\":\"pulling 0123\",\"digest\":\"sha256:0123\",\"total\":10,\"completed\":5}\n".repeat(500)),
            now,
        )]),
    ]
}
