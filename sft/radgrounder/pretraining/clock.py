"""A run in pieces: what is past its deadline stops where it can go on, by `Paused`.

>>> pause_after(time.monotonic() + 60)
"""

import time


class Paused(Exception):
    """The time of this piece is over; the same command goes on."""


def pause_after(deadline: float) -> None:
    """Raise Paused if `deadline`, seconds of `time.monotonic`, is over."""
    if time.monotonic() > deadline:
        raise Paused
