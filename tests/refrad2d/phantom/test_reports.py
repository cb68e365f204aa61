import re
from dataclasses import replace

import numpy as np
import pytest

from refrad2d.labels import is_label
from refrad2d.phantom import join_sentences, make_patient, report_sentences
from refrad2d.phantom.findings import PlantedFinding
from refrad2d.phantom.reports import (
    DIFFUSE_PIXELS,
    NORMAL_SENTENCES,
    SliceContent,
    context_of,
    expand,
    slice_sentences,
)
from refrad2d.phantom.series import REGIONS, get_region
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
            assert [s.finding for s in sentences if s.topic == "aorta"] == ["thoracic_aneurysm"]


def test_a_slice_tells_of_findings_of_other_parts_too():
    """A CT of the chest that shows an enlarged spleen says so, in the words of the abdomen."""
    region = get_region("chest_ct")
    patients = [make_patient(seed, parts=region.parts) for seed in range(60)]
    ill = next(p for p in patients if [f.name for f in p.findings if f.host == "spleen"] == ["splenomegaly"])
    content = SliceContent({"spleen": 900, "aorta": 100}, {}, {}, "axial")
    sentences = slice_sentences(ill, content, publish=region.published, wordings=region.wordings)
    assert [s.finding for s in sentences if s.finding] == ["splenomegaly"]
    assert all("spleen" in labels for _, _, labels in sentences[0].spans["en"])


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


REGION = get_region("abdomen_ct")
CYST = PlantedFinding("kidney_cyst_left", "kidney_left", "cyst", 44.0, (0.0, 0.0, 0.0))
STONE = PlantedFinding("gallstone", "gallbladder", "stone", 9.0, (0.0, 0.0, 0.0))
SPLEEN = PlantedFinding("splenomegaly", "spleen", "scale", 0.0, (0.0, 0.0, 0.0), scale=1.4)
FRACTURE = PlantedFinding("vertebral_fracture", "vertebrae_L1", "fracture", 0.0, (0.0, 0.0, 0.0))
ORGANS = {"liver": 4000, "spleen": 900, "kidney_left": 500, "kidney_right": 450, "gallbladder": 90, "aorta": 60}


def tell(*findings, pixels=ORGANS, seen=None, site="A", plane="axial", sizes=None, region=REGION):
    patient = replace(make_patient(3, site), findings=findings)
    content = SliceContent(pixels, seen or {}, sizes or {}, plane)
    return slice_sentences(
        patient, content, publish=region.published, wordings=region.wordings, modality=region.modality
    )


def test_findings_come_first_the_largest_of_them_before_the_others():
    told = tell(SPLEEN, STONE, CYST, seen={"gallstone": 20, "kidney_cyst_left": 300})
    assert [s.finding for s in told[:4]] == ["kidney_cyst_left", "gallstone", "splenomegaly", ""]
    assert len(told) <= 3 + NORMAL_SENTENCES


@pytest.mark.parametrize("pixels", [0, 1, 19])
def test_a_finding_that_the_slice_hardly_shows_is_not_told_and_its_host_is_not_called_normal(pixels):
    told = tell(STONE, seen={"gallstone": pixels}, pixels={"gallbladder": 90})
    assert [s.topic for s in told] == (["gallbladder"] if pixels == 0 else [])


def test_a_diffuse_finding_needs_enough_of_its_host():
    for pixels, expected in ((DIFFUSE_PIXELS, ["splenomegaly"]), (DIFFUSE_PIXELS - 1, []), (5, [])):
        assert [s.finding for s in tell(SPLEEN, pixels={"spleen": pixels})] == expected


@pytest.mark.parametrize(("plane", "told"), [("axial", 0), ("coronal", 1), ("sagittal", 1)])
def test_a_lowered_vertebra_is_not_seen_across_the_axis(plane, told):
    assert len(tell(FRACTURE, pixels={"vertebrae_L1": 400}, plane=plane)) == told


def test_density_is_no_finding_of_mr():
    steatosis = PlantedFinding("steatosis", "liver", "tone", 0.0, (0.0, 0.0, 0.0))
    assert [s.finding for s in tell(steatosis)[:1]] == ["steatosis"]
    assert all(s.topic != "liver" for s in tell(steatosis, region=get_region("abdomen_mr")))


def test_the_size_is_that_of_the_slice():
    text = " ".join(tell(CYST, seen={"kidney_cyst_left": 99}, sizes={"kidney_cyst_left": 20.0})[0].clean.values())
    assert re.search(r"20 mm|2[.,]0 cm", text) and "44" not in text and "4.4" not in text


@pytest.mark.parametrize("site", "ABC")
def test_a_site_words_a_fact_always_in_the_same_way(site):
    findings, seen = (CYST, STONE), {"kidney_cyst_left": 99, "gallstone": 99}
    assert tell(*findings, seen=seen, site=site) == tell(*findings[::-1], seen=seen, site=site)


def test_normal_sentences_are_of_the_largest_structures_in_the_order_of_the_table():
    told = tell()
    assert [s.topic for s in told] == ["liver", "spleen", "kidneys"]
    assert all(set(labels) <= ORGANS.keys() for s in told for _, _, labels in s.spans["en"])


def test_one_ill_kidney_leaves_the_other_to_be_normal():
    small = {"kidney_left": 500, "kidney_right": 450}
    told = tell(CYST, seen={"kidney_cyst_left": 99}, pixels=small)
    assert [s.topic for s in told] == ["kidney_left", "kidney_right"] and told[0].finding and not told[1].finding


def test_a_slice_that_shows_nothing_has_no_report():
    assert tell(CYST, STONE, SPLEEN, FRACTURE, pixels={"liver": 19}) == []


def test_a_report_leaves_nothing_to_chance():
    """Every finding first, then each structure without one; the same words each time."""
    patient = replace(make_patient(3, "B"), findings=(CYST, STONE))
    present = {"liver", "spleen", "kidney_left", "kidney_right", "gallbladder", "pancreas"}
    told = report_sentences(patient, present)
    assert [s.finding for s in told[:3]] == ["gallstone", "kidney_cyst_left", ""]
    assert {"liver", "spleen", "kidney_right", "pancreas"} <= {s.topic for s in told if not s.finding}
    assert told == report_sentences(patient, present)
    assert told != report_sentences(patient, present, np.random.default_rng(1))
