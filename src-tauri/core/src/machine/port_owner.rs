//! Who listens on a port of this computer, as far as the system lets us see.
//! On Linux the program of another user is hidden from all but root; its user is told to everyone.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use listeners::{Listener, Protocol, SocketState};
use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System, UpdateKind, Users};

/// The program behind a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortOwner {
    /// Process id, where it can be seen.
    pub pid: Option<u32>,
    /// Name of the program, where it can be seen.
    pub name: Option<String>,
    /// Its user's name.
    pub user: Option<String>,
    /// How long it has been running.
    pub age: Option<Duration>,
}

impl PortOwner {
    /// It is a program of Ollama's; when only the user is seen, that of Ollama's service.
    #[must_use]
    pub fn is_ollama(&self) -> bool {
        let seen = self.name.as_deref().or(self.user.as_deref()).unwrap_or_default();
        seen.to_ascii_lowercase().starts_with("ollama")
    }
}

/// The program that listens on `port`, when the system lets us see it. Blocking, some milliseconds.
#[must_use]
pub fn port_owner(port: u16, now: SystemTime) -> Option<PortOwner> {
    let listens = |found: &Listener| {
        found.socket.port() == port && found.protocol == Protocol::TCP && found.state == SocketState::Listen
    };
    let users = Users::new_with_refreshed_list().ok();
    let Some(process) = listeners::get_all().ok()?.into_iter().find(listens).map(|found| found.process)
    else {
        let user = user_of_port(port, users.as_ref()?)?;
        return Some(PortOwner { pid: None, name: None, user: Some(user), age: None });
    };
    let mut owner = PortOwner { pid: Some(process.pid), name: Some(process.name), user: None, age: None };
    // Not every system tells user and age; the program alone is worth naming.
    if let Ok(mut system) = System::new() {
        let pid = Pid::from_u32(process.pid);
        let what = ProcessRefreshKind::nothing().with_user(UpdateKind::Always);
        system.refresh_processes_specifics(ProcessesToUpdate::Some(&[pid]), true, what);
        if let Some(process) = system.process(pid) {
            let user = process.user_id().and_then(|id| users.as_ref()?.get_user_by_id(id));
            owner.user = user.map(|user| user.name().to_owned());
            let started = UNIX_EPOCH + Duration::from_secs(process.start_time());
            owner.age = (process.start_time() > 0).then(|| now.duration_since(started).unwrap_or_default());
        }
    }
    Some(owner)
}

#[cfg(target_os = "linux")]
fn user_of_port(port: u16, users: &Users) -> Option<String> {
    let tables =
        ["/proc/net/tcp", "/proc/net/tcp6"].map(|path| std::fs::read_to_string(path).unwrap_or_default());
    let uid = tables.iter().find_map(|table| uid_in(table, port))?;
    users.iter().find(|user| user.id().to_string() == uid).map(|user| user.name().to_owned())
}

#[cfg(not(target_os = "linux"))]
fn user_of_port(_port: u16, _users: &Users) -> Option<String> {
    None
}

/// The user id of the listener on `port` in a table of `/proc/net`: the local address is the second column, the
/// state the fourth (`0A`: listening), the user the eighth.
#[cfg_attr(not(target_os = "linux"), allow(dead_code))]
fn uid_in(table: &str, port: u16) -> Option<String> {
    let wanted = format!(":{port:04X}");
    table.lines().skip(1).find_map(|line| {
        let columns: Vec<&str> = line.split_whitespace().collect();
        let listens = columns.get(1)?.ends_with(&wanted) && *columns.get(3)? == "0A";
        listens.then(|| columns.get(7).map(|uid| (*uid).to_owned()))?
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_port_is_ours() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let owner = port_owner(listener.local_addr().unwrap().port(), SystemTime::now()).unwrap();
        assert_eq!(owner.pid, Some(std::process::id()));
        assert!(!owner.is_ollama());
        assert!(owner.age.is_some());
    }

    #[test]
    fn the_user_is_read_from_the_table_of_the_system() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n   \
            0: 0100007F:2CAA 00000000:0000 01 00000000:00000000 00:00000000 00000000   7        0 1\n   \
            1: 0100007F:2CAA 00000000:0000 0A 00000000:00000000 00:00000000 00000000   998        0 2\n";
        assert_eq!(uid_in(table, 11434).as_deref(), Some("998"));
        assert_eq!(uid_in(table, 11435), None);
        let hidden = PortOwner { pid: None, name: None, user: Some("ollama".into()), age: None };
        assert!(hidden.is_ollama());
    }
}
