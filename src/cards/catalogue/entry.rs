//! What is fixed for each card: its short name, its sections of the guideline, its override reasons.

use super::{Text, text};
use crate::guideline::assessment::CardCode;

/// What is fixed for one card.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// Short name, the display of `source.topic`.
    pub name: Text,
    /// Sections of the summary; the document is Danish, so its headings stay Danish.
    pub sections: &'static str,
    /// Sections of the addendum on CAR-T and bispecific antibodies.
    pub addendum: Option<&'static str>,
    /// Recommendations (`recommendations.md`).
    pub recommendations: &'static [&'static str],
    /// Why the clinician may set the card aside.
    pub overrides: &'static [OverrideReason],
}

/// A reason to set a card aside (`recommendations.md`, override codes).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum OverrideReason {
    /// Infections verified elsewhere.
    O1,
    /// Other indication than SID.
    O2,
    /// Specialist advice.
    O3,
    /// Patient preference.
    O4,
    /// Community infection risk.
    O5,
    /// Data wrong or outdated.
    O6,
    /// Awaiting a result.
    O7,
    /// Trial protocol.
    O8,
    /// Palliative.
    O9,
    /// Already handled.
    O10,
    /// A reason for IVIG is present.
    O11,
    /// Other.
    O12,
}

impl OverrideReason {
    /// Every reason.
    pub const ALL: [Self; 12] = [
        Self::O1,
        Self::O2,
        Self::O3,
        Self::O4,
        Self::O5,
        Self::O6,
        Self::O7,
        Self::O8,
        Self::O9,
        Self::O10,
        Self::O11,
        Self::O12,
    ];

    /// Its code.
    pub fn code(self) -> &'static str {
        match self {
            Self::O1 => "O1",
            Self::O2 => "O2",
            Self::O3 => "O3",
            Self::O4 => "O4",
            Self::O5 => "O5",
            Self::O6 => "O6",
            Self::O7 => "O7",
            Self::O8 => "O8",
            Self::O9 => "O9",
            Self::O10 => "O10",
            Self::O11 => "O11",
            Self::O12 => "O12",
        }
    }

    /// Its words.
    pub fn display(self) -> Text {
        match self {
            Self::O1 => text(
                "Infektioner er verificeret andetsteds",
                "Infections verified elsewhere",
            ),
            Self::O2 => text("Anden indikation end SID", "Other indication than SID"),
            Self::O3 => text(
                "Efter råd fra specialist eller klinisk immunologi",
                "Specialist or immunology advice",
            ),
            Self::O4 => text("Patientens ønske", "Patient preference"),
            Self::O5 => text("Smitterisiko i samfundet", "Community infection risk"),
            Self::O6 => text("Data er forkerte eller forældede", "Data wrong or outdated"),
            Self::O7 => text("Afventer svar", "Awaiting result"),
            Self::O8 => text("Følger forsøgsprotokol", "Trial protocol"),
            Self::O9 => text("Palliativt forløb", "Palliative care"),
            Self::O10 => text("Allerede håndteret", "Already handled"),
            Self::O11 => text("Der er en årsag til IVIG", "There is a reason for IVIG"),
            Self::O12 => text("Anden årsag", "Other reason"),
        }
    }
}

const START: &str = "Kriterier for opstart";
const START_1: &str = "Kriterier for opstart, 1; Monitorering af effekt";
const START_2: &str = "Kriterier for opstart, 2";
const STOP: &str = "Kriterier for seponering";

/// The card's entry.
#[expect(clippy::too_many_lines, reason = "a table")]
pub fn entry(card: CardCode) -> Entry {
    use OverrideReason::{O1, O2, O3, O4, O5, O6, O7, O8, O9, O10, O11, O12};
    match card {
        CardCode::C01 => Entry {
            name: text(
                "Opstart efter CAR-T/bispecifikt antistof",
                "Start after CAR-T/bispecific",
            ),
            sections: START_2,
            addendum: Some("3.4, 4.1, 4.2"),
            recommendations: &["REC-17", "REC-18", "REC-43", "REC-50"],
            overrides: &[O3, O4, O6, O8, O9],
        },
        CardCode::C02 => Entry {
            name: text(
                "Opstart ved IgG <4 g/L og infektioner",
                "Start on IgG <4 g/L and infections",
            ),
            sections: START_1,
            addendum: Some("4.1"),
            recommendations: &["REC-10", "REC-19", "REC-28"],
            overrides: &[O3, O4, O6, O9],
        },
        CardCode::C03 => Entry {
            name: text(
                "Opstart ved IgG <6 g/L kan overvejes",
                "Start on IgG <6 g/L may be considered",
            ),
            sections: START_1,
            addendum: Some("4.1"),
            recommendations: &["REC-11", "REC-12", "REC-20", "REC-28"],
            overrides: &[O3, O6],
        },
        CardCode::C04 => Entry {
            name: text("Opstart kan ikke vurderes", "Start cannot be assessed"),
            sections: "Kriterier for opstart; Monitorering af effekt",
            addendum: None,
            recommendations: &["REC-27", "REC-28", "REC-30"],
            overrides: &[O6, O7],
        },
        CardCode::C05 => Entry {
            name: text(
                "Infektionskriteriet ikke opfyldt",
                "Infection criterion not met",
            ),
            sections: "Kriterier for opstart, 1 og 4",
            addendum: None,
            recommendations: &["REC-10", "REC-13", "REC-14", "REC-15"],
            overrides: &[O1, O2, O3, O6, O8, O12],
        },
        CardCode::C06 => Entry {
            name: text("IgG-M-komponent", "IgG M-component"),
            sections: "Kriterier for opstart, 1",
            addendum: None,
            recommendations: &["REC-16"],
            overrides: &[O3, O10],
        },
        CardCode::C07 => Entry {
            name: text(
                "Barn med CAR-T/bispecifikt antistof",
                "Child with CAR-T/bispecific",
            ),
            sections: START_2,
            addendum: Some("4, 4.3"),
            recommendations: &["REC-21", "REC-22"],
            overrides: &[O10],
        },
        CardCode::C08 => Entry {
            name: text("Opstart efter allogen HSCT", "Start after allogeneic HSCT"),
            sections: "Kriterier for opstart, 3",
            addendum: None,
            recommendations: &["REC-23"],
            overrides: &[O3, O4, O6, O9],
        },
        CardCode::C09 => Entry {
            name: text(
                "HGG uden hæmatologisk sygdom",
                "HGG without haematological disease",
            ),
            sections: "Kriterier for opstart, 4",
            addendum: None,
            recommendations: &["REC-24", "REC-25", "REC-26"],
            overrides: &[O3, O10],
        },
        CardCode::C10 => Entry {
            name: text(
                "Vaccination og antibiotikaprofylakse før opstart",
                "Vaccination and antibiotic prophylaxis before start",
            ),
            sections: START,
            addendum: Some("4.1"),
            recommendations: &["REC-08", "REC-09", "REC-49"],
            overrides: &[O6, O10],
        },
        CardCode::C11 => Entry {
            name: text("Baseline før opstart", "Baseline before start"),
            sections: "Monitorering af effekt",
            addendum: None,
            recommendations: &["REC-27", "REC-29", "REC-30"],
            overrides: &[O7, O10],
        },
        CardCode::C12 => Entry {
            name: text("Opfølgning på immunglobulin", "Immunoglobulin review"),
            sections: "Monitorering af effekt; Kriterier for seponering",
            addendum: None,
            recommendations: &["REC-31", "REC-32"],
            overrides: &[O7, O10],
        },
        CardCode::C14 => Entry {
            name: text(
                "Seponering efter CAR-T/bispecifikt antistof",
                "Stop after CAR-T/bispecific",
            ),
            sections: "Kriterier for opstart, 2; Kriterier for seponering",
            addendum: Some("4.1, 4.2"),
            recommendations: &["REC-18", "REC-43", "REC-44"],
            overrides: &[O1, O5, O6, O8],
        },
        CardCode::C15 => Entry {
            name: text(
                "Seponering 6–12 måneder efter opstart",
                "Stop 6–12 months after start",
            ),
            sections: STOP,
            addendum: Some("4.2"),
            recommendations: &["REC-39", "REC-40", "REC-45", "REC-46"],
            overrides: &[O3, O5, O10],
        },
        CardCode::C16 => Entry {
            name: text("IgG under substitution", "IgG under substitution"),
            sections: STOP,
            addendum: Some("3.4"),
            recommendations: &["REC-42", "REC-47"],
            overrides: &[O10],
        },
        CardCode::C17 => Entry {
            name: text("Sommerpausering", "Summer pause"),
            sections: "Pausering",
            addendum: None,
            recommendations: &["REC-37", "REC-38"],
            overrides: &[O3, O4, O9],
        },
        CardCode::C18 => Entry {
            name: text("Infektion efter pause/stop", "Infection after pause/stop"),
            sections: "Pausering; Kriterier for seponering",
            addendum: Some("4.3"),
            recommendations: &["REC-38", "REC-41", "REC-48"],
            overrides: &[O3],
        },
        CardCode::C20 => Entry {
            name: text("SCIG frem for IVIG", "SCIG before IVIG"),
            sections: "Medicinrådets kliniske vurdering af lægemidler; Tabel 1; Anbefalinger for SCIG; Anbefalinger for IVIG; Praktiske forhold",
            addendum: None,
            recommendations: &["REC-01", "REC-02", "REC-05", "REC-06", "REC-07", "REC-55"],
            overrides: &[O11, O4, O3],
        },
        CardCode::C21 => Entry {
            name: text(
                "Faciliteret SCIG til et lille barn",
                "Facilitated SCIG in a small child",
            ),
            sections: "Anbefalinger for SCIG",
            addendum: None,
            recommendations: &["REC-02", "REC-04"],
            overrides: &[O3, O4],
        },
        CardCode::C22 => Entry {
            name: text("Månedsdosis", "Monthly dose"),
            sections: "Dosisjustering",
            addendum: None,
            recommendations: &["REC-33"],
            overrides: &[O2, O3, O12],
        },
        CardCode::C23 => Entry {
            name: text(
                "Kontrollér enhed, vej og vægt",
                "Check unit, route and weight",
            ),
            sections: "Dosisjustering; Tabel 1",
            addendum: None,
            recommendations: &["REC-02", "REC-33"],
            overrides: &[O2, O12],
        },
        CardCode::C24 => Entry {
            name: text("Dalværdi af IgG", "Trough IgG"),
            sections: "Dosisjustering",
            addendum: None,
            recommendations: &["REC-33", "REC-34", "REC-35"],
            overrides: &[O3],
        },
        CardCode::C25 => Entry {
            name: text("Dosisreduktion kan forsøges", "Dose reduction can be tried"),
            sections: "Dosisjustering",
            addendum: None,
            recommendations: &["REC-34", "REC-36"],
            overrides: &[O3],
        },
        CardCode::C26 => Entry {
            name: text("Uden for vejledningen", "Outside the guideline"),
            sections: "Om opsummeringen",
            addendum: None,
            recommendations: &[],
            overrides: &[],
        },
        CardCode::C27 => Entry {
            name: text("Skift gram til gram", "Switch gram for gram"),
            sections: "Skift mellem præparater; Praktiske forhold; Tabel 1",
            addendum: None,
            recommendations: &["REC-02", "REC-07", "REC-51", "REC-54", "REC-56"],
            overrides: &[O3, O12],
        },
        CardCode::C28 => Entry {
            name: text("Årsag til skift", "Reason for a switch"),
            sections: "Skift mellem præparater: Manglende effekt; Bivirkninger; Praktiske forhold",
            addendum: None,
            recommendations: &["REC-52", "REC-53", "REC-57"],
            overrides: &[O3],
        },
        CardCode::C29 => Entry {
            name: text("Indikation mangler", "Indication missing"),
            sections: "Om opsummeringen; Kriterier for opstart",
            addendum: None,
            recommendations: &[],
            overrides: &[O2],
        },
        CardCode::C30 => Entry {
            name: text("To populationer passer", "Two populations fit"),
            sections: "Kriterier for opstart; Kriterier for seponering",
            addendum: Some("4.1, 4.2"),
            recommendations: &["REC-17", "REC-19", "REC-23", "REC-58"],
            overrides: &[O3],
        },
        CardCode::C31 => Entry {
            name: text("Data kan ikke anvendes", "Data cannot be used"),
            sections: "Monitorering af effekt",
            addendum: None,
            recommendations: &["REC-27", "REC-28"],
            overrides: &[O6],
        },
        CardCode::C32 => Entry {
            name: text("IgG-kriteriet ikke opfyldt", "IgG criterion not met"),
            sections: START,
            addendum: Some("4.1"),
            recommendations: &["REC-10", "REC-11", "REC-17", "REC-19", "REC-23"],
            overrides: &[O1, O2, O3, O6, O8],
        },
    }
}

/// The card's code as it stands in `source.topic` and in the assessment.
pub fn code(card: CardCode) -> &'static str {
    match card {
        CardCode::C01 => "C01",
        CardCode::C02 => "C02",
        CardCode::C03 => "C03",
        CardCode::C04 => "C04",
        CardCode::C05 => "C05",
        CardCode::C06 => "C06",
        CardCode::C07 => "C07",
        CardCode::C08 => "C08",
        CardCode::C09 => "C09",
        CardCode::C10 => "C10",
        CardCode::C11 => "C11",
        CardCode::C12 => "C12",
        CardCode::C14 => "C14",
        CardCode::C15 => "C15",
        CardCode::C16 => "C16",
        CardCode::C17 => "C17",
        CardCode::C18 => "C18",
        CardCode::C20 => "C20",
        CardCode::C21 => "C21",
        CardCode::C22 => "C22",
        CardCode::C23 => "C23",
        CardCode::C24 => "C24",
        CardCode::C25 => "C25",
        CardCode::C26 => "C26",
        CardCode::C27 => "C27",
        CardCode::C28 => "C28",
        CardCode::C29 => "C29",
        CardCode::C30 => "C30",
        CardCode::C31 => "C31",
        CardCode::C32 => "C32",
    }
}
