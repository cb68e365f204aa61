import re

import numpy as np
import pytest

from refrad2d.labels import is_label
from refrad2d.phantom import join_sentences, make_patient, report_sentences
from refrad2d.phantom.reports import context_of, expand
from refrad2d.phantom.series import REGIONS
from refrad2d.system.tables import read_csv, read_yaml

WORDINGS = sorted({name for region in REGIONS.values() for name in region.wordings})


def all_wordings():
    for name in WORDINGS:
        for topic, plan in read_yaml("refrad2d.phantom", name).items():
            for entry in plan["normal"] + [w for group in plan.get("findings", {}).values() for w in group]:
                yield topic, entry


def test_temporal_context_is_dictated_but_not_in_the_clean_text():
    wording = {
        "de": "~Unveränderte ~Zyste der [Leber](liver)~, Vergleich $date~.",
        "en": "~Stable ~cyst of the [liver](liver).",
    }
    sentence = expand(wording, {"de": {"date": "01.02.2020"}}, np.random.default_rng(0))
    assert sentence.dictated["de"] == "Unveränderte Zyste der Leber, Vergleich 01.02.2020."
    assert sentence.clean == {"de": "Zyste der Leber.", "en": "Cyst of the liver."}
    assert sentence.spans["de"] == ((10, 15, ("liver",)),)


def test_alternatives_are_chosen_alike_in_both_languages():
    wording = {"de": "{eins|zwei|drei}", "en": "{one|two|three}"}
    pairs = {tuple(expand(wording, {}, np.random.default_rng(k)).clean.values()) for k in range(30)}
    assert pairs == {("Eins", "One"), ("Zwei", "Two"), ("Drei", "Three")}


@pytest.mark.parametrize(("topic", "wording"), all_wordings())
def test_every_wording_is_well_formed(topic, wording):
    for language in ("de", "en"):
        text = wording[language]
        assert text.count("~") % 2 == 0
        assert text.endswith((".", ".~"))
    choices = [re.findall(r"\{([^{}]*)\}", wording[language]) for language in ("de", "en")]
    assert [c.count("|") for c in choices[0]] == [c.count("|") for c in choices[1]]
    mentions = [re.findall(r"\]\(([^)]*)\)", wording[language]) for language in ("de", "en")]
    assert sorted(mentions[0]) == sorted(mentions[1]) and mentions[0]
    assert all(is_label(name) or name in ("$vertebra", "$host") for group in mentions[0] for name in group.split())


def test_every_finding_can_be_told():
    told = {
        name
        for file in WORDINGS
        for plan in read_yaml("refrad2d.phantom", file).values()
        for name in plan.get("findings", {})
    }
    assert {row["name"] for row in read_csv("refrad2d.phantom", "findings.csv")} <= told


def test_sentences_speak_only_of_what_is_seen():
    present = {"liver", "spleen", "vertebrae_L2"}
    for seed in range(60):
        for sentence in report_sentences(make_patient(seed), present, np.random.default_rng(seed)):
            for spans in sentence.spans.values():
                assert {label for _, _, labels in spans for label in labels} <= present


def test_a_finding_is_always_told_where_its_organ_is_seen():
    for seed in range(60):
        patient = make_patient(seed)
        names = {f.name for f in patient.findings if f.host == "spleen"}
        told = {s.finding for s in report_sentences(patient, {"spleen"}, np.random.default_rng(0))}
        assert names <= told


def test_an_aorta_with_a_thoracic_aneurysm_is_not_called_normal():
    patients = [make_patient(seed, parts=("chest", "abdomen")) for seed in range(80)]
    ill = [p for p in patients if {f.name for f in p.findings if f.host == "aorta"} == {"thoracic_aneurysm"}]
    assert ill
    for patient in ill:
        for seed in range(8):
            sentences = report_sentences(patient, {"aorta"}, np.random.default_rng(seed))
            assert [s.clean["en"] for s in sentences if s.topic == "aorta"] == []


def test_joined_spans_point_at_the_mentions():
    sentences = report_sentences(make_patient(6), {"liver", "spleen", "pancreas"}, np.random.default_rng(3))
    for language, words in (("de", {"Leber", "Milz", "Pankreas", "Bauchspeicheldrüse"}), ("en", None)):
        _, text, spans = join_sentences(sentences, language)
        found = {text[s["start"] : s["end"]] for s in spans}
        assert found and (words is None or found <= words)


def test_context_has_both_languages():
    context = context_of(make_patient(1), np.random.default_rng(0), {"gallstone"})
    assert context["de"]["clinical_question"] == "Cholezystolithiasis?"
    assert context["en"]["clinical_info"] == "Right upper quadrant pain."
