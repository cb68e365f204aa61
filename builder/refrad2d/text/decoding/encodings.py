"""The encoding of a table, and the readings of a header: bytes become letters on evidence, or not at all.

    >>> decode_table("Milz vergrößert".encode("cp1252"))
    ('Milz vergrößert', 'cp1252')

UTF-8 where it decodes without a fault; else cp1252 (Latin-1 with its quotation marks), unless another page reads the
bytes as letters clearly better. Where neither holds the table is refused: a page that is guessed turns "Köhnke" into
"K÷hnke", which no list of names finds.
"""

import codecs
import re
from collections import Counter
from collections.abc import Iterable
from itertools import islice, product, zip_longest

CANDIDATES = ("cp1252", "cp850", "mac_roman", "cp1250", "iso8859_2", "cp1254")
MARGIN = 3.0  # by which another page must read better than cp1252, in letters
_GERMAN = frozenset("äöüÄÖÜß")
_SIGNS = frozenset("°µ²³±–—„“”‚‘’…×½¼¾·•€§«»\xa0®©¿¡")
_LOOSE = frozenset("´¨¬¦¶¹¢£¥ªºØøà")  # of no weight where they stand alone
_UNUSUAL = frozenset("þÞðÐýÝ")  # of Iceland; in a report rather Turkish letters read in the wrong page
_CONTEXT = re.compile("(?s)(?=(?:^|(?<=(.)))([^\\x00-\\x7f])(.?))")
_WORD_BREAK = re.compile(r"([\^=\\,; \t\r\n\-']+)")  # of ASCII: other blanks may be letters of another page
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_LOST_LETTERS = ("ä", "ö", "ü", "ß", "é", "ç", "ñ", "í")  # no two are spelled alike
_MOST_READINGS = 64


def decode_table(data: bytes, encoding: str | None = None) -> tuple[str, str]:
    """The text of a table and the name of its encoding.

    ValueError if the bytes are not in the `encoding` that was given, or if it cannot be told. Single lines of a UTF-8
    table that are in another page are read in that page where it can be told, else their letters become U+FFFD.
    """
    if encoding:
        return _decode_as(data, encoding)
    for mark, name in _MARKS:
        if data.startswith(mark):
            return _decode_as(data, name)
    wide = _wide(data)
    if wide:
        return _decode_as(data, wide)
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        return _decode_single_bytes(data)


def _decode_as(data: bytes, encoding: str) -> tuple[str, str]:
    try:
        name = codecs.lookup(encoding).name
        text = data.decode(encoding)
    except LookupError as error:
        raise ValueError(f"Unknown --encoding {encoding!r}. Name one that Python knows, such as cp1252.") from error
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ValueError(
            f"The report table is not in {encoding}: line {line} does not decode. "
            "Name its encoding with --encoding, or save it as UTF-8."
        ) from error
    return text.removeprefix("\ufeff"), name.removesuffix("-sig")


def _wide(data: bytes) -> str:
    """UTF-16 without its mark: every second byte of mostly Latin text is zero."""
    head = data[:4000]
    if len(head) < 8:
        return ""
    odd, even = (head[n::2].count(0) / len(head[n::2]) for n in (1, 0))
    return "utf-16-le" if odd > 0.6 > 0.2 > even else "utf-16-be" if even > 0.6 > 0.2 > odd else ""


def _decode_single_bytes(data: bytes) -> tuple[str, str]:
    lines = data.split(b"\n")
    high = [line for line in lines if not line.isascii()]
    odd = [line for line in high if not _is_utf8(line)]
    if len(odd) * 2 > len(high):
        page = choose_page(data)
        if page is None:
            raise ValueError(
                "The encoding of the report table cannot be told: it is no UTF-8, and no page reads its letters "
                "clearly better than the others. Name it with --encoding, such as cp1252 or cp850, or save it as UTF-8."
            )
        return _decode_page(data, page), page
    page = choose_page(b"\n".join(odd))
    whole = [line.decode("utf-8") if _is_utf8(line) else _decode_line(line, page) for line in lines]
    return "\n".join(whole).removeprefix("\ufeff"), f"utf-8+{page}" if page else "utf-8"


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _decode_line(line: bytes, page: str | None) -> str:
    mixed = re.search(rb"[\xc3\xc2][\x80-\xbf]", line)  # letters of UTF-8 in it: of two encodings at once
    return line.decode("utf-8", "replace") if page is None or mixed else _decode_page(line, page)


def _decode_page(data: bytes, page: str) -> str:
    """Bytes that a page does not define stay control characters, which no report may hold."""
    if page != "cp1252":
        return data.decode(page, "replace")
    return data.decode("cp1252", "surrogateescape").translate({0xDC00 + code: code for code in range(0x80, 0x100)})


def choose_page(data: bytes) -> str | None:
    """The page of single bytes that text is in, None if it cannot be told. cp1252 unless another is clearly better."""
    contexts = _contexts(data.decode("latin-1"))
    if not contexts:
        return "cp1252"
    scores = {page: _score(contexts, page) for page in CANDIDATES}
    (usual, usual_faults), best = scores["cp1252"], max(CANDIDATES, key=lambda page: scores[page][0])
    highest, faults = scores[best]
    if highest - usual >= MARGIN and not faults and highest >= 2:
        return best
    total = sum(contexts.values())
    return "cp1252" if usual_faults * 10 <= total and highest - usual < total / 2 else None


def _contexts(text: str) -> Counter:
    """How often a byte beyond ASCII stands between which others."""
    return Counter(match.groups() for match in _CONTEXT.finditer(text))


def _score(contexts: Counter, page: str) -> tuple[float, int]:
    """How well bytes read: a point for a letter of German or a usual sign, two less for what stands in no word."""
    points, faults = 0.0, 0
    for around, n in contexts.items():
        before, char, after = (_decode_page(c.encode("latin-1"), page) if c else " " for c in around)
        worth = _worth(before, char, after)
        points += worth * n
        faults += n * (worth < 0)
    return points, faults


def _worth(before: str, char: str, after: str) -> float:
    """What a character between two others says for the page that reads it so: below 0 against it."""
    inside = before.isalpha() and after.isalpha()
    if char in _LOOSE:
        return 0.1 if char == "´" or not inside else -2.0
    if char == "µ":
        return 1.0
    if not char.isalpha():
        return (
            1.0 if char in _SIGNS and not (inside and char not in "’·\xa0") and not _ends_word(before, char) else -2.0
        )
    if char in _UNUSUAL or char in "ﬀﬁﬂﬃﬄﬅﬆƒ" or not (before.isalpha() or after.isalpha()):
        return -2.0
    if char.isupper() and (before.islower() or before.isupper() and after.islower()):  # "gefÄrbt", "MŸller"
        return -2.0
    if char == "ß":
        return 1.0 if before.lower() in "aeiouyäöü" else -2.0
    return 1.0 if char in _GERMAN else 0.1


def _ends_word(before: str, char: str) -> bool:
    return before.isalpha() and char in "§„‘"


def is_misread(text: str) -> bool:
    """True if a sign stands inside a word ("Wa³êsa", "K÷hnke"): letters of another page than the rest of the table."""
    return any(
        not char.isalpha() and before.isalpha() and after.isalpha() and _worth(before, char, after) < 0
        for before, char, after in _around(text)
    )


# --- headers -------------------------------------------------------------------------------------------------------


def readings(value: str, raw: bytes | None = None) -> list[str]:
    """What a header's string may say, whatever character set it declares or not; the string itself if it reads well.

    `raw` are its bytes where they are at hand; else they are won back from the string. A letter that was lost
    (U+FFFD) is taken for any of those that reports use. Readings that are no words are left out: pieces of them would
    take innocent words out of every report.
    """
    if value.isascii() and (raw is None or raw.isascii()):
        return [value]
    choices: list[list[str]] = []
    pieces = [piece for piece in _WORD_BREAK.split(value)]
    raws = _raw_pieces(raw, len(pieces))
    for piece, data in zip(pieces, raws, strict=True):
        choices.append(_read_word(piece, data))
    whole = list(islice(product(*choices), _MOST_READINGS + 1))
    if len(whole) > _MOST_READINGS:  # too many letters are lost for all of it at once: word by word
        return sorted({"".join(whole[0]), *(word for words in choices if len(words) > 1 for word in words)})
    return sorted(map("".join, set(whole)))


def _raw_pieces(raw: bytes | None, count: int) -> list[bytes | None]:
    """The bytes of each word, where they fall apart as the string does."""
    if raw is None:
        return [None] * count
    parts = [part.encode("latin-1") for part in _WORD_BREAK.split(raw.decode("latin-1").rstrip(" \x00"))]
    return list(parts) if len(parts) == count else [None] * count


def _read_word(word: str, raw: bytes | None) -> list[str]:
    if word.isascii() and (raw is None or raw.isascii()):
        return [word]
    if "\ufffd" not in word and _is_word(word) and _is_german(word):
        return [word]
    found = {word} if "\ufffd" not in word and _is_word(word) else set()
    for data in {raw} if raw is not None else set(_bytes_of(word)):
        found.update(filter(_is_word, _decodings(data)))
    found.update(_with_letters(word) if "\ufffd" in word and not found else ())
    return sorted(found) or [word]


def _bytes_of(word: str) -> Iterable[bytes]:
    for page in ("latin-1", "cp1252"):
        try:
            yield word.encode(page)
        except UnicodeEncodeError:
            continue


def _decodings(data: bytes) -> Iterable[str]:
    try:
        yield data.decode("utf-8")
        return  # bytes beyond ASCII that happen to be UTF-8 are UTF-8
    except UnicodeDecodeError:
        pass
    for page in (*CANDIDATES, "iso8859_15", "cp437"):
        try:
            yield data.decode(page)
        except UnicodeDecodeError:
            continue


def _with_letters(word: str) -> Iterable[str]:
    gaps = word.count("\ufffd")
    for letters in islice(product(_LOST_LETTERS, repeat=min(gaps, 3)), 512):
        pieces = word.split("\ufffd")
        yield "".join(piece + letter for piece, letter in zip_longest(pieces, letters, fillvalue="e"))[: len(word)]


def _is_word(word: str) -> bool:
    return "\ufffd" not in word and all(
        (around[1].isalpha() or around[1] in "’´\u0308") and _worth(*around) >= 0 for around in _around(word)
    )


def _around(word: str) -> Iterable[tuple[str, str, str]]:
    return ((word[n - 1 : n] or " ", char, word[n + 1 : n + 2] or " ") for n, char in enumerate(word) if char > "\x7f")


def _is_german(word: str) -> bool:
    return all(char in _GERMAN for char in word if char > "\x7f")
