//! The consensus reports and the studies behind the guideline, as lists with words in one language.
//!
//! For pages and for `sid-cds comparators` and `sid-cds evidence`. What a report answers for one patient
//! is in the assessment ([`Comparator`](crate::guideline::assessment::Comparator)), by the same id.

use serde::Serialize;

use super::{
    Language,
    catalogue::{reports, studies},
};
use crate::guideline::{
    assessment::IndexKind,
    comparator::reports::{Disease, Quality, REPORTS, ReportId},
    evidence::{CERTAINTY, Certainty, STUDIES, Study},
};

/// A consensus report in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReportView {
    /// Its id.
    pub id: ReportId,
    /// Who issued it.
    pub name: &'static str,
    /// First author and year.
    pub citation: &'static str,
    /// Its number in the addendum's list of references.
    pub reference: u8,
    /// The addendum's table.
    pub table: &'static str,
    /// The treatments that it is about.
    pub treatments: &'static [IndexKind],
    /// The disease that it is about.
    pub disease: Disease,
    /// The Council's AGREE II judgement.
    pub quality: Quality,
    /// The same in words.
    pub quality_text: &'static str,
    /// Patients and treatments.
    pub scope: &'static str,
    /// When to begin.
    pub start: &'static str,
    /// When to end.
    pub stop: &'static str,
    /// Dose, interval and trough.
    pub dose: &'static str,
    /// Children.
    pub children: &'static str,
    /// What is unclear in the sources (B-43).
    pub notes: Vec<&'static str>,
}

/// A study in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StudyView {
    /// The study.
    #[serde(flatten)]
    pub study: Study,
    /// Design and setting in words.
    pub design_text: String,
    /// Certainty in words.
    pub certainty_text: &'static str,
    /// Patients and treatment.
    pub population: &'static str,
    /// Key figures.
    pub findings: &'static str,
    /// What limits them.
    pub limits: &'static str,
}

/// The Council's judgement of all studies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct JudgementView {
    /// Certainty.
    pub certainty: Certainty,
    /// The same in words.
    pub certainty_text: &'static str,
    /// Why, and what follows.
    pub text: &'static str,
}

/// The eight reports, in the addendum's order.
pub fn reports(language: Language) -> Vec<ReportView> {
    REPORTS
        .iter()
        .map(|report| {
            let words = reports::report(report.id);
            ReportView {
                id: report.id,
                name: words.name,
                citation: report.citation,
                reference: report.reference,
                table: report.table,
                treatments: report.treatments,
                disease: report.disease,
                quality: report.quality,
                quality_text: reports::quality(report.quality).say(language),
                scope: words.scope.say(language),
                start: words.start.say(language),
                stop: words.stop.say(language),
                dose: words.dose.say(language),
                children: words.children.say(language),
                notes: words.notes.iter().map(|note| note.say(language)).collect(),
            }
        })
        .collect()
}

/// The ten studies, in the addendum's order.
pub fn studies(language: Language) -> Vec<StudyView> {
    STUDIES
        .iter()
        .map(|study| {
            let words = studies::study(study.id);
            let design = studies::design(study.design).say(language);
            let setting = studies::setting(study.setting).say(language);
            StudyView {
                study: *study,
                design_text: format!("{design}, {setting}"),
                certainty_text: studies::certainty(study.certainty).say(language),
                population: words.population.say(language),
                findings: words.findings.say(language),
                limits: words.limits.say(language),
            }
        })
        .collect()
}

/// What the Council makes of the studies.
pub fn judgement(language: Language) -> JudgementView {
    JudgementView {
        certainty: CERTAINTY,
        certainty_text: studies::certainty(CERTAINTY).say(language),
        text: studies::JUDGEMENT.say(language),
    }
}
