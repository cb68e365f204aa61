"""Rows that teach masks as text: what is asked, with which codes, beside what."""

import pytest

from radgrounder.masks.codec_training import fit, round_trip_iou, structures_of
from radgrounder.masks.targets import select
from radgrounder.masks.text import CodeReader
from radgrounder.metrics.masks import mask_iou
from radgrounder.training.mask_rows import Asked, encode, mask_rows
from radgrounder.training.packing import split_branches
from refrad2d.conversations import ABSENT, conversations
from refrad2d.grounding import parse
from refrad2d.windows import resize_mask
from tests.fixtures.mask_rows import mask_row

ROWS = [mask_row(seed) for seed in range(3)]


@pytest.fixture(scope="module")
def codec():
    return fit(structures_of(ROWS), steps=24)


def branches(row):
    """(prompt, answer) of each conversation of a packed row."""
    return [
        (one[0]["content"][1]["text"], one[1]["content"][0]["text"]) for one in split_branches(row["messages"])
    ]  # fmt: skip


def test_a_slice_is_a_row_with_masks_and_with_boxes_alone(codec):
    [row] = mask_rows(ROWS[:1], codec, Asked(structures=2, places=1, absent=1))
    said = branches(row)
    masked = [(asked, parse(answer)) for asked, answer in said if "egment" in asked]
    boxed = [(asked, parse(answer)) for asked, answer in said if "egment" not in asked]
    assert len(masked) == 4 and len(boxed) >= 3  # report, two structures, an absent one in words
    assert all(span.codes for _, parsed in masked for span in parsed.spans)
    assert not any(span.codes for _, parsed in boxed for span in parsed.spans)
    assert sum(answer in ABSENT.values() for _, answer in said) >= 2 and all(p.invalid == 0 for _, p in masked)
    assert row["length"] > 0 and row["image"]["path"] == "slice0.png"


def test_the_codes_are_those_of_the_mask_unions_of_plural_mentions(codec):
    row = ROWS[0]
    known, small = encode(row, codec), resize_mask(__import__("numpy").asarray(row["mask"]))
    assert ("kidney_left", "kidney_right") in known and ("liver",) in known
    [row_written] = mask_rows([row], codec, Asked(structures=8))
    report = next(answer for asked, answer in branches(row_written) if "chlüsselwörter" in asked)
    spans = parse(report).spans
    masks = CodeReader(codec).read([None], [[("x", report)]], [(224, 224)])[0]
    floor = round_trip_iou(codec, structures_of(ROWS)).min() - 0.05
    for span, mask, labels in zip(spans, masks, [("kidney_right",), ("liver",)], strict=False):
        assert span.codes == known[labels] and mask_iou(mask, select(small, labels)) > floor


def test_a_finding_without_a_mask_keeps_its_box_alone(codec):
    row = mask_row(1, told=(("Zyste", ("finding",)), ("Leber", ("liver",))))
    [written] = mask_rows([row], codec, Asked())
    report = next(answer for asked, answer in branches(written) if "segmentiere" in asked)
    assert [bool(span.codes) for span in parse(report).spans] == [False, True]


def test_draws_differ_and_are_the_same_each_time(codec):
    first, again = (list(mask_rows(ROWS, codec, Asked(structures=1, places=1), draws=2)) for _ in range(2))
    assert len(first) == 6 and [r["messages"] for r in first] == [r["messages"] for r in again]
    assert first[0]["messages"] != first[3]["messages"]


def test_a_build_s_conversations_know_nothing_of_masks():
    said = [one[1]["content"][0]["text"] for one in conversations({**ROWS[0], "vqa": []})]
    assert said and not any(span.codes for answer in said for span in parse(answer).spans)
