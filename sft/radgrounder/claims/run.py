"""The paper's claims at nano scale: `radgrounder ablations build/ablations --dataset … --vqa-rad …`.

Five arms by three seeds, each trained by a recipe with the same number of steps and judged on both test sets. A run
that stands is not made again, so a killed runner goes on. Writes OUT/ablations.md and ablations.json.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from radgrounder.metrics.intervals import Figure, figure
from radgrounder.models.fingerprint import weights_digest
from radgrounder.training.arms import ARMS, Ablations, Arm
from radgrounder.training.mixtures import Row, Rows, mix, read_config, read_vqa_rad, write_config
from refrad2d.conversations import PROMPTS, sft_row, turn
from refrad2d.grounding import parse
from refrad2d.system.files import read_jsonl, write_text


class Measure(NamedTuple):
    """A figure: the benchmark it is from, and the measure of the model's own answers to a task."""

    title: str
    benchmark: str
    task: str
    score: str
    control: str  # what it is read beside


class Claim(NamedTuple):
    """Says that arm `first` is better than, or no worse than, arm `second` by a measure."""

    text: str
    first: str
    second: str
    measure: str


MEASURES = (
    Measure("locate IoU", "refrad2d", "locate", "iou", "prior"),
    Measure("report F1", "refrad2d", "report", "f1", "majority"),
    Measure("VQA F1 open", "refrad2d", "vqa", "f1_open", "majority"),
    Measure("VQA accuracy closed", "refrad2d", "vqa", "accuracy_closed", "majority"),
    Measure("VQA-RAD F1 open", "vqa-rad", "vqa", "f1_open", "majority"),
    Measure("VQA-RAD accuracy closed", "vqa-rad", "vqa", "accuracy_closed", "majority"),
)
CLAIMS = (
    Claim(
        "clinical data improves open VQA over external sets alone", "all + boxes", "external only", "VQA-RAD F1 open"
    ),
    Claim("boxes cost no report quality", "all + boxes", "all, no boxes", "report F1"),
    Claim("boxes cost no VQA quality", "all + boxes", "all, no boxes", "VQA F1 open"),
)
EXTERNAL_SHARE = 0.2  # of the conversations of a mixture
BATCH = 64
CONTROLS, BASE = "no model: majority answer, prior box", "the base as it is"

Scores = dict[str, tuple[float, str]]  # item → its score, averaged over seeds, and its cluster


def arm_rows(arm: Arm, internal: Rows, external: Rows) -> Rows:
    """The training and validation rows of an arm."""
    own = internal if arm.grounding else {split: list(without_boxes(rows)) for split, rows in internal.items()}
    if arm.internal and arm.external:
        return mix({"own": own, "vqa-rad": external}, {"own": 1 - EXTERNAL_SHARE, "vqa-rad": EXTERNAL_SHARE})
    return own if arm.internal else external


def without_boxes(rows: Sequence[Row]) -> Iterator[Row]:
    """The rows as plain text: answers lose their markup, reports are asked for as such, locate turns fall away."""
    for row in rows:
        question, answer = ("".join(part["text"] or "" for part in m["content"]) for m in row["messages"])
        if kept := plain_turn(question, answer):
            yield sft_row(row["image"], turn(*kept))


def train(recipe: Path, data: Path, out: Path, *, base: Path, steps: int, seed: int, **more: object) -> None:
    """One run of a recipe, as `trl sft` makes it, and its release to OUT/model; `more` are further options of it."""
    from trl.scripts.sft import main as sft
    from trl.scripts.sft import make_parser

    from radgrounder.models.release import release

    overrides = {
        "model_name_or_path": base, "dataset_name": data, "output_dir": out / "adapter", "max_steps": steps,
        "seed": seed, "data_seed": seed, "disable_tqdm": "true", **more,
    }  # fmt: skip
    words = [word for name, value in overrides.items() for word in (f"--{name}", str(value))]
    sft(*make_parser().parse_args_and_config(["--config", str(recipe), *words], fail_with_unknown_args=True))
    release(out / "adapter", out / "model")


def read_scores(predictions: Path, measure: Measure, control: str = "") -> Scores:
    """The score and cluster of each item from a judged run: what the model itself answered, or a control."""
    scores = {}
    for row in read_jsonl(predictions):
        value = row["scores"].get(measure.score)
        if row["task"] == measure.task and row["control"] == control and value is not None:
            scores[row["id"].removesuffix(f"/{control}")] = (float(value), row["cluster"])
    return scores


def average(runs: Sequence[Scores]) -> Scores:
    """Every item's mean over the seeds. ValueError if the runs were judged on other items."""
    if len({frozenset(run) for run in runs}) != 1:
        raise ValueError("The seeds were judged on different items. Delete the runs and judge all with one --limit.")
    return {key: (float(np.mean([run[key][0] for run in runs])), cluster) for key, (_, cluster) in runs[0].items()}


def summarise(scores: Scores, *, samples: int) -> Figure:
    """Mean and interval of items averaged over seeds, clusters resampled."""
    return figure([value for value, _ in scores.values()], [c for _, c in scores.values()], samples=samples)


def difference(first: Scores, second: Scores, *, samples: int) -> Figure:
    """Mean and interval of first minus second, item by item."""
    shared = [key for key in first if key in second]
    values = [first[key][0] - second[key][0] for key in shared]
    return figure(values, [first[key][1] for key in shared], samples=samples)


def verdict(gap: Figure) -> str:
    """What a difference says about a claim of "better" or "no worse"."""
    if gap.low is None or gap.high is None:
        return "no interval"
    return "better" if gap.low > 0 else "worse" if gap.high < 0 else "no difference seen"


def format_tables(scores: Mapping[str, Mapping[str, Scores]], *, samples: int) -> str:
    """Both tables as Markdown: rows by measures, and the claims with their differences. `scores` by row and measure."""
    titles = [m.title for m in MEASURES]
    lines = [f"| arm | {' | '.join(titles)} |", "|---" * (len(titles) + 1) + "|"]
    for name, by in scores.items():
        cells = [_cell(by.get(title), samples) for title in titles]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    lines += ["", "| claim | measured by | difference | says |", "|---|---|---|---|"]
    for claim in CLAIMS:
        pair = [scores.get(name, {}).get(claim.measure) for name in (claim.first, claim.second)]
        if pair[0] and pair[1]:
            gap = difference(pair[0], pair[1], samples=samples)
            what = f"{claim.measure}, {claim.first} − {claim.second}"
            lines.append(f"| {claim.text} | {what} | {_show(gap)} | {verdict(gap)} |")
    return "\n".join([*lines, ""])


def _cell(scores: Scores | None, samples: int) -> str:
    return _show(summarise(scores, samples=samples)) if scores else "–"


def _show(shown: Figure) -> str:
    if shown.mean is None:
        return "–"
    interval = f" [{shown.low:.3f}, {shown.high:.3f}]" if shown.low is not None else ""
    return f"{shown.mean:.3f}{interval}"


def run(options: Ablations) -> str:
    """Make every run that does not stand yet, and return the tables."""
    out = options.out
    wanted = [arm for arm in ARMS if arm.name in options.arms]
    internal, external = read_config(options.dataset / "refrad2d"), read_vqa_rad(options.vqa_rad)
    judged = judge_model(options.base, out / "base", options, controls=True)
    scores = {
        CONTROLS: {m.title: read_scores(judged[m.benchmark], m, m.control) for m in MEASURES},
        BASE: {m.title: read_scores(judged[m.benchmark], m) for m in MEASURES},
    }
    for arm in wanted:
        folder = out / arm.name.replace(" ", "-").replace(",", "").replace("+", "and")
        if not (folder / "data").exists():
            folder.mkdir(parents=True, exist_ok=True)
            write_config(arm_rows(arm, internal, external), folder / "data", about=f"Ablation: {arm.name}.")
        found: dict[str, list[Scores]] = defaultdict(list)
        for seed in options.seeds:
            place = folder / f"seed{seed}"
            if not (place / "model").exists():
                how = {"steps": options.steps, "seed": seed, "per_device_train_batch_size": options.train_batch}
                train(options.recipe, folder / "data", place, base=options.base, **how)
            judged = judge_model(place / "model", place, options)
            for measure in MEASURES:
                if arm.grounding or measure.task != "locate":
                    found[measure.title].append(read_scores(judged[measure.benchmark], measure))
        scores[arm.name] = {title: average(runs) for title, runs in found.items()}
    tables = format_tables(scores, samples=options.samples)
    write_text(out / "ablations.md", tables)
    write_text(out / "ablations.json", json.dumps(_as_json(scores, options), indent=2) + "\n")
    return tables


def judge_model(model: Path, place: Path, options: Ablations, *, controls: bool = False) -> dict[str, Path]:
    """The judged answers of a model on each benchmark, made unless they stand."""
    from radgrounder.evaluation.run import run as judge
    from radgrounder.inference.predictor import Predictor

    sets = {"refrad2d": (options.dataset, options.limit), "vqa-rad": (options.vqa_rad, None)}
    for benchmark, (data, limit) in sets.items():
        if not (place / benchmark / "results.json").exists():
            predictor = Predictor.load(model, batch_size=BATCH)
            judge(
                predictor, benchmark, str(data), place / benchmark,
                model=str(model), limit=limit, samples=options.samples, batch_size=BATCH, controls=controls,
            )  # fmt: skip
    return {benchmark: place / benchmark / "predictions.jsonl" for benchmark in sets}


def _as_json(scores: Mapping[str, Mapping[str, Scores]], options: Ablations) -> dict[str, Any]:
    arms = {
        name: {title: summarise(items, samples=options.samples).as_dict() for title, items in by.items()}
        for name, by in scores.items()
    }
    weights = weights_digest(options.base)
    about = {
        "base": weights,
        "steps": options.steps,
        "batch": options.train_batch,
        "seeds": list(options.seeds),
        "limit": options.limit,
    }
    return {**about, "arms": arms}
