"""A network reads words by their pieces; its weights are those of the lessons that lie here."""

import json
import random

import numpy as np
import pytest

from refrad2d.privacy.recognisers import tagged
from refrad2d.text.tagging.tagger import Tagger, load_tagger, pieces, tokens
from refrad2d.text.temporal.checks import second_reader
from tests.bench.tagger_lessons import SUBJECTS, UNREAD, lesson, plain, read_time, replaced
from tests.fixtures.paths import DATA

WEIGHTS = [second_reader.WEIGHTS, tagged.WEIGHTS]


def goes(sentence, language):
    return [word.text for word in second_reader.read(sentence, language) if word.goes > 0.5]


def test_words_of_another_day_are_told_from_those_of_today():
    assert goes("Leicht progredienter Pleuraerguss rechts.", "de") == ["Leicht", "progredienter"]
    assert goes("Pleuraerguss rechts, Leber unauffällig.", "de") == []
    assert "increased" in goes("The effusion has increased since Monday.", "en")
    assert goes("Increased density of both kidneys.", "en") == []


def test_a_word_that_no_lesson_had_is_read_by_its_pieces():
    seen = {word.lower() for one in read_time() for word in one.tokens}
    word = "Vorvoraufnahmebefund"
    assert word.lower() not in seen
    assert set(pieces(word)) & set(pieces("Voraufnahme"))
    assert word in goes(f"Im Vergleich zum {word} Erguss rechts.", "de")


def test_offsets_are_those_of_the_text():
    text = "Herd (4,5 cm),\nS6 [NAME]."
    parts = ["Herd", "(", "4,5", "cm", ")", ",", "\n", "S", "6", "[NAME]", "."]
    assert [text[start:end] for _, start, end in tokens(text)] == parts
    for path in WEIGHTS:
        read = load_tagger(path).read(text, "de")
        assert [(word.text, word.start, word.end) for word in read] == tokens(text)
        assert all(word.scores.sum() == pytest.approx(1, abs=1e-5) for word in read)
        assert load_tagger(path).read("", "de") == []


def test_what_is_beside_a_word_counts():
    tagger = load_tagger(second_reader.WEIGHTS)
    alone, beside = tagger.read("Growing", "en"), tagger.read("Growing nodule on the left", "en")
    assert not np.allclose(alone[0].scores, beside[0].scores)


@pytest.mark.parametrize("name", SUBJECTS)
def test_the_weights_are_of_the_lessons_that_lie_here(name):
    subject = SUBJECTS[name]
    with np.load(subject.weights) as stored:
        assert str(stored["lessons"]) == subject.digest(), f"python -m tests.bench.fit_tagger {name}"
        assert tuple(stored["tags"]) == subject.tags
    assert not {path.stem.removeprefix("clinical_") for path in subject.files} & set(UNREAD)


def test_unread_texts_are_in_no_lesson():
    taught = {" ".join(one.tokens) for one in read_time()}
    same = 0
    for path in sorted((DATA / "curate").glob("*th_apart_*.jsonl")):
        for row in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
            told = [word for word, _, _ in tokens(row["text"])]
            same += len(told) > 9 and " ".join(told) in taught  # a shorter one is what many write
    assert (same <= 1) is True  # none is printed


def test_weights_of_another_version_are_refused(tmp_path):
    with np.load(second_reader.WEIGHTS) as stored:
        parts = dict(stored)
    np.savez(tmp_path / "old.npz", **parts | {"pieces": parts["pieces"][:100]})
    with pytest.raises(ValueError, match=r"old.npz is of another version. Train it anew"):
        Tagger(tmp_path / "old.npz")


def test_a_mark_says_what_goes():
    assert plain("Zyste[[, unverändert]]. {{hat auf|misst}} 4") == (
        "Zyste, unverändert. hat auf 4",
        [(5, 18), (20, 27)],
    )
    one = lesson("[[Neu:]] Erguss.", "de")
    assert (one.tokens, one.tags) == (["Neu", ":", "Erguss", "."], [1, 1, 0, 0])


def test_lots_can_be_left_out():
    assert len(read_time(["written_a"])) < len(read_time())


def test_spans_stand_as_placeholders_and_the_others_move_along():
    text, spans = "Frau Weber aus Hof.", [(5, 10, "NAME"), (15, 18, "ADDRESS")]
    assert replaced(text, spans, 1.0, random.Random(0)) == ("Frau [NAME] aus [ADDRESS].", [])
    assert replaced(text, spans, 0.0, random.Random(0)) == (text, spans)


def test_training_is_repeatable_and_what_is_shipped_reads_as_it_was_trained(tmp_path):
    import torch

    from tests.bench.fit_tagger import batch, store, train

    few = [lesson("[[Neuer]] Erguss rechts.", "de"), lesson("[[New]] effusion.", "en")] * 40
    first, again = (train(list(few), SUBJECTS["time"], epochs=2, seed=3) for _ in range(2))
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), again.parameters(), strict=True))
    store(first, tmp_path / "few.npz")
    text = "Neuer Erguss rechts"

    class Hidden:
        def random(self):
            return 0.99

    given, _ = batch([lesson(text, "de")], Hidden())
    with torch.no_grad():
        asked = torch.softmax(first(*given)[0], -1).numpy()
    told = np.stack([word.scores for word in Tagger(tmp_path / "few.npz").read(text, "de")])
    assert np.abs(asked - told).max() < 5e-3
