//! How much immunoglobulin an order brings in a month, as exact fractions.

use std::cmp::Ordering;

use crate::guideline::{
    facts::{Cap, Pace},
    parameters::{K14_MONTH_CENTIDAYS, K14_MONTH_DAYS},
    quantity::Mass,
};

/// Seconds of the two months of K14.
pub(in crate::guideline) const SHORT_MONTH: i128 = K14_MONTH_DAYS as i128 * 86_400;
pub(in crate::guideline) const LONG_MONTH: i128 = K14_MONTH_CENTIDAYS as i128 * 864;
/// Micrograms in a kilogram.
const KILOGRAM: i128 = Mass::PER_GRAM as i128 * 1000;

/// Micrograms in so many seconds, as a reduced fraction.
///
/// Every operation answers `None` where a number no longer fits; no dose that a person takes gets near.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::guideline) struct Rate {
    micrograms: i128,
    seconds: i128,
}

impl Rate {
    fn new(micrograms: i128, seconds: i128) -> Option<Self> {
        if seconds <= 0 || micrograms < 0 {
            return None;
        }
        let divisor = greatest_common_divisor(micrograms, seconds);
        Some(Self {
            micrograms: micrograms.checked_div(divisor)?,
            seconds: seconds.checked_div(divisor)?,
        })
    }

    /// An amount at a pace; for each kilogram of `weight` where there is one.
    pub fn of(amount: Mass, pace: Pace, weight: Option<Mass>) -> Option<Self> {
        let each = i128::from(amount.micrograms()).checked_mul(i128::from(pace.times))?;
        let seconds = i128::from(pace.seconds);
        match weight {
            None => Self::new(each, seconds),
            Some(weight) => Self::new(
                each.checked_mul(i128::from(weight.micrograms()))?,
                seconds.checked_mul(KILOGRAM)?,
            ),
        }
    }

    /// This one, at most `cap`.
    pub fn capped(self, cap: Option<Cap>) -> Option<Self> {
        let Some(cap) = cap else { return Some(self) };
        let most = Self::new(i128::from(cap.amount.micrograms()), i128::from(cap.seconds))?;
        let this = self.micrograms.checked_mul(most.seconds)?;
        Some(if this > most.micrograms.checked_mul(self.seconds)? {
            most
        } else {
            self
        })
    }

    /// Both beside each other.
    pub fn plus(self, other: Self) -> Option<Self> {
        let one = self.micrograms.checked_mul(other.seconds)?;
        let two = other.micrograms.checked_mul(self.seconds)?;
        Self::new(
            one.checked_add(two)?,
            self.seconds.checked_mul(other.seconds)?,
        )
    }

    /// Milligrams in so many seconds, rounded.
    pub fn milligrams_in(self, seconds: i128) -> Option<i64> {
        let in_time = self.micrograms.checked_mul(seconds)?;
        rounded(in_time, self.seconds.checked_mul(1000)?)
    }

    /// g/kg in so many seconds, in ten-thousandths, rounded.
    pub fn per_kilogram(self, weight: Mass, seconds: i128) -> Option<i64> {
        let in_time = self
            .micrograms
            .checked_mul(seconds)?
            .checked_mul(10_000_000)?;
        rounded(
            in_time,
            self.seconds.checked_mul(weight.micrograms().into())?,
        )
    }

    /// How g/kg in so many seconds stands to a number of tenths of a gram.
    pub fn against(self, decigrams: i32, weight: Mass, seconds: i128) -> Option<Ordering> {
        let this = self.micrograms.checked_mul(seconds)?.checked_mul(10_000)?;
        let limit = self
            .seconds
            .checked_mul(weight.micrograms().into())?
            .checked_mul(decigrams.into())?;
        Some(this.cmp(&limit))
    }
}

fn greatest_common_divisor(mut a: i128, mut b: i128) -> i128 {
    while let Some(rest) = a.checked_rem(b) {
        (a, b) = (b, rest);
    }
    a.max(1)
}

/// Half up; both are positive.
fn rounded(numerator: i128, denominator: i128) -> Option<i64> {
    let twice = numerator.checked_mul(2)?.checked_add(denominator)?;
    i64::try_from(twice.checked_div(denominator.checked_mul(2)?)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(grams: i32, times: i64, days: i64) -> Rate {
        let pace = Pace {
            times,
            seconds: days * 86_400,
        };
        Rate::of(Mass::grams(grams), pace, None).expect("a rate")
    }

    #[test]
    fn grams_in_a_month_and_for_each_kilogram() {
        let weight = Mass::grams(70_000);
        // 28 g, 24 g and 64 g every 4 weeks for 70 kg (V94, V95, V96).
        for (grams, short, long) in [(28, 4000, 4349), (24, 3429, 3727), (64, 9143, 9940)] {
            let rate = rate(grams, 1, 28);
            assert_eq!(rate.per_kilogram(weight, SHORT_MONTH), Some(short));
            assert_eq!(rate.per_kilogram(weight, LONG_MONTH), Some(long));
            assert_eq!(
                rate.milligrams_in(SHORT_MONTH),
                Some(i64::from(grams) * 1000)
            );
        }
        assert_eq!(rate(10, 1, 21).milligrams_in(SHORT_MONTH), Some(13_333));
        assert_eq!(
            rate(7, 1, 7)
                .plus(rate(7, 3, 21))
                .and_then(|sum| sum.milligrams_in(SHORT_MONTH)),
            Some(56_000)
        );
    }

    #[test]
    fn limits_are_exact() {
        use Ordering::{Equal, Greater, Less};
        let weight = Mass::grams(70_000);
        let at = |rate: Rate| rate.against(4, weight, SHORT_MONTH);
        assert_eq!(at(rate(28, 1, 28)), Some(Equal));
        let just_below = Pace {
            times: 1,
            seconds: 28 * 86_400 + 1,
        };
        assert_eq!(
            at(Rate::of(Mass::grams(28), just_below, None).expect("a rate")),
            Some(Less)
        );
        assert_eq!(at(rate(21, 1, 20)), Some(Greater));
        // 28 g a month of 30.44 days is 0.4 g/kg in that month, to the microgram.
        let month = Pace {
            times: 1,
            seconds: 3044 * 864,
        };
        let monthly = Rate::of(Mass::grams(28), month, None).expect("a rate");
        assert_eq!(monthly.against(4, weight, LONG_MONTH), Some(Equal));
        assert_eq!(monthly.against(4, weight, SHORT_MONTH), Some(Less));
    }

    #[test]
    fn what_does_not_fit_is_no_number() {
        let most = Mass::from_micrograms(i64::MAX);
        let pace = Pace {
            times: i64::MAX,
            seconds: 1,
        };
        let rate = Rate::of(most, pace, None).expect("fits still");
        assert_eq!(rate.milligrams_in(SHORT_MONTH), None);
        assert_eq!(Rate::of(most, pace, Some(most)), None);
        assert_eq!(
            Rate::of(
                most,
                Pace {
                    times: 1,
                    seconds: 0
                },
                None
            ),
            None
        );
    }
}
