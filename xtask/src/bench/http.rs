//! The plainest HTTP client there is: one open connection, one question after the other.
//! Hand-written on purpose: the floor must not share the client that is measured against it.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::failure::Failure;

/// Round trips measured; the median counts.
const TRIPS: usize = 40;

/// No answer of practice takes longer, and none of a page that waits for a look of Pincer's.
const LIMIT: Duration = Duration::from_secs(20);

/// The largest answer taken, as Pincer's own client.
const BODY: u64 = 64 * 1024 * 1024;

/// The median round trip for one model.
///
/// # Errors
/// When the server does not answer with 200.
pub(super) fn round_trip(address: SocketAddr, model: &str) -> Result<Duration, Failure> {
    let mut trips = Vec::with_capacity(TRIPS);
    let mut measure = || -> io::Result<()> {
        let mut reader = connect(address)?;
        let body = serde_json::json!({ "model": model });
        let request = request(address, "POST", "/api/show", &body);
        for _ in 0..TRIPS {
            let started = Instant::now();
            reader.get_mut().write_all(request.as_bytes())?;
            read_answer(&mut reader)?;
            trips.push(started.elapsed());
        }
        Ok(())
    };
    measure().map_err(Failure::unreadable("practice's answer to /api/show"))?;
    Ok(median(trips))
}

/// What a server answers to one question, as JSON.
///
/// # Errors
/// When it does not answer with 200, or not with JSON; `what` says whose answer it is.
pub(super) fn ask(
    address: SocketAddr,
    method: &str,
    path: &str,
    body: &Value,
    what: &str,
) -> Result<Value, Failure> {
    let exchange = || -> io::Result<Vec<u8>> {
        let mut reader = connect(address)?;
        reader.get_mut().write_all(request(address, method, path, body).as_bytes())?;
        read_answer(&mut reader)
    };
    let answer = exchange().map_err(Failure::unreadable(what))?;
    if answer.is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_slice(&answer).map_err(Failure::unreadable(what))
}

fn connect(address: SocketAddr) -> io::Result<BufReader<TcpStream>> {
    let stream = TcpStream::connect_timeout(&address, LIMIT)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(LIMIT))?;
    Ok(BufReader::new(stream))
}

fn request(address: SocketAddr, method: &str, path: &str, body: &Value) -> String {
    let body = body.to_string();
    format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// The one in the middle; zero of none.
pub(super) fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn read_answer(reader: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let bad = |what: &str| io::Error::new(io::ErrorKind::InvalidData, what.to_owned());
    let mut line = String::new();
    reader.take(8192).read_line(&mut line)?;
    if !line.starts_with("HTTP/1.1 200") {
        return Err(bad(&line));
    }
    let (mut length, mut chunked) = (0, false);
    loop {
        line.clear();
        reader.take(8192).read_line(&mut line)?;
        let header = line.trim_end().to_ascii_lowercase();
        if header.is_empty() {
            break;
        }
        if let Some(value) = header.strip_prefix("content-length:") {
            length = value.trim().parse().map_err(|_| bad("content-length"))?;
        }
        chunked |= header.starts_with("transfer-encoding:") && header.ends_with("chunked");
    }
    let mut body = Vec::new();
    if !chunked {
        reader.take(u64::min(length, BODY)).read_to_end(&mut body)?;
        return Ok(body);
    }
    loop {
        line.clear();
        reader.take(8192).read_line(&mut line)?;
        let size = u64::from_str_radix(line.trim(), 16).map_err(|_| bad("chunk size"))?;
        if body.len() as u64 + size > BODY {
            return Err(bad("larger than 64 MiB"));
        }
        reader.take(size).read_to_end(&mut body)?;
        line.clear();
        reader.take(8192).read_line(&mut line)?;
        if size == 0 {
            return Ok(body);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_framings_are_read_to_their_end_and_no_further() {
        let mut plain = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcHTTP".as_bytes();
        assert_eq!(read_answer(&mut plain).unwrap(), b"abc");
        assert_eq!(plain, b"HTTP", "the next answer is still there");
        let mut chunked =
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n".as_bytes();
        assert_eq!(read_answer(&mut chunked).unwrap(), b"abc");
        assert!(read_answer(&mut "HTTP/1.1 404 Not Found\r\n\r\n".as_bytes()).is_err());
        assert!(read_answer(&mut "".as_bytes()).is_err(), "a closed connection is no answer");
    }

    #[test]
    fn the_median_is_the_one_in_the_middle() {
        let of = |times: &[u64]| median(times.iter().copied().map(Duration::from_millis).collect());
        assert_eq!(of(&[9, 1, 5]), Duration::from_millis(5));
        assert_eq!(of(&[]), Duration::ZERO);
    }
}
