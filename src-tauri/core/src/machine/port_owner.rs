//! Who listens on a port of this computer, as far as the system lets us see.
//! On Linux the program of another user is hidden from all but root; its user is told to everyone.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use listeners::{Listener, Protocol, SocketState};
use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System, UpdateKind, Users};

use crate::ollama::address::Address;

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
    /// It is surely another program: its name is seen. A name that is hidden says nothing, whoever the user is.
    #[must_use]
    pub fn is_another(&self) -> bool {
        self.name.is_some() && !self.is_ollama()
    }

    /// It is a program of Ollama's; when only the user is seen, that of Ollama's service.
    #[must_use]
    pub fn is_ollama(&self) -> bool {
        let seen = self.name.as_deref().or(self.user.as_deref()).unwrap_or_default();
        seen.to_ascii_lowercase().starts_with("ollama")
    }
}

/// The program that listens where `address` leads, when the system lets us see it: on that very address, else on all of
/// them. When several could be meant, what they have in common, or none. Blocking, some milliseconds.
#[must_use]
pub fn port_owner(address: &Address, now: SystemTime) -> Option<PortOwner> {
    let users = Users::new_with_refreshed_list().ok();
    let listens = |found: &Listener| {
        found.socket.port() == address.port()
            && found.protocol == Protocol::TCP
            && found.state == SocketState::Listen
    };
    let all: Vec<Listener> = listeners::get_all().unwrap_or_default().into_iter().filter(listens).collect();
    let rows = rows(address.port());
    let owner = |asked: &IpAddr| {
        let visible = all.iter().map(|found| (found.socket.ip(), (found.process.pid, &*found.process.name)));
        match reached(*asked, visible.collect(), &rows)? {
            Reached::Process(pid, name) => Some(seen(pid, name, users.as_ref(), now)),
            Reached::Name(name) => {
                Some(PortOwner { pid: None, name: Some(name.into()), user: None, age: None })
            }
            Reached::Hidden(uid) => {
                let is = |id: String| uid.is_some_and(|uid| id == uid);
                let user = users.as_ref().and_then(|all| all.iter().find(|user| is(user.id().to_string())));
                let user = user.map(|user| user.name().to_owned());
                Some(PortOwner { pid: None, name: None, user, age: None })
            }
        }
    };
    let mut owners: Vec<PortOwner> = asked(address).iter().filter_map(owner).collect();
    owners.dedup();
    // Of two families with two programs nobody knows which one answers.
    if owners.len() == 1 { owners.pop() } else { None }
}

/// Not every system tells user and age; the program alone is worth naming.
fn seen(pid: u32, name: &str, users: Option<&Users>, now: SystemTime) -> PortOwner {
    let mut owner = PortOwner { pid: Some(pid), name: Some(name.to_owned()), user: None, age: None };
    if let Ok(mut system) = System::new() {
        let pid = Pid::from_u32(pid);
        let what = ProcessRefreshKind::nothing().with_user(UpdateKind::Always);
        system.refresh_processes_specifics(ProcessesToUpdate::Some(&[pid]), true, what);
        if let Some(process) = system.process(pid) {
            let user = process.user_id().and_then(|id| users?.get_user_by_id(id));
            owner.user = user.map(|user| user.name().to_owned());
            let started = UNIX_EPOCH + Duration::from_secs(process.start_time());
            owner.age = (process.start_time() > 0).then(|| now.duration_since(started).unwrap_or_default());
        }
    }
    owner
}

/// The numbers that the host stands for; no name but `localhost` is this computer's.
fn asked(address: &Address) -> Vec<IpAddr> {
    if address.host() == "localhost" {
        return vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
    }
    address.host().parse().into_iter().collect()
}

/// How closely a listener fits what is asked; the system gives the connection to the least. `None`: not at all.
fn fit(listens: IpAddr, asked: IpAddr) -> Option<u8> {
    match (listens.to_canonical(), asked.to_canonical()) {
        (listens, asked) if listens == asked => Some(0),
        (listens, asked) if listens.is_unspecified() && listens.is_ipv4() == asked.is_ipv4() => Some(1),
        // Most systems give `::` the older family, too.
        (listens, _) if listens.is_unspecified() && listens.is_ipv6() => Some(2),
        _ => None,
    }
}

/// Whom an address reaches.
#[derive(Debug, PartialEq, Eq)]
enum Reached<'a> {
    /// This one.
    Process(u32, &'a str),
    /// One of several processes of this program.
    Name(&'a str),
    /// One that the system hides, of the user with this id where all that fit are theirs.
    Hidden(Option<&'a str>),
}

/// `visible`: what listens and whose process is seen. `rows`: everything that listens, with the user's id, where the
/// system has such a table.
fn reached<'a>(
    asked: IpAddr,
    visible: Vec<(IpAddr, (u32, &'a str))>,
    rows: &'a [(IpAddr, String)],
) -> Option<Reached<'a>> {
    let listening = visible.iter().map(|(ip, _)| *ip).chain(rows.iter().map(|(ip, _)| *ip));
    let best = listening.filter_map(|ip| fit(ip, asked)).min()?;
    let fits = |ip: IpAddr| fit(ip, asked) == Some(best);
    let rows: Vec<&(IpAddr, String)> = rows.iter().filter(|(ip, _)| fits(*ip)).collect();
    let mut visible: Vec<(IpAddr, (u32, &str))> = visible.into_iter().filter(|(ip, _)| fits(*ip)).collect();
    let Some((_, (pid, name))) = visible.first().copied() else {
        let (_, uid) = rows.first()?;
        return Some(Reached::Hidden(rows.iter().all(|(_, other)| other == uid).then_some(uid.as_str())));
    };
    // Beside it one that is hidden fits as well.
    if rows.iter().any(|(row, _)| !visible.iter().any(|(ip, _)| ip == row)) {
        return None;
    }
    visible.retain(|(_, (other, _))| *other != pid);
    match visible.iter().all(|(_, (_, other))| *other == name) {
        true if visible.is_empty() => Some(Reached::Process(pid, name)),
        true => Some(Reached::Name(name)),
        false => None,
    }
}

#[cfg(target_os = "linux")]
fn rows(port: u16) -> Vec<(IpAddr, String)> {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(std::fs::read_to_string);
    tables.iter().flatten().flat_map(|table| rows_of(table, port)).collect()
}

#[cfg(not(target_os = "linux"))]
fn rows(_port: u16) -> Vec<(IpAddr, String)> {
    Vec::new()
}

/// Address and user id of each listener on `port` in a table of `/proc/net`: the local address is the second column,
/// the state the fourth (`0A`: listening), the user the eighth.
#[cfg_attr(not(target_os = "linux"), allow(dead_code))]
fn rows_of(table: &str, port: u16) -> Vec<(IpAddr, String)> {
    let row = |line: &str| {
        let columns: Vec<&str> = line.split_whitespace().collect();
        let (ip, at) = columns.get(1)?.split_once(':')?;
        let listens = u16::from_str_radix(at, 16).ok()? == port && *columns.get(3)? == "0A";
        Some((ip_of(ip)?, (*columns.get(7)?).to_owned())).filter(|_| listens)
    };
    table.lines().skip(1).filter_map(row).collect()
}

/// An address as `/proc/net` writes it: in words of 32 bits, each in this computer's own order.
#[cfg_attr(not(target_os = "linux"), allow(dead_code))]
fn ip_of(text: &str) -> Option<IpAddr> {
    let mut bytes = Vec::with_capacity(16);
    for at in (0..text.len()).step_by(8) {
        bytes.extend(u32::from_str_radix(text.get(at..at + 8)?, 16).ok()?.to_ne_bytes());
    }
    let four = <[u8; 4]>::try_from(bytes.as_slice()).map(IpAddr::from);
    four.or_else(|_| <[u8; 16]>::try_from(bytes.as_slice()).map(IpAddr::from)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Address {
        Address::parse(text).unwrap()
    }

    #[test]
    fn our_own_port_is_ours() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        for host in ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]"] {
            let owner = port_owner(&at(&format!("http://{host}:{port}")), SystemTime::now()).unwrap();
            assert_eq!(owner.pid, Some(std::process::id()), "{host}");
            assert!(!owner.is_ollama());
            assert!(owner.age.is_some());
        }
        // The same port of another address is not asked.
        for host in ["[::1]", "127.0.0.2", "somewhere.example"] {
            let address = at(&format!("http://{host}:{port}"));
            assert_eq!(port_owner(&address, SystemTime::now()), None, "{host}");
        }
    }

    #[test]
    fn one_that_listens_everywhere_is_reached_everywhere() {
        let listener = std::net::TcpListener::bind("0.0.0.0:0").unwrap();
        let address = at(&format!("127.0.0.3:{}", listener.local_addr().unwrap().port()));
        assert_eq!(port_owner(&address, SystemTime::now()).unwrap().pid, Some(std::process::id()));
    }

    #[test]
    fn only_who_is_surely_reached_is_named() {
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        type Case<'a> = (&'a [(&'a str, u32, &'a str)], &'a [(&'a str, &'a str)], Option<Reached<'a>>);
        let cases: &[Case<'_>] = &[
            (&[("127.0.0.1", 7, "ollama")], &[], Some(Reached::Process(7, "ollama"))),
            (&[("127.0.0.2", 8, "python3")], &[("127.0.0.2", "0")], None),
            (&[("::1", 8, "python3")], &[], None),
            // The very address comes before the wildcards, whoever is seen first.
            (
                &[("::", 8, "a"), ("0.0.0.0", 9, "b"), ("::ffff:127.0.0.1", 7, "ollama")],
                &[],
                Some(Reached::Process(7, "ollama")),
            ),
            (&[("::", 8, "a"), ("0.0.0.0", 9, "b")], &[], Some(Reached::Process(9, "b"))),
            (&[("::", 8, "a")], &[], Some(Reached::Process(8, "a"))),
            // It is hidden, and another that is seen listens more widely.
            (
                &[("::", 8, "python3")],
                &[("127.0.0.1", "998"), ("::", "1000")],
                Some(Reached::Hidden(Some("998"))),
            ),
            (&[], &[("127.0.0.1", "998"), ("::ffff:127.0.0.1", "0")], Some(Reached::Hidden(None))),
            (&[("127.0.0.1", 8, "a")], &[("127.0.0.1", "0"), ("::ffff:127.0.0.1", "998")], None),
            // Workers of one server; two that share a port.
            (&[("0.0.0.0", 7, "nginx"), ("0.0.0.0", 8, "nginx")], &[], Some(Reached::Name("nginx"))),
            (&[("0.0.0.0", 7, "a"), ("0.0.0.0", 8, "b")], &[], None),
            (&[], &[], None),
        ];
        for (visible, rows, expected) in cases {
            let seen = visible.iter().map(|(at, pid, name)| (ip(at), (*pid, *name))).collect();
            let rows: Vec<_> = rows.iter().map(|(at, uid)| (ip(at), (*uid).to_owned())).collect();
            assert_eq!(reached(ip("127.0.0.1"), seen, &rows), *expected, "{visible:?} {rows:?}");
        }
    }

    #[test]
    fn address_and_user_are_read_from_the_table_of_the_system() {
        let word = |bytes: [u8; 4]| format!("{:08X}", u32::from_ne_bytes(bytes));
        let (four, zero) = (word([127, 0, 0, 1]), word([0; 4]));
        let six = format!("{zero}{zero}{zero}{}", word([0, 0, 0, 1]));
        let table = format!(
            "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n   \
            0: {four}:2CAA {zero}:0000 01 00000000:00000000 00:00000000 00000000   7        0 1\n   \
            1: {four}:2CAA {zero}:0000 0A 00000000:00000000 00:00000000 00000000   998        0 2\n   \
            2: {six}:2CAA {zero}:0000 0A 00000000:00000000 00:00000000 00000000   5        0 3\n"
        );
        let (four, six) = (IpAddr::from(Ipv4Addr::LOCALHOST), IpAddr::from(Ipv6Addr::LOCALHOST));
        assert_eq!(rows_of(&table, 11434), [(four, "998".to_owned()), (six, "5".to_owned())]);
        assert_eq!(rows_of(&table, 11435), []);
        let hidden = PortOwner { pid: None, name: None, user: Some("ollama".into()), age: None };
        assert!(hidden.is_ollama() && !hidden.is_another());
        let hidden = PortOwner { user: Some("me".into()), ..hidden };
        assert!(!hidden.is_ollama() && !hidden.is_another());
    }
}
