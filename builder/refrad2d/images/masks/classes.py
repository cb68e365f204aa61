"""What the values of one mask mean, by evidence: its file, its name and folder, a table, or a scheme that it fits.

A mask of one value needs its class from one of the first three; a mask of the values 1 to 4 alone fits every scheme
and so shows none, nor does a mask of low values with hardly a gap or of any without one: projects number their own
classes so (AMOS 1 to 15, VerSe 1 to 28, AAL 1 to 116), while a part of the body shows some of ours. Values that nothing
names drop the mask.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from refrad2d.images.masks.names import Meaning, meaning, meaning_of_path
from refrad2d.images.masks.records import MaskRecord
from refrad2d.images.masks.tables import Table, load_scheme
from refrad2d.images.sources import Source
from refrad2d.labels import label_by_name
from refrad2d.text.findings import finding_label

WITHOUT_CLASS, UNNAMED_VALUES = "mask_without_class", "mask_values_without_class"
AROUND = "mask_of_background"
CONTRADICTING, CONTRADICTING_TABLE = "mask_classes_contradict", "mask_table_contradicts"
SCHEME_OF_MODALITY = {"CT": "total", "MR": "total_mr"}
FIT_ANY_SCHEME = frozenset((1, 2, 3, 4))
_OWN_NUMBERING, _SHARE = 28, 0.6  # the highest number of VerSe; the share of values between lowest and highest
# Folders of training labels, whose files are named after cases: "colon_001" marks a tumour.
_FOLDERS_OF_CASES = ("label", "labels", "labelstr", "labelsts", "labels_tr", "labels_ts")


@dataclass(frozen=True)
class Classes:
    """Value → class id, value → label of a finding; how many structures of the mask mean nothing to us."""

    ids: Mapping[int, int] = field(default_factory=dict)
    findings: Mapping[int, str] = field(default_factory=dict)
    unknown: int = 0


@dataclass(frozen=True)
class Evidence:
    """What stands beside a mask: the table of its folder, and the scheme that the user names (a name or a file).

    `trusted`: the scheme is known to be the mask's, since we had it made.
    """

    table: Table | None = None
    scheme: str | None = None
    trusted: bool = False


def classes_of(mask: MaskRecord, source: Source, modality: str, evidence: Evidence) -> Classes | str:
    """The classes of a mask's values, or the reason for which it has none."""
    if mask.sparse:  # a SEG, which names its segments
        return CONTRADICTING if mask.contradicts else _translate(mask, mask.names)
    if evidence.trusted and evidence.scheme:
        return _translate(mask, mask.names or load_scheme(evidence.scheme))
    table = Table(mask.names) if mask.names else evidence.table
    if table and table.contradicts:
        return CONTRADICTING_TABLE
    if len(mask.values) == 1:
        return _of_one_value(mask, source, modality, table, evidence)
    if table:
        return _translate(mask, table.names)
    scheme = evidence.scheme
    if scheme is None:
        if mask.values and (_fits_any_scheme(mask.values) or _names_cases(source)):
            return WITHOUT_CLASS
        scheme = SCHEME_OF_MODALITY[modality]
    return _translate(mask, load_scheme(scheme))


def _of_one_value(
    mask: MaskRecord, source: Source, modality: str, table: Table | None, evidence: Evidence
) -> Classes | str:
    (value,) = mask.values
    said = None if _names_cases(source) else meaning_of_path([*source.parts[-2:-1], source.stem])
    if table and value in table.names:
        named = meaning(table.names[value])
        if said and said.known and named.known and said != named:
            return CONTRADICTING
        return _translate(mask, table.names)
    if said and said.known:
        return _translate(mask, {value: ""}, {value: said})
    if table:
        return UNNAMED_VALUES
    scheme = evidence.scheme
    own_file = scheme is not None and scheme not in ("total", "total_mr", "unified")
    if own_file or (scheme and (said is None or value not in FIT_ANY_SCHEME)):
        return _translate(mask, load_scheme(str(scheme)))
    if value in FIT_ANY_SCHEME or _names_cases(source):
        return WITHOUT_CLASS
    return _translate(mask, load_scheme(scheme or SCHEME_OF_MODALITY[modality]))


def _fits_any_scheme(values: Collection[int]) -> bool:
    lowest, highest = min(values), max(values)
    dense = len(values) >= _SHARE * (highest - lowest + 1)
    without_gap = set(values) == set(range(1, highest + 1))
    return highest <= max(FIT_ANY_SCHEME) or without_gap or (highest <= _OWN_NUMBERING and dense)


def _names_cases(source: Source) -> bool:
    return any(part.casefold() in _FOLDERS_OF_CASES for part in source.parts[:-1])


def _translate(mask: MaskRecord, names: Mapping[int, str], said: Mapping[int, Meaning] | None = None) -> Classes | str:
    """Names as classes and findings; the reason if a value has no name, none means anything, 0 is a structure, or what
    lies all around is one."""
    if not mask.values <= names.keys():
        return UNNAMED_VALUES
    if 0 in names and names[0] and not meaning(names[0]).background:
        return CONTRADICTING_TABLE
    ids, findings, unknown = {}, {}, 0
    for value in sorted(mask.values):
        found = said[value] if said else meaning(names[value])
        if found.background:
            continue
        if value in mask.surrounding and found.known:
            return AROUND
        if value in mask.findings:
            findings[value] = found.finding or finding_label(names[value])
        elif found.label:
            ids[value] = label_by_name(found.label).id
        elif found.finding:
            findings[value] = found.finding
        else:
            unknown += 1
    return Classes(ids, findings, unknown) if ids or findings or not mask.values or not unknown else WITHOUT_CLASS
