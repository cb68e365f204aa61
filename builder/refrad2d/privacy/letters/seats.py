"""Where a letter comes from and goes to: addresses, houses, departments, wards, firms beside what is gone.

find_seats("Zentrales Institut für medizinische Diagnostik\\nUferpark 2, [ADDRESS]", "de")
"""

import re
from collections.abc import Iterator

from refrad2d.privacy.letters.layout import Line, cells, read_layout
from refrad2d.privacy.letters.words import is_familiar
from refrad2d.privacy.recognisers.lexicon import (
    CAPITAL,
    Found,
    clinical_words,
    is_given,
    is_ordinary,
    is_surname,
    looks_clinical,
    looks_medical,
    report_words,
    spell,
    towns,
)

_B = "[ ]"
_LINKS = (
    r"(?:am|an der|an den|im|in|in der|in den|der|des|den|dem|die|zum|zur|zu den|auf der|vor dem|bei|von|vom|"
    r"und|u\.|&|für|f\.|mit|of|for|and|the|at|e\.|a\.)"
)
_CAPPED = (
    rf"(?:{CAPITAL}[\w.’'&\-]*|\d{{1,2}}\.|[IVX]{{1,4}}|&|[\"„“][^\"„“”\n]{{2,30}}[\"“”]|[a-z]+(?:ische[rsn]?|"
    rf"ale[rsn]?|liche[rsn]?|are[rsn]?|gebende[rsn]?|ive[rsn]?|äre[rsn]?))"
)
_HOUSE_WORD = re.compile(
    r"(?i:klinik(?:um|en)?|krankenhaus|krankenanstalten?|spital|hospital|hospiz|hospice|sanatorium|zentrum|"
    r"institutes?|fertility|heart|college|academy|institut|"
    r"abteilung|abt\.|praxis|ordination|ambulanz|ambulatorium|poliklinik|"
    r"tagesklinik|institutsambulanz|department|dept\.?|clinic|surgery|practice|associates|infirmary|cent(?:er|re)|"
    r"ctr|unit|imaging|diagnostics?|laboratory|partners|physicians|"
    r"medical[ ]group|health[ ](?:centre|center|board|service)|trust|notaufnahme|ärztehaus|mvz|stift|diagnostikum|"
    r"radiologicum|rettungsdienst|dienst[ ]für|"
    r"dienste|sektion|bereich|fachbereich|schwerpunkt|service|servizio|ospedale|orthop(?:a|ä)?e?dics|primariat|"
    r"sprechstunde|praxisklinik|privatklinik|reha|apotheke|pharmacy)(?!\w)"
    r"|\w*(?:klinik|zentrum|praxis|institut|ambulanz|spital|klinikum)(?!\w)"
    r"|(?<!\w)(?:\w*[Rr]adiologie|[Pp]athologie|\w*[Cc]hirurgie|Urologie|Kardiologie|Neurologie|Orthopädie|Geriatrie|"
    r"Pädiatrie|Psychiatrie|Onkologie|Gynäkologie|Anästhesi\w+|\w*[Mm]edizin|"
    r"Dermatologie|HNO|Augenheilkunde|Nuklearmedizin|Strahlentherapie|Frauenheilkunde|Geburtshilfe|Neonatologie|"
    r"Nephrologie|Dialyse|Pneumologie|Rheumatologie|Endokrinologie|"
    r"Radiology|Pathology|Cardiology|Neurology|Oncology|Surgery|Gyn(?:a)?ecology|Pa?ediatrics|Psychiatry|Dermatology|"
    r"Urology|Orthopaedics|Orthopedics|Haematology|Vascular|Physiotherapy)(?!\w)"
)
_PART = rf"(?:{_LINKS}|{_CAPPED}|\[\w+\])"
_ALL_CAPPED = re.compile(rf"{_PART}(?:(?:[ ]?[,/][ ]?|[ ][\-–][ ]|[ ]){_PART})*")
_STOP_LINE = re.compile(
    r"(?i)\b(?:diagnos(?!ti[kc])\w*|befund\w*|untersuchung|anamnese|therapie|technik|beurteilung|fragestellung|"
    r"indikation|verlauf|medikation|bericht|brief|arztbrief|entlassung\w*|protokoll|referral|letter|"
    r"summary|report|note|findings|history|impression|operation|betreff|überweisung|gutachten|zusammenfassung|"
    r"aufnahme|labor|procedere|dear|sehr|ct|mrt|mri)\b"
)
_STREET_CELL = re.compile(
    rf"(?P<name>(?:(?:{_LINKS}|{CAPITAL}[\w.’'\-]*|\d\.){_B}){{0,5}}(?:{CAPITAL}[\w.’'\-]*|"
    rf"\w+)[ ]?\d{{1,4}}[ ]?[a-zA-Z]?(?:[ ]?[\-/–][ ]?(?:\d{{1,4}}[a-z]?|[IVX]+|Top|WE|App|"
    rf"Stg)[ \d]*)*(?:,[ ]\d+\.[ ]?(?:Stock|OG|Etage))?)"
)
_TOWARDS = re.compile(r"(?P<gap>[ ]?[,·•|/–\-]?[ ]?(?:in[ ])?|[ ]*\n[ \t]*)\[ADDRESS\]")
_BEFORE_ADDRESS = re.compile(
    rf"(?:^|\n|[ ]{{2,}}|[:;|·•(]|\][,;]?|,[ ])[ ]*(?P<name>(?:(?:{_LINKS}|{CAPITAL}[\w.’'\-]*|"
    rf"\d{{1,4}}[a-z]?(?:[/\-]\d+)?|\d\.){_B}){{0,6}}"
    rf"(?:{CAPITAL}[\w.’'\-]*|\d{{1,4}}[ ]?[a-zA-Z]?(?:[ ]?[\-/–][ ]?\d{{1,4}}[a-z]?)*))(?:,[ ]\d+\.[ ]?(?:Stock|OG|"
    rf"Etage))?(?=[ ]?(?:[,·•|/–\-][ ]?)?(?:\n[ \t]*)?\[ADDRESS\])"
)
_BEHIND_ADDRESS = re.compile(
    rf"\[ADDRESS\](?P<name>,?[ ](?:(?:Top|Tür|Stg\.|Stiege|WE|App\.|OT|Flat|Apt\.?|Suite|Ste|Co\.|"
    rf"Unit)[ ]?[\w/]+(?:[ ]{CAPITAL}[\w\-]+)?|\d\.[ ]?(?:Stock|OG|Etage)|u\.[ ]?T\.|[A-Z]{{2}}(?:[ ]\d{{5}})?|"
    rf"{CAPITAL}\d[\dW][ ]?[A-Z\d]{{4}}|HH|OL)(?!\w)"
    rf"|[ ]?[/\-–][ ]?{CAPITAL}[a-zäöüß]{{3,}}(?!\w))"
)
_UK_POSTCODE = (
    r"(?:[A-PR-UWYZ][A-HK-Y]?\d[A-Z\d]?[ ]\d[ABD-HJLNP-UW-Z]{2}|[ACDEFHKNPRTVWXY]\d[\dW][ ][A-Z\d]{4}|"
    r"(?:A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]|T[NX]|"
    r"UT|V[AT]|W[AIVY])[ ]\d{5}(?:-\d{4})?)"
)
_STREET_TYPE = (
    r"(?:Street|St|Road|Rd|Lane|Ln|Avenue|Ave|Av|Drive|Dr|Close|Crescent|Cres|Court|Ct|Place|Pl|Way|Walk|Terrace|"
    r"Gardens|Gdns|Grove|Green|Hill|Rise|Row|Square|Sq|Mews|Park|Parade|View|Vale|"
    r"Wall|Wharf|Quay|Boulevard|Blvd|Parkway|Pkwy|Highway|Hwy|Pike|Trail|Trl|Circle|Cir|Loop|Plaza|Bypass|Croft|Brae|"
    r"Wynd|Gate|Heights|Orchard|Meadow[s]?|Fields?|Bank|Side|End|Cottages?|House|Broadway|Embankment)"
)
_ENGLISH = (
    re.compile(rf"(?<!\w)(?P<name>(?:[A-Z\d][\w/’'\-]*(?:[ ][\w.’'\-]+){{0,4}},[ ]){{0,4}}(?:"
               rf"{CAPITAL}[\w’'\-]*[ ]){{0,3}}{_UK_POSTCODE})(?!\w)"),
    re.compile(rf"(?<![\w.,/\-])(?P<name>\d{{1,5}}[a-z]?(?:/\d+)?[ ](?:(?:St\.?|"
               rf"{CAPITAL}[\w’'.\-]*)[ ]){{1,3}}{_STREET_TYPE}\.?(?:[ ](?:Ste|Suite|Apt|Unit|"
               rf"#)\.?[ ]?\w+)?(?:,[ ]{CAPITAL}[\w’'\-]+(?:[ ]{CAPITAL}[\w’'\-]+)?)?)(?!\w)"),
    re.compile(rf"(?:[ ](?:on|at|in|near|from|of)[ ]|[,:|\n][ ]?)(?P<name>{CAPITAL}[\w’'\-]+[ ](?:{CAPITAL}[\w’'\-]+["
               rf" ])?(?:Street|Road|Rd|Lane|Avenue|Ave|Drive|Boulevard|Blvd|Parkway|Pkwy|Highway)\.?)(?!\w)"),
    re.compile(rf"\[ADDRESS\](?P<name>(?:,[ ](?:Co\.?[ ])?{CAPITAL}[\w’'\-]+(?:[ ]{CAPITAL}[\w’'\-]+)?){{1,3}})(?=[ ]"
               rf"*(?:[.;\n)]|$|[ ]{{2}}|\[))"),
    re.compile(rf"\[NAME\],[ ](?P<name>{CAPITAL}[\w’'\-]+(?:[ ]{CAPITAL}[\w’'\-]+){{0,2}}(?:,[ ]{CAPITAL}[\w’'\-]+(?:"
               rf"[ ]{CAPITAL}[\w’'\-]+)?){{1,2}})(?=[ ]*(?:[.;\n)]|$|[ ]{{2}}|\[))"),
    re.compile(r"(?<![\w\-])(?P<name>(?:I|M|A|US|SR|Route|Rte|Hwy|Exit|Junction)[\- ]\d{1,4})(?=[ ]*(?:[.,;)\n]|$|"
               r"[ ](?:near|at|by|in)))"),
    re.compile(r"[ ](?:at|to|from)[ ](?P<spoken>(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|"
               r"\w+teen|twenty)[ ]\w+[ ](?:street|road|close|lane|avenue|drive|crescent|court|place|way|gardens|"
               r"terrace)(?:[ ]\w+)?)(?!\w)"),
)  # fmt: skip
_NEAR = r"\[(?:ORGANISATION|NAME|ADDRESS)\]"
_TRADE = (
    r"(?:\w*[Rr]adiologie|[Pp]athologie|\w*[Cc]hirurgie|Urologie|Kardiologie|Neurologie|Orthopädie|Geriatrie|"
    r"Pädiatrie|Psychiatrie|Onkologie|Gynäkologie|Anästhesie|\w*[Mm]edizin|Dermatologie|HNO|Neonatologie|"
    r"Augenklinik|Frauenklinik|Kinderklinik|Reha(?:klinik)?|Klinik|Praxis|\w+praxis|Zentrum|\w+zentrum|Institut|"
    r"Ärztehaus|Spital|Spitex|Apotheke|Stift|Heim|Altersheim|Pflegeheim|Seniorenheim|Schule|Gymnasium|Realschule|"
    r"Grundschule|GS|Kita|Kindergarten|Amt|Jugendamt|Sozialamt|Gericht|Landgericht|Amtsgericht|Polizei|Kanzlei|"
    r"Verein|Stiftung|Pietät|Feuerwehr|Rettungswache|Bestattungen|Fa\.|Firma|Rechtsanwälte|[A-ZÄÖÜ]?[a-zäöü]*markt|"
    r"Optik|Sanitätshaus|Spedition|Autohaus|Hotel|"
    r"Hospital|Surgery|Practice|Clinic|Centre|Center|Ctr|Infirmary|Hospice|School|College|Nursery|University|"
    r"Pharmacy|Chemist|Care[ ]Home|Nursing[ ]Home|Trust|Associates|Diagnostics?|Imaging|Vascular|Orthop\w+|"
    r"Pathology|Radiology|Medical|Group|Partners|Laborator\w+|Home[ ]Care|Carers|Insurance|EMS|Ambulance|Fire|Police|"
    r"Court|Solicitors|Council|Library|Church|Foundation|Society|Mutual|PPO|HMO|Health|"
    r"Versicherung|Krankenkasse|Ersatzkasse|BKK|IKK|AOK|Kasse|[A-ZÄÖÜ][\w\-]*(?:behörde|schule|amt|gericht|verein|"
    r"dienst|werk|haus|hof|heim|stift|hilfe|wacht|kasse|kammer|gesellschaft|verband|betrieb|versicherung|apotheke|"
    r"zentrum|klinik))"
)
_CODE = (
    r"(?:(?!(?:CT|MRT?|OP|OA|OÄ|CA|CÄ|HA|HÄ|NA|NÄ|RA|AA|AÄ|FA|FÄ|PD|KD|TEP|ED|EEG|EKG|PET|US|LK|ICU|DR|FR|HR|RN|"
    r"MD|DO|SN|CNS|GP|SW|HV|DN|DOB|NOK|RE|RTC|CXR|XR|BP|HR|HERR|FRAU|DIE|DER|UND|VON|MIT|AN|AM|PAT|REF|TEL|FAX|"
    r"MFA|MTA|MTR|MPA|TSRM|PJ|NHS|MRN|ACCT|ID|PID|AZ|SV|SVA|AHV|KV|PLZ|VSP|NEF|RTW)(?![A-ZÄÖÜ]))[A-ZÄÖÜ]{2,5}|"
    r"[KU]?KfH|DRK|KSGL|aö|a\.ö\.|A\.ö\.)"
)
_NOUN = (
    r"(?:\w+medizin|Radiologie|Pathologie|\w*[Cc]hirurgie|Urologie|Kardiologie|Neurologie|Orthopädie|Geriatrie|"
    r"Pädiatrie|"
    r"Psychiatrie|Onkologie|Gynäkologie|Dermatologie|Neonatologie|Nuklearmedizin|Strahlentherapie|"
    r"Klinik|Praxis|\w+praxis|Zentrum|\w+zentrum|Institut|Ärztehaus|Spital|Spitex|Apotheke|Stift|Heim|Altersheim|"
    r"Pflegeheim|Seniorenheim|Residenz|Schule|Gymnasium|Realschule|Grundschule|Kita|Kindergarten|"
    r"Kanzlei|Pietät|Bestattungen|Firma|Tagesklinik|Reha|Rehaklinik|MVZ|SPZ|KH|BKH|LKH|KS|OZ|ASD|Hospiz|Privatklinik|"
    r"Labor|Sanitätshaus|Physiotherapie|Physio|Ergotherapie|Augenklinik|Frauenklinik|Kinderklinik|Poliklinik)"
)
_NAMED_HOUSE = re.compile(
    rf"(?<![\w\-])(?P<name>{_NOUN}[ ](?:(?:am|im|an[ ]der|in[ ]der|zum|zur|St\.|Bad|"
    rf"Haus)[ ])?(?P<proper>{CAPITAL}[a-zäöüß]{{2,}}(?:-{CAPITAL}[a-zäöüß]+)?|"
    rf"[A-ZÄÖÜ]{{3,5}}(?=[),]))(?:[ ](?P<second>{CAPITAL}[a-zäöüß]{{2,"
    rf"}}))?)(?![\w\-])"
    rf"|(?:^|[(,;:/|]|[ ](?:der|die|das|im|in|von|bei|an|aus|vom|durch|zur|zum)|"
    rf"\n)[ ]?(?P<ahead>(?P<own>{CAPITAL}[a-zäöüß]{{3,}}(?<!sche)(?<!schen)(?<!scher)(?<!sches)(?<!liche)(?<!lichen)"
    rf"(?<!sch)|"
    rf"{CAPITAL}{{3,5}})[ ](?:{_NOUN}))(?=[ ]*(?:[,;.)\n|/(]|$))",
)
_AT_HOME = re.compile(
    r"(?i:anschr(?:ift|\.)|adr(?:esse|\.)|wohnh(?:aft|\.)|wh\.|address)[: ]{1,3}(?P<name>[^\n,;\[]{3,50}?(?:[ ]?\[[A-"
    r"Z]+\])?)(?=,?[ ]?\[ADDRESS\])"
)
_BESIDE = (
    re.compile(rf"(?<![\w\-])(?P<name>{_CODE}[ \-](?:{_TRADE}[ ])?)(?=\[(?:ORGANISATION|ADDRESS)\])"),
    re.compile(rf"(?<![\w\-])(?P<name>(?:{_CODE}[ ])?{_TRADE}[ ](?:{_LINKS}[ ])?)(?={_NEAR})"),
    re.compile(rf"(?<=\])(?P<name>[ \-](?:{_TRADE})(?:[ ](?:I{{1,3}}|[A-H]|\d{{1,2}}))?)(?![\w\-])"),
    re.compile(rf"(?<=\[ORGANISATION\])(?P<name>(?:[ ]?[,\-–/][ ]?|[ ])(?:(?:\d{{1,2}}\.|"
               rf"[IVX]+\.?)[ ])?{_TRADE}(?:[ ](?:{_LINKS}[ ])?{CAPITAL}[\w\-]+)?(?:[ ]\d{{1,3}})?)(?![\w\-])"),
    re.compile(r"(?<=\[ORGANISATION\])(?P<name>,[ ](?:[A-Z]{2,4}[ ])?(?:Bezirk|Zimmer|Referat|Abteilung|Kammer|"
               r"Senat|Dezernat|Team|Sachgebiet)[ ][\w.]+)"),
    re.compile(r"(?<![\w\-])(?P<name>\d{1,2}\.[ ](?:Zivil|Straf|Große[ ]Straf)?(?:[Kk]ammer|[Ss]enat))(?!\w)"),
    re.compile(rf"(?<![\w\-])(?P<name>(?:{CAPITAL}[\w’'\-]*[ ](?:(?:und|&|of|and)[ ])?){{1,4}}(?:e\.[ ]?V\.|gGmbH|"
               rf"GmbH(?:[ ]&[ ]Co\.?[ ]KG)?|AG(?!\w)|KG(?!\w|[ ]?\d)|Inc\.?|Ltd\.?|LLC|P\.C\.|PLLC|PLC|BKK|IKK|"
               rf"Ersatzkasse))(?!\w)"),
    re.compile(rf"(?<![\w\-])(?P<name>{CAPITAL}[\w’'\-]+(?:-{CAPITAL}\w+)+-(?:Schule|Realschule|Gymnasium|GS|"
               rf"Grundschule|Gesamtschule|Stift|Haus|Heim|Klinik|Spital|Krankenhaus|Institut|Platz|Straße|"
               rf"Apotheke))(?!\w)"),
    re.compile(rf"(?<![\w\-])(?P<name>{CAPITAL}{{2,}}[ ](?:{CAPITAL}{{2,}}[ ])*(?:{CAPITAL}[a-zäöü]+[ ])?(?:Krankenka"
               rf"sse|Ersatzkasse|Versicherung(?:en)?|Kasse))(?!\w)"),
)  # fmt: skip
_PLACE_CODE = (
    r"(?:(?:[A-ZÄÖÜ][a-zäöü]{1,9}|[A-Z]{1,5})[ .\-]?)?(?:\d{1,4}(?:[.,/\-]\d{1,4}){0,2}[A-Za-z]?|"
    r"[A-Z]\d{0,3}|[IVX]{1,4})(?:[ ](?:offen|geschlossen|geschützt|Süd|Nord|Ost|West|links|rechts))?"
)
_WARD = (
    re.compile(
        rf"(?<![\w\-])(?P<name>(?:[Ss]tat(?:ion|\.)?|STATION|[Ww]ard|WARD|Zi(?:mmer|\.)?|Raum|ROOM|[Rr]oom|Rm|"
        rf"[Bb]ett|[Bb]ed|Bettplatz|Platz|[Bb]ay|Saal|OP(?:-Saal)?|OR|Abt(?:eilung|\.)?|\w+zimmer|Ebene|Haus|Etage|"
        rf"Stockwerk|Kabine|Koje|Box|Theatre|"
        rf"Level|Floor|Suite|Unit|Schalter|ITS|ICU|SICU|MICU|IMC|NICU|ITU|HDU|NEO|NCH|AMU|[A-ZÄÖÜ]*STATION|Ambulanz|"
        rf"Amb\.)[ :.]{{0,3}}{_PLACE_CODE}(?:[,/]?[ ](?:Zi|Zimmer|Bett|Raum|Ebene|bed|room|bay|"
        rf"Bett)\.?[ ]?{_PLACE_CODE})*)(?![\w]|[.,]\d|[ ]?(?:mm|cm|%|ml|x[ ]))"
    ),
    re.compile(rf"(?:ROOM|Room|Ward|WARD|Rm|Saal|Station|Stat\.|Bed|Bett|Zimmer|OR|Unit|Location|"
               rf"Loc)[:.]?[ ]{{1,4}}(?P<name>(?:\d{{1,2}}[ ])?(?:{CAPITAL}[a-z]{{2,}}[ ])?{_PLACE_CODE})(?![\w]|"
               rf"[.,]\d)(?![ ]?(?:mm|cm|%))"),
    re.compile(r"(?:auf|von|nach|to|from|aus|in|der|out[ ]of|on)[ ](?P<name>(?:SICU|MICU|ICU|ITS|NICU|IMC|"
               r"ward[ ])?[ ]?(?:bed[ ]|bay[ ])?(?:\d{1,2}[A-Z]\d?|[A-KM-RU-Z]\d{1,2}[a-z]?))(?=[ ]*(?:[.,;)\n]|"
               r"$|[ ](?:angerufen|verlegt|übernommen|zurück|on|with|at|today|and|by)))"),
    re.compile(r"(?<![\w\-])(?P<name>[A-ZÄÖÜ]{2,6}-(?:AMB|Amb|STAT|OP|Poli|Station|Sprechstunde)\.?)(?![\w\-])"),
    re.compile(r"(?:\[(?:ORGANISATION|NAME)\][ ,]{1,2})(?P<name>[A-Z]\d{1,2}[a-z]?)(?=[ ](?:\[|[,;\n])|[,;\n])"),
)  # fmt: skip
_NODE = re.compile(r"(?i)LK|lymph|nod|level|EBUS|mediast|segment|wirbel|rippe|bild|serie|score|grad\b")


def find_seats(text: str, language: str) -> Iterator[Found]:
    """Addresses (ADDRESS), houses, departments, firms, wards and rooms (ORGANISATION) of a letter."""
    lines = read_layout(text)
    for line in lines:
        if line.zone == "head":
            yield from _house_cells(text, line)
    yield from _addresses(text, language)
    for pattern in _BESIDE:
        for match in pattern.finditer(text):
            yield Found(*match.span("name"), "ORGANISATION", True)
    for match in _NAMED_HOUSE.finditer(text) if language == "de" else ():
        group = "name" if match["name"] else "ahead"
        words = [match["proper"], match["second"]] if match["name"] else [match["own"]]
        if not any(word and _is_plain(word) for word in words[:1]):
            end = match.end("proper") if match["second"] and _is_plain(match["second"]) else match.end(group)
            yield Found(match.start(group), end, "ORGANISATION", True)
    for pattern in _WARD:
        for match in pattern.finditer(text):
            around = text[max(0, match.start() - 24) : match.start()] + text[match.end() : match.end() + 20]
            plain = re.fullmatch(
                r"(?i)(?:station|level|box|stat\.|bett|haus|op|or|platz|saal|unit|abt\.?|stat|"
                r"theatre)[ .:]{1,2}(?:[IVX]{1,4}|[A-Z])",
                match["name"],
            )
            if (
                not _NODE.search(around)
                and not plain
                and not re.match(r"(?i)(?:station|level|haus)[ ](?:1[0-4]|\d)[RLi]?$", match["name"])
            ):
                yield Found(*match.span("name"), "ORGANISATION", True)


def _house_cells(text: str, line: Line) -> Iterator[Found]:
    """Cells of head and foot that name a house or a department and nothing else."""
    for start, end in cells(text, line):
        piece = re.split(r"[ ]\(", text[start:end])[0].rstrip(" ,.:")
        bare = re.sub(r"\[\w+\]", "", piece)
        if re.search(
            r"(?:Fach|Chef|Ober)?(?:[Aa]rzt|[Ää]rzt\w*)(?!\w)|(?<!\w)(?:FA|FÄ|OA|OÄ|CA|Dr|Prof)(?!\w)|bericht|befund",
            bare,
        ):
            continue
        if not _HOUSE_WORD.search(bare) or _STOP_LINE.search(bare) or ":" in bare:
            continue
        if _ALL_CAPPED.fullmatch(piece):
            yield Found(start, start + len(piece), "ORGANISATION", True)


def _addresses(text: str, language: str) -> Iterator[Found]:
    for match in _BEFORE_ADDRESS.finditer(text):
        words = re.findall(r"[^\W\d_]{3,}", match["name"])
        if (
            words
            and not any(looks_clinical(word) and not is_surname(word) for word in words)
            and _is_seat(match["name"])
        ):
            yield Found(*match.span("name"), "ADDRESS", True)
    for match in _AT_HOME.finditer(text):
        yield Found(*match.span("name"), "ADDRESS", True)
    for match in _BEHIND_ADDRESS.finditer(text):
        yield Found(*match.span("name"), "ADDRESS", True)
    for pattern in _ENGLISH if language == "en" else _ENGLISH[:1]:
        for match in pattern.finditer(text):
            group = match.lastgroup or 0
            words = re.findall(r"[^\W\d_]{3,}", match[group])
            if not any(spell(word) in report_words() and not is_surname(word) for word in words):
                yield Found(*match.span(group), "ADDRESS", True)


def _is_plain(word: str) -> bool:
    """True for a word that may stand behind the word for a house: clinical, of reports, of staff and days."""
    key = spell(word)
    if is_surname(word) or is_given(word) or key in towns():
        return key in report_words()
    return (
        looks_clinical(word)
        or is_ordinary(word)
        or key in clinical_words()
        or looks_medical(word)
        or _NO_HOUSE.search(word) is not None
    )


_NO_HOUSE = re.compile(
    r"(?i)(?:arzt|ärztin|leitung|leiter(?:in)?|dienst|termin\w*|zeit(?:en)?|bericht|brief|befund\w*|plan|kontrolle|"
    r"aufnahme|uhr|werte?|proben?|daten|phase|tag|woche|gesichert|wechsel|gespräch|pflicht|kosten|personal|team)$|"
    r"^(?:Herr|Frau|Dr|Prof|Tel|Fax|Sehr|Mit|Die|Der|Das|Wir|Bitte|Am|Im)"
)


def _is_seat(name: str) -> bool:
    """True for a street with its number, a name of words that are no plain labels, a listed town."""
    if re.search(r"\d", name):
        return True
    words = re.findall(rf"{CAPITAL}[\w’'\-]+", name)
    return (
        bool(words)
        and (spell(words[-1]) in towns() or any(not is_familiar(word, "de") for word in words))
        and not all(map(is_ordinary, words))
    )
