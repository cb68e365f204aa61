"""What a segmenter can be asked: the organs of a modality, and findings by name.

>>> FINDINGS["liver_lesions"][0]["MR"]
'liver_lesions_mr'
"""

from dataclasses import dataclass

TASKS = {"CT": "total", "MR": "total_mr"}
# --findings NAME → by modality its task, and the names of its values → what the findings are called in a dataset.
# None of them needs a licence. brain_aneurysm is left out: nothing in a series proves that it is a TOF angiography.
FINDINGS: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "liver_lesions": ({"CT": "liver_lesions", "MR": "liver_lesions_mr"}, {"liver_lesions": "liver_lesion"}),
    "kidney_cysts": ({"CT": "kidney_cysts"}, {"kidney_cyst_left": "kidney_cyst", "kidney_cyst_right": "kidney_cyst"}),
    "lung_nodules": ({"CT": "lung_nodules"}, {"lung_nodules": "lung_nodule"}),
    "pleural_pericard_effusion": (
        {"CT": "pleural_pericard_effusion"},
        {name: name for name in ("pleural_effusion", "pericardial_effusion")},
    ),
    "cerebral_bleed": ({"CT": "cerebral_bleed"}, {"intracerebral_hemorrhage": "intracerebral_hemorrhage"}),
}


@dataclass(frozen=True)
class Asked:
    """What is asked of a segmenter: finding tasks by name, the device ("gpu", "gpu:1", "cpu"; "" for the best there is)
    and whether the coarser model will do."""

    findings: tuple[str, ...] = ()
    device: str = ""
    fast: bool = False
