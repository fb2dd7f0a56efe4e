//! Answers of many families of models, and refusals in Ollama's own words, as tables.

use super::*;
use crate::ollama::wire::CalledFunction;

const TOOL: &str = "get_current_time";

fn said(text: &str) -> CheckOutcome {
    answer(TOOL, text, &[], false)
}

#[test]
fn a_call_is_a_call_whatever_is_said_beside_it() {
    let call = |name: &str| ToolCall { function: CalledFunction { name: name.into() } };
    assert_eq!(answer(TOOL, "", &[call(TOOL)], false), CheckOutcome::CalledTool {});
    assert_eq!(answer(TOOL, "Let me look.", &[call("x"), call(TOOL)], false), CheckOutcome::CalledTool {});
    // A tool that was not offered cannot be run.
    let other = CheckOutcome::NoCall { called: Some("get_weather".into()) };
    assert_eq!(answer(TOOL, "", &[call("get_weather")], false), other);
    // Cut off before it said anything; a call that came is one.
    assert_eq!(answer(TOOL, "<think>and so", &[], true), CheckOutcome::CutOff {});
    assert_eq!(answer(TOOL, "", &[call(TOOL)], true), CheckOutcome::CalledTool {});
    let both = answer(TOOL, r#"{"name": "get_current_time", "arguments": {}}"#, &[call(TOOL)], false);
    assert_eq!(both, CheckOutcome::CalledTool {});
}

#[test]
fn calls_written_as_text_are_known_in_every_form() {
    for (family, text) in [
        ("bare JSON (qwen2.5-coder)", r#"{"name": "get_current_time", "arguments": {"city": "Lisbon"}}"#),
        (
            "in a block",
            "Sure!\n```json\n{\n  \"name\": \"get_current_time\",\n  \"arguments\": {\"city\": \"Lisbon\"}\n}\n```",
        ),
        ("parameters (llama3.2)", r#"{"name": "get_current_time", "parameters": {"city": "Lisbon"}}"#),
        (
            "with a type",
            r#"{"type": "function", "name": "get_current_time", "parameters": {"city": "Lisbon"}}"#,
        ),
        (
            "OpenAI's",
            r#"{"tool_calls":[{"type":"function","function":{"name":"get_current_time","arguments":"{\"city\":\"Lisbon\"}"}}]}"#,
        ),
        (
            "JSON in JSON",
            r#"{"content": "{\"name\": \"get_current_time\", \"arguments\": {\"city\": \"Lisbon\"}}"}"#,
        ),
        ("tool as key of the name", r#"{"tool": "get_current_time", "tool_input": {"city": "Lisbon"}}"#),
        ("the name as the key", r#"{"get_current_time": {"city": "Lisbon"}}"#),
        (
            "namespaced",
            r#"{"recipient_name": "functions.get_current_time", "parameters": {"city": "Lisbon"}}"#,
        ),
        ("single quotes", "{'name': 'get_current_time', 'arguments': {'city': 'Lisbon'}}"),
        ("cut in the middle", r#"{"name": "get_current_time", "argum"#),
        (
            "hermes, qwen",
            "<tool_call>\n{\"name\": \"get_current_time\", \"arguments\": {\"city\": \"Lisbon\"}}\n</tool_call>",
        ),
        (
            "qwen3-coder",
            "<tool_call>\n<function=get_current_time>\n<parameter=city>\nLisbon\n</parameter>\n</function>\n</tool_call>",
        ),
        ("qwen3-coder, half", "<function=get_current_time>\n<parameter=city>\nLisbon"),
        (
            "glm",
            "<tool_call>get_current_time\n<arg_key>city</arg_key>\n<arg_value>Lisbon</arg_value>\n</tool_call>",
        ),
        ("llama 3.1, python", r#"<|python_tag|>get_current_time.call(city="Lisbon")"#),
        ("llama 3.1, function", r#"<function=get_current_time>{"city": "Lisbon"}</function>"#),
        ("llama 4, pythonic", r#"[get_current_time(city="Lisbon")]"#),
        ("mistral", r#"[TOOL_CALLS] [{"name": "get_current_time", "arguments": {"city": "Lisbon"}}]"#),
        ("mistral, short", r#"[TOOL_CALLS]get_current_time{"city": "Lisbon"}"#),
        ("devstral", r#"[TOOL_CALLS]get_current_time[ARGS]{"city": "Lisbon"}"#),
        (
            "deepseek r1",
            "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>get_current_time\n```json\n{\"city\": \"Lisbon\"}\n```<｜tool▁call▁end｜>",
        ),
        (
            "deepseek v3.1",
            r#"<｜tool▁call▁begin｜>get_current_time<｜tool▁sep｜>{"city": "Lisbon"}<｜tool▁call▁end｜>"#,
        ),
        (
            "deepseek v3.2",
            r#"<｜DSML｜function_calls><｜DSML｜invoke name="get_current_time"><｜DSML｜parameter name="city">Lisbon"#,
        ),
        (
            "kimi",
            r#"<|tool_calls_section_begin|><|tool_call_begin|>functions.get_current_time:0<|tool_call_argument_begin|>{"city":"Lisbon"}"#,
        ),
        (
            "minimax",
            r#"<minimax:tool_call><invoke name="get_current_time"><parameter name="city">Lisbon</parameter></invoke>"#,
        ),
        ("granite", r#"<|tool_call|>[{"name": "get_current_time", "arguments": {"city": "Lisbon"}}]"#),
        (
            "granite, older",
            r#"<function_call> {"name": "get_current_time", "arguments": {"city": "Lisbon"}}"#,
        ),
        (
            "gpt-oss",
            r#"<|channel|>commentary to=functions.get_current_time <|constrain|>json<|message|>{"city":"Lisbon"}"#,
        ),
        (
            "internlm",
            r#"<|action_start|><|plugin|>{"name": "get_current_time", "parameters": {"city": "Lisbon"}}<|action_end|>"#,
        ),
        ("phi-4-mini", r#"functools[{"name": "get_current_time", "arguments": {"city": "Lisbon"}}]"#),
        (
            "command-r",
            "Action: ```json\n[{\"tool_name\": \"get_current_time\", \"parameters\": {\"city\": \"Lisbon\"}}]\n```",
        ),
        ("gemma 3", "```tool_code\nprint(get_current_time(city=\"Lisbon\"))\n```"),
        ("gemma 4", "<|tool_call>call:get_current_time{city:<|\"|>Lisbon<|\"|>}<tool_call|>"),
        (
            "react",
            "Thought: I need the time.\nAction: get_current_time\nAction Input: {\"city\": \"Lisbon\"}",
        ),
        ("nexusraven", "Call: get_current_time(city='Lisbon')<bot_end>"),
        ("xml by name", "<get_current_time>\n<city>Lisbon</city>\n</get_current_time>"),
        (
            "after thinking aloud",
            "<think>I could call it.</think>{\"name\": \"get_current_time\", \"arguments\": {}}",
        ),
        ("another letter case", r#"{"Name": "Get_Current_Time", "Arguments": {"city": "Lisbon"}}"#),
    ] {
        assert_eq!(said(text), CheckOutcome::CallAsText {}, "{family}: {text}");
    }
}

#[test]
fn words_about_the_tool_are_no_call() {
    for text in [
        "",
        "It is half past ten in Lisbon.",
        "I don't have access to real-time data, but you can use the get_current_time tool.",
        "You could call `get_current_time` with the city.",
        "The function get_current_time() would tell you.",
        "I will use \"get_current_time\" for that.",
        "Use get_current_time (it takes a city).",
        // A tool's description repeated, not a call.
        r#"{"type":"function","function":{"name":"get_current_time","description":"Tells the time","parameters":{"type":"object","properties":{"city":{"type":"string"}}}}}"#,
        // Another tool, or a longer name.
        r#"{"name": "get_weather", "arguments": {"city": "Lisbon"}}"#,
        r#"{"name": "get_current_time_zone", "arguments": {"city": "Lisbon"}}"#,
        "<tool_call>{\"name\": \"clock\"}</tool_call>",
        // Only thought of, never said.
        "<think>Call get_current_time(city=\"Lisbon\")?</think>It is late.",
        "I could use get_current_time(city=\"Lisbon\")</think>It is late.",
        "<think>{\"name\": \"get_current_time\", \"arguments\": {}}",
    ] {
        assert_eq!(said(text), CheckOutcome::NoCall { called: None }, "{text}");
    }
}

#[test]
fn hostile_text_neither_panics_nor_takes_long() {
    for piece in [
        "<think>",
        "get_current_time(",
        "\"get_current_time\":",
        "é\u{202e}\\\"",
        "{\"name\":\"get_current_time\"",
    ] {
        said(&piece.repeat(5_000));
    }
    assert_eq!(said(&format!("get_current_time{}", "İ".repeat(50))), CheckOutcome::NoCall { called: None });
}

fn status(status: u16, message: &str) -> CheckOutcome {
    let code = ErrorCode::OllamaStatus { url: "u".into(), status, message: message.into() };
    refusal(Error::from(code).into())
}

#[test]
fn ollamas_words_have_their_meaning() {
    const GIB: u64 = 1 << 30;
    let memory = |need, have| CheckOutcome::NotEnoughMemory { need_bytes: need, have_bytes: have };
    for (number, words, meaning) in [
        (400, "registry.ollama.ai/library/gemma2:2b does not support tools", CheckOutcome::NoTools {}),
        (
            500,
            "model requires more system memory (8.0 GiB) than is available (2.5 GiB)",
            memory(Some(8 * GIB), Some(5 * GIB / 2)),
        ),
        (
            500,
            "model requires more system memory (1.0 TiB) than is available (512.0 MiB)",
            memory(Some(1024 * GIB), Some(GIB / 2)),
        ),
        (500, "model requires more system memory (lots) than is available", memory(None, None)),
        (500, "model requires more system memory (-1 GiB) than is available (inf GiB)", memory(None, None)),
        (500, "llama runner process has terminated: cudaMalloc failed: out of memory", memory(None, None)),
        (
            500,
            "error starting llama-server: llama-server binary not found (checked: /usr/lib/ollama)",
            CheckOutcome::RunnerMissing {},
        ),
        (
            500,
            "llama runner process has terminated: signal: illegal instruction (core dumped)",
            CheckOutcome::CpuUnsupported {},
        ),
        (503, "server busy, please try again.  maximum pending requests exceeded", CheckOutcome::Busy {}),
    ] {
        assert_eq!(status(number, words), meaning, "{words}");
    }
    for (number, words) in [
        (500, "llama runner process has terminated: signal: killed"),
        (503, "no available server"),
        (401, "unauthorized"),
        (500, ""),
    ] {
        assert!(matches!(status(number, words), CheckOutcome::Failed { .. }), "{words}");
    }
    let silent = Error::from(ErrorCode::OllamaSilent { url: "u".into() });
    assert_eq!(refusal(silent.into()), CheckOutcome::TooSlow {});
    assert_eq!(refusal(late("u".into(), "unauthorized".into(), true)), CheckOutcome::SignIn {});
    let refused = Error::from(ErrorCode::OllamaRefused { url: "u".into() });
    assert_eq!(refusal(refused.clone().into()), CheckOutcome::Failed { failure: refused });
}
