//! The codes with which suggestions order: concepts of the value sets that are marked so.

use std::{collections::BTreeMap, sync::Arc};

use super::Concept;

/// What a suggestion orders, or gives as its reason; the values of the extension `urn:sid-cds:order` of a
/// concept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ordered {
    /// Measurement of IgG.
    Igg,
    /// Measurement of IgA.
    Iga,
    /// Measurement of IgM.
    Igm,
    /// Count of B cells.
    BCells,
    /// Subcutaneous human normal immunoglobulin.
    Immunoglobulin,
    /// Vaccination against influenza.
    InfluenzaVaccine,
    /// Vaccination against pneumococci.
    PneumococcalVaccine,
    /// Secondary immune deficiency, as the reason of an order.
    SecondaryImmunodeficiency,
    /// The intravenous route.
    IntravenousRoute,
    /// The subcutaneous route.
    SubcutaneousRoute,
}

impl Ordered {
    /// Everything that is ordered.
    pub const ALL: [Self; 10] = [
        Self::Igg,
        Self::Iga,
        Self::Igm,
        Self::BCells,
        Self::Immunoglobulin,
        Self::InfluenzaVaccine,
        Self::PneumococcalVaccine,
        Self::SecondaryImmunodeficiency,
        Self::IntravenousRoute,
        Self::SubcutaneousRoute,
    ];

    /// Its code in the extension.
    pub fn code(self) -> &'static str {
        match self {
            Self::Igg => "igg",
            Self::Iga => "iga",
            Self::Igm => "igm",
            Self::BCells => "b-cells",
            Self::Immunoglobulin => "immunoglobulin",
            Self::InfluenzaVaccine => "influenza-vaccine",
            Self::PneumococcalVaccine => "pneumococcal-vaccine",
            Self::SecondaryImmunodeficiency => "secondary-immunodeficiency",
            Self::IntravenousRoute => "intravenous-route",
            Self::SubcutaneousRoute => "subcutaneous-route",
        }
    }
}

/// The codings of each thing that is ordered, in the order of the files, a site's last.
#[derive(Debug, Clone, Default)]
pub struct OrderCodes(Arc<BTreeMap<Ordered, Vec<Concept>>>);

impl OrderCodes {
    /// The codings of one.
    pub fn of(&self, ordered: Ordered) -> &[Concept] {
        self.0.get(&ordered).map_or(&[], Vec::as_slice)
    }

    /// Adds one.
    pub(super) fn add(&mut self, ordered: Ordered, concept: Concept) {
        let codes = Arc::make_mut(&mut self.0).entry(ordered).or_default();
        if !codes.contains(&concept) {
            codes.push(concept);
        }
    }
}
