"""The configs of a dataset and their columns, as `datasets` features, as an Arrow schema, and as the YAML of a card.

All three follow from the types in rows.py, through what `datasets` writes into the metadata of a Parquet file. Only
`features` imports `datasets`, which takes longer than all else that a small build imports.
"""

import json
from functools import cache
from importlib.metadata import version
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, NotRequired, get_args, get_origin, get_type_hints, is_typeddict

import pyarrow as pa

from refrad2d import rows
from refrad2d.layout import SFT_SPLITS as SFT_SPLITS
from refrad2d.layout import SPLITS as SPLITS
from refrad2d.rows import WHO

if TYPE_CHECKING:
    from datasets import Features

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
_ARROW = {"string": pa.string(), "int32": pa.int32(), "float64": pa.float64()}

Field = dict[str, Any]  # {"_type": "Value" | "List" | "Image", …}, or the fields of a struct by name


def describe(kind: Any) -> Field:
    """A type in rows.py as the metadata of Parquet says it. That a field may be None is not said: any may be null."""
    if is_typeddict(kind):
        return {name: describe(field) for name, field in get_type_hints(kind, include_extras=True).items()}
    if get_origin(kind) is NotRequired:  # what a later stage adds
        return describe(*get_args(kind))
    if kind == rows.Picture:
        return {"_type": "Image"}
    if get_origin(kind) is Annotated:
        listed, length = get_args(kind)
        return {"feature": describe(*get_args(listed)), "length": length, "_type": "List"}
    if get_origin(kind) is list:
        return {"feature": describe(*get_args(kind)), "_type": "List"}
    if get_origin(kind) is UnionType:
        return describe(next(part for part in get_args(kind) if part is not type(None)))
    return {"dtype": _PLAIN[kind], "_type": "Value"}


NUMBER = describe(float)
ROW, SFT, VOLUME, VQA = (describe(kind) for kind in (rows.Row, rows.Conversation, rows.Volume, rows.Question))


def columns(config: str) -> dict[str, Field]:
    """The columns of a config, or of the "slices" files that report and vqa are views of, in their order.

    ValueError names the configs if there is none of this name.
    """
    if config == "slices":
        return ROW
    if config not in CONFIG_COLUMNS:
        raise ValueError(f"Unknown config {config!r}. Choose from {', '.join(CONFIGS)}.")
    described = {"sft": SFT, "volumes": VOLUME}.get(config, ROW)
    return {name: described[name] for name in CONFIG_COLUMNS[config]}


def features(config: str) -> "Features":
    """The `datasets` features of `columns`."""
    from datasets import Features

    return Features({name: feature(field) for name, field in columns(config).items()})


def feature(field: Field) -> Any:
    """The `datasets` feature of a field."""
    import datasets

    if "_type" not in field:
        return {name: feature(inner) for name, inner in field.items()}
    if field["_type"] == "Image":
        return datasets.Image()
    if field["_type"] == "Value":
        return datasets.Value(field["dtype"])
    listed, length = feature(field["feature"]), field.get("length", -1)
    if not _is_old():
        return datasets.List(listed, length=length)
    # datasets < 4 has no List, and its Sequence would turn a list of structs into a struct of lists
    return [listed] if isinstance(listed, dict) else datasets.Sequence(listed, length=length)


def arrow_schema(config: str) -> pa.Schema:
    """The schema of the Parquet files of a config: that of its `features`, with their metadata."""
    if _is_old():
        return features(config).arrow_schema
    fields = columns(config)
    about = {"huggingface": json.dumps({"info": {"features": fields}})}
    return pa.schema({name: _arrow_type(field) for name, field in fields.items()}, about)


def _arrow_type(field: Field) -> pa.DataType:
    kind = field.get("_type")
    if kind == "Image":
        return pa.struct({"bytes": pa.binary(), "path": pa.string()})
    if kind == "Value":
        return _ARROW[field["dtype"]]
    if kind == "List":
        return pa.list_(_arrow_type(field["feature"]), field.get("length", -1))
    return pa.struct({name: _arrow_type(inner) for name, inner in field.items()})


def card_fields(config: str) -> list[Any]:
    """The features of a config as the YAML of a card has them."""
    return features(config)._to_yaml_list() if _is_old() else _card_field(columns(config))["struct"]


def _card_field(field: Field) -> dict[str, Any]:
    kind = field.get("_type")
    if kind == "Image":
        return {"dtype": "image"}
    if kind == "Value":
        return {"dtype": field["dtype"]}
    if kind == "List":
        listed = _card_field(field["feature"])
        short = next(iter(listed.values())) if list(listed) in (["dtype"], ["struct"]) else listed
        return {"list": short, **({"length": field["length"]} if "length" in field else {})}
    return {"struct": [{"name": name, **_card_field(inner)} for name, inner in field.items()]}


@cache
def _is_old() -> bool:
    """True for datasets < 4, which writes and reads lists in another way."""
    return int(version("datasets").partition(".")[0]) < 4
