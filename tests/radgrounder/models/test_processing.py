"""Law 5: our processor gives what the stock one gives, and no answer token is seen before it is written."""

import ast

import numpy as np
import pytest
import torch
from PIL import Image
from transformers import PaliGemmaProcessor

from radgrounder.models import processing
from radgrounder.models.nano import NanoSize, build_model, build_processor
from radgrounder.models.processing import CHAT_TEMPLATE, RadGrounderProcessor
from refrad2d.conversations import prompt, turn
from refrad2d.grounding import Span, render
from refrad2d.labels import labels

SIZE = NanoSize(image=32, patch=8, width=32, tower_layers=1, decoder_layers=2, heads=2, vocabulary=400)
ANSWER = render("Die Leber ist glatt.", [Span(4, 9, "liver", (0.1, 0.2, 0.5, 0.9))])
CASES = [
    (prompt("report_boxes", "de"), ANSWER),
    (prompt("vqa", "en", context="Question: fever?", question="Is the liver visible?"), "yes"),
    (prompt("locate", "en", name="liver"), "\n starts with a line break, ends with a blank "),
    (prompt("report", "de"), ""),
]


@pytest.fixture(scope="module")
def stock():
    texts = [text for label in labels() for text in (label.english, label.german)] + [p + a for p, a in CASES]
    return build_processor(texts, SIZE)


@pytest.fixture(scope="module")
def ours(stock):
    return RadGrounderProcessor(stock.image_processor, stock.tokenizer, chat_template=CHAT_TEMPLATE)


@pytest.fixture(scope="module")
def model(stock):
    return build_model(stock, SIZE, seed=1).eval()


def picture():
    return Image.fromarray(np.random.default_rng(0).integers(0, 255, (224, 224, 3), dtype=np.uint8))


def chat(question, answer):
    messages = turn(question, answer)
    messages[0]["content"][0] = {"type": "image", "image": picture()}
    return messages


def encode(processor, *pairs, **options):
    return processor.apply_chat_template(
        [chat(*pair) for pair in pairs], tokenize=True, return_dict=True, return_tensors="pt",
        return_assistant_tokens_mask=True, processor_kwargs=options,
    )  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_single_turn_equals_the_stock_processor_token_for_token(stock, ours, case):
    question, answer = case
    expected = stock(images=picture(), text="<image>" + question, suffix=answer, return_tensors="pt")
    got = encode(ours, case)
    for name in ("input_ids", "attention_mask", "token_type_ids"):
        assert got[name].tolist() == expected[name].tolist(), name
    assert torch.where(got["assistant_masks"] == 1, got["input_ids"], -100).tolist() == expected["labels"].tolist()
    assert torch.equal(got["pixel_values"], expected["pixel_values"])


def test_a_padded_batch_equals_the_stock_processor(stock, ours):
    expected = stock(
        images=[picture()] * len(CASES), text=["<image>" + q for q, _ in CASES], suffix=[a for _, a in CASES],
        return_tensors="pt", padding=True, padding_side="right",
    )  # fmt: skip
    got = encode(ours, *CASES, padding_side="right")
    for name in ("input_ids", "attention_mask", "token_type_ids"):
        assert got[name].tolist() == expected[name].tolist(), name


def test_the_chat_template_renders_what_is_tokenised(ours):
    question, answer = CASES[0]
    text = ours.apply_chat_template(chat(question, answer), tokenize=False)
    assert text == f"<image><bos>{question}\n{answer}<eos>"


def test_pictures_stand_first_wherever_a_chat_has_them(ours):
    said = [{"role": "system", "content": "Be brief."}, *chat("\n\nA? ", "yes")]
    batch = ours.apply_chat_template([{**said[0], "content": [{"type": "text", "text": "Be brief."}]}, *said[1:]],
                                     tokenize=True, return_dict=True)  # fmt: skip
    text = ours.tokenizer.decode(batch["input_ids"][0])
    assert text == "<image>" * SIZE.image_tokens + "<bos>Be brief.\n\n\nA? \nyes<eos>"


def test_only_answers_and_their_end_are_supervised(ours):
    batch = encode(ours, CASES[0])
    supervised = batch["input_ids"][batch["assistant_masks"] == 1].tolist()
    assert ours.tokenizer.decode(supervised) == ANSWER + "<eos>"


def test_a_second_turn_is_causal_and_only_its_answer_supervised(ours):
    messages = chat("\n\nA? ", "yes") + [
        {"role": "user", "content": [{"type": "text", "text": "B? "}]},
        {"role": "assistant", "content": [{"type": "text", "text": "no"}]},
    ]
    batch = ours.apply_chat_template(
        messages, tokenize=True, return_dict=True, return_tensors="pt", return_assistant_tokens_mask=True
    )
    types, supervised = batch["token_type_ids"][0], batch["assistant_masks"][0]
    first = int(supervised.argmax())
    assert types[:first].sum() == 0 and types[first:].all()
    assert ours.tokenizer.decode(batch["input_ids"][0][supervised == 1].tolist()) == "yes<eos>no<eos>"


def test_a_later_answer_token_changes_no_earlier_logit(ours, model):
    batch = encode(ours, CASES[0])
    batch.pop("assistant_masks")
    changed = {name: tensor.clone() for name, tensor in batch.items()}
    at = batch["input_ids"].shape[1] - 4
    changed["input_ids"][0, at] = ours.tokenizer.convert_tokens_to_ids("a")
    with torch.no_grad():
        difference = (model(**batch).logits - model(**changed).logits).abs()[0].amax(-1)
    assert difference[:at].max() == 0 and difference[at:].max() > 0


def test_a_prompt_token_is_seen_by_the_image(ours, model):
    batch = encode(ours, CASES[1])
    batch.pop("assistant_masks")
    changed = {name: tensor.clone() for name, tensor in batch.items()}
    changed["input_ids"][0, SIZE.image_tokens + 3] = ours.tokenizer.convert_tokens_to_ids("a")
    with torch.no_grad():
        difference = (model(**batch).logits - model(**changed).logits).abs()[0].amax(-1)
    assert difference[: SIZE.image_tokens].max() > 0


def test_the_stock_class_reads_what_ours_saved(ours, tmp_path):
    ours.save_pretrained(tmp_path)
    assert type(PaliGemmaProcessor.from_pretrained(tmp_path)) is PaliGemmaProcessor


def test_the_module_stands_alone():
    """A prepared base carries a copy of it to machines without our packages."""
    with open(processing.__file__, encoding="utf-8") as file:
        tree = ast.parse(file.read())
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    names = {
        name for node in imports for name in [getattr(node, "module", None), *(n.name for n in node.names)] if name
    }
    assert not {name for name in names if name.split(".")[0] in ("radgrounder", "refrad2d")}
    assert not any(getattr(node, "level", 0) for node in imports)


def test_a_prepared_base_names_the_module_by_its_basename(ours, tmp_path):
    RadGrounderProcessor.register_for_auto_class("AutoProcessor")
    ours.save_pretrained(tmp_path)
    assert (tmp_path / "processing.py").is_file()
    assert '"processing.RadGrounderProcessor"' in (tmp_path / "processor_config.json").read_text()
