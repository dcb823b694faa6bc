//! `sid-cds doctor`: which rules of CDS Hooks a running service keeps.

use std::{fs, path::PathBuf};

use clap::{Args, ValueEnum};
use url::Url;

use super::{Failure, print};
use crate::{
    config::Config,
    doctor::{self, Patients, Signer, Subject},
    server::{Demonstration, clock::Clock},
};

/// The arguments of `doctor`.
#[derive(Debug, Args)]
pub struct Doctor {
    /// Base URL of the service, as `https://cds.example`; discovery is at /cds-services below it.
    #[arg(long, value_name = "URL")]
    base: Url,
    /// Private key to sign tokens with, ES384 or RS384: a JWK, or PEM (an EC key in PKCS#8).
    #[arg(long, value_name = "FILE", requires = "issuer")]
    key: Option<PathBuf>,
    /// `iss` of the tokens: as the service knows this client.
    #[arg(long, value_name = "URI", requires = "key")]
    issuer: Option<String>,
    /// `kid` of the tokens; without it, the JWK's own.
    #[arg(long, value_name = "ID", requires = "key")]
    kid: Option<String>,
    /// `jku` of the tokens; without it they have none.
    #[arg(long, value_name = "URL", requires = "key")]
    jku: Option<String>,
    /// Origin to call from, as a browser does.
    #[arg(long, default_value = "https://sandbox.cds-hooks.org")]
    origin: String,
    /// Call for the first N of the invented patients only; without it, for all.
    #[arg(long, value_name = "N")]
    patients: Option<usize>,
    /// How to print.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// A line for each check.
    Table,
    /// JSON.
    Json,
}

/// Examines the service and prints what was found; fails where a check did.
pub fn run(arguments: &Doctor) -> Result<(), Failure> {
    let signer = match (&arguments.key, &arguments.issuer) {
        (Some(file), Some(issuer)) => Some(read_key(file, issuer, arguments)?),
        _ => None,
    };
    let subject = Subject {
        base: arguments.base.clone(),
        origin: arguments.origin.clone(),
        signer,
    };
    let zone = Config::load(None)?.time_zone;
    let today = Clock::System.today(&zone.0);
    // The address stands in links of the searches, which are never followed.
    let demonstration = Demonstration::built_in(zone, "https://ehr.invalid".to_owned())?;
    let patients = Patients::new(
        demonstration,
        today,
        arguments.patients.unwrap_or(usize::MAX),
    );
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let report = runtime.block_on(doctor::examine(subject, &patients))?;
    print(&match arguments.format {
        Format::Table => report.table(),
        Format::Json => report.json()? + "\n",
    })?;
    if report.is_clean() {
        return Ok(());
    }
    Err(Failure::from("not every check passed"))
}

fn read_key(file: &PathBuf, issuer: &str, arguments: &Doctor) -> Result<Signer, Failure> {
    let text = fs::read_to_string(file).map_err(|e| format!("{}: {e}", file.display()))?;
    let signer = Signer::read(
        &text,
        issuer.to_owned(),
        arguments.kid.clone(),
        arguments.jku.clone(),
    );
    Ok(signer.map_err(|why| format!("{}: {why}", file.display()))?)
}
