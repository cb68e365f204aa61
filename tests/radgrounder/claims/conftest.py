"""Two institutions of two patients, drawn once for the tests of this room."""

import pytest

from radgrounder.pretraining.heldout import write_heldout


@pytest.fixture(scope="session")
def folders(tmp_path_factory):
    out = tmp_path_factory.mktemp("institutions")
    for name, site in (("internal", "A"), ("external", "C")):
        slices = {"test": 1, "train": 1}
        write_heldout(out / name, sites=(site,), regions=("abdomen_ct",), patients=2, slices=slices)
    return {name: out / name for name in ("internal", "external")}
