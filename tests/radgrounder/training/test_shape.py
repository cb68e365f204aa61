"""Counted weights are those of the models, the 3 B one on torch's meta device."""

import pytest
import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoConfig, AutoModelForImageTextToText, PaliGemmaConfig

from radgrounder.training.shape import large_config, lora_weights, shape_of
from tests.fixtures.paths import ROOT
from tests.fixtures.tiny_models import save_nano

LANGUAGE = r".*language_model.*\.(q_proj|k_proj|v_proj|o_proj|gate_proj|up_proj|down_proj)"
WHOLE = r".*\.(q_proj|k_proj|v_proj|o_proj|out_proj|gate_proj|up_proj|down_proj|fc1|fc2)"


def on_meta(config):
    with torch.device("meta"):
        return AutoModelForImageTextToText.from_config(config)


@pytest.fixture(scope="module")
def configs(tmp_path_factory):
    tiny = save_nano(tmp_path_factory.mktemp("shape") / "nano")
    return {
        "paligemma2-3b": large_config(),
        "shipped nano": AutoConfig.from_pretrained(ROOT / "sft" / "bases" / "nano"),
        "tiny nano": AutoConfig.from_pretrained(tiny),
        "first PaliGemma": PaliGemmaConfig(
            vision_config=large_config().vision_config.to_dict(),
            text_config={"model_type": "gemma", "hidden_size": 64, "num_hidden_layers": 2, "vocab_size": 640},
            projection_dim=64,
            tie_word_embeddings=True,
        ),
    }


@pytest.mark.parametrize("name", ["paligemma2-3b", "shipped nano", "tiny nano", "first PaliGemma"])
def test_weights_are_counted_as_the_model_has_them(configs, name):
    model, shape = on_meta(configs[name]), shape_of(configs[name])
    assert shape.parameters == sum(p.numel() for p in model.parameters())
    assert shape.tower_parameters == sum(p.numel() for p in model.model.vision_tower.parameters())
    assert shape.image_tokens == (configs[name].vision_config.image_size // configs[name].vision_config.patch_size) ** 2


def test_the_large_model_has_three_billion_weights():
    shape = shape_of(large_config())
    assert shape.image_tokens == 256 and round(shape.parameters / 1e9, 2) == 3.03


@pytest.mark.parametrize("targets", [[LANGUAGE], [WHOLE], ["q_proj", "v_proj"], ["all-linear"]])
@pytest.mark.parametrize("name", ["paligemma2-3b", "tiny nano"])
def test_weights_of_an_adapter_are_those_of_peft(configs, name, targets):
    given = targets[0] if len(targets) == 1 else targets
    model = get_peft_model(on_meta(configs[name]), LoraConfig(r=4, target_modules=given))
    trained = {n: p.numel() for n, p in model.named_parameters() if p.requires_grad}
    found = lora_weights(shape_of(configs[name]), 4, targets)
    assert found.tower == sum(n for name, n in trained.items() if "vision_tower" in name)
    assert found.projector == sum(n for name, n in trained.items() if "projector" in name)
    assert found.decoder == sum(n for name, n in trained.items() if "language_model" in name)


def test_targets_that_no_module_has_are_refused():
    with pytest.raises(ValueError, match="No module is named query. See lora_target_modules"):
        lora_weights(shape_of(large_config()), 4, ["query"])


def test_another_architecture_is_refused():
    config = large_config()
    config.vision_config.model_type = "clip_vision_model"
    with pytest.raises(ValueError, match="clip_vision_model with a gemma2 cannot be counted"):
        shape_of(config)
