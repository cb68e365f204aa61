"""One image, many answers: the loss and the gradients of separate samples."""

import pytest
import torch
from datasets import load_dataset
from transformers import AutoModelForImageTextToText, AutoProcessor

from radgrounder.models.prepare import prepare
from radgrounder.models.processing import RadGrounderProcessor, answer_labels
from radgrounder.training.packing import PackedCollator, pack, split_branches
from refrad2d.conversations import turn
from tests.fixtures.tiny_models import picture, save_nano, save_sft, turns


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    folder = tmp_path_factory.mktemp("packing")
    prepare(str(save_nano(folder / "nano")), folder / "base", attention="image")
    return folder / "base"


@pytest.fixture(scope="module")
def processor(base):
    return RadGrounderProcessor.from_pretrained(base)


@pytest.fixture(scope="module")
def model(base):
    return AutoModelForImageTextToText.from_pretrained(base)


def one_by_one(processor, seed):
    """Each conversation about a picture as a batch of its own, as `trl sft` would see it."""
    for pair in turns(seed):
        messages = turn(*pair)
        messages[0]["content"][0] = {"type": "image", "image": picture(seed)}
        batch = processor.apply_chat_template(
            [messages], tokenize=True, return_dict=True, return_tensors="pt", return_assistant_tokens_mask=True
        )
        labels = answer_labels(batch)
        batch.pop("assistant_masks")
        yield {**batch, "labels": labels}


def packed(processor, seeds):
    rows = [{"image": picture(s), "messages": [m for pair in turns(s) for m in turn(*pair)]} for s in seeds]
    return PackedCollator(processor)(rows)


def summed_loss(model, batch):
    labels = batch["labels"]
    logits = model(**{name: value for name, value in batch.items() if name != "labels"}).logits
    return torch.nn.functional.cross_entropy(logits[:, :-1].flatten(0, 1), labels[:, 1:].flatten(), reduction="sum")


def gradients(model, losses):
    model.zero_grad()
    for loss in losses:
        loss.backward()
    return {name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}


def test_loss_and_gradients_equal_those_of_separate_samples(model, processor):
    apart = [summed_loss(model, batch) for seed in (0, 1) for batch in one_by_one(processor, seed)]
    together = summed_loss(model, packed(processor, (0, 1)))
    assert float(together.detach()) == pytest.approx(float(sum(apart).detach()), rel=1e-6)
    wanted, got = gradients(model, apart), gradients(model, [together])
    assert wanted.keys() == got.keys()
    assert max(float((wanted[name] - got[name]).abs().max()) for name in wanted) < 1e-4


def test_the_same_holds_for_eager_attention(base, processor):
    model = AutoModelForImageTextToText.from_pretrained(base, attn_implementation="eager")
    with torch.no_grad():
        apart = sum(float(summed_loss(model, batch)) for batch in one_by_one(processor, 0))
        assert float(summed_loss(model, packed(processor, (0,)))) == pytest.approx(apart, rel=1e-6)


def test_a_branch_does_not_see_another(model, processor):
    batch = packed(processor, (0,))
    labels = batch.pop("labels")
    first = int((labels[0] != -100).nonzero()[0])
    changed = {**batch, "input_ids": batch["input_ids"].clone()}
    changed["input_ids"][0, first] = 5
    with torch.no_grad():
        difference = (model(**batch).logits - model(**changed).logits).abs()[0].amax(-1)
    positions = batch["position_ids"][0]
    second = int((positions[1:] < positions[:-1]).nonzero()[0]) + 1
    assert difference[first:second].max() > 0 and difference[second:].max() == 0


def test_as_many_labels_as_separate_samples(processor):
    apart = sum(int((batch["labels"] != -100).sum()) for batch in one_by_one(processor, 0))
    assert int((packed(processor, (0,))["labels"] != -100).sum()) == apart


def test_rows_of_one_picture_become_one_sample_and_none_is_lost(tmp_path):
    rows = load_dataset(str(save_sft(tmp_path / "data")), "sft", split="train")
    samples = pack(rows, most=3)
    assert [len(split_branches(messages)) for messages in samples["messages"]] == [3, 1, 3, 1, 3, 1]
    assert [m for messages in samples["messages"] for m in messages] == [m for row in rows["messages"] for m in row]
    assert list(samples["image"][2].getdata()) == list(rows["image"][4].getdata())


def test_a_second_turn_stays_in_its_branch():
    messages = [*turn("a", "b"), {"role": "user", "content": [{"type": "text", "text": "c"}]}, *turn("d", "e")]
    assert [len(branch) for branch in split_branches(messages)] == [3, 2]


def test_a_base_with_prompt_attention_is_refused(tmp_path):
    prepare(str(save_nano(tmp_path / "nano")), tmp_path / "base")
    with pytest.raises(ValueError, match="radgrounder prepare BASE OUT --attention image"):
        PackedCollator(AutoProcessor.from_pretrained(tmp_path / "base", trust_remote_code=True))


def test_a_sample_holds_at_least_one_conversation(tmp_path):
    rows = load_dataset(str(save_sft(tmp_path / "data")), "sft", split="train")
    with pytest.raises(ValueError, match="Give 1 or more"):
        pack(rows, most=-1)
    assert len(pack(rows, most=1)) == len(rows)


def test_rows_that_are_packed_already_stay_as_they_are(tmp_path):
    rows = load_dataset(str(save_sft(tmp_path / "data")), "sft", split="train")
    assert pack(rows, most=0) is rows


def test_the_length_of_a_sample_is_the_sum_of_its_conversations(tmp_path):
    rows = load_dataset(str(save_sft(tmp_path / "data")), "sft", split="train")
    lengths = rows["length"][:]
    assert pack(rows, most=16)["length"][:] == [sum(lengths[n : n + 4]) for n in range(0, len(lengths), 4)]
