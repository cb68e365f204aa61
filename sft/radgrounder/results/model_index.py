"""results.json as the `model-index` of a model card.

>>> metadata = {"model-index": model_index([results])}
"""

from collections.abc import Mapping, Sequence
from typing import Any

from huggingface_hub import EvalResult
from huggingface_hub.repocard_data import eval_results_to_model_index

from radgrounder.benchmarks.base import facts_of
from radgrounder.results.tables import holds_figures

TYPES = {"accuracy": "accuracy", "f1": "f1", "iou": "iou", "recall": "recall"}  # of the Hub; others keep our name
CONTROLS = ("prior_", "shuffled_", "majority_", "blank_image_", "text_only_", "other_patient_")
BESIDE = "_over_"  # in the name of a difference to a control


def model_index(runs: Sequence[Mapping[str, Any]], *, name: str = "") -> list[dict[str, Any]]:
    """The `model-index` of several runs of one model: what judges the model itself, no controls and no
    differences to them.

    ValueError if there is no run, or if the runs are of different weights.
    """
    weights = {run["model"]["fingerprint"] for run in runs}
    if len(weights) != 1:
        raise ValueError(f"{len(weights)} models cannot share a model-index. Give the results.json of one.")
    results = [result for run in runs for result in _eval_results(run)]
    return eval_results_to_model_index(name or runs[0]["model"]["name"].rsplit("/", 1)[-1], results)


def _eval_results(run: Mapping[str, Any]) -> list[EvalResult]:
    facts = facts_of(run["benchmark"])
    return [
        EvalResult(
            task_type=facts.task,
            dataset_type=facts.name,
            dataset_name=facts.title or facts.name,
            dataset_split="test",
            metric_type=next((t for part, t in TYPES.items() if part in figure_name.split("_")), figure_name),
            metric_name=f"{section} {figure_name.replace('_', ' ')}",
            metric_value=figure["mean"],
            metric_args={"interval_95": [figure["low"], figure["high"]], "n": figure["n"]},
        )
        for section, figures in run.items()
        if holds_figures(figures)
        for figure_name, figure in figures.items()
        if figure["mean"] is not None and not figure_name.startswith(CONTROLS) and BESIDE not in figure_name
    ]
