"""A shipped base gives with stock classes what it was trained on, what a release of it gives, and what predict says."""

import json

import pytest
import torch
from PIL import Image
from transformers import AutoModelForImageTextToText, AutoProcessor, PaliGemmaProcessor, pipeline

from radgrounder.models.prepare import prepare
from radgrounder.models.processing import STOCK_CHAT_TEMPLATE, RadGrounderProcessor
from radgrounder.predict import Picture, Predictor, bound_decoding, task_prompt
from radgrounder.results.model_card import card
from refrad2d.phantom import sample_slice
from refrad2d.windows import windows
from tests.fixtures.paths import ROOT

BASE = ROOT / "sft/bases/nano"
PROMPTS = {
    "locate liver": task_prompt("locate", "en", "liver"),
    "locate prostate": task_prompt("locate", "de", "Prostata"),
    "vqa": task_prompt("vqa", "en", "Is the liver visible?"),
    "report": task_prompt("report", "de"),
}
SURE, BORDERLINE, ABSENT = ("liver", "left kidney"), "spleen", ("brain", "prostate", "heart")


@pytest.fixture(scope="module")
def image():
    return Image.fromarray(windows(sample_slice(7, site="A", size=144, regions=["abdomen_ct"])["pixels"], "CT"))


@pytest.fixture(scope="module")
def processor():
    return AutoProcessor.from_pretrained(BASE)


@pytest.fixture(scope="module")
def model():
    return AutoModelForImageTextToText.from_pretrained(BASE, dtype=torch.float32).eval()


def chat(image, prompt):
    return [{"role": "user", "content": [{"type": "image", "image": image}, {"type": "text", "text": prompt}]}]


def plain(processor, image, prompt):
    return processor(images=image, text="<image>" + prompt, return_tensors="pt")


def test_the_base_has_the_chat_template_of_a_release():
    assert (BASE / "chat_template.jinja").read_text(encoding="utf-8") == STOCK_CHAT_TEMPLATE


@pytest.mark.parametrize("name", PROMPTS)
def test_prompt_template_and_pipeline_give_the_same_tokens(model, processor, image, name, monkeypatch):
    wanted, asked = plain(processor, image, PROMPTS[name]), {}
    options = {"tokenize": True, "return_dict": True, "return_tensors": "pt"}
    templated = processor.apply_chat_template(chat(image, PROMPTS[name]), **options)
    pipe = pipeline("image-text-to-text", model=model, processor=processor)
    generate = model.generate
    monkeypatch.setattr(model, "generate", lambda **given: asked.update(given) or generate(**given))
    pipe(text=chat(image, PROMPTS[name]), max_new_tokens=1)
    for got in (templated, asked):
        for key in ("input_ids", "token_type_ids", "attention_mask", "pixel_values"):
            assert torch.equal(got[key], wanted[key]), key


@pytest.mark.parametrize("attention", ["prompt", "image"])
def test_a_prepared_base_trains_the_tokens_of_the_plain_prompt(image, attention, tmp_path):
    prepare(str(BASE), tmp_path / "base", attention=attention)
    trained = RadGrounderProcessor.from_pretrained(tmp_path / "base")
    stock = PaliGemmaProcessor.from_pretrained(BASE)
    answer = {"role": "assistant", "content": [{"type": "text", "text": "not visible"}]}
    options = {"tokenize": True, "return_dict": True, "return_tensors": "pt"}
    for prompt in PROMPTS.values():
        got = trained.apply_chat_template([*chat(image, prompt), answer], **options)
        wanted = stock(images=image, text="<image>" + prompt, suffix="not visible", return_tensors="pt")
        assert torch.equal(got["input_ids"], wanted["input_ids"])


def located(model, processor, image, name, **how):
    batch = plain(processor, image, task_prompt("locate", "en", name))
    ids = model.generate(**batch, **bound_decoding(processor, "locate", **how), do_sample=False)
    return processor.decode(ids[0, batch["input_ids"].shape[1] :]).removesuffix("<eos>")


def test_stock_generate_with_the_one_liner_says_what_predict_says(model, processor, image):
    predictor, picture = Predictor.load(BASE), Picture(image, *image.size)
    for name in (*SURE, BORDERLINE, *ABSENT):
        ours = predictor.predict(picture, task="locate", question=name)
        assert located(model, processor, image, name) == ours.markup, name
        assert bool(ours.spans) == (name not in ABSENT), name


def test_an_offset_that_is_given_overrides_that_of_the_model(model, processor, image):
    assert located(model, processor, image, BORDERLINE, absence=0.0) == "not visible"
    assert located(model, processor, image, BORDERLINE).startswith("<p")


def test_the_card_is_what_its_command_writes(monkeypatch):
    monkeypatch.chdir(ROOT)
    results, masks = (json.loads((ROOT / path).read_text(encoding="utf-8")) for path in FIGURES)
    assert card(BASE.relative_to(ROOT), [results], masks) == (BASE / "README.md").read_text(encoding="utf-8")


FIGURES = ("sft/bases/nano/results.json", "docs/results/masks.json")  # as `radgrounder card` takes them
