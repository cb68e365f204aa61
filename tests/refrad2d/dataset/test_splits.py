"""A patient's split follows from pseudonym and key alone."""

from collections import Counter

import pytest

from refrad2d.dataset.splits import split_of
from refrad2d.schema import SPLITS

PATIENTS = [f"p{n}" for n in range(3000)]


def test_shares_are_eighty_ten_ten_in_the_long_run():
    counts = Counter(split_of(name, b"k" * 32) for name in PATIENTS)
    assert [counts[split] / 3000 for split in SPLITS] == pytest.approx([0.8, 0.1, 0.1], abs=0.02)


def test_another_key_draws_anew():
    assert [split_of(name, b"a" * 32) for name in PATIENTS] != [split_of(name, b"b" * 32) for name in PATIENTS]


def test_a_patient_stays_where_it_is_for_ever():
    golden = {"train": ["p0", "p2"], "validation": ["p1", "p6"], "test": ["p8", "p10"]}
    assert {
        split: [name for name in names if split_of(name, bytes(32)) == split] for split, names in golden.items()
    } == golden
