"""`refrad2d draw`, `verify` and `explain`: what they print and exit with."""

import json

import pytest
from PIL import Image

from refrad2d.cli import main
from refrad2d.operations.verify import Fault


def test_draw_makes_the_folder_and_prints_the_name(monkeypatch, tmp_path, capsys):
    asked = {}

    def sheet(dataset, **settings):
        asked.update(settings)
        return Image.new("RGB", (8, 8))

    monkeypatch.setattr("refrad2d.drawing.contact_sheet", sheet)
    out = tmp_path / "new" / "sheet.png"
    assert main(["draw", "set", str(out), "--rows", "3", "--split", "test", "--language", "de"]) == 0
    assert asked == {"rows": 3, "split": "test", "window": "soft_tissue", "language": "de"}
    assert Image.open(out).size == (8, 8) and capsys.readouterr().out == f"{out}\n"


@pytest.mark.parametrize(("faults", "code"), [([], 0), ([Fault("a.tar", "k1", "box"), Fault("b", "", "hash")], 1)])
def test_verify_prints_a_json_line_a_fault(monkeypatch, tmp_path, capsys, faults, code):
    monkeypatch.setattr("refrad2d.operations.verify.verify", lambda folder: iter(faults))
    assert main(["verify", str(tmp_path)]) == code
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == [f._asdict() for f in faults]


def test_verify_needs_a_folder(tmp_path, capsys):
    assert main(["verify", str(tmp_path / "no")]) == 2 and "does not exist" in capsys.readouterr().err


def test_explain_names_the_file_at_a_position_of_the_sorted_list(tmp_path, capsys):
    for name in ("b", "a", "c"):
        (tmp_path / name).write_text("x")
    assert main(["explain", str(tmp_path), "1", "--root", "masks-b001"]) == 0
    assert capsys.readouterr().out == "b\n"


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["1"], "Position 1 is outside 0..0. Take n from accounting.jsonl."),
        (["0", "--root", "input"], "Unknown root 'input'. Choose from export, masks, reports, or such as export-b001."),
    ],
)
def test_explain_refuses_what_accounting_cannot_say(tmp_path, capsys, words, error):
    (tmp_path / "a").write_text("x")
    assert main(["explain", str(tmp_path), *words]) == 2
    assert capsys.readouterr().err == f"refrad2d: error: {error}\n"


def test_explain_lists_the_files_of_a_reason(tmp_path, capsys, monkeypatch):
    for name in ("a.dcm", "b.txt", "c.dcm"):
        (tmp_path / "export" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "export" / name).write_bytes(b"")
    (tmp_path / "ds").mkdir()
    lines = [{"root": "export", "n": n, "status": "dropped", "reason": r} for n, r in enumerate("xyx")]
    (tmp_path / "ds" / "accounting.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    monkeypatch.chdir(tmp_path)
    assert main(["explain", "export", "--reason", "x"]) == 0
    assert capsys.readouterr().out.split() == ["0", "a.dcm", "2", "c.dcm"]
    assert main(["explain", "export", "--reason", "z"]) == 2
    assert "Nothing was left out for 'z'. Choose from x, y" in capsys.readouterr().err
    (tmp_path / "ds" / "stats.json").write_text(json.dumps({"ready": {"dropped_z": 3}, "format": 4}))
    assert main(["explain", "export", "--reason", "z"]) == 2
    assert "Only parts (3) of kept files were left out for 'z'" in capsys.readouterr().err
    (tmp_path / "ds" / "stats.json").write_text(json.dumps({"reports": {"dropped_z": 3}}))
    assert main(["explain", "export", "--reason", "z"]) == 2
    assert "Rows (3) of the report table were left out for 'z'" in capsys.readouterr().err
    assert main(["explain", "export"]) == 2
