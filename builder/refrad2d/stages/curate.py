"""The findings texts of a JSONL file as one examination shows them, by the rules of text/temporal or a language model.

    refrad2d curate IN.jsonl OUT.jsonl     rows {"id", "text", "language", …} -> the same with curated text, curator

With a model, it rewrites and translates; its output is checked against the input, and the rules take over where it
fails.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, tee
from pathlib import Path

from refrad2d.grounding import neutralise
from refrad2d.llm.checks import check_rewrite, cut_instructions
from refrad2d.llm.client import LLM, Check
from refrad2d.llm.prompts import load_prompt
from refrad2d.llm.translate import translate_rows
from refrad2d.system.files import write_jsonl
from refrad2d.text.decoding.controls import strip_controls
from refrad2d.text.rows import read_rows
from refrad2d.text.sections import findings_sections
from refrad2d.text.temporal import curate

RULES_CURATOR = "rules"  # what the `curator` of a row says when no language model had a part in it


def _fault(row: Mapping) -> str | None:
    return None if row["text"].strip() else "no_findings"


def curate_rows(rows: Iterable[Mapping], counts: Counter) -> Iterator[tuple[Mapping, str]]:
    """Each row with its curated text; those of which nothing is left are dropped and counted by reason."""
    for row in rows:
        told, cut = findings_sections(neutralise(strip_controls(row["text"])), row["language"])
        if cut:
            counts["sections_left_out"] += cut
        source = cut_instructions(told, row["language"])
        text = curate(source, row["language"], counts)
        if text:
            yield {**row, "text": source}, text
        else:
            why = "temporal_only" if source else "instructions_only" if told else "sections_only"
            counts[f"dropped_{why}"] += 1


def rewrite_rows(rows: Iterable[tuple[Mapping, str]], llm: LLM, counts: Counter) -> Iterator[tuple[Mapping, str, str]]:
    """Rows with the text of the model if it stands up to the checks, else with that of the rules; and the curator."""
    prompt = load_prompt("rewrite")

    def ask(row: Mapping, kept: str) -> tuple[str, Check]:
        def check(answer: Mapping) -> str | None:
            return check_rewrite(row["text"], kept, answer["findings"], row["language"])

        return row["text"], check

    asked, waiting = tee(rows)
    for (row, kept), reply in zip(waiting, llm.ask_all(prompt, (ask(*pair) for pair in asked)), strict=True):
        # What the model overlooked, the rules may still find.
        text = curate(reply.value["findings"], row["language"]) if reply.value else ""
        if text:
            counts["rewritten"] += 1
            yield row, text, f"{llm.model}@{prompt.name}:{prompt.hash}"
        else:
            counts[f"fallback_{reply.reason or 'empty'}"] += 1
            yield row, kept, f"{RULES_CURATOR}:{reply.reason or 'empty'}"


def run(src: Path, dst: Path, *, llm: LLM | None = None) -> Counter:
    """Curate a JSONL file of {"id", "text", "language", …} into another.

    A row keeps its other fields and gains `curator` and, unless it has one, `origin`. With a model, texts without a
    parallel in the other language get a translated row. Returns how many texts were kept, dropped_<reason>, rewritten,
    fallback_<reason>, translated, untranslated_<reason>; and as kept_unsure how many sentences stayed as they are,
    since no rewrite was sure.
    """
    counts: Counter = Counter()
    curated = curate_rows(read_rows(src, counts, _fault), counts)
    texts: Iterator[tuple[Mapping, str, str]]
    if llm is None:
        texts = ((row, text, RULES_CURATOR) for row, text in curated)
    else:
        texts = rewrite_rows(curated, llm, counts)
    rows: Iterator[dict] = (
        {"origin": "original", **row, "text": text, "curator": curator} for row, text, curator in texts
    )
    if llm is not None:
        originals = list(rows)
        rows = chain(originals, translate_rows(originals, llm, counts))

    def counted() -> Iterator[dict]:
        for row in rows:
            counts["kept"] += 1
            yield row

    write_jsonl(dst, counted())
    return counts
