"""What the header knows, found in any spelling."""

import pytest

from refrad2d.privacy.recognisers.known import find_known, read_identity

HEADER = ["Quitzow^Elvira^^Dr.", "19530412", "PAT00123", "Musterklinik Süd"]


def found(text):
    return [(text[f.start : f.end], f.kind) for f in find_known(text, HEADER)]


def test_header_strings_are_taken_apart():
    who = read_identity(tuple(HEADER))
    assert who.words == {"quitzow", "elvira"} and who.dates == ((1953, 4, 12),)
    assert who.ids == ("19530412", "PAT00123") and who.phrases == ("Musterklinik Süd",)


@pytest.mark.parametrize(
    "spelling", ["Quitzow", "QUITZOW", "Q u i t z o w", "Quit-\nzow", "Elvira Quitzow", "Quitzows"]
)
def test_a_name_in_many_spellings(spelling):
    text = f"Befund {spelling} unverändert."
    assert "".join(stretch for stretch, kind in found(text) if kind == "NAME").replace("\n", "")


@pytest.mark.parametrize("spelling", ["PAT00123", "pat-00123", "PAT 123", "PAT-000123"])
def test_an_id_with_other_separators_and_zeros(spelling):
    assert any(kind == "ID" for _, kind in found(f"Vorgang {spelling} geprüft."))


def test_a_phrase_goes_as_a_whole():
    assert ("Musterklinik Süd", "ORGANISATION") in found("Aus der Musterklinik Süd.")


def test_without_a_header_nothing_is_known():
    assert find_known("Elvira Quitzow", []) == []


def test_an_anatomical_name_is_a_name_only_where_it_must_be():
    text = "Die Leber ist glatt. Herr Leber klagt."
    assert [f.start for f in find_known(text, ["Leber^Jonas"])] == [text.index("Herr")]


@pytest.mark.parametrize("marred", ["Jrgen", "J?rgen", "J_rgen", "J\ufffdrgen", "J??rgen", "MLLER", "M?llers"])
def test_a_name_whose_umlauts_were_lost_on_the_way(marred):
    assert {f.kind for f in find_known(f"Befund mit {marred} besprochen.", ["Müller^Jürgen"])} == {"NAME"}


@pytest.mark.parametrize("word", ["Br", "B?r", "Gro"])
def test_too_little_of_a_marred_name_is_left_to_be_sure(word):
    assert not find_known(f"Befund {word} beschrieben.", ["Bär^Groß"])


def test_a_first_name_that_is_a_particle_goes_where_it_must_be_the_name():
    text = "Ben was examined. Carter, Ben was seen."
    assert [text[f.start : f.end] for f in find_known(text, ["Carter^Ben"])] == ["Ben", "Carter", "Ben"]
    assert not find_known("Kind von ben Gurion.", ["Carter^Ben"])
