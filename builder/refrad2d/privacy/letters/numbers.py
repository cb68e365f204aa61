"""Numbers of a letter: extensions and telephones behind any word for them, codes of any making that measure nothing.

find_figures("Befundauskunft -22/-23, lot RNB447120, ref KR 7/26-Kal", "de")
"""

import re
from collections.abc import Iterator

from refrad2d.privacy.recognisers.clinical import protected
from refrad2d.privacy.recognisers.lexicon import Found, looks_medical

_NO_UNIT = (
    r"(?![\w]|[.,]\d|[ ]?(?:mm|cm|ml|mg|µg|kg|g(?!\w)|%|°|HE|HU|mmol|ng|pg|U(?!\w)|IE|IU|/µl|/ul|/nl|G/l|T/l|x[ ]|×|"
    r"Jahre|J\.|a(?!\w)|Wo|Tage|days|"
    r"weeks|h(?!\w)|min|Gy|W(?!\w)|Ohm|ms|mV|kV|Uhr|yo|F(?!\w)|M(?!\w)|y(?!\w)|Punkte|mmHg|Hz|ml/min|l(?!\w)|L(?!\w)|"
    r"Sek|cc(?!\w)|[lL]/min|J(?!\w)))"
)
_LINE_WORD = (
    r"(?:[Tt]el(?:efon|ephone)?|TEL|[Ff]on|[Pp]h(?:one)?|[Ff]ax|FAX|[Mm]ob(?:il|ile)?|[Hh]andy|[Nn]atel|[Ee]xt(?:n|"
    r"ension)?|[Bb]leep|[Pp]ager|[Bb]eeper|[Dd]ect|DECT|[Ii]nt(?:ern)?|"
    r"[Kk]lappe|KLAPPE|Kl|DW|[Dd]urchw(?:ahl)?|App(?:arat)?|[Pp]iep(?:s|ser|er)?|[Ff]unk|[Ss]ucher|[Rr]uf(?:nummer)?|"
    r"[Rr]ückruf|[Hh]otline|[Cc]ell|[Cc]all(?:ed)?|[Rr]ing|[Cc]ontact|"
    r"[Ss]witchboard|[Dd]irect(?:[ ]line)?|[Ss]ecretary|[Bb]ypass|[Nn]otfall|[Aa]nmeldung|[Ss]ekr(?:etariat|\.)?|"
    r"[Tt]erminvergabe|[Tt]ermine|[Aa]uskunft|\w+auskunft|[Ll]eitstelle|"
    r"[Oo]ut[ ]of[ ]hours|[Ee]nquiries|[Aa]ppointments|[Rr]eception|[Oo]ffice|[Pp]rivat|dienstl|[Rr]ückfragen|"
    r"erreichb(?:ar)?|(?<![\w.])[TFpf](?=[:. ]{1,3}[+(0\d]))"
)
_EXTENSION = re.compile(
    rf"(?<![\w\-]){_LINE_WORD}\.?(?:[ ]?[:#/]|[ ]?Nr\.?|[ ]no\.?)?[ ]{{0,3}}\(?(?P<name>[+(*#x\-–]{{0,2}}[ ]?\d(?:[\d"
    rf" ./()\-–]{{0,22}}\d)?){_NO_UNIT}"
    rf"|(?<![\w])x[ ]?(?P<short>\d{{3,5}})(?!\w|[.,]\d)"
    rf"|(?:\[PHONE\][^\n]{{0,80}}[ :])(?P<far>[\-–][ ]?\d{{2,5}}(?:[ ]?/[ ]?[\-–]?\d{{2,5}})*){_NO_UNIT}"
    rf"|(?:\[PHONE\][ ]?(?:/|,|u\.|und|oder|or|;)[ ]?)(?P<more>[\-–]?\d{{2,5}}){_NO_UNIT}"
    rf"|(?:unter|über|via|an|on|auf|at|\()[ ]?(?P<dash>[\-–*]\d{{2,5}})(?=[ ]*(?:[).,;\n]|$|[ ](?:faxen|erreichbar|"
    rf"anrufen|melden|zu|senden)))"
    rf"|(?<![\w.])(?P<ahead>[\-–][ ]?\d{{2,5}})[ ](?:FAX|Fax|DW|Tel|Klappe)(?!\w)"
    rf"|(?:anger(?:ufen)?|erreich\w*|tel\.?|melde\w*|ruf\w*|phoned|called|rang|unter|"
    rf"via)[^.\n\d]{{0,14}}\(?(?P<free>\d{{1,5}}(?:[ \-/]\d{{1,5}}){{0,4}})(?=[ ]*(?:[),;\n]|$|\.|[ ](?:erreich|"
    rf"anruf|zu)))"
)  # fmt: skip
_SPOKEN = re.compile(
    r"(?:[Tt]elephone|phone|fax|number|mobile|ring|call)[ ](?:is[ ]|on[ ]|number[ ])?(?P<name>(?:(?:oh|zero|one|two|"
    r"three|four|five|six|seven|eight|nine|double|triple)(?:[ ]|(?=[.,;\n]|$))){4,})"
)
_LABEL = (
    r"(?:[\w\-]*(?:[Nn]r|[Nn]ummer|[Nn]umber|[Zz]ahl|[Zz]eichen|ID|Id|[Kk]ennung)|[Nn]o|NO|Az|AZ|GZ|Zl|Tgb|Kz|Ref|"
    r"ref|REF|Zeichen|[Cc]hart|[Uu]nit|[Aa]cct|ACCT|MRN|[Ss]erial|"
    r"[Ll]ot|LOT|[Cc]harge|Ch\.-B|[Cc]ase|[Jj]ob|[Ff]ile|[Cc]laim|[Pp]olicy|[Aa]ccession|[Dd]ossier|[Kk]arte|[Cc]ard|"
    r"ZSR|EAN|GLN|BSNR|LANR|IK|PID|FID|CHI|NHS|SVNR|SVA|SV|AHV|VSNR|VN|"
    r"IMC|GMC|NMC|NPI|DEA|PIN|Chiffre|Sendung|Paket|Rechnung|Kostennote|Invoice|Schein|Pass|Ausweis|Vorgang|Auftrag|"
    r"Einsatz|Schaden|Antrag|Fall|Akte|Studie|Rando|Proband|Subject|"
    r"Screening|Visit-ID|Barcode|Etikett|Inventar|Geräte|Device|[Pp]robe|Block|Präparat|Histo|Zyto|Journal|Register|"
    r"Kontr?-?Nr|Job|Acc|Reg|Enc(?:ounter)?|FIN|CSN|HAR|Hosp(?:ital)?|[Bb]atch|[Aa]uth|[Cc]hiffre)"
)
_LABELLED = re.compile(
    rf"(?<![\w\-]){_LABEL}(?:\.|#)?(?:[ ]?[:#.=/]|[ ]no\.?|[ ]Nr\.?|[ ]number|"
    rf"-[ ])?[ ]{{0,4}}#?(?P<name>(?=[\w ./\-]{{0,12}}\d)(?:[A-Z]{{1,4}}(?:[ ](?=\d)|"
    rf"[\-./])?)?[A-Z\d][\w]*(?:[./\-_][\w]+)*"
    rf"(?:[ ]\d[\w./\-]*){{0,5}}(?:[ ][A-Z]{{1,2}}(?!\w))?){_NO_UNIT}"
)
_TOKEN = re.compile(
    r"(?<![\w.,/+<>=\-])(?=[\w/\-.]*\d)(?:[A-Z]{1,4}[ ](?=\d{2,}/\d|\d{3}[ ]\d{3}))?[A-Za-zÄÖÜ\d]+(?:[/\-_.][A-Za-z\d"
    r"]+)*" + _NO_UNIT
)
_GROUPS = re.compile(r"(?<![\w.,/+\-])(?:[A-Z]{1,3}[ ])?\d{1,4}(?:[ ]\d{2,4})+(?:[ ][A-Z]{1,3}(?!\w))?" + _NO_UNIT)
_LAB = re.compile(
    r"(?:BNP|Leuko\w*|Thrombo\w*|Ferritin|CK|LDH|GPT|GOT|CRP|PSA|AFP|CEA|HCG|Troponin\w*|D-Dimer\w*|Krea\w*|B12|CD4|"
    r"VL|PLT|WBC|[Pp]latelets?|DLP|Titer|Agatston|Calcium|Volumen|Vol\.?|"
    r"Gewicht|weight|GG|Kalorien|count|IgE|IgG|TSH|Lipase|Amylase|Ery\w*|mAs|kV|b|TE|TR|Matrix|Sequenz|ICD|OPS|DRG|"
    r"ATC|EBM|GOÄ|RR|BP|BD|NIBP|[Bb]lutdruck\w*|Tensio|\d)[ :=]{1,2}$"
)
_DATE_LIKE = re.compile(
    r"(?:0?[1-9]|[12]\d|3[01])[./\-](?:0?[1-9]|1[0-2])(?:[./\-](?:(?:19|20)?\d{2})?)?|(?:19|"
    r"20)\d\d(?:[./\-]\d\d?){0,2}|(?:0?[1-9]|1[0-2])/\d\d|\d{1,3}/\d{1,3}(?:/\d{1,3})*|"
    r"\d{1,2}[:.]\d\d|\d{1,4}(?:-\d{1,4}){2,}|\d+-\d+|\d+\.\d+"
)
_DAY_LIKE = re.compile(
    r"(?:0?[1-9]|[12]\d|3[01])[./](?:0?[1-9]|1[0-2])(?:[./](?:(?:19|20)?\d{2})?)?|\d{1,2}[:.]\d\d|\d{1,2}"
)
_ICD = re.compile(
    r"[A-Z]\d{2}(?:\.\d{1,2}[A-Z]?)?|\d-\d{3}(?:\.\w{1,3})?|[A-Z]{1,4}\d{1,2}[A-Za-z]?|[cpyr]?T\d\w*|"
    r"\d+[A-Za-z]{1,3}|[A-Z]\d{1,2}[A-Z]\d{1,2}\w?"
)


def find_figures(text: str, language: str) -> Iterator[Found]:
    """Telephones and extensions (PHONE), codes (ID); what measures, counts, dates or numbers an image stays."""
    clinical = protected(text)
    for match in _EXTENSION.finditer(text):
        group = match.lastgroup or 0
        value = match[group].strip()
        digits = sum(map(str.isdigit, value))
        if (
            digits > 1
            and not _DAY_LIKE.fullmatch(value.lstrip("-–(+*"))
            or digits > 1
            and value[0] in "-–*"
            and "." not in value
        ):
            if not _inside(match.span(group), clinical):
                yield Found(*match.span(group), "PHONE", True)
    for match in _SPOKEN.finditer(text) if language == "en" else ():
        yield Found(match.start("name"), match.start("name") + len(match["name"].rstrip()), "PHONE", True)
    for match in _LABELLED.finditer(text):
        value = match["name"]
        digits = sum(map(str.isdigit, value))
        if (
            digits > 2
            and not (_DATE_LIKE.fullmatch(value) and digits < 6)
            and not _inside(match.span("name"), clinical)
        ):
            yield Found(*match.span("name"), "ID", True)
    for match in _TOKEN.finditer(text):
        if _is_code(match.group()) and not _LAB.search(text[max(0, match.start() - 14) : match.start()]):
            if not _inside(match.span(), clinical):
                yield Found(*match.span(), "ID", True)
    for match in _GROUPS.finditer(text):
        digits = sum(map(str.isdigit, match.group()))
        if (
            digits > 5
            and not _LAB.search(text[max(0, match.start() - 14) : match.start()])
            and not _inside(match.span(), clinical)
        ):
            yield Found(*match.span(), "PHONE" if match.group()[0] == "0" else "ID", True)


def _is_code(value: str) -> bool:
    """True for what numbers a person, a file or a thing: many digits, or letters with four of them."""
    digits = sum(map(str.isdigit, value))
    letters = sum(map(str.isalpha, value))
    if _ICD.fullmatch(value) or re.fullmatch(r"[a-zA-Z]{0,2}\d{1,4}(?:/\d{1,4}){2,}|[a-z]+\d+(?:/\d+)*", value):
        return False
    if looks_medical(re.sub(r"[\d\-/.]", "", value) or "x") or letters > 8:
        return False
    if letters == 0:
        return (
            digits > 5
            and not re.fullmatch(r"\d+\.\d+|\d{1,3}(?:/\d{1,3}){2,}|\d{1,2}(?:\.\d{1,2}){2,}", value)
            or digits > 4
            and "/" in value
            and not _DATE_LIKE.fullmatch(value)
        )
    return digits > 3


def _inside(span: tuple[int, int], clinical: list[tuple[int, int]]) -> bool:
    return any(start <= span[0] and span[1] <= end for start, end in clinical)
