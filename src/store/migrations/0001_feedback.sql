-- What was shown and what came back. No patient data: a card is known by its uuid.

-- Once for each card, client and day.
CREATE TABLE shown (
    card TEXT NOT NULL,
    client TEXT NOT NULL,
    day TEXT NOT NULL,
    service TEXT NOT NULL,
    code TEXT NOT NULL,
    guideline TEXT NOT NULL,
    shown_at TEXT NOT NULL,
    PRIMARY KEY (card, client, day)
);
CREATE INDEX shown_by_day ON shown (day);

-- What a suggestion of a card was: feedback names it by its uuid alone.
CREATE TABLE suggestion (
    suggestion TEXT NOT NULL PRIMARY KEY,
    card TEXT NOT NULL,
    kind TEXT NOT NULL
);

-- As it came in, one row for each entry, duplicates too.
CREATE TABLE feedback (
    id TEXT NOT NULL PRIMARY KEY,
    card TEXT NOT NULL,
    service TEXT NOT NULL,
    client TEXT NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('accepted', 'overridden')),
    reason_system TEXT,
    reason_code TEXT,
    commented INTEGER NOT NULL CHECK (commented IN (0, 1)),
    comment TEXT,
    outcome_at TEXT NOT NULL,
    received_at TEXT NOT NULL,
    -- Its place in the call.
    place INTEGER NOT NULL
);
CREATE INDEX feedback_by_card ON feedback (card);

CREATE TABLE accepted_suggestion (
    feedback TEXT NOT NULL REFERENCES feedback (id),
    suggestion TEXT NOT NULL,
    PRIMARY KEY (feedback, suggestion)
);

-- One row, written to find out whether the store takes data again; larger than any other row, so
-- that where it fits there is room.
CREATE TABLE probe (
    id INTEGER NOT NULL PRIMARY KEY,
    written_at TEXT NOT NULL,
    padding TEXT NOT NULL
);
