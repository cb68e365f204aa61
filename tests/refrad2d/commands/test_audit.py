"""`refrad2d inspect` and `refrad2d audit`: what they print and exit with."""

import json
from pathlib import Path

import numpy as np
import pytest

from refrad2d.cli import main
from refrad2d.dataset.leaks import Hashed


@pytest.mark.parametrize("words", [["inspect"], ["audit", "privacy"]])
def test_both_names_write_the_privacy_report(monkeypatch, tmp_path, capsys, words):
    asked = []
    monkeypatch.setattr("refrad2d.operations.privacy_report.run", lambda *paths: asked.append(paths))
    assert main([*words, str(tmp_path), "--benchmarks", "b"]) == 0
    assert asked == [(tmp_path, Path("b"))]
    assert capsys.readouterr().out == f"{tmp_path / 'privacy-report.html'}\n"


@pytest.mark.parametrize("words", [["inspect"], ["audit", "privacy"], ["audit", "leaks"]])
def test_a_folder_that_is_not_there_is_a_wrong_argument(tmp_path, capsys, words):
    assert main([*words, str(tmp_path / "no")]) == 2 and "does not exist" in capsys.readouterr().err


def test_leaks_are_one_json_object(monkeypatch, tmp_path, capsys):
    bits = np.random.default_rng(0).choice([-1.0, 1.0], 256).astype(np.float32)
    (tmp_path / "refrad2d" / "data").mkdir(parents=True)
    (tmp_path / "refrad2d" / "data" / "slices-train-00000-of-00001.parquet").touch()
    pictures = [Hashed("a", "train", bits), Hashed("b", "test", bits), Hashed("c", "test", -bits)]
    monkeypatch.setattr("refrad2d.dataset.leaks.hash_rows", lambda paths: iter(pictures))
    assert main(["audit", "leaks", str(tmp_path)]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "places": [{"one": "train", "other": "test", "pictures": [1, 2], "pairs": 1, "seen": 1}],
        "pairs": [["a", "b", 0]],
    }


def test_leaks_need_a_dataset(tmp_path, capsys):
    assert main(["audit", "leaks", str(tmp_path)]) == 2 and "holds no slices-*.parquet" in capsys.readouterr().err


def test_translations_are_judged_and_their_errors_counted(monkeypatch, tmp_path, capsys):
    (tmp_path / "curated.jsonl").write_text('{"id": "r1"}\n')
    seen = {}

    def judge(rows, llm, *, sample):
        seen.update(rows=list(rows), cache=llm.cache.name, sample=sample)
        return [{"id": "r1en", "score": 3, "category": "number"}, {"id": "r1en", "score": 3, "category": "number"}]

    monkeypatch.setattr("refrad2d.llm.translate.judge_translations", judge)
    errors = tmp_path / "e.csv"
    words = [str(tmp_path / "curated.jsonl"), str(errors), "--llm", "http://127.0.0.1:1/v1", "--model", "m"]
    assert main(["audit", "translations", *words, "--sample", "9"]) == 0
    assert seen == {"rows": [{"id": "r1"}], "cache": "e.csv.llm-cache", "sample": 9}
    assert capsys.readouterr().out == f"{errors}: 2 number, 1 score_3\n"
