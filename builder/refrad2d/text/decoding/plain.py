"""Report text as interfaces send it (HTML, RTF, quoted-printable, HL7 escapes, doubly encoded UTF-8) made plain.

    >>> to_plain_text("M&uuml;ller,<br>geb. 1950")
    ('Müller,\\ngeb. 1950', '')
    >>> to_plain_text("M\\ufffdller")
    ('', 'undecodable_text')

A name in such a form is missed by every recogniser and ends in the training text. Each form is decoded only where it
shows itself: "<5 mm", "TE=20", "links\\rechts" and "São" stay as they are. Text whose letters are lost, or that is no
text, is refused with a reason.
"""

import base64
import binascii
import html
import re
from collections.abc import Callable, Mapping

from refrad2d.text.decoding.controls import has_private_letters, strip_controls
from refrad2d.text.decoding.rtf import read_rtf

UNDECODABLE = "undecodable_text"  # the reason of a text that cannot be made plain
_ROUNDS = 60  # a form may hold another: an entity of an entity, quoted-printable HTML

_LETTER = r"[^\W\d_]"
_SUSPECT = re.compile(r"[&<\\=%\ufffd\x7f-\x9fÂÃÄÅâ\uff01-\uff5e\u0400-\u04ff„”™§Ÿ?]|^\S{40,}$", re.M)

# --- escaped bytes: =C3=BC, %C3%BC, \XC3BC\ ------------------------------------------------------------------------
_HIGH = r"[89A-Fa-f][0-9A-Fa-f]"
_QUOTED_RUN = re.compile(rf"(?:={_HIGH})+")
_QUOTED_PROOF = re.compile(
    rf"(?<={_LETTER})(?:={_HIGH})+(?={_LETTER})|=[Cc][23]=[89ABab][0-9A-Fa-f]|=\r?\n(?s:.*?)(?:=\r?\n|=(?:3D|20|"
    rf"{_HIGH}))"
)
_QUOTED_ANY = re.compile(r"(?:=[0-9A-F]{2})+")
_SOFT_BREAK = re.compile(r"=[ \t]*\r?\n")
_PERCENT_RUN = re.compile(r"(?:%[Cc][2-5]%[89ABab][0-9A-Fa-f])+")
_HL7 = re.compile(
    r"(?<![:\\\w]\\)(?<!:)\\(?:(?P<line>\.(?:br|sp|sk|ti|in|fi|nf|ce)[+\-]?\d*)|(?P<sign>[EFRSTHN])|"
    r"X(?P<bytes>[0-9A-Fa-f]{2,})|"
    r"[CM][0-9A-Fa-f]{4,6})\\"
)
_HL7_BYTES = re.compile(r"(?:\\X(?:[0-9A-Fa-f]{2})+\\)+")
_HL7_SIGNS = {"E": "\\", "F": "|", "R": "~", "S": "^", "T": "&", "H": "", "N": ""}
_JSON = re.compile(r"(?<!\\)(?:\\u[0-9a-fA-F]{4}(?!\?))+")
_RTF_PIECE = re.compile(r"\\'([0-9a-fA-F]{2})|\\u(-?\d{2,5})\s?\?|\\(?:par|line)\b[ ]?|\\tab\b[ ]?")
_RTF_PROOF = re.compile(r"\\'[0-9a-fA-F]{2}|\\u-?\d{2,5}\s?\?|\\par\b.*\\par\b", re.S)

# --- HTML ----------------------------------------------------------------------------------------------------------
_BREAKING = "p|br|div|tr|li|ul|ol|table|tbody|thead|h[1-6]|hr|pre|blockquote|center|title|section|paragraph|item|list"
_NAMES = (
    f"{_BREAKING}|html|head|body|meta|link|span|b|i|u|s|em|strong|small|big|font|sup|sub|td|th|col|colgroup|"
    f"caption|a|img|"
    "style|script|o:p|tt|code|dl|dt|dd|label|content|text|linkhtml|form|input|button"
)
_ATTRIBUTE = r"\s+[\w:\-]+\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s\"'<>]+)"
_TAG = re.compile(rf"</?(?P<name>{_NAMES})(?:{_ATTRIBUTE})*\s*/?>", re.I)
_HIDDEN = re.compile(
    r"<(style|script|head)\b[^<>]*>.*?</\1\s*>|<!--.*?-->|<!DOCTYPE[^<>]*>|<\?xml[^<>]*\?>", re.I | re.S
)
_HIDDEN_END = re.compile(r"</(?:style|script|head)\s*>|-->|<!DOCTYPE[^<>]*>|<\?xml[^<>]*\?>", re.I)
_ENTITY = re.compile(r"&(?:#\d{2,6}|#[xX][0-9a-fA-F]{2,5}|[A-Za-z]{2,8}\d{0,2});")
_BLANK_LINES = re.compile(r"[ \t]*\n(?:[ \t]*\n){2,}")

# --- bytes read in the wrong page ----------------------------------------------------------------------------------
_TAIL = "".join(bytes([code]).decode("cp1252", "ignore") or chr(code) for code in range(0x80, 0xC0)) + "".join(
    chr(code) for code in range(0x80, 0xA0)
)
_MOJIBAKE = re.compile(
    rf"[ÂÃ][{re.escape(_TAIL)}]|(?<={_LETTER})[ÄÅ][{re.escape(_TAIL)}]|[ÄÅ][{re.escape(_TAIL)}](?={_LETTER})|"
    rf"[àáâãäåæçèéêëìíîï][{re.escape(_TAIL)}]{{2}}"
)
_DOS = {"\x81": "ü", "„": "ä", "”": "ö", "Ž": "Ä", "™": "Ö", "š": "Ü", "á": "ß", "‚": "é"}
_DOS_PROOF = re.compile(r"(?<=[A-Za-z])[\x81„”](?=[a-z])")
_MAC = {"Š": "ä", "š": "ö", "Ÿ": "ü", "§": "ß", "€": "Ä", "…": "Ö", "†": "Ü"}
_MAC_PROOF = re.compile(r"(?<=[A-Za-z])Ÿ(?=[a-z])|(?<=[a-z])§(?=[a-z])")
_CONTROL = re.compile(r"[\x80-\x9f]")
_FULL_WIDTH = re.compile(r"[\uff01-\uff5e]")
_LETTERS = re.compile(r"[^\W\d_]+")
_CYRILLIC = re.compile("[\u0400-\u04ff]")
_LATIN_LETTER = re.compile("[A-Za-zÀ-ÿ]")
_LATIN = str.maketrans("АВЕКМНОРСТХУІЈЅаеорсухіјѕӓӧԁһ", "ABEKMHOPCTXYIJSaeopcyxijsäödh")
_LOST = re.compile(r"[A-Za-z]\?[a-zäöüß]")
_BASE64 = re.compile(r"\s*(?:[A-Za-z0-9+/]{20,}\s*)+={0,2}\s*")
_WIDE_GAP = re.compile(r"([^\S\n]{80})[^\S\n]+")
_TALL_GAP = re.compile(r"(\n(?:[^\S\n]*\n){3})(?:[^\S\n]*\n)+")
_NO_WORD = re.compile(r"\S{1000}")  # of letters or digits: a picture, a key, anything but a sentence
_BINARY = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")


def to_plain_text(raw: str) -> tuple[str, str]:
    """(text, "") with every encoding undone; ("", UNDECODABLE) where letters are lost or it is no text."""
    text = raw
    for _ in range(_ROUNDS):
        plain = _decode(text) if _SUSPECT.search(text) else text
        if plain is None:
            return "", UNDECODABLE
        if plain == text:  # only then: bytes that are still to be decoded look like control characters
            plain = strip_controls(text)
        if plain == text:
            break
        text = plain
    text = _TALL_GAP.sub(r"\1", _WIDE_GAP.sub(r"\1", text))
    return ("", UNDECODABLE) if _is_lost(text) else (text, "")


def _decode(text: str) -> str | None:
    """One layer of each form undone; None if a form is broken."""
    if text.lstrip().startswith("{\\rtf"):
        return read_rtf(text)
    if _BASE64.fullmatch(text) and len(text) >= 40:
        return _read_base64(text)
    steps: tuple[Callable[[str], str], ...] = (
        _quoted_printable, _hl7, _rtf_pieces, _json_escapes, _percent, _html, _wrong_page, _look_alikes,
    )  # fmt: skip
    for step in steps:
        text = step(text)
    return text


def _is_lost(text: str) -> bool:
    """True if letters cannot be known any more: U+FFFD, question marks inside words, control characters, no words."""
    if "\ufffd" in text or _BINARY.search(text) or has_private_letters(text) or _NO_WORD.search(text):
        return True
    return len(_LOST.findall(text)) > 1 and not re.search("[äöüÄÖÜß]", text)


def _bytes_to_text(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def _quoted_printable(text: str) -> str:
    if "=" not in text or not _QUOTED_PROOF.search(text):
        return text
    text = _SOFT_BREAK.sub("", text)
    whole = re.search(r"=(?![0-9A-F]{2})", text) is None  # else an "=" of the text itself: only sure escapes go
    return (_QUOTED_ANY if whole else _QUOTED_RUN).sub(
        lambda match: _bytes_to_text(bytes.fromhex(match.group().replace("=", ""))), text
    )


def _hl7(text: str) -> str:
    if "\\" not in text:
        return text
    text = _HL7_BYTES.sub(
        lambda match: _bytes_to_text(bytes.fromhex(re.sub(r"\\X?", "", match.group()))).replace("\r", "\n"), text
    )
    return _HL7.sub(lambda match: "\n" if match["line"] else _HL7_SIGNS.get(match["sign"] or "", ""), text)


def _rtf_pieces(text: str) -> str:
    """RTF that lost its head: \\'fc, \\u252?, \\par."""
    if "\\" not in text or not _RTF_PROOF.search(text):
        return text

    def character(match: re.Match) -> str:
        if match[1]:
            return bytes.fromhex(match[1]).decode("cp1252", "replace")
        if match[2]:
            return chr(int(match[2]) % 65536)
        return "\t" if match.group().startswith("\\tab") else "\n"

    return _RTF_PIECE.sub(character, text)


def _json_escapes(text: str) -> str:
    def characters(match: re.Match) -> str:
        units = bytes.fromhex(match.group().replace("\\u", ""))
        return units.decode("utf-16-be", "replace")

    return _JSON.sub(characters, text) if "\\u" in text else text


def _percent(text: str) -> str:
    return _PERCENT_RUN.sub(lambda match: _bytes_to_text(bytes.fromhex(match.group().replace("%", ""))), text)


def _html(text: str) -> str:
    if "<" in text and (_TAG.search(text) or _hide(text) != text):
        text = _hide(text)
        text = _TAG.sub(_replace_tag, text)
        text = _BLANK_LINES.sub("\n\n", text).strip()
    if "&" in text:
        text = _ENTITY.sub(lambda match: html.unescape(match.group()).replace("\xa0", " "), text)
    return text


def _hide(text: str) -> str:
    """Without what no reader sees. Behind the last end of such a part none is looked for: each would scan the rest."""
    last = max((match.end() for match in _HIDDEN_END.finditer(text)), default=0)
    return _HIDDEN.sub(" ", text[:last]) + text[last:]


def _replace_tag(tag: re.Match) -> str:
    name = tag["name"].lower()
    if name in ("td", "th"):
        return "\t" if tag.group().startswith("</") else ""
    return "\n" if re.fullmatch(_BREAKING, name) else ""


def _wrong_page(text: str) -> str:
    """UTF-8 read as a page of one byte, DOS and Macintosh pages read as Windows, Windows read as ISO."""
    text = _MOJIBAKE.sub(_read_again, text)
    for proof, letters in ((_DOS_PROOF, _DOS), (_MAC_PROOF, _MAC)):
        if proof.search(text):
            text = _replace_letters(text, letters)
    return _CONTROL.sub(lambda match: match.group().encode("latin-1").decode("cp1252", "replace"), text)


def _replace_letters(text: str, letters: Mapping[str, str]) -> str:
    """The text with the letters of another page replaced where they stand beside a letter."""
    either = re.escape("".join(letters))
    return re.sub(rf"(?<=[A-Za-z])[{either}]|[{either}](?=[a-z])", lambda match: letters[match.group()], text)


def _read_again(match: re.Match) -> str:
    data = b"".join(
        char.encode("latin-1") if ord(char) < 256 else char.encode("cp1252", "replace") for char in match.group()
    )
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return match.group()


def _look_alikes(text: str) -> str:
    """Full-width letters, and Cyrillic ones inside a Latin word."""
    text = _FULL_WIDTH.sub(lambda match: chr(ord(match.group()) - 0xFEE0), text)
    if not _CYRILLIC.search(text):
        return text
    return _LETTERS.sub(
        lambda match: match.group().translate(_LATIN) if _LATIN_LETTER.search(match.group()) else match.group(), text
    )


def _read_base64(text: str) -> str | None:
    try:
        return base64.b64decode("".join(text.split()), validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        return None if " " not in text.strip() and re.search(r"\d", text) else text
