//! When the doses of an instruction are given, and which instruction goes on.

use std::borrow::Cow;

use rust_decimal::{Decimal, prelude::ToPrimitive};
use serde_json::value::RawValue;

use crate::chart::{json::Object, unit};
use crate::guideline::facts::{DoseRole, Interval, Pace};

/// The timing of one instruction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timing {
    /// How often, or why that cannot be told.
    pub interval: Result<Interval, Untimed>,
    /// `sequence`.
    sequence: Option<i64>,
    /// `boundsPeriod` as text, whose order is that of time.
    starts: Option<String>,
    ends: Option<String>,
    /// It has an end of its own: a count, or a duration of bounds.
    limited: bool,
}

/// Why there is no interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Untimed {
    /// None is stated.
    Missing,
    /// What is stated is no regular interval, or contradicts itself.
    Unclear,
    /// Given once.
    Once,
    /// Given when needed.
    AsNeeded,
}

/// Reads the timing of an instruction.
pub fn read(instruction: &Object<'_>) -> Timing {
    let timing = instruction.object("timing");
    let repeat = timing.as_ref().and_then(|timing| timing.object("repeat"));
    let bounds = repeat
        .as_ref()
        .and_then(|repeat| repeat.object("boundsPeriod"));
    let edge = |name: &str| {
        let bounds = bounds.as_ref()?;
        bounds.text(name).map(Cow::into_owned)
    };
    let count = repeat.as_ref().and_then(|repeat| number(repeat, "count"));
    let as_needed = instruction
        .get("asNeededBoolean")
        .is_some_and(|raw| raw.get() == "true")
        || instruction.get("asNeededCodeableConcept").is_some();
    let interval = match (&timing, &repeat) {
        _ if as_needed => Err(Untimed::AsNeeded),
        (None, _) => Err(Untimed::Missing),
        (Some(timing), repeat) => {
            let events = timing.items("event").len();
            match (repeat, events) {
                (_, 1) => Err(Untimed::Once),
                (_, 2..) => Err(Untimed::Unclear),
                (Some(_), 0) if count == Some(Decimal::ONE) => Err(Untimed::Once),
                (Some(repeat), 0) => regular(repeat),
                // A code alone (`timing.code`) is a name of an interval that is not read.
                (None, 0) if timing.get("code").is_some() => Err(Untimed::Unclear),
                (None, 0) => Err(Untimed::Missing),
            }
        }
    };
    let limited = count.is_some()
        || repeat
            .as_ref()
            .is_some_and(|repeat| repeat.get("boundsDuration").is_some());
    Timing {
        interval,
        sequence: instruction
            .get("sequence")
            .and_then(|raw| raw.get().parse().ok()),
        starts: edge("start"),
        ends: edge("end"),
        limited,
    }
}

/// What each instruction is for: one that ends before another begins, that comes earlier in the
/// sequence, or that is given a limited number of times beside one that goes on, is a loading dose.
pub fn roles(timings: &[&Timing]) -> Vec<DoseRole> {
    timings
        .iter()
        .map(|one| {
            let precedes = timings.iter().any(|other| precedes(one, other));
            if precedes {
                DoseRole::Loading
            } else {
                DoseRole::Maintenance
            }
        })
        .collect()
}

fn precedes(one: &Timing, other: &Timing) -> bool {
    let in_sequence = match (one.sequence, other.sequence) {
        (Some(one), Some(other)) => one < other,
        _ => false,
    };
    let in_time = match (&one.ends, &other.starts) {
        // Dates of the same form; of two on one day the later begins as the earlier ends.
        (Some(ends), Some(starts)) => ends <= starts && one.starts < other.starts,
        _ => false,
    };
    let once = |timing: &Timing| timing.limited || timing.interval == Err(Untimed::Once);
    let goes_on = other.interval.is_ok() && !once(other);
    in_sequence || in_time || (once(one) && goes_on)
}

/// `repeat` as so many times in so many seconds.
fn regular(repeat: &Object<'_>) -> Result<Interval, Untimed> {
    let tied = ["when", "timeOfDay"]
        .iter()
        .any(|name| !repeat.items(name).is_empty());
    let days = repeat.items("dayOfWeek").len();
    let days = i64::try_from(days).map_err(|_| Untimed::Unclear)?;
    let frequency = times(repeat, "frequency")?;
    let frequency_max = times(repeat, "frequencyMax")?;
    let period = number(repeat, "period");
    let unit = repeat.text("periodUnit");
    let (Some(period), Some(unit)) = (period, unit) else {
        return match (days, period, frequency) {
            // On these days of every week.
            (1.., None, None | Some(1)) => pace(days, WEEK).ok_or(Untimed::Unclear),
            (0, None, None) if tied => Err(Untimed::Unclear),
            (0, None, None) => Err(Untimed::Missing),
            _ => Err(Untimed::Unclear),
        };
    };
    let shortest = seconds(period, &unit).ok_or(Untimed::Unclear)?;
    let longest = match number(repeat, "periodMax") {
        Some(most) => seconds(most, &unit).ok_or(Untimed::Unclear)?,
        None => shortest,
    };
    if tied && frequency.is_none() {
        return Err(Untimed::Unclear);
    }
    let least = frequency.unwrap_or(1);
    let most = frequency_max.unwrap_or(least).max(least);
    let (least, most, shortest, longest) = match days {
        0 => (least, most, shortest, longest),
        // So many times on each of these days.
        days if shortest == DAY && longest == DAY => (
            least.checked_mul(days).ok_or(Untimed::Unclear)?,
            most.checked_mul(days).ok_or(Untimed::Unclear)?,
            WEEK,
            WEEK,
        ),
        // On one day, or on as many days as it is given; anything else can be read in two ways.
        1 => (least, most, shortest, longest),
        days if least == days && most == days => (least, most, shortest, longest),
        days if frequency.is_none() && shortest == WEEK && longest == WEEK => {
            (days, days, shortest, longest)
        }
        _ => return Err(Untimed::Unclear),
    };
    Ok(Interval {
        least: Pace {
            times: least,
            seconds: longest.max(shortest),
        },
        most: Pace {
            times: most,
            seconds: shortest.min(longest),
        },
    })
}

const DAY: i64 = 86_400;
const WEEK: i64 = 7 * DAY;
/// 30.44 days (K14).
const MONTH: i64 = 3044 * 864;

fn pace(times: i64, seconds: i64) -> Option<Interval> {
    let pace = (times > 0 && seconds > 0).then_some(Pace { times, seconds })?;
    Some(Interval {
        least: pace,
        most: pace,
    })
}

/// A length of time in seconds, at least one.
fn seconds(number: Decimal, unit: &str) -> Option<i64> {
    let each = match unit {
        "s" => 1,
        "min" => 60,
        "h" => 3600,
        "d" => DAY,
        "wk" => WEEK,
        "mo" => MONTH,
        "a" => 12 * MONTH,
        _ => return None,
    };
    let seconds = number.checked_mul(Decimal::from(each))?.floor().to_i64()?;
    (1..=100 * 12 * MONTH).contains(&seconds).then_some(seconds)
}

/// A duration: a Quantity in a unit of time.
pub fn duration(raw: &RawValue) -> Option<i64> {
    let quantity = Object::of(raw)?;
    let number = unit::decimal(quantity.get("value")?.get()).ok()?;
    let unit = quantity.text("code").or_else(|| quantity.text("unit"))?;
    seconds(number, &unit)
}

fn number(object: &Object<'_>, name: &str) -> Option<Decimal> {
    unit::decimal(object.get(name)?.get()).ok()
}

/// A whole number of times, at least 1; `None` where none is stated.
fn times(object: &Object<'_>, name: &str) -> Result<Option<i64>, Untimed> {
    let Some(raw) = object.get(name) else {
        return Ok(None);
    };
    match raw.get().parse::<i64>() {
        Ok(times) if (1..=1000).contains(&times) => Ok(Some(times)),
        _ => Err(Untimed::Unclear),
    }
}
