//! The words of the pages around the cards, Danish and English side by side.

pub mod report;

use jiff::civil::Date;

use crate::{
    cards::{
        Language,
        catalogue::{Text, say, text},
        locale,
    },
    guideline::date::When,
};

/// The name of the playground.
pub const PLAYGROUND: Text = text("Afprøvning", "Playground");
/// What the program is.
pub const LEAD: Text = text(
    "Beslutningsstøtte til Medicinrådets behandlingsvejledning om immunglobulin ved sekundær immundefekt. Intet ordineres eller seponeres, uden at et menneske accepterer et forslag.",
    "Decision support for the Danish Medicines Council's guideline on immunoglobulin in secondary immune deficiency. Nothing is ordered or stopped without a person who accepts a suggestion.",
);
/// That the patients are invented.
pub const INVENTED: Text = text("Patienterne er opdigtede.", "The patients are invented.");
/// What happens to what is pasted.
pub const NOT_KEPT: Text = text(
    "Det indsatte sendes til denne tjeneste, vurderes og gemmes ikke. Indsæt ikke rigtige patientdata.",
    "What you paste is sent to this service, assessed and not kept. Do not paste real patient data.",
);
/// Skip link.
pub const SKIP: Text = text("Gå til resultatet", "Skip to the result");
/// Language switch.
pub const LANGUAGE: Text = text("Sprog", "Language");
/// What is chosen.
pub const SETTINGS: Text = text("Patient og dag", "Patient and day");
/// The choice of a patient.
pub const PATIENT: Text = text("Patient", "Patient");
/// The entry of what was pasted.
pub const PASTED: Text = text("Indsat", "Pasted");
/// The choice of a hook.
pub const HOOK: Text = text("Hændelse i journalen (hook)", "Event in the record (hook)");
/// The evaluation date.
pub const DAY: Text = text("Vurderingsdag", "Evaluation date");
/// The slider.
pub const SLIDER: Text = text("Flyt dagen", "Move the day");
/// One month back.
pub const MONTH_BACK: Text = text("−1 måned", "−1 month");
/// One month ahead.
pub const MONTH_AHEAD: Text = text("+1 måned", "+1 month");
/// Shows what is chosen, where no script runs.
pub const SHOW: Text = text("Vis", "Show");
/// Opens the field to paste into.
pub const PASTE: Text = text(
    "Indsæt et FHIR-Bundle eller en CDS Hooks-forespørgsel",
    "Paste a FHIR Bundle or a CDS Hooks request",
);
/// The field to paste into.
pub const PASTE_FIELD: Text = text("JSON", "JSON");
/// Uses what was pasted.
pub const USE: Text = text("Brug", "Use");
/// What was done so far.
pub const STEPS: Text = text("Udført indtil nu", "Done so far");
/// Nothing was done so far.
pub const NO_STEPS: Text = text(
    "Intet endnu. Accepter et forslag for at se næste tilstand.",
    "Nothing yet. Accept a suggestion to see the next state.",
);
/// Starts anew.
pub const RESET: Text = text("Begynd forfra", "Start over");
/// Link to the state.
pub const LINK: Text = text("Link til denne tilstand", "Link to this state");
/// What was pasted is in no link.
pub const NO_LINK: Text = text(
    "Det indsatte kan ikke gengives i et link.",
    "What was pasted cannot be put into a link.",
);
/// The cards.
pub const CARDS: Text = text("Kort", "Cards");
/// No cards.
pub const QUIET: Text = text(
    "Ingen kort: der er intet at gøre ved denne hændelse.",
    "No cards: there is nothing to do at this event.",
);
/// The suggestions of a card.
pub const SUGGESTIONS: Text = text("Forslag (højst ét)", "Suggestions (one at most)");
/// A recommended suggestion.
pub const RECOMMENDED: Text = text("anbefalet", "recommended");
/// Sets a card aside.
pub const OVERRIDE: Text = text("Tilsidesæt kortet", "Set the card aside");
/// Why a card is set aside.
pub const REASON: Text = text("Begrundelse", "Reason");
/// None of the reasons.
pub const NO_REASON: Text = text("Ingen af dem", "None of these");
/// Words of one's own.
pub const IN_WORDS: Text = text(
    "Med egne ord (kan udelades)",
    "In your own words (optional)",
);
/// Words are kept.
pub const WORDS_KEPT: Text = text(
    "Ordene gemmes. Skriv ingen patientdata.",
    "The words are kept. Write no patient data.",
);
/// Words are not kept.
pub const WORDS_NOT_KEPT: Text = text(
    "Tjenesten gemmer kun, at der var ord, ikke hvad de siger.",
    "The service keeps only that there were words, not what they say.",
);
/// Feedback.
pub const FEEDBACK: Text = text("Tilbagemelding", "Feedback");
/// None was sent.
pub const NO_FEEDBACK: Text = text(
    "Ingen endnu. Den sendes, når et forslag accepteres eller et kort tilsidesættes.",
    "None yet. It is sent when a suggestion is accepted or a card set aside.",
);
/// It was kept.
pub const FEEDBACK_SENT: Text = text(
    "Tilbagemelding sendt til tjenesten.",
    "Feedback sent to the service.",
);
/// It was not kept.
pub const FEEDBACK_FAILED: Text = text(
    "Tilbagemeldingen blev ikke modtaget.",
    "The feedback was not received.",
);
/// Where it is counted.
pub const SEE_REPORT: Text = text("Se rapporten", "See the report");
/// That a card was set aside.
pub const OVERRIDDEN: Text = text("Tilsidesat", "Set aside");
/// Source of a card.
pub const SOURCE: Text = text("Kilde", "Source");
/// Draft orders.
pub const DRAFTS: Text = text("Kladder", "Drafts");
/// Signs a draft.
pub const SIGN: Text = text("Underskriv", "Sign");
/// Removes a draft.
pub const REMOVE: Text = text("Fjern", "Remove");
/// The trace.
pub const TRACE: Text = text("Begrundelse trin for trin", "Reasoning step by step");
/// A verdict.
pub const VERDICT: Text = text("Vurdering", "Verdict");
/// What decided.
pub const VALUE: Text = text("Værdi og dato", "Value and date");
/// The resources that decided.
pub const EVIDENCE: Text = text("Fund", "Evidence");
/// Where it stands.
pub const RECOMMENDATION: Text = text("Anbefaling", "Recommendation");
/// What S and A stand for.
pub const SECTIONS: Text = text(
    "S: Medicinrådets opsummering. A: tillægget om CAR-T og bispecifikke antistoffer.",
    "S: the Council's summary. A: the addendum on CAR-T and bispecific antibodies.",
);
/// No criteria.
pub const NO_GROUNDS: Text = text("Intet er vurderet.", "Nothing was assessed.");
/// What should be in place before a start.
pub const PRECONDITIONS: Text = text("Før opstart", "Before a start");
/// The card from which the app was opened.
pub const OPENED_FROM: Text = text(
    "Appen blev åbnet fra dette kort.",
    "The app was opened from this card.",
);
/// What is missing.
pub const MISSING: Text = text("Mangler", "Missing");
/// Data problems.
pub const PROBLEMS: Text = text("Dataproblemer", "Data problems");
/// Parameters that mattered.
pub const PARAMETERS: Text = text("Tal, der havde betydning", "Numbers that mattered");
/// Origin of a parameter that needs sign-off.
pub const ENGINEERING: Text = text(
    "valg, som vejledningen ikke selv angiver",
    "a choice that the guideline does not print",
);
/// Population.
pub const POPULATION: Text = text("Population", "Population");
/// Start.
pub const START: Text = text("Opstart", "Start");
/// Course.
pub const COURSE: Text = text("Behandlingsforløb", "Course");
/// Order.
pub const ORDER: Text = text("Ordination", "Order");
/// Index event.
pub const INDEX: Text = text("Indekshændelse", "Index event");
/// What was decided.
pub const RESTS_ON: Text = text("Hviler på", "Rests on");
/// Reports and studies beside the national guideline.
pub const BESIDE: Text = text(
    "Konsensusrapporter og evidens (til orientering; ikke den nationale vejledning)",
    "Consensus reports and evidence (for information; not the national guideline)",
);
/// A consensus report.
pub const REPORT: Text = text("Rapport", "Report");
/// What it answers for the patient.
pub const ANSWER: Text = text("For patienten", "For the patient");
/// When it begins.
pub const BEGIN: Text = text("Opstart", "Start");
/// When it stops.
pub const END: Text = text("Stop", "Stop");
/// Its quality.
pub const QUALITY: Text = text("Kvalitet (AGREE II)", "Quality (AGREE II)");
/// A report's dose.
pub const DOSE: Text = text("Dosis og dalværdi", "Dose and trough");
/// What a report says of children.
pub const CHILDREN: Text = text("Børn", "Children");
/// The studies.
pub const STUDIES: Text = text("Studier bag tillægget", "Studies behind the addendum");
/// The timeline.
pub const TIMELINE: Text = text("Tidslinje", "Timeline");
/// The timeline as a table.
pub const TABLE: Text = text("Tidslinjen som tabel", "The timeline as a table");
/// More resources.
pub const MORE: Text = text("flere", "more");
/// Raw request and response.
pub const RAW: Text = text("Forespørgsel og svar", "Request and response");
/// The request.
pub const REQUEST: Text = text("Forespørgsel", "Request");
/// The response.
pub const RESPONSE: Text = text("Svar", "Response");
/// The assessment.
pub const ASSESSMENT: Text = text("Hele vurderingen", "The whole assessment");
/// For testers.
pub const ELSEWHERE: Text = text(
    "CDS Hooks Sandbox, terminal og adresser",
    "CDS Hooks Sandbox, terminal and addresses",
);
/// What the sandbox links do.
pub const SANDBOX: Text = text(
    "Linkene åbner den offentlige CDS Hooks Sandbox med denne tjeneste og denne maskines FHIR-endepunkt. Browseren spørger, om sandkassen må nå dit lokale netværk.",
    "The links open the public CDS Hooks Sandbox with this service and this machine's demonstration FHIR endpoint. The browser may ask whether the sandbox is allowed to reach your local network.",
);
/// Story of a patient.
pub const STORY: Text = text("Historie", "Story");
/// Sandbox column.
pub const OPEN_SANDBOX: Text = text("Åbn i sandkassen", "Open in the sandbox");
/// Terminal.
pub const TERMINAL: Text = text("Fra en terminal", "From a terminal");
/// Addresses.
pub const ADDRESSES: Text = text("Adresser", "Addresses");
/// Discovery.
pub const DISCOVERY: Text = text("Discovery", "Discovery");
/// FHIR endpoint.
pub const FHIR: Text = text(
    "FHIR, kun til demonstration",
    "FHIR, for demonstration only",
);
/// What could not be assessed.
pub const REFUSED: Text = text("Kan ikke vurderes", "Cannot be assessed");
/// What was pasted is no JSON.
pub const NOT_JSON: Text = text("Det er ikke JSON.", "This is not JSON.");
/// What was pasted is neither.
pub const NEITHER: Text = text(
    "Det er hverken et FHIR-Bundle eller en CDS Hooks-forespørgsel.",
    "This is neither a FHIR Bundle nor a CDS Hooks request.",
);
/// A step of a link leads nowhere.
pub const BROKEN_STEP: Text = text(
    "Et trin i linket findes ikke længere; resten er ikke udført.",
    "A step of the link is no longer there; the rest was not done.",
);
/// The service did not answer.
pub const NO_ANSWER: Text = text("Tjenesten svarede ikke.", "The service did not answer.");
/// Accepted.
pub const ACCEPTED: Text = text("Accepteret", "Accepted");
/// Signed.
pub const SIGNED: Text = text("Underskrevet", "Signed");
/// Removed.
pub const REMOVED: Text = text("Fjernet", "Removed");

/// The app's name.
pub const APP: Text = text("Forløb og grundlag", "Course and grounds");
/// The link of a card to the app.
pub const APP_LINK: Text = text("Se forløb og grundlag", "See course and grounds");
/// No session.
pub const APP_NO_SESSION: Text = text(
    "Der er ingen åben session, eller den er udløbet. Åbn appen igen fra kortet i journalen.",
    "There is no open session, or it has ended. Open the app again from the card in the record.",
);
/// An EHR that is not configured.
pub const APP_UNKNOWN_EHR: Text = text(
    "Appen er ikke sat op til det journalsystem, som den blev åbnet fra.",
    "The app is not set up for the system from which it was opened.",
);
/// No safe login.
pub const APP_NO_LOGIN: Text = text(
    "Journalsystemet oplyser ikke, hvordan der logges sikkert ind (SMART med PKCE). Prøv igen, eller kontakt driften.",
    "The system does not say how to log in safely (SMART with PKCE). Try again, or contact operations.",
);
/// An answer that does not belong to this launch.
pub const APP_NOT_OURS: Text = text(
    "Svaret fra login hører ikke til en start i denne browser, eller den tog for lang tid. Åbn appen igen fra kortet i journalen.",
    "The answer from the login does not belong to a launch in this browser, or it took too long. Open the app again from the card in the record.",
);
/// Login refused.
pub const APP_REFUSED: Text = text(
    "Login blev afvist. Åbn appen igen fra kortet i journalen.",
    "The login was refused. Open the app again from the card in the record.",
);
/// A token that is too large.
pub const APP_LARGE_TOKEN: Text = text(
    "Journalsystemets adgangsbillet (access token) er større end de 12 kB, som appen kan rumme. Intet er åbnet. Kontakt driften: færre scopes eller en mindre billet løser det.",
    "The system's access token is larger than the 12 kB that the app can hold. Nothing was opened. Contact operations: fewer scopes or a smaller token solve it.",
);
/// No patient.
pub const APP_NO_PATIENT: Text = text(
    "Der er ikke valgt en patient. Åbn appen fra en patients journal.",
    "No patient is chosen. Open the app from a patient's record.",
);
/// The chart cannot be read.
pub const APP_NO_CHART: Text = text(
    "Journalen kunne ikke læses. Intet er vurderet.",
    "The chart could not be read. Nothing was assessed.",
);
/// A form that does not fit.
pub const APP_FORM: Text = text(
    "Formularen kunne ikke bruges: den hører ikke til sessionen, eller perioden er forkert. Intet er gemt.",
    "The form could not be used: it does not belong to the session, or the period is wrong. Nothing was stored.",
);
/// The statement was stored.
pub const APP_STORED: Text = text("Gemt i journalen", "Stored in the record");
/// The statement is offered as text.
pub const APP_AS_TEXT: Text = text(
    "Ikke gemt: kopiér teksten til journalen",
    "Not stored: copy the text to the record",
);
/// The statement for machines.
pub const APP_AS_RESOURCE: Text = text("Som FHIR-ressource", "As a FHIR resource");
/// It is not known whether the statement was stored.
pub const APP_MAYBE_STORED: Text = text(
    "Det vides ikke, om det blev gemt",
    "It is not known whether it was stored",
);
/// Why not: the login.
pub const APP_NOT_ALLOWED: Text = text(
    "Login giver ikke appen lov til at gemme i journalen.",
    "The login does not let the app store in the record.",
);
/// Why not: the EHR.
pub const APP_NOT_TAKEN: Text = text(
    "Journalsystemet afviste at gemme det.",
    "The system refused to store it.",
);
/// Why it is not known.
pub const APP_NO_ANSWER: Text = text(
    "Journalsystemet svarede ikke, eller svarede med en fejl. Se efter i journalen, før du registrerer igen.",
    "The system did not answer, or with a fault. Look in the record before you record it again.",
);
/// A Patient without a name.
pub const NO_NAME: Text = text("Navn ikke registreret", "Name not recorded");
/// The Danish civil registration number.
pub const CPR: Text = text("CPR", "CPR");
/// Another number of the patient.
pub const NUMBER: Text = text("Patient-id", "Patient id");
/// The form.
pub const APP_HISTORY: Text = text("Infektionshistorik", "Infection history");
/// What the form does.
pub const APP_HISTORY_LEAD: Text = text(
    "Registrerer, at infektionshistorikken er gennemgået. Kvalificerende: verificerede bakterielle infektioner, som er svære (indlæggelse eller livstruende) eller tilbagevendende.",
    "Records that the infection history was reviewed. Qualifying: verified bacterial infections that are severe (admission or life-threatening) or recurrent.",
);
/// The question.
pub const APP_PRESENT: Text = text(
    "Er der kvalificerende infektioner i perioden?",
    "Are there qualifying infections in the period?",
);
/// Yes.
pub const APP_YES: Text = text("Ja", "Yes");
/// No.
pub const APP_NO: Text = text("Nej, ingen", "No, none");
/// First day.
pub const APP_FROM: Text = text("Fra", "From");
/// Last day.
pub const APP_TO: Text = text("Til", "To");
/// Stores the statement.
pub const APP_WRITE: Text = text("Registrér", "Record");

/// When a patient was born, and the age.
pub fn born(day: &str, age: Option<&str>, language: Language) -> String {
    match age {
        Some(age) => say!(language, "født {day} ({age})", "born {day} ({age})"),
        None => say!(language, "født {day}", "born {day}"),
    }
}

/// That a patient has died.
pub fn died(when: Option<When>, language: Language) -> String {
    match when {
        Some(when) => {
            let day = locale::when(when, language);
            say!(language, "død {day}", "died {day}")
        }
        None => say!(language, "død", "deceased"),
    }
}

/// An age in years, which an incomplete date leaves open.
pub fn age_in_years(least: i32, most: i32, language: Language) -> String {
    let years = span(least, most);
    say!(language, "{years} år", "{years} years")
}

/// The same in months, of a small child.
pub fn age_in_months(least: i32, most: i32, language: Language) -> String {
    let months = span(least, most);
    match (least, most) {
        (1, 1) => say!(language, "{months} måned", "{months} month"),
        _ => say!(language, "{months} måneder", "{months} months"),
    }
}

fn span(least: i32, most: i32) -> String {
    if least == most {
        least.to_string()
    } else {
        format!("{least}–{most}")
    }
}

/// The statement in a sentence.
pub fn history(present: bool, from: &str, to: &str, language: Language) -> String {
    if present {
        say!(
            language,
            "Infektionshistorikken {from} – {to} er gennemgået: der er kvalificerende infektioner.",
            "The infection history {from} – {to} was reviewed: qualifying infections are present."
        )
    } else {
        say!(
            language,
            "Infektionshistorikken {from} – {to} er gennemgået: der er ingen kvalificerende infektioner.",
            "The infection history {from} – {to} was reviewed: there are no qualifying infections."
        )
    }
}

/// The conclusion on a day.
pub fn conclusion_on(day: Date, language: Language) -> String {
    let day = locale::date(day, language);
    say!(language, "Konklusion {day}", "Conclusion on {day}")
}

/// Until when the six months run.
pub fn six_months(end: Date, language: Language) -> String {
    let end = locale::date(end, language);
    say!(
        language,
        "6 måneder efter: {end}",
        "6 months after it: {end}"
    )
}

/// On immunoglobulin since a day.
pub fn on_immunoglobulin(start: Option<Date>, language: Language) -> String {
    match start {
        Some(start) => {
            let start = locale::date(start, language);
            say!(
                language,
                "I immunglobulinbehandling siden {start}",
                "On immunoglobulin since {start}"
            )
        }
        None => say!(language, "I immunglobulinbehandling", "On immunoglobulin"),
    }
}

/// Not on immunoglobulin, or not known.
pub fn off_immunoglobulin(known: bool, language: Language) -> String {
    if known {
        say!(
            language,
            "Ikke i immunglobulinbehandling",
            "Not on immunoglobulin"
        )
    } else {
        say!(
            language,
            "Vides ikke: medicin er ikke hentet",
            "Not known: medication was not obtained"
        )
    }
}

/// The stop under the rule of the first six months.
pub fn stop_due(day: Date, language: Language) -> String {
    let day = locale::date(day, language);
    say!(language, "Seponering senest {day}", "Stop by {day}")
}

/// The window of the ordinary rule.
pub fn window(start: Date, end: Date, language: Language) -> String {
    let (start, end) = (locale::date(start, language), locale::date(end, language));
    say!(
        language,
        "Vindue for seponeringsforsøg: {start} – {end}",
        "Window for a stop attempt: {start} – {end}"
    )
}
