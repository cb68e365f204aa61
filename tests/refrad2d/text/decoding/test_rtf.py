"""RTF documents become their visible text; documents that are cut off are refused."""

import pytest

from refrad2d.text.decoding.rtf import read_rtf


def test_fonts_and_styles_are_left_out():
    assert read_rtf(r"{\rtf1{\fonttbl{\f0 Arial;}}{\*\generator X;}Leber\par Milz}") == "Leber\nMilz"


def test_bytes_and_code_points_are_read():
    assert read_rtf(r"{\rtf1\ansicpg1252 M\'fcller \u228?\u8364?}") == "Müller ä€"


def test_braces_and_backslashes_of_the_text_stay():
    assert read_rtf(r"{\rtf1 a\{b\}\\c}") == r"a{b}\c"


@pytest.mark.parametrize("rtf", [r"{\rtf1 Leber", r"{\rtf1 Leber}}", "{\\rtf1 Leber\\"])
def test_broken_documents_are_refused(rtf):
    assert read_rtf(rtf) is None
