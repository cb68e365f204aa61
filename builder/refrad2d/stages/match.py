"""Mentions ∩ structures: which sentence goes to which slice, and where in it the mentioned structures lie.

Reads ingest, segment, curate and mentions; writes rows.jsonl, rows without pixels and questions, and volumes.jsonl, the
classes of whole series.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, cast

from refrad2d import __version__
from refrad2d.images.masks.pictures import OBJECTS
from refrad2d.images.volumes import find_volumes
from refrad2d.labels import LANGUAGES
from refrad2d.privacy.heads import kept_slices, shows_head
from refrad2d.rows import CONTEXT_COLUMNS, Context, FindingRow, ObjectRow, Report, Reports, Row, Shown, SpanRow
from refrad2d.system.accounting import Progress, no_progress
from refrad2d.system.files import count_lines, open_jsonl, read_jsonl
from refrad2d.system.packed import pack, unpack
from refrad2d.system.sorting import write_sorted_jsonl
from refrad2d.text.findings import places_of
from refrad2d.text.references import names_several_places
from refrad2d.text.slices import (
    LEAST_FINDING,
    RULES,
    MarkedSentence,
    SliceFacts,
    certainly_absent,
    cut_references,
    far_classes,
    finding_sizes,
    is_about,
    join_sentences,
    read_sentences,
    slices_for,
)

GIVEN = "masks"  # instead of a segmenter's name: what is known of masks that were not made on site
FERTILE = range(10, 60)  # years of age
SAME_DEPTH_MM = 1.0  # slices of two series that lie nearer show the same


class Placed(NamedTuple):
    """A sentence on a slice, and the rule that put it there."""

    sentence: MarkedSentence
    rule: str


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
    findings: dict[str, list[FindingRow]] = defaultdict(list)
    for finding in read_jsonl(segmented / "findings.jsonl"):
        findings[finding.pop("slice")].append(cast(FindingRow, finding))
    hidden = {row["slice"]: row["labels"] for row in read_jsonl(segmented / "hidden.jsonl")}
    total = count_lines(ingested / "series.jsonl")
    unclear = _unclear_images(read_jsonl(ingested / "series.jsonl"), texts)

    def rows(write_volume: Callable[[Mapping], None]) -> Iterator[Row]:
        for scan in progress(read_jsonl(ingested / "series.jsonl"), total, "match"):
            slices = [SliceFacts(frame, [], findings[frame["id"]]) for frame in scan["frames"]]
            if scan["series"] in masked:
                measured = json.loads((segmented / "masks" / f"{scan['series']}{OBJECTS}").read_bytes())
                for s, found in zip(slices, measured, strict=True):
                    s.objects = found
            found = [s.objects for s in slices]
            if shows_head(scan["head"], {name for s in slices for name in s.areas}):
                kept = kept_slices([frame["depth"] for frame in scan["frames"]], head)
                counts["heads_series"] += 1
                counts["heads_slices_left_out"] += len(slices) - len(kept)
                slices = [slices[n] for n in kept]
            far: list[str] = []
            if segmenter := masked.get(scan["series"]):
                under = [hidden.get(frame["id"], ()) for frame in scan["frames"]]
                thinned = len(slices) < len(found)
                for volume in find_volumes(scan, found, counts, segmenter=segmenter, hidden=under, thinned=thinned):
                    write_volume(volume)
                far = _far_classes(scan, found, under, findings, segmenter)
            if slices:
                said = [unpack(text) for _, text in texts[scan["series"]]]
                yield from _series_rows(scan, slices, said, segmenter, far, unclear, counts)

    with open_jsonl(dst / "volumes.jsonl") as write_volume:
        write_sorted_jsonl(dst / "rows.jsonl", rows(write_volume), key=lambda row: row["id"])
    return counts


Texts = Mapping[str, Sequence[tuple[str, bytes]]]  # by series the ids of texts, and the texts, packed


def _read_texts(curated: Path, mentioned: Path) -> Texts:
    """For each series the texts that speak of it, in the order of the report table, with curated sentences."""
    spans = {row["id"]: pack(row["spans"]) for row in read_jsonl(mentioned)}
    texts: dict[str, list[tuple[str, bytes]]] = defaultdict(list)
    for text in read_jsonl(curated):
        found = unpack(spans[text["id"]]) if text["id"] in spans else []
        packed = pack({**text, "sentences": read_sentences(text["text"], text["language"], found)})
        for series in text["series"]:
            texts[series].append((text["id"], packed))
    return texts


def _unclear_images(series: Iterable[Mapping], texts: Texts) -> dict[str, set[int]]:
    """For each text the numbers of images that several of its series have, each at another place: an image that is
    named without its series is one of them, and nobody knows which."""
    left = Counter(text for found in texts.values() for text, _ in found)  # the series that are still to come
    places: dict[str, dict[int, tuple]] = defaultdict(dict)  # where an image of this number was first
    unclear: dict[str, set[int]] = defaultdict(set)
    for scan in series:
        about = (scan.get("frame_of_reference"), scan["plane"])
        for text, _ in texts[scan["series"]]:
            for frame in scan["frames"]:
                number, place = frame["instance"], (about, frame.get("depth", 0.0))
                if number is not None and not _is_same(places[text].setdefault(number, place), place):
                    unclear[text].add(number)
            left[text] -= 1
            if not left[text]:
                places.pop(text, None)
    return unclear


def _is_same(one: tuple, other: tuple) -> bool:
    return one[0] == other[0] and abs(one[1] - other[1]) <= SAME_DEPTH_MM


def _is_clear(sentence: MarkedSentence, frame: Mapping, series_number: int | None, unclear: Collection[int]) -> bool:
    """True unless the sentence names the image without its series, and another series has an image of that number."""
    if frame["instance"] not in unclear:
        return True
    return any(r.series == series_number and frame["instance"] in r.instances for r in sentence.references if r.series)


def _far_classes(
    scan: Mapping, found: Sequence[Sequence[ObjectRow]], under: Sequence[Collection[str]],
    findings: Mapping[str, Sequence[FindingRow]], segmenter: str,
) -> list[str]:  # fmt: skip
    """The classes that no slice of a whole series shows since they lie far from it; none if masks were given, which say
    nothing of what was looked for, or if slices run along the body, which may reach further than their structures."""
    if segmenter == GIVEN or scan["plane"] != "axial":
        return []
    shown = {o["label"] for objects in found for o in objects}.union(*under)
    named = (places_of(f["label"]) for frame in scan["frames"] for f in findings.get(frame["id"], ()))
    pregnant = scan["sex"] != "M" and (scan["age"] is None or scan["age"] in FERTILE)
    return far_classes(shown.union(*named), scan["modality"], pregnant=pregnant)


def _series_rows(
    scan: Mapping, slices: Sequence[SliceFacts], texts: Sequence[Mapping], segmenter: str | None, far: Sequence[str],
    unclear: Mapping[str, set[int]], counts: Counter,
) -> Iterator[Row]:  # fmt: skip
    placed, rules = _place(scan, slices, texts, unclear, counts, masked=bool(segmenter))
    for n, by_language in placed.items():
        reports: dict[str, Report | None] = {language: None for language in LANGUAGES}
        shares: dict[str, float | None] = {language: None for language in LANGUAGES}
        for language, found in by_language.items():
            found.sort(key=lambda one: one.rule != "finding")  # what the mask shows of findings is said first
            words, spans = join_sentences((one.sentence for one in found), slices[n].objects)
            shares[language] = sum(is_about(one.sentence, one.rule, slices[n]) for one in found) / len(found)
            first = next(t for t in texts if t["language"] == language)
            about = cast(Context, {name: first[name] for name in CONTEXT_COLUMNS})
            stored = cast("list[SpanRow]", spans)
            reports[language] = {**about, "findings": words, "spans": stored, "origin": first["origin"]}
            counts["spans"] += len(spans)
        counts["rows"] += 1
        yield {
            "id": slices[n].frame["id"],
            "patient": scan["patient"],
            "study": scan["study"],
            "series": scan["series"],
            "modality": scan["modality"],
            "body_part": scan["body_part"],
            "plane": scan["plane"],
            "spacing": scan["spacing"],
            "sex": scan["sex"],
            "age": scan["age"],
            "site": scan["site"],
            "objects": slices[n].objects,
            "absent": certainly_absent(slices, slices[n].frame["id"], n, far),
            "report": cast(Reports, reports),  # has just these languages
            "findings": slices[n].findings,
            "provenance": {
                "slice_rule": "+".join(rule for rule in RULES if rule in rules[n]),
                "curator": "+".join(sorted({t["curator"] for t in texts})),
                "segmenter": segmenter,
                "blanked": len(slices[n].frame["blanked"]),
                "version": __version__,
                "shown": cast(Shown, shares),
            },
        }  # fmt: skip


def _place(
    scan: Mapping, slices: Sequence[SliceFacts], texts: Sequence[Mapping], unclear: Mapping[str, set[int]],
    counts: Counter, *, masked: bool,
) -> tuple[Mapping[int, Mapping[str, list[Placed]]], Mapping[int, set[str]]]:  # fmt: skip
    """The sentences of each slice that has some, by language, and the rules that put them there."""
    placed: dict[int, dict[str, list[Placed]]] = defaultdict(lambda: defaultdict(list))
    rules: dict[int, set[str]] = defaultdict(set)
    heard: dict[int, dict[tuple[str, str], str]] = defaultdict(dict)  # of a slice: which text says a sentence
    beside: list[tuple[int, str, Placed, str]] = []  # findings on slices that their sentences were not chosen for
    for text in texts:
        ids = frozenset(text["named"])
        named = [n for n, s in enumerate(slices) if s.frame["id"] in ids]
        for sentence in text["sentences"]:
            if names_several_places(sentence.text, sentence.references):
                counts["sentences_several_images"] += 1
                continue
            chosen, rule = slices_for(sentence, slices, scan["number"], masked=masked)
            if rule == "named" and not named:
                clear = [n for n in chosen if _is_clear(sentence, slices[n].frame, scan["number"], unclear[text["id"]])]
                if chosen and not clear:
                    counts["sentences_unclear_image"] += 1
                    continue
                chosen = clear
            if named:  # a sentence that names an image speaks of this one only if both mean it
                chosen, rule = [n for n in named if n in chosen or not sentence.references], "named"
            said = cut_references(sentence)
            if not said.text:
                counts["sentences_only_reference"] += 1
                continue
            counts[f"sentences_{rule}" if chosen else "sentences_without_slice"] += 1
            where = Placed(said, rule)
            for n in chosen:
                rules[n].add(rule)
                if heard[n].setdefault((text["language"], said.text), text["id"]) == text["id"]:
                    placed[n][text["language"]].append(where)  # once, though another report of the slice says it too
            if rule == "finding":
                sizes = finding_sizes(sentence, slices)
                shown = [n for n, size in enumerate(sizes) if size >= LEAST_FINDING and n not in chosen]
                beside += [(n, text["language"], where, text["id"]) for n in shown]
    for n, language, where, text_id in beside:
        if n in placed and heard[n].setdefault((language, where.sentence.text), text_id) == text_id:
            placed[n][language].append(where)
            rules[n].add(where.rule)
            counts["sentences_finding_beside"] += 1
    return placed, rules
