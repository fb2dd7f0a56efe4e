//! What is read as an address, as whose, and what of it is shown.

use super::*;

#[test]
fn ollama_host_is_read_as_the_server_reads_it() {
    let table = [
        ("127.0.0.1", "http://127.0.0.1:11434"),
        ("127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("  \"127.0.0.1:8080\"  ", "http://127.0.0.1:8080"),
        ("'example.com'", "http://example.com:11434"),
        ("0.0.0.0", "http://127.0.0.1:11434"),
        ("127.1", "http://127.0.0.1:11434"),
        ("0x7f000001:9000", "http://127.0.0.1:9000"),
        ("0:9000", "http://127.0.0.1:9000"),
        ("[::ffff:127.0.0.1]:9000", "http://127.0.0.1:9000"),
        ("0.0.0.0:9000", "http://127.0.0.1:9000"),
        ("::", "http://127.0.0.1:11434"),
        ("[::]:9000", "http://127.0.0.1:9000"),
        ("::1", "http://[::1]:11434"),
        ("[::1]:9000", "http://[::1]:9000"),
        ("[::1]", "http://[::1]:11434"),
        (":9000", "http://127.0.0.1:9000"),
        ("http://example.com", "http://example.com"),
        ("http://example.com:11434", "http://example.com:11434"),
        ("https://example.com", "https://example.com"),
        ("https://example.com:11434/ollama/", "https://example.com:11434/ollama"),
        ("example.com:1/ollama/v1//v1/", "http://example.com:1/ollama"),
        ("example.com:1/a b/./\u{202e}", "http://example.com:1/a%20b/%E2%80%AE"),
        ("example.com:66000", "http://example.com:11434"),
        ("example.com:-1", "http://example.com:11434"),
        ("example.com:abc", "http://example.com:11434"),
        ("http://example.com:66000", "http://example.com"),
        ("LOCALHOST", "http://localhost:11434"),
        ("http://me:secret@127.0.0.1:9000", "http://127.0.0.1:9000"),
        ("http://bob:pa/Sw0rdxyz@127.0.0.1:9000", "http://127.0.0.1:9000"),
        ("bob:pa/Sw0?rd#xyz@127.0.0.1:9000/x", "http://127.0.0.1:9000/x"),
        ("http://127.0.0.1:9000/x?token=hunter2#y", "http://127.0.0.1:9000/x"),
        ("http://127.0.0.1:9000/?token=hunter2", "http://127.0.0.1:9000"),
    ];
    for (value, url) in table {
        let address = Address::from_ollama_host(value).unwrap();
        assert_eq!(address.to_string(), url, "{value}");
    }
    for empty in ["", "   ", "\"\"", "' '", "http://foo bar", "http://a:b/secret@", "http://a?b=c"] {
        assert_eq!(Address::from_ollama_host(empty), None, "{empty:?}");
    }
}

#[test]
fn an_address_of_a_person_is_normalised() {
    let table = [
        ("127.0.0.1", "http://127.0.0.1:11434"),
        ("http://ollama-host:11434/v1", "http://ollama-host:11434"),
        ("http://ollama-host:11434/v1/", "http://ollama-host:11434"),
        ("https://example.com/ollama/v1", "https://example.com/ollama"),
        ("https://example.com/v1beta", "https://example.com/v1beta"),
        ("HTTP://Example.COM:11434/", "http://example.com:11434"),
        ("http://0.0.0.0:11434", "http://127.0.0.1:11434"),
        ("[::1]:11434", "http://[::1]:11434"),
        ("my_box.local", "http://my_box.local:11434"),
    ];
    for (text, url) in table {
        assert_eq!(Address::parse(text).unwrap().to_string(), url, "{text}");
    }
}

#[test]
fn an_address_without_a_scheme_is_known() {
    for (text, lacks) in [
        ("127.0.0.1:11434", true),
        (" localhost:11434", true),
        ("//box:11434", true),
        ("http://127.0.0.1:11434", false),
        ("HTTPS://box", false),
    ] {
        assert_eq!(lacks_scheme(text), lacks, "{text}");
    }
}

#[test]
fn what_is_no_address_is_refused() {
    let table = [
        "",
        "  ",
        "ftp://example.com",
        "http://",
        "http:///v1",
        "exa mple.com",
        "example.com:0",
        "example.com:66000",
        "example.com:abc",
        "http://user:secret@example.com",
        "http://user:pa/secret@example.com",
        "http://example.com/?a=secret",
        "http://example.com?a=secret",
        "http://us?er:secret@example.com/#secret",
        "http://exa\u{0}mple",
        "a,b",
    ];
    for text in table {
        let error = Address::parse(text).unwrap_err();
        assert!(matches!(&error.code, ErrorCode::AddressInvalid { text } if !text.contains("secret")));
        assert!(!error.detail.is_empty());
    }
}

#[test]
fn a_server_listens_as_wide_as_the_user_wrote_and_no_wider() {
    let here = Address::loopback(9000);
    for (written, listens) in [
        (Some("0.0.0.0:9000"), "0.0.0.0:9000"),
        (Some(" 'http://0.0.0.0:9000' "), "0.0.0.0:9000"),
        (Some("[::]:9000"), "[::]:9000"),
        // Another port, or no wildcard.
        (Some("0.0.0.0"), "127.0.0.1:9000"),
        (Some("127.0.0.1:9000"), "127.0.0.1:9000"),
        (Some(""), "127.0.0.1:9000"),
        (None, "127.0.0.1:9000"),
    ] {
        assert_eq!(listen_value_as_written(&here, written), listens, "{written:?}");
    }
}

#[test]
fn who_asks_is_known_in_all_its_pieces() {
    let parts = user_parts("\"http://bob:pa/Sw0rdxyz@127.0.0.1:9000\"");
    assert_eq!(parts, ["bob:pa/Sw0rdxyz", "pa/Sw0rdxyz", "bob", "pa", "Sw0rdxyz"]);
    assert!(user_parts("http://127.0.0.1:9000/x").is_empty() && user_parts("").is_empty());
}

#[test]
fn loopback_is_told_from_the_network() {
    for text in ["localhost", "127.0.0.1", "127.8.8.8", "[::1]:1", "0.0.0.0"] {
        assert!(Address::parse(text).unwrap().is_loopback(), "{text}");
    }
    for text in ["192.0.2.7", "example.com", "[2001:db8::1]"] {
        assert!(!Address::parse(text).unwrap().is_loopback(), "{text}");
    }
}

#[test]
fn what_is_shown_reads_back_the_same() {
    for text in
        ["127.0.0.1", "https://example.com", "http://x", "[::1]:9", "https://h:8443/p/q", "http://İְ:9"]
    {
        let address = Address::parse(text).unwrap();
        assert_eq!(Address::parse(&address.to_string()).unwrap(), address);
    }
    assert_eq!(Address::parse("[::1]:9").unwrap().listen_value(), "[::1]:9");
}

#[test]
fn slips_in_an_address_as_written() {
    use Slip::{PortInvalid, PortMissing, Wildcard};
    for (text, expected) in [
        ("http://ai.example", Some(PortMissing)),
        ("HTTP://127.0.0.1/v1", Some(PortMissing)),
        ("https://ai.example", None),
        ("127.0.0.1", None),
        ("127.0.0.1:11434", None),
        ("http://[::1]:11434", None),
        ("::1", None),
        ("127.0.0.1:0", Some(PortInvalid)),
        ("http://127.0.0.1:114340", Some(PortInvalid)),
        ("127.0.0.1:port", Some(PortInvalid)),
        ("'0.0.0.0:11434' ", Some(Wildcard)),
        ("http://[::]:11434", Some(Wildcard)),
        ("", None),
    ] {
        assert_eq!(slip(text), expected, "{text}");
    }
}
