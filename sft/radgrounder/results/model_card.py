"""The model card: `radgrounder card MODEL RESULTS.json …` writes README.md beside the weights.

Words come from model_card/template.md and masks.md, numbers from results.json and masks.json alone.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from string import Template
from typing import Any

import yaml

from radgrounder.models.fingerprint import head_digest
from radgrounder.results.model_index import model_index
from refrad2d.dataset.card import find_template
from refrad2d.system.markdown import table

NANO_LIMIT_MB = 64
SAMPLED = """

Reports are the consensus of {0} samples, as `radgrounder predict --samples {0}` makes them; `generate` alone
is greedy."""
CAUTION = "This nano was trained on synthetic slices and has seen no real patient."


PICTURE = "masks.png"  # of `python -m tests.bench.mask_picture`, where it lies beside the weights
MASK_ARMS = (
    ("head/", "mask head"),
    ("ellipse_in_token_box/", "ellipse in the box written"),
    ("ellipse_in_true_box/", "ellipse in the true box"),
    ("mean_mask/", "mean mask of training patients"),
)
MASK_MEASURES = (("dice", "Dice"), ("iou", "IoU"), ("hausdorff95_mm", "95 % Hausdorff, mm"))


def card(model: Path, runs: Sequence[Mapping[str, Any]], masks: Mapping[str, Any] | None = None) -> str:
    """The card of a released model folder; `masks` is what `radgrounder masks` found of its mask head.

    ValueError if there is no run, or runs of different weights, or `masks` of another head.
    """
    base = _base(model)
    head: dict[str, Any] = {
        "library_name": "transformers",
        "pipeline_tag": "image-text-to-text",
        "license": "apache-2.0",
        "language": ["de", "en"],
        "tags": ["radiology", "medical", "grounding", "ct", "mr", "refrad2d"],
        **({"base_model": base, "base_model_relation": "finetune"} if base else {}),
        "model-index": model_index(runs, name=model.name),
    }
    small = sum(path.stat().st_size for path in model.glob("*.safetensors")) < NANO_LIMIT_MB << 20
    body = Template(find_template("model_card", "template.md")).substitute(
        name=model.name,
        folder=_folder(model),
        tables="\n\n".join(map(_table, runs)),
        training=_training(model, base),
        masks=_masks(model, masks),
        caution=CAUTION if small else "",
    )
    return f"---\n{yaml.safe_dump(head, sort_keys=False, allow_unicode=True)}---\n{body}"


def _masks(model: Path, found: Mapping[str, Any] | None) -> str:
    """The section about masks; empty for a model without a head."""
    digest = head_digest(model)
    if found and found.get("head") != digest:
        raise ValueError(
            "The figures of masks are of another mask head. Give what `radgrounder masks` left of this one."
        )
    if digest is None:
        return ""
    shown = "\n![A slice, its true masks, and what the model draws](masks.png)\n" if (model / PICTURE).is_file() else ""
    figures = "\nNo figures were given to this card: `radgrounder masks` measures them.\n"
    if found:
        whole = found["structures"]
        rows = [(name, *(_mean(whole[arm + key]) for key, _ in MASK_MEASURES)) for arm, name in MASK_ARMS]
        heads = ("mask", *(words for _, words in MASK_MEASURES))
        counted = f"{whole['head/dice']['n']} structures of new patients; a structure without a box scores 0."
        figures = f"\n{counted}\n\n{table(heads, rows)}\n"
    words = Template(find_template("model_card", "masks.md"))
    return words.substitute(folder=_folder(model), picture=shown, figures=figures) + "\n"


def _mean(figure: Mapping[str, Any]) -> str:
    return "–" if figure["mean"] is None else f"{figure['mean']:.3f} ({_interval(figure)})"


def _folder(model: Path) -> str:
    """The model's name for commands: no machine's folders in a published file."""
    return model.name if model.is_absolute() else model.as_posix()


def _training(model: Path, base: str) -> str:
    if base:
        text = f"Base model: {base}. Adapter: `adapter/`, merged into the weights here."
    elif (model / "pretraining.json").is_file():
        text = (
            "Pretrained from nothing on slices of a synthetic hospital; `pretraining.json` has the plan of the last "
            "run, not that of weights that it went on from (`init`)."
        )
    else:
        text = "All weights were trained."
    if (model / "INFERENCE.md").is_file():
        text += " Only the image is bidirectional: inference needs the one line in `INFERENCE.md`."
    return text


def _base(model: Path) -> str:
    """The name of the base model, without the folders of whoever trained it; empty if there is no adapter."""
    config = model / "adapter" / "adapter_config.json"
    if not config.is_file():
        return ""
    return Path(json.loads(config.read_text(encoding="utf-8"))["base_model_name_or_path"]).name


def _table(run: Mapping[str, Any]) -> str:
    rows = [
        [f"{section} {name.replace('_', ' ')}", f"{figure['mean']:.3f}", _interval(figure), figure["n"]]
        for section in ("grounding", "report", "vqa")
        for name, figure in run.get(section, {}).items()
        if figure["mean"] is not None
    ]
    samples = run.get("settings", {}).get("report_samples", 1)
    said = "" if samples == 1 or not run.get("report") else SAMPLED.format(samples)
    return f"### {run['benchmark']}\n" + table(("figure", "mean", "95 % interval", "n"), rows) + said


def _interval(figure: Mapping[str, Any]) -> str:
    return "–" if figure["low"] is None else f"{figure['low']:.3f} to {figure['high']:.3f}"
