//! Discovery: what the service offers, and whether its entries and templates are what they must be.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    check::Check,
    ehr::{Call, Ehr},
    report::Report,
    value::{empties, is_text},
};

/// One service of the discovery document, as far as a client needs it to call it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offered {
    /// Path segment.
    pub id: String,
    /// Hook.
    pub hook: String,
    /// Key and template of each prefetch.
    pub prefetch: Vec<(String, String)>,
}

/// A template cut at its tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part<'a> {
    /// As it stands.
    Text(&'a str),
    /// What stood between `{{` and `}}`.
    Token(&'a str),
}

/// The user ids that a template may name.
pub const USER_TOKENS: [&str; 4] = [
    "userPractitionerId",
    "userPractitionerRoleId",
    "userPatientId",
    "userRelatedPersonId",
];

/// Asks for the discovery document and judges it; what it offers, `None` where there is none.
pub async fn examine(ehr: &mut Ehr, report: &mut Report) -> Option<Vec<Offered>> {
    let path = "/cds-services";
    let answer = ehr.call(Call::get(path)).await;
    report.judge_status(Check::DiscoveryAnswers, path, &answer, &[200]);
    let reply = answer.ok().filter(|reply| reply.status == 200)?;
    let document = reply.json();
    let services = document.as_ref().and_then(|it| it["services"].as_array());
    report.judge(Check::DiscoveryShape, services.is_some(), || {
        "no array `services`".to_owned()
    });
    let document = document.as_ref()?;
    let found = empties(document, &["services"]);
    report.judge(Check::DiscoveryFilled, found.is_empty(), || {
        found.join(", ")
    });
    let mut pairs = BTreeSet::new();
    let offered = services?
        .iter()
        .filter_map(|entry| {
            let offered = entry_of(entry, report)?;
            let pair = (offered.id.clone(), offered.hook.clone());
            let new = pairs.insert(pair);
            report.judge(Check::ServicePair, new, || offered.id.clone());
            Some(offered)
        })
        .collect();
    Some(offered)
}

fn entry_of(entry: &Value, report: &mut Report) -> Option<Offered> {
    let id = entry["id"].as_str().unwrap_or_default();
    let hook = entry["hook"].as_str().unwrap_or_default();
    let called = if id.is_empty() { "an entry" } else { id };
    let safe = |c: char| c.is_ascii_alphanumeric() || "._~-".contains(c);
    let usable = !id.is_empty() && id.chars().all(safe) && id != "feedback";
    report.judge(Check::ServiceId, usable, || format!("`{id}`"));
    for (check, member) in [
        (Check::ServiceHook, "hook"),
        (Check::ServiceTitle, "title"),
        (Check::ServiceDescription, "description"),
    ] {
        report.judge(check, is_text(&entry[member]), || called.to_owned());
    }
    for (check, member) in [
        (Check::UsageRequirements, "usageRequirements"),
        (Check::Version, "version"),
    ] {
        if let Some(value) = entry.get(member) {
            report.judge(check, value.is_string(), || called.to_owned());
        }
    }
    if let Some(extension) = entry.get("extension") {
        report.judge(Check::DiscoveryExtension, extension.is_object(), || {
            called.to_owned()
        });
    }
    let prefetch = prefetch_of(entry, called, report);
    (usable && !hook.is_empty()).then(|| Offered {
        id: id.to_owned(),
        hook: hook.to_owned(),
        prefetch,
    })
}

fn prefetch_of(entry: &Value, called: &str, report: &mut Report) -> Vec<(String, String)> {
    let Some(prefetch) = entry.get("prefetch") else {
        return Vec::new();
    };
    let strings = prefetch
        .as_object()
        .is_some_and(|members| members.values().all(Value::is_string));
    report.judge(Check::PrefetchShape, strings, || called.to_owned());
    let members = prefetch.as_object().into_iter().flatten();
    let templates: Vec<(String, String)> = members
        .filter_map(|(key, template)| Some((key.clone(), template.as_str()?.to_owned())))
        .collect();
    for (key, template) in &templates {
        judge_template(&format!("{called} {key}"), template, report);
    }
    templates
}

fn judge_template(place: &str, template: &str, report: &mut Report) {
    let found = || format!("{place}: {template}");
    let parts = parts(template);
    report.judge(Check::TokenClosed, parts.is_some(), found);
    for part in parts.iter().flatten() {
        let Part::Token(token) = part else { continue };
        let found = || format!("{place}: {{{{{token}}}}}");
        let token = token.trim();
        if token.starts_with("today()") {
            report.judge(Check::TokenDays, days(token).is_some(), found);
            continue;
        }
        let field = token.strip_prefix("context.");
        // `%key` is the experimental form of 3.0 for another key's result.
        let known = field.is_some() || USER_TOKENS.contains(&token) || token.starts_with('%');
        report.judge(Check::TokenKnown, known, found);
        let root = field.is_some_and(|field| field.chars().all(|c| c.is_ascii_alphanumeric()));
        if known && !USER_TOKENS.contains(&token) {
            report.judge(Check::TokenRoot, root, found);
        }
    }
    let first = template.chars().next();
    let relative = !template.contains("://") && first.is_some_and(|c| c != '/' && c != '?');
    report.judge(Check::TemplateRelative, relative, found);
    let query = template.split_once('?').map_or("", |(_, query)| query);
    let names: Vec<&str> = query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, _)| name)
        .collect();
    let modifier = |name: &&str| name.split_once(':').is_some_and(|(_, it)| it != "in");
    if !names.is_empty() {
        report.judge(Check::TemplateModifier, !names.iter().any(modifier), found);
        let once: BTreeSet<&&str> = names.iter().collect();
        report.judge(Check::TemplateRepeats, once.len() == names.len(), found);
    }
}

/// Cuts a template at its tokens; `None` where one is not closed or says nothing.
pub fn parts(template: &str) -> Option<Vec<Part<'_>>> {
    let mut parts = Vec::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        let (token, tail) = after.split_once("}}")?;
        if token.trim().is_empty() || token.contains('{') {
            return None;
        }
        parts.push(Part::Text(before));
        parts.push(Part::Token(token));
        rest = tail;
    }
    parts.push(Part::Text(rest));
    (!rest.contains("}}")).then_some(parts)
}

/// The days that `today() - 365 days` goes from today.
pub fn days(token: &str) -> Option<i32> {
    let offset = token.strip_prefix("today()")?.trim();
    if offset.is_empty() {
        return Some(0);
    }
    let (sign, rest) = match offset.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, offset.strip_prefix('+')?),
    };
    let number = rest
        .trim()
        .strip_suffix("days")
        .or_else(|| rest.trim().strip_suffix("day"))?;
    number.trim().parse::<i32>().ok()?.checked_mul(sign)
}
