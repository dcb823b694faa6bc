//! One patient's resources, and how a fact is taken from one of them.

use std::{borrow::Cow, collections::BTreeSet};

use jiff::{civil::Date, tz::TimeZone};
use r4::types;

use super::{
    Reading, Source,
    codes::Codes,
    date::{self, Dated},
    json::Object,
    source::{Code, Entry, Obtainment},
    terminology::{Terminology, look::looks},
};
use crate::guideline::{
    date::When,
    facts::{Facts, Reference},
    problem::{DataProblem, Problem, Touches},
};

/// The resources of the patient, with what is needed to read them.
#[derive(Debug)]
pub struct Record<'a> {
    /// What was obtained; entries of other patients are still in it.
    pub obtained: Obtainment<'a>,
    /// Which of its entries are of somebody else.
    anothers: Vec<bool>,
    /// The patient.
    pub patient: Option<Reference>,
    /// The evaluation date.
    pub as_of: Date,
    /// The zone in which an instant becomes a day.
    pub zone: &'a TimeZone,
    /// The value sets.
    pub terminology: &'a Terminology,
}

/// The date of a fact that the record dates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Past {
    /// On or before E; `None` when the date is missing or invalid, which is then a problem.
    Known(Option<When>),
    /// Certainly after E.
    Future,
}

impl<'a> Record<'a> {
    /// A record of what was obtained.
    pub fn new(obtained: Obtainment<'a>, patient: Option<Reference>, reading: Reading<'a>) -> Self {
        let Reading {
            as_of,
            zone,
            terminology,
        } = reading;
        let entries = obtained.entries.iter();
        let anothers = entries.map(|entry| is_anothers(&obtained, patient.as_ref(), entry));
        Self {
            anothers: anothers.collect(),
            obtained,
            patient,
            as_of,
            zone,
            terminology,
        }
    }

    /// The resources of one type that are this patient's.
    pub fn entries(&self, source: Source) -> impl Iterator<Item = &Entry<'a>> {
        self.of_type(source.resource_type())
    }

    /// The resources of one type that are this patient's.
    pub fn of_type(&self, resource_type: &'static str) -> impl Iterator<Item = &Entry<'a>> {
        self.all()
            .filter(move |(entry, anothers)| entry.resource_type == resource_type && !anothers)
            .map(|(entry, _)| entry)
    }

    /// The resources that are somebody else's.
    pub fn of_others(&self) -> impl Iterator<Item = &Entry<'a>> {
        self.all()
            .filter(|(_, anothers)| *anothers)
            .map(|(entry, _)| entry)
    }

    /// Every resource, and whether it is somebody else's.
    fn all(&self) -> impl Iterator<Item = (&Entry<'a>, bool)> {
        let anothers = self.anothers.iter().copied();
        self.obtained.entries.iter().zip(anothers)
    }

    /// Is the subject of the resource somebody else?
    pub fn is_anothers(&self, entry: &Entry<'_>) -> bool {
        is_anothers(&self.obtained, self.patient.as_ref(), entry)
    }

    /// The `code` of a resource, and the sets that it is in.
    pub fn code<'e>(&self, entry: &'e Entry<'_>) -> Option<&'e Code> {
        entry.code(self.terminology)
    }

    /// The typed resource of an entry. Elements that were lost and do not decide become a problem
    /// that touches nothing.
    ///
    /// # Errors
    ///
    /// Why it, or one of the elements that decide (`decisive`), cannot be read. The caller knows what
    /// that makes uncertain: see [`reject`].
    pub fn typed(
        &self,
        entry: &Entry<'_>,
        decisive: &[&str],
        facts: &mut Facts,
    ) -> Result<r4::Resource, String> {
        let read = r4::read(entry.raw.get()).map_err(|error| error.to_string())?;
        let head = |path: &str| path.split(['.', '[']).next().unwrap_or_default().to_owned();
        if let Some(path) = read
            .lost
            .iter()
            .find(|path| decisive.contains(&head(path).as_str()))
        {
            return Err(format!("{path}: cannot be read"));
        }
        if !read.lost.is_empty() {
            let lost = format!("{LOST}{}", read.lost.join(", "));
            note(
                facts,
                &entry.reference,
                Problem::ValueUnreadable,
                Touches::Nothing,
                &lost,
            );
        }
        Ok(read.resource)
    }

    /// Says that the codes of a resource match nothing because none of them names its system, or none
    /// names one that is known though the name is of something that decides: a local code that nobody
    /// has mapped.
    pub fn note_missing_system(&self, codes: &Codes, entry: &Entry<'_>, facts: &mut Facts) {
        if codes.is_uncoded() {
            return;
        }
        let why = if codes.codings().all(|coding| coding.system.is_none()) {
            "code without a system".to_owned()
        } else if codes
            .codings()
            .any(|coding| self.terminology.knows_system(coding))
        {
            return;
        } else {
            let kind = &entry.resource_type;
            let like = codes
                .all_words()
                .flat_map(|words| looks(self.terminology, kind, words))
                .next();
            let Some(like) = like else { return };
            format!(
                "a local code that is not mapped; it looks like {}",
                like.name()
            )
        };
        note(
            facts,
            &entry.reference,
            Problem::CodeSystemUnknown,
            Touches::Nothing,
            &why,
        );
    }

    /// An element with a date, of the entry's own object.
    pub fn date(&self, entry: &Entry<'_>, name: &str) -> Dated {
        date::of(&entry.object, name, self.zone)
    }

    /// One end of a Period of the entry's own object.
    pub fn period(&self, entry: &Entry<'_>, name: &str, end: &str) -> Dated {
        date::of_period(&entry.object, name, end, self.zone)
    }

    /// A date as a fact has it: on or before E. What is wrong with it becomes a problem.
    pub fn past(
        &self,
        dated: Dated,
        entry: &Entry<'_>,
        touches: Touches,
        facts: &mut Facts,
    ) -> Past {
        match dated {
            Dated::On(when) => match when.not_after(self.as_of) {
                Some(when) => Past::Known(Some(when)),
                None => Past::Future,
            },
            Dated::Missing => {
                note(
                    facts,
                    &entry.reference,
                    Problem::DateMissing,
                    touches,
                    "no date",
                );
                Past::Known(None)
            }
            Dated::Invalid => {
                note(
                    facts,
                    &entry.reference,
                    Problem::DateInvalid,
                    touches,
                    "not a FHIR date",
                );
                Past::Known(None)
            }
        }
    }

    /// The same for something that claims to have happened: one after E is a problem, and no fact.
    pub fn happened(
        &self,
        dated: Dated,
        entry: &Entry<'_>,
        touches: Touches,
        facts: &mut Facts,
    ) -> Option<Option<When>> {
        match self.past(dated, entry, touches, facts) {
            Past::Known(when) => Some(when),
            Past::Future => {
                let problem = Problem::DateInFuture;
                note(
                    facts,
                    &entry.reference,
                    problem,
                    Touches::Nothing,
                    "dated after today",
                );
                None
            }
        }
    }

    /// The reasons of a treatment: `reasonCode`, else the Conditions of `reasonReference` (F-08).
    pub fn reasons(
        &self,
        codes: &[Option<types::CodeableConcept>],
        references: &[Option<types::Reference>],
        entry: &Entry<'_>,
        facts: &mut Facts,
    ) -> Codes {
        let references = references.iter().flatten();
        let references = references.filter_map(|reference| reference.reference.as_deref());
        let references = references.map(Cow::Borrowed);
        self.stated_or_referred(Codes::of_all(codes), references, entry, facts)
    }

    /// The same for a draft, which may not be typed: from its text.
    pub fn draft_reasons(&self, draft: &Object<'_>, entry: &Entry<'_>, facts: &mut Facts) -> Codes {
        let mut stated = Codes::default();
        for reason in draft
            .items("reasonCode")
            .into_iter()
            .filter_map(Codes::peek)
        {
            stated.extend(reason);
        }
        let references = draft.objects("reasonReference");
        let references = references
            .iter()
            .filter_map(|reference| reference.text("reference"));
        self.stated_or_referred(stated, references, entry, facts)
    }

    fn stated_or_referred<'r>(
        &self,
        stated: Codes,
        references: impl Iterator<Item = Cow<'r, str>>,
        entry: &Entry<'_>,
        facts: &mut Facts,
    ) -> Codes {
        if !stated.is_uncoded() || stated.words().is_some() {
            return stated;
        }
        let mut reasons = Codes::default();
        for target in references {
            let target = match target.strip_prefix('#') {
                Some(id) => contained(entry, id),
                None => self
                    .obtained
                    .follow(&target)
                    .map(|entry| entry.object.clone()),
            };
            let codes = target.and_then(|target| target.get("code").and_then(Codes::peek));
            match codes {
                Some(codes) => reasons.extend(codes),
                None => note(
                    facts,
                    &entry.reference,
                    Problem::ReferenceUnresolved,
                    Touches::Nothing,
                    "reasonReference leads to nothing that was obtained",
                ),
            }
        }
        reasons
    }
}

/// How the note of an element that was not read begins.
const LOST: &str = "not read: ";

/// Leaves each problem once; and of the notes on lost elements only those of resources without a more
/// exact problem: the lost element is the one that it is about.
pub fn settle_problems(facts: &mut Facts) {
    let vague = |problem: &DataProblem| {
        problem.problem == Problem::ValueUnreadable && problem.note.starts_with(LOST)
    };
    let noted = std::mem::take(&mut facts.problems);
    let exact: BTreeSet<&Reference> = noted
        .iter()
        .filter(|problem| !vague(problem))
        .map(|problem| &problem.reference)
        .collect();
    let mut seen = BTreeSet::new();
    let kept = noted.iter().filter(|problem| {
        seen.insert(*problem) && !(vague(problem) && exact.contains(&problem.reference))
    });
    facts.problems = kept.cloned().collect();
}

/// Is the subject of the resource somebody else? One that names no subject is the patient's: it was sent
/// as such.
fn is_anothers(obtained: &Obtainment<'_>, patient: Option<&Reference>, entry: &Entry<'_>) -> bool {
    if entry.resource_type == "Patient" {
        return patient != Some(&entry.reference);
    }
    match (subject(entry), patient) {
        (None, _) => false,
        (Some(reference), Some(patient)) => obtained.normalise(&reference) != *patient,
        (Some(_), None) => true,
    }
}

/// The reference to the subject, where it leads out of the resource; else that of what contains it.
pub fn subject<'a>(entry: &Entry<'a>) -> Option<Cow<'a, str>> {
    let members = &entry.object;
    let own = members
        .object("subject")
        .or_else(|| members.object("patient"))
        .and_then(|subject| subject.text("reference"));
    own.filter(|reference| !reference.starts_with('#'))
        .or_else(|| entry.container_subject.clone())
}

/// A contained resource.
pub fn contained<'a>(entry: &Entry<'a>, id: &str) -> Option<Object<'a>> {
    let all = entry.object.objects("contained");
    all.into_iter()
        .find(|resource| resource.text("id").as_deref() == Some(id))
}

/// Adds a data problem; the same one may be added twice (see [`settle_problems`]).
pub fn note(
    facts: &mut Facts,
    reference: &Reference,
    problem: Problem,
    touches: Touches,
    note: &str,
) {
    let problem = DataProblem {
        reference: reference.clone(),
        problem,
        touches,
        note: note.to_owned(),
    };
    facts.problems.push(problem);
}

/// A resource that could have been decisive cannot be read: its source counts as not searched, so
/// that nothing is "none recorded" because of it (F-10).
pub fn reject(facts: &mut Facts, source: Source, entry: &Entry<'_>, why: &str) {
    let touches = match source {
        Source::Patient => Touches::Patient,
        Source::Observation => Touches::Igg,
        Source::Condition => Touches::Conditions,
        Source::Procedure => Touches::Procedures,
        Source::MedicationRequest
        | Source::MedicationAdministration
        | Source::MedicationStatement
        | Source::MedicationDispense => Touches::Medication,
        Source::Encounter | Source::Immunization => Touches::Nothing,
    };
    *source.flag(&mut facts.searched) = false;
    note(facts, &entry.reference, Problem::Unreadable, touches, why);
}
