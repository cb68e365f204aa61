"""A network reads words by their pieces; its weights are those of the lessons that lie here."""

import numpy as np
import pytest

from refrad2d.text.temporal.second.network import WEIGHTS, pieces, read, tokens
from tests.bench.fit_second_reader import LESSONS, Network, batch, digest, lesson, plain, read_lessons, train


def goes(sentence, language):
    return [word.text for word in read(sentence, language) if word.goes > 0.5]


def test_words_of_another_day_are_told_from_those_of_today():
    assert goes("Leicht progredienter Pleuraerguss rechts.", "de") == ["Leicht", "progredienter"]
    assert goes("Pleuraerguss rechts, Leber unauffällig.", "de") == []
    assert "increased" in goes("The effusion has increased since Monday.", "en")
    assert goes("Increased density of both kidneys.", "en") == []


def test_a_word_that_no_lesson_had_is_read_by_its_pieces():
    seen = {word.lower() for one in read_lessons() for word in one.tokens}
    word = "Vorvoraufnahmebefund"
    assert word.lower() not in seen
    assert set(pieces(word)) & set(pieces("Voraufnahme"))
    assert word in goes(f"Im Vergleich zum {word} Erguss rechts.", "de")


def test_offsets_are_those_of_the_sentence():
    text = "Herd (4,5 cm), S6."
    assert [text[start:end] for _, start, end in tokens(text)] == ["Herd", "(", "4,5", "cm", ")", ",", "S", "6", "."]
    assert [word.start for word in read(text, "de")] == [start for _, start, _ in tokens(text)]
    assert read("", "de") == []


def test_the_weights_are_of_the_lessons_that_lie_here():
    with np.load(WEIGHTS) as stored:
        assert str(stored["lessons"]) == digest(), "python -m tests.bench.fit_second_reader"
    assert not any("tenth_apart" in path.read_text(encoding="utf-8") for path in LESSONS.values())


def test_a_mark_says_what_goes():
    assert plain("Zyste[[, unverändert]]. {{hat auf|misst}} 4") == ("Zyste, unverändert. hat auf 4", [(5, 18), (20, 27)])
    one = lesson("[[Neu:]] Erguss.", "de")
    assert (one.tokens, one.goes) == (["Neu", ":", "Erguss", "."], [True, True, False, False])


@pytest.mark.parametrize("lots", [["written_a"], []])
def test_lots_can_be_left_out(lots):
    assert (len(read_lessons(lots)) < len(read_lessons())) == bool(lots)


def test_training_is_repeatable_and_what_is_shipped_reads_as_it_was_trained(tmp_path, monkeypatch):
    import torch

    from refrad2d.text.temporal.second import network

    few = [lesson("[[Neuer]] Erguss rechts.", "de"), lesson("[[New]] effusion.", "en")] * 40
    first, again = train(list(few), 2, 3), train(list(few), 2, 3)
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), again.parameters(), strict=True))
    folded = first.folded()
    monkeypatch.setattr(network, "_weights", lambda: {name: part.astype(np.float32) for name, part in folded.items()})
    network._vector.cache_clear()
    one = lesson("Neuer Erguss rechts", "de")

    class Nothing:
        def random(self):
            return 0.99

    given, _ = batch([one], Nothing())
    with torch.no_grad():
        asked = torch.softmax(first(*given)[0], -1)[:, 1].numpy()
    told = np.array([word.goes for word in network.read("Neuer Erguss rechts", "de")])
    network._vector.cache_clear()
    assert np.abs(asked - told).max() < 5e-3
