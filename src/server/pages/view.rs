//! What a page shows of an assessment: conclusion, cards, trace and timeline, ready for the templates.

use std::borrow::Borrow;

use askama::Template;

use super::{
    markdown,
    trace::{MOST_REFERENCES, TraceView},
    words,
};
use crate::{
    cards::{
        Language,
        card::{Action, Card, Indicator},
        catalogue::{Text, entry, trace, words as terms},
        evidence::{self, JudgementView, ReportView, StudyView},
        locale,
    },
    cds_hooks::Evaluation,
    guideline::assessment::Assessment,
    timeline::{Row, Timeline},
};

/// Everything that an evaluation shows.
#[derive(Debug, Template)]
#[template(path = "result.html")]
pub struct ResultView {
    language: Language,
    /// Suggestions can be accepted and cards set aside; else the page is only read.
    acts: bool,
    feedback: Feedback,
    title: String,
    conclusion: Vec<Fact>,
    cards: Vec<CardView>,
    trace: TraceView,
    reports: Vec<(&'static str, ReportView)>,
    judgement: JudgementView,
    studies: Vec<StudyView>,
    svg: String,
    columns: [&'static str; 4],
    rows: Vec<Row>,
}

/// What becomes of the feedback on a card that is set aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Feedback {
    /// None is sent.
    NotSent,
    /// It is sent; of words it is kept only that there were some.
    WordsNotKept,
    /// It is sent, and words are kept.
    WordsKept,
}

/// A line of the conclusion.
#[derive(Debug)]
struct Fact {
    name: Text,
    code: String,
    lines: Vec<String>,
}

/// A card as an EHR would draw it.
#[derive(Debug)]
struct CardView {
    code: &'static str,
    uuid: String,
    class: &'static str,
    sign: &'static str,
    indicator: Text,
    summary: String,
    detail: String,
    source: String,
    source_url: Option<String>,
    suggestions: Vec<SuggestionView>,
    overrides: Vec<(String, String)>,
    /// The page was opened from this card.
    opened: bool,
}

#[derive(Debug)]
struct SuggestionView {
    uuid: String,
    label: String,
    recommended: bool,
    actions: Vec<String>,
}

impl ResultView {
    /// What is shown of an evaluation.
    pub fn new(evaluation: &Evaluation, language: Language, feedback: Feedback) -> Self {
        let assessment = &evaluation.assessment;
        let timeline = Timeline::new(&evaluation.chart, assessment);
        Self {
            language,
            acts: true,
            feedback,
            title: words::conclusion_on(assessment.as_of, language),
            conclusion: conclusion(assessment, language),
            cards: evaluation.cards.iter().map(CardView::new).collect(),
            trace: TraceView::new(evaluation, language),
            reports: reports(assessment, language),
            judgement: evidence::judgement(language),
            studies: evidence::studies(language),
            svg: timeline.svg(language),
            columns: Timeline::columns(language),
            rows: timeline.rows(language),
        }
    }

    /// The same to be read only: what a card suggests is done in the EHR. `opened_from` is the code of the
    /// card from which the page was opened, where it is known.
    pub fn to_read(evaluation: &Evaluation, language: Language, opened_from: Option<&str>) -> Self {
        let mut view = Self {
            acts: false,
            ..Self::new(evaluation, language, Feedback::NotSent)
        };
        for card in &mut view.cards {
            card.opened = opened_from == Some(card.code);
        }
        view
    }

    fn say(&self, text: impl Borrow<Text>) -> &'static str {
        text.borrow().say(self.language)
    }

    fn tells(&self) -> bool {
        self.feedback != Feedback::NotSent
    }

    fn keeps_words(&self) -> bool {
        self.feedback == Feedback::WordsKept
    }

    /// The conclusion in one line, for those who hear it.
    pub fn announcement(&self) -> String {
        let cards: Vec<&str> = self
            .cards
            .iter()
            .map(|card| card.summary.as_str())
            .collect();
        if cards.is_empty() {
            format!("{}. {}", self.title, words::QUIET.say(self.language))
        } else {
            format!("{}. {}", self.title, cards.join(". "))
        }
    }

    /// The resources of a row, shortened.
    fn source(row: &Row) -> String {
        let all: Vec<&str> = row.source.split(", ").collect();
        let shown: Vec<&str> = all.iter().take(MOST_REFERENCES).copied().collect();
        let more = all.len().saturating_sub(MOST_REFERENCES);
        if more == 0 {
            shown.join(", ")
        } else {
            format!("{} (+{more})", shown.join(", "))
        }
    }
}

fn conclusion(assessment: &Assessment, language: Language) -> Vec<Fact> {
    let population = &assessment.population;
    let mut lines = vec![capital(terms::population(population.code).say(language))];
    lines.extend(
        population
            .alternatives
            .iter()
            .map(|code| capital(terms::population(*code).say(language))),
    );
    let mut facts = vec![Fact {
        name: words::POPULATION,
        code: terms::population_code(population.code).to_owned(),
        lines,
    }];
    if let Some(index) = &population.index {
        let event = terms::index_event(index.kind).say(language);
        let day = locale::date(index.date, language);
        facts.push(Fact {
            name: words::INDEX,
            code: String::new(),
            lines: vec![
                capital(&format!("{event} {day}")),
                words::six_months(index.window_end, language),
            ],
        });
    }
    facts.push(Fact {
        name: words::START,
        code: trace::start_code(assessment.start.conclusion).to_owned(),
        lines: vec![
            trace::start(assessment.start.conclusion)
                .say(language)
                .to_owned(),
        ],
    });
    let course = &assessment.course;
    let mut lines = vec![match course.on_immunoglobulin {
        Some(true) => words::on_immunoglobulin(course.start, language),
        Some(false) => words::off_immunoglobulin(true, language),
        None => words::off_immunoglobulin(false, language),
    }];
    lines.extend(
        course
            .rule
            .map(|rule| capital(trace::rule(rule).say(language))),
    );
    lines.extend(course.stop_due.map(|day| words::stop_due(day, language)));
    lines.extend(
        course
            .window
            .map(|window| words::window(window.start, window.end, language)),
    );
    lines.extend(course.conclusions.iter().map(|conclusion| {
        terms::course_conclusion(*conclusion)
            .say(language)
            .to_owned()
    }));
    facts.push(Fact {
        name: words::COURSE,
        code: String::new(),
        lines,
    });
    if let Some(order) = assessment.order.conclusion {
        facts.push(Fact {
            name: words::ORDER,
            code: String::new(),
            lines: vec![trace::order(order).say(language).to_owned()],
        });
    }
    facts
}

/// The consensus reports, each with what it answers for the patient.
fn reports(assessment: &Assessment, language: Language) -> Vec<(&'static str, ReportView)> {
    let answer = |report: &ReportView| {
        let mut comparators = assessment.comparators.iter();
        let found = comparators.find(|found| found.id == report.id);
        let (start, stop) = found.map_or((None, None), |found| (found.start, found.stop));
        trace::report(start, stop).say(language)
    };
    evidence::reports(language)
        .into_iter()
        .map(|report| (answer(&report), report))
        .collect()
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

impl CardView {
    fn new(card: &Card) -> Self {
        let (class, sign) = match card.indicator {
            Indicator::Info => ("info", "i"),
            Indicator::Warning => ("warning", "!"),
            Indicator::Critical => ("critical", "‼"),
        };
        Self {
            code: entry::code(card.code),
            uuid: card.uuid.to_string(),
            class,
            sign,
            indicator: trace::indicator(card.indicator),
            summary: card.summary.as_str().to_owned(),
            detail: markdown(&card.detail),
            source: card.source.label.clone(),
            source_url: card.source.url.clone(),
            suggestions: card
                .suggestions
                .iter()
                .map(|suggestion| SuggestionView {
                    uuid: suggestion.uuid.to_string(),
                    label: suggestion.label.clone(),
                    recommended: suggestion.is_recommended,
                    actions: suggestion
                        .actions
                        .iter()
                        .map(|action| match action {
                            Action::Create { description, .. }
                            | Action::Update { description, .. }
                            | Action::Delete { description, .. } => description.clone(),
                        })
                        .collect(),
                })
                .collect(),
            overrides: card
                .override_reasons
                .iter()
                .map(|reason| (reason.code.clone(), reason.display.clone()))
                .collect(),
            opened: false,
        }
    }
}
