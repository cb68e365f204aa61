"""What runs inside the environment of TotalSegmentator: one process, models loaded once, a volume a line.

    echo '{"ask": "check", "tasks": [["total", false]]}' | PYTHON inside.py cpu

Reads requests as JSON lines and answers each with one. It is started as a file by the Python that TotalSegmentator is
installed in, so it imports nothing of ours. Nothing is downloaded here, and nothing is sent: weights that are missing
are an error that names them.
"""

import json
import os
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

# What nnU-Net's predictor keeps of a model.
MODEL = (
    *("network", "list_of_parameters", "plans_manager", "configuration_manager", "dataset_json", "trainer_name"),
    *("allowed_mirroring_axes", "label_manager"),
)


class MissingWeights(Exception):
    """The folder of some weights is not there."""


def _part(name: str) -> Any:
    """A module of the package, which is not there where this file is checked."""
    return import_module(f"totalsegmentator.{name}")


def weights_of(task: str, fast: bool) -> list[Any]:
    """The numbers of the models that a task needs, those that find the region it is cut to among them."""
    config = dict(_part("map_tasks_config").TASK_CONFIGS[task])
    modes = config.pop("sub_modes", {})
    config |= modes.get("fast" if fast else "default", {})
    numbers = config["task_id"]
    found = list(numbers) if isinstance(numbers, list) else [numbers]
    if config.get("crop") and config.get("crop_model"):
        return found + weights_of(config["crop_model"], False)
    if config.get("crop"):
        is_mr = task.endswith("_mr") or config.get("modality") == "mr"
        return [*found, 852 if is_mr else 297 if config.get("robust_crop") else 298]
    return found


def folder_of(number: Any) -> Path:
    """Where the weights of a model lie; asking the package would load torch."""
    about = _part("map_tasks_config").TASK_ID_WEIGHTS_CONFIGS[number]
    return Path(os.environ["TOTALSEG_WEIGHTS_PATH"]) / about.get("rel_path", "") / about["foldername"]


def require_weights(number: Any) -> None:
    """MissingWeights if they are not there; takes the place of the package's download."""
    if not folder_of(number).is_dir():
        raise MissingWeights(folder_of(number).name)


def check(tasks: list[list[Any]]) -> dict[str, Any]:
    """The version of the package, and of (task, fast) those that it does not know, that need a licence, the folders of
    their weights, and those that are missing."""
    registry = _part("registry")
    known = [(task, fast) for task, fast in tasks if task in registry.TASKS]
    folders = {task: [folder_of(number) for number in weights_of(task, fast)] for task, fast in known}
    missing = {task: [folder.name for folder in some if not folder.is_dir()] for task, some in folders.items()}
    return {
        "version": registry.package_version(),
        "unknown": [task for task, _ in tasks if task not in registry.TASKS],
        "licensed": [task for task, _ in known if registry.requires_license(task)],
        "weights": {task: [folder.name for folder in some] for task, some in folders.items()},
        "missing": {task: names for task, names in missing.items() if names},
    }


def keep_models() -> None:
    """From now on a model that was loaded is used again, and volumes are prepared and saved in this process."""
    _part("config").setup_nnunet()  # nnU-Net reads where its models lie when it is imported
    nnunet, python_api = _part("nnunet"), _part("python_api")
    predictor: Any = nnunet.nnUNetPredictor

    class Kept(predictor):
        """A predictor whose networks outlive it."""

        loaded: dict[tuple[str, ...], dict[str, Any]] = {}

        def initialize_from_trained_model_folder(self, folder: str, use_folds: Any, **named: Any) -> None:
            """What it loads the first time is there the next time."""
            key = (folder, str(use_folds), str(named))
            if key not in self.loaded:
                super().initialize_from_trained_model_folder(folder, use_folds, **named)
                self.loaded[key] = {name: vars(self)[name] for name in MODEL}
            self.__dict__.update(self.loaded[key])

        def predict_from_files(self, source: Any, target: Any, **named: Any) -> Any:
            """The same without processes of its own, each of which would load everything again."""
            known = ("save_probabilities", "overwrite", "folder_with_segs_from_prev_stage")
            return self.predict_from_files_sequential(source, target, **{k: named[k] for k in known if k in named})

    nnunet.nnUNetPredictor = Kept
    python_api.download_pretrained_weights = require_weights


def segment(request: dict[str, Any], device: str) -> dict[str, Any]:
    """Segment one volume: {"task", "fast", "volume", "mask"}, both NIfTI; what the mask's values mean stands in it."""
    _part("python_api").totalsegmentator(
        Path(request["volume"]), Path(request["mask"]), ml=True, task=request["task"], fast=request["fast"],
        device=device, quiet=True, nr_thr_saving=1,
    )  # fmt: skip
    return {}


def main(device: str, threads: str = "") -> None:
    """Answer requests until there are none. What libraries print goes to stderr."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    if threads:
        import multiprocessing

        multiprocessing.cpu_count = lambda: int(threads)  # what the package gives to a model on a CPU
    kept = False
    asked: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
        "check": lambda request: check(request["tasks"]),
        "segment": lambda request: segment(request, device),
    }
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if request["ask"] == "segment" and not kept:
                keep_models()
                kept = True
            answer = asked[request["ask"]](request)
        except (Exception, SystemExit) as error:  # the wall between a foreign package and the run
            answer = {"error": type(error).__name__, "missing": str(error) if isinstance(error, MissingWeights) else ""}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    sys.path[:] = [folder for folder in sys.path if Path(folder).resolve() != Path(__file__).resolve().parent]
    main(*sys.argv[1:])
