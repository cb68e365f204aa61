"""What a report gains by being the consensus of samples: `python -m tests.bench.reports build/base-results/heldout`.

Token F1 of the same test reports decoded greedily and as the consensus of 8, 16 and 24 samples, and that of the
majority report. Results go to docs/results/reports.json.
"""

import argparse
import json
import sys
import time
from pathlib import Path

from PIL import Image

from radgrounder.benchmarks.base import load_benchmark
from radgrounder.inference.predictor import Predictor
from radgrounder.inference.tasks import TOKENS
from radgrounder.metrics.intervals import figure
from radgrounder.metrics.text import token_f1
from radgrounder.models.fingerprint import weights_digest
from refrad2d.grounding import parse
from tests.fixtures.paths import ROOT

SAMPLES = (1, 8, 16, 24)


def main() -> int:
    """Measure, print and write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--model", type=Path, default=ROOT / "sft/bases/nano")
    parser.add_argument("--limit", type=int, default=40, help="test slices (default 40)")
    options = parser.parse_args()
    benchmark = load_benchmark("refrad2d", str(options.dataset), limit=options.limit)
    asked = [item for item in benchmark.items if item.task == "report" and not item.control]
    majority = [item for item in benchmark.items if item.task == "report" and item.control == "majority"]
    images = [Image.fromarray(benchmark.picture(item.image)) for item in asked]
    prompts, languages = [item.prompt for item in asked], [item.language for item in asked]
    predictor = Predictor.load(options.model, batch_size=64)
    rows = {"majority report": score(majority, [item.given for item in majority], 0.0)}
    for samples in SAMPLES:
        began = time.process_time()
        found = predictor.reports(images, prompts, languages, samples=samples, max_new_tokens=TOKENS["report"])
        seconds = (time.process_time() - began) / len(asked)
        name = f"consensus of {samples}" if samples > 1 else "greedy"
        rows[name] = score(asked, [parse(one.markup) for one in found], seconds)
        print(name, rows[name])
    (ROOT / "docs/results/reports.json").write_text(
        json.dumps({"base": weights_digest(Path(options.model)), **rows}, indent=2) + "\n", encoding="utf-8"
    )
    return 0


def score(items: list, answers: list, seconds: float) -> dict:
    """Token F1 with its interval, words a report and CPU seconds a report."""
    pairs = zip(items, answers, strict=True)
    values = [token_f1(answer.text, item.true.text, language=item.language) for item, answer in pairs]
    words = sum(len(answer.text.split()) for answer in answers) / len(answers)
    f1 = figure(values, [item.cluster for item in items]).as_dict()
    return {"f1": f1, "words": words, "cpu seconds": seconds}


if __name__ == "__main__":
    sys.exit(main())
