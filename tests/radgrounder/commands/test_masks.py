"""`radgrounder masks`: what is refused, and what is handed on."""

import pytest

from radgrounder.cli import main
from radgrounder.evaluation import masks as judge


def test_figures_are_printed(monkeypatch, capsys, tmp_path):
    asked = {}
    monkeypatch.setattr(judge, "run", lambda *args, **more: asked.update(more, args=args) or {})
    monkeypatch.setattr(judge, "format_masks", lambda result: "Dice 1\n")
    assert main(["masks", "m", "--data", "d", "--out", str(tmp_path), "--limit", "5"]) == 0
    assert capsys.readouterr().out == "Dice 1\n"
    assert asked == {"args": ("m", "d", tmp_path), "limit": 5, "batch_size": 64}


@pytest.mark.parametrize("flag", ["--limit", "--batch-size"])
def test_counts_have_to_be_positive(flag, capsys, tmp_path):
    assert main(["masks", "m", "--data", "d", "--out", str(tmp_path), flag, "0"]) == 2
    assert f"{flag} 0 is not positive" in capsys.readouterr().err
