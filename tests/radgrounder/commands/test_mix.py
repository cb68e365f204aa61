"""`radgrounder mix`: sets that are read, shares that are parsed, what is refused."""

import pytest

from radgrounder.cli import main
from radgrounder.commands.mix import parse_shares
from radgrounder.training import mixtures


@pytest.fixture
def written(monkeypatch):
    """What would be written: rows, folder and text of the last call."""
    calls = []

    def write(rows, out, *, about):
        calls.append((rows, out.name, about))
        return {split: len(found) for split, found in rows.items()}

    monkeypatch.setattr(mixtures, "write_config", write)
    return calls


@pytest.mark.parametrize(("name", "reader"), [("slake", "read_slake"), ("vqa-rad", "read_vqa_rad")])
def test_a_public_set_becomes_a_training_set(name, reader, written, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(mixtures, reader, lambda root: {"train": [1, 2], "validation": [3]})
    assert main(["mix", name, str(tmp_path), str(tmp_path / "out")]) == 0
    assert written[0][2] == f"The training and validation questions of {name}, split by picture."
    assert capsys.readouterr().out == f"{tmp_path / 'out'}: 2 train, 1 validation\n"


def test_sets_are_mixed_by_their_shares(written, monkeypatch):
    monkeypatch.setattr(mixtures, "read_config", lambda folder: folder.name)
    monkeypatch.setattr(mixtures, "mix", lambda sets, shares, seed: {"train": [sets, shares, seed]})
    assert main(["mix", "sets", "out", "x/a=0.8", "x/b=0.2", "--seed", "3"]) == 0
    assert written[0][0]["train"] == [{"x/a": "a", "x/b": "b"}, {"x/a": 0.8, "x/b": 0.2}, 3]
    assert written[0][2] == "A mixture of a (0.8), b (0.2)."


def test_a_folder_may_hold_an_equals_sign():
    assert parse_shares(["a=b/c=0.5"]) == {"a=b/c": 0.5}


@pytest.mark.parametrize("source", ["folder", "folder=", "folder=half", "=0.5"])
def test_what_is_no_share_is_refused(source, tmp_path, capsys):
    assert main(["mix", "sets", str(tmp_path / "out"), source]) == 2
    assert f"{source!r} is no FOLDER=SHARE. Write build/slake=0.5." in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_set_that_is_not_there_is_refused(tmp_path, capsys):
    assert main(["mix", "slake", str(tmp_path / "none"), str(tmp_path / "out")]) == 2
    assert "is no folder. Give the folder that holds train.json" in capsys.readouterr().err


def test_a_set_is_capped_by_its_options(written, tmp_path, monkeypatch):
    from refrad2d.mixture import Mixture

    calls = []
    monkeypatch.setattr(mixtures, "cap", lambda folder, kept, **rest: calls.append((kept, rest)) or {"train": [1]})
    out = str(tmp_path / "out")
    assert main(["mix", "cap", str(tmp_path), out]) == 0
    assert main(["mix", "cap", str(tmp_path), out, "--places", "0", "--draws", "2", "--packed"]) == 0
    assert calls == [
        (Mixture(), {"draws": 1, "packed": False}),
        (Mixture(1, 8, 0, 1), {"draws": 2, "packed": True}),
    ]
    assert written[1][2].endswith(
        "8 questions, 0 places and 1 absent structures of a slice, one row a slice; draws: 2."
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--draws", "0"], "--draws 0 is not positive"),
        (["--places", "-1"], "keeps nothing"),
        (["--reports", "0", "--questions", "0", "--places", "0", "--absent", "0"], "keeps nothing"),
        ([], "has no sft config. Give the refrad2d folder of a build."),
    ],
)
def test_what_cannot_be_capped_is_refused(options, message, tmp_path, capsys):
    (tmp_path / "data").mkdir()
    assert main(["mix", "cap", str(tmp_path / "data"), str(tmp_path / "out"), *options]) == 2
    assert message in capsys.readouterr().err and not (tmp_path / "out").exists()


def test_masks_as_text_need_a_codec_and_a_dataset(written, tmp_path, monkeypatch, capsys):
    import datasets

    from radgrounder.masks import codec_training
    from radgrounder.training import mask_rows
    from radgrounder.training.mask_rows import Asked

    given = ["mix", "masks", str(tmp_path), str(tmp_path / "out"), "--codec", str(tmp_path / "codec")]
    assert main(given) == 2 and "There is no codec" in capsys.readouterr().err
    (tmp_path / "codec").write_bytes(b"codec")
    assert main([*given, "--draws", "0"]) == 2 and "--draws 0 is not positive" in capsys.readouterr().err
    calls = []
    monkeypatch.setattr(codec_training, "load_codec", lambda path: path.name)
    monkeypatch.setattr(datasets, "load_dataset", lambda data, config: {"train": [1], "validation": [2], "test": [3]})
    monkeypatch.setattr(mask_rows, "mask_rows", lambda rows, *asked, draws: calls.append((rows, *asked, draws)) or rows)
    assert main([*given, "--draws", "3", "--places", "1"]) == 0
    asked = Asked(structures=8, places=1, absent=1)
    assert calls == [([1], "codec", asked, 3), ([2], "codec", asked, 1)]  # of test patients nothing
    assert written[0][2] == "Masks as text: sixteen codes behind each span."
