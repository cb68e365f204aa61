"""Does an adapted tower help the model that looks through it? Both towers frozen, the rest trained alike, many seeds.

    radgrounder contrast-ab sft/bases/nano build/contrast/model --data build/masks/data --out build/contrast/ab

Each arm is a packed run of one recipe, an adapter on language model and projector, the tower as it came. Both arms of a
seed see the same rows in the same order; answers to the same prompts are compared, averaged over the seeds, whole
patients resampled. A run that stands is not made again, so a killed trial goes on.
"""

import json
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from datasets import Image

from radgrounder.benchmarks.refrad2d import read_split
from radgrounder.contrast.judge import show
from radgrounder.metrics.intervals import figure
from radgrounder.models.fingerprint import weights_digest
from radgrounder.models.prepare import prepare
from radgrounder.models.processing import IMAGE_ATTENTION
from radgrounder.models.release import release
from radgrounder.results.comparison import Row, read_rows
from radgrounder.training.mixtures import write_config
from refrad2d.conversations import conversations, sft_row
from refrad2d.mixture import Mixture, choose
from refrad2d.schema import SFT_SPLITS
from refrad2d.system.files import write_text
from refrad2d.system.markdown import table

BEFORE, ADAPTED = "before", "adapted"
# language model and projector: what looks through the tower, not the tower
TARGETS = (
    r".*(language_model|multi_modal_projector).*\.(q_proj|k_proj|v_proj|o_proj|gate_proj|up_proj|down_proj|linear)"
)
KEPT = Mixture(report=1, question=6, place=6, absent=2)  # of each training slice
MEASURES = {  # title → task and score
    "locate IoU": ("locate", "iou"),
    "report F1": ("report", "f1"),
    "report finding F1": ("report", "finding_f1"),
    "VQA F1 open": ("vqa", "f1_open"),
    "VQA accuracy closed": ("vqa", "accuracy_closed"),
}
BATCH = 64
DRAWS = 100  # of the intervals of a run by itself, which nobody reads


@dataclass(frozen=True)
class Trial:
    """How both arms are trained and judged: `recipe` is packed, `limit` test slices are asked about."""

    recipe: Path
    steps: int = 40
    seeds: tuple[int, ...] = (0, 1, 2)
    limit: int = 24


def run(base: Path, adapted: Path, data: str, out: Path, trial: Trial) -> dict[str, Any]:
    """Make every run that does not stand yet; write OUT/contrast-ab.json and contrast-ab.md.

    ValueError if recipe or data do not fit.
    """
    rows = out / "rows"
    if not rows.exists():
        out.mkdir(parents=True, exist_ok=True)
        write_config(packed_rows(data), rows, about="A slice a row: report, questions, places.")
    arms = {BEFORE: base, ADAPTED: adapted}
    for seed in trial.seeds:
        for arm, model in arms.items():
            if not (out / f"{arm}-{seed}" / "results.json").is_file():
                _make(model, rows, data, out / f"{arm}-{seed}", trial, seed)
    runs = {arm: [read_rows(out / f"{arm}-{n}" / "predictions.jsonl") for n in trial.seeds] for arm in arms}
    result = {
        **{arm: weights_digest(model) for arm, model in arms.items()},
        "steps": trial.steps,
        "seeds": list(trial.seeds),
        "limit": trial.limit,
        "figures": compare(runs[BEFORE], runs[ADAPTED]),
    }
    write_text(out / "contrast-ab.json", json.dumps(result, indent=2) + "\n")
    write_text(out / "contrast-ab.md", format_trial(result))
    return result


def packed_rows(data: str) -> dict[str, Iterator[Mapping[str, Any]]]:
    """A slice a row of the `sft` config, train and validation, from the configs `grounded` and `vqa` of a dataset."""
    return {split: _packed(data, split) for split in SFT_SPLITS}


def _packed(data: str, split: str) -> Iterator[Mapping[str, Any]]:
    grounded, asked = (read_split(data, config, split) for config in ("grounded", "vqa"))
    if grounded is None:
        raise ValueError(f"The dataset has no split {split} in the config grounded. Give one with all splits.")
    questions = {} if asked is None else dict(zip(asked["id"], asked["vqa"], strict=True))
    for row in grounded.cast_column("image", Image(decode=False)).remove_columns(["mask"]):
        whole: Any = {**row, "vqa": questions.get(row["id"]) or []}
        turns = list(conversations(whole))
        kept = [message for number in choose(turns, row["id"], KEPT) for message in turns[number]]
        if kept:
            yield sft_row({"bytes": row["image"]["bytes"], "path": f"{row['id']}.png"}, kept)


def _make(model: Path, rows: Path, data: str, place: Path, trial: Trial, seed: int) -> None:
    """One run: prepared, trained, released, judged; only the judged answers stay."""
    from radgrounder.evaluation.run import run as judge
    from radgrounder.inference.predictor import Predictor

    work = place.with_name(place.name + ".run")
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    prepare(str(model), work / "base", attention=IMAGE_ATTENTION)
    train(trial.recipe, rows, work, steps=trial.steps, seed=seed)
    release(work / "adapter", work / "model")
    predictor = Predictor.load(work / "model", batch_size=BATCH)
    with redirect_stdout(sys.stderr):  # the tables of a run are no table of the trial
        judge(
            predictor, "refrad2d", data, place,
            model=place.name, limit=trial.limit, batch_size=BATCH, report_samples=1, controls=False, samples=DRAWS,
        )  # fmt: skip
    shutil.rmtree(work)


def train(recipe: Path, rows: Path, work: Path, *, steps: int, seed: int) -> None:
    """A packed run from work/base to work/adapter, the adapter on `TARGETS` alone."""
    from trl import ModelConfig, ScriptArguments, SFTConfig, TrlParser

    from radgrounder.training.packing import PackingArguments
    from radgrounder.training.packing import train as train_packed

    overrides = {
        "model_name_or_path": work / "base", "dataset_name": rows, "output_dir": work / "adapter", "max_steps": steps,
        "seed": seed, "data_seed": seed, "warmup_steps": steps // 10, "disable_tqdm": "true", "frozen_tower": "true",
        "use_peft": "true",
        "lora_target_modules": TARGETS, "eval_strategy": "no", "save_strategy": "no", "load_best_model_at_end": "false",
    }  # fmt: skip
    words = [word for name, value in overrides.items() for word in (f"--{name}", str(value))]
    kinds: Any = (ScriptArguments, SFTConfig, ModelConfig, PackingArguments)
    parser = TrlParser(kinds)
    parsed: Any = parser.parse_args_and_config(["--config", str(recipe), *words], fail_with_unknown_args=True)
    train_packed(*parsed)


# Compare


def compare(before: Sequence[Mapping[str, Row]], adapted: Sequence[Mapping[str, Row]]) -> dict[str, Any]:
    """By measure: both arms, averaged over seeds, their paired difference with its interval and by seed.

    ValueError if the runs were asked different things.
    """
    asked = {frozenset(found) for found in (*before, *adapted)}
    if len(asked) != 1:
        raise ValueError("The runs were asked different prompts. Delete their folders and make all with one limit.")
    result = {}
    for title, (task, score) in MEASURES.items():
        keys = [key for key, row in before[0].items() if row.asked[0] == task]
        values = np.array([[_column(found, keys, score) for found in arm] for arm in (before, adapted)], float)
        means = values.mean(axis=1)  # NaN where a run has no score
        who = [before[0][key].cluster for key in keys]
        gap = figure((means[1] - means[0]).tolist(), who)
        result[title] = {
            BEFORE: figure(means[0].tolist(), who).as_dict(),
            ADAPTED: figure(means[1].tolist(), who).as_dict(),
            "difference": gap.as_dict(),
            "by seed": [
                figure((late - early).tolist(), who, samples=1).mean for early, late in zip(*values, strict=True)
            ],
            "says": verdict(gap.low, gap.high),
        }
    return result


def _column(found: Mapping[str, Row], keys: Sequence[str], score: str) -> list[float]:
    values = (found[key].scores.get(score) for key in keys)
    return [np.nan if value is None else float(value) for value in values]


def verdict(low: float | None, high: float | None) -> str:
    """What an interval of adapted minus before says."""
    if low is None or high is None:
        return "no interval"
    return "better" if low > 0 else "worse" if high < 0 else "not better"


def format_trial(result: Mapping[str, Any]) -> str:
    """The figures as a Markdown table."""
    rows = [
        [title, show(one[BEFORE]), show(one[ADAPTED]), show(one["difference"]),
         ", ".join("–" if gap is None else f"{gap:+.3f}" for gap in one["by seed"]), one["difference"]["n"],
         one["says"]]
        for title, one in result["figures"].items()
    ]  # fmt: skip
    head = ["measure", "tower before", "tower adapted", "difference", "by seed", "n", "adapted is"]
    return table(head, rows) + "\n"
