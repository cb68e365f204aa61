"""Ways to reach or file a person: mail, web, phone, numbers of records, addresses, hospitals, great ages.

    find_contacts("Tel. 0761 270-12345, Hauptstr. 12, 79106 Freiburg")
"""

import re
from collections.abc import Iterator
from functools import cache

from refrad2d.phi.lexicon import Found, cities, is_ordinary

_EMAIL = re.compile(r"[\w.+\-]+\s?(?:@|\(at\)|\[at\]|\sat\s(?=[\w\-]+\.(?:de|com|org|net|edu|uk)\b))\s?[\w\-]+(?:\.[\w\-]+)+")
_URL = re.compile(
    r"(?:\b(?:https?|ftp)://|\bwww\.)[^\s<>\"')\]]*[^\s<>\"')\].,;]"
    r"|(?<![\w@.])[\w\-]+(?:\.[\w\-]+)*\.(?:de|com|org|net|edu|gov|info|at|ch|eu|co\.uk|nhs\.uk|biz)(?:/[^\s,;)]*)?(?![\w.])"
)
_IP = re.compile(r"(?<![\d.])(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)){3}(?![\d.])")
_PHONE = re.compile(
    r"\b(?i:Tel(?:efon|ephone)?(?:nummer|\.-?Nr\.?|-?Nr\.?| no\.?| number)?|Fax(?:nummer)?|Phone(?: number)?|Mobil(?:e|nummer|telefon)?|Handy(?:nummer)?|"
    r"Durchwahl|DW|Pager|Piepser|Beeper|Bleep|Funk(?:er)?|Rufnummer|Rückruf(?: unter)?|Ext(?:ension)?|Cell|Call(?:back)?(?: at)?|erreichbar unter|unter der Nummer)"
    r"[\s.:#]{0,3}(?P<labelled>[+(]?\d[\d \t()/\-–.]{1,22}\d(?:\s?(?:x|ext\.?|DW)\s?\d+)?)"
    r"|(?<![\w.,/\-])(?P<international>(?:\+|00)[1-9]\d{0,2}[\s\-./]?(?:\(0?\)\s?)?\(?\d[\d \t()/\-–.]{4,18}\d(?:\s?x\s?\d+)?)"
    r"|(?<![\w.,/\-])(?P<national>\(?0\d{2,5}\)?[ \t]?[\-/–]?[ \t]?\d{2,}(?:[ \t\-/]?\d{2,}){0,4})(?![\w]|[.,]\d)"
    r"|(?<![\w.,/\-])(?P<american>(?:(?:\+?1|001)[\-. ])?(?:\(\d{3}\)\s?|\d{3}[\-. ])\d{3}[\-. ]\d{4}(?:\s?(?:x|ext\.?)\s?\d+)?)(?!\w)"
)
_ID_LABEL = (
    r"MRN|MR#|UHID|EMPI|PID|(?:Medical|Health|Hospital|Unit)\s?-?(?:Record)?\s?(?:Number|No\.?|#)|"
    r"(?:Patient(?:en)?|Pat\.?|Fall|Case|Auftrags?|Anforderungs?|Aufnahme|Untersuchungs?|Befund|Versicherten|Versicherungs?|Versicherung|"
    r"Krankenversicherten|Krankenversicherungs?|Krankenkassen|Kassen|KV|Sozialversicherungs?|Rentenversicherungs?|SV|Mitglieds?|Kunden|Personal|Ausweis|"
    r"Personalausweis|Reisepass|Pass|Führerschein|Konto|Rechnungs?|Geräte|Serien|Seriennummer|Implantat|Chargen|Lot|Probe(?:n)?|Histologie|Histo|Eingangs?|"
    r"Journal|Archiv|Röntgen|Akten|Kranken(?:akten)?|Steuer|Arzt|Betriebsstätten|Studien?|Order|Accession|Acc\.?|Exam|Request|Requisition|"
    r"Visit|Encounter|Account|Acct\.?|Insurance|Policy|Member|Group|Claim|Medicare|Medicaid|Social\sSecurity|Passport|Licen[cs]e|Driver'?s?\sLicen[cs]e|"
    r"Device|Serial|Specimen|Pathology|Report|Study|Subject|Chart|Record|File|Invoice|Certificate|Vehicle|NHS|CHI|Bar\s?code)"
    r"[\s\-]{0,2}(?:ID|Id|id|IDs|Nr\.?|No\.?|no\.?|Nummern?|nummern?|Number|number|num\.?|#|Kennzeichen|Code)|"
    r"SSN|SVNR|SV-?Nr\.?|KVNR|KV-?Nr\.?|VNR|IBAN|BIC|BSNR|LANR|NPI|DEA|GMC|NINO|IK|PIZ|ISH|KIS-?Nr\.?|SAP-?Nr\.?|Kfz-?Kennzeichen|Kennzeichen|Accession|Acc|"
    r"Fall-?Nr\.?|Fallnummer|NHS|Medicare|Account|Barcode|UID|GUID|ID"
)
_ID = re.compile(
    rf"(?<!\w)(?:{_ID_LABEL})(?![^\W\d_])(?:[\s:.#=]|(?<!\w)-){{0,4}}(?:(?:lautet|ist|is|Nr\.?|No\.?|number|von|of)\s*:?\s*)?"
    r"(?P<value>(?=[\w\-./ ]*\d)(?:[A-Za-z]{1,6}[\-./ ]?|(?:[A-Z]{1,3}[\-./ ]){2})?\d[\w\-./]*(?<![.\-/])(?:[ ]\d[\w\-./]*(?<![.\-/])|[ ][A-Z]{1,2}\b(?!\w))*)",
    re.I,
)
_BARE_ID = re.compile(
    r"(?<![\w.,\-])(?:"
    r"(?:[0-2]\.\d+(?:\.\d+){3,}|\d+(?:\.\d+){5,})"  # UID
    r"|[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}|[0-9a-f]{24,}"
    r"|[A-Z]{2}\d{2}(?:\s?[A-Z0-9]{4}){3,7}(?:\s?[A-Z0-9]{1,3})?"  # IBAN
    r"|\d{3}-\d{2}-\d{4}"  # social security number
    r"|\d{3}[ ]\d{3}[ ]\d{4}"  # NHS number
    r"|[A-CEGHJ-PR-TW-Z]{2}\s?\d{2}\s?\d{2}\s?\d{2}\s?[A-D]"  # national insurance number
    r"|\d{2}\s?\d{6}\s?[A-Z]\s?\d{3}"  # German social insurance number
    r"|[A-Z]\s?\d{3}\s?\d{3}\s?\d{3}"  # German health insurance number
    r"|[A-Za-z]{1,6}[\-_/ ]?\d{5,}[\w\-]*"
    r"|[A-Z]{1,6}[\-_/.]?(?:19|20)?\d{2}[\-_/.]\d{3,}[\w\-]*|(?:19|20)\d{2}[\-_/]\d{4,}|[A-Z]\d{2}[\-/]\d{3,}"
    r"|\d{7,}(?:[\-/]\d+)*|\d{2,}[\-/]\d{3,}[\-/]\d{2,}"
    r"|\d{6}"
    r")(?![\w]|[.,]\d|\s?(?:mm|cm|ml|HU|HE|/µl|/ul|Zellen|/nl|mg|U/l|IU|IE|BAU|kU|ng|pg)(?![a-zäöü]))"
)
_AGE = re.compile(
    r"(?<![\w.,])(?P<age>9\d|1[0-2]\d)(?=\s?-?(?:jährig|jahre?n?\salt|jahre?n?\b|j\.|J\.|years?[\s\-]?olds?|year[\s\-]old|y/o|yo\b|y\.o\.|yrs?\b|years\sof\sage|-?jg\.|jähr\.)"
    r"|\s?(?:a|J)\.?\salt)|(?:Alter|age|aged|age of|im Alter von|Lebensalter)[\s:]{1,3}(?P<stated>9\d|1[0-2]\d)(?!\d|[.,]\d|\s?(?:mm|cm|%))"
    r"|(?P<words>\b\w*(?:neunzig|hundert\w*)(?=-?(?:jährig|Jahre))|\bninety(?:[\s\-](?:one|two|three|four|five|six|seven|eight|nine))?(?=[\s\-]years?))",
    re.I,
)
_CAP = r"[A-ZÀ-ÖØ-ÞŁŚŞČŠŽ]"
_LOW = r"[a-zß-öø-ÿłśşčšžğ]"
_HOUSE = r"\d{1,4}\s?[a-z]?(?![\w])(?:\s?[\-–/]\s?\d{1,4}\s?[a-z]?(?!\w))?(?!\s?(?:mm|cm|ml|HU|HE|x\s?\d|×|%)|°|Grad|[.,]\d)"
_SURE_SUFFIXES = ("straße", "strasse", "str.", "weg", "platz", "allee", "gasse")
_RESIDENCE = re.compile(
    rf"\b(?:wohnhaft|wohnt|lebt|gebürtig|ansässig|gemeldet|lives|living|resides|resident|residing|born)[ \t](?:in|aus|bei|of|near)[ \t]"
    rf"(?P<town>(?!Pflege|Heim|Alten|Senioren){_CAP}{_LOW}+(?:[ \t\-]{_CAP}{_LOW}+)*)|(?P<spa>(?<!\w)Bad[ \t]{_CAP}{_LOW}{{3,}})"
    rf"|(?P<home>(?<!\w)(?:\w*(?:[Hh]eim|[Ss]tift)|Haus|Residenz|Wohnpark)[ \t](?:(?:Haus|St\.|Sankt|am|an der|im|zum|zur)[ \t])*{_CAP}{_LOW}{{3,}})"
)
_STREET_DE = re.compile(
    rf"(?<![\w\-])(?:{_CAP}[\w.]*[\s\-]){{0,3}}(?:{_CAP}[\w\-]*?)?(?P<suffix>(?:[Ss]traße|[Ss]trasse|[Ss]tr\.|STRASSE|STRAßE|STR\.|[Ww]eg|[Pp]latz|[Aa]llee|[Gg]asse|[Rr]ing|[Dd]amm|[Uu]fer|[Cc]haussee|[Ss]teig|[Pp]fad|"
    rf"[Hh]of|[Mm]arkt|[Gg]raben|[Bb]erg|[Ss]tieg|[Pp]romenade|[Ww]all|[Ww]inkel|[Kk]amp|[Tt]winte|[Rr]edder|[Kk]oppel|[Ll]eite|[Zz]eile|[Ss]iedlung|[Gg]arten|[Bb]rücke|[Aa]nger|[Hh]alde|[Bb]ogen|[Gg]rund|[Ff]eld|[Aa]cker|[Rr]ain|[Ss]tiege|[Bb]ahn|[Tt]or))\s{_HOUSE}"
    rf"|(?<![\w\-])(?:Am|An der|An den|Auf der|Auf dem|Im|In der|In den|Zum|Zur|Unter den|Hinter der|Vor dem|Bei der|Alte[rs]?|Neue[rs]?|Obere[rs]?|Untere[rs]?|Große[rs]?|Kleine[rs]?)(?:\s{_CAP}{_LOW}+(?:[\s\-]{_CAP}{_LOW}+)?)\s{_HOUSE}"
    rf"|(?<![\w\-])(?:{_CAP}[\w.\-]*[\s\-])?{_CAP}[\w\-]*?(?:straße|strasse|Straße|Strasse|-Str\.|str\.)(?!\w)"
)
_NOT_A_STREET = re.compile(
    r"(?:gallen|harn|atem|luft|schluck|verdauungs|nahrungs|abfluss|ausfluss|einfluss|becken|leisten|aorten|mitral|klappen|katheter|zugangs|"
    r"bronchial|lymph|blut|sehnen|strömungs|leitungs|pyramiden|gesichts|lungen|brust|wirbel|gefäß|knochen|weichteil|tumor|herz|kammer|vor|seh|hör|"
    r"zwerchfell|rippen|gelenk|kiefer|zahn|mess|bild|seiten|ober|unter|\b(?:rand|zwischen|ein|aus|ab|um|nach|rück|rot|stich|kern|arbeits|blick|bio))$",
    re.I,
)
_TOWN = rf"(?:(?:Bad|Sankt|St\.|Groß|Klein|Neu|Alt|Schwäbisch|Bergisch|Hann\.|Königs|Markt|Lutherstadt|Burg|Hansestadt)[ \t])?{_CAP}{_LOW}+(?:-{_CAP}{_LOW}+)*"
_POSTCODE_DE = re.compile(
    rf"(?<![\w.,\-])(?:(?:D|DE|A|CH|L|AT)\s?-\s?\d{{4,5}}|\d{{5}})[ \t]+{_TOWN}"
    rf"(?:[ \t](?:am|an der|im|in der|bei|ob der|vor der|a\.|i\.|d\.|a\.d\.)[ \t]?{_CAP}{_LOW}+|/{_CAP}{_LOW}+|[ \t]?\({_CAP}{_LOW}+\))?"
)
_STREET_TYPE = (
    "Alley|Avenue|Ave|Boulevard|Blvd|Branch|Bridge|Brook|Brooks|Burg|Burgs|Bypass|Camp|Canyon|Cape|Causeway|Center|Centers|Circle|Circles|Cliff|"
    "Cliffs|Close|Club|Common|Corner|Corners|Course|Court|Courts|Ct|Cove|Coves|Creek|Crescent|Crest|Crossing|Crossroad|Curve|Dale|Dam|Divide|Drive|Drives|Dr|"
    "Estate|Estates|Expressway|Extension|Extensions|Fall|Falls|Ferry|Field|Fields|Flat|Flats|Ford|Fords|Forest|Forge|Forges|Fork|Forks|Fort|"
    "Freeway|Garden|Gardens|Gateway|Glen|Glens|Green|Greens|Grove|Groves|Harbor|Harbors|Haven|Heights|Highway|Hwy|Hill|Hills|Hollow|Inlet|Island|"
    "Islands|Isle|Junction|Junctions|Key|Keys|Knoll|Knolls|Lake|Lakes|Land|Landing|Lane|Ln|Light|Lights|Loaf|Lock|Locks|Lodge|Loop|Mall|Manor|"
    "Manors|Meadow|Meadows|Mews|Mill|Mills|Mission|Motorway|Mount|Mountain|Mountains|Neck|Orchard|Oval|Overpass|Park|Parks|Parkway|Parkways|Pass|"
    "Passage|Path|Pike|Pine|Pines|Place|Pl|Plain|Plains|Plaza|Point|Points|Port|Ports|Prairie|Radial|Ramp|Ranch|Rapid|Rapids|Rest|Ridge|Ridges|"
    "River|Road|Rd|Roads|Route|Row|Rue|Run|Shoal|Shoals|Shore|Shores|Skyway|Spring|Springs|Spur|Spurs|Square|Squares|Sq|Station|Stravenue|Stream|Street|St|"
    "Streets|Summit|Terrace|Throughway|Trace|Track|Trafficway|Trail|Tunnel|Turnpike|Underpass|Union|Unions|Valley|Valleys|Via|Viaduct|View|Views|"
    "Village|Villages|Ville|Vista|Walk|Walks|Wall|Way|Ways|Well|Wells"
)
_UNIT_PART = r"(?:,?\s+(?:Apt|Apartment|Suite|Ste|Unit|Floor|Room|Rm|Box)\.?\s?#?\s?\w+)?"
_TOWN_PART = rf"(?:,[ \t]*{_CAP}[\w'’\-]+(?:[ \t]{_CAP}[\w'’\-]+){{0,2}}(?:,?[ \t]+(?:[A-Z]{{2}}[ \t]+)?\d{{5}}(?:-\d{{4}})?(?!\d))?)?"
_STATES = (
    "AL|AK|AZ|AR|CA|CO|CT|DE|FL|GA|HI|ID|IL|IN|IA|KS|KY|LA|ME|MD|MA|MI|MN|MS|MO|MT|NE|NV|NH|NJ|NM|NY|NC|ND|OH|OK|OR|PA|RI|SC|SD|TN|TX|UT|VT|VA|WA|"
    "WV|WI|WY|DC|PR|GU|VI|AS|MP|FM|MH|PW|AA|AE|AP"
)
_STREET_EN = re.compile(
    rf"(?<![\w.,/:\-])(?:(?:Flat|Studio|Apartment|Apt\.?|Unit|Suite)\s\d+\w?[,\s]+)?\d{{1,5}}[A-Za-z]?[ \t]+(?:[NSEW]\.?[ \t])?(?:(?:St\.|{_CAP}[\w'’\-]*)[ \t]+){{1,4}}(?:{_STREET_TYPE})\b\.?{_UNIT_PART}{_TOWN_PART}"
    rf"|(?<!\w)(?:Flat|Studio)\s\d+\w?[,\s]+[\w'’]+(?:[ \t][\w'’]+){{1,2}}{_TOWN_PART}"
    rf"|(?<![\w\-])(?:{_CAP}[\w'’\-]+\s){{1,3}}(?:Street|Avenue|Road|Lane|Boulevard|Drive|Crescent|Parkway|Terrace|Highway)(?!\w)"
    r"|\bP\.?\s?O\.?\s?Box\s\d+|\bPostfach\s\d[\d ]*|\b(?:PSC|Unit|CMR)\s\d+,?\s+Box\s\d+|\bUSN[SV]\s[A-Z]\w+|\bUSCGC\s[A-Z]\w+|\bUSS\s[A-Z]\w+"
)
_CITY_EN = re.compile(
    rf"(?<![\w\-])(?:{_CAP}[\w'’\-]*[ ]?){{1,3}},?\s+(?:{_STATES})\.?\s+\d{{5}}(?:-\d{{4}})?(?!\d)|\b(?:{_STATES})\s\d{{5}}(?:-\d{{4}})?(?!\d)"
)
_POSTCODE_UK = re.compile(
    rf"(?:{_CAP}[\w'’\-]+(?:\s{_CAP}?[\w'’\-]+){{0,2}}[,\n]\s*){{0,3}}(?<!\w)(?:GIR\s?0AA|(?:[A-PR-UWYZ]\d[A-HJKPS-UW\d]?|[A-PR-UWYZ][A-HK-Y]\d[ABEHMNPRVWXY\d]?)\s?\d(?!(?:MM|CM|ML|TE|TR|SE|FS|GE)\b)[ABD-HJLNP-UW-Z]{{2}})(?!\w)"
)
_ORG_TAIL = (
    rf"(?:[ \t](?:(?:für|of|for|der|des|am|an der|an|im|in|und|and|at|&|zu|zum|zur|von|vom|the|der Universität)[ \t])*"
    rf"(?:St\.[ \t]|Dr\.[ \t]|Prof\.[ \t]|med\.[ \t]|[–\-][ \t])?(?:{_CAP}[\w\-]*|I{{1,3}}V?\b))"
)
_ORG_HEAD = (
    r"(?:St\.|Sankt|Städtisch\w+|Evangelisch\w+|Katholisch\w+|Ev\.|Kath\.|Klinikum|Universitäre?s?|Radiologisch\w+|Kardiologisch\w+|"
    r"Neurologisch\w+|Chirurgisch\w+|Onkologisch\w+|Medizinisch\w+|Interdisziplinäre\w*|Helios|Asklepios|Sana|Vivantes|Ameos|Rhön|Charité|DRK|BG)"
)
_ORG_NOUN = (
    r"(?:[Kk]linikums?|[Kk]liniken|[Kk]rankenhaus(?:es)?|[Ss]pital|[Hh]ospital|[Ll]azarett|(?<=[a-zäöü\-])klinik|"
    r"Klinik(?=[ \t](?:für|am|an|im|in der|und Poliklinik|Dr\.|St\.))|(?<=Asklepios )Klinik|(?<=Helios )Klinik|(?<=Sana )Klinik|"
    r"Abteilung(?=[ \t]für)|Institut(?=s?[ \t]für)|Zentrum(?=[ \t]für)|Sektion(?=[ \t]für)|Charité|"
    r"(?:Herz|Gesundheits|Reha|Tumor|Brust|Lungen|Diagnose|Diagnostik|Röntgen|Ärzte|Medizin|Facharzt|Rheuma|Gefäß|Prostata|Darm|Schmerz|"
    r"Dialyse|Nieren|Neuro|Radiologie|Strahlen|Kinder|Trauma|Versorgungs|Epilepsie)[a-z]*zentrum|MVZ|Gemeinschaftspraxis|"
    r"Praxis(?=[ \t](?:Dr|Prof|für|am|an|im))|[A-Z]\w+praxis|Poliklinik|Diakonie|Universitätsmedizin)"
)
_ORG_WORD = (
    r"(?:Hospitals?|Infirmary|Clinic|Medical[ \t](?:Center|Centre|Group|School)|Health[ \t]?(?:System|Center|Centre|Network|Board|Services|Care[ \t]Trust)|"
    r"Healthcare|Cancer[ \t](?:Center|Centre|Institute)|Imaging[ \t](?:Center|Centre|Associates)|Radiology[ \t](?:Associates|Group|Partners)|"
    r"(?:NHS[ \t])?(?:Foundation[ \t])?Trust|Hospice|Nursing[ \t]Home|Surgery[ \t]Center|University)"
)
_GERMAN_ORG = re.compile(
    rf"(?<![\w\-])(?:{_ORG_HEAD}[ \t\-–]*|{_CAP}[\w\-]*(?:er|es|sche[rs]?)[ \t])?(?:{_ORG_HEAD}[ \t\-–]*)?(?:{_CAP}[\w\-]*[ \-])??(?:{_CAP}[\w\-]*)?{_ORG_NOUN}{_ORG_TAIL}{{0,6}}"
    rf"|(?<![\w\-])(?:Universität|Uniklinik|Univ\.-Klinik|Hochschule|University[ \t]of)[ \t]{_CAP}[\w\-]*"
)
_ENGLISH_ORG = re.compile(
    rf"(?<![\w\-])(?:(?:St\.|{_CAP}[\w'’\-]*)[ \t](?:(?:of|and|the|&)[ \t])?){{0,5}}{_ORG_WORD}\b(?:[ \t](?:of|for|in|at|and|the)(?:[ \t]the)?[ \t]{_CAP}[\w'’\-]*(?:[ \t]{_CAP}[\w'’\-]*)*|[ \t]{_CAP}[\w'’\-]+)?"
    rf"|(?<![\w\-])(?:Department|Dept\.?|Division|Section|Institute|School|Faculty|Centre|Center)[ \t](?:of|for)[ \t](?:[\w&,\-]+[ \t])?{_CAP}[\w\-]*(?:[ \t](?:and|&)[ \t]{_CAP}[\w\-]*|[ \t]{_CAP}[\w\-]*)*"
)
_WARD = re.compile(
    rf"(?<![\w\-])(?:Station|Ward|Intensivstation|ITS|ICU|Bettenhaus|Zimmer|Zi\.|Room|Bed|Bett|Bay|Ambulanz|Pflegegruppe|Stat\.)[ \t:]{{1,2}}(?:Nr\.[ \t]?|No\.[ \t]?)?"
    rf"(?P<ward>{_CAP}{{0,3}}[\-.]?\d{{1,4}}(?:[.\-/]\d+)?[ \t]?(?:[A-Za-z]\b)?|{_CAP}\d?\b(?![\w.])|(?!Station|Ward){_CAP}{_LOW}{{3,}}(?=[ \t,.;)]|$)(?![ \t]{_CAP}))"
)
_COMPANY = re.compile(
    rf"(?<![\w\-])(?:{_CAP}[\w&'’\-]*,?[ \t](?:(?:und|and|&|e\.)[ \t])?){{1,4}}(?:GmbH|AG|KGaA|KG|OHG|GbR|mbH|e\.[ \t]?V\.|e\.[ \t]?G\.|Stiftung|Ltd\.?|Limited|Inc\.?|LLC|PLC|LLP|Corp\.?|and[ \t]Sons|Group)(?:[ \t]&[ \t]Co\.?(?:[ \t](?:KG|OHG|KGaA))?)?(?!\w)"
)
_PLACE_WORD = r"(?:Klassifikation|Kriterien|Score|Konsensus|classification|criteria|consensus|Protokoll|protocol|Deklaration|Stadium|Stadien|Coma)"


def find_contacts(text: str, language: str = "de") -> Iterator[Found]:
    """Mail and web addresses, phone numbers, identifiers, postal addresses, hospitals and wards, ages above 89."""
    for pattern, kind in ((_EMAIL, "EMAIL"), (_URL, "URL"), (_IP, "ID"), (_BARE_ID, "ID")):
        yield from (Found(*match.span(), kind) for match in pattern.finditer(text))
    for pattern, kind in ((_PHONE, "PHONE"), (_ID, "ID"), (_AGE, "AGE")):
        yield from (Found(*match.span(match.lastgroup), kind, True) for match in pattern.finditer(text))
    yield from find_addresses(text, language)
    for pattern in (_GERMAN_ORG, _ENGLISH_ORG, _COMPANY):
        for match in pattern.finditer(text):
            if not is_ordinary(match.group()):
                yield Found(*match.span(), "ORGANISATION")
    for match in _WARD.finditer(text):
        if not is_ordinary(match["ward"]):
            yield Found(*match.span(), "ORGANISATION", True)


def find_addresses(text: str, language: str) -> Iterator[Found]:
    """Streets with numbers, post codes with towns, listed cities."""
    for match in _STREET_DE.finditer(text):
        if not _clinical_street(match.group(), match["suffix"]):
            yield Found(*match.span(), "ADDRESS", match["suffix"] is None or match["suffix"].lower() in _SURE_SUFFIXES)
    for pattern in (_POSTCODE_DE,) if language == "de" else (_STREET_EN, _CITY_EN, _POSTCODE_UK):
        yield from (Found(*match.span(), "ADDRESS") for match in pattern.finditer(text))
    yield from (Found(*match.span(match.lastgroup), "ADDRESS") for match in _RESIDENCE.finditer(text))
    for match in _city_pattern().finditer(text):
        yield Found(*match.span(), "ADDRESS")


def _clinical_street(street: str, suffix: str | None) -> bool:
    """True for "Beckenring 3": the first part of the compound is anatomy."""
    name = re.sub(r"\s\d.*$", "", street).split()[-1] if street else ""
    stem = re.split(r"(?i)(?:straße|strasse|str\.)$" if suffix is None else f"(?i){re.escape(suffix)}$", name)[0]
    if re.search(r"(?i)str(?:aße|asse|\.)$", name):
        return stem.lower() in ("milch", "seh", "hör", "magen", "ausfluss", "einfluss")
    return (not stem and suffix is not None and len(street.split()) < 3) or _NOT_A_STREET.search(stem) is not None


@cache
def _city_pattern() -> re.Pattern:
    names = "|".join(map(re.escape, cities()))
    return re.compile(rf"(?<![\w\-])(?:{names})(?:-{_CAP}{_LOW}+)?(?![\w]|[\s\-]{_PLACE_WORD})")
