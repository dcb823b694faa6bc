"""Fills the store of a service with half a year of a hospital, the same each time: FILE LAST-DAY.

Of thirteen cards, one under two versions of the guideline, and some rows that a hostile client wrote.
"""

import datetime
import random
import sqlite3
import sys
import uuid

HL7 = "http://terminology.hl7.org/CodeSystem/non-adherence-reason-codes"
OURS = "urn:sid-cds:override"
HOSTILE = "\"'></title></svg><img/src=x/onerror=window.injected=1><script>window.injected=1</script>"

# Code, version, cards in a week, share accepted, share set aside, reasons, suggestions.
CARDS = [
    ("C01", "1.1", 9, 0.6, 0.2, [(HL7, "expert-contradicts"), (OURS, "O6"), (OURS, "O8")], ["draft"]),
    ("C02", "1.1", 14, 0.5, 0.3, [(HL7, "does-not-align-preferences"), (OURS, "O6")], ["draft"]),
    ("C03", "1.1", 4, 0.2, 0.5, [(HL7, "expert-contradicts"), None], ["draft"]),
    ("C04", "1.1", 22, 0.7, 0.1, [(HL7, "need-more-info"), (OURS, "O6")], ["task", "remove-draft"]),
    ("C05", "1.0", 6, 0.1, 0.7, [(OURS, "O1"), (OURS, "O2")], ["remove-draft"]),
    ("C05", "1.1", 12, 0.3, 0.5, [(OURS, "O1"), (OURS, "O2"), (OURS, "O12"), "words"], ["remove-draft"]),
    ("C08", "1.1", 0.3, 0.5, 0.2, [(OURS, "O9")], ["draft"]),
    ("C12", "1.1", 17, 0.8, 0.05, [(HL7, "action-completed")], ["task"]),
    ("C15", "1.1", 3, 0.4, 0.4, [("urn:ehr:own", "to-be-discussed-at-the-next-conference-of-the-team")], ["task"]),
    ("C14", "1.1", 8, 0.7, 0.2, [(HL7, "expert-contradicts"), (OURS, "O5"), "words", None], ["stop"]),
    ("C16", "1.1", 5, 0.3, 0.1, [(OURS, "O6")], ["task"]),
    ("C29", "1.1", 2, 0, 0.9, [(OURS, "O11")], []),
    ("C31", "1.1", 30, 0, 0, [], []),
    (HOSTILE, HOSTILE, 3, 0.4, 0.5, [(HOSTILE, HOSTILE), (None, HOSTILE)], [HOSTILE]),
]
WEEKS = 26


def main(file, last):
    chance = random.Random(7)
    store = sqlite3.connect(file)

    def new():
        return str(uuid.UUID(int=chance.getrandbits(128), version=5))

    for code, version, weekly, accepted, overridden, reasons, suggestions in CARDS:
        for week in range(WEEKS):
            # Fewer in summer and at first.
            count = int(weekly * (0.5 + week / WEEKS) * chance.uniform(0.5, 1.3) + chance.random())
            for _ in range(count):
                day = last - datetime.timedelta(days=7 * (WEEKS - 1 - week) + chance.randrange(4))
                card, at = new(), f"{day}T09:00:00.000000Z"
                client = HOSTILE if code == HOSTILE else "hospital-ehr"
                store.execute(
                    "INSERT INTO shown VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (card, client, str(day), "sid-patient-view", code, version, at),
                )
                offered = [(new(), kind) for kind in suggestions]
                for suggestion, kind in offered:
                    store.execute("INSERT INTO suggestion VALUES (?, ?, ?)", (suggestion, card, kind))
                done = chance.random()
                if done < accepted:
                    outcome, reason = "accepted", None
                elif done < accepted + overridden:
                    outcome, reason = "overridden", chance.choice(reasons)
                else:
                    continue
                words = reason == "words"
                system, given = reason if isinstance(reason, tuple) else (None, None)
                feedback = new()
                store.execute(
                    "INSERT INTO feedback VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL, ?, ?, 0)",
                    (feedback, card, "sid-patient-view", client, outcome, system, given, int(words), at, at),
                )
                if outcome == "accepted" and offered:
                    store.execute(
                        "INSERT INTO accepted_suggestion VALUES (?, ?)",
                        (feedback, chance.choice(offered)[0]),
                    )
    store.commit()


main(sys.argv[1], datetime.date.fromisoformat(sys.argv[2]))
