"""A real Ray cluster, a head and a node, gives the bytes of processes though a worker and a node die; see tests/trust/ray_cluster.py."""

import subprocess
import sys

import pytest

from refrad2d.engine.ray import Ray
from tests.fixtures.paths import ROOT

PYTHON = ROOT / "build" / "ray" / "bin" / "python"


@pytest.mark.skip(reason="a cluster takes a minute: `make trust`, or build/ray/bin/python -m tests.trust.ray_cluster")
def test_a_cluster_gives_the_same_bytes():
    subprocess.run([PYTHON, "-m", "tests.trust.ray_cluster"], check=True, cwd=ROOT)


def test_without_ray_the_remedy_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    with pytest.raises(ValueError, match=r"pip install 'refrad2d\[ray\]'"):
        Ray(None)(tmp_path, [0])
