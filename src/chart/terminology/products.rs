//! Brands of human normal immunoglobulin, with what the ATC code does not tell: route and strength.

use serde::Deserialize;

use super::{ValueSetId, sets};
use crate::guideline::facts::IgRoute;

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

/// The first product whose brand is a word of `text`, whatever its case.
pub(super) fn named_in<'p>(products: &'p [Product], text: &str) -> Option<&'p Product> {
    let text = text.to_lowercase();
    let mut words = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty());
    words.find_map(|word| {
        products
            .iter()
            .find(|product| product.brand.to_lowercase() == word)
    })
}
