"""Tokens of chat models, ANSI codes and invisible characters leave a text; what a report holds stays."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refrad2d.privacy.deidentify import deidentify
from refrad2d.text.decoding.controls import _TOKEN, has_private_letters, strip_controls
from refrad2d.text.decoding.plain import to_plain_text

TOKENS = (
    "<|im_start|> <|im_end|> <|endoftext|> <|eot_id|> <|start_header_id|> <|assistant|> <|vision_pad|> <｜User｜> "
    "<｜end▁of▁sentence｜> <s> </s> <bos> <eos> <pad> <unk> <mask> <image> <start_of_turn> <end_of_turn> <extra_id_0> "
    "<unused12> <think> </think> <tool_call> </tool_call> <image_soft_token> <start_of_image> [INST] [/INST] <<SYS>> "
    "<</SYS>> [CLS] [SEP] [PAD] [IMG] [AVAILABLE_TOOLS] <|IM_START|> [inst]"
).split()


@pytest.mark.parametrize("token", TOKENS)
def test_a_token_goes_wherever_it_stands(token):
    for text in (
        f"{token}Leber glatt.",
        f"Leber {token}glatt.",
        f"Leber glatt.{token}",
        f"Leber {token[:2]}{token}{token[2:]}glatt.",
    ):
        assert strip_controls(text) == "Leber glatt."


@pytest.mark.parametrize("token", TOKENS)
def test_a_token_goes_in_any_dress(token):
    escaped = token.replace("<", "&lt;").replace(">", "&gt;")
    invisible = "\u200b".join(token)
    for form in (escaped, escaped.replace("&", "&amp;"), invisible):
        assert to_plain_text(f"Leber {form}glatt.") == ("Leber glatt.", "")
    assert token not in deidentify(f"Leber {token} glatt.", "de")


@pytest.mark.parametrize(
    "text",
    ["Rundherd <5 mm, LK > 10 mm", "a < b und c > d", "[NAME], geb. [DATE]", "Score |x| < 3", "Serie [4] Bild [12]",
     "HU <-50|+20>", "Typ [A/B]", "[MRT] Leber"],
)  # fmt: skip
def test_what_reports_hold_stays(text):
    assert strip_controls(text) == text


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("\x1b[31mLeber\x1b[0m", "Leber"),
        ("\x1b[2J\x1b[1;1HLeber", "Leber"),
        ("\x1b]8;;http://x\x1b\\Leber", "Leber"),
        ("\x9b31mLeber", "Leber"),
        ("[1mLeber[0m", "Leber"),
        ("Leber\r\nMilz\x0bNiere\u2029glatt", "Leber\nMilz\nNiere\nglatt"),
        ("Le\u200bber\u202e \U000e0041glatt\ufeff", "Leber glatt"),
        ("\uf0b7 Leber", "• Leber"),
    ],
)
def test_codes_and_invisible_characters_go(raw, clean):
    assert strip_controls(raw) == clean


@pytest.mark.parametrize("text", ["Le\x07ber", "Le\x1bber", "Le\x08\x08ber", "\x7f", "L\ue123ber"])
def test_what_may_have_been_a_letter_refuses_the_text(text):
    assert to_plain_text(text)[1] == "undecodable_text"


def test_private_letters_are_known():
    assert has_private_letters("\ue000") and not has_private_letters("Leber")


@given(
    st.lists(st.sampled_from(["<", "|", ">", "[", "]", "/", "INST", "s", "im_end", "<<SYS>>", "<|x|>"]), max_size=40)
)
def test_no_token_is_left(parts):
    assert not _TOKEN.search(strip_controls("".join(parts)))
