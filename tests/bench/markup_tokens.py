"""Markup spelled with ordinary tokens against a token for each piece of it (`radgrounder prepare --markup-tokens`).

    python -m tests.bench.markup_tokens build/demo/dataset [--steps 100] [--limit 40]

The same base, recipe, steps and test slices for both. Results go to docs/results/markup-tokens.json.
"""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

from radgrounder.evaluation.run import run as judge
from radgrounder.inference.predictor import Predictor
from radgrounder.models.fingerprint import weights_digest
from radgrounder.models.prepare import prepare
from radgrounder.training.runs import train
from refrad2d.grounding import locate_answer
from tests.fixtures.paths import ROOT

KINDS = {"ordinary tokens": False, "own tokens": True}


def measure(dataset: Path, folder: Path, options: argparse.Namespace, *, with_markup_tokens: bool) -> dict:
    """Train, judge and time one of both; figures of results.json, tokens of an answer, answers a CPU second."""
    prepare(str(options.base), folder / "base", with_markup_tokens=with_markup_tokens)
    how = {"steps": options.steps, "seed": 0, "per_device_train_batch_size": 16}
    train(options.recipe, dataset / "refrad2d", folder, base=folder / "base", **how)
    predictor = Predictor.load(folder / "model", batch_size=64)
    began = time.process_time()
    found = judge(predictor, "refrad2d", str(dataset), folder / "judged", limit=options.limit, batch_size=64)
    seconds = time.process_time() - began
    tokens = predictor.processor.tokenizer(locate_answer("liver", "liver", (0.25, 0.25, 0.5, 0.5)))["input_ids"]
    return {
        "tokens of a locate answer": len(tokens),
        "answers a CPU second": found["n_generated"] / seconds,
        "locate mIoU": found["grounding"]["miou"],
        "invalid": found["grounding"]["invalid"],
        "report F1": found["report"]["f1"],
        "closed VQA": found["vqa"]["accuracy_closed"],
    }


def main() -> int:
    """Measure both, print them side by side and write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--base", type=Path, default=ROOT / "sft/bases/nano")
    parser.add_argument("--recipe", type=Path, default=ROOT / "sft/recipes/nano/detection.yaml")
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--limit", type=int, default=40)
    options = parser.parse_args()
    results: dict = {"base": weights_digest(options.base), "steps": options.steps, "limit": options.limit}
    with tempfile.TemporaryDirectory() as folder:
        for kind, with_tokens in KINDS.items():
            place = Path(folder) / kind.replace(" ", "-")
            place.mkdir()
            results[kind] = measure(options.dataset, place, options, with_markup_tokens=with_tokens)
    for name, first in results["ordinary tokens"].items():
        second = results["own tokens"][name]
        shown = [one["mean"] if isinstance(one, dict) else one for one in (first, second)]
        print(f"{name:<28} ordinary {shown[0]:8.3f}   own {shown[1]:8.3f}")
    (ROOT / "docs/results/markup-tokens.json").write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
