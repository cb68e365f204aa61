"""Places and houses: postal addresses, towns, hospitals, wards, companies.

find_places("Klinikum Nord, Station 4B, Hauptstr. 12, 79106 Freiburg", "de")
"""

import re
from collections.abc import Iterator

from refrad2d.privacy.recognisers.addresses import find_postal
from refrad2d.privacy.recognisers.houses import find_houses
from refrad2d.privacy.recognisers.lexicon import Found, alternation, anatomy, cities, is_ordinary, looks_clinical, spell
from refrad2d.privacy.recognisers.scan import Hinted

CAPITAL = r"[A-ZÀ-ÖØ-ÞŁŚŞČŠŽ]"
SMALL = r"[a-zß-öø-ÿłśşčšžğ]"
_B = r"[ \t]"
_START = r"(?<![\w\-])"

# --- streets and towns -------------------------------------------------------------------------------------------
_HOUSE = (
    r"\d{1,4}\s?[a-z]?(?![\w])(?:\s?[\-–/]\s?\d{1,4}\s?[a-z]?(?!\w))?"
    r"(?!\s?(?:mm|cm|ml|HU|HE|x\s?\d|×|%)|°|\sGrad|[.,]\d)"
)
_SURE_SUFFIXES = ("straße", "strasse", "str.", "weg", "platz", "allee", "gasse")
_SUFFIX = alternation("street_suffix")
_STREET_DE = Hinted(
    rf"{_START}(?:{CAPITAL}[\w.]*[\s\-]){{0,3}}(?:{CAPITAL}[\w\-]*?)?(?P<suffix>(?i:{_SUFFIX}))\s{_HOUSE}"
    rf"|{_START}(?:{CAPITAL}[\w.\-]*[\s\-])?{CAPITAL}[\w\-]*?(?:(?i:straße|strasse)|-Str\.|str\.)(?!\w)",
    word=_SUFFIX.replace(r"\.", ""),
    ends=True,
)
_STREET_BY = Hinted(
    rf"{_START}(?:Am|An der|An den|Auf der|Auf dem|Im|In der|In den|Zum|Zur|Unter den|Hinter der|Vor dem|Bei der|"
    rf"Alte[rs]?|"
    rf"Neue[rs]?|Obere[rs]?|Untere[rs]?|Große[rs]?|Kleine[rs]?)(?:\s{CAPITAL}{SMALL}+(?:[\s\-]{CAPITAL}{SMALL}+)?)"
    rf"\s{_HOUSE}",
    word=r"(?:am|an|auf|im|in|zum|zur|unter|hinter|vor|bei)(?![^\W\d_])|alte|neue|obere|untere|große|kleine",
    anchored=True,
)
_NOT_A_STREET = re.compile(
    rf"(?:{alternation('not_a_street')}|\b(?:rand|zwischen|ein|aus|ab|um|nach|rück|rot|stich|kern|arbeits|blick|bio))$",
    re.I,
)
_NO_ROAD = re.compile(
    r"(?i)^(?:knie|hüft|ellenbogen|schulter|fuß|zehen|finger|becken|bein|hand|kiefer|kammer|öffnungs|flip|neigu"
    r"ngs|kipp|"
    r"schenkel|sakral|bewegungs|dreh|beuge|hinter|vorder|unter|augenhinter|gesichts|blick|herz|gefäß|nabel|knorpel)$"
)
_ROADS_IN_THE_BODY = ("milch", "seh", "hör", "magen", "ausfluss", "einfluss")
_TOWN = (
    r"(?:(?:Bad|Sankt|St\.|Groß|Klein|Neu|Alt|Schwäbisch|Bergisch|Hann\.|Königs|Markt|Lutherstadt|Burg|Hansestadt)"
    r"[ \t])?"
    rf"{CAPITAL}{SMALL}+(?:-{CAPITAL}{SMALL}+)*"
)
_POSTCODE_DE = re.compile(
    rf"(?<![\w.,\-])(?:(?:D|DE|A|CH|L|AT)\s?-\s?\d{{4,5}}|\d{{5}}){_B}+{_TOWN}"
    rf"(?:{_B}(?:am|an der|im|in der|bei|ob der|vor der|a\.|i\.|d\.|a\.d\.){_B}?{CAPITAL}{SMALL}+|"
    rf"/{CAPITAL}{SMALL}+|{_B}?\({CAPITAL}{SMALL}+\))?"
)
_RESIDENCE = Hinted(
    rf"{_START}(?i:wohnhaft|wohnt|lebt|gebürtig|ansässig|gemeldet|lives|living|resides|resident|residing|born)"
    rf"{_B}(?:in|aus|bei|of|near){_B}"
    rf"(?P<town>(?!Pflege|Heim|Alten|Senioren|Miete|Trennung|Scheidung|Partnerschaft|Ehe|Beziehung|Gemeinschaft|"
    rf"Freiheit|Wohn){CAPITAL}{SMALL}+(?:[ \t\-]{CAPITAL}{SMALL}+)*)|"
    rf"{_START}(?P<spa>Bad{_B}{CAPITAL}{SMALL}{{3,}})",
    word="wohn|lebt|gebürtig|ansässig|gemeldet|liv|resid|born|bad(?![^\\W\\d_])",
    anchored=True,
)
_HOME = Hinted(
    rf"{_START}(?!Stift[ ](?:Gamma|Philos|PFN|T2|Expert|Nr))"
    rf"\w*(?:[Hh]eim|[Ss]tift|Haus|Residenz|Wohnpark){_B}(?:(?:Haus|St\.|Sankt|am|an der|im|zum|zur){_B})"
    rf"*{CAPITAL}{SMALL}{{3,}}",
    word="heim|stift|haus|residenz|wohnpark",
    ends=True,
)
_PLACE_WORD = (
    r"(?:Klassifikation|Kriterien|Score|Konsensus|classification|criteria|consensus|Protokoll|protocol|Deklaration|"
    r"Stadium|Stadien|Coma|Schema|Leitlinien?|Nomenklatur|Schiene|Winkel|System|Grad|Konsens|Liste|Skala|Index|Schule|"
    r"[A-D]\d|\d-|[IVX]+\b|Grade|guidelines?|staging|system|scale|des\b)"
)
_CITY = Hinted(
    rf"{_START}(?:{'|'.join(map(re.escape, cities()))})(?!\w|[\s\-]{_PLACE_WORD})(?:-{CAPITAL}{SMALL}+)?(?!\w|"
    rf"[\s\-]{_PLACE_WORD})",
    word="|".join(sorted({re.split(r"\W", city.lower())[0] for city in cities()})),
    anchored=True,
)
_UNIT = r"(?:,?\s+(?:Apt|Apartment|Suite|Ste|Unit|Floor|Room|Rm|Box)\.?\s?#?\s?\w+)?"
_STATE = alternation("state")
_THEN_TOWN = (
    rf"(?:,{_B}*{CAPITAL}[\w'’\-]+(?:{_B}{CAPITAL}[\w'’\-]+){{0,2}}"
    rf"(?:,?{_B}+(?:[A-Z]{{2}}{_B}+)?\d{{5}}(?:-\d{{4}})?(?!\d))?)?"
)
_STREET_EN = Hinted(
    rf"(?<![\w.,/:\-])(?:(?:Flat|Studio|Apartment|Apt\.?|Unit|Suite)\s\d+\w?[,\s]+)?"
    rf"\d{{1,5}}[A-Za-z]?{_B}+(?:[NSEW]\.?{_B})?"
    rf"(?:(?:St\.|{CAPITAL}[\w'’\-]*){_B}+){{1,4}}(?:{alternation('street_type')})\b\.?{_UNIT}{_THEN_TOWN}"
    rf"|(?<!\w)(?:Flat|Studio)\s\d+\w?[,\s]+[\w'’]+(?:{_B}[\w'’]+){{1,2}}{_THEN_TOWN}"
    rf"|{_START}(?:{CAPITAL}[\w'’\-]+\s){{1,3}}(?:Street|Avenue|Road|Lane|Boulevard|Drive|Crescent|Parkway|Terrace|"
    rf"Highway)(?!\w)"
    r"|\bP\.?\s?O\.?\s?Box\s\d+|\bPostfach\s\d[\d ]*|\b(?:PSC|Unit|CMR)\s\d+,?\s+Box\s\d+|\bUSN[SV]\s[A-Z]\w+|"
    r"\bUSCGC\s[A-Z]\w+|\bUSS\s[A-Z]\w+",
    word=rf"(?:{alternation('street_type')}|flat|studio|box|postfach|psc|unit|cmr|us[ns].?|uscgc)(?![^\W\d_])",
)
_CITY_EN = re.compile(
    rf"{_START}(?:{CAPITAL}[\w'’\-]*[ ]?){{1,3}},?\s+(?:{_STATE})\.?\s+\d{{5}}(?:-\d{{4}})?(?!\d)|\b(?:{_STATE})"
    rf"\s\d{{5}}(?:-\d{{4}})?(?!\d)"
)
_POSTCODE_UK = re.compile(
    rf"(?:{CAPITAL}[\w'’\-]+(?:\s{CAPITAL}?[\w'’\-]+){{0,2}}[,\n]\s*){{0,3}}(?<!\w)(?:GIR\s?0AA|"
    rf"(?:[A-PR-UWYZ]\d[A-HJKPS-UW\d]?|"
    r"[A-PR-UWYZ][A-HK-Y]\d[ABEHMNPRVWXY\d]?)\s?\d(?!(?:MM|CM|ML|TE|TR|SE|FS|GE)\b)[ABD-HJLNP-UW-Z]{2})(?!\w)"
)
_DIGITS = re.compile(r"\d{4}")
_DIGIT_LETTERS = re.compile(r"\d[A-Z]{2}(?!\w)")

# --- hospitals, wards, companies ---------------------------------------------------------------------------------
_TAIL = (
    rf"(?:{_B}(?:(?:für|of|for|der|des|am|an der|an|im|in|und|and|at|&|zu|zum|zur|von|vom|the|der Universität){_B})*"
    rf"(?:St\.{_B}|Dr\.{_B}|Prof\.{_B}|med\.{_B}|[–\-]{_B})?(?:{CAPITAL}[\w\-]*|I{{1,3}}V?\b))"
)
_HEAD = (
    rf"(?:{alternation('german_org_head')}|Städtisch\w+|Evangelisch\w+|Katholisch\w+|Universitäre?s?|"
    rf"Radiologisch\w+|Kardiologisch\w+|"
    r"Neurologisch\w+|Chirurgisch\w+|Onkologisch\w+|Medizinisch\w+|Interdisziplinäre\w*)"
)
_HOUSE_NOUN = (
    r"(?:[Kk]linikums?|[Kk]liniken|[Kk]rankenhaus(?:es)?|[Ss]pital|[Hh]ospital|[Ll]azarett|(?<=[a-zäöü\-])klinik|"
    r"Klinik(?=[ \t](?:für|am|an|im|in der|und Poliklinik|Dr\.|St\.))|(?<=(?:Asklepios|Rotkreuz-) )Klinik|"
    r"(?:(?<=Asklepios )|(?<=Helios )|(?<=Sana )|(?<=BG )|(?<=SRH )|(?<=DRK )|(?<=Median )|(?<=Schön ))Klinik|"
    r"Abteilung(?=[ \t]für)|Institut(?=s?[ \t]für)|Zentrum(?=[ \t]für)|Sektion(?=[ \t]für)|Charité|"
    rf"(?:{alternation('centre')})[a-z]*zentrum|MVZ|Gemeinschaftspraxis|Praxis(?=[ \t](?:Dr|Prof|für|am|an|im))|"
    rf"[A-Z]\w+praxis|"
    r"Poliklinik|Diakonie|Universitätsmedizin)"
).replace(r"(?<=(?:Asklepios|Rotkreuz-) )Klinik|", "")
_GERMAN_ORG = Hinted(
    rf"{_START}(?:{_HEAD}[ \t\-–]*|{CAPITAL}[\w\-]*(?:er|es|sche[rs]?){_B})?(?:{_HEAD}[ \t\-–]*)"
    rf"?(?:{CAPITAL}[\w\-]*[ \-])??"
    rf"(?:{CAPITAL}[\w\-]*)?{_HOUSE_NOUN}{_TAIL}{{0,6}}"
    rf"|{_START}(?:Universität|Uniklinik|Univ\.-Klinik|Hochschule|University{_B}of|[KLSBU]?KH|UKL?|RKH|SLK)"
    rf"{_B}{CAPITAL}[\w\-]+",
    word="klinik|klinikums?|kliniken|krankenhaus|krankenhauses|spital|hospital|lazarett|abteilung|institute?s?|zentrum|"
    "sektion|charité|"
    "[klsbu]?kh|ukl?|rkh|slk|mvz|praxis|diakonie|universitätsmedizin|universität|hochschule|university",
    ends=True,
)
_ENGLISH_NOUN = (
    rf"(?:Hospitals?|Infirmary|Clinic|Medical{_B}(?:Center|Centre|Group|School)|Health{_B}?(?:System|Center|Centre|"
    rf"Network|Board|Services|"
    rf"Care{_B}Trust)|Healthcare|Cancer{_B}(?:Center|Centre|Institute)|Imaging{_B}(?:Center|Centre|Associates)|"
    rf"Radiology{_B}(?:Associates|"
    rf"Group|Partners)|(?:NHS{_B})?(?:Foundation{_B})?Trust|Hospice|Nursing{_B}Home|Surgery{_B}Center|University)"
)
_ENGLISH_ORG = Hinted(
    rf"{_START}(?:(?:St\.|{CAPITAL}[\w'’\-]*){_B}(?:(?:of|and|the|&){_B})?){{0,5}}{_ENGLISH_NOUN}\b"
    rf"(?:{_B}(?:of|for|in|at|and|the)(?:{_B}the)?{_B}{CAPITAL}[\w'’\-]*(?:{_B}{CAPITAL}[\w'’\-]*)*|"
    rf"{_B}{CAPITAL}[\w'’\-]+)?"
    rf"|{_START}(?:Department|Dept\.?|Division|Section|Institute|School|Faculty|Centre|Center){_B}(?:of|for)"
    rf"{_B}(?:[\w&,\-]+{_B})?"
    rf"{CAPITAL}[\w\-]*(?:{_B}(?:and|&){_B}{CAPITAL}[\w\-]*|{_B}{CAPITAL}[\w\-]*)*",
    word="hospital|infirmary|clinic(?![^\\W\\d_])|medical|health|cancer|imaging|radiology|trust|hospice|nursing|surgery|"
    "university|"
    "department|dept|division|section|institute|school|faculty|centre|center",
)
_WARD = Hinted(
    rf"{_START}(?:Station|Ward|Intensivstation|ITS|ICU|Bettenhaus|Zimmer|Zi\.|Room|Bed|Bett|Bay|Ambulanz|"
    rf"Pflegegruppe|Stat\.)"
    rf"[ \t:]{{1,2}}(?:Nr\.{_B}?|No\.{_B}?)?(?P<ward>{CAPITAL}{{0,3}}[\-.]?\d{{1,4}}(?:[.\-/]\d+)?{_B}?(?:[A-Za-z]\b)?|"
    rf"{CAPITAL}\d?\b(?![\w.])|(?!Station|Ward){CAPITAL}{SMALL}{{2,}}(?=[ \t,.;)]|$)(?:{_B}\d{{1,2}}\b)"
    rf"?(?!{_B}{CAPITAL}))",
    word="station|ward|intensivstation|its|icu|bettenhaus|zimmer|zi|room|bed|bett|bay|ambulanz|pflegegruppe|stat",
    anchored=True,
)
_COMPANY = Hinted(
    rf"{_START}(?![HBLTCS]\d)(?:{CAPITAL}[\w&'’\-]*,?{_B}(?:(?:und|and|&|e\.){_B})?){{1,4}}(?:GmbH|AG|KGaA|"
    rf"KG(?![ ]?\d|[ ](?:und|u\.))|OHG|GbR|mbH|"
    rf"e\.{_B}?V\.|e\.{_B}?G\.|Stiftung|"
    rf"Ltd\.?|Limited|Inc\.?|LLC|PLC|LLP|Corp\.?|and{_B}Sons|Group)(?:{_B}&{_B}Co\.?(?:{_B}(?:KG|OHG|KGaA))?)?(?!\w)",
    word="(?:gmbh|ag|kgaa|kg|ohg|gbr|mbh|v|g|stiftung|ltd|limited|inc|llc|plc|llp|corp|sons|group)(?![^\\W\\d_])",
)


def find_places(text: str, language: str) -> Iterator[Found]:
    """Postal addresses, towns, hospitals and departments, wards and rooms, companies."""
    yield from find_addresses(text, language)
    if language == "de":
        yield from find_postal(text)
        yield from find_houses(text)
    for pattern in (_GERMAN_ORG, _ENGLISH_ORG, _COMPANY):
        for match in pattern.finditer(text):
            if not is_ordinary(match.group()):
                yield Found(*match.span(), "ORGANISATION")
    for match in _WARD.finditer(text):
        if (
            not is_ordinary(match["ward"])
            and not (":" in match.group() and match["ward"].isalpha() and len(match["ward"]) > 3)  # "Bett: Aufrichten"
            and not looks_clinical(match["ward"].split()[0])
            and not _is_node_station(text, match)
        ):
            yield Found(*match.span(), "ORGANISATION", True)


def find_addresses(text: str, language: str) -> Iterator[Found]:
    """Streets with numbers, post codes with towns, listed cities, places where somebody lives."""
    for match in _STREET_DE.finditer(text):
        if not _is_anatomy(match.group(), match["suffix"]):
            numbered = any(c.isdigit() for c in match.group())
            sure = numbered and (match["suffix"] is None or match["suffix"].lower() in _SURE_SUFFIXES)
            suffix_at = match.start("suffix")
            bare = match["suffix"] is not None and (suffix_at == match.start() or text[suffix_at - 1] in " \t")
            bare = bare or (match["suffix"] or "").lower() in ("tor", "rain")  # Faktor 5, Drain 2
            if not bare or match["suffix"] is None or _is_framed(text, *match.span()):
                yield Found(*match.span(), "ADDRESS", sure)
    for match in _STREET_BY.finditer(text):
        if _is_framed(text, *match.span()) and not any(looks_clinical(word) for word in match.group().split()):
            yield Found(*match.span(), "ADDRESS")
    patterns: list[Hinted | re.Pattern[str]] = [_CITY, _HOME]
    if _DIGITS.search(text):
        patterns += [_POSTCODE_DE] if language == "de" else [_CITY_EN]
    if language == "en":
        patterns += [_STREET_EN, *([_POSTCODE_UK] if _DIGIT_LETTERS.search(text) else [])]
    for pattern in patterns:
        yield from (Found(*match.span(), "ADDRESS") for match in pattern.finditer(text))
    yield from (Found(*match.span(match.lastgroup or 0), "ADDRESS") for match in _RESIDENCE.finditer(text))


def _is_framed(text: str, start: int, end: int) -> bool:
    """True if it stands as an address does: as a line, between commas, beside a postcode or the word for it."""
    before, after = text[max(0, start - 40) : start], text[end : end + 12]
    if re.match(r"[ \t]*[,;·•|/(\n]?[ \t]*(?:[A-Z]{1,2}-)?\d{4,5}[ ][A-ZÄÖÜ]", after):
        return True
    if re.search(
        r"(?:\d{4,5}[ ][A-ZÄÖÜ][\wäöüß.\- ]+|(?i:wohnhaft|wohnt|wohnh|wh|adresse|anschrift|[Ss]traße|"
        r"aus))[ ,:.]*(?:in )?$",
        before,
    ):
        return True
    if re.match(r"[^\n]{0,40}\n[ \t]*(?:(?:[A-Z]{1,2}[ \-])?\d{4,5}[ ][A-ZÄÖÜ]|\[ADDRESS\])", text[end : end + 60]):
        return True
    opens = re.search(r"(?:^|\n|[·•|]|,[ ])[ \t]*$", before) is not None
    closes = re.match(r"[ \t]*(?:\n|[·•|,)]|$)", after) is not None
    return opens and closes and len(re.findall(r"\b[A-ZÄÖÜ]\w+", text[start:end])) > 2


def _is_node_station(text: str, match: re.Match) -> bool:
    """True for "Station 7" and "Station 4R" of lymph nodes, unless it says who is or comes there."""
    if not re.fullmatch(r"Station[ \t:]{1,2}(?:1[0-4]|\d)[RLi]?", match.group().strip()):
        return False
    before = text[max(0, match.start() - 16) : match.start()]
    if re.search(r"Station[ \t:]{1,2}(?:1[0-4]|\d)[RLi]$", match.group().strip()):  # the side of a node
        return re.search(r"(?:auf|von|mit|zur|unserer|Ihrer|Aufnahme)\s+$", before) is None
    return re.search(r"(?:auf|von|mit|zur|unserer|Ihrer|Aufnahme|on|to)\s+$|[:,]\s*$", before) is None


def _is_anatomy(street: str, suffix: str | None) -> bool:
    """True for "Beckenring 3": the first part of the compound is anatomy."""
    name = re.sub(r"\s\d.*$", "", street).split()[-1] if street else ""
    ending = r"str(?:aße|asse|\.)" if suffix is None else re.escape(suffix)
    stem = re.sub(rf"(?i){ending}$", "", name)
    if re.search(r"(?i)str(?:aße|asse|\.)$", name):
        return stem.lower() in _ROADS_IN_THE_BODY
    if ending.lower() in ("winkel", "ring", "feld", "rain", "bogen", "kamp", "grund") and (
        spell(stem) in anatomy() or _NO_ROAD.search(stem)
    ):
        return True
    return (not stem and len(street.split()) < 3) or _NOT_A_STREET.search(stem) is not None
