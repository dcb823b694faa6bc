//! The one sentence and the urgency of each card (`recommendations.md` §1b).

mod dose;
mod monitoring;

use super::{gaps, say, words};
use crate::{
    cards::{
        Language,
        card::{Indicator, Summary},
        case::{Case, StopCase},
        locale,
    },
    guideline::{
        assessment::{CardCode, CourseConclusion, MissingItem, Population, StartConclusion},
        dose::DoseConclusion,
        problem::Touches,
    },
};

/// How urgent the card is.
pub fn indicator(card: CardCode, case: &Case<'_>) -> Indicator {
    match card {
        CardCode::C23 => Indicator::Critical,
        CardCode::C05 | CardCode::C06 | CardCode::C31 | CardCode::C32 => Indicator::Warning,
        CardCode::C22 if case.assessment.dose.conclusion == Some(DoseConclusion::High) => {
            Indicator::Warning
        }
        CardCode::C27 if case.grams_differ() => Indicator::Warning,
        CardCode::C12 if case.review_late() => Indicator::Warning,
        CardCode::C14 if case.stop_reached() && case.stop_case() != StopCase::Extended => {
            Indicator::Warning
        }
        // It asks what C12 would ask, and is as urgent.
        CardCode::C15 if case.has(CourseConclusion::StopOverdue) || case.review_late() => {
            Indicator::Warning
        }
        CardCode::C01
        | CardCode::C02
        | CardCode::C03
        | CardCode::C04
        | CardCode::C07
        | CardCode::C08
        | CardCode::C09
        | CardCode::C10
        | CardCode::C11
        | CardCode::C12
        | CardCode::C14
        | CardCode::C15
        | CardCode::C16
        | CardCode::C17
        | CardCode::C18
        | CardCode::C20
        | CardCode::C21
        | CardCode::C22
        | CardCode::C24
        | CardCode::C25
        | CardCode::C26
        | CardCode::C27
        | CardCode::C28
        | CardCode::C29
        | CardCode::C30 => Indicator::Info,
    }
}

/// The card's one sentence, plain text.
pub fn summary(card: CardCode, case: &Case<'_>) -> Summary {
    Summary::fit(&sentence(card, case))
}

pub(in crate::cards) fn sentence(card: CardCode, case: &Case<'_>) -> String {
    let language = case.language;
    match card {
        CardCode::C01 => early_start(case),
        CardCode::C02 => say!(
            language,
            "Vedvarende IgG <4 g/L og verificerede svære/tilbagevendende bakterielle infektioner: opstartskriteriet er opfyldt",
            "Persistent IgG <4 g/L and verified severe/recurrent bacterial infections: start criterion met"
        ),
        CardCode::C03 => say!(
            language,
            "Lav IgG (<6 g/L) og kvalificerende infektioner inden for 6 mdr.: opstart kan overvejes – kræver klinisk vurdering",
            "Low IgG (<6 g/L) and qualifying infections in 6 months: start may be considered – clinical assessment needed"
        ),
        CardCode::C04 => not_assessable(case),
        CardCode::C05 => match case.assessment.start.conclusion {
            StartConclusion::Ns => say!(
                language,
                "Opstart støttes ikke af journalen: ingen kvalificerende infektioner er registreret; primær profylakse anbefales ikke",
                "Start not supported by the record: no qualifying infections are recorded; primary prophylaxis not advised"
            ),
            _ => say!(
                language,
                "Opstartskriterier ikke opfyldt: ingen verificerede svære/tilbagevendende infektioner; primær profylakse anbefales ikke",
                "Start criteria not met: no verified severe/recurrent bacterial infections; primary prophylaxis not advised"
            ),
        },
        CardCode::C06 => say!(
            language,
            "IgG-M-komponent mulig: total-IgG er ikke retvisende – vurdér IgA, IgM, kappa/lambda og B-celler",
            "IgG M-component possible: total IgG is not a reliable marker – assess IgA, IgM, light chains and B cells"
        ),
        CardCode::C07 => say!(
            language,
            "Barn med CAR-T/bispecifikt antistof: voksenkriterier gælder ikke – individuel vurdering",
            "Child with CAR-T/bispecific: adult start/stop criteria do not apply – individual assessment"
        ),
        CardCode::C08 => match case.assessment.start.conclusion {
            StartConclusion::Cons => say!(
                language,
                "Allogen HSCT og IgG <4 g/L, men ikke under barnets referencegrænse: opstart kan overvejes",
                "Allogeneic HSCT and IgG <4 g/L, but not below the child's reference limit: start may be considered"
            ),
            _ => say!(
                language,
                "Allogen HSCT og IgG <4 g/L: opstartskriteriet er opfyldt uanset infektioner",
                "Allogeneic HSCT and IgG <4 g/L: start criterion met regardless of infections"
            ),
        },
        CardCode::C09 => say!(
            language,
            "HGG uden hæmatologisk sygdom: kun i særlige situationer; udredning med klinisk immunologi kræves",
            "HGG without haematological disease: only in special situations; immunology work-up required"
        ),
        CardCode::C10 => monitoring::preconditions(case),
        CardCode::C11 => monitoring::baseline(case),
        CardCode::C12 => review(case),
        CardCode::C14 => stop_after_index(case),
        CardCode::C15 => stop_attempt(case),
        CardCode::C16 => monitoring::b_cell_function(language),
        CardCode::C17 => monitoring::summer_pause(language),
        CardCode::C18 => monitoring::recurrence(language),
        CardCode::C20 => dose::scig_preferred(case),
        CardCode::C21 => dose::small_child(language),
        CardCode::C22 => dose::monthly(case),
        CardCode::C23 => dose::check(case),
        CardCode::C24 => monitoring::trough(case),
        CardCode::C25 => monitoring::reduction(case),
        CardCode::C26 => match case.assessment.population.code {
            Population::OosPid => say!(
                language,
                "Primær immundefekt er uden for vejledningen: SID-kriterier er ikke anvendt",
                "Primary immune deficiency is outside this guideline: SID criteria not applied"
            ),
            _ => say!(
                language,
                "Indikation uden for vejledningen (fx CIDP, ITP, PID): SID-kriterier er ikke anvendt",
                "Order reason outside this guideline (e.g. CIDP, ITP, PID): SID criteria not applied"
            ),
        },
        CardCode::C27 => dose::gram_for_gram(case),
        CardCode::C28 => dose::reason_for_switch(case),
        CardCode::C29 => say!(
            language,
            "Angiv indikation for immunglobulin, så den rette vejledning kan anvendes",
            "State the indication for immunoglobulin so the right guideline can be applied"
        ),
        CardCode::C30 => two_readings(case),
        CardCode::C31 => unusable(case),
        CardCode::C32 => igg_fails(case),
    }
}

fn early_start(case: &Case<'_>) -> String {
    let language = case.language;
    let kind = case
        .assessment
        .population
        .index
        .as_ref()
        .map(|index| index.kind);
    let event = words::index_short(kind).say(language);
    match case.assessment.course.stop_due {
        Some(due) => {
            let due = case.date(due);
            say!(
                language,
                "IgG <4 g/L inden for 6 mdr. efter {event}: substitution kan startes; stopdato {due}",
                "IgG <4 g/L within 6 months of {event}: substitution may be started; stop date {due}"
            )
        }
        None => say!(
            language,
            "IgG <4 g/L inden for 6 mdr. efter {event}: substitution kan startes; stop 6 mdr. efter behandlingen",
            "IgG <4 g/L within 6 months of {event}: substitution may be started; stop 6 months after it"
        ),
    }
}

/// The missing items in the order in which they decide: who the patient is, what was not obtained,
/// then IgG, infections and the rest.
pub(in crate::cards) fn by_weight(missing: &[MissingItem]) -> Vec<MissingItem> {
    let weight = |item: &MissingItem| match item {
        MissingItem::BirthDate
        | MissingItem::CarTInfusionDate
        | MissingItem::IndexEventDate
        | MissingItem::IndexEventConfirmation
        | MissingItem::DonorType
        | MissingItem::GoverningDiagnosis => 0,
        MissingItem::SourceObservation
        | MissingItem::SourceCondition
        | MissingItem::SourceProcedure
        | MissingItem::SourceMedicationRequest
        | MissingItem::SourceMedicationAdministration
        | MissingItem::SourcePatient
        | MissingItem::SourceImmunization => 1,
        MissingItem::Igg
        | MissingItem::IggSecondSample
        | MissingItem::IggUninfectedSample
        | MissingItem::IggReferenceLimit => 2,
        MissingItem::InfectionHistory | MissingItem::InfectionDetails => 3,
        MissingItem::MProtein | MissingItem::IgaIgm => 4,
        MissingItem::HsctRelevance
        | MissingItem::ImmunologyWorkUp
        | MissingItem::OrderIndication
        | MissingItem::VaccinationInfluenza
        | MissingItem::VaccinationPneumococcal
        | MissingItem::AntibioticProphylaxis => 5,
    };
    let mut ordered = missing.to_vec();
    ordered.sort_by_key(weight);
    ordered
}

/// The most items that a summary names.
const NAMED: usize = 3;

fn not_assessable(case: &Case<'_>) -> String {
    let language = case.language;
    let start = &case.assessment.start;
    let ordered = by_weight(&start.missing);
    let (sources, others): (Vec<MissingItem>, Vec<MissingItem>) =
        ordered.iter().partition(|item| item.is_source());
    let named = |items: &[MissingItem]| -> Vec<String> {
        let mut words: Vec<String> = items
            .iter()
            .map(|&item| gaps::missing_short(item, start.repeat_from, language))
            .collect();
        words.dedup();
        words
    };
    if others.is_empty() && sources.is_empty() {
        return say!(
            language,
            "Opstartskriterier kan ikke vurderes på det foreliggende grundlag",
            "Start criteria cannot be assessed from what is recorded"
        );
    }
    // A gap in who the patient is decides before any source does.
    let obtained = ordered.first().is_none_or(|first| !first.is_source());
    let items = named(if obtained { &others } else { &sources });
    let more = items.len() < named(&others).len() + named(&sources).len();
    longest_that_fits(&items, more, language, |list| {
        if obtained {
            say!(
                language,
                "Opstartskriterier kan ikke vurderes: mangler {list}",
                "Start criteria cannot be assessed: missing {list}"
            )
        } else {
            say!(
                language,
                "Opstartskriterier kan ikke vurderes, data er ikke hentet: {list}",
                "Start criteria cannot be assessed, data not obtained: {list}"
            )
        }
    })
}

/// As many items as fit a summary, at most three; the reader is told when there are more.
fn longest_that_fits(
    items: &[String],
    more_elsewhere: bool,
    language: Language,
    sentence: impl Fn(&str) -> String,
) -> String {
    let mut count = items.len().min(NAMED);
    loop {
        let shown = items.get(..count).unwrap_or(items);
        let list = if count < items.len() || more_elsewhere {
            let shown = shown.join(", ");
            say!(language, "{shown} m.m.", "{shown} and more")
        } else {
            locale::list(shown, language)
        };
        let text = sentence(&list);
        if count <= 1 || text.chars().count() <= Summary::MAX_CHARS {
            return text;
        }
        count -= 1;
    }
}

fn review(case: &Case<'_>) -> String {
    let language = case.language;
    let which = if case.has(CourseConclusion::Review3) {
        say!(language, "3 mdr.", "3 months")
    } else if case.has(CourseConclusion::Review6) {
        say!(language, "6 mdr.", "6 months")
    } else {
        say!(language, "halvårlig", "6-monthly")
    };
    let which = match case.assessment.course.review_due {
        Some(due) => format!("{which}, {}", case.date(due)),
        None => which,
    };
    say!(
        language,
        "Opfølgning på immunglobulin ({which}): fortsæt, justér, pausér eller stop?",
        "Immunoglobulin review due ({which}): continue, adjust, pause or stop?"
    )
}

fn stop_after_index(case: &Case<'_>) -> String {
    let language = case.language;
    let kind = case.stop_index().map(|index| index.kind);
    let event = words::index_short(kind).say(language);
    let due = match case.stop_date() {
        Some(due) => case.date(due),
        None => say!(language, "ved 6 mdr.", "at 6 months"),
    };
    match case.stop_case() {
        StopCase::Soon | StopCase::Due => say!(
            language,
            "Startet alene pga. IgG <4: seponering skal forsøges {due} (6 mdr. efter {event})",
            "IG started on IgG <4 alone: stop attempt due {due} (6 months after {event})"
        ),
        StopCase::ReviewUnknownHistory => say!(
            language,
            "Seponering {due} (6 mdr. efter {event}), medmindre kvalificerende infektioner før opstart er dokumenteret",
            "Stop attempt {due} (6 months after {event}) unless earlier qualifying infections are documented"
        ),
        StopCase::ReviewOrdinaryRule => say!(
            language,
            "Stillingtagen til immunglobulin {due} (6 mdr. efter {event}): to læsninger af stopreglen er mulige",
            "Immunoglobulin decision due {due} (6 months after {event}): the stop rule can be read in two ways"
        ),
        StopCase::Extended => {
            let end = match case.assessment.course.extended_to {
                Some(end) => case.date(end),
                None => say!(language, "kort tid", "a short time"),
            };
            say!(
                language,
                "Seponeringsforsøg {due} er forlænget til {end} (6 mdr. efter {event} er passeret)",
                "Stop attempt {due} is extended to {end} (6 months after {event} have passed)"
            )
        }
    }
}

fn stop_attempt(case: &Case<'_>) -> String {
    let language = case.language;
    let days = case.assessment.course.winter_days;
    let winter = match days {
        Some(days) => days.to_string(),
        None => say!(language, "ukendt", "unknown"),
    };
    if case.has(CourseConclusion::StopOverdue) {
        say!(
            language,
            "Over 12 mdr. på immunglobulin uden stillingtagen: seponering bør forsøges; vinterdage dækket: {winter}",
            "Over 12 months on immunoglobulin without a decision: stop attempt recommended; winter days covered: {winter}"
        )
    } else {
        say!(
            language,
            "Seponering bør forsøges 6-12 mdr. efter opstart; vinterdage dækket: {winter}",
            "Stop attempt recommended 6-12 months after start; winter days covered: {winter}"
        )
    }
}

fn two_readings(case: &Case<'_>) -> String {
    let language = case.language;
    match case.two_populations() {
        Some((one, other)) => {
            let one = words::population_short(one).say(language);
            let other = words::population_short(other).say(language);
            say!(
                language,
                "To populationer passer ({one} / {other}) med forskellige kriterier – vælg den styrende",
                "Two populations fit ({one} / {other}) with different criteria – choose the governing one"
            )
        }
        None => say!(
            language,
            "To behandlinger efter hinanden under immunglobulin: stopreglen kan læses på to måder – vælg den styrende",
            "Two treatments during one immunoglobulin course: the stop rule can be read in two ways – choose one"
        ),
    }
}

fn unusable(case: &Case<'_>) -> String {
    let language = case.language;
    let problems = &case.assessment.data_problems;
    let about_igg = problems
        .iter()
        .any(|problem| problem.touches == Touches::Igg);
    let mut items: Vec<String> = problems
        .iter()
        .filter(|problem| !about_igg || problem.touches == Touches::Igg)
        .map(|problem| gaps::problem(problem.problem).say(language).to_owned())
        .collect();
    items.sort();
    items.dedup();
    if items.is_empty() {
        return say!(
            language,
            "Data kan ikke anvendes: IgG-svar er modstridende eller ubrugelige",
            "Data cannot be used: IgG results are conflicting or unusable"
        );
    }
    longest_that_fits(&items, false, language, |list| {
        if about_igg {
            say!(
                language,
                "Data kan ikke anvendes: IgG – {list}",
                "Data cannot be used: IgG – {list}"
            )
        } else {
            say!(
                language,
                "Data kan ikke anvendes: {list}",
                "Data cannot be used: {list}"
            )
        }
    })
}

fn igg_fails(case: &Case<'_>) -> String {
    let language = case.language;
    let population = case.assessment.population.code;
    let name = words::population_short(population).say(language);
    let igg = match &case.assessment.start.igg {
        Some(igg) => format!("IgG {} g/L", locale::short_number(&igg.value, language)),
        None => say!(language, "IgG for høj", "IgG too high"),
    };
    match population {
        Population::P3 => say!(
            language,
            "{igg}: opstartskriteriet for {name} er ikke opfyldt (under 4 g/L)",
            "{igg}: start criterion for {name} not met (below 4 g/L)"
        ),
        _ if case.is_child() => say!(
            language,
            "{igg}: opstartskriteriet for {name} er ikke opfyldt (<4 eller barnets grænse)",
            "{igg}: start criterion for {name} not met (<4 or the child's limit)"
        ),
        _ => say!(
            language,
            "{igg}: opstartskriteriet for {name} er ikke opfyldt (<4, eller <6 med kvalificerende infektioner)",
            "{igg}: start criterion for {name} not met (<4, or <6 with qualifying infections)"
        ),
    }
}
