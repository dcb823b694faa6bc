//! What the studies found and what limits them, in words, and the Council's judgement of them.

use super::{Text, text};
use crate::guideline::evidence::{Certainty, Design, Setting, StudyId};

/// One study in words.
#[derive(Debug, Clone, Copy)]
pub struct StudyText {
    /// Patients and treatment.
    pub population: Text,
    /// Key figures.
    pub findings: Text,
    /// What limits them.
    pub limits: Text,
}

/// The Council's judgement of the primary literature (addendum, sections 3.2 and 3.4).
pub const JUDGEMENT: Text = text(
    "Evidensen er af meget lav kvalitet: ingen af studierne er randomiserede eller blindede, og immunglobulin blev givet efter lægens skøn, så grupperne kan være forskellige fra starten. Efter CAR-T fandt de fleste ingen forskel i infektioner; ved bispecifikke antistoffer fandt tre studier færre alvorlige infektioner med immunglobulin. Medicinrådets anbefaling bygger derfor på konsensusrapporterne, ikke på studierne.",
    "The certainty is very low: no study is randomised or blinded, and immunoglobulin was given at the physician's discretion, so that the groups may have differed from the outset. After CAR-T most found no difference in infections; with bispecific antibodies three found fewer serious infections with immunoglobulin. The Council's recommendation therefore rests on the consensus reports, not on the studies.",
);

/// The study's words.
pub fn study(id: StudyId) -> StudyText {
    match id {
        StudyId::Dima2025 => StudyText {
            population: text(
                "Recidiveret/refraktær myelomatose, cilta-cel",
                "Relapsed/refractory myeloma, cilta-cel",
            ),
            findings: text(
                "49 % fik infektioner, heraf 32 % alvorlige. IVIG hos 51 % uden og 60 % med alvorlig infektion (p = 0,4), median 75 dage. Hverken IVIG eller IgG hang sammen med alvorlige infektioner.",
                "49 % had infections, 32 % of them serious. IVIG in 51 % without and 60 % with a serious infection (p = 0.4), median 75 days. Neither IVIG nor IgG was associated with serious infections.",
            ),
            limits: text(
                "Ingen kontrolgruppe. Uklart, om de 32 % er patienter eller infektioner.",
                "No control group. Unclear whether the 32 % are patients or infections.",
            ),
        },
        StudyId::Hill2019 => StudyText {
            population: text(
                "ALL, CLL og NHL i komplet remission mindst 6 måneder, CD19-CAR-T",
                "ALL, CLL and NHL in complete remission for at least 6 months, CD19 CAR-T",
            ),
            findings: text(
                "IgG faldt 17,5 % på 100 dage. 0,91 virusinfektioner pr. personår efter dag 90. IVIG til 61 % af dem med IgG under 4 g/L; infektioner var ikke hyppigere uden.",
                "IgG fell by 17.5 % in 100 days. 0.91 viral infections per person-year after day 90. IVIG for 61 % of those with IgG below 4 g/L; infections were no more frequent without.",
            ),
            limits: text(
                "Få patienter, ufuldstændige målinger.",
                "Few patients, incomplete measurements.",
            ),
        },
        StudyId::Josyula2022 => StudyText {
            population: text(
                "Recidiveret/refraktær myelomatose, BCMA-CAR-T med eller uden gammasekretasehæmmer",
                "Relapsed/refractory myeloma, BCMA CAR-T with or without a gamma secretase inhibitor",
            ),
            findings: text(
                "IgG under 4 g/L hos 88 % før og 100 % på dag 28. Infektioner hos 53 %, 26 % af dem grad 3. IVIG til 63 %; effekten kunne ikke opgøres.",
                "IgG below 4 g/L in 88 % before and 100 % on day 28. Infections in 53 %, 26 % of them grade 3. IVIG for 63 %; its effect could not be quantified.",
            ),
            limits: text(
                "Få patienter, selektiv brug af IVIG.",
                "Few patients, selective use of IVIG.",
            ),
        },
        StudyId::Mokhtari2025 => StudyText {
            population: text(
                "Storcellet B-celle-lymfom med ICANS grad 3 eller derover, axi-cel",
                "Large B-cell lymphoma with ICANS of grade 3 or more, axi-cel",
            ),
            findings: text(
                "Steroid med IVIG (9) mod steroid alene (10): ICANS svandt på 3 dage i begge grupper. IVIG blev godt tålt.",
                "Steroid with IVIG (9) against steroid alone (10): ICANS resolved in 3 days in both. IVIG was well tolerated.",
            ),
            limits: text(
                "Selektionsbias. IVIG blev mest givet mod ICANS, som vejledningen ikke omfatter.",
                "Selection bias. IVIG was mostly given for ICANS, which the guideline does not cover.",
            ),
        },
        StudyId::Sutherland2025 => StudyText {
            population: text(
                "Lymfom og leukæmi, CD19-CAR-T",
                "Lymphoma and leukaemia, CD19 CAR-T",
            ),
            findings: text(
                "IgG 6 g/L eller derunder hos 91 %, hos 88 % i over 12 måneder; immunglobulin til 24 %. Immunglobulin hang sammen med flere infektioner (IRR 2,02) og indlæggelser (2,00), men lavere dødelighed (HR 0,59).",
                "IgG 6 g/L or below in 91 %, in 88 % for over 12 months; immunoglobulin for 24 %. Immunoglobulin was associated with more infections (IRR 2.02) and admissions (2.00) but lower mortality (HR 0.59).",
            ),
            limits: text(
                "Confounding by indication: de syge fik immunglobulin. Tallene 2,44 og 0,42 efter periode kaldes IRR, men ligner rater.",
                "Confounding by indication: the sick were given immunoglobulin. The figures 2.44 and 0.42 by period are called IRR but look like rates.",
            ),
        },
        StudyId::Thiruvengadam2022 => StudyText {
            population: text(
                "Recidiveret/refraktær myelomatose, fire BCMA-CAR-T-produkter",
                "Relapsed/refractory myeloma, four BCMA CAR-T products",
            ),
            findings: text(
                "IgG under 3 g/L hos 67 % den første måned og 41 % efter 9–12 måneder. IVIG til 58 %. 47 episoder hos 53 %; ingen sammenhæng med IVIG.",
                "IgG below 3 g/L in 67 % in the first month and 41 % after 9–12 months. IVIG for 58 %. 47 episodes in 53 %; no association with IVIG.",
            ),
            limits: text(
                "Få patienter i god almentilstand.",
                "Few patients in good condition.",
            ),
        },
        StudyId::Uy2020 => StudyText {
            population: text(
                "CLL, CD19-CAR-T; 4 udelukket for manglende IgG",
                "CLL, CD19 CAR-T; 4 left out for want of IgG",
            ),
            findings: text(
                "IgG under 4,5 g/L hos 44 % før og 81 % efter; IVIG til 72 %. Flere infektioner med IVIG (2,00 mod 0,58; p = 0,003); ens overlevelse.",
                "IgG below 4.5 g/L in 44 % before and 81 % after; IVIG for 72 %. More infections with IVIG (2.00 against 0.58; p = 0.003); equal survival.",
            ),
            limits: text(
                "Infektioner de første 28 dage er ikke med.",
                "Infections of the first 28 days are left out.",
            ),
        },
        StudyId::Frerichs2023 => StudyText {
            population: text(
                "Recidiveret/refraktær myelomatose, teclistamab",
                "Relapsed/refractory myeloma, teclistamab",
            ),
            findings: text(
                "Infektioner af grad 3 eller derover pr. år: 0,12 med primær IVIG og 1,36 uden (IRR 11,6; 2,7–50). Dødelige: 0 mod 3 (9 %).",
                "Infections of grade 3 or more per year: 0.12 with primary IVIG and 1.36 without (IRR 11.6; 2.7–50). Fatal: 0 against 3 (9 %).",
            ),
            limits: text(
                "Få patienter, selektiv brug af IVIG.",
                "Few patients, selective use of IVIG.",
            ),
        },
        StudyId::Lancman2023 => StudyText {
            population: text(
                "Recidiveret/refraktær myelomatose, BCMA-bispecifikke antistoffer",
                "Relapsed/refractory myeloma, BCMA bispecific antibodies",
            ),
            findings: text(
                "Alle infektioner: IRR 0,96 (0,54–1,73) med IVIG; grad 3 eller derover: 0,10 (0,01–0,80). IgG 4,33 g/L skilte alvorlige fra andre (AUC 0,734; sensitivitet 0,83; specificitet 0,63).",
                "All infections: IRR 0.96 (0.54–1.73) with IVIG; grade 3 or more: 0.10 (0.01–0.80). IgG 4.33 g/L told serious ones from others (AUC 0.734; sensitivity 0.83; specificity 0.63).",
            ),
            limits: text("Tidsafhængig confounding.", "Time-dependent confounding."),
        },
        StudyId::Mohan2025 => StudyText {
            population: text(
                "Myelomatose, BCMA-bispecifikke antistoffer; 92 med og 133 uden primær IVIG",
                "Myeloma, BCMA bispecific antibodies; 92 with and 133 without primary IVIG",
            ),
            findings: text(
                "Infektionsfri i 7,7 mod 3 måneder, uden grad 3 eller derover i 14 mod 7,5. Justeret: primær IVIG HR 0,58 (0,33–1,03), sekundær 0,36 (0,16–0,81). Overlevelse 44 mod 16 måneder.",
                "Free of infection for 7.7 against 3 months, of grade 3 or more for 14 against 7.5. Adjusted: primary IVIG HR 0.58 (0.33–1.03), secondary 0.36 (0.16–0.81). Survival 44 against 16 months.",
            ),
            limits: text(
                "Gruppen med primær IVIG er nyere, de andre var sygere.",
                "The group with primary IVIG is later, the others were sicker.",
            ),
        },
    }
}

/// How a study was made.
pub fn design(design: Design) -> Text {
    match design {
        Design::RetrospectiveCohort => text("retrospektiv kohorte", "retrospective cohort"),
        Design::ProspectiveSubgroup => text("prospektiv undergruppe", "prospective subgroup"),
        Design::SelfControlledCaseSeries => text(
            "retrospektiv, patienten som egen kontrol",
            "retrospective, self-controlled case series",
        ),
    }
}

/// Where the patients come from.
pub fn setting(setting: Setting) -> Text {
    match setting {
        Setting::OneCentre => text("ét center", "one centre"),
        Setting::SeveralCentres => text("flere centre", "several centres"),
        Setting::Trials => text("kliniske forsøg", "clinical trials"),
        Setting::NotStated => text("sted ikke angivet", "setting not stated"),
    }
}

/// The certainty.
pub fn certainty(certainty: Certainty) -> Text {
    match certainty {
        Certainty::VeryLow => text("meget lav", "very low"),
    }
}
