"""Mentions of anatomy in the texts of a JSONL file, found by the rules of text/mentions or by a language model.

refrad2d mentions IN.jsonl OUT.jsonl     rows {"id", "text", "language", "modality"} -> {"id", "spans"}
"""

import json
import logging
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from itertools import repeat
from pathlib import Path
from typing import Any

from refrad2d.labels import MODALITIES
from refrad2d.llm.answers import ask_mentions
from refrad2d.llm.client import LLM
from refrad2d.system.files import atomic_path
from refrad2d.text.mentions import Mention, find_mentions
from refrad2d.text.rows import MALFORMED, count_dropped, read_rows

_log = logging.getLogger(__name__)


def run(src: Path, dst: Path, *, llm: LLM | None = None) -> Counter:
    """Read rows {"id", "text", "language", "modality"} from a JSONL file, write {"id", "spans"} beside it, count them.

    With a model, it names the mentions; where its answer is no use, the rules do. Counts: kept, mentions,
    dropped_malformed and dropped_unknown_language (see text/rows), dropped_unknown_modality. The output is written
    under another name first and renamed when it is whole.
    """
    counts: Counter = Counter()
    rows: Iterable[dict[str, Any]] = read_rows(src, counts, _fault)
    named: Iterable[list[dict] | None] = repeat(None)
    if llm is not None:
        rows = list(rows)
        named = ask_mentions(rows, llm, counts)
    with atomic_path(dst) as part, part.open("w", encoding="utf-8") as out:
        for row, answer in zip(rows, named, strict=False):  # rules need no answers, so those never end
            spans = (
                [_span(m) for m in find_mentions(row["text"], row["language"], row["modality"])]
                if answer is None
                else answer
            )
            counts["kept"] += 1
            counts["mentions"] += len(spans)
            out.write(json.dumps({"id": row["id"], "spans": spans}) + "\n")
    _log.info("mentions %d in %d texts (dropped: %d)", counts["mentions"], counts["kept"], count_dropped(counts))
    return counts


def _fault(row: Mapping[str, Any]) -> str | None:
    """The classes depend on the modality, so a row without a known one says nothing."""
    if not isinstance(row.get("modality"), str):
        return MALFORMED
    return None if row["modality"] in MODALITIES else "unknown_modality"


def _span(mention: Mention) -> dict[str, Any]:
    return {**asdict(mention), "label": mention.label, "labels": list(mention.labels)}
