//! What goes and what stays, as a table, and the law on random texts: nothing that was planted is left.

use proptest::prelude::*;

use super::*;

fn redactor() -> Redactor {
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    Redactor::new(Private {
        homes: texts(&["/home/ada", "/data/ada"]),
        users: texts(&["ada", "Ada Lovelace", "root"]),
        computers: texts(&["adas-laptop"]),
        secrets: texts(&["hunter2", "correct horse battery", "ollama", "x"]),
    })
}

#[test]
fn what_is_private_goes() {
    for (text, shown) in [
        // Secrets: known ones anywhere, others by name, address and form.
        ("said correct horse battery twice", "said *** twice"),
        ("with hunter2, not hunter22", "with ***, not hunter22"),
        ("http://me:pw@127.0.0.1:11434/v1", "http://***@127.0.0.1:11434/v1"),
        ("OLLAMA_API_KEY=abcdef", "OLLAMA_API_KEY=***"),
        ("map[A_TOKEN:abcdef HOME:/home/ada]", "map[A_TOKEN:***"),
        ("token: 12", "token: ***"),
        ("sk-proj1234567890abcdefgh", "***"),
        ("id 0123456789abcdefghijklmn", "id ***"),
        // The home folder, its owner, and other people's.
        ("/home/ada/.ollama and /data/ada", "~/.ollama and ~"),
        ("/home/ada2/x /home/adam", "/home/user/x /home/user"),
        ("/home/grace/x and /Users/grace", "/home/user/x and /Users/user"),
        (r"C:\Users\grace\x and C:\\Users\\grace\\x", r"C:\Users\user\x and C:\\Users\\user\\x"),
        ("Ada's file, ada_models, Ada Lovelace", "user's file, user_models, user"),
        ("ada@corp.example", "***@***"),
        // This computer and others.
        ("on adas-laptop and adas-laptop.local:8080", "on this-computer and this-computer:8080"),
        ("http://gpu.corp.example:11434/x", "http://host-1:11434/x"),
        ("https://[2001:db8::7]:443", "https://[host-1]:443"),
        ("tcp 192.168.1.5:54321->10.0.0.2:80", "tcp host-1:54321->host-2:80"),
        ("[GIN] 200 | 1.2ms |     192.168.1.5 | POST", "[GIN] 200 | 1.2ms |     host-1 | POST"),
        ("from fe80::1%eth0 and 2001:db8::7", "from host-1% and host-2"),
        ("dial gpubox:11434", "dial host-1:11434"),
        (
            "dial tcp: lookup gpubox on 127.0.0.53:53: no such host",
            "dial tcp: lookup host-1 on 127.0.0.53:53: no such host",
        ),
        ("getaddrinfo ENOTFOUND gpubox", "getaddrinfo ENOTFOUND host-1"),
        ("ask proxy.corp.example first", "ask host-1 first"),
        (r"\\nas\models\x", r"\\host-1\models\x"),
        ("registry.corp.example/team/model:8b", "host-1/team/model:8b"),
    ] {
        assert_eq!(redactor().text(text), shown, "{text}");
    }
}

#[test]
fn what_says_nothing_about_anyone_stays() {
    for text in [
        "http://127.0.0.1:11434, http://localhost:11434, http://[::1]:11435, 0.0.0.0:11434, [::]:11434",
        "http://host.docker.internal:11434 and http://ollama:11434",
        "https://ollama.com/download, registry.ollama.ai, hf.co/org/repo:Q4_K_M",
        "time=2026-11-23T05:53:11.123Z level=INFO source=routes.go:1503 msg=\"Listening on 127.0.0.1:11434\"",
        "OLLAMA_API_KEY=ollama-local OLLAMA_CONTEXT_LENGTH:4096 OLLAMA_KEEP_ALIVE:5m0s",
        "qwen3:8b, team/model:latest, llama3.2:3b-instruct-q4_K_M, OpenClaw 2026.9.6, openclaw@2026.9.6",
        "models.providers.ollama.baseUrl agents.defaults.model.primary openclaw.json ~/.openclaw/.env",
        "~/.local/share/dev.pincer.desktop/logs/ollama.log",
        "sha256-0123456789abcdef0123456789abcdef",
        "account root, user@1000.service, process 4242 of ollama",
        "llama runner process has terminated: exit status 2",
        "dns error: failed to lookup address information: Name or service not known",
    ] {
        assert_eq!(redactor().text(text), text);
    }
}

#[test]
fn a_host_keeps_its_number_and_a_known_one_goes_wherever_it_stands() {
    let mut redactor = redactor();
    redactor.know_host("attic");
    redactor.know_model("ollama/vault:5000/team/model:8b");
    assert_eq!(
        redactor.text("http://cellar:1/ then http://Attic:11434/"),
        "http://host-3:1/ then http://host-1:11434/"
    );
    assert_eq!(redactor.text("ATTIC is off; vault too"), "host-1 is off; host-2 too");
    assert_eq!(redactor.text("vault:5000/team/model:8b"), "host-2:5000/team/model:8b");
}

#[test]
fn a_model_whose_tag_is_a_number_is_no_host() {
    let mut redactor = redactor();
    redactor.know_model("mine:2024");
    assert_eq!(redactor.text("mine:2024 and other:2024"), "mine:2024 and host-1:2024");
}

/// How programs put a private thing into what they say.
fn places(secret: &str, user: &str, host: &str) -> Vec<String> {
    vec![
        format!("time=2026 level=INFO msg=\"key is {secret}\""),
        format!("GET http://{host}/api?x=1 as {user}"),
        format!("http://{user}:{secret}@{host}:11434/v1"),
        format!("/home/{user}/.ollama/models: permission denied"),
        format!("{{\"apiKey\":\"{secret}\",\"home\":\"/home/{user}\"}}"),
        format!("dial tcp: lookup {host} on 127.0.0.53:53"),
        format!("[{secret}]({user}) {host}:8080"),
        format!("{secret}{secret}"),
        format!("mail {user}@{host}"),
        format!("\u{1b}[31m{user}\u{1b}[0m"),
    ]
}

#[test]
fn a_host_of_digits_alone_does_not_change_what_stands_for_it() {
    let mut redactor = redactor();
    let once = redactor.text("://1 ");
    assert_eq!(redactor.text(&once), once);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_that_is_known_to_be_private_is_left(
        secret in "Zq9[A-Za-z0-9 /:@?#%+=.,;\"'\\\\-]{5,30}Zq9",
        user in "[a-z]{0,3}yqx[a-z0-9._-]{0,6}[a-z]",
        host in prop_oneof!["hxqh[a-z0-9-]{0,5}[a-z](\\.[a-z]{2,6}){0,2}", "1[0-9]{1}\\.2[0-4]\\.[1-9]\\.77"],
        order in Just((0..10).collect::<Vec<usize>>()).prop_shuffle(),
    ) {
        let mut redactor = Redactor::new(Private {
            homes: vec![format!("/home/{user}")],
            users: vec![user.clone()],
            computers: Vec::new(),
            secrets: vec![secret.clone()],
        });
        let places = places(&secret, &user, &host);
        let text: Vec<&str> = order.iter().map(|place| places[*place].as_str()).collect();
        let shown = redactor.text(&text.join("\n"));
        for private in ["Zq9", user.as_str(), host.as_str()] {
            prop_assert!(!shown.contains(private), "{private}\n{}\n{shown}", text.join("\n"));
        }
        prop_assert_eq!(shown.lines().count(), text.len());
    }

    #[test]
    fn what_is_redacted_stays_as_it_is(text in "[a-z0-9 ./:@=\\[\\]-]{0,60}") {
        let mut redactor = redactor();
        let once = redactor.text(&text);
        prop_assert_eq!(redactor.text(&once), once);
    }
}
