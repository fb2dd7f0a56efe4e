//! The answers about models have the very shapes of the captured ones, and errors the very words.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod common;

use common::{answer, ask, captured, client, quick, skeleton, told};
use pincer_practice::{Answer, Options, Practice, PracticeModel, ShowAnswer};
use serde_json::{Value, json};

fn parse(name: &str) -> Value {
    captured(name).parse().unwrap()
}

/// As text, since comparing values would not see the order of fields.
fn form(value: &Value) -> String {
    skeleton(value).to_string()
}

#[tokio::test]
async fn captured_models_are_answered_as_captured() {
    let server = Practice::start(Options::fixtures()).await.unwrap();
    let tags = answer(&server, "GET", "/api/tags", Value::Null).await;
    let real = parse("tags.json");
    let list = |tags: &Value| tags["models"].as_array().unwrap().clone();
    assert_eq!(list(&tags).len(), list(&real).len());
    for entry in list(&real) {
        assert!(list(&tags).contains(&entry), "{entry}");
    }
    let seconds: Vec<String> =
        list(&tags).iter().map(|entry| entry["modified_at"].as_str().unwrap()[..19].to_owned()).collect();
    assert!(seconds.windows(2).all(|pair| pair[0] >= pair[1]), "newest first: {seconds:?}");
    for (name, file) in [
        ("sample-tools", "show_sample_tools.json"),
        ("sample-plain", "show_sample_plain.json"),
        ("sample-think", "show_sample_think.json"),
        ("sample-r1", "show_sample_r1_template.json"),
        ("sample-embed", "show_sample_embed.json"),
        ("sample-parser", "show_sample_parser.json"),
        ("sample-vision", "show_sample_vision.json"),
    ] {
        let shown = answer(&server, "POST", "/api/show", json!({ "model": name })).await;
        assert_eq!(shown, parse(file), "{name}");
    }
}

#[tokio::test]
async fn own_models_have_the_captured_shapes() {
    let tools = PracticeModel::tools("a:1");
    let server = Practice::start(quick(vec![tools])).await.unwrap();
    let entry = answer(&server, "GET", "/api/tags", Value::Null).await["models"][0].clone();
    assert_eq!(form(&entry), form(&parse("tags.json")["models"][0]));

    let mut shown = answer(&server, "POST", "/api/show", json!({ "model": "a:1" })).await;
    let mut real = parse("show_sample_tools.json");
    let info = shown["model_info"].take();
    let real_info = real["model_info"].take();
    assert_eq!(form(&shown), form(&real));
    let keys: Vec<&String> = info.as_object().unwrap().keys().collect();
    assert!(keys.is_sorted(), "{keys:?}");
    for (key, value) in real_info.as_object().unwrap() {
        assert_eq!(form(&info[key]), form(value), "{key}");
    }
}

#[tokio::test]
async fn parameters_are_lines_with_padded_keys() {
    let mut model = PracticeModel::tools("a");
    model.parameters = vec![
        ("num_ctx".into(), "8192".into()),
        ("stop".into(), "\"<|end|>\"".into()),
        ("stop".into(), "\"</s>\"".into()),
        ("temperature".into(), "0.6".into()),
    ];
    let server = Practice::start(quick(vec![model])).await.unwrap();
    let shown = answer(&server, "POST", "/api/show", json!({ "name": "a" })).await;
    assert_eq!(shown["parameters"], parse("show_sample_tools.json")["parameters"]);
}

#[tokio::test]
async fn each_kind_of_model_shows_what_it_is() {
    let models = vec![
        PracticeModel::tools("tools"),
        PracticeModel::plain("plain"),
        PracticeModel::thinking("thinking"),
        PracticeModel::vision("vision"),
        PracticeModel::embedding("embedding"),
        PracticeModel::cloud("big:20b-cloud"),
        PracticeModel::old_server("old"),
        PracticeModel::unknown_context("unknown"),
        PracticeModel::disagreeing("r1"),
        PracticeModel::broken_show("broken"),
        PracticeModel { show: ShowAnswer::Text("<html>".into()), ..PracticeModel::tools("page") },
    ];
    let server = Practice::start(quick(models)).await.unwrap();
    let show = async |name: &str| answer(&server, "POST", "/api/show", json!({ "model": name })).await;
    assert_eq!(show("tools").await["capabilities"], json!(["completion", "tools"]));
    assert_eq!(show("plain").await["capabilities"], json!(["completion"]));
    assert_eq!(show("thinking").await["capabilities"], json!(["completion", "tools", "thinking"]));
    assert_eq!(show("vision").await["capabilities"], json!(["completion", "vision"]));
    assert_eq!(show("embedding").await["capabilities"], json!(["embedding"]));
    assert_eq!(show("embedding").await["model_info"]["nomic-bert.context_length"], 2048);
    assert_eq!(show("big:20b-cloud").await["remote_model"], "big:20b");
    assert!(show("old").await.get("capabilities").is_none());
    let unknown = show("unknown").await;
    let info = unknown["model_info"].as_object().unwrap();
    assert!(!info.keys().any(|key| key.ends_with(".context_length")), "{info:?}");
    let tags = answer(&server, "GET", "/api/tags", Value::Null).await;
    let entry = |name: &str| {
        let list = tags["models"].as_array().unwrap();
        list.iter().find(|entry| entry["name"] == name).unwrap().clone()
    };
    assert_eq!(entry("r1:latest")["capabilities"], json!(["completion", "thinking"]));
    assert_eq!(show("r1").await["capabilities"], json!(["tools", "thinking", "completion"]));
    assert_eq!(entry("big:20b-cloud")["size"], 381);
    assert_eq!(entry("big:20b-cloud")["remote_host"], "https://ollama.com:443");
    assert!(entry("old:latest").get("capabilities").is_none());
    let (status, text) = told(ask(&server, "POST", "/api/show", json!({ "model": "broken" })).await).await;
    assert_eq!((status, text.as_str()), (500, r#"{"error":"unexpected EOF"}"#));
    assert_eq!(told(ask(&server, "POST", "/api/show", json!({ "model": "page" })).await).await.1, "<html>");
}

#[tokio::test]
async fn plain_answers_and_errors_have_the_very_words() {
    let server = Practice::start(quick(vec![PracticeModel::tools("Llama3.3")])).await.unwrap();
    for (method, path, body, status, text) in [
        ("GET", "/", Value::Null, 200, "Ollama is running"),
        ("HEAD", "/", Value::Null, 200, ""),
        ("GET", "/api/version", Value::Null, 200, r#"{"version":"0.32.15"}"#),
        ("GET", "/api/ps", Value::Null, 200, r#"{"models":[]}"#),
        ("GET", "/nothing", Value::Null, 404, "404 page not found"),
        ("GET", "/v1/api/tags", Value::Null, 404, "404 page not found"),
        ("POST", "/api/tags", Value::Null, 405, "405 method not allowed"),
        ("POST", "/api/show", Value::Null, 400, r#"{"error":"missing request body"}"#),
        ("POST", "/api/show", json!({}), 400, r#"{"error":"model is required"}"#),
        ("POST", "/api/show", json!({"model": "a b"}), 400, r#"{"error":"invalid model name"}"#),
        ("POST", "/api/show", json!({"model": "x"}), 404, r#"{"error":"model 'x:latest' not found"}"#),
        ("DELETE", "/api/delete", json!({"model": "x"}), 404, r#"{"error":"model 'x' not found"}"#),
        ("POST", "/api/chat", json!({"model": "x"}), 404, r#"{"error":"model 'x' not found"}"#),
    ] {
        let told = told(ask(&server, method, path, body.clone()).await).await;
        assert_eq!(told, (status, text.to_owned()), "{method} {path} {body}");
    }
    let shown = ask(&server, "POST", "/api/show", json!({ "model": "llama3.3:LATEST" })).await;
    assert_eq!(shown.status(), 200, "letter case does not count");
    assert_eq!(shown.headers()["content-type"], "application/json; charset=utf-8");
    let deleted = told(ask(&server, "DELETE", "/api/delete", json!({ "model": "llama3.3" })).await).await;
    assert_eq!(deleted, (200, String::new()));
    assert_eq!(answer(&server, "GET", "/api/tags", Value::Null).await, json!({ "models": [] }));
    let list = answer(&server, "GET", "/api/experimental/model-recommendations", Value::Null).await;
    assert!(list["recommendations"][0]["model"].is_string());
}

#[tokio::test]
async fn strangers_get_403_without_a_word() {
    let server = Practice::start(quick(Vec::new())).await.unwrap();
    for (header, value, status) in [
        ("origin", "http://tauri.localhost", 403),
        ("origin", "https://example.org", 403),
        ("origin", "http://localhost:5173", 200),
        ("origin", "tauri://localhost", 200),
        ("host", "example.org", 403),
        ("host", "localhost:11434", 200),
    ] {
        let request = client().get(format!("{}/api/version", server.url())).header(header, value);
        let (got, body) = told(request.send().await.unwrap()).await;
        assert_eq!(got, status, "{header}: {value}");
        assert_eq!(body.is_empty(), status == 403);
    }
}

#[tokio::test]
async fn what_was_asked_is_logged_and_paths_can_be_answered_otherwise() {
    let server = Practice::start(quick(vec![PracticeModel::tools("a")])).await.unwrap();
    ask(&server, "POST", "/api/show", json!({ "model": "a" })).await;
    let request = server.requests().pop().unwrap();
    assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/api/show"));
    assert_eq!(request.body, json!({ "model": "a" }));

    let busy = Answer::Reply { status: 503, content_type: "text/html".into(), body: b"busy".to_vec() };
    server.set_answer("/api/ps", Some(busy));
    assert_eq!(told(ask(&server, "GET", "/api/ps", Value::Null).await).await, (503, "busy".into()));

    server.set_answer("/api/ps", Some(Answer::Silent));
    let (waiting, ()) = tokio::join!(ask(&server, "GET", "/api/ps", Value::Null), async {
        let asked = |server: &Practice| {
            server.requests().iter().filter(|request| request.path == "/api/ps").count() == 2
        };
        assert!(server.until(common::LIMIT, asked).await);
        server.set_answer("/api/ps", None);
    });
    assert_eq!(waiting.status(), 200);
}

#[tokio::test]
async fn shows_in_flight_are_counted() {
    let server = Practice::start(Options::many(6)).await.unwrap();
    let show = |n: usize| ask(&server, "POST", "/api/show", json!({ "model": format!("many-{n:03}") }));
    // Silence keeps them in flight until all are there.
    server.set_answer("/api/show", Some(Answer::Silent));
    let all_there = async {
        assert!(server.until(common::LIMIT, |server| server.most_shows_in_flight() == 3).await);
        server.set_answer("/api/show", None);
    };
    tokio::join!(show(1), show(2), show(3), all_there);
    show(4).await;
    assert_eq!(server.most_shows_in_flight(), 3);
}

#[tokio::test]
async fn stopping_frees_the_port_and_starting_again_knows_everything() {
    let server = Practice::start(quick(vec![PracticeModel::tools("a")])).await.unwrap();
    let kept = client();
    let url = format!("{}/api/tags", server.url());
    kept.get(&url).send().await.unwrap().bytes().await.unwrap();
    server.stop().await;
    assert!(!server.is_running());
    assert!(kept.get(&url).send().await.unwrap_err().is_connect());
    server.start_again().await.unwrap();
    let tags: Value = kept.get(&url).send().await.unwrap().json().await.unwrap();
    assert_eq!(tags["models"][0]["name"], "a:latest");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn its_port_is_kept_for_it_while_it_is_stopped() {
    let server = Practice::start(Options::default()).await.unwrap();
    server.stop().await;
    let refused = tokio::net::TcpStream::connect(server.addr()).await.unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
    let other = tokio::net::TcpSocket::new_v4().unwrap();
    let taken = other.bind(server.addr()).unwrap_err();
    assert_eq!(taken.kind(), std::io::ErrorKind::AddrInUse);
    // Who asks for this one, as servers do, gets it.
    drop(std::net::TcpListener::bind(server.addr()).unwrap());
    server.start_again().await.unwrap();
    assert!(tokio::net::TcpStream::connect(server.addr()).await.is_ok());
}
