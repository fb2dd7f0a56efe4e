//! Chats in both forms, and models that are loaded and unloaded.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod common;

use common::{Lines, answer, ask, quick, told};
use pincer_practice::{Event, Options, Practice, PracticeModel, ToolUse};
use serde_json::{Value, json};

async fn server() -> Practice {
    let models = vec![
        PracticeModel::thinking("think:8b"),
        PracticeModel::plain("plain"),
        PracticeModel::embedding("embed"),
        PracticeModel::cloud("big:20b-cloud"),
        PracticeModel { tool_use: ToolUse::WritesText, ..PracticeModel::tools("writes") },
        PracticeModel {
            load_error: Some(
                "model requires more system memory (8.0 GiB) than is available (2.0 GiB)".into(),
            ),
            ..PracticeModel::tools("heavy")
        },
        PracticeModel { on_graphics_card: 25, ..PracticeModel::tools("half") },
    ];
    Practice::start(quick(models)).await.unwrap()
}

fn tool(name: &str) -> Value {
    let properties = json!({
        "city": { "type": "string" }, "days": { "type": "integer" },
        "unit": { "type": "string", "enum": ["celsius", "fahrenheit"] }, "more": { "type": "string" },
    });
    let parameters =
        json!({ "type": "object", "properties": properties, "required": ["city", "days", "unit"] });
    json!({ "type": "function", "function": { "name": name, "description": "", "parameters": parameters } })
}

fn chat(model: &str, tools: &[Value], stream: bool) -> Value {
    let messages = json!([{ "role": "user", "content": "What is the `weather` in Paris for 3 days?" }]);
    json!({ "model": model, "messages": messages, "tools": tools, "stream": stream })
}

fn weather() -> Value {
    json!({ "city": "Paris", "days": 3, "unit": "celsius" })
}

#[tokio::test]
async fn a_tool_is_called_in_one_piece_and_streamed() {
    let server = server().await;
    let whole = answer(&server, "POST", "/api/chat", chat("think:8b", &[tool("weather")], false)).await;
    let call = &whole["message"]["tool_calls"][0]["function"];
    assert_eq!((&call["name"], &call["arguments"]), (&json!("weather"), &weather()));
    assert_eq!((&whole["done"], &whole["done_reason"]), (&json!(true), &json!("stop")));
    for key in ["total_duration", "load_duration", "prompt_eval_count", "prompt_eval_duration", "eval_count"]
    {
        assert!(whole[key].as_u64().is_some_and(|number| number > 0), "{key}: {whole}");
    }
    let response = ask(&server, "POST", "/api/chat", chat("think:8b", &[tool("weather")], true)).await;
    let lines = Lines::of(response).rest().await;
    // A model that can think does so first.
    assert_eq!((&lines[0]["message"]["thinking"], &lines[0]["done"]), (&json!("I "), &json!(false)));
    let call = lines.iter().find(|line| line["message"]["tool_calls"].is_array()).unwrap();
    assert_eq!(call["message"]["tool_calls"][0]["function"]["arguments"], weather());
    assert_eq!(lines.last().unwrap()["done"], true);
    assert!(lines.last().unwrap()["eval_count"].is_u64());
}

#[tokio::test]
async fn words_are_streamed_piece_by_piece_and_thoughts_before_them() {
    let server = server().await;
    let mut asked = chat("think:8b", &[], true);
    asked["think"] = json!(true);
    let lines = Lines::of(ask(&server, "POST", "/api/chat", asked.clone()).await).rest().await;
    let joined = |key: &str| {
        lines.iter().filter_map(|line| line["message"][key].as_str()).collect::<Vec<_>>().concat()
    };
    asked["stream"] = json!(false);
    let whole = answer(&server, "POST", "/api/chat", asked).await;
    assert_eq!(whole["message"]["content"], joined("content"));
    assert_eq!(whole["message"]["thinking"], joined("thinking"));
    assert!(joined("content").contains("weather` in Paris"));
}

#[tokio::test]
async fn of_several_tools_the_named_one_is_called_and_results_get_words() {
    let server = server().await;
    let none = chat("think:8b", &[tool("run"), tool("read")], false);
    let none = answer(&server, "POST", "/api/chat", none).await;
    assert!(none["message"].get("tool_calls").is_none(), "{none}");
    let named = chat("think:8b", &[tool("run"), tool("weather")], false);
    let named = answer(&server, "POST", "/api/chat", named).await;
    assert_eq!(named["message"]["tool_calls"][0]["function"]["name"], "weather");
    let mut after = chat("think:8b", &[tool("weather")], false);
    after["messages"].as_array_mut().unwrap().push(json!({ "role": "tool", "content": "sunny" }));
    let after = answer(&server, "POST", "/api/chat", after).await;
    assert_eq!(after["message"]["content"], "The tool answered: sunny");
}

#[tokio::test]
async fn models_that_cannot_say_so() {
    let server = server().await;
    let tools = [tool("weather")];
    for (body, status, text) in [
        (chat("plain", &tools, true), 400, "registry.ollama.ai/library/plain:latest does not support tools"),
        (chat("embed", &[], true), 400, "\"embed\" does not support chat"),
        (
            chat("heavy", &tools, true),
            500,
            "model requires more system memory (8.0 GiB) than is available (2.0 GiB)",
        ),
    ] {
        let error = json!({ "error": text }).to_string();
        assert_eq!(told(ask(&server, "POST", "/api/chat", body).await).await, (status, error));
    }
    let cloud = ask(&server, "POST", "/api/chat", chat("big:20b-cloud", &tools, true)).await;
    assert_eq!(cloud.status(), 401);
    assert!(cloud.json::<Value>().await.unwrap()["signin_url"].is_string());
    let written = answer(&server, "POST", "/api/chat", chat("writes", &tools, false)).await;
    assert!(written["message"].get("tool_calls").is_none());
    let text: Value = written["message"]["content"].as_str().unwrap().parse().unwrap();
    assert_eq!(text, json!({ "name": "weather", "arguments": weather() }));
}

#[tokio::test]
async fn loading_shows_in_ps_and_unloading_does_not() {
    let server = server().await;
    let loaded = json!({ "model": "half", "options": { "num_ctx": 16384 } });
    let loaded = answer(&server, "POST", "/api/generate", loaded).await;
    assert_eq!((&loaded["done_reason"], &loaded["response"]), (&json!("load"), &json!("")));
    let ps = answer(&server, "GET", "/api/ps", Value::Null).await;
    let entry = &ps["models"][0];
    assert_eq!((&entry["name"], &entry["context_length"]), (&json!("half:latest"), &json!(16384)));
    let size = |key: &str| entry[key].as_u64().unwrap();
    assert!(size("size_vram").abs_diff(size("size") / 4) <= 100, "{entry}");
    assert!(entry["expires_at"].is_string());

    let gone = answer(&server, "POST", "/api/generate", json!({ "model": "half", "keep_alive": 0 })).await;
    assert_eq!(gone["done_reason"], "unload");
    assert_eq!(answer(&server, "GET", "/api/ps", Value::Null).await, json!({ "models": [] }));
    let half = || "half:latest".to_owned();
    assert_eq!(server.events(), [Event::Loaded { model: half() }, Event::Unloaded { model: half() }]);

    answer(&server, "POST", "/api/chat", json!({ "model": "plain", "messages": [] })).await;
    assert_eq!(server.loaded(), ["plain:latest"]);
    let ps = answer(&server, "GET", "/api/ps", Value::Null).await;
    assert_eq!(ps["models"][0]["context_length"], Options::default().default_context);
}

#[tokio::test]
async fn the_other_form_says_the_same() {
    let server = server().await;
    let list = answer(&server, "GET", "/v1/models", Value::Null).await;
    assert_eq!((&list["object"], &list["data"][0]["object"]), (&json!("list"), &json!("model")));
    assert_eq!(list["data"][0]["id"], "think:8b");

    let path = "/v1/chat/completions";
    let whole = answer(&server, "POST", path, chat("think:8b", &[tool("weather")], false)).await;
    let choice = &whole["choices"][0];
    assert_eq!(choice["finish_reason"], "tool_calls");
    let call = &choice["message"]["tool_calls"][0];
    assert_eq!((&call["type"], &call["function"]["name"]), (&json!("function"), &json!("weather")));
    let arguments: Value = call["function"]["arguments"].as_str().unwrap().parse().unwrap();
    assert_eq!(arguments, weather());

    let mut asked = chat("think:8b", &[], true);
    asked["stream_options"] = json!({ "include_usage": true });
    let response = ask(&server, "POST", path, asked).await;
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let text = response.text().await.unwrap();
    let events: Vec<&str> =
        text.split_terminator("\n\n").map(|e| e.strip_prefix("data: ").unwrap()).collect();
    let (done, chunks) = events.split_last().unwrap();
    assert_eq!(*done, "[DONE]");
    let chunks: Vec<Value> = chunks.iter().map(|chunk| chunk.parse().unwrap()).collect();
    let words: Vec<&str> =
        chunks.iter().filter_map(|chunk| chunk["choices"][0]["delta"]["content"].as_str()).collect();
    assert!(words.concat().contains("weather` in Paris"));
    assert!(chunks.last().unwrap()["usage"]["total_tokens"].as_u64().unwrap() > 0);

    let refused = ask(&server, "POST", path, chat("plain", &[tool("weather")], false)).await;
    assert_eq!(refused.status(), 400);
    let error = refused.json::<Value>().await.unwrap()["error"].clone();
    assert_eq!(error["type"], "invalid_request_error");
    assert_eq!(error["message"], "registry.ollama.ai/library/plain:latest does not support tools");
}

#[tokio::test]
async fn a_chat_goes_wrong_in_every_way_and_a_client_that_leaves_is_seen() {
    let server = Practice::start(Options { tick: common::LIMIT, ..Options::checks() }).await.unwrap();
    let asked = |model: &str| chat(model, &[tool("weather")], true);
    let (status, text) = told(ask(&server, "POST", "/api/chat", asked("busy:1b")).await).await;
    assert_eq!((status, text.contains("server busy")), (503, true));
    let lines = Lines::of(ask(&server, "POST", "/api/chat", asked("breaks:1b")).await).rest().await;
    assert_eq!(lines[0]["message"]["content"], "Well");
    assert!(lines[1]["error"].is_string());
    let left = |model: &str| Event::ChatStopped { model: model.into() };
    assert!(server.events().iter().all(|event| !matches!(event, Event::ChatStopped { .. })));
    // One whose answer has begun, and one whose answer has not.
    drop(ask(&server, "POST", "/api/chat", asked("stops:1b")).await);
    assert!(server.until_event(common::LIMIT, |event| *event == left("stops:1b")).await);
    let silent = ask(&server, "POST", "/api/chat", asked("silent:1b"));
    tokio::select! {
        _ = silent => panic!("it answered"),
        asked = server.until_event(common::LIMIT, |event| *event == Event::Loaded { model: "silent:1b".into() }) => {
            assert!(asked);
        }
    }
    assert!(server.until_event(common::LIMIT, |event| *event == left("silent:1b")).await);
}
