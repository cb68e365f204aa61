"""What stats.json counts: the attrition of every stage, and what the published rows hold.

The second part follows from the rows alone, so that a dataset that grew or shrank is counted like a new one.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import cast

import pyarrow as pa
import pyarrow.parquet as pq

from refrad2d.labels import LANGUAGES
from refrad2d.layout import list_shards
from refrad2d.rows import Row, reports_of
from refrad2d.system.files import read_json
from refrad2d.system.reasons import PREFIX, advice_lines

ROW_COLUMNS = (
    *("modality", "plane", "body_part", "sex", "age", "site", "vqa", "provenance"),
    *(f"report.{language}.spans" for language in LANGUAGES),
)
IDENTITIES = "identities_"  # what the counts of merged people start with
VOLUMES = "volumes_"  # and those of the classes of whole series


def count_attrition(stages: Path) -> dict:
    """What became of the inputs of one build or append: files, report rows, sentences."""
    ingest_counts, segment_counts, match_counts = (
        read_json(stages / name / "counts.json") for name in ("ingest", "segment", "match")
    )
    return {
        "files": {
            "export": {k: v for k, v in ingest_counts.items() if k == "kept" or k.startswith("dropped_")},
            "masks": segment_counts,
        },
        **{
            name: {k.removeprefix(f"{name}_"): v for k, v in ingest_counts.items() if k.startswith(f"{name}_")}
            for name in ("table", "reports", "burnt_in")
        },
        **{k: v for k, v in ingest_counts.items() if k.startswith(IDENTITIES)},
        "heads": {k.removeprefix("heads_"): v for k, v in match_counts.items() if k.startswith("heads_")},
        "sentences": {k.removeprefix("sentences_"): v for k, v in match_counts.items() if k.startswith("sentences_")},
        "curate": read_json(stages / "curate" / "counts.json"),
    }


def count_volumes(stages: Path, counts: Mapping[str, Mapping[str, int]], left_out: Counter) -> dict:
    """What became of the classes of whole series; takes their reasons, volumes_…, out of those of the slices. No
    section where no series has a mask."""
    found = {
        f"{PREFIX}{name.removeprefix(VOLUMES)}": left_out.pop(name) for name in [*left_out] if name.startswith(VOLUMES)
    }
    matched = read_json(stages / "match" / "counts.json")
    found |= {name.removeprefix(VOLUMES): n for name, n in matched.items() if name.startswith(VOLUMES)}
    kept = sum(counts.get("volumes", {}).values())
    return {"volumes": {"kept": kept, **dict(sorted(found.items()))}} if kept or found else {}


def count_left_out(reasons: Mapping[str, int]) -> dict:
    """The slices that were ready and are not published, by reason; no section where there is none."""
    counts = {f"dropped_{reason}": n for reason, n in sorted(reasons.items()) if n}
    return {"ready": counts} if counts else {}


def count_rows(rows: Iterable[Row]) -> dict:
    """What slices hold; each row needs `ROW_COLUMNS`."""
    slices: dict[str, Counter] = {
        name: Counter() for name in ("modality_plane", "rule", "body_part", "sex", "age", "site")
    }
    labels, texts, spans, questions = (Counter[str]() for _ in range(4))
    for row in rows:
        slices["modality_plane"][f"{row['modality']} {row['plane']}"] += 1
        slices["rule"][row["provenance"]["slice_rule"]] += 1
        for name in ("body_part", "sex", "age", "site"):
            slices[name][str(row[name])] += 1
        for language, report in reports_of(row).items():
            texts[language] += 1
            spans[language] += len(report["spans"])
            labels.update(label for span in report["spans"] for label in span["labels"])
        questions.update(f"{q['language']} {q['type']} {q['source']}" for q in row["vqa"])
    return {
        "slices": {name: dict(counter) for name, counter in slices.items()},
        "texts": dict(texts),
        "spans": dict(spans),
        "labels": dict(labels),
        "vqa": dict(questions),
    }


def read_counted(path: Path) -> Iterator[Row]:
    """The rows of a `slices` file with no more than what `count_rows` needs. ValueError if it cannot be read."""
    return cast("Iterator[Row]", read_columns(path, ROW_COLUMNS))


def read_columns(path: Path, columns: Iterable[str]) -> Iterator[dict]:
    """Some columns of a Parquet file, row by row. ValueError if it cannot be read."""
    try:
        with pq.ParquetFile(path, pre_buffer=False) as file:  # else all that is read stays
            for batch in file.iter_batches(batch_size=256, columns=list(columns)):
                yield from batch.to_pylist()
    except (OSError, pa.ArrowException) as error:
        raise ValueError(f"{path} cannot be read. Run `refrad2d verify`, and restore it from a copy.") from error


def list_patients(root: Path, split: str = "*") -> frozenset[str]:
    """The pseudonyms of all patients of a dataset, or of a split."""
    shards = list_shards(root, "slices", split)
    return frozenset(row["patient"] for path in shards for row in read_columns(path, ("patient",)))


def add_counts(one: Mapping, other: Mapping) -> dict:
    """The sum of two nested dicts of numbers."""
    total = dict(one)
    for name, value in other.items():
        if isinstance(value, Mapping):
            total[name] = add_counts(total.get(name, {}), value)
        else:
            total[name] = total.get(name, 0) + value
    return total


def attrition_table(stats: Mapping) -> str:
    """What became of the input, for the end of a build."""
    lines = []
    sections = {
        "export files": stats["files"]["export"],
        "mask files": stats["files"]["masks"],
        "report table": stats.get("table", {}),
        "report rows": stats["reports"],
        "burnt-in text": stats.get("burnt_in", {}),
        "identities": {"merged": 0}
        | {name.removeprefix(IDENTITIES): n for name, n in stats.items() if name.startswith(IDENTITIES)},
        "heads": stats.get("heads", {}),
        "sentences": stats["sentences"],
        "ready slices": stats.get("ready", {}),
        "volumes": stats.get("volumes", {}),
        "not appended": stats.get("not_appended", {}),
    }
    for title, counts in sections.items():
        lines += [
            f"{title:<13} {name:<36} {n:>9,}"
            for name, n in sorted(counts.items(), key=lambda c: (c[0] != "kept", c[0]))
        ]
    todo = advice_lines(name for counts in sections.values() for name in counts)
    for config, by_split in stats["rows"].items():
        splits = ", ".join(f"{split} {n:,}" for split, n in by_split.items())
        lines.append(f"{'rows':<13} {config:<36} {sum(by_split.values()):>9,}  ({splits})")
    for people in stats.get("published_twice", ()):
        lines.append(f"{'one person':<13} published as {', '.join(people)}")
    return "\n".join([*lines, *(["", "What was left out, and what to do:", *todo] if todo else [])])
