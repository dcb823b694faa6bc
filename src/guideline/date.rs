//! A date in a health record: a calendar day, or the days that an incomplete date may stand for.

use jiff::{Span, civil::Date};

use super::verdict::{Reason, Verdict};

/// The days that a recorded date may stand for, both ends included.
///
/// `2026-03-10` is one day; `2026-03` is the 31 days of March; `2026` the year (decision-spec §1,
/// "a partial date is an interval"). A comparison answers only where both ends agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct When {
    earliest: Date,
    latest: Date,
}

impl When {
    /// One known day.
    pub fn day(day: Date) -> Self {
        Self {
            earliest: day,
            latest: day,
        }
    }

    /// The days from `a` to `b`, in either order.
    pub fn between(a: Date, b: Date) -> Self {
        Self {
            earliest: a.min(b),
            latest: a.max(b),
        }
    }

    /// The first day that it can be.
    pub fn earliest(self) -> Date {
        self.earliest
    }

    /// The last day that it can be.
    pub fn latest(self) -> Date {
        self.latest
    }

    /// The day, if only one is possible.
    pub fn exact(self) -> Option<Date> {
        (self.earliest == self.latest).then_some(self.earliest)
    }

    /// The same date, knowing that it is not after `day`; `None` when it certainly is.
    pub fn not_after(self, day: Date) -> Option<Self> {
        (self.earliest <= day).then(|| Self {
            earliest: self.earliest,
            latest: self.latest.min(day),
        })
    }

    /// Is it on or after `day`?
    pub fn on_or_after(self, day: Date) -> Verdict {
        decide(self.earliest >= day, self.latest >= day)
    }

    /// Is it before `day`?
    pub fn before(self, day: Date) -> Verdict {
        decide(self.latest < day, self.earliest < day)
    }

    /// Is it within `from..=to`?
    pub fn within(self, from: Date, to: Date) -> Verdict {
        decide(
            self.earliest >= from && self.latest <= to,
            self.earliest <= to && self.latest >= from,
        )
    }

    /// Both ends moved by calendar months, clamped to the month's end.
    pub fn plus_months(self, months: i32) -> Self {
        Self {
            earliest: plus_months(self.earliest, months),
            latest: plus_months(self.latest, months),
        }
    }
}

fn decide(certainly: bool, possibly: bool) -> Verdict {
    match (certainly, possibly) {
        (true, _) => Verdict::Met,
        (false, true) => Verdict::Unknown(Reason::Insufficient),
        (false, false) => Verdict::NotMet,
    }
}

/// `date` moved by calendar months, clamped to the month's end (decision-spec §1, *E*).
///
/// A date outside the calendar of jiff (year 9999) stays at its edge: no patient lives there.
pub fn plus_months(date: Date, months: i32) -> Date {
    date.saturating_add(Span::new().months(months))
}

/// `date` moved by days.
pub fn plus_days(date: Date, days: i32) -> Date {
    date.saturating_add(Span::new().days(days))
}

/// Days from `from` to `to`; negative when `to` is earlier.
pub fn days_between(from: Date, to: Date) -> i32 {
    from.until(to).map_or(0, |span| span.get_days())
}
