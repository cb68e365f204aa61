"""The small files of a dataset, field by field: manifest, stats, accounting, card and changelog.

What follows from the rows is counted again and compared; what is history (attrition, versions) has known fields and
closed values, so that no text can stand in it.
"""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from refrad2d import __version__
from refrad2d.dataset.blind import count_blind
from refrad2d.dataset.card import render_card
from refrad2d.dataset.laws import SEGMENTERS
from refrad2d.dataset.leaks import count_pairs
from refrad2d.dataset.manifest import READER, RECORDED
from refrad2d.dataset.stats import count_rows, read_counted
from refrad2d.images.dicom import BODY_PARTS
from refrad2d.labels import MODALITIES, PLANES
from refrad2d.layout import ACCOUNTING, CARD, CHANGELOG, KIND_OF_CONFIG, MANIFEST, STATS, list_shards, parse_shard
from refrad2d.operations.file_checks import Fault
from refrad2d.operations.row_checks import Dataset
from refrad2d.operations.transaction import CHANGES_HEAD
from refrad2d.schema import SPLITS
from refrad2d.system.reasons import PREFIX, is_reason
from refrad2d.text.slices import RULES, UNPLACED

_MALFORMED = (ValueError, KeyError, TypeError, AttributeError, RecursionError)
_ERROR = re.compile(
    r"error_(?:[A-Z][A-Za-z]{0,40}(?:Error|Exception|Warning|Exit|Iteration|Interrupt)|error|struct|zlib)"
)
_NAME = re.compile(r"[a-z2-7]{8,20}")
_VERSION = re.compile(r"\d[\w.+!-]{0,40}")
_ROOT = re.compile(r"(?:export|masks|reports)(?:-b\d{3})?")
_CHANGE = re.compile(
    r"\| \d+\. (?:append|remove) \| [0-9a-f]{12} \| [+-]\d+ \| [+-]\d+ \| [+-]\d+ \| "
    r"(?:shards b\d{3}(?:; left out: \d+ [a-z_]+(?:, \d+ [a-z_]+)*)?|\d+ shards rewritten, \d+ deleted) \|"
)
_TABLE = re.compile(r"[a-z]+(?: in [a-z0-9_-]+)?|(?P<reason>[a-z_]+) in line \d+(?:, \d+)*(?:, …)?")
_CURATE = re.compile(
    r"kept|kept_unsure|sections_left_out|rewritten|translated|(?:dropped|fallback|untranslated)_[a-z_]+"
)
# What was resolved or is unknown in masks that were kept.
_PAINTED = ("organ_overlap_pixels", "contradicting_organs", "under_burnt_in_text", "unknown_structures")
_NOT_APPENDED = ("patient_was_removed", "already_published", "id_of_another_picture", "picture_already_published")


def is_stated_reason(name: str) -> bool:
    """True for a reason of the table or an exception's class; other text is none."""
    return bool(_ERROR.fullmatch(name)) if name.startswith("error_") else is_reason(name)


def _is_outcome(name: str) -> bool:
    return name == "kept" or name.startswith(PREFIX) and is_stated_reason(name.removeprefix(PREFIX))


def is_file_count(name: str) -> bool:
    """True for what a stage may count of files: an outcome, or what it resolved in masks."""
    return _is_outcome(name) or name in _PAINTED


def _is_table_fact(name: str) -> bool:
    match = _TABLE.fullmatch(name)
    return match is not None and (match["reason"] is None or is_stated_reason(match["reason"]))


def _one_of(names: Collection[str]) -> Callable[[str], bool]:
    return lambda name: name in names


# Single counts of stats.json: people whom a build took for one.
_PEOPLE = tuple(f"identities_{name}" for name in ("merged", "contradicting", "published_twice", "file_missing"))
# What stats.json counts of the input, beside what follows from the rows: its sections and the names in each.
HISTORY: dict[str, Callable[[str], bool]] = {
    "table": _is_table_fact,
    "reports": _is_outcome,
    "burnt_in": _one_of(("frames_blanked", "frames_dropped", "frames_read", "frames_unsuspected", "series_read")),
    "heads": _one_of(("series", "slices_left_out")),
    "sentences": _one_of((*RULES, "finding_beside", *UNPLACED)),
    "curate": lambda name: bool(_CURATE.fullmatch(name)),
    "ready": _is_outcome,
    "volumes": _is_outcome,
    "not_appended": _one_of(_NOT_APPENDED),
}


def check_texts(dataset: Dataset) -> Iterator[Fault]:
    """The small files of DIR; the rows have been read into `dataset`."""
    manifest = dataset.manifest
    yield from check_form(dataset.root, MANIFEST)
    if not _all(_MANIFEST.get(name, _nothing)(value) for name, value in manifest.items()):
        yield Fault(MANIFEST, None, "unknown_field")
    yield from check_changes(dataset.root)
    try:
        stats = json.loads((dataset.root / STATS).read_text(encoding="utf-8"))
    except FileNotFoundError:
        if STATS not in manifest["files"]:
            yield Fault(STATS, None, "missing_file")
        return
    except _MALFORMED:
        yield Fault(STATS, None, "unreadable")
        return
    yield from check_form(dataset.root, STATS)
    try:
        yield from _check_stats(dataset, stats)
        yield from _check_card(dataset.root, manifest, stats)
    except _MALFORMED:
        yield Fault(STATS, None, "unreadable")


def check_form(root: Path, name: str) -> Iterator[Fault]:
    """A JSON file has the bytes that we write for what it says: no second key, no comment, nothing after its end."""
    try:
        data = (root / name).read_bytes()
        value = json.loads(data)
        written = json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
        if written.encode("utf-8") != data:
            yield Fault(name, None, "not_as_written")
    except (OSError, *_MALFORMED):
        yield Fault(name, None, "unreadable")


def _nothing(value: Any) -> bool:
    return False


def _all(found: Any) -> bool:
    try:
        return all(found)
    except _MALFORMED:
        return False


def _are_versions(value: Any) -> bool:
    known = {"python", *RECORDED, *READER}
    return value.keys() <= known and all(map(_VERSION.fullmatch, value.values()))


def _are_files(value: Any) -> bool:
    names = {CARD, STATS, ACCOUNTING, CHANGELOG}
    return all(
        (name in names or bool((shard := parse_shard(name)) and shard.split in SPLITS and shard.path == name))
        and entry.keys() == {"bytes", "sha256"}
        and bool(re.fullmatch(r"[0-9a-f]{64}", entry["sha256"]))
        for name, entry in value.items()
    )


def _is_balance(value: Any) -> bool:
    values = {"modality": {*MODALITIES}, "plane": {*PLANES}, "body_part": {*BODY_PARTS, "None"}}
    claims = value["counts"].items()
    return (
        value.keys() == {"counts", "values"}
        and all(re.fullmatch(r"(de|en)( [\w.,:+-]+)+", name) and _are_counts(pair) for name, pair in claims)
        and all({str(part) for part in parts} <= values.get(name, set()) for name, parts in value["values"].items())
    )


def _are_rows(value: Any) -> bool:
    return value.keys() <= set(KIND_OF_CONFIG.values()) and all(by.keys() <= set(SPLITS) for by in value.values())


def _is_choice(value: Any) -> bool:
    return value.keys() <= {"burnt_in_text", "head"} and all(re.fullmatch("[a-z_]+", said) for said in value.values())


def _are_counts(values: Collection[Any]) -> bool:
    return all(isinstance(n, int) and not isinstance(n, bool) and n >= 0 for n in values)


def _are_assumptions(value: Any) -> bool:
    rules = {"modality": "CT|MR", "assume_orientation": "[RLAPIS]{3}"}
    return all(re.fullmatch(rules.get(name, "(?!)"), said) for name, said in value.items())


def _is_segmenter(value: Any) -> bool:
    weights = value.get("weights", {})
    return (
        value.keys() <= {"name", "version", "weights"}
        and value["name"] in SEGMENTERS
        and re.fullmatch(r"\d[0-9a-z.+]{0,31}", value.get("version", "0")) is not None
        and all(re.fullmatch(r"[a-z_]+", task) for task in weights)
        and all(re.fullmatch(r"Dataset\d+_[A-Za-z0-9_]{1,80}", name) for names in weights.values() for name in names)
    )


_BATCH: dict[str, Callable[[Any], Any]] = {
    "name": lambda value: re.fullmatch(r"b\d{3}", value),
    "inputs": _NAME.fullmatch,
    "versions": _are_versions,
    "assumptions": _are_assumptions,
    "segmenter": _is_segmenter,
}
_MANIFEST: dict[str, Callable[[Any], Any]] = {
    "format": lambda value: isinstance(value, int),
    "fingerprint": lambda value: isinstance(value, str),  # compared by check_files
    "key_id": _NAME.fullmatch,
    "versions": _are_versions,
    "rows": _are_rows,
    "files": _are_files,
    "inputs": _NAME.fullmatch,
    "privacy": _is_choice,
    "balance": _is_balance,
    "assumptions": _are_assumptions,
    "segmenter": _is_segmenter,
    "batches": lambda value: all(_BATCH.get(k, _nothing)(v) for batch in value for k, v in batch.items()),
    "removed": lambda value: all(re.fullmatch(r"[0-9a-f]{20}", name) for name in value),
    "emptied": lambda value: all((shard := parse_shard(name)) and shard.path == name for name in value),
}  # fmt: skip


def _check_stats(dataset: Dataset, stats: Mapping[str, Any]) -> Iterator[Fault]:
    history = {"files", *HISTORY, *_PEOPLE}
    counted = _count(dataset) if not dataset.broken else {}
    if stats.keys() - history - {"rows", "patients", "leaks", "blind", *counted} and not dataset.broken:
        yield Fault(STATS, None, "unknown_field")
    known = [_is_history(stats[name], HISTORY[name]) for name in HISTORY if name in stats]
    known += [_are_counts([stats[name] for name in _PEOPLE if name in stats])]
    files = stats.get("files", {})
    known += [files.keys() <= {"export", "masks"}, *(_is_history(counts, is_file_count) for counts in files.values())]
    if not all(known):
        yield Fault(STATS, None, "unknown_value")
    if any(stats.get(name) != counts for name, counts in counted.items()):
        yield Fault(STATS, None, "counts")
    if stats.get("rows", {}) != dataset.manifest.get("rows", {}):
        yield Fault(STATS, None, "row_count")
    if not dataset.broken:
        if "blind" in stats and stats["blind"] != count_blind(list_shards(dataset.root, "slices")):
            yield Fault(STATS, None, "blind")
        yield from _check_leaks(dataset, stats.get("leaks", []))


def _is_history(counts: Mapping[str, int], knows: Callable[[str], bool]) -> bool:
    return _are_counts(counts.values()) and all(map(knows, counts))


def _count(dataset: Dataset) -> dict[str, Any]:
    """What stats.json says of the rows, counted anew."""
    people: dict[str, set[str]] = defaultdict(set)
    for sample in dataset.samples.values():
        people[sample.split].add(sample.patient)
    shards = list_shards(dataset.root, "slices")
    return {
        **count_rows(row for path in shards for row in read_counted(path)),
        "patients": {split: len(names) for split, names in people.items()},
    }


def _check_leaks(dataset: Dataset, stated: list[Mapping[str, Any]]) -> Iterator[Fault]:
    """The pairs of splits as counted anew; benchmarks are only known where their pictures are, so their form alone."""
    between = [row for row in stated if row["other"] in SPLITS]
    if between != count_pairs(dataset.hashed()):
        yield Fault(STATS, None, "leaks")
    for row in stated:
        numbers = [*row["pictures"], row["pairs"], row["seen"]]
        if row.keys() != {"one", "other", "pictures", "pairs", "seen"} or not _are_counts(numbers):
            yield Fault(STATS, None, "unknown_field")


def _check_card(root: Path, manifest: Mapping[str, Any], stats: Mapping[str, Any]) -> Iterator[Fault]:
    """The card is rendered again. One of another version may have other words, but has the same YAML head."""
    try:
        card = (root / CARD).read_text(encoding="utf-8")
    except FileNotFoundError:
        if CARD not in manifest["files"]:
            yield Fault(CARD, None, "missing_file")
        return
    except ValueError:
        yield Fault(CARD, None, "unreadable")
        return
    sizes = {name: entry["bytes"] for name, entry in manifest["files"].items()}
    version = re.search(r"`refrad2d build` (\d[\w.+!-]*)", card)
    head, body = _halves(card)
    wanted_head, wanted_body = _halves(render_card(stats, sizes))
    if head != wanted_head:
        yield Fault(CARD, None, "card_head")
    other = version and version[1] != __version__ and len(body.split()) > 100
    if not other and sorted(body.split("\n")) != sorted(wanted_body.split("\n")):  # stats.json has the tables sorted
        yield Fault(CARD, None, "card_differs")


def _halves(card: str) -> tuple[str, str]:
    _, head, body = (*card.split("---\n", 2), "", "")[:3]
    return head, body


def check_changes(root: Path) -> Iterator[Fault]:
    """CHANGELOG.md, where it is, has our head and rows of counts."""
    try:
        text = (root / CHANGELOG).read_text(encoding="utf-8")
    except FileNotFoundError:
        return
    except ValueError:
        yield Fault(CHANGELOG, None, "unreadable")
        return
    rows = text.removeprefix(CHANGES_HEAD)
    if rows == text or not rows.endswith("\n") or not all(map(_CHANGE.fullmatch, rows.splitlines())):
        yield Fault(CHANGELOG, None, "unknown_field")


def _shares_its_tree(root: str, positions: Mapping[str, list[int]]) -> bool:
    """True if masks and images may lie in one tree, where a gap here is a line there."""
    twin = root.replace("export", "masks", 1) if root.startswith("export") else root.replace("masks", "export", 1)
    numbers = positions[root]
    if twin not in positions or not all(isinstance(n, int) and n >= 0 for n in numbers):
        return False
    return len(set(numbers)) == len(numbers) and max(numbers) + 1 - len(numbers) <= len(positions[twin])


def check_accounting(dir: Path) -> Iterator[Fault]:
    """One line an input file, positions without gap or repetition, a reason exactly where something was dropped."""
    positions: dict[str, list[int]] = defaultdict(list)
    outcomes: dict[str, Counter] = defaultdict(Counter)
    try:
        lines = (dir / ACCOUNTING).read_text(encoding="utf-8").split("\n")
        if lines.pop():
            yield Fault(ACCOUNTING, None, "not_as_written")
        for number, line in enumerate(lines, 1):
            entry = json.loads(line)
            positions[entry["root"]].append(entry["n"])
            outcome = f"dropped_{entry['reason']}" if entry["status"] == "dropped" else "kept"
            outcomes[str(entry["root"]).partition("-")[0]][outcome] += 1
            yield from (Fault(ACCOUNTING, f"line {number}", kind) for kind in _check_line(entry, line))
    except FileNotFoundError:
        yield Fault(ACCOUNTING, None, "missing_file")
        return
    except _MALFORMED:
        yield Fault(ACCOUNTING, None, "unreadable")
        return
    for root, numbers in sorted(positions.items(), key=str):
        if isinstance(root, str) and _shares_its_tree(root, positions):
            continue
        if sorted(numbers, key=str) != sorted(range(len(numbers)), key=str):
            yield Fault(ACCOUNTING, root, "positions")
    yield from _check_sums(dir, outcomes)


def _check_line(entry: Mapping[str, Any], line: str) -> Iterator[str]:
    reason = entry["reason"]
    if entry["status"] not in ("kept", "dropped") or (entry["status"] == "dropped") != bool(reason):
        yield "status"
    if reason and not is_stated_reason(reason):
        yield "unknown_reason"
    if entry.keys() != {"root", "n", "status", "reason"} or not _ROOT.fullmatch(entry["root"]):
        yield "unknown_field"
    if json.dumps(entry, ensure_ascii=False, sort_keys=True) != line:
        yield "not_as_written"


def _check_sums(dir: Path, outcomes: Mapping[str, Counter]) -> Iterator[Fault]:
    """The lines of images and of masks, all batches together, are as many of each outcome as stats.json counts."""
    try:
        stated = json.loads((dir / STATS).read_text(encoding="utf-8")).get("files", {})
    except (FileNotFoundError, *_MALFORMED):
        return  # said elsewhere
    for root, counts in stated.items():
        said = {name: n for name, n in counts.items() if n and (name == "kept" or name.startswith("dropped_"))}
        found = outcomes.get(root, Counter())
        if (found or root == "export") and found != said:  # a segmenter's masks have no lines
            yield Fault(ACCOUNTING, root, "counts")
