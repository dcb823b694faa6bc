//! What was obtained: the resources of each source, and whether the source was searched (F-09).

use std::{
    borrow::Cow,
    cell::OnceCell,
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use jiff::Timestamp;
use serde_json::{Value, value::RawValue};

use super::{
    Input, Obtained, Shortfall, Source,
    codes::Codes,
    json::Object,
    page::{Entries, Page, Part},
    terminology::{Membership, Terminology},
};
use crate::guideline::{
    facts::{Reference, Searched},
    problem::{DataProblem, Problem, Touches},
};

/// One resource as it stands in the text.
#[derive(Debug, Clone)]
pub struct Entry<'a> {
    /// `resourceType`.
    pub resource_type: Cow<'a, str>,
    /// `Type/id`; without an id the `fullUrl`, without that the place where it was found.
    pub reference: Reference,
    /// Its text.
    pub raw: &'a RawValue,
    /// Its members.
    pub object: Object<'a>,
    /// The reference to the subject of the resource that contains it, if one does.
    pub container_subject: Option<Cow<'a, str>>,
    /// Its `code`, once somebody has asked for it.
    code: OnceCell<Option<Code>>,
}

/// The `code` of a resource.
#[derive(Debug, Clone)]
pub struct Code {
    /// The codings.
    pub codes: Codes,
    /// The sets that they are in.
    pub sets: Membership,
}

impl<'a> Entry<'a> {
    /// A resource that stands by itself.
    pub fn new(
        resource_type: Cow<'a, str>,
        reference: Reference,
        raw: &'a RawValue,
        object: Object<'a>,
    ) -> Self {
        Self {
            resource_type,
            reference,
            raw,
            object,
            container_subject: None,
            code: OnceCell::new(),
        }
    }

    /// `code`, as [`Codes::peek`] reads it; read once. `terminology` is that of the whole reading.
    pub fn code(&self, terminology: &Terminology) -> Option<&Code> {
        let read = || {
            let codes = self.object.get("code").and_then(Codes::peek)?;
            let sets = codes.membership(terminology);
            Some(Code { codes, sets })
        };
        self.code.get_or_init(read).as_ref()
    }
}

/// Everything that was obtained.
#[derive(Debug, Clone, Default)]
pub struct Obtainment<'a> {
    /// The resources, each reference once.
    pub entries: Vec<Entry<'a>>,
    /// Which sources were searched.
    pub searched: Searched,
    /// What went wrong.
    pub problems: Vec<DataProblem>,
    /// References that a `fullUrl` of a Bundle stands for.
    full_urls: BTreeMap<String, Reference>,
    /// Where each reference stands in `entries`.
    by_reference: BTreeMap<Reference, usize>,
    /// Other texts of resources that are in `entries`.
    again: BTreeMap<Reference, Vec<Entry<'a>>>,
}

impl Source {
    /// Every source.
    pub const ALL: [Self; 10] = [
        Self::Patient,
        Self::Observation,
        Self::Condition,
        Self::Procedure,
        Self::MedicationRequest,
        Self::MedicationAdministration,
        Self::MedicationStatement,
        Self::MedicationDispense,
        Self::Encounter,
        Self::Immunization,
    ];

    /// The FHIR type, `Observation`.
    pub fn resource_type(self) -> &'static str {
        match self {
            Self::Patient => "Patient",
            Self::Observation => "Observation",
            Self::Condition => "Condition",
            Self::Procedure => "Procedure",
            Self::MedicationRequest => "MedicationRequest",
            Self::MedicationAdministration => "MedicationAdministration",
            Self::MedicationStatement => "MedicationStatement",
            Self::MedicationDispense => "MedicationDispense",
            Self::Encounter => "Encounter",
            Self::Immunization => "Immunization",
        }
    }

    /// The source of a FHIR type.
    pub fn of_type(resource_type: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|source| source.resource_type() == resource_type)
    }

    /// The flag of this source.
    pub fn flag(self, searched: &mut Searched) -> &mut bool {
        match self {
            Self::Patient => &mut searched.patient,
            Self::Observation => &mut searched.observations,
            Self::Condition => &mut searched.conditions,
            Self::Procedure => &mut searched.procedures,
            Self::MedicationRequest => &mut searched.medication_requests,
            Self::MedicationAdministration => &mut searched.medication_administrations,
            Self::MedicationStatement => &mut searched.medication_statements,
            Self::MedicationDispense => &mut searched.medication_dispenses,
            Self::Encounter => &mut searched.encounters,
            Self::Immunization => &mut searched.immunizations,
        }
    }
}

impl<'a> Obtainment<'a> {
    /// Sorts out what was sent.
    pub fn of(input: &Input<'a>) -> Self {
        let mut all = Self::default();
        match input {
            Input::Record(raw) => {
                let complete = all.bundle("record", &Page::of(raw), None, Next::Missing);
                all.searched = if complete {
                    Searched::ALL
                } else {
                    Searched::default()
                };
            }
            Input::Prefetch(values) => all.values(values),
            Input::Completed(values, referenced) => {
                all.values(values);
                for (index, raw) in referenced.iter().enumerate() {
                    let place = format_args!("referenced[{index}]");
                    all.entry(place, None, &Page::of(raw).whole());
                }
            }
        }
        all.settle();
        all
    }

    /// Of several texts of one resource the one that was updated last stands. Where that cannot be told
    /// and they do not say the same none does, and its source was not searched.
    fn settle(&mut self) {
        let (mut gone, mut kept) = (BTreeSet::new(), Vec::new());
        for (reference, others) in std::mem::take(&mut self.again) {
            let Some(index) = self.by_reference.get(&reference) else {
                continue;
            };
            let first = &self.entries[*index];
            let resource_type = first.resource_type.clone();
            let mut texts = vec![first.raw];
            texts.extend(others.iter().map(|other| other.raw));
            let stands = standing(&texts);
            if stands.is_some_and(|raw| raw.get() == first.raw.get()) {
                continue;
            }
            let other = others
                .into_iter()
                .find(|other| stands.is_some_and(|raw| raw.get() == other.raw.get()));
            match other {
                Some(entry) => kept.push(entry),
                None => {
                    if let Some(source) = Source::of_type(&resource_type) {
                        *source.flag(&mut self.searched) = false;
                    }
                    let why =
                        "sent in several versions, and meta.lastUpdated does not say which holds";
                    self.problem(reference.as_str(), Problem::Conflict, why);
                }
            }
            gone.insert(reference);
        }
        if gone.is_empty() {
            return;
        }
        // All of them at once: a record may come twice as a whole. What one contains goes with it.
        let is_gone = |reference: &Reference| {
            let container = reference.as_str().split_once('#');
            gone.contains(reference)
                || container.is_some_and(|(outer, _)| gone.contains(&Reference::new(outer)))
        };
        self.entries.retain(|entry| !is_gone(&entry.reference));
        for entry in kept {
            self.take(entry);
        }
        let places = self.entries.iter().enumerate();
        self.by_reference = places
            .filter(|(_, entry)| !entry.reference.as_str().contains('#'))
            .map(|(index, entry)| (entry.reference.clone(), index))
            .collect();
    }

    fn take(&mut self, entry: Entry<'a>) {
        let contained = contained_results(&entry);
        self.entries.push(entry);
        self.entries.extend(contained);
    }

    fn values(&mut self, values: &[(Source, &str, Obtained<'a>)]) {
        let mut outcome: BTreeMap<Source, bool> = BTreeMap::new();
        for (source, key, obtained) in values {
            let place = format!("prefetch.{key}");
            let complete = match *obtained {
                Obtained::Nothing => false,
                Obtained::Failed(shortfall) => {
                    self.problem(&place, Problem::SourceError, &shortfall.words());
                    false
                }
                Obtained::Value(raw) => self.value(*source, &place, &Page::of(raw), Next::Missing),
                Obtained::Split(page) => self.value(*source, &place, page, Next::Missing),
                Obtained::Fetched {
                    first,
                    more,
                    shortfall,
                } => self.pages(*source, &place, (first, more), shortfall),
            };
            *outcome.entry(*source).or_insert(true) &= complete;
        }
        for (source, complete) in outcome {
            *source.flag(&mut self.searched) = complete;
        }
    }

    /// A first page and those after it; true when its source was searched to the end.
    fn pages(
        &mut self,
        source: Source,
        place: &str,
        (first, more): (&'a RawValue, &'a [Box<RawValue>]),
        shortfall: Option<Shortfall>,
    ) -> bool {
        let mut complete = self.value(source, place, &Page::of(first), Next::Followed);
        for (index, page) in more.iter().enumerate() {
            let place = format!("{place}.page[{}]", index + 1);
            complete &= self.bundle(&place, &Page::of(page), Some(source), Next::Followed);
        }
        if let Some(shortfall) = shortfall {
            self.problem(place, Problem::Incomplete, &shortfall.words());
            complete = false;
        }
        complete
    }

    /// The entry that a reference of a resource leads to.
    pub fn follow(&self, reference: &str) -> Option<&Entry<'a>> {
        self.by_reference
            .get(&self.normalise(reference))
            .map(|index| &self.entries[*index])
    }

    /// `Type/id` of a reference in any of its forms: relative, absolute, versioned, or the `fullUrl`
    /// of an entry. One that cannot be told stays as it is.
    pub fn normalise(&self, reference: &str) -> Reference {
        if let Some(known) = self.full_urls.get(reference) {
            return known.clone();
        }
        let plain = reference
            .split_once("/_history/")
            .map_or(reference, |(before, _)| before);
        let mut parts = plain.rsplit('/');
        match (parts.next(), parts.next()) {
            (Some(id), Some(kind)) if !id.is_empty() && is_type_name(kind) => {
                Reference::new(format!("{kind}/{id}"))
            }
            _ => Reference::new(reference),
        }
    }

    /// One value of a prefetch; true when its source was searched to the end.
    fn value(&mut self, source: Source, place: &str, page: &Page<'a>, next: Next) -> bool {
        if page.raw().get() == "null" {
            // A search that found nothing; but a Patient that is not there was not obtained.
            return source != Source::Patient;
        }
        match page.kind().as_deref() {
            Some("Bundle") => self.bundle(place, page, Some(source), next),
            Some(kind) if kind == source.resource_type() => {
                self.entry(format_args!("{place}"), None, &page.whole());
                // One resource where a search was asked for may not be all there is.
                if source != Source::Patient {
                    self.problem(place, Problem::Incomplete, "a resource instead of a Bundle");
                }
                source == Source::Patient
            }
            Some("OperationOutcome") => {
                self.problem(
                    place,
                    Problem::SourceError,
                    "an OperationOutcome instead of data",
                );
                false
            }
            _ => {
                self.problem(
                    place,
                    Problem::SourceError,
                    "neither a Bundle nor a resource of the type asked for",
                );
                false
            }
        }
    }

    /// One Bundle, of one source or a whole record; true when it is complete.
    fn bundle(&mut self, place: &str, page: &Page<'a>, source: Option<Source>, next: Next) -> bool {
        let Some(bundle) = page
            .object()
            .filter(|_| page.kind().as_deref() == Some("Bundle"))
        else {
            self.problem(place, Problem::SourceError, "not a Bundle");
            return false;
        };
        let mut complete = true;
        let leads_on = |link: &Object<'_>| link.text("relation").as_deref() == Some("next");
        if next == Next::Missing && bundle.objects("link").iter().any(leads_on) {
            self.problem(place, Problem::Incomplete, "more pages were not obtained");
            complete = false;
        }
        let items = match page.entries() {
            Entries::Missing => [].as_slice(),
            Entries::Listed(items) => items,
            Entries::Unreadable => {
                self.problem(place, Problem::SourceError, "entry is not an array");
                return false;
            }
        };
        let mut types = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let place = format_args!("{place}.entry[{index}]");
            match &item.resource {
                Some(resource) => match self.entry(place, item.full_url.as_deref(), resource) {
                    Taken::Resource(kind) => types.push(kind),
                    Taken::Note => {}
                    Taken::Failed => complete = false,
                },
                // A transaction may delete without a resource.
                None if item.asks => {}
                None => {
                    let place = place.to_string();
                    self.problem(&place, Problem::Unreadable, "an entry without a resource");
                    complete = false;
                }
            }
        }
        let asked_for = |source: Source| types.iter().any(|kind| kind == source.resource_type());
        if let Some(source) = source.filter(|source| !types.is_empty() && !asked_for(*source)) {
            let note = format!("a Bundle without {}", source.resource_type());
            self.problem(place, Problem::SourceError, &note);
            complete = false;
        }
        // A Patient that was searched for and is not there was not obtained.
        complete && (source != Some(Source::Patient) || asked_for(Source::Patient))
    }

    fn entry(
        &mut self,
        place: fmt::Arguments<'_>,
        full_url: Option<&str>,
        part: &Part<'a>,
    ) -> Taken<'a> {
        let object = part.object.as_ref();
        let kind = object.and_then(|object| object.text("resourceType"));
        let (Some(object), Some(resource_type)) = (object, kind) else {
            self.problem(&place.to_string(), Problem::Unreadable, "not a resource");
            return Taken::Failed;
        };
        if resource_type == "OperationOutcome" {
            let severe = object
                .objects("issue")
                .iter()
                .any(|issue| matches!(issue.text("severity").as_deref(), Some("error" | "fatal")));
            if severe {
                self.problem(
                    &place.to_string(),
                    Problem::SourceError,
                    "an OperationOutcome among the results",
                );
            }
            return if severe { Taken::Failed } else { Taken::Note };
        }
        let reference = match (object.text("id"), full_url) {
            (Some(id), _) => Reference::new(format!("{resource_type}/{id}")),
            (None, Some(url)) => self.normalise(url),
            (None, None) => Reference::new(place.to_string()),
        };
        if let Some(url) = full_url {
            let known = self
                .full_urls
                .entry(url.to_owned())
                .or_insert(reference.clone());
            // Two resources of one address: whichever comes first, the reference leads to one of them.
            if reference < *known {
                known.clone_from(&reference);
            }
        }
        let entry = Entry::new(
            resource_type.clone(),
            reference.clone(),
            part.raw,
            object.clone(),
        );
        // The same resource may come with two searches.
        match self.by_reference.get(&reference) {
            None => {
                self.by_reference.insert(reference, self.entries.len());
                self.take(entry);
            }
            Some(index) if self.entries[*index].raw.get() == part.raw.get() => {}
            Some(_) => self.again.entry(reference).or_default().push(entry),
        }
        Taken::Resource(resource_type)
    }

    fn problem(&mut self, place: &str, problem: Problem, note: &str) {
        self.problems.push(DataProblem {
            reference: Reference::new(place),
            problem,
            touches: Touches::Nothing,
            note: note.to_owned(),
        });
    }
}

/// Which of several texts of one resource stands; `None` where that cannot be told.
fn standing<'a>(texts: &[&'a RawValue]) -> Option<&'a RawValue> {
    let mut dated: Vec<(Option<Timestamp>, &RawValue)> =
        texts.iter().map(|raw| (last_updated(raw), *raw)).collect();
    dated.sort_by_key(|(updated, raw)| (*updated, raw.get()));
    let (latest, stands) = *dated.last()?;
    let said = content(stands);
    let yields = |(updated, raw): &(Option<Timestamp>, &RawValue)| {
        (updated.is_some() && *updated < latest) || content(raw) == said
    };
    dated.iter().all(yields).then_some(stands)
}

fn last_updated(raw: &RawValue) -> Option<Timestamp> {
    let meta = Object::of(raw)?.object("meta")?;
    meta.text("lastUpdated")?.parse().ok()
}

/// What a resource says: everything but its metadata and its narrative.
fn content(raw: &RawValue) -> Option<Value> {
    let mut resource: Value = serde_json::from_str(raw.get()).ok()?;
    let members = resource.as_object_mut()?;
    members.remove("meta");
    members.remove("text");
    Some(resource)
}

/// The results that a panel (`hasMember`) or a report (`result`) contains; they hold as far as it does.
fn contained_results<'a>(entry: &Entry<'a>) -> Vec<Entry<'a>> {
    let Entry {
        resource_type,
        reference,
        object,
        ..
    } = entry;
    let status = object.text("status");
    let holds = matches!(
        status.as_deref(),
        Some("final" | "amended" | "corrected" | "appended")
    );
    if !holds || !matches!(resource_type.as_ref(), "Observation" | "DiagnosticReport") {
        return Vec::new();
    }
    let subject = object.object("subject");
    let subject = subject.and_then(|subject| subject.text("reference"));
    let all = object.items("contained").into_iter();
    all.filter_map(|raw| {
        let object = Object::of(raw)?;
        let resource_type = object.text("resourceType")?;
        let id = object.text("id")?;
        (resource_type == "Observation").then(|| {
            let reference = Reference::new(format!("{reference}#{id}"));
            Entry {
                container_subject: subject.clone(),
                ..Entry::new(resource_type, reference, raw, object)
            }
        })
    })
    .collect()
}

/// Whether the page that a `next` link leads to is here too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    /// It is not.
    Missing,
    /// It is, or why it is not is known.
    Followed,
}

/// What became of an entry.
enum Taken<'a> {
    /// A resource of this type.
    Resource(Cow<'a, str>),
    /// A remark of the server that changes nothing.
    Note,
    /// Neither.
    Failed,
}

fn is_type_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_uppercase())
        && text.bytes().all(|byte| byte.is_ascii_alphabetic())
}
