"""The card of a model says where its weights come from, and no number that results.json does not have."""

import pytest

from radgrounder.models.fingerprint import head_digest
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


def mask_figures(model):
    arms = ("head", "ellipse_in_token_box", "ellipse_in_true_box", "mean_mask")
    whole = {
        f"{arm}/{measure}": {**FIGURE, "mean": 0.5 + 0.1 * n} for n, arm in enumerate(arms) for measure in MEASURES
    }
    return {"head": head_digest(model), "structures": whole}


MEASURES = ("dice", "iou", "hausdorff95_mm")


def test_a_mask_head_has_a_section_and_figures_of_its_own(tmp_path):
    without = written(tmp_path / "plain")
    assert "## Masks" not in without and "\n\n## Training" in without
    model = tmp_path / "model"
    written(model)
    (model / "mask_head.safetensors").write_bytes(b"head")
    text = card(model, [RESULTS])
    assert "predict IMAGE --model model --masks" in text and "No figures were given" in text and "masks.png" not in text
    (model / "masks.png").write_bytes(b"picture")
    text = card(model, [RESULTS], mask_figures(model))
    assert "| mask head | 0.500 (0.400 to 0.600) |" in text and "| mean mask of training patients | 0.800" in text
    assert "](masks.png)" in text and "12 structures of new patients" in text and "$" not in text
    assert "\n\n## Training" in text


def test_figures_of_another_head_are_refused(tmp_path):
    written(tmp_path / "model")
    figures = mask_figures(tmp_path / "model")
    (tmp_path / "model" / "mask_head.safetensors").write_bytes(b"another")
    with pytest.raises(ValueError, match="of another mask head"):
        card(tmp_path / "model", [RESULTS], figures)
