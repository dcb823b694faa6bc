//! What was concluded of dose, product and switch.

use super::super::{say, words};
use crate::{
    cards::{case::Case, locale, markdown::escape},
    guideline::{
        dose::DoseConclusion,
        facts::{IgRoute, Placement},
        product::ScigPreferred,
        safety::SafetyFault,
        switch::{Comparison, SwitchAdvice},
    },
};

pub(super) fn scig_preferred(case: &Case<'_>) -> Vec<String> {
    let language = case.language;
    let maintenance =
        case.assessment.order.product.scig_preferred == Some(ScigPreferred::Maintenance);
    let first = if maintenance {
        say!(
            language,
            "Patienten får IVIG. Mange, der er startet med IVIG på sygehus, kan med fordel få SCIG som vedligeholdelsesbehandling; dosis overføres gram til gram.",
            "The patient is on IVIG. Many who began on hospital IVIG do well on SCIG as maintenance; the dose carries over gram for gram."
        )
    } else {
        say!(
            language,
            "Ordinationen er IVIG, og der er ikke angivet en årsag. Vejledningen foretrækker SCIG: de fleste patienter foretrækker hjemmebehandling, og den kræver mindre kapacitet på sygehuset.",
            "The order is for IVIG, and no reason is stated. The guideline prefers SCIG: most patients prefer home treatment, and it takes less hospital capacity."
        )
    };
    vec![
        first,
        say!(
            language,
            "IVIG kan overvejes ved forventet kort behandling, meget høje doser, hudproblemer, eller når selvinjektion er vanskelig eller utryg. En registreret årsag gælder for forløbet. Taler hensyn til patienten for månedlig i stedet for ugentlig behandling, kan det også opnås med faciliteret SCIG.",
            "IVIG may be considered for an expected short course, very high doses, skin problems, or where self-injection is difficult or frightening. A recorded reason holds for the course. Where monthly rather than weekly treatment suits the patient better, facilitated SCIG is monthly too."
        ),
        table_1(case),
    ]
}

/// Table 1 in a sentence.
fn table_1(case: &Case<'_>) -> String {
    say!(
        case.language,
        "Tabel 1: »anvend« Hizentra (200 mg/mL), Cutaquig (165), HyQvia (100) og Xembify (200); »overvej« IVIG: Kiovig, Octagam, Privigen og Gamunex (alle 100). Inden for hver gruppe er præparaterne klinisk ligestillede gram til gram.",
        "Table 1: 'use' Hizentra (200 mg/mL), Cutaquig (165), HyQvia (100) and Xembify (200); 'consider' IVIG: Kiovig, Octagam, Privigen and Gamunex (all 100). Within each group the products are clinically equal gram for gram."
    )
}

pub(super) fn small_child(case: &Case<'_>) -> Vec<String> {
    vec![say!(
        case.language,
        "Hos små børn er faciliteret SCIG (HyQvia) vanskelig at bruge, fordi volumen pr. gang er stort. Almindelig SCIG cirka ugentligt foretrækkes, med samme antal gram over 4 uger.",
        "In small children facilitated SCIG (HyQvia) is difficult to use because the volume at one time is large. Ordinary SCIG about weekly is preferred, with the same grams over 4 weeks."
    )]
}

pub(super) fn monthly(case: &Case<'_>) -> Vec<String> {
    let language = case.language;
    let first = match case.assessment.dose.conclusion {
        Some(DoseConclusion::High) => say!(
            language,
            "Dosis ligger over rammen, uanset om måneden regnes som 28 eller 30,44 dage. Er indikationen en anden end substitution ved SID, gælder rammen ikke.",
            "The dose is above the range, whether a month is taken as 28 or 30.44 days. If the indication is other than substitution in SID, the range does not apply."
        ),
        _ => say!(
            language,
            "Dosis ligger under rammen, uanset om måneden regnes som 28 eller 30,44 dage. Det kan være tilsigtet, fx ved dosisreduktion.",
            "The dose is below the range, whether a month is taken as 28 or 30.44 days. That may be intended, as in a dose reduction."
        ),
    };
    vec![
        first,
        say!(
            language,
            "Vejledningen angiver 0,4-0,8 g/kg pr. måned og sigter mod en dalværdi på 6 g/L; dalværdi og klinisk respons afgør justeringen. Vejledningens mL/kg gælder kun præparater på 200 mg/mL; her regnes der i gram.",
            "The guideline gives 0.4-0.8 g/kg a month and aims at a trough of 6 g/L; trough and clinical response decide the adjustment. The guideline's mL/kg hold for products of 200 mg/mL only; grams are used here."
        ),
    ]
}

pub(super) fn check(case: &Case<'_>) -> Vec<String> {
    case.assessment
        .order
        .faults
        .iter()
        .map(|fault| one_fault(fault, case))
        .collect()
}

fn one_fault(fault: &SafetyFault, case: &Case<'_>) -> String {
    let language = case.language;
    match fault {
        SafetyFault::Route { made_for } => {
            let made_for = words::route(*made_for).say(language);
            let name = product_name(case);
            say!(
                language,
                "{name} er til {made_for} brug, men ordinationen angiver en anden administrationsvej.",
                "{name} is for {made_for} use, but the order states another route."
            )
        }
        SafetyFault::Weight { latest, before } => {
            let (weight, day) = (
                locale::kilograms(latest.value, language),
                case.date(latest.measured),
            );
            let first = say!(
                language,
                "Seneste vægt er {weight} kg ({day}), hvilket er usandsynligt.",
                "The latest weight is {weight} kg ({day}), which is implausible."
            );
            match before {
                Some(before) => {
                    let (weight, day) = (
                        locale::kilograms(before.value, language),
                        case.date(before.measured),
                    );
                    say!(
                        language,
                        "{first} Den forrige var {weight} kg ({day}).",
                        "{first} The one before was {weight} kg ({day})."
                    )
                }
                None => first,
            }
        }
        SafetyFault::Dose {
            per_kilogram,
            weight,
            if_millilitres,
        } => {
            let number = locale::ten_thousandths(*per_kilogram, language);
            let mut text = say!(
                language,
                "Ordinationen svarer til **{number} g/kg på 28 dage** eller i en enkelt dosis, mindst det dobbelte af rammens øvre grænse (0,8 g/kg).",
                "The order comes to **{number} g/kg in 28 days** or in a single dose, at least twice the upper limit of the range (0.8 g/kg)."
            );
            if let Some(weight) = weight {
                let (kilograms, day) = (
                    locale::kilograms(weight.value, language),
                    case.date(weight.measured),
                );
                text.push_str(&say!(
                    language,
                    " Vægten er {kilograms} kg ({day}).",
                    " The weight is {kilograms} kg ({day})."
                ));
            }
            if let Some(grams) = if_millilitres {
                let grams = locale::grams(*grams, language);
                text.push_str(&say!(
                    language,
                    " Er tallet ment som mL, er dosis {grams} g, som ligger i rammen.",
                    " If the number is meant as mL, the dose is {grams} g, which is within the range."
                ));
            }
            text
        }
        SafetyFault::VolumeAsMass { number, grams } => {
            let number = locale::grams(*number, language);
            match grams {
                Some(grams) => {
                    let grams = locale::grams(*grams, language);
                    say!(
                        language,
                        "Tallet {number} svarer til volumen i mL og ikke til gram: {number} mL er {grams} g.",
                        "The number {number} matches the volume in mL, not the grams: {number} mL are {grams} g."
                    )
                }
                None => say!(
                    language,
                    "Ordinationens tekst angiver {number} mL, men dosis er skrevet som {number} g.",
                    "The order's own words say {number} mL, but the dose is written as {number} g."
                ),
            }
        }
    }
}

/// The product of the draft as it is called, else what its code says.
fn product_name(case: &Case<'_>) -> String {
    let order = case.chart.facts.order.as_ref();
    let product = order.and_then(|order| order.prescription.product.as_ref());
    match product {
        Some(product) => escape(&product.brand),
        None => say!(case.language, "Præparatet", "The product"),
    }
}

pub(super) fn gram_for_gram(case: &Case<'_>) -> Vec<String> {
    let language = case.language;
    let Some(switch) = &case.assessment.order.switch else {
        return Vec::new();
    };
    let first = match switch.grams {
        Comparison::Differ { .. } => say!(
            language,
            "Ordinationen skifter præparat, og dosis ændres samtidig. Ved skift mellem IVIG og SCIG og inden for hver gruppe bruges gram til gram over samme tid.",
            "The order changes the product, and the dose with it. Between IVIG and SCIG and within each group the switch is gram for gram over the same time."
        ),
        Comparison::Same { .. } => say!(
            language,
            "Ordinationen skifter præparat med uændret dosis i gram.",
            "The order changes the product at the same dose in grams."
        ),
        Comparison::NotWritten { .. } => say!(
            language,
            "Ordinationen skifter præparat, og dosis er endnu ikke skrevet. Skift sker gram til gram over samme tid.",
            "The order changes the product, and its dose is not written yet. The switch is gram for gram over the same time."
        ),
        Comparison::OldUnknown | Comparison::Unknown => say!(
            language,
            "Ordinationen skifter præparat. Den løbende ordinations dosis kan ikke omregnes til gram, så de to kan ikke sammenlignes her.",
            "The order changes the product. The running order's dose cannot be turned into grams, so the two cannot be compared here."
        ),
    };
    let mut out = vec![first];
    let home = |route| matches!(route, IgRoute::Sc | IgRoute::FacilitatedSc);
    let order = case.chart.facts.order.as_ref();
    let running = &case.chart.facts.running_orders;
    if order.is_some_and(|order| home(order.route)) {
        out.push(say!(
            language,
            "I hjemmebehandling ændrer styrke, injektionsvolumen, infusionshastighed, håndtering og pumpe sig med præparatet, mest til og fra faciliteret SCIG; patienten skal oplæres i det nye.",
            "In home treatment strength, injection volume, infusion rate, handling and pump change with the product, most to and from facilitated SCIG; the patient has to be trained in the new one."
        ));
    } else if !running.is_empty() && running.iter().all(|one| one.route == IgRoute::Iv) {
        out.push(say!(
            language,
            "IVIG-præparater, der gives på sygehus, kan skiftes direkte indbyrdes.",
            "IVIG products given in hospital can be interchanged directly."
        ));
    }
    out
}

pub(super) fn reason_for_switch(case: &Case<'_>) -> Vec<String> {
    let language = case.language;
    let Some(switch) = &case.assessment.order.switch else {
        return Vec::new();
    };
    let trough = switch.trough.as_ref().map(|trough| {
        let (value, day) = (
            locale::short_number(&trough.igg.value, language),
            case.date(trough.igg.drawn),
        );
        say!(
            language,
            "Dalværdien er {value} g/L ({day}).",
            "The trough is {value} g/L ({day})."
        )
    });
    let advice = match switch.advice {
        Some(SwitchAdvice::WeighSaving) => say!(
            language,
            "Ved et skift af rene økonomiske årsager skal de ekstra omkostninger og ulemper for patient og sygehus tages med. Behandlingen er tilstræbt kort med seponeringsforsøg efter 6–12 måneder, så der skal en betydelig besparelse til at opveje dem.",
            "In a switch for economic reasons alone the extra cost and burden for patient and hospital count. Treatment is meant to be short, with a stop attempt at 6–12 months, so a substantial saving is needed to outweigh them."
        ),
        Some(SwitchAdvice::Ask) => say!(
            language,
            "Der er registreret infektioner i forløbet, og årsagen til skiftet er ikke angivet. Manglende effekt, som ikke skyldes utilstrækkelig IgG-stigning, er en klasseeffekt, også mellem IVIG og SCIG; bivirkninger kan begrunde et skift mellem IVIG og SCIG.",
            "Infections are recorded in the course, and the reason for the switch is not stated. Lack of effect that is not due to an inadequate IgG rise is a class effect, between IVIG and SCIG too; adverse effects may justify a change between IVIG and SCIG."
        ),
        Some(SwitchAdvice::DoseFirst) => say!(
            language,
            "Den angivne årsag er manglende effekt. Dalværdien er under 6 g/L, men dosis vides ikke at være 0,4-0,8 g/kg pr. måned; dosis eller interval kan justeres, før et skift vurderes.",
            "The stated reason is lack of effect. The trough is below 6 g/L, but the dose is not known to be 0.4-0.8 g/kg a month; dose or interval can be adjusted before a switch is considered."
        ),
        Some(SwitchAdvice::RiseUnknown) => say!(
            language,
            "Den angivne årsag er manglende effekt, og der er ingen aktuel dalværdi. Er IgG-stigningen tilstrækkelig, er manglende effekt en klasseeffekt, også mellem IVIG og SCIG.",
            "The stated reason is lack of effect, and there is no current trough. If the IgG rise is adequate, lack of effect is a class effect, between IVIG and SCIG too."
        ),
        Some(SwitchAdvice::ClassEffect) | None => say!(
            language,
            "Den angivne årsag er manglende effekt, og dalværdien er ikke under 6 g/L. Manglende effekt, som ikke skyldes utilstrækkelig IgG-stigning, er en klasseeffekt, også mellem IVIG og SCIG.",
            "The stated reason is lack of effect, and the trough is not below 6 g/L. Lack of effect that is not due to an inadequate IgG rise is a class effect, between IVIG and SCIG too."
        ),
    };
    [Some(advice), trough].into_iter().flatten().collect()
}

/// The place of a product in Table 1, in a few words.
pub fn placement(placement: Option<Placement>, case: &Case<'_>) -> String {
    match placement {
        Some(Placement::Use) => say!(case.language, "Tabel 1: »anvend«", "Table 1: 'use'"),
        Some(Placement::Consider) => {
            say!(case.language, "Tabel 1: »overvej«", "Table 1: 'consider'")
        }
        None => say!(case.language, "ikke i Tabel 1", "not in Table 1"),
    }
}
