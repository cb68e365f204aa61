"""The vocabulary of findings: labels of mask segments, kinds in sentences, names for questions; one table for all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refrad2d.labels import LANGUAGES
from refrad2d.system.tables import read_csv
from refrad2d.text.findings import finding_label, kind_words, kinds_in, kinds_of, named_findings


@pytest.mark.parametrize(
    ("segment", "label"),
    [
        ("Liver lesion 3", "liver_lesion"),
        ("kidney_stone", "kidney_stone"),
        ("Cyst of Mrs Quitzow", "cyst"),
        ("Quitzow", "finding"),
        ("", "finding"),
    ],
)
def test_a_segments_name_keeps_the_words_of_the_vocabulary_alone(segment, label):
    assert finding_label(segment) == label


@given(st.text(max_size=40))
def test_a_label_of_any_name_is_its_own_label(text):
    assert finding_label(finding_label(text)) == finding_label(text)


def test_a_label_has_its_kinds():
    assert kinds_of("kidney_stone") == {"calculus"} and kinds_of("liver_metastasis") == {"lesion"}
    assert kinds_of("finding") == set()


@pytest.mark.parametrize(
    ("sentence", "language", "kinds"),
    [
        ("Leberzyste.", "de", {"cyst"}),
        ("Pleuraerguss rechts.", "de", {"effusion"}),
        ("Raumforderung der Niere.", "de", {"lesion", "mass"}),
        ("Verkalkter Herd.", "de", {"lesion"}),
        ("A gallstone and free fluid.", "en", {"calculus", "fluid"}),
        ("The liver is normal.", "en", set()),
    ],
)
def test_a_sentence_speaks_of_kinds(sentence, language, kinds):
    assert kinds_in(sentence, language) == kinds


NAMED = [(language, finding, pattern) for language in LANGUAGES for finding, pattern in named_findings(language)]


@pytest.mark.parametrize(("language", "finding", "pattern"), NAMED, ids=[f"{x}-{f.name}" for x, f, _ in NAMED])
def test_a_finding_states_itself_by_its_own_name(language, finding, pattern):
    assert pattern.fullmatch(finding.names[language])
    assert finding.names[language] in finding.articles[language]


def test_special_findings_are_looked_for_before_general_ones():
    order = [finding.name for finding, _ in named_findings("en")]
    assert order.index("pulmonary_nodule") < order.index("nodule") and order.index("cyst") < order.index("lesion")


def test_every_row_serves_a_use_whole_and_none_stands_twice():
    rows = read_csv("refrad2d.text", "findings.csv")
    assert len({row["name"] for row in rows}) == len(rows)
    named = ("group", "english", "english_article", "english_terms", "german", "german_accusative", "german_terms")
    for row in rows:
        assert all(row[column] for column in named) or not any(row[column] for column in named), row["name"]
        assert row["kind"] or row["english_terms"], row["name"]
        assert row["kind"] or not (row["english_words"] or row["german_words"]), row["name"]
    assert all(words["en"] and words["de"] for words in kind_words().values())
