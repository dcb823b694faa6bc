//! What clinicians have stated, read back from the Observations that record it (decision-spec §5).

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::{
    Source,
    codes::Codes,
    date,
    json::Object,
    laboratory,
    record::{Record, note},
    source::Entry,
    terminology::statement as code,
};
use crate::guideline::{
    facts::{
        Donor, Facts, IvigReason, Reference, ReviewOutcome, Statement, StatementKind, SwitchReason,
    },
    problem::{Problem, Touches},
};

const DECISIVE: [&str; 4] = ["status", "code", "subject", "focus"];

/// Reads every statement.
pub fn read(record: &Record<'_>, facts: &mut Facts) {
    for entry in record.entries(Source::Observation) {
        let codes = record.code(entry).map(|code| &code.codes);
        let stated = codes.and_then(|codes| {
            let mut all = code::ALL.iter();
            all.find(|stated| codes.has(code::SYSTEM, stated))
        });
        if let Some(stated) = stated {
            read_one(record, entry, stated, facts);
        }
    }
}

fn read_one(record: &Record<'_>, entry: &Entry<'_>, stated: &str, facts: &mut Facts) {
    let typed = record.typed(entry, &DECISIVE, facts);
    let mut problem = |problem, why: &str| {
        note(facts, &entry.reference, problem, Touches::Nothing, why);
    };
    let observation = match typed {
        Ok(r4::Resource::Observation(observation)) => observation,
        Ok(_) => return,
        Err(why) => return problem(Problem::Unreadable, &why),
    };
    if !laboratory::is_final(&observation.status) {
        return;
    }
    let mut on = record
        .period(entry, "effectivePeriod", "end")
        .or_else(|| record.date(entry, "effectiveDateTime"));
    if stated == code::IG_OUTSIDE_RECORD {
        // It goes on: its natural form is a period without an end.
        on = on.or_else(|| record.period(entry, "effectivePeriod", "start"));
    }
    // A statement is written by this program, with a day; one without cannot be placed.
    let Some(date) = on.when().and_then(|when| when.exact()) else {
        return problem(Problem::DateInvalid, "a statement needs a day");
    };
    if date > record.as_of {
        return problem(Problem::DateInFuture, "dated after today");
    }
    let foci = observation.focus.iter().flatten();
    let foci = foci.filter_map(|focus| focus.reference.as_deref());
    let events: BTreeSet<Reference> = foci
        .map(|reference| record.obtained.normalise(reference))
        .collect();
    // A statement is about one event; of several nobody knows which is meant.
    let event = events.first().filter(|_| events.len() == 1).cloned();
    let value = Value {
        members: &entry.object,
        record,
    };
    let kind = match stated {
        code::INFECTION_HISTORY_REVIEWED => {
            value.boolean().map(StatementKind::InfectionHistoryReviewed)
        }
        code::IGG_DECISIVE_FACTOR => value.boolean().map(StatementKind::IggDecisiveFactor),
        code::VACCINATION_ADEQUATE => value.boolean().map(StatementKind::VaccinationAdequate),
        code::ANTIBIOTIC_PROPHYLAXIS_CONSIDERED => value
            .boolean()
            .map(StatementKind::AntibioticProphylaxisConsidered),
        code::IG_REVIEW => value.review().map(StatementKind::IgReview),
        code::IG_EXTENSION => value.day().map(StatementKind::IgExtension),
        code::INDEX_EVENT_CONFIRMED => value
            .boolean()
            .zip(event)
            .map(|(confirmed, event)| StatementKind::IndexEventConfirmed { event, confirmed }),
        code::DONOR_TYPE => value.donor().map(StatementKind::DonorType),
        code::IG_OUTSIDE_RECORD => value.boolean().map(StatementKind::IgOutsideRecord),
        code::IVIG_REASON => value.ivig_reason().map(StatementKind::IvigReason),
        code::SWITCH_REASON => value.switch_reason().map(StatementKind::SwitchReason),
        // A code of a value, which no Observation is about.
        _ => return,
    };
    let Some(kind) = kind else {
        return problem(Problem::ValueMissing, "a statement without its value");
    };
    let from = record.period(entry, "effectivePeriod", "start").when();
    let from = from.and_then(|when| when.exact());
    facts.statements.push(Statement {
        kind,
        date,
        from,
        evidence: entry.reference.clone(),
    });
}

/// The value of a statement.
struct Value<'v, 'a> {
    members: &'v Object<'a>,
    record: &'v Record<'a>,
}

impl Value<'_, '_> {
    fn boolean(&self) -> Option<bool> {
        match self.members.get("valueBoolean")?.get() {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        }
    }

    fn day(&self) -> Option<Date> {
        date::of(self.members, "valueDateTime", self.record.zone)
            .when()?
            .exact()
    }

    fn coded(&self) -> Option<Codes> {
        self.members
            .get("valueCodeableConcept")
            .and_then(Codes::peek)
    }

    fn review(&self) -> Option<ReviewOutcome> {
        self.one_of(&[
            (code::CONTINUE, ReviewOutcome::Continue),
            (code::ADJUST, ReviewOutcome::Adjust),
            (code::PAUSE, ReviewOutcome::Pause),
            (code::STOP, ReviewOutcome::Stop),
        ])
    }

    fn donor(&self) -> Option<Donor> {
        self.one_of(&[
            (code::ALLOGENEIC, Donor::Allogeneic),
            (code::AUTOLOGOUS, Donor::Autologous),
        ])
    }

    fn ivig_reason(&self) -> Option<IvigReason> {
        self.one_of(&[
            (code::SHORT_DURATION, IvigReason::ShortDuration),
            (code::VERY_HIGH_DOSE, IvigReason::VeryHighDose),
            (code::SKIN, IvigReason::Skin),
            (code::SELF_INJECTION, IvigReason::SelfInjection),
        ])
    }

    fn switch_reason(&self) -> Option<SwitchReason> {
        self.one_of(&[
            (code::LACK_OF_EFFECT, SwitchReason::LackOfEffect),
            (code::ADVERSE_EFFECT, SwitchReason::AdverseEffect),
            (code::ECONOMIC, SwitchReason::Economic),
            (code::OTHER, SwitchReason::Other),
        ])
    }

    /// The one of these codes that the value is; `None` for a value that is several of them.
    fn one_of<T: Copy>(&self, codes: &[(&str, T)]) -> Option<T> {
        let value = self.coded()?;
        let mut found = codes
            .iter()
            .filter(|(code, _)| value.has(code::SYSTEM, code));
        let (_, is) = found.next()?;
        found.next().is_none().then_some(*is)
    }
}
