//! Small counts are not printed, nor what would reveal them.
//!
//! A count from 1 to 4 could be about persons that someone knows. Hiding it alone does not hide it:
//! the total less the other counts is the hidden one. So a hidden count is never alone: the smallest of
//! the others are hidden with it until at least two are, which together are at least 5, and at least 3 more
//! than one for each, since a hidden count is known to be no zero. Where even all of them are not enough,
//! as with five that are one each, zeros are hidden too.

/// The smallest count that is printed, zero aside.
pub const SMALLEST: u64 = 5;
/// How much more than one for each the hidden counts are together.
const SLACK: u64 = 3;

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
    let mut by_size: Vec<usize> = (0..counts.len())
        .filter(|&at| counts.get(at).is_some_and(|count| *count > 0))
        .collect();
    by_size.sort_by_key(|&at| counts.get(at));
    let mut cells: Vec<Cell> = counts.iter().copied().map(Some).collect();
    let (mut hidden, mut sum): (u64, u64) = (0, 0);
    let told = |hidden: u64, sum: u64| {
        hidden == 1 || (hidden > 0 && (sum < SMALLEST || sum < hidden + SLACK))
    };
    for at in by_size {
        let count = counts.get(at).copied().unwrap_or_default();
        if count >= SMALLEST && !told(hidden, sum) {
            break;
        }
        if let Some(cell) = cells.get_mut(at) {
            *cell = None;
        }
        hidden += 1;
        sum += count;
    }
    (!told(hidden, sum)).then_some(cells)
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

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
    /// one value only in them, nor two.
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
                assert!(values.len() > 2, "{total:?} {printed:?}: {values:?}");
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
