"""Mentions and questions by a language model, taken over only as far as the text bears them out.

    >>> place_mentions("Leberzyste.", [{"text": "Leberzyste", "labels": ["liver"], "negated": False}])
    [{'start': 0, 'end': 10, 'label': 'liver', 'labels': ['liver'], 'negated': False}]

The stages' offline rules stand where the model fails: None is returned for such a text, and the reason is counted.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from refrad2d.grounding import has_markup
from refrad2d.labels import exists_in, is_label, labels
from refrad2d.llm.client import LLM, Check
from refrad2d.llm.compare import find_fault, is_same_thing
from refrad2d.llm.concepts import fold, read_signs
from refrad2d.llm.facts import PLACE, Fact, Facts, read_facts
from refrad2d.llm.prompts import load_prompt
from refrad2d.rows import Question
from refrad2d.text.clauses.reading import read_clauses
from refrad2d.text.findings import named_findings
from refrad2d.text.mentions import find_mentions

MAX_QUESTIONS = 5
CHOICES = 4
MAX_ANSWER_WORDS = 12
_LANGUAGE_NAMES = {"de": "German", "en": "English"}
_YES_NO = {"de": ("ja", "nein"), "en": ("yes", "no")}
_WORD = re.compile(r"[^\W\d_]{3,}")
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


def fault_of_mentions(text: str, spans: Sequence[Mapping], language: str, modality: str) -> str | None:
    """Why a model's spans are no good beside those of the lexicon, None if they are.

    Where the lexicon reads a structure, the model's classes must be among its classes, with the same polarity, and none
    may be missing. What the lexicon does not know is the model's, in a class that the modality has and a finding in the
    quote can lie in.
    """
    known = find_mentions(text, language, modality)
    present = {label.name for label in labels() if exists_in(label, modality)}
    for span in spans:
        same = [m for m in known if m.start < span["end"] and span["start"] < m.end]
        quote = text[span["start"] : span["end"]]
        if same and not set(span["labels"]) <= {label for m in same for label in m.labels}:
            return "other_structure"
        if same and span["negated"] not in {m.negated for m in same}:
            return "negation_changed"
        found = [finding for finding, pattern in named_findings(language) if pattern.search(quote)]
        if not same and not names_something(quote, language):
            return "no_structure"
        if not set(span["labels"]) <= present or not all(f.can_lie_in(n) for f in found for n in span["labels"]):
            return "other_structure"
    if any(all(m.end <= span["start"] or span["end"] <= m.start for span in spans) for m in known):
        return "mention_missing"
    return None


def names_something(quote: str, language: str) -> bool:
    """False for a quote of words that name no structure and no finding ("no change")."""
    kinds = {sign.kind for sign in read_signs(quote, language)}
    return not kinds or bool(kinds & {"organ", "part", "sided", "finding", "unknown", "level"})


def ask_mentions(rows: Iterable[Mapping], llm: LLM, counts: Counter) -> Iterator[list[dict] | None]:
    """The spans of each row {"text", "language", "modality"} by the model, None where the rules have to do it."""
    asked = [(f"{_LANGUAGE_NAMES[r['language']]}\n{_classes(r['modality'])}\n{r['text']}", r) for r in rows]

    def check(row: Mapping) -> Check:
        def objection(answer: Mapping) -> str | None:
            spans = place_mentions(row["text"], answer["mentions"])
            if spans is None:
                return "not_verbatim"
            return fault_of_mentions(row["text"], spans, row["language"], row["modality"])

        return objection

    prompt = load_prompt("mentions")
    for (_, row), reply in zip(asked, llm.ask_all(prompt, ((text, check(r)) for text, r in asked)), strict=True):
        counts[f"fallback_{reply.reason}" if reply.value is None else "found_by_model"] += 1
        yield None if reply.value is None else place_mentions(row["text"], reply.value["mentions"])


def _classes(modality: str) -> str:
    return " ".join(label.name for label in labels() if exists_in(label, modality))


def usable_questions(
    text: str, language: str, asked: Sequence[Mapping], *, shown: set[str] | None = None
) -> list[Question]:
    """The questions of a model whose answers follow from the text's facts; at most five.

    `shown` are the classes in the slice: a question or answer that names a structure outside it is left out.
    """
    kept: list[Question] = []
    stated = read_facts(text, language)
    for entry in asked:
        question, answer = entry["question"].strip(), entry["answer"].strip()
        choices = [choice.strip() for choice in entry["choices"]]
        sound = question and answer and entry["quote"].strip() and entry["quote"] in text
        if not sound or has_markup(question + answer + "".join(choices)):
            continue
        if entry["type"] == "yesno":
            fits = not choices and is_true(question, answer, stated, language)
        else:
            right_form = not choices
            if entry["type"] == "multiple":
                right_form = len(set(choices)) == len(choices) == CHOICES and answer in choices
            fits = right_form and _follows(question, answer, entry["quote"], language)
            fits = fits and answers(question, answer, stated, entry["quote"], language)
        if fits and shown is not None:
            fits = all(set(names) & shown for part in (question, answer) for names in _structures(part, language))
        if fits and len(answer.split()) <= MAX_ANSWER_WORDS:
            kept.append(
                {
                    "question": question,
                    "answer": answer,
                    "language": language,
                    "type": entry["type"],
                    "choices": choices,
                    "spans": [],
                    "source": "text",
                }
            )
    return kept[:MAX_QUESTIONS]


def _read_question(question: str, language: str) -> Facts:
    """What a question names; its mark is no doubt, as it is in "metastasis?"."""
    return read_facts(question.rstrip("? "), language)


def is_true(question: str, answer: str, stated: Facts, language: str) -> bool:
    """True if "yes" or "no" to a question follows from facts; what the text leaves open or contradicts does not."""
    asked = [fact for fact in _read_question(question, language).facts if fact.key != PLACE]
    yes, no = _YES_NO[language]
    if not asked or answer not in (yes, no):
        return False
    known = [fact for fact in stated.facts if not fact.gone]
    borne_out = all(
        any(find_fault(f, [o]) is None and is_same_thing(f, o) and _telling(f.qualities) <= o.qualities for o in known)
        for f in asked
    )
    refuted = any(_is_refuted(fact, known) for fact in asked)
    return borne_out and not refuted if answer == yes else refuted and not borne_out


def _is_refuted(fact: Fact, stated: Sequence[Fact]) -> bool:
    """True if the text denies a fact, calls the structure normal, or states it on the other side alone."""
    opposite = replace(fact, affirmed=not fact.affirmed)
    if any(is_same_thing(opposite, other) and find_fault(opposite, [other]) is None for other in stated):
        return True
    same = [other for other in stated if other.key == fact.key and other.affirmed == fact.affirmed and other.sides]
    elsewhere = [o for o in same if fact.sides and not fact.sides & o.sides]
    return len(elsewhere) == len(same) > 0 and all(find_fault(replace(fact, sides=o.sides), [o]) is None for o in same)


def answers(question: str, answer: str, stated: Facts, quote: str, language: str) -> bool:
    """True if what an open or multiple answer adds to its question is stated of the same finding or structure."""
    lead, rest = _lead(answer, language)
    if lead:
        return is_true(question, lead, stated, language) and (
            not rest or answers(question, rest, stated, quote, language)
        )
    asked, said = _read_question(question, language), read_facts(answer, language)
    told = [fact for fact in said.facts if fact.key != PLACE]
    if told:
        told = [replace(f, sides=f.sides or asked.sides, organs=f.organs or asked.organs) for f in told]
    else:
        of = [fact for fact in asked.facts if fact.key != PLACE]
        if not of and asked.organs:  # "How large is the liver?": the structure itself is what it asks about
            of = [Fact(PLACE, sides=asked.sides, organs=asked.organs)]
        told = [replace(f, sides=said.sides or f.sides, organs=said.organs or f.organs) for f in of]
    if not told:  # a question that names nothing is about its sentence, which must then state one thing alone
        quoted = read_facts(quote, language)
        return len({fact.key for fact in quoted.facts}) == 1 and said.numbers <= quoted.numbers
    bare = [replace(fact, qualities=_telling(fact.qualities)) for fact in told]
    wanted = said.qualities | _telling(asked.qualities)
    return all(any(_bears_out(fact, said, wanted, other) for other in stated.facts if not other.gone) for fact in bare)


def _lead(answer: str, language: str) -> tuple[str, str]:
    """ "Yes, mildly." as "yes" and "mildly."; "" for an answer that does not begin so."""
    lead, _, rest = answer.partition(",")
    lead = lead.strip(" .").lower()
    return (lead, rest.strip()) if lead in _YES_NO[language] else ("", answer)


def _telling(qualities: frozenset[str]) -> frozenset[str]:
    """The qualities of a question without those that it may ask about: "how large is …?"."""
    return frozenset(name for name in qualities if not name.startswith(("size:", "amount:", "degree:", "count:")))


def _bears_out(fact: Fact, said: Facts, qualities: frozenset[str], other: Fact) -> bool:
    """True if a stated fact says what an answer says, of the same thing and not of its neighbour."""
    sized = frozenset(number for number in said.numbers if number[1])
    if not sized <= other.measures or qualities - other.qualities:
        return False
    if fact.key == PLACE:
        return bool(fact.organs & (other.organs | other.list_organs)) and (not said.sides or said.sides <= other.sides)
    own = other.organs | other.implied | other.list_organs | (frozenset() if other.organs else other.near_organs)
    placed = said.organs <= own and (not said.sides or said.sides == (other.sides or other.near_sides))
    return placed and is_same_thing(fact, other) and find_fault(fact, [other]) is None


def _structures(text: str, language: str) -> list[tuple[str, ...]]:
    return [structure.labels for clause in read_clauses(text, language) for structure in clause.structures]


def _follows(question: str, answer: str, quote: str, language: str) -> bool:
    """True if every concept, number and unknown word of an answer stands in the quoted sentence or its question."""
    lead, rest = _lead(answer, language)
    if lead and not rest:
        return True
    said, known = (read_facts(text, language) for text in (rest, quote))
    asked = _read_question(question, language)
    concepts = known.implied | known.organs | asked.implied | asked.organs | {"", "one"}
    words = {fold(word)[:_STEM] for word in _WORD.findall(f"{quote} {question}")}
    unknown = all(fold(word)[:_STEM] in words for word in said.unknown)
    return bool(answer.strip()) and said.implied <= concepts and said.numbers <= known.numbers and unknown


def ask_questions(rows: Iterable[Mapping], llm: LLM, counts: Counter) -> Iterator[dict[str, list[Question]]]:
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
            good = usable_questions(text, language, answer["questions"], shown=shown)
            return None if good or not answer["questions"] else "not_borne_out"

        return objection

    asks = ((text, check(row, language, text)) for row, language, text in wanted)
    found: dict[str, dict[str, list[Question]]] = {}
    for (row, language, text), reply in zip(wanted, llm.ask_all(load_prompt("vqa"), asks), strict=True):
        counts[f"fallback_{reply.reason}" if reply.value is None else "asked_by_model"] += 1
        if reply.value is not None:
            shown = {o["label"] for o in row["objects"]} if row["objects"] else None
            good = usable_questions(text, language, reply.value["questions"], shown=shown)
            found.setdefault(row["id"], {})[language] = good
    for row in rows:
        yield found.get(row["id"], {})
