"""Every reason for which a mask is dropped says what to do."""

import re
from pathlib import Path

from refrad2d.images.masks import advice as module
from refrad2d.images.masks.advice import OTHERWISE, advice, main_advice


def test_every_reason_of_the_room_has_its_advice():
    code = "".join(path.read_text(encoding="utf-8") for path in Path(module.__file__).parent.glob("*.py"))
    reasons = set(re.findall(r'"((?:mask_(?:of|on|with|classes|table|values)|not_a_|ambiguous_)\w+)"', code))
    assert len(reasons) > 12 and [reason for reason in reasons if advice(reason) == OTHERWISE] == []


def test_the_most_frequent_reason_is_advised():
    counts = {"kept": 0, "dropped_mask_on_another_grid": 1, "dropped_mask_of_another_patient": 2}
    assert main_advice(counts) == advice("mask_of_another_patient") and main_advice({}) == OTHERWISE
