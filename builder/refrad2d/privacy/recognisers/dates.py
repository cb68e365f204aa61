"""Dates and times of every German and English form.

find_dates("CT vom 12.3. und im Mai 2020, 14:35 Uhr")
"""

import datetime
import re
from collections.abc import Iterator

from refrad2d.privacy.recognisers.lexicon import Found, anatomy, eponyms, spell
from refrad2d.privacy.recognisers.scan import Hinted

MONTHS = (
    r"Januar|January|Jänner|Jän|Jan",
    r"Februar|February|Feber|Feb",
    r"März|Maerz|March|Mär|Mrz|Mar",
    r"April|Apr",
    r"Mai|May",
    r"Juni|June|Jun",
    r"Juli|July|Jul",
    r"August|Aug",
    r"September|Sept|Sep",
    r"Oktober|October|Okt|Oct",
    r"November|Nov",
    r"Dezember|December|Dez|Dec",
)
_LONG_MONTH = (
    r"(?:Januar|January|Jänner|Februar|February|Feber|März|April|Juni|June|Juli|July|August|September|Oktober|October|"
    r"November|Dezember|December)"
)
DAY = r"(?:3[01]|[12]\d|0?[1-9])"
_MON = r"(?:1[0-2]|0?[1-9])"
_YEAR = r"(?:1[89]|20)\d\d"
_S = r"[ \t]?"
_WEEKDAY = (
    r"(?:Montag|Dienstag|Mittwoch|Donnerstag|Freitag|Samstag|Sonnabend|Sonntag|Monday|Tuesday|Wednesday|Thursday|"
    r"Friday|"
    r"Saturday|Sunday)s?"
)
_NOT_IN_NUMBER = r"(?<![\w+])(?<!\d[.,/:\-])(?<![A-Z][/\-])"  # "geb.12.5.1930" is glued, "1.2.3.4" a number
_FULL = re.compile(
    rf"{_NOT_IN_NUMBER}(?:"
    rf"{_YEAR}(?:-{_MON}-{DAY}|/{_MON}/{DAY}|\.{_MON}\.{DAY})(?:[T ]\d\d:?\d\d(?::?\d\d(?:\.\d+)?)?(?:Z|"
    rf"[+-]\d\d:?\d\d)?)?"
    rf"|{_YEAR}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:\d{{6}}(?:\.\d+)?)?"
    rf"|(?:{DAY}\.{_S}(?:{_MON}\.{_S}(?:{_YEAR}|\d\d)?)?{_S}(?:-|–|bis|und|u\.|/){_S})?{DAY}\.{_S}{_MON}\.{_S}"
    rf"(?:{_YEAR}|['’]?\d\d)(?!\d|,\d|[.]\d)"
    rf"|{DAY}/{_MON}/(?:{_YEAR}|\d\d)|{_MON}/{DAY}/(?:{_YEAR}|\d\d)"
    rf"|{DAY}-{_MON}-(?:{_YEAR}|\d\d)|{_MON}-{DAY}-(?:{_YEAR}|\d\d)"
    rf"|{_MON}{_S}[/.\-]{_S}{_YEAR}|{_YEAR}[/\-](?:0[1-9]|1[0-2])"
    rf"|{DAY}[./\-][ ]?(?:I{{1,3}}|IV|VI{{0,3}}|IX|XI{{0,2}})[./\-][ ]?(?:{_YEAR}|\d\d)"  # month in Roman numerals
    rf"|(?:0[1-9]|[12]\d|3[01])[ ](?:0[1-9]|1[0-2])[ ](?:19|20)\d\d"
    rf")(?![\w]|/\d(?!\d?:\d\d|\d[\d\-]|\d?/)|\.\d|-\d)"
)
_CAPITAL_MONTH = rf"(?:{'|'.join(MONTHS)}|{'|'.join(MONTHS).upper()})"
_NAMED = Hinted(
    rf"(?<!\w)(?:(?:[Aa]nfang|[Mm]itte|[Ee]nde|[Ee]arly|[Mm]id|[Ll]ate)[ \t-](?:of\s)?)?(?:(?:{DAY}(?:st|nd|rd|"
    rf"th|\.)?{_S}(?:-|–|bis|und|to|and|through){_S})?"
    rf"(?:{DAY}(?:st|nd|rd|th)?\.?[\s\-]{{0,2}}(?:of\s)?|\w+(?:ten|ter|tes|th|first|second|third)\s(?:of\s)?))?"
    rf"(?<![a-zäöüß]){_CAPITAL_MONTH}\b\.?"
    rf"(?:[\s,\-]{{0,2}}{DAY}(?:st|nd|rd|th)?\b(?![.,]\d|{_S}(?:mm|cm|x|ml|HU|HE|mg)\b)(?:{_S}(?:-|–|to|and)"
    rf"{_S}{DAY}(?:st|nd|rd|th)?\b)?)?"
    rf"(?:[\s,\-/.]{{0,2}}(?:of\s|des Jahres\s)?(?:{_YEAR}|(?:dieses|vorigen|letzten) Jahres|d\.\s?J\.|['’]\d\d|"
    rf"\d\d(?![\d.,]|{_S}(?:mm|cm|x|ml|HU|HE|mg)\b))(?!\w))?",
    word=r"jan|jän|feb|mär|maer|mrz|mar|apr|mai|may|jun|jul|aug|sep|okt|oct|nov|dez|dec|jän",
)
_ISO = re.compile(r"(?:19|20)\d\d-\d\d-\d\d")  # "2023-07-12 um 14:02": no size in µm
_BEFORE_DATE = (
    r"(?:vom|am|seit|bis|zum|ab|dem|den|datiert|im|in|von|aus|ca\.|Anfang|Mitte|Ende|letzten|letzter|"
    r"from|on|dated|since|of|early|mid|late|last|until|by|during|to)"
)
_PARTIAL = re.compile(
    rf"(?<!\w)(?:vom|am|seit|bis|zum|ab|dem|den|der|von|datiert|CT|MRT|Voraufnahmen?|VA|VU){_S}\s?"
    rf"(?:{_WEEKDAY},?\s(?:den\s|dem\s)?)?(?P<date>(?:{DAY}\.{_S}(?:{_MON}\.)?{_S}(?:-|–|bis|und){_S})"
    rf"?{DAY}\.{_S}{_MON}\.)(?!\d)"
    rf"|{_NOT_IN_NUMBER}(?P<bare>(?:0[1-9]|[12]\d|3[01])\.(?:0[1-9]|1[0-2])\.)(?![\d])"
    rf"|{_NOT_IN_NUMBER}(?P<de>{DAY}\.{_MON}\.)(?=[,;)]|\s[a-zäöü(])"
    rf"|(?<!\w)(?:on|from|dated|since|vom|am|seit|until|by)\s(?:{_WEEKDAY},?\s)?(?P<slash>{_MON}/{DAY}|"
    rf"{DAY}/{_MON})(?![/\d]|\sof\b)"
    rf"|(?<!\w)(?:von|vom|seit|in|im|from|since|aus|bis|zu|CT|MRT|MRI|Voraufnahme|OP|ED|Erstdiagnose|Z\.n\.|dated)\s"
    rf"(?P<short>{_MON}/['’]?\d\d)(?![/\d]|\sof\b|\s(?:Stanz|Biopsie|Zylinder|Proben|Gaben|Zyklen|Terminen|Punkten|"
    rf"Fällen|Lymphknoten|LK|cores|nodes|cycles|points))"
    rf"|(?:ektomie|OP|Operation|TEP|Bypass|CT|MRT?|Bestrahlung|Radiatio|Chemotherapie|Implantation|Resektion|"
    rf"Rezidiv|Infarkt|Biopsie|ED|"
    rf"ectomy|surgery|resection|biopsy|radiation|chemotherapy|bypass)\s(?P<event>{_MON}/\d\d|['’]\d\d)(?![/\d])"
    rf"|\b(?:VU|VA|Vor(?:untersuchung|aufnahme|befund)(?:en)?|ED)\s(?:vom\s|v\.\s)?(?P<prior>(?:0[1-9]|1[0-2])"
    rf"\.\d\d)(?!\d|[.,]\d)"
)
_VERSIONED = (
    r"(?:WHO|TNM|UICC|AJCC|RECIST|iRECIST|Lugano|Fleischner|FIGO|ESC|ESUR|ACR|RADS|Version|Fassung|Leitlinie|"
    r"guidelines?|"
    r"criteria|Kriterien|Klassifikation|classification|DIN|EN|ISO)"
)
_MEASURED = re.compile(  # "BNP 1840": a value of the laboratory that reads like a year
    r"\b(?:(?:NT-?pro)?BNP|CK(?:-MB)?|LDH|GOT|GPT|ALT|AST|GGT|[Gg]amma-GT|AP|Lipase|Amylase|Ferritin|CRP|PSA|AFP|CEA|"
    r"CA[ ]?\d+(?:-\d)?|"
    r"D-?Dimere?|Troponin|Tn[TI]|hs-?Tn[TI]?|IgG|IgE|IgA|HCG|hCG|ß-HCG|beta-HCG|Myoglobin|B12|Leukos?|Thrombos?|"
    r"Kalorien|DLP|Gewicht|"
    r"Agatston(?:-Score)?|SUV|MTV|TLG|IL-?6|Lp\(a\)|TG|Triglyceride|CD4|Viruslast|Anti-\w+)[ :=]{1,3}(?:von[ ]|bei[ ]|"
    r"auf[ ])?[<>]?$"
)
_YEAR_ALONE = re.compile(
    rf"(?<![\w.,/+\-#]){_YEAR}(?:{_S}(?:/|-|–|bis|to|und|and){_S}(?:{_YEAR}|\d\d))?(?:er)?(?![\w/]|[.,]\d|-\d|"
    r"\s?(?:mm|cm|ml|HU|HE|ms|mg|kg|g|µ|mGy|Gy|kV|mA|s|Hz|Ohm|Ω|W|J|rpm|Schritte|IE|IU|Zellen|Leukozyten|k?cal|kJ|/|"
    r"x|×|%|U/m?l|[np]g/m?l|[mµ]mol/l)(?![a-zäöü]))"
)
_EDITION = re.compile(
    r"[ -](?:[A-Z]\w+[ -])?(?:scheme|edition|update|revision|classification|criteria|guidelines?|consensus|vers"
    r"ion|system|definition|Kriterien|Klassifikation|Auflage|Fassung|Konsens\w*|Schema|Nomenklatur)(?!\w)"
)
_FEAST = Hinted(
    r"(?<!\w)(?:(?:Heilige[nr]?\s)?(?:Dreikönig(?:e|stag)?|Heiligabend|Heilig(?:er|en)\sAbend|Nikolaus(?:tag)?|"
    r"Rosenmontag|"
    r"Faschingsdienstag|Aschermittwoch|Gründonnerstag|Karfreitag|Karsamstag|Oster(?:sonntag|montag|n)|Pfingst(?"
    r":sonntag|"
    r"montag|en)|Fronleichnam|Allerheiligen|Allerseelen|Totensonntag|Buß-\sund\sBettag|Reformationstag|Stephanstag|"
    r"Ste[fp]h?anitag|Allerheiligentag|"
    r"Allerseelentag|Ostertag|Pfingsttag|Berchtoldstag|Sechseläuten|Knabenschiessen|Schmutziger\sDonnerstag|Nationalfeiertag|Christtag|Silvester(?:abend)?|Neujahr(?:stag)?|Weihnacht(?:en|sabend|stag)|Ma"
    r"ifeiertag|"
    r"Muttertag|(?:Christi|Mariä)\sHimmelfahrt|Mariä\sEmpfängnis|Auffahrt(?:stag)?|Bundesfeier(?:tag)?|"
    r"(?:erste[nr]|zweite[nr]|[12]\.)\s(?:Weihnachts|Oster|"
    r"Pfingst)(?:feier)?tag))(?!\w)",
    word=r"heilig|dreikönig|nikolaus|rosen|fasching|asch|grün|kar|oster|pfingst|fron|aller|toten|buß|reform|steph|stef|"
    r"national|christ|auffahrt|bundes|berch|sechse|knaben|schmutz|silvester|neujahr|weihnacht|"
    r"mai|mutter|mariä|erste|zweite",
)
_QUARTER = Hinted(
    rf"\b(?:Q[1-4]|[1-4]\.\s?Quartal|(?:KW|CW)\s?\d\d?|\d\d?\.\s?KW|(?:calendar\s)?week\s\d\d?|Frühjahr|Frühling|"
    rf"Sommer|Herbst|"
    rf"Winter|spring|summer|autumn|fall|winter|Spring|Summer|Autumn|Fall|Weihnachten|Ostern|Pfingsten|Christmas|Easter|"
    rf"Anfang|Mitte|Ende|early|mid|late|Early|Mid|Late|Silvester|Neujahr|Advent|Jahreswechsel|[Aa]nno|"
    rf"Jahrgang)(?:\s?/\s?|\s|-)(?:of\s|des Jahres\s|der\s)?(?:{_YEAR}(?:\s?/\s?(?:{_YEAR}|\d\d))?|"
    rf"(?:19|20)?\d0er(?:[ -]Jahren?)?|['’]?\d\d(?![\d.,/:]|\s?(?:mm|cm|%|mg|ml|HU|HE|x)))\b"
    rf"|\b(?:KW|Kalenderwoche)\s?\d\d?\b",
    word=r"q(?![^\W\d_])|quart|silvester|neujahr|advent|jahr|anno|kalender|kw|cw|week|cal|früh|sommer|herbst|winter|"
    r"spring|summer|autumn|fall|weih|ostern|pfing|"
    r"christ|easter|anfang|mitte|ende|early|mid|late",
)
_RELATIVE = Hinted(
    rf"\b{_WEEKDAY}\b(?:,?\s(?:den|dem|the))?",
    word=r"montag|dienstag|mittwoch|donnerstag|freitag|sams|sonn|monday|tuesday|wednesday|thursday|friday|satur|sunday",
    anchored=True,
)
_TIME = re.compile(
    r"(?<![\w.,/:])(?:[01]?\d|2[0-3])(?::[0-5]\d(?::[0-5]\d)?(?:\s?(?:Uhr|h|[ap]\.?\s?m\.?|hrs?|hours)\b\.?)?"
    r"|\.[0-5]\d\s?(?:Uhr|h\b|[ap]\.?m\.?\b)|\s?(?:[ap]\.m\.|[ap]m\b|AM\b|PM\b)|[0-5]\d\s?(?:hours|hrs|Uhr)\b)"
    r"(?![:\d])",
    re.I,
)
_LABELLED_TIME = re.compile(
    r"(?:zeit|time|Uhrzeit)\s?:?\s{1,2}(?P<time>(?:[01]?\d|2[0-3])[.:]?[0-5]\d)(?![\d]|[.,]\d)", re.I
)
_CLOCKED = re.compile(
    r"(?:\bat|\bum|\bgegen|@)\s(?P<time>(?:[01]\d|2[0-3])[0-5]\d|(?:[01]?\d|2[0-3])\.[0-5]\d)"
    r"(?![\d]|[.,]\d|\s?(?:mm|cm|ml|HU|HE|ms|mg|s|Hz|kV|x|kg|Gy|%)\b)"
)
_BARE_HOUR = re.compile(  # "nicht vor 15 h", "[DATE] 13.40"
    r"(?<!\w)(?:um|gegen|ab|bis|vor|nach|seit)\s(?P<time>(?:[01]?\d|2[0-4])(?:[.:][0-5]\d)?\s?h)(?!\w)"
    r"|(?:(?<=\[DATE\])[ ,]{1,2}(?:um\s)?|"
    r"(?<!\w)(?:verst\.|verstorben|Exitus|Alarm|Beginn|Ende|Schnitt|Naht|Ankunft)\s)(?P<clock>(?:[01]?\d|2[0-3]"
    r")\.[0-5]\d)(?=[,;.)\s]|$)(?![.,]\d)"
)
_CLOCK = re.compile(r"\d(?::\d|\s?[aApPhHUu]|[.]\d\d\s?[aApPhHUu])")
_FRACTION = re.compile(r"\d\s?[./]\s?\d|['’]\d")
_HOUR = Hinted(
    r"(?<![\w.,/:\-])(?:(?:um|gegen|ab|seit|bis|von|vor|nach)\s)?(?P<hour>[01]?\d|2[0-4])\s?Uhr\b(?:\s[0-5]\d(?"
    r"![\w]|[.,:/]\d))?",
    word=r"uhr",
)
_CLOCK_FACE = re.compile(
    r"(?:Position|Lage|Richtung|bei|auf|zwischen|Quadrant|Sektor|Lokalisation|SSL)\W{1,2}(?:\w+\W)?$", re.I
)
_FACE_BEHIND = re.compile(
    r"[- ](?:in[ ])?(?:SSL|StSL|Steinschnittlage|Position|Richtung|Lokalisation)(?!\w)|,?[ ](?:Mamma|"
    r"Brust)(?!\w)"
)
_FACE_OF_BREAST = re.compile(  # "BI-RADS 4b links, 10 Uhr"
    r"(?i)\b(?:brust|mamma|bi-?rads)\b(?!-)[^.\n]{0,16}\b(?:links|rechts|li\.|re\.)\W{1,2}$"
)
_FACE_RANGE = re.compile(
    r"(?i)(?:läsion|riss|defekt|ruptur|lesion|tear|defect|labrum|Labrum)\s(?:von\s)?\d{1,2}\s(?:bis|[-–])\s$"
)  # "3 bis 6 Uhr"
_APGAR = re.compile(r"(?:APGAR|Apgar)\W{0,3}(?:Werte?\W{0,2})?$")
_RATIO = re.compile(r"(?:Verhältnis|ratio|Verdünnung|dilution|verdünnt|diluted|Maßstab|scale)\W{1,2}(?:\w+\s)?$", re.I)
_IMAGE = re.compile(
    r"\b(?:Bild|Bilder|Serie|Series|Se|Im|Ima|Img|Image|Images|Schicht|Slice|Rippe|Ribs?|[HBL]WK|[HBL]WS|Th|SUV\w*|"
    r"ADC|ca\.|v|V|Version|RADS|Grad|Kraftgrad|Typ|Level|Segmente?)[ \t:.#]{0,2}\Z",
    re.I,
)


# A month and a year of two digits ("ED 03/18"), a day and a month ("CRP 9.10.: 14") where no score or level is meant.
_MONTH_YEAR = re.compile(
    rf"(?<![\w,/+])(?<!\d[.:\-])(?P<date>{_MON}/['’]?\d\d|(?:{_MON}(?:/\d\d)?\s?[–\-]\s?){_MON}/\d\d)"
    rf"(?![\d/]|[.,]\d|\s?(?:mm|cm|ml|HU|HE|mg|mcg|µg|g|kg|%|°|MV|MeV|kV|Punkte|Pkt|x\s|×|Lymphknoten|LK|Sätze|"
    rf"Stanz|Biopsie|Gaben|Zyklen|Termine|Sitzungen|"
    rf"Zylinder|Proben|Punkten|"
    rf"avital|vital|fehlen|kariös|extrahiert|fehlt|überkront|retiniert|devital|positiv|negativ|Felder))"
)
_DAY_MONTH_DE = re.compile(
    rf"(?<![\w,/+])(?<!\d[.:\-])(?P<date>(?:{DAY}\.\s?(?:{_MON}\.\s?)?(?:-|–|bis|und|u\.|,|/)\s?)*{DAY}\.\s?{_MON}\.)"
    rf"(?!\d|\s?(?:Rippe|Rippen|ICR|BWK|LWK|HWK|Zehe?n?|Finger|Strahl|Segment|Grad|Monat|Woche|Tag|SSW|LJ|Lebens|"
    rf"Mittel|Meta|Glied|OP|Kind|Zyklus|Quadrant|Ordnung|Hirnnerv|Stock|OG|Etage|postop|Halswirbel|Lendenwirbel|"
    rf"Brustwirbel|Wirbel|Reihe|Zahn|Dekade|Gebot|Klasse|Phase|Platz|Wahl|Generation|Quartal|Advent))"
)
_SCORE_BEFORE = re.compile(
    r"(?:\b[pyc]?N\d\w{0,2}\s?\(|\b(?:VAS|NRS|NAS|Score|Skala|Scale|ER|PR|APGAR|LK|Lymphknoten|Kraft\w*|KG|"
    r"MMST?|MMSE|Visus\w*|cc|sc|RA|LA|OD|OS|RR|BD|TNM|Tensio|Stufe|Grad\w*|Systolikum|Blutdruck|Index|Punkte|Gleason|"
    r"Segmente?n?|Rippen?|Bild(?:er)?|Serie|Ser|Level|Titer|Ratio|Fluss|MRC|Puls\w*|BBPS|Norton|Barthel|PASI|Quick|"
    r"DAS\d*|Z[aä]hne?|[Rr]egio|SOFA|MoCA|GDS|PHQ\S*|HAM\S*|UPDRS|NIHSS|EDSS|Kriterien|Items|Läsionen|Stellen|"
    r"Gelenke|Krone|Brücke|Zehen?|Finger|Strahl|Kelch|\w*[Gg]ang|Wirbel\w*|Lappen|Feld|Zone|Punkt|Ebene|Region|"
    r"Sektor|Station|Herde?|Knoten|Stadium|Typ|Klasse|Pfannkuch|[A-Z]{2,}[\-]?Score|Janda|KSS|Parese|von|MFP|TFZ|"
    r"[IL]V[A-Z]*[ds]?|[A-Z]{2,}d|PW|Rhino\w*|Okklusion|Implantate?|Füllung\w*|Zahnstatus|distal|mesial|okklusal|"
    r"kariös|"
    r"Flow|Schmerz\w*|Dosis|mg|je|Tilidin|\w+ol|\w+in)"
    r"[\s:=(]{0,2})$"
)
_DATED_BEFORE = re.compile(
    r"(?:\b(?:ED|EM|Erstdiagnose|seit|vom|von|bis|ab|im|in|aus|zuletzt|letzte[rnms]?|letztmals|zul\.|Z\.\s?n\.|"
    r"St\.\s?p\.|Vgl\.|VU|VA|"
    r"CT|MRT?|cMRT|OP|Op|Rö|Röntgen|Sono|Echo|Koro|PET|Impf\w*|Kontrolle|Impl\w*\.?|Stanze|Rezidiv|Histo|RJT|STIKO|"
    r"[Vv]orstellung|Resektion|\w*ektomie|\w*skopie|\w*plastik|\w*tomie|\w*graphie|\w*grafie|\w*operation|\w*anlage|"
    r"Fraktur|Sectio|Partus|Geburt|Abort|Radiatio|Chemo\w*|Stent\w*|Bypass|TEP|PTA|PTCA|PTCA/DES|ICD\W?\w*|SM\W?\w*)"
    r"[\s:,(]{0,2}|[(;,]\s?)$"
)
_TWO_DIGIT_EVENT = re.compile(
    r"(?:\w+(?:ektomie|tomie|plastik|operation)|Sectio|TEP|Bypass|Geburt|Unfall|OP|Radiatio|stationär|"
    r"zuletzt)(?:\s(?:re|li|bds|rechts|links)\.?)?"
    r"\s(?P<date>['’]?(?:[6-9]\d|0\d))(?![\d.,/:\-]|\s?(?:mm|cm|ml|mg|%|x|Jahre|J\.|Tage|Wochen|h\b|Uhr|min|Gy|kg|g\b))"
)
_LEVEL_BEFORE = re.compile(r"\b(?:[HBL]W[KS]|Th|Höhe|Etage)[\s:]{0,2}$")
_YEAR_BEFORE_EVENT = re.compile(
    r"[,;(][ ]?(?P<date>['’]?[6-9]\d)(?=[ ](?:\w+(?:ektomie|tomie|plastik|operation)|Sectio|TEP|Bypass|OP|Geburt)\b)"
)
_HALF_DENOMINATORS = frozenset((10, 12, 15, 20, 30))  # "7/10" is a score before it is October


def _find_short(text: str) -> Iterator[Found]:
    """m/yy and d.m. without a word that announces them, decided by what stands before."""
    for match in _MONTH_YEAR.finditer(text):
        before = text[max(0, match.start() - 24) : match.start()]
        first, year = re.split(r"/", match["date"])[0], int(match["date"][-2:])
        if _SCORE_BEFORE.search(before) and not first.startswith("0") or _IMAGE.search(before):
            continue
        if 29 < year < 50 or re.search(r"\d\s$", before):
            continue
        if year < 13 and _LEVEL_BEFORE.search(before):
            continue
        word = re.search(r"([^\W\d_]+)\W*$", before)
        if word and not first.startswith("0") and (spell(word[1]) in anatomy() or spell(word[1]) in eponyms()):
            continue
        dated = _DATED_BEFORE.search(before) is not None
        dated = dated or text[match.end() : match.end() + 1] == ":"
        if not dated and not first.startswith("0") and "[" not in text:  # "Schober 10/14" in a text without identities
            continue
        if year in _HALF_DENOMINATORS and not (dated or re.match(r"0\d", first)):
            continue
        if not first.startswith("0") and _scored(text, match):
            continue
        yield Found(*match.span("date"), "DATE", True)
    for match in _DAY_MONTH_DE.finditer(text):
        line = text[text.rfind("\n", 0, match.start()) + 1 : match.start()]
        before = text[max(0, match.start() - 24) : match.start()]
        day, month = (int(n) for n in re.findall(r"\d+", match["date"])[-2:])
        dated = "[" in text and (day > 9 or month > 9) or month > 9 or day > 20
        numbered = not dated and not line.strip() and re.match(r"[ \t]+[A-ZÄÖÜ]", text[match.end() : match.end() + 4])
        if (
            not numbered
            and not _after(_IMAGE, text, match.start())
            and not re.search(
                r"(?:Kap\w*|Punkt|Abschnitt|Nr|Ziffer|Kategorie|Klassifikation|Klasse|Gruppe|Stufe|Typ|Stadium|"
                r"Grad|Tabelle|Abb|Pitch|Faktor|Index|Ratio|Score|Wert)\W+$",
                before,
            )
        ):
            yield Found(*match.span("date"), "DATE")
    for match in (*_TWO_DIGIT_EVENT.finditer(text), *_YEAR_BEFORE_EVENT.finditer(text)):
        yield Found(*match.span("date"), "DATE")


def _scored(text: str, match: re.Match) -> bool:
    """True if the same denominator stands earlier in the sentence: "Schmerz 3/10 in Ruhe, 6/10 bei Belastung"."""
    sentence = re.split(r"[.;\n](?!\d)", text[max(0, match.start() - 60) : match.start()])[-1]
    return re.search(rf"(?<!\d[/.])\b\d{{1,2}}/{match['date'][-2:]}(?![\d/])", sentence) is not None


def find_dates(text: str, language: str = "de") -> Iterator[Found]:
    """Dates, months, years in context, week days, and times of day; clock-face positions ("bei 3 Uhr") stay."""
    for match in _FULL.finditer(text):
        if _after(_APGAR, text, match.start()):
            continue
        if len(re.findall(r"\w+", match.group())) > 2 or not _after(_IMAGE, text, match.start()):
            yield Found(*match.span(), "DATE", _ISO.fullmatch(match.group()) is not None)
    yield from _find_named(text)
    for match in _PARTIAL.finditer(text) if _FRACTION.search(text) else ():
        group = match.lastgroup or 0
        if not _after(_IMAGE, text, match.start(group)):
            yield Found(*match.span(group), "DATE")
    if language == "de" and _FRACTION.search(text):
        yield from _find_short(text)
    for match in _QUARTER.finditer(text):
        yield Found(*match.span(), "DATE")
    for match in _FEAST.finditer(text) if language == "de" else ():
        yield Found(*match.span(), "DATE")
    for match in _RELATIVE.finditer(text):
        yield Found(*match.span(), "DATE")
    for match in _YEAR_ALONE.finditer(text):
        before = text[max(0, match.start() - 24) : match.start()]
        if _MEASURED.search(before) or _EDITION.match(text, match.end()):
            continue
        if not re.search(rf"{_VERSIONED}\W{{0,2}}(?:v|Version)?\s?$", before) and not _IMAGE.search(before):
            yield Found(*match.span(), "DATE")
    yield from _find_times(text, language)


def _find_named(text: str) -> Iterator[Found]:
    """Dates with the name of a month. Short ones, which are also words or names, need a number or a preposition."""
    for match in _NAMED.finditer(text):
        has_number = any(c.isdigit() for c in match.group())
        before = text[max(0, match.start() - 16) : match.start()]
        ambiguous = re.fullmatch(rf"(?:(?!{_LONG_MONTH}).)*", match.group(), re.DOTALL | re.I)
        if ambiguous and not has_number and not re.search(rf"\b{_BEFORE_DATE}\s+$", before):
            continue
        if match.group() and not text.startswith("-Thurner", match.end()):
            start, end = match.span()
            yield Found(start, start + len(text[start:end].rstrip(" \t\n,-")), "DATE")


def _find_times(text: str, language: str) -> Iterator[Found]:
    for match in _TIME.finditer(text) if _CLOCK.search(text) else ():
        german_at = language == "de" and match.group().lower().endswith(" am")  # "GCS 13 am Unfallort"
        if not german_at and not _after(_RATIO, text, match.start()) and not _after(_IMAGE, text, match.start()):
            yield Found(*match.span(), "TIME")
    for match in (*_LABELLED_TIME.finditer(text), *_CLOCKED.finditer(text)):
        yield Found(*match.span("time"), "TIME")
    for match in _BARE_HOUR.finditer(text) if language == "de" else ():
        yield Found(*match.span(match.lastgroup or 0), "TIME")
    for match in _HOUR.finditer(text):
        before = text[max(0, match.start("hour") - 40) : match.start("hour")]
        if _FACE_BEHIND.match(text, match.end()) or _FACE_RANGE.search(before):
            continue
        shown = _after(_CLOCK_FACE, text, match.start("hour")) or _FACE_OF_BREAST.search(before)
        if int(match["hour"]) > 12 or not shown:
            yield Found(match.start("hour"), match.end(), "TIME")


def _after(pattern: re.Pattern, text: str, at: int) -> bool:
    return pattern.search(text[max(0, at - 24) : at]) is not None


def read_header_date(value: str) -> tuple[int, int, int] | None:
    """(year, month, day) of a DICOM DA or DT value, or of an ISO or German date; None if it is none."""
    for pattern, order in (
        (r"(\d{4})(\d\d)(\d\d)(?:\d{2,6}(?:\.\d+)?(?:[+-]\d{4})?)?", (0, 1, 2)),
        (r"(\d{4})[-./](\d\d?)[-./](\d\d?)(?:[T ].*)?", (0, 1, 2)),
        (r"(\d\d?)\.(\d\d?)\.(\d{4})", (2, 1, 0)),
        (r"(\d\d?)/(\d\d?)/(\d{4})", (2, 0, 1)),
    ):
        if match := re.fullmatch(pattern, value):
            year, month, day = (int(match.group(i + 1)) for i in order)
            try:
                datetime.date(year, month, day)
            except ValueError:
                continue
            return (year, month, day) if 1870 <= year <= 2100 else None
    return None


_TRIPLE = re.compile(r"(?<![\w])(\d{1,4})[\s./\-,]{1,3}(\d{1,2})[\s./\-,]{1,3}['’]?(\d{4}|\d{2})(?!\w|[.,]\d)")
_COMPACT = re.compile(r"(?<!\d)\d{6}(?:\d{2})?(?!\d)")
_DAY_MONTH = re.compile(
    r"(?<![\w.,])(\d{1,2})\.\s?(\d{1,2})\.(?!\d)|(?<![\w.,])(\d{1,2})\s?[./\-]\s?(\d{4})(?![\w]|[.,]\d)"
)
_YEAR_ONLY = re.compile(r"(?<![\w.,])\d{4}(?![\w]|[.,]\d|\s?(?:mm|cm|ml|HU|HE|ms)\b)")


def find_date(text: str, year: int, month: int, day: int) -> Iterator[Found]:
    """One known date in the numeric forms that could also be something else; `find_dates` finds all other forms."""
    years = {year, year % 100}
    for match in _TRIPLE.finditer(text):
        a, b, c = (int(group) for group in match.groups())
        if (a in years and (b, c) in ((month, day), (day, month))) or (
            c in years and {(a, b)} & {(day, month), (month, day)}
        ):
            yield Found(*match.span(), "DATE", True)
    dd, mm = f"{day:02d}", f"{month:02d}"
    orders = {form for y in (f"{year}", f"{year % 100:02d}") for form in (dd + mm + y, mm + dd + y, y + mm + dd)}
    for match in _COMPACT.finditer(text):
        if match.group() in orders:
            yield Found(*match.span(), "DATE", True)
    for match in _DAY_MONTH.finditer(text):
        first, second, in_month, in_year = (int(group or 0) for group in match.groups())
        if (first, second) == (day, month) or (in_month, in_year) == (month, year):
            yield Found(*match.span(), "DATE", True)
    for match in _YEAR_ONLY.finditer(text):
        if int(match.group()) == year:
            yield Found(*match.span(), "DATE", True)
