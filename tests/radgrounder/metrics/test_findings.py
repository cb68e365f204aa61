"""Findings of a text: affirmed only, by name and place; false and missed ones are counted apart."""

import numpy as np
import pytest

from radgrounder.metrics.findings import FindingCounts, Stated, class_figures, count_findings, read_findings


def keys(text, language="en", modality="CT"):
    return {(one.name, *sorted(one.places)) for one in read_findings(text, language, modality)}


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("The liver shows a cyst measuring 20 mm.", "en", {("cyst", "liver")}),
        ("Blande Zyste der Leber, 2,0 cm.", "de", {("cyst", "liver")}),
        ("No stone in the gallbladder.", "en", set()),
        ("Kein Konkrement in der Gallenblase.", "de", set()),
        ("The liver is normal in size and homogeneous.", "en", set()),
        ("The spleen is markedly enlarged.", "en", {("enlarged", "spleen")}),
        ("Die Milz ist deutlich vergrößert.", "de", {("enlarged", "spleen")}),
        ("Splenomegaly, the spleen is enlarged.", "en", {("enlarged", "spleen")}),
        ("Simple cyst in the right kidney measuring 30 mm.", "en", {("cyst", "kidney_right")}),
        ("", "en", set()),
    ],
)
def test_only_what_is_affirmed_counts(text, language, expected):
    assert keys(text, language) == expected


def test_the_side_is_part_of_a_finding():
    right, left = (Stated("cyst", frozenset({f"kidney_{side}"}), 20.0) for side in ("right", "left"))
    counts = count_findings([right], [left])
    assert (counts.found, counts.false, counts.missed) == ((), ("cyst",), ("cyst",))
    assert counts.f1 == counts.precision == counts.recall == 0


def test_sizes_are_compared_where_both_say_one():
    true = [Stated("cyst", frozenset({"liver"}), 20.0), Stated("stone", frozenset({"gallbladder"}))]
    said = [Stated("cyst", frozenset({"liver"}), 30.0), Stated("stone", frozenset({"gallbladder"}), 5.0)]
    counts = count_findings(true, said)
    assert counts.f1 == 1 and counts.size_error == pytest.approx(0.5)


def test_nothing_on_a_side_is_not_scored_there():
    one = [Stated("cyst", frozenset({"liver"}))]
    assert np.isnan(
        [count_findings([], []).f1, count_findings(one, []).precision, count_findings([], one).recall]
    ).all()
    assert count_findings(one, []).recall == count_findings([], one).precision == 0
    assert count_findings(one, []).f1 == count_findings([], one).f1 == 0


def test_each_class_has_its_precision_recall_and_f1():
    counts = [
        FindingCounts(("cyst",), ("stone",), (), ()),
        FindingCounts(("cyst", "stone"), (), ("cyst",), ()),
        FindingCounts((), (), (), ()),
    ]
    found = class_figures(counts, ["p1", "p2", "p3"], samples=100)
    assert list(found) == ["all", "cyst", "stone"]
    assert [found["cyst"][name].mean for name in ("precision", "recall", "f1")] == pytest.approx([1, 2 / 3, 4 / 5])
    assert [found["stone"][name].mean for name in ("precision", "recall", "f1")] == pytest.approx([1 / 2, 1, 2 / 3])
    assert found["all"]["f1"].mean == pytest.approx(2 * 3 / (4 + 4))
    assert [found["cyst"][name].n for name in ("precision", "recall", "f1")] == [2, 3, 5]


def test_a_class_that_is_never_said_has_no_precision():
    found = class_figures([FindingCounts((), (), ("cyst",), ())], ["p1"], samples=100)["cyst"]
    assert (
        found["precision"].n == 0 and found["precision"].mean is None and found["recall"].mean == found["f1"].mean == 0
    )
