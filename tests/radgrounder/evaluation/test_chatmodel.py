"""Models that are not ours: a tiny random LLaVA, saved and loaded as any other.

pytest tests/radgrounder/evaluation/test_chatmodel.py
"""

import pytest
from PIL import Image

WORDS = ["<pad>", "<unk>", "<s>", "</s>", "<image>", "USER:", "ASSISTANT:", "which", "organ", "?", "liver"]
TEMPLATE = (
    "{% for message in messages %}{% for part in message['content'] %}"
    "{% if part['type'] == 'image' %} <image> {% else %}{{ part['text'] }}{% endif %}"
    "{% endfor %}{% endfor %} ASSISTANT:"
)
PICTURES = [Image.new("RGB", (224, 224)), Image.new("RGB", (224, 224), "white")]


def save_tiny_llava(folder, template=TEMPLATE):
    """A random model of a few thousand parameters with a vocabulary of eleven words."""
    transformers = pytest.importorskip("transformers", reason="transformers is not installed")
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import WhitespaceSplit

    words = Tokenizer(WordLevel({word: i for i, word in enumerate(WORDS)}, unk_token="<unk>"))
    words.pre_tokenizer = WhitespaceSplit()
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=words, unk_token="<unk>", pad_token="<pad>", bos_token="<s>", eos_token="</s>",
        additional_special_tokens=["<image>"],
    )  # fmt: skip
    small = {"hidden_size": 16, "intermediate_size": 16, "num_attention_heads": 2}
    vision = transformers.CLIPVisionConfig(**small, num_hidden_layers=2, image_size=28, patch_size=14)
    text = transformers.LlamaConfig(
        **small, num_hidden_layers=1, num_key_value_heads=2, vocab_size=len(WORDS),
        pad_token_id=0, bos_token_id=2, eos_token_id=3,
    )  # fmt: skip
    config = transformers.LlavaConfig(vision_config=vision, text_config=text, image_token_index=4, image_seq_length=4)
    transformers.LlavaForConditionalGeneration(config).save_pretrained(folder)
    transformers.LlavaProcessor(
        image_processor=transformers.CLIPImageProcessor(
            size={"shortest_edge": 28}, crop_size={"height": 28, "width": 28}
        ),
        tokenizer=tokenizer, patch_size=14, vision_feature_select_strategy="default", num_additional_image_tokens=1,
        chat_template=template,
    ).save_pretrained(folder)  # fmt: skip
    return str(folder)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return save_tiny_llava(tmp_path_factory.mktemp("llava"))


def test_a_foreign_model_answers_each_prompt(folder):
    from radgrounder.evaluation.chatmodel import load_generator

    model = load_generator(folder)
    prompts = ["\n\nwhich organ ?\nAnswer: ", "\n\nwhich ?\nAnswer: "]
    together = model.generate(PICTURES, prompts, max_new_tokens=3)
    alone = [model.generate([p], [t], max_new_tokens=3)[0] for p, t in zip(PICTURES, prompts, strict=True)]
    assert together == alone  # padding changes nothing


def test_the_instruction_is_part_of_the_fingerprint(folder):
    from radgrounder.evaluation.chatmodel import load_generator

    plain, told = (load_generator(folder, instruction=text).fingerprint for text in ("", "Be brief."))
    assert plain.startswith("sha256:") and told.startswith(plain) and told != plain


def test_a_model_without_chat_template_is_refused(tmp_path):
    from radgrounder.evaluation.chatmodel import load_generator

    with pytest.raises(ValueError, match="has no chat template"):
        load_generator(save_tiny_llava(tmp_path / "plain", template=None))


def test_no_model_at_all_is_refused(tmp_path):
    pytest.importorskip("transformers", reason="transformers is not installed")
    from radgrounder.evaluation.chatmodel import load_generator

    with pytest.raises(ValueError, match="is no model folder. Give a folder with config.json"):
        load_generator(str(tmp_path))
