"""The `datasets` features of the rows, the configs that show them, and the splits. The columns stand in rows.py."""

from types import UnionType
from typing import Annotated, Any, NotRequired, get_args, get_origin, get_type_hints, is_typeddict

from datasets import Features, Image, Value

from refrad2d import rows
from refrad2d.layout import SFT_SPLITS as SFT_SPLITS
from refrad2d.layout import SPLITS as SPLITS
from refrad2d.rows import WHO

try:  # datasets < 4 has no List
    from datasets import List
except ImportError:
    from datasets import Sequence

    def List(feature, length=-1):
        """A list of features; `Sequence` would turn a list of structs into a struct of lists, [feature] does not."""
        return [feature] if isinstance(feature, dict) else Sequence(feature, length=length)


DEFAULT_CONFIG = "report"
CONFIG_COLUMNS = {
    "report": (*WHO, "image", "report", "provenance"),
    "vqa": (*WHO, "image", "vqa", "provenance"),
    "grounded": (*WHO, "image", "mask", "objects", "absent", "report", "findings", "provenance"),
    "sft": tuple(rows.Conversation.__annotations__),
    "volumes": tuple(rows.Volume.__annotations__),
}
CONFIGS = tuple(CONFIG_COLUMNS)
_PLAIN = {str: "string", int: "int32", float: "float64"}


def feature(kind: Any) -> Any:
    """The feature of a type in rows.py. That a field may be None is not said: any column may hold nulls."""
    if is_typeddict(kind):
        return {name: feature(field) for name, field in get_type_hints(kind, include_extras=True).items()}
    if get_origin(kind) is NotRequired:  # what a later stage adds
        return feature(*get_args(kind))
    if kind == rows.Picture:
        return Image()
    if get_origin(kind) is Annotated:
        listed, length = get_args(kind)
        return List(feature(*get_args(listed)), length=length)
    if get_origin(kind) is list:
        return List(feature(*get_args(kind)))
    if get_origin(kind) is UnionType:
        return feature(next(part for part in get_args(kind) if part is not type(None)))
    return Value(_PLAIN[kind])


ROW, SFT, VOLUME = feature(rows.Row), feature(rows.Conversation), feature(rows.Volume)
REPORT, VQA, MESSAGE = feature(rows.Report), feature(rows.Question), feature(rows.Message)


def features(config: str) -> Features:
    """The `datasets` features of a config, or of the "slices" files that report and vqa are views of.

    ValueError names the configs if there is none of this name.
    """
    if config == "slices":
        return Features(ROW)
    if config not in CONFIG_COLUMNS:
        raise ValueError(f"Unknown config {config!r}. Choose from {', '.join(CONFIGS)}.")
    columns = {"sft": SFT, "volumes": VOLUME}.get(config, ROW)
    return Features({name: columns[name] for name in CONFIG_COLUMNS[config]})
