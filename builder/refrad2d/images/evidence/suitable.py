"""Stacks whose modality is known and whose values can be of it; the reasons of the others.

The modality of DICOM stands in the file; that of NIfTI is what its report rows say, else what the user says, and never
read from values.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from refrad2d.images.evidence.units import cannot_be_hounsfield
from refrad2d.images.stacks import Stack


class Suitable(NamedTuple):
    """The stacks that may be taught, NIfTI ones with their modality; and why files are left out, by position."""

    stacks: list[Stack]
    reasons: dict[int, str]


def suitable_stacks(stacks: Sequence[Stack], said: Mapping[int, set[str]]) -> Suitable:
    """Leave out stacks without a modality, with several, or of a CT whose values cannot be Hounsfield units.

    `said` are the modalities that report rows give a file of NIfTI, by its position in the export.
    """
    kept, reasons = [], {}
    for stack in stacks:
        named = said.get(stack.slices[0].position, set()) if stack.record.kind == "nifti" else set()
        known = replace(stack, modality=next(iter(named))) if len(named) == 1 else stack
        if reason := "modality_contradicts" if len(named) > 1 else _fault(known):
            reasons.update({shown.position: reason for shown in stack.slices})
        else:
            kept.append(known)
    used = {shown.position for stack in kept for shown in stack.slices}
    return Suitable(kept, {position: reason for position, reason in reasons.items() if position not in used})


def _fault(stack: Stack) -> str:
    if not stack.modality:
        return "modality_unknown"
    reach = [known.extremes for known in stack.slices if known.extremes is not None]
    if stack.modality != "CT" or not reach:
        return ""
    shifted = stack.record.kind == "dicom" and any(known.intercept < 0 for known in stack.slices)
    refused = cannot_be_hounsfield(reach, says_unit=stack.record.says_unit, shifted=shifted)
    return "not_in_hounsfield_units" if refused else ""
