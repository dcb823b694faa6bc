//! What is checked before a start and followed during and after it: vaccination, baseline, IgG under
//! substitution, the summer pause, infections after a stop, and the trough.

use super::super::say;
use crate::{
    cards::{Language, case::Case, locale, markdown::escape},
    guideline::{
        assessment::{CourseConclusion, MeasuredIgg, MissingItem, TroughLevel},
        date::plus_months,
        facts::{Bacterial, Focus, LabResult, Measured},
        parameters::{E24_FOCUS_EPISODES, E26_REDUCTION_ABOVE, K5_INFECTION_MONTHS, K10_SUMMER_TO},
    },
};

pub(super) fn preconditions(case: &Case<'_>) -> Vec<String> {
    let language = case.language;
    let lacks = |item: MissingItem| case.assessment.start.missing.contains(&item);
    let mut out = vec![say!(
        language,
        "Før opstart bør patienten være vaccineret efter de nationale anbefalinger ved sekundær immundefekt: influenza hvert år og tilstrækkelig dækning mod pneumokokker. Ved kendt organfokus bør målrettet antibiotikaprofylakse være overvejet. Det ændrer ikke vurderingen af opstartskriterierne.",
        "Before start the patient should be vaccinated by the national advice for secondary immune deficiency: influenza every year and adequate pneumococcal cover. With a known organ focus, targeted antibiotic prophylaxis should have been considered. This does not change the assessment of the start criteria."
    )];
    if lacks(MissingItem::SourceImmunization) {
        out.push(say!(
            language,
            "Vaccinationerne kunne ikke hentes; om patienten er vaccineret, er derfor ikke undersøgt.",
            "The vaccinations could not be obtained, so whether the patient is vaccinated was not looked at."
        ));
    } else if lacks(MissingItem::VaccinationInfluenza)
        || lacks(MissingItem::VaccinationPneumococcal)
    {
        out.push(say!(
            language,
            "Ikke dokumenteret er ikke det samme som ikke vaccineret: vaccinationer givet andre steder kan mangle.",
            "Not documented is not the same as not vaccinated: vaccinations given elsewhere may be absent."
        ));
    }
    if lacks(MissingItem::AntibioticProphylaxis) {
        let focus = focus(case);
        out.push(say!(
            language,
            "Kendt organfokus: {focus}.",
            "Known organ focus: {focus}."
        ));
    }
    out
}

/// The foci that the problem list names, else the repeated infections.
fn focus(case: &Case<'_>) -> String {
    let language = case.language;
    let facts = &case.chart.facts;
    let mut named: Vec<String> = facts
        .organ_foci
        .iter()
        .map(|focus| match &focus.text {
            Some(text) => escape(text),
            None => say!(
                language,
                "kronisk infektionsfokus",
                "chronic focus of infection"
            ),
        })
        .collect();
    if !named.is_empty() {
        return locale::list(&named, language);
    }
    let as_of = case.assessment.as_of;
    let from = plus_months(as_of, -K5_INFECTION_MONTHS);
    let repeated = |focus: &Focus| {
        let of_focus = facts.infections.iter().filter(|infection| {
            infection.focus == *focus
                && infection.bacterial != Bacterial::No
                && infection.onset.within(from, as_of).is_met()
        });
        of_focus.count() >= E24_FOCUS_EPISODES
    };
    if repeated(&Focus::Lung) {
        named.push(say!(
            language,
            "gentagne lungeinfektioner",
            "repeated lung infections"
        ));
    }
    if repeated(&Focus::Urinary) {
        named.push(say!(
            language,
            "gentagne urinvejsinfektioner",
            "repeated urinary infections"
        ));
    }
    locale::list(&named, language)
}

pub(super) fn baseline(language: Language) -> Vec<String> {
    vec![say!(
        language,
        "Før opstart måles IgG, IgA og IgM, og infektioner de seneste 12 måneder dokumenteres: antal, type (organ og mikroorganisme) og sværhedsgrad. Stigende IgA og IgM kan senere vise, at immunforsvaret kommer sig, mens IgG holdes oppe af behandlingen.",
        "Before start IgG, IgA and IgM are measured, and infections of the last 12 months are documented: number, type (organ and organism) and severity. Rising IgA and IgM can later show that immunity returns, while IgG is kept up by treatment."
    )]
}

/// A result as a sentence has it: `7,1 g/L (10. marts 2026)`.
fn result(igg: &MeasuredIgg, case: &Case<'_>) -> String {
    let value = locale::number(&igg.value, case.language);
    format!("{} g/L ({})", escape(&value), case.date(igg.drawn))
}

pub(super) fn b_cell_function(case: &Case<'_>) -> Vec<String> {
    let language = case.language;
    let mut out = Vec::new();
    if let Some(igg) = &case.assessment.course.igg_under_substitution {
        let result = result(igg, case);
        out.push(say!(
            language,
            "Seneste IgG er {result}, målt under behandling med immunglobulin.",
            "The latest IgG is {result}, measured on immunoglobulin."
        ));
    }
    out.push(say!(
        language,
        "Under substitution kan IgG alene ikke vise, om B-cellerne fungerer; det kan IgA og IgM sammen med B-celle-tal. Restitution er IgG over 4 g/L målt i en periode uden substitution.",
        "Under substitution IgG alone cannot show whether B cells work; IgA and IgM with a B-cell count can. Restitution is IgG above 4 g/L measured in a period without substitution."
    ));
    out.push(trend(case));
    out
}

/// The IgA and IgM results since the course began, and what they suggest.
fn trend(case: &Case<'_>) -> String {
    let language = case.language;
    let facts = &case.chart.facts;
    let listed: Vec<String> = [("IgA", &facts.iga), ("IgM", &facts.igm)]
        .into_iter()
        .filter_map(|(name, results)| series(name, results, case))
        .collect();
    let supports = case.has(CourseConclusion::SupportsStop);
    match (listed.is_empty(), supports) {
        (true, false) => say!(
            language,
            "Der er ingen IgA- eller IgM-svar fra forløbet.",
            "IgA and IgM were not measured during the course."
        ),
        (true, true) => say!(
            language,
            "B-celler er stigende, hvilket taler for et forsøg på pause eller seponering.",
            "B cells are rising, which supports an attempt to pause or stop."
        ),
        (false, supports) => {
            let listed = listed.join("; ");
            let means = if supports {
                say!(
                    language,
                    "Stigningen taler for et forsøg på pause eller seponering.",
                    "The rise supports an attempt to pause or stop."
                )
            } else {
                say!(
                    language,
                    "En stigning vil tale for et forsøg på pause eller seponering.",
                    "A rise would support an attempt to pause or stop."
                )
            };
            say!(
                language,
                "I forløbet: {listed}. {means}",
                "In the course: {listed}. {means}"
            )
        }
    }
}

/// The latest results of one class in the course, oldest first.
fn series(name: &str, results: &[LabResult], case: &Case<'_>) -> Option<String> {
    const LISTED: usize = 4;
    let start = case.assessment.course.start?;
    let mut values: Vec<_> = results
        .iter()
        .filter_map(|result| match (result.drawn?.exact()?, result.value) {
            (drawn, Measured::Exactly(value)) if drawn >= start => Some((drawn, value)),
            _ => None,
        })
        .collect();
    values.sort_unstable();
    let latest = values.split_off(values.len().saturating_sub(LISTED));
    let words: Vec<String> = latest
        .iter()
        .map(|(drawn, value)| {
            let value = locale::number(&value.to_string(), case.language);
            format!("{value} g/L ({})", case.date(*drawn))
        })
        .collect();
    (!words.is_empty()).then(|| format!("{name} {}", words.join(", ")))
}

pub(super) fn summer_pause(language: Language) -> Vec<String> {
    let (month, day) = K10_SUMMER_TO;
    vec![say!(
        language,
        "Behandlingen kan med fordel overvejes pauseret om sommeren. Behovet vurderes igen ved periodens slutning ({day}/{month}); behandlingen genoptages ikke automatisk. Kommer der infektioner under pausen, kan antibiotikaprofylakse overvejes i stedet for genopstart.",
        "A pause in summer may well be considered. The need is assessed again when the period ends ({day}/{month}, day/month); treatment does not resume by itself. If infections come during the pause, antibiotic prophylaxis can be considered instead of restarting."
    )]
}

pub(super) fn recurrence(case: &Case<'_>) -> Vec<String> {
    let language = case.language;
    let mut out = Vec::new();
    if let Some(recurrence) = &case.assessment.course.recurrence {
        let ended = case.date(recurrence.ended);
        let infections: Vec<String> = recurrence
            .infections
            .iter()
            .filter_map(|reference| case.infection(reference))
            .map(|infection| {
                let name = match &infection.text {
                    Some(text) => escape(text),
                    None => say!(language, "infektion uden tekst", "infection without text"),
                };
                format!("{name}, {}", locale::when(infection.onset, language))
            })
            .collect();
        let infections = infections.join("; ");
        out.push(say!(
            language,
            "Immunglobulin sluttede {ended}. Registreret siden: {infections}.",
            "Immunoglobulin ended on {ended}. Recorded since: {infections}."
        ));
    }
    out.push(say!(
        language,
        "Ved infektioner efter pause eller seponering kan antibiotikaprofylakse overvejes, før immunglobulin genoptages. Genopstart følger de almindelige kriterier: vedvarende IgG under 4 g/L og verificerede svære eller tilbagevendende bakterielle infektioner; 6 g/L-reglen er fortsat et klinisk skøn.",
        "With infections after a pause or stop, antibiotic prophylaxis can be considered before immunoglobulin is resumed. Restart follows the ordinary criteria: persistent IgG below 4 g/L and verified severe or recurrent bacterial infections; the 6 g/L rule stays a clinical judgement."
    ));
    if case.has(CourseConclusion::Recovered) {
        out.push(recovered(language));
    }
    out
}

/// RECOVERED, in a sentence (REC-47).
pub(super) fn recovered(language: Language) -> String {
    say!(
        language,
        "IgG er over 4 g/L målt i en periode uden substitution, hvilket tyder på immunrestitution.",
        "IgG is above 4 g/L measured in a period without substitution, which suggests immune restitution."
    )
}

/// When the trough was drawn, and why it counts as one.
fn drawn(case: &Case<'_>) -> Vec<String> {
    let language = case.language;
    let Some(trough) = &case.assessment.course.trough else {
        return Vec::new();
    };
    let (result, next) = (result(&trough.igg, case), case.date(trough.next_dose));
    let mut out = vec![if trough.next_dose_recorded {
        say!(
            language,
            "Dalværdien er {result}, før dosis {next}.",
            "The trough is {result}, before the dose on {next}."
        )
    } else {
        say!(
            language,
            "Dalværdien er {result}; næste dosis er beregnet til {next} ud fra det sædvanlige interval.",
            "The trough is {result}; the next dose is reckoned as {next} from the usual interval."
        )
    }];
    if trough.early {
        out.push(say!(
            language,
            "Prøven er fra de første måneder af forløbet, hvor IgG stadig kan stige.",
            "It is from the first months of the course, while IgG may still rise."
        ));
    }
    out
}

pub(super) fn trough(case: &Case<'_>) -> Vec<String> {
    let language = case.language;
    let mut out = drawn(case);
    let level = case
        .assessment
        .course
        .trough
        .as_ref()
        .map(|trough| trough.level);
    out.push(if level == Some(TroughLevel::High) {
        say!(
            language,
            "En dalværdi over 8 g/L anbefales ikke; lavere dosis eller længere interval kan overvejes.",
            "A trough above 8 g/L is not recommended; a lower dose or a longer interval can be considered."
        )
    } else {
        say!(
            language,
            "Dalværdien er under målet på 6 g/L. Højere dosis eller kortere interval kan overvejes inden for 0,4-0,8 g/kg pr. måned.",
            "The trough is below the aim of 6 g/L. A higher dose or a shorter interval can be considered within 0.4-0.8 g/kg per month."
        )
    });
    out.push(say!(
        language,
        "Dalværdien tolkes sammen med det kliniske respons. Ved fortsat alvorlige infektioner kan dosis eller interval ændres til en dalværdi på 6-8 g/L.",
        "The trough is read together with the clinical response. If serious infections persist, dose or interval can be changed to a trough of 6-8 g/L."
    ));
    out
}

pub(super) fn reduction(case: &Case<'_>) -> Vec<String> {
    let language = case.language;
    let mut out = drawn(case);
    out.push(say!(
        language,
        "Ligger dalværdien højt i 6-8 g/L (her over {E26_REDUCTION_ABOVE} g/L), og har patienten været fri for bakterielle infektioner i 6-12 måneder, kan dosisreduktion forsøges. Der er søgt i patientens diagnoser; intet registreret er ikke det samme som ingen infektioner.",
        "If the trough is high in 6-8 g/L (here above {E26_REDUCTION_ABOVE} g/L) and the patient has been free of bacterial infection for 6-12 months, a dose reduction can be tried. The patient's diagnoses were searched; none recorded is not the same as no infections."
    ));
    out
}
