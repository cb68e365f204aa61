"""The card of a model says where its weights come from, and no number that results.json does not have."""

import pytest

from radgrounder.results.model_card import card

FIGURE = {"mean": 0.5, "low": 0.4, "high": 0.6, "n": 12}
RESULTS = {
    "benchmark": "refrad2d",
    "grounding": {"miou": FIGURE, "prior_miou": {**FIGURE, "mean": None}},
    "report": {"f1": {**FIGURE, "low": None, "high": None}},
    "vqa": {},
    "model": {"name": "m", "fingerprint": "f"},
    "data": "d",
}


def written(folder, **files):
    folder.mkdir()
    for name, text in files.items():
        path = folder / name.replace("__", "/")
        path.parent.mkdir(exist_ok=True)
        path.with_suffix({"INFERENCE": ".md"}.get(path.name, ".json")).write_text(text)
    return card(folder, [RESULTS])


def test_numbers_are_those_of_the_results(tmp_path):
    text = written(tmp_path / "model")
    assert "| grounding miou | 0.500 | 0.400 to 0.600 | 12 |" in text and "| report f1 | 0.500 | – | 12 |" in text
    assert "prior miou" not in text and "$" not in text


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "All weights were trained."),
        ({"pretraining": "{}"}, "Pretrained from nothing"),
        ({"adapter__adapter_config": '{"base_model_name_or_path": "/home/me/nano"}'}, "Base model: nano."),
        ({"INFERENCE": "x"}, "`INFERENCE.md`"),
    ],
)
def test_where_the_weights_come_from(tmp_path, files, said):
    text = written(tmp_path / "model", **files)
    assert said in text and "/home" not in text
    assert ("base_model:" in text) == ("adapter__adapter_config" in files)
