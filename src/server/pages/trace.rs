//! What a page shows of the trace: each step, what it rests on, and where that stands in the guideline.

use super::words;
use crate::{
    cards::{
        Language,
        catalogue::{Text, gaps, trace, words as terms},
        ground_name, locale,
    },
    cds_hooks::Evaluation,
    guideline::{
        assessment::{Criterion, CriterionId, Population},
        facts::Reference,
        parameters::Origin,
        trace::{Ground, GroundId, Step},
        verdict::Verdict,
    },
};

/// The most resources that a row of a table names.
pub const MOST_REFERENCES: usize = 3;

/// How the conclusions came about.
#[derive(Debug)]
pub struct TraceView {
    /// In the order of the decision: population, start, what comes before a start, course, order.
    pub steps: Vec<StepView>,
    pub missing: Vec<&'static str>,
    /// Where, what, and the rule for a person who can read the resource.
    pub problems: Vec<(String, String, String)>,
    pub parameters: Vec<ParameterView>,
}

/// One conclusion and its grounds.
#[derive(Debug)]
pub struct StepView {
    pub name: Text,
    /// The code of what was concluded, where it has one.
    pub conclusion: &'static str,
    /// Folded up until someone asks: it is the same for most patients.
    pub folded: bool,
    /// Keeps it unfolded while the page changes.
    pub key: &'static str,
    pub grounds: Vec<GroundView>,
    pub rests_on: Vec<Cited>,
}

/// A criterion or another ground.
#[derive(Debug)]
pub struct GroundView {
    pub name: String,
    pub class: &'static str,
    pub sign: &'static str,
    pub verdict: String,
    pub value: String,
    pub references: References,
    pub cited: Vec<Cited>,
}

/// A recommendation and where it stands.
#[derive(Debug)]
pub struct Cited {
    pub id: &'static str,
    pub section: &'static str,
}

#[derive(Debug)]
pub struct ParameterView {
    pub id: &'static str,
    pub meaning: &'static str,
    pub value: String,
    pub engineering: bool,
}

/// Some resources, and how many more there are.
#[derive(Debug)]
pub struct References {
    pub shown: Vec<String>,
    pub more: usize,
}

impl References {
    fn new(references: &[Reference]) -> Self {
        let shown = references.iter().take(MOST_REFERENCES);
        Self {
            shown: shown.map(ToString::to_string).collect(),
            more: references.len().saturating_sub(MOST_REFERENCES),
        }
    }
}

impl TraceView {
    pub fn new(evaluation: &Evaluation, language: Language) -> Self {
        let assessment = &evaluation.assessment;
        let population = assessment.population.code;
        let child = evaluation.chart.facts.patient.is_child(assessment.as_of);
        let steps = &assessment.trace;
        let step = |name, key, conclusion, folded, step: &Step| StepView {
            name,
            conclusion,
            folded,
            key,
            grounds: step
                .grounds
                .iter()
                .map(|ground| GroundView::of(ground, language))
                .collect(),
            rests_on: cite(&step.recommendations),
        };
        let start = StepView {
            name: words::START,
            conclusion: trace::start_code(assessment.start.conclusion),
            folded: false,
            key: "start-grounds",
            grounds: assessment
                .start
                .criteria
                .iter()
                .map(|criterion| GroundView::criterion(criterion, population, child, language))
                .collect(),
            rests_on: cite(&assessment.start.recommendations),
        };
        let mut all = vec![
            step(
                words::POPULATION,
                "population-grounds",
                terms::population_code(population),
                true,
                &steps.population,
            ),
            start,
            step(
                words::PRECONDITIONS,
                "precondition-grounds",
                "",
                false,
                &steps.preconditions,
            ),
            step(words::COURSE, "course-grounds", "", false, &steps.course),
            step(words::ORDER, "order-grounds", "", false, &steps.order),
        ];
        all.push(StepView {
            name: words::CARDS,
            conclusion: "",
            folded: false,
            key: "card-grounds",
            grounds: Vec::new(),
            rests_on: cite(&cards_besides(evaluation, &all)),
        });
        all.retain(|step| !step.grounds.is_empty() || !step.rests_on.is_empty());
        Self {
            steps: all,
            missing: assessment
                .start
                .missing
                .iter()
                .map(|item| gaps::missing(*item).say(language))
                .collect(),
            problems: assessment
                .data_problems
                .iter()
                .map(|problem| {
                    let words = gaps::problem(problem.problem).say(language);
                    (
                        problem.reference.to_string(),
                        words.to_owned(),
                        problem.note.clone(),
                    )
                })
                .collect(),
            parameters: parameters(evaluation),
        }
    }
}

impl GroundView {
    /// A criterion of the start: met, not met, unknown.
    fn criterion(
        criterion: &Criterion,
        population: Population,
        child: bool,
        language: Language,
    ) -> Self {
        let (class, sign) = match (criterion.verdict, criterion.id) {
            // An M-component is a finding, not a condition to fulfil.
            (Verdict::Met, CriterionId::MComponent) => ("unknown", "!"),
            (Verdict::NotMet, CriterionId::MComponent) => ("unknown", "–"),
            (verdict, _) => verdict_sign(verdict),
        };
        let value = criterion.value.as_deref();
        let date = criterion.date.map(|date| locale::date(date, language));
        Self {
            name: terms::criterion(criterion.id, child, language),
            class,
            sign,
            verdict: terms::verdict(criterion.id, criterion.verdict, language),
            value: joined(value.map(|value| locale::number(value, language)), date),
            references: References::new(&criterion.evidence),
            cited: cite(criterion.id.recommendations(population)),
        }
    }

    /// Another ground: a statement that is true, false or unknown, and neither good nor bad.
    fn of(ground: &Ground, language: Language) -> Self {
        let (class, sign) = match ground.verdict {
            Verdict::Met => ("fact", "✓"),
            Verdict::NotMet => ("fact", "–"),
            Verdict::Unknown(_) => ("unknown", "?"),
        };
        let value = ground.value.as_deref().map(|value| match ground.id {
            GroundId::WinterIncluded => trace::days(value, language),
            _ => locale::number(value, language),
        });
        let date = ground.date.map(|date| locale::date(date, language));
        Self {
            name: ground_name(ground.id, language).to_owned(),
            class,
            sign,
            verdict: trace::truth(ground.verdict, language),
            value: joined(value, date),
            references: References::new(&ground.evidence),
            cited: cite(ground.recommendations),
        }
    }
}

/// What the shown cards rest on besides the steps: dose, product, switch.
fn cards_besides(evaluation: &Evaluation, steps: &[StepView]) -> Vec<&'static str> {
    let of_step = |id: &str| {
        let mut cited = steps.iter().flat_map(|step| &step.rests_on);
        cited.any(|cited| cited.id == id)
    };
    let cards = evaluation.cards.iter();
    let all = cards.flat_map(|card| &card.extension.trace.recommendations);
    let mut besides: Vec<&'static str> = all.copied().filter(|id| !of_step(id)).collect();
    besides.sort_unstable();
    besides.dedup();
    besides
}

/// The named values that the shown cards rest on, each once.
fn parameters(evaluation: &Evaluation) -> Vec<ParameterView> {
    let mut parameters: Vec<ParameterView> = Vec::new();
    let cards = evaluation.cards.iter();
    for parameter in cards.flat_map(|card| &card.extension.trace.parameters) {
        if !parameters.iter().any(|known| known.id == parameter.id) {
            parameters.push(ParameterView {
                id: parameter.id,
                meaning: parameter.meaning,
                value: parameter.value.clone(),
                engineering: parameter.origin == Origin::Engineering,
            });
        }
    }
    parameters
}

fn joined(value: Option<String>, date: Option<String>) -> String {
    let both: Vec<String> = [value, date].into_iter().flatten().collect();
    both.join(", ")
}

fn cite(recommendations: &[&'static str]) -> Vec<Cited> {
    recommendations
        .iter()
        .map(|id| Cited {
            id,
            section: trace::section(id),
        })
        .collect()
}

/// A verdict is told by sign and word, never by colour alone.
fn verdict_sign(verdict: Verdict) -> (&'static str, &'static str) {
    match verdict {
        Verdict::Met => ("met", "✓"),
        Verdict::NotMet => ("not-met", "✕"),
        Verdict::Unknown(_) => ("unknown", "?"),
    }
}
