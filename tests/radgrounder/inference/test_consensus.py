"""One report from many samples."""

import pytest

from radgrounder.inference.consensus import SampledReport, agree, join, merge
from refrad2d.grounding import Parsed, Span, parse


def sample(text, *spans, confidence=0.5, invalid=0):
    return SampledReport(Parsed(text, list(spans), invalid), [confidence] * len(spans))


def liver(low, start=4):
    return Span(start, start + 5, "liver", (low, 0.25, 0.5, 0.75))


def texts(samples, language="en"):
    return [sentence.text for sentence in agree(samples, language)]


def test_what_most_samples_say_is_said():
    samples = [sample("The liver is smooth. No stone.")] * 4
    assert texts([*samples, sample("A cyst.")]) == ["The liver is smooth.", "No stone."]


def test_sentences_keep_the_order_of_the_samples():
    samples = [sample("First. Second. Third."), sample("First. Third."), sample("First. Second.")]
    assert texts(samples) == ["First.", "Second.", "Third."]


def test_a_structure_is_told_about_once():
    samples = [sample("The liver is smooth.", liver(0.1)), sample("The liver is enlarged.", liver(0.1))]
    assert len(texts(samples * 3 + samples[:1])) == 1


def test_a_box_is_the_median_of_the_samples_that_say_its_sentence():
    samples = [sample("The liver is smooth.", liver(low), confidence=low) for low in (0.1, 0.2, 0.45)]
    [sentence] = agree([*samples, sample("Nothing.")], "en")
    assert sentence.spans[0].box == (0.2, 0.25, 0.5, 0.75)
    assert sentence.confidences == pytest.approx((0.25,)) and sentence.share == 0.75


@pytest.mark.parametrize("broken", [sample("Broken words.", invalid=1), sample("\N{REPLACEMENT CHARACTER}: normal.")])
def test_unreadable_samples_count_only_alone(broken):
    assert texts([broken, broken, sample("Fine.")]) == ["Fine."]
    assert texts([broken, broken]) == [broken.parsed.text]


def test_spans_follow_their_sentence():
    samples = [sample("Fine. The liver is smooth.", liver(0.1, start=10))]
    text, spans = join(agree(samples, "en"))
    assert text[spans[0].start : spans[0].end] == "liver" and text == "Fine. The liver is smooth."


def test_nothing_said_is_an_empty_report():
    assert join(agree([sample(""), sample("")], "de")) == ("", [])


def test_the_merged_report_is_markup_with_a_confidence_a_span():
    merged = merge([sample("The liver is smooth.", liver(0.1), confidence=0.4)] * 3, "en")
    assert [span.label for span in parse(merged.markup).spans] == ["liver"]
    assert merged.spans == pytest.approx((0.4,)) and merged.share == 1.0


def test_a_report_without_sentences_merges_to_nothing():
    assert merge([sample("")], "en").markup == ""


def test_the_mask_is_that_of_the_sample_whose_box_is_nearest_to_the_median():
    def masked(low, code):
        span = liver(low)
        return sample("The liver is smooth.", Span(span.start, span.end, span.label, span.box, codes=(code,) * 16))

    samples = [masked(0.1, 1), masked(0.2, 2), masked(0.45, 3)]
    assert agree(samples, "en")[0].spans[0].codes == (2,) * 16
    samples[1] = sample("The liver is smooth.", liver(0.2))
    assert agree(samples, "en")[0].spans[0].codes == (1,) * 16
    assert parse(merge(samples, "en").markup).spans[0].codes == (1,) * 16
    assert agree([sample("The liver is smooth.", liver(0.1))], "en")[0].spans[0].codes == ()
