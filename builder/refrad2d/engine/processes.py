"""The parts of a stage on the cores of this machine: the default executor."""

from collections.abc import Sequence
from pathlib import Path

from refrad2d.engine.parts import Means, Unfinished, run_part
from refrad2d.system.accounting import Progress, no_progress
from refrad2d.system.processes import keep_children, kept_children, run_isolated

TRIES = 2  # of a part whose process was killed


class Processes:
    """As many processes as workers; a single worker or part needs none. `key` opens sealed parts."""

    def __init__(self, workers: int, key: bytes = b"", progress: Progress = no_progress) -> None:
        self.workers, self.key, self.progress = workers, key, progress

    def __call__(self, folder: Path, ranks: Sequence[int]) -> None:
        """Do the parts. `Unfinished` if one fails again, with the class of its error."""
        means, name = Means(self.key, max(1, self.workers // len(ranks))), folder.name.removesuffix(".parts")
        if self.workers == 1 or len(ranks) == 1:
            with kept_children():
                for rank in self.progress(ranks, len(ranks), name):
                    run_part(folder, rank, means)
            return
        left = list(ranks)
        for attempt in range(TRIES):
            tasks = [(folder, rank, means) for rank in left]
            found = run_isolated(do_part, tasks, workers=min(self.workers, len(left)))
            results = list(self.progress(found, len(left), name))
            failed = [(left[n], result.reason) for n, result in results if result.reason]
            if failed and (attempt == TRIES - 1 or any(reason != "crash" for _, reason in failed)):
                raise Unfinished(f"Part {failed[0][0]} ended by {failed[0][1]}. Run the command again; it goes on.")
            left = [rank for rank, _ in failed]
            if not left:
                return


def do_part(task: tuple[Path, int, Means]) -> None:
    """`run_part` in a process of its own; one argument, so that a pool of processes can map it."""
    keep_children()  # those that read foreign files stay for the next part
    run_part(*task)
