"""A release: stock classes, the logits and the layout of what was trained, no remote code."""

import json

import pytest
import torch
from transformers import (
    AutoModelForImageTextToText,
    AutoProcessor,
    PaliGemmaForConditionalGeneration,
    PaliGemmaProcessor,
    pipeline,
)

from radgrounder.inference.bound import bound_decoding
from radgrounder.inference.predictor import Predictor
from radgrounder.models.prepare import prepare
from radgrounder.models.release import MASK_CODEC, load_processor, release, save_stock
from refrad2d.conversations import prompt
from tests.fixtures.tiny_models import encode_prompt, logits, picture, save_nano, train_adapter, turns


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    folder = tmp_path_factory.mktemp("release")
    prepare(str(save_nano(folder / "nano")), folder / "base")
    torch.manual_seed(0)
    trained = train_adapter(folder / "base", folder / "adapter")
    release(folder / "adapter", folder / "model")
    return folder, trained


def test_the_merged_model_has_the_logits_of_the_adapted_one(released):
    folder, trained = released
    batch = encode_prompt(AutoProcessor.from_pretrained(folder / "model"))
    merged = AutoModelForImageTextToText.from_pretrained(folder / "model")
    base = AutoModelForImageTextToText.from_pretrained(folder / "base")
    wanted = logits(trained, batch)
    assert (logits(merged, batch) - wanted).abs().max() <= 1e-5
    assert (logits(base, batch) - wanted).abs().max() > 1e-3  # the adapter does something


def test_a_release_loads_as_stock_classes_without_remote_code(released):
    folder, _ = released
    assert type(AutoProcessor.from_pretrained(folder / "model", trust_remote_code=False)) is PaliGemmaProcessor
    model = AutoModelForImageTextToText.from_pretrained(folder / "model", trust_remote_code=False)
    assert type(model) is PaliGemmaForConditionalGeneration
    assert not list((folder / "model").glob("*.py")) and list((folder / "model").glob("*.safetensors"))
    assert "auto_map" not in (folder / "model" / "processor_config.json").read_text()


def test_a_release_runs_in_the_pipeline(released):
    folder, _ = released
    ask = pipeline("image-text-to-text", model=str(folder / "model"), device="cpu")
    [answer] = ask(images=picture(), text="<image>" + turns(0)[1][0], max_new_tokens=4, return_full_text=False)
    assert isinstance(answer["generated_text"], str)


def said(role, text, *, image=None):
    parts = [{"type": "image", "image": image}] if image else []
    return {"role": role, "content": [*parts, {"type": "text", "text": text}]}


REPORT, CLOSED, LOCATE, IN_CONTEXT = turns(0)
GROUNDED_VQA = (prompt("grounded_vqa", "en", question="Which organ lies at the right?"), LOCATE[1])
CHATS = {  # turns before the last prompt, which gets no answer
    "report": [REPORT],
    "question in context": [IN_CONTEXT],
    "grounded question": [GROUNDED_VQA],
    "two turns": [CLOSED, LOCATE],
    "three turns": [GROUNDED_VQA, REPORT, CLOSED],
}


def as_messages(pairs):
    messages = [said("user", pairs[0][0], image=picture())]
    for (_, answer), (question, _) in zip(pairs, pairs[1:], strict=False):
        messages += [said("assistant", answer), said("user", question)]
    return messages


def as_text(pairs):
    *before, (question, _) = pairs
    return "<image>" + "".join(f"{asked}\n{answer}<eos>" for asked, answer in before) + question


@pytest.mark.parametrize("name", CHATS)
def test_prompt_template_and_pipeline_give_the_tokens_that_were_trained(released, name, monkeypatch):
    folder, _ = released
    messages, asked = as_messages(CHATS[name]), {}
    options = {"tokenize": True, "return_dict": True, "return_tensors": "pt", "add_generation_prompt": True}
    trained = AutoProcessor.from_pretrained(folder / "base", trust_remote_code=True)
    trained = trained.apply_chat_template(messages, **options)
    stock = AutoProcessor.from_pretrained(folder / "model")
    plain = stock(images=picture(), text=as_text(CHATS[name]), return_tensors="pt")
    chat = stock.apply_chat_template(messages, **options)
    pipe = pipeline("image-text-to-text", model=str(folder / "model"), device="cpu")
    generate = pipe.model.generate
    monkeypatch.setattr(pipe.model, "generate", lambda **given: asked.update(given) or generate(**given))
    pipe(text=messages, max_new_tokens=2, return_full_text=False)
    for got in (chat, asked):
        for key in ("input_ids", "token_type_ids", "attention_mask", "pixel_values"):
            assert torch.equal(got[key], plain[key]), key
    assert plain["input_ids"].tolist() == trained["input_ids"].tolist()


@pytest.mark.parametrize("bound", [False, True], ids=["free", "bound"])
def test_prompt_template_pipeline_and_predictor_give_one_answer(released, bound):
    folder, _ = released
    pipe = pipeline("image-text-to-text", model=str(folder / "model"), device="cpu")
    how = bound_decoding(pipe.processor, "locate") if bound else {"max_new_tokens": 48}
    ask = {"generate_kwargs": how, "return_tensors": True}
    [plain] = pipe(images=picture(), text="<image>" + LOCATE[0], **ask)
    [chat] = pipe(text=as_messages([LOCATE]), **ask)
    predictor = Predictor.load(folder / "model", constrained=bound)
    [ours] = predictor.generate_scored([picture()], [LOCATE[0]], max_new_tokens=48)
    assert torch.equal(plain["generated_token_ids"], chat["generated_token_ids"])
    assert plain["generated_token_ids"].tolist()[-len(ours.ids) :] == list(ours.ids)


def test_a_chat_that_ends_with_an_answer_is_refused(released):
    folder, _ = released
    messages = [*as_messages([CLOSED]), said("assistant", "yes")]
    with pytest.raises(Exception, match="End it with the question"):
        AutoProcessor.from_pretrained(folder / "model").apply_chat_template(messages, tokenize=True, return_dict=True)


def test_the_adapter_alone_gives_the_same_logits_on_the_base(released):
    from peft import PeftModel

    folder, trained = released
    base = AutoModelForImageTextToText.from_pretrained(folder / "base")
    alone = PeftModel.from_pretrained(base, str(folder / "model" / "adapter")).eval()
    batch = encode_prompt(AutoProcessor.from_pretrained(folder / "model"))
    assert torch.equal(logits(alone, batch), logits(trained, batch))


def test_a_fully_trained_model_is_released_unchanged(released, tmp_path):
    folder, _ = released
    (tmp_path / "codec").write_bytes(b"codec")
    release(folder / "base", tmp_path / "model", mask_codec=tmp_path / "codec")
    batch = encode_prompt(AutoProcessor.from_pretrained(tmp_path / "model"))
    both = [AutoModelForImageTextToText.from_pretrained(f) for f in (folder / "base", tmp_path / "model")]
    assert torch.equal(logits(both[0], batch), logits(both[1], batch))
    assert (tmp_path / "model" / MASK_CODEC).read_bytes() == b"codec"


@pytest.fixture(scope="module")
def image_only(tmp_path_factory):
    folder = tmp_path_factory.mktemp("image_only")
    prepare(str(save_nano(folder / "nano")), folder / "base", attention="image")
    train_adapter(folder / "base", folder / "adapter")
    release(folder / "adapter", folder / "model")
    return folder


def test_the_release_says_what_inference_must_do(image_only):
    assert 'inputs["token_type_ids"]' in (image_only / "model" / "INFERENCE.md").read_text()
    config = json.loads((image_only / "model" / "config.json").read_text())
    assert config["radgrounder_attention"] == "image"


def test_the_line_in_the_release_gives_the_predictors_inputs(image_only):
    predictor = Predictor.load(image_only / "model")
    model, inputs_ = predictor.model, encode_prompt(predictor.processor)
    text = (image_only / "model" / "INFERENCE.md").read_text()
    [line] = [line for line in text.splitlines() if line.startswith('inputs["token_type_ids"]')]
    exec(line, {"inputs": inputs_, "model": model})
    seen = predictor.decoder.encode([picture()], [turns(0)[0][0]])["token_type_ids"]
    assert torch.equal(inputs_["token_type_ids"], seen) and seen.any()


def test_a_folder_without_a_model_is_refused(tmp_path):
    with pytest.raises(ValueError, match="neither adapter_config.json nor config.json"):
        release(tmp_path, tmp_path / "model")


def test_a_folder_that_exists_is_not_written_over(released):
    folder, _ = released
    with pytest.raises(ValueError, match="exists already"):
        release(folder / "adapter", folder / "model")


def test_a_folder_shows_only_when_it_is_whole(released, tmp_path, monkeypatch):
    folder, _ = released
    processor = PaliGemmaProcessor.from_pretrained(folder / "model")
    model = AutoModelForImageTextToText.from_pretrained(folder / "model")

    def fail(*_, **__):
        raise OSError("disk full")

    with monkeypatch.context() as patch, pytest.raises(OSError, match="disk full"):
        patch.setattr(PaliGemmaProcessor, "save_pretrained", fail)
        save_stock(model, processor, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    save_stock(model, processor, tmp_path / "out", more={"NOTE.md": "x"})
    assert (tmp_path / "out/NOTE.md").read_text() == "x" and not (tmp_path / "out.tmp").exists()


def test_inference_reads_a_prepared_base_with_the_stock_processor(released):
    folder, _ = released
    assert type(load_processor(str(folder / "base"))) is PaliGemmaProcessor
