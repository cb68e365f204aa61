"""Pretraining in small: a stock folder, and a run that was cut short ends with the same weights."""

import json
import shutil

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForImageTextToText, AutoProcessor

from radgrounder.cli import main
from radgrounder.models.processing import STOCK_CHAT_TEMPLATE
from radgrounder.pretraining import batches, optimizer, pretrain
from radgrounder.pretraining import pool as phantom_pool
from radgrounder.pretraining.turns import is_in
from refrad2d.grounding import has_markup

INTERRUPTED = 130
TINY = [
    "--image", "32", "--width", "32", "--tower-layers", "1", "--decoder-layers", "1", "--heads", "2",
    "--vocabulary", "700", "--pool", "12", "--tower-steps", "2", "--packed-steps", "3", "--packed-images", "2",
    "--steps", "3", "--batch", "2", "--single-batch", "2", "--workers", "1", "--threads", "1",
]  # fmt: skip


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    out = tmp_path_factory.mktemp("pretrain") / "nano"
    assert main(["pretrain", str(out), *TINY, "--pool-folder", str(out.with_name("pool"))]) == 0
    return out


def pool_of(whole):
    """The slices of that run, so that they are not drawn again."""
    return ["--pool-folder", str(whole.with_name("pool"))]


def test_pretraining_leaves_a_stock_folder(whole):
    model = AutoModelForImageTextToText.from_pretrained(whole)
    assert type(model).__name__ == "PaliGemmaForConditionalGeneration"
    assert AutoProcessor.from_pretrained(whole).image_seq_length == 16
    assert json.loads((whole / "pretraining.json").read_text())["plan"]["pool"] == 12
    assert not whole.with_name("nano.run").exists()


def test_pretraining_goes_on_from_a_base(whole, tmp_path):
    more = [*TINY, "--init", str(whole), "--tower-steps", "0", "--packed-steps", "0", "--steps", "1"]
    assert main(["pretrain", str(tmp_path / "nano"), *more, "--single-rate", "0"]) == 0
    first, second = (load_file(folder / "model.safetensors") for folder in (whole, tmp_path / "nano"))
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert (whole / "tokenizer.json").read_text() == (tmp_path / "nano/tokenizer.json").read_text()
    before, made = (json.loads((folder / "pretraining.json").read_text()) for folder in (whole, tmp_path / "nano"))
    assert made["before"] == before and made["plan"]["init"] == whole.name


def test_a_base_from_an_older_one_has_the_chat_template_of_today(whole, tmp_path):
    older = shutil.copytree(whole, tmp_path / "older")
    (older / "chat_template.jinja").write_text("{{ bos_token }}")
    none = ["--tower-steps", "0", "--packed-steps", "0", "--steps", "1", "--single-rate", "0", *pool_of(whole)]
    assert main(["pretrain", str(tmp_path / "nano"), *TINY, "--init", str(older), *none]) == 0
    assert (tmp_path / "nano/chat_template.jinja").read_text() == STOCK_CHAT_TEMPLATE


def test_a_twin_without_boxes_is_taught_no_place_and_has_the_same_words(whole, tmp_path, monkeypatch):
    taught, asked = [], []
    encode, losses = batches.encode_branches, pretrain.DenseHead.losses

    def watch(tokenizer, prefix, turns, budget):
        taught.extend(text for own in turns for turn in own for text in turn)
        return encode(tokenizer, prefix, turns, budget)

    def watch_losses(self, tokens, targets, *rest):
        asked.append(len(targets.boxes))
        return losses(self, tokens, targets, *rest)

    monkeypatch.setattr(batches, "encode_branches", watch)
    monkeypatch.setattr(pretrain.DenseHead, "losses", watch_losses)
    assert main(["pretrain", str(tmp_path / "nano"), *TINY, *pool_of(whole), "--boxless"]) == 0
    assert taught and not any(has_markup(text) for text in taught) and asked and not any(asked)
    assert (tmp_path / "nano/tokenizer.json").read_text() == (whole / "tokenizer.json").read_text()
    assert json.loads((tmp_path / "nano/pretraining.json").read_text())["plan"]["boxless"]


def test_one_language_alone(whole, tmp_path, monkeypatch):
    taught, encode = [], batches.encode_branches

    def watch(tokenizer, prefix, turns, budget):
        taught.extend(prompt for own in turns for prompt, _ in own)
        return encode(tokenizer, prefix, turns, budget)

    monkeypatch.setattr(batches, "encode_branches", watch)
    assert main(["pretrain", str(tmp_path / "nano"), *TINY, *pool_of(whole), "--language", "en"]) == 0
    assert taught and all(is_in("en", prompt) for prompt in taught)
    assert main(["pretrain", str(tmp_path / "other"), *TINY, "--language", "fr"]) == 2


def test_slices_drawn_for_one_run_serve_another_of_their_kind(whole, tmp_path, monkeypatch):
    drawn = ["--pool-folder", str(tmp_path / "pool")]
    assert main(["pretrain", str(tmp_path / "first"), *TINY, *drawn]) == 0
    assert (tmp_path / "first/model.safetensors").read_bytes() == (whole / "model.safetensors").read_bytes()
    asked = []

    def refuse(seeds, **kind):
        asked.append(kind["sites"])
        raise KeyboardInterrupt

    monkeypatch.setattr(phantom_pool, "draw_slices", refuse)
    assert main(["pretrain", str(tmp_path / "second"), *TINY, *drawn, "--steps", "1"]) == 0
    assert main(["pretrain", str(tmp_path / "third"), *TINY, *drawn, "--sites", "B"]) == INTERRUPTED
    assert asked == [("B",)]


def test_a_run_that_was_cut_short_ends_with_the_same_weights(whole, tmp_path, monkeypatch):
    monkeypatch.setattr(optimizer, "CHECK_EVERY", 1)
    loss, seen = pretrain.conversation_loss, []

    def fail_late(*arguments):
        seen.append(1)
        if len(seen) == 5:  # in the second step of single turns
            raise KeyboardInterrupt
        return loss(*arguments)

    monkeypatch.setattr(pretrain, "conversation_loss", fail_late)
    out = tmp_path / "nano"
    assert main(["pretrain", str(out), *TINY]) == INTERRUPTED
    assert not out.exists()
    assert main(["pretrain", str(out), *TINY]) == 0
    first, second = (load_file(folder / "model.safetensors") for folder in (whole, out))
    assert first.keys() == second.keys()
    assert all(torch.equal(first[name], second[name]) for name in first)
