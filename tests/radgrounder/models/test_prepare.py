"""A prepared base: what its tokens see, its markup tokens, and bases of the peer's layout."""

import json
import shutil

import pytest
import torch
from transformers import (
    AutoModelForImageTextToText,
    PaliGemmaProcessor,
)

from radgrounder.evaluation.run import run as judge
from radgrounder.inference.picture import Picture
from radgrounder.inference.predictor import Predictor
from radgrounder.inference.tasks import TOKENS
from radgrounder.models.prepare import prepare
from radgrounder.models.processing import RadGrounderProcessor, see_image_only
from radgrounder.models.release import release
from refrad2d.grounding import markup_tokens, parse
from tests.fixtures.tiny_dataset import make_row, write_dataset
from tests.fixtures.tiny_models import SIZE, encode_prompt, logits, picture, save_gemma, save_nano, train_adapter, turns

PEER = ("<p bbox=", "</p>", " id=")


@pytest.fixture(scope="module")
def image_only(tmp_path_factory):
    folder = tmp_path_factory.mktemp("image_only")
    prepare(str(save_nano(folder / "nano")), folder / "base", attention="image")
    return folder


def test_only_image_tokens_are_marked_as_one_block(image_only):
    processor = RadGrounderProcessor.from_pretrained(image_only / "base")
    batch = processor.apply_chat_template(
        [{"role": "user", "content": [{"type": "image", "image": picture()}, {"type": "text", "text": "A?"}]}],
        tokenize=True, return_dict=True, return_tensors="pt",
    )  # fmt: skip
    assert (batch["token_type_ids"] == 0).sum() == SIZE.image_tokens
    assert torch.equal(batch["token_type_ids"], see_image_only(batch["input_ids"], processor.image_token_id))


def test_a_prompt_token_is_not_seen_by_the_image(image_only):
    model = AutoModelForImageTextToText.from_pretrained(image_only / "base")
    batch = encode_prompt(PaliGemmaProcessor.from_pretrained(image_only / "base"))
    batch["token_type_ids"] = see_image_only(batch["input_ids"], model.config.image_token_id)
    changed = {name: value.clone() for name, value in batch.items()}
    changed["input_ids"][0, SIZE.image_tokens + 3] = 7
    difference = (logits(model, batch) - logits(model, changed)).abs()[0].amax(-1)
    assert difference[: SIZE.image_tokens + 3].max() == 0 < difference[SIZE.image_tokens + 3 :].max()


def test_an_unknown_attention_is_refused(image_only, tmp_path):
    with pytest.raises(ValueError, match="Unknown attention 'all'. Choose from prompt, image"):
        prepare(str(image_only / "nano"), tmp_path / "out", attention="all")


# The peer's checkpoint layout: a stock class whose tokenizer has the markup as special tokens


@pytest.fixture(scope="module", params=[PEER, ("<p bbox=", "</p>", "id=")], ids=["blank", "no blank"])
def peer(request, tmp_path_factory):
    return save_gemma(tmp_path_factory.mktemp("peer") / "detection", request.param)


def test_the_peers_markup_survives_decoding(peer):
    predictor = Predictor.load(peer)
    markup = turns(0)[0][1]
    tokenizer = predictor.processor.tokenizer
    ids = tokenizer(markup, add_special_tokens=False)["input_ids"]
    assert set(ids) & set(tokenizer.all_special_ids)
    one = predictor.decoder._finish([*ids, tokenizer.eos_token_id, 0], [0.5] * (len(ids) + 2), ())
    assert one.markup == markup
    assert predictor.box_confidences(one, [s.box for s in parse(markup).spans]) == [0.5]


def test_the_peers_layout_goes_through_predict(peer):
    prediction = Predictor.load(peer).predict(
        Picture(picture(), 640, 480), task="report", max_new_tokens=40, constrained=True
    )
    assert prediction.invalid == 0 and prediction.width == 640


def test_the_peers_layout_goes_through_eval(peer, tmp_path, monkeypatch):
    for task in TOKENS:
        monkeypatch.setitem(TOKENS, task, 4)

    box = (10, 20, 60, 90)
    splits = {split: [make_row(1, split, box)] for split in ("train", "test")}
    data = write_dataset(tmp_path / "data", splits)
    out = tmp_path / "out"
    judge(Predictor.load(peer), "refrad2d", data, out, limit=1, samples=20)
    assert json.loads((out / "results.json").read_text())["grounding"]["miou"]["n"] > 0


def test_a_prepared_peer_keeps_its_tokens(peer, tmp_path):
    prepare(str(peer), tmp_path / "base")
    shutil.copytree(tmp_path / "base", tmp_path / "copy")
    before, after = (PaliGemmaProcessor.from_pretrained(f).tokenizer.get_vocab() for f in (peer, tmp_path / "copy"))
    assert before == after


def test_a_base_may_have_a_token_for_each_piece_of_markup(tmp_path):
    """They start as the mean of what spelled them, decoding keeps them, and a release has them still."""
    nano = save_nano(tmp_path / "nano")
    prepare(str(nano), tmp_path / "base", with_markup_tokens=True)
    before, after = (PaliGemmaProcessor.from_pretrained(folder).tokenizer for folder in (nano, tmp_path / "base"))
    answer = turns(0)[0][1]
    ids = after(answer, add_special_tokens=False)["input_ids"]
    assert len(ids) < len(before(answer, add_special_tokens=False)["input_ids"])
    assert after.decode(ids, skip_special_tokens=True) == answer
    old, new = (
        AutoModelForImageTextToText.from_pretrained(folder).get_input_embeddings().weight
        for folder in (nano, tmp_path / "base")
    )
    for piece in markup_tokens():
        spelled = before(piece, add_special_tokens=False)["input_ids"]
        assert torch.allclose(new[after.convert_tokens_to_ids(piece)], old[spelled].mean(dim=0))
    train_adapter(tmp_path / "base", tmp_path / "adapter")
    release(tmp_path / "adapter", tmp_path / "model")
    assert PaliGemmaProcessor.from_pretrained(tmp_path / "model").tokenizer(answer)["input_ids"][-len(ids) :] == ids
