"""`radgrounder audit`: what it prints, and that its default is that of the builder's leaks."""

import json

from radgrounder.cli import main
from radgrounder.commands.audit import Audit
from radgrounder.evaluation import contamination
from refrad2d.dataset.leaks import BITS, MAX_DISTANCE, Match


def test_the_audit_is_printed_as_json(monkeypatch, capsys):
    found = contamination.Audit(2, 1, 1, [Match(0, 1, 3)], 5, 4)
    monkeypatch.setattr(contamination, "audit_benchmark", lambda *given, most_bits: found)
    assert main(["audit", "--train", "t", "--benchmark", "slake", "--data", "d"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["test_questions_seen"] == 4 and shown["matches"] == [{"one": 0, "other": 1, "bits": 3}]


def test_the_default_is_that_of_the_leaks():
    given = Audit(train="t", benchmark="slake", data="d")
    assert given.bits == MAX_DISTANCE and BITS == 256  # which the help says


def test_a_training_set_that_is_not_there_is_refused(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(contamination, "load_benchmark", lambda name, data: None)
    assert main(["audit", "--train", str(tmp_path / "none"), "--benchmark", "slake", "--data", "d"]) == 2
    assert capsys.readouterr().err == (
        f"radgrounder: error: {tmp_path / 'none'} has no config sft to train on. Give the refrad2d folder of a build.\n"
    )


def test_an_unknown_benchmark_is_refused(capsys):
    assert main(["audit", "--train", "t", "--benchmark", "pathvqa", "--data", "d"]) == 2
    assert "Unknown benchmark 'pathvqa'" in capsys.readouterr().err
