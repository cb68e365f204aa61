"""What steers a terminal or a chat model and is no report: control characters, ANSI codes, tokens of chat templates.

    >>> strip_controls("<|im_start|>Leber\\x1b[31m glatt\\x1b[0m.")
    'Leber glatt.'

Tokens are taken out as a class, whatever the model: names between bars, and the listed ones that have none.
"""

import re
import unicodedata

_NAMES = (
    "s|bos|eos|pad|unk|mask|sep|cls|user|assistant|system|human|think|thinking|answer|tool_call|tool_response|tools|"
    "tool|function_call|function|instructions?|image|images|video|audio|img|image_soft_token|start_of_image|"
    "end_of_image|start_of_turn|end_of_turn|start_of_text|end_of_text|startoftext|endoftext|begin_of_text|eot|eom|"
    "eot_id|eom_id|im_start|im_end|extra_id_\\d+|unused\\d+|reserved_\\w+|fim_\\w+|SYS"
)
_TOKEN = re.compile(
    r"<[|｜][^<>|｜\n]{1,60}[|｜]>|"  # <|im_start|>, <|eot_id|>
    rf"<</?SYS>>|</?(?:{_NAMES})>|"
    r"\[/?(?:INST|SYS|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS|IMG|IMG_BREAK|IMG_END|CLS|SEP|PAD|MASK|"
    r"UNK|BOS|EOS|gMASK)\]",
    re.IGNORECASE,
)
_ANSI = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|"  # colours, movements
    r"(?:\x1b\]|\x9d)[^\x07\x1b\n]{0,200}(?:\x07|\x1b\\|\x9c)?|"  # titles, links
    r"\x1b[PX^_][^\x1b\n]{0,200}\x1b\\|\x1b[()*+][0-9A-Z]|\x1b[=>78]"  # strings, character sets, keypad and cursor
)
_BARE_ANSI = re.compile(r"\[\d{0,2}(?:;\d{1,3})*m")  # whose escape character is lost
_BREAKS = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_BULLETS = str.maketrans({"\uf0b7": "•", "\uf0a7": "•", "\uf02d": "-", "\uf0d8": "•", "\uf0fc": "•"})  # of symbol fonts
_SUSPECT = re.compile(
    r"[<\[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff-\U0010ffff\ue000-\uf8ff]"
)
_ROUNDS = 20  # a token may stand inside another


def strip_controls(text: str) -> str:
    """The text without ANSI codes, invisible characters and tokens of chat models; other line breaks as "\\n".

    Control characters that may have been letters stay, for `plain` to refuse.
    """
    if not _SUSPECT.search(text):
        return text
    text = _ANSI.sub("", text)
    if "[0m" in text or "[m" in text:
        text = _BARE_ANSI.sub("", text)
    text = _BREAKS.sub("\n", text.translate(_BULLETS))
    text = "".join(char for char in text if unicodedata.category(char) != "Cf")
    for _ in range(_ROUNDS):
        shorter = _TOKEN.sub("", text)
        if shorter == text:
            return text
        text = shorter
    return text.replace("<", "‹").replace("[", "(")  # nested without end: no token is left


def has_private_letters(text: str) -> bool:
    """True if characters of a private font are left: letters that nobody can read."""
    return any("\ue000" <= char <= "\uf8ff" or "\U000f0000" <= char for char in text)
