"""TotalSegmentator 2 as a segmenter: its tasks `total` and `total_mr`, and its open tasks that find something.

It runs in the environment that its command belongs to, which need not be ours. Weights are its site's to download
(`totalseg_download_weights -t total`); usage statistics are off.
"""

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from refrad2d.images.segmentation.findings import keep_findings
from refrad2d.images.segmentation.processes import Answering, NoAnswer
from refrad2d.images.segmentation.segmenter import Failed, Segment
from refrad2d.images.segmentation.tasks import FINDINGS, TASKS, Asked

COMMAND = "TotalSegmentator"
OLDEST = (2, 18)  # the first whose list of tasks says which need a licence
CHECK_S, VOLUME_S = 300.0, 3600.0  # for importing the package; for one volume, on a CPU
_INSIDE = Path(__file__).with_name("inside.py")


def find_python() -> tuple[str, str]:
    """The command and the Python that runs it. ValueError if there is none."""
    path = shutil.which(COMMAND)
    if path is None:
        raise ValueError(
            f"{COMMAND} is not on the PATH. Install it with pip install 'refrad2d[segment]', or give --masks."
        )
    with open(path, "rb") as script:
        first = script.readline().decode(errors="replace").strip()
    python = first.removeprefix("#!").strip()
    if not first.startswith("#!") or "python" not in Path(python.split()[0]).name:
        raise ValueError(f"The {COMMAND} on the PATH is no script of a Python environment. Install it with pip.")
    return path, python


class TotalSegmentator:
    """The segmenter of this name; see `segmenter.Segmenter`."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self._found: dict[str, Any] = {}

    def require(self, modalities: frozenset[str] = frozenset()) -> None:
        """ValueError, saying what to do, if the command, its version, a task or weights are not there. Without
        modalities the weights of one are enough."""
        wanted = {modality: self._tasks_of(modality) for modality in sorted(modalities or TASKS)}
        tasks = [task for some in wanted.values() for task in some]
        with _home() as environment, self._process(environment) as process:
            try:
                found = process({"ask": "check", "tasks": tasks}, timeout_s=CHECK_S)
            except NoAnswer as error:
                raise ValueError(f"{COMMAND} does not start ({error.reason}). Run it by hand to see why.") from error
        if "error" in found:
            raise ValueError(
                f"This {COMMAND} does not say what it can do ({found['error']}). Install {_version(OLDEST)} or later."
            )
        _require_open(found)
        self._found = found
        lacking = [{task: found["missing"].get(task) for task, _ in some} for some in wanted.values()]
        if not modalities and not all(any(names.values()) for names in lacking):
            return
        if missing := {task: names for some in lacking for task, names in some.items() if names}:
            tell = "; ".join(f"{task} ({', '.join(names)})" for task, names in missing.items())
            fetch = " and ".join(f"`totalseg_download_weights -t {task}`" for task in missing)
            raise ValueError(
                f"{COMMAND} lacks weights, and a build downloads nothing: {tell}. Run {fetch} where there is a "
                "connection, copy the folders here, and name the folder that holds them with TOTALSEG_WEIGHTS_PATH."
            )

    def describe(self) -> dict[str, Any]:
        """Its version and, by task, the names of its weights, as the last `require` found them."""
        weights = {task: sorted(set(names)) for task, names in sorted(self._found["weights"].items())}
        return {"name": "totalsegmentator", "version": str(self._found["version"]), "weights": weights}

    def _tasks_of(self, modality: str) -> list[tuple[str, bool]]:
        """(task, fast) of each task for series of a modality; what finds something has no coarser model."""
        found = (FINDINGS[name][0].get(modality) for name in self.asked.findings)
        return [(TASKS[modality], self.asked.fast), *((task, False) for task in found if task)]

    @contextmanager
    def open(self, worker: int, workers: int) -> Iterator[Segment]:
        """A function that segments volumes, in a process that loads each model once."""
        with _home() as environment, self._process(environment, workers) as process:

            def segment(volume: Path, mask: Path, modality: str, finding: str = "") -> bool:
                task = FINDINGS[finding][0].get(modality) if finding else TASKS[modality]
                if task is None:
                    return False
                fast = self.asked.fast and not finding
                request = {"ask": "segment", "task": task, "fast": fast, "volume": str(volume), "mask": str(mask)}
                try:
                    answer = process(request, timeout_s=VOLUME_S)
                except NoAnswer as error:
                    raise Failed("segmenter_timeout" if error.reason == "timeout" else "segmenter_failed") from error
                if "error" in answer or not mask.is_file():
                    raise Failed("segmenter_failed")
                if finding:
                    keep_findings(mask, FINDINGS[finding][1])
                return True

            yield segment

    def _process(self, environment: Mapping[str, str], workers: int = 1) -> Answering:
        path, python = find_python()
        threads = [str(max(1, (os.cpu_count() or 1) // workers))] if workers > 1 else []
        return Answering([*python.split(), str(_INSIDE), self.asked.device or "gpu", *threads], environment)


@contextmanager
def _home() -> Iterator[dict[str, str]]:
    """An environment in which TotalSegmentator sends nothing; its weights stay where they are."""
    config: dict[str, Any] = {
        "totalseg_id": "refrad2d",
        "send_usage_stats": False,
        "prediction_counter": 0,
        "statistics_disclaimer_shown": True,
    }
    own = Path.home() / ".totalsegmentator" / "nnunet" / "results"
    weights = os.environ.get("TOTALSEG_WEIGHTS_PATH") or str(own)
    with TemporaryDirectory(prefix="totalsegmentator-") as home:
        (Path(home) / "config.json").write_text(json.dumps(config))
        yield {**os.environ, "TOTALSEG_HOME_DIR": home, "TOTALSEG_WEIGHTS_PATH": weights}


def _require_open(found: Mapping[str, Any]) -> None:
    version = tuple(int(part) for part in str(found["version"]).split(".")[:2] if part.isdigit())
    if version < OLDEST or found["unknown"]:
        raise ValueError(f"{COMMAND} {found['version']} is too old. Install {_version(OLDEST)} or later.")
    if found["licensed"]:
        raise ValueError(f"{COMMAND} wants a licence for {', '.join(found['licensed'])}. Leave these out.")


def _version(numbers: tuple[int, ...]) -> str:
    return ".".join(map(str, numbers))
