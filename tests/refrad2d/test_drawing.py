"""Rows as pictures."""

import numpy as np
import pytest

from refrad2d.drawing import contact_sheet, draw
from tests.fixtures.tiny_dataset import make_row


def test_a_row_is_drawn_larger_with_its_text_below():
    picture = draw(make_row(1, "p", (10, 20, 50, 60)))
    assert picture.width == 448 and picture.height > 448


def test_the_box_of_a_span_has_the_colour_of_its_label():
    picture = np.asarray(draw(make_row(1, "p", (10, 20, 50, 60))))
    top, left = 20 * 4, 10 * 4
    assert tuple(picture[top, left + 20]) == (0xFF, 0x6B, 0x6B)


def test_a_row_without_report_shows_its_objects():
    row = {**make_row(1, "p", (10, 20, 50, 60)), "report": {"de": None, "en": None}}
    assert draw(row).height > 448


def test_a_sheet_has_a_tile_a_slice(first_month):
    sheet = contact_sheet(first_month / "dataset", rows=2, split=None, window="soft_tissue", language="de")
    assert sheet.width == 800


def test_no_archive_is_refused_with_the_remedy(tmp_path):
    with pytest.raises(ValueError, match="no slice to draw.* Give the DIR"):
        contact_sheet(tmp_path, rows=2, split=None, window="lung", language="en")
