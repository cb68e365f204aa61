"""`refrad2d phantom`."""

import pytest

from refrad2d.cli import main


@pytest.fixture
def asked(monkeypatch):
    """What the phantom was asked for, instead of an export."""
    calls = []

    def write(out, **settings):
        calls.append((out.name, settings))
        return {"patients": settings["patients"], "slices": 1234}

    monkeypatch.setattr("refrad2d.phantom.run", write)
    return calls


def test_the_phantom_gets_the_defaults_that_help_names(asked, tmp_path, capsys):
    assert main(["phantom", str(tmp_path / "new")]) == 0
    (out, settings), *_ = asked
    assert (out, settings) == ("new", {"patients": 20, "seed": 0, "site": "A", "regions": ("abdomen_ct",)})
    assert capsys.readouterr().out == f"{tmp_path / 'new'}: 20 patients, 1,234 slices\n"


def test_options_reach_the_phantom(asked, tmp_path):
    words = ["--patients", "2", "--seed", "5", "--site", "C", "--regions", "chest_ct", "head_mr"]
    assert main(["phantom", str(tmp_path / "new"), *words]) == 0
    assert asked[0][1] == {"patients": 2, "seed": 5, "site": "C", "regions": ("chest_ct", "head_mr")}


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["--patients", "0"], "--patients 0 is not positive. Give at least 1."),
        (["--regions", "leg_ct"], "Unknown region 'leg_ct'. Choose from abdomen_ct,"),
    ],
)
def test_wrong_options_are_one_line_and_exit_code_2(asked, tmp_path, capsys, words, error):
    assert main(["phantom", str(tmp_path / "new"), *words]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"refrad2d: error: {error}") and said.count("\n") == 1 and asked == []


def test_a_folder_with_content_is_left_alone(asked, tmp_path, capsys):
    (tmp_path / "mine").write_text("x")
    assert main(["phantom", str(tmp_path)]) == 2
    assert "is not empty. Choose a new folder." in capsys.readouterr().err and asked == []
