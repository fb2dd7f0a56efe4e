//! Every fault of the table does over a real socket what it says.
//! A fault without a row here fails the test: whoever adds one says what it must do.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod common;

use std::{io::ErrorKind, time::Duration};

use common::{LIMIT, client, quick, told};
use pincer_practice::{
    Practice, PracticeModel, RawServer,
    faults::{self, Ending, Fault, Place, real_pull},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// How a connection ended for the client.
#[derive(Debug, PartialEq, Eq)]
enum End {
    Closed,
    Reset,
    /// Nothing more came for a while.
    Held,
    /// More came than anyone wants.
    Flood,
}

/// Enough to call it a flood, in bytes.
const FLOOD: usize = 4 << 20;
/// How long nothing comes where nothing must come. Where something must, the test waits for it.
const HELD: Duration = Duration::from_millis(400);

/// Sends a request and reads what there is to read.
async fn hear(server: &RawServer, held: Duration) -> (Vec<u8>, End) {
    let mut stream = match TcpStream::connect(server.addr()).await {
        // A reset can come before the client has seen that it is connected.
        Err(cause) if cause.kind() == ErrorKind::ConnectionReset => return (Vec::new(), End::Reset),
        connected => connected.unwrap(),
    };
    let request =
        b"POST /api/pull HTTP/1.1\r\nHost: localhost\r\nContent-Length: 13\r\n\r\n{\"model\":\"a\"}";
    // Some faults close before they are asked.
    stream.write_all(request).await.ok();
    let (mut heard, mut buffer) = (Vec::new(), vec![0; 65_536]);
    loop {
        match tokio::time::timeout(held, stream.read(&mut buffer)).await {
            Err(_) => return (heard, End::Held),
            Ok(Ok(0)) => return (heard, End::Closed),
            Ok(Ok(count)) => heard.extend_from_slice(&buffer[..count]),
            Ok(Err(cause)) => {
                assert_eq!(cause.kind(), ErrorKind::ConnectionReset);
                return (heard, End::Reset);
            }
        }
        if heard.len() > FLOOD {
            return (heard, End::Flood);
        }
    }
}

/// What a fault must do: words that must be heard, and its end.
fn expected(name: &str) -> (&'static str, End) {
    use End::{Closed, Flood, Held, Reset};
    match name {
        "never-accepts" | "silent" => ("", Held),
        // The request that nobody read makes it a reset, or the close comes first.
        "closes-at-once" | "empty-reply" => ("", Closed),
        "resets-at-once" | "reset-after-request" => ("", Reset),
        "ssh" => ("SSH-2.0-", Held),
        "ftp" => ("220 (vsFTPd", Closed),
        "tls" => ("\x15\x03\x01", Closed),
        "http2-only" => ("\0\0\0\x04", Closed),
        "noise" => ("\r", Closed),
        "half-head" => ("HTTP/1.1 200 OK\r\nContent-Ty", Closed),
        "slow-head" => ("", Held),
        "huge-head" => ("X-Padding: aaaa", Flood),
        "html" => ("200 OK\r\nContent-Type: text/html\r\nServer: nginx", Closed),
        "other-json" => ("{\"ok\":true", Closed),
        "not-found" => ("404 Not Found", Closed),
        "error-500" => ("{\"error\":\"something broke\"}", Closed),
        "error-500-html" => ("500 Internal Server Error\r\nContent-Type: text/html", Closed),
        "error-502" => ("502 Bad Gateway", Closed),
        "proxy-login" => ("407 Proxy", Closed),
        "forbidden" => ("403 Forbidden\r\nContent-Length: 0", Closed),
        "queue-full" => ("503 Service Unavailable", Closed),
        "https-port" => ("Client sent an HTTP request to an HTTPS server.", Closed),
        "redirect" => ("302 Found\r\nLocation: /elsewhere", Closed),
        "empty-body" => {
            ("200 OK\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: 0", Closed)
        }
        "no-content" => ("204 No Content", Closed),
        "not-json" => ("all is well", Closed),
        "half-json" => ("{\"models\":[{\"name\":\"a:la", Closed),
        "wrong-types" => ("\"models\":\"none\"", Closed),
        "deep-json" => ("[[[[[[[[[[[[[[[[", Closed),
        "invalid-utf8" => ("{\"models\":[{\"name\":\"", Closed),
        "false-gzip" => ("Content-Encoding: gzip", Closed),
        "short-body" => ("Content-Length: 4096\r\n\r\n{\"models\":[", Closed),
        "long-body" => ("Content-Length: 13\r\n\r\n{\"models\":[]}{", Closed),
        "bad-length" => ("Content-Length: many", Closed),
        "bad-chunk" => ("\r\n\r\nzz\r\n", Closed),
        "body-stops" => ("{\"models\":[", Held),
        "drip" => ("Content-Length: 4096\r\n\r\n", Held),
        "endless-json" => ("Content-Length: 1099511627776", Flood),
        "endless-chunks" => ("Transfer-Encoding: chunked\r\n\r\n10000\r\n", Flood),
        "pull-cut" => ("{\"status\":\"pulling 59e73d784949\"", Closed),
        "pull-reset" => ("", Reset),
        "pull-stops" => ("{\"status\":\"pulling 59e73d784949\"", Held),
        "pull-no-success" => ("{\"status\":\"writing manifest\"}\n\r\n0\r\n\r\n", Closed),
        "pull-empty" => ("chunked\r\n\r\n0\r\n\r\n", Closed),
        "pull-half-line" => ("{\"status\":\"pulling 59e7\r\n0\r\n", Closed),
        "pull-not-json" => ("<html>", Closed),
        "pull-not-utf8" => ("{\"status\":\"", Closed),
        "pull-wrong-numbers" => ("\"total\":-1", Closed),
        "pull-over-total" => ("\"total\":10,\"completed\":25", Closed),
        "pull-endless-line" => ("aaaaaaaa", Flood),
        "pull-endless-lines" => ("\"completed\":5}\n", Flood),
        other => panic!("what must {other} do?"),
    }
}

#[tokio::test]
async fn every_fault_does_what_it_says() {
    let mut names = Vec::new();
    for fault in faults::table() {
        let (name, endless, place) = (fault.name.clone(), fault.is_endless(), fault.place);
        assert!(!names.contains(&name), "{name} is there twice");
        assert!(faults::named(&name).is_some() && !fault.what.is_empty());
        let server = RawServer::start(fault, 0).await.unwrap();
        let (words, must_end) = expected(&name);
        let held = if must_end == End::Held { HELD } else { LIMIT };
        let (heard, end) = hear(&server, held).await;
        let found = heard.windows(words.len().max(1)).any(|window| window == words.as_bytes());
        assert!(found || words.is_empty(), "{name}: {}", String::from_utf8_lossy(&heard));
        let reset_for_close = name == "closes-at-once" && end == End::Reset;
        assert!(end == must_end || reset_for_close, "{name}: {end:?}");
        assert!(!matches!(end, End::Flood) || endless, "{name} floods and does not say so");
        assert!(place == Place::Connection || heard.starts_with(b"HTTP/1.") || end == End::Reset, "{name}");
        if name == "never-accepts" {
            assert_eq!(server.connections(), 0);
        } else {
            assert!(server.until_connections(LIMIT, 1).await, "{name}");
        }
        server.stop().await;
        assert!(TcpStream::connect(server.addr()).await.is_err(), "{name} still listens");
        names.push(name);
    }
    assert!(names.len() > 40);
}

#[tokio::test]
async fn a_real_pull_can_be_replayed_and_cut_anywhere() {
    let real = real_pull();
    for (cut, ending, proper) in [
        (None, Ending::Proper, true),
        (Some(1), Ending::Proper, true),
        (Some(100), Ending::Close, false),
        (Some(real.len() - 1), Ending::Reset, false),
    ] {
        let fault = Fault::replay(real, cut, Duration::ZERO, ending);
        let server = RawServer::start(fault, 0).await.unwrap();
        let url = format!("{}/api/pull", server.url());
        let asked = async { client().post(url).body("{}").send().await?.bytes().await };
        match asked.await {
            Ok(bytes) => {
                assert!(proper);
                assert_eq!(&bytes[..], &real[..cut.unwrap_or(real.len())]);
            }
            Err(cause) => assert!(!proper, "{cause:?}"),
        }
        assert_eq!(server.requests(), ["POST /api/pull HTTP/1.1"]);
    }
}

#[tokio::test]
async fn a_fault_can_stand_before_a_healthy_server() {
    let practice = Practice::start(quick(vec![PracticeModel::tools("a")])).await.unwrap();
    let fault = faults::named("half-json").unwrap();
    let server = RawServer::start_before(fault, 0, "/api/show", practice.addr()).await.unwrap();
    let client = client();
    let get =
        async |path: &str| told(client.get(format!("{}{path}", server.url())).send().await.unwrap()).await;
    for _ in 0..2 {
        assert_eq!(get("/").await, (200, "Ollama is running".into()));
        assert!(get("/api/tags").await.1.contains("a:latest"));
        let show = client.post(format!("{}/api/show", server.url())).body(r#"{"model":"a"}"#);
        assert_eq!(told(show.send().await.unwrap()).await.1, "{\"models\":[{\"name\":\"a:la");
    }
    let chat = client.post(format!("{}/api/generate", server.url())).body(r#"{"model":"a"}"#);
    assert!(told(chat.send().await.unwrap()).await.1.contains("\"done_reason\":\"load\""));
    assert_eq!(server.requests().len(), 7);
}
