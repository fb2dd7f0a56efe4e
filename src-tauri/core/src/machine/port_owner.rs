//! Who listens on a port of this computer, as far as the system lets us see.
//! On Linux the program of another user is hidden from all but root; then there is no owner to name.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use listeners::{Listener, Protocol, SocketState};
use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System, UpdateKind, Users};

/// The program behind a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortOwner {
    /// Process id.
    pub pid: u32,
    /// Name of the program.
    pub name: String,
    /// Its user's name.
    pub user: Option<String>,
    /// How long it has been running.
    pub age: Option<Duration>,
}

impl PortOwner {
    /// It is a program of Ollama's.
    #[must_use]
    pub fn is_ollama(&self) -> bool {
        self.name.to_ascii_lowercase().starts_with("ollama")
    }
}

/// The program that listens on `port`, when the system lets us see it. Blocking, some milliseconds.
#[must_use]
pub fn port_owner(port: u16, now: SystemTime) -> Option<PortOwner> {
    let listens = |found: &Listener| {
        found.socket.port() == port && found.protocol == Protocol::TCP && found.state == SocketState::Listen
    };
    let process = listeners::get_all().ok()?.into_iter().find(listens)?.process;
    let mut owner = PortOwner { pid: process.pid, name: process.name, user: None, age: None };
    // Not every system tells user and age; the program alone is worth naming.
    if let Ok(mut system) = System::new() {
        let pid = Pid::from_u32(owner.pid);
        let what = ProcessRefreshKind::nothing().with_user(UpdateKind::Always);
        system.refresh_processes_specifics(ProcessesToUpdate::Some(&[pid]), true, what);
        if let Some(process) = system.process(pid) {
            let users = Users::new_with_refreshed_list().ok();
            let user = process.user_id().and_then(|id| users.as_ref()?.get_user_by_id(id));
            owner.user = user.map(|user| user.name().to_owned());
            let started = UNIX_EPOCH + Duration::from_secs(process.start_time());
            owner.age = (process.start_time() > 0).then(|| now.duration_since(started).unwrap_or_default());
        }
    }
    Some(owner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_port_is_ours() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let owner = port_owner(listener.local_addr().unwrap().port(), SystemTime::now()).unwrap();
        assert_eq!(owner.pid, std::process::id());
        assert!(!owner.is_ollama());
        assert!(owner.age.is_some());
    }
}
