"""The second language: which rows are translated, what is left out, and the judge's table of errors."""

import csv
from collections import Counter
from functools import partial

import pytest

from refrad2d.cli import main
from refrad2d.llm.client import LLM
from refrad2d.llm.translate import judge_translations, other_language, write_errors
from tests.fixtures.curation import KEPT, curate_in, good_model, kind_of, report
from tests.fixtures.llm_stub import reply, stub_server, text_of


@pytest.fixture
def curate_with(tmp_path):
    """`curate_in` in the test's folder."""
    return partial(curate_in, tmp_path)


def test_a_report_without_parallel_is_translated(curate_with):
    rows, _ = curate_with(good_model, report())
    assert [(r["language"], r["origin"]) for r in rows] == [("de", "original"), ("en", "translated")]


def test_a_parallel_report_is_not_translated(curate_with):
    def model(request):
        return reply({"findings": text_of(request)})

    _, counts = curate_with(
        model, report("Leber glatt.", series=["s"]), report("Smooth liver.", name="r2", language="en", series=["s"])
    )
    assert counts["translated"] == 0


def test_a_bad_translation_leaves_one_language(curate_with):
    def model(request):
        if kind_of(request) == "rewrite":
            return reply({"findings": KEPT})
        return reply({"translation": "Lesion on the right, 2.3 cm. No ascites."})

    rows, counts = curate_with(model, report())
    assert (len(rows), counts["untranslated_side_changed"]) == (1, 1)


def judging_model(request):
    if kind_of(request) == "judge":
        mistake = {"category": "terminology", "source": "Läsion", "translation": "Lesion", "should_be": "Mass"}
        return reply({"score": 4, "errors": [mistake]})
    return good_model(request)


def test_the_judge_writes_a_table_of_errors(curate_with, tmp_path, capsys):
    curate_with(judging_model, report())
    with stub_server(judging_model) as stub:
        main(
            [
                "audit",
                "translations",
                str(tmp_path / "out.jsonl"),
                str(tmp_path / "e.csv"),
                "--llm",
                stub.url,
                "--model",
                "stub",
            ]
        )
    with (tmp_path / "e.csv").open(encoding="utf-8", newline="") as file:
        (found,) = csv.DictReader(file)
    assert (found["category"], found["score"], found["should_be"]) == ("terminology", "4", "Mass")


def test_a_translation_has_an_id_of_its_own_and_names_its_source(curate_with):
    original, translated = curate_with(good_model, report(name=7))[0]
    assert (original["id"], translated["id"], translated["source"]) == (7, "7en", 7)


def test_the_other_language_of_two():
    assert other_language("de") == "en" and other_language("en") == "de"


def test_the_worst_errors_come_first(tmp_path):
    errors = [
        {"id": "a", "score": 4, "category": "terminology", "prompt": "p"},
        {"id": "b", "score": 1, "category": "omission", "prompt": "p"},
        {"id": "c", "score": 5, "prompt": "p"},
    ]
    assert write_errors(errors, tmp_path / "e.csv") == Counter(
        {"terminology": 1, "omission": 1, "score_1": 1, "score_4": 1, "score_5": 1}
    )
    with (tmp_path / "e.csv").open(encoding="utf-8", newline="") as file:
        assert [row["id"] for row in csv.DictReader(file)] == ["b", "a", "c"]


def test_a_sample_is_the_same_each_time(tmp_path):
    rows = [report(name=f"r{n}", curator="x") for n in range(9)]
    rows += [{**row, "id": row["id"] + "en", "language": "en", "source": row["id"]} for row in rows]
    with stub_server(lambda _: reply({"score": 5, "errors": []})) as stub:
        llm = LLM(base_url=stub.url, model="stub", cache=tmp_path / "cache", progress=False)
        drawn = [[found["id"] for found in judge_translations(rows, llm, sample=3)] for _ in range(2)]
    assert drawn[0] == drawn[1] and len(drawn[0]) == 3
