"""A piece of a run ends at its deadline."""

import time
from math import inf

import pytest

from radgrounder.pretraining.clock import Paused, pause_after


def test_only_what_is_late_pauses():
    pause_after(inf)
    pause_after(time.monotonic() + 60)
    with pytest.raises(Paused):
        pause_after(time.monotonic() - 1)
