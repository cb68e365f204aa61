"""Series that show a face: a head scan can be rebuilt into one, so by default only slices far apart are published.

    if shows_head(said_by_header, classes):
        kept = kept_slices(depths, "thin")

The slices that stay lie near multiples of `APART_MM` in the patient's own coordinates, so that other series of the same
study do not fill the gaps. Nothing is decided before the masks are made: they need the whole volume.
"""

import re
from collections.abc import Iterable, Sequence

POLICIES = ("thin", "drop", "keep")
APART_MM = 20.0
HEAD_CLASSES = frozenset({"brain", "skull"})
_HEAD = re.compile(
    r"head|brain|face|facial|skull|neck|crani|krani|cereb|zereb|sch(?:ä|ae)del|kopf|hirn|gesicht|hals|orbit|sinus|nnh|"
    r"nasal|nase|nose|eye|auge|maxill|mandib|kiefer|jaw|tmj|dental|zahn|z(?:ä|ae)hne|zygoma|pituit|hypophys|sella|"
    r"felsenbein|\biac\b|\bear\b|\bohr|\bcct\b|\bcmrt\b",
    re.I,
)


def require_policy(policy: str) -> None:
    """ValueError if there is none of this name."""
    if policy not in POLICIES:
        raise ValueError(f"Unknown --head {policy!r}. Choose from {', '.join(POLICIES)}.")


def names_head(texts: Iterable[str]) -> bool:
    """True if a body part or the description of a study, series or protocol names the head or a part of it."""
    return any(_HEAD.search(text) for text in texts)


def shows_head(named: bool, classes: Iterable[str]) -> bool:
    """True for a series whose header names the head, or whose masks hold brain or skull."""
    return named or not HEAD_CLASSES.isdisjoint(classes)


def kept_slices(depths: Sequence[float], policy: str) -> list[int]:
    """The slices of a head series that may be published; `depths` in mm along the normal of the slices, in order.

    `thin` keeps the slice nearest to each multiple of 20 mm, as far as it is nearer than half a step of the series.
    """
    if policy != "thin" or not depths:
        return list(range(len(depths))) if policy == "keep" else []
    step = (depths[-1] - depths[0]) / max(1, len(depths) - 1)
    off = [abs(depth - APART_MM * round(depth / APART_MM)) for depth in depths]
    nearest: dict[int, int] = {}
    for n in sorted(range(len(depths)), key=lambda n: (off[n], n)):
        if not nearest or off[n] <= step / 2 + 1e-3:
            nearest.setdefault(round(depths[n] / APART_MM), n)
    return sorted(nearest.values())
