//! The doctor: an EHR with invented patients that calls a running service, ours or another, and says
//! which rules of CDS Hooks it keeps and how to mend the others.
//!
//! It knows nothing of the guideline and nothing of how our service is made: it reads discovery, fills
//! the templates that it finds there, and judges what comes back.

mod calls;
mod cards;
mod check;
mod cross_origin;
mod discovery;
mod ehr;
mod feedback;
mod key;
mod patients;
mod refusals;
mod report;
mod trust;
mod value;

use url::{Host, Url};

pub use check::{About, Check, Force};
pub use key::Signer;
pub use patients::Patients;
pub use report::{Report, Result as Ending};

use ehr::Ehr;

/// The service to examine, and how to call it.
#[derive(Debug)]
pub struct Subject {
    /// Base URL; `/cds-services` and below it are called.
    pub base: Url,
    /// The origin that a browser client has.
    pub origin: String,
    /// With what to sign tokens, where the service asks for them.
    pub signer: Option<Signer>,
}

/// Calls the service in every way that there is a check for.
///
/// # Errors
///
/// TLS cannot be set up on this machine. What the service does wrong is in the report.
pub async fn examine(subject: Subject, patients: &Patients) -> Result<Report, String> {
    let base = subject.base.as_str().trim_end_matches('/');
    // What people have at hand is the address of discovery.
    let base = base.strip_suffix("/cds-services").unwrap_or(base);
    let mut report = Report::new(base);
    let mut ehr = Ehr::new(base, &subject.origin, subject.signer)?;
    let encrypted = subject.base.scheme() == "https" || is_this_machine(&subject.base);
    report.judge(Check::Encrypted, encrypted, || base.to_owned());
    if let Some(offered) = discovery::examine(&mut ehr, &mut report).await {
        let allowed = cross_origin::examine(&mut ehr, &offered, &mut report).await;
        let answers = calls::examine(&mut ehr, &offered, patients, &mut report).await;
        for answer in &answers {
            cards::examine(answer, &mut report);
        }
        refusals::examine(&mut ehr, &offered, patients, allowed, &mut report).await;
        feedback::examine(&mut ehr, &offered, &answers, &mut report).await;
        trust::examine(&mut ehr, &offered, patients, &mut report).await;
    }
    report.took(ehr.times());
    Ok(report)
}

fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
