"""What left the hospital and what did not: `privacy-report.html` and `.json` of a build, for a human to sign off.

    refrad2d inspect DIR [--benchmarks FOLDER]

It counts what was removed and never shows it; the pictures and texts in it are those that the dataset publishes.
"""

import base64
import hashlib
import html
import io
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from string import Template
from typing import Any

import pyarrow.parquet as pq
from PIL import Image

from refrad2d.dataset.leaks import LEAK_HEADER, count_leaks, hash_rows, leak_rows, near_duplicates
from refrad2d.layout import ACCOUNTING, MANIFEST, STATS, list_shards
from refrad2d.privacy.deidentify import KINDS, deidentify
from refrad2d.rows import TEXT_COLUMNS, Row, Volume
from refrad2d.system.files import read_json, read_jsonl, write_json, write_text
from refrad2d.system.tables import read_text

QUASI_IDENTIFIERS = ("sex", "age", "site")  # fields of a person that stay; together they must fit several persons
EXAMINED = (*QUASI_IDENTIFIERS, "modality", "body_part")  # the same with what somebody may know of the examination
SMALL_GROUP = 5
SAMPLES = 24
_PLACEHOLDER = re.compile(rf"\[({'|'.join(KINDS)})\]")


def run(dir: Path, benchmarks: Path | None = None) -> dict[str, Any]:
    """Write DIR/privacy-report.html and .json; returns what the JSON holds. ValueError if DIR is no finished build.

    `benchmarks` is a folder of pictures that the dataset's are compared with.
    """
    if not (dir / MANIFEST).is_file():
        raise ValueError(f"{dir} has no {MANIFEST}. Give the folder that `refrad2d build --out` filled.")
    report = collect(dir, benchmarks)
    write_json(dir / "privacy-report.json", report)
    write_text(dir / "privacy-report.html", render(report, sample_rows(dir, report["fingerprint"])))
    return report


def collect(dir: Path, benchmarks: Path | None = None) -> dict[str, Any]:
    """All numbers of the report: inputs, removals, groups of persons, near-duplicates."""
    manifest, stats = read_json(dir / MANIFEST), read_json(dir / STATS)
    inputs: dict[str, Counter] = defaultdict(Counter)
    for line in read_jsonl(dir / ACCOUNTING):
        inputs[line["root"]][line["reason"] or line["status"]] += 1
    placeholders: Counter = Counter()
    texts: Counter = Counter()
    persons: dict[str, list[Mapping]] = {}
    for row in read_rows(dir, ["patient", "report", *EXAMINED]):
        for language, text in _texts(row["report"]):
            found = _PLACEHOLDER.findall(text)
            placeholders.update(found)
            texts.update(all=1, with_placeholders=bool(found), second_pass=deidentify(text, language) != text)
        persons.setdefault(row["patient"], []).append(row)
    slices = list_shards(dir, "slices")
    groups = group_persons(persons.values(), QUASI_IDENTIFIERS)
    return {
        "fingerprint": manifest["fingerprint"],
        "inputs": {root: dict(sorted(counts.items())) for root, counts in sorted(inputs.items())},
        "export": {name: n for name, n in sorted(stats.get("files", {}).get("export", {}).items()) if name != "kept"},
        "reports": stats.get("reports", {}),
        "texts": {name: texts[name] for name in ("all", "with_placeholders", "second_pass")},
        "removed": {kind: placeholders[kind] for kind in KINDS},
        "fields": sorted({*Row.__annotations__, *Volume.__annotations__}),
        "persons": len(persons),
        "groups": [{**dict(values), "persons": n} for values, n in groups],
        "k": groups[0][1] if groups else 0,
        "persons_in_small_groups": sum(n for _, n in groups if n < SMALL_GROUP),
        "k_with_examination": min((n for _, n in group_persons(persons.values(), EXAMINED)), default=0),
        "leaks": count_leaks(slices, benchmarks),
        "near_duplicates": [{"a": a, "b": b, "bits": bits} for a, b, bits in near_duplicates(hash_rows(slices))],
    }


def group_persons(persons: Iterable[Sequence[Mapping]], fields: Sequence[str]) -> list[tuple[tuple, int]]:
    """((field, value), …) → persons who share them, the smallest group first. A person has the values of most rows."""
    values = (Counter(tuple((name, row[name]) for name in fields) for row in rows) for rows in persons)
    groups = Counter(counts.most_common(1)[0][0] for counts in values)
    return sorted(groups.items(), key=lambda group: (group[1], str(group[0])))


def read_rows(dir: Path, columns: Sequence[str]) -> Iterator[dict]:
    """Some columns of every published slice."""
    for path in list_shards(dir, "slices"):
        for batch in pq.ParquetFile(path, pre_buffer=False).iter_batches(batch_size=128, columns=list(columns)):
            yield from batch.to_pylist()


def sample_rows(dir: Path, seed: str, count: int = SAMPLES) -> list[dict]:
    """The same sample for the same dataset: the rows whose ids, hashed with its fingerprint, are lowest."""
    ids = (row["id"] for row in read_rows(dir, ["id"]))
    chosen = set(sorted(ids, key=lambda i: hashlib.sha256(f"{seed} {i}".encode()).digest())[:count])
    return [row for row in read_rows(dir, ["id", "image", "report", "modality", "plane"]) if row["id"] in chosen]


def _texts(report: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(language, text) of every published text of a report."""
    for language, part in report.items():
        for name in TEXT_COLUMNS:
            if part and part[name]:
                yield language, part[name]


def render(report: Mapping[str, Any], rows: Iterable[Mapping]) -> str:
    """The report as one HTML page without scripts or outside resources."""
    inputs = [(root, outcome, n) for root, counts in report["inputs"].items() for outcome, n in counts.items()]
    pairs = [tuple(pair.values()) for pair in report["near_duplicates"][:100]]
    return Template(read_text(__package__, "privacy-report.html")).substitute(
        fingerprint=html.escape(report["fingerprint"]),
        inputs=_table(("root", "outcome", "files"), inputs),
        reports=_table(("outcome", "rows"), sorted(report["reports"].items())),
        export=_table(("rule", "number"), report["export"].items()),
        texts=report["texts"]["all"],
        with_placeholders=report["texts"]["with_placeholders"],
        second_pass=report["texts"]["second_pass"],
        removed=_table(("kind", "places"), report["removed"].items()),
        fields=", ".join(map(html.escape, report["fields"])),
        persons=report["persons"],
        identifiers=", ".join(QUASI_IDENTIFIERS),
        k=report["k"],
        small_groups=sum(group["persons"] < SMALL_GROUP for group in report["groups"]),
        small=SMALL_GROUP,
        in_small_groups=report["persons_in_small_groups"],
        examination=", ".join(EXAMINED[-2:]),
        k_with_examination=report["k_with_examination"],
        groups=_table((*QUASI_IDENTIFIERS, "persons"), [tuple(group.values()) for group in report["groups"]]),
        leaks=_table(LEAK_HEADER, leak_rows(report["leaks"])),
        near_duplicates=_table(("one", "other", "bits that differ"), pairs),
        sample="\n".join(map(_figure, rows)),
    )


def _table(head: Sequence[str], rows: Iterable[Sequence]) -> str:
    def cell(value: Any) -> str:
        kind = " class='n'" if isinstance(value, int) else ""
        return f"<td{kind}>{html.escape('–' if value is None else str(value))}</td>"

    body = "".join(f"<tr>{''.join(map(cell, row))}</tr>" for row in rows)
    return f"<table><tr>{''.join(f'<th>{html.escape(name)}</th>' for name in head)}</tr>{body}</table>"


def _figure(row: Mapping[str, Any]) -> str:
    out = io.BytesIO()
    Image.open(io.BytesIO(row["image"]["bytes"])).save(out, "PNG")
    picture = base64.b64encode(out.getvalue()).decode("ascii")
    texts = "<br>".join(html.escape(text) for _, text in _texts(row["report"]))
    what = html.escape(f"{row['modality']} {row['plane']}")
    caption = f"<b>{html.escape(row['id'])}</b> {what}<br>{texts}<br>☐ clean ☐ not clean"
    return f"<figure><img alt='' src='data:image/png;base64,{picture}'><figcaption>{caption}</figcaption></figure>"


if __name__ == "__main__":
    import sys

    print(
        json.dumps(
            {name: value for name, value in run(Path(sys.argv[1])).items() if name in ("persons", "k", "removed")}
        )
    )
