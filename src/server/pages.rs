//! Pages for people: their headers, their files, and Markdown that cannot bring markup in.
//!
//! Everything is compiled in. A page loads its own style sheet and modules and nothing else, and nothing
//! in it runs that does not come from them.

mod trace;
pub mod view;
pub mod words;

use askama::Template;
use axum::{
    extract::Path,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use jiff::civil::Date;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd, html};

use super::{State, error::Refusal};
use crate::{
    cards::{Language, catalogue::Text},
    cds_hooks::outcome::IssueCode,
};

/// What a page may load and do.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
                      connect-src 'self'; base-uri 'none'; form-action 'self'; \
                      frame-ancestors 'none'";

/// The files of the pages: name, media type, content.
const FILES: [(&str, &str, &str); 6] = [
    (
        "page.css",
        "text/css; charset=utf-8",
        include_str!("pages/assets/page.css"),
    ),
    (
        "icon.svg",
        "image/svg+xml",
        include_str!("pages/assets/icon.svg"),
    ),
    (
        "playground.js",
        "text/javascript; charset=utf-8",
        include_str!("pages/assets/playground.js"),
    ),
    (
        "subject.js",
        "text/javascript; charset=utf-8",
        include_str!("pages/assets/subject.js"),
    ),
    (
        "app.js",
        "text/javascript; charset=utf-8",
        include_str!("pages/assets/app.js"),
    ),
    (
        "link.js",
        "text/javascript; charset=utf-8",
        include_str!("pages/assets/link.js"),
    ),
];

/// `GET /assets/{name}`.
pub async fn file(Path(name): Path<String>) -> Result<Response, Refusal> {
    FILES
        .iter()
        .find(|(known, _, _)| *known == name)
        .map(|(_, media_type, content)| {
            (
                [
                    (header::CONTENT_TYPE, *media_type),
                    (header::CACHE_CONTROL, "no-cache"),
                    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
                ],
                *content,
            )
                .into_response()
        })
        .ok_or_else(|| Refusal::not_found("There is no such file."))
}

/// The same page in a language.
#[derive(Debug)]
pub struct LanguageLink {
    /// The language's tag.
    pub tag: &'static str,
    /// Its name, in itself.
    pub name: &'static str,
    /// The address.
    pub url: String,
    /// It is the language of the page.
    pub current: bool,
}

/// The page in each language, by its address for a tag.
pub fn languages(current: Language, url: impl Fn(&str) -> String) -> Vec<LanguageLink> {
    [(Language::Da, "Dansk"), (Language::En, "English")]
        .map(|(other, name)| LanguageLink {
            tag: other.tag(),
            name,
            url: url(other.tag()),
            current: other == current,
        })
        .into()
}

/// A page that a menu leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The playground.
    Playground,
    /// The report.
    Report,
}

/// A link of the menu.
#[derive(Debug)]
pub struct MenuLink {
    /// The page's name.
    pub name: Text,
    /// Its address.
    pub url: String,
    /// It is the page that is shown.
    pub current: bool,
}

/// The menu of a page, empty where there is no other page at this address.
pub fn menu(state: &State, current: Place, language: Language) -> Vec<MenuLink> {
    if state.demonstration.is_none() {
        return Vec::new();
    }
    let tag = language.tag();
    [
        (Place::Playground, words::PLAYGROUND, "/"),
        (Place::Report, words::report::REPORT, "/report"),
    ]
    .map(|(place, name, path)| MenuLink {
        name,
        url: format!("{path}?lang={tag}"),
        current: place == current,
    })
    .into()
}

/// A day of an address, within the centuries in which a record can lie.
pub fn day(text: &str) -> Option<Date> {
    let day: Date = text.parse().ok()?;
    (1900..=2200).contains(&day.year()).then_some(day)
}

/// A page as it is sent.
pub fn page(page: &impl Template) -> Result<Response, Refusal> {
    Ok((
        [
            (header::CONTENT_TYPE, "text/html; charset=utf-8"),
            (header::CONTENT_SECURITY_POLICY, POLICY),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (header::REFERRER_POLICY, "no-referrer"),
            (header::CACHE_CONTROL, "no-store"),
        ],
        render(page)?,
    )
        .into_response())
}

/// A template as text.
pub fn render(template: &impl Template) -> Result<String, Refusal> {
    template.render().map_err(|_| {
        Refusal::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            IssueCode::Exception,
            "The page could not be written.",
        )
    })
}

/// The Markdown of a card as HTML: raw HTML becomes text, pictures go, links lead to the web only.
pub fn markdown(text: &str) -> String {
    let mut hidden_links = Vec::new();
    let events = Parser::new_ext(text, Options::ENABLE_TABLES).filter_map(|event| match event {
        Event::Html(raw) | Event::InlineHtml(raw) => Some(Event::Text(raw)),
        Event::Start(Tag::HtmlBlock | Tag::Image { .. })
        | Event::End(TagEnd::HtmlBlock | TagEnd::Image) => None,
        Event::Start(Tag::Link { ref dest_url, .. }) => {
            let web = dest_url.starts_with("https://");
            hidden_links.push(!web);
            web.then_some(event)
        }
        Event::End(TagEnd::Link) => match hidden_links.pop() {
            Some(true) => None,
            Some(false) | None => Some(event),
        },
        other => Some(other),
    });
    let mut out = String::new();
    html::push_html(&mut out, events);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_of_an_address_are_days() {
        for (text, there_is) in [
            ("2026-03-16", true),
            ("0001-01-01", false),
            ("9999-12-31", false),
            ("2026-02-30", false),
            ("tomorrow", false),
            ("", false),
        ] {
            assert_eq!(day(text).is_some(), there_is, "{text:?}");
        }
    }

    #[test]
    fn markdown_brings_no_markup_in() {
        for (text, written) in [
            (
                "**a**\n\n- b",
                "<p><strong>a</strong></p>\n<ul>\n<li>b</li>\n</ul>\n",
            ),
            (
                "a <img src=x onerror=alert(1)> b",
                "<p>a &lt;img src=x onerror=alert(1)&gt; b</p>\n",
            ),
            (
                "<script>alert(1)</script>\n",
                "&lt;script&gt;alert(1)&lt;/script&gt;\n",
            ),
            ("[x](javascript:alert(1))", "<p>x</p>\n"),
            ("![x](https://evil.example/a.png)", "<p>x</p>\n"),
            (
                "[x](https://medicinraadet.dk)",
                "<p><a href=\"https://medicinraadet.dk\">x</a></p>\n",
            ),
            (
                "<https://a.example>",
                "<p><a href=\"https://a.example\">https://a.example</a></p>\n",
            ),
            ("&lt;b&gt;", "<p>&lt;b&gt;</p>\n"),
        ] {
            assert_eq!(markdown(text), written, "{text}");
        }
    }
}
