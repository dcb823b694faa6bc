//! The sentences of dose, product and switch: C20–C23, C27 and C28.

use super::super::say;
use crate::{
    cards::{Language, case::Case, locale},
    guideline::{
        dose::DoseConclusion,
        facts::IgRoute,
        product::ScigPreferred,
        quantity::Mass,
        safety::SafetyFault,
        switch::{Comparison, SwitchAdvice},
    },
};

pub fn scig_preferred(case: &Case<'_>) -> String {
    let language = case.language;
    match case.assessment.order.product.scig_preferred {
        Some(ScigPreferred::Maintenance) => say!(
            language,
            "Vedligeholdelse: SCIG kan med fordel afløse IVIG ved SID; angiv årsag, hvis IVIG fortsættes",
            "Maintenance: SCIG may well replace IVIG in SID; state IVIG reason if IVIG goes on"
        ),
        Some(ScigPreferred::Start) | None => say!(
            language,
            "SCIG foretrækkes frem for IVIG ved SID; angiv årsag, hvis IVIG vælges",
            "SCIG is preferred to IVIG in SID; state IVIG reason if IVIG is chosen"
        ),
    }
}

pub fn small_child(language: Language) -> String {
    say!(
        language,
        "Lille barn: almindelig ugentlig SCIG foretrækkes frem for faciliteret SCIG (stort volumen)",
        "Small child: ordinary weekly SCIG preferred to facilitated SCIG (large volume)"
    )
}

pub fn monthly(case: &Case<'_>) -> String {
    let language = case.language;
    let dose = &case.assessment.dose;
    let number = match dose.per_kilogram {
        Some((least, most)) => {
            let number = locale::per_kilogram(least, most, language);
            say!(
                language,
                "Månedsdosis {number} g/kg",
                "Monthly dose {number} g/kg"
            )
        }
        None => say!(language, "Månedsdosis", "Monthly dose"),
    };
    match dose.conclusion {
        Some(DoseConclusion::Low) => say!(
            language,
            "{number} ligger under 0,4-0,8 g/kg, som er rammen ved substitution",
            "{number} is below 0.4-0.8 g/kg, the range for substitution"
        ),
        Some(DoseConclusion::High) => say!(
            language,
            "{number} ligger over 0,4-0,8 g/kg, som er rammen ved substitution",
            "{number} is above 0.4-0.8 g/kg, the range for substitution"
        ),
        _ => say!(
            language,
            "{number}: rammen ved substitution er 0,4-0,8 g/kg",
            "{number}: the range for substitution is 0.4-0.8 g/kg"
        ),
    }
}

pub fn check(case: &Case<'_>) -> String {
    let language = case.language;
    match case.assessment.order.faults.first() {
        Some(SafetyFault::Route { made_for }) => match made_for {
            IgRoute::Iv => say!(
                language,
                "Kontrollér administrationsvej: præparat til i.v. brug er ordineret s.c.",
                "Check the route: a product for IV use is ordered SC"
            ),
            IgRoute::Sc | IgRoute::FacilitatedSc | IgRoute::Unknown => say!(
                language,
                "Kontrollér administrationsvej: s.c.-præparat er ordineret i.v.",
                "Check the route: an SC product is ordered IV"
            ),
        },
        Some(SafetyFault::Weight { latest, .. }) => {
            let weight = locale::kilograms(latest.value, language);
            let day = case.date(latest.measured);
            say!(
                language,
                "Kontrollér vægten: {weight} kg den {day} er usandsynlig, så dosis kan ikke vurderes sikkert",
                "Check the weight: {weight} kg on {day} is implausible, so the dose cannot be judged safely"
            )
        }
        Some(SafetyFault::Dose { per_kilogram, .. }) => {
            let number = locale::ten_thousandths(*per_kilogram, language);
            say!(
                language,
                "Kontrollér enhed og dosis: ordinationen svarer til {number} g/kg på 28 dage (ved substitution 0,4-0,8)",
                "Check unit and dose: the order equals {number} g/kg in 28 days (0.4-0.8 for substitution)"
            )
        }
        Some(SafetyFault::VolumeAsMass { number, .. }) => {
            let number = locale::grams(*number, language);
            say!(
                language,
                "Kontrollér enhed: er {number} mL skrevet som {number} g?",
                "Check the unit: are {number} mL written as {number} g?"
            )
        }
        None => say!(
            language,
            "Kontrollér ordinationens enhed, administrationsvej og vægt",
            "Check the order's unit, route and weight"
        ),
    }
}

pub fn gram_for_gram(case: &Case<'_>) -> String {
    let language = case.language;
    let grams = |milligrams: i64| locale::grams(Mass::from_milligrams(milligrams), language);
    let switch = case.assessment.order.switch.as_ref();
    match switch.map(|switch| switch.grams) {
        Some(Comparison::Differ { old, new }) => {
            let (old, new) = (grams(old), grams(new));
            say!(
                language,
                "Skift gram til gram: {old} g mod {new} g pr. 4 uger; tjek volumen og oplæring",
                "Switch gram for gram: {old} g vs {new} g per 4 weeks; check volume and training"
            )
        }
        Some(Comparison::NotWritten { old }) => {
            let old = grams(old);
            say!(
                language,
                "Skift gram til gram: nuværende dosis er {old} g pr. 4 uger; tjek volumen og oplæring",
                "Switch gram for gram: the present dose is {old} g per 4 weeks; check volume and training"
            )
        }
        Some(Comparison::Same { new, .. }) => {
            let same = grams(new);
            say!(
                language,
                "Skift gram til gram ({same} g pr. 4 uger): volumen og udstyr kan ændre sig; tjek oplæring",
                "Switch gram for gram ({same} g per 4 weeks): volume and equipment may change; check training"
            )
        }
        Some(Comparison::OldUnknown | Comparison::Unknown) | None => say!(
            language,
            "Skift gram til gram: dosis af det nuværende præparat kan ikke læses; sammenlign gram pr. 4 uger",
            "Switch gram for gram: the present product's dose cannot be read; compare grams per 4 weeks"
        ),
    }
}

pub fn reason_for_switch(case: &Case<'_>) -> String {
    let language = case.language;
    let switch = case.assessment.order.switch.as_ref();
    match switch.and_then(|switch| switch.advice) {
        Some(SwitchAdvice::ClassEffect) => say!(
            language,
            "Skift ved manglende effekt frarådes (klasseeffekt): IgG-stigningen er tilstrækkelig",
            "Switching for lack of effect is not advised (class effect): the IgG rise is adequate"
        ),
        Some(SwitchAdvice::DoseFirst) => say!(
            language,
            "Lav dalværdi: vurdér dosis og interval før skift; manglende effekt er ellers en klasseeffekt",
            "Low trough: review dose and interval before a switch; lack of effect is otherwise a class effect"
        ),
        Some(SwitchAdvice::WeighSaving) => say!(
            language,
            "Skift af økonomisk årsag: kun en betydelig besparelse opvejer ressourcer og ulempe for patienten",
            "Switch for economic reasons: only a substantial saving outweighs resources and burden for the patient"
        ),
        Some(SwitchAdvice::Ask) => say!(
            language,
            "Angiv årsag til skift: ved manglende effekt frarådes det (klasseeffekt), hvis IgG-stigningen er tilstrækkelig",
            "State the reason for the switch: not advised for lack of effect (class effect) if the IgG rise is adequate"
        ),
        Some(SwitchAdvice::RiseUnknown) | None => say!(
            language,
            "Skift ved manglende effekt frarådes (klasseeffekt), medmindre IgG-stigning er utilstrækkelig",
            "Switching for lack of effect is not advised (class effect) unless IgG rise is inadequate"
        ),
    }
}
