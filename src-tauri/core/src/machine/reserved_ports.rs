//! Ports that Windows keeps for itself (Hyper-V, WSL): nothing may listen there, error 10013.
//! Read with `netsh`; the reading of its words is tested on any system.

use std::time::Duration;

use crate::{
    machine::{command, os::Os},
    surroundings::Surroundings,
};

/// `netsh` answers in a moment.
const NETSH: Duration = Duration::from_secs(3);

/// The ranges, first and last; none on other systems, and where `netsh` does not say.
pub async fn ports(surroundings: &Surroundings) -> Vec<(u16, u16)> {
    if surroundings.os != Os::Windows {
        return Vec::new();
    }
    let Some(netsh) = command::on_path(surroundings, "netsh") else { return Vec::new() };
    let arguments = ["interface", "ipv4", "show", "excludedportrange", "protocol=tcp"];
    let output = command::output(surroundings, &netsh, &arguments, NETSH).await;
    output.map(|output| ranges(&output.stdout)).unwrap_or_default()
}

/// Lines of two ports, in whatever language the head is; a star marks ranges that an administrator made.
fn ranges(text: &str) -> Vec<(u16, u16)> {
    let range = |line: &str| {
        let mut words = line.split_whitespace();
        let (first, last) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
        (words.next().is_none_or(|word| word == "*") && first <= last).then_some((first, last))
    };
    text.lines().filter_map(range).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_in_any_language() {
        let text = "\r\nProtokoll tcp Portausschlussbereiche\r\n\r\nStartport    Endport\r\n----------    --------\r\n      5357        5357\r\n     11400       11499\r\n     50000       50059     *\r\n\r\n* - Verwaltete Portausschl\u{fc}sse.\r\n";
        assert_eq!(ranges(text), [(5357, 5357), (11400, 11499), (50000, 50059)]);
        assert!(ranges("99999 1\n20 10\nno numbers\n").is_empty());
    }
}
