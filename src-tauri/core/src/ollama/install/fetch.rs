//! Asks the place for downloads: the list of checksums, a file's size, the file itself, from where it broke off.
//! Only over connections that nobody can change; what comes is hashed as it comes.

use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use reqwest::{Method, NoProxy, Proxy, Response, StatusCode, Url, header, redirect};
use sha2::{Digest, Sha256};
use tokio::{
    fs::File,
    io::{AsyncReadExt, AsyncWriteExt, BufWriter},
};

use super::{
    plan::{self, CHECKSUMS, Plan},
    room,
};
use crate::{
    error::{Error, ErrorCode},
    ollama::transport::chain,
    surroundings::Environment,
};

/// The list has a line a file, some dozen.
const LIST_BYTES: usize = 256 << 10;
/// Releases are about 2 GB (0.32): beyond this it is none.
const FILE_BYTES: u64 = 16 << 30;
/// Written to the disk in pieces of this size.
const BUFFER: usize = 1 << 20;
/// Ollama's own place leads to another host in two steps.
const REDIRECTS: usize = 10;

/// How long to wait, and how often to ask again.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// For a connection.
    pub connect: Duration,
    /// For the next bytes: a download that stands still is asked for anew.
    pub silence: Duration,
    /// Before asking again the first time after the download broke off; doubled each time that nothing came.
    pub first_wait: Duration,
    /// The longest such wait.
    pub longest_wait: Duration,
    /// So often in vain before it is given up; `None`: only the user ends it.
    pub in_vain: Option<u32>,
}

impl Default for Limits {
    /// As the window waits: until the network is back, or the user has enough.
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            silence: Duration::from_secs(60),
            first_wait: Duration::from_secs(1),
            longest_wait: Duration::from_secs(30),
            in_vain: None,
        }
    }
}

impl Limits {
    /// How long to wait after so many tries in vain; `None`: give up.
    pub(super) fn wait(&self, in_vain: u32) -> Option<Duration> {
        if self.in_vain.is_some_and(|most| in_vain >= most) {
            return None;
        }
        Some(self.first_wait.saturating_mul(2_u32.saturating_pow(in_vain)).min(self.longest_wait))
    }
}

/// How a connection ended that did not bring the whole file.
#[derive(Debug)]
pub(super) enum Ended {
    /// Asking again may bring the rest.
    Cut(Error),
    /// It would not.
    Failed(Error),
}

/// One place for downloads, and the file that is wanted from it.
pub(super) struct Source {
    http: reqwest::Client,
    base: Url,
    file: Url,
    plan: Plan,
    limits: Limits,
}

impl Source {
    pub(super) fn new(plan: Plan, environment: &Environment, limits: Limits) -> Result<Self, Error> {
        let base = plan::source(environment)?;
        let file = joined(&base, plan.file)?;
        let mut builder = reqwest::Client::builder()
            .no_proxy()
            .redirect(redirect::Policy::custom(|attempt| {
                if attempt.previous().len() > REDIRECTS {
                    attempt.error("too many redirects")
                } else if plan::is_safe(attempt.url()) {
                    attempt.follow()
                } else {
                    attempt.error("leads to a connection that could be listened in on")
                }
            }))
            .connect_timeout(limits.connect)
            .read_timeout(limits.silence)
            .user_agent(concat!("pincer/", env!("CARGO_PKG_VERSION")));
        if !plan::is_here(&base) {
            for proxy in proxies(environment) {
                builder = builder.proxy(proxy);
            }
        }
        let http = builder
            .build()
            .map_err(|error| Error::new(ErrorCode::Internal {}, format!("HTTP client: {error}")))?;
        Ok(Self { http, base, file, plan, limits })
    }

    pub(super) fn file_url(&self) -> String {
        self.file.to_string()
    }

    /// The size of the file in bytes; `None` when it is not told.
    pub(super) async fn size(&self) -> Result<Option<u64>, Error> {
        let asked = self.http.request(Method::HEAD, self.file.clone()).timeout(self.limits.silence).send();
        let answer = self.fine(asked.await.map_err(|error| self.offline(&error))?)?;
        Ok(length(&answer))
    }

    /// The file's SHA-256 as published.
    pub(super) async fn checksum(&self) -> Result<String, Error> {
        let url = joined(&self.base, CHECKSUMS)?;
        let asked = self.http.get(url.clone()).timeout(self.limits.silence).send();
        let mut answer = asked.await.map_err(|error| self.offline(&error))?;
        answer = self.fine(answer)?;
        let mut list = Vec::new();
        while let Some(piece) = answer.chunk().await.map_err(|error| self.offline(&error))? {
            list.extend_from_slice(&piece);
            if list.len() > LIST_BYTES {
                break;
            }
        }
        // A page in its place has no such line.
        let missing = || {
            let code = ErrorCode::InstallUnavailable { url: url.to_string(), status: 0 };
            Error::new(code, format!("no line for {} in {CHECKSUMS}", self.plan.file))
        };
        plan::checksum(&String::from_utf8_lossy(&list), self.plan.file).ok_or_else(missing)
    }

    /// Goes on with `partial` over one connection, telling bytes here and bytes in all (0: not known).
    pub(super) async fn go_on(
        &self,
        partial: &mut Partial,
        mut tell: impl FnMut(u64, u64),
    ) -> Result<(), Ended> {
        let mut asked = self.http.get(self.file.clone());
        if partial.bytes > 0 {
            asked = asked.header(header::RANGE, format!("bytes={}-", partial.bytes));
        }
        let mut answer = asked.send().await.map_err(|error| self.cut(&error))?;
        let mut total = length(&answer);
        match answer.status() {
            StatusCode::PARTIAL_CONTENT if starts_at(&answer) == Some(partial.bytes) => {
                total = total.map(|rest| partial.bytes.saturating_add(rest));
            }
            // All that there is was here already, or it is another file meanwhile: the checksum tells.
            StatusCode::RANGE_NOT_SATISFIABLE if partial.bytes > 0 => {
                return Ok(());
            }
            StatusCode::PARTIAL_CONTENT => return Err(Ended::Failed(self.unavailable(&answer))),
            status if status.is_server_error() => return Err(Ended::Cut(self.unavailable(&answer))),
            status if !status.is_success() => return Err(Ended::Failed(self.unavailable(&answer))),
            // A server that gives no parts begins anew.
            _ => partial.begin().await.map_err(Ended::Failed)?,
        }
        if total.unwrap_or(0) > FILE_BYTES {
            return Err(Ended::Failed(self.unavailable(&answer)));
        }
        tell(partial.bytes, total.unwrap_or(0));
        loop {
            let piece = match answer.chunk().await {
                Ok(Some(piece)) => piece,
                Ok(None) => break,
                Err(error) => {
                    partial.keep().await.map_err(Ended::Failed)?;
                    return Err(self.cut(&error));
                }
            };
            partial.take(&piece).await.map_err(Ended::Failed)?;
            if partial.bytes > FILE_BYTES {
                return Err(Ended::Failed(self.unavailable(&answer)));
            }
            tell(partial.bytes, total.unwrap_or(0));
        }
        partial.keep().await.map_err(Ended::Failed)
    }

    fn fine(&self, answer: Response) -> Result<Response, Error> {
        if answer.status().is_success() { Ok(answer) } else { Err(self.unavailable(&answer)) }
    }

    fn unavailable(&self, answer: &Response) -> Error {
        let status = answer.status();
        let code = ErrorCode::InstallUnavailable { url: answer.url().to_string(), status: status.as_u16() };
        Error::new(code, format!("{} answered {status}", answer.url()))
    }

    fn offline(&self, error: &reqwest::Error) -> Error {
        Error::new(ErrorCode::InstallOffline { url: self.base.to_string() }, chain(error))
    }

    fn cut(&self, error: &reqwest::Error) -> Ended {
        let told = Error::new(ErrorCode::InstallCut { url: self.file_url() }, chain(error));
        // A redirect that is refused is refused again.
        if error.is_redirect() { Ended::Failed(told) } else { Ended::Cut(told) }
    }
}

/// What has come so far, in a file of Pincer's own, with its running hash.
pub(super) struct Partial {
    path: PathBuf,
    file: BufWriter<File>,
    hash: Sha256,
    /// Bytes that are here.
    pub(super) bytes: u64,
}

impl Partial {
    /// Opens what an earlier download left, or begins. The hash of what is there is made anew.
    pub(super) async fn open(path: &Path) -> Result<Self, Error> {
        let failed = |error| wrote(path, &error);
        let mut options = File::options();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        options.mode(0o600);
        let mut file = options.open(path).await.map_err(failed)?;
        let (mut hash, mut bytes) = (Sha256::new(), 0);
        let mut buffer = vec![0; BUFFER];
        loop {
            let read = file.read(&mut buffer).await.map_err(failed)?;
            let Some(piece) = buffer.get(..read).filter(|piece| !piece.is_empty()) else { break };
            hash.update(piece);
            bytes += read as u64;
        }
        Ok(Self { path: path.to_path_buf(), file: BufWriter::with_capacity(BUFFER, file), hash, bytes })
    }

    /// Begins anew.
    async fn begin(&mut self) -> Result<(), Error> {
        let emptied = async {
            self.file.flush().await?;
            self.file.get_mut().set_len(0).await?;
            tokio::io::AsyncSeekExt::rewind(&mut self.file).await
        };
        emptied.await.map_err(|error| self.wrote(&error))?;
        (self.hash, self.bytes) = (Sha256::new(), 0);
        Ok(())
    }

    async fn take(&mut self, piece: &[u8]) -> Result<(), Error> {
        self.file.write_all(piece).await.map_err(|error| self.wrote(&error))?;
        self.hash.update(piece);
        self.bytes += piece.len() as u64;
        Ok(())
    }

    /// Everything that came is in the file.
    async fn keep(&mut self) -> Result<(), Error> {
        self.file.flush().await.map_err(|error| self.wrote(&error))
    }

    fn wrote(&self, error: &io::Error) -> Error {
        wrote(&self.path, error)
    }

    /// The SHA-256 of all that came, as 64 lower-case hexadecimal digits.
    pub(super) fn checksum(&self) -> String {
        self.hash.clone().finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

fn wrote(path: &Path, error: &io::Error) -> Error {
    room::wrote(path.parent().unwrap_or(path), path, error)
}

fn joined(base: &Url, file: &str) -> Result<Url, Error> {
    base.join(file).map_err(|error| {
        Error::new(ErrorCode::InstallBadAddress { text: base.to_string() }, error.to_string())
    })
}

/// `Content-Length`: reqwest's own would be 0 for a `HEAD`.
fn length(answer: &Response) -> Option<u64> {
    answer.headers().get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Where a part begins: `Content-Range: bytes 100-199/200`.
fn starts_at(answer: &Response) -> Option<u64> {
    let range = answer.headers().get(header::CONTENT_RANGE)?.to_str().ok()?;
    range.strip_prefix("bytes ")?.split('-').next()?.parse().ok()
}

/// The proxies of the environment that was passed in.
fn proxies(environment: &Environment) -> Vec<Proxy> {
    let except = environment.get("no_proxy").or_else(|| environment.get("NO_PROXY"));
    let except = except.and_then(NoProxy::from_string);
    let of = |names: [&str; 4]| names.into_iter().find_map(|name| environment.get(name));
    let https = of(["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]).map(Proxy::https);
    let proxies = https.into_iter().flatten();
    proxies.map(|proxy| proxy.no_proxy(except.clone())).collect()
}
