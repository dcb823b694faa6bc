//! The words of the trace: conclusions in full, where each recommendation stands, what a page says of a
//! card.

use super::{Text, say, text, words};
use crate::{
    cards::{Language, card::Indicator},
    guideline::{
        assessment::{CourseRule, OrderConclusion, StartConclusion},
        verdict::Verdict,
    },
};

/// A start conclusion.
pub fn start(conclusion: StartConclusion) -> Text {
    match conclusion {
        StartConclusion::Met => text("Kriterier for opstart opfyldt", "Start criteria met"),
        StartConclusion::Cons => text(
            "Opstart kan overvejes; kræver klinisk vurdering",
            "Start may be considered; needs clinical judgement",
        ),
        StartConclusion::Not => text(
            "Kriterier for opstart ikke opfyldt",
            "Start criteria not met",
        ),
        StartConclusion::Ns => text(
            "Opstart understøttes ikke af journalen",
            "Start not supported by the record",
        ),
        StartConclusion::Unk => text(
            "Opstart kan ikke vurderes: noget afgørende mangler",
            "Start cannot be assessed: something decisive is missing",
        ),
        StartConclusion::Na => text("Opstart er ikke aktuel", "Start does not apply"),
    }
}

/// A start conclusion's code.
pub fn start_code(conclusion: StartConclusion) -> &'static str {
    match conclusion {
        StartConclusion::Met => "MET",
        StartConclusion::Cons => "CONS",
        StartConclusion::Not => "NOT",
        StartConclusion::Ns => "NS",
        StartConclusion::Unk => "UNK",
        StartConclusion::Na => "NA",
    }
}

/// What a consensus report answers for the patient: a start, or a stop.
pub fn report(start: Option<StartConclusion>, stop: Option<StartConclusion>) -> Text {
    use StartConclusion::{Cons, Met, Na, Not, Ns, Unk};
    match (start, stop) {
        (_, Some(Met)) => text("stopkriterium opfyldt", "stop criterion met"),
        (_, Some(Cons)) => text("stop kan overvejes", "a stop may be considered"),
        (_, Some(Not)) => text("stopkriterium ikke opfyldt", "stop criterion not met"),
        (Some(Met), None) => text("anbefaler opstart", "recommends a start"),
        (Some(Cons), None) => text("opstart kan overvejes", "a start may be considered"),
        (Some(Not), None) => text("opstartskriterium ikke opfyldt", "start criterion not met"),
        (_, Some(Ns)) | (Some(Ns), None) => text(
            "afhænger af infektioner, og ingen er registreret",
            "hangs on infections, and none are recorded",
        ),
        (_, Some(Unk)) | (Some(Unk), None) => text("kan ikke afgøres", "cannot be decided"),
        (_, Some(Na)) | (Some(Na) | None, None) => {
            text("gælder ikke patienten", "does not apply to the patient")
        }
    }
}

/// Whether a ground holds, an unknown with its reason.
pub fn truth(verdict: Verdict, language: Language) -> String {
    match verdict {
        Verdict::Met => say!(language, "ja", "yes"),
        Verdict::NotMet => say!(language, "nej", "no"),
        Verdict::Unknown(why) => {
            let why = words::reason(why).say(language);
            say!(language, "uafklaret ({why})", "not known ({why})")
        }
    }
}

/// A ground's number of days, `62 days`, as the trace writes it.
pub fn days(value: &str, language: Language) -> String {
    let number = value.trim_end_matches(" days");
    say!(language, "{number} dage", "{number} days")
}

/// Which stop rule governs a course.
pub fn rule(rule: CourseRule) -> Text {
    match rule {
        CourseRule::Cart6 => text(
            "seponering 6 måneder efter CAR-T/bispecifikt antistof",
            "stop 6 months after CAR-T or bispecific antibody",
        ),
        CourseRule::Std => text(
            "seponeringsforsøg 6–12 måneder efter opstart",
            "stop attempt 6–12 months after the start",
        ),
        CourseRule::Individual => text("individuel vurdering", "individual assessment"),
    }
}

/// What is said of an order.
pub fn order(conclusion: OrderConclusion) -> Text {
    match conclusion {
        OrderConclusion::Silent => text("Ingen bemærkninger", "Nothing to say"),
        OrderConclusion::Info => text("Til orientering", "For information"),
        OrderConclusion::Warn => text("Advarsel", "Warning"),
        OrderConclusion::Crit => text("Kritisk", "Critical"),
    }
}

/// How urgent a card is.
pub fn indicator(indicator: Indicator) -> Text {
    match indicator {
        Indicator::Info => text("Information", "Information"),
        Indicator::Warning => text("Advarsel", "Warning"),
        Indicator::Critical => text("Kritisk", "Critical"),
    }
}

/// Where each recommendation stands: S, the summary; A, the addendum on CAR-T and bispecific
/// antibodies. The documents are Danish, so their headings stay Danish.
pub const SECTIONS: &[(&str, &str)] = &[
    ("REC-01", "S Klinisk vurdering"),
    ("REC-02", "S Tabel 1"),
    ("REC-03", "S Anbefalinger for SCIG"),
    ("REC-04", "S Anbefalinger for SCIG"),
    ("REC-05", "S Anbefalinger for SCIG"),
    ("REC-06", "S Anbefalinger for IVIG"),
    ("REC-07", "S Anbefalinger for IVIG"),
    ("REC-08", "S Kriterier for opstart"),
    ("REC-09", "S Kriterier for opstart"),
    ("REC-10", "S Opstart 1"),
    ("REC-11", "S Opstart 1"),
    ("REC-12", "S Opstart 1"),
    ("REC-13", "S Opstart 1, 4"),
    ("REC-14", "S Opstart 1"),
    ("REC-15", "S Opstart 1, 4"),
    ("REC-16", "S Opstart 1"),
    ("REC-17", "S Opstart 2; A 3.4, 4.1"),
    ("REC-18", "S Opstart 2; A 4.1"),
    ("REC-19", "S Opstart 2; A 4.1"),
    ("REC-20", "S Opstart 2; A 4.1"),
    ("REC-21", "S Opstart 2; A 4"),
    ("REC-22", "A 4.3"),
    ("REC-23", "S Opstart 3"),
    ("REC-24", "S Opstart 4"),
    ("REC-25", "S Opstart 4"),
    ("REC-26", "S Opstart 4"),
    ("REC-27", "S Monitorering"),
    ("REC-28", "S Monitorering"),
    ("REC-29", "S Monitorering"),
    ("REC-30", "S Monitorering"),
    ("REC-31", "S Monitorering; Seponering"),
    ("REC-32", "S Monitorering; Seponering"),
    ("REC-33", "S Dosisjustering"),
    ("REC-34", "S Dosisjustering"),
    ("REC-35", "S Dosisjustering"),
    ("REC-36", "S Dosisjustering"),
    ("REC-37", "S Pausering"),
    ("REC-38", "S Pausering"),
    ("REC-39", "S Seponering (P1, P3, P4)"),
    ("REC-40", "S Seponering"),
    ("REC-41", "S Seponering"),
    ("REC-42", "S Seponering"),
    ("REC-43", "S Seponering CAR-T; A 4.2"),
    ("REC-44", "S, A 4.2"),
    ("REC-45", "S, A 4.2"),
    ("REC-46", "A 4.2 (not in S)"),
    ("REC-47", "A 3.4 (not in A 4 / S)"),
    ("REC-48", "A 4.3"),
    ("REC-49", "A 4.1"),
    ("REC-50", "A 2.2"),
    ("REC-51", "S Skift"),
    ("REC-52", "S Manglende effekt"),
    ("REC-53", "S Bivirkninger"),
    ("REC-54", "S Praktiske forhold"),
    ("REC-55", "S Praktiske forhold"),
    ("REC-56", "S Praktiske forhold"),
    ("REC-57", "S Praktiske forhold"),
    ("REC-58", "A 3.4, 4"),
    ("REC-59", "A 4.3"),
];

/// Where a recommendation stands; empty for one that is not known.
pub fn section(recommendation: &str) -> &'static str {
    SECTIONS
        .iter()
        .find(|(id, _)| *id == recommendation)
        .map_or("", |(_, section)| section)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_are_those_of_the_recommendations() {
        let table = include_str!("../../../docs/guideline/recommendations.md");
        let rows: Vec<(&str, &str)> = table
            .lines()
            .filter_map(|line| {
                let mut cells = line.strip_prefix('|')?.split('|');
                let id = cells.next().filter(|id| id.starts_with("REC-"))?;
                Some((id, cells.nth(1)?))
            })
            .collect();
        assert_eq!(rows, SECTIONS);
        assert_eq!(section("REC-10"), "S Opstart 1");
        assert_eq!(section("REC-99"), "");
    }
}
