import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refrad2d import grounding
from refrad2d.grounding import (
    BINS,
    MASK_CODES,
    Span,
    as_box,
    closings,
    code_tokens,
    decode_box,
    encode_box,
    has_markup,
    neutralise,
    parse,
    parse_mentions,
    render,
    render_mentions,
    snap,
    to_pixels,
)
from refrad2d.labels import FINDING, labels

NAMES = [label.name for label in labels()] + [FINDING]
texts = st.text(
    st.one_of(st.sampled_from("<>/pl oc=idbxseg0123äöüß\n.,5"), st.characters(exclude_categories=["Cs"])), max_size=60
)
coordinates = st.floats(0, 1)


@st.composite
def boxes(draw):
    x, y = sorted((draw(coordinates), draw(coordinates))), sorted((draw(coordinates), draw(coordinates)))
    return x[0], y[0], x[1], y[1]


@st.composite
def grounded(draw):
    """A text without markup and sorted spans in it, adjacent ones included."""
    text = draw(texts.filter(lambda t: not has_markup(t)))
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=8, unique=True)))
    pairs = [(a, b) for a, b in zip(cuts, cuts[1:], strict=False) if draw(st.booleans())]
    return text, [Span(a, b, draw(st.sampled_from(NAMES)), draw(boxes())) for a, b in pairs]


@given(grounded())
def test_parse_gives_back_what_render_wrote(case):
    text, spans = case
    parsed = parse(render(text, spans))
    assert parsed.text == text
    assert parsed.invalid == 0
    assert [(s.start, s.end, s.label, s.box) for s in parsed.spans] == [
        (s.start, s.end, s.label, snap(s.box)) for s in spans
    ]


runs = st.lists(st.integers(0, 127), min_size=MASK_CODES, max_size=MASK_CODES).map(tuple)


@st.composite
def masked(draw):
    """The same with a mask behind some of the spans."""
    text, spans = draw(grounded())
    return text, [replace(span, codes=draw(st.one_of(st.just(()), runs))) for span in spans]


@given(masked())
def test_parse_gives_back_the_masks_too(case):
    text, spans = case
    markup = render(text, spans)
    parsed = parse(markup)
    assert (parsed.text, parsed.invalid) == (text, 0)
    assert [(s.start, s.end, s.label, s.box, s.codes) for s in parsed.spans] == [
        (s.start, s.end, s.label, snap(s.box), s.codes) for s in spans
    ]
    assert [markup[:end].endswith("</p>") for end in closings(markup)] == [True] * len(spans)
    assert parse_mentions(render_mentions(text, spans))[0] == text and "<seg1" not in render_mentions(text, spans)


pieces = st.lists(
    st.sampled_from(
        ["<p bbox=", "<loc0001><loc0002><loc0200><loc0400>", " id=", "<seg005>", "<seg127>", "<seg128>", ">", "Leber",
         "</p>", "<seg>", "</seg>", "<seg003>" * 15, "<p bbox=<loc0001><loc0002><loc0200><loc0400> id=<seg005>>Leber</p>"]
    ),
    max_size=12,
).map("".join)  # fmt: skip


@given(pieces)
def test_text_without_a_whole_mask_is_read_as_before_there_were_any(markup):
    before = re.compile(grounding._SPAN.pattern[: grounding._SPAN.pattern.index("</p>") + 4] + "()", re.DOTALL)
    found, spans = parse(markup), closings(markup)
    if not any(span.codes for span in found.spans):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(grounding, "_SPAN", before)
            assert (parse(markup), closings(markup)) == (found, spans)


LIVER = "<p bbox=<loc0001><loc0002><loc0200><loc0400> id=<seg005>>Leber</p>"


@pytest.mark.parametrize(
    "behind",
    ["".join(code_tokens()[:15]), "".join(code_tokens()[:17]), "<seg128>" * 16, "<seg005>" * 15 + "<seg200>",
     "<seg005>" * 8 + " " + "<seg005>" * 8, " " + "<seg005>" * 16],
)  # fmt: skip
def test_what_is_no_run_of_sixteen_codes_is_no_mask_and_no_class(behind):
    parsed = parse(f"{LIVER}{behind} glatt.")
    assert [(s.label, s.codes) for s in parsed.spans] == [("liver", ())] and parsed.invalid >= 1
    assert "seg" not in parsed.text and parsed.text.split() == ["Leber", "glatt."]


def test_a_class_is_never_a_code_nor_a_code_a_class():
    codes = tuple(range(16))
    markup = render("Leber Milz", [Span(0, 5, "liver", (0, 0, 1, 1), codes=codes), Span(6, 10, "spleen", (0, 0, 1, 1))])
    liver, spleen = parse(markup).spans
    assert (liver.label, liver.codes, spleen.label, spleen.codes) == ("liver", codes, "spleen", ())
    close = render("LeberMilz", [Span(0, 5, "liver", (0, 0, 1, 1), codes=codes), Span(5, 9, "spleen", (0, 0, 1, 1))])
    assert [(s.label, s.codes) for s in parse(close).spans] == [("liver", codes), ("spleen", ())]


@pytest.mark.parametrize("codes", [(1,) * 15, (1,) * 17, (128,) * 16, (-1,) + (0,) * 15])
def test_codes_that_are_no_mask_are_refused(codes):
    with pytest.raises(ValueError, match="are no mask"):
        render("Leber", [Span(0, 5, "liver", (0, 0, 1, 1), codes=codes)])


@given(boxes())
def test_bins_are_the_nearest_and_every_box_is_a_bin_wide(box):
    bins = encode_box(box)
    assert bins[2] > bins[0] and bins[3] > bins[1] and 0 <= min(bins) and max(bins) <= BINS
    for written, (low, high), value in zip(bins, [(0, 2), (1, 3), (0, 2), (1, 3)], box, strict=True):
        if box[high] - box[low] > 1 / BINS and value * BINS <= BINS - 1:
            assert abs(written - value * BINS) <= 0.5 + 1e-9


@given(boxes())
def test_encoding_is_stable_after_one_round_trip(box):
    assert encode_box(snap(box)) == encode_box(box)


def test_markup_is_laid_out_as_in_the_release():
    markup = render("Leber glatt.", [Span(0, 5, "liver", (0.25, 0.25, 0.5, 0.75))])
    assert markup == "<p bbox=<loc0128><loc0128><loc0256><loc0384> id=<seg005>>Leber</p> glatt."


def test_a_finding_has_id_zero():
    markup = render("Zyste", [Span(0, 5, FINDING, (0, 0, 1, 1))])
    assert "<seg000>" in markup and parse(markup).spans[0].label == FINDING


@pytest.mark.parametrize(
    "literal", ["<p bbox=", "</p>", "<loc0001>", "<seg005>", "<seg>", "</seg>", "<image>", "<eos>"]
)
def test_a_text_with_markup_is_refused_and_neutralise_makes_it_harmless(literal):
    text = f"Herd {literal} 5 mm"
    with pytest.raises(ValueError, match="neutralise"):
        render(text, [])
    assert not has_markup(neutralise(text))
    assert parse(render(neutralise(text), [])).text == neutralise(text)


@given(texts)
def test_neutralise_leaves_nothing_that_render_refuses(text):
    render(neutralise(text), [])


def test_neutralise_keeps_a_size():
    assert neutralise("Herd <5 mm") == "Herd <5 mm"


@pytest.mark.parametrize(
    "markup",
    [
        "<p bbox=<loc0001><loc0002><loc0003> id=<seg005>>Leber</p>",  # three coordinates
        "<p bbox=<loc0300><loc0002><loc0200><loc0400> id=<seg005>>Leber</p>",  # ends before it starts
        "<p bbox=<loc0001><loc0002><loc0600><loc0400> id=<seg005>>Leber</p>",  # beyond 512
        "<p bbox=<loc0001><loc0002><loc0200><loc0400> id=<seg122>>Leber</p>",  # no such class
        "<p bbox=<loc0001><loc0002><loc0200><loc0400> id=<seg005>>Leber",  # never closed
    ],
)
def test_broken_markup_is_counted_and_its_words_stay(markup):
    parsed = parse(f"Die {markup} ist glatt.")
    assert parsed.spans == [] and parsed.invalid >= 1
    assert parsed.text.startswith("Die Leber") and not re.search("<(p|loc|seg)", parsed.text)


def test_an_unclosed_span_does_not_swallow_the_next():
    good = "<p bbox=<loc0001><loc0002><loc0200><loc0400> id=<seg002>>Niere</p>"
    parsed = parse(f"<p bbox=<loc0001><loc0002><loc0200><loc0400> id=<seg005>>Leber und {good}")
    assert [s.label for s in parsed.spans] == ["kidney_right"] and parsed.invalid == 1


def test_overlapping_spans_are_an_error():
    spans = [Span(0, 5, "liver", (0, 0, 1, 1)), Span(4, 8, "spleen", (0, 0, 1, 1))]
    with pytest.raises(ValueError, match="overlaps"):
        render("Leber Milz", spans)


def test_pixels_are_decoded_bins_times_size():
    assert to_pixels(decode_box((128, 256, 512, 512)), 200, 100) == (50.0, 50.0, 200.0, 100.0)


def test_a_stored_box_has_four_numbers():
    assert as_box([0.0, 0.25, 0.5, 1.0]) == (0.0, 0.25, 0.5, 1.0)
    with pytest.raises(ValueError, match="has not four numbers"):
        as_box([0.0, 0.25, 0.5])


TWO = [Span(0, 5, "liver", (0.25, 0.25, 0.5, 0.75)), Span(10, 14, "spleen", (0.5, 0.5, 1.0, 1.0))]


def test_closings_are_those_of_the_spans_that_are_read():
    markup = render("Leber und Milz.", TWO)
    ends = closings(markup)
    assert [markup[:end].endswith(f"{word}</p>") for end, word in zip(ends, ("Leber", "Milz"), strict=True)] == [
        True
    ] * 2
    broken = "<p bbox=<loc0009><loc0009><loc0001><loc0020> id=<seg005>>Leber</p>, "  # ends before it starts
    empty = "<p bbox=<loc0001><loc0001><loc0009><loc0020> id=<seg005>></p>"
    assert closings(broken + empty + markup) == [end + len(broken + empty) for end in ends]
    assert closings("Leber und Milz.") == [] == closings(broken)


@given(grounded())
def test_a_text_has_as_many_closings_as_spans(case):
    text, spans = case
    markup = render(text, spans)
    assert len(closings(markup)) == len(parse(markup).spans) == len(closings(render_mentions(text, spans)))
    assert parse_mentions(render_mentions(text, spans)) == (text, [(s.start, s.end) for s in spans])


def test_an_empty_mention_is_none():
    assert parse_mentions("<seg></seg>Leber, <seg>Milz</seg>") == ("Leber, Milz", [(7, 11)])
    assert closings("<seg></seg>Leber") == [] and closings("<seg>a</seg><seg>b</seg>") == [12, 24]
    assert parse_mentions("<seg>a<loc0001></seg>") == ("a", [])
