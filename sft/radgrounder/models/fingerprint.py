"""What the weights of a base depend on, as hashes: class ids and names, grammar, prompts and questions, windows.

Written beside the weights as fingerprint.json; its test fails when the code no longer says the same. Synonyms
are not part of it: they decide what is found in reports, not what the model reads and writes.
"""

import json
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from refrad2d.conversations import CONTEXT_LINES, PROMPTS, prompt
from refrad2d.grounding import Span, class_tokens, location_tokens, render
from refrad2d.labels import LANGUAGES, labels
from refrad2d.questions.view import templates
from refrad2d.windows import windows

FILE = "fingerprint.json"
MASK_WEIGHTS = "mask_head.safetensors"  # beside the weights of a model that has a mask head
STALE = "stale.json"  # beside it while shipped weights wait for their successor


def fingerprint(tasks: Sequence[str] = tuple(PROMPTS)) -> dict[str, Any]:
    """SHA-256 of each part, and the tasks whose prompts are among them.

    `tasks` are those that the weights know, so that a prompt that is added later leaves them as they are. KeyError if
    one of them has no prompt any more.
    """
    return {**{name: _digest(part) for name, part in _parts(tasks).items()}, "tasks": list(tasks)}


def stale_parts(base: Path) -> list[str]:
    """The parts that changed on purpose since the weights in a folder were made, as stale.json says; [] without one."""
    path = base / STALE
    return json.loads(path.read_text(encoding="utf-8"))["parts"] if path.is_file() else []


def _parts(tasks: Sequence[str]) -> dict[str, Any]:
    spans = [Span(0, 5, "liver", (0.1, 0.2, 0.3, 0.4), ("liver",)), Span(9, 14, "aorta", (0, 0, 1, 1), ("aorta",))]
    prompts = {task: PROMPTS[task] for task in tasks}
    ramp = np.linspace(-1200, 1500, 32 * 32, dtype=np.float32).reshape(32, 32)
    return {
        "classes": [[label.id, label.name, *(label.display(language) for language in LANGUAGES)] for label in labels()],
        "grammar": [render("Liver and aorta", spans), location_tokens(), class_tokens()],
        "prompts": [
            prompts,
            CONTEXT_LINES,
            prompt("report", "de", context="\n"),
            *map(templates, LANGUAGES),
        ],
        "windows": [windows(ramp, modality).tolist() for modality in ("CT", "MR")],
    }


def _digest(part: Any) -> str:
    return sha256(json.dumps(part, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def weights_digest(base: Path) -> str:
    """SHA-256 of the weights in a folder: what a result names the base by that it was measured with."""
    return sha256((base / "model.safetensors").read_bytes()).hexdigest()


def head_digest(model: Path) -> str | None:
    """SHA-256 of the mask head in a model folder, None without one: what figures of masks name it by."""
    path = model / MASK_WEIGHTS
    return sha256(path.read_bytes()).hexdigest() if path.is_file() else None
