//! What may be accepted before a start, in summer, after a stop, and on a trough.

use jiff::civil::date;

use super::{
    Offer, create, drafting,
    drafts::{Effective, Said, Test},
    history, review, statement, tests,
};
use crate::{
    cards::{case::Case, catalogue::labels},
    guideline::{
        assessment::MissingItem,
        facts::{ReviewOutcome, VaccinationTarget},
        parameters::K10_SUMMER_TO,
    },
};

/// C10: drafts of the vaccinations that are not documented, and what only a clinician can say.
pub fn preconditions(case: &Case<'_>) -> Vec<Option<Offer>> {
    let lacks = |item: MissingItem| case.assessment.start.missing.contains(&item);
    let vaccination = lacks(MissingItem::VaccinationInfluenza)
        || lacks(MissingItem::VaccinationPneumococcal)
        || lacks(MissingItem::SourceImmunization);
    let mut offers = vec![vaccines(case)];
    if vaccination {
        offers.push(stated(
            case,
            "vaccination-adequate",
            labels::vaccinated(case.language),
        ));
    }
    if lacks(MissingItem::AntibioticProphylaxis) || lacks(MissingItem::SourceMedicationRequest) {
        offers.push(considered(case));
    }
    offers
}

fn vaccines(case: &Case<'_>) -> Option<Offer> {
    let drafting = drafting(case)?;
    let actions = [
        (
            MissingItem::VaccinationInfluenza,
            VaccinationTarget::Influenza,
        ),
        (
            MissingItem::VaccinationPneumococcal,
            VaccinationTarget::Pneumococci,
        ),
    ]
    .into_iter()
    .filter(|(item, _)| case.assessment.start.missing.contains(item))
    .filter(|(_, against)| !case.assessment.drafted.vaccinations.contains(against))
    .filter_map(|(_, against)| {
        create(
            labels::vaccination(against, case.language),
            &drafting.vaccination(against),
        )
    })
    .collect();
    Some(Offer {
        kind: "vaccines",
        label: labels::vaccinations(case.language),
        recommended: false,
        actions,
    })
}

fn stated(case: &Case<'_>, code: &'static str, words: labels::Words) -> Option<Offer> {
    statement(case, code, words, |draft| {
        draft.statement(code, &Said::Flag(true), Effective::On(draft.as_of), None)
    })
}

fn considered(case: &Case<'_>) -> Option<Offer> {
    stated(
        case,
        "antibiotic-prophylaxis-considered",
        labels::considered(case.language),
    )
}

/// C11: the tests and the infection history that the baseline lacks.
pub fn baseline(case: &Case<'_>) -> Vec<Option<Offer>> {
    let lacks = |item: MissingItem| case.assessment.start.missing.contains(&item);
    let mut offers = Vec::new();
    if lacks(MissingItem::IgaIgm) {
        offers.push(tests(case, &[Test::Iga, Test::Igm], None, true));
    }
    if lacks(MissingItem::InfectionHistory) {
        offers.extend(history(case, case.assessment.as_of));
    }
    offers
}

/// C17: the pause with the task that ends it, or the decision to go on.
pub fn summer_pause(case: &Case<'_>) -> Vec<Option<Offer>> {
    let (month, day) = K10_SUMMER_TO;
    let until = date(case.assessment.as_of.year(), month, day);
    let pause = || {
        let mut offer = review(case, ReviewOutcome::Pause)?;
        let task = labels::resume_task(until, case.language);
        let drafting = drafting(case)?;
        offer
            .actions
            .push(create(task.clone(), &drafting.task(&task, until))?);
        offer.label = labels::summer_pause(until, case.language);
        Some(offer)
    };
    vec![pause(), review(case, ReviewOutcome::Continue)]
}

/// C18: prophylaxis considered, what the infections were, and a new baseline.
pub fn recurrence(case: &Case<'_>) -> Vec<Option<Offer>> {
    let mut offers = vec![considered(case)];
    offers.extend(history(case, case.assessment.as_of));
    offers.push(tests(case, &Test::ALL, None, false));
    offers
}

/// C24 and C25: the decision on the dose, which the order does not follow by itself, or a new trough.
pub fn dose(case: &Case<'_>) -> Vec<Option<Offer>> {
    vec![
        review(case, ReviewOutcome::Adjust),
        review(case, ReviewOutcome::Continue),
        tests(case, &[Test::Igg], None, false),
    ]
}
