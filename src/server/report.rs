//! The report page: `/report`, its pictures and tables, and the same numbers as CSV.
//!
//! It names no patient, but it holds a hospital's figures, and asks nobody who he is. So `demo` has it
//! beside the playground, and `serve` only at an address of its own on loopback (`report-listen`), where
//! whoever reaches it has been let onto the machine or through a proxy that checks.

mod draw;
mod view;

use std::{borrow::Borrow, net::IpAddr, sync::Arc};

use askama::Template;
use axum::{
    Router,
    extract::{Query, Request, State as Shared},
    http::{HeaderMap, StatusCode, header, uri::Authority},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::get,
};
use jiff::civil::Date;
use serde::Deserialize;
use tower_http::catch_panic::CatchPanicLayer;

use super::{
    State,
    error::{self, Refusal},
    language, log,
    pages::{
        self, LanguageLink, MenuLink, Place,
        words::{self, report as terms},
    },
};
use crate::{
    cards::{Language, catalogue::Text},
    cds_hooks::outcome::{Issue, IssueCode, OperationOutcome},
    guideline::date::{days_between, plus_days},
    report::Report,
};
use view::ReportView;

/// The weeks that are shown where no period is chosen, this one included.
const WEEKS: i32 = 26;
/// The periods that are offered, in weeks.
const OFFERED: [i32; 4] = [4, 13, 26, 52];
/// The longest period: more weeks could not be told apart in a picture.
const MOST_DAYS: i32 = 731;
/// How long a browser is asked to wait before it tries again, in seconds.
const RETRY_AFTER_SECONDS: u32 = 30;

/// The routes of the report.
pub fn routes() -> Router<Arc<State>> {
    Router::new()
        .route("/report", get(page))
        .route("/report.csv", get(csv))
}

/// The report at an address of its own, for callers on this machine.
pub fn router(state: impl Into<Arc<State>>) -> Router {
    let state = state.into();
    routes()
        .route("/assets/{name}", get(pages::file))
        .fallback(error::no_such_address)
        .method_not_allowed_fallback(error::no_such_method)
        .with_state(Arc::clone(&state))
        .layer(middleware::from_fn(named_locally))
        .layer(CatchPanicLayer::custom(error::after_panic))
        .layer(middleware::from_fn_with_state(state, log::one_line))
}

/// Lets through what was called by a name of this machine. Another site can have its own name stand for
/// this address (DNS rebinding), and so read in a browser on this machine what it may not; such a call has
/// that name in `Host`.
async fn named_locally(request: Request, next: Next) -> Response {
    let host = request.headers().get(header::HOST);
    let named = request
        .uri()
        .authority()
        .cloned()
        .or_else(|| host?.to_str().ok()?.parse::<Authority>().ok());
    let local = named.is_some_and(|authority| {
        let name = authority.host().trim_matches(['[', ']']);
        name.eq_ignore_ascii_case("localhost")
            || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
    });
    if local {
        return next.run(request).await;
    }
    let text = "The report is served to this machine only: a proxy has to pass calls on with \
                Host: 127.0.0.1.";
    Refusal::new(StatusCode::FORBIDDEN, IssueCode::Forbidden, text).into_response()
}

/// What an address of the report may name.
#[derive(Debug, Default, Deserialize)]
struct Asked {
    from: Option<String>,
    to: Option<String>,
    lang: Option<String>,
}

/// Days on which cards were shown, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Period {
    from: Date,
    to: Date,
}

/// Why there are no numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Why {
    /// A date that there is not.
    NoDay,
    /// It ends before it begins.
    Swapped,
    /// It is too long.
    TooLong,
    /// The store cannot be read.
    NotRead,
}

impl Why {
    fn words(self) -> Text {
        match self {
            Self::NoDay => terms::NO_DAY,
            Self::Swapped => terms::SWAPPED,
            Self::TooLong => terms::TOO_LONG,
            Self::NotRead => terms::NOT_READ,
        }
    }

    fn status(self) -> StatusCode {
        match self {
            Self::NoDay | Self::Swapped | Self::TooLong => StatusCode::BAD_REQUEST,
            Self::NotRead => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

impl Period {
    /// Whole weeks up to a day, that of the day included.
    fn weeks(weeks: i32, to: Date) -> Self {
        let monday = plus_days(to, -i32::from(to.weekday().to_monday_zero_offset()));
        Self {
            from: plus_days(monday, -7 * (weeks - 1)),
            to,
        }
    }
}

impl Asked {
    fn period(&self, today: Date) -> Result<Period, Why> {
        let day = |text: &Option<String>| match text.as_deref() {
            None | Some("") => Ok(None),
            Some(text) => pages::day(text).map(Some).ok_or(Why::NoDay),
        };
        let (from, to) = (day(&self.from)?, day(&self.to)?);
        let to = to.unwrap_or(today);
        let from = from.unwrap_or(Period::weeks(WEEKS, to).from);
        match days_between(from, to) {
            ..0 => Err(Why::Swapped),
            0..MOST_DAYS => Ok(Period { from, to }),
            MOST_DAYS.. => Err(Why::TooLong),
        }
    }
}

/// The same numbers as `sid-cds report` has.
async fn read(state: &State, period: Period) -> Result<Report, Why> {
    // What was shown until now is in them.
    state.shown.flush().await;
    let zone = &state.config.time_zone;
    Report::read(&state.reports, zone, period.from, period.to)
        .await
        .map_err(|error| {
            tracing::error!(%error, "the report could not be read");
            Why::NotRead
        })
}

#[derive(Debug, Template)]
#[template(path = "report.html")]
struct Page {
    language: Language,
    languages: Vec<LanguageLink>,
    menu: Vec<MenuLink>,
    period: Period,
    /// Address, words, and whether it is the one that is shown.
    offered: Vec<(String, String, bool)>,
    csv: String,
    /// Where the playground is, in demonstration mode.
    playground: Option<String>,
    fault: Option<Why>,
    report: Option<ReportView>,
}

impl Page {
    fn say(&self, text: impl Borrow<Text>) -> &'static str {
        text.borrow().say(self.language)
    }
}

/// `GET /report?from=DATE&to=DATE&lang=LANGUAGE`.
async fn page(
    Shared(state): Shared<Arc<State>>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let language = language::asked(asked.lang.as_deref(), state.config.language, &headers);
    let today = state.clock.today(&state.config.time_zone.0);
    let period = asked.period(today);
    let report = match period {
        Ok(period) => read(&state, period).await,
        Err(why) => Err(why),
    };
    let period = period.unwrap_or(Period::weeks(WEEKS, today));
    let tag = language.tag();
    let page = pages::page(&Page {
        language,
        languages: pages::languages(language, |tag| address("/report", period, tag)),
        menu: pages::menu(&state, Place::Report, language),
        period,
        offered: OFFERED
            .map(|weeks| {
                let offered = Period::weeks(weeks, today);
                (
                    address("/report", offered, tag),
                    terms::last_weeks(weeks, language),
                    offered == period,
                )
            })
            .into(),
        csv: address("/report.csv", period, tag),
        playground: state
            .demonstration
            .is_some()
            .then(|| format!("/?lang={tag}")),
        fault: report.as_ref().err().copied(),
        report: report
            .as_ref()
            .ok()
            .map(|report| ReportView::new(report, language)),
    })?;
    Ok(match report {
        Ok(_) => page,
        Err(Why::NotRead) => {
            let retry = [(header::RETRY_AFTER, RETRY_AFTER_SECONDS.to_string())];
            (Why::NotRead.status(), retry, page).into_response()
        }
        Err(why) => (why.status(), page).into_response(),
    })
}

/// `GET /report.csv?from=DATE&to=DATE`, as `sid-cds report --format csv` prints it.
async fn csv(
    Shared(state): Shared<Arc<State>>,
    Query(asked): Query<Asked>,
) -> Result<Response, Refusal> {
    let refuse = |why: Why| {
        let words = why.words().say(Language::En);
        match why {
            Why::NotRead => Refusal::unavailable(words, RETRY_AFTER_SECONDS),
            _ => Refusal::bad_request(OperationOutcome::new(Issue::new(IssueCode::Value, words))),
        }
    };
    let today = state.clock.today(&state.config.time_zone.0);
    let period = asked.period(today).map_err(refuse)?;
    let report = read(&state, period).await.map_err(refuse)?;
    let Period { from, to } = period;
    let name = format!("attachment; filename=\"sid-cds-report_{from}_{to}.csv\"");
    Ok((
        [
            (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
            (header::CONTENT_DISPOSITION, name.as_str()),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (header::CACHE_CONTROL, "no-store"),
        ],
        report.csv(),
    )
        .into_response())
}

fn address(path: &str, period: Period, language: &str) -> String {
    let Period { from, to } = period;
    format!("{path}?from={from}&to={to}&lang={language}")
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn periods_are_read() {
        let today = date(2026, 3, 18);
        let asked = |from: &str, to: &str| {
            let text = |text: &str| Some(text.to_owned()).filter(|text| text != "-");
            let asked = Asked {
                from: text(from),
                to: text(to),
                lang: None,
            };
            let found = asked.period(today);
            found.map(|Period { from, to }| format!("{from} {to}"))
        };
        for (from, to, expected) in [
            ("-", "-", Ok("2025-09-22 2026-03-18")),
            ("", "", Ok("2025-09-22 2026-03-18")),
            ("2026-03-01", "-", Ok("2026-03-01 2026-03-18")),
            ("-", "2026-03-31", Ok("2025-10-06 2026-03-31")),
            ("2026-03-16", "2026-03-16", Ok("2026-03-16 2026-03-16")),
            ("2024-03-19", "2026-03-18", Ok("2024-03-19 2026-03-18")),
            ("2024-03-17", "2026-03-18", Err(Why::TooLong)),
            ("2026-03-19", "-", Err(Why::Swapped)),
            ("2026-02-30", "-", Err(Why::NoDay)),
            ("9999-12-31", "9999-12-31", Err(Why::NoDay)),
            ("<script>", "2026-03-18", Err(Why::NoDay)),
        ] {
            assert_eq!(asked(from, to), expected.map(str::to_owned), "{from} {to}");
        }
    }
}
