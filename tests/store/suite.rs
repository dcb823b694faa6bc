//! What the store keeps: the same tests on `SQLite`, in memory and in a file, and on `PostgreSQL`.

use jiff::{Timestamp, civil::date};
use sid_cds::{
    config::StorePlace,
    store::{Outcome, Pruned, Reason, Received, Shown, ShownSuggestion, Store},
};
use uuid::Uuid;

use super::{folder::Folder, postgres::Postgres};

const CARD: Uuid = Uuid::from_u128(1);
const DRAFT: Uuid = Uuid::from_u128(11);
const OTHER: Uuid = Uuid::from_u128(2);
const NEVER_SHOWN: Uuid = Uuid::from_u128(3);
const OLD: Uuid = Uuid::from_u128(4);

pub fn shown(card: Uuid, client: &str, day: i8) -> Shown {
    Shown {
        card,
        client: client.to_owned(),
        day: date(2026, 3, day),
        service: "sid-patient-view".to_owned(),
        code: "C01".to_owned(),
        guideline: "1.1",
        at: at("2026-03-16T09:00:00Z"),
        suggestions: vec![ShownSuggestion {
            uuid: DRAFT,
            kind: "draft",
        }],
    }
}

pub fn received(card: Uuid, outcome: Outcome, outcome_at: &str) -> Received {
    Received {
        card,
        service: "sid-patient-view".to_owned(),
        client: "ehr".to_owned(),
        outcome,
        outcome_at: at(outcome_at),
        received_at: at("2026-03-20T00:00:00Z"),
    }
}

pub fn set_aside(reason: Option<(&str, &str)>) -> Outcome {
    Outcome::Overridden {
        reason: reason.map(|(system, code)| Reason {
            system: Some(system.to_owned()),
            code: code.to_owned(),
        }),
        commented: false,
        comment: None,
    }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

async fn whole_suite(place: StorePlace) {
    let store = Store::new(place.clone()).unwrap();
    store.open().await.unwrap();
    store.check().await.unwrap();
    what_was_shown_is_kept_once_for_a_client_and_day(&store).await;
    feedback_is_kept_as_it_came(&store).await;
    store.check().await.unwrap();
    if place == StorePlace::Memory {
        what_is_old_goes(&store).await;
    }
    store.close().await;
    assert!(store.check().await.is_err(), "closed");
    if place == StorePlace::Memory {
        return;
    }
    // Opened again, by two at the same time: everything is still there.
    let stores = [(); 2].map(|()| Store::new(place.clone()).unwrap());
    let (one, other) = tokio::join!(stores[0].open(), stores[1].open());
    one.and(other).unwrap();
    let (from, to) = (date(2026, 3, 1), date(2026, 3, 31));
    assert_eq!(stores[0].shown(from, to).await.unwrap().len(), 2);
    assert_eq!(stores[1].outcomes(from, to).await.unwrap().len(), 4);
    what_is_old_goes(&stores[0]).await;
    for store in stores {
        store.close().await;
    }
}

/// Cards that were shown on the 10th: one is answered the day after, one a fortnight later, one is
/// shown again; with what [`feedback_is_kept_as_it_came`] has left, received on the 20th.
async fn what_is_old_goes(store: &Store) {
    let (late, alive) = (Uuid::from_u128(5), Uuid::from_u128(6));
    let with_suggestion = |card: Uuid, day: i8| {
        let mut shown = shown(card, "ehr", day);
        shown.suggestions[0].uuid = Uuid::from_u128(card.as_u128() + 100);
        shown
    };
    let shown = [
        with_suggestion(OLD, 10),
        with_suggestion(late, 10),
        with_suggestion(alive, 10),
        with_suggestion(alive, 24),
    ];
    store.add_shown(&shown).await.unwrap();
    let received = [(OLD, 11), (late, 25), (alive, 11)].map(|(card, day)| {
        let accepted = Outcome::Accepted {
            suggestions: vec![Uuid::from_u128(card.as_u128() + 100)],
        };
        let mut received = received(card, accepted, "2026-03-11T10:00:00Z");
        received.received_at = at(&format!("2026-03-{day}T10:00:00Z"));
        received
    });
    store.add_feedback(&received).await.unwrap();

    let counted = async |from: i8| {
        let (first, last) = (date(2026, 3, from), date(2026, 3, 31));
        let instants = [
            format!("2026-03-{from:02}T00:00:00Z"),
            "2026-04-01T00:00:00Z".to_owned(),
        ];
        let [start, end] = instants.map(|instant| at(&instant));
        (
            store.shown(first, last).await.unwrap(),
            store.outcomes(first, last).await.unwrap(),
            store.unknown_cards(start, end).await.unwrap(),
        )
    };
    let pruned = |feedback, shown, suggestions| Pruned {
        feedback,
        shown,
        suggestions,
    };
    for (day, expected) in [
        // Only what was shown before is known to have been shown.
        (10, pruned(0, 0, 0)),
        // The one that was answered at once; and the first day of the one that was shown again.
        (15, pruned(1, 2, 1)),
        // Shown before and answered after.
        (19, pruned(0, 0, 0)),
        // Four entries on a card that was shown on the 16th and 18th to two clients, one on a card that
        // was never shown, and a card of the 20th without any.
        (22, pruned(5, 4, 1)),
        // The one that was answered on the 25th, and the entry on the one that was shown again.
        (26, pruned(2, 2, 2)),
    ] {
        let when = (date(2026, 3, day), at(&format!("2026-03-{day}T00:00:00Z")));
        let (all, later) = (counted(1).await, counted(day).await);
        assert_eq!(store.prune(when, true).await.unwrap(), expected, "{day}");
        assert_eq!(counted(1).await, all, "{day}: a rehearsal");
        assert_eq!(store.prune(when, false).await.unwrap(), expected, "{day}");
        assert_eq!(
            counted(day).await,
            later,
            "{day}: what a later report counts"
        );
        assert_eq!(store.prune(when, false).await.unwrap(), pruned(0, 0, 0));
    }
    assert_eq!(counted(1).await, (vec![], vec![], 0));
    store.compact().await.unwrap();
}

async fn what_was_shown_is_kept_once_for_a_client_and_day(store: &Store) {
    store.add_shown(&[]).await.unwrap();
    let first = [
        shown(CARD, "ehr", 16),
        shown(CARD, "ehr", 16),
        shown(CARD, "other-ehr", 16),
        shown(OTHER, "ehr", 20),
    ];
    store.add_shown(&first).await.unwrap();
    store.add_shown(&[shown(CARD, "ehr", 18)]).await.unwrap();
    for (from, to, expected) in [
        (1, 31, &[(CARD, 16), (OTHER, 20)][..]),
        (17, 19, &[(CARD, 18)]),
        (16, 16, &[(CARD, 16)]),
        (21, 31, &[]),
    ] {
        let cards = store.shown(date(2026, 3, from), date(2026, 3, to)).await;
        let cards: Vec<(Uuid, i8)> = cards
            .unwrap()
            .iter()
            .map(|card| {
                assert_eq!(
                    (card.code.as_str(), card.guideline.as_str()),
                    ("C01", "1.1")
                );
                (card.card, card.first.day())
            })
            .collect();
        assert_eq!(cards, expected, "{from} to {to}");
    }
}

async fn feedback_is_kept_as_it_came(store: &Store) {
    let accepted = |suggestions: &[Uuid]| Outcome::Accepted {
        suggestions: suggestions.to_vec(),
    };
    let reason = Some(("urn:sid-cds:override", "O6"));
    let unknown = store
        .add_feedback(&[
            received(CARD, set_aside(reason), "2026-03-17T12:00:00+01:00"),
            received(
                CARD,
                accepted(&[DRAFT, DRAFT, NEVER_SHOWN]),
                "2026-03-16T10:00:00.1Z",
            ),
            received(
                NEVER_SHOWN,
                set_aside(None),
                "2026-03-16T23:59:59.999999999Z",
            ),
        ])
        .await
        .unwrap();
    assert_eq!(unknown, 1);
    // A duplicate, and a comment without a code.
    let again = received(CARD, set_aside(reason), "2026-03-17T12:00:00+01:00");
    let words = Outcome::Overridden {
        reason: None,
        commented: true,
        comment: Some("æøå".to_owned()),
    };
    let comment = received(CARD, words, "2026-03-15T10:00:00Z");
    assert_eq!(store.add_feedback(&[again, comment]).await.unwrap(), 0);

    let (from, to) = (date(2026, 3, 1), date(2026, 3, 31));
    let outcomes = store.outcomes(from, to).await.unwrap();
    let kinds: Vec<_> = outcomes.iter().map(|outcome| &outcome.kinds[..]).collect();
    let draft = [None, Some("draft".to_owned())];
    assert_eq!(
        kinds,
        [&[][..], &draft, &[], &[]],
        "by the time of the outcome"
    );
    assert!(matches!(
        outcomes[0].outcome,
        Outcome::Overridden {
            reason: None,
            commented: true,
            comment: None
        }
    ));
    assert_eq!(outcomes[2].outcome, set_aside(reason));
    assert_eq!(outcomes[2], outcomes[3]);
    assert_eq!(store.outcomes(date(2026, 3, 19), to).await.unwrap(), []);

    for (from, to, count) in [
        ("2026-03-16T00:00:00Z", "2026-03-17T00:00:00Z", 1),
        ("2026-03-17T00:00:00Z", "2026-03-18T00:00:00Z", 0),
    ] {
        assert_eq!(store.unknown_cards(at(from), at(to)).await.unwrap(), count);
    }
}

#[tokio::test]
async fn the_store_keeps_what_it_is_given_in_memory() {
    whole_suite(StorePlace::Memory).await;
}

#[tokio::test]
async fn the_store_keeps_what_it_is_given_in_sqlite() {
    let folder = Folder::new();
    whole_suite(StorePlace::Sqlite(folder.file("store %41.sqlite"))).await;
    assert!(
        folder.file("store %41.sqlite").is_file(),
        "named as it was given"
    );
    // What was deleted is not in the file any more.
    let bytes = std::fs::read(folder.file("store %41.sqlite")).unwrap();
    assert!(!String::from_utf8_lossy(&bytes).contains(&OLD.to_string()));
}

#[tokio::test]
async fn the_store_keeps_what_it_is_given_in_postgresql() {
    let postgres = Postgres::start().await;
    postgres.run("postgres", "CREATE DATABASE suite").await;
    whole_suite(postgres.place("suite")).await;
}
