"""`refrad2d deidentify`, `curate` and `mentions`: the stages that work on texts, on a JSONL file of one's own."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from refrad2d.commands.shared import LanguageModel, open_llm
from refrad2d.system.arguments import argument, command


@dataclass(frozen=True, kw_only=True)
class Texts:
    """Where texts come from and go to."""

    source: Path = argument("rows with id, text, language and modality", metavar="IN.jsonl")
    target: Path = argument("file to write", metavar="OUT.jsonl")


@dataclass(frozen=True, kw_only=True)
class TextsWithModel(LanguageModel, Texts):
    """The same, with a language model that may help."""


@command("deidentify", example="reports.jsonl clean.jsonl")
def deidentify(given: Texts) -> int:
    """Remove names, dates, numbers and places from texts.

    In: rows {"id", "text", "language"}, and "known": a list of strings that must go. Out: rows {"id", "text"}.
    """
    from refrad2d.privacy.deidentify import run

    _require_source(given)
    return _finish("deidentify", given, run)


@command("curate", example="clean.jsonl curated.jsonl")
def curate(given: TextsWithModel) -> int:
    """Remove temporal context from reports.

    In: rows {"id", "text", "language", "modality"}. Out: rows {"id", "text"}, with a language model also translations.
    """
    from refrad2d.stages.curate import run

    _require_source(given)
    return _finish("curate", given, run, **_with_model(given))


@command("mentions", example="curated.jsonl spans.jsonl")
def mentions(given: TextsWithModel) -> int:
    """Find the 121 anatomical classes in texts.

    In: rows {"id", "text", "language", "modality"}. Out: rows {"id", "spans": [{start, end, label, labels, negated}]}.
    """
    from refrad2d.stages.mentions import run

    _require_source(given)
    return _finish("mentions", given, run, **_with_model(given))


def _require_source(given: Texts) -> None:
    if not given.source.is_file():
        raise ValueError(f"{given.source} does not exist. Give a JSONL file with id, text, language and modality.")


def _with_model(given: TextsWithModel) -> dict:
    llm = open_llm(given.server, given.model, given.target)
    return {"llm": llm} if llm else {}


def _finish(name: str, given: Texts, work: Callable[..., Mapping[str, int]], **settings) -> int:
    """Do the work and print its counts; exit code 1 if there were texts and none is left."""
    counts = work(given.source, given.target, **settings)
    print(f"{name}: " + ", ".join(f"{n:,} {reason}" for reason, n in sorted(counts.items())), file=sys.stderr)
    return 0 if given.target.stat().st_size or not given.source.stat().st_size else 1
