//! Generated patients: every list of the facts, by chance.

use jiff::civil::Date;
use proptest::{collection::vec, prelude::*, sample::select};
use sid_cds::guideline::{
    date::{When, plus_days},
    facts::*,
    quantity::{GramsPerLitre, Mass},
    verdict::{Reason, Verdict},
};

use super::AS_OF;

pub fn day(back: i32) -> When {
    When::day(plus_days(AS_OF, -back))
}

pub fn when() -> impl Strategy<Value = When> {
    prop_oneof![
        4 => (0..900_i32).prop_map(day),
        1 => (0..900_i32, 0..60_i32).prop_map(|(back, wide)| {
            When::between(plus_days(AS_OF, -back), plus_days(AS_OF, wide - back))
        }),
        1 => (-60..0_i32).prop_map(day),
    ]
}

pub fn lab() -> impl Strategy<Value = LabResult> {
    let value = prop_oneof![
        6 => (0..12_000_i64).prop_map(|mg| {
            Measured::Exactly(GramsPerLitre::from_picograms(mg * 1_000_000_000))
        }),
        1 => (1..8_i32).prop_map(|g| Measured::Below { bound: GramsPerLitre::whole(g), inclusive: false }),
        1 => (1..8_i32).prop_map(|g| Measured::Above { bound: GramsPerLitre::whole(g), inclusive: true }),
        1 => Just(Measured::Unusable),
    ];
    (
        prop::option::weighted(0.95, when()),
        value,
        prop::option::of(1..7_i32),
        any::<u16>(),
    )
        .prop_map(|(drawn, value, low, id)| LabResult {
            drawn,
            value,
            reference_low: low.map(GramsPerLitre::whole),
            evidence: Reference::new(format!("Observation/{id}")),
        })
}

pub fn infection() -> impl Strategy<Value = Infection> {
    let verdict = || {
        select(vec![
            Verdict::Met,
            Verdict::NotMet,
            Verdict::Unknown(Reason::NotSearched),
        ])
    };
    (
        when(),
        select(vec![Bacterial::Certain, Bacterial::Possible, Bacterial::No]),
        any::<[bool; 5]>(),
        verdict(),
        verdict(),
        select(vec![Focus::Lung, Focus::Urinary, Focus::Blood]),
        any::<u16>(),
    )
        .prop_map(|(onset, bacterial, flags, admitted, treated, focus, id)| {
            let [confirmed, positive_culture, mild, sepsis, life_threatening] = flags;
            Infection {
                onset,
                abatement: None,
                bacterial,
                confirmed,
                positive_culture,
                mild,
                sepsis,
                life_threatening,
                admitted,
                treated,
                focus,
                text: None,
                evidence: Reference::new(format!("Condition/i{id}")),
            }
        })
}

pub fn diagnosis() -> impl Strategy<Value = Diagnosis> {
    (
        select(vec![
            DiagnosisKind::HaematologicalMalignancy,
            DiagnosisKind::Myeloma,
            DiagnosisKind::NonMalignantHaematological,
            DiagnosisKind::Hypogammaglobulinaemia,
            DiagnosisKind::PrimaryImmunodeficiency,
            DiagnosisKind::Other,
        ]),
        any::<u16>(),
    )
        .prop_map(|(kind, id)| Diagnosis {
            kind,
            status: Some(ClinicalStatus::Active),
            confirmed: true,
            onset: None,
            text: None,
            evidence: Reference::new(format!("Condition/d{id}")),
        })
}

pub fn car_t() -> impl Strategy<Value = CarT> {
    (
        select(vec![
            CarTStage::Infused,
            CarTStage::Infused,
            CarTStage::Ordered,
            CarTStage::Planned,
        ]),
        prop::option::weighted(0.9, when()),
        select(vec![
            Indication::HaematologicalMalignancy,
            Indication::NotStated,
            Indication::Other,
        ]),
        any::<bool>(),
        any::<u16>(),
    )
        .prop_map(|(stage, when, indication, product, id)| CarT {
            stage,
            when,
            indication,
            product,
            evidence: Reference::new(format!("Procedure/c{id}")),
        })
}

pub fn bispecific() -> impl Strategy<Value = BispecificExposure> {
    (
        select(vec!["L01FX24".to_owned(), "L01FX29".to_owned()]),
        select(vec![
            MedicationSource::Administration,
            MedicationSource::Statement,
            MedicationSource::Order,
        ]),
        prop::option::weighted(0.9, when()),
        prop::option::weighted(0.3, when()),
        any::<bool>(),
        any::<u16>(),
    )
        .prop_map(
            |(drug, source, start, end, ongoing, id)| BispecificExposure {
                drug,
                source,
                start,
                end: end.filter(|_| !ongoing),
                ongoing,
                indication: Indication::NotStated,
                evidence: Reference::new(format!("MedicationStatement/b{id}")),
            },
        )
}

pub fn transplant() -> impl Strategy<Value = Transplant> {
    (
        prop::option::weighted(0.9, when()),
        select(vec![Donor::Allogeneic, Donor::Autologous, Donor::Unknown]),
        any::<u16>(),
    )
        .prop_map(|(when, donor, id)| Transplant {
            when,
            donor,
            evidence: Reference::new(format!("Procedure/t{id}")),
        })
}

pub fn exposure() -> impl Strategy<Value = IgExposure> {
    (
        select(vec![
            MedicationSource::Administration,
            MedicationSource::Order,
        ]),
        prop::option::weighted(0.95, when()),
        prop::option::weighted(0.3, when()),
        any::<[bool; 2]>(),
        select(vec![IgRoute::Iv, IgRoute::Sc]),
        select(vec![
            IgIndication::NotStated,
            IgIndication::SecondaryImmunodeficiency,
            IgIndication::Immunomodulation,
        ]),
        any::<u16>(),
    )
        .prop_map(
            |(source, start, end, [active, stopped], route, indication, id)| {
                let order = source == MedicationSource::Order;
                IgExposure {
                    source,
                    start,
                    end: end.filter(|_| !(order && active)),
                    active: order && active,
                    stopped: order && !active && stopped,
                    route,
                    indication,
                    evidence: Reference::new(format!("MedicationRequest/g{id}")),
                }
            },
        )
}

pub fn statement() -> impl Strategy<Value = Statement> {
    let kind = prop_oneof![
        any::<bool>().prop_map(StatementKind::InfectionHistoryReviewed),
        select(vec![
            IvigReason::ShortDuration,
            IvigReason::VeryHighDose,
            IvigReason::Skin,
            IvigReason::SelfInjection,
        ])
        .prop_map(StatementKind::IvigReason),
        select(vec![
            SwitchReason::LackOfEffect,
            SwitchReason::AdverseEffect,
            SwitchReason::Economic,
            SwitchReason::Other,
        ])
        .prop_map(StatementKind::SwitchReason),
        select(vec![
            ReviewOutcome::Continue,
            ReviewOutcome::Pause,
            ReviewOutcome::Stop
        ])
        .prop_map(StatementKind::IgReview),
        (0..60_i32).prop_map(|days| StatementKind::IgExtension(plus_days(AS_OF, days))),
        any::<bool>().prop_map(StatementKind::IgOutsideRecord),
        any::<bool>().prop_map(StatementKind::IggDecisiveFactor),
        any::<bool>().prop_map(StatementKind::VaccinationAdequate),
        any::<bool>().prop_map(StatementKind::AntibioticProphylaxisConsidered),
        select(vec![Donor::Allogeneic, Donor::Autologous]).prop_map(StatementKind::DonorType),
        any::<bool>().prop_map(|confirmed| StatementKind::IndexEventConfirmed {
            event: Reference::new("to be chosen"),
            confirmed,
        }),
    ];
    let from = prop::option::weighted(0.2, 0..400_i32);
    (kind, -10..400_i32, from, any::<u16>()).prop_map(|(kind, back, from, id)| Statement {
        kind,
        date: plus_days(AS_OF, -back),
        from: from.map(|days| plus_days(AS_OF, -back - days)),
        evidence: Reference::new(format!("Observation/s{id}")),
    })
}

pub fn cells() -> impl Strategy<Value = CellCount> {
    (when(), 0..400_000_i64, any::<u16>()).prop_map(|(drawn, per_millilitre, id)| CellCount {
        drawn,
        per_millilitre,
        evidence: Reference::new(format!("Observation/b{id}")),
    })
}

pub fn m_protein() -> impl Strategy<Value = MProtein> {
    (
        prop::option::weighted(0.9, when()),
        select(vec![
            MProteinFinding::Igg,
            MProteinFinding::OtherClass,
            MProteinFinding::ClassUnknown,
            MProteinFinding::Absent,
        ]),
        any::<u16>(),
    )
        .prop_map(|(drawn, finding, id)| MProtein {
            drawn,
            finding,
            evidence: Reference::new(format!("Observation/m{id}")),
        })
}

pub fn vaccination() -> impl Strategy<Value = Vaccination> {
    let against = select(vec![
        VaccinationTarget::Influenza,
        VaccinationTarget::Pneumococci,
    ]);
    (prop::option::weighted(0.9, when()), against, any::<u16>()).prop_map(|(when, against, id)| {
        Vaccination {
            against,
            when,
            evidence: Reference::new(format!("Immunization/v{id}")),
        }
    })
}

pub fn antibiotic() -> impl Strategy<Value = RunningAntibiotic> {
    (
        prop::option::weighted(0.9, when()),
        any::<bool>(),
        any::<u16>(),
    )
        .prop_map(|(start, marked_prophylactic, id)| RunningAntibiotic {
            start,
            marked_prophylactic,
            evidence: Reference::new(format!("MedicationRequest/a{id}")),
        })
}

pub fn weight() -> impl Strategy<Value = Weight> {
    (
        prop::option::weighted(0.95, when()),
        1..900_i32,
        any::<u16>(),
    )
        .prop_map(|(measured, kilograms, id)| Weight {
            measured,
            value: Mass::grams(kilograms * 1000),
            evidence: Reference::new(format!("Observation/w{id}")),
        })
}

pub fn prescription() -> impl Strategy<Value = Prescription> {
    let product = |brand: &str, route, strength| Product {
        brand: brand.to_owned(),
        route,
        milligrams_per_millilitre: Some(strength),
        placement: Some(Placement::Use),
    };
    (
        prop::option::of(select(vec![
            product("Privigen", IgRoute::Iv, 100),
            product("Hizentra", IgRoute::Sc, 200),
            product("HyQvia", IgRoute::FacilitatedSc, 100),
        ])),
        prop::option::of(select(vec![
            OrderedRoute::Intravenous,
            OrderedRoute::Subcutaneous,
        ])),
        prop::option::weighted(0.8, (1..200_i32, any::<bool>(), 1..5_i64)),
    )
        .prop_map(|(product, ordered_route, dose)| {
            let doses: Vec<PlannedDose> = dose
                .map(|(grams, per_kilogram, weeks)| planned(grams, per_kilogram, weeks))
                .into_iter()
                .collect();
            Prescription {
                gap: doses.is_empty().then_some(DoseGap::NotWritten),
                product,
                ordered_route,
                doses,
                words: None,
            }
        })
}

pub fn planned(grams: i32, per_kilogram: bool, weeks: i64) -> PlannedDose {
    // Tenths of a gram for each kilogram.
    let mass = if per_kilogram {
        Mass::from_milligrams(i64::from(grams) * 10)
    } else {
        Mass::grams(grams)
    };
    let pace = Pace {
        times: 1,
        seconds: weeks * 7 * 86_400,
    };
    PlannedDose {
        role: DoseRole::Maintenance,
        amount: Amount {
            low: mass,
            high: mass,
            per_kilogram,
            written: WrittenAs::Mass,
        },
        interval: Some(Interval {
            least: pace,
            most: pace,
        }),
        cap: None,
    }
}

pub fn order() -> impl Strategy<Value = Order> {
    (
        select(vec![
            IgIndication::NotStated,
            IgIndication::SecondaryImmunodeficiency,
            IgIndication::SecondaryImmunodeficiency,
            IgIndication::Immunomodulation,
        ]),
        select(vec![IgRoute::Iv, IgRoute::Sc, IgRoute::FacilitatedSc]),
        prescription(),
    )
        .prop_map(|(indication, route, prescription)| Order {
            evidence: Reference::new("MedicationRequest/draft"),
            indication,
            indication_text: None,
            route,
            planned_end: None,
            prescription,
        })
}

pub fn searched() -> impl Strategy<Value = Searched> {
    prop_oneof![
        3 => Just(Searched::ALL),
        1 => any::<[bool; 6]>().prop_map(|flags| Searched {
            observations: flags[0],
            conditions: flags[1],
            procedures: flags[2],
            medication_requests: flags[3],
            medication_administrations: flags[4],
            encounters: flags[5],
            ..Searched::ALL
        }),
    ]
}

prop_compose! {
    pub fn patient()(
        years in prop::option::weighted(0.95, 1..95_i32),
        searched in searched(),
        igg in vec(lab(), 0..4),
        diagnoses in vec(diagnosis(), 0..3),
        car_t in vec(car_t(), 0..2),
        bispecifics in vec(bispecific(), 0..3),
        transplants in vec(transplant(), 0..2),
        infections in vec(infection(), 0..5),
        immunoglobulin in vec(exposure(), 0..4),
        statements in vec(statement(), 0..4),
        weights in vec(weight(), 0..3),
        others in (
            vec(lab(), 0..3),
            vec(lab(), 0..3),
            vec(cells(), 0..3),
            vec(m_protein(), 0..3),
            vec(vaccination(), 0..3),
            vec(antibiotic(), 0..3),
            0..3_usize,
        ),
        order in prop::option::of(order()),
        running in vec(prescription(), 4),
    ) -> Facts {
        let (iga, igm, b_cells, m_proteins, vaccinations, running_antibiotics, foci) = others;
        let organ_foci = (0..foci).map(|id| OrganFocus {
            text: None,
            evidence: Reference::new(format!("Condition/f{id}")),
        });
        let events: Vec<Reference> = car_t
            .iter()
            .map(|infusion: &CarT| infusion.evidence.clone())
            .chain(bispecifics.iter().map(|given: &BispecificExposure| given.evidence.clone()))
            .collect();
        let mut statements = statements;
        for (nth, statement) in statements.iter_mut().enumerate() {
            if let StatementKind::IndexEventConfirmed { event, .. } = &mut statement.kind
                && let Some(chosen) = events.iter().cycle().nth(nth)
            {
                event.clone_from(chosen);
            }
        }
        let running_orders = immunoglobulin
            .iter()
            .zip(running)
            .filter(|(exposure, _)| exposure.active)
            .map(|(exposure, prescription)| RunningOrder {
                route: exposure.route,
                prescription,
                evidence: exposure.evidence.clone(),
            })
            .collect();
        Facts {
            weights, order, running_orders,
            patient: Patient { born: years.map(|years| day(years * 365)), ..Patient::default() },
            searched, igg, diagnoses, car_t, bispecifics, transplants, infections, immunoglobulin,
            statements, iga, igm, b_cells, m_proteins, vaccinations, running_antibiotics,
            organ_foci: organ_foci.collect(),
            ..Facts::default()
        }
    }
}

/// A patient whose facts lie on few days, so that several of one kind are often of one day.
pub fn crowded() -> impl Strategy<Value = Facts> {
    patient().prop_map(|facts| redated(&facts, crowd))
}

/// The day of a few that stands for `day`: the evaluation date, and days about the limits of the rules.
fn crowd(day: Date) -> Date {
    const DAYS: [i32; 7] = [0, 3, 24, 60, 120, 184, 400];
    let back = day.until(AS_OF).map_or(0, |span| span.get_days());
    let index = usize::try_from(back.rem_euclid(7)).unwrap_or_default();
    // A birth, and what lies after the evaluation date, stay where they are.
    if (0..900).contains(&back) {
        plus_days(AS_OF, -DAYS[index])
    } else {
        day
    }
}

/// Every date of the facts as `to` makes it.
pub fn redated(facts: &Facts, to: impl Fn(Date) -> Date) -> Facts {
    let day = |date: &mut Date| *date = to(*date);
    let when = |when: &mut When| *when = When::between(to(when.earliest()), to(when.latest()));
    let mut facts = facts.clone();
    facts.patient.born.iter_mut().for_each(when);
    let results = [&mut facts.igg, &mut facts.iga, &mut facts.igm];
    for result in results.into_iter().flatten() {
        result.drawn.iter_mut().for_each(when);
    }
    for count in &mut facts.b_cells {
        when(&mut count.drawn);
    }
    for protein in &mut facts.m_proteins {
        protein.drawn.iter_mut().for_each(when);
    }
    for diagnosis in &mut facts.diagnoses {
        diagnosis.onset.iter_mut().for_each(when);
    }
    for infusion in &mut facts.car_t {
        infusion.when.iter_mut().for_each(when);
    }
    for exposure in &mut facts.bispecifics {
        exposure.start.iter_mut().for_each(when);
        exposure.end.iter_mut().for_each(when);
    }
    for transplant in &mut facts.transplants {
        transplant.when.iter_mut().for_each(when);
    }
    for infection in &mut facts.infections {
        when(&mut infection.onset);
        infection.abatement.iter_mut().for_each(when);
    }
    for exposure in &mut facts.immunoglobulin {
        exposure.start.iter_mut().for_each(when);
        exposure.end.iter_mut().for_each(when);
    }
    for given in &mut facts.vaccinations {
        given.when.iter_mut().for_each(when);
    }
    for antibiotic in &mut facts.running_antibiotics {
        antibiotic.start.iter_mut().for_each(when);
    }
    for weight in &mut facts.weights {
        weight.measured.iter_mut().for_each(when);
    }
    for statement in &mut facts.statements {
        day(&mut statement.date);
        statement.from.iter_mut().for_each(day);
        if let StatementKind::IgExtension(end) = &mut statement.kind {
            day(end);
        }
    }
    facts
}
