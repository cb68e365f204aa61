"""The text of an RTF document, without its fonts, styles and pictures.

>>> read_rtf(r"{\\rtf1\\ansi M\\'fcller\\par geb. 1950}")
'Müller\\ngeb. 1950'
"""

import re

_TOKEN = re.compile(
    r"\\(?P<word>[A-Za-z]+)(?P<number>-?\d+)?[ ]?|\\'(?P<hex>[0-9A-Fa-f]{2})|\\(?P<sign>[^A-Za-z'])|(?P<brace>[{}])|"
    r"[\r\n]+|(?P<text>[^\\{}\r\n]+)|(?P<broken>\\)"
)
_SIGNS = {"par": "\n", "line": "\n", "row": "\n", "sect": "\n", "page": "\n", "tab": "\t", "cell": "\t", "endash": "–",
          "emdash": "—", "lquote": "‘", "rquote": "’", "ldblquote": "“", "rdblquote": "”", "bullet": "•"}  # fmt: skip
_HIDDEN = frozenset(
    "fonttbl colortbl stylesheet info pict object themedata datastore listtable listoverridetable revtbl rsidtbl "
    "generator latentstyles fldinst xmlnstbl filetbl".split()
)


def read_rtf(rtf: str) -> str | None:
    """The visible text; None if the document is cut off or its groups do not close."""
    out: list[str] = []
    pending = bytearray()  # bytes that belong to one character may stand in several escapes
    page = "cp1252"
    stack: list[tuple[bool, int]] = []
    hidden, skip, after_unicode = False, 1, 0

    def flush() -> None:
        if pending:
            out.append(pending.decode(page, "replace"))
            pending.clear()

    for token in _TOKEN.finditer(rtf.strip()):
        if token["hex"]:
            if after_unicode:
                after_unicode -= 1
            elif not hidden:
                pending.append(int(token["hex"], 16))
            continue
        flush()
        word = token["word"]
        if token["brace"] == "{":
            stack.append((hidden, skip))
        elif token["brace"]:
            if not stack:
                return None
            hidden, skip = stack.pop()
        elif token["broken"]:
            return None
        elif token["sign"] == "*" or word in _HIDDEN:
            hidden = True
        elif word == "ansicpg" and token["number"]:
            page = _page(token["number"])
        elif word == "uc":
            skip = int(token["number"] or 1)
        elif word == "u" and token["number"]:
            after_unicode = skip
            out += [] if hidden else [chr(int(token["number"]) % 65536)]
        elif not hidden:
            shown = token["text"] or _SIGNS.get(word or "", "") or {"~": " ", "_": "-"}.get(token["sign"] or "", "")
            shown = shown or (token["sign"] if token["sign"] in ("\\", "{", "}") else "")
            if token["text"] and after_unicode:
                shown, after_unicode = shown[after_unicode:], max(0, after_unicode - len(shown))
            out.append(shown or "")
    flush()
    text = "".join(out).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return None if stack or "\\bin" in rtf else text.strip()


def _page(number: str) -> str:
    name = f"cp{number}"
    try:
        "".encode(name)
    except LookupError:
        return "cp1252"
    return name if number != "65001" else "utf-8"
