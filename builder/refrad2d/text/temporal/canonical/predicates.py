"""Perfects that end in a state of now, told in the present: "has extended into the vein" as "extends into the vein".

>>> in_present("The thrombus has extended into the splenic vein.", "en")
'The thrombus extends into the splenic vein.'
"""

import re
from functools import partial

from refrad2d.text.patterns.needles import needle

_SIZE = r"(?:(?:about|approximately|up\sto|just|some|nearly)\s)*\d[\d.x×\s]*\s?-?(?:mm|cm|ml)\b"
_SIZE_DE = r"(?:(?:etwa|ca\.|bis|gut|knapp)\s)*\d[\d,x×\s]*\s?(?:mm|cm|ml)?\b"
_NOW = r"(?:now|since|meanwhile|also|further|slightly|partially|again|currently|newly|markedly|considerably)"
_MANNER = rf"(?:(?:{_NOW}|compared\sto\sthe\sprior\sstudy)\s)*"
_PRESENT = {  # participles that lead to where a thing is now
    "extended": "extend", "spread": "spread", "reached": "reach", "invaded": "invade", "crossed": "cross",
    "encased": "encase", "eroded": "erode", "involved": "involve", "breached": "breach", "encroached": "encroach",
    "replaced": "replace", "filled": "fill", "obliterated": "obliterate", "surrounded": "surround", "effaced": "efface",
    "displaced": "displace", "compressed": "compress", "abutted": "abut", "occluded": "occlude",
}  # fmt: skip
_ENGLISH = needle(
    rf"\b(has|have)\s{_MANNER}({'|'.join(_PRESENT)})(?=\s(?:into|to|across|along|onto|beyond|over|through|up|the|both|its)\b)"
)
_NORMAL = {
    "en": (
        needle(r"^(?:interval\s|complete\s|full\s)?normali[sz]ation\s(?:of|in)\s(?:the\s)?(?=\w)"),
        "Normal ",
    ),
    "de": (
        needle(
            r"^(?:vollständige\s|komplette\s)?normalisierung\sder\s(?=(?:Weite|Größe|Breite|Dichte|Belüftung|Transparenz|Perfusion|Lage|Stellung"
            r"|Signalintensität|Höhe|Form|Kontur|Durchblutung|Herzgröße|Ventrikelweite)\b)"
        ),
        "Normale ",
    ),
}
_ENGLISH_SIZES = (
    (
        needle(rf"\b(has|have)\s{_MANNER}(?:reached|attained)\s(?={_SIZE})"),
        ("measures ", "measure "),
    ),
    (
        needle(
            rf"\b(is|are|has\sbeen|have\sbeen)\s{_MANNER}(?:reduced|down|decreased|increased|up|back|diminished)\s(?:in\ssize\s)?to\s(?=an?\s{_SIZE})"
        ),
        ("is ", "are "),
    ),
    (
        needle(
            rf"\b(is|are|has\sbeen|have\sbeen)\s{_MANNER}(?:reduced|down|decreased|increased|up|diminished)\s(?:in\ssize\s)?to\s(?={_SIZE})"
        ),
        ("measures ", "measure "),
    ),
    (
        needle(
            rf"(?<=\w)(?<!has)(?<!have)(?<!is)(?<!are)()\s(?:progressed|increased|decreased|grown|enlarged|shrunk|reduced|diminished|widened|narrowed)\s"
            rf"(?:in\ssize\s)?from\s\d+(?:\.\d+)?(?:\s?[mc]m)?\sto\s(?={_SIZE})"
        ),
        (" ", " "),
    ),
    (
        needle(rf"\b(is|are)\sno\slonger\s{_SIZE}\s?,?\sbut\s(?:now\s)?(?={_SIZE})"),
        ("measures ", "measure "),
    ),
    (
        needle(
            rf"(?<=\w)(?<!come)(?<!gone)(?<!went)(?<!has)(?<!have)(?<!is)(?<!are)(?<!been)()\s(?:down|reduced|decreased|increased|grown|enlarged|shrunk)\sto\s(?={_SIZE}\s*(?:[.,;)]|$))"
        ),
        (" ", " "),
    ),
)
_GERMAN = (
    (
        needle(
            r"\b(hat|haben)\s(?:sich\s)?(?:(?:nun|jetzt|inzwischen|zwischenzeitlich|mittlerweile|weiter|deutlich|im\sVergleich\szur\sVoruntersuchung)\s)*"
            r"((?:bis\s)?(?:in|auf|zu[rm]?|nach)\s[^,;.]+?)\s(?:ausgedehnt|ausgebreitet|vorgewachsen|fortgesetzt|erstreckt|vorgeschoben)(?=\s*(?:[.,;]|$))"
        ),
        ("reicht", "reichen"),
    ),
    (
        needle(
            r"\b(hat|haben)\s(?:(?:nun|jetzt|inzwischen|zwischenzeitlich|mittlerweile|im\sVergleich\szur\sVoruntersuchung)\s)*"
            r"((?:die|den|das)\s[^,;.]+?)\serreicht(?=\s*(?:[.,;]|$))"
        ),
        ("erreicht", "erreichen"),
    ),
    (
        needle(
            rf"\b(ist|sind|misst|messen)\snicht\smehr\s{_SIZE_DE},?\ssondern\s(?:nun\s|jetzt\s)?({_SIZE_DE})(?:\s(?:groß|lang|breit|dick|weit))?\b"
        ),
        ("misst", "messen"),
    ),
)


_GROWN = needle(  # "von 8 auf 14 mm zunehmend", without a verb
    rf"((?:^|[,;:(]\s)(?:(?!\b(?:hat|haben|ist|sind)\b)[^,;:()])*?)(?:im\sVergleich\szur\sVoruntersuchung\s)?\bvon\s(?:etwa\s|ca\.\s)?\d[\d,x×\s]*\s?(?:mm|cm)?\sauf\s(?:aktuell\s|nun\s|jetzt\s)?({_SIZE_DE})"
    r"\s(?:(?:deutlich|gering|leicht|mäßig|etwas|weiter)\s)?(?:zunehmend|abnehmend|(?:größen)?(?:pro|re)gredient|(?:an)?gewachsen|vergrößert|verkleinert|rückläufig|geschrumpft|angestiegen|gesunken)"
    r"(?=\s*(?:[.,;)]|$))"
)


def in_present(sentence: str, language: str) -> str:
    """The sentence with such a perfect in the present tense; else the same."""
    find, put = _NORMAL[language]
    sentence = find.sub(put, sentence)
    if language == "de":
        if " auf " in sentence:
            sentence = _GROWN.sub(r"\1\2", sentence)
        if "hat" not in sentence and "haben" not in sentence and "mehr" not in sentence:
            return sentence
        for perfect, verbs in _GERMAN:
            sentence = perfect.sub(partial(_in_german, verbs), sentence)
        return sentence
    sentence = _ENGLISH.sub(_in_english, sentence)
    for perfect, verbs in _ENGLISH_SIZES:
        sentence = perfect.sub(partial(_of_size, verbs), sentence)
    return sentence


def _in_german(verbs: tuple[str, str], found: re.Match) -> str:
    return f"{verbs[found[1].lower() in ('haben', 'sind', 'messen')]} {found[2]}"


def _of_size(verbs: tuple[str, str], found: re.Match) -> str:
    return verbs[found[1].lower().startswith(("have", "are"))]


def _in_english(found: re.Match) -> str:
    stem = _PRESENT[found[2].lower()]
    if found[1].lower() == "have":
        return stem
    return stem + ("es" if stem.endswith(("ss", "ch")) else "s")
