//! The 59 recommendations: what each is about, how the program takes it, and which are still to come.

use Kind::{Choice, Outside, Rule, Words};

/// How the program takes a recommendation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The guideline module decides by it.
    Rule,
    /// A card says it, for the clinician to weigh.
    Words,
    /// A choice of how the program is built, held by these tests or vignettes.
    Choice(&'static [&'static str]),
    /// Not about one patient: there is nothing to decide, and this is why.
    Outside(&'static str),
}

/// Every recommendation: id, subject, kind.
pub const RECOMMENDATIONS: [(&str, &str, Kind); 59] = [
    ("REC-01", "SCIG before IVIG", Rule),
    ("REC-02", "Products and their placement", Rule),
    (
        "REC-03",
        "Share of new SCIG patients on an equal product",
        Outside("a share of a hospital's new patients, not a property of one"),
    ),
    ("REC-04", "Facilitated SCIG in small children", Rule),
    ("REC-05", "Weekly or monthly SCIG", Words),
    ("REC-06", "Reasons for IVIG", Rule),
    ("REC-07", "IVIG products equal by gram", Words),
    ("REC-08", "Vaccination before start", Rule),
    ("REC-09", "Antibiotic prophylaxis with an organ focus", Rule),
    ("REC-10", "Start: IgG below 4 with infections", Rule),
    (
        "REC-11",
        "Start: IgG below 6 with infections in 6 months",
        Rule,
    ),
    ("REC-12", "What the 6 g/L judgement rests on", Words),
    ("REC-13", "Recurrent non-serious infections", Rule),
    ("REC-14", "Mucosal infections and IgA", Words),
    ("REC-15", "Primary prophylaxis", Rule),
    ("REC-16", "IgG M-component", Rule),
    (
        "REC-17",
        "Start within 6 months of CAR-T or bispecific",
        Rule,
    ),
    ("REC-18", "Stop or pause by 6 months after it", Rule),
    ("REC-19", "Start from 6 months after it", Rule),
    ("REC-20", "The 6 g/L rule after CAR-T or bispecific", Rule),
    ("REC-21", "Children after CAR-T or bispecific", Rule),
    ("REC-22", "Danish practice in those children", Words),
    ("REC-23", "Start after allogeneic HSCT", Rule),
    ("REC-24", "Neither haematological disease nor HSCT", Rule),
    ("REC-25", "Work-up with clinical immunology", Rule),
    ("REC-26", "Criteria after that work-up", Rule),
    ("REC-27", "IgG and infection history before start", Rule),
    ("REC-28", "Two samples three weeks apart", Rule),
    ("REC-29", "IgA and IgM before start", Rule),
    ("REC-30", "What the infection history holds", Rule),
    ("REC-31", "Reviews at 3 and 6 months", Rule),
    ("REC-32", "Reviews every 6 months", Rule),
    ("REC-33", "Dose by weight and month", Rule),
    ("REC-34", "Trough", Rule),
    (
        "REC-35",
        "Dose or interval with persisting infections",
        Rule,
    ),
    ("REC-36", "Dose reduction", Rule),
    ("REC-37", "Summer pause", Rule),
    (
        "REC-38",
        "Infections under a pause: antibiotics first",
        Rule,
    ),
    ("REC-39", "Stop attempt 6 to 12 months after start", Rule),
    ("REC-40", "Winter in the treatment period", Rule),
    ("REC-41", "Resumption on recurrence", Rule),
    ("REC-42", "IgA, IgM and B cells during treatment", Rule),
    (
        "REC-43",
        "Stop attempt 6 months after CAR-T or bispecific",
        Rule,
    ),
    ("REC-44", "Short extension of it", Rule),
    (
        "REC-45",
        "Treatment that ran before CAR-T or bispecific",
        Rule,
    ),
    (
        "REC-46",
        "Treatment begun later than 6 months after it",
        Rule,
    ),
    ("REC-47", "Restitution off treatment", Rule),
    ("REC-48", "Infections after the stop", Rule),
    (
        "REC-49",
        "Vaccines and antibiotics as main strategies",
        Words,
    ),
    ("REC-50", "The whole immune profile", Words),
    ("REC-51", "Switch gram for gram", Rule),
    ("REC-52", "Switch for lack of effect", Rule),
    ("REC-53", "Switch for adverse effects", Rule),
    ("REC-54", "Interchange of IVIG products", Words),
    ("REC-55", "SCIG maintenance after an IVIG start", Rule),
    ("REC-56", "What a home switch has to allow for", Words),
    ("REC-57", "Economic switch", Words),
    (
        "REC-58",
        "One rule for every target, disease and duration",
        Choice(&["V01", "V03", "V45", "V47"]),
    ),
    (
        "REC-59",
        "Revision with new evidence",
        Choice(&["after_its_review_date_every_card_asks_to_check_the_version"]),
    ),
];

/// Recommendations whose rules, cards or vignettes are still to come. The test fails when one of them
/// is covered, so that it is taken off.
pub const NOT_YET: &[&str] = &[];
