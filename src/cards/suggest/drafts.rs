//! The FHIR R4 resources that a suggestion creates, complete and without empty elements (GEN-04).

use jiff::civil::Date;
use serde_json::{Value, json};

use crate::{
    cards::{
        Language,
        catalogue::{labels, say},
        locale,
    },
    chart::terminology::{OrderCodes, orders::Ordered},
    guideline::{
        facts::{
            Donor, IgRoute, IvigReason, LabTest, ReviewOutcome, SwitchReason, VaccinationTarget,
        },
        quantity::Mass,
    },
};

/// The code system of units.
const UCUM: &str = "http://unitsofmeasure.org";
/// The code system of the statements (decision-spec §5).
const STATEMENT: &str = "urn:sid-cds:statement";

/// For whom, when and in which language a resource is drafted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Draft<'a> {
    /// `Patient/id`.
    pub patient: &'a str,
    /// The evaluation date.
    pub as_of: Date,
    pub language: Language,
    /// The codes to order with.
    pub codes: &'a OrderCodes,
}

/// A test of the value sets `order-measure-ig` and `order-bcell`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Test {
    Igg,
    Iga,
    Igm,
    BCells,
}

impl Test {
    /// The immunoglobulins, as one panel.
    pub const ALL: [Self; 3] = [Self::Igg, Self::Iga, Self::Igm];

    fn ordered(self) -> Ordered {
        match self {
            Self::Igg => Ordered::Igg,
            Self::Iga => Ordered::Iga,
            Self::Igm => Ordered::Igm,
            Self::BCells => Ordered::BCells,
        }
    }

    /// As the facts name it.
    pub fn lab_test(self) -> LabTest {
        match self {
            Self::Igg => LabTest::Igg,
            Self::Iga => LabTest::Iga,
            Self::Igm => LabTest::Igm,
            Self::BCells => LabTest::BCells,
        }
    }

    /// Short name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Igg => "IgG",
            Self::Iga => "IgA",
            Self::Igm => "IgM",
            Self::BCells => "CD19",
        }
    }
}

/// What a statement says.
#[derive(Debug, Clone)]
pub(super) enum Said {
    /// valueBoolean.
    Flag(bool),
    /// valueCodeableConcept, a code of the same system.
    Coded(&'static str),
    /// valueDateTime.
    Day(Date),
}

/// When a statement holds.
#[derive(Debug, Clone, Copy)]
pub(super) enum Effective {
    /// Stated on this day.
    On(Date),
    /// About this period.
    Period(Date, Date),
}

/// The code of a review outcome (§5).
pub(super) fn outcome_code(outcome: ReviewOutcome) -> &'static str {
    match outcome {
        ReviewOutcome::Continue => "continue",
        ReviewOutcome::Adjust => "adjust",
        ReviewOutcome::Pause => "pause",
        ReviewOutcome::Stop => "stop",
    }
}

/// The code of a donor (§5); an unknown one cannot be stated.
pub(super) fn donor_code(donor: Donor) -> Option<&'static str> {
    match donor {
        Donor::Allogeneic => Some("allogeneic"),
        Donor::Autologous => Some("autologous"),
        Donor::Unknown => None,
    }
}

/// The code of a reason for IVIG (§5).
pub(super) fn ivig_reason_code(reason: IvigReason) -> &'static str {
    match reason {
        IvigReason::ShortDuration => "short-duration",
        IvigReason::VeryHighDose => "very-high-dose",
        IvigReason::Skin => "skin",
        IvigReason::SelfInjection => "self-injection",
    }
}

/// The code of a reason for a switch (§5).
pub(super) fn switch_reason_code(reason: SwitchReason) -> &'static str {
    match reason {
        SwitchReason::LackOfEffect => "lack-of-effect",
        SwitchReason::AdverseEffect => "adverse-effect",
        SwitchReason::Economic => "economic",
        SwitchReason::Other => "other",
    }
}

/// A dose in grams; `None` for a number that JSON cannot hold.
pub(super) fn grams(each: Mass) -> Option<Value> {
    let number: serde_json::Number = locale::plain_grams(each).parse().ok()?;
    Some(json!({ "value": number, "unit": "g", "system": UCUM, "code": "g" }))
}

/// A route; none for an unknown one.
pub(super) fn route(codes: &OrderCodes, route: IgRoute, language: Language) -> Option<Value> {
    let (ordered, text) = match route {
        IgRoute::Iv => (
            Ordered::IntravenousRoute,
            say!(language, "intravenøs", "intravenous"),
        ),
        IgRoute::Sc | IgRoute::FacilitatedSc => (
            Ordered::SubcutaneousRoute,
            say!(language, "subkutan", "subcutaneous"),
        ),
        IgRoute::Unknown => return None,
    };
    Some(concept(codes, ordered, &text))
}

/// A draft of ordinary SCIG in place of another draft: its reasons and its end, and the weekly dose
/// where it is known.
pub(super) fn scig(
    draft: &Draft<'_>,
    weekly: Option<Mass>,
    end: Option<Date>,
    reasons: Option<Value>,
) -> Value {
    let language = draft.language;
    let mut order = draft.immunoglobulin(None);
    if let Some(reasons) = reasons {
        order["reasonCode"] = reasons;
    }
    let mut bounds = json!({ "start": draft.as_of.to_string() });
    if let Some(end) = end.filter(|end| *end >= draft.as_of) {
        bounds["end"] = json!(end.to_string());
    }
    let dose = weekly.and_then(|weekly| Some((weekly, grams(weekly)?)));
    if let Some((weekly, quantity)) = dose {
        let number = locale::grams(weekly, language);
        order["note"] = json!([{ "text": say!(
            language,
            "Udkast fra beslutningsstøtte for Medicinrådets vejledning om immunglobulin ved SID: samme gram over 4 uger som det udkast, det erstatter.",
            "Draft from decision support for the Danish Medicines Council's guideline on immunoglobulin in SID: the same grams over 4 weeks as the draft that it replaces."
        ) }]);
        order["dosageInstruction"] = json!([{
            "text": say!(language, "{number} g ugentligt", "{number} g weekly"),
            "timing": { "repeat": {
                "boundsPeriod": bounds, "frequency": 1, "period": 1, "periodUnit": "wk",
            } },
            "doseAndRate": [{ "doseQuantity": quantity }],
        }]);
    } else {
        order["dosageInstruction"][0]["timing"]["repeat"]["boundsPeriod"] = bounds;
    }
    order
}

/// The coded reason "secondary immune deficiency".
pub(super) fn sid_reason(codes: &OrderCodes, language: Language) -> Value {
    let text = say!(
        language,
        "Sekundær immundefekt (SID)",
        "Secondary immune deficiency (SID)"
    );
    concept(codes, Ordered::SecondaryImmunodeficiency, &text)
}

/// A CodeableConcept of everything that codes it.
fn concept(codes: &OrderCodes, ordered: Ordered, text: &str) -> Value {
    let codings = codes.of(ordered).iter().map(|one| {
        let mut coding = json!({ "system": one.system, "code": one.code });
        if let Some(display) = &one.display {
            coding["display"] = json!(display);
        }
        coding
    });
    let codings: Vec<Value> = codings.collect();
    if codings.is_empty() {
        return json!({ "text": text });
    }
    json!({ "coding": codings, "text": text })
}

impl Draft<'_> {
    /// A draft order of subcutaneous immunoglobulin, without a dose; with the stop date built in
    /// when there is one (REC-18). Text and first coding are both needed by simple clients.
    pub fn immunoglobulin(&self, stop: Option<Date>) -> Value {
        let language = self.language;
        let mut bounds = json!({ "start": self.as_of.to_string() });
        let mut dose = say!(
            language,
            "Dosis og interval fastsættes af den ordinerende læge",
            "Dose and interval are set by the prescriber"
        );
        if let Some(stop) = stop.filter(|stop| *stop >= self.as_of) {
            bounds["end"] = json!(stop.to_string());
            let day = locale::date(stop, language);
            dose = say!(
                language,
                "{dose}; slutdato {day} (6 måneder efter CAR-T/bispecifikt antistof)",
                "{dose}; ends {day} (6 months after CAR-T/bispecific antibody start)"
            );
        }
        let name = say!(
            language,
            "Immunglobulin, humant, normalt, subkutant (SCIG)",
            "Human normal immunoglobulin, subcutaneous (SCIG)"
        );
        json!({
            "resourceType": "MedicationRequest",
            "status": "draft",
            "intent": "order",
            "medicationCodeableConcept": concept(self.codes, Ordered::Immunoglobulin, &name),
            "subject": { "reference": self.patient },
            "authoredOn": self.as_of.to_string(),
            "reasonCode": [sid_reason(self.codes, language)],
            "note": [{ "text": say!(
                language,
                "Udkast fra beslutningsstøtte for Medicinrådets vejledning om immunglobulin ved SID. Dosis er ikke angivet.",
                "Draft from decision support for the Danish Medicines Council's guideline on immunoglobulin in SID. No dose is stated."
            ) }],
            "dosageInstruction": [{
                "text": dose,
                "timing": { "repeat": { "boundsPeriod": bounds } },
            }],
        })
    }

    /// A draft request of one test, from a day on when there is one.
    pub fn test(&self, test: Test, from: Option<Date>) -> Value {
        let mut request = json!({
            "resourceType": "ServiceRequest",
            "status": "draft",
            "intent": "order",
            "code": concept(self.codes, test.ordered(), test.name()),
            "subject": { "reference": self.patient },
            "authoredOn": self.as_of.to_string(),
        });
        if let Some(from) = from {
            request["occurrenceDateTime"] = json!(from.to_string());
        }
        request
    }

    /// A draft order of a vaccination; which product, the prescriber chooses.
    pub fn vaccination(&self, against: VaccinationTarget) -> Value {
        let ordered = match against {
            VaccinationTarget::Influenza => Ordered::InfluenzaVaccine,
            VaccinationTarget::Pneumococci => Ordered::PneumococcalVaccine,
        };
        let name = labels::vaccine(against, self.language);
        json!({
            "resourceType": "MedicationRequest",
            "status": "draft",
            "intent": "order",
            "medicationCodeableConcept": concept(self.codes, ordered, name.as_ref()),
            "subject": { "reference": self.patient },
            "authoredOn": self.as_of.to_string(),
            "reasonCode": [sid_reason(self.codes, self.language)],
        })
    }

    /// A draft task to be done by `by`.
    pub fn task(&self, description: &str, by: Date) -> Value {
        json!({
            "resourceType": "Task",
            "status": "draft",
            "intent": "proposal",
            "description": description,
            "for": { "reference": self.patient },
            "authoredOn": self.as_of.to_string(),
            "restriction": { "period": { "end": by.to_string() } },
        })
    }

    /// A clinician's statement (decision-spec §5).
    pub fn statement(
        &self,
        code: &'static str,
        said: &Said,
        effective: Effective,
        focus: Option<&str>,
    ) -> Value {
        let mut observation = json!({
            "resourceType": "Observation",
            "status": "final",
            "code": {
                "coding": [{ "system": STATEMENT, "code": code }],
                "text": labels::statement(code, self.language),
            },
            "subject": { "reference": self.patient },
        });
        if let Some(focus) = focus {
            observation["focus"] = json!([{ "reference": focus }]);
        }
        match effective {
            Effective::On(day) => observation["effectiveDateTime"] = json!(day.to_string()),
            Effective::Period(start, end) => {
                observation["effectivePeriod"] =
                    json!({ "start": start.to_string(), "end": end.to_string() });
            }
        }
        match said {
            Said::Flag(flag) => observation["valueBoolean"] = json!(flag),
            Said::Day(day) => observation["valueDateTime"] = json!(day.to_string()),
            Said::Coded(value) => {
                observation["valueCodeableConcept"] = json!({
                    "coding": [{ "system": STATEMENT, "code": value }],
                    "text": labels::value(value, self.language),
                });
            }
        }
        observation
    }
}
