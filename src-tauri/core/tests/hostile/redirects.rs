//! Sent elsewhere: nobody follows to another server, and a download only where nobody between can listen in.

use pincer_practice::{RawServer, hostile};

use super::{
    ALONE, HANGS, PATIENT,
    calls::{CALLS, Call},
};

#[tokio::test]
async fn nobody_is_led_to_another_server() {
    let _alone = ALONE.lock().await;
    let catcher = RawServer::start(pincer_practice::faults::named("html").unwrap(), 0).await.unwrap();
    for status in [
        "301 Moved Permanently",
        "302 Found",
        "303 See Other",
        "307 Temporary Redirect",
        "308 Permanent Redirect",
    ] {
        let to = format!("{}/api/tags", catcher.url());
        let server = RawServer::start(hostile::redirect(status, &to), 0).await.unwrap();
        for call in CALLS {
            // A place for downloads leads elsewhere by design: below.
            if call == Call::Install {
                continue;
            }
            let before = server.requests().len();
            let code = tokio::time::timeout(HANGS, call.make(&server, PATIENT)).await.unwrap();
            let expected: &[&str] = match call {
                // Not its greeting: no error, but not Ollama either.
                Call::Greeting => &["fine"],
                Call::Gateway => &["gateway.silent"],
                _ => &["ollama.not-ollama"],
            };
            assert!(expected.contains(&code.as_str()), "{status}, {call:?}: {code}");
            let asked = server.requests().len() - before;
            assert!(
                asked == 1 || (call == Call::Discovery && asked == 2),
                "{status}, {call:?}: asked {asked} times"
            );
        }
    }
    assert_eq!(catcher.connections(), 0, "nobody followed");
}

#[tokio::test]
async fn a_download_is_not_led_to_a_place_that_can_be_listened_in_on() {
    let _alone = ALONE.lock().await;
    for (to, expected, asked) in [
        ("http://downloads.invalid/", "install.offline", 1),
        // No server at all: the answer is taken as it is, and is none.
        ("file:///etc/passwd", "install.unavailable", 1),
        ("ftp://127.0.0.1/", "install.offline", 1),
        ("/again", "install.offline", 11),
    ] {
        let server = RawServer::start(hostile::redirect("302 Found", to), 0).await.unwrap();
        let code = tokio::time::timeout(HANGS, Call::Install.make(&server, PATIENT)).await.unwrap();
        assert_eq!(code, expected, "{to}");
        assert_eq!(server.requests().len(), asked, "{to}: {:?}", server.requests());
    }
}
