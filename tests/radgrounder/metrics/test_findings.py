"""Findings of a text: affirmed only, by name and place; false and missed ones are counted apart."""

import itertools
from types import SimpleNamespace

import numpy as np
import pytest

from radgrounder.metrics.findings import FindingCounts, Stated, class_figures, count_findings, read_findings
from refrad2d.labels import LANGUAGES
from refrad2d.phantom.reports import _CHOICE, expand, host_names
from refrad2d.phantom.series import REGIONS, get_region
from refrad2d.system.tables import read_csv, read_yaml


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


UNSIZED = ("erweitert", "dilated to", "with deposits")  # a state has no size; what the deposits are is not known
GUESSED = {"bone_lesion": "metastasis"}  # what its wordings think that it is
PLANTED = {row["name"]: row for row in read_csv("refrad2d.phantom", "findings.csv")}


def phantom_sentences():
    """(finding, classes, modality, language, text): every choice of every wording of a finding, of each of its hosts."""
    regions = sorted(
        map(get_region, REGIONS), key=lambda region: region.modality, reverse=True
    )  # CT where there is one
    modalities = {name: region.modality for region in regions for name in region.wordings}
    for file, modality in modalities.items():
        for plan in read_yaml("refrad2d.phantom", file).values():
            for name, wordings in plan.get("findings", {}).items():
                for wording in wordings:
                    yield from ((name, *rest) for rest in _fill(wording, PLANTED[name], modality))


def _fill(wording, row, modality):
    counts = [choices.count("|") + 1 for choices in _CHOICE.findall(wording["de"])]
    hosts = row["host"].split() if "$host" in wording["en"] or "$vertebra" in wording["en"] else [row["host"]]
    for host, picks in itertools.product(hosts, itertools.product(*map(range, counts))):
        draws = [(pick + 0.5) / count for pick, count in zip(picks, counts, strict=True)] + [0.0] * 8
        own = {x: {"size": "20 mm", "prior": "15 mm", "date": "01.02.2020"} for x in LANGUAGES}
        if host == host.split()[0]:
            own = {x: fields | host_names(host)[x] for x, fields in own.items()}
        sentence = expand(wording, own, SimpleNamespace(random=lambda _, draws=draws: draws))
        for language in LANGUAGES:
            classes = frozenset(label for _, _, labels in sentence.spans[language] for label in labels)
            yield classes, modality, language, sentence.clean[language]


def test_every_finding_of_the_phantom_is_read_once_at_its_place():
    """By one of the names that the phantom's table has for it; a pleural effusion has the side of its host."""
    sentences, wrong = list(phantom_sentences()), []
    for name, classes, modality, language, text in sentences:
        called = {*PLANTED[name]["called"].split("|"), PLANTED[name]["state"], GUESSED.get(name)}
        side = name.rpartition("_")[2] if name.startswith("pleural_effusion") else None
        found = read_findings(text, language, modality)
        right = len(found) == 1 and found[0].name in called and found[0].side == side
        if not right or found[0].places != (frozenset() if side else classes):
            wrong.append((text, found))
        if right and "20 mm" in text and not any(word in text for word in UNSIZED) and found[0].millimetres != 20:
            wrong.append((text, found))
    assert len(sentences) > 600 and not wrong, wrong[:5]


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("de", "LWK 4 ist keilförmig deformiert.", {("fracture", "vertebrae_L4")}),
        ("en", "Mild loss of height of L1 and L2.", {("fracture", "vertebrae_L1"), ("fracture", "vertebrae_L2")}),
        ("de", "Keine wesentliche Höhenminderung von LWK 3.", set()),
        ("de", "Höhenminderung L4/5.", set()),  # of the disc
        ("en", "Loss of disc height at L4-L5.", set()),
        ("en", "No acute fracture of L1.", set()),
        ("de", "Fraktur der 5. Rippe rechts ist konsolidiert.", {("fracture", "rib_right_5")}),
        ("en", "The spleen shows a wedge-shaped infarct.", {("infarct", "spleen")}),
        ("en", "The heart shows dilated ventricles.", set()),
        ("de", "Seitenventrikel erweitert.", {("hydrocephalus", "brain")}),
        ("de", "Keine frische Ischämie im Gehirn.", set()),
        ("en", "Mesenteric ischemia of the small bowel.", set()),
        ("en", "Fatty infiltration of the left psoas muscle.", set()),
        ("de", "Status nach Infarkt der Milz.", set()),
        ("en", "Status post resection of a liver metastasis.", set()),
        ("en", "Fracture of L2 excluded.", set()),
        ("de", "Das Pankreas ist aufgetrieben, V. a. Pankreatitis.", {("pancreatitis", "pancreas")}),
        ("de", "Die Leber ist vergrößert, V. a. Mammakarzinom.", {("carcinoma",)}),
        ("en", "The abdominal aorta is aneurysmal, dilated to 60 mm.", {("aneurysm", "aorta")}),
        ("de", "Das Herz ist verbreitert.", {("enlarged", "heart")}),
        ("en", "Hyperplastic polyp of the colon.", set()),
        ("en", "Cholecystitis.", {("cholecystitis", "gallbladder")}),
    ],
)
def test_hints_and_denials_count_by_what_they_are_said_of(language, text, expected):
    assert keys(text, language) == expected


@pytest.mark.parametrize(
    ("language", "text", "sides"),
    [
        ("en", "Bilateral pleural effusions.", ["left", "right"]),
        ("en", "Small left pleural effusion. Large right pleural effusion.", ["left", "right"]),
        ("en", "Pleural effusion adjacent to the left lower lobe.", ["left"]),
        ("de", "Rechter Unterlappen mit angrenzendem Pleuraerguss.", ["right"]),
        ("de", "Pleuraerguss rechts mehr als links.", [None]),
        ("en", "Left lower lobe atelectasis with pleural effusion.", [None]),
        ("en", "Pleural effusion posterior to the left lower lobe and right upper lobe nodule.", [None]),
        ("en", "No pleural effusion adjacent to the left lower lobe.", []),
    ],
)
def test_an_effusion_has_the_side_that_is_said(language, text, sides):
    found = read_findings(text, language, "CT")
    assert [one.side for one in found if one.name == "pleural_effusion"] == sides


def test_emphysema_is_one_disease_of_both_lungs():
    texts = ("Emphysema of the lungs.", "Emphysema of both lungs.")
    assert len({tuple(one.key for one in read_findings(text, "en", "CT")) for text in texts}) == 1
    assert len(read_findings("Zysten beider Nieren.", "de", "CT")) == 2
