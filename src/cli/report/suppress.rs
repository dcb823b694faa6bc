//! Small counts are not printed, nor what would reveal them.
//!
//! A count from 1 to 4 could be about persons that someone knows. Hiding it alone does not hide it:
//! the total less the other counts is the hidden one. So a hidden count is never alone: the smallest of
//! the others are hidden with it until at least two are, which together are at least 5.

/// The smallest count that is printed, zero aside.
pub const SMALLEST: u64 = 5;

/// A count, or `None` where it is not printed.
pub type Cell = Option<u64>;

/// A count by itself.
pub fn cell(count: u64) -> Cell {
    (count == 0 || count >= SMALLEST).then_some(count)
}

/// The parts of a total: none where the total is not printed, since together they would tell it.
pub fn parts(counts: &[u64], total: Cell) -> Vec<Cell> {
    if total.is_none() {
        return vec![None; counts.len()];
    }
    let mut by_size: Vec<usize> = (0..counts.len())
        .filter(|&at| counts.get(at).is_some_and(|count| *count > 0))
        .collect();
    by_size.sort_by_key(|&at| counts.get(at));
    let mut cells: Vec<Cell> = counts.iter().copied().map(Some).collect();
    let (mut hidden, mut sum) = (0, 0);
    for at in by_size {
        let count = counts.get(at).copied().unwrap_or_default();
        let told = hidden == 1 || (hidden > 0 && sum < SMALLEST);
        if count >= SMALLEST && !told {
            break;
        }
        if let Some(cell) = cells.get_mut(at) {
            *cell = None;
        }
        hidden += 1;
        sum += count;
    }
    cells
}

#[cfg(test)]
mod tests {
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
        ] {
            let total = cell(counts.iter().sum());
            assert_eq!(parts(counts, total), expected, "{counts:?}");
        }
        assert_eq!(parts(&[7, 8], None), [None, None]);
        for (count, printed) in [(0, Some(0)), (1, None), (4, None), (5, Some(5))] {
            assert_eq!(cell(count), printed);
        }
    }

    /// Every way to fill three hidden places that fits what is printed: no place has one value only.
    #[test]
    fn no_hidden_count_can_be_calculated() {
        const MOST: u64 = 9;
        let all = (0..=MOST)
            .flat_map(|a| (0..=MOST).flat_map(move |b| (0..=MOST).map(move |c| [a, b, c])));
        for counts in all.clone() {
            let total = cell(counts.iter().sum());
            let printed = parts(&counts, total);
            assert!(
                printed
                    .iter()
                    .flatten()
                    .all(|count| *count == 0 || *count >= SMALLEST),
                "{counts:?}"
            );
            let Some(total) = total else { continue };
            // A zero is always printed, so a hidden count is at least 1. One that is large by itself
            // may be anything up to the total.
            let fits = |guess: &[u64; 3]| {
                guess.iter().sum::<u64>() == total
                    && guess
                        .iter()
                        .zip(&printed)
                        .all(|(guess, printed)| match printed {
                            Some(count) => guess == count,
                            None => *guess >= 1,
                        })
            };
            let guesses: Vec<[u64; 3]> = (0..=total)
                .flat_map(|a| (0..=total - a).map(move |b| [a, b, total - a - b]))
                .filter(fits)
                .collect();
            for (at, cell) in printed.iter().enumerate() {
                let mut values: Vec<u64> = guesses.iter().map(|guess| guess[at]).collect();
                values.sort_unstable();
                values.dedup();
                assert!(
                    cell.is_some() || values.len() > 2,
                    "{counts:?}: {printed:?}"
                );
            }
        }
    }
}
