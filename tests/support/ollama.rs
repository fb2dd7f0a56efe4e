//! An Ollama for a test: practice as a program of that name on the home's PATH, on a free port.
//! It can be killed and, being a real program on PATH, be started again by Pincer.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    time::Duration,
};

use super::{home::Home, process::Group};

pub struct Ollama {
    server: Group,
    address: SocketAddr,
}

impl Ollama {
    /// Starts `ollama serve` with practice's usual models on a free port; it answers from here on.
    pub fn start(home: &Home) -> Self {
        Self::serve(home, "127.0.0.1:0", &[])
    }

    /// The same, with variables of practice.
    pub fn start_with(home: &Home, environment: &[(&str, &str)]) -> Self {
        Self::serve(home, "127.0.0.1:0", environment)
    }

    /// The same, where another was before.
    pub fn start_at(home: &Home, address: SocketAddr) -> Self {
        Self::serve(home, &address.to_string(), &[])
    }

    fn serve(home: &Home, host: &str, environment: &[(&str, &str)]) -> Self {
        let (server, said) = home.play("ollama", host, environment);
        let address = said.strip_prefix("listening on ").and_then(|address| address.parse().ok());
        Self { server, address: address.unwrap_or_else(|| panic!("practice said {said:?}")) }
    }

    /// As `OLLAMA_HOST` takes it.
    pub fn host(&self) -> String {
        self.address.to_string()
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its process.
    pub fn id(&self) -> u32 {
        self.server.id()
    }

    /// Ends it as a crash would.
    pub fn kill(&mut self) {
        self.server.kill();
    }
}

/// An address of this machine that nothing listens on.
pub fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// Whether this machine has an Ollama where its own installers put it: then "not installed" cannot happen here.
pub fn is_on_this_machine() -> bool {
    ["/usr/local/bin/ollama", "/usr/bin/ollama", "/bin/ollama", "/opt/ollama/bin/ollama", "/snap/bin/ollama"]
        .iter()
        .any(|place| std::fs::exists(place).unwrap())
}

/// Whether an Ollama answers there.
pub fn answers(address: SocketAddr) -> bool {
    let second = Duration::from_secs(1);
    let ask = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect_timeout(&address, second)?;
        stream.set_read_timeout(Some(second))?;
        stream.write_all(
            format!("GET / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").as_bytes(),
        )?;
        let mut answer = String::new();
        stream.take(65_536).read_to_string(&mut answer)?;
        Ok(answer)
    };
    ask().is_ok_and(|answer| answer.ends_with("Ollama is running"))
}
