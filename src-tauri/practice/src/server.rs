//! The server itself: start, stop, and a look inside.
//! Tests and practice mode hold a [`Practice`]; everything else of the crate serves it.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::net::TcpSocket;

use crate::{
    api,
    connection::Port,
    model::PracticeModel,
    name,
    options::Options,
    registry::{PullFault, RegistryModel},
    runtime::Running,
    state::{Answer, Event, Request, State},
};

/// An Ollama that lives in memory, on a real port. Dropping it stops it.
///
/// It runs on a thread of its own, so it answers whatever the runtime of its user does.
pub struct Practice {
    state: Arc<State>,
    address: SocketAddr,
    running: Mutex<Option<Running>>,
    /// Its port while it is stopped.
    kept: Mutex<Option<Kept>>,
}

impl Practice {
    /// Starts a server on 127.0.0.1.
    ///
    /// # Errors
    ///
    /// What the system says when the port cannot be bound.
    pub async fn start(options: Options) -> io::Result<Self> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, options.port));
        Self::start_on(address.ip(), options).await
    }

    /// Starts a server on another address of this machine.
    ///
    /// # Errors
    ///
    /// What the system says when the address cannot be bound.
    pub async fn start_on(ip: IpAddr, options: Options) -> io::Result<Self> {
        let listener = TcpListener::bind((ip, options.port))?;
        Self::start_with(listener, options).await
    }

    /// Starts a server on a listener that is bound already.
    ///
    /// # Errors
    ///
    /// What the system says when the listener or a thread cannot be used.
    pub async fn start_with(listener: TcpListener, options: Options) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let state = Arc::new(State::new(options, address.ip().is_loopback()));
        let running = serve(listener, Arc::clone(&state)).await?;
        Ok(Self { state, address, running: Mutex::new(Some(running)), kept: Mutex::default() })
    }

    /// Its address: `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Its socket address.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.address
    }

    /// Stops it as if it were killed: the port and every open connection are closed when this returns. What it
    /// knows stays, also the bytes of pulls that were cut.
    pub async fn stop(&self) {
        let Some(running) = take(&self.running) else { return };
        // Joining the thread blocks for a moment, and its user's runtime may have one thread only.
        drop(tokio::task::spawn_blocking(move || drop(running)).await);
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = keep(self.address);
    }

    /// Starts it again after [`Practice::stop`], on the same port, with what it knew. Does nothing when it runs.
    ///
    /// # Errors
    ///
    /// What the system says when the port cannot be bound again.
    pub async fn start_again(&self) -> io::Result<()> {
        if self.is_running() {
            return Ok(());
        }
        let running = serve(TcpListener::bind(self.address)?, Arc::clone(&self.state)).await?;
        drop(take(&self.kept));
        *self.running.lock().unwrap_or_else(PoisonError::into_inner) = Some(running);
        Ok(())
    }

    /// Whether it runs.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.running.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// What was asked so far, in order of arrival.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        self.state.read().requests.clone()
    }

    /// What happened inside so far.
    #[must_use]
    pub fn events(&self) -> Vec<Event> {
        self.state.read().events.clone()
    }

    /// The most `/api/show` requests that were ever answered at the same time.
    #[must_use]
    pub fn most_shows_in_flight(&self) -> usize {
        self.state.most_shows()
    }

    /// The installed models, in no particular order.
    #[must_use]
    pub fn models(&self) -> Vec<PracticeModel> {
        self.state.read().models.clone()
    }

    /// The listed names of the models in memory.
    #[must_use]
    pub fn loaded(&self) -> Vec<String> {
        self.state.read().loaded.iter().map(|loaded| loaded.model.clone()).collect()
    }

    /// Waits until the server is as asked; `false` when `limit` passes first. Looks again after every request
    /// and every change.
    pub async fn until(&self, limit: Duration, mut asked: impl FnMut(&Self) -> bool) -> bool {
        self.state.until(limit, || asked(self)).await
    }

    /// Waits until such an event is in the list; `false` when `limit` passes first.
    pub async fn until_event(&self, limit: Duration, mut asked: impl FnMut(&Event) -> bool) -> bool {
        self.until(limit, |server| server.events().iter().any(&mut asked)).await
    }

    /// Waits until such a request has arrived; `false` when `limit` passes first.
    pub async fn until_request(&self, limit: Duration, mut asked: impl FnMut(&Request) -> bool) -> bool {
        self.until(limit, |server| server.requests().iter().any(&mut asked)).await
    }

    /// Installs a model, in place of one of the same name.
    pub fn install(&self, model: PracticeModel) {
        self.state.change(|inner| inner.install(model));
    }

    /// Removes a model, as if its owner had.
    pub fn remove(&self, name: &str) {
        self.state.change(|inner| inner.models.retain(|model| !name::same(&model.name, name)));
    }

    /// Offers a model for pulling, in place of one of the same name.
    pub fn offer(&self, entry: RegistryModel) {
        self.state.change(|inner| {
            inner.registry.retain(|other| !name::same(&other.model.name, &entry.model.name));
            inner.registry.push(entry);
        });
    }

    /// From now on pulling this model goes wrong this way, or well again, also a pull that runs.
    pub fn set_pull_fault(&self, name: &str, fault: Option<PullFault>) {
        self.state.change(|inner| {
            let entry = inner.registry.iter_mut().find(|entry| name::same(&entry.model.name, name));
            if let Some(entry) = entry {
                entry.fault = fault;
            }
        });
    }

    /// From now on requests to this path get this answer; `None`: Ollama's own again. Requests that wait in
    /// silence are answered then.
    pub fn set_answer(&self, path: &str, answer: Option<Answer>) {
        self.state.change(|inner| match answer {
            Some(answer) => inner.answers.insert(path.to_owned(), answer),
            None => inner.answers.remove(path),
        });
    }
}

fn take<T>(place: &Mutex<Option<T>>) -> Option<T> {
    place.lock().unwrap_or_else(PoisonError::into_inner).take()
}

/// A socket that is bound and does not listen: connections are refused, and the system gives the port to nobody who
/// asks for any. On Linux one who asks for this port still gets it; elsewhere that is not so, and it is not kept.
type Kept = TcpSocket;

#[cfg(target_os = "linux")]
fn keep(address: SocketAddr) -> Option<Kept> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }.ok()?;
    socket.set_reuseaddr(true).ok()?;
    socket.bind(address).ok().map(|()| socket)
}

#[cfg(not(target_os = "linux"))]
fn keep(_: SocketAddr) -> Option<Kept> {
    None
}

async fn serve(listener: TcpListener, state: Arc<State>) -> io::Result<Running> {
    Running::start(listener, move |listener| async move {
        let service = api::router(state).into_make_service_with_connect_info::<crate::connection::Handle>();
        // It ends only when the runtime around it does.
        drop(axum::serve(Port(listener), service).await);
    })
    .await
}
