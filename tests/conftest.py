"""What several tests share: a small phantom hospital and the dataset built from it, made once a run."""

import fcntl
import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings

from tests.fixtures.paths import SHARED

os.environ.setdefault("HF_HUB_OFFLINE", "1")
# no test may find a dataset of the same name in somebody's cache, nor fill it; `datasets` reads this when it is imported
CACHE = tempfile.TemporaryDirectory(prefix="refrad2d-tests-")
os.environ["HF_HOME"] = f"{CACHE.name}/hf-home"
os.environ["HF_DATASETS_CACHE"] = f"{CACHE.name}/hf-datasets"


def pytest_unconfigure():
    """Each worker removes its cache."""
    CACHE.cleanup()


# a run says the same of a commit on every machine; `make fuzz` looks for new examples
settings.register_profile("fixed", derandomize=True, deadline=None)
settings.register_profile("fuzz", max_examples=int(os.environ.get("EXAMPLES", 3000)), deadline=None)
settings.load_profile("fixed")


SLOW_ROOMS = (
    "end_to_end",
    "refrad2d/phantom",
    "radgrounder/evaluation",
    "radgrounder/inference",
    "radgrounder/models",
    "space/test_browser",
    "radgrounder/pretraining",
    "radgrounder/training",
    "radgrounder/commands",
)
SLOW_MODULES = (
    "test_append",
    "test_verify",
    "test_leaks",
    "test_remove",
    "test_build",
    "test_fuzz_parsers",
    "test_blanking",
    "test_burnt_in",
    "test_export",
)
SLOW_FIXTURES = {"hospital", "dataset", "first_month", "two_months", "shared"}


def pytest_collection_modifyitems(items):
    """What `make quick` leaves out: tests that build a dataset, run or train a model, read real data or start a browser."""
    for item in items:
        name = item.nodeid.partition("::")[0].removeprefix("tests/")
        if (
            name.startswith(SLOW_ROOMS)
            or Path(name).stem in SLOW_MODULES
            or SLOW_FIXTURES & set(getattr(item, "fixturenames", ()))
        ):
            item.add_marker("slow")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real data; tests that need it are skipped where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("real data (../shared) is not here")
    return SHARED


def make_once(tmp_path_factory, name: str, make) -> Path:
    """A folder that the workers of a run share; the first to come makes it."""
    root = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:  # each worker has its own folder below that of the run
        root = root.parent
    folder = root / name
    with (root / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            make(folder)
    return folder


@pytest.fixture(scope="session")
def hospital(tmp_path_factory) -> Path:
    """Six invented patients of site A, as an export."""
    from refrad2d import phantom

    return make_once(tmp_path_factory, "hospital", lambda out: phantom.run(out, patients=6, seed=3, site="A"))


@pytest.fixture(scope="session")
def dataset(tmp_path_factory, hospital) -> Path:
    """The dataset built from that export."""
    from refrad2d.operations.build import build
    from refrad2d.stages.pipeline import Options

    def make(out: Path) -> None:
        key = out.with_name("dataset.key")
        key.write_text("07" * 32)
        options = Options(masks=hospital / "masks", site="A", workers=2, burnt_in_text="keep")  # reading takes minutes
        build(hospital / "dicom", hospital / "reports.csv", out, key, options)

    return make_once(tmp_path_factory, "dataset", make)


@pytest.fixture(scope="session")
def first_month(tmp_path_factory) -> Path:
    """A folder with month1, key and the dataset of it; see tiny_exports."""
    from tests.fixtures.tiny_exports import make_first

    return make_once(tmp_path_factory, "first_month", make_first)


@pytest.fixture(scope="session")
def two_months(tmp_path_factory, first_month) -> Path:
    """The same with month2 appended."""
    from tests.fixtures.tiny_exports import make_grown

    return make_once(tmp_path_factory, "two_months", lambda root: make_grown(root, first_month))
