//! What the consensus reports say, in words: scope, start, stop, dose, children, and what is unclear.

use super::{Text, text};
use crate::guideline::comparator::reports::{Quality, ReportId};

/// One report in words.
#[derive(Debug, Clone, Copy)]
pub struct ReportText {
    /// Who issued it, short enough for a list.
    pub name: &'static str,
    /// Patients and treatments.
    pub scope: Text,
    /// When to begin.
    pub start: Text,
    /// When to end.
    pub stop: Text,
    /// Dose, interval and trough.
    pub dose: Text,
    /// Children.
    pub children: Text,
    /// What is unclear or contradictory in the sources (B-43).
    pub notes: &'static [Text],
}

/// What the addendum's prose and its tables differ on (B-43).
const AT_OR_BELOW: Text = text(
    "Tillæggets brødtekst og tabel 3-1 skriver under 4 g/L, tabel 8-5 til 8-7 skriver 4 g/L eller derunder. Her bruges de detaljerede tabeller.",
    "The addendum's prose and table 3-1 say below 4 g/L, tables 8-5 to 8-7 say 4 g/L or below. The detailed tables are used here.",
);
const MISPRINTS: Text = text(
    "Tillæggets brødtekst har trykfejl om rapporten (d/L for g/L, ASTCH for ASTCT).",
    "The addendum's prose has misprints about the report (d/L for g/L, ASTCH for ASTCT).",
);
const NOT_STATED: Text = text("Ikke angivet.", "Not stated.");

const HILL_NOTES: &[Text] = &[
    AT_OR_BELOW,
    text(
        "Brødteksten angiver 3 måneders behandling, der kan fortsætte ved IgG under 4 g/L med infektioner; tabellen nævner kun opstarten.",
        "The prose gives 3 months of treatment, which may go on at IgG below 4 g/L with infections; the table names only the start.",
    ),
    text(
        "Der er to kilder ved navn Hill 2019: reviewet [27] her, og et studie [20].",
        "Two sources are called Hill 2019: the review [27] here, and a study [20].",
    ),
];
const BAN_NOTES: &[Text] = &[text(
    "Tillægget siger ikke, om de 6 måneder regnes fra antistoffet eller fra immunglobulin; her regnes fra immunglobulin.",
    "The addendum does not say whether the 6 months run from the antibody or from immunoglobulin; here they run from immunoglobulin.",
)];
const IMWG23_NOTES: &[Text] = &[text(
    "Tillægget henviser til rapporten både som [30] (tekst) og [33] (tabel).",
    "The addendum cites the report as [30] (prose) and as [33] (table).",
)];
const COMMIT_NOTES: &[Text] = &[
    text(
        "Brødteksten kræver IgG under 4 g/L efter 30 dage, tabellen gælder alle. Tabellen bruges her.",
        "The prose asks for IgG below 4 g/L after 30 days, the table is for everyone. The table is used here.",
    ),
    text(
        "Ved bispecifikke antistoffer står der anden behandlingsmåned i tabel 8-7 og 2 måneder efter i tabel 3-2. Tabel 8-7 bruges her.",
        "For bispecific antibodies table 8-7 says the second month of treatment and table 3-2 says 2 months after. Table 8-7 is used here.",
    ),
    text(
        "Der er to kilder ved navn Mohan: rapporten [17] her, og et studie [25].",
        "Two sources are by Mohan: the report [17] here, and a study [25].",
    ),
];

/// The report's words.
#[expect(clippy::too_many_lines, reason = "a table")]
pub fn report(id: ReportId) -> ReportText {
    match id {
        ReportId::Astct24 => ReportText {
            name: "ASTCT 2024",
            scope: text(
                "CAR-T ved B-celle-ALL, B-celle-non-Hodgkin-lymfom og myelomatose.",
                "CAR-T in B-cell ALL, B-cell non-Hodgkin lymphoma and myeloma.",
            ),
            start: text(
                "IgG 4 g/L eller derunder med svære eller tilbagevendende bakterielle infektioner, især i luftvejene. Kan overvejes ved IgG 4–6 g/L med sådanne infektioner, ved IgG under 2 g/L uanset infektioner (især ved meget lav IgA), og omkring lymfodepletion ved tidligere infektioner og vedvarende lav IgG. Ved IgG over 6 g/L og infektioner: immunologisk udredning.",
                "IgG 4 g/L or below with severe or recurrent bacterial infections, above all of the airways. May be considered at IgG 4–6 g/L with such infections, at IgG below 2 g/L whatever the infections (above all with very low IgA), and around lymphodepletion with earlier infections and persistently low IgG. At IgG above 6 g/L with infections: immunological work-up.",
            ),
            stop: text(
                "Efter de første 3 måneder kan stop forsøges ved IgG 4 g/L eller derunder uden infektioner, med tæt kontrol.",
                "After the first 3 months a stop can be tried at IgG 4 g/L or below without infections, closely monitored.",
            ),
            dose: text(
                "Voksne 0,4–0,5 g/kg hver 3.–4. uge, dalværdi over 6 g/L; SCIG er en mulighed.",
                "Adults 0.4–0.5 g/kg every 3–4 weeks, trough above 6 g/L; SCIG is an option.",
            ),
            children: text(
                "Alle børn efter CAR-T: 0,25–0,5 g/kg hver 4. uge; ved langvarig B-celle-mangel SCIG og IgG over 10 g/L.",
                "Every child after CAR-T: 0.25–0.5 g/kg every 4 weeks; with long B-cell aplasia SCIG and IgG above 10 g/L.",
            ),
            notes: &[AT_OR_BELOW, MISPRINTS],
        },
        ReportId::Ebmt22 => ReportText {
            name: "EBMT/EHA 2022",
            scope: text(
                "CAR-T ved recidiveret eller refraktær B-celle-ALL, B-celle-lymfom, mantelcellelymfom og myelomatose. Svarer til EU CAR-T Handbook 2025.",
                "CAR-T in relapsed or refractory B-cell ALL, B-cell lymphoma, mantle cell lymphoma and myeloma. The same as the EU CAR-T Handbook 2025.",
            ),
            start: text(
                "IgG under 4 g/L med alvorlige, tilbagevendende eller kroniske infektioner med kapselbærende bakterier.",
                "IgG below 4 g/L with serious, recurrent or chronic infections by encapsulated bacteria.",
            ),
            stop: text(
                "Når funktionelle B-celler er restitueret (ikke nærmere beskrevet).",
                "Once functional B cells are restored (not described further).",
            ),
            dose: text(
                "IVIG 0,4 g/kg hver 3.–6. uge eller SCIG 0,1–0,15 g/kg ugentligt; IgG over 4 g/L, målt hver 3. måned.",
                "IVIG 0.4 g/kg every 3–6 weeks or SCIG 0.1–0.15 g/kg weekly; IgG above 4 g/L, measured every 3 months.",
            ),
            children: text(
                "Alle børn efter CAR-T, IgG efter alder.",
                "Every child after CAR-T, IgG by age.",
            ),
            notes: &[MISPRINTS],
        },
        ReportId::Hill19r => ReportText {
            name: "Hill 2019 (review)",
            scope: text(
                "CAR-T ved B-celle-maligniteter, især rettet mod CD19. Ikke fra et fagligt selskab.",
                "CAR-T in B-cell malignancies, above all against CD19. Not issued by a professional society.",
            ),
            start: text(
                "Kan overvejes ved IgG 4 g/L eller derunder i de første 3 måneder, og ved IgG op til 6 g/L med alvorlige eller gentagne infektioner. Over 6 g/L kun ved påvist funktionel immundefekt.",
                "May be considered at IgG 4 g/L or below in the first 3 months, and at IgG up to 6 g/L with serious or repeated infections. Above 6 g/L only with a shown functional defect.",
            ),
            stop: text(
                "Kan overvejes, når immunparametre er normale, og der ikke er infektioner.",
                "May be considered once immune parameters are normal and there are no infections.",
            ),
            dose: text(
                "IVIG 0,4–0,8 g/kg hver 3.–4. uge eller SCIG 0,1–0,2 g/kg ugentligt.",
                "IVIG 0.4–0.8 g/kg every 3–4 weeks or SCIG 0.1–0.2 g/kg weekly.",
            ),
            children: NOT_STATED,
            notes: HILL_NOTES,
        },
        ReportId::Ban25 => ReportText {
            name: "Banerjee 2025",
            scope: text(
                "Bispecifikke antistoffer ved myelomatose. Ikke fra et fagligt selskab.",
                "Bispecific antibodies in myeloma. Not issued by a professional society.",
            ),
            start: text(
                "Alle i behandling, uanset IgG og infektioner; IgG på 4 g/L eller mere udelukker ikke risiko.",
                "Everyone on treatment, whatever IgG and infections; IgG of 4 g/L or more does not rule out risk.",
            ),
            stop: text(
                "Mulige kriterier: stabil dalværdi over fx 4 g/L, sjældnere dosering af antistoffet (hver 4. uge eller sjældnere), eller fast varighed, fx 6 måneder.",
                "Possible criteria: a stable trough above e.g. 4 g/L, the antibody given less often (every 4 weeks or less), or a fixed duration, e.g. 6 months.",
            ),
            dose: text("IVIG 0,4 g/kg hver 4. uge.", "IVIG 0.4 g/kg every 4 weeks."),
            children: NOT_STATED,
            notes: BAN_NOTES,
        },
        ReportId::Imwg24 => ReportText {
            name: "IMWG 2024",
            scope: text(
                "Bispecifikke antistoffer ved recidiveret eller refraktær myelomatose.",
                "Bispecific antibodies in relapsed or refractory myeloma.",
            ),
            start: text(
                "Alle med IgG under 4 g/L, tidligt; klonalt IgG trækkes fra, og IgA og IgM indgår.",
                "Everyone with IgG below 4 g/L, early; clonal IgG is subtracted, and IgA and IgM are looked at.",
            ),
            stop: text(
                "Intet stopkriterium; fortsætter efter antistoffets ophør, så længe IgG er under 4 g/L.",
                "No stop criterion; goes on after the antibody has ended while IgG is below 4 g/L.",
            ),
            dose: NOT_STATED,
            children: NOT_STATED,
            notes: &[MISPRINTS],
        },
        ReportId::Imwg23 => ReportText {
            name: "IMWG 2023",
            scope: text(
                "Bispecifikke antistoffer ved myelomatose.",
                "Bispecific antibodies in myeloma.",
            ),
            start: text(
                "Alle med IgG under 4 g/L. Uanset IgG: mindst to alvorlige infektioner med kapselbærende bakterier, en livstruende infektion, eller svigt af antibiotika ved påvist bakteriel infektion.",
                "Everyone with IgG below 4 g/L. Whatever the IgG: at least two serious infections by encapsulated bacteria, a life-threatening infection, or failure of antibiotics in a documented bacterial infection.",
            ),
            stop: text(
                "Kan overvejes ved vedvarende IgG over 4 g/L uden livstruende infektion.",
                "May be considered at sustained IgG above 4 g/L without a life-threatening infection.",
            ),
            dose: text(
                "IVIG 0,4 g/kg hver 4. uge; IgG måles månedligt.",
                "IVIG 0.4 g/kg every 4 weeks; IgG measured monthly.",
            ),
            children: NOT_STATED,
            notes: IMWG23_NOTES,
        },
        ReportId::Commit23 => ReportText {
            name: "COMMIT 2023",
            scope: text(
                "CAR-T og bispecifikke antistoffer ved recidiveret eller refraktær myelomatose.",
                "CAR-T and bispecific antibodies in relapsed or refractory myeloma.",
            ),
            start: text(
                "Alle uanset infektioner: fra ca. dag 30 efter CAR-T, fra anden behandlingsmåned med bispecifikt antistof; M-komponenten trækkes fra.",
                "Everyone whatever the infections: from about day 30 after CAR-T, from the second month of a bispecific antibody; the M-component is subtracted.",
            ),
            stop: text(
                "IgG over 4 g/L, ellers 1 år efter CAR-T eller når det bispecifikke antistof ophører.",
                "IgG above 4 g/L, else 1 year after CAR-T or once the bispecific antibody ends.",
            ),
            dose: text("IVIG 0,4 g/kg hver 4. uge.", "IVIG 0.4 g/kg every 4 weeks."),
            children: NOT_STATED,
            notes: COMMIT_NOTES,
        },
        ReportId::Emn23 => ReportText {
            name: "EMN 2023",
            scope: text(
                "CAR-T og bispecifikke antistoffer ved myelomatose.",
                "CAR-T and bispecific antibodies in myeloma.",
            ),
            start: text(
                "Alle med IgG 4 g/L eller derunder. Uanset IgG: tilbagevendende bakterielle infektioner, som antibiotika ikke klarer.",
                "Everyone with IgG 4 g/L or below. Whatever the IgG: recurrent bacterial infections that antibiotics do not clear.",
            ),
            stop: text(
                "Ikke fast defineret; kan overvejes ved vedvarende normal IgG uden infektioner.",
                "Not firmly defined; may be considered at sustained normal IgG without infections.",
            ),
            dose: text(
                "IVIG 0,4 g/kg hver 1.–4. uge efter IgG og infektioner.",
                "IVIG 0.4 g/kg every 1–4 weeks by IgG and infections.",
            ),
            children: NOT_STATED,
            notes: &[AT_OR_BELOW],
        },
    }
}

/// The AGREE II judgement.
pub fn quality(quality: Quality) -> Text {
    match quality {
        Quality::Moderate => text("moderat", "moderate"),
        Quality::ModerateToHigh => text("moderat til høj", "moderate to high"),
        Quality::High => text("høj", "high"),
    }
}
