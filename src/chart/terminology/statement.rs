//! The codes of what only a clinician can say (decision-spec §5); the CodeSystem is
//! `terminology/codesystems/statement.json`.

/// The system of the statements and of their coded values.
pub const SYSTEM: &str = "urn:sid-cds:statement";

/// The statements themselves, without the coded values.
pub const STATEMENTS: [&str; 11] = [
    INFECTION_HISTORY_REVIEWED,
    IGG_DECISIVE_FACTOR,
    VACCINATION_ADEQUATE,
    ANTIBIOTIC_PROPHYLAXIS_CONSIDERED,
    IVIG_REASON,
    SWITCH_REASON,
    IG_REVIEW,
    IG_EXTENSION,
    INDEX_EVENT_CONFIRMED,
    DONOR_TYPE,
    IG_OUTSIDE_RECORD,
];

/// A constant for each code, and the list of all.
macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal;)*) => {
        $($(#[$doc])* pub const $name: &str = $code;)*

        /// Every code of the system, in the order of the CodeSystem.
        pub const ALL: &[&str] = &[$($name),*];
    };
}

codes! {
    /// Boolean: true = qualifying infections present, false = none.
    INFECTION_HISTORY_REVIEWED = "infection-history-reviewed";
    /// Boolean: low IgG is the decisive single factor (REC-11).
    IGG_DECISIVE_FACTOR = "igg-decisive-factor";
    /// Boolean: vaccination is adequate (REC-08).
    VACCINATION_ADEQUATE = "vaccination-adequate";
    /// Boolean: antibiotic prophylaxis has been considered (REC-09).
    ANTIBIOTIC_PROPHYLAXIS_CONSIDERED = "antibiotic-prophylaxis-considered";
    /// Coded: why intravenous immunoglobulin (REC-06).
    IVIG_REASON = "ivig-reason";
    /// Coded: why another product (REC-52, 53, 57).
    SWITCH_REASON = "switch-reason";
    /// Coded: outcome of a review (REC-31, 32, 37).
    IG_REVIEW = "ig-review";
    /// dateTime: the end of a short extension (REC-44).
    IG_EXTENSION = "ig-extension";
    /// Boolean, `focus` is the event: an index event of its own (B-13 to B-15).
    INDEX_EVENT_CONFIRMED = "index-event-confirmed";
    /// Coded: donor of the transplant (B-28).
    DONOR_TYPE = "donor-type";
    /// Boolean: immunoglobulin is given outside this record (H-06).
    IG_OUTSIDE_RECORD = "ig-outside-record";

    /// Value of `ivig-reason`.
    SHORT_DURATION = "short-duration";
    /// Value of `ivig-reason`.
    VERY_HIGH_DOSE = "very-high-dose";
    /// Value of `ivig-reason`.
    SKIN = "skin";
    /// Value of `ivig-reason`.
    SELF_INJECTION = "self-injection";
    /// Value of `switch-reason`.
    LACK_OF_EFFECT = "lack-of-effect";
    /// Value of `switch-reason`.
    ADVERSE_EFFECT = "adverse-effect";
    /// Value of `switch-reason`.
    ECONOMIC = "economic";
    /// Value of `switch-reason`.
    OTHER = "other";
    /// Value of `ig-review`.
    CONTINUE = "continue";
    /// Value of `ig-review`.
    ADJUST = "adjust";
    /// Value of `ig-review`.
    PAUSE = "pause";
    /// Value of `ig-review`.
    STOP = "stop";
    /// Value of `donor-type`.
    ALLOGENEIC = "allogeneic";
    /// Value of `donor-type`.
    AUTOLOGOUS = "autologous";
}
