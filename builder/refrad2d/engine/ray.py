"""The parts of a stage on a Ray cluster: one task of Ray core a part. docs/cluster.md shows a run.

    refrad2d build … --executor ray --address HEAD:6379

The folder must lie where all nodes see it. A part is done in a child of Ray's worker, so that no text of a report
reaches Ray's logs in the message of an exception; where a worker or its node dies, Ray gives the task to another one.
"""

import os
from collections.abc import Sequence
from pathlib import Path

from refrad2d.engine.parts import NO_MEANS, Unfinished
from refrad2d.engine.processes import do_part
from refrad2d.system.processes import keep_children, run_isolated

RETRIES = 3  # of a task whose worker died
NO_STATISTICS = "RAY_USAGE_STATS_ENABLED"


class Ray:
    """Gives each part to a cluster that runs already; `address` is that of its head, "auto" for this machine's."""

    def __init__(self, address: str | None) -> None:
        self.address = address or "auto"

    def __call__(self, folder: Path, ranks: Sequence[int]) -> None:
        """Do the parts. ValueError if there is no Ray or no cluster, `Unfinished` if a part fails, with the class of
        its error; one that was lost too often is missed by `run_parts`."""
        os.environ[NO_STATISTICS] = "0"
        try:
            import ray
        except ImportError as error:
            raise ValueError("--executor ray needs Ray. Install it with pip install 'refrad2d[ray]'.") from error
        try:
            ray.init(address=self.address, log_to_driver=False, logging_level="ERROR")
        except (ConnectionError, RuntimeError) as error:
            raise ValueError(
                f"No Ray cluster answers at --address {self.address}. Start one with `ray start --head`, and give what "
                "it prints."
            ) from error
        try:
            do = ray.remote(num_cpus=1, max_retries=RETRIES)(do_rank)
            waiting = {do.remote(str(folder.resolve()), rank): rank for rank in ranks}
            while waiting:
                (done,), _ = ray.wait(list(waiting), num_returns=1)
                rank = waiting.pop(done)
                try:
                    reason = ray.get(done)
                except ray.exceptions.RayError:
                    continue
                if reason:
                    raise Unfinished(f"Part {rank} ended by {reason}. Run the command again; it goes on.")
        finally:
            ray.shutdown()


def do_rank(folder: str, rank: int) -> str:
    """Do one part in a worker of Ray. Returns the reason if it failed, else ""."""
    keep_children()  # the next part of this worker asks the same child, which has imported everything
    ((_, result),) = run_isolated(do_part, [(Path(folder), rank, NO_MEANS)], workers=1)
    return result.reason or ""
