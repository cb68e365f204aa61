"""The oldest `datasets` that the builder class supports, in the environment that `make test` prepares for it."""

import subprocess

import pytest

from tests.fixtures.paths import ROOT

PYTHON = ROOT / "build" / "datasets36" / "bin" / "python"
SCRIPT = """
import sys
sys.path.insert(0, sys.argv[1])
import datasets, numpy as np, refrad2d
assert datasets.__version__.startswith("3.6"), datasets.__version__
plain = lambda row: {k: np.asarray(v).tolist() if hasattr(v, "size") else v for k, v in row.items()}
for config in ("report", "vqa", "grounded", "sft", "volumes"):
    parquet = datasets.load_dataset(sys.argv[2] + "/refrad2d", config)
    archive = refrad2d.load(config, root=sys.argv[2])
    streamed = refrad2d.load(config, root=sys.argv[2], streaming=True)
    assert set(parquet) == set(archive) == set(streamed)
    for split in parquet:
        assert len(parquet[split]) == len(archive[split])
        for mine, theirs in list(zip(parquet[split], archive[split]))[:40]:
            assert plain(mine) == plain(theirs), config
        assert plain(next(iter(streamed[split]))) == plain(parquet[split][0]), config
    print(config, "ok")
"""


@pytest.mark.skipif(not PYTHON.exists(), reason="build/datasets36 is not there; `make test` makes it")
def test_parquet_and_builder_agree_on_datasets_3_6(dataset, tmp_path):
    source = ROOT / "builder"
    import os

    environment = {
        **os.environ,
        "HF_HOME": str(tmp_path),
        "HF_DATASETS_CACHE": str(tmp_path / "c"),
        "HF_HUB_OFFLINE": "1",
    }
    done = subprocess.run(
        [PYTHON, "-c", SCRIPT, source, dataset],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.split() == ["report", "ok", "vqa", "ok", "grounded", "ok", "sft", "ok", "volumes", "ok"]
