"""A segmentation checkpoint of the release's layout, with random weights, becomes stock files that draw the same masks."""

import json

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch.nn import functional
from transformers import AutoModelForImageTextToText, AutoProcessor, PaliGemmaForConditionalGeneration

from radgrounder.masks.convert import INDEX, PREFIX, convert, rename
from radgrounder.masks.reader import MaskReader, enlarge
from radgrounder.masks.release_head import HEADS, ReleaseHead, ReleaseShape
from radgrounder.masks.storage import load_head
from refrad2d.grounding import Span, closings, parse_mentions, render_mentions
from tests.fixtures.tiny_models import SIZE, picture, save_gemma

BOX = (0.1, 0.2, 0.5, 0.9)
ATTENTIONS = ("self_attn", "cross_attn_token_to_image", "cross_attn_image_to_token")
PROMPT = "\n\nCaption this image and segment keywords: "


def decoder_tensors(width, tower, layers=2, seed=0):
    """Random tensors by the release's names."""
    generator = torch.Generator().manual_seed(seed)

    def linear(name, rows, columns):
        made = torch.randn(rows, columns, generator=generator) / columns**0.5
        return {f"{name}.weight": made, f"{name}.bias": torch.randn(rows, generator=generator) * 0.1}

    def attention(name):
        parts = ("q_proj", "k_proj", "v_proj", "out_proj")
        return {key: t for part in parts for key, t in linear(f"{name}.{part}", width, width).items()}

    def norm(name):
        return {
            f"{name}.weight": torch.rand(width, generator=generator) + 0.5,
            f"{name}.bias": torch.randn(width, generator=generator) * 0.1,
        }

    found = linear("img_projection", width, tower) | linear("output_proj", 1, width)
    found |= attention("transformer.final_attn_token_to_image") | norm("transformer.norm_final_attn")
    for n in range(layers):
        at = f"transformer.layers.{n}"
        for part in ATTENTIONS:
            found |= attention(f"{at}.{part}")
        for part in range(1, 5):
            found |= norm(f"{at}.norm{part}")
        found |= linear(f"{at}.mlp.0", 4 * width, width) | linear(f"{at}.mlp.2", width, 4 * width)
    return found


def reference(found, states, tokens):
    """The decoder as it is described, step by step, straight from the tensors by their old names: (N, patches)."""

    def linear(name, x):
        return x @ found[f"{name}.weight"].T + found[f"{name}.bias"]

    def attend(name, q, k, v):
        q, k, v = (linear(f"{name}.{part}", x) for part, x in (("q_proj", q), ("k_proj", k), ("v_proj", v)))
        q, k, v = (x.unflatten(-1, (HEADS, -1)).transpose(1, 2) for x in (q, k, v))
        seen = torch.softmax(q @ k.transpose(2, 3) / q.shape[-1] ** 0.5, -1) @ v
        return linear(f"{name}.out_proj", seen.transpose(1, 2).flatten(2))

    def norm(name, x):
        return functional.layer_norm(x, x.shape[-1:], found[f"{name}.weight"], found[f"{name}.bias"])

    keys, point = linear("img_projection", tokens), states[:, None]
    queries = point
    for n in range(2):
        at = f"transformer.layers.{n}"
        q = queries + point if n else queries
        queries = norm(f"{at}.norm1", queries + attend(f"{at}.self_attn", q, q, queries))
        queries = norm(f"{at}.norm2", queries + attend(f"{at}.cross_attn_token_to_image", queries + point, keys, keys))
        hidden = functional.gelu(linear(f"{at}.mlp.0", queries))
        queries = norm(f"{at}.norm3", queries + linear(f"{at}.mlp.2", hidden))
        told = attend(f"{at}.cross_attn_image_to_token", keys, queries + point, queries)
        keys = norm(f"{at}.norm4", keys + told)
    last = attend("transformer.final_attn_token_to_image", queries, keys, keys)
    queries = norm("transformer.norm_final_attn", queries + last)
    return linear("output_proj", keys + queries)[..., 0]


OLD_NAMES = (("model.language_model.", "language_model.model."), ("model.", ""))  # of older transformers


def old_name(name):
    for new, old in OLD_NAMES:
        if name.startswith(new):
            return old + name.removeprefix(new)
    return name


def save_checkpoint(folder, *, old=False, layers=2):
    """A tiny checkpoint of that layout: two files with an index, the decoder in the second."""
    save_gemma(folder, special=("<seg>", "</seg>"))
    stock = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").unlink()
    stock = {old_name(name) if old else name: tensor for name, tensor in stock.items()}
    decoder = {PREFIX + name: t for name, t in decoder_tensors(SIZE.width, SIZE.width, layers).items()}
    names = sorted(stock)
    files = {"model-00001-of-00002.safetensors": {n: stock[n] for n in names[:20]}}
    files["model-00002-of-00002.safetensors"] = {n: stock[n] for n in names[20:]} | decoder
    for name, tensors in files.items():
        save_file(tensors, folder / name, metadata={"format": "pt"})
    places = {tensor: name for name, tensors in files.items() for tensor in tensors}
    (folder / INDEX).write_text(json.dumps({"metadata": {"total_size": 1}, "weight_map": places}))
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(
        json.dumps({**config, "architectures": ["GroundedGemmaForConditionalGeneration"]})
    )
    (folder / "training_args.bin").write_bytes(b"a pickle")
    return folder


@pytest.fixture(scope="module")
def converted(tmp_path_factory):
    root = tmp_path_factory.mktemp("convert")
    convert(save_checkpoint(root / "segmentation"), root / "out")
    return root / "out"


def test_stock_classes_load_what_is_left(converted):
    model, report = AutoModelForImageTextToText.from_pretrained(converted, output_loading_info=True)
    assert type(model) is PaliGemmaForConditionalGeneration
    assert not report["unexpected_keys"] and not report["missing_keys"]
    assert not list(converted.glob("*.bin")) and AutoProcessor.from_pretrained(converted)
    assert not [name for file in converted.glob("model*.safetensors") for name in load_file(file) if PREFIX in name]


def test_one_file_in_half_the_precision_and_a_file_of_the_decoder_alone(tmp_path):
    save_gemma(tmp_path / "one", special=("<seg>", "</seg>"))
    stock = load_file(tmp_path / "one" / "model.safetensors")
    decoder = {PREFIX + name: t.bfloat16() for name, t in decoder_tensors(SIZE.width, SIZE.width).items()}
    save_file(stock | decoder, tmp_path / "one" / "model.safetensors", metadata={"format": "pt"})
    assert convert(tmp_path / "one", tmp_path / "out").side == 2
    assert load_file(tmp_path / "out" / "model.safetensors").keys() == stock.keys()
    head = load_head(tmp_path / "out")
    assert torch.equal(head.mask.weight, decoder[PREFIX + "output_proj.weight"].float())
    save_file(stock, tmp_path / "one" / "model.safetensors", metadata={"format": "pt"})
    save_file(decoder, tmp_path / "one" / "other.safetensors", metadata={"format": "pt"})
    convert(tmp_path / "one", tmp_path / "apart")
    assert not (tmp_path / "apart" / "other.safetensors").exists()
    assert torch.equal(load_head(tmp_path / "apart").mask.weight, head.mask.weight)


def test_names_of_older_versions_load_too(converted, tmp_path):
    convert(save_checkpoint(tmp_path / "segmentation", old=True), tmp_path / "out")
    old, new = (AutoModelForImageTextToText.from_pretrained(folder) for folder in (tmp_path / "out", converted))
    assert all(torch.equal(a, b) for a, b in zip(old.parameters(), new.parameters(), strict=True))


def test_the_head_draws_what_the_release_s_decoder_would():
    found = decoder_tensors(32, 24)
    head = ReleaseHead(ReleaseShape(width=32, tower=24, side=3)).eval()
    head.load_state_dict(rename(found))
    states, tokens, rows = torch.randn(5, 32), torch.randn(2, 9, 24), torch.tensor([0, 1, 1, 0, 1])
    with torch.no_grad():
        drawn = head(states, tokens, torch.zeros(2, 3, 8, 8), rows, torch.zeros(5, 4))
    assert torch.allclose(drawn.flatten(1), reference(found, states, tokens[rows]), atol=1e-5)


def test_it_has_the_size_of_the_release():
    with torch.device("meta"):
        head = ReleaseHead(ReleaseShape(width=2304, tower=1152, side=16))
    assert round(sum(p.numel() for p in head.parameters()) / 1e6) == 236


def answer_of(words):
    text, spans = "", []
    for word in words:
        text += " " if text else ""
        spans.append(Span(len(text), len(text) + len(word), "liver", BOX))
        text += word
    return render_mentions(text, spans)


@pytest.mark.parametrize("words", [["Milz", "rechte Niere", "Leber"], ["rechte Niere", "Milz"], ["Leber"]])
def test_masks_are_those_of_stock_states_by_place_in_the_text(converted, words):
    """The peer lists masks by falling length of their words; here the k-th closing tag has the k-th mask."""
    model, processor = (
        AutoModelForImageTextToText.from_pretrained(converted).eval(),
        AutoProcessor.from_pretrained(converted),
    )
    image, markup = picture(), answer_of(words)
    tokenizer = processor.tokenizer
    batch = processor(images=image, text="<image>" + PROMPT, suffix=markup, return_tensors="pt")
    batch.pop("labels")
    with torch.no_grad():
        states = model.model(**batch).last_hidden_state[0]
        tokens = model.model.vision_tower(batch["pixel_values"]).last_hidden_state
    ends = (batch["input_ids"][0] == tokenizer.convert_tokens_to_ids("</seg>")).nonzero()[:, 0]
    found = decoder_tensors(SIZE.width, SIZE.width)
    wanted = reference(found, states[ends], tokens.expand(len(ends), -1, -1)).unflatten(1, (2, 2))
    [drawn] = MaskReader(model, processor, load_head(converted)).read([image], [[(PROMPT, markup)]], [(40, 50)])
    assert len(drawn) == len(words) == len(ends) == len(parse_mentions(markup)[1]) == len(closings(markup))
    for mask, logits in zip(drawn, wanted, strict=True):
        near = np.abs(functional.interpolate(logits[None, None], (40, 50), mode="bilinear")[0, 0].numpy()) < 1e-3
        assert ((mask == enlarge(logits, (40, 50))) | near).all()


def test_several_turns_are_read_each_alone(converted):
    model, processor = AutoModelForImageTextToText.from_pretrained(converted), AutoProcessor.from_pretrained(converted)
    reader = MaskReader(model, processor, load_head(converted))
    images, turns = [picture(0), picture(1)], [[(PROMPT, answer_of(["a", "b"])), ("\n\nx ", answer_of(["c"]))], []]
    together = reader.read(images, turns, [(9, 9)] * 2)
    alone = [reader.read(images[:1], [[turn]], [(9, 9)])[0] for turn in turns[0]]
    assert [len(own) for own in together] == [3, 0]
    assert all(np.array_equal(a, b) for a, b in zip(together[0], alone[0] + alone[1], strict=True))


def test_what_is_no_such_checkpoint_is_refused(tmp_path):
    with pytest.raises(ValueError, match="holds no config.json with safetensors"):
        convert(tmp_path, tmp_path / "out")
    save_gemma(tmp_path / "stock")
    with pytest.raises(ValueError, match="has no mask decoder"):
        convert(tmp_path / "stock", tmp_path / "out")
    found = decoder_tensors(32, 24)
    del found["transformer.layers.1.self_attn.k_proj.bias"]
    with pytest.raises(ValueError, match="lacks k_proj"):
        rename(found)
    odd = save_checkpoint(tmp_path / "odd")
    file = odd / "model-00002-of-00002.safetensors"
    save_file(load_file(file) | {PREFIX + "more": torch.zeros(2)}, file, metadata={"format": "pt"})
    with pytest.raises(ValueError, match="tensor more is missing, or not one of"):
        convert(odd, tmp_path / "out")
    assert not (tmp_path / "out").exists()
