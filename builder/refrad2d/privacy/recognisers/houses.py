"""Hospitals, practices, homes and insurers by other signs than the word "Klinik"; wards and rooms.

find_houses("Radiologie am Stadttor, St.-Ansgar, 2. Medizinische Abteilung, Zi. 214")
"""

import re
from collections.abc import Iterator

from refrad2d.privacy.recognisers.lexicon import (
    Found,
    alternation,
    clinical_words,
    context_pattern,
    context_words,
    is_ordinary,
    is_word,
    looks_clinical,
    spell,
)

_CAP = r"[A-ZÀ-ÖØ-ÞŁŚŞČŠŽ]"
_SMALL = r"[a-zß-öø-ÿłśşčšžğ]"
_PROPER = rf"(?:{_CAP}[\w’'\-]*|[„\"“]{_CAP}[^\n\"“”]{{2,24}}[\"“”])"
_LINK = (
    r"(?:am|an der|an den|im|in|in der|in den|der|des|den|zum|zur|zu den|vor dem|auf der|auf dem|"
    r"bei|von|vom|und|u\.|&|für|a\.)"
)
_PROPERS = rf"(?:{_LINK}[ ]){{0,2}}{_PROPER}(?:[ ](?:{_LINK}[ ]){{0,2}}{_PROPER}){{0,3}}"
_HOUSE = (
    rf"(?:{_CAP}[\w\-]*)?(?:[Kk]linik(?:um|ums|en)?|KLINIK(?:UM|EN)?|[Kk]rankenhaus(?:es)?|KRANKENHAUS|"
    rf"[Kk]rankenanstalten|KRANKENANSTALTEN|"
    rf"[Ss]pital|SPITAL|[Hh]ospital|HOSPITAL|[Hh]ospiz|[Ss]anatorium|[Hh]eilstätten?|[Zz]entrum|ZENTRUM|"
    rf"[Ii]nstitut|INSTITUT|[Aa]mbulatorium|"
    rf"[Pp]olyklinik|[Pp]raxisklinik|[Tt]agesklinik|[Hh]eim|[Ss]tift|STIFT|[Kk]rankenanstalt|[Ll]azarett|"
    rf"[Rr]ehazentrum|"
    rf"[Tt]herapiestation|[Ss]creening[- ]Einheit)"
)
_SURE_HOUSE = (
    rf"(?:{_CAP}[\w\-]*?)?(?:[Kk]linik(?:um|ums|en)|KLINIK(?:UM|EN)|[Kk]rankenhaus(?:es)?|KRANKENHAUS|"
    rf"[Kk]rankenanstalt(?:en)?|KRANKENANSTALTEN|"
    rf"[Ss]pital|SPITAL|[Hh]ospital|HOSPITAL|[Hh]ospiz|[Ss]anatorium|[Hh]eilstätten?)"
)
_TRADE = context_pattern("department")
_NAMED_TRADE = re.compile(
    rf"(?<![\w\-]){_TRADE}[ ](?P<name>(?:[Aa]m|[Aa]n der|[Ii]m|in der|auf der|auf dem|vor dem|[Zz]um|"
    rf"[Zz]ur)[ ]{_CAP}[\w\-]+(?:[ ]{_CAP}[\w\-]+)?|"
    rf"{_CAP}{_SMALL}+(?:-{_CAP}{_SMALL}+)*)(?![\w\-])"
)
_SEAT = re.compile(
    rf"(?<![\w\-]){context_pattern('seat')}[ ](?P<name>(?:(?:Haus|St\.|Sankt|am|an der|im|zum|zur|Dr\.|Prof\.|C"
    rf"ivico|Klinik|San|Santa)[ ])*{_CAP}{_SMALL}[\w\-]+(?:[ ]{_CAP}{_SMALL}[\w\-]+)?)(?![\w\-])"
)
_SAINT = re.compile(
    rf"(?<![\w\-])(?:St\.|Sankt|Sta\.|ST\.|SANKT)[ \-]?(?!Gallen|p\.|n\.)(?:{_CAP}{_SMALL}{{2,}}|"
    rf"{_CAP}{{4,}})(?:[\- ]{_CAP}[\w\-]+){{0,3}}(?:[ ]g?GmbH)?"
)
_SHORT = context_pattern("house_code")
_CODED = re.compile(rf"(?<![\w\-]){_SHORT}(?:[ \-]{_CAP}[\w\-]*){{0,3}}(?![\w\-])")
_AMBIGUOUS_SHORT = frozenset(("BWK", "HUG", "USB", "KSS", "UKA"))
_CHAIN = re.compile(
    rf"(?<![\w\-])(?:(?:{alternation('german_org_head')}|Hirslanden|Artemed|Schönkl\.|Schön-Klinik|Paracelsus|"
    rf"Barmherzige[rn]?(?:[ ](?:Brüder|"
    rf"Schwestern))?|Elisabethinen|Elbe|Segeberger|Oberberg|Waldkliniken|Wagner-Jauregg|Rotes[ ]Kreuz|Rotkreuz|"
    rf"Diakonissen|Hospital|"
    rf"Perinatalzentrum|Endoskopiezentrum|Wicker|Celenus|MediClin|Heinrich-Braun|Ernst-von-Bergmann)[ \-])"
    rf"{_CAP}[\w\-]+(?:[ ]{_CAP}[\w\-]+)?(?![\w\-])"
    rf"|(?<![\w\-]){_CAP}{_SMALL}+(?:-{_CAP}{_SMALL}+)*[ \-](?:Helios|Asklepios|Sana|Vivantes|Ameos|DRK|SRH|"
    rf"Median)(?![\w\-])"
)
_ORDER = re.compile(  # "KH der Barmherzigen Schwestern Ried"
    rf"(?<![\w\-])(?:KH|Krh\.|Kh\.|Krankenhaus)[ ](?:der|d\.)[ ]{_CAP}[\w.\-]+(?:[ ]{_CAP}[\w\-]+){{0,3}}(?![\w\-])"
)
_LATIN = re.compile(
    rf"(?<![\w\-]){_CAP}{_SMALL}{{3,}}(?:inum|eum|ianum|kologikum|"
    rf"asklepieion)(?:[ ](?:am[ ])?{_CAP}{_SMALL}+)?(?![\w\-])"
)
_NOT_LATIN = re.compile(
    r"(?i)(?:duod|jejun|il|periton|mediast|caec|perine|perit|c|peron|ton|perinat|muskul|mus|kol)(?:eum|inum)\b"
)
_TRADE_ADJECTIVE = context_pattern("department_kind")
_DEPARTMENT = re.compile(
    rf"(?<![\w\-])(?:(?:\d|I{{1,3}}|IV|V)\.[ ])?(?:{_TRADE_ADJECTIVE}[ ](?:(?:u\.|und|&)[ ]\w+[ ])?(?:Univ(?:\.|"
    rf"ersitäts)-?)?"
    rf"(?i:klinik|abteilung|abt\.|universitätsklinik|zentrum|institut|praxis|poliklinik|"
    rf"universitäts-klinik)(?:[ ](?:I{{1,3}}|IV|V|[A-C1-5])(?!\w))?"
    rf"(?:[ ](?:m\.|mit|für|am|an|im|der|des|und)[ ]{_CAP}[\w\-]+(?:[ ]{_CAP}[\w\-]+)?)*|"
    rf"(?:Abteilung|Klinik|Institut|Zentrum|Fachabteilung|Sektion|Abt\.|Universitätsklinik|Univ\.-Klinik|"
    rf"Univ\.-Klinikum)[ ](?:I{{1,3}}|"
    rf"(?:(?:für|f\.)[ ])?(?:[\w\-]+,[ ])?(?:Innere|Allgemein-?|Thorax-?|Viszeral-?|Gefäß-?|{_TRADE}|"
    rf"\w+(?:ie|ik|medizin|"
    rf"heilkunde|hygiene|chirurgie|pflege)))"
    rf"(?:(?:,|[ ]&|[ ]und|[ ]u\.|[ ]–|[ ]-)?[ ](?:I{{1,3}}|IV|{_CAP}[\w\-]*(?:ie|ik|medizin|heilkunde|Medizin|"
    rf"hygiene|geburtshilfe|Geburtshilfe|Frührehabilitation|chirurgie)))*)"
    rf"(?![\w])"
)
_PLACED = re.compile(
    rf"(?<![\w\-])(?:(?:{_CAP}[\w.\-]*[ ]){{0,3}}?){_SURE_HOUSE}"
    rf"(?:[ ,]?[ ](?:Standort[ ])?{_PROPERS})?(?:[ ]g?GmbH)?(?![\w\-])"
)
_ZENTRUM = re.compile(
    rf"(?<![\w\-])(?:(?:{_CAP}[\w.]*(?:isches|istisches|ärztliches)|{_CAP}\w*-[ ](?:und|u\.)|Deutsches|"
    rf"Evangelisches|Allgemeines|Klinisches)[ ])*"
    rf"(?:{_CAP}[\w\-]*[Zz]entrum|{_CAP}[\w\-]*praxis|{_CAP}[\w\-]*institut|{_CAP}[\w\-]*klinik|Zentrum|"
    rf"Trauma Center|Stroke Unit|MVZ|OP-Zentrum|"
    rf"Diagnostikum|{_CAP}[\w\-]*heilstätte|{_CAP}[\w\-]*ambulanz|{_CAP}[\w\-]*werk)"
    rf"[ ](?P<name>(?:(?:St\.|Sankt)[ ])?{_PROPERS})(?![\w\-])"
)
_HEAD_LINE = re.compile(r"^[ \t]*(?P<line>[^\n:]{4,110}?)[ \t]*$", re.M)
_HEAD_WORD = re.compile(
    rf"{_SURE_HOUSE}|(?:[Kk]linik|KLINIK|[Zz]entrum|ZENTRUM|[Ii]nstitut|INSTITUT|[Aa]bteilung|ABTEILUNG|"
    rf"[Ff]achabteilung|"
    rf"[Aa]mbulanz|Universitätsmedizin|MVZ|[Pp]raxis|Spital|Stroke Unit|Sanitätsbetrieb|SANITÄTSBETRIEB)(?!\w)"
)
_CELLS = re.compile(r"(?:(?![ \t]{2}|\t|[·•∙|/]|,[ ]|[ ][–\-][ ]|\().)+")
_PERSON_OR_DATE = re.compile(
    r"(?:Dr\.|Prof\.|Tel|Fax|\d{3}|@|\bvom\b|\bwurde\b|\bwird\b|\bist\b|\bwar\b|\bwir\b|\bbitte)", re.I
)

# --- wards, rooms, insurers ----------------------------------------------------------------------------------------
_PLACE_NUMBER = (
    r"(?:[A-ZÄÖÜ]{1,3}[ \-.]?)?\d{1,4}[A-Za-z]?(?:[.\-/][\dA-Z]{1,4})*(?:[ ](?:re|li|Süd|Nord|Ost|West)\b\.?)?"
)
_WARD_UNIT = (
    rf"(?:(?:(?:Station|Stat\.|St\.|Zimmer|Zi\.?|Raum|Saal|OP-Saal|OP|Kreißsaal|Bett|Ebene|Haus|Amb\.|Ambulanz|"
    rf"Ambulatorium|Leitstelle|Koje|"
    rf"Poli|Etage|Iso|Intensiv|Haftraum|Wohnbereich|Infusionsraum|Tagesklinik|Endo-Amb\.|HNO-Amb\.|Uro-Amb\.|"
    rf"AWR Platz|Platz|IMC/?|ICU|NICU|ITS)"
    rf"(?![A-Za-zäöü])[ ]?(?:{_PLACE_NUMBER}|[IVX]{{1,4}}\b|[A-H]\b|\({_PLACE_NUMBER}\)|\(Ebene \d\)))|"
    rf"\d\.[ ]?(?:OG|UG|Stock|St\.|Obergeschoss|Etage)(?:[ ](?:re|li|links|"
    rf"rechts|West|Ost|Nord|Süd)\.?)?|EG\b)"
)
_WARDS = re.compile(rf"(?<![\w\-]){_WARD_UNIT}(?:[,/]?[ ]?{_WARD_UNIT})*(?![\w])")
_SURE_WARD = re.compile(
    r"(?:Zimmer|Zi\.|Zi |Raum|Saal|Kreißsaal|Bett|Haftraum|Wohnbereich|Amb\.|Ambulanz|Stat\.|Koje|Leitstelle|"
    r"OP-Saal|Infusionsraum|Ambulatorium|Poli )"
)
_NAMED_WARD = re.compile(
    rf"(?<![\w\-])(?:Station|Stat\.|Palliativstation|Wohnbereich|"
    rf"Wohngruppe)[ ](?P<ward>[„\"“]?{_CAP}{_SMALL}{{3,}}[\"“”]?(?:[ ]\([A-Z]?\d+\))?|"
    rf"[A-Z]{{1,2}}\d[\w\-]*|\d[A-Z](?:\-?[A-Z]\w+)?)(?=[ ]*[,;.)\n(]|[ ]{{2}}|$)"
)
_NODE = re.compile(
    r"(?:LK|Lymph\w*|nod(?:e|al|es)|mediastinal\w*|hilär\w*|Lymphadenektomie|LAD)[ \-]*$|^[ ]*(?:node|LK|lymph)", re.I
)
_PAYERS = re.compile(
    rf"(?<![\w\-])(?:{context_pattern('payer')}"
    rf"(?:[ \-](?:und[ ]|der[ ])?{_CAP}[\w\-]+){{0,3}}(?:[ ]e\.[ ]?V\.)?)(?![\w\-])"
)
_LONE_PAYER = context_words("lone_payer")


def find_houses(text: str) -> Iterator[Found]:
    """Hospitals, departments, practices, homes, insurers (ORGANISATION), wards and rooms."""
    for match in _NAMED_TRADE.finditer(text):
        if not _is_plain(match["name"]):
            yield Found(*match.span(), "ORGANISATION")
    for pattern in (_SEAT, _ZENTRUM):
        for match in pattern.finditer(text):
            middle = match.group().startswith("Zentrum ") and is_word(match["name"].split()[-1])  # "im Zentrum Kalk"
            if not middle and not _is_plain(match["name"]):
                yield Found(*match.span(), "ORGANISATION", True)
    for match in _PLACED.finditer(text):
        if " " in match.group() or "-" in match.group() or len(match.group()) > 11:
            yield Found(*match.span(), "ORGANISATION")
    for pattern in (_SAINT, _CHAIN, _ORDER, _DEPARTMENT):
        yield from (Found(*match.span(), "ORGANISATION", True) for match in pattern.finditer(text))
    for match in _CODED.finditer(text):
        if match.group() not in _AMBIGUOUS_SHORT:
            yield Found(*match.span(), "ORGANISATION", True)
    for match in _LATIN.finditer(text):
        if not _NOT_LATIN.search(match.group()) and not looks_clinical(match.group().split()[0]):
            yield Found(*match.span(), "ORGANISATION")
    for match in _PAYERS.finditer(text):
        if match.group() not in _LONE_PAYER:
            yield Found(*match.span(), "ORGANISATION")
    yield from _letterhead(text)
    yield from _wards(text)


def _letterhead(text: str) -> Iterator[Found]:
    """Lines and cells of the first twelve lines that name a house: all capitalised but for links."""
    lines = list(re.finditer(r"[^\n]*\S[^\n]*", text))
    for match in lines[:12] if len(lines) > 4 else ():
        whole = match.group().strip()
        if _HEAD_WORD.search(whole) and not re.search(r"[\d:@·•|]|[ ]{2}|Dr\.|Prof\.", whole) and _is_headed(whole):
            start = match.start() + len(match.group()) - len(match.group().lstrip())
            yield Found(start, start + len(whole), "ORGANISATION", True)
            continue
        for cell in _CELLS.finditer(text, *match.span()):
            piece = cell.group().strip()
            words = re.findall(r"[^\W\d_][\w.\-]*", piece)
            if (
                re.search(r":|\d(?!\.[ ]?[A-ZÄÖÜ])", piece)
                or not _HEAD_WORD.search(piece)
                or _PERSON_OR_DATE.search(piece)
                or not 1 < len(words) < 12
            ):
                continue
            if _is_headed(piece):
                start = cell.start() + len(cell.group()) - len(cell.group().lstrip())
                yield Found(start, start + len(piece), "ORGANISATION", True)


def _is_headed(piece: str) -> bool:
    """True if every word is capitalised or links two that are, as in a letterhead, and it is more than one."""
    words = re.findall(r"[^\W\d_][\w.\-]*", piece)
    return 1 < len(words) < 12 and all(word[0].isupper() or re.fullmatch(_LINK, word) for word in words)


def _wards(text: str) -> Iterator[Found]:
    for match in _WARDS.finditer(text):
        before, after = text[max(0, match.start() - 24) : match.start()], text[match.end() : match.end() + 8]
        sure = _SURE_WARD.match(match.group()) is not None
        several = len(re.findall(r"\d|[IVX]+\b|\b[A-H]\b|\bEG\b", match.group())) > 1 and not match.group().startswith(
            "Platz"
        )
        framed = (
            several
            and re.search(r"(?:^|[,;(:/·–\n]|[ ]{2}|auf|der)[ ]*$", before)
            and re.match(r"[ ]*(?:[,;):.\n·]|$|[ ]{2})", after)
        )
        if not _NODE.search(before) and not _NODE.search(after) and (sure or framed):
            yield Found(*match.span(), "ORGANISATION", sure)
    for match in _NAMED_WARD.finditer(text):
        if not _is_plain(match["ward"]) and not _NODE.search(text[max(0, match.start() - 24) : match.start()]):
            yield Found(*match.span(), "ORGANISATION", True)


def _is_plain(name: str) -> bool:
    """True if the name has only words that reports use."""
    words = [word for word in re.findall(r"[^\W\d_]{3,}", name) if word[0].isupper()]
    return not words or all(is_ordinary(w) or looks_clinical(w) or spell(w) in clinical_words() for w in words)
