//! What was concluded of a running course: reviews, stop attempts, two readings of the stop rule.

use super::{
    super::{say, words},
    index_phrase,
};
use crate::{
    cards::{
        case::{Case, StopCase},
        locale,
    },
    guideline::{
        assessment::{CourseConclusion, IndexEvent, Population},
        date::plus_days,
        parameters::K9_EXTENSION_DAYS,
    },
};

pub(super) fn review(case: &Case<'_>) -> Vec<String> {
    let language = case.language;
    let mut out = vec![say!(
        language,
        "Effekt og bivirkninger vurderes ved 3 og 6 måneder og derefter hver 6. måned: infektioner, IgG (dalværdi), IgA og IgM. Hver gang tages stilling til, om behandlingen kan fortsætte, justeres, pauseres eller seponeres.",
        "Effect and adverse effects are reviewed at 3 and 6 months and then every 6 months: infections, IgG (trough), IgA and IgM. Each time it is decided whether to continue, adjust, pause or stop."
    )];
    if let Some(due) = case.assessment.course.review_due {
        let day = case.date(due);
        let late = -case.days_until(due);
        out.push(if late > 0 {
            let late = locale::days(late, language);
            say!(
                language,
                "Opfølgningen var sat til **{day}** (for {late} siden), og ingen er registreret.",
                "The review was due **{day}** ({late} ago), and none is recorded."
            )
        } else {
            say!(
                language,
                "Opfølgningen er sat til **{day}**.",
                "The review is due **{day}**."
            )
        });
    }
    out
}

/// The review that a decision on the stop answers too (C12 is then not shown).
fn review_beside(case: &Case<'_>) -> Option<String> {
    let day = case.date(case.assessment.course.review_due?);
    Some(say!(
        case.language,
        "Opfølgningen **{day}** er heller ikke registreret; en stillingtagen her gælder også som den opfølgning.",
        "The review due **{day}** is not recorded either; a decision here counts as that review too."
    ))
}

pub(super) fn stop_after_index(case: &Case<'_>) -> Vec<String> {
    let language = case.language;
    let event = index_phrase(case.stop_index(), case);
    let Some(due) = case.stop_date() else {
        return vec![say!(
            language,
            "Stopdatoen er 6 måneder efter {event}.",
            "The stop date is 6 months after {event}."
        )];
    };
    let day = case.date(due);
    let left = case.days_until(due);
    let when = match left {
        1.. => {
            let left = locale::days(left, language);
            say!(language, "om {left}", "in {left}")
        }
        0 => say!(language, "i dag", "today"),
        _ => {
            let past = locale::days(left.saturating_neg(), language);
            say!(language, "for {past} siden", "{past} ago")
        }
    };
    let mut out = vec![match case.stop_case() {
        StopCase::Soon | StopCase::Due => say!(
            language,
            "Immunglobulin blev startet inden for 6 måneder efter {event}, og der er ikke dokumenteret kvalificerende infektioner før opstart. Vejledningen kræver et forsøg på seponering **{day}** ({when}); en pause opfylder også kravet.",
            "Immunoglobulin was begun within 6 months of {event}, and no qualifying infections are documented before the start. The guideline requires a stop attempt on **{day}** ({when}); a pause satisfies it too."
        ),
        StopCase::ReviewUnknownHistory => say!(
            language,
            "Immunglobulin blev startet inden for 6 måneder efter {event}, men infektionerne før opstart er ikke afklaret. Er der ingen kvalificerende, skal seponering forsøges **{day}** ({when}); er de dokumenteret, gælder den almindelige regel om 6–12 måneder fra opstart.",
            "Immunoglobulin was begun within 6 months of {event}, but the infections before the start are not settled. If none qualify, a stop is to be attempted on **{day}** ({when}); if they are documented, the ordinary rule of 6–12 months from the start applies."
        ),
        StopCase::ReviewOrdinaryRule => say!(
            language,
            "Den almindelige stopregel (6–12 måneder fra opstart) er lagt til grund. Startafsnittet kan også læses sådan, at behandlingen skal pauseres eller seponeres 6 måneder efter {event}, dvs. **{day}** ({when}). En dokumenteret stillingtagen afgør det.",
            "The ordinary stop rule (6–12 months from the start) is applied. The start section can also be read so that treatment is to be paused or stopped 6 months after {event}, that is **{day}** ({when}). A documented decision settles it."
        ),
        StopCase::Extended => {
            let end = case
                .assessment
                .course
                .extended_to
                .map_or(String::new(), |end| case.date(end));
            say!(
                language,
                "Seponering skulle forsøges **{day}** ({when}); en kort forlængelse til **{end}** er registreret.",
                "A stop was to be attempted on **{day}** ({when}); a short extension until **{end}** is recorded."
            )
        }
    }];
    if matches!(case.stop_case(), StopCase::Soon | StopCase::Due) {
        let latest = case.date(plus_days(due, K9_EXTENSION_DAYS));
        out.push(say!(
            language,
            "Ved betydelig smitterisiko i samfundet kan en kort forlængelse være relevant (her højst til {latest}). Kommer der infektioner efter stop, kan antibiotikaprofylakse forsøges; genopstart følger kriterierne for hæmatologisk sygdom.",
            "With considerable infection risk in the community a short extension can be relevant (here until {latest} at most). If infections follow the stop, antibiotic prophylaxis can be tried; restart follows the criteria for haematological disease."
        ));
    }
    if case.stop_reached() && case.stop_case() != StopCase::Extended {
        out.extend(review_beside(case));
    }
    out
}

pub(super) fn stop_attempt(case: &Case<'_>) -> Vec<String> {
    let language = case.language;
    let course = &case.assessment.course;
    let mut out = vec![if case.has(CourseConclusion::StopOverdue) {
        say!(
            language,
            "Behandlingen har varet over 12 måneder uden en registreret stillingtagen inden for de seneste 6 måneder. Vejledningen anbefaler et forsøg på seponering 6–12 måneder efter opstart; det bør ske efter en samlet gennemgang.",
            "Treatment has lasted over 12 months without a recorded decision in the last 6 months. The guideline advises a stop attempt 6–12 months after the start; a full review should come first."
        )
    } else {
        say!(
            language,
            "Vejledningen anbefaler et forsøg på seponering 6–12 måneder efter opstart. Vintermånederne bør indgå, så effekten kan bedømmes.",
            "The guideline advises a stop attempt 6–12 months after the start. Winter months should be part of the course so that its effect can be judged."
        )
    }];
    let later = course
        .winter_reached
        .filter(|reached| *reached > case.assessment.as_of);
    if let (Some(days), Some(reached)) = (course.winter_days, later) {
        let day = case.date(reached);
        out.push(say!(
            language,
            "Forløbet dækker {days} vinterdage; et seponeringsforsøg omkring **{day}** vil give tilstrækkelig vinter.",
            "The course covers {days} winter days; a stop attempt around **{day}** would include enough winter."
        ));
    }
    if case.has(CourseConclusion::SupportsStop) {
        out.push(say!(
            language,
            "Stigende IgA/IgM eller B-celler taler for et forsøg; IgG kan ikke bruges alene under substitution.",
            "Rising IgA/IgM or B cells support an attempt; IgG alone cannot be used under substitution."
        ));
    }
    if course.continued_after_due {
        out.push(say!(
            language,
            "Efter 6 måneder er det besluttet at fortsætte. Herefter gælder kriterierne for øvrige patienter med hæmatologisk sygdom.",
            "After 6 months it was decided to continue. From then on the criteria for other patients with haematological disease apply."
        ));
    }
    out.push(say!(
        language,
        "Ved recidiv af infektioner kan behandlingen genoptages.",
        "If infections recur, treatment may be resumed."
    ));
    out.extend(review_beside(case));
    out
}

pub(super) fn two_readings(case: &Case<'_>) -> Vec<String> {
    let language = case.language;
    let latest = case.assessment.population.index.as_ref();
    let event = index_phrase(latest, case);
    let Some((one, other)) = case.two_populations() else {
        // The later treatment is a transplant where the index event came before the course.
        let during = |index: &&IndexEvent| Some(index.date) >= case.assessment.course.start;
        let event = match latest.filter(during) {
            Some(_) => event,
            None => "HSCT".to_owned(),
        };
        let mut out = vec![say!(
            language,
            "Under det løbende immunglobulinforløb er der kommet en ny behandling ({event}). Stopreglen kan læses på to måder: som behandling, der var i gang før den nye (6–12 måneder fra opstart), eller efter den første behandling (6 måneder efter den).",
            "During the running immunoglobulin course a new treatment came ({event}). The stop rule can be read in two ways: as treatment that was running before the new one (6–12 months from the start), or by the first one (6 months after it)."
        )];
        if let Some(due) = case.stop_date() {
            let day = case.date(due);
            out.push(say!(
                language,
                "6 måneder efter den første behandling er **{day}**.",
                "6 months after the first treatment is **{day}**."
            ));
        }
        return out;
    };
    let first = words::population(one).say(language);
    let second = words::population(other).say(language);
    let mut out = vec![say!(
        language,
        "Patienten kan høre til to populationer, og kriterierne giver ikke samme svar: *{first}* eller *{second}*. Klinikeren afgør, hvilken der er styrende.",
        "The patient may belong to two populations, and their criteria do not give one answer: *{first}* or *{second}*. The clinician decides which governs."
    )];
    let restart =
        [one, other].contains(&Population::P2A) && [one, other].contains(&Population::P2B);
    out.push(if restart {
        say!(
            language,
            "Afgørende er, om genoptaget eller skiftet bispecifikt antistof er en ny behandlingsstart. Det kan registreres på hændelsen, så spørgsmålet ikke stilles igen.",
            "What decides is whether the resumed or changed bispecific antibody is a new treatment start. It can be recorded on the event, so that the question is not asked again."
        )
    } else {
        say!(
            language,
            "Den seneste behandling er {event}; den tidligere allogene HSCT kan stadig have betydning.",
            "The latest treatment is {event}; the earlier allogeneic HSCT may still matter."
        )
    });
    out
}
