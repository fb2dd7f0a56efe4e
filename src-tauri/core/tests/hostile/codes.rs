//! What each call says of each row of practice's two tables: `codes.txt`, a line a row.

use super::calls::{CALLS, Call};

const CODES: &str = include_str!("codes.txt");

/// The calls that are made of this row, each with the code that it must end with.
pub(crate) fn expected(fault: &str) -> Vec<(Call, &'static str)> {
    let mut rows = CODES.lines().filter_map(|line| line.split_once(" | "));
    let row = rows.find_map(|(name, row)| (name == fault).then_some(row));
    let row = row.unwrap_or_else(|| panic!("a new row needs its line in codes.txt: {fault}"));
    let groups = row.split("; ").map(|group| group.split_once(": ").unwrap());
    groups.flat_map(|(code, calls)| calls.split(' ').map(move |name| (call(name), code))).collect()
}

fn call(name: &str) -> Call {
    CALLS.into_iter().find(|call| format!("{call:?}") == name).unwrap_or_else(|| panic!("no call {name}"))
}
