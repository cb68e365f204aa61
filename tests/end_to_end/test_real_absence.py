"""Far classes of real series: whatever a segmenter had missed, none of them is on the slices that deny it."""

from pathlib import Path

import nibabel
import numpy as np
import pytest

from refrad2d.images.masks.classes import SCHEME_OF_MODALITY
from refrad2d.images.masks.tables import load_scheme
from refrad2d.text.slices import SliceFacts, certainly_absent, far_classes

SERIES = [("example_seg_dicom", "CT"), ("example_seg_fast_force_split", "CT"), ("example_seg_mr", "MR")]
HEIGHTS = (1, 3, 8, 20, 60)  # slices of a sub-volume


def shown_by_slice(path: Path, modality: str) -> list[set[str]]:
    """The classes of each axial slice of a mask, from below."""
    volume = np.asarray(nibabel.as_closest_canonical(nibabel.load(path)).dataobj)
    names = load_scheme(SCHEME_OF_MODALITY[modality])
    return [{names[int(value)] for value in np.unique(volume[..., k]) if value} for k in range(volume.shape[2])]


def facts(k: int, names: set[str]) -> SliceFacts:
    found = [{"label": name, "box": [0, 0, 1, 1], "area": 400, "pixels": 400} for name in sorted(names)]
    return SliceFacts({"id": str(k), "blanked": []}, found)


@pytest.mark.parametrize(("name", "modality"), SERIES)
def test_no_slice_shows_what_it_denies_though_half_of_all_classes_were_missed(shared, name, modality):
    slices = shown_by_slice(shared / "data" / "totalsegmentator" / f"{name}.nii.gz", modality)
    rng, claims = np.random.default_rng(3), 0
    for height in HEIGHTS:
        for first in range(0, len(slices) - height + 1, max(1, height // 2)):
            window = slices[first : first + height]
            all_shown = sorted(set().union(*window))
            for missed in (set(), *(set(all_shown) - set(rng.permutation(all_shown)[::2]) for _ in range(4))):
                far = far_classes(set(all_shown) - missed, modality)
                seen = [facts(k, names - missed) for k, names in enumerate(window)]
                for k, names in enumerate(window):
                    denied = set(certainly_absent(seen[k : k + 1], f"{first} {k}", 0, far))
                    assert denied <= set(far) and not denied & names
                    claims += len(denied)
    assert claims > 100
