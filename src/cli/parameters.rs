//! `sid-cds parameters`: every number of the guideline and every code that an assessment can hold.

use clap::{Args, ValueEnum};
use serde::Serialize;

use super::{Failure, print};
use crate::{
    cards::extension::Edition,
    guideline::{
        GUIDELINE,
        assessment::{CardCode, CriterionId, Guideline, MissingItem},
        parameters::{ALL, Parameter},
        problem::Problem,
        trace::GroundId,
    },
};

/// The arguments of `parameters`.
#[derive(Debug, Args)]
pub struct Parameters {
    /// How to print.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// A table.
    Text,
    /// JSON.
    Json,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Listing {
    guideline: Edition,
    parameters: &'static [Parameter],
    criteria: [CriterionId; CriterionId::ALL.len()],
    grounds: [GroundId; GroundId::ALL.len()],
    missing: [MissingItem; MissingItem::ALL.len()],
    data_problems: [Problem; Problem::ALL.len()],
    cards: [CardCode; CardCode::ALL.len()],
}

/// Prints the listing.
pub fn run(arguments: &Parameters) -> Result<(), Failure> {
    let listing = Listing {
        guideline: GUIDELINE.into(),
        parameters: &ALL,
        criteria: CriterionId::ALL,
        grounds: GroundId::ALL,
        missing: MissingItem::ALL,
        data_problems: Problem::ALL,
        cards: CardCode::ALL,
    };
    match arguments.format {
        Format::Json => print(&(serde_json::to_string_pretty(&listing)? + "\n")),
        Format::Text => print(&text(&listing)?),
    }
}

fn text(listing: &Listing) -> Result<String, Failure> {
    let Guideline {
        id,
        version,
        approved,
        document,
        review_by,
    } = GUIDELINE;
    let mut out = format!(
        "Guideline\n  {id} {version}, approved {approved}, document {document}; check for a newer \
         version by {review_by} (G1)\n"
    );
    out.push_str(
        "Parameters. Origin: S summary, A addendum, ENG an engineering choice that needs clinical \
         sign-off.\n",
    );
    for Parameter {
        id,
        meaning,
        value,
        origin,
    } in listing.parameters
    {
        let origin = code(origin)?;
        out.push_str(&format!("  {id:<4} {origin:<5} {meaning}: {value}\n"));
    }
    out.push_str(&codes("Criteria", &listing.criteria)?);
    out.push_str(&codes("Grounds of other conclusions", &listing.grounds)?);
    out.push_str(&codes("Missing items", &listing.missing)?);
    out.push_str(&codes("Data problems", &listing.data_problems)?);
    out.push_str(&codes("Cards", &listing.cards)?);
    Ok(out)
}

fn codes(title: &str, all: &[impl Serialize]) -> Result<String, Failure> {
    let codes = all.iter().map(code).collect::<Result<Vec<_>, _>>()?;
    Ok(format!("{title}\n  {}\n", codes.join("\n  ")))
}

/// The code as the assessment's JSON spells it.
fn code(value: &impl Serialize) -> Result<String, Failure> {
    let value = serde_json::to_value(value)?;
    value
        .as_str()
        .map(str::to_owned)
        .ok_or_else(|| Failure(format!("{value} is not a code")))
}
