//! The words of the report page and its pictures, and of the menu that leads to it.

use jiff::civil::Date;

use crate::{
    cards::{
        Language,
        catalogue::{Text, say, text},
        locale,
    },
    report::{SMALLEST, Week},
};

/// The name of the report.
pub const REPORT: Text = text("Rapport", "Report");
/// The menu.
pub const PAGES: Text = text("Sider", "Pages");
/// What the report is.
pub const LEAD: Text = text(
    "Hvor ofte hvert kort er vist, og hvad klinikerne har gjort med det. Ingen patientdata.",
    "How often each card was shown, and what clinicians did with it. No patient data.",
);
/// Skip link.
pub const SKIP: Text = text("Gå til tallene", "Skip to the numbers");
/// The period.
pub const PERIOD: Text = text("Periode", "Period");
/// Its first day.
pub const FROM: Text = text("Fra og med", "From");
/// Its last day.
pub const TO: Text = text("Til og med", "To and including");
/// The same as a file.
pub const CSV: Text = text("Hent tallene som CSV", "The numbers as CSV");
/// Nothing was shown.
pub const EMPTY: Text = text(
    "Ingen kort er vist i perioden.",
    "No card was shown in this period.",
);
/// Where the store fills by itself.
pub const EMPTY_SERVE: Text = text(
    "Vælg en anden periode. Et kort tæller med, når et journalsystem har fået det som svar.",
    "Choose another period. A card counts when an EHR has got it as an answer.",
);
/// What to do in the demonstration, before the link.
pub const EMPTY_DEMO: Text = text(
    "Rapporten begynder tom. Vis kort, accepter et forslag eller tilsidesæt et kort i afprøvningen, så står det her:",
    "The report begins empty. See cards, accept a suggestion or set a card aside in the playground, and it is here:",
);
/// The link from there.
pub const TO_PLAYGROUND: Text = text("Åbn afprøvningen", "Open the playground");
/// How the demonstration comes to numbers.
pub const DEMO: Text = text(
    "Demonstration: tallene er fra det, der er gjort i afprøvningen, siden programmet blev startet. Samme kort for samme patient og samme fund tæller én gang, så brug flere patienter for at se andet end små tal.",
    "Demonstration: the numbers come from what was done in the playground since the program was started. The same card for the same patient and findings counts once, so take several patients to see more than small numbers.",
);
/// No such day.
pub const NO_DAY: Text = text(
    "En af datoerne findes ikke. Skriv dem som 2026-03-16.",
    "One of the dates does not exist. Write them as 2026-03-16.",
);
/// The period ends before it begins.
pub const SWAPPED: Text = text(
    "Perioden slutter, før den begynder.",
    "The period ends before it begins.",
);
/// The period is too long to draw.
pub const TOO_LONG: Text = text(
    "Perioden er længere end to år. Vælg en kortere, eller brug kommandoen sid-cds report.",
    "The period is longer than two years. Choose a shorter one, or use the command sid-cds report.",
);
/// The store is down.
pub const NOT_READ: Text = text(
    "Tallene kan ikke læses nu. Loggen siger hvorfor; prøv igen senere.",
    "The numbers cannot be read now. The log says why; try again later.",
);
/// What happened to cards.
pub const OUTCOMES: Text = text("Accept og tilsidesættelse", "Acceptance and setting aside");
/// A card.
pub const CARD: Text = text("Kort", "Card");
/// The guideline's version.
pub const VERSION: Text = text("Vejledning", "Guideline");
/// Shown.
pub const SHOWN: Text = text("Vist", "Shown");
/// Accepted.
pub const ACCEPTED: Text = text("Accepteret", "Accepted");
/// Set aside.
pub const OVERRIDDEN: Text = text("Tilsidesat", "Set aside");
/// Unanswered.
pub const UNANSWERED: Text = text("Ubesvaret", "Unanswered");
/// A share.
pub const SHARE: Text = text("Andel", "Share");
/// Hidden.
pub const HIDDEN: Text = text("Skjult", "Hidden");
/// How they are spread is hidden.
pub const HIDDEN_SPREAD: Text = text(
    "færre end 5: fordelingen er skjult",
    "fewer than 5: what was done is hidden",
);
/// The week.
pub const WEEK: Text = text("Uge", "Week");
/// Week by week.
pub const BY_WEEK: Text = text("Uge for uge", "Week by week");
/// The reasons.
pub const REASONS: Text = text("Begrundelser for at tilsidesætte", "Reasons to set aside");
/// They are hidden.
pub const REASONS_HIDDEN: Text = text(
    "Begrundelserne er skjult: de ville røbe små tal.",
    "The reasons are hidden: they would tell small counts.",
);
/// A reason.
pub const REASON: Text = text("Begrundelse", "Reason");
/// Its code.
pub const CODE: Text = text("Kode", "Code");
/// How often.
pub const COUNT: Text = text("Antal", "Count");
/// The suggestions.
pub const SUGGESTIONS: Text = text("Accepterede forslag", "Accepted suggestions");
/// A suggestion.
pub const SUGGESTION: Text = text("Forslag", "Suggestion");
/// In words only.
pub const IN_WORDS: Text = text("Kun med egne ord", "In words only");
/// Without a reason.
pub const NOT_SAID: Text = text("Uden begrundelse", "Without a reason");
/// The numbers of a card.
pub const AS_TABLE: Text = text("Tallene som tabel", "The numbers as a table");
/// Cards that the store does not know.
pub const UNKNOWN: Text = text(
    "Kort med tilbagemelding, som lageret ikke ved er vist",
    "Cards with feedback that were never shown as far as the store knows",
);
/// What the overview shows, for those who do not see it.
pub const OUTCOMES_PICTURE: Text = text(
    "Et vandret felt pr. kort, delt efter, hvor stor en del der er accepteret, tilsidesat og ubesvaret. Tabellen nedenfor har de samme tal.",
    "A horizontal bar for each card, divided by what share was accepted, set aside and unanswered. The table below has the same numbers.",
);
/// What the weeks show.
pub const WEEKS_PICTURE: Text = text(
    "En søjle pr. uge: nederst accepteret, derover tilsidesat og ubesvaret. Tabellen nedenfor har de samme tal.",
    "A column for each week: accepted at the bottom, then set aside and unanswered. The table below has the same numbers.",
);
/// What the reasons show.
pub const REASONS_PICTURE: Text = text(
    "Et vandret felt pr. begrundelse, så langt som antallet. Tabellen nedenfor har de samme tal.",
    "A horizontal bar for each reason, as long as its count. The table below has the same numbers.",
);

/// What small counts look like.
pub fn hidden_note(language: Language) -> String {
    say!(
        language,
        "<{SMALLEST}: færre end {SMALLEST}, men ikke nul. *: skjult, fordi tallet er under {SMALLEST} eller kunne røbe et, der er. Hvert kort tæller én gang, med det sidste, der blev gjort, i den uge, hvor det først blev vist.",
        "<{SMALLEST}: fewer than {SMALLEST}, but not none. *: hidden, because the count is under {SMALLEST} or could tell one that is. Each card counts once, with what was done last, in the week in which it was first shown."
    )
}

/// A count under the smallest that is printed.
pub fn few(language: Language) -> String {
    say!(language, "færre end {SMALLEST}", "fewer than {SMALLEST}")
}

/// The cards of a period.
pub fn shown_in(from: Date, to: Date, language: Language) -> String {
    let (from, to) = (locale::date(from, language), locale::date(to, language));
    say!(
        language,
        "Kort vist {from} – {to}",
        "Cards shown {from} – {to}"
    )
}

/// The weeks up to this one.
pub fn last_weeks(weeks: i32, language: Language) -> String {
    say!(language, "Seneste {weeks} uger", "Last {weeks} weeks")
}

/// A week, for people: `uge 12, 2026`.
pub fn week(week: Week, language: Language) -> String {
    let (number, year) = (week.number(), week.year());
    say!(language, "uge {number}, {year}", "week {number}, {year}")
}

/// A share as each language writes it.
pub fn percent(share: u64, language: Language) -> String {
    say!(language, "{share}\u{a0}%", "{share}%")
}
