//! Differences of two texts for people, without their secrets.
//! A changed secret is seen to change, but not from what to what.

use std::ops::Range;
use std::time::Duration;

use similar::{DiffTag, TextDiff};

use super::{masked, masked_env};

/// How long the difference of two texts may be searched; after that it is still right, only coarser.
const DIFF_LIMIT: Duration = Duration::from_secs(2);

/// Lines around a change in a difference, as `diff -u` has it.
const CONTEXT: usize = 3;

/// The difference of two texts as `diff -u` writes it, secrets masked; empty when they are equal. `path_label` is the
/// file's name, by which `.env` is known. A changed secret is seen to change (`-` and `+` lines), but not from what to what.
#[must_use]
pub fn unified_diff(path_label: &str, before: &str, after: &str) -> String {
    if before == after {
        return String::new();
    }
    // Lines are compared as they are and shown masked: masking keeps their number.
    let (old, new): (Vec<&str>, Vec<&str>) =
        (before.split_inclusive('\n').collect(), after.split_inclusive('\n').collect());
    let masked = if path_label == ".env" { masked_env } else { masked };
    let (masked_before, masked_after) = (masked(before), masked(after));
    let (old_shown, new_shown): (Vec<&str>, Vec<&str>) =
        (masked_before.split_inclusive('\n').collect(), masked_after.split_inclusive('\n').collect());
    let mut out = format!("--- {path_label}\n+++ {path_label}\n");
    let diff = TextDiff::configure().timeout(DIFF_LIMIT).diff_slices(&old, &new);
    for group in diff.grouped_ops(CONTEXT) {
        let (Some(first), Some(last)) = (group.first(), group.last()) else { continue };
        let (from, to) =
            (first.old_range().start..last.old_range().end, first.new_range().start..last.new_range().end);
        out.push_str(&format!("@@ -{} +{} @@\n", hunk_range(&from), hunk_range(&to)));
        for operation in &group {
            let (tag, old_range, new_range) = operation.as_tag_tuple();
            if tag == DiffTag::Equal {
                push_lines(&mut out, ' ', &new_shown, new_range);
            } else {
                push_lines(&mut out, '-', &old_shown, old_range);
                push_lines(&mut out, '+', &new_shown, new_range);
            }
        }
    }
    out
}

/// `first,count` of a hunk's header; an empty range is named by the line before it.
fn hunk_range(range: &Range<usize>) -> String {
    match range.len() {
        0 => format!("{},0", range.start),
        1 => format!("{}", range.start + 1),
        count => format!("{},{count}", range.start + 1),
    }
}

fn push_lines(out: &mut String, sign: char, lines: &[&str], range: Range<usize>) {
    for line in lines.get(range).unwrap_or_default() {
        out.push(sign);
        out.push_str(line.trim_end_matches(['\r', '\n']));
        out.push('\n');
        if !line.ends_with('\n') {
            out.push_str("\\ No newline at end of file\n");
        }
    }
}
