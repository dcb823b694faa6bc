//! Scales of the picture: days to the right, values upwards; seasons and months along the days.

use jiff::civil::{Date, date};

use crate::guideline::{
    date::{days_between, plus_days, plus_months},
    parameters::{K10_SUMMER_FROM, K10_SUMMER_TO},
};

/// The most months before E that are drawn: a year of infections before a year of treatment.
const MONTHS_BACK: i32 = 24;
/// The fewest, so that a single finding does not fill the picture.
const FEWEST_MONTHS_BACK: i32 = 8;
/// The most months after E: the end of a stop window.
const MONTHS_AHEAD: i32 = 13;

/// Days to the right.
#[derive(Debug, Clone, Copy)]
pub(super) struct Days {
    /// First day drawn.
    pub from: Date,
    /// Last day drawn.
    pub to: Date,
    left: f64,
    width: f64,
}

impl Days {
    /// From the first finding that is not too old to the last day ahead.
    pub fn new(
        as_of: Date,
        found: impl Iterator<Item = Date>,
        ahead: impl Iterator<Item = Date>,
        (left, width): (f64, f64),
    ) -> Self {
        let (oldest, newest) = (
            plus_months(as_of, -MONTHS_BACK),
            plus_months(as_of, MONTHS_AHEAD),
        );
        let first = found.filter(|day| *day >= oldest).min().unwrap_or(as_of);
        let last = ahead.filter(|day| *day <= newest).max().unwrap_or(as_of);
        let from = first.min(plus_months(as_of, -FEWEST_MONTHS_BACK));
        let to = last.max(plus_days(as_of, 30));
        Self {
            from: plus_days(from, -10),
            to: plus_days(to, 20),
            left,
            width,
        }
    }

    /// Where a day stands, kept inside the picture.
    pub fn x(&self, day: Date) -> f64 {
        let all = f64::from(days_between(self.from, self.to).max(1));
        let part = f64::from(days_between(self.from, day)) / all;
        self.left + self.width * part.clamp(0.0, 1.0)
    }

    /// The day is drawn.
    pub fn shows(&self, day: Date) -> bool {
        self.from <= day && day <= self.to
    }

    /// The first of each month that is drawn.
    pub fn months(&self) -> Vec<Date> {
        let first = date(self.from.year(), self.from.month(), 1);
        let mut months = Vec::new();
        let mut month = plus_months(first, 1);
        while month <= self.to && months.len() < 60 {
            months.push(month);
            let next = plus_months(month, 1);
            if next == month {
                break;
            }
            month = next;
        }
        months
    }

    /// The seasons that are drawn (K10): from, to, whether it is winter.
    pub fn seasons(&self) -> Vec<(Date, Date, bool)> {
        let mut changes: Vec<Date> = (self.from.year()..=self.to.year())
            .flat_map(|year| {
                [
                    date(year, K10_SUMMER_FROM.0, K10_SUMMER_FROM.1),
                    date(year, K10_SUMMER_TO.0, K10_SUMMER_TO.1),
                ]
            })
            .filter(|change| *change > self.from && *change < self.to)
            .collect();
        changes.push(self.to);
        let mut from = self.from;
        changes
            .into_iter()
            .map(|to| {
                let summer = date(from.year(), K10_SUMMER_FROM.0, K10_SUMMER_FROM.1) <= from
                    && from < date(from.year(), K10_SUMMER_TO.0, K10_SUMMER_TO.1);
                let season = (from, to, !summer);
                from = to;
                season
            })
            .collect()
    }
}

/// Values upwards from zero.
#[derive(Debug, Clone, Copy)]
pub(super) struct Values {
    /// The value at the top.
    pub most: f64,
    top: f64,
    height: f64,
}

impl Values {
    /// A scale from zero to `most`, rounded up to an even number within `least..=limit`.
    pub fn new(most: f64, (least, limit): (f64, f64), (top, height): (f64, f64)) -> Self {
        let even = (most / 2.0).ceil() * 2.0;
        Self {
            most: even.clamp(least, limit),
            top,
            height,
        }
    }

    /// Where a value stands; one above the scale stands at its top.
    pub fn y(&self, value: f64) -> f64 {
        self.top + self.height * (1.0 - (value / self.most).clamp(0.0, 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seasons_cover_every_day_once() {
        let as_of = date(2026, 3, 16);
        let days = Days::new(
            as_of,
            [date(2025, 4, 1)].into_iter(),
            std::iter::empty(),
            (0.0, 100.0),
        );
        let seasons = days.seasons();
        assert_eq!(seasons.first().map(|season| season.0), Some(days.from));
        assert_eq!(seasons.last().map(|season| season.1), Some(days.to));
        for pair in seasons.windows(2) {
            assert_eq!(pair[0].1, pair[1].0);
            assert_ne!(pair[0].2, pair[1].2);
        }
        assert!(days.shows(date(2025, 4, 1)) && days.shows(as_of));
    }

    #[test]
    fn what_is_too_old_does_not_stretch_the_picture() {
        let as_of = date(2026, 3, 16);
        let found = [date(1980, 1, 1), date(2026, 1, 1)];
        let days = Days::new(
            as_of,
            found.into_iter(),
            [date(2400, 1, 1)].into_iter(),
            (10.0, 100.0),
        );
        assert!(!days.shows(date(1980, 1, 1)));
        assert!((days.x(date(1980, 1, 1)) - 10.0).abs() < 1e-9);
        assert!((days.x(Date::MAX) - 110.0).abs() < 1e-9);
    }

    #[test]
    fn the_ends_of_the_calendar_are_drawn_without_a_fault() {
        for as_of in [Date::MIN, Date::MAX, date(0, 2, 29)] {
            let days = Days::new(as_of, [as_of].into_iter(), [as_of].into_iter(), (0.0, 1.0));
            assert!(days.x(as_of).is_finite());
            days.months();
            days.seasons();
        }
    }
}
