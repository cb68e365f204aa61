"""Which sentence goes to which slice, and what becomes of its mentions there."""

import numpy as np
import pytest

from refrad2d.labels import exists_in, label_by_name, labels
from refrad2d.text.mentions import Mention
from refrad2d.text.references import find_references
from refrad2d.text.slices import (
    MarkedSentence,
    SliceFacts,
    certainly_absent,
    cut_references,
    far_classes,
    finding_sizes,
    is_about,
    join_sentences,
    match_mentions,
    read_sentences,
    slices_for,
    spread,
)

LIVER = {"label": "liver", "box": [0.1, 0.1, 0.4, 0.5], "area": 100}
RIGHT = {"label": "kidney_right", "box": [0.2, 0.5, 0.3, 0.6], "area": 40}
LEFT = {"label": "kidney_left", "box": [0.6, 0.4, 0.7, 0.6], "area": 30}


def sentence(text="Leber glatt.", *mentions, language="de"):
    return MarkedSentence(text, language, mentions or (Mention(0, 5, ("liver",)),), tuple(find_references(text)))


def stack(*areas, label="liver"):
    return [
        SliceFacts({"id": str(n), "instance": n + 1}, [{"label": label, "box": [0, 0, 1, 1], "area": a}] if a else [])
        for n, a in enumerate(areas)
    ]


def test_the_largest_slices_win_but_not_neighbours():
    assert spread([0, 1, 5, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0]) == [3, 5, 7]


def test_few_slices_are_all_taken():
    assert spread([0, 3, 0]) == [1] and spread([2, 2]) == [0, 1] and spread([0, 0]) == []


def test_a_sentence_goes_where_its_structures_are_largest():
    assert slices_for(sentence(), stack(0, 10, 0, 50, 0, 20), None, masked=True) == ([1, 3, 5], "structure")


def test_without_masks_a_sentence_goes_to_the_middle():
    assert slices_for(sentence(), stack(0, 0, 0, 0, 0), None, masked=False) == ([2], "middle")


def test_a_sentence_about_nothing_that_the_series_shows_goes_nowhere():
    assert slices_for(sentence(), stack(5, 5, label="spleen"), None, masked=True)[0] == []


def test_a_sentence_about_a_marked_finding_goes_to_slices_that_show_it():
    slices = stack(90, 80, 10)
    slices[2].findings = [{"label": "liver_lesion", "box": [0, 0, 0.1, 0.1], "source": "mask"}]
    assert slices_for(sentence("Leberläsion.", Mention(0, 11, ("liver",))), slices, None, masked=True) == (
        [2],
        "finding",
    )


def test_a_marked_finding_of_another_structure_is_not_meant():
    slices = stack(90, 0, 10)
    slices[0].findings = [{"label": "kidney_lesion", "box": [0, 0, 0.1, 0.1], "source": "mask"}]
    slices[1].findings = [{"label": "lesion", "box": [0, 0, 0.1, 0.1], "source": "mask"}]
    slices[2].findings = [{"label": "lesion", "box": [0, 0, 0.1, 0.1], "source": "mask"}]
    words = sentence("Leberläsion.", Mention(0, 11, ("liver",)))
    assert slices_for(words, slices, None, masked=True) == ([2], "finding")


def test_a_denied_finding_goes_to_its_organ():
    slices = stack(90, 10)
    slices[1].findings = [{"label": "lesion", "box": [0, 0, 0.1, 0.1], "source": "mask"}]
    denied = sentence("Keine Leberläsion.", Mention(6, 17, ("liver",), negated=True))
    assert slices_for(denied, slices, None, masked=True) == ([0, 1], "structure")


def test_named_images_are_taken_at_their_word():
    named = sentence("Leber glatt (Serie 4, Bild 2).")
    assert slices_for(named, stack(9, 9, 9), 4, masked=True) == ([1], "named")
    assert slices_for(named, stack(9, 9, 9), 5, masked=True) == ([], "named")


def test_references_leave_the_text_and_spans_follow():
    named = sentence("Bild 3: Leber glatt.", Mention(8, 13, ("liver",)))
    cut = cut_references(named)
    assert cut.text[cut.mentions[0].start : cut.mentions[0].end] == "Leber" and "3" not in cut.text


def test_a_span_is_the_union_of_its_classes():
    both = sentence("Nieren glatt.", Mention(0, 6, ("kidney_right", "kidney_left")))
    (span,) = match_mentions(both, [LIVER, RIGHT, LEFT])
    assert span == {
        "start": 0,
        "end": 6,
        "label": "kidney_right",
        "labels": ["kidney_right", "kidney_left"],
        "box": [0.2, 0.4, 0.7, 0.6],
    }


def test_a_partly_present_mention_keeps_what_is_present():
    both = sentence("Nieren glatt.", Mention(0, 6, ("kidney_right", "kidney_left")))
    assert match_mentions(both, [LEFT])[0]["labels"] == ["kidney_left"]


def test_an_absent_structure_stays_plain_text():
    assert match_mentions(sentence(), [LEFT]) == []


def test_joined_sentences_keep_their_spans():
    text, spans = join_sentences(
        [sentence("Leber glatt."), sentence("Die Leber ist groß.", Mention(4, 9, ("liver",)))], [LIVER]
    )
    assert text == "Leber glatt. Die Leber ist groß."
    assert [text[s["start"] : s["end"]] for s in spans] == ["Leber", "Leber"]


def test_mentions_are_given_to_their_sentences():
    text = "Leber glatt. Milz groß."
    spans = [{"start": 13, "end": 17, "labels": ["spleen"], "negated": False}]
    first, second = read_sentences(text, "de", spans)
    assert first.mentions == () and second.text[second.mentions[0].start : second.mentions[0].end] == "Milz"


def shown_on(*labels, blanked=(), findings=(), number=0):
    found = [{"label": name, "box": [0.1, 0.1, 0.5, 0.5], "area": 400, "pixels": 400} for name in labels]
    return SliceFacts({"id": str(number), "instance": number + 1, "blanked": list(blanked)}, found, list(findings))


def test_only_what_lies_well_beyond_its_last_slice_is_certainly_absent():
    series = [shown_on("liver", "spleen", number=n) for n in range(3)] + [shown_on("liver", number=n) for n in (3, 4)]
    assert [certainly_absent(series, "x", n) for n in range(5)] == [[], [], [], [], ["spleen"]]


def test_a_gap_a_blank_and_a_slice_without_a_mask_deny_nothing():
    gap = [shown_on("liver", "spleen"), *(shown_on("liver") for _ in range(4)), shown_on("liver", "spleen")]
    assert not any(certainly_absent(gap, "x", n) for n in range(6))
    for last in (shown_on("liver", blanked=[[0, 0, 9, 9]]), shown_on()):
        assert certainly_absent([shown_on("liver", "spleen"), shown_on("liver"), shown_on("liver"), last], "x", 3) == []


def test_what_no_slice_of_the_series_shows_enough_of_is_not_denied():
    few = shown_on("liver")
    few.objects.append({"label": "spleen", "box": [0, 0, 0.1, 0.1], "area": 3, "pixels": 3})
    assert certainly_absent([few, shown_on("liver"), shown_on("liver")], "x", 2) == []


def test_a_few_are_drawn_always_the_same():
    names = ("spleen", "pancreas", "stomach", "colon", "aorta", "duodenum")
    series = [shown_on("liver", *names), shown_on("liver"), shown_on("liver")]
    assert len(certainly_absent(series, "x", 2)) == 4
    assert certainly_absent(series, "x", 2) == certainly_absent(series, "x", 2)
    assert len({tuple(certainly_absent(series, str(n), 2)) for n in range(20)}) > 5


HEAD = ("brain", "skull", "spinal_cord", "vertebrae_C1")


def test_what_lies_far_from_all_that_a_series_shows_is_absent():
    far = far_classes(HEAD, "CT")
    assert {"prostate", "liver", "heart", "femur_left"} <= set(far)
    assert not set(far) & {*HEAD, "thyroid_gland", "common_carotid_artery_left", "humerus_left", "autochthon_left"}
    assert "vertebrae" not in far and "vertebrae_L1" not in far_classes(["brain"], "MR")  # nobody looked for them


def test_all_between_two_structures_is_reached():
    assert far_classes(["brain", "prostate"], "CT") == []


def test_a_structure_of_several_parts_adds_them_unless_it_lies_in_one_that_is_shown():
    assert "pancreas" in far_classes(["brain", "spinal_cord"], "CT")
    assert "pancreas" not in far_classes(["brain", "esophagus"], "CT") and far_classes(["liver", "aorta"], "CT") == []


def test_an_unborn_child_may_show_what_its_mother_shows_elsewhere():
    assert "brain" in far_classes(["prostate"], "CT") and far_classes(["hip_left"], "CT", pregnant=True) == []
    assert far_classes(HEAD, "CT", pregnant=True) == far_classes(HEAD, "CT")


@pytest.mark.parametrize("modality", ["CT", "MR"])
def test_no_far_class_ever_lies_near_a_part_that_is_shown(modality):
    rng = np.random.default_rng(5)
    known = [label for label in labels() if exists_in(label, modality)]
    for _ in range(1000):
        shown = rng.choice(np.array(known, dtype=object), rng.integers(1, 6), replace=False)
        sure = [label.parts[0] for label in shown if len(label.parts) == 1]
        far = far_classes([label.name for label in shown], modality)
        assert not far or sure and not {label.name for label in shown} & set(far)
        parts = [part for name in far for part in label_by_name(name).parts]
        assert all(abs(part - other) >= 2 for part in parts for other in sure)


def test_far_classes_fill_what_near_ones_leave():
    series = [shown_on("liver", "spleen", "colon"), *(shown_on("pancreas", number=n) for n in (1, 2))]
    far = ["brain", "skull", "vertebrae_C3", "vertebrae_C4"]
    denied = certainly_absent(series, "x", 2, far)
    assert {"liver", "spleen", "colon"} < set(denied) and len(set(denied) & set(far)) == 1
    assert certainly_absent(series, "x", 2, []) == certainly_absent(series, "x", 2) == ["colon", "liver", "spleen"]
    many = [shown_on("liver", "spleen", "colon", "stomach", "aorta"), *series[1:]]
    assert len(set(certainly_absent(many, "x", 2, far)) & set(far)) == 1
    assert certainly_absent([shown_on("pancreas")], "x", 0, far) == sorted(far)


def test_a_slice_that_shows_not_where_it_lies_has_no_far_classes():
    for shown in (shown_on("aorta", "liver"), shown_on("pancreas", blanked=[[0, 0, 9, 9]]), shown_on()):
        assert certainly_absent([shown, shown_on("pancreas")], "x", 0, ["brain"]) == []


def test_a_sentence_is_about_a_slice_by_name_by_its_finding_or_by_a_visible_structure():
    cyst = sentence("Zyste der Leber.", Mention(10, 15, ("liver",)))
    mask = {"label": "liver_cyst", "box": [0.1, 0.1, 0.2, 0.2], "source": "mask"}
    assert is_about(sentence(), "structure", shown_on("liver")) and not is_about(sentence(), "structure", shown_on())
    assert is_about(sentence(), "named", shown_on()) and not is_about(cyst, "structure", shown_on("liver"))
    assert is_about(cyst, "finding", shown_on("liver", findings=[mask]))
    assert finding_sizes(cyst, [shown_on("liver"), shown_on("liver", findings=[mask])])[0] == 0
