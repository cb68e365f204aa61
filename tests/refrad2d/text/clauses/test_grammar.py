"""The patterns of signs: what connects a finding with its structure, and what does not."""

import pytest

from refrad2d.text.clauses import grammar


@pytest.mark.parametrize("codes", ["OAS", "ZOAS", "GS", "YOS", "OPGS"])
def test_known_words_connect_a_finding_with_the_structure_behind(codes):
    assert grammar.WHERE.fullmatch(codes)


@pytest.mark.parametrize("codes", ["HS", "OXS", "XGS"])
def test_other_words_do_not(codes):
    assert not grammar.WHERE.fullmatch(codes)


def test_a_participle_is_said_of_its_subjects():
    assert grammar.PREDICATE_OF.fullmatch("ASUASYM") and not grammar.PREDICATE_OF.fullmatch("ASHASY")
