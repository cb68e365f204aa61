"""The grounding markup: spans of text that point at a box, rendered into tokens and parsed back.

    >>> render("Leber glatt.", [Span(0, 5, "liver", (0.25, 0.25, 0.5, 0.75))])
    '<p bbox=<loc0128><loc0128><loc0256><loc0384> id=<seg005>>Leber</p> glatt.'

This is the only module that knows the markup. It is compatible with the detection checkpoint of the RadGrounder
release: the same order of coordinates, the same bins, the same class ids.

A span may have a mask behind it, sixteen codes of 128 (`masks.codec` of radgrounder reads them inside the box). They
are written with the tokens of the classes, since PaliGemma has no others; what a token means is told by its place: a
class stands inside the opening tag, codes stand right behind the closing one, exactly sixteen of them.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from refrad2d.labels import FINDING, label_by_id, label_by_name, labels

Box = tuple[float, float, float, float]

BINS = 512  # coordinate c in [0, 1] is written as the bin nearest to c * BINS, so 0..BINS occur
# the order in the markup is x_min, y_min, x_max, y_max; the paper's text says y first, its code x first
MASK_CODES, CODE_BOOK = 16, 128  # of a mask, of how many
FINDING_ID = 0  # findings lie outside the 121 classes and share one id

_SPAN = re.compile(
    r"<p bbox=<loc(\d{4})><loc(\d{4})><loc(\d{4})><loc(\d{4})> id=<seg(\d{3})>>((?:(?!<p bbox).)*?)</p>"
    rf"((?:<seg(?:0\d\d|1[01]\d|12[0-7])>){{{MASK_CODES}}}(?!<seg\d{{3}}>))?",  # a run of another length is no mask
    re.DOTALL,
)
_CODE = re.compile(r"<seg(\d{3})>")
_CLOSING = "</p>"
_MASK_SPAN = re.compile(r"<seg>((?:(?!<seg>).)*?)</seg>", re.DOTALL)
_LITERAL = re.compile(
    r"<p bbox|</p>|</?seg>|<loc\d{4}>|<seg\d{3}>|<image>|<bos>|<eos>|<pad>|<unk>|<(?:start|end)_of_turn>|"
    r"<[|｜][^<>|｜\n]{1,60}[|｜]>"
)
_FRAGMENTS = re.compile(r"(?:<p bbox=?|</p>|</?seg>|<loc\d{4}>(?: id=)?|<seg\d{3}>>?)+")


@dataclass(frozen=True)
class Span:
    """A mention in a text and where it is in the picture.

    `start`, `end` are Python string indices (end exclusive). `label` is a class name of labels.csv or "finding".
    `box` is xyxy in [0, 1], ends exclusive. `labels` are all classes of the mention, the first of them being `label`.
    `codes` are the mask inside the box, sixteen numbers below 128, or none.
    """

    start: int
    end: int
    label: str
    box: Box
    labels: tuple[str, ...] = field(default=())
    codes: tuple[int, ...] = field(default=())

    def __post_init__(self) -> None:
        if not self.labels:
            object.__setattr__(self, "labels", (self.label,))


class Parsed(NamedTuple):
    """What `parse` read: plain text, the spans in it, and how many pieces of markup could not be read."""

    text: str
    spans: list[Span]
    invalid: int


def encode_box(box: Sequence[float]) -> tuple[int, int, int, int]:
    """The four bins of an xyxy box in [0, 1]: nearest of 0..512, every box at least one bin wide and high."""
    if len(box) != 4 or not all(0 <= c <= 1 for c in box):
        raise ValueError(f"Box {tuple(box)} is not xyxy in [0, 1]. Divide pixel coordinates by width and height.")
    x_min, y_min, x_max, y_max = (int(c * BINS + 0.5) for c in box)
    if x_max < x_min or y_max < y_min:
        raise ValueError(f"Box {tuple(box)} ends before it starts. Give x_min, y_min, x_max, y_max.")
    x_min, y_min = min(x_min, BINS - 1), min(y_min, BINS - 1)
    return x_min, y_min, max(x_max, x_min + 1), max(y_max, y_min + 1)


def decode_box(bins: Sequence[int]) -> Box:
    """The xyxy box in [0, 1] of four bins."""
    x_min, y_min, x_max, y_max = (b / BINS for b in bins)
    return x_min, y_min, x_max, y_max


def as_box(stored: Sequence[float]) -> Box:
    """A box as it is stored or computed, as a `Box`. ValueError if it has not four numbers."""
    if len(stored) != 4:
        raise ValueError(f"Box {tuple(stored)} has not four numbers. Give x_min, y_min, x_max, y_max.")
    x_min, y_min, x_max, y_max = stored
    return x_min, y_min, x_max, y_max


def snap(box: Sequence[float]) -> Box:
    """The box after a round trip through the markup."""
    return decode_box(encode_box(box))


def span_id(label: str) -> int:
    """The number written for a label: 1..121 for a class, 0 for a finding."""
    return FINDING_ID if label == FINDING else label_by_name(label).id


def has_markup(text: str) -> bool:
    """True if the text holds a literal of the markup or a special token of the models."""
    return _LITERAL.search(text) is not None


def neutralise(text: str) -> str:
    """The text with every markup literal taken apart ("<loc0001>" becomes "‹loc0001>"); "<5 mm" stays as it is."""
    return _LITERAL.sub(lambda literal: "‹" + literal.group()[1:], text)


def render(text: str, spans: Iterable[Span]) -> str:
    """Write spans into the text as markup.

    Spans must be sorted and must not overlap; adjacent ones are fine. ValueError otherwise, if the text already holds
    markup (see `neutralise`), or if codes of a mask are not sixteen below 128.
    """
    if has_markup(text):
        raise ValueError("The text holds a literal of the markup. Pass it through neutralise() first.")
    out, at = [], 0
    for span in spans:
        if not at <= span.start < span.end <= len(text):
            raise ValueError(
                f"Span {span.start}..{span.end} overlaps its neighbour or leaves the text of {len(text)} characters. "
                "Sort the spans and keep the longest of those that overlap."
            )
        coordinates = "".join(f"<loc{b:04d}>" for b in encode_box(span.box))
        mention = text[span.start : span.end]
        tag = f"<p bbox={coordinates} id=<seg{span_id(span.label):03d}>>{mention}{_CLOSING}"
        out += [text[at : span.start], tag, _write_codes(span.codes)]
        at = span.end
    return "".join([*out, text[at:]])


def _write_codes(codes: Sequence[int]) -> str:
    if codes and (len(codes) != MASK_CODES or not all(0 <= code < CODE_BOOK for code in codes)):
        raise ValueError(
            f"Codes {tuple(codes)} are no mask. Give {MASK_CODES} numbers from 0 to {CODE_BOOK - 1}, or none."
        )
    return "".join(f"<seg{code:03d}>" for code in codes)


def parse(markup: str) -> Parsed:
    """Read markup back into plain text and spans; what cannot be read is counted, loses its tags, and stays as text.

    A span is invalid if its box is empty or reaches beyond 512, its id is above 121, or another tag stands inside it.
    Codes behind a span are its mask if they are exactly sixteen below 128; others are counted, and the span has none.
    """
    text, spans, invalid, at = "", [], 0, 0
    for match in _SPAN.finditer(markup):
        before, broken = _strip(markup[at : match.start()])
        mention, nested = _strip(match.group(6))
        invalid += broken + bool(nested)
        text += before
        read = _read(match)
        if read:
            label, box = read
            codes = tuple(int(code) for code in _CODE.findall(match.group(7) or ""))
            spans.append(Span(len(text), len(text) + len(mention), label, box, codes=codes))
        elif not nested:
            invalid += 1
        text += mention
        at = match.end()
    rest, broken = _strip(markup[at:])
    return Parsed(neutralise(text + rest), spans, invalid + broken)  # pieces may have closed up to new markup


def _read(match: re.Match[str]) -> tuple[str, Box] | None:
    """Label and box of a span of markup; None if it is invalid."""
    mention, nested = _strip(match.group(6))
    x_min, y_min, x_max, y_max, class_id = (int(number) for number in match.groups()[:5])
    label = FINDING if class_id == FINDING_ID else label_by_id(class_id)
    if label and mention and not nested and x_min < x_max <= BINS and y_min < y_max <= BINS:
        return label, decode_box((x_min, y_min, x_max, y_max))
    return None


def closings(markup: str) -> list[int]:
    """Where the closing tag of each span ends in the markup, a string index, in the order of the text.

    The k-th is that of the k-th span that `parse` reads, or where there is none, of the k-th mention that
    `parse_mentions` reads. It is the place alone that joins a mask to its mention.

    >>> closings(render("Leber glatt.", [Span(0, 5, "liver", (0.25, 0.25, 0.5, 0.75))]))
    [66]
    """
    boxed = [match.end(6) + len(_CLOSING) for match in _SPAN.finditer(markup) if _read(match)]
    return boxed or [match.end() for match in _MASK_SPAN.finditer(markup) if _is_mention(match)]


def render_mentions(text: str, spans: Iterable[Span]) -> str:
    """Write spans into the text as the paper's segmentation variant has them: the mention between its tags, no box, no
    codes.

    The same rules and errors as of `render`.
    """
    return _SPAN.sub(lambda match: f"<seg>{match.group(6)}</seg>", render(text, spans))


def parse_mentions(markup: str) -> tuple[str, list[tuple[int, int]]]:
    """The plain text of markup of the segmentation variant, and start and end of each mention in it; a mention that is
    empty or holds another tag is none, and its words stay as text."""
    text, mentions, at = "", [], 0
    for match in _MASK_SPAN.finditer(markup):
        text += _strip(markup[at : match.start()])[0]
        words = _strip(match.group(1))[0]
        if _is_mention(match):
            mentions.append((len(text), len(text) + len(words)))
        text += words
        at = match.end()
    return neutralise(text + _strip(markup[at:])[0]), mentions


def _is_mention(match: re.Match[str]) -> bool:
    words, nested = _strip(match.group(1))
    return bool(words) and not nested


def _strip(text: str) -> tuple[str, int]:
    """The text without pieces of markup, and the number of places where such pieces stood."""
    return _FRAGMENTS.subn("", text)


def to_pixels(box: Sequence[float], width: int, height: int) -> tuple[float, float, float, float]:
    """The xyxy box in pixels of a picture of this width and height."""
    x_min, y_min, x_max, y_max = box
    return x_min * width, y_min * height, x_max * width, y_max * height


def location_tokens() -> list[str]:
    """The tokens of the bins 0..512, in order; PaliGemma's vocabulary has them."""
    return [f"<loc{b:04d}>" for b in range(BINS + 1)]


def class_tokens() -> list[str]:
    """The tokens of the ids 0 (findings) and 1..121, in order; PaliGemma's vocabulary has them."""
    return [f"<seg{n:03d}>" for n in range(len(labels()) + 1)]


def code_tokens() -> list[str]:
    """The tokens of the codes 0..127 of a mask, in order; the first 122 are those of the classes, too."""
    return [f"<seg{code:03d}>" for code in range(CODE_BOOK)]


def locate_answer(name: str, label: str, box: Sequence[float], *, codes: Sequence[int] = ()) -> str:
    """The answer to a locate prompt: the name, wrapped whole in one span, with the codes of its mask if given."""
    return render(name, [Span(0, len(name), label, as_box(box), codes=tuple(codes))])


def markup_tokens() -> tuple[str, ...]:
    """The pieces of a span around its coordinates and class; the RadGrounder release has a token for each."""
    return ("<p bbox=", "id=", "</p>")
