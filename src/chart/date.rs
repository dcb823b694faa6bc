//! FHIR dates, read from their own text into the days that they may stand for.

use jiff::{
    civil::{Date, DateTime, Time},
    tz::{Offset, TimeZone},
};
use serde_json::value::RawValue;

use super::json::{Object, string};
use crate::guideline::date::When;

/// A date element of a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dated {
    /// There is none.
    Missing,
    /// There is one, and it is no FHIR date.
    Invalid,
    /// A date.
    On(When),
}

impl Dated {
    /// The date, if there is a valid one.
    pub fn when(self) -> Option<When> {
        match self {
            Self::On(when) => Some(when),
            Self::Missing | Self::Invalid => None,
        }
    }

    /// This one, or `next` where it is missing. An invalid date is not passed over: another element
    /// would be a guess.
    pub fn or_else(self, next: impl FnOnce() -> Self) -> Self {
        if self == Self::Missing { next() } else { self }
    }
}

/// The element `name` of `object`: a `date`, `dateTime` or `instant`.
pub fn of(object: &Object<'_>, name: &str, zone: &TimeZone) -> Dated {
    object
        .get(name)
        .map_or(Dated::Missing, |raw| read(raw, zone))
}

/// One end (`start` or `end`) of the Period `name` of `object`.
pub fn of_period(object: &Object<'_>, name: &str, end: &str, zone: &TimeZone) -> Dated {
    match object.get(name) {
        None => Dated::Missing,
        Some(raw) => Object::of(raw).map_or(Dated::Invalid, |period| of(&period, end, zone)),
    }
}

fn read(raw: &RawValue, zone: &TimeZone) -> Dated {
    string(raw)
        .and_then(|text| parse(&text, zone))
        .map_or(Dated::Invalid, Dated::On)
}

/// Reads a FHIR `date`, `dateTime` or `instant`; an instant becomes its day in `zone`.
///
/// `None` for everything that FHIR does not allow: a time without a zone or seconds, 24:00, lower-case
/// `t` or `z`, spaces, 30 February.
pub fn parse(text: &str, zone: &TimeZone) -> Option<When> {
    if !text.is_ascii() {
        return None;
    }
    match text.len() {
        4 => {
            let year = year(text)?;
            Some(When::between(
                Date::new(year, 1, 1).ok()?,
                Date::new(year, 12, 31).ok()?,
            ))
        }
        7 => {
            let first = day(&format!("{text}-01"))?;
            Some(When::between(first, first.last_of_month()))
        }
        10 => day(text).map(When::day),
        _ => instant(text, zone).map(When::day),
    }
}

fn day(text: &str) -> Option<Date> {
    let (year_part, rest) = text.split_at_checked(4)?;
    let [b'-', m1, m2, b'-', d1, d2] = *rest.as_bytes() else {
        return None;
    };
    Date::new(year(year_part)?, two_digits(m1, m2)?, two_digits(d1, d2)?).ok()
}

fn instant(text: &str, zone: &TimeZone) -> Option<Date> {
    let (date, time) = text.split_once('T')?;
    let date = day(date)?;
    let zone_at = time.find(['Z', '+', '-'])?;
    let (time, offset) = time.split_at_checked(zone_at)?;
    let at = DateTime::from_parts(date, clock(time)?);
    let utc = offset_seconds(offset)?.to_timestamp(at).ok()?;
    Some(utc.to_zoned(zone.clone()).date())
}

/// `hh:mm:ss`, with any number of decimals; a leap second counts as the second before it.
fn clock(text: &str) -> Option<Time> {
    let (whole, fraction) = text.split_at_checked(8)?;
    let [h1, h2, b':', m1, m2, b':', s1, s2] = *whole.as_bytes() else {
        return None;
    };
    let decimals = fraction.strip_prefix('.');
    let fraction_fits = match decimals {
        Some(digits) => !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()),
        None => fraction.is_empty(),
    };
    let second = two_digits(s1, s2)?;
    if !fraction_fits || second > 60 {
        return None;
    }
    Time::new(two_digits(h1, h2)?, two_digits(m1, m2)?, second.min(59), 0).ok()
}

/// `Z` or `±hh:mm`, at most 14 hours.
fn offset_seconds(text: &str) -> Option<Offset> {
    let (sign, h1, h2, m1, m2) = match *text.as_bytes() {
        [b'Z'] => return Some(Offset::UTC),
        [b'+', h1, h2, b':', m1, m2] => (1, h1, h2, m1, m2),
        [b'-', h1, h2, b':', m1, m2] => (-1, h1, h2, m1, m2),
        _ => return None,
    };
    let (hours, minutes) = (
        i32::from(two_digits(h1, h2)?),
        i32::from(two_digits(m1, m2)?),
    );
    if minutes > 59 || hours * 60 + minutes > 14 * 60 {
        return None;
    }
    Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok()
}

/// Four digits; FHIR has no year 0000.
fn year(text: &str) -> Option<i16> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|year| digits && *year > 0)
}

fn two_digits(tens: u8, units: u8) -> Option<i8> {
    let digits = tens.is_ascii_digit() && units.is_ascii_digit();
    digits
        .then(|| i8::try_from((tens - b'0') * 10 + (units - b'0')).ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn dates() {
        let zone = TimeZone::get("Europe/Copenhagen").expect("a known zone");
        let days = |text| parse(text, &zone).map(|when| (when.earliest(), when.latest()));
        let one = |y, m, d| Some((date(y, m, d), date(y, m, d)));
        let rows = [
            (
                "a year",
                "2026",
                Some((date(2026, 1, 1), date(2026, 12, 31))),
            ),
            (
                "a month",
                "2024-02",
                Some((date(2024, 2, 1), date(2024, 2, 29))),
            ),
            ("a day", "2026-03-10", one(2026, 3, 10)),
            (
                "evening in Denmark",
                "2025-09-16T23:30:00+02:00",
                one(2025, 9, 16),
            ),
            (
                "after midnight in Denmark",
                "2025-09-16T22:30:00Z",
                one(2025, 9, 17),
            ),
            ("winter time", "2026-03-15T23:30:00Z", one(2026, 3, 16)),
            ("a far zone", "2025-09-17T06:00:00+14:00", one(2025, 9, 16)),
            (
                "decimals",
                "2026-03-10T08:00:00.123456789012Z",
                one(2026, 3, 10),
            ),
            ("a leap second", "2016-12-31T23:59:60Z", one(2017, 1, 1)),
            ("an old year", "0202-12-01", one(202, 12, 1)),
            ("no zone", "2026-03-10T08:00:00", None),
            ("no seconds", "2026-03-10T08:00Z", None),
            ("hour 24", "2026-03-10T24:00:00Z", None),
            ("lower-case t", "2026-03-10t08:00:00Z", None),
            ("lower-case z", "2026-03-10T08:00:00z", None),
            ("leading space", " 2026-03-10", None),
            ("trailing space", "2026-03-10 ", None),
            ("30 February", "2026-02-30", None),
            ("month 13", "2026-13-01", None),
            ("month 13 alone", "2026-13", None),
            ("day first", "10-03-2026", None),
            ("no dashes", "20260310", None),
            ("year 0", "0000-01-01", None),
            ("signed year", "+202", None),
            ("five-digit year", "12026-01-01", None),
            ("offset of 15 hours", "2026-03-10T08:00:00+15:00", None),
            ("offset without colon", "2026-03-10T08:00:00+0100", None),
            ("point without decimals", "2026-03-10T08:00:00.Z", None),
            ("words", "Invalid date", None),
            ("nothing", "", None),
            ("not ASCII", "２０２６", None),
        ];
        for (what, text, expected) in rows {
            assert_eq!(days(text), expected, "{what}: {text:?}");
        }
    }
}
