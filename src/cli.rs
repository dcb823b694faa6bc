//! The command line: `demo`, `serve`, `assess`, `timeline`, `cohort`, `codes`, `doctor`,
//! `report`, `prune`, `parameters`, `comparators`, `evidence`.

mod artefacts;
mod assess;
mod charts;
mod codes;
mod cohort;
mod doctor;
mod evidence;
mod parameters;
mod prune;
mod report;
mod timeline;

use std::{
    fmt::Display,
    io::{self, Write},
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    process::ExitCode,
};

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::{
    cards::Language,
    config::{
        Client, ClientTrust, Config, LanguageChoice, Origins, RequiredDataMissing, StorePlace,
    },
    server::{self, Demonstration, State, clock::Clock},
};

/// Decision support for the Danish national guideline on immunoglobulin replacement in secondary
/// immune deficiency, as a CDS Hooks service.
#[derive(Debug, Parser)]
#[command(version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve on loopback with invented patients and a demonstration FHIR endpoint.
    Demo(Demo),
    /// Serve with a configuration file.
    Serve(Serve),
    /// Assess patients from files: a FHIR Bundle or a CDS Hooks request each.
    Assess(assess::Assess),
    /// The guideline as FHIR artefacts: a plan, what its cards may start, the value sets.
    Artefacts(artefacts::Artefacts),
    /// Assess every patient of an export, a row each.
    Cohort(cohort::Cohort),
    /// Draw one patient's course as SVG, or list it as a table.
    Timeline(timeline::Timeline),
    /// Hold the codes of a hospital's data against those that the program knows.
    Codes(codes::Codes),
    /// Call a running service as an EHR does, and say which rules of CDS Hooks it keeps.
    Doctor(doctor::Doctor),
    /// Count how often each card was shown, and what clinicians did with it.
    Report(report::Arguments),
    /// Delete what the store holds from before a day.
    Prune(prune::Arguments),
    /// List every parameter, criterion, missing item, data problem and card.
    Parameters(parameters::Parameters),
    /// List the consensus reports that stand beside the national guideline.
    Comparators(evidence::Listing),
    /// List the studies behind the addendum, and the Council's judgement of them.
    Evidence(evidence::Listing),
}

#[derive(Debug, Args)]
struct Demo {
    /// Port on 127.0.0.1; 0 takes a free one.
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Language of the cards and stories; without it, the one that the client prefers, else Danish.
    #[arg(long)]
    lang: Option<LanguageArg>,
}

#[derive(Debug, Args)]
struct Serve {
    /// Configuration file (TOML). Every key, its default and its dangers: `--defaults`.
    #[arg(long, value_name = "FILE", required_unless_present = "defaults")]
    config: Option<PathBuf>,
    /// Print the default configuration, which is its manual, and stop.
    #[arg(long)]
    defaults: bool,
}

/// A language on the command line.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum LanguageArg {
    /// Danish.
    Da,
    /// English.
    En,
}

impl From<LanguageArg> for Language {
    fn from(argument: LanguageArg) -> Self {
        match argument {
            LanguageArg::Da => Self::Da,
            LanguageArg::En => Self::En,
        }
    }
}

/// Runs the command line of this process: exit code 0 when it did its work, 1 when it could not,
/// 2 when it was called wrongly; 3 when `codes check` found what is not mapped.
pub fn run() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Demo(arguments) => demo(&arguments),
        Command::Serve(arguments) => serve(&arguments),
        Command::Assess(arguments) => assess::run(&arguments),
        Command::Artefacts(arguments) => artefacts::run(&arguments),
        Command::Cohort(arguments) => cohort::run(&arguments),
        Command::Timeline(arguments) => timeline::run(&arguments),
        Command::Codes(arguments) => match codes::run(&arguments) {
            Ok(code) => return code,
            Err(failure) => Err(failure),
        },
        Command::Doctor(arguments) => doctor::run(&arguments),
        Command::Report(arguments) => report::run(&arguments),
        Command::Prune(arguments) => prune::run(&arguments),
        Command::Parameters(arguments) => parameters::run(&arguments),
        Command::Comparators(arguments) => evidence::reports(&arguments),
        Command::Evidence(arguments) => evidence::studies(&arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // Nothing is left to do when standard error is closed.
            let _ = writeln!(io::stderr(), "{}", failure.0);
            ExitCode::FAILURE
        }
    }
}

/// Why a command could not do its work, for the person who called it.
#[derive(Debug)]
struct Failure(String);

impl<E: Display> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

/// Prints to standard output; a reader that has gone away (`| head`) is no failure.
fn print(text: &str) -> Result<(), Failure> {
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

fn serve(arguments: &Serve) -> Result<(), Failure> {
    if arguments.defaults {
        return print(crate::config::DEFAULT);
    }
    let config = Config::load(arguments.config.as_deref())?;
    config.check_exposure()?;
    block_on(config, |mut config, address| {
        config.listen = address;
        Ok((State::new(config, Clock::System)?, String::new()))
    })
}

fn demo(arguments: &Demo) -> Result<(), Failure> {
    let mut config = Config::load(None)?;
    config.listen = SocketAddr::from((Ipv4Addr::LOCALHOST, arguments.port));
    config.cors_origins = Origins::Any;
    config.client_trust = ClientTrust::None;
    if let Some(language) = arguments.lang {
        config.language = LanguageChoice::always(language.into());
    }
    config.store = StorePlace::Memory;
    // It is beside the playground.
    config.report_listen = None;
    // The sandbox takes every card off the screen when the status is an error.
    config.required_data_missing = RequiredDataMissing::Card;
    block_on(config, |mut config, address| {
        config.clients = vec![Client::demonstration(address.port())];
        let mut state = State::new(config, Clock::System)?;
        let base = format!("http://{address}");
        let demonstration = Demonstration::built_in(state.config.time_zone.clone(), base.clone())?;
        let commands = server::curl_lines(&demonstration).join("\n  ");
        state.demonstration = Some(demonstration);
        let greeting = format!(
            "Open {base}/ for the demonstration patients, {base}/report for what was done with their \
             cards, or paste:\n\n  {commands}\n\nStop with \
             ctrl-c. The patients are invented; {base}/fhir is for demonstration only.\n"
        );
        Ok((state, greeting))
    })
}

/// Listens, makes the state for the address that was given, greets, and serves until told to stop.
fn block_on(
    config: Config,
    prepare: impl FnOnce(Config, SocketAddr) -> Result<(State, String), Failure>,
) -> Result<(), Failure> {
    server::start_log(&config);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let listener = server::listen(config.listen).await?;
        let address = listener.local_addr()?;
        let (state, greeting) = prepare(config, address)?;
        server::open_store(&state).await?;
        let stop = server::asked_to_stop()?;
        tracing::info!(%address, "listening");
        print(&greeting)?;
        server::run(listener, state, stop).await?;
        Ok(())
    })
}
