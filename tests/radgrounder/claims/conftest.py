"""An institution of two patients, drawn once for the tests of this room, which take it for both."""

import pytest

from radgrounder.pretraining.heldout import write_heldout


@pytest.fixture(scope="session")
def folders(tmp_path_factory):
    out = tmp_path_factory.mktemp("institutions") / "both"
    write_heldout(out, sites=("A",), regions=("abdomen_ct",), patients=2, slices={"test": 1, "train": 1})
    return {"internal": out, "external": out}
