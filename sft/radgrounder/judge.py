"""Judge a model on a benchmark: ask, score, put intervals on every figure, write the tables.

    radgrounder eval --model MODEL --benchmark refrad2d --data build/demo/dataset/refrad2d --out OUT

OUT gets results.json, predictions.jsonl (a run that was cut off goes on from it), table.md and gallery.html.
"""

import inspect
import json
import logging
import os
import time
from collections.abc import Mapping, Sequence
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from PIL import Image
from tqdm import tqdm

from radgrounder.benchmarks import TOKENS, Benchmark, Column, Item, Scores, load_benchmark
from radgrounder.intervals import SAMPLES, Figure, figures, gap
from radgrounder.tables import format_table
from refrad2d.grounding import Parsed, parse

log = logging.getLogger(__name__)

PREDICTIONS = "predictions.jsonl"
PACKAGES = ("refrad2d", "torch", "transformers", "datasets", "numpy")
GAPS = (
    ("language", "de", "en"),
    ("language", "zh", "en"),
    ("modality", "CT", "MR"),
    ("sex", "F", "M"),
    ("size", "small", "large"),
)

Outputs = dict[str, str]  # key of (picture, prompt) → what the model wrote


class Generator(Protocol):
    """Whatever answers a picture and a prompt: `predict.Predictor`, `endpoint.Endpoint`, a fake in a test."""

    def generate(self, images: Sequence[Any], prompts: Sequence[str]) -> list[str]:
        """One raw text, markup included, for each picture and prompt."""
        ...


def run(
    predictor: Generator | None,
    benchmark: str,
    data: str,
    out: Path,
    *,
    model: str = "",
    predictions: Path | None = None,
    limit: int | None = None,
    batch_size: int = 16,
    seed: int = 0,
    samples: int = SAMPLES,
    **options: Any,
) -> dict[str, Any]:
    """Judge `predictor`, or the outputs in a `predictions` file of rows {"id", "output"}, and return results.json.

    `model` is the folder or name that results.json states. Answers in OUT/predictions.jsonl are reused if they came
    from the same weights for the same picture and prompt. `options` go to the benchmark (`text_only`, `split`).
    ValueError if the data do not fit, or if the predictions file lacks rows.
    """
    began = time.monotonic()
    rows = load_benchmark(benchmark, data, limit=limit, seed=seed, **options)
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    if predictor is None:
        if predictions is None:
            raise ValueError("There is nothing to judge. Give a model or a file of predictions.")
        identity, (items, raw) = f"file:{Path(predictions).name}", _read_foreign(rows, Path(predictions))
        made = 0
    else:
        identity, items = fingerprint(predictor, model), list(rows.items)
        raw, made = ask(predictor, rows, out / PREDICTIONS, identity, batch_size=batch_size)
    answers = [item.given if item.given is not None else parse(raw[item.id]) for item in items]
    scores = rows.score(items, answers)
    results = summarise(rows, items, scores, samples=samples, seed=seed)
    results |= {
        "benchmark": rows.name,
        "model": {"name": _shown(model) or identity, "fingerprint": identity},
        "data": _shown(data),
        "versions": {name: _version(name) for name in PACKAGES},
        "settings": {"seed": seed, "samples": samples, "limit": limit, **options},
        **rows.about,
        "notes": list(rows.notes),
        "n_items": len(items),
        "n_generated": made,
        "seconds": round(time.monotonic() - began, 1),
    }
    _write(out / PREDICTIONS, _lines(items, answers, scores, raw, rows, identity))
    _write(out / "results.json", json.dumps(results, indent=2, ensure_ascii=False) + "\n")
    table = format_table(results)
    _write(out / "table.md", table)
    print(table)
    return results


def _shown(path: str) -> str:
    """The last two parts of a path: enough to recognise it, and no machine's folders in a published file."""
    return "/".join(Path(path).parts[-2:]) if path else ""


def _version(package: str) -> str:
    return version(package)


def fingerprint(predictor: Generator, model: str = "") -> str:
    """What tells one set of weights from another: the hash of the model's folder, else its name.

    `model` or `predictor.model_dir` may be a folder, whose files are hashed; `predictor.fingerprint` wins if it exists.
    """
    if own := getattr(predictor, "fingerprint", None):
        return str(own)
    name = str(model or getattr(predictor, "model_dir", ""))
    if not name or not Path(name).is_dir():
        return name or type(predictor).__name__
    folder = Path(name)
    digest = sha256()
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0")
        with path.open("rb") as file:
            while block := file.read(1 << 22):
                digest.update(block)
    return f"sha256:{digest.hexdigest()[:16]}"


# Asking


def ask(predictor: Generator, rows: Benchmark, path: Path, identity: str, *, batch_size: int) -> tuple[Outputs, int]:
    """The raw output of every item that needs one, by item id, and how many had to be generated.

    Every (picture, prompt) is asked once, shortest prompts first within a task; each batch is on disk before the next.
    """
    asked = [item for item in rows.items if item.given is None]
    pictures = {key: _digest(rows.picture(key)) for key in dict.fromkeys(item.image for item in asked)}
    keys = {item.id: _key(pictures[item.image], item.prompt) for item in asked}
    outputs = _read_outputs(path, identity)
    pending = {keys[item.id]: item for item in asked if keys[item.id] not in outputs}
    order = sorted(pending, key=lambda key: (pending[key].task, len(pending[key].prompt), key))
    batches = [
        batch for task in TOKENS for batch in _batches([k for k in order if pending[k].task == task], batch_size)
    ]
    bounded = "max_new_tokens" in inspect.signature(predictor.generate).parameters
    # What stands in the file belongs to these weights or is dropped: a stale line must not survive a second resume.
    _write(path, "".join(_line(run=identity, key=key, output=text) for key, text in outputs.items()))
    with path.open("a", encoding="utf-8") as file, tqdm(total=len(pending), desc=rows.name, unit="answer") as bar:
        for batch in batches:
            items = [pending[key] for key in batch]
            images = [Image.fromarray(rows.picture(item.image)) for item in items]
            most = {"max_new_tokens": TOKENS[items[0].task]} if bounded else {}
            texts = predictor.generate(images, [item.prompt for item in items], **most)
            if len(texts) != len(batch):
                raise ValueError(f"The model gave {len(texts)} answers to {len(batch)} prompts. It must give one each.")
            outputs |= dict(zip(batch, texts, strict=True))
            file.writelines(_line(run=identity, key=key, output=outputs[key]) for key in batch)
            file.flush()
            os.fsync(file.fileno())
            bar.update(len(batch))
    return {item_id: outputs[key] for item_id, key in keys.items()}, len(pending)


def _batches(keys: Sequence[str], size: int) -> list[Sequence[str]]:
    return [keys[start : start + size] for start in range(0, len(keys), size)]


def _digest(picture: np.ndarray) -> str:
    return sha256(str(picture.shape).encode() + np.ascontiguousarray(picture).tobytes()).hexdigest()


def _key(picture: str, prompt: str) -> str:
    return sha256(f"{picture} {prompt}".encode()).hexdigest()[:24]


def _read_outputs(path: Path, identity: str) -> Outputs:
    """Outputs of these weights in an earlier file; a line that a kill cut off is left out."""
    outputs = {}
    for row in _read_lines(path, partial=True):
        if row.get("run") == identity and row.get("key") and isinstance(row.get("output"), str):
            outputs[row["key"]] = row["output"]
    return outputs


def _read_lines(path: Path, *, partial: bool = False) -> list[dict[str, Any]]:
    """The JSON lines of a file, none if there is no file; with `partial` a broken line is skipped."""
    rows = []
    # Not splitlines(): texts may hold U+2028 and its like, which end a line there but not in JSON.
    text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    for number, line in enumerate(text.split("\n"), start=1):
        try:
            rows += [json.loads(line)] if line.strip() else []
        except json.JSONDecodeError as error:
            if not partial:
                raise ValueError(f"Line {number} of {path.name} is not JSON. Give one object a line.") from error
    return rows


def _read_foreign(rows: Benchmark, path: Path) -> tuple[list[Item], Outputs]:
    """Items that a file from elsewhere answers, and its outputs by item id; controls may be missing, questions not."""
    if not path.is_file():
        raise ValueError(f"There is no file {path.name}. Give a JSONL file of rows with id and output.")
    raw = {str(row["id"]): str(row["output"]) for row in _read_lines(path) if "id" in row and "output" in row}
    missing = [item.id for item in rows.items if not item.control and item.id not in raw]
    if missing:
        total = sum(not item.control for item in rows.items)
        raise ValueError(
            f"{path.name} lacks {len(missing)} of {total} answers, such as {missing[0]!r}. "
            "Answer every row that write_requests() lists."
        )
    items = [item for item in rows.items if item.given is not None or item.id in raw]
    return items, {item.id: raw[item.id] for item in items if item.given is None}


def write_requests(rows: Benchmark, out: Path) -> int:
    """What a model from elsewhere is to answer: OUT/requests.jsonl (id, prompt, image) and the pictures as PNG.

    Returns the number of requests. Its answers, as rows {"id", "output"}, go to `run(None, ..., predictions=FILE)`.
    """
    asked = [item for item in rows.items if item.given is None]
    (out / "images").mkdir(parents=True, exist_ok=True)
    names = {key: f"images/{number:06d}.png" for number, key in enumerate(dict.fromkeys(item.image for item in asked))}
    for key, name in names.items():
        Image.fromarray(rows.picture(key)).save(out / name)
    lines = (_line(id=item.id, task=item.task, prompt=item.prompt, image=names[item.image]) for item in asked)
    _write(out / "requests.jsonl", "".join(lines))
    return len(asked)


# Summing up


def summarise(
    rows: Benchmark, items: Sequence[Item], scores: Sequence[Scores], *, samples: int, seed: int
) -> dict[str, Any]:
    """Figures by section and name; `additional` ones; `subgroups` and `gaps` of those that judge the model itself."""
    columns = [*rows.columns, *rows.extra]
    values = np.array([_column_values(column, items, scores) for column in columns]).T.reshape(len(items), len(columns))
    clusters = [item.cluster for item in items]
    found = figures(values, clusters, samples=samples, seed=seed)
    results: dict[str, Any] = {column.section: {} for column in rows.columns} | {"additional": {}}
    for number, (column, figure) in enumerate(zip(columns, found, strict=True)):
        place = results if number < len(rows.columns) else results["additional"]
        place.setdefault(column.section, {})[column.name] = figure.as_dict()
    subgroups: dict[str, Any] = {}
    gaps: dict[str, Any] = {}
    for number, column in enumerate(rows.columns):
        if column.control:
            continue
        kept = [n for n in range(len(items)) if not np.isnan(values[n, number])]
        mine, who = values[kept, number], [clusters[n] for n in kept]
        groups = [items[n].groups for n in kept]
        name = f"{column.section}.{column.name}"
        subgroups[name] = _subgroup_figures(mine, groups, who, samples=samples, seed=seed)
        gaps[name] = {
            label: gap(mine, [g.get(key) for g in groups], who, first, second, samples=samples, seed=seed).as_dict()
            for label, key, first, second in _gap_pairs(groups)
        }
    return results | {"subgroups": subgroups, "gaps": gaps}


def _column_values(column: Column, items: Sequence[Item], scores: Sequence[Scores]) -> list[float]:
    """What each item adds to a column, NaN where it belongs to another task or control."""
    return [
        score.get(column.measure, np.nan) if item.task in column.tasks and item.control == column.control else np.nan
        for item, score in zip(items, scores, strict=True)
    ]


def _subgroup_figures(
    values: np.ndarray, groups: Sequence[Mapping[str, str]], clusters: Sequence[str], *, samples: int, seed: int
) -> dict[str, dict[str, dict]]:
    out: dict[str, dict[str, dict]] = {}
    for key in sorted({key for group in groups for key in group}):
        members = sorted({group[key] for group in groups if key in group})
        table = np.array(
            [[v if g.get(key) == m else np.nan for m in members] for v, g in zip(values, groups, strict=True)]
        )
        found: list[Figure] = figures(table, clusters, samples=samples, seed=seed)
        out[key] = {member: figure.as_dict() for member, figure in zip(members, found, strict=True)}
    return out


def _gap_pairs(groups: Sequence[Mapping[str, str]]) -> list[tuple[str, str, str, str | None]]:
    """(name, key, first, second) of the gaps that these items can show; a site is set against all others."""
    present = {(key, value) for group in groups for key, value in group.items()}
    pairs: list[tuple[str, str, str, str | None]] = [
        (f"{key}: {first} - {second}", key, first, second)
        for key, first, second in GAPS
        if {(key, first), (key, second)} <= present
    ]
    sites = sorted(value for key, value in present if key == "site")
    return pairs + [(f"site: {site} - others", "site", site, None) for site in sites if len(sites) > 1]


# Writing


def _lines(
    items: Sequence[Item],
    answers: Sequence[Parsed],
    scores: Sequence[Scores],
    raw: Outputs,
    rows: Benchmark,
    identity: str,
) -> str:
    """predictions.jsonl: one line an item, in the benchmark's order, with what is needed to score it again."""
    digests: dict[str, str] = {}
    lines = []
    for item, answer, score in zip(items, answers, scores, strict=True):
        row = {"id": item.id, "task": item.task, "control": item.control, "language": item.language}
        if item.given is None:
            if item.image not in digests:
                digests[item.image] = _digest(rows.picture(item.image))
            row |= {"image": item.image, "prompt": item.prompt, "output": raw[item.id]}
            row |= {"run": identity, "key": _key(digests[item.image], item.prompt)}
        row |= {"text": answer.text, "spans": _spans(answer), "true": item.true.text, "true_spans": _spans(item.true)}
        row |= {"cluster": item.cluster, "groups": dict(item.groups)}
        lines.append(_line(**row, scores={name: _number(value) for name, value in score.items()}))
    return "".join(lines)


def _spans(parsed: Parsed) -> list[dict[str, Any]]:
    return [{"start": s.start, "end": s.end, "label": s.label, "box": list(s.box)} for s in parsed.spans]


def _number(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), 6)


def _line(**row: Any) -> str:
    return json.dumps(row, ensure_ascii=False) + "\n"


def _write(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    temporary = path.with_name(path.name + ".tmp")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)
