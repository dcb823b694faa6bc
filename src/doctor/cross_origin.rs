//! The questions that a browser asks before its calls (CORS).

use super::{
    calls,
    check::Check,
    discovery::Offered,
    ehr::{Call, Ehr},
    report::{Report, said},
};

/// Why CORS checks have nothing to look at.
pub const NOT_ALLOWED: &str =
    "the service does not allow this origin: give one that it allows with --origin";

/// Asks as a browser does; whether the service allows the origin.
pub async fn examine(ehr: &mut Ehr, offered: &[Offered], report: &mut Report) -> bool {
    let mut paths = vec!["/cds-services".to_owned()];
    if let Some(service) = offered.first() {
        let path = calls::path(service);
        paths.extend([path.clone(), format!("{path}/feedback")]);
    }
    let mut allowed = false;
    for path in paths {
        let answer = ehr.call(Call::preflight(&path)).await;
        let answered = answer
            .as_ref()
            .is_ok_and(|reply| (200..300).contains(&reply.status));
        report.judge(Check::PreflightAnswers, answered, || {
            format!("{path}: {}", said(&answer))
        });
        let Ok(reply) = answer else { continue };
        if reply.header("access-control-allow-origin").is_empty() {
            report.skip(Check::PreflightAllows, NOT_ALLOWED);
            continue;
        }
        allowed = true;
        let lists = |name: &str, wanted: &[&str]| {
            let listed = reply.header(name);
            let listed: Vec<&str> = listed.split(',').map(str::trim).collect();
            wanted.iter().all(|it| listed.contains(it))
        };
        let so = lists("access-control-allow-methods", &["post"])
            && lists(
                "access-control-allow-headers",
                &["authorization", "content-type"],
            );
        report.judge(Check::PreflightAllows, so, || path.clone());
    }
    allowed
}
