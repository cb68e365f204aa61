"""The second language of a text by a language model, and the judge that finds what its prompt should be told.

    refrad2d audit translations CURATED.jsonl ERRORS.csv --llm URL --model NAME [--sample 200]

It scores sampled translations of a curated file from 1 to 5 and lists their errors in a table, the worst first:
what to improve prompts/translate.md with.
"""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path

from refrad2d.labels import LANGUAGES
from refrad2d.llm.checks import check_translation
from refrad2d.llm.client import LLM, Check
from refrad2d.llm.prompts import load_prompt
from refrad2d.rows import CONTEXT_COLUMNS
from refrad2d.system.files import atomic_path

ERROR_COLUMNS = ("id", "score", "category", "source", "translation", "should_be", "prompt")
_NAMES = {"de": "German", "en": "English"}


def other_language(language: str) -> str:
    """The other one of the two."""
    return next(other for other in LANGUAGES if other != language)


def translate_rows(rows: Sequence[Mapping], llm: LLM, counts: Counter) -> Iterator[dict]:
    """Translations of the rows that have no parallel in the other language.

    Rows are parallel if they speak of the same series and images. A translated row has an id of its own, `origin`
    translated, and `source`, the id of the original. What fails a check is left out: the text then has one language.
    """
    spoken = {(_subject(row), row["language"]) for row in rows}
    alone = [row for row in rows if (_subject(row), other_language(row["language"])) not in spoken]
    prompt = load_prompt("translate")
    replies = llm.ask_all(prompt, map(_ask, alone))
    for row, reply in zip(alone, replies, strict=True):
        if reply.value is None:
            counts[f"untranslated_{reply.reason}"] += 1
            continue
        counts["translated"] += 1
        language = other_language(row["language"])
        yield {
            **row,
            "id": f"{row['id']}{language}",
            "source": row["id"],
            "language": language,
            "text": reply.value["translation"].strip(),
            "origin": "translated",
            "curator": f"{row['curator']}+{llm.model}@{prompt.name}:{prompt.hash}",
            **dict.fromkeys(CONTEXT_COLUMNS),
        }


def _subject(row: Mapping) -> tuple:
    return tuple(row.get("series") or (row["id"],)), tuple(row.get("named") or ())


def _ask(row: Mapping) -> tuple[str, Check]:
    languages = (row["language"], other_language(row["language"]))

    def check(answer: Mapping) -> str | None:
        return check_translation(row["text"], answer["translation"], languages=languages)

    return f"{_NAMES[languages[1]]}\n{row['text']}", check


def judge_translations(rows: Iterable[Mapping], llm: LLM, *, sample: int = 200) -> Iterator[dict]:
    """The errors of sampled translations, dicts of ERROR_COLUMNS, and one without category for each faultless text.

    The sample is drawn by a hash of the ids: the same file gives the same sample.
    """
    texts = {row["id"]: row for row in rows}
    pairs = [(texts[row["source"]], row) for row in texts.values() if row.get("source") in texts]
    drawn = sorted(pairs, key=lambda pair: sha256(pair[1]["id"].encode()).hexdigest())[:sample]
    questions = (
        (f"Source: {source['text']}\nTranslation: {translation['text']}", None) for source, translation in drawn
    )
    for (_, row), reply in zip(drawn, llm.ask_all(load_prompt("judge"), questions), strict=True):
        common = {"id": row["id"], "prompt": row["curator"].rpartition(":")[2]}
        if reply.value is None:
            yield {**common, "score": "", "category": f"unjudged_{reply.reason}"}
        else:
            for error in reply.value["errors"] or [{}]:
                yield {**common, "score": reply.value["score"], **error}


def write_errors(rows: Iterable[Mapping], dst: Path) -> Counter:
    """Write the error table, the worst scores first. Returns the number of errors by category and of texts by score."""
    table = sorted(rows, key=lambda row: (row["score"] or 0, row["id"]))
    with atomic_path(dst) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ERROR_COLUMNS, restval="")
        writer.writeheader()
        writer.writerows(table)
    counts = Counter(row["category"] for row in table if row.get("category"))
    counts.update(f"score_{score}" for score in {row["id"]: row["score"] for row in table if row["score"]}.values())
    return counts
