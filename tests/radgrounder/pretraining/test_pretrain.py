"""Pretraining in small: what the tower is taught, and that a run which was cut short ends with the same weights."""

import json

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForImageTextToText, AutoProcessor

from radgrounder.benchmarks.base import load_benchmark
from radgrounder.pretraining import heldout, pretrain, turns
from radgrounder.pretraining import pool as phantom_pool
from radgrounder.pretraining.dense import DenseHead, cover, draw_lesson
from radgrounder.pretraining.losses import Targets
from refrad2d.conversations import PROMPTS, prompt

LIVER, AORTA = 5, 52
BOXES = {LIVER: (0.0, 0.0, 0.5, 1.0), AORTA: (0.5, 0.5, 0.5625, 0.5625)}


def mask():
    drawn = np.zeros((32, 32), np.uint8)
    drawn[:, :16] = LIVER
    drawn[16:18, 16:18] = AORTA  # a sixteenth of one patch
    return drawn


def test_a_patch_shows_small_structures_too():
    shown = cover(mask(), BOXES, 8)
    assert shown.classes.tolist() == [LIVER, AORTA]
    assert shown.shares[:, 0].reshape(4, 4).tolist() == [[1, 1, 0, 0]] * 4
    assert shown.shares[2 * 4 + 2, 1] == 4 / 64 and shown.shares[:, 1].sum() == 4 / 64
    lesson = draw_lesson([shown], np.random.default_rng(0))
    assert torch.allclose(lesson.shown.sum(-1), torch.ones(1, 16))
    assert float(lesson.shown[0, 10, AORTA]) == pytest.approx(0.25 / (0.25 + (1 - 4 / 64) ** 0.5))
    asked = dict(zip(lesson.classes.tolist(), lesson.boxes.tolist(), strict=True))
    assert asked.keys() == {LIVER, AORTA} and asked[AORTA] == list(BOXES[AORTA])
    assert all(p == 10 for p, c in zip(lesson.patches.tolist(), lesson.classes.tolist(), strict=True) if c == AORTA)


def test_an_empty_slice_has_a_lesson():
    lesson = draw_lesson([cover(np.zeros((32, 32), np.uint8), {}, 8)], np.random.default_rng(0))
    assert lesson.shown[0, :, 0].tolist() == [1] * 16 and lesson.boxes.shape == (0, 4)
    codes, soft = torch.randn(513, 16), torch.eye(513)
    assert torch.isfinite(DenseHead(16).losses(torch.randn(1, 16, 16), lesson, codes, soft).total)


def test_the_lesson_can_be_learned():
    """A head that gets the patch's number as its token tells what the patch shows and where."""
    torch.manual_seed(0)
    shown = cover(mask(), BOXES, 8)
    tokens, codes = torch.eye(16)[None], torch.randn(513, 16)
    targets, head = Targets(torch.arange(513), torch.eye(513)), DenseHead(16)
    optimizer = torch.optim.Adam(head.parameters(), 0.02)
    for step in range(150):
        losses = head.losses(tokens, draw_lesson([shown], np.random.default_rng(step)), codes, targets.soft)
        optimizer.zero_grad()
        losses.total.backward()
        optimizer.step()
    assert losses.error < 0.02


TINY = [
    "--image", "32", "--width", "32", "--tower-layers", "1", "--decoder-layers", "1", "--heads", "2",
    "--vocabulary", "700", "--pool", "12", "--tower-steps", "2", "--packed-steps", "3", "--packed-images", "2",
    "--steps", "3", "--batch", "2", "--single-batch", "2", "--workers", "1", "--threads", "1",
]  # fmt: skip


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    out = tmp_path_factory.mktemp("pretrain") / "nano"
    assert pretrain.main([str(out), *TINY]) == 0
    return out


def test_pretraining_leaves_a_stock_folder(whole):
    model = AutoModelForImageTextToText.from_pretrained(whole)
    assert type(model).__name__ == "PaliGemmaForConditionalGeneration"
    assert AutoProcessor.from_pretrained(whole).image_seq_length == 16
    assert json.loads((whole / "pretraining.json").read_text())["plan"]["pool"] == 12
    assert not whole.with_name("nano.run").exists()


def test_pretraining_goes_on_from_a_base(whole, tmp_path):
    more = [*TINY, "--init", str(whole), "--tower-steps", "0", "--packed-steps", "0", "--steps", "1"]
    assert pretrain.main([str(tmp_path / "nano"), *more, "--single-rate", "0"]) == 0
    first, second = (load_file(folder / "model.safetensors") for folder in (whole, tmp_path / "nano"))
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert (whole / "tokenizer.json").read_text() == (tmp_path / "nano/tokenizer.json").read_text()


def test_slices_drawn_for_one_run_serve_another_of_their_kind(whole, tmp_path, monkeypatch):
    drawn = ["--pool-folder", str(tmp_path / "pool")]
    assert pretrain.main([str(tmp_path / "first"), *TINY, *drawn]) == 0
    assert (tmp_path / "first/model.safetensors").read_bytes() == (whole / "model.safetensors").read_bytes()
    asked = []

    def refuse(seeds, **kind):
        asked.append(kind["sites"])
        raise KeyboardInterrupt

    monkeypatch.setattr(phantom_pool, "draw_slices", refuse)
    assert pretrain.main([str(tmp_path / "second"), *TINY, *drawn, "--steps", "1"]) == 0
    with pytest.raises(KeyboardInterrupt):
        pretrain.main([str(tmp_path / "third"), *TINY, *drawn, "--sites", "B"])
    assert asked == [("B",)]


def test_a_run_that_was_cut_short_ends_with_the_same_weights(whole, tmp_path, monkeypatch):
    monkeypatch.setattr(pretrain, "CHECK_EVERY", 1)
    loss, seen = pretrain.conversation_loss, []

    def fail_late(*arguments):
        seen.append(1)
        if len(seen) == 5:  # in the second step of single turns
            raise KeyboardInterrupt
        return loss(*arguments)

    monkeypatch.setattr(pretrain, "conversation_loss", fail_late)
    out = tmp_path / "nano"
    with pytest.raises(KeyboardInterrupt):
        pretrain.main([str(out), *TINY])
    assert not out.exists()
    assert pretrain.main([str(out), *TINY]) == 0
    first, second = (load_file(folder / "model.safetensors") for folder in (whole, out))
    assert first.keys() == second.keys()
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_new_patients_can_be_judged(tmp_path):
    assert heldout.main([str(tmp_path / "heldout"), "--patients", "2"]) == 0
    benchmark = load_benchmark("refrad2d", str(tmp_path / "heldout"))
    assert {item.cluster for item in benchmark.items} == {
        f"phantom-{heldout.FIRST_SEED['test'] // 8 + n}" for n in (0, 1)
    }
    assert {item.task for item in benchmark.items} == {"locate", "report", "vqa"}
    assert {item.control for item in benchmark.items} == {"", "prior", "shuffled", "majority", "blank_image"}
    assert heldout.main([str(tmp_path / "heldout")]) == 2  # it stands already


def test_a_turn_is_drawn_by_its_task():
    asked = [(prompt(task, "de", name="Leber", question="Zeigt das Bild?"), task) for task in PROMPTS]
    tasks = [turns.task_of(words) for words, _ in asked]
    assert dict(zip(PROMPTS, tasks, strict=True)) == {
        "report": "report", "report_boxes": "report", "report_masks": "question", "vqa": "question",
        "grounded_vqa": "question", "locate": "locate",
    }  # fmt: skip
    shares, rng = {"locate": 0.5, "report": 0.5, "question": 0.0}, np.random.default_rng(0)
    drawn = [turns.draw_turn(asked, rng, shares)[1] for _ in range(200)]
    assert set(drawn) == {"report", "report_boxes", "locate"} and 70 < drawn.count("locate") < 130
    assert turns.draw_turn(asked[3:4], rng, {**shares, "question": 0.1})[1] == "vqa"


def test_turns_are_ordered_as_if_drawn_by_their_task():
    asked = [(prompt("locate", "de", name="Leber"), str(n)) for n in range(8)] + [(prompt("report", "de"), "report")]
    shares, rng = {"locate": 0.5, "report": 0.5, "question": 0.0}, np.random.default_rng(0)
    orders = [[answer for _, answer in turns.order_turns(asked, rng, shares)] for _ in range(200)]
    assert all(sorted(order) == sorted(answer for _, answer in asked) for order in orders)
    assert 70 < sum(order[0] == "report" for order in orders) < 130
