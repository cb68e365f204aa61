"""Mentions and questions by a language model, taken over only as far as the text bears them out.

    >>> place_mentions("Leberzyste.", [{"text": "Leberzyste", "labels": ["liver"], "negated": False}])
    [{'start': 0, 'end': 10, 'label': 'liver', 'labels': ['liver'], 'negated': False}]

The stages' offline rules stand where the model fails: None is returned for such a text, and the reason is counted.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from refrad2d.grounding import has_markup
from refrad2d.labels import exists_in, is_label, labels
from refrad2d.llm.checks import Anatomy, negates
from refrad2d.llm.client import LLM, Check
from refrad2d.llm.prompts import load_prompt

MAX_QUESTIONS = 5
CHOICES = 4
MAX_ANSWER_WORDS = 12
_LANGUAGE_NAMES = {"de": "German", "en": "English"}
_YES_NO = {"de": ("ja", "nein"), "en": ("yes", "no")}
_WORD = re.compile(r"[^\W\d_]{3,}|\d+(?:[.,]\d+)?")
_STEM = 5


def place_mentions(text: str, mentions: Sequence[Mapping]) -> list[dict] | None:
    """Spans of a model's mentions, sorted; None if one is not in the text as quoted, overlaps, or has an unknown class.

    Mentions come in the order of the text, so a word that occurs twice is looked for behind the mention before it.
    """
    spans, at = [], 0
    for mention in mentions:
        start = text.find(mention["text"], at)
        if (
            not mention["text"].strip()
            or start < 0
            or not mention["labels"]
            or not all(map(is_label, mention["labels"]))
        ):
            return None
        at = start + len(mention["text"])
        spans.append(
            {
                "start": start,
                "end": at,
                "label": mention["labels"][0],
                "labels": list(dict.fromkeys(mention["labels"])),
                "negated": mention["negated"],
            }
        )
    return spans


def ask_mentions(rows: Iterable[Mapping], llm: LLM, counts: Counter) -> Iterator[list[dict] | None]:
    """The spans of each row {"text", "language", "modality"} by the model, None where the rules have to do it."""
    asked = [(f"{_LANGUAGE_NAMES[r['language']]}\n{_classes(r['modality'])}\n{r['text']}", r) for r in rows]

    def check(row: Mapping) -> Check:
        def objection(answer: Mapping) -> str | None:
            spans = place_mentions(row["text"], answer["mentions"])
            return "not_verbatim" if spans is None else None

        return objection

    prompt = load_prompt("mentions")
    for (_, row), reply in zip(asked, llm.ask_all(prompt, ((text, check(r)) for text, r in asked)), strict=True):
        counts[f"fallback_{reply.reason}" if reply.value is None else "found_by_model"] += 1
        yield None if reply.value is None else place_mentions(row["text"], reply.value["mentions"])


def _classes(modality: str) -> str:
    return " ".join(label.name for label in labels() if exists_in(label, modality))


def usable_questions(
    text: str, language: str, asked: Sequence[Mapping], *, shown: set[str] | None = None, anatomy: Anatomy | None = None
) -> list[dict]:
    """The questions of a model that the text bears out, as dicts of schema.VQA; at most five.

    `shown` are the classes in the slice: with `anatomy`, an answer that names another class is left out.
    """
    yes, no = _YES_NO[language]
    kept = []
    for entry in asked:
        answer, choices = entry["answer"].strip(), [choice.strip() for choice in entry["choices"]]
        sound = entry["question"].strip() and answer and entry["quote"].strip() and entry["quote"] in text
        if not sound or has_markup(entry["question"] + answer + "".join(choices)):
            continue
        if entry["type"] == "yesno":
            fits = answer in (yes, no) and not choices and (answer == no or not negates(entry["quote"]))
            fits = fits and (answer == yes or negates(entry["quote"]))
        elif entry["type"] == "multiple":
            fits = (
                len(set(choices)) == len(choices) == CHOICES and answer in choices and _follows(answer, entry["quote"])
            )
        else:
            fits = not choices and _follows(answer, entry["quote"])
        if fits and shown is not None and anatomy:
            fits = anatomy(answer, language) <= shown
        if fits and len(answer.split()) <= MAX_ANSWER_WORDS:
            question = {"question": entry["question"].strip(), "answer": answer, "language": language}
            kept.append({**question, "type": entry["type"], "choices": choices, "spans": [], "source": "text"})
    return kept[:MAX_QUESTIONS]


def _follows(answer: str, quote: str) -> bool:
    """True if every word and number of an answer stands in the quoted sentence."""
    known = {word[:_STEM].replace(",", ".") for word in _WORD.findall(quote.casefold())}
    words = {word[:_STEM].replace(",", ".") for word in _WORD.findall(answer.casefold())}
    return bool(words) and words <= known


def ask_questions(
    rows: Iterable[Mapping], llm: LLM, counts: Counter, *, anatomy: Anatomy | None = None
) -> Iterator[dict[str, list[dict]]]:
    """For each row the model's questions by language; a language is missing where the rules have to ask."""
    wanted = [
        (row, language, report["findings"])
        for row in rows
        for language, report in sorted((row.get("report") or {}).items())
        if report and report.get("findings")
    ]

    def check(row: Mapping, language: str, text: str) -> Check:
        shown = {o["label"] for o in row["objects"]} if row["objects"] else None

        def objection(answer: Mapping) -> str | None:
            good = usable_questions(text, language, answer["questions"], shown=shown, anatomy=anatomy)
            return None if good or not answer["questions"] else "not_borne_out"

        return objection

    asks = ((text, check(row, language, text)) for row, language, text in wanted)
    found: dict[str, dict[str, list[dict]]] = {}
    for (row, language, text), reply in zip(wanted, llm.ask_all(load_prompt("vqa"), asks), strict=True):
        counts[f"fallback_{reply.reason}" if reply.value is None else "asked_by_model"] += 1
        if reply.value is not None:
            shown = {o["label"] for o in row["objects"]} if row["objects"] else None
            good = usable_questions(text, language, reply.value["questions"], shown=shown, anatomy=anatomy)
            found.setdefault(row["id"], {})[language] = good
    for row in rows:
        yield found.get(row["id"], {})
