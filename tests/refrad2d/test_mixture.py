"""At most so many conversations of each kind, the same on every machine, every draw another part of them."""

import pytest

from refrad2d.conversations import prompt, question_prompt, turn
from refrad2d.grounding import Span, locate_answer, render
from refrad2d.labels import labels
from refrad2d.loader import load
from refrad2d.mixture import Mixture, choose, kind_of

BOX = (0.1, 0.2, 0.5, 0.9)
NAMES = [label.english for label in labels()][:20]


def slice_turns(places=20, questions=12):
    """A slice in two languages: reports, questions, places, and as many structures that are absent."""
    report = render("Die Leber ist glatt.", [Span(4, 9, "liver", BOX)])
    found = [turn(prompt("report_boxes", language), report) for language in ("de", "en")]
    found += [turn(prompt("locate", "en", name=name), locate_answer(name, "liver", BOX)) for name in NAMES[:places]]
    found += [turn(prompt("locate", "en", name=name), "not visible") for name in NAMES[:places]]
    return found + [turn(question_prompt(f"Is {n} right?", "en"), "yes") for n in range(questions)]


def kinds(turns, numbers):
    return {kind: sum(kind_of(turns[n]) == kind for n in numbers) for kind in ("report", "question", "place", "absent")}


@pytest.mark.parametrize(
    ("asked", "answer", "kind"),
    [
        (prompt("report", "de"), "Leber glatt.", "report"),
        (prompt("report_boxes", "en", context="Clinical information: fever\nQuestion: abscess?"), "Liver.", "report"),
        (prompt("report_masks", "en"), "Liver.", "report"),
        (prompt("locate", "de", name="Leber"), locate_answer("Leber", "liver", BOX), "place"),
        (prompt("locate", "de", name="linke Niere"), "nicht abgebildet", "absent"),
        (prompt("locate", "en", name="left kidney"), "not visible", "absent"),
        (prompt("segment", "en", name="liver"), locate_answer("liver", "liver", BOX, codes=(7,) * 16), "place"),
        (prompt("segment", "de", name="Leber"), "nicht abgebildet", "absent"),
        (question_prompt("Where is this cyst?", "en", grounded=True), locate_answer("cyst", "liver", BOX), "question"),
        (question_prompt("Where is the liver?", "en"), "on the right", "question"),  # asked for words
        (question_prompt("What is seen?", "en", choices=["liver", "spleen"]), "liver", "question"),
        ("What is seen?", "the liver", "question"),  # a foreign set's
    ],
)
def test_a_conversation_is_told_by_its_prompt(asked, answer, kind):
    assert kind_of(turn(asked, answer)) == kind
    assert kind_of([{"role": "user", "content": asked}, {"role": "assistant", "content": answer}]) == kind


def test_a_slice_keeps_at_most_the_mixture():
    turns = slice_turns()
    kept = choose(turns, "a", Mixture())
    assert kinds(turns, kept) == {"report": 1, "question": 8, "place": 2, "absent": 1}
    assert len(kept) == Mixture().most == 12 and kept == sorted(set(kept))
    assert kinds(turns, choose(turns, "a", Mixture(0, 3, 0, 0)))["question"] == 3


def test_a_kind_with_fewer_gives_all_it_has():
    turns = slice_turns(places=1, questions=2)
    assert kinds(turns, choose(turns, "a", Mixture())) == {"report": 1, "question": 2, "place": 1, "absent": 1}
    assert choose([], "a", Mixture()) == []


def test_the_choice_follows_from_the_id_and_the_prompts_alone():
    turns = slice_turns()
    asked = {turns[n][0]["content"][1]["text"] for n in choose(turns, "a", Mixture())}
    backwards = turns[::-1]
    assert {backwards[n][0]["content"][1]["text"] for n in choose(backwards, "a", Mixture())} == asked
    assert len({tuple(choose(turns, str(key), Mixture())) for key in range(20)}) > 10


def test_draws_share_nothing_while_there_is_more():
    turns = slice_turns()
    first, second = (set(choose(turns, "a", Mixture(1, 6, 2, 1), draw=draw)) for draw in (0, 1))
    assert not first & second and len(first) == len(second) == 10
    drawn = [set(choose(turns, "a", Mixture(1, 8, 2, 1), draw=draw)) for draw in range(20)]
    assert set().union(*drawn) == set(range(len(turns)))  # all conversations stay available
    assert all(len(one) == 12 for one in drawn)


@pytest.mark.parametrize("counts", [(0, 0, 0, 0), (-1, 8, 2, 1)])
def test_a_mixture_that_keeps_nothing_is_refused(counts):
    with pytest.raises(ValueError, match="keeps nothing. Give counts"):
        Mixture(*counts)


def test_the_loader_gives_all_conversations_or_a_mixture(first_month):
    root = first_month / "dataset"
    whole = load("sft", root=root, split="train")
    capped = load("sft", root=root, split="train", mixture=Mixture(report=1, question=1, place=0, absent=0))
    kept = [kind_of(row["messages"]) for row in capped]
    slices = len(load("report", root=root, split="train"))
    assert len(load("sft", root=root, split="train")) == len(whole) > len(capped) > 0
    assert set(kept) <= {"report", "question"} and kept.count("report") <= slices
    texts = [str(row["messages"]) for row in whole]
    assert all(str(row["messages"]) in texts for row in capped)


def test_a_mixture_of_what_holds_no_conversations_is_refused(tmp_path):
    with pytest.raises(ValueError, match="Give a mixture to sft only"):
        load("vqa", root=tmp_path, mixture=Mixture())
