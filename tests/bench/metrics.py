"""How fast judging is: `python -m tests.bench.metrics`. Seconds of CPU time; nothing here is asserted."""

import sys
import time

import numpy as np

from radgrounder.metrics.grounding import Entity, g_iou
from radgrounder.metrics.intervals import figures
from refrad2d.system.markdown import table


def main() -> None:
    """2,000 rows, six metrics, B = 10,000; G-IoU of 2,000 rows with six entities each."""
    rng = np.random.default_rng(0)
    values, clusters = rng.random((2000, 6)), [str(i // 4) for i in range(2000)]
    began = time.process_time()
    figures(values, clusters, samples=10_000, seed=0)
    bootstrap = time.process_time() - began
    rows = [_entities(rng) for _ in range(4000)]
    began = time.process_time()
    for true, predicted in zip(rows[::2], rows[1::2], strict=True):
        g_iou(true, predicted)
    matching = time.process_time() - began
    print(table(["judging", "CPU seconds"], [
        ["bootstrap, 2,000 rows × 6 metrics, B = 10,000, clustered", f"{bootstrap:.2f}"],
        ["G-IoU by class, 2,000 rows × 6 entities", f"{matching:.2f}"],
    ]))  # fmt: skip


def _entities(rng: np.random.Generator) -> list[Entity]:
    corners = np.sort(rng.random((6, 2, 2)), axis=1)
    names = rng.choice(["liver", "spleen", "aorta", "stomach", "colon"], 6)
    return [Entity(str(n), str(n), (c[0, 0], c[0, 1], c[1, 0], c[1, 1])) for n, c in zip(names, corners, strict=True)]


if __name__ == "__main__":
    sys.exit(main())
