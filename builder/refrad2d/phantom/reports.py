"""Patients to report sentences, German and English, as dictated and as cleaned, with the exact place of each mention.

    >>> [s.clean["en"] for s in report_sentences(patient, {"liver", "spleen"}, rng)]

All wording stands in wording_*.yaml. A sentence says only what is seen: topics are chosen by the classes present.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from string import Template
from typing import Any

import numpy as np

from refrad2d.labels import LANGUAGES, label_by_name
from refrad2d.phantom.anatomy import Finding, Patient
from refrad2d.phantom.tables import read_yaml

_CHOICE = re.compile(r"\{([^{}]*\|[^{}]*)\}")
_MENTION = re.compile(r"\[([^\]]+)\]\(([^)]+)\)")
_GONE = re.compile(r"~[^~]*~")


@dataclass(frozen=True)
class Sentence:
    """One sentence in both languages. Keys of the mappings are "de" and "en".

    `dictated` is what the report says; `clean` is the same without prior studies and identifiers ("" if nothing is
    left); `spans` are (start, end, labels) in `clean`; `finding` names what it reports, "" if it is normal.
    """

    topic: str
    dictated: Mapping[str, str]
    clean: Mapping[str, str]
    spans: Mapping[str, tuple[tuple[int, int, tuple[str, ...]], ...]] = field(default_factory=dict)
    finding: str = ""


def report_sentences(
    patient: Patient,
    present: Collection[str],
    rng: np.random.Generator,
    *,
    shown: Collection[str] | None = None,
    wordings: Sequence[str] = ("wording_abdomen.yaml",),
    fields: Mapping[str, Mapping[str, str]] | None = None,
) -> list[Sentence]:
    """Sentences about the classes in `present` (names of labels.csv), findings always, normal structures at random.

    `shown` names the focal findings that the pictures show, all by default. `fields` gives what the templates may
    name, by language: date, patient, physician and so on; see `expand`.
    """
    present = set(present)
    sentences = []
    for wording in wordings:
        for topic, plan in read_yaml(wording).items():
            if not (set(plan.get("needs", present)) <= present and set(plan.get("any", present)) & present):
                continue
            told = [
                _say(rng, topic, plan["findings"][f.name], patient.site, fields, finding=f)
                for f in patient.findings
                if f.name in plan.get("findings", {}) and (shown is None or f.name in shown)
            ]
            if not told and rng.random() < 0.62:
                told = [_say(rng, topic, plan["normal"], patient.site, fields, present=present, plan=plan)]
            sentences += [sentence for sentence in told if _is_covered(sentence, present)]
    return sentences


def _is_covered(sentence: Sentence, present: Collection[str]) -> bool:
    return all(set(labels) <= set(present) for _, _, labels in sentence.spans["en"])


def _say(rng, topic, wordings, site, fields, *, finding: Finding | None = None, present=(), plan=None) -> Sentence:
    usable = [w for w in wordings if site in w.get("sites", "ABC")]
    if site == "B":  # the terse house style, where a topic has it
        usable = [w for w in usable if "sites" in w and rng.random() < 0.7] or usable
    wording = usable[int(rng.integers(len(usable)))]
    own: dict[str, dict[str, str]] = {language: {} for language in LANGUAGES}
    if finding:
        own = _sizes(rng, finding.size_mm)
    vertebrae = [label for label in (plan or {}).get("any", ()) if label in present and label.startswith("vertebrae_")]
    if vertebrae:
        own = _vertebra(vertebrae[int(rng.integers(len(vertebrae)))])
    both = {language: {**(fields or {}).get(language, {}), **own[language]} for language in LANGUAGES}
    return expand(wording, both, rng, topic=topic, finding=finding.name if finding else "")


def expand(wording: Mapping[str, str], fields, rng, *, topic: str = "", finding: str = "") -> Sentence:
    """Fill a wording: choose alternatives (the same place in both languages), put fields in, find the mentions."""
    picks = rng.random(8)
    dictated, clean, spans = {}, {}, {}
    for language in LANGUAGES:
        draws = iter(picks)
        text = _CHOICE.sub(lambda m, draws=draws: _pick(m.group(1).split("|"), next(draws)), wording[language])
        text = Template(text).safe_substitute(fields.get(language, {}))
        dictated[language], _ = _read_mentions(_tidy(text.replace("~", "")))
        clean[language], spans[language] = _read_mentions(_tidy(_GONE.sub("", text)))
    return Sentence(topic, dictated, clean, spans, finding)


def _pick(choices: Sequence[str], draw: float) -> str:
    return choices[int(draw * len(choices))]


def _tidy(text: str) -> str:
    """One space between words, none before a full stop, a capital first letter (also inside a mention's bracket)."""
    text = re.sub(r"\s+([.,;])", r"\1", " ".join(text.split()))
    start = 1 if text.startswith("[") else 0
    return text[:start] + text[start : start + 1].upper() + text[start + 1 :]


def _read_mentions(text: str) -> tuple[str, tuple[tuple[int, int, tuple[str, ...]], ...]]:
    out, spans, at = "", [], 0
    for match in _MENTION.finditer(text):
        out += text[at : match.start()]
        spans.append((len(out), len(out) + len(match.group(1)), tuple(match.group(2).split())))
        out += match.group(1)
        at = match.end()
    return out + text[at:], tuple(spans)


def _sizes(rng, size_mm: float) -> dict[str, dict[str, str]]:
    """`size` and an earlier, smaller `prior`, in mm or cm."""
    before = max(2.0, round(size_mm * rng.uniform(0.6, 0.95)))
    if rng.random() < 0.6 or size_mm < 10:
        return {language: {"size": f"{size_mm:.0f} mm", "prior": f"{before:.0f} mm"} for language in LANGUAGES}
    texts = {"size": f"{size_mm / 10:.1f} cm", "prior": f"{before / 10:.1f} cm"}
    return {"en": texts, "de": {name: text.replace(".", ",") for name, text in texts.items()}}


def _vertebra(label: str) -> dict[str, dict[str, str]]:
    region, number = label.split("_")[1][0], label.split("_")[1][1:]
    german = {"C": "HWK", "T": "BWK", "L": "LWK", "S": "SWK"}[region]
    return {
        "de": {"vertebra": label, "vertebra_de": f"{german} {number}"},
        "en": {"vertebra": label, "vertebra_en": f"{region}{number}"},
    }


def context_of(patient: Patient, rng, shown: Collection[str]) -> dict[str, dict[str, str]]:
    """Clinical question and clinical information by language, in keeping with one of the findings shown."""
    frame = read_yaml("wording_frame.yaml")
    topics = [name for name in sorted(shown) if name in frame["questions"]] or ["default"]
    topic = topics[int(rng.integers(len(topics)))]
    question, info = (_choose(frame[part].get(topic, frame[part]["default"]), rng) for part in ("questions", "infos"))
    return {lang: {"clinical_question": question[lang], "clinical_info": info[lang]} for lang in LANGUAGES}


def frame_sentence(part: str, fields, rng) -> Sentence:
    """An opening or closing sentence, dictated only."""
    return expand(_choose(read_yaml("wording_frame.yaml")[part], rng), fields, rng, topic=part)


def _choose(options: Sequence[Any], rng) -> Any:
    return options[int(rng.integers(len(options)))]


def join_sentences(sentences: Sequence[Sentence], language: str) -> tuple[str, str, list[dict[str, Any]]]:
    """Dictated text, cleaned text, and the spans {start, end, label, labels} of the cleaned text."""
    dictated = " ".join(s.dictated[language] for s in sentences if s.dictated[language])
    clean, spans = "", []
    for sentence in sentences:
        if not sentence.clean[language]:
            continue
        clean += " " if clean else ""
        for start, end, labels in sentence.spans[language]:
            ordered = sorted(labels, key=lambda name: label_by_name(name).id)
            spans.append({"start": start + len(clean), "end": end + len(clean), "label": ordered[0], "labels": ordered})
        clean += sentence.clean[language]
    return dictated, clean, spans
