"""`refrad2d deidentify`, `curate` and `mentions` on small files."""

import pytest

from refrad2d.cli import main
from refrad2d.system.files import read_jsonl, write_jsonl

ROW = {"id": "r1", "text": "Die Leber ist glatt.", "language": "de", "modality": "CT"}
each = pytest.mark.parametrize("name", ["deidentify", "curate", "mentions"])


@each
def test_a_text_goes_through_and_counts_are_printed(name, tmp_path, capsys):
    write_jsonl(tmp_path / "in.jsonl", [ROW])
    assert main([name, str(tmp_path / "in.jsonl"), str(tmp_path / "out.jsonl")]) == 0
    (found,) = read_jsonl(tmp_path / "out.jsonl")
    assert found["id"] == "r1" and ("spans" if name == "mentions" else "text") in found
    captured = capsys.readouterr()
    assert captured.out == "" and captured.err.startswith(f"{name}: 1 ")


@each
def test_a_file_that_is_not_there_is_a_wrong_argument(name, tmp_path, capsys):
    assert main([name, str(tmp_path / "no.jsonl"), str(tmp_path / "out.jsonl")]) == 2
    assert "no.jsonl does not exist. Give a JSONL file with id, text" in capsys.readouterr().err


@each
def test_no_text_gives_no_text(name, tmp_path):
    (tmp_path / "in.jsonl").touch()
    assert main([name, str(tmp_path / "in.jsonl"), str(tmp_path / "out.jsonl")]) == 0


def test_texts_of_which_none_is_left_are_exit_code_1(tmp_path):
    write_jsonl(tmp_path / "in.jsonl", [{**ROW, "text": ""}])
    assert main(["curate", str(tmp_path / "in.jsonl"), str(tmp_path / "out.jsonl")]) == 1


@pytest.mark.parametrize("name", ["curate", "mentions"])
def test_a_server_needs_the_name_of_its_model(name, tmp_path, capsys):
    write_jsonl(tmp_path / "in.jsonl", [ROW])
    words = [name, str(tmp_path / "in.jsonl"), str(tmp_path / "out.jsonl"), "--llm", "http://127.0.0.1:1/v1"]
    assert main(words) == 2 and "--llm is given without --model" in capsys.readouterr().err
