//! A place for downloads on a real port: HTTP by hand, so that an answer can stop wherever a test wants it to.

use std::{
    fmt::Write as _,
    sync::{Arc, Mutex},
};

use sha2::{Digest, Sha256};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// How it answers.
#[derive(Clone)]
pub(crate) struct Manner {
    /// The file.
    pub(crate) file: Vec<u8>,
    /// `sha256sum.txt`; an empty one is answered with 404.
    pub(crate) list: String,
    /// It gives parts.
    pub(crate) parts: bool,
    /// So many answers stop after so many bytes of the file.
    pub(crate) cuts: (usize, usize),
    /// A cut answer is left open.
    pub(crate) hangs: bool,
    /// Everything leads there.
    pub(crate) leads_to: Option<String>,
}

impl Manner {
    pub(crate) fn of(file: Vec<u8>) -> Self {
        let sum: String = Sha256::digest(&file).iter().map(|byte| format!("{byte:02x}")).collect();
        let mut list = String::new();
        for name in ["ollama-linux-amd64.tar.zst", "ollama-linux-arm64.tar.zst", "Ollama.dmg"] {
            writeln!(list, "{sum}  ./{name}").unwrap();
        }
        Self { file, list, parts: true, cuts: (0, 0), hangs: false, leads_to: None }
    }
}

pub(crate) struct Place {
    pub(crate) url: String,
    asked: Arc<Mutex<Vec<String>>>,
    task: tokio::task::JoinHandle<()>,
}

impl Place {
    pub(crate) async fn open(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/download", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (manner, noted) = (Arc::new(Mutex::new(manner)), Arc::clone(&asked));
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer(stream, Arc::clone(&manner), Arc::clone(&noted)));
            }
        });
        Self { url, asked, task }
    }

    /// Where each `GET` of the file began, as asked: `""` or `"bytes=100-"`.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer(mut stream: TcpStream, manner: Arc<Mutex<Manner>>, asked: Arc<Mutex<Vec<String>>>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return,
        }
    }
    let head = String::from_utf8(head).unwrap();
    let mut first = head.lines().next().unwrap().split(' ');
    let (method, path) = (first.next().unwrap(), first.next().unwrap());
    let range = head.lines().find_map(|line| line.strip_prefix("range: ")).unwrap_or_default().to_owned();
    let (status, more, body, whole, hangs) = {
        let mut manner = manner.lock().unwrap();
        let whole = |status: &'static str, body: Vec<u8>| {
            let bytes = body.len();
            (status, String::new(), body, bytes, false)
        };
        if let Some(there) = &manner.leads_to {
            let mut answer = whole("302 Found", Vec::new());
            answer.1 = format!("location: {there}\r\n");
            answer
        } else if path == "/download/sha256sum.txt" && !manner.list.is_empty() {
            whole("200 OK", manner.list.clone().into_bytes())
        } else if !path.starts_with("/download/llama") && path.ends_with(".txt") {
            whole("404 Not Found", b"nothing here".to_vec())
        } else if method == "HEAD" {
            ("200 OK", String::new(), Vec::new(), manner.file.len(), false)
        } else {
            asked.lock().unwrap().push(range.clone());
            let from = range.strip_prefix("bytes=").and_then(|range| range.strip_suffix('-'));
            let from = from.filter(|_| manner.parts).map_or(0, |from| from.parse::<usize>().unwrap());
            if from > 0 && from >= manner.file.len() {
                whole("416 Range Not Satisfiable", Vec::new())
            } else {
                let rest = manner.file[from..].to_vec();
                let bytes = rest.len();
                let (times, after) = manner.cuts;
                manner.cuts.0 = times.saturating_sub(1);
                let body = if times > 0 { rest[..after].to_vec() } else { rest };
                let all = manner.file.len();
                let range = format!("content-range: bytes {from}-{}/{all}\r\n", all.saturating_sub(1));
                if from > 0 {
                    ("206 Partial Content", range, body, bytes, manner.hangs && times > 0)
                } else {
                    ("200 OK", String::new(), body, bytes, manner.hangs && times > 0)
                }
            }
        }
    };
    let head = format!("HTTP/1.1 {status}\r\ncontent-length: {whole}\r\nconnection: close\r\n{more}\r\n");
    let sent = async {
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(&body).await?;
        if hangs {
            // Until the other side goes away.
            stream.read_u8().await?;
        }
        stream.shutdown().await
    };
    drop(sent.await);
}
