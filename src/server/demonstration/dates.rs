//! Moves the dates of a resource by whole days, and leaves dates of birth where they are.

use jiff::{
    Timestamp,
    civil::{Date, DateTime, date},
    tz::TimeZone,
};
use serde_json::Value;

use crate::guideline::date::plus_days;

/// Moves every date, dateTime and instant of `resource` by `days`; instants keep their local time
/// of day in `zone`. A date of birth stays: the patient's civil registration number spells it.
pub fn shift(resource: &mut Value, days: i32, zone: &TimeZone) {
    shift_member("", resource, days, zone);
}

fn shift_member(name: &str, value: &mut Value, days: i32, zone: &TimeZone) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                shift_member(name, value, days, zone);
            }
        }
        Value::Array(items) => {
            for item in items {
                shift_member(name, item, days, zone);
            }
        }
        Value::String(text) if name != "birthDate" => {
            if let Some(shifted) = shifted(name, text, days, zone) {
                *text = shifted;
            }
        }
        _ => {}
    }
}

fn shifted(name: &str, text: &str, days: i32, zone: &TimeZone) -> Option<String> {
    match text.len() {
        // A year or a month looks like a code: only elements that are dates are moved.
        4 if is_date_element(name) => {
            let middle = date(text.parse().ok()?, 7, 1);
            Some(plus_days(middle, days).strftime("%Y").to_string())
        }
        7 if is_date_element(name) => {
            let middle: Date = format!("{text}-15").parse().ok()?;
            Some(plus_days(middle, days).strftime("%Y-%m").to_string())
        }
        10 => {
            let day: Date = text.parse().ok()?;
            // The parser reads more forms than FHIR has.
            (day.to_string() == text).then(|| plus_days(day, days).to_string())
        }
        _ => {
            let instant: Timestamp = text.parse().ok()?;
            let local = zone.to_datetime(instant);
            let local = DateTime::from_parts(plus_days(local.date(), days), local.time());
            let moved = local.to_zoned(zone.clone()).ok()?;
            Some(moved.strftime("%Y-%m-%dT%H:%M:%S%.f%:z").to_string())
        }
    }
}

fn is_date_element(name: &str) -> bool {
    name.ends_with("Date")
        || name.ends_with("DateTime")
        || name.starts_with("when")
        || matches!(
            name,
            "date" | "start" | "end" | "issued" | "authoredOn" | "dateAsserted"
        )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn dates_move_and_keep_their_precision() {
        let zone = TimeZone::get("Europe/Copenhagen").unwrap();
        for (name, before, days, after) in [
            (
                "effectiveDateTime",
                json!("2026-02-27"),
                2,
                json!("2026-03-01"),
            ),
            (
                "effectiveDateTime",
                json!("2026-02-27"),
                -27,
                json!("2026-01-31"),
            ),
            ("onsetDateTime", json!("2026-01"), 31, json!("2026-02")),
            ("onsetDateTime", json!("2026"), 365, json!("2027")),
            ("onsetDateTime", json!("2026"), 3, json!("2026")),
            (
                "issued",
                json!("2026-03-10T23:30:00+01:00"),
                30,
                json!("2026-04-09T23:30:00+02:00"),
            ),
            (
                "issued",
                json!("2026-03-10T22:30:00Z"),
                1,
                json!("2026-03-11T23:30:00+01:00"),
            ),
            (
                "issued",
                json!("2026-03-10T10:00:00.250Z"),
                0,
                json!("2026-03-10T11:00:00.25+01:00"),
            ),
            ("birthDate", json!("1970-01-01"), 30, json!("1970-01-01")),
            ("code", json!("2026"), 365, json!("2026")),
            ("code", json!("2026-03"), 365, json!("2026-03")),
            (
                "text",
                json!("seen 2026-03-01"),
                365,
                json!("seen 2026-03-01"),
            ),
            ("value", json!("20260301-1"), 365, json!("20260301-1")),
            (
                "authoredOn",
                json!("Invalid date"),
                5,
                json!("Invalid date"),
            ),
            (
                "event",
                json!(["2026-03-01", "2026-03-02"]),
                1,
                json!(["2026-03-02", "2026-03-03"]),
            ),
        ] {
            let mut resource = json!({ "nested": [{ name: before.clone() }] });
            shift(&mut resource, days, &zone);
            assert_eq!(resource["nested"][0][name], after, "{name} {before} {days}");
        }
    }
}
