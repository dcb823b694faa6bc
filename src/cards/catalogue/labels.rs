//! What the buttons of suggestions say, what their actions do, and the names of statements.

use jiff::civil::Date;

mod dose;
mod monitoring;

use super::say;
use crate::{
    cards::{Language, locale},
    guideline::facts::{Donor, IvigReason, ReviewOutcome, SwitchReason},
};

pub use dose::{
    dose, record_ivig_reason, record_switch_reason, replace_with_scig, set_dose, set_route,
};
pub use monitoring::{
    considered, resume_task, summer_pause, vaccinated, vaccination, vaccinations, vaccine,
};

/// A statement's name, by its code of decision-spec §5.
pub fn statement(code: &str, language: Language) -> String {
    match code {
        "infection-history-reviewed" => say!(
            language,
            "Infektionshistorik gennemgået: kvalificerende infektioner?",
            "Infection history reviewed: qualifying infections?"
        ),
        "igg-decisive-factor" => say!(
            language,
            "Lav IgG var den afgørende enkeltfaktor",
            "Low IgG was the decisive single factor"
        ),
        "vaccination-adequate" => say!(
            language,
            "Vaccination er dækkende",
            "Vaccination is adequate"
        ),
        "antibiotic-prophylaxis-considered" => say!(
            language,
            "Antibiotikaprofylakse er overvejet",
            "Antibiotic prophylaxis was considered"
        ),
        "ig-review" => {
            say!(
                language,
                "Stillingtagen til immunglobulin",
                "Decision on immunoglobulin"
            )
        }
        "ig-extension" => {
            say!(
                language,
                "Kort forlængelse af immunglobulin",
                "Short extension of immunoglobulin"
            )
        }
        "index-event-confirmed" => {
            say!(
                language,
                "Ny behandlingsstart bekræftet",
                "New treatment start confirmed"
            )
        }
        "ig-outside-record" => say!(
            language,
            "Immunglobulin gives uden for denne journal",
            "Immunoglobulin is given outside this record"
        ),
        "donor-type" => say!(language, "Donortype ved HSCT", "Donor type of HSCT"),
        "ivig-reason" => say!(language, "Årsag til IVIG", "Reason for IVIG"),
        "switch-reason" => say!(
            language,
            "Årsag til skift af præparat",
            "Reason for a switch of product"
        ),
        other => other.to_owned(),
    }
}

/// A coded value's name.
pub fn value(code: &str, language: Language) -> String {
    match code {
        "continue" => say!(language, "Fortsæt", "Continue"),
        "adjust" => say!(language, "Justér dosis", "Adjust dose"),
        "pause" => say!(language, "Pausér", "Pause"),
        "stop" => say!(language, "Seponér", "Stop"),
        "allogeneic" => say!(language, "Allogen", "Allogeneic"),
        "autologous" => say!(language, "Autolog", "Autologous"),
        "short-duration" => dose::ivig_reason(IvigReason::ShortDuration, language),
        "very-high-dose" => dose::ivig_reason(IvigReason::VeryHighDose, language),
        "skin" => dose::ivig_reason(IvigReason::Skin, language),
        "self-injection" => dose::ivig_reason(IvigReason::SelfInjection, language),
        "lack-of-effect" => dose::switch_reason(SwitchReason::LackOfEffect, language),
        "adverse-effect" => dose::switch_reason(SwitchReason::AdverseEffect, language),
        "economic" => dose::switch_reason(SwitchReason::Economic, language),
        "other" => dose::switch_reason(SwitchReason::Other, language),
        other => other.to_owned(),
    }
}

/// A button and what it does.
#[derive(Debug, Clone)]
pub struct Words {
    /// The button, at most 60 characters.
    pub label: String,
    /// What its action does.
    pub description: String,
}

fn words(label: String, description: String) -> Words {
    Words { label, description }
}

/// Immunoglobulin outside the record, at the latest since a day.
pub fn outside_record(since: Date, language: Language) -> Words {
    let day = locale::date(since, language);
    words(
        say!(
            language,
            "Får immunglobulin andetsteds siden {day}",
            "On immunoglobulin elsewhere since {day}"
        ),
        say!(
            language,
            "Registrér, at patienten får immunglobulin uden for denne journal, senest siden {day}",
            "Record that the patient is given immunoglobulin outside this record, since {day} at the latest"
        ),
    )
}

/// A draft of subcutaneous immunoglobulin.
pub fn draft(stop: Option<Date>, language: Language) -> Words {
    match stop {
        Some(stop) => {
            let day = locale::date(stop, language);
            words(
                say!(
                    language,
                    "SCIG-udkast med slutdato {day}",
                    "SCIG draft ending {day}"
                ),
                say!(
                    language,
                    "Opret ordinationsudkast: subkutant immunglobulin uden dosis, slutdato {day}",
                    "Create a draft order: subcutaneous immunoglobulin without a dose, ending {day}"
                ),
            )
        }
        None => words(
            say!(
                language,
                "SCIG-udkast (uden dosis)",
                "SCIG draft (without a dose)"
            ),
            say!(
                language,
                "Opret ordinationsudkast: subkutant immunglobulin uden dosis",
                "Create a draft order: subcutaneous immunoglobulin without a dose"
            ),
        ),
    }
}

/// A task for the stop review.
pub fn stop_task(by: Date, language: Language) -> Words {
    let day = locale::date(by, language);
    words(
        say!(
            language,
            "Påmindelse: seponeringsforsøg {day}",
            "Reminder: stop attempt {day}"
        ),
        say!(
            language,
            "Opgave: stillingtagen til seponering af immunglobulin senest {day}",
            "Task: decision on stopping immunoglobulin by {day}"
        ),
    )
}

/// A task for the review at some months.
pub fn review_task(months: i32, by: Date, language: Language) -> Words {
    let day = locale::date(by, language);
    words(
        say!(
            language,
            "Opfølgning {months} mdr.: {day}",
            "Review at {months} months: {day}"
        ),
        say!(
            language,
            "Opgave: opfølgning på immunglobulin {months} måneder efter opstart (regnet fra udkastets dato), senest {day}",
            "Task: immunoglobulin review {months} months after start (counted from the draft's date), by {day}"
        ),
    )
}

/// Requests of tests.
pub fn tests(names: &[&str], from: Option<Date>, language: Language) -> String {
    let names = locale::list(names, language);
    match from {
        Some(from) => {
            let day = locale::date(from, language);
            say!(
                language,
                "Bestil {names} fra {day}",
                "Order {names} from {day}"
            )
        }
        None => say!(language, "Bestil {names}", "Order {names}"),
    }
}

/// The request of one test.
pub fn test(name: &str, from: Option<Date>, language: Language) -> String {
    match from {
        Some(from) => {
            let day = locale::date(from, language);
            say!(
                language,
                "Opret rekvisitionsudkast: {name}, tidligst {day}",
                "Create a draft request: {name}, not before {day}"
            )
        }
        None => {
            say!(
                language,
                "Opret rekvisitionsudkast: {name}",
                "Create a draft request: {name}"
            )
        }
    }
}

/// A review's outcome; `orders` when running orders change with it.
pub fn review(outcome: ReviewOutcome, orders: bool, language: Language) -> Words {
    let label = match (outcome, orders) {
        (ReviewOutcome::Continue, _) => {
            say!(
                language,
                "Registrér: fortsæt immunglobulin",
                "Record: continue immunoglobulin"
            )
        }
        (ReviewOutcome::Adjust, _) => {
            say!(
                language,
                "Registrér: dosis justeres",
                "Record: dose is adjusted"
            )
        }
        (ReviewOutcome::Pause, true) => {
            say!(
                language,
                "Pausér immunglobulin",
                "Put immunoglobulin on hold"
            )
        }
        (ReviewOutcome::Pause, false) => {
            say!(
                language,
                "Registrér: immunglobulin pauseret",
                "Record: immunoglobulin on hold"
            )
        }
        (ReviewOutcome::Stop, true) => {
            say!(language, "Seponér immunglobulin", "Stop immunoglobulin")
        }
        (ReviewOutcome::Stop, false) => {
            say!(
                language,
                "Registrér: immunglobulin seponeret",
                "Record: immunoglobulin stopped"
            )
        }
    };
    let description = match (outcome, orders) {
        (ReviewOutcome::Continue, _) => say!(
            language,
            "Registrér, at behandlingen er vurderet og fortsætter",
            "Record that treatment was reviewed and continues"
        ),
        (ReviewOutcome::Adjust, _) => say!(
            language,
            "Registrér, at behandlingen er vurderet og dosis justeres; ordinationen ændres ikke heraf",
            "Record that treatment was reviewed and the dose is adjusted; the order is not changed by this"
        ),
        (ReviewOutcome::Pause, true) => {
            say!(
                language,
                "Registrér beslutningen om pause",
                "Record the decision to pause"
            )
        }
        (ReviewOutcome::Stop, true) => {
            say!(
                language,
                "Registrér beslutningen om seponering",
                "Record the decision to stop"
            )
        }
        (ReviewOutcome::Pause, false) => say!(
            language,
            "Registrér, at behandlingen er sat på pause; løbende ordinationer ændres ikke heraf",
            "Record that treatment is on hold; running orders are not changed by this"
        ),
        (ReviewOutcome::Stop, false) => say!(
            language,
            "Registrér, at behandlingen er seponeret; løbende ordinationer ændres ikke heraf",
            "Record that treatment is stopped; running orders are not changed by this"
        ),
    };
    words(label, description)
}

/// The update of one running order.
pub fn order_update(stop: bool, language: Language) -> String {
    if stop {
        say!(
            language,
            "Sæt den løbende ordination til seponeret; alt andet bevares",
            "Set the running order to stopped; everything else stays"
        )
    } else {
        say!(
            language,
            "Sæt den løbende ordination på pause; alt andet bevares",
            "Put the running order on hold; everything else stays"
        )
    }
}

/// A short extension.
pub fn extension(to: Date, language: Language) -> Words {
    let day = locale::date(to, language);
    words(
        say!(
            language,
            "Kort forlængelse til {day}",
            "Short extension until {day}"
        ),
        say!(
            language,
            "Registrér en kort forlængelse til {day} pga. smitterisiko i samfundet",
            "Record a short extension until {day} for infection risk in the community"
        ),
    )
}

/// The infection history, qualifying infections present or not.
pub fn history(present: bool, from: Date, to: Date, language: Language) -> Words {
    let (from, to) = (locale::date(from, language), locale::date(to, language));
    if present {
        words(
            say!(
                language,
                "Registrér: kvalificerende infektioner er bekræftet",
                "Record: qualifying infections confirmed"
            ),
            say!(
                language,
                "Registrér, at infektionshistorikken {from} – {to} er gennemgået, og at der er kvalificerende infektioner",
                "Record that the infection history {from} – {to} was reviewed and qualifying infections are present"
            ),
        )
    } else {
        words(
            say!(
                language,
                "Registrér: ingen kvalificerende infektioner",
                "Record: no qualifying infections"
            ),
            say!(
                language,
                "Registrér, at infektionshistorikken {from} – {to} er gennemgået, og at der ingen kvalificerende infektioner er",
                "Record that the infection history {from} – {to} was reviewed and there are no qualifying infections"
            ),
        )
    }
}

/// Low IgG as the decisive factor.
pub fn decisive(yes: bool, language: Language) -> Words {
    if yes {
        words(
            say!(
                language,
                "Registrér: lav IgG var afgørende",
                "Record: low IgG was decisive"
            ),
            say!(
                language,
                "Registrér skønnet, at lav IgG var den afgørende enkeltfaktor for infektionerne",
                "Record the judgement that low IgG was the decisive single factor for the infections"
            ),
        )
    } else {
        words(
            say!(
                language,
                "Registrér: lav IgG var ikke afgørende",
                "Record: low IgG was not decisive"
            ),
            say!(
                language,
                "Registrér skønnet, at lav IgG ikke var den afgørende enkeltfaktor for infektionerne",
                "Record the judgement that low IgG was not the decisive single factor for the infections"
            ),
        )
    }
}

/// Donor of a transplant; an unknown one is not offered.
pub fn donor(donor: Donor, language: Language) -> Words {
    let name = super::words::transplant(donor).say(language);
    words(
        say!(language, "Registrér: {name}", "Record: {name}"),
        say!(
            language,
            "Registrér donortypen: {name}",
            "Record the donor type: {name}"
        ),
    )
}

/// Whether an event is a new start.
pub fn index_event(confirmed: bool, language: Language) -> Words {
    if confirmed {
        words(
            say!(
                language,
                "Ny behandlingsstart (under 6 måneder)",
                "A new treatment start (less than 6 months ago)"
            ),
            say!(
                language,
                "Registrér, at hændelsen er en ny start af bispecifikt antistof eller CAR-T",
                "Record that the event is a new start of a bispecific antibody or CAR-T"
            ),
        )
    } else {
        words(
            say!(
                language,
                "Ikke ny start (6 måneder eller mere)",
                "Not a new start (6 months or more)"
            ),
            say!(
                language,
                "Registrér, at hændelsen hører til den tidligere behandling",
                "Record that the event belongs to the earlier treatment"
            ),
        )
    }
}

/// Removal of a draft.
pub fn remove_draft(language: Language) -> Words {
    words(
        say!(
            language,
            "Fjern ordinationsudkastet",
            "Remove the draft order"
        ),
        say!(
            language,
            "Slet udkastet til ordination af immunglobulin",
            "Delete the draft order of immunoglobulin"
        ),
    )
}

/// The SID indication of a draft.
pub fn add_reason(language: Language) -> Words {
    words(
        say!(
            language,
            "Tilføj indikation: sekundær immundefekt (SID)",
            "Add indication: secondary immune deficiency (SID)"
        ),
        say!(
            language,
            "Tilføj indikationen sekundær immundefekt til udkastet; alt andet bevares",
            "Add the indication secondary immune deficiency to the draft; everything else stays"
        ),
    )
}
