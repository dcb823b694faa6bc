//! The detail of a card: conclusion, grounds, what is missing, source, engineering choices.

mod dose;

use super::{
    case::Case,
    catalogue::{
        choices::{self, Choice},
        conclusion,
        entry::entry,
        gaps, say, summary, words,
    },
    comparators, locale,
    markdown::{Document, escape},
};
use crate::guideline::{
    assessment::{CardCode, CourseConclusion, CourseRule, Criterion, CriterionId, Population},
    facts::{Infection, StatementKind},
};

/// The most infections that are listed under one criterion, and problems under one title.
const LISTED: usize = 8;

/// The detail as Markdown.
pub(super) fn detail(card: CardCode, case: &Case<'_>) -> String {
    let language = case.language;
    let mut document = Document::default();
    for paragraph in conclusion::paragraphs(card, case) {
        document.paragraph(&paragraph);
    }
    if case.version_to_be_checked() {
        document.paragraph(&check_version(case));
    }
    let as_of = case.date(case.assessment.as_of);
    document.section(
        &say!(language, "Grundlag pr. {as_of}", "Grounds on {as_of}"),
        &[
            population(case),
            criteria(card, case),
            course(card, case),
            dose::lines(card, case),
        ]
        .concat(),
    );
    document.section(&say!(language, "Mangler", "Missing"), &missing(card, case));
    document.section(
        &say!(language, "Dataproblemer", "Data problems"),
        &problems(case),
    );
    document.section(&say!(language, "Kilde", "Source"), &sources(card, case));
    document.section(&comparators::title(case), &comparators::lines(card, case));
    document.section(
        &say!(
            language,
            "Valg, som vejledningen ikke selv angiver (kræver klinisk godkendelse)",
            "Choices that the guideline does not print (need clinical sign-off)"
        ),
        &engineering(card, case),
    );
    document.finish()
}

/// After the review-by date every card asks for it (H-16, REC-59).
fn check_version(case: &Case<'_>) -> String {
    let guideline = case.assessment.guideline;
    let (version, approved, by) = (
        guideline.version,
        case.date(guideline.approved),
        case.date(guideline.review_by),
    );
    say!(
        case.language,
        "**Tjek vejledningens version:** kortet bygger på version {version} af {approved}, som skulle have været tjekket senest {by} (G1). Undersøg, om der er kommet en nyere.",
        "**Check the guideline's version:** this card rests on version {version} of {approved}, which was to be checked by {by} (G1). See whether there is a newer one."
    )
}

fn population(case: &Case<'_>) -> Vec<String> {
    let language = case.language;
    let finding = &case.assessment.population;
    let name = words::population(finding.code).say(language);
    let code = words::population_code(finding.code);
    let mut line = say!(
        language,
        "Population: {name} ({code})",
        "Population: {name} ({code})"
    );
    if !finding.alternatives.is_empty() {
        let alternatives: Vec<String> = finding
            .alternatives
            .iter()
            .map(|&alternative| {
                let name = words::population(alternative).say(language);
                format!("{name} ({})", words::population_code(alternative))
            })
            .collect();
        let alternatives = alternatives.join(" / ");
        line.push_str(": ");
        line.push_str(&alternatives);
    }
    let mut lines = vec![line];
    if let Some(index) = &finding.index {
        let event = words::index_event(index.kind).say(language);
        let (day, end) = (case.date(index.date), case.date(index.window_end));
        lines.push(say!(
            language,
            "Indekshændelse: {event} {day}; 6 måneder efter: {end}",
            "Index event: {event} {day}; 6 months after it: {end}"
        ));
    }
    lines.extend(decisive_history(case));
    if finding.also_transplanted {
        lines.push(say!(
            language,
            "Allogen HSCT findes også i journalen",
            "An allogeneic HSCT is in the record too"
        ));
    }
    lines
}

/// Diagnoses and transplants that decided the population, as the record names them.
fn decisive_history(case: &Case<'_>) -> Vec<String> {
    let language = case.language;
    let facts = &case.chart.facts;
    let mut seen = Vec::new();
    for reference in &case.assessment.population.evidence {
        let diagnosis = facts
            .diagnoses
            .iter()
            .find(|found| found.evidence == *reference);
        let transplant = facts
            .transplants
            .iter()
            .find(|found| found.evidence == *reference);
        let words = match (diagnosis, transplant) {
            (Some(diagnosis), _) => {
                let name = match &diagnosis.text {
                    Some(text) => escape(text),
                    None => words::diagnosis(diagnosis.kind).say(language).to_owned(),
                };
                match words::status(diagnosis.status) {
                    Some(status) => format!("{name} ({})", status.say(language)),
                    None => name,
                }
            }
            (None, Some(transplant)) => {
                let name = words::transplant(transplant.donor).say(language);
                match transplant.when {
                    Some(when) => format!("{name} {}", locale::when(when, language)),
                    None => name.to_owned(),
                }
            }
            (None, None) => continue,
        };
        if !seen.contains(&words) {
            seen.push(words);
        }
    }
    seen.truncate(LISTED);
    if seen.is_empty() {
        return Vec::new();
    }
    let history = seen.join("; ");
    vec![say!(
        language,
        "Registreret: {history}",
        "Recorded: {history}"
    )]
}

fn criteria(card: CardCode, case: &Case<'_>) -> Vec<String> {
    case.deciding(card)
        .into_iter()
        .flat_map(|found| criterion(found, case))
        .collect()
}

fn criterion(found: &Criterion, case: &Case<'_>) -> Vec<String> {
    let language = case.language;
    let name = words::criterion(found.id, case.is_child(), language);
    let verdict = words::verdict(found.id, found.verdict, language);
    let mut line = format!("{name}: **{verdict}**");
    let value = found
        .value
        .as_ref()
        .map(|value| escape(&locale::number(value, language)));
    let date = found.date.map(|date| case.date(date));
    let measured: Vec<String> = [value, date].into_iter().flatten().collect();
    if !measured.is_empty() {
        line.push_str(" – ");
        line.push_str(&measured.join(", "));
    }
    let mut lines = vec![line];
    if matches!(
        found.id,
        CriterionId::SevereOrRecurrentInfections | CriterionId::Infections6Months
    ) {
        let infections: Vec<&Infection> = found
            .evidence
            .iter()
            .filter_map(|reference| case.infection(reference))
            .collect();
        lines.extend(
            infections
                .iter()
                .take(LISTED)
                .map(|&known| infection(known, case)),
        );
        if let Some(more) = infections
            .len()
            .checked_sub(LISTED)
            .filter(|&more| more > 0)
        {
            lines.push(say!(language, "  og {more} til", "  and {more} more"));
        }
        lines.extend(not_decisive(found, case));
    }
    lines
}

/// A clinician's judgement that low IgG was not the decisive factor, where it decided (§5).
fn not_decisive(found: &Criterion, case: &Case<'_>) -> Option<String> {
    let statement = case.chart.facts.statements.iter().find(|statement| {
        statement.kind == StatementKind::IggDecisiveFactor(false)
            && found.evidence.contains(&statement.evidence)
    })?;
    let day = case.date(statement.date);
    Some(say!(
        case.language,
        "  skøn registreret {day}: lav IgG var ikke den afgørende enkeltfaktor",
        "  judgement recorded {day}: low IgG was not the decisive single factor"
    ))
}

fn infection(infection: &Infection, case: &Case<'_>) -> String {
    let language = case.language;
    let name = match &infection.text {
        Some(text) => escape(text),
        None => say!(language, "infektion uden tekst", "infection without text"),
    };
    format!("  {name}, {}", locale::when(infection.onset, language))
}

fn course(card: CardCode, case: &Case<'_>) -> Vec<String> {
    if !case.is_course_card(card) {
        return Vec::new();
    }
    let language = case.language;
    let course = &case.assessment.course;
    let mut lines = Vec::new();
    if let Some(start) = course.start {
        let day = case.date(start);
        lines.push(say!(
            language,
            "Immunglobulin siden {day}",
            "Immunoglobulin since {day}"
        ));
    }
    if let Some(window) = course.window {
        let (from, to) = (case.date(window.start), case.date(window.end));
        lines.push(say!(
            language,
            "Vindue for seponeringsforsøg: {from} – {to}",
            "Window for a stop attempt: {from} – {to}"
        ));
    }
    if let Some(due) = course.stop_due {
        let day = case.date(due);
        lines.push(say!(
            language,
            "Stopdato (6 måneder efter indekshændelsen): {day}",
            "Stop date (6 months after the index event): {day}"
        ));
    }
    // Winter never delays the stop of the early rule (B-18).
    if let Some(days) = course
        .winter_days
        .filter(|_| course.rule == Some(CourseRule::Std))
    {
        lines.push(say!(
            language,
            "Behandlede vinterdage (1. oktober – 30. april): {days}",
            "Treated winter days (1 October – 30 April): {days}"
        ));
    }
    for &conclusion in &course.conclusions {
        if conclusion != CourseConclusion::Recovered {
            lines.push(
                words::course_conclusion(conclusion)
                    .say(language)
                    .to_owned(),
            );
        }
    }
    lines
}

fn missing(card: CardCode, case: &Case<'_>) -> Vec<String> {
    let not_about_start = matches!(card, CardCode::C26 | CardCode::C29)
        || Case::is_dose_card(card)
        || case.is_course_card(card);
    if not_about_start {
        return Vec::new();
    }
    summary::by_weight(&case.missing(card))
        .into_iter()
        .map(|item| gaps::missing(item).say(case.language).to_owned())
        .collect()
}

fn problems(case: &Case<'_>) -> Vec<String> {
    let language = case.language;
    let all = &case.assessment.data_problems;
    let mut lines: Vec<String> = all
        .iter()
        .take(LISTED)
        .map(|problem| {
            let reference = escape(problem.reference.as_str());
            format!(
                "{reference}: {}",
                gaps::problem(problem.problem).say(language)
            )
        })
        .collect();
    if let Some(more) = all.len().checked_sub(LISTED).filter(|&more| more > 0) {
        lines.push(say!(language, "og {more} til", "and {more} more"));
    }
    lines
}

fn sources(card: CardCode, case: &Case<'_>) -> Vec<String> {
    let language = case.language;
    let entry = entry(card);
    let guideline = case.assessment.guideline;
    let (version, document) = (guideline.version, guideline.document);
    let approved = case.date(guideline.approved);
    let sections = entry.sections;
    let mut lines = vec![say!(
        language,
        "Medicinrådet, opsummering om immunglobulin ved SID, version {version}, {approved}, dokument {document}, afsnit: {sections}",
        "Medicinrådet (Danish Medicines Council), summary on immunoglobulin in SID, version {version}, {approved}, document {document}, section: {sections}"
    )];
    if let Some(addendum) = entry.addendum {
        lines.push(say!(
            language,
            "Tillæg om CAR-T og bispecifikke antistoffer, afsnit {addendum}",
            "Addendum on CAR-T and bispecific antibodies, section {addendum}"
        ));
    }
    let recommendations = recommendations(card, case);
    if !recommendations.is_empty() {
        lines.push(recommendations.join(", "));
    }
    lines
}

/// The recommendations that a card rests on, by id.
pub(super) fn recommendations(card: CardCode, case: &Case<'_>) -> Vec<&'static str> {
    let mut recommendations = entry(card).recommendations.to_vec();
    let decided =
        Case::is_start_card(card) && !matches!(card, CardCode::C10 | CardCode::C11 | CardCode::C31);
    if decided {
        recommendations.extend(&case.assessment.start.recommendations);
    }
    if card == CardCode::C15 && case.assessment.course.continued_after_due {
        recommendations.extend(["REC-43", "REC-48"]);
    }
    recommendations.sort_unstable();
    recommendations.dedup();
    recommendations
}

fn engineering(card: CardCode, case: &Case<'_>) -> Vec<String> {
    chosen(card, case)
        .into_iter()
        .map(|choice| format!("{}: {}", choice.id(), choice.words(case.language)))
        .collect()
}

/// The engineering choices that a card depends on.
pub(super) fn chosen(card: CardCode, case: &Case<'_>) -> Vec<Choice> {
    let assessment = case.assessment;
    let mut chosen: Vec<Choice> = choices::of_card(card).to_vec();
    chosen.extend(dose::choices(card, case));
    for found in case.deciding(card) {
        chosen.extend(choices::of_criterion(found.id));
    }
    if Case::is_start_card(card) {
        for item in case.missing(card) {
            chosen.extend(choices::of_missing(item));
        }
    }
    let by_index = matches!(
        assessment.population.code,
        Population::P2A | Population::P2B | Population::P2C | Population::Ambiguous
    ) || card == CardCode::C14;
    if let (true, Some(index)) = (by_index, &assessment.population.index)
        && !matches!(card, CardCode::C26 | CardCode::C29)
        && !Case::is_dose_card(card)
    {
        chosen.extend(choices::of_index(index.kind));
    }
    chosen.sort_unstable();
    chosen.dedup();
    chosen
}
