"""A row becomes conversations: all prompts of all tasks in both languages stand here and nowhere else.

A single turn is laid out exactly as the RadGrounder release does: newline, context, newline, task line, one space.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any

from refrad2d.boxes import visible
from refrad2d.grounding import Span, as_box, locate_answer, render
from refrad2d.labels import LANGUAGES, label_by_name
from refrad2d.rows import Conversation, Message, Question, Report, Row, SpanRow, reports_of

PROMPTS = {
    "report": {"en": "Caption this image:", "de": "Beschreibe dieses Bild:"},
    "report_boxes": {
        "en": "Caption this image and detect keywords:",
        "de": "Beschreibe dieses Bild und detektiere Schlüsselwörter:",
    },
    "report_masks": {
        "en": "Caption this image and segment keywords:",
        "de": "Beschreibe dieses Bild und segmentiere die Schlüsselwörter:",
    },
    "vqa": {"en": "{question}\nAnswer:", "de": "{question}\nAntwort:"},
    "grounded_vqa": {"en": "{question}", "de": "{question}"},
    "locate": {"en": "Where is the {name}?", "de": "Wo ist: {name}?"},
    "segment": {"en": "Segment the {name}:", "de": "Segmentiere: {name}:"},  # of the variants with masks
    "visible": {"en": "Is the {name} visible?", "de": "Ist abgebildet: {name}?"},
}
ABSENT = {"en": "not visible", "de": "nicht abgebildet"}  # the answer to "locate" where there is nothing to point at
NO_IMAGE = {"en": "no image content", "de": "kein Bildinhalt"}  # to any prompt, of a picture that shows no body
_YES, _NO = {"en": "yes", "de": "ja"}, {"en": "no", "de": "nein"}
CONTEXT_LINES = {  # "Klinische angaben" is spelled as in the release
    "clinical_info": {"en": "Clinical information: ", "de": "Klinische angaben: "},
    "clinical_question": {"en": "Question: ", "de": "Fragestellung: "},
}
CONTEXTS = ((), ("clinical_info",), ("clinical_question",), ("clinical_info", "clinical_question"))
Codes = Callable[[Sequence[str], Sequence[float]], Sequence[int]]  # labels and box of a mention → its mask, or ()
_UNITS = re.compile(r"<[^<>\s]{3,8}>|\w{1,2}|[^\w\s]|\n")


def prompt(task: str, language: str, *, context: str = "", **fields: str) -> str:
    """The user's text of a single turn. ValueError if the task or the language is unknown."""
    if task not in PROMPTS:
        raise ValueError(f"Unknown task {task!r}. Choose from {', '.join(PROMPTS)}.")
    if language not in LANGUAGES:
        raise ValueError(f"Unknown language {language!r}. Choose from {', '.join(LANGUAGES)}.")
    return f"\n{context}\n{PROMPTS[task][language].format(**fields)} "


def context(report: Mapping[str, Any], language: str, parts: Sequence[str]) -> str:
    """The context lines above the task line; an empty field keeps its line, no part gives the empty string."""
    return "\n".join(CONTEXT_LINES[part][language] + (report.get(part) or "") for part in parts)


def without_context(text: str) -> str:
    """The user's text of a turn, stripped, without the context lines above its task line."""
    lines = text.strip().split("\n")
    begins = tuple(words for line in CONTEXT_LINES.values() for words in line.values())
    while len(lines) > 1 and not text.startswith("\n\n") and f"{lines[0]} ".startswith(begins):
        lines = lines[1:]
    return "\n".join(lines)


def question_prompt(
    question: str, language: str, *, choices: Sequence[str] = (), grounded: bool = False, context: str = ""
) -> str:
    """The prompt of a question: choices one a line after it; "Answer:" only where the answer is not `grounded`."""
    task = "grounded_vqa" if grounded else "vqa"
    return prompt(task, language, context=context, question="\n".join([question, *choices]))


def vqa_prompt(entry: Question, *, context: str = "") -> str:
    """The prompt of one `vqa` entry; it is grounded if its answer has spans."""
    choices, grounded = entry.get("choices") or (), bool(entry.get("spans"))
    return question_prompt(entry["question"], entry["language"], choices=choices, grounded=grounded, context=context)


def spans_of(stored: Sequence[SpanRow]) -> list[Span]:
    """Stored span structs as `Span`s."""
    return [Span(s["start"], s["end"], s["label"], as_box(s["box"]), tuple(s["labels"])) for s in stored]


def turn(question: str, answer: str) -> list[Message]:
    """One question about the picture and its answer, as TRL's `messages`."""
    return [
        {"role": "user", "content": [{"type": "image", "text": None}, {"type": "text", "text": question}]},
        {"role": "assistant", "content": [{"type": "text", "text": answer}]},
    ]


def sft_row(image: Any, messages: Sequence[Message]) -> Conversation:
    """A row of the `sft` config.

    `length` grows with the tokens that the conversation's text has in any tokenizer: one for each markup token, each
    sign and each two letters or digits. It lets a trainer put conversations of like length into a batch.
    """
    texts = [part["text"] or "" for message in messages for part in message["content"]]
    return {"image": image, "messages": list(messages), "length": sum(len(_UNITS.findall(text)) for text in texts)}


def conversations(row: Row) -> Iterator[list[Message]]:
    """All training conversations of a row, one single turn each, in both languages where there is text.

    The context of a conversation (none, one or both of clinical information and question) is drawn by a hash of the
    row's id, so it is the same in every build. ValueError if the objects lack their visible size (see `boxes.visible`).
    """
    reports = reports_of(row)
    for language in LANGUAGES:
        report = reports.get(language)
        if not report:
            continue
        spans = spans_of(report["spans"])
        task = "report_boxes" if spans else "report"
        yield turn(
            prompt(task, language, context=_drawn_context(row["id"], report, language, task)),
            render(report["findings"], spans),
        )
        for found in visible(row["objects"]):
            name = label_by_name(found["label"]).display(language)
            yield turn(prompt("locate", language, name=name), locate_answer(name, found["label"], found["box"]))
        yield from _absence(row, language)
    for number, entry in enumerate(row["vqa"]):
        spoken: Report | Mapping[str, Any] = reports.get(entry["language"]) or {}
        lines = _drawn_context(row["id"], spoken, entry["language"], f"vqa{number}")
        yield turn(vqa_prompt(entry, context=lines), render(entry["answer"], spans_of(entry["spans"])))


def mask_conversations(row: Row, codes: Codes) -> Iterator[list[Message]]:
    """Conversations that ask for masks, answered with their codes behind the spans; no build writes them, a training
    set is made of them (`radgrounder mix masks`).

    `codes` gives the codes of a mention by its labels and box; a mention without any stays a span with a box, and a
    structure without any is not asked for. ValueError as for `conversations`.
    """
    reports = reports_of(row)
    for language in LANGUAGES:
        report = reports.get(language)
        if not report:
            continue
        spans = [replace(span, codes=tuple(codes(span.labels, span.box))) for span in spans_of(report["spans"])]
        if any(span.codes for span in spans):
            asked = prompt(
                "report_masks", language, context=_drawn_context(row["id"], report, language, "report_masks")
            )
            yield turn(asked, render(report["findings"], spans))
        for found in visible(row["objects"]):
            name = label_by_name(found["label"]).display(language)
            if drawn := codes((found["label"],), found["box"]):
                answer = locate_answer(name, found["label"], found["box"], codes=drawn)
                yield turn(prompt("segment", language, name=name), answer)
        for label in row.get("absent") or []:
            yield turn(prompt("segment", language, name=label_by_name(label).display(language)), ABSENT[language])


def _absence(row: Row, language: str) -> Iterator[list[Message]]:
    """Turns about structures that are certainly not in the slice: answered in words, without a span. One of them, and
    one that is visible, are also asked for as a grounded question."""
    absent = row.get("absent") or []
    for label in absent:
        yield turn(prompt("locate", language, name=label_by_name(label).display(language)), ABSENT[language])
    shown = visible(row["objects"])
    if not absent or not shown:
        return
    number = sha256(f"{row['id']} visible".encode()).digest()
    name = label_by_name(absent[number[0] % len(absent)]).display(language)
    yield turn(prompt("visible", language, name=name), f"{_NO[language]}, {ABSENT[language]}")
    found = shown[number[1] % len(shown)]
    name = label_by_name(found["label"]).display(language)
    answer = f"{_YES[language]}: {locate_answer(name, found['label'], found['box'])}"
    yield turn(prompt("visible", language, name=name), answer)


def _drawn_context(row_id: str, report: Report | Mapping[str, Any], language: str, purpose: str) -> str:
    number = sha256(f"{row_id} {language} {purpose}".encode()).digest()[0]
    return context(report, language, CONTEXTS[number % len(CONTEXTS)])
