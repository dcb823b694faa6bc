//! Small counts are not printed, nor what would reveal them.
//!
//! A count from 1 to 4 could be about persons that someone knows. Hiding it alone does not hide it: the
//! total less the other counts is the hidden one. So the smallest of the others are hidden with it, until
//! what is hidden could be several things to someone who knows these rules:
//!
//! - it is at least two counts, which together are at least 5;
//! - they are at least 3 more than one for each, since a hidden count is known to be no zero;
//! - each has at least 3 values that fit, since it is known to be less than the smallest that is printed.
//!   Equal counts are hidden together.
//!
//! Where even all of them are not enough, as with five that are one each, zeros are hidden too.

use std::collections::BTreeSet;

/// The smallest count that is printed, zero aside.
pub const SMALLEST: u64 = 5;
/// How much more than one for each the hidden counts are together.
const SLACK: u64 = 3;
/// How many values fit each hidden count.
const VALUES: u64 = 3;

/// A count, or `None` where it is not printed.
pub type Cell = Option<u64>;

/// A count by itself.
pub fn cell(count: u64) -> Cell {
    (count == 0 || count >= SMALLEST).then_some(count)
}

/// The parts of a total, in places that are there whatever the counts: none where the total is not
/// printed, since together they would tell it.
pub fn parts(counts: &[u64], total: Cell) -> Vec<Cell> {
    listed(counts, total).unwrap_or_else(|| vec![None; counts.len()])
}

/// The parts of a total, in places that are there only because there was something to count: how many
/// places there are tells too. `None` where they cannot be listed.
pub fn listed(counts: &[u64], total: Cell) -> Option<Vec<Cell>> {
    total?;
    let mut hidden: Vec<u64> = Vec::new();
    let mut smallest_printed = None;
    for count in counts
        .iter()
        .copied()
        .filter(|count| *count > 0)
        .collect::<BTreeSet<_>>()
    {
        if count >= SMALLEST && !is_told(&hidden, Some(count)) {
            smallest_printed = Some(count);
            break;
        }
        hidden.extend(counts.iter().filter(|other| **other == count));
    }
    if is_told(&hidden, smallest_printed) {
        return None;
    }
    let print = |count: &u64| (!hidden.contains(count)).then_some(*count);
    Some(counts.iter().map(print).collect())
}

/// Whether hidden counts can be told from their sum and the smallest count above them that is printed.
fn is_told(hidden: &[u64], printed: Option<u64>) -> bool {
    let (number, sum) = (hidden.len() as u64, hidden.iter().sum::<u64>());
    if number == 0 {
        return false;
    }
    if number == 1 || sum < SMALLEST || sum < number + SLACK {
        return true;
    }
    let Some(printed) = printed else {
        return false;
    };
    let others = number - 1;
    let most = (printed - 1).min(sum - others);
    let least = sum.saturating_sub(others * (printed - 1)).max(1);
    most + 1 < least + VALUES
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn small_counts_are_hidden_with_what_would_tell_them() {
        for (counts, expected) in [
            (&[][..], &[][..]),
            (&[0, 0], &[Some(0), Some(0)]),
            (&[5, 40, 0], &[Some(5), Some(40), Some(0)]),
            (&[4, 40, 0], &[None, None, Some(0)]),
            (&[4, 40, 12], &[None, Some(40), None]),
            (&[1, 2, 40], &[None, None, None]),
            (&[1, 4, 40], &[None, None, Some(40)]),
            (&[3, 3, 3, 9], &[None, None, None, Some(9)]),
            // The two that are hidden are no more than four each, and eight together.
            (&[4, 4, 5], &[None, None, None]),
            (&[4, 4, 11], &[None, None, Some(11)]),
            (&[4, 8, 8, 30], &[None, None, None, Some(30)]),
            // One each, and nothing else they could be.
            (&[1, 1, 1, 1, 1, 40], &[None, None, None, None, None, None]),
            (&[1, 1, 1, 1, 1, 0], &[None, None, None, None, None, None]),
        ] {
            let total = cell(counts.iter().sum());
            assert_eq!(parts(counts, total), expected, "{counts:?}");
        }
        assert_eq!(parts(&[7, 8], None), [None, None]);
        assert_eq!(listed(&[7, 8], None), None);
        assert_eq!(listed(&[1, 1, 1, 1, 1], Some(5)), None);
        for (count, printed) in [(0, Some(0)), (1, None), (4, None), (5, Some(5))] {
            assert_eq!(cell(count), printed);
        }
    }

    /// Every way to fill so many places with so much in all.
    fn fillings(places: usize, total: u64) -> Vec<Vec<u64>> {
        match places {
            0 if total == 0 => vec![Vec::new()],
            0 => Vec::new(),
            _ => (0..=total)
                .flat_map(|first| {
                    let mut rest = fillings(places - 1, total - first);
                    rest.iter_mut().for_each(|rest| rest.insert(0, first));
                    rest
                })
                .collect(),
        }
    }

    /// Whoever knows how counts are hidden looks at all that would be printed alike: no hidden count has
    /// one value only in them.
    fn not_to_be_calculated(all: impl Iterator<Item = (Vec<u64>, Vec<Cell>)>) {
        let mut alike: BTreeMap<(Cell, Vec<Cell>), Vec<Vec<u64>>> = BTreeMap::new();
        for (counts, printed) in all {
            assert!(
                printed
                    .iter()
                    .flatten()
                    .all(|count| *count == 0 || *count >= SMALLEST),
                "{counts:?}"
            );
            let total = cell(counts.iter().sum());
            alike.entry((total, printed)).or_default().push(counts);
        }
        for ((total, printed), counts) in alike {
            for at in (0..printed.len()).filter(|at| printed[*at].is_none()) {
                let values: BTreeSet<u64> = counts.iter().map(|counts| counts[at]).collect();
                assert!(values.len() > 1, "{total:?} {printed:?}: {values:?}");
            }
        }
    }

    #[test]
    fn no_hidden_count_can_be_calculated() {
        // As many in all as can be gone through: what is hidden depends on the small ones.
        for (places, most) in [
            (1, 30),
            (2, 30),
            (3, 30),
            (4, 18),
            (5, 13),
            (6, 11),
            (7, 10),
        ] {
            let all = (0..=most).flat_map(|total| fillings(places, total));
            not_to_be_calculated(all.map(|counts| {
                let printed = parts(&counts, cell(counts.iter().sum()));
                (counts, printed)
            }));
            let all = (0..=most).flat_map(|total| fillings(places, total));
            let positive = all.filter(|counts| counts.iter().all(|count| *count > 0));
            not_to_be_calculated(positive.filter_map(|counts| {
                let printed = listed(&counts, cell(counts.iter().sum()))?;
                Some((counts, printed))
            }));
        }
    }
}
