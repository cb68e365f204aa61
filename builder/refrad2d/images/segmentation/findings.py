"""Findings in a mask that a segmenter made: each connected piece is an object of its own.

>>> keep_findings(Path("liver_lesions/s1.nii.gz"), {"liver_lesions": "liver_lesion"})
"""

from collections.abc import Mapping
from pathlib import Path
from xml.sax.saxutils import escape

import nibabel
import numpy as np
from scipy import ndimage

from refrad2d.images.masks.reading import MAX_VALUE, label_table

_AROUND = np.ones((3, 3, 3), bool)  # voxels that touch at a face, an edge or a corner belong together


def keep_findings(path: Path, wanted: Mapping[str, str]) -> int:
    """Rewrite a multi-label NIfTI as findings alone, each connected piece with a value of its own; returns how many.

    `wanted` is name in the mask's label table → what the finding is called here. What else the mask holds (the lung
    that nodules lie in) is left out; an empty one stays as it is. ValueError if the mask has no such name, or more
    pieces than values.
    """
    image = nibabel.nifti1.load(path)
    voxels = np.asarray(image.dataobj)
    if not voxels.any():
        return 0
    table = label_table(image.header)
    values = {value: wanted[name] for value, name in table.items() if name in wanted}
    if not values:
        raise ValueError(f"A mask of findings names none of {', '.join(wanted)}. Use a version that does.")
    pieces, names = np.zeros(voxels.shape, np.uint16), dict[int, str]()
    for value, name in sorted(values.items()):
        found, count = ndimage.label(voxels == value, _AROUND)
        if len(names) + count > MAX_VALUE:
            raise ValueError(f"A mask of findings has over {MAX_VALUE} pieces. Use another model.")
        pieces[found > 0] = found[found > 0] + len(names)
        names |= {len(names) + 1 + n: name for n in range(count)}
    kept = nibabel.Nifti1Image(pieces, image.affine)
    kept.header.extensions.append(nibabel.nifti1.Nifti1Extension(0, _table(names).encode()))
    nibabel.save(kept, path)
    return len(names)


def _table(names: Mapping[int, str]) -> str:
    labels = "".join(f'<Label Key="{value}">{escape(name)}</Label>' for value, name in names.items())
    return f"<CaretExtension><VolumeInformation><LabelTable>{labels}</LabelTable></VolumeInformation></CaretExtension>"
