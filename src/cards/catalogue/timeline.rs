//! The words of the timeline: lanes, marks, and the table that says the same.

use jiff::civil::Date;

use super::{Text, say, text, words};
use crate::{
    cards::{Language, locale},
    guideline::{
        assessment::IndexKind,
        date::When,
        dose::Per28Days,
        facts::{Donor, ReviewOutcome},
        history::{CourseAmount, MilestoneState, Severity},
        quantity::Mass,
    },
};

/// The picture's title.
pub const TITLE: Text = text(
    "Forløb: IgG, immunglobulin og infektioner",
    "Course: IgG, immunoglobulin and infections",
);
/// The lane of CAR-T, bispecific antibodies and transplants.
pub const EVENTS: Text = text("Behandling", "Treatment");
/// The lane of IgG.
pub const IGG: Text = text("IgG (g/L)", "IgG (g/L)");
/// The lane of IgA and IgM.
pub const IGA_IGM: Text = text("IgA, IgM (g/L)", "IgA, IgM (g/L)");
/// The lane of courses.
pub const IMMUNOGLOBULIN: Text = text("Immunglobulin", "Immunoglobulin");
/// The lane of infections.
pub const INFECTIONS: Text = text("Infektioner", "Infections");
/// The lane of reviews.
pub const REVIEWS: Text = text("Opfølgning", "Reviews");
/// A source that was searched and holds none.
pub const NONE_RECORDED: Text = text("søgt, ingen registreret", "searched, none recorded");
/// A source that was not obtained: absence would say nothing.
pub const NOT_OBTAINED: Text = text("ikke hentet", "not obtained");
/// October to April.
pub const WINTER: Text = text("vinter", "winter");
/// May to September.
pub const SUMMER: Text = text("sommer", "summer");
/// The aim on treatment.
pub const AIM: Text = text("6–8: dalværdi under behandling", "6–8: trough on treatment");
/// The aim on treatment, beside the picture.
pub const AIM_SHORT: Text = text("mål 6–8", "aim 6–8");
/// IgG.
pub const TEST_IGG: Text = text("IgG", "IgG");
/// IgA.
pub const TEST_IGA: Text = text("IgA", "IgA");
/// IgM.
pub const TEST_IGM: Text = text("IgM", "IgM");
/// A result that no number can be had from.
pub const UNUSABLE: Text = text("ubrugelig", "unusable");
/// The patient's own immunoglobulin.
pub const OWN: Text = text("patientens egen", "the patient's own");
/// May hold immunoglobulin of a product.
pub const SUBSTITUTED: Text = text("under substitution", "on substitution");
/// What the kinds of points mean.
pub const KEY: Text = text(
    "● patientens egen IgG   □ under substitution   ▽ under, △ over måleområdet   ✕ ubrugelig",
    "● the patient's own IgG   □ on substitution   ▽ below, △ above the range measured   ✕ unusable",
);
/// The first day is not recorded.
pub const START_UNKNOWN: Text = text("dato ikke registreret", "date not recorded");
/// Given for something else.
pub const IMMUNOMODULATION: Text = text("immunmodulation", "immunomodulation");
/// The window of a stop attempt under the ordinary rule.
pub const STOP_WINDOW: Text = text("vindue for seponeringsforsøg", "window for a stop attempt");
/// The heads of the table's columns.
pub const COLUMNS: [Text; 4] = [
    text("Dato", "Date"),
    text("Hvad", "What"),
    text("Fund", "Finding"),
    text("Kilde i journalen", "Source in the record"),
];

/// An index event.
pub fn event(kind: IndexKind) -> Text {
    match kind {
        IndexKind::CarT => text("CAR-T", "CAR-T"),
        IndexKind::Bispecific => text("Bispecifikt antistof", "Bispecific antibody"),
    }
}

/// A restart or change of a bispecific antibody that may be a new start.
pub const CANDIDATE: Text = text(
    "Bispecifikt antistof: ny start? (ikke bekræftet)",
    "Bispecific antibody: a new start? (not confirmed)",
);

/// A transplant.
pub fn transplant(donor: Donor) -> Text {
    words::transplant(donor)
}

/// The six months after an index event.
pub fn six_months(until: Date, language: Language) -> String {
    let until = locale::short_date(until, language);
    say!(language, "6 måneder til {until}", "6 months until {until}")
}

/// The evaluation date.
pub fn assessed(as_of: Date, language: Language) -> String {
    let as_of = locale::short_date(as_of, language);
    say!(language, "Vurderet {as_of}", "Assessed {as_of}")
}

/// The day of the stop that is due, near or weighed.
pub fn stop(day: Date, language: Language) -> String {
    let day = locale::short_date(day, language);
    say!(language, "Seponeringsforsøg {day}", "Stop attempt {day}")
}

/// A stated extension.
pub fn extended(to: Date, language: Language) -> String {
    let to = locale::short_date(to, language);
    say!(language, "Forlænget til {to}", "Extended until {to}")
}

/// A course from its first day.
pub fn since(start: Date, language: Language) -> String {
    let start = locale::short_date(start, language);
    say!(language, "siden {start}", "since {start}")
}

/// A course that has ended.
pub fn until(end: Date, language: Language) -> String {
    let end = locale::short_date(end, language);
    say!(language, "til {end}", "until {end}")
}

/// A dose of a course: grams in 28 days, else as it is written.
pub fn dose(amount: &CourseAmount, language: Language) -> String {
    match amount {
        CourseAmount::Ordered(Per28Days::Milligrams(least, most)) => {
            let grams = span(*least, *most, |milligrams| {
                locale::grams(Mass::from_milligrams(milligrams), language)
            });
            say!(language, "{grams} g/28 dage", "{grams} g/28 days")
        }
        CourseAmount::Ordered(Per28Days::PerKilogram(least, most)) => {
            let grams = span(*least, *most, |number| {
                locale::ten_thousandths(number, language)
            });
            say!(language, "{grams} g/kg/28 dage", "{grams} g/kg/28 days")
        }
        CourseAmount::Given(mass) => {
            let grams = locale::grams(*mass, language);
            say!(language, "{grams} g ad gangen", "{grams} g each time")
        }
        CourseAmount::AsWritten {
            words: Some(words), ..
        } => say!(language, "»{words}«", "“{words}”"),
        CourseAmount::AsWritten {
            words: None,
            each,
            why,
        } => {
            let why = words::dose_unknown(*why).say(language);
            match each {
                Some((least, most)) => {
                    let grams = span(*least, *most, |mass| locale::grams(mass, language));
                    format!("{grams} g ({why})")
                }
                None => why.to_owned(),
            }
        }
    }
}

/// The last of several doses.
pub fn latest(dose: &str, language: Language) -> String {
    say!(language, "senest {dose}", "latest {dose}")
}

fn span<T: Copy + PartialEq>(least: T, most: T, words: impl Fn(T) -> String) -> String {
    if least == most {
        words(most)
    } else {
        format!("{}–{}", words(least), words(most))
    }
}

/// How severe an episode is.
pub fn severity(severity: Severity) -> Text {
    match severity {
        Severity::LifeThreatening => text("livstruende", "life-threatening"),
        Severity::Admitted => text("indlagt", "admitted"),
        Severity::Verified => text("verificeret", "verified"),
        Severity::Candidate => text("uafklaret", "to be confirmed"),
        Severity::Minor => text("mild/ikke bakteriel", "mild/not bacterial"),
    }
}

/// What came of a review that was asked for.
pub fn milestone(state: MilestoneState) -> Text {
    match state {
        MilestoneState::Done => text("opfølgning foretaget", "review done"),
        MilestoneState::Due => text("opfølgning mangler", "review due"),
        MilestoneState::Passed => text("opfølgning ikke registreret", "review not recorded"),
        MilestoneState::Ahead => text("næste opfølgning", "next review"),
    }
}

/// What a review decided.
pub fn outcome(outcome: ReviewOutcome) -> Text {
    match outcome {
        ReviewOutcome::Continue => text("fortsat", "continued"),
        ReviewOutcome::Adjust => text("justeret", "adjusted"),
        ReviewOutcome::Pause => text("pauseret", "paused"),
        ReviewOutcome::Stop => text("seponeret", "stopped"),
    }
}

/// That older findings are not drawn.
pub fn earlier(count: usize, from: Date, language: Language) -> String {
    let from = locale::short_date(from, language);
    if count == 1 {
        say!(
            language,
            "1 fund før {from} står kun i tabellen.",
            "1 finding before {from} is in the table only."
        )
    } else {
        say!(
            language,
            "{count} fund før {from} står kun i tabellen.",
            "{count} findings before {from} are in the table only."
        )
    }
}

/// The picture in a few sentences, for those who do not see it.
pub fn description(
    as_of: Date,
    latest_igg: Option<(&str, When)>,
    findings: usize,
    language: Language,
) -> String {
    let as_of = locale::date(as_of, language);
    let igg = match latest_igg {
        Some((value, when)) => {
            let when = locale::when(when, language);
            say!(
                language,
                "Seneste IgG: {value} ({when}).",
                "Latest IgG: {value} ({when})."
            )
        }
        None => say!(language, "Ingen IgG.", "No IgG."),
    };
    say!(
        language,
        "Tidslinje, vurderet {as_of}. {igg} {findings} fund; de samme oplysninger står i tabellen.",
        "Timeline, assessed {as_of}. {igg} {findings} findings; the same is in the table."
    )
}

/// The names of months on an axis.
pub fn month(month: i8, language: Language) -> &'static str {
    locale::short_month(month, language)
}
