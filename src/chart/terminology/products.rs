//! Brands of human normal immunoglobulin, with what the ATC code does not tell: route, strength and
//! placement (REC-02).

use serde::Deserialize;

use super::{ValueSetId, sets};
use crate::guideline::facts::{IgRoute, Placement};

/// `terminology/immunoglobulin-products.json`.
pub(super) const EMBEDDED: &str = include_str!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/terminology/immunoglobulin-products.json"
));

/// The file.
#[derive(Debug, Deserialize)]
pub(super) struct Products {
    pub products: Vec<Product>,
}

/// One brand.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Product {
    /// Its name, one word.
    pub brand: String,
    /// Route for which it is made.
    #[serde(deserialize_with = "route")]
    pub route: IgRoute,
    /// ATC code.
    pub atc: String,
    /// Strength in mg/mL.
    pub milligrams_per_millilitre: u32,
    /// Placement in Table 1 of the summary; none for a brand that it does not list.
    #[serde(default, deserialize_with = "placement")]
    pub placement: Option<Placement>,
}

fn placement<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Placement>, D::Error> {
    #[derive(Deserialize)]
    #[serde(rename_all = "kebab-case")]
    enum Place {
        Use,
        Consider,
    }
    Ok(Some(match Place::deserialize(deserializer)? {
        Place::Use => Placement::Use,
        Place::Consider => Placement::Consider,
    }))
}

impl Product {
    /// The set that its codes are in.
    pub(super) fn route_set(&self) -> ValueSetId {
        match self.route {
            IgRoute::Iv => sets::MED_IG_IV,
            IgRoute::Sc | IgRoute::FacilitatedSc | IgRoute::Unknown => sets::MED_IG_SC,
        }
    }

    /// Is everything that decides about it the same?
    pub(super) fn is_alike(&self, other: &Self) -> bool {
        self.route == other.route
            && self.atc == other.atc
            && self.milligrams_per_millilitre == other.milligrams_per_millilitre
    }
}

fn route<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<IgRoute, D::Error> {
    #[derive(Deserialize)]
    #[serde(rename_all = "kebab-case")]
    enum Route {
        Iv,
        Sc,
        FacilitatedSc,
    }
    Ok(match Route::deserialize(deserializer)? {
        Route::Iv => IgRoute::Iv,
        Route::Sc => IgRoute::Sc,
        Route::FacilitatedSc => IgRoute::FacilitatedSc,
    })
}

/// The products whose brand is a word of `text`, whatever its case.
pub(super) fn named_in<'p>(
    products: &'p [Product],
    text: &str,
) -> impl Iterator<Item = &'p Product> {
    let text = text.to_lowercase();
    let words: Vec<String> = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect();
    products
        .iter()
        .filter(move |product| words.contains(&product.brand.to_lowercase()))
}
