//! A three-valued verdict (Kleene), which says why when it cannot say yes or no.

use serde::Serialize;

/// Why a criterion cannot be decided (decision-spec §1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// The data were never obtained.
    NotSearched,
    /// Obtained, and nothing found.
    NoneRecorded,
    /// Something was found, but too little or too old to decide (one sample only, a partial date).
    Insufficient,
    /// Two facts contradict each other.
    Conflicting,
    /// Unusable unit, value, status or date.
    Invalid,
    /// Only a clinician can judge it.
    NeedsJudgement,
}

/// Met, not met, or unknown for a reason. Absence of data is never "not met".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// Shown by the record.
    Met,
    /// Shown not to hold by a documented fact.
    NotMet,
    /// Cannot be said.
    Unknown(Reason),
}

impl Verdict {
    /// From a fact that is known.
    pub fn known(holds: bool) -> Self {
        if holds { Self::Met } else { Self::NotMet }
    }

    /// True only when met.
    pub fn is_met(self) -> bool {
        self == Self::Met
    }

    /// True only when not met.
    pub fn is_not_met(self) -> bool {
        self == Self::NotMet
    }

    /// True when it cannot be said.
    pub fn is_unknown(self) -> bool {
        matches!(self, Self::Unknown(_))
    }

    /// The reason of an unknown.
    pub fn reason(self) -> Option<Reason> {
        match self {
            Self::Unknown(reason) => Some(reason),
            Self::Met | Self::NotMet => None,
        }
    }

    /// Kleene conjunction; the first unknown's reason is kept.
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::NotMet, _) | (_, Self::NotMet) => Self::NotMet,
            (Self::Unknown(reason), _) | (_, Self::Unknown(reason)) => Self::Unknown(reason),
            (Self::Met, Self::Met) => Self::Met,
        }
    }

    /// Kleene disjunction; the first unknown's reason is kept.
    pub fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Met, _) | (_, Self::Met) => Self::Met,
            (Self::Unknown(reason), _) | (_, Self::Unknown(reason)) => Self::Unknown(reason),
            (Self::NotMet, Self::NotMet) => Self::NotMet,
        }
    }

    /// Kleene disjunction of verdicts on facts, whatever their order: of several unknowns' reasons the
    /// one that is declared first.
    pub fn any(verdicts: impl IntoIterator<Item = Self>) -> Self {
        verdicts
            .into_iter()
            .fold(Self::NotMet, |any, verdict| match (any, verdict) {
                (Self::Unknown(one), Self::Unknown(other)) => Self::Unknown(one.min(other)),
                (any, verdict) => any.or(verdict),
            })
    }

    /// What results of one day say together: what all of them say; unknown where they contradict each
    /// other, or where one of them says nothing.
    pub(super) fn of_one_day(verdicts: impl IntoIterator<Item = Self>) -> Self {
        let (mut met, mut not_met, mut open) = (false, false, None);
        for verdict in verdicts {
            match verdict {
                Self::Met => met = true,
                Self::NotMet => not_met = true,
                Self::Unknown(reason) => {
                    open = Some(open.map_or(reason, |other: Reason| other.min(reason)));
                }
            }
        }
        match (met, not_met, open) {
            (true, true, _) => Self::Unknown(Reason::Conflicting),
            (_, _, Some(reason)) => Self::Unknown(reason),
            (true, false, None) => Self::Met,
            (false, true, None) => Self::NotMet,
            (false, false, None) => Self::Unknown(Reason::NoneRecorded),
        }
    }

    /// Kleene negation; an unknown stays one, for the same reason.
    pub fn negate(self) -> Self {
        match self {
            Self::Met => Self::NotMet,
            Self::NotMet => Self::Met,
            Self::Unknown(reason) => Self::Unknown(reason),
        }
    }

    /// The wire word of decision-spec §1: `met`, `not-met` or `unknown`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::NotMet => "not-met",
            Self::Unknown(_) => "unknown",
        }
    }
}
