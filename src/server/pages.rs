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
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd, html};

use super::error::Refusal;
use crate::cds_hooks::outcome::IssueCode;

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
