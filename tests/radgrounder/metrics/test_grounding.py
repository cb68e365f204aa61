"""Grounding measures: laws, brute-force oracles, and the peer's figure with its bug.

pytest tests/radgrounder/metrics/test_grounding.py
"""

import time
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from radgrounder.metrics.boxes import iou_matrix
from radgrounder.metrics.grounding import Entity, count_entities, entities, g_iou, g_iou_peer, invalid, same_class
from refrad2d.grounding import Span, parse, render
from tests.fixtures.strategies import BOX

NAMES = ("liver", "spleen", "aorta", "stomach")
ENTITY = st.builds(lambda name, box: Entity(name, name, box), st.sampled_from(NAMES), BOX)
SIDE = st.lists(ENTITY, max_size=4)
TRUE = st.lists(ENTITY, min_size=1, max_size=4)

# invented cosines of the four names: symmetric, 1 on the diagonal, with ties
COSINES = np.array([[1, 0.5, 0.2, 0.5], [0.5, 1, 0.3, -0.1], [0.2, 0.3, 1, 0.5], [0.5, -0.1, 0.5, 1]])

A = Entity("liver", "liver", (0.0, 0.0, 0.25, 0.25))
B = Entity("spleen", "spleen", (0.5, 0.0, 0.75, 0.25))
C = Entity("aorta", "aorta", (0.5, 0.5, 0.75, 0.75))
SWAPPED = [A, B._replace(box=C.box), C._replace(box=B.box)]


def cosine(true, predicted):
    index = [[NAMES.index(e.text) for e in side] for side in (true, predicted)]
    return COSINES[np.ix_(*index)]


# G-IoU


@given(TRUE, SIDE)
def test_greedy_is_the_paper_written_plainly(true, predicted):
    """The oracle takes the best pair that is left, over and over; ties by overlap, then by boxes and words."""
    alike, overlap = cosine(true, predicted), iou_matrix([e.box for e in true], [e.box for e in predicted])
    rows, columns, total = set(range(len(true))), set(range(len(predicted))), 0.0
    while rows and columns:
        i, j = min(
            ((i, j) for i in rows for j in columns),
            key=lambda p: (-alike[p], -round(overlap[p], 9), true[p[0]].box, true[p[0]].text, predicted[p[1]].box,
                           predicted[p[1]].text),
        )  # fmt: skip
        total += alike[i, j] * overlap[i, j]
        rows.remove(i)
        columns.remove(j)
    assert g_iou(true, predicted, cosine) == pytest.approx(total / max(len(true), len(predicted)))


@given(TRUE, SIDE)
def test_optimal_is_the_best_of_all_matchings(true, predicted):
    gain = np.clip(cosine(true, predicted), 0, None) * iou_matrix([e.box for e in true], [e.box for e in predicted])
    short, long = sorted(gain.shape)
    gain = gain if gain.shape[0] == short else gain.T
    best = max((sum(gain[i, j] for i, j in enumerate(p)) for p in permutations(range(long), short)), default=0.0)
    assert g_iou(true, predicted, cosine, matching="optimal") == pytest.approx(best / max(len(true), len(predicted)))


@pytest.mark.parametrize("matching", ["greedy", "optimal"])
@pytest.mark.parametrize("similarity", [cosine, same_class])
@given(data=st.data(), true=TRUE, predicted=SIDE)
def test_the_order_of_entities_never_matters(matching, similarity, data, true, predicted):
    shuffled = data.draw(st.permutations(true)), data.draw(st.permutations(predicted))
    assert g_iou(*shuffled, similarity, matching=matching) == pytest.approx(
        g_iou(true, predicted, similarity, matching=matching)
    )


@pytest.mark.parametrize("matching", ["greedy", "optimal"])
@given(data=st.data(), true=TRUE)
def test_perfect_scores_one(matching, data, true):
    predicted = data.draw(st.permutations(true))
    assert g_iou(true, predicted, cosine, matching=matching) == pytest.approx(1.0)
    assert g_iou(true, predicted, same_class, matching=matching) == pytest.approx(1.0)


@pytest.mark.parametrize("matching", ["greedy", "optimal"])
def test_two_swapped_boxes_of_three_score_a_third(matching):
    assert g_iou([A, B, C], SWAPPED, same_class, matching=matching) == pytest.approx(1 / 3)
    assert g_iou([A, B, C], SWAPPED, cosine) == pytest.approx(1 / 3)


@given(TRUE, SIDE, st.sampled_from(NAMES))
def test_with_optimal_matching_a_hallucination_never_helps(true, predicted, name):
    """Hallucinated: a span that overlaps no true box."""
    hallucinated = Entity(name, name, (2.0, 2.0, 3.0, 3.0))
    before = g_iou(true, predicted, cosine, matching="optimal")
    assert g_iou(true, [*predicted, hallucinated], cosine, matching="optimal") <= before + 1e-12


def test_with_greedy_matching_a_hallucination_can_help():
    """The paper's matching: a prediction bound to a wrong entity is set free when a hallucination takes that entity."""
    true = [Entity("t0", "", A.box), Entity("t1", "", B.box)]
    good, hallucinated = Entity("p", "", B.box), Entity("h", "", C.box)
    table = {("t0", "p"): 0.9, ("t1", "p"): 0.8, ("t0", "h"): 1.0, ("t1", "h"): 0.0}

    def similarity(true, predicted):
        return np.array([[table[t.text, p.text] for p in predicted] for t in true])

    scores = [g_iou(true, side, similarity) for side in ([good], [good, hallucinated])]
    assert scores == pytest.approx([0.0, 0.4])


def test_a_tie_in_similarity_is_broken_by_overlap():
    two = [A, A._replace(box=B.box)]
    assert g_iou(two, two[::-1], cosine) == pytest.approx(1.0)


def test_nothing_predicted_scores_zero():
    assert g_iou([A], [], cosine) == 0.0


def test_nothing_true_is_not_scored():
    assert np.isnan(g_iou([], [A], cosine)) and np.isnan(g_iou_peer([], [A], cosine))


def test_unknown_matching_names_the_known():
    with pytest.raises(ValueError, match="Unknown matching 'best'. Choose greedy or optimal"):
        g_iou([A], [A], matching="best")


def test_the_release_scores_swapped_boxes_as_perfect():
    assert g_iou_peer([A, B, C], SWAPPED, same_class) == pytest.approx(1.0)


def test_the_release_scores_a_perfect_reordered_answer_two_thirds():
    assert g_iou_peer([A, B, C], [A, C, B], same_class) == pytest.approx(2 / 3)


@given(ENTITY, ENTITY)
def test_the_release_is_right_about_single_spans(true, predicted):
    assert g_iou_peer([true], [predicted], cosine) == pytest.approx(g_iou([true], [predicted], cosine))


def test_two_thousand_rows_take_less_than_two_seconds():
    generator = np.random.default_rng(0)

    def side():
        corners = enumerate(generator.random((6, 2)).tolist())
        return [Entity(NAMES[n % 4], NAMES[n % 4], (x, y, x + 0.3, y + 0.3)) for n, (x, y) in corners]

    rows = [(side(), side()) for _ in range(2000)]
    began = time.process_time()
    for true, predicted in rows:
        g_iou(true, predicted)
    assert time.process_time() - began < 2


# Entities


def test_entities_carry_their_words():
    spans = [Span(4, 9, "liver", A.box), Span(14, 20, "spleen", B.box)]
    assert entities(parse(render("The liver and spleen.", spans))) == [A, B]


def test_broken_markup_is_invalid():
    text = render("liver", [Span(0, 5, "liver", A.box)])
    assert (invalid(parse(text)), invalid(parse(text.replace("</p>", "")))) == (0.0, 1.0)


@given(SIDE, SIDE)
def test_counts_add_up(true, predicted):
    counts = count_entities(true, predicted, threshold=0.0)
    assert counts.found + counts.missed == len(true) and counts.found + counts.hallucinated == len(predicted)


@given(TRUE)
def test_a_perfect_answer_finds_everything(true):
    counts = count_entities(true, true)
    assert (counts.f1, counts.precision, counts.recall, counts.hallucinated, counts.missed) == (1, 1, 1, 0, 0)


def test_a_right_name_in_a_wrong_place_is_neither_found_nor_hallucinated():
    counts = count_entities([A], [A._replace(box=C.box)])
    assert (counts.found, counts.hallucinated, counts.missed, counts.precision) == (0, 0, 0, 0.0)


def test_an_empty_side_counts_as_failure_not_as_nothing():
    """The release leaves such samples out, which rewards a model that says nothing."""
    silent, inventive, both = count_entities([A], []), count_entities([], [A]), count_entities([], [])
    assert (silent.precision, silent.recall, inventive.precision, inventive.recall) == (0, 0, 0, 0)
    assert np.isnan(both.f1) and np.isnan(both.precision)
