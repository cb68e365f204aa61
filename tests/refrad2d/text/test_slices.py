"""Which sentence goes to which slice, and what becomes of its mentions there."""

from refrad2d.text.mentions import Mention
from refrad2d.text.references import find_references
from refrad2d.text.slices import (
    MarkedSentence,
    SliceFacts,
    certainly_absent,
    cut_references,
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


def test_a_sentence_is_about_a_slice_by_name_by_its_finding_or_by_a_visible_structure():
    cyst = sentence("Zyste der Leber.", Mention(10, 15, ("liver",)))
    mask = {"label": "liver_cyst", "box": [0.1, 0.1, 0.2, 0.2], "source": "mask"}
    assert is_about(sentence(), "structure", shown_on("liver")) and not is_about(sentence(), "structure", shown_on())
    assert is_about(sentence(), "named", shown_on()) and not is_about(cyst, "structure", shown_on("liver"))
    assert is_about(cyst, "finding", shown_on("liver", findings=[mask]))
    assert finding_sizes(cyst, [shown_on("liver"), shown_on("liver", findings=[mask])])[0] == 0
