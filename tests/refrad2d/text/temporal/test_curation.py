"""What the rules of time remove, keep and never invent; scores on the corpus are printed."""

import json
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refrad2d.text.temporal import curate, curate_sentence
from refrad2d.text.temporal.rules import load_rules
from tests.bench.curate_meaning import errors
from tests.bench.curate_meaning import table as meaning_table
from tests.bench.curate_scores import CORPUS, HALVES, OUTSIDE, read_corpus, score, table, written

EXAMPLES = [
    (language, row["text"], row["curated"])
    for language in ("de", "en")
    for row in map(json.loads, (CORPUS / f"examples_{language}.jsonl").read_text(encoding="utf-8").splitlines())
]


@pytest.mark.parametrize(("language", "text", "curated"), EXAMPLES)
def test_examples_stay_as_they_were_read(language, text, curated):
    assert curate(text, language) == curated


@pytest.mark.parametrize("half", HALVES)
@pytest.mark.parametrize("language", ["de", "en"])
def test_temporal_phrases_go(half, language):
    scores = score(half, language)
    print(f"\n{half} {language}: {scores}")
    assert scores.gone >= 0.90 * scores.temporal


READ = tuple(half for half in OUTSIDE if half.startswith("outside"))
FRESH = tuple(half for half in OUTSIDE if half not in READ)
FLOOR = {
    "eighth_seen": 0.5,
    "ninth_seen": 0.85,
    "tenth_apart": 0.75,
    "eleventh_apart": 0.9,
}  # the eighth author puts every day in words of its own
LOST = {
    "fresh": 0.015,
    "later": 0.035,
    "newest": 0.03,
    "sixth": 0.006,
    "seventh": 0.011,
    "eighth": 0.01,
    "ninth": 0.0,
    "tenth": 0.018,
    "eleventh": 0.023,
}  # of what must stay; two strings of 62 and 72 in the fourth author's smaller halves


MOST = {
    "newest": 4,
    "sixth": 0,
    "seventh": 0,
    "eighth": 1,
    "ninth": 1,
    "tenth": 10,
    "eleventh": 3,
}  # outputs that are not allowed


@pytest.mark.parametrize("half", FRESH)
def test_what_strangers_wrote_is_scored_with_a_floor(half):
    """Short of the aim (0.90 gone, 0.005 lost, 1 in 100 not allowed): the floor only shows a step back."""
    for language in written(half):
        scores = score(half, language)
        print(f"\n{half} {language}: {scores}")
        assert scores.gone >= FLOOR.get(half, 0.55) * scores.temporal
        assert scores.lost <= LOST[half.split("_")[0]] * scores.keep
        assert scores.plain_changed <= 2
        most = MOST.get(half.split("_")[0], 5)
        assert (len(errors(half, language)) <= most) is True  # no row of a kept half is printed


@pytest.mark.parametrize("half", READ)
def test_a_strangers_findings_stay_and_most_of_time_goes(half):
    for language in written(half):
        scores = score(half, language)
        print(f"\n{half} {language}: {scores}")
        assert scores.lost <= 0.005 * scores.keep
        assert scores.plain_changed <= 1
        assert scores.gone >= 0.90 * scores.temporal


@pytest.mark.parametrize("language", ["de", "en"])
def test_no_finding_of_the_half_we_tune_on_is_lost(language):
    assert score("dev", language).lost == 0


@pytest.mark.parametrize("half", HALVES)
@pytest.mark.parametrize("language", ["de", "en"])
def test_no_finding_that_is_gone_is_asserted(half, language):
    assert score(half, language).invented == 0


@pytest.mark.parametrize("half", HALVES)
@pytest.mark.parametrize("language", ["de", "en"])
def test_texts_without_time_are_left_alone(half, language):
    assert score(half, language).plain_changed == 0


def test_the_table_names_both_halves():
    printed = table()
    print("\n" + printed)
    assert all(half in printed for half in HALVES)


def test_the_halves_share_no_text():
    texts = [{row["text"] for language in ("de", "en") for row in read_corpus(half, language)} for half in HALVES]
    assert not texts[0] & texts[1]


@pytest.mark.parametrize("language", ["de", "en"])
def test_curating_twice_changes_nothing_more(language):
    once = [curate(row["text"], language) for half in HALVES for row in read_corpus(half, language)]
    assert [curate(text, language) for text in once] == once


def test_sentences_keep_their_order():
    text = "Leber unverändert vergrößert. Kein Aszites. Neuer Erguss rechts."
    assert curate(text, "de") == "Leber vergrößert. Kein Aszites. Erguss rechts."


def test_lines_stay_lines():
    assert curate("Thorax:\nErguss rechts, unverändert.", "de") == "Thorax:\nErguss rechts."


def test_an_unknown_language_names_the_known_ones():
    with pytest.raises(ValueError, match="de, en"):
        curate("Foie normal.", "fr")


@pytest.mark.parametrize("language", ["de", "en"])
def test_every_rule_compiles(language):
    assert load_rules(language).rules


@given(st.text(max_size=300), st.sampled_from(["de", "en"]))
def test_any_text_can_be_curated(text, language):
    assert isinstance(curate(text, language), str)


NUMBERS = st.integers(1, 99)


@given(NUMBERS, NUMBERS, st.sampled_from(["rechts", "links", "im Segment VI"]))
def test_the_current_measurement_stays_and_the_old_one_goes(current, old, place):
    text = curate(f"Größenprogrediente Läsion {place}, aktuell {current} mm (zuvor {old} cm).", "de")
    assert text == f"Läsion {place}, {current} mm."


@given(NUMBERS, NUMBERS, st.sampled_from(["left", "right"]))
def test_the_current_measurement_stays_in_english(current, old, side):
    text = curate(f"Enlarging {side} adrenal mass, now {current} mm (previously {old} cm).", "en")
    assert text == f"{side.capitalize()} adrenal mass, {current} mm."


def test_a_sentence_without_time_comes_back_byte_for_byte():
    sentence = "Die  Leber ist ,glatt"
    assert curate_sentence(sentence, "de") == sentence


def test_a_sentence_of_which_nothing_is_left_is_empty():
    assert curate_sentence("Im Vergleich zur Voruntersuchung keine wesentliche Änderung.", "de") == ""


@pytest.mark.parametrize("language", ["de", "en"])
def test_no_meaning_is_turned(language):
    assert errors("dev", language) == []


@pytest.mark.parametrize("half", READ)
def test_few_outputs_are_none_that_a_stranger_allowed(half):
    for language in written(half):
        assert len(errors(half, language)) <= 5  # `allowed` is not every sound output


def test_the_kept_half_of_meanings_is_printed():
    print("\n" + meaning_table())
    assert sum(len(errors("heldout", language)) for language in ("de", "en")) <= 3


def test_sentences_that_no_rewrite_is_sure_of_are_counted():
    counts = Counter()
    text = "Rückbildung des Pneumothorax. Unveränderter Erguss."
    assert curate(text, "de", counts) == "Rückbildung des Pneumothorax. Erguss."
    assert counts == {"kept_unsure": 1}


@pytest.mark.parametrize("repeated", ["Erguss neu ", "Erguss neu; ", "effusion unchanged, not new "])
def test_a_text_without_stops_stays_as_it_is_and_is_counted(repeated):
    text, counts = (repeated * 20_000).strip(), Counter()
    assert curate(text, "de" if "neu" in repeated else "en", counts) == text
    assert counts == {"kept_unsure": 1}


@pytest.mark.parametrize(
    ("language", "text", "clean"),
    [
        ("de", "Wie am [DATE] kein Harnstau der linken Niere.", "Kein Harnstau der linken Niere."),
        ("de", "Zyste der Niere, 45 mm, größenkonstant zum [DATE].", "Zyste der Niere, 45 mm."),
        ("en", "Unremarkable liver and spleen, as on [DATE].", "Unremarkable liver and spleen."),
        ("de", "Operation am [DATE] im [ORGANISATION].", "Operation am [DATE] im [ORGANISATION]."),
    ],
)
def test_a_date_that_was_taken_out_is_a_date(language, text, clean):
    assert curate(text, language) == clean


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("de", "Neu aufgetretene Diffusionsstörungen sind nicht nachweisbar."),
        ("de", "Neue Herde lassen sich nicht abgrenzen."),
        ("de", "Progrediente Ergüsse sind nicht abgrenzbar."),
        ("en", "New lesions are not seen."),
        ("en", "Newly appeared nodules are absent."),
        ("en", "Progressive rubella panencephalitis is a consideration."),
        ("de", "Verdacht auf progressive subakute Enzephalitis."),
    ],
)
def test_what_is_new_and_denied_behind_its_noun_stays_denied_as_new(language, sentence):
    assert curate(sentence, language) == sentence


def test_a_rest_never_begins_with_a_comma():
    assert curate("RECIST 1.1: PR (-38 %), Zielläsion Pankreas 21 mm.", "de") == "Zielläsion Pankreas 21 mm."


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("de", "Bei Größenzunahme des Knotens ist eine Biopsie indiziert."),
        ("de", "Sollte sich der Erguss nicht zurückbilden, CT-Kontrolle."),
        ("de", "Progredienz des Aneurysmas?"),
        ("de", "Zunahme der Kontrastierung von der arteriellen zur venösen Phase."),
        ("de", "Der Knoten, nicht jedoch die Zyste, ist größer geworden."),
        ("de", "Keine Progression der Stenosen oder der Plaques."),
        ("de", "Zunehmende Kaliberreduktion der A. carotis interna nach distal."),
        ("de", "Hinweise auf eine Zunahme des Ergusses finden sich nicht."),
        ("en", "Were the effusion to increase, drainage is advised."),
        ("en", "Signal intensity increases over time."),
        ("en", "The effusion, but not the atelectasis, has increased."),
        ("en", "No increase in the effusion or the consolidation."),
        ("en", "Patient has been stable haemodynamically throughout."),
        ("en", "Narrowing progressing proximally along the duct."),
    ],
)
def test_questions_conditions_phases_and_courses_stay_as_they_came(language, text):
    assert curate(text, language) == text
