"""Mentions ∩ structures: which sentence goes to which slice, and where in it the mentioned structures lie.

Reads ingest, segment, curate and mentions; writes rows.jsonl, rows without pixels and questions. The slice rules are in
docs/data-format.md.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

from refrad2d import __version__
from refrad2d.boxes import merge_boxes, objects
from refrad2d.labels import LANGUAGES
from refrad2d.privacy.heads import kept_slices, shows_head
from refrad2d.rows import CONTEXT_COLUMNS
from refrad2d.system.accounting import Progress, no_progress
from refrad2d.system.files import read_jsonl, write_jsonl
from refrad2d.text.findings import finding_kinds, kinds_in
from refrad2d.text.references import Reference, find_references
from refrad2d.text.sentences import split_sentences

SLICES_A_SENTENCE = 3
RULES = ("named", "finding", "structure", "middle")
_FROM_SERIES = ("patient", "study", "series", "modality", "body_part", "plane", "spacing", "sex", "age", "site")


@dataclass(frozen=True)
class Mention:
    """Classes named in a sentence; indices into the sentence."""

    start: int
    end: int
    labels: tuple[str, ...]
    negated: bool = False


@dataclass(frozen=True)
class Sentence:
    """One sentence with its mentions and the images that it names."""

    text: str
    language: str
    mentions: tuple[Mention, ...] = ()
    references: tuple[Reference, ...] = ()


@dataclass
class Slice:
    """What is known of a slice before it has a text."""

    frame: Mapping
    objects: list[dict] = field(default_factory=list)
    findings: list[dict] = field(default_factory=list)

    @property
    def areas(self) -> dict[str, int]:
        """Mask pixels of each class."""
        return {o["label"]: o["area"] for o in self.objects}


def spread(scores: Sequence[float], count: int = SLICES_A_SENTENCE) -> list[int]:
    """The indices of the highest positive scores, spaced apart.

    Slices of one structure look alike, so two chosen ones lie at least a sixth of the scored range apart; ties go to
    the lower index.
    """
    positive = [i for i, score in enumerate(scores) if score > 0]
    if not positive:
        return []
    apart = max(1, -(-(positive[-1] - positive[0] + 1) // 6))
    chosen: list[int] = []
    for i in sorted(positive, key=lambda i: (-scores[i], i)):
        if len(chosen) < count and all(abs(i - other) >= apart for other in chosen):
            chosen.append(i)
    return sorted(chosen)


def match_mentions(sentence: Sentence, shown: Sequence[Mapping]) -> list[dict]:
    """Span structs of the mentions whose classes are in the slice; a partly present one keeps only those.

    `shown` are the slice's objects ({label, box, area}); the box of a span is the union box of its labels.
    """
    boxes = {o["label"]: tuple(o["box"]) for o in shown}
    spans = []
    for mention in sentence.mentions:
        present = [label for label in mention.labels if label in boxes]
        if present:
            box = merge_boxes([boxes[label] for label in present])
            spans.append(
                {"start": mention.start, "end": mention.end, "label": present[0], "labels": present, "box": list(box)}
            )
    return spans


def slices_for(
    sentence: Sentence, slices: Sequence[Slice], series_number: int | None, *, masked: bool
) -> tuple[list[int], str]:
    """The slices of one series that a sentence goes to, and the rule that chose them."""
    if sentence.references:
        wanted = {i for r in sentence.references if r.series in (None, series_number) for i in r.instances}
        return [n for n, s in enumerate(slices) if s.frame["instance"] in wanted], "named"
    if not masked:
        return [len(slices) // 2], "middle"
    names = {label for mention in sentence.mentions for label in mention.labels}
    kinds = kinds_in(sentence.text, sentence.language)
    if kinds and not any(mention.negated for mention in sentence.mentions):
        chosen = spread([sum(_area(f["box"]) for f in s.findings if finding_kinds(f["label"]) & kinds) for s in slices])
        if chosen:
            return chosen, "finding"
    return spread([sum(s.areas.get(name, 0) for name in names) for s in slices]), "structure"


def _area(box: Sequence[float]) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def cut_references(sentence: Sentence) -> Sentence:
    """The sentence without the places that name images, which mean nothing to whoever sees the one slice."""
    text, mentions = sentence.text, list(sentence.mentions)
    for reference in reversed(sentence.references):
        length = reference.end - reference.start
        text = text[: reference.start] + text[reference.end :]
        mentions = [
            Mention(m.start - length, m.end - length, m.labels, m.negated) if m.start >= reference.end else m
            for m in mentions
            if m.end <= reference.start or m.start >= reference.end
        ]
    return Sentence(text, sentence.language, tuple(mentions))


def join_sentences(sentences: Iterable[Sentence], shown: Sequence[Mapping]) -> tuple[str, list[dict]]:
    """The text of a slice, its sentences in order with a blank between them, and the spans in it."""
    text, spans = "", []
    for sentence in sentences:
        text += " " if text else ""
        shift = len(text)
        spans += [{**s, "start": s["start"] + shift, "end": s["end"] + shift} for s in match_mentions(sentence, shown)]
        text += sentence.text
    return text, spans


def read_sentences(text: str, language: str, spans: Sequence[Mapping]) -> list[Sentence]:
    """A text as sentences with the mentions that lie wholly in each."""
    found = []
    for start, end in split_sentences(text, language):
        part = text[start:end]
        inside = [s for s in spans if start <= s["start"] and s["end"] <= end]
        mentions = tuple(
            Mention(s["start"] - start, s["end"] - start, tuple(s["labels"]), s["negated"]) for s in inside
        )
        found.append(Sentence(part, language, mentions, tuple(find_references(part))))
    return found


def run(
    ingested: Path, segmented: Path, curated: Path, mentioned: Path, dst: Path, *,
    head: str = "thin", progress: Progress = no_progress,
) -> Counter:  # fmt: skip
    """Write the rows of all series. Returns how many rows and spans there are, and how many sentences went where.

    `head` is one of `heads.POLICIES`: what becomes of series that show a face.
    """
    counts: Counter = Counter(heads_series=0, heads_slices_left_out=0)
    texts = _read_texts(curated, mentioned)
    masked = {row["series"]: row["segmenter"] for row in read_jsonl(segmented / "segmented.jsonl")}
    findings: dict[str, list[dict]] = defaultdict(list)
    for finding in read_jsonl(segmented / "findings.jsonl"):
        findings[finding.pop("slice")].append(finding)
    series = list(read_jsonl(ingested / "series.jsonl"))

    def rows() -> Iterator[dict]:
        for one in progress(series, len(series), "match"):
            slices = [Slice(frame, [], findings[frame["id"]]) for frame in one["frames"]]
            if one["series"] in masked:
                for s in slices:
                    s.objects = objects(np.asarray(Image.open(segmented / "masks" / f"{s.frame['id']}.png")))
            if shows_head(one["head"], {name for s in slices for name in s.areas}):
                kept = kept_slices([frame["depth"] for frame in one["frames"]], head)
                counts["heads_series"] += 1
                counts["heads_slices_left_out"] += len(slices) - len(kept)
                slices = [slices[n] for n in kept]
            if slices:
                yield from _series_rows(one, slices, texts[one["series"]], masked.get(one["series"]), counts)

    write_jsonl(dst / "rows.jsonl", sorted(rows(), key=lambda row: row["id"]))
    return counts


def _read_texts(curated: Path, mentioned: Path) -> dict[str, list[dict]]:
    """For each series the texts that speak of it, in the order of the report table, with curated sentences."""
    spans = {row["id"]: row["spans"] for row in read_jsonl(mentioned)}
    texts: dict[str, list[dict]] = defaultdict(list)
    for text in read_jsonl(curated):
        sentences = read_sentences(text["text"], text["language"], spans.get(text["id"], []))
        for series in text["series"]:
            texts[series].append({**text, "sentences": sentences})
    return texts


def _series_rows(
    one: Mapping, slices: Sequence[Slice], texts: Sequence[Mapping], segmenter: str | None, counts: Counter
) -> Iterator[dict]:
    placed: dict[int, dict[str, list[Sentence]]] = defaultdict(lambda: defaultdict(list))
    rules: dict[int, set[str]] = defaultdict(set)
    for text in texts:
        named = [n for n, s in enumerate(slices) if s.frame["id"] in text["named"]]
        for sentence in text["sentences"]:
            chosen, rule = (
                (named, "named") if named else slices_for(sentence, slices, one["number"], masked=bool(segmenter))
            )
            counts[f"sentences_{rule}" if chosen else "sentences_without_slice"] += 1
            for n in chosen:
                placed[n][text["language"]].append(cut_references(sentence))
                rules[n].add(rule)
    for n, by_language in placed.items():
        reports = {language: None for language in LANGUAGES}
        for language, sentences in by_language.items():
            text, spans = join_sentences(sentences, slices[n].objects)
            first = next(t for t in texts if t["language"] == language)
            reports[language] = {
                **{name: first[name] for name in CONTEXT_COLUMNS},
                "findings": text,
                "spans": spans,
                "origin": first["origin"],
            }
            counts["spans"] += len(spans)
        counts["rows"] += 1
        yield {
            "id": slices[n].frame["id"],
            **{name: one[name] for name in _FROM_SERIES},
            "objects": slices[n].objects,
            "report": reports,
            "findings": slices[n].findings,
            "provenance": {
                "slice_rule": "+".join(rule for rule in RULES if rule in rules[n]),
                "curator": "+".join(sorted({t["curator"] for t in texts})),
                "segmenter": segmenter,
                "blanked": slices[n].frame["blanked"],
                "version": __version__,
            },
        }  # fmt: skip
