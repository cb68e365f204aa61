"""A slice becomes its pictures in a process that imports little."""

import subprocess
import sys

import numpy as np

from refrad2d.dataset.duplicates import digest_of
from refrad2d.dataset.encoding import Task, encode
from refrad2d.samples import read_png


def test_a_slice_has_a_digest_of_its_picture_where_it_is_asked_for(tmp_path):
    np.arange(100, dtype=np.uint16).tofile(tmp_path / "p.u16")
    frame = {"file": "p.u16", "offset": 2 * 36, "placement": {"shape": [8, 8]}}
    row = {"id": "a", "modality": "MR", "slope": 1.0, "intercept": 0.0}
    one = encode(Task(row, str(tmp_path), frame, None))
    assert read_png(one.image).shape == (224, 224, 3) and one.digest == ""
    assert encode(Task(row, str(tmp_path), frame, None), digest=True).digest == digest_of(read_png(one.image))


def test_whoever_encodes_imports_no_datasets():
    code = "import sys, refrad2d.dataset.encoding; sys.exit(any(m in sys.modules for m in ('datasets', 'pandas')))"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
