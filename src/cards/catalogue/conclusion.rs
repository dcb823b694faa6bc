//! What was concluded, in sentences: the first paragraphs of a card's detail.
//!
//! The wording says what the guideline allows or asks for; it never gives an order.

mod counterfactual;
mod course;
mod dose;
mod monitoring;

pub use dose::placement;

use super::{say, words};
use crate::{
    cards::{Language, case::Case, locale, markdown::escape},
    guideline::{
        assessment::{CardCode, CourseConclusion, IndexEvent, Population, StartConclusion},
        counterfactual::Counterfactual,
        parameters::K5_INFECTION_MONTHS,
        quantity::GramsPerLitre,
    },
};

/// The paragraphs, as ready Markdown.
pub fn paragraphs(card: CardCode, case: &Case<'_>) -> Vec<String> {
    let mut paragraphs = of_card(card, case);
    paragraphs.extend(counterfactual::sentence(card, case));
    paragraphs
}

fn of_card(card: CardCode, case: &Case<'_>) -> Vec<String> {
    let language = case.language;
    match card {
        CardCode::C01 => early_start(case),
        CardCode::C02 => vec![
            say!(
                language,
                "IgG er vedvarende under 4 g/L, og der er verificerede svære eller tilbagevendende bakterielle infektioner. Substitution kan tilbydes.",
                "IgG is persistently below 4 g/L, and there are verified severe or recurrent bacterial infections. Substitution may be offered."
            ),
            before_start(language),
        ],
        CardCode::C03 if case.judged_decisive().is_some() => judged(case),
        CardCode::C03 => vec![
            say!(
                language,
                "IgG er lav uden at opfylde 4 g/L-reglen, og infektionerne når den lempeligere regel. Opstart kan overvejes, hvis lav IgG efter klinisk skøn har været den afgørende enkeltfaktor for infektionerne.",
                "IgG is low without reaching the 4 g/L rule, and the infections reach the wider rule. Start may be considered if, by clinical judgement, low IgG was the decisive single factor for the infections."
            ),
            say!(
                language,
                "Skønnet kan bygge på: om antibiotikaprofylakse er forsøgt, om infektionerne skyldes kapselbærende bakterier, immunsuppression og mucositis i øvrigt, om tilstanden er reversibel, og respons på pneumokok- og difteri-/tetanusvaccine.",
                "The judgement can rest on: whether antibiotic prophylaxis was tried, whether encapsulated bacteria are the cause, other immunosuppression and mucositis, reversibility, and the response to pneumococcal and diphtheria/tetanus vaccine."
            ),
        ],
        CardCode::C04 => not_assessable(case),
        CardCode::C05 => infections_fail(case),
        CardCode::C06 => m_component(case),
        CardCode::C07 => vec![say!(
            language,
            "Vejledningens start- og stopkriterier efter CAR-T og bispecifikke antistoffer gælder voksne. Hos børn vurderes behovet individuelt, og rutinemæssig substitution kan bruges, hvor klinikeren finder det relevant. I Danmark vurderes det oftest individuelt efter CAR-T, mens substitution er mere rutinemæssig ved bispecifikke antistoffer.",
            "The guideline's start and stop criteria after CAR-T and bispecific antibodies are for adults. In children the need is assessed individually, and routine substitution may be used where the clinician finds it relevant. Danish practice is mostly individual after CAR-T and more routine with bispecific antibodies."
        )],
        CardCode::C08 => after_hsct(case),
        CardCode::C09 => vec![say!(
            language,
            "Uden hæmatologisk sygdom eller HSCT kan substitution kun overvejes i særlige situationer. Vurderingen kræver udredning med klinisk immunologi, herunder vaccinationsrespons; derefter gælder samme IgG- og infektionskriterier som ved hæmatologisk sygdom.",
            "Without haematological disease or HSCT, substitution may be considered in special situations only. The assessment needs a work-up with clinical immunology, vaccine response included; then the same IgG and infection criteria apply as in haematological disease."
        )],
        CardCode::C10 => monitoring::preconditions(case),
        CardCode::C11 => monitoring::baseline(language),
        CardCode::C12 => course::review(case),
        CardCode::C14 => course::stop_after_index(case),
        CardCode::C15 => course::stop_attempt(case),
        CardCode::C16 => monitoring::b_cell_function(case),
        CardCode::C17 => monitoring::summer_pause(language),
        CardCode::C18 => monitoring::recurrence(case),
        CardCode::C20 => dose::scig_preferred(case),
        CardCode::C21 => dose::small_child(case),
        CardCode::C22 => dose::monthly(case),
        CardCode::C23 => dose::check(case),
        CardCode::C24 => monitoring::trough(case),
        CardCode::C25 => monitoring::reduction(case),
        CardCode::C26 => outside(case),
        CardCode::C27 => dose::gram_for_gram(case),
        CardCode::C28 => dose::reason_for_switch(case),
        CardCode::C29 => vec![say!(
            language,
            "Ordinationen har ingen indikation, som vejledningen kender. Ved sekundær immundefekt (SID) kan kriterierne vurderes, når indikationen er angivet; ved anden indikation gælder andre vejledninger.",
            "The order has no indication that the guideline knows. In secondary immune deficiency (SID) the criteria can be assessed once the indication is stated; for other indications other guidance applies."
        )],
        CardCode::C30 => course::two_readings(case),
        CardCode::C31 => vec![say!(
            language,
            "Et eller flere svar kan ikke bruges sikkert, og enheder gættes aldrig. Kriterier, der afhænger af dem, er uafklarede, indtil svaret er rettet eller prøven gentaget.",
            "One or more results cannot be used safely, and units are never guessed. Criteria that depend on them stay unknown until the result is corrected or the test repeated."
        )],
        CardCode::C32 => igg_fails(case),
    }
}

/// C03 once a clinician has judged low IgG to be the decisive factor.
fn judged(case: &Case<'_>) -> Vec<String> {
    let language = case.language;
    let mut out = Vec::new();
    if let Some(day) = case.judged_decisive() {
        let day = case.date(day);
        out.push(say!(
            language,
            "IgG er lav uden at opfylde 4 g/L-reglen, infektionerne når den lempeligere regel, og {day} er det registreret, at lav IgG efter klinisk skøn var den afgørende enkeltfaktor. Opstart kan overvejes.",
            "IgG is low without reaching the 4 g/L rule, the infections reach the wider rule, and on {day} it was recorded that by clinical judgement low IgG was the decisive single factor. Start may be considered."
        ));
    }
    out.push(before_start(language));
    out
}

/// An index event as a sentence has it: `CAR-T-infusion den 1. december 2025`.
fn index_phrase(event: Option<&IndexEvent>, case: &Case<'_>) -> String {
    match event {
        Some(index) => {
            let kind = words::index_event(index.kind).say(case.language);
            let day = case.date(index.date);
            say!(case.language, "{kind} den {day}", "{kind} on {day}")
        }
        None => say!(
            case.language,
            "CAR-T eller start af bispecifikt antistof",
            "CAR-T or start of a bispecific antibody"
        ),
    }
}

fn before_start(language: Language) -> String {
    say!(
        language,
        "Vaccinationsstatus og – ved kendt organfokus – antibiotikaprofylakse bør være overvejet før opstart. Dosis og præparat vælges af den ordinerende læge.",
        "Vaccination status and – with a known organ focus – antibiotic prophylaxis should be considered before start. Dose and product are the prescriber's choice."
    )
}

fn early_start(case: &Case<'_>) -> Vec<String> {
    let language = case.language;
    let event = index_phrase(case.assessment.population.index.as_ref(), case);
    let mut out = vec![say!(
        language,
        "IgG er under 4 g/L, og der er gået mindre end 6 måneder siden {event}. Substitution kan startes uanset infektioner.",
        "IgG is below 4 g/L, and less than 6 months have passed since {event}. Substitution may be started regardless of infections."
    )];
    if let Some(due) = case.assessment.course.stop_due {
        let (day, left) = (case.date(due), locale::days(case.days_until(due), language));
        out.push(say!(
            language,
            "Seponering skal ifølge vejledningen forsøges senest **{day}** (om {left}); en pause opfylder også kravet. Startes der sent i perioden, kan forløbet blive kort.",
            "By the guideline a stop is to be attempted by **{day}** (in {left}); a pause satisfies it too. A start late in the period may make for a short course."
        ));
    }
    out.push(say!(
        language,
        "Infektionsrisikoen afhænger af hele immunprofilen (neutrofile, B- og T-celler, steroid), ikke af IgG alene.",
        "Infection risk depends on the whole immune profile (neutrophils, B and T cells, steroids), not on IgG alone."
    ));
    out.push(before_start(language));
    out
}

fn not_assessable(case: &Case<'_>) -> Vec<String> {
    let language = case.language;
    let mut out = vec![say!(
        language,
        "Vejledningens opstartskriterier kan hverken siges at være opfyldt eller ikke opfyldt. Manglende data tæller ikke som et nej.",
        "The guideline's start criteria can be called neither met nor not met. Absent data do not count as a no."
    )];
    let decided_by_it = matches!(
        case.assessment.counterfactual,
        Some(Counterfactual::SecondSample { .. })
    );
    if let Some(from) = case.assessment.start.repeat_from.filter(|_| !decided_by_it) {
        let day = case.date(from);
        out.push(say!(
            language,
            "En IgG taget **{day}** eller senere, uden aktiv infektion, kan afgøre, om lav IgG er vedvarende.",
            "An IgG drawn on **{day}** or later, without active infection, can settle whether low IgG is persistent."
        ));
    }
    out
}

fn infections_fail(case: &Case<'_>) -> Vec<String> {
    let language = case.language;
    let first = if case.assessment.start.conclusion == StartConclusion::Ns {
        let to = case.date(case.assessment.as_of);
        say!(
            language,
            "IgG er lav, men der er ikke registreret kvalificerende infektioner. Der er søgt i patientens diagnoser for de {K5_INFECTION_MONTHS} måneder op til {to}; intet registreret er ikke det samme som ingen infektioner.",
            "IgG is low, but no qualifying infections are recorded. The patient's diagnoses were searched for the {K5_INFECTION_MONTHS} months up to {to}; none recorded is not the same as no infections."
        )
    } else {
        say!(
            language,
            "IgG er lav, men kravet om verificerede svære eller tilbagevendende bakterielle infektioner er ikke opfyldt.",
            "IgG is low, but the requirement of verified severe or recurrent bacterial infections is not met."
        )
    };
    vec![
        first,
        say!(
            language,
            "Vejledningen fraråder primær profylakse, og gentagne ikke-alvorlige infektioner er ikke nok. Præparaterne indeholder ikke IgA af klinisk betydning, så effekten på slimhindeinfektioner er begrænset.",
            "The guideline advises against primary prophylaxis, and repeated non-serious infections do not suffice. The products hold no clinically relevant IgA, so the effect on mucosal infections is limited."
        ),
    ]
}

fn m_component(case: &Case<'_>) -> Vec<String> {
    let language = case.language;
    let mut out = vec![say!(
        language,
        "Med en IgG-M-komponent viser total-IgG ikke patientens egen antistofproduktion; også inflammation kan hæve den. En generel immunparese kan træde i stedet for lav IgG; IgA, IgM, kappa/lambda og B-celletal kan belyse den.",
        "With an IgG M-component, total IgG does not show the patient's own antibody production; inflammation can raise it too. General immunoparesis can stand in for low IgG; IgA, IgM, light chains and the B-cell count can show it."
    )];
    if case.assessment.start.conclusion == StartConclusion::Cons {
        out.push(say!(
            language,
            "IgA og IgM er lave, så opstart kan overvejes efter klinisk vurdering.",
            "IgA and IgM are low, so start may be considered after clinical assessment."
        ));
    }
    out
}

fn after_hsct(case: &Case<'_>) -> Vec<String> {
    let language = case.language;
    let first = if case.assessment.start.conclusion == StartConclusion::Cons {
        say!(
            language,
            "Efter allogen HSCT er IgG under 4 g/L, men ikke under den nedre grænse for barnets alder. Opstart kan overvejes efter klinisk vurdering.",
            "After allogeneic HSCT, IgG is below 4 g/L but not below the lower limit for the child's age. Start may be considered after clinical assessment."
        )
    } else {
        say!(
            language,
            "Efter allogen HSCT er IgG under 4 g/L. Substitution kan startes uanset hyppighed og sværhedsgrad af infektioner.",
            "After allogeneic HSCT, IgG is below 4 g/L. Substitution may be started regardless of how frequent or severe infections are."
        )
    };
    vec![first, before_start(language)]
}

fn outside(case: &Case<'_>) -> Vec<String> {
    let language = case.language;
    let mut out = vec![if case.assessment.population.code == Population::OosPid {
        say!(
            language,
            "Patienten har en primær immundefekt. Start-, stop- og dosiskriterier for SID er ikke anvendt.",
            "The patient has a primary immune deficiency. Start, stop and dose criteria for SID were not applied."
        )
    } else {
        say!(
            language,
            "Ordinationens indikation er ikke sekundær immundefekt. Start-, stop- og dosiskriterier for SID er ikke anvendt.",
            "The order's indication is not secondary immune deficiency. Start, stop and dose criteria for SID were not applied."
        )
    }];
    if let Some(reason) = case
        .chart
        .facts
        .order
        .as_ref()
        .and_then(|order| order.indication_text.as_deref())
    {
        let reason = escape(reason);
        out.push(say!(
            language,
            "Angivet indikation: {reason}.",
            "Stated indication: {reason}."
        ));
    }
    out
}

fn igg_fails(case: &Case<'_>) -> Vec<String> {
    let language = case.language;
    let none_recorded = case.assessment.start.conclusion == StartConclusion::Ns;
    let mut out = vec![if none_recorded {
        say!(
            language,
            "IgG er ikke under 4 g/L, og der er ikke registreret infektioner, som den lempeligere regel (under 6 g/L) kræver. Intet registreret er ikke det samme som ingen infektioner.",
            "IgG is not below 4 g/L, and no infections are recorded that the wider rule (below 6 g/L) requires. None recorded is not the same as no infections."
        )
    } else {
        say!(
            language,
            "IgG opfylder ikke opstartskriteriet for patientens population.",
            "IgG does not meet the start criterion of the patient's population."
        )
    }];
    if case.assessment.population.code == Population::P3 {
        out.push(say!(
            language,
            "Vejledningen har ingen regel for IgG mellem 4 og 6 g/L efter allogen HSCT; ved hæmatologisk sygdom kan 6 g/L-reglen indgå i et klinisk skøn.",
            "The guideline has no rule for IgG between 4 and 6 g/L after allogeneic HSCT; in haematological disease the 6 g/L rule can inform clinical judgement."
        ));
    }
    if let Some(low) = below_adult_reference(case) {
        let low = locale::number(&low.to_string(), language);
        out.push(say!(
            language,
            "IgG er over 6 g/L, men under laboratoriets nedre grænse ({low} g/L). Vejledningens tekst kan læses, så det også tæller; det er et klinisk skøn.",
            "IgG is at least 6 g/L but below the laboratory's lower limit ({low} g/L). The guideline's text can be read to include that; it is a clinical judgement."
        ));
    }
    if case.has(CourseConclusion::Recovered) {
        out.push(monitoring::recovered(language));
    }
    out
}

/// The reference limit of an adult whose IgG lies between 6 and it (B-22).
fn below_adult_reference(case: &Case<'_>) -> Option<GramsPerLitre> {
    let igg = case.assessment.start.igg.as_ref()?;
    let (exact, low) = (igg.exact?, igg.reference_low?);
    (!case.is_child() && exact >= GramsPerLitre::SIX && exact < low).then_some(low)
}
