"""Words that a list leaves out."""

import pytest

from refrad2d.llm.ellipsis import complete


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("Innen- und Außenmeniskus intakt", "de", "Innenmeniskus und Außenmeniskus intakt"),
        ("Sinus transversus und sigmoideus offen", "de", "Sinus transversus und Sinus sigmoideus offen"),
        ("left transverse and sigmoid sinuses", "en", "left transverse sinuses and sigmoid sinuses"),
        ("Leber und Milz unauffällig", "de", "Leber und Milz unauffällig"),
        ("liver and spleen are normal", "en", "liver and spleen are normal"),
    ],
)
def test_a_list_gets_the_word_that_it_leaves_out(text, language, expected):
    assert complete(text, language) == expected
