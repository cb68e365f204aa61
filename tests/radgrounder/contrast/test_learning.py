"""The loss is SigLIP's, cached gradients are those of the whole batch, and a run writes the tower it taught."""

import copy
import json

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForImageTextToText

from radgrounder.contrast.learning import cached_step, read_arguments, run, sigmoid_loss
from radgrounder.contrast.towers import TextShape, build_towers, load_towers
from tests.fixtures.contrast_rows import many, save
from tests.fixtures.paths import ROOT
from tests.fixtures.tiny_models import save_nano

NANO = ROOT / "sft" / "recipes" / "nano" / "contrast.yaml"
SMALL = {"per_device_train_batch_size": 4, "text_layers": 1, "text_length": 12, "warmup_steps": 0, "disable_tqdm": True}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("learning")
    save_nano(root / "nano")
    save(root / "data", {"train": many(8), "validation": many(4, 100), "test": many(4, 200)})
    return root


@pytest.fixture(scope="module")
def model(folder):
    return build_towers(folder / "nano", TextShape(layers=1, length=12)).model


def batch(images, sentences, zeros=0.0):
    generator = torch.Generator().manual_seed(3)
    relation = torch.full((images, sentences), -1.0)
    relation[torch.rand(relation.shape, generator=generator) < zeros] = 0
    relation[torch.arange(sentences) * images // sentences, torch.arange(sentences)] = 1
    return {
        "pixel_values": torch.rand(images, 3, 16, 16, generator=generator),
        "input_ids": torch.randint(4, 300, (sentences, 12), generator=generator),
        "relation": relation,
    }


def gradients(model, given, **more):
    model.zero_grad()
    loss = cached_step(model, given, **more)
    return float(loss), {name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}


def test_the_loss_is_the_stock_one_where_nothing_is_left_out(model):
    given = batch(5, 5)
    stock = model(input_ids=given["input_ids"], pixel_values=given["pixel_values"], return_loss=True)
    assert float(cached_step(model, given)) == pytest.approx(float(stock.loss), rel=1e-5)


def test_pairs_that_are_left_out_have_no_part_in_the_loss(model):
    generator = torch.Generator().manual_seed(1)
    images, texts = torch.randn(2, 3, 8, generator=generator)
    known = torch.tensor([[0.0, 0, 0], [-1, 1, -1], [-1, -1, 1]])
    images.requires_grad_()
    sigmoid_loss(images, texts, known, model).backward()
    assert (images.grad[0] == 0).all() and (images.grad[1:] != 0).any(dim=1).all()


@pytest.mark.parametrize(("chunk", "sentences"), [(1, 7), (3, 7), (3, 14), (6, 7)])
def test_cached_gradients_are_those_of_one_big_batch(model, chunk, sentences):
    given = batch(7, sentences, zeros=0.3)
    loss, whole = gradients(model, given)
    cached, pieces = gradients(model, given, chunk=chunk)
    assert cached == pytest.approx(loss, rel=1e-6) and whole.keys() == pieces.keys()
    assert {"logit_scale", "logit_bias"} <= whole.keys()
    assert max(float((whole[name] - pieces[name]).abs().max()) for name in whole) < 1e-5


def test_gradients_are_added_to_what_is_there(model):
    given = batch(4, 4)
    _, once = gradients(model, given, chunk=2)
    cached_step(model, given, chunk=2)
    twice = {name: p.grad for name, p in model.named_parameters() if p.grad is not None}
    assert all(torch.allclose(twice[name], 2 * once[name], atol=1e-5) for name in once)


def test_a_tower_that_stays_gets_no_gradient_and_its_head_does(model):
    frozen = copy.deepcopy(model)
    for name, parameter in frozen.vision_model.named_parameters():
        parameter.requires_grad_(name.startswith("head."))
    _, found = gradients(frozen, batch(4, 4), chunk=2)
    assert {name.split(".")[1] for name in found if name.startswith("vision_model.")} == {"head"}


def test_a_run_changes_the_tower_alone_and_says_what_was_done(folder, tmp_path, capsys):
    judged = {"eval_strategy": "steps", "eval_steps": 1, "per_device_eval_batch_size": 4, "chunk": 2}
    about = run(folder / "nano", str(folder / "data"), tmp_path / "out", NANO, max_steps=2, **SMALL, **judged)
    assert "'eval_loss'" in capsys.readouterr().out
    before, after = (load_file(path / "model.safetensors") for path in (folder / "nano", tmp_path / "out"))
    moved = {name for name in before if not torch.equal(before[name], after[name])}
    assert moved and all("vision_tower" in name for name in moved)
    AutoModelForImageTextToText.from_pretrained(tmp_path / "out")
    assert json.loads((tmp_path / "out" / "contrast.json").read_text()) == about
    assert (about["slices"], about["steps"]) == (8, 2) and not (tmp_path / "out.run").exists()
    kept = load_towers(tmp_path / "out").model.vision_model.embeddings.patch_embedding.bias
    assert torch.allclose(kept.detach(), after[next(n for n in after if n.endswith("patch_embedding.bias"))])


def test_a_tower_at_rate_zero_stays_bit_for_bit(folder, tmp_path):
    run(folder / "nano", str(folder / "data"), tmp_path / "out", NANO, max_steps=1, tower_share=0, **SMALL)
    before, after = (load_file(path / "model.safetensors") for path in (folder / "nano", tmp_path / "out"))
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_a_killed_run_goes_on_to_the_same_weights(folder, tmp_path, monkeypatch):
    more = {**SMALL, "max_steps": 2, "save_strategy": "steps", "save_steps": 1}
    run(folder / "nano", str(folder / "data"), tmp_path / "whole", NANO, **more)
    monkeypatch.setattr("radgrounder.contrast.learning.write_back", stop := Stop())
    with pytest.raises(KeyboardInterrupt):
        run(folder / "nano", str(folder / "data"), tmp_path / "cut", NANO, **{**more, "save_total_limit": 3})
    for late in (tmp_path / "cut.run").glob("checkpoint-2"):
        late.rename(tmp_path / late.name)  # as if it had been killed after its first step
    monkeypatch.undo()
    assert stop.called
    run(folder / "nano", str(folder / "data"), tmp_path / "cut", NANO, **more)
    whole, cut = (load_file(tmp_path / name / "model.safetensors") for name in ("whole", "cut"))
    assert all(torch.equal(whole[name], cut[name]) for name in whole)


class Stop:
    """What is called instead of the last step of a run that is killed."""

    called = False

    def __call__(self, *given, **more):
        self.called = True
        raise KeyboardInterrupt


@pytest.mark.parametrize("name", ["nano", "paligemma2-3b"])
def test_recipes_are_read_whole(name, tmp_path):
    recipe = ROOT / "sft" / "recipes" / name / "contrast.yaml"
    given, training = read_arguments(recipe, {"output_dir": tmp_path, "use_cpu": True, "bf16": False, "tf32": False})
    assert given.sentences_per_image >= 1 and training.gradient_accumulation_steps == 1


def test_what_does_not_fit_is_refused(folder, tmp_path):
    data = str(folder / "data")
    with pytest.raises(ValueError, match="There is no recipe"):
        run(folder / "nano", data, tmp_path / "out", tmp_path / "none.yaml")
    with pytest.raises(ValueError, match="A contrast is of one whole batch"):
        run(folder / "nano", data, tmp_path / "out", NANO, gradient_accumulation_steps=2, **SMALL)
    with pytest.raises(ValueError, match="exists already"):
        run(folder / "nano", data, folder, NANO)
    (tmp_path / "odd.yaml").write_text("speed: 3\n")
    with pytest.raises(ValueError, match="speed"):
        read_arguments(tmp_path / "odd.yaml", {"output_dir": tmp_path})
