"""What is asked of the package: the weights of a task, and that a model is loaded once."""

import importlib
import json
import sys

import nibabel
import numpy as np
import pytest

from refrad2d.images.segmentation import inside
from tests.fixtures import fake_totalsegmentator


@pytest.fixture
def package(tmp_path, monkeypatch):
    fake_totalsegmentator.install(tmp_path, monkeypatch)
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    yield tmp_path
    for name in [name for name in sys.modules if name.split(".")[0] == "totalsegmentator"]:
        del sys.modules[name]
    importlib.invalidate_caches()


@pytest.mark.parametrize(
    ("task", "fast", "numbers"),
    [
        ("total", True, [297]),
        ("total", False, [291, 292]),
        ("liver_lesions", False, [591, 297]),
        ("liver_lesions_mr", False, [589, 852]),
        ("kidney_cysts", False, [789, 591, 297]),
    ],
)
def test_a_task_needs_its_models_and_those_it_is_cut_by(package, task, fast, numbers):
    assert inside.weights_of(task, fast) == numbers


def test_what_is_missing_unknown_or_licensed_is_told(package, monkeypatch):
    monkeypatch.setenv("FAKE_LICENSED", "kidney_cysts")
    told = inside.check([["total", True], ["total_mr", True], ["kidney_cysts", False], ["nose", False]])
    assert told == {
        "version": "2.18.0",
        "unknown": ["nose"],
        "licensed": ["kidney_cysts"],
        "weights": {
            "total": ["Dataset297_x"],
            "total_mr": ["Dataset852_x"],
            "kidney_cysts": ["Dataset789_x", "Dataset591_x", "Dataset297_x"],
        },
        "missing": {"total_mr": ["Dataset852_x"], "kidney_cysts": ["Dataset789_x"]},
    }


def test_a_model_is_loaded_once_and_nothing_is_downloaded(package, monkeypatch):
    monkeypatch.setenv("TOTALSEG_HOME_DIR", str(package))
    (package / "config.json").write_text(json.dumps({"send_usage_stats": False}))
    nibabel.save(nibabel.Nifti1Image(np.full((4, 4, 4), 100, np.int16), np.eye(4)), package / "v.nii.gz")
    inside.keep_models()
    for task in ("total", "liver_lesions", "total"):
        about = {"task": task, "fast": True, "volume": package / "v.nii.gz", "mask": package / "m.nii.gz"}
        assert inside.segment(about, "cpu") == {}
    assert json.loads((package / "loads.json").read_text()) == ["total", "liver_lesions"]
    (package / "weights" / "Dataset297_x").rmdir()
    with pytest.raises(inside.MissingWeights, match="Dataset297_x"):
        inside.segment({**about, "task": "total"}, "cpu")
