//! Which elements of a list are which elements of the list that shall replace it.
//! So that equal elements keep their text and comments, and a changed one is changed in its place.

use super::value::Value;

/// Above this many comparisons the middle of two lists is paired by position alone.
const COMPARISONS: usize = 1_000_000;

/// One element of the old list, of the new one, or both, in the order of the new text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pair {
    /// The old element becomes the new one where it stands.
    Both(usize, usize),
    /// The old element goes.
    Old(usize),
    /// The new element comes.
    New(usize),
}

/// Pairs the elements: equal ones and records of the same `id` first, in order; then by position.
pub(crate) fn align(old: &[Value], new: &[Value]) -> Vec<Pair> {
    let head = old.iter().zip(new).take_while(|(old, new)| are_kin(old, new)).count();
    let rest = old.len().min(new.len()) - head;
    let ends = old.iter().rev().zip(new.iter().rev()).take(rest);
    let tail = ends.take_while(|(old, new)| are_kin(old, new)).count();
    let middle = (head..old.len() - tail, head..new.len() - tail);

    let mut pairs: Vec<Pair> = (0..head).map(|at| Pair::Both(at, at)).collect();
    let kin = longest_common(old, new, &middle);
    let (mut i, mut j) = (middle.0.start, middle.1.start);
    for (old_at, new_at) in kin.into_iter().chain([(middle.0.end, middle.1.end)]) {
        by_position(old, new, i..old_at, j..new_at, &mut pairs);
        if old_at < middle.0.end {
            pairs.push(Pair::Both(old_at, new_at));
        }
        (i, j) = (old_at + 1, new_at + 1);
    }
    pairs.extend((0..tail).rev().map(|back| Pair::Both(old.len() - 1 - back, new.len() - 1 - back)));
    pairs
}

type Span = std::ops::Range<usize>;

/// Elements between two pairs of kin: each replaces the one at its position, records of another `id` do not.
fn by_position(old: &[Value], new: &[Value], old_span: Span, new_span: Span, pairs: &mut Vec<Pair>) {
    let both = old_span.len().min(new_span.len());
    for (i, j) in old_span.clone().zip(new_span.clone()) {
        let other_record = old.get(i).and_then(id).is_some() || new.get(j).and_then(id).is_some();
        if other_record {
            pairs.extend([Pair::Old(i), Pair::New(j)]);
        } else {
            pairs.push(Pair::Both(i, j));
        }
    }
    pairs.extend(old_span.skip(both).map(Pair::Old));
    pairs.extend(new_span.skip(both).map(Pair::New));
}

/// The longest common subsequence of kin in the two spans.
fn longest_common(old: &[Value], new: &[Value], (old_span, new_span): &(Span, Span)) -> Vec<(usize, usize)> {
    let (rows, columns) = (old_span.len(), new_span.len());
    if rows.saturating_mul(columns) > COMPARISONS {
        return Vec::new();
    }
    let kin = |i: usize, j: usize| match (old.get(old_span.start + i), new.get(new_span.start + j)) {
        (Some(old), Some(new)) => are_kin(old, new),
        _ => false,
    };
    // lengths[i][j]: of the rest of both from i and j on.
    let width = columns + 1;
    let mut lengths = vec![0_usize; (rows + 1) * width];
    let at = |lengths: &[usize], i: usize, j: usize| lengths.get(i * width + j).copied().unwrap_or(0);
    for i in (0..rows).rev() {
        for j in (0..columns).rev() {
            let longest = if kin(i, j) {
                at(&lengths, i + 1, j + 1) + 1
            } else {
                at(&lengths, i + 1, j).max(at(&lengths, i, j + 1))
            };
            if let Some(cell) = lengths.get_mut(i * width + j) {
                *cell = longest;
            }
        }
    }
    let mut common = Vec::new();
    let (mut i, mut j) = (0, 0);
    while i < rows && j < columns {
        if kin(i, j) {
            common.push((old_span.start + i, new_span.start + j));
            (i, j) = (i + 1, j + 1);
        } else if at(&lengths, i + 1, j) >= at(&lengths, i, j + 1) {
            i += 1;
        } else {
            j += 1;
        }
    }
    common
}

fn are_kin(old: &Value, new: &Value) -> bool {
    match (id(old), id(new)) {
        (Some(old), Some(new)) => old == new,
        _ => old.means_same(new),
    }
}

/// What names a record among its neighbours: OpenClaw's lists of models and agents have `id`.
fn id(value: &Value) -> Option<&str> {
    value.get("id")?.as_str()
}
