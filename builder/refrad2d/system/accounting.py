"""Every input file is accounted for once: kept, or dropped with a reason that names no patient."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping

Progress = Callable[[Iterable, int, str], Iterable]  # (items, their number, name of the stage) → the items


def no_progress(items: Iterable, total: int, name: str) -> Iterable:
    """The progress bar of tests and libraries: none."""
    return items


def account(root: str, total: int, reasons: Mapping[int, str]) -> Iterator[dict]:
    """One line an input file of a root: its position in the byte-sorted listing, kept or dropped, and why."""
    return (
        {"root": root, "n": n, "status": "dropped" if n in reasons else "kept", "reason": reasons.get(n)}
        for n in range(total)
    )


def count_results(total: int, reasons: Mapping[int, str]) -> Counter:
    """The number of kept inputs and of each drop reason."""
    counts = Counter(kept=total - len(reasons))
    counts.update({f"dropped_{reason}": n for reason, n in Counter(reasons.values()).items()})
    return counts
