"""Pictures and answers as HTML: `draw_picture` and `write_answer`; `data-span` joins a box with its phrase (viewer.js).

The page takes values verbatim (template "${value}"): everything that comes from a model or a visitor is escaped here.
Templates with {{...}} of Gradio would evaluate "${...}" inside a value as script. A span's mask lies in its group of
the picture and is seen with its box once the span is chosen (style.css).
"""

import base64
import io
import json
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import numpy as np
from pictures import show_in_window
from PIL import Image
from texts import say

from radgrounder.inference.picture import Original
from radgrounder.metrics.masks import boundary, decode_rle
from refrad2d.drawing import PALETTE
from refrad2d.labels import FINDING, label_by_name
from refrad2d.text.mentions import find_mentions

MAX_SIDE = 1024  # px of the picture sent to the browser
SIDES = {"axial": "RLAP", "coronal": "RLHF", "sagittal": "APHF"}  # left, right, top, bottom of the picture
VEIL, EDGE = 102, 255  # opacity of a mask and of its boundary, of 255
MIN_TARGET = 0.13  # of the picture's width: 44 px of a picture that is 340 px wide


def draw_picture(
    picture: Original | None, spans: Sequence[Mapping[str, Any]], text: str, *, window: str, language: str
) -> str:
    """The picture with a numbered box for each span, and its mask where it has one; small boxes lie on top and are
    easier to hit than they look."""
    if picture is None:
        return f'<p class="rg-empty">{say("empty_picture", language)}</p>'
    rows, columns = picture.values.shape[:2]
    width, height = 1000.0, 1000.0 * picture.aspect * rows / columns
    by_area = sorted(range(len(spans)), key=lambda n: -_area(spans[n]["box"]))
    boxes = "".join(_draw_box(n, spans[n], text, width, height) for n in by_area)
    known = [picture.modality, picture.plane and say(f"plane_{picture.plane}", language), f"{columns} × {rows} px"]
    return (
        f'<svg class="rg-picture" viewBox="0 0 {width:g} {height:g}" role="group" '
        f'aria-label="{say("picture", language)}" style="--ratio: {width / height:.4f}">'
        f'<image href="{data_url(show_in_window(picture, window))}" width="{width:g}" height="{height:g}" '
        f'preserveAspectRatio="none"/>{_mark_sides(picture.plane, width, height)}{boxes}</svg>'
        f'<p class="rg-caption">{" · ".join(part for part in known if part)}</p>'
    )


def _mark_sides(plane: str | None, width: float, height: float) -> str:
    """The letters of the display convention at left, right, top and bottom; none if the plane is unknown."""
    places = ((24, height / 2), (width - 24, height / 2), (width / 2, 40), (width / 2, height - 16))
    return "".join(
        f'<text class="rg-side" x="{x:g}" y="{y:g}">{side}</text>'
        for side, (x, y) in zip(SIDES.get(plane or "", ""), places, strict=False)
    )


def _area(box: Sequence[float]) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def _draw_box(number: int, span: Mapping[str, Any], text: str, width: float, height: float) -> str:
    x_min, y_min, x_max, y_max = (c * s for c, s in zip(span["box"], (width, height) * 2, strict=True))
    least = MIN_TARGET * width
    target_width, target_height = max(x_max - x_min, least), max(y_max - y_min, least)
    target_x = min(max((x_min + x_max - target_width) / 2, 0), width - target_width)
    target_y = min(max((y_min + y_max - target_height) / 2, 0), max(height - target_height, 0))
    tag_x, tag_y = min(max(x_min, 0), width - 44), max(y_min - 40, 0)
    phrase = escape(text[span["start"] : span["end"]])
    return (
        f'<g class="rg-box" data-span="{number}" role="button" tabindex="0" aria-pressed="false" '
        f'aria-label="{number + 1}: {phrase}" style="--c: {colour(number)}">{_draw_mask(number, span, width, height)}'
        f'<rect class="rg-target" x="{target_x:.1f}" y="{target_y:.1f}" '
        f'width="{target_width:.1f}" height="{target_height:.1f}"/>'
        f'<rect class="rg-line" x="{x_min:.1f}" y="{y_min:.1f}" '
        f'width="{x_max - x_min:.1f}" height="{y_max - y_min:.1f}"/>'
        f'<g class="rg-tag"><rect x="{tag_x:.1f}" y="{tag_y:.1f}" width="44" height="40"/>'
        f'<text x="{tag_x + 22:.1f}" y="{tag_y + 30:.1f}">{number + 1}</text></g></g>'
    )


def _draw_mask(number: int, span: Mapping[str, Any], width: float, height: float) -> str:
    """The span's mask over the whole picture in its colour, a veil with a firm edge; nothing for a span without one."""
    if not span.get("mask"):
        return ""
    mask = decode_rle(span["mask"])
    step = -(-max(mask.shape) // MAX_SIDE)  # larger than the picture that is shown it need not be
    mask = mask[::step, ::step]
    veil = Image.fromarray(mask.astype(np.uint8) + boundary(mask))
    veil.putpalette([0] * 3 + [int(colour(number)[n : n + 2], 16) for n in (1, 3, 5)] * 2)
    file = io.BytesIO()
    veil.save(file, format="PNG", transparency=bytes([0, VEIL, EDGE]))
    return (
        f'<image class="rg-mask" href="{_as_url(file.getvalue())}" width="{width:g}" height="{height:g}" '
        'preserveAspectRatio="none"/>'
    )


def colour(number: int) -> str:
    """The colour of a span by its place in the text."""
    return PALETTE[number % len(PALETTE)]


def data_url(picture: Image.Image) -> str:
    """A picture as PNG inside the page: no file of a visitor's picture is written or served."""
    picture.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.BILINEAR)
    file = io.BytesIO()
    picture.save(file, format="PNG", compress_level=3)
    return _as_url(file.getvalue())


def _as_url(png: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(png).decode()


def write_answer(task: str, answer: Mapping[str, Any], language: str, *, spoken: str, masks: bool = False) -> str:
    """The text with clickable phrases, the list of boxes, and the download.

    `answer` is the contract's JSON, `spoken` its language, `language` that of the page; `masks` says that the model was
    asked for masks, so that a span without one is said to have none.
    """
    spans = answer["spans"]
    silent = "abstained" if answer.get("abstained") else "no_text"
    text = _mark_phrases(answer["text"], spans) if answer["text"].strip() else f"<em>{say(silent, language)}</em>"
    parts = [f"<h2>{say(f'result_{task}', language)}</h2>", f'<p class="rg-text" lang="{spoken}">{text}</p>']
    if task == "vqa" and "confidence" in answer:
        parts.append(f'<p class="rg-hint">{say("confidence", language)}: {answer["confidence"]:.2f}</p>')
    if silent == "abstained" and not answer["text"].strip():
        return "".join(parts)
    if not spans:
        return "".join([*parts, f'<p class="rg-hint">{say("no_boxes", language)}</p>'])
    names = [_name(span, answer["text"], spoken, language) for span in spans]
    rows = "".join(_list_box(n, span, names[n], language, masks=masks) for n, span in enumerate(spans))
    link = "data:application/json;base64," + base64.b64encode(json.dumps(answer, indent=1).encode()).decode()
    parts += [
        f"<h3>{say('boxes', language)}</h3>",
        f'<p class="rg-hint">{say("boxes_hint", language)} {say("masks_hint" if masks else "no_masks", language)}</p>',
        f'<ul class="rg-list">{rows}</ul>',
        f'<a class="rg-download" download="boxes.json" href="{link}">{say("download", language)}</a>',
    ]
    return "".join(parts)


def _mark_phrases(text: str, spans: Sequence[Mapping[str, Any]]) -> str:
    parts, at = [], 0
    for number, span in enumerate(spans):
        phrase = escape(text[span["start"] : span["end"]])
        parts += [
            escape(text[at : span["start"]]),
            f'<button type="button" class="rg-phrase" data-span="{number}" aria-pressed="false" '
            f'style="--c: {colour(number)}"><span>{phrase}</span><b>{number + 1}</b></button>',
        ]
        at = span["end"]
    return "".join([*parts, escape(text[at:])])


def _name(span: Mapping[str, Any], text: str, spoken: str, language: str) -> str:
    """The class of a span; its words where they name that class among others ("both kidneys")."""
    phrase = text[span["start"] : span["end"]]
    named = {label for mention in find_mentions(phrase, spoken, "CT") for label in mention.labels}
    return phrase if span["label"] in named and len(named) > 1 else display(span["label"], language)


def _list_box(number: int, span: Mapping[str, Any], name: str, language: str, *, masks: bool) -> str:
    x_min, y_min, x_max, y_max = (round(c) for c in span["pixel_box"])
    missing = f"<small>{say('no_mask', language)}</small>" if masks and not span.get("mask") else ""
    return (
        f'<li><button type="button" class="rg-row" data-span="{number}" aria-pressed="false" '
        f'style="--c: {colour(number)}"><b>{number + 1}</b>'
        f"<span><strong>{escape(name)}</strong>"
        f"<small>x {x_min}–{x_max}, y {y_min}–{y_max} {say('pixels', language)}</small>{missing}</span>"
        f'<span class="rg-confidence" title="{say("confidence_hint", language)}"><small>{say("confidence", language)}'
        f"</small>{span['confidence']:.2f}</span></button></li>"
    )


def display(label: str, language: str) -> str:
    """A class, or "finding", as a reader of this language calls it."""
    return say("finding", language) if label == FINDING else label_by_name(label).display(language)


def show_examples(examples: Sequence[tuple[str, Image.Image]], language: str) -> str:
    """A row of buttons, one an example: (key of its caption in texts.csv, thumbnail)."""
    buttons = "".join(
        f'<button type="button" data-example="{n}"><img src="{data_url(thumbnail.copy())}" alt="">'
        f"<span>{say(key, language)}</span></button>"
        for n, (key, thumbnail) in enumerate(examples)
    )
    return f'<p class="rg-label">{say("examples", language)}</p><div class="rg-examples">{buttons}</div>'
