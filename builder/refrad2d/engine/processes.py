"""The parts of a stage on the cores of this machine: the default executor."""

from collections.abc import Sequence
from pathlib import Path

from refrad2d.engine.parts import run_part
from refrad2d.system.processes import run_isolated

TRIES = 2  # of a part whose process was killed


class Processes:
    """As many processes as workers; a single worker or part needs none."""

    def __init__(self, workers: int) -> None:
        self.workers = workers

    def __call__(self, folder: Path, ranks: Sequence[int]) -> None:
        """Do the parts. RuntimeError if one fails again, with the class of its error."""
        if self.workers == 1 or len(ranks) == 1:
            for rank in ranks:
                run_part(folder, rank)
            return
        left = list(ranks)
        for attempt in range(TRIES):
            results = list(
                run_isolated(do_part, [(folder, rank) for rank in left], workers=min(self.workers, len(left)))
            )
            failed = [(left[n], result.reason) for n, result in results if result.reason]
            if failed and (attempt == TRIES - 1 or any(reason != "crash" for _, reason in failed)):
                raise RuntimeError(f"Part {failed[0][0]} ended by {failed[0][1]}. Run the command again; it goes on.")
            left = [rank for rank, _ in failed]
            if not left:
                return


def do_part(task: tuple[Path, int]) -> None:
    """`run_part` of a folder and a rank; one argument, so that a pool of processes can map it."""
    run_part(*task)
