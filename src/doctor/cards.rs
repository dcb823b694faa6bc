//! An answer against the rules of cards, suggestions, actions and links.

use std::collections::BTreeSet;

use serde_json::Value;
use url::Url;
use uuid::Uuid;

use super::{
    calls::Answer,
    check::Check,
    report::Report,
    value::{empties, is_text},
};

const INDICATORS: [&str; 3] = ["critical", "warning", "info"];

/// Judges one answer.
pub fn examine(answer: &Answer, report: &mut Report) {
    let Answer { to, body } = answer;
    let found = empties(body, &["cards"]);
    report.judge(Check::AnswerFilled, found.is_empty(), || {
        format!("{to}: {}", found.join(", "))
    });
    judge_extension(to, body, report);
    let cards = list(&body["cards"]);
    let urgency: Vec<usize> = cards.iter().filter_map(urgency).collect();
    if urgency.len() > 1 {
        report.judge(Check::AnswerOrder, urgency.is_sorted(), || to.clone());
    }
    let mut uuids = BTreeSet::new();
    for (index, card) in cards.iter().enumerate() {
        let place = format!("{to}: cards[{index}]");
        let uuid = card["uuid"].as_str().unwrap_or_default();
        // Written as it is read: lower case, hyphens, no prefix.
        let plain = Uuid::parse_str(uuid).is_ok_and(|read| read.to_string() == uuid);
        report.judge(Check::CardUuid, plain && uuids.insert(uuid), || {
            format!("{place}: `{uuid}`")
        });
        judge_card(&place, card, report);
    }
    if let Some(actions) = body.get("systemActions") {
        report.judge(Check::SystemActions, actions.is_array(), || to.clone());
        for action in list(actions) {
            let whole = is_text(&action["type"]) && is_text(&action["description"]);
            report.judge(Check::SystemActions, whole, || to.clone());
            judge_action(&format!("{to}: systemActions"), action, report);
        }
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn urgency(card: &Value) -> Option<usize> {
    let indicator = card["indicator"].as_str()?;
    INDICATORS.iter().position(|known| *known == indicator)
}

fn judge_card(place: &str, card: &Value, report: &mut Report) {
    let here = || place.to_owned();
    let length = card["summary"]
        .as_str()
        .map_or(0, |text| text.chars().count());
    report.judge(Check::CardSummary, (1..140).contains(&length), || {
        format!("{place}: {length} characters")
    });
    if let Some(detail) = card.get("detail") {
        report.judge(Check::CardDetail, is_text(detail), here);
        let html = detail.as_str().is_some_and(holds_html);
        report.judge(Check::CardHtml, !html, here);
    }
    report.judge(Check::CardIndicator, urgency(card).is_some(), || {
        format!("{place}: {}", card["indicator"])
    });
    judge_source(place, &card["source"], report);
    judge_extension(place, card, report);
    for reason in list(&card["overrideReasons"]) {
        report.judge(Check::OverrideDisplay, is_text(&reason["display"]), here);
        judge_coding(place, reason, report);
    }
    let behavior = card.get("selectionBehavior");
    if let Some(behavior) = behavior {
        let known = ["at-most-one", "any"].contains(&behavior.as_str().unwrap_or_default());
        report.judge(Check::CardSelectionValue, known, || {
            format!("{place}: {behavior}")
        });
    }
    let suggestions = list(&card["suggestions"]);
    if !suggestions.is_empty() {
        report.judge(Check::CardSelection, behavior.is_some(), here);
        judge_recommended(place, suggestions, behavior, report);
    }
    for (index, suggestion) in suggestions.iter().enumerate() {
        judge_suggestion(&format!("{place}.suggestions[{index}]"), suggestion, report);
    }
    for (index, link) in list(&card["links"]).iter().enumerate() {
        judge_link(&format!("{place}.links[{index}]"), link, report);
    }
}

/// A `<` before a letter, `/` or `!`, which is neither an autolink nor escaped.
fn holds_html(detail: &str) -> bool {
    detail.match_indices('<').any(|(at, _)| {
        let rest = detail.get(at + 1..).unwrap_or_default();
        rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '!')
            && !rest.starts_with("http")
            && !detail.get(..at).unwrap_or_default().ends_with('\\')
    })
}

fn judge_source(place: &str, source: &Value, report: &mut Report) {
    let here = || place.to_owned();
    report.judge(Check::CardSource, source.is_object(), here);
    report.judge(Check::SourceLabel, is_text(&source["label"]), here);
    for (check, member) in [(Check::SourceUrl, "url"), (Check::SourceIcon, "icon")] {
        if let Some(url) = source.get(member) {
            report.judge(check, is_absolute(url), || format!("{place}: {url}"));
        }
    }
    if let Some(topic) = source.get("topic") {
        judge_coding(place, topic, report);
    }
}

fn is_absolute(url: &Value) -> bool {
    let url = url.as_str().and_then(|text| Url::parse(text).ok());
    url.is_some_and(|url| matches!(url.scheme(), "http" | "https" | "data"))
}

fn judge_coding(place: &str, coding: &Value, report: &mut Report) {
    let whole = is_text(&coding["code"]) && is_text(&coding["system"]);
    report.judge(Check::CodingWhole, whole, || format!("{place}: {coding}"));
}

fn judge_extension(place: &str, element: &Value, report: &mut Report) {
    if let Some(extension) = element.get("extension") {
        report.judge(Check::AnswerExtension, extension.is_object(), || {
            place.to_owned()
        });
    }
}

fn judge_recommended(
    place: &str,
    suggestions: &[Value],
    behavior: Option<&Value>,
    report: &mut Report,
) {
    let said: Vec<&Value> = suggestions
        .iter()
        .filter_map(|suggestion| suggestion.get("isRecommended"))
        .collect();
    let recommended = said.iter().filter(|it| it.as_bool() == Some(true)).count();
    let several = behavior.is_some_and(|behavior| behavior == "any");
    let so = said.iter().all(|it| it.is_boolean()) && (recommended <= 1 || several);
    report.judge(Check::Recommended, so, || {
        format!("{place}: {recommended} recommended")
    });
}

fn judge_suggestion(place: &str, suggestion: &Value, report: &mut Report) {
    let here = || place.to_owned();
    report.judge(Check::SuggestionLabel, is_text(&suggestion["label"]), here);
    report.judge(Check::SuggestionUuid, is_text(&suggestion["uuid"]), here);
    let absent = suggestion.get("actionSelectionBehavior").is_none();
    report.judge(Check::ActionSelection, absent, here);
    judge_extension(place, suggestion, report);
    for (index, action) in list(&suggestion["actions"]).iter().enumerate() {
        let place = format!("{place}.actions[{index}]");
        let described = is_text(&action["description"]);
        report.judge(Check::ActionDescription, described, || place.clone());
        judge_action(&place, action, report);
    }
}

fn judge_action(place: &str, action: &Value, report: &mut Report) {
    let here = || place.to_owned();
    let kind = action["type"].as_str().unwrap_or_default();
    let known = ["create", "update", "delete"].contains(&kind);
    report.judge(Check::ActionType, known, || format!("{place}: `{kind}`"));
    let resource = &action["resource"];
    let typed = is_text(&resource["resourceType"]);
    match kind {
        "create" => report.judge(Check::ActionCreate, typed, here),
        "update" => {
            let whole = typed && is_text(&resource["id"]);
            report.judge(Check::ActionUpdate, whole, here);
        }
        "delete" => {
            let named = action["resourceId"]
                .as_str()
                .and_then(|reference| reference.split_once('/'))
                .is_some_and(|(kind, id)| !kind.is_empty() && !id.is_empty());
            let so = named && action.get("resource").is_none();
            report.judge(Check::ActionDelete, so, here);
        }
        _ => {}
    }
    judge_extension(place, action, report);
}

fn judge_link(place: &str, link: &Value, report: &mut Report) {
    let here = || place.to_owned();
    let whole = is_text(&link["label"]) && is_absolute(&link["url"]);
    report.judge(Check::LinkLabel, whole, here);
    let kind = link["type"].as_str().unwrap_or_default();
    report.judge(
        Check::LinkType,
        ["absolute", "smart"].contains(&kind),
        || format!("{place}: `{kind}`"),
    );
    if let Some(context) = link.get("appContext") {
        report.judge(Check::LinkContext, context.is_string(), here);
        report.judge(Check::LinkContextSmart, kind == "smart", here);
    }
    if let Some(autolaunchable) = link.get("autolaunchable") {
        report.judge(Check::LinkAutolaunch, autolaunchable.is_boolean(), here);
    }
    judge_extension(place, link, report);
}
