//! Infections: episodes, the history that REC-10 and REC-11 ask for, and what a clinician stated of it.

use jiff::civil::Date;

use super::{
    date::{When, days_between, plus_days, plus_months},
    facts::{Bacterial, Facts, Focus, Infection, Reference, Statement, StatementKind},
    history::Severity,
    parameters::{
        E3_RECURRENT, E9_HISTORY_DAYS, E13_DECISIVE_FACTOR_DAYS, E24_FOCUS_EPISODES,
        K5_INFECTION_MONTHS, K12_EPISODE_DAYS,
    },
    verdict::{Reason, Verdict},
};

/// Records of one focus that follow each other within K12, as one episode.
#[derive(Debug, Clone)]
pub(super) struct Episode {
    /// Onset of the first record.
    pub onset: When,
    /// Verified and bacterial (F-06). Unknown: a candidate.
    verified: Verdict,
    /// Led to admission.
    admitted: Verdict,
    /// Shock, intensive care, severity code; unknown for a sepsis code alone (B-25).
    life_threatening: Verdict,
    sepsis: bool,
    /// Only codes of the mucosal-mild set.
    mild: bool,
    treated: Verdict,
    focus: Focus,
    /// Some record of it may be bacterial.
    perhaps_bacterial: bool,
    pub evidence: Vec<Reference>,
}

impl Episode {
    /// Qualifying, and not non-serious: counts for REC-10.
    fn counts(&self) -> Verdict {
        if self.mild {
            Verdict::NotMet
        } else {
            self.verified
        }
    }

    /// Severe: led to admission, or life-threatening.
    fn severe(&self) -> Verdict {
        self.admitted.or(self.life_threatening)
    }

    /// What it counts for, for a picture of the history.
    pub fn severity(&self) -> Severity {
        match self.counts() {
            Verdict::Met if self.life_threatening.is_met() => Severity::LifeThreatening,
            Verdict::Met if self.admitted.is_met() => Severity::Admitted,
            Verdict::Met => Severity::Verified,
            Verdict::Unknown(_) => Severity::Candidate,
            Verdict::NotMet => Severity::Minor,
        }
    }
}

/// Merges the records up to E into episodes, in order of onset.
pub(super) fn episodes(facts: &Facts, as_of: Date) -> Vec<Episode> {
    let mut records: Vec<(When, &Infection)> = facts
        .infections
        .iter()
        .filter_map(|infection| Some((infection.onset.not_after(as_of)?, infection)))
        .collect();
    records.sort_by_key(|(onset, infection)| {
        (onset.latest(), onset.earliest(), infection.evidence.clone())
    });
    // Onset to onset, each against the previous record of the same focus.
    let mut groups: Vec<Vec<(When, &Infection)>> = Vec::new();
    for (onset, infection) in records {
        let same = groups.iter_mut().rev().find(|group| {
            group.last().is_some_and(|(previous, member)| {
                member.focus == infection.focus
                    && days_between(previous.latest(), onset.latest()) <= K12_EPISODE_DAYS
            })
        });
        match same {
            Some(group) => group.push((onset, infection)),
            None => groups.push(vec![(onset, infection)]),
        }
    }
    groups.iter().filter_map(|group| episode(group)).collect()
}

fn episode(group: &[(When, &Infection)]) -> Option<Episode> {
    let (onset, first) = *group.first()?;
    let any = |verdict: fn(&Infection) -> Verdict| {
        Verdict::any(group.iter().map(|(_, infection)| verdict(infection)))
    };
    Some(Episode {
        onset,
        verified: any(verified),
        admitted: any(|infection| infection.admitted),
        life_threatening: any(life_threatening),
        sepsis: group.iter().any(|(_, infection)| infection.sepsis),
        mild: group.iter().all(|(_, infection)| infection.mild),
        treated: any(|infection| infection.treated),
        focus: first.focus.clone(),
        perhaps_bacterial: group
            .iter()
            .any(|(_, infection)| infection.bacterial != Bacterial::No),
        evidence: group
            .iter()
            .map(|(_, infection)| infection.evidence.clone())
            .collect(),
    })
}

fn verified(infection: &Infection) -> Verdict {
    let shown = match infection.bacterial {
        Bacterial::No => return Verdict::NotMet,
        Bacterial::Certain => infection.confirmed || infection.positive_culture,
        Bacterial::Possible => infection.positive_culture,
    };
    match (shown, infection.mild) {
        (true, _) => Verdict::Met,
        // Non-serious infections are never candidates (§1).
        (false, true) => Verdict::NotMet,
        (false, false) => Verdict::Unknown(Reason::NeedsJudgement),
    }
}

fn life_threatening(infection: &Infection) -> Verdict {
    match (infection.life_threatening, infection.sepsis) {
        (true, _) => Verdict::Met,
        (false, true) => Verdict::Unknown(Reason::NeedsJudgement),
        (false, false) => Verdict::NotMet,
    }
}

/// What a history amounts to, with the records that decided.
///
/// `Unknown(NoneRecorded)`: searched, and nothing recorded (NS). `Unknown(NotSearched)`: never
/// searched. `Unknown(NeedsJudgement)`: candidates could decide. `Unknown(Conflicting)`: a statement
/// contradicts the record.
#[derive(Debug, Clone)]
pub(super) struct History {
    pub verdict: Verdict,
    pub evidence: Vec<Reference>,
}

/// Severe or recurrent verified bacterial infections within `from..=to` (REC-10).
fn severe_or_recurrent(episodes: &[&Episode], from: Date, to: Date) -> History {
    tally(episodes, from, to, |episodes| {
        let counts = |severe: bool| {
            episodes.iter().map(move |(episode, within)| {
                let counts = episode.counts().and(*within);
                if severe {
                    counts.and(episode.severe())
                } else {
                    counts
                }
            })
        };
        at_least(counts(true), 1).or(at_least(counts(false), E3_RECURRENT))
    })
}

/// The infections of REC-11 a, b or c within `from..=to`.
fn rec_11(episodes: &[&Episode], from: Date, to: Date) -> History {
    tally(episodes, from, to, |episodes| {
        let each = |rule: fn(&Episode) -> Verdict| {
            episodes
                .iter()
                .map(move |(episode, within)| rule(episode).and(*within))
        };
        let admitted = at_least(each(|episode| episode.counts().and(episode.admitted)), 2);
        let sepsis = at_least(
            each(|episode| {
                episode
                    .counts()
                    .and(Verdict::known(episode.sepsis))
                    .and(episode.life_threatening)
            }),
            1,
        );
        let treated = at_least(each(|episode| episode.verified.and(episode.treated)), 2);
        admitted.or(sepsis).or(treated)
    })
}

/// Kleene "at least `needed` of these".
fn at_least(verdicts: impl Iterator<Item = Verdict>, needed: usize) -> Verdict {
    let (mut sure, mut possible, mut reason) = (0, 0, Reason::NeedsJudgement);
    for verdict in verdicts {
        match verdict {
            Verdict::Met => sure = usize::saturating_add(sure, 1),
            Verdict::Unknown(why) => {
                possible = usize::saturating_add(possible, 1);
                reason = why;
            }
            Verdict::NotMet => {}
        }
    }
    match (sure >= needed, sure.saturating_add(possible) >= needed) {
        (true, _) => Verdict::Met,
        (false, true) => Verdict::Unknown(reason),
        (false, false) => Verdict::NotMet,
    }
}

fn tally(
    episodes: &[&Episode],
    from: Date,
    to: Date,
    rule: impl Fn(&[(&Episode, Verdict)]) -> Verdict,
) -> History {
    let within: Vec<(&Episode, Verdict)> = episodes
        .iter()
        .map(|episode| (*episode, episode.onset.within(from, to)))
        .filter(|(_, within)| !within.is_not_met())
        .collect();
    let verdict = match rule(&within) {
        // Whatever keeps a candidate open, it is for the clinician to settle.
        Verdict::Unknown(_) => Verdict::Unknown(Reason::NeedsJudgement),
        Verdict::NotMet if within.is_empty() => Verdict::Unknown(Reason::NoneRecorded),
        decided => decided,
    };
    let evidence = within
        .iter()
        .flat_map(|(episode, _)| episode.evidence.iter().cloned())
        .collect();
    History { verdict, evidence }
}

/// Which question is asked of the history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Question {
    /// Severe or recurrent verified bacterial infections (REC-10).
    SevereOrRecurrent,
    /// REC-11 a, b or c.
    Rec11,
    /// A verified life-threatening bacterial infection, which other reports ask for.
    LifeThreatening,
}

/// Answers `question` over the `months` up to E from the record and the statements of §5.
pub(super) fn up_to_now(question: Question, months: i32, facts: &Facts, as_of: Date) -> History {
    let window = (plus_months(as_of, months.saturating_neg()), as_of);
    let usable = |statement: &Statement| {
        statement.date <= as_of && days_between(statement.date, as_of) <= E9_HISTORY_DAYS
    };
    answer(question, window, facts, as_of, usable, false)
}

/// The same for REC-11, which asks besides that low IgG was the decisive single factor: a clinician
/// who has said that it was not has answered it (§5).
pub(super) fn rec_11_up_to_now(months: i32, facts: &Facts, as_of: Date) -> History {
    let mut history = up_to_now(Question::Rec11, months, facts, as_of);
    let stated = facts
        .statements
        .iter()
        .filter(|statement| {
            statement.date <= as_of
                && days_between(statement.date, as_of) <= E13_DECISIVE_FACTOR_DAYS
        })
        .filter_map(|statement| match statement.kind {
            StatementKind::IggDecisiveFactor(decisive) => Some((statement, decisive)),
            _ => None,
        })
        .max_by_key(|(statement, decisive)| (statement.date, *decisive));
    if let Some((statement, false)) = stated
        && history.verdict != Verdict::Unknown(Reason::NoneRecorded)
    {
        history.verdict = Verdict::NotMet;
        history.evidence.push(statement.evidence.clone());
    }
    history
}

/// Whether there was a qualifying history before an immunoglobulin course that began on `start`.
pub(super) fn before_start(start: Date, facts: &Facts, as_of: Date) -> History {
    let window = super::immunoglobulin::history_window(start);
    let covers = |statement: &Statement| {
        let (from, to) = period(statement);
        statement.date <= as_of
            && from <= start
            && (to >= start || days_between(to, start) <= E9_HISTORY_DAYS)
    };
    answer(
        Question::SevereOrRecurrent,
        window,
        facts,
        as_of,
        covers,
        true,
    )
}

/// The period that a statement covers: its own, else K5 back from its date (§5).
fn period(statement: &Statement) -> (Date, Date) {
    let from = statement
        .from
        .unwrap_or_else(|| plus_months(statement.date, -K5_INFECTION_MONTHS));
    (from, statement.date)
}

fn answer(
    question: Question,
    (from, to): (Date, Date),
    facts: &Facts,
    as_of: Date,
    usable: impl Fn(&Statement) -> bool,
    covering_is_enough: bool,
) -> History {
    let episodes = episodes(facts, as_of);
    let count = |episodes: &[&Episode]| match question {
        Question::SevereOrRecurrent => severe_or_recurrent(episodes, from, to),
        Question::Rec11 => rec_11(episodes, from, to),
        Question::LifeThreatening => tally(episodes, from, to, |episodes| {
            let life_threatening = episodes.iter().map(|(episode, within)| {
                episode.counts().and(episode.life_threatening).and(*within)
            });
            at_least(life_threatening, 1)
        }),
    };
    let stated = facts
        .statements
        .iter()
        .filter_map(|statement| match statement.kind {
            StatementKind::InfectionHistoryReviewed(present) => Some((statement, present)),
            _ => None,
        })
        .filter(|(statement, _)| usable(statement))
        // Of one day that which says the least: for the shorter period.
        .max_by_key(|(statement, present)| (statement.date, period(statement).0, *present));
    let record = |episodes: &[&Episode]| {
        if facts.searched.conditions {
            count(episodes)
        } else {
            History {
                verdict: Verdict::Unknown(Reason::NotSearched),
                evidence: Vec::new(),
            }
        }
    };
    let all: Vec<&Episode> = episodes.iter().collect();
    let Some((statement, present)) = stated else {
        return record(&all);
    };
    let (stated_from, stated_to) = period(statement);
    let contradicting = facts.statements.iter().filter(|other| {
        other.date == statement.date
            && other.kind == StatementKind::InfectionHistoryReviewed(!present)
    });
    let contradicting: Vec<Reference> = contradicting.map(|other| other.evidence.clone()).collect();
    let with = |verdict, mut evidence: Vec<Reference>| {
        evidence.push(statement.evidence.clone());
        History { verdict, evidence }
    };
    if !contradicting.is_empty() {
        return with(Verdict::Unknown(Reason::Conflicting), contradicting);
    }
    let (inside, outside): (Vec<&Episode>, Vec<&Episode>) = episodes
        .iter()
        .partition(|episode| !episode.onset.within(stated_from, stated_to).is_not_met());
    if present {
        // "Qualifying infections are present" answers REC-10; which of REC-11 a, b or c it would
        // be, or how severe, it does not say.
        let recorded = record(&all);
        return match question {
            Question::SevereOrRecurrent => with(Verdict::Met, recorded.evidence),
            Question::Rec11 | Question::LifeThreatening if recorded.verdict.is_met() => recorded,
            Question::Rec11 | Question::LifeThreatening => {
                with(Verdict::Unknown(Reason::NeedsJudgement), recorded.evidence)
            }
        };
    }
    let reviewed = count(&inside);
    if facts.searched.conditions && reviewed.verdict.is_met() {
        return with(Verdict::Unknown(Reason::Conflicting), reviewed.evidence);
    }
    let rest = if facts.searched.conditions {
        count(&outside)
    } else {
        count(&[])
    };
    let covered = stated_from <= from || covering_is_enough;
    let verdict = match rest.verdict {
        Verdict::Met => Verdict::Met,
        Verdict::Unknown(Reason::NoneRecorded) if covered => Verdict::NotMet,
        Verdict::Unknown(Reason::NoneRecorded) if !facts.searched.conditions => {
            Verdict::Unknown(Reason::NotSearched)
        }
        other => other,
    };
    with(verdict, rest.evidence)
}

/// A verified severe infection lies within K5: then a missing IgG is worth a card when the chart
/// opens (§3.5).
pub(super) fn verified_severe_within_k5(facts: &Facts, as_of: Date) -> bool {
    let from = plus_months(as_of, -K5_INFECTION_MONTHS);
    episodes(facts, as_of).iter().any(|episode| {
        episode
            .counts()
            .and(episode.severe())
            .and(episode.onset.within(from, as_of))
            .is_met()
    })
}

/// Repeated lung or urinary infections within K5, not viral: a known organ focus (F-12).
pub(super) fn repeated_focus(facts: &Facts, as_of: Date) -> bool {
    let from = plus_months(as_of, -K5_INFECTION_MONTHS);
    let episodes = episodes(facts, as_of);
    [Focus::Lung, Focus::Urinary].iter().any(|focus| {
        let repeated = episodes.iter().filter(|episode| {
            episode.focus == *focus
                && episode.perhaps_bacterial
                && episode.onset.within(from, as_of).is_met()
        });
        repeated.count() >= E24_FOCUS_EPISODES
    })
}

/// Is an infection recorded within `from..=to` that is, or may be, bacterial?
pub(super) fn perhaps_bacterial_within(facts: &Facts, from: Date, to: Date) -> bool {
    episodes(facts, to)
        .iter()
        .any(|episode| episode.perhaps_bacterial && !episode.onset.within(from, to).is_not_met())
}

/// The infections of K5 that are, or may be, bacterial and not non-serious, with an onset after
/// `day`; latest last.
pub(super) fn serious_since(day: Date, facts: &Facts, as_of: Date) -> Vec<Episode> {
    let from = plus_months(as_of, -K5_INFECTION_MONTHS).max(plus_days(day, 1));
    let mut since = episodes(facts, as_of);
    since.retain(|episode| {
        episode.perhaps_bacterial && !episode.mild && episode.onset.within(from, as_of).is_met()
    });
    since
}
