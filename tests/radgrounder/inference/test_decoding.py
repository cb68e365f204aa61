"""One call of a model's `generate`: probabilities, markup, grammar."""

import pytest
import torch
from transformers import AutoModelForImageTextToText

from radgrounder.inference.decoding import Decoder
from radgrounder.models.release import load_processor
from refrad2d.grounding import parse
from tests.fixtures.tiny_models import picture, save_nano


@pytest.fixture(scope="module")
def decoder(tmp_path_factory):
    folder = save_nano(tmp_path_factory.mktemp("decoding") / "nano")
    model = AutoModelForImageTextToText.from_pretrained(folder)
    return Decoder(model, load_processor(str(folder)), kept_pictures=2)


@pytest.mark.parametrize("how", [{"do_sample": False}, {"do_sample": True, "temperature": 0.7}], ids=str)
def test_probabilities_are_those_of_the_model(decoder, how):
    prompts = ["a", "what does it show"]
    answers = decoder.write([picture(), picture(1)], prompts, max_new_tokens=9, **how)
    for n, (one, question) in enumerate(zip(answers, prompts, strict=True)):
        batch = decoder.processor(images=picture(n), text=f"<image>{question}", return_tensors="pt")
        batch.pop("labels")
        asked, written = batch["input_ids"].shape[1], torch.tensor([one.ids])
        batch["input_ids"] = torch.cat([batch["input_ids"], written], dim=1)
        batch["attention_mask"] = torch.ones_like(batch["input_ids"])
        batch["token_type_ids"] = torch.cat([torch.zeros(1, asked, dtype=torch.long), torch.ones_like(written)], dim=1)
        with torch.no_grad():
            logits = decoder.model(**batch, labels=batch["input_ids"]).logits[0, asked - 1 : -1]
        expected = torch.softmax(logits, -1).gather(1, written.T)[:, 0]
        assert one.probabilities == pytest.approx(expected.tolist(), rel=1e-3)


def test_a_bound_answer_parses(decoder):
    [answer] = decoder.write([picture()], ["a"], max_new_tokens=60, constrained=True, do_sample=False)
    assert parse(answer.markup).invalid == 0


def test_markup_ends_before_the_end_token(decoder):
    tokenizer = decoder.processor.tokenizer
    ids = tokenizer("the liver", add_special_tokens=False)["input_ids"]
    answer = decoder._finish([*ids, tokenizer.eos_token_id, tokenizer.pad_token_id], [0.5] * (len(ids) + 2), ())
    assert answer.markup == "the liver" and len(answer.ids) == len(answer.probabilities) == len(ids) + 1


def test_the_grammar_of_a_modality_is_built_once(decoder):
    assert decoder._grammar("CT") is decoder._grammar("CT") is not decoder._grammar("MR")
