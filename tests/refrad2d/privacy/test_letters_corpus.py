"""Bounds on the invented hospital letters, so that a new rule cannot lose what the others find."""

import pytest

from tests.bench.letters import read_rows, score_letters, touched_phrases

# recall without the header; the letters that rules may be fitted to, and those kept apart
BOUNDS = {
    "seen": {
        "PATIENT": 0.98,
        "DOCTOR": 0.98,
        "DATE": 0.98,
        "ADDRESS": 0.96,
        "PHONE": 0.98,
        "ID": 0.96,
        "HOSPITAL": 0.93,
    },
    "apart": {
        "PATIENT": 0.98,
        "DOCTOR": 0.97,
        "DATE": 0.94,
        "ADDRESS": 0.88,
        "PHONE": 0.95,
        "ID": 0.93,
        "HOSPITAL": 0.84,
    },
    "outside_seen": {
        "PATIENT": 0.98,
        "DOCTOR": 0.98,
        "DATE": 0.98,
        "ADDRESS": 0.97,
        "PHONE": 0.98,
        "ID": 0.98,
        "HOSPITAL": 0.93,
    },
    "outside_apart": {
        "PATIENT": 0.98,
        "DOCTOR": 0.98,
        "DATE": 0.98,
        "ADDRESS": 0.97,
        "PHONE": 0.98,
        "ID": 0.98,
        "HOSPITAL": 0.97,
    },
    "fresh_seen": {
        "PATIENT": 0.98,
        "DOCTOR": 0.97,
        "DATE": 0.98,
        "ADDRESS": 0.98,
        "PHONE": 0.96,
        "ID": 0.98,
        "HOSPITAL": 0.88,
    },
    "fresh_apart": {
        "PATIENT": 0.98,
        "DOCTOR": 0.98,
        "DATE": 0.98,
        "ADDRESS": 0.97,
        "PHONE": 0.98,
        "ID": 0.98,
        "HOSPITAL": 0.95,
    },
    "later_seen": {  # as at first sight
        "PATIENT": 0.97,
        "DOCTOR": 0.91,
        "DATE": 0.93,
        "ADDRESS": 0.84,
        "PHONE": 0.96,
        "ID": 0.86,
        "HOSPITAL": 0.86,
    },
    "later_apart": {  # as at first sight
        "PATIENT": 0.96,
        "DOCTOR": 0.96,
        "DATE": 0.98,
        "ADDRESS": 0.88,
        "PHONE": 0.98,
        "ID": 0.93,
        "HOSPITAL": 0.90,
    },
    "newest_seen": {
        "PATIENT": 0.94,
        "DOCTOR": 0.98,
        "DATE": 0.97,
        "ADDRESS": 0.96,
        "PHONE": 0.98,
        "ID": 0.96,
        "HOSPITAL": 0.93,
    },
    "sixth_seen": {  # as at first sight
        "PATIENT": 0.99,
        "DOCTOR": 0.95,
        "DATE": 0.97,
        "ADDRESS": 0.96,
        "PHONE": 0.99,
        "ID": 0.97,
        "HOSPITAL": 0.93,
    },
    "seventh_seen": {
        "PATIENT": 0.96,
        "DOCTOR": 0.98,
        "DATE": 0.98,
        "ADDRESS": 0.97,
        "PHONE": 0.98,
        "ID": 0.98,
        "HOSPITAL": 0.97,
    },
    "seventh_own_1": {
        "PATIENT": 0.99,
        "DOCTOR": 0.98,
        "DATE": 0.98,
        "ADDRESS": 0.97,
        "PHONE": 0.98,
        "ID": 0.98,
        "HOSPITAL": 0.97,
    },
    "seventh_own_2": {
        "PATIENT": 0.99,
        "DOCTOR": 0.98,
        "DATE": 0.97,
        "ADDRESS": 0.97,
        "PHONE": 0.98,
        "ID": 0.98,
        "HOSPITAL": 0.97,
    },
    "seventh_own_3": {
        "PATIENT": 0.99,
        "DOCTOR": 0.96,
        "DATE": 0.98,
        "ADDRESS": 0.97,
        "PHONE": 0.98,
        "ID": 0.87,
        "HOSPITAL": 0.97,
    },
    "seventh_own_4": {
        "PATIENT": 0.99,
        "DOCTOR": 0.98,
        "DATE": 0.98,
        "ADDRESS": 0.98,
        "PHONE": 0.98,
        "ID": 0.98,
        "HOSPITAL": 0.95,
    },
    "dev": {
        "PATIENT": 0.97,
        "DOCTOR": 0.97,
        "DATE": 0.98,
        "ADDRESS": 0.94,
        "PHONE": 0.98,
        "ID": 0.97,
        "HOSPITAL": 0.93,
    },
    "eighth_apart": {  # as at first sight
        "PATIENT": 0.95,
        "DOCTOR": 0.98,
        "DATE": 0.97,
        "ADDRESS": 1.0,
        "PHONE": 0.96,
        "ID": 0.95,
        "HOSPITAL": 0.94,
    },
    "ninth_apart": {  # as at first sight
        "PATIENT": 0.95,
        "DOCTOR": 0.98,
        "DATE": 0.96,
        "ADDRESS": 0.97,
        "PHONE": 0.94,
        "ID": 0.94,
        "HOSPITAL": 0.91,
    },
    "informal_apart": {  # chats, dictations and notes: far below the aim, a floor
        "PATIENT": 0.82,
        "DOCTOR": 0.93,
        "DATE": 0.82,
        "ADDRESS": 0.91,
        "PHONE": 0.97,
        "ID": 0.93,
        "HOSPITAL": 0.75,
    },
}
WORDS_LOST = {
    "apart": 0.11,
    "later_seen": 0.17,
    "later_apart": 0.15,
    "sixth_seen": 0.10,
    "newest_seen": 0.10,
    "seventh_seen": 0.09,
    "seventh_own_2": 0.10,
    "seventh_own_3": 0.11,
    "seventh_own_4": 0.09,
    "dev": 0.09,
    "eighth_apart": 0.10,
}  # the others keep 92 of 100 words that belong to no identity


@pytest.mark.parametrize("half", BOUNDS)
def test_identities_of_letters_go(half):
    removed, made, counts = score_letters(half, header=False)
    shares = {kind: removed[kind] / made[kind] for kind in BOUNDS[half]}
    assert {kind: share for kind, share in shares.items() if share < BOUNDS[half][kind]} == {}
    assert counts["words_lost"] / counts["words"] < WORDS_LOST.get(half, 0.08)


@pytest.mark.parametrize(
    ("half", "most"),
    [
        ("seen", 0),
        ("apart", 1),
        ("outside_seen", 0),
        ("outside_apart", 0),
        ("fresh_seen", 1),
        ("fresh_apart", 0),
        ("later_seen", 1),
        ("later_apart", 0),
        ("newest_seen", 1),
        ("sixth_seen", 1),
        ("seventh_seen", 0),
        ("seventh_own_1", 0),
        ("seventh_own_2", 0),
        ("seventh_own_3", 1),
        ("seventh_own_4", 1),
        ("dev", 0),
        ("eighth_apart", 1),
        ("ninth_apart", 5),
    ],
)
def test_clinical_phrases_stay(half, most):
    count = len(touched_phrases(half)[0])  # the number alone: a failure must not show what is kept apart
    assert count <= most


def test_marks_stand_on_the_text():
    for row in (*read_rows("seen"), *read_rows("apart")):
        assert all(row["text"][start:end].strip() == row["text"][start:end] for start, end, _ in row["spans"])
