//! The drafts of an order hook, which real clients send in shapes that are not R4.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::{DraftKind, Drafts, record::Record};
use crate::guideline::facts::{Facts, Reference};

/// Reads the drafts.
pub fn read(
    _drafts: &Drafts<'_>,
    _record: &Record<'_>,
    _orders: &mut BTreeMap<Reference, Box<RawValue>>,
    _facts: &mut Facts,
) -> DraftKind {
    DraftKind::NothingChosen
}
