//! The value sets that the program reads facts with, one constant for each file of
//! `terminology/valuesets` that is used.

use super::ValueSetId;

/// A constant for each set, and the list of embedded files; a missing file does not compile.
macro_rules! value_sets {
    ($($(#[$doc:meta])* $name:ident = $id:literal;)*) => {
        /// The place of each set among them all.
        #[allow(non_camel_case_types, clippy::upper_case_acronyms, reason = "named as the constants")]
        enum Place { $($name),* }

        $($(#[$doc])* pub const $name: ValueSetId = ValueSetId::new($id, Place::$name as u8);)*

        /// Every set with its ValueSet as JSON.
        pub(super) const EMBEDDED: &[(ValueSetId, &str)] = &[$((
            $name,
            include_str!(concat!(
                env!("CARGO_MANIFEST_DIR"), "/terminology/valuesets/", $id, ".json"
            )),
        )),*];
    };
}

value_sets! {
    /// Total IgG in serum or plasma, mass concentration.
    IGG_MASS = "lab-igg-mass";
    /// Total IgG in plasma, substance concentration (µmol/L).
    IGG_SUBSTANCE = "lab-igg-substance";
    /// Looks like IgG and is not total serum IgG; wins over every other set.
    IGG_NEVER_TOTAL = "lab-igg-NEVER-total";
    /// Total IgA, mass concentration.
    IGA_MASS = "lab-iga-mass";
    /// Total IgA, substance concentration.
    IGA_SUBSTANCE = "lab-iga-substance";
    /// IgA by a low-range assay (µg/L).
    IGA_LOW_RANGE = "lab-iga-low-range";
    /// Total IgM, mass concentration.
    IGM_MASS = "lab-igm-mass";
    /// Total IgM, substance concentration.
    IGM_SUBSTANCE = "lab-igm-substance";
    /// CD19+ B cells in blood, absolute.
    B_CELLS_ABSOLUTE = "lab-bcell-abs";
    /// M-protein concentration, IgG or class not stated.
    M_PROTEIN = "lab-m-protein";
    /// Of these, the codes that say class IgG.
    M_PROTEIN_IGG = "lab-m-protein-igg";
    /// M-protein of class IgA or IgM.
    M_PROTEIN_NON_IGG = "lab-m-protein-non-igg";
    /// M-component screening and typing.
    M_PROTEIN_QUALITATIVE = "lab-m-protein-qualitative";
    /// Blood culture.
    BLOOD_CULTURE = "lab-blood-culture";
    /// Body weight.
    BODY_WEIGHT = "obs-body-weight";

    /// Haematological malignancy.
    DX_HAEM_MALIGNANCY = "dx-haem-malignancy";
    /// B-cell and plasma-cell malignancy.
    DX_B_CELL_OR_PLASMA_CELL = "dx-bcell-plasma-malignancy";
    /// Multiple myeloma.
    DX_MULTIPLE_MYELOMA = "dx-multiple-myeloma";
    /// Monoclonal gammopathy of undetermined significance.
    DX_MGUS = "dx-mgus";
    /// Myeloma that says itself that it is of class IgG.
    DX_IGG_MONOCLONAL = "dx-igg-monoclonal";
    /// Waldenström's macroglobulinaemia, whose M-protein is IgM.
    DX_WALDENSTROM = "dx-waldenstrom";
    /// Non-malignant or uncertain haematological disease, MGUS aside.
    DX_NON_MALIGNANT_HAEM = "dx-nonmalignant-haem";
    /// Hypogammaglobulinaemia and antibody deficiency without a specific primary cause.
    DX_HYPOGAMMAGLOBULINAEMIA = "dx-hypogamma";
    /// A specific primary immune deficiency.
    DX_PRIMARY_IMMUNODEFICIENCY = "dx-primary-immunodeficiency";
    /// Indications of immunoglobulin outside immune deficiency; for the reason of an order only.
    DX_IMMUNOMODULATION = "dx-immunomodulation";
    /// Bronchiectasis.
    DX_BRONCHIECTASIS = "dx-bronchiectasis";
    /// Other chronic foci of infection.
    DX_CHRONIC_LUNG_FOCUS = "dx-chronic-lung-focus";

    /// CAR-T infusion.
    PROC_CAR_T = "proc-cart";
    /// Allogeneic stem-cell transplantation.
    PROC_HSCT_ALLOGENEIC = "proc-hsct-allo";
    /// Autologous stem-cell transplantation.
    PROC_HSCT_AUTOLOGOUS = "proc-hsct-auto";
    /// Stem-cell transplantation, or status after it, with the donor not stated.
    PROC_HSCT_UNSPECIFIED = "proc-hsct-unspecified";

    /// CAR-T products.
    MED_CAR_T = "med-cart";
    /// Bispecific antibodies against B- or plasma-cell antigens.
    MED_BISPECIFIC = "med-bispecific";
    /// Human normal immunoglobulin, subcutaneous.
    MED_IG_SC = "med-ig-sc";
    /// Human normal immunoglobulin, intravenous.
    MED_IG_IV = "med-ig-iv";
    /// Human normal immunoglobulin, any route.
    MED_IG_ANY = "med-ig-any";
    /// Systemic antibiotics.
    MED_ANTIBIOTIC = "med-antibiotic-any";
    /// Antibiotics that are used for prophylaxis.
    MED_ANTIBIOTIC_PROPHYLAXIS = "med-antibiotic-prophylaxis";

    /// Intravenous route.
    ROUTE_IV = "route-iv";
    /// Subcutaneous route.
    ROUTE_SC = "route-sc";

    /// Pneumococcal vaccines.
    VAC_PNEUMOCOCCAL = "vac-pneumococcal";
    /// Inactivated influenza vaccines.
    VAC_INFLUENZA = "vac-influenza-inactivated";

    /// Infections that are bacterial by definition. The set gives no severity (F-06).
    INF_BACTERIAL_CERTAIN = "inf-bacterial-certain-severe";
    /// Infections whose organism is not stated or mixed.
    INF_BACTERIAL_POSSIBLE = "inf-bacterial-possible";
    /// Sepsis, septic shock and others that may be life-threatening.
    INF_LIFE_THREATENING = "inf-life-threatening";
    /// WHO's R65.1; ICD-10-CM means the opposite by it.
    INF_LIFE_THREATENING_WHO_R65 = "inf-life-threatening-who-r65";
    /// Codes that say sepsis, alone a candidate (B-25).
    INF_SEPSIS = "inf-sepsis";
    /// Codes that say shock or organ failure.
    INF_SEPTIC_SHOCK = "inf-septic-shock";
    /// Mild mucosal infections.
    INF_MUCOSAL_MILD = "inf-mucosal-mild";
    /// Of these, the ones that are bacterial by definition.
    INF_MILD_BACTERIAL = "inf-mild-bacterial";
    /// Viral infections.
    INF_VIRAL = "inf-viral";

    /// Encounter classes that are an admission.
    ENC_ADMISSION = "enc-admission";
    /// Intensive care.
    ENC_INTENSIVE_CARE = "enc-icu";

    /// What a request for IgG, IgA and IgM is coded with.
    ORDER_IMMUNOGLOBULINS = "order-measure-ig";
    /// What a request for B cells is coded with.
    ORDER_B_CELLS = "order-bcell";
    /// What a request for free light chains is coded with.
    ORDER_FREE_LIGHT_CHAINS = "order-free-light-chains";
    /// What a request for a vaccine response is coded with.
    ORDER_VACCINE_RESPONSE = "order-vaccine-response";
    /// What a referral to clinical immunology is coded with.
    ORDER_IMMUNOLOGY_REFERRAL = "order-referral-immunology";
}
