"""Out of a PaliGemma and back: only the vision tower changes, and stock classes load what is written."""

import json

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForImageTextToText, SiglipConfig, SiglipModel

from radgrounder.contrast.towers import (
    NOTE,
    TOWERS,
    TextShape,
    build_towers,
    load_tower,
    load_towers,
    random_tower,
    save_towers,
    write_back,
)
from tests.fixtures.tiny_models import save_nano


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    folder = save_nano(tmp_path_factory.mktemp("towers") / "nano")
    (folder / "calibration.json").write_text("{}")
    (folder / "fingerprint.json").write_text("{}")
    return folder


@pytest.fixture
def towers(base):
    return build_towers(base, TextShape(layers=1, length=12))


def test_the_vision_tower_is_the_base_s_with_a_head(base, towers):
    own, taken = load_tower(base).state_dict(), towers.model.vision_model.state_dict()
    assert all(torch.equal(own[name], taken[name]) for name in own)
    assert all(name.startswith("head.") for name in taken.keys() - own.keys())
    assert towers.model.vision_model.config.vision_use_head and not load_tower(base).config.vision_use_head


def test_the_start_is_that_of_siglip_and_follows_from_the_seed(base, towers):
    assert float(towers.model.logit_scale.exp()) == pytest.approx(10) and float(towers.model.logit_bias) == -10
    again, other = (build_towers(base, TextShape(layers=1, length=12), seed=seed).model for seed in (0, 1))
    word = towers.model.text_model.embeddings.token_embedding.weight
    assert torch.equal(word, again.text_model.embeddings.token_embedding.weight)
    assert not torch.equal(word, other.text_model.embeddings.token_embedding.weight)


def test_a_random_tower_has_the_shape_and_nothing_else(base):
    own = load_tower(base)
    made = random_tower(own)
    assert made.state_dict().keys() == own.state_dict().keys()
    assert not torch.equal(made.embeddings.patch_embedding.weight, own.embeddings.patch_embedding.weight)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16])
def test_only_vision_weights_change_and_stock_classes_load_the_folder(base, towers, dtype, tmp_path):
    stored = AutoModelForImageTextToText.from_pretrained(base).to(dtype)
    stored.save_pretrained(tmp_path / "base")
    for path in base.glob("*"):
        if not (tmp_path / "base" / path.name).exists():
            (tmp_path / "base" / path.name).write_bytes(path.read_bytes())
    with torch.no_grad():
        for parameter in towers.model.vision_model.parameters():
            parameter.add_(0.25)
    count = write_back(tmp_path / "base", towers, tmp_path / "out", about={"steps": 3})
    before, after = (load_file(tmp_path / name / "model.safetensors") for name in ("base", "out"))
    moved = {name for name in before if not torch.equal(before[name], after[name])}
    assert moved == {name for name in before if "vision_tower" in name} and len(moved) == count
    assert before.keys() == after.keys() and {t.dtype for t in after.values()} == {dtype}
    loaded = AutoModelForImageTextToText.from_pretrained(tmp_path / "out", dtype=torch.float32).model.vision_tower
    wanted = {n: t.to(dtype).float() for n, t in towers.model.vision_model.state_dict().items()}
    assert all(torch.equal(tensor, wanted[name]) for name, tensor in loaded.state_dict().items())
    assert json.loads((tmp_path / "out" / NOTE).read_text()) == {"steps": 3}
    assert (tmp_path / "out" / "fingerprint.json").is_file() and not (tmp_path / "out" / "calibration.json").exists()


def test_weights_in_several_files_are_written_back_into_their_files(base, towers, tmp_path):
    AutoModelForImageTextToText.from_pretrained(base).save_pretrained(tmp_path / "base", max_shard_size="60KB")
    assert len(list((tmp_path / "base").glob("model-*.safetensors"))) > 2
    with torch.no_grad():
        towers.model.vision_model.embeddings.patch_embedding.bias.fill_(7)
    write_back(tmp_path / "base", towers, tmp_path / "out", about={})
    loaded = AutoModelForImageTextToText.from_pretrained(tmp_path / "out").model.vision_tower
    assert (loaded.embeddings.patch_embedding.bias == 7).all()
    names = [{path.name for path in (tmp_path / folder).glob("model*")} for folder in ("base", "out")]
    assert names[0] == names[1]


def test_both_towers_are_kept_for_judging(towers, tmp_path):
    save_towers(towers, tmp_path / TOWERS)
    again = load_towers(tmp_path)
    assert again.length == towers.length
    kept = again.model.state_dict()
    assert all(torch.equal(tensor, kept[name]) for name, tensor in towers.model.state_dict().items())
    assert again.tokenizer("liver")["input_ids"] == towers.tokenizer("liver")["input_ids"]


def test_the_text_tower_of_a_checkpoint_brings_its_head_scale_and_bias(base, towers, tmp_path):
    with torch.no_grad():
        towers.model.logit_bias.fill_(-3)
    save_towers(towers, tmp_path / "siglip")
    taken = build_towers(base, TextShape(source=str(tmp_path / "siglip")))
    assert float(taken.model.logit_bias) == -3 and taken.length == 12
    assert torch.equal(taken.model.vision_model.head.probe, towers.model.vision_model.head.probe)
    narrow = SiglipConfig(
        text_config={"hidden_size": 16, "num_attention_heads": 2, "num_hidden_layers": 1, "intermediate_size": 16, "vocab_size": 64},
        vision_config={"hidden_size": 16, "num_attention_heads": 2, "num_hidden_layers": 1, "intermediate_size": 16, "image_size": 16, "patch_size": 8},
    )  # fmt: skip
    SiglipModel(narrow).save_pretrained(tmp_path / "narrow")
    towers.tokenizer.save_pretrained(tmp_path / "narrow")
    with pytest.raises(ValueError, match="width 16, the base's has 32. Give a SigLIP checkpoint of the same width"):
        build_towers(base, TextShape(source=str(tmp_path / "narrow")))


def test_what_does_not_fit_is_refused(base, towers, tmp_path):
    with pytest.raises(ValueError, match="The base is missing, no PaliGemma"):
        build_towers(tmp_path, TextShape())
    with pytest.raises(ValueError, match="exists already"):
        write_back(base, towers, base, about={})
    with pytest.raises(ValueError, match="has no folder contrast. Give the OUT"):
        load_towers(tmp_path)
