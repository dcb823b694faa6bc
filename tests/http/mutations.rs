//! What comes from outside, damaged at random and with a fixed seed: requests, what FHIR servers and
//! sources of keys answer us, tokens, feedback. Each call is answered or refused, in time, and none brings
//! the service down.
//!
//! A short run is part of the tests. A long one, by command:
//!
//! ```sh
//! CASES=1000000 cargo test --release --workspace --test http mutations -- --nocapture
//! ```
//!
//! A case that fails is named by `SEED` and `CASE`; with both in the environment it runs alone. The number
//! stands for other damage when fixtures or changes change: what is found becomes a row of the tests of its
//! subject. `docs/performance.md` says what a long run came to.

mod chance;
mod change;
mod document;
mod other_side;
mod seeds;

use std::{
    cell::Cell,
    collections::BTreeMap,
    fs,
    num::NonZeroU32,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{Router, http::StatusCode};
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use serde::Deserialize;
use serde_json::{Value, json};
use sid_cds::{
    config::{Client, ClientTrust, Config, RequiredDataMissing, StorePlace},
    server::{
        State,
        clock::{Clock, Patience},
        router,
    },
};
use uuid::Uuid;

use self::{
    chance::Chance,
    change::{Pool, changed, changes, damaged},
    document::{Cut, Document},
    other_side::{Now, OtherSide},
    seeds::Seed,
};
use super::{
    harness::{Answer, call, demonstration},
    tokens::{ADDRESS, ISSUER, NOW, STRANGER, message},
};

/// Cases of the short run.
const CASES: u64 = 1_500;
const SEED: u64 = 6;
/// No answer may take longer; a build for debugging on a busy machine included.
const LONGEST: Duration = Duration::from_secs(10);
/// The process may not grow beyond this, in KiB.
const MOST_MEMORY: u64 = 1_500_000;
/// Cases with the same services: their store is in memory, and grows.
const ROUND: u64 = 20_000;
/// Most characters of a card's summary (CDS Hooks: fewer than 140).
const SUMMARY: usize = 139;

thread_local! {
    /// Panics of this thread, those that nobody sees in an answer included.
    static PANICS: Cell<u64> = const { Cell::new(0) };
}

/// What a case damages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Requests,
    Answers,
    Feedback,
    Keys,
}

impl Part {
    fn of(case: u64) -> Self {
        match case % 16 {
            0..=8 => Self::Requests,
            9..=13 => Self::Answers,
            14 => Self::Feedback,
            _ => Self::Keys,
        }
    }
}

/// What cases are made of.
struct Matter {
    seed: u64,
    requests: Vec<Seed>,
    feedback: Vec<Seed>,
    pool: Arc<Pool>,
    token: [Document; 2],
    key: EncodingKey,
    other_side: OtherSide,
}

/// The services that are called.
struct Services {
    now: Arc<AtomicI64>,
    /// Fetches nothing.
    plain: Router,
    /// What required data that are missing get: 412, or a card.
    fetching: [Router; 2],
    trusting: (Arc<State>, Router),
}

impl Matter {
    async fn new(seed: u64) -> Self {
        let requests = seeds::requests(&demonstration()).await;
        let feedback = seeds::feedback();
        let text = file("tests/doctor/keys/public.jwks.json");
        let keys = Document::of(&serde_json::from_str(&text).unwrap());
        let header = json!({ "alg": "ES384", "typ": "JWT", "kid": "doctor-ec" });
        let claims = json!({ "iss": ISSUER, "aud": format!("{ADDRESS}/cds-services"), "iat": 0, "exp": 0,
            "nbf": 0, "jti": "", "sub": "ehr", "tenant": "a" });
        let token = [header, claims].map(|part| Document::of(&part));
        let bodies = requests.iter().chain(&feedback).map(|seed| &seed.body);
        let pool = Arc::new(Pool::of(bodies.chain(&token).chain([&keys])));
        Self {
            seed,
            other_side: OtherSide::start(keys, Arc::clone(&pool)).await,
            requests,
            feedback,
            pool,
            token,
            key: EncodingKey::from_ec_pem(file("tests/doctor/keys/ec.pem").as_bytes()).unwrap(),
        }
    }

    async fn services(&self) -> Services {
        let now = Arc::new(AtomicI64::new(NOW));
        let origin = &self.other_side.origin;
        let client = |more: Value| -> Client {
            let mut client = json!({ "name": "ehr", "private-network-hosts": ["127.0.0.1"] });
            client
                .as_object_mut()
                .unwrap()
                .extend(more.as_object().unwrap().clone());
            serde_json::from_value(client).unwrap()
        };
        let state = |client: Client, set: fn(&mut Config)| {
            let mut config = Config::load(None).unwrap();
            config.store = StorePlace::Memory;
            config.client_trust = ClientTrust::None;
            config.required_data_missing = RequiredDataMissing::Card;
            let many = NonZeroU32::new(1_000_000).unwrap();
            (config.client_calls_per_second, config.client_calls_at_once) = (many, many);
            config.fetch_limit_bytes = 262_144;
            config.clients = vec![client];
            set(&mut config);
            let mut state = State::new(config, Clock::Set(Arc::clone(&now))).unwrap();
            state.patience = Patience::UntilTold(Arc::default());
            Arc::new(state)
        };
        let fhir = || client(json!({ "fhir-servers": [format!("{origin}/fhir")] }));
        let keys = json!({ "issuer": ISSUER, "jwks-url": format!("{origin}/keys") });
        let trusting = state(client(json!({ "jwt": keys })), |config| {
            config.client_trust = ClientTrust::Jwt;
            config.public_urls = vec![ADDRESS.to_owned()];
        });
        trusting.trust.prepare(NOW - 100).await;
        let refuses =
            |config: &mut Config| config.required_data_missing = RequiredDataMissing::Refusal;
        Services {
            plain: router(state(client(json!({})), |_| {})),
            fetching: [
                router(state(fhir(), refuses)),
                router(state(fhir(), |_| {})),
            ],
            trusting: (Arc::clone(&trusting), router(trusting)),
            now,
        }
    }

    /// Text that was changed, or, once in ten times, damaged besides.
    fn bytes(text: String, chance: &mut Chance) -> Vec<u8> {
        if chance.once_in(10) {
            return damaged(text, chance);
        }
        text.into_bytes()
    }

    /// Runs one case.
    ///
    /// # Errors
    ///
    /// What is wrong with what came back.
    async fn run(&self, services: &Services, case: u64) -> Result<StatusCode, String> {
        let mut chance = Chance::of(self.seed, case, "case");
        let chance = &mut chance;
        let today = match chance.below(32) {
            // The clock of a machine that is wrong.
            0 => *chance.of_these(&[0, -62_000_000_000, 4_102_444_800, 253_000_000_000]),
            _ => NOW,
        };
        services.now.store(today, Ordering::Relaxed);
        match Part::of(case) {
            Part::Requests => {
                let seed = chance.of_these(&self.requests);
                let body = Self::bytes(changed(&seed.body, &self.pool, chance), chance);
                answered(&send(&services.plain, &seed.path, body).await?)
            }
            Part::Feedback => {
                let seed = chance.of_these(&self.feedback);
                let body = Self::bytes(changed(&seed.body, &self.pool, chance), chance);
                let answer = send(&services.plain, &seed.path, body).await?;
                match answer.status {
                    StatusCode::OK => Ok(answer.status),
                    _ => refused(&answer),
                }
            }
            Part::Answers => {
                let seed = chance.of_these(&self.requests);
                let body = self.asking(&seed.body, chance);
                let service = chance.of_these(&services.fetching);
                self.other_side.does(Now::Case {
                    seed: self.seed,
                    case,
                });
                let answer = send(service, &seed.path, body.into_bytes()).await;
                self.other_side.does(Now::Right);
                answered(&answer?)
            }
            Part::Keys => self.keys(services, case, chance).await,
        }
    }

    /// A request that leaves something to be fetched.
    fn asking(&self, request: &Document, chance: &mut Chance) -> String {
        let server = format!("{}/fhir", self.other_side.origin);
        let mut start = format!("\"fhirServer\":\"{server}\",");
        if chance.once_in(2) {
            start.push_str(
                "\"fhirAuthorization\":{\"access_token\":\"x\",\"token_type\":\"Bearer\",\
                 \"expires_in\":300,\"scope\":\"patient/*.rs\",\"subject\":\"ehr\"},",
            );
        }
        let mut cuts = vec![Cut {
            at: 1..1,
            put: start,
        }];
        let mut leave_out = |index: usize| {
            let at = request.with_comma(index);
            cuts.extend(at.map(|at| Cut {
                at,
                put: String::new(),
            }));
        };
        let Some(prefetch) = request.member(&request.nodes[0], "prefetch") else {
            return request.with(cuts);
        };
        let keys = &request.nodes[prefetch].children;
        if keys.is_empty() || chance.once_in(8) {
            leave_out(prefetch);
        } else {
            for _ in 0..=chance.below(3) {
                leave_out(*chance.of_these(keys));
            }
        }
        if chance.once_in(4) {
            cuts.extend(changes(request, &self.pool, chance, 1));
        }
        request.with(cuts)
    }

    /// A damaged answer of the source of keys, or a damaged token; then a right one, which is let in.
    async fn keys(
        &self,
        services: &Services,
        case: u64,
        chance: &mut Chance,
    ) -> Result<StatusCode, String> {
        let (state, service) = &services.trusting;
        // The source is asked once a minute at most.
        let start = NOW + i64::try_from(case % ROUND).unwrap() * 200;
        let now = start + 70;
        let id = format!("{case}-a");
        let [header, claims] = self.token_of(now, &id);
        let mut token = self.sign(&header.text, &claims.text);
        let mut is_forged = false;
        services.now.store(now, Ordering::Relaxed);
        match chance.below(4) {
            0 => {
                let header = changed(&header, &self.pool, chance);
                token = self.sign(&header, &claims.text);
            }
            1 => {
                let claims = changed(&claims, &self.pool, chance);
                token = self.sign(&header.text, &claims);
            }
            2 => {
                let place = chance.below(token.len());
                let put = *chance.of_these(&["A", "z", "_", "9", ".", "-"]);
                is_forged = token[place..=place] != *put;
                token.replace_range(place..=place, put);
            }
            _ => {
                self.other_side.does(Now::Case {
                    seed: self.seed,
                    case,
                });
                let renewed = tokio::time::timeout(LONGEST, state.trust.prepare(now)).await;
                self.other_side.does(Now::Right);
                renewed.map_err(|_| "the source of keys is waited for without end")?;
            }
        }
        let answer = discover(service, &token).await?;
        let status = answer.status;
        if status == StatusCode::OK && is_forged {
            return Err("a token that was changed is let in".to_owned());
        }
        if status != StatusCode::OK && status != StatusCode::UNAUTHORIZED {
            return Err(format!("{status}: {}", answer.text));
        }
        let strange = STRANGER.sign_text(&header.text, &claims.text.replace("-a", "-b"));
        if discover(service, &strange).await?.status != StatusCode::UNAUTHORIZED {
            return Err("a token of a stranger is let in".to_owned());
        }
        let later = start + 140;
        services.now.store(later, Ordering::Relaxed);
        state.trust.prepare(later).await;
        let [header, claims] = self.token_of(later, &format!("{case}-c"));
        let right = self.sign(&header.text, &claims.text);
        let answer = discover(service, &right).await?;
        if answer.status != StatusCode::OK {
            return Err(format!(
                "a right token is not let in any more: {}",
                answer.status
            ));
        }
        Ok(status)
    }

    /// Header and claims that are good at this time.
    fn token_of(&self, now: i64, id: &str) -> [Document; 2] {
        let [header, claims] = &self.token;
        let value =
            |document: &Document| -> Value { serde_json::from_str(&document.text).unwrap() };
        let mut good = value(claims);
        for (name, time) in [("iat", now), ("nbf", now), ("exp", now + 300)] {
            good[name] = json!(time);
        }
        good["jti"] = json!(id);
        [Document::of(&value(header)), Document::of(&good)]
    }

    fn sign(&self, header: &str, claims: &str) -> String {
        let message = message(header, claims);
        let signature = crypto::sign(message.as_bytes(), &self.key, Algorithm::ES384).unwrap();
        format!("{message}.{signature}")
    }
}

async fn discover(service: &Router, token: &str) -> Result<Answer, String> {
    let authorization = format!("Bearer {token}");
    let headers = [("authorization", authorization.as_str())];
    in_time(call(service, "GET", "/cds-services", &headers, "")).await
}

async fn send(service: &Router, path: &str, body: Vec<u8>) -> Result<Answer, String> {
    let headers = [("content-type", "application/json")];
    in_time(call(service, "POST", path, &headers, body)).await
}

async fn in_time(answer: impl Future<Output = Answer>) -> Result<Answer, String> {
    let answer = tokio::time::timeout(LONGEST, answer).await;
    answer.map_err(|_| "no answer in time".to_owned())
}

/// What is looked at of an answer with cards.
#[derive(Deserialize)]
struct Said {
    cards: Vec<Card>,
}

#[derive(Deserialize)]
struct Card {
    #[serde(rename = "uuid")]
    _uuid: Uuid,
    summary: String,
    indicator: String,
    source: Source,
    #[serde(default)]
    suggestions: Vec<Suggestion>,
}

#[derive(Deserialize)]
struct Source {
    label: String,
}

#[derive(Deserialize)]
struct Suggestion {
    label: String,
}

/// Cards that an EHR can show, or a refusal.
fn answered(answer: &Answer) -> Result<StatusCode, String> {
    if answer.status != StatusCode::OK {
        return refused(answer);
    }
    let said: Said =
        serde_json::from_str(&answer.text).map_err(|e| format!("{e}: {}", answer.text))?;
    for card in said.cards {
        let length = card.summary.chars().count();
        let labels = card.suggestions.iter().map(|suggestion| &suggestion.label);
        let right = (1..=SUMMARY).contains(&length)
            && ["info", "warning", "critical"].contains(&&*card.indicator)
            && labels
                .chain([&card.source.label])
                .all(|label| !label.is_empty());
        if !right {
            return Err(format!("a card that cannot be shown: {}", answer.text));
        }
    }
    Ok(answer.status)
}

fn refused(answer: &Answer) -> Result<StatusCode, String> {
    if !answer.status.is_client_error() {
        return Err(format!("{}: {}", answer.status, answer.text));
    }
    answer.faults();
    Ok(answer.status)
}

fn file(path: &str) -> String {
    fs::read_to_string(format!("{}/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// The most memory that the process has had, in KiB.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM"))
        .unwrap();
    let digits: String = line.chars().filter(char::is_ascii_digit).collect();
    digits.parse().unwrap()
}

/// Counts the panics of this thread, beside what is done with them.
fn count_panics() {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        PANICS.set(PANICS.get() + 1);
        before(panic);
    }));
}

/// Ends the process when one case takes long without a pause in which its time could be noticed.
fn watch(case: &Arc<AtomicU64>) {
    let case = Arc::downgrade(case);
    std::thread::spawn(move || {
        let mut last = (u64::MAX, Instant::now());
        while let Some(now) = case.upgrade().map(|case| case.load(Ordering::Relaxed)) {
            if now != last.0 {
                last = (now, Instant::now());
            } else if last.1.elapsed() > 6 * LONGEST {
                eprintln!("CASE={now} does not end");
                std::process::abort();
            }
            std::thread::sleep(Duration::from_millis(500));
        }
    });
}

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap())
}

#[tokio::test]
async fn mutations() {
    count_panics();
    let seed = number("SEED").unwrap_or(SEED);
    let matter = Matter::new(seed).await;
    let cases = match number("CASE") {
        Some(case) => case..case + 1,
        None => 0..number("CASES").unwrap_or(CASES),
    };
    let count = cases.end - cases.start;
    let under_way = Arc::new(AtomicU64::new(cases.start));
    watch(&under_way);
    let mut services = matter.services().await;
    let mut statuses: BTreeMap<(Part, u16), u64> = BTreeMap::new();
    let mut slowest = (Duration::ZERO, 0);
    let began = Instant::now();
    for case in cases {
        if case > 0 && case % ROUND == 0 {
            services = matter.services().await;
            println!("{case} cases in {:?}, {} KiB", began.elapsed(), peak());
        }
        under_way.store(case, Ordering::Relaxed);
        let started = Instant::now();
        let status = matter.run(&services, case).await;
        slowest = slowest.max((started.elapsed(), case));
        match status {
            Ok(status) if PANICS.get() == 0 => {
                *statuses
                    .entry((Part::of(case), status.as_u16()))
                    .or_default() += 1;
            }
            Ok(status) => panic!("SEED={seed} CASE={case}: a panic, answered with {status}"),
            Err(wrong) => panic!("SEED={seed} CASE={case}: {wrong}"),
        }
    }
    let peak = peak();
    println!(
        "{count} cases in {:?}: {statuses:?}; the slowest in {:?}, CASE={}; at most {peak} KiB",
        began.elapsed(),
        slowest.0,
        slowest.1
    );
    assert!(peak < MOST_MEMORY, "{peak} KiB");
    if count >= CASES {
        // The changes are neither all harmless nor all fatal.
        let of = |part: Part, is: fn(u16) -> bool| -> u64 {
            let counted = statuses
                .iter()
                .filter(|((of, status), _)| *of == part && is(*status));
            counted.map(|(_, count)| count).sum()
        };
        for part in [Part::Requests, Part::Answers, Part::Feedback, Part::Keys] {
            let (ok, not) = (
                of(part, |status| status == 200),
                of(part, |status| status >= 400),
            );
            assert!(
                ok > (ok + not) / 10,
                "{part:?}: {ok} answered, {not} refused"
            );
            assert!(
                not > (ok + not) / 50,
                "{part:?}: {ok} answered, {not} refused"
            );
        }
    }
}
