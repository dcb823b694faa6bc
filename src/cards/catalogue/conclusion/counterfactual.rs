//! What one more fact would decide, in a sentence.

use super::super::{Text, say, text};
use crate::{
    cards::{case::Case, locale},
    guideline::{
        assessment::{CardCode, StartConclusion},
        counterfactual::Counterfactual,
    },
};

/// The sentence; `None` where the card has none.
pub(super) fn sentence(card: CardCode, case: &Case<'_>) -> Option<String> {
    let language = case.language;
    let then = |conclusion| outcome(conclusion).say(language);
    Some(match case.counterfactual(card)? {
        Counterfactual::SecondSample {
            from,
            below,
            then: conclusion,
        } => {
            let day = case.date(*from);
            let (limit, then) = (
                locale::number(&below.to_string(), language),
                then(*conclusion),
            );
            say!(
                language,
                "En ny IgG taget **{day}** eller senere, uden aktiv infektion, afgør det: er den igen under {limit} g/L, {then}.",
                "A second IgG drawn on or after **{day}**, without active infection, decides this: if it is again below {limit} g/L, {then}."
            )
        }
        Counterfactual::InfectionHistory { present, none } => {
            let (present, none) = (then(*present), then(*none));
            say!(
                language,
                "Infektionshistorikken afgør det: er der svære eller tilbagevendende verificerede bakterielle infektioner, {present}; er der dokumenteret ingen, {none}.",
                "The infection history decides this: with severe or recurrent verified bacterial infections, {present}; with none documented, {none}."
            )
        }
        Counterfactual::BirthDate {
            adult_until,
            adult,
            child,
        } => {
            let day = case.date(*adult_until);
            let (adult, child) = (then(*adult), then(*child));
            say!(
                language,
                "Fødselsdatoen afgør det: er patienten født **{day}** eller før (voksen), {adult}; ellers (barn) {child}.",
                "The date of birth decides this: if the patient was born on or before **{day}** (adult), {adult}; otherwise (child) {child}."
            )
        }
        Counterfactual::IndexDay {
            from,
            within,
            before,
        } => {
            let day = case.date(*from);
            let (within, before) = (then(*within), then(*before));
            say!(
                language,
                "Den præcise dato for CAR-T eller start af bispecifikt antistof afgør det: er den **{day}** eller senere, {within}; er den tidligere, {before}.",
                "The exact day of CAR-T or of the bispecific start decides this: if it was on or after **{day}**, {within}; if earlier, {before}."
            )
        }
        Counterfactual::LowerIgg { before: None } => say!(
            language,
            "En ny IgG under 4 g/L ville opfylde kriteriet uanset infektioner.",
            "A new IgG below 4 g/L would meet the criterion, whatever the infections."
        ),
        Counterfactual::LowerIgg { before: Some(end) } => {
            let day = case.date(*end);
            say!(
                language,
                "En ny IgG under 4 g/L, taget før **{day}**, ville opfylde kriteriet uanset infektioner.",
                "A new IgG below 4 g/L, drawn before **{day}**, would meet the criterion, whatever the infections."
            )
        }
    })
}

/// A start conclusion as the end of a sentence.
const fn outcome(conclusion: StartConclusion) -> Text {
    match conclusion {
        StartConclusion::Met => text("er opstartskriteriet opfyldt", "the start criterion is met"),
        StartConclusion::Cons => text("kan opstart overvejes", "start may be considered"),
        StartConclusion::Not => text(
            "er opstartskriterierne ikke opfyldt",
            "the start criteria are not met",
        ),
        StartConclusion::Ns => text(
            "støtter journalen ikke opstart",
            "the record does not support a start",
        ),
        StartConclusion::Unk => text("er det stadig uafklaret", "it stays undecided"),
        StartConclusion::Na => text("gælder kriterierne ikke", "the criteria do not apply"),
    }
}
